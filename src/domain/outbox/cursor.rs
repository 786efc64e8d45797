//! The server's own readers of the log, each with a name, and how far each is in every workspace.
//!
//! A reader takes a batch in a [`Tx`], does its work there, and commits: the batch's end commits with the work, so that
//! inside the database each event has its effect exactly once, whatever is killed meanwhile. The row is locked until
//! then: of several instances one at a time works on a workspace, and the others pass on to the next. A new workspace is
//! read from its first event; a reader that is new itself begins where its migration puts it.

use std::collections::BTreeSet;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, Func, LockBehavior, LockType, OnConflict, Query};
use sea_orm::{ActiveEnum, ColumnTrait, Condition, ConnectionTrait, Iterable, QueryFilter, QuerySelect};

use super::feed::{self, Batch};
use crate::domain::error::{Error, Result};
use crate::domain::op::{Op, System, Tx};
use crate::entity::{event_consumer, workspace_counter};

pub(in crate::domain) use crate::entity::event_consumer::Consumer;

/// One step of a reader in each of these workspaces, or in all where it is behind; it tells whether there may be more.
/// Gives back the workspaces where there may be: however much there is in one, the others have their turn. What fails in
/// one is logged and waits until all are looked at.
///
/// # Errors
/// The database is away.
pub(in crate::domain) async fn turns<F>(
    system: &System,
    consumer: Consumer,
    workspaces: Option<BTreeSet<i64>>,
    step: impl Fn(Op) -> F,
) -> Result<BTreeSet<i64>>
where
    F: Future<Output = Result<bool>>,
{
    let workspaces = match workspaces {
        Some(workspaces) => workspaces,
        None => behind(system, consumer).await?,
    };
    let mut more = BTreeSet::new();
    for workspace_id in workspaces {
        match step(system.within(workspace_id)).await {
            Ok(true) => {
                more.insert(workspace_id);
            }
            Ok(false) => {}
            Err(error @ Error::Unavailable(_)) => return Err(error),
            Err(error) => {
                tracing::error!(
                    workspace.id = workspace_id,
                    ?consumer,
                    ?error,
                    "events could not be dealt with"
                );
            }
        }
    }
    Ok(more)
}

/// The next events behind the reader's place, whose place is moved behind them. Nothing when there are none, or when
/// another instance is at them; the Tx is then of no use any more.
///
/// # Errors
/// An event that this version does not know, or a database fault.
pub(in crate::domain) async fn take(tx: &Tx, consumer: Consumer, limit: u64) -> Result<Option<Batch>> {
    let Some(after) = lock(tx, consumer).await? else {
        return Ok(None);
    };
    let head = feed::head_of(tx.find::<workspace_counter::Entity>(), tx.db()).await?;
    if after >= head {
        return Ok(None);
    }
    // No more positions than are wanted, however far behind the reader is: nothing is left out of them.
    let end = Ord::min(head, after.saturating_add_unsigned(limit));
    let rows = feed::rows(|| tx.find(), after, end, limit, Condition::all());
    let batch = feed::batch(rows.all(tx.db()).await?, end, limit)?;
    put(tx, consumer, batch.until).await?;
    let more = batch.until < head;
    Ok(Some(Batch { more, ..batch }))
}

/// Passes over all that there is without reading it. Nothing when another instance is at it.
///
/// # Errors
/// A database fault.
pub(in crate::domain) async fn skip(tx: &Tx, consumer: Consumer) -> Result<Option<()>> {
    if lock(tx, consumer).await?.is_none() {
        return Ok(None);
    }
    let head = feed::head_of(tx.find::<workspace_counter::Entity>(), tx.db()).await?;
    put(tx, consumer, head).await.map(Some)
}

async fn put(tx: &Tx, consumer: Consumer, position: i64) -> Result<()> {
    let moved = event_consumer::ActiveModel {
        position: Set(position),
        ..Default::default()
    };
    let cursors = tx.update::<event_consumer::Entity>().set(moved);
    let cursors = cursors.filter(event_consumer::Column::Consumer.eq(consumer));
    cursors.exec(tx.db()).await?;
    Ok(())
}

/// A place that the reader has reached; by now it may be further.
///
/// # Errors
/// A database fault.
pub(in crate::domain) async fn place(op: &Op, consumer: Consumer) -> Result<i64> {
    let cursor = op.find::<event_consumer::Entity>();
    let cursor = cursor.filter(event_consumer::Column::Consumer.eq(consumer));
    let cursor = cursor.one(op.db()).await?;
    Ok(cursor.map_or(0, |cursor| cursor.position))
}

/// Where the reader is, if nobody else is at it.
async fn lock(tx: &Tx, consumer: Consumer) -> Result<Option<i64>> {
    use event_consumer::Column as C;
    let cursor = tx.find::<event_consumer::Entity>().filter(C::Consumer.eq(consumer));
    let cursor = cursor.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    if let Some(cursor) = cursor.one(tx.db()).await? {
        return Ok(Some(cursor.position));
    }
    let first = event_consumer::ActiveModel {
        consumer: Set(consumer),
        position: Set(0),
        ..Default::default()
    };
    let mut taken = OnConflict::columns([C::WorkspaceId, C::Consumer]);
    let inserted = tx.insert_new(first, taken.do_nothing().to_owned()).await?;
    Ok(inserted.map(|cursor| cursor.position))
}

/// The workspaces in which the reader is behind.
async fn behind(system: &System, consumer: Consumer) -> Result<BTreeSet<i64>> {
    let lags = of_workspaces(system, consumer).await?;
    Ok(lags.into_iter().map(|(workspace, _)| workspace).collect())
}

/// How many events a reader has before it, in all workspaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lag {
    pub consumer: String,
    pub events: i64,
}

/// How far each of the server's own readers is behind.
///
/// # Errors
/// A database fault.
pub async fn lags(system: &System) -> Result<Vec<Lag>> {
    let mut lags = Vec::new();
    for consumer in Consumer::iter() {
        let behind = of_workspaces(system, consumer).await?;
        lags.push(Lag {
            consumer: consumer.to_value(),
            events: behind.into_iter().map(|(_, events)| events).sum(),
        });
    }
    Ok(lags)
}

/// The workspaces whose logs go on behind the reader's place, and by how many events.
async fn of_workspaces(system: &System, consumer: Consumer) -> Result<Vec<(i64, i64)>> {
    use {event_consumer as place, workspace_counter as counter};
    let head = || Expr::col((counter::Entity, counter::Column::Position));
    let there = Func::coalesce([Expr::col((place::Entity, place::Column::Position)), Expr::val(0)]);
    let workspace = Expr::col((counter::Entity, counter::Column::WorkspaceId));
    let same = workspace.clone().equals((place::Entity, place::Column::WorkspaceId));
    let its = Expr::col((place::Entity, place::Column::Consumer)).eq(consumer.to_value());
    let query = Query::select()
        .expr_as(workspace, "workspace_id")
        .expr_as(head().sub(there.clone()), "events")
        .from(counter::Entity)
        .left_join(place::Entity, same.and(its))
        .and_where(head().gt(there))
        .order_by((counter::Entity, counter::Column::WorkspaceId), sea_orm::Order::Asc)
        .take();
    let rows = system.db().query_all(&query).await?;
    let row = |row: &sea_orm::QueryResult| Ok((row.try_get("", "workspace_id")?, row.try_get("", "events")?));
    rows.iter().map(row).collect()
}

/// The position up to which every reader has dealt with the workspace's log: what lies behind must stay.
///
/// # Errors
/// A database fault.
pub(in crate::domain) async fn dealt_with(op: &Op) -> Result<i64> {
    let cursors = op.find::<event_consumer::Entity>().all(op.db()).await?;
    let place = |consumer| {
        let cursor = cursors.iter().find(|cursor| cursor.consumer == consumer);
        cursor.map_or(0, |cursor| cursor.position)
    };
    Ok(Consumer::iter().map(place).min().unwrap_or(i64::MAX))
}
