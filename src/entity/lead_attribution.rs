//! A dated attribution of a lead to a source.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "lead_attributions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub uuid: Uuid,
    pub lead_id: i64,
    pub source_id: i64,
    pub attributed_at: DateTimeUtc,
    pub series: i64,
    pub credit_first: i64,
    pub credit_last: i64,
    pub credit_linear: i64,
    pub credit_time_decay: i64,
    pub credit_position: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl super::Tenant for Entity {
    const WORKSPACE: Column = Column::WorkspaceId;
}
