//! What is kept for a time only: the bodies that leads came with, the ledger of writes that may be sent again, what
//! was sent to webhooks, and, where the settings say so, events.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use super::error::Result;
use super::op::{Op, System};
use super::outbox::cursor;
use super::{idempotency, webhook_deliveries, workspaces};
use crate::entity::{Tenant, event, idempotency_key, intake_payload, webhook_delivery};

/// Rows that go at a time, so that no writer waits long.
const BATCH: u64 = 500;

/// How many rows are gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    pub intake_payloads: u64,
    pub idempotency_keys: u64,
    pub events: u64,
    pub webhook_deliveries: u64,
}

/// Deletes what has had its time, in every workspace. No event tells of it: none of it is anybody's doing.
///
/// # Errors
/// A database fault.
pub async fn sweep(system: &System) -> Result<Swept> {
    use {idempotency_key::Column as Key, intake_payload::Column as Intake, webhook_delivery::Column as Delivery};
    let now = system.services().now();
    let oldest_event = system.services().settings().event_retention.map(|kept| now - kept);
    let mut swept = Swept::default();
    for workspace in workspaces::list_all(system).await? {
        let op = system.within(workspace.id);
        swept.intake_payloads += drop_until::<intake_payload::Entity>(&op, Intake::Id, Intake::ExpiresAt, now).await?;
        let forgotten = now - idempotency::KEPT;
        swept.idempotency_keys +=
            drop_until::<idempotency_key::Entity>(&op, Key::Id, Key::CreatedAt, forgotten).await?;
        // With their attempts. What still waits stays: others may wait behind it.
        let old = now - system.services().settings().webhooks.kept;
        swept.webhook_deliveries +=
            drop_until::<webhook_delivery::Entity>(&op, Delivery::Id, Delivery::SettledAt, old).await?;
        if let Some(oldest) = oldest_event {
            swept.events += drop_events_until(&op, oldest).await?;
        }
    }
    Ok(swept)
}

/// How much longer an event is kept that a webhook has not been told of.
const WAITED_FOR: TimeDelta = TimeDelta::days(30);

/// Deletes the beginning of the workspace's log, but nothing that the server itself has still to deal with or to send. Positions stay
/// what they are, and without gaps from the first that is left.
async fn drop_events_until(op: &Op, until: DateTime<Utc>) -> Result<u64> {
    use event::Column as C;
    let dealt_with = cursor::dealt_with(op).await?;
    let waited_for = webhook_deliveries::first_needed(op).await?;
    // Whose receiver is not there for so long waits in vain.
    let too_old = until - WAITED_FOR;
    let stays =
        |position, at| position > dealt_with || at > too_old && waited_for.is_some_and(|first| position >= first);
    let mut dropped = 0;
    loop {
        // By position, which an index has, and not by time: the later ones are the younger ones.
        let first = op.find::<event::Entity>().order_by_asc(C::Position).limit(BATCH);
        let first = first.select_only().column(C::Position).column(C::At);
        let first: Vec<(i64, DateTime<Utc>)> = first.into_tuple().all(op.db()).await?;
        let old = first
            .iter()
            .take_while(|(position, at)| *at <= until && !stays(*position, *at));
        let Some((last, _)) = old.last() else {
            return Ok(dropped);
        };
        let tx = op.begin().await?;
        let old = tx.delete::<event::Entity>().filter(C::Position.lte(*last));
        let count = old.exec(tx.db()).await?.rows_affected;
        dropped += tx.commit(count).await?;
    }
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
        // A key may stand for something new since.
        let old = tx.delete::<E>().filter(op.any_of(id, &old)).filter(time.lte(until));
        let count = old.exec(tx.db()).await?.rows_affected;
        dropped += tx.commit(count).await?;
        if count < BATCH {
            return Ok(dropped);
        }
    }
}
