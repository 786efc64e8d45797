//! What keeps a workspace from having one lead twice: keys that only one live lead may have.

use sea_orm::{ColumnTrait, QueryFilter};

use super::AssociationType;
use crate::domain::error::{Conflict, Error, LeadRef, PathSegment, Result};
use crate::domain::events::word;
use crate::domain::leads::keys;
use crate::domain::op::Tx;
use crate::domain::workspaces::DedupePolicy;
use crate::entity::{external_ref, lead};

pub(super) const PIPEDRIVE: &str = "pipedrive";
pub(super) const DEAL: &str = "deal";

/// What a second registration of the same lead would have too. No e-mail, no check.
pub(super) fn key(policy: DedupePolicy, association: AssociationType, email: Option<&str>) -> Option<String> {
    let email = keys::email_key(email)?;
    match policy {
        DedupePolicy::Off => None,
        DedupePolicy::Email => Some(format!("email:{email}")),
        DedupePolicy::EmailAssociation => Some(format!("email:{}:{email}", word(&association))),
    }
}

/// The conflict with the live lead that is in the way, if it still is.
pub(super) async fn refuse_taken(
    tx: &Tx,
    column: lead::Column,
    value: impl Into<sea_orm::Value>,
    path: Vec<PathSegment>,
) -> Result<()> {
    let existing = tx
        .find::<lead::Entity>()
        .filter(column.eq(value))
        .filter(lead::Column::DeletedAt.is_null())
        .one(tx.db())
        .await?;
    existing.map_or(Ok(()), |lead| Err(duplicate(&lead, path)))
}

pub(super) fn duplicate(lead: &lead::Model, path: Vec<PathSegment>) -> Error {
    let existing = LeadRef {
        id: lead.id,
        uuid: lead.uuid,
    };
    Error::Conflict(Conflict::DuplicateLead { existing, path })
}

/// [`refuse_taken`] for a deal.
pub(super) async fn refuse_taken_deal(tx: &Tx, deal: &str, path: Vec<PathSegment>) -> Result<()> {
    let existing = tx
        .find::<external_ref::Entity>()
        .filter(external_ref::Column::Provider.eq(PIPEDRIVE))
        .filter(external_ref::Column::ObjectType.eq(DEAL))
        .filter(external_ref::Column::ExternalId.eq(deal))
        .filter(external_ref::Column::Reserved.eq(true))
        .one(tx.db())
        .await?;
    match existing {
        Some(existing) => refuse_taken(tx, lead::Column::Id, existing.lead_id, path).await,
        None => Ok(()),
    }
}
