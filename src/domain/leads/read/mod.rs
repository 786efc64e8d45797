//! Reading leads: one, some, or a page, each with just the parts that were asked for.

mod list;
mod load;
mod nested;
mod numbered;
mod partners;
pub(super) mod rows;
mod values;

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ColumnTrait, DerivePartialModel, QueryFilter, QueryOrder, QuerySelect, Select};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::credit::Credits;
use super::{
    AssociationType, ConsentState, IntegrationName, LeadOrigin, LeadSource, LeadStatus, ProcessingState, keys,
};
use crate::domain::attribution_sources::AttributionSource;
use crate::domain::caller::Scope;
use crate::domain::campaigns::Campaign;
use crate::domain::custom_fields::{CustomField, CustomFieldOption};
use crate::domain::error::Result;
use crate::domain::op::Op;
use crate::domain::partnerships::{PartnerCompany, PartnerUser, Partnership};
use crate::domain::projects::{self, Project, ProjectRef};
use crate::domain::rel::Rel;
use crate::domain::tags::Tag;
use crate::domain::users::User;
use crate::entity::lead;
pub use crate::entity::partnership_lead::Model as PartnershipLeadRow;

pub use super::capture::channel_flow::Touchpoint;
pub use list::{LeadQuery, Shelf, list};
pub use nested::{Parent, lists_of};
pub use numbered::{Numbered, NumberedPage, numbered};

/// A lead's own row, without the documents that a web form sent.
#[derive(Clone, Debug, PartialEq, DerivePartialModel)]
#[sea_orm(entity = "lead::Entity")]
pub struct Lead {
    pub id: i64,
    pub uuid: Uuid,
    pub workspace_id: i64,
    pub project_id: Option<i64>,
    pub campaign_id: Option<i64>,
    pub origin: LeadOrigin,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company_name: Option<String>,
    pub status: LeadStatus,
    /// Of a lead that is lost.
    pub lost_reason: Option<String>,
    pub value_minor: Option<i64>,
    pub currency: Option<String>,
    pub processing_state: ProcessingState,
    pub source: Option<LeadSource>,
    pub association_type: Option<AssociationType>,
    pub integration_name: Option<IntegrationName>,
    pub form_name: Option<String>,
    pub form_message: Option<String>,
    pub unique_event_id: Option<String>,
    /// What LeadTrackr calls the unique identifier. Not unique.
    pub external_id: Option<String>,
    pub merged_into_id: Option<i64>,
    pub created_by_user_id: Option<i64>,
    /// When it was archived.
    pub deleted_at: Option<DateTime<Utc>>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// How a single lead is named.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum LeadKey {
    Uuid(Uuid),
    /// The number that the REST routes call id.
    LegacyId(i64),
    /// The newest lead that has it.
    UniqueIdentifier(String),
    UniqueEventId {
        project: ProjectRef,
        unique_event_id: String,
    },
    /// The newest lead with this address, however it is written.
    Email(String),
    /// The newest lead with this number, however it is written.
    Phone(String),
}

/// Which parts of the leads to load. Each costs a fixed number of statements, whatever the number of leads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeadParts {
    pub project: bool,
    pub campaign: bool,
    pub created_by: bool,
    pub assignees: bool,
    pub documents: bool,
    pub tags: bool,
    pub custom_field_values: Option<FieldParts>,
    pub attributions: bool,
    pub click_ids: bool,
    pub touchpoints: bool,
    pub consents: bool,
    pub partnership_leads: Option<PartnershipLeadParts>,
    pub integration_values: bool,
    pub external_refs: bool,
    pub powerups: bool,
    pub payloads: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FieldParts {
    /// All options of each field, beside the chosen ones.
    pub options: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartnershipLeadParts {
    pub partnership: bool,
    pub partner_users: bool,
}

/// A lead and the parts of it that were loaded.
#[derive(Clone, Debug)]
pub struct LeadGraph {
    pub lead: Lead,
    pub project: Rel<Option<Project>>,
    pub campaign: Rel<Option<Campaign>>,
    /// The person who made it, if one is known.
    pub created_by: Rel<Option<User>>,
    pub assignees: Rel<Vec<Assignee>>,
    pub documents: Rel<Documents>,
    pub tags: Rel<Vec<Tag>>,
    pub custom_field_values: Rel<Vec<FieldValue>>,
    pub attributions: Rel<Vec<Attribution>>,
    pub click_ids: Rel<Vec<ClickId>>,
    pub touchpoints: Rel<Vec<Touchpoint>>,
    pub consents: Rel<Vec<Consent>>,
    pub partnership_leads: Rel<Vec<PartnershipLead>>,
    pub integration_values: Rel<Vec<IntegrationValue>>,
    pub external_refs: Rel<Vec<ExternalRef>>,
    pub powerups: Rel<Vec<Powerup>>,
    pub payloads: Rel<Vec<Payload>>,
}

/// The JSON objects of the web form, merged over all its posts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Documents {
    pub user_data: Option<Value>,
    pub form_data: Option<Value>,
    pub attribution_data: Option<Value>,
    pub device_data: Option<Value>,
    pub channel_flow: Option<Value>,
}

/// Somebody who works on a lead.
#[derive(Clone, Debug)]
pub struct Assignee {
    pub user: User,
    pub assigned_at: DateTime<Utc>,
}

#[derive(Clone, Debug)]
pub struct FieldValue {
    pub id: i64,
    pub uuid: Uuid,
    pub field: CustomField,
    pub options_of_field: Rel<Vec<CustomFieldOption>>,
    pub value: TypedValue,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TypedValue {
    /// Of a text or textarea field.
    Text(String),
    Number(f64),
    Date(NaiveDate),
    Boolean(bool),
    Select(CustomFieldOption),
    MultiSelect(Vec<CustomFieldOption>),
}

#[derive(Clone, Debug)]
pub struct Attribution {
    pub uuid: Uuid,
    pub attributed_at: DateTime<Utc>,
    /// Position by date, from 1.
    pub series: i64,
    pub credits: Credits,
    pub source: AttributionSource,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClickId {
    pub kind: String,
    pub value: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    pub signal: String,
    pub state: ConsentState,
    pub captured_at: DateTime<Utc>,
}

#[derive(Clone, Debug)]
pub struct PartnershipLead {
    pub row: PartnershipLeadRow,
    pub partner: PartnerCompany,
    pub partnership: Rel<Partnership>,
    pub partner_users: Rel<Vec<PartnerUser>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct IntegrationValue {
    pub field_uuid: Uuid,
    pub value: Value,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalRef {
    pub provider: String,
    pub object_type: String,
    pub external_id: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Powerup {
    pub provider: String,
    pub data: Value,
}

/// A body that the lead came with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    pub channel: String,
    pub body: String,
    pub received_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// # Errors
/// Missing scope, or a database fault. A lead that is not there, or not the caller's, is `None`.
pub async fn find(op: &Op, key: &LeadKey, parts: &LeadParts) -> Result<Option<LeadGraph>> {
    op.require(Scope::Read)?;
    let lead = locate(op, key).await?;
    Ok(load::graphs(op, Vec::from_iter(lead), parts).await?.pop())
}

/// [`find`] for operations that have asked for their own scope.
pub(in crate::domain) async fn locate(op: &Op, key: &LeadKey) -> Result<Option<Lead>> {
    let leads = visible(op);
    let found = match key {
        // PostgreSQL cannot even be asked for these.
        LeadKey::UniqueIdentifier(text)
        | LeadKey::Email(text)
        | LeadKey::Phone(text)
        | LeadKey::UniqueEventId {
            unique_event_id: text, ..
        } if text.contains('\0') => {
            return Ok(None);
        }
        LeadKey::Uuid(uuid) => leads.filter(lead::Column::Uuid.eq(*uuid)),
        LeadKey::LegacyId(id) => leads.filter(lead::Column::Id.eq(*id)),
        LeadKey::UniqueIdentifier(identifier) => newest(leads, lead::Column::ExternalId, identifier),
        LeadKey::Email(email) => match keys::email_key(Some(email)) {
            Some(key) => newest(leads, lead::Column::EmailNormalized, &key),
            None => return Ok(None),
        },
        LeadKey::Phone(phone) => match keys::phone_key(Some(phone)) {
            Some(key) => newest(leads, lead::Column::PhoneNormalized, &key),
            None => return Ok(None),
        },
        LeadKey::UniqueEventId {
            project,
            unique_event_id,
        } => {
            let Some(project) = projects::named(op, project).await? else {
                return Ok(None);
            };
            leads
                .filter(lead::Column::ProjectId.eq(project.id))
                .filter(lead::Column::UniqueEventId.eq(unique_event_id))
        }
    };
    Ok(found.into_partial_model::<Lead>().one(op.db()).await?)
}

/// The newest live lead with this key.
fn newest(leads: Select<lead::Entity>, column: lead::Column, key: &str) -> Select<lead::Entity> {
    leads
        .filter(lead::Column::MergedIntoId.is_null())
        .filter(column.eq(key))
        .order_by_desc(lead::Column::CreatedAt)
        .order_by_desc(lead::Column::Id)
        .limit(1)
}

/// In any order; unknown ids are absent. Merged leads are there, archived ones are not.
///
/// # Errors
/// Missing scope, or a database fault.
pub async fn by_uuids(op: &Op, uuids: &[Uuid], parts: &LeadParts) -> Result<Vec<LeadGraph>> {
    op.require(Scope::Read)?;
    let leads = visible(op).filter(lead::Column::Uuid.is_in(uuids.iter().copied()));
    let leads = leads.into_partial_model::<Lead>().all(op.db()).await?;
    load::graphs(op, leads, parts).await
}

/// One lead, archived or not: what an edit answers.
///
/// # Errors
/// Missing scope, or a database fault.
pub async fn find_any(op: &Op, uuid: Uuid, parts: &LeadParts) -> Result<Option<LeadGraph>> {
    op.require(Scope::Read)?;
    let lead = of_caller(op).filter(lead::Column::Uuid.eq(uuid));
    let lead = lead.into_partial_model::<Lead>().one(op.db()).await?;
    Ok(load::graphs(op, Vec::from_iter(lead), parts).await?.pop())
}

/// Leads by their numbers, archived or not, in any order; those that are not the caller's are absent.
///
/// # Errors
/// Missing scope, or a database fault.
pub async fn by_numbers(op: &Op, ids: &[i64], parts: &LeadParts) -> Result<Vec<LeadGraph>> {
    op.require(Scope::Read)?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let leads = of_caller(op).filter(op.any_of(lead::Column::Id, ids));
    let leads = leads.into_partial_model::<Lead>().all(op.db()).await?;
    load::graphs(op, leads, parts).await
}

/// Those of the caller's leads that lists show and numbers count: neither archived nor merged.
pub(in crate::domain::leads) fn live(op: &Op) -> Select<lead::Entity> {
    visible(op).filter(lead::Column::MergedIntoId.is_null())
}

/// The leads this caller may see: not archived, and of its project if it is bound to one.
pub(super) fn visible(op: &Op) -> Select<lead::Entity> {
    of_caller(op).filter(lead::Column::DeletedAt.is_null())
}

/// All leads that are the caller's: of the workspace, or of the project that it is bound to.
pub(in crate::domain) fn of_caller(op: &Op) -> Select<lead::Entity> {
    let leads = op.find::<lead::Entity>();
    match op.caller().project_id {
        Some(project) => leads.filter(lead::Column::ProjectId.eq(project)),
        None => leads,
    }
}
