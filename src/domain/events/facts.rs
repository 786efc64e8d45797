//! What is known of each kind of thing at one moment, in public words: events tell how it changed.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// A lead with everything that hangs on it. References are public ids; lists are in their stored order.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeadFacts {
    pub origin: String,
    pub project: Option<Uuid>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company_name: Option<String>,
    pub status: String,
    /// Of a lead whose conversion is processed, or done.
    pub processing_state: Option<String>,
    pub lost_reason: Option<String>,
    pub value: Option<MoneyFacts>,
    pub source: Option<String>,
    pub association_type: Option<String>,
    pub campaign: Option<Uuid>,
    pub integration_name: Option<String>,
    pub form_name: Option<String>,
    pub form_message: Option<String>,
    pub unique_event_id: Option<String>,
    pub unique_identifier: Option<String>,
    pub user_data: Option<Value>,
    pub form_data: Option<Value>,
    pub attribution_data: Option<Value>,
    pub device_data: Option<Value>,
    pub channel_flow: Option<Value>,
    pub archived_at: Option<DateTime<Utc>>,
    pub assignees: Vec<Uuid>,
    pub tags: Vec<Uuid>,
    pub custom_fields: Vec<CustomFieldValueFacts>,
    pub attributions: Vec<AttributionFacts>,
    pub partnership_leads: Vec<PartnershipLeadFacts>,
    pub integration_values: BTreeMap<Uuid, Value>,
    pub powerups: BTreeMap<String, Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MoneyFacts {
    /// In the smallest unit of the currency.
    pub minor: i64,
    pub currency: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NoteFacts {
    pub lead: Option<Uuid>,
    pub text: Option<String>,
    /// The person who wrote it, if one is known.
    pub author: Option<Uuid>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomFieldValueFacts {
    pub field: Uuid,
    /// `{"<type>": value}`, options by their public ids.
    pub value: Value,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AttributionFacts {
    pub source: Uuid,
    pub attributed_at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PartnershipLeadFacts {
    pub partnership: Uuid,
    pub partner: Uuid,
    pub direction: String,
    pub partner_type: String,
    pub send_to_partner: bool,
    pub assigned_from_partner_lead: bool,
    pub form_submission_lead: bool,
    pub form_direction: Option<String>,
    pub acceptance: String,
    pub partner_lead: Option<Uuid>,
    /// A user of the workspace, or one of the partner's.
    pub sent_by: Option<Uuid>,
    /// Values for the partner's copy.
    pub partner_custom_fields: Vec<CustomFieldValueFacts>,
    /// People to notify: partner users on the sender's side, users of the workspace on the receiver's.
    pub notify: Vec<Uuid>,
    pub sent_by_email: Option<String>,
    pub sent_by_company_name: Option<String>,
    pub partners_company_name: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TagFacts {
    pub label: String,
    pub association: String,
    pub partner_type: Option<String>,
    pub background_color: String,
    pub text_color: String,
    pub archived_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomFieldFacts {
    pub label: String,
    pub field_type: String,
    pub category: String,
    pub partner_type: Option<String>,
    pub required: bool,
    pub shared: bool,
    pub shared_from: Option<Uuid>,
    pub options: Vec<CustomFieldOptionFacts>,
    pub archived_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomFieldOptionFacts {
    pub uuid: Uuid,
    pub number: i64,
    pub label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AttributionSourceFacts {
    pub label: String,
    pub archived_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CampaignFacts {
    pub title: String,
    pub starts_at: Option<DateTime<Utc>>,
    pub ends_at: Option<DateTime<Utc>>,
    pub archived_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PartnerCompanyFacts {
    pub name: String,
    pub domain: Option<String>,
    pub website: Option<String>,
    pub country: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PartnerUserFacts {
    /// Told when the person is added.
    pub partner: Option<Uuid>,
    pub email: String,
    pub name: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PartnershipFacts {
    pub partner: Uuid,
    pub partner_type: String,
    pub state: String,
    pub reseller_side: Option<String>,
    /// Told when an edit made a new code, which no event says.
    pub invitation_renewed: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkspaceFacts {
    pub name: String,
    pub dedupe_policy: String,
    pub enforce_required_fields: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectFacts {
    pub public_id: String,
    pub name: String,
    pub active: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserFacts {
    pub email: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub role: String,
    /// The `sub` by which a foreign identity provider knows the person.
    pub external_subject: Option<String>,
    pub disabled_at: Option<DateTime<Utc>>,
}

/// Never the key, nor its hash.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiKeyFacts {
    pub label: String,
    pub key_prefix: String,
    pub scopes: Vec<&'static str>,
    pub project: Option<Uuid>,
    pub expires_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConversionLabelFacts {
    /// Told when the label is made.
    pub project: Option<Uuid>,
    pub name: String,
    pub mark_as_done: bool,
    pub mapped_status: Option<String>,
    pub archived_at: Option<DateTime<Utc>>,
}
