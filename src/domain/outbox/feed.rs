//! Reading: the events of a workspace behind a position, in the order of their positions, a batch at a time.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, SelectStatement};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select};
use serde::Deserialize;
use uuid::Uuid;

use crate::domain::error::{Error, Result};
use crate::domain::events::{Actor, Changes, EventKind, VERSION};
use crate::domain::op::Op;
use crate::entity::{event, workspace_counter};

/// An event as it stands in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// From 1, without gaps, in the order of the commits.
    pub position: i64,
    pub kind: EventKind,
    pub subject: Uuid,
    pub lead_id: Option<i64>,
    pub actor: Actor,
    pub changes: Changes,
    pub at: DateTime<Utc>,
}

/// Facts of events that are read at a time, in bytes of their text; in memory they take some times that. One more event
/// may go beyond it.
const BYTES: i64 = 1024 * 1024;

/// What was read.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::domain) struct Batch {
    pub records: Vec<Record>,
    /// Everything up to here has been looked at: where to go on.
    pub until: i64,
    /// Whether the log goes on behind.
    pub more: bool,
}

/// A stretch of the log.
#[derive(Clone, Copy, Debug)]
pub(in crate::domain) struct Stretch {
    pub after: i64,
    /// Events at most. Large ones may be fewer.
    pub limit: u64,
    /// Positions that are looked at, wanted or not: a read has an end even where nothing is found.
    pub positions: i64,
}

/// The events of a stretch that meet a condition on `events`. Nothing when some of those behind `after` are not kept any
/// more, so that whoever reads on would miss them.
///
/// # Errors
/// An event that this version does not know, or a database fault.
pub(in crate::domain) async fn read(op: &Op, stretch: Stretch, wanted: Condition) -> Result<Option<Batch>> {
    let Stretch {
        after,
        limit,
        positions,
    } = stretch;
    let head = head(op).await?;
    if after >= head {
        return Ok(Some(Batch {
            records: Vec::new(),
            until: after,
            more: false,
        }));
    }
    let end = Ord::min(head, after.saturating_add(positions));
    let rows = rows(|| op.find(), after, end, limit, wanted);
    let rows = rows.all(op.db()).await?;
    // They go from the beginning on: behind one that is there none is missing.
    let follows = rows.first().is_some_and(|row| row.position == after + 1);
    if !follows && first(op).await?.is_none_or(|first| first > after + 1) {
        return Ok(None);
    }
    let batch = batch(rows, end, limit)?;
    let more = batch.until < head;
    Ok(Some(Batch { more, ..batch }))
}

/// The last position of the workspace's log; 0 of an empty one.
pub(in crate::domain) async fn head(op: &Op) -> Result<i64> {
    head_of(op.find::<workspace_counter::Entity>(), op.db()).await
}

pub(super) async fn head_of<C: ConnectionTrait>(counters: Select<workspace_counter::Entity>, db: &C) -> Result<i64> {
    let position = counters.select_only().column(workspace_counter::Column::Position);
    let position: Option<i64> = position.into_tuple().one(db).await?;
    position.ok_or_else(|| Error::broken("a workspace has no event counter"))
}

/// The first position that is still kept.
pub(in crate::domain) async fn first(op: &Op) -> Result<Option<i64>> {
    let first = op.find::<event::Entity>().select_only().column(event::Column::Position);
    let first = first.order_by_asc(event::Column::Position).limit(1);
    Ok(first.into_tuple().one(op.db()).await?)
}

/// The first events of a stretch, as many as may be held at a time: `limit`, and no more than one behind [`BYTES`].
/// `head` was read before: every position up to it is committed and visible.
pub(super) fn rows(
    events: impl Fn() -> Select<event::Entity>,
    after: i64,
    head: i64,
    limit: u64,
    wanted: Condition,
) -> Select<event::Entity> {
    use event::Column as C;
    let between = || events().filter(C::Position.gt(after)).filter(C::Position.lte(head));
    let first = between().filter(wanted).select_only();
    let first = first.columns([C::Position, C::Size]).order_by_asc(C::Position);
    let first = first.limit(limit).into_query();
    between()
        .filter(C::Position.in_subquery(small(first, BYTES)))
        .order_by_asc(C::Position)
}

/// Of these, a position and a size each, the first that take no more than so many bytes together, and one more.
pub(in crate::domain) fn small(events: SelectStatement, bytes: i64) -> SelectStatement {
    let sum = "SUM(size) OVER (ORDER BY position) - size";
    let sized = SelectStatement::new()
        .column("position")
        .expr_as(Expr::cust(sum), "before")
        .from_subquery(events, "events")
        .take();
    SelectStatement::new()
        .column("position")
        .from_subquery(sized, "sized")
        .and_where(Expr::col("before").lt(bytes))
        .take()
}

/// What the facts of these take.
pub(in crate::domain) fn bytes(rows: &[event::Model]) -> i64 {
    rows.iter().fold(0, |sum, row| sum.saturating_add(row.size))
}

/// What [`rows`] found.
pub(super) fn batch(rows: Vec<event::Model>, head: i64, limit: u64) -> Result<Batch> {
    let is_full = rows.len() as u64 >= limit || bytes(&rows) >= BYTES;
    let last = rows.last().map(|row| row.position);
    let until = last.filter(|_| is_full).unwrap_or(head);
    let records = rows.into_iter().map(record).collect::<Result<_>>()?;
    Ok(Batch {
        records,
        until,
        more: until < head,
    })
}

/// What `changes` holds: see [`super::append`].
#[derive(Deserialize)]
struct Stored {
    version: u32,
    fields: Changes,
}

/// # Errors
/// An event that this version does not know: a newer one of the server wrote it.
pub(in crate::domain) fn record(row: event::Model) -> Result<Record> {
    let event::Model {
        workspace_id,
        position,
        event_type,
        subject_kind: _,
        subject_uuid,
        lead_id,
        actor,
        changes,
        at,
        size: _,
    } = row;
    let broken = |what: &str| Error::broken(format!("event {position} of workspace {workspace_id} has {what}"));
    let kind = EventKind::of_word(&event_type).ok_or_else(|| broken("an unknown type"))?;
    let actor = serde_json::from_value(actor).map_err(|_| broken("an unknown actor"))?;
    let stored: Stored = serde_json::from_value(changes).map_err(|_| broken("changes that cannot be read"))?;
    if stored.version != VERSION {
        return Err(broken("facts of an unknown version"));
    }
    Ok(Record {
        position,
        kind,
        subject: subject_uuid,
        lead_id,
        actor,
        changes: stored.fields,
        at,
    })
}
