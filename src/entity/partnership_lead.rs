//! A lead's part in a partnership: sent or received, by whom.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "partnership_leads")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub uuid: Uuid,
    pub lead_id: i64,
    pub partnership_id: i64,
    pub company_partnership_id: i64,
    pub partner_company_id: i64,
    pub partner_lead_uuid: Option<Uuid>,
    pub direction: Direction,
    pub partner_type: super::partnership::PartnerType,
    pub send_to_partner: bool,
    pub assigned_from_partner_lead: bool,
    pub form_submission_lead: bool,
    pub form_direction: Option<FormDirection>,
    pub acceptance: Acceptance,
    #[sea_orm(column_type = "Text", nullable)]
    pub partners_company_name: Option<String>,
    pub sent_by_user_id: Option<i64>,
    pub sent_by_partner_user_id: Option<i64>,
    #[sea_orm(column_type = "Text", nullable)]
    pub sent_by_email: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub sent_by_company_name: Option<String>,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub partner_custom_fields: Option<Json>,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl super::Tenant for Entity {
    const WORKSPACE: Column = Column::WorkspaceId;
}

/// Which way a lead went between partners.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Sent,
    Received,
}

/// What a partner's form was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum FormDirection {
    Claim,
    Send,
}

/// Whether the receiving side took the lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Acceptance {
    Pending,
    Accepted,
    Rejected,
}
