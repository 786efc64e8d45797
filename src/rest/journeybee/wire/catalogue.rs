//! Tags, custom fields and partnerships.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

#[derive(Debug, Deserialize)]
pub struct NewTag {
    pub label: Option<Value>,
    pub association: Option<Value>,
    pub background_color: Option<Value>,
    pub text_color: Option<Value>,
    pub partner_type: Option<Value>,
}

#[derive(Debug, Deserialize)]
pub struct NewField {
    pub label: Option<Value>,
    pub r#type: Option<Value>,
    pub category: Option<Value>,
    pub partner_type: Option<Value>,
    pub required: Option<Value>,
    pub shared: Option<Value>,
    pub options: Option<Value>,
}

#[derive(Debug, Deserialize)]
pub struct NewOption {
    pub label: Option<Value>,
}

#[derive(Debug, Serialize)]
pub struct Tag<'a> {
    pub id: i64,
    pub uuid: Uuid,
    pub label: &'a str,
    pub association: &'static str,
    pub background_color: &'a str,
    pub text_color: &'a str,
    pub partner_type: Option<&'static str>,
}

#[derive(Debug, Serialize)]
pub struct Field<'a> {
    pub id: i64,
    pub uuid: Uuid,
    pub label: &'a str,
    pub r#type: &'static str,
    pub category: &'static str,
    pub partner_type: Option<&'static str>,
    pub required: bool,
    pub shared: bool,
    /// Of a select field; null for every other type.
    pub options: Option<Vec<FieldOption<'a>>>,
}

#[derive(Debug, Serialize)]
pub struct FieldOption<'a> {
    /// The number within the field.
    pub id: i64,
    pub label: &'a str,
}

/// A partnership seen from the caller's side, whose number is `id`: what leads call `company_partnerships_id`.
#[derive(Debug, Serialize)]
pub struct Partnership<'a> {
    pub id: i64,
    pub uuid: Uuid,
    pub created_at: String,
    pub updated_at: String,
    pub reseller: Option<&'static str>,
    /// There are no stages, tiers and categories of partners here, nor what hangs on partners.
    pub stage: Option<()>,
    pub tier: Option<()>,
    pub category: Option<()>,
    pub tags: [(); 0],
    pub assigned_users: [(); 0],
    pub custom_fields: [(); 0],
    pub partnership: SharedPartnership,
    pub partner: Partner<'a>,
}

/// What both sides share; its number is what leads call `partnership_id`.
#[derive(Debug, Serialize)]
pub struct SharedPartnership {
    pub id: i64,
    pub stage: &'static str,
    pub partner_type: &'static str,
}

/// The other company; its number is what leads call `partners_company_id`.
#[derive(Debug, Serialize)]
pub struct Partner<'a> {
    pub id: i64,
    pub uuid: Uuid,
    pub name: &'a str,
    pub email_domain: Option<&'a str>,
    pub website_url: Option<&'a str>,
    pub country_label: Option<&'a str>,
}
