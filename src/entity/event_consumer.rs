//! How far one of the server's own readers is in a workspace's event log.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "event_consumers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub consumer: Consumer,
    /// The last event that it has dealt with; 0 before the first.
    pub position: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum Consumer {
    #[sea_orm(string_value = "notifications")]
    Notifications,
    #[sea_orm(string_value = "webhooks")]
    Webhooks,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl super::Tenant for Entity {
    const WORKSPACE: Column = Column::WorkspaceId;
}
