//! One entry of the event log.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "events")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i64,
    #[sea_orm(column_type = "Text")]
    pub event_type: String,
    #[sea_orm(column_type = "Text")]
    pub subject_kind: String,
    pub subject_uuid: Uuid,
    pub lead_id: Option<i64>,
    #[sea_orm(column_type = "JsonBinary")]
    pub actor: Json,
    #[sea_orm(column_type = "JsonBinary")]
    pub changes: Json,
    pub at: DateTimeUtc,
    /// Bytes of `changes` as text, within the few that databases print differently.
    pub size: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl super::Tenant for Entity {
    const WORKSPACE: Column = Column::WorkspaceId;
}
