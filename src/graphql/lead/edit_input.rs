//! The inputs of edits of leads. What is left out stays; in `updateLead` null clears.

use async_graphql::{ID, InputObject, MaybeUndefined};

use super::enums::{LeadSource, LeadStatus};
use super::register_input::{LeadAttributionInput, LeadCustomFieldInput};
use crate::graphql::scalars::SafeInt;

/// A lead and what changes of it.
#[derive(Debug, InputObject)]
pub struct UpdateLeadInput {
    /// The lead, by its node id.
    pub lead_id: ID,
    /// The version that the change is made on. When the lead has another one by now, nothing is changed.
    pub expected_version: SafeInt,
    /// The company's name.
    pub company_name: MaybeUndefined<String>,
    /// The e-mail address.
    pub email: MaybeUndefined<String>,
    /// The phone number.
    pub phone_number: MaybeUndefined<String>,
    /// The first name.
    pub first_name: MaybeUndefined<String>,
    /// The last name.
    pub last_name: MaybeUndefined<String>,
    /// The id that the client's own system has for it.
    pub unique_identifier: MaybeUndefined<String>,
    /// What brought it in.
    pub source: MaybeUndefined<LeadSource>,
    /// The campaign, by its node id. A lead that is registered for a campaign cannot be without one.
    pub company_campaign_id: MaybeUndefined<ID>,
    /// What it is worth.
    pub value: MaybeUndefined<MoneyInput>,
    /// Where it stands in the sales process.
    pub status: Option<LeadStatus>,
    /// Why it is lost: required for a lead that becomes `LOST`, only allowed with that status.
    pub lost_reason: Option<String>,
    /// Everybody who shall work on it, by their node ids; null for nobody.
    pub assigned_users: MaybeUndefined<Vec<ID>>,
    /// All tags that it shall have, by their node ids; null for none.
    pub tags: MaybeUndefined<Vec<ID>>,
    /// Values for custom fields, in place of those it has for them. Other fields keep theirs.
    pub custom_fields: Option<Vec<LeadCustomFieldInput>>,
}

/// An amount of money.
#[derive(Debug, InputObject)]
pub struct MoneyInput {
    /// In the smallest unit of the currency, such as cents; from 0.
    pub minor: SafeInt,
    /// The currency by its three letters of ISO 4217, such as `EUR`.
    pub currency: String,
}

/// A lead and its status.
#[derive(Debug, InputObject)]
pub struct SetLeadStatusInput {
    /// The lead, by its node id.
    pub lead_id: ID,
    /// The version that the change is made on. When the lead has another one by now, nothing is changed.
    pub expected_version: SafeInt,
    /// Where it goes. `NEW` and `CONTACTED` leads may go anywhere, `QUALIFIED` ones anywhere but to `NEW`, `CONVERTED` ones
    /// to `QUALIFIED` and `LOST`, and `LOST` ones anywhere but to `CONVERTED`.
    pub status: LeadStatus,
    /// Why it is lost: required for a lead that becomes `LOST`, only allowed with that status. At most 500 characters.
    pub lost_reason: Option<String>,
}

/// A lead and people who shall work on it.
#[derive(Debug, InputObject)]
pub struct AssignLeadInput {
    /// The lead, by its node id.
    pub lead_id: ID,
    /// The version that the change is made on. When the lead has another one by now, nothing is changed.
    pub expected_version: SafeInt,
    /// The people, by their node ids; nobody who is locked out.
    pub user_ids: Vec<ID>,
}

/// A lead and people who shall no longer work on it.
#[derive(Debug, InputObject)]
pub struct UnassignLeadInput {
    /// The lead, by its node id.
    pub lead_id: ID,
    /// The version that the change is made on. When the lead has another one by now, nothing is changed.
    pub expected_version: SafeInt,
    /// The people, by their node ids.
    pub user_ids: Vec<ID>,
}

/// A lead and tags for it.
#[derive(Debug, InputObject)]
pub struct TagLeadInput {
    /// The lead, by its node id.
    pub lead_id: ID,
    /// The version that the change is made on. When the lead has another one by now, nothing is changed.
    pub expected_version: SafeInt,
    /// Tags for leads, by their node ids; no archived ones.
    pub tag_ids: Vec<ID>,
}

/// A lead and tags that it shall no longer have.
#[derive(Debug, InputObject)]
pub struct UntagLeadInput {
    /// The lead, by its node id.
    pub lead_id: ID,
    /// The version that the change is made on. When the lead has another one by now, nothing is changed.
    pub expected_version: SafeInt,
    /// The tags, by their node ids.
    pub tag_ids: Vec<ID>,
}

/// A lead and values for it.
#[derive(Debug, InputObject)]
pub struct SetLeadFieldValuesInput {
    /// The lead, by its node id.
    pub lead_id: ID,
    /// The version that the change is made on. When the lead has another one by now, nothing is changed.
    pub expected_version: SafeInt,
    /// The values, at most one a field. A blank text and an empty choice clear.
    pub custom_fields: Vec<LeadCustomFieldInput>,
}

/// A lead and the fields that it shall have no values for.
#[derive(Debug, InputObject)]
pub struct ClearLeadFieldValuesInput {
    /// The lead, by its node id.
    pub lead_id: ID,
    /// The version that the change is made on. When the lead has another one by now, nothing is changed.
    pub expected_version: SafeInt,
    /// The custom fields, by their node ids.
    pub custom_field_ids: Vec<ID>,
}

/// A lead and what it is attributed to.
#[derive(Debug, InputObject)]
pub struct AddLeadAttributionsInput {
    /// The lead, by its node id.
    pub lead_id: ID,
    /// The version that the change is made on. When the lead has another one by now, nothing is changed.
    pub expected_version: SafeInt,
    /// The attributions.
    pub attributions: Vec<LeadAttributionInput>,
}

/// A lead and attributions of it.
#[derive(Debug, InputObject)]
pub struct RemoveLeadAttributionsInput {
    /// The lead, by its node id.
    pub lead_id: ID,
    /// The version that the change is made on. When the lead has another one by now, nothing is changed.
    pub expected_version: SafeInt,
    /// The attributions, by the ids that they have on the lead.
    pub attribution_ids: Vec<ID>,
}

/// A lead to archive.
#[derive(Debug, InputObject)]
pub struct ArchiveLeadInput {
    /// The lead, by its node id.
    pub lead_id: ID,
    /// The version that is to be archived. When the lead has another one by now, nothing is changed.
    pub expected_version: SafeInt,
}

/// A lead to bring back.
#[derive(Debug, InputObject)]
pub struct RestoreLeadInput {
    /// The lead, by its node id.
    pub lead_id: ID,
    /// The version that is to be restored. When the lead has another one by now, nothing is changed.
    pub expected_version: SafeInt,
}
