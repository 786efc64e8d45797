//! One attempt at a delivery, and what came of it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_attempts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub delivery_id: i64,
    /// From 1.
    pub number: i64,
    pub at: DateTimeUtc,
    pub duration_ms: i64,
    /// Of the answer, if there was one.
    pub status: Option<i64>,
    /// Why it counts as failed.
    #[sea_orm(column_type = "Text", nullable)]
    pub error: Option<String>,
    /// How the answer's body begins.
    #[sea_orm(column_type = "Text", nullable)]
    pub answer: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl super::Tenant for Entity {
    const WORKSPACE: Column = Column::WorkspaceId;
}
