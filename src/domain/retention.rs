//! What is kept for a time only: the bodies that leads came with, and the ledger of writes that may be sent again.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use super::error::Result;
use super::op::{Op, System};
use super::{idempotency, workspaces};
use crate::entity::{Tenant, idempotency_key, intake_payload};

/// Rows that go at a time, so that no writer waits long.
const BATCH: u64 = 500;

/// How many rows are gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    pub intake_payloads: u64,
    pub idempotency_keys: u64,
}

/// Deletes what has had its time, in every workspace. No event tells of it: none of it is anybody's doing.
///
/// # Errors
/// A database fault.
pub async fn sweep(system: &System) -> Result<Swept> {
    use {idempotency_key::Column as Key, intake_payload::Column as Intake};
    let now = system.services().now();
    let mut swept = Swept::default();
    for workspace in workspaces::list_all(system).await? {
        let op = system.within(workspace.id);
        swept.intake_payloads += drop_until::<intake_payload::Entity>(&op, Intake::Id, Intake::ExpiresAt, now).await?;
        let forgotten = now - idempotency::KEPT;
        swept.idempotency_keys +=
            drop_until::<idempotency_key::Entity>(&op, Key::Id, Key::CreatedAt, forgotten).await?;
    }
    Ok(swept)
}

/// Deletes the rows whose `time` is not after `until`.
async fn drop_until<E: Tenant>(op: &Op, id: E::Column, time: E::Column, until: DateTime<Utc>) -> Result<u64> {
    let mut dropped = 0;
    loop {
        let old = op.find::<E>().filter(time.lte(until)).order_by_asc(time).limit(BATCH);
        let old: Vec<i64> = old.select_only().column(id).into_tuple().all(op.db()).await?;
        if old.is_empty() {
            return Ok(dropped);
        }
        let tx = op.begin().await?;
        // Somebody may have renewed one since.
        let old = tx.delete::<E>().filter(op.any_of(id, &old)).filter(time.lte(until));
        let count = old.exec(tx.db()).await?.rows_affected;
        dropped += tx.commit(count).await?;
        if count < BATCH {
            return Ok(dropped);
        }
    }
}
