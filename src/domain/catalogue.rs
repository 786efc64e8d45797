//! What the catalogues have in common: tags, fields, sources, campaigns, projects and the like are each one table with
//! a public id, read newest first, made and edited one at a time.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, Iterable, ModelTrait, QueryFilter, QuerySelect,
};
use serde::Serialize;
use uuid::Uuid;

use super::caller::Scope;
use super::error::{Conflict, Error, Problem, Result, Stale};
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

/// [`list`] of things that can be archived.
pub(super) async fn list_offered<E>(
    op: &Op,
    archived_at: E::Column,
    archived: Archived,
    order: Order<E>,
    request: PageRequest,
) -> Result<Page<E::Model>>
where
    E: Tenant<Model: Send + Sync>,
{
    op.require(Scope::Read)?;
    let rows = match archived {
        Archived::Hidden => op.find::<E>().filter(archived_at.is_null()),
        Archived::Shown => op.find::<E>(),
    };
    page::read(op.db(), rows, order, request).await
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

/// Which row an edit is for, and which version of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Target {
    pub uuid: Uuid,
    /// Refuse the edit when the row has another version. Nothing checks nothing: for doors whose clients know none.
    pub expected_version: Option<i64>,
}

/// Whether things that were archived are listed too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Archived {
    #[default]
    Hidden,
    Shown,
}

/// Whether a thing is offered to new leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Shelf {
    Offered,
    Archived,
}

impl Shelf {
    /// Since when the thing is archived, after it was put there: what is there already stays as it is.
    pub(super) fn since(self, before: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Offered => None,
            Self::Archived => Some(before.unwrap_or(now)),
        }
    }
}

/// A row that people edit.
pub(super) trait Editable: ModelTrait<Entity: Tenant> + Clone + PartialEq {
    type Facts: serde::Serialize;

    const UUID: <Self::Entity as EntityTrait>::Column;

    /// What the event log tells of it.
    fn facts(&self) -> Self::Facts;

    /// What each step changes, whatever it is about.
    fn stamp(&mut self) -> Stamp<'_>;
}

/// The parts of a row that every step changes.
pub(super) struct Stamp<'a> {
    pub uuid: Uuid,
    pub version: &'a mut i64,
    pub updated_at: &'a mut DateTime<Utc>,
}

/// A row by its public id, as it is at present.
///
/// # Errors
/// A database fault.
pub(super) async fn find<M>(tx: &Tx, uuid: Uuid) -> Result<Option<M>>
where
    M: Editable,
    M::Entity: EntityTrait<Model = M>,
{
    let row = tx.find::<M::Entity>().filter(M::UUID.eq(uuid));
    Ok(row.one(tx.db()).await?)
}

/// The row that is to be edited. Nobody else edits it until the Tx ends.
///
/// # Errors
/// Without such a row in the workspace `unknown`; a database fault.
pub(super) async fn locked<M>(tx: &Tx, uuid: Uuid, unknown: Problem) -> Result<M>
where
    M: Editable,
    M::Entity: EntityTrait<Model = M>,
{
    let row = tx.find::<M::Entity>().filter(M::UUID.eq(uuid)).lock_exclusive();
    let row = row.one(tx.db()).await?;
    row.ok_or(Error::NotFound(unknown))
}

/// Writes what differs between two states of a row that the Tx has [`locked`], with its event. What changes nothing
/// leaves no trace.
///
/// # Errors
/// [`Conflict::Stale`] when the row is not at the version that was expected; a database fault.
pub(super) async fn save<M>(tx: &mut Tx, expected: Option<i64>, kind: EventKind, before: M, mut after: M) -> Result<M>
where
    M: Editable + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel>,
    M::Entity: EntityTrait<Model = M>,
{
    let Stamp { uuid, version, .. } = after.stamp();
    let present = *version;
    check_version(expected, uuid, present, &before.facts(), &after.facts())?;
    if after == before {
        return Ok(before);
    }
    let after = step(tx, &before, after).await?;
    emit_updated(tx, kind, uuid, &before.facts(), &after.facts());
    Ok(after)
}

/// Writes what differs between two states of a row, as its next version. For edits that [`save`] is too small for: they
/// check the version and tell of the step themselves.
///
/// # Errors
/// A database fault.
pub(super) async fn step<M>(tx: &Tx, before: &M, mut after: M) -> Result<M>
where
    M: Editable + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel>,
    M::Entity: EntityTrait<Model = M>,
{
    let Stamp {
        uuid,
        version,
        updated_at,
    } = after.stamp();
    *version += 1;
    *updated_at = tx.now();
    let mut row = <M::Entity as EntityTrait>::ActiveModel::default();
    for column in <M::Entity as EntityTrait>::Column::iter() {
        let value = after.get(column);
        if value != before.get(column) {
            row.set(column, value);
        }
    }
    let update = tx.update::<M::Entity>().filter(M::UUID.eq(uuid)).set(row);
    update.exec(tx.db()).await?;
    Ok(after)
}

/// Refuses an edit that was made on another version of a row. To be asked once the row is locked and before anything
/// is written; `wanted` is what the edit would make of the present facts.
///
/// # Errors
/// [`Conflict::Stale`] when the versions differ.
pub(super) fn check_version<F: serde::Serialize>(
    expected: Option<i64>,
    subject: Uuid,
    present: i64,
    before: &F,
    wanted: &F,
) -> Result<()> {
    if expected.is_none_or(|expected| expected == present) {
        return Ok(());
    }
    Err(Error::Conflict(Conflict::Stale(Stale {
        subject,
        version: present,
        fields: Changes::between(before, wanted).fields(),
    })))
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
