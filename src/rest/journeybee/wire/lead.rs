//! Leads as they are read and changed.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// Null is a value here, and only absence is `None`.
#[derive(Debug, Deserialize)]
pub struct LeadPatch {
    #[serde(default, deserialize_with = "present")]
    pub company_name: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    pub email: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    pub phone_number: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    pub first_name: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    pub last_name: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    pub status: Option<Value>,
    #[serde(rename = "assignedUsers")]
    pub assigned_users: Option<Value>,
    pub tags: Option<Value>,
    #[serde(rename = "customFields")]
    pub custom_fields: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldPatch {
    pub custom_field_id: Option<Value>,
    pub r#type: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    pub value: Option<Value>,
}

pub(super) fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(value).map(Some)
}

#[derive(Debug, Serialize)]
pub struct Patched {
    pub id: i64,
    pub uuid: Uuid,
    pub updated_at: String,
}

/// A lead in a list.
#[derive(Debug, Serialize)]
pub struct Row<'a> {
    /// Of the whole list, in each row.
    pub total: u64,
    #[serde(flatten)]
    pub lead: Lead<'a>,
}

/// A lead alone.
#[derive(Debug, Serialize)]
pub struct Whole<'a> {
    #[serde(flatten)]
    pub lead: Lead<'a>,
    pub custom_fields: Vec<FieldValue<'a>>,
}

#[derive(Debug, Serialize)]
pub struct Lead<'a> {
    pub id: i64,
    pub uuid: Uuid,
    pub created_at: String,
    pub updated_at: String,
    pub source: Option<&'static str>,
    pub company_name: Option<&'a str>,
    pub email: Option<&'a str>,
    pub phone_number: Option<&'a str>,
    pub first_name: Option<&'a str>,
    pub last_name: Option<&'a str>,
    pub status: &'static str,
    pub partner_type: Option<&'static str>,
    pub company_id: i64,
    pub created_by_user_id: Option<i64>,
    pub campaign_id: Option<i64>,
    pub campaign_title: Option<&'a str>,
    pub tags: Vec<LeadTag<'a>>,
    pub assigned_users: Vec<Person<'a>>,
    pub partnership_leads: Vec<PartnershipLeadRow<'a>>,
    /// There are no such things here.
    pub campaign_partners: [(); 0],
    pub lead_deals: [(); 0],
}

#[derive(Debug, Serialize)]
pub struct LeadTag<'a> {
    pub id: i64,
    pub uuid: Uuid,
    pub label: &'a str,
    pub background_color: &'a str,
    pub text_color: &'a str,
}

#[derive(Debug, Serialize)]
pub struct Person<'a> {
    pub id: i64,
    pub email: &'a str,
    pub first_name: Option<&'a str>,
    pub last_name: Option<&'a str>,
}

#[derive(Debug, Serialize)]
pub struct PartnershipLeadRow<'a> {
    pub id: i64,
    pub created_at: String,
    pub partnership_id: i64,
    pub sent_by_company_id: i64,
    pub sent_by_company_name: &'a str,
    pub sent_by_company_logo: Option<()>,
    pub received_by_company_id: i64,
    pub received_by_company_name: &'a str,
    pub received_by_company_logo: Option<()>,
    pub partner_type: &'static str,
    pub direction: &'static str,
    /// What the client called a partner that is not here.
    pub fallback_data: Option<Fallback<'a>>,
}

#[derive(Debug, Serialize)]
pub struct Fallback<'a> {
    pub name: &'a str,
}

#[derive(Debug, Serialize)]
pub struct FieldValue<'a> {
    pub id: i64,
    pub label: &'a str,
    pub r#type: &'static str,
    /// One member, named by the type.
    pub value: Value,
    pub custom_field_value_id: i64,
}
