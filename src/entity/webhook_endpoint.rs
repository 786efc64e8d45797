//! Where a workspace wants its events sent. The secret is encrypted.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "webhook_endpoints")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub uuid: Uuid,
    #[sea_orm(column_type = "Text")]
    pub label: String,
    #[sea_orm(column_type = "Text")]
    pub url: String,
    /// A list of their names; an empty one stands for what happens to leads themselves.
    #[sea_orm(column_type = "JsonBinary")]
    pub event_types: Json,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub filter: Option<Json>,
    pub style: WebhookStyle,
    #[sea_orm(column_type = "Text")]
    pub api_key_claim: String,
    /// The person who made it, if one is known.
    pub user_uuid: Option<Uuid>,
    #[serde(skip)]
    pub secret: Vec<u8>,
    /// Of the key that the secret is encrypted with.
    #[sea_orm(column_type = "Text")]
    pub secret_key_id: String,
    pub secret_made_at: DateTimeUtc,
    #[serde(skip)]
    pub old_secret: Option<Vec<u8>>,
    #[sea_orm(column_type = "Text", nullable)]
    pub old_secret_key_id: Option<String>,
    /// Until when the secret before the present one signs, too.
    pub old_secret_until: Option<DateTimeUtc>,
    /// Where the log stood when it was made: earlier events are not sent.
    pub starts_after: i64,
    /// Where the log stood when it was last disabled: later events are not sent.
    pub off_after: Option<i64>,
    /// Where the log stood when it was enabled after that: what comes behind it is sent.
    pub off_until: Option<i64>,
    pub disabled_at: Option<DateTimeUtc>,
    pub disabled_reason: Option<DisabledReason>,
    /// Since when every attempt has failed.
    pub failing_since: Option<DateTimeUtc>,
    pub archived_at: Option<DateTimeUtc>,
    pub version: i64,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl super::Tenant for Entity {
    const WORKSPACE: Column = Column::WorkspaceId;
}

/// What a request says, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum WebhookStyle {
    Standard,
    Journeybee,
}

/// Why an endpoint gets nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum DisabledReason {
    ByHand,
    Gone,
    Failing,
}
