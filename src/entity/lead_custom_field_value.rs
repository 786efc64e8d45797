//! A lead's value of a custom field; one typed column is set, none for a multi-select.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "lead_custom_field_values")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub uuid: Uuid,
    pub lead_id: i64,
    pub custom_field_id: i64,
    #[sea_orm(column_type = "Text", nullable)]
    pub text_value: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub text_key: Option<String>,
    pub number_value: Option<f64>,
    pub date_value: Option<Date>,
    pub boolean_value: Option<bool>,
    pub select_option: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl super::Tenant for Entity {
    const WORKSPACE: Column = Column::WorkspaceId;
}
