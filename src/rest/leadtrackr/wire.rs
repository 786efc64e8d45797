//! LeadTrackr's bodies, member for member.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a client posts. `None` is absent or null; unknown members are ignored here and kept in the stored body.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Submission {
    pub project_id: Option<Value>,
    pub user_data: Option<Value>,
    pub attribution_data: Option<Value>,
    pub form_data: Option<Value>,
    pub device_data: Option<Value>,
    pub channel_flow: Option<Value>,
    #[serde(rename = "lt_channelflow")]
    pub lt_channelflow: Option<Value>,
    pub unique_identifier: Option<Value>,
    #[serde(rename = "unique_identifier")]
    pub unique_identifier_alias: Option<Value>,
}

/// A change of a lead's status.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusChange {
    pub project_id: Option<Value>,
    pub lead_id: Option<Value>,
    pub unique_identifier: Option<Value>,
    pub email: Option<Value>,
    pub phone: Option<Value>,
    pub conversion_id: Option<Value>,
    pub price: Option<Value>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stored<'a> {
    pub message: &'a str,
    pub lead_id: i64,
    pub unique_identifier: Option<&'a str>,
}

#[derive(Debug, Serialize)]
pub struct Found<'a> {
    pub message: &'a str,
    pub lead: Lead<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed<'a> {
    pub message: &'a str,
    pub leads: Vec<Lead<'a>>,
    pub total: u64,
    pub page: u64,
    pub limit: u64,
    pub total_pages: u64,
    pub has_more: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Lead<'a> {
    pub id: i64,
    pub status: Cow<'static, str>,
    pub form_name: Option<&'a str>,
    pub first_name: Option<&'a str>,
    pub last_name: Option<&'a str>,
    pub phone: Option<&'a str>,
    pub email: Option<&'a str>,
    pub company_name: Option<&'a str>,
    /// In cents.
    pub price: Option<i64>,
    pub note: Option<&'a str>,
    pub form_data: Cow<'a, Value>,
    pub user_data: Cow<'a, Value>,
    pub attribution_data: Cow<'a, Value>,
    pub channel_flow: Option<&'a Value>,
    pub unique_identifier: Option<&'a str>,
    /// `2026-03-23T09:30:00.000Z`.
    pub created_at: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusChanged<'a> {
    pub message: &'a str,
    pub lead_id: i64,
    pub unique_identifier: Option<&'a str>,
    pub status: &'a str,
    pub queued: bool,
    /// What the advertising platforms complain about: none is connected. Only of a queued change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warnings: Option<[(); 0]>,
}

#[derive(Debug, Serialize)]
pub struct Refused<'a> {
    pub message: &'a str,
}
