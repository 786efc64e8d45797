//! LeadTrackr's bodies, member for member.

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

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stored<'a> {
    pub message: &'a str,
    pub lead_id: i64,
    pub unique_identifier: Option<&'a str>,
}

#[derive(Debug, Serialize)]
pub struct Refused<'a> {
    pub message: &'a str,
}
