//! What one person is told of.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "notifications")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub uuid: Uuid,
    pub user_id: i64,
    pub kind: NotificationKind,
    /// The event that it tells of.
    pub position: i64,
    /// What the event happened to.
    pub subject_uuid: Uuid,
    /// The lead that it is about, if it is about one.
    pub lead_id: Option<i64>,
    pub read_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum NotificationKind {
    #[sea_orm(string_value = "lead_received")]
    LeadReceived,
    #[sea_orm(string_value = "lead_assigned")]
    LeadAssigned,
    #[sea_orm(string_value = "note_mention")]
    NoteMention,
    #[sea_orm(string_value = "webhook_disabled")]
    WebhookDisabled,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl super::Tenant for Entity {
    const WORKSPACE: Column = Column::WorkspaceId;
}
