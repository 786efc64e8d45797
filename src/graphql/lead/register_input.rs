//! The input of `createLead`: the members of JourneyBee's body, references by node ids.

use async_graphql::{ID, InputObject, MaybeUndefined, OneofObject};

use super::enums::{AssociationType, FormDirection, IntegrationName, LeadSource};
use crate::graphql::scalars::{Date, DateTime, Json, SafeInt, Uuid};

/// A lead registered by or with a partner, or for a campaign.
#[derive(Debug, InputObject)]
pub struct CreateLeadInput {
    /// The company's name.
    pub company_name: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The phone number.
    pub phone_number: Option<String>,
    /// The first name.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
    /// What brought it in; derived from the rest by default.
    pub source: Option<LeadSource>,
    /// The kind of registration.
    pub association_type: AssociationType,
    /// The campaign, by its node id: required for `CAMPAIGNS`.
    pub company_campaign_id: Option<ID>,
    /// The partnership: required for `REFERRAL` and `RESELLER`.
    pub partnership_lead: Option<LeadPartnershipInput>,
    /// Tags for leads, by their node ids.
    pub tags: Option<Vec<ID>>,
    /// Values for custom fields of leads.
    pub custom_fields: Option<Vec<LeadCustomFieldInput>>,
    /// Values for the partner's copy, of fields that are shared with partners.
    pub partner_custom_fields: Option<Vec<LeadCustomFieldInput>>,
    /// What the lead is attributed to.
    pub attributions: Option<Vec<LeadAttributionInput>>,
    /// The foreign system that creates it.
    pub integration_name: Option<IntegrationName>,
    /// Values of foreign systems.
    pub integration_custom_fields: Option<Vec<LeadIntegrationFieldInput>>,
    /// Data of integrations.
    pub powerups: Option<LeadPowerupsInput>,
}

/// A lead's part in a partnership.
#[derive(Debug, InputObject)]
pub struct LeadPartnershipInput {
    /// The partnership, by its node id.
    pub partnership_id: ID,
    /// The partner company, by its node id. It is known from the partnership; when it is given it must agree.
    pub partners_company_id: Option<ID>,
    /// Whether the partner gets the lead; not by default.
    pub send_to_partner: Option<bool>,
    /// Whether it came from a lead of the partner; not by default.
    pub assigned_from_partner_lead: Option<bool>,
    /// Whether it came from a form; not by default.
    pub form_submission_lead: Option<bool>,
    /// What the form was for.
    pub form_direction: Option<FormDirection>,
    /// What the sender calls the partner.
    pub partners_company_name: Option<String>,
    /// The partner users to tell, by their node ids.
    pub partner_users: Option<Vec<ID>>,
    /// Who sends it.
    pub sent_by: Option<LeadSenderInput>,
}

/// Who sends a lead.
#[derive(Debug, InputObject)]
pub struct LeadSenderInput {
    /// A user of this workspace or a partner user, by node id.
    pub user_id: Option<ID>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The company's name.
    pub company_name: Option<String>,
}

/// A value for a custom field.
#[derive(Debug, InputObject)]
pub struct LeadCustomFieldInput {
    /// The field, by its node id.
    pub custom_field_id: ID,
    /// The value, by the name of its type.
    pub value: CustomFieldValueInput,
}

/// A value for a custom field: of exactly the field's type.
#[derive(Debug, OneofObject)]
pub enum CustomFieldValueInput {
    /// For text and textarea fields.
    Text(String),
    /// For number fields.
    Number(f64),
    /// For date fields.
    Date(Date),
    /// For boolean fields.
    Boolean(bool),
    /// For select fields: the option, by its node id.
    Select(ID),
    /// For multi-select fields: the options, by their node ids.
    MultiSelect(Vec<ID>),
}

/// An attribution of a lead.
#[derive(Debug, InputObject)]
pub struct LeadAttributionInput {
    /// The attribution source, by its node id.
    pub id: ID,
    /// When it was.
    pub attributed_date: DateTime,
}

/// A value of a foreign system.
#[derive(Debug, InputObject)]
pub struct LeadIntegrationFieldInput {
    /// The uuid of its field there. Values for a custom field of this workspace take that field's type.
    pub uuid: Uuid,
    /// The value. It must be there; null is a value.
    pub value: MaybeUndefined<Json>,
}

/// Data of integrations.
#[derive(Debug, InputObject)]
pub struct LeadPowerupsInput {
    /// Pipedrive's.
    pub pipedrive: Option<PipedrivePowerupInput>,
    /// Those of others: a JSON object with one member a provider.
    pub extra: Option<Json>,
}

/// Pipedrive's ids for a lead.
#[derive(Debug, InputObject)]
pub struct PipedrivePowerupInput {
    /// The person.
    pub person_id: Option<SafeInt>,
    /// The organization.
    pub organization_id: Option<SafeInt>,
    /// The deal: no two live leads have the same.
    pub deal_id: Option<SafeInt>,
    /// Anything else: a JSON object, whose members are kept beside these fields.
    pub extra: Option<Json>,
}
