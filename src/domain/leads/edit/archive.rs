//! Archiving a lead, which frees what only one live lead may have, and bringing it back, which takes it again.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect};

use super::{Edited, LeadTarget, lock, lock_any, not_found};
use crate::domain::caller::Scope;
use crate::domain::catalogue::check_version;
use crate::domain::error::Result;
use crate::domain::events::{Changes, Event, EventKind};
use crate::domain::leads::dedupe::{self, DEAL};
use crate::domain::leads::{Attempts, facts};
use crate::domain::op::{Op, Tx};
use crate::entity::{external_ref, lead};

/// Takes a lead out of every list. Its e-mail, its deal and its unique event id are free from then on.
///
/// # Errors
/// [`crate::domain::error::Error::NotFound`], also for a lead that is archived already; a
/// [`crate::domain::error::Conflict::Stale`] when it is not of the expected version.
pub async fn archive(op: &Op, target: LeadTarget) -> Result<Edited> {
    op.require(Scope::Write)?;
    op.once("leads.archive", target, take_out).await
}

async fn take_out(op: Op, target: LeadTarget) -> Result<Edited> {
    let mut attempts = Attempts::default();
    loop {
        match attempt_archive(&op, target).await {
            Ok(edited) => return Ok(edited),
            Err(error) => attempts.again_after(error)?,
        }
    }
}

/// Brings an archived lead back. A lead that is not archived stays as it is.
///
/// # Errors
/// As [`archive`]; [`crate::domain::error::Conflict::DuplicateLead`] when another live lead has its e-mail, its deal or
/// its unique event id by now.
pub async fn restore(op: &Op, target: LeadTarget) -> Result<Edited> {
    op.require(Scope::Write)?;
    op.once("leads.restore", target, bring_back).await
}

async fn bring_back(op: Op, target: LeadTarget) -> Result<Edited> {
    let mut attempts = Attempts::default();
    loop {
        match attempt_restore(&op, target).await {
            Ok(edited) => return Ok(edited),
            Err(error) => attempts.again_after(error)?,
        }
    }
}

async fn attempt_archive(op: &Op, target: LeadTarget) -> Result<Edited> {
    let mut tx = op.begin().await?;
    let before = lock(&tx, target.lead).await?;
    let mut after = lead::Model {
        deleted_at: Some(tx.now()),
        ..before.clone()
    };
    expect(target, &before, &after)?;
    write(&mut tx, EventKind::LeadArchived, &before, &mut after).await?;
    tx.commit(Edited::from(&after)).await
}

async fn attempt_restore(op: &Op, target: LeadTarget) -> Result<Edited> {
    let mut tx = op.begin().await?;
    let before = lock_any(&tx, target.lead).await?.ok_or_else(not_found)?;
    let mut after = lead::Model {
        deleted_at: None,
        ..before.clone()
    };
    expect(target, &before, &after)?;
    if before.deleted_at.is_none() {
        return tx.commit(Edited::from(&before)).await;
    }
    refuse_taken(&tx, &before).await?;
    write(&mut tx, EventKind::LeadRestored, &before, &mut after).await?;
    tx.commit(Edited::from(&after)).await
}

fn expect(target: LeadTarget, before: &lead::Model, after: &lead::Model) -> Result<()> {
    let (was, wanted) = (facts::of_row(before), facts::of_row(after));
    check_version(target.expected_version, before.uuid, before.version, &was, &wanted)
}

fn changes(before: &lead::Model, after: &lead::Model) -> Changes {
    Changes::between(&facts::of_row(before), &facts::of_row(after))
}

async fn write(tx: &mut Tx, kind: EventKind, before: &lead::Model, after: &mut lead::Model) -> Result<()> {
    after.version += 1;
    after.updated_at = tx.now();
    let row = lead::ActiveModel {
        deleted_at: Set(after.deleted_at),
        version: Set(after.version),
        updated_at: Set(after.updated_at),
        ..Default::default()
    };
    let lead = tx.update::<lead::Entity>().set(row);
    lead.filter(lead::Column::Id.eq(after.id)).exec(tx.db()).await?;
    let reserved = external_ref::ActiveModel {
        reserved: Set(after.deleted_at.is_none()),
        ..Default::default()
    };
    let refs = tx.update::<external_ref::Entity>().set(reserved);
    refs.filter(external_ref::Column::LeadId.eq(after.id))
        .exec(tx.db())
        .await?;
    tx.emit(Event {
        kind,
        subject: after.uuid,
        lead_id: Some(after.id),
        changes: changes(before, after),
    });
    Ok(())
}

/// # Errors
/// The conflict with a live lead that has what this one would take again.
async fn refuse_taken(tx: &Tx, archived: &lead::Model) -> Result<()> {
    let path = || vec!["lead".into()];
    if let Some(key) = &archived.dedupe_key {
        dedupe::refuse_taken(tx, lead::Column::DedupeKey, key.clone(), path()).await?;
    }
    if let Some(event_id) = &archived.unique_event_id {
        let other = tx
            .find::<lead::Entity>()
            .filter(lead::Column::ProjectId.eq(archived.project_id))
            .filter(lead::Column::UniqueEventId.eq(event_id))
            .filter(lead::Column::DeletedAt.is_null());
        if let Some(other) = other.one(tx.db()).await? {
            return Err(dedupe::duplicate(&other, path()));
        }
    }
    let deals = tx
        .find::<external_ref::Entity>()
        .filter(external_ref::Column::LeadId.eq(archived.id))
        .filter(external_ref::Column::ObjectType.eq(DEAL))
        .select_only()
        .column(external_ref::Column::ExternalId);
    for deal in deals.into_tuple::<String>().all(tx.db()).await? {
        dedupe::refuse_taken_deal(tx, &deal, path()).await?;
    }
    Ok(())
}
