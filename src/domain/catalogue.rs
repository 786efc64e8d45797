//! What the catalogues have in common: tags, fields, sources, campaigns, projects and the like are each one table with
//! a public id, read newest first and made one at a time.

use sea_orm::QueryFilter;
use uuid::Uuid;

use super::caller::Scope;
use super::error::{Error, Result};
use super::events::{Changes, Event, EventKind};
use super::op::{Op, Tx};
use super::page::{self, Page, PageRequest};
use crate::entity::Tenant;

/// The columns that a list is cut by.
pub(super) type Order<E> = (<E as sea_orm::EntityTrait>::Column, <E as sea_orm::EntityTrait>::Column);

/// A page of the workspace's rows, newest first.
pub(super) async fn list<E>(op: &Op, order: Order<E>, request: PageRequest) -> Result<Page<E::Model>>
where
    E: Tenant<Model: Send + Sync>,
{
    op.require(Scope::Read)?;
    page::read(op.db(), op.find::<E>(), order, request).await
}

/// The rows with these public ids, in any order; unknown and foreign ids are simply not there.
pub(super) async fn by_uuids<E>(op: &Op, column: E::Column, uuids: &[Uuid]) -> Result<Vec<E::Model>>
where
    E: Tenant<Model: Send + Sync>,
{
    op.require(Scope::Read)?;
    if uuids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(op.find::<E>().filter(op.any_uuid(column, uuids)).all(op.db()).await?)
}

/// The first line of what changes the whole workspace. A key that is bound to a project writes that project's leads
/// and nothing else, whatever its scopes are.
pub(super) fn require_unbound(op: &Op, scope: Scope) -> Result<()> {
    op.require(scope)?;
    match op.caller().project_id {
        None => Ok(()),
        Some(_) => Err(Error::Forbidden(scope)),
    }
}

/// Notes that `subject` was made, with these facts.
pub(super) fn emit_created(tx: &mut Tx, kind: EventKind, subject: Uuid, facts: &impl serde::Serialize) {
    tx.emit(Event {
        kind,
        subject,
        lead_id: None,
        changes: Changes::created(facts),
    });
}

/// Notes how the facts of `subject` changed.
pub(super) fn emit_updated<F: serde::Serialize>(tx: &mut Tx, kind: EventKind, subject: Uuid, before: &F, after: &F) {
    tx.emit(Event {
        kind,
        subject,
        lead_id: None,
        changes: Changes::between(before, after),
    });
}
