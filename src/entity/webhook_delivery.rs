//! One event on its way to one endpoint, or there.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "webhook_deliveries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub uuid: Uuid,
    pub endpoint_id: i64,
    /// The same for every attempt, and for those that send it anew.
    pub message_uuid: Uuid,
    pub kind: DeliveryKind,
    /// The event's; none of a test.
    pub position: Option<i64>,
    #[sea_orm(column_type = "Text")]
    pub event_type: String,
    /// Those of one endpoint about one lead are sent one after the other.
    pub lead_id: Option<i64>,
    pub state: DeliveryState,
    pub attempts: i64,
    /// When it is to be sent; while somebody is at it: when they must be done.
    pub due_at: DateTimeUtc,
    /// Whoever is at it, or was last.
    pub lease: Option<Uuid>,
    pub settled_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl super::Tenant for Entity {
    const WORKSPACE: Column = Column::WorkspaceId;
}

/// Why there is a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum DeliveryKind {
    Event,
    Test,
    Replay,
}

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It is being sent, or waits for its time.
    Pending,
    /// It waits for an earlier one about its lead.
    Held,
    Delivered,
    /// It was given up.
    Failed,
    /// Its endpoint was archived before it was sent.
    Cancelled,
}
