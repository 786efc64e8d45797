//! JourneyBee's bodies, member for member. In what a client posts, `None` is absent or null, and unknown members are
//! ignored here and kept in the stored body.

mod catalogue;
mod lead;

pub use catalogue::*;
pub use lead::*;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewLead {
    #[serde(rename = "company_name")]
    pub company_name: Option<Value>,
    pub email: Option<Value>,
    #[serde(rename = "phone_number")]
    pub phone_number: Option<Value>,
    #[serde(rename = "first_name")]
    pub first_name: Option<Value>,
    #[serde(rename = "last_name")]
    pub last_name: Option<Value>,
    pub source: Option<Value>,
    pub association_type: Option<Value>,
    pub company_campaign_id: Option<Value>,
    pub partnership_lead: Option<Value>,
    pub tags: Option<Value>,
    pub custom_fields: Option<Value>,
    pub partner_custom_fields: Option<Value>,
    pub attributions: Option<Value>,
    pub integration_name: Option<Value>,
    pub integration_custom_fields: Option<Value>,
    pub powerups: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PartnershipLead {
    #[serde(rename = "partnership_id")]
    pub partnership_id: Option<Value>,
    #[serde(rename = "partners_company_id")]
    pub partners_company_id: Option<Value>,
    #[serde(rename = "company_partnerships_id")]
    pub company_partnerships_id: Option<Value>,
    pub send_to_partner: Option<Value>,
    pub assigned_from_partner_lead: Option<Value>,
    pub form_submission_lead: Option<Value>,
    pub form_direction: Option<Value>,
    #[serde(rename = "partners_company_name")]
    pub partners_company_name: Option<Value>,
    pub partner_users: Option<Value>,
    pub sent_by: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SentBy {
    pub user_id: Option<Value>,
    pub email: Option<Value>,
    pub company_name: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomField {
    pub custom_field_id: Option<Value>,
    pub r#type: Option<Value>,
    pub value: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attribution {
    pub id: Option<Value>,
    pub attributed_date: Option<Value>,
}

#[derive(Debug, Deserialize)]
pub struct IntegrationCustomField {
    pub uuid: Option<Value>,
    /// Here null is a value, and only absence is `None`.
    #[serde(default, deserialize_with = "lead::present")]
    pub value: Option<Value>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Created {
    pub id: i64,
    pub uuid: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partnership_lead_id: Option<i64>,
}

#[derive(Debug, Serialize)]
pub struct Refused<'a> {
    /// The documented sentence; the rest is ours.
    pub error: &'static str,
    #[serde(skip_serializing_if = "<[Detail]>::is_empty")]
    pub details: &'a [Detail],
    pub request_id: &'a str,
}

#[derive(Debug, PartialEq, Serialize)]
pub struct Detail {
    /// Where in the posted body, such as `customFields[0].value`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    pub code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub existing: Option<Existing>,
}

/// The lead that is registered already.
#[derive(Debug, PartialEq, Serialize)]
pub struct Existing {
    pub id: i64,
    pub uuid: Uuid,
}
