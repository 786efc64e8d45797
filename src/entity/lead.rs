//! A lead.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "leads")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub uuid: Uuid,
    pub project_id: Option<i64>,
    pub origin: LeadOrigin,
    #[sea_orm(column_type = "Text", nullable)]
    pub email: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub email_normalized: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub phone: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub phone_normalized: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub first_name: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub last_name: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub company_name: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub first_name_key: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub last_name_key: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub name_key: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub company_key: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub search_text: String,
    pub status: LeadStatus,
    /// Computed by the database: where the status stands in the sales process, from 1.
    pub status_rank: Option<i64>,
    #[sea_orm(column_type = "Text", nullable)]
    pub lost_reason: Option<String>,
    pub value_minor: Option<i64>,
    #[sea_orm(column_type = "Text", nullable)]
    pub currency: Option<String>,
    pub processing_state: ProcessingState,
    pub source: Option<LeadSource>,
    pub association_type: Option<AssociationType>,
    pub campaign_id: Option<i64>,
    pub integration_name: Option<IntegrationName>,
    #[sea_orm(column_type = "Text", nullable)]
    pub form_name: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub form_message: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub unique_event_id: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub external_id: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub dedupe_key: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub edited_texts: Option<String>,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub user_data: Option<Json>,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub form_data: Option<Json>,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub attribution_data: Option<Json>,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub device_data: Option<Json>,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub channel_flow: Option<Json>,
    pub created_by_user_id: Option<i64>,
    pub created_by_key_id: Option<i64>,
    pub merged_into_id: Option<i64>,
    pub erased_at: Option<DateTimeUtc>,
    pub deleted_at: Option<DateTimeUtc>,
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

/// The door a lead came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum LeadOrigin {
    LeadtrackrShim,
    JourneybeeShim,
    Graphql,
    Partner,
}

/// Where a lead stands in the sales process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum LeadStatus {
    New,
    Contacted,
    Qualified,
    Converted,
    Lost,
}

/// Whether a conversion of this lead is being processed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum ProcessingState {
    Open,
    Pending,
    Done,
}

/// What brought a lead in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum LeadSource {
    Manual,
    Campaign,
    Partnership,
    Integration,
    LeadSubmissionForm,
}

/// The kind of registration a partner or campaign lead is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum AssociationType {
    Referral,
    Reseller,
    Campaigns,
}

/// The foreign system that created a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum IntegrationName {
    Salesforce,
    Hubspot,
    Pipedrive,
    Slack,
}
