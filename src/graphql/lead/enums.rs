//! The words of leads.

use async_graphql::Enum;

/// The door a lead came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::leads::LeadOrigin")]
pub enum LeadOrigin {
    /// LeadTrackr's REST route.
    LeadtrackrShim,
    /// JourneyBee's REST route.
    JourneybeeShim,
    /// This API.
    Graphql,
    /// A partner sent it.
    Partner,
}

/// Where a lead stands in the sales process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::leads::LeadStatus")]
pub enum LeadStatus {
    /// Nobody has dealt with it.
    New,
    /// Somebody has been in touch.
    Contacted,
    /// It is worth pursuing.
    Qualified,
    /// It became a customer.
    Converted,
    /// It did not.
    Lost,
}

/// Whether a conversion of a lead is being processed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::leads::ProcessingState")]
pub enum ProcessingState {
    /// No conversion was asked for.
    Open,
    /// A conversion is being processed.
    Pending,
    /// The conversion was processed.
    Done,
}

/// What brought a lead in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::leads::LeadSource")]
pub enum LeadSource {
    /// Somebody entered it.
    Manual,
    /// A campaign.
    Campaign,
    /// A partner.
    Partnership,
    /// A foreign system.
    Integration,
    /// A form for submitting leads.
    LeadSubmissionForm,
}

/// The kind of registration a lead is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::leads::AssociationType")]
pub enum AssociationType {
    /// Referred by or to a partner.
    Referral,
    /// Sold through a reseller.
    Reseller,
    /// From a campaign.
    Campaigns,
}

/// A foreign system that creates leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::leads::IntegrationName")]
pub enum IntegrationName {
    /// Salesforce.
    Salesforce,
    /// HubSpot.
    Hubspot,
    /// Pipedrive.
    Pipedrive,
    /// Slack.
    Slack,
}

/// A visitor's answer to one consent signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::leads::ConsentState")]
pub enum ConsentState {
    /// Yes.
    Granted,
    /// No.
    Denied,
}

/// Which way a lead went between partners.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::leads::Direction")]
pub enum PartnershipLeadDirection {
    /// To the partner.
    Sent,
    /// From the partner.
    Received,
}

/// What a partner's form was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::leads::FormDirection")]
pub enum FormDirection {
    /// Claiming a lead as the partner's.
    Claim,
    /// Sending a lead.
    Send,
}

/// Whether the receiving side took a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::leads::Acceptance")]
pub enum PartnershipLeadAcceptance {
    /// Not decided.
    Pending,
    /// It did.
    Accepted,
    /// It did not.
    Rejected,
}
