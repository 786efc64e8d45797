//! The change feed: events about leads in the order of the log, for who reads on from where they were.

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, Condition, QueryFilter, QuerySelect, QueryTrait};
use uuid::Uuid;

use super::{LeadRecord, is_about_leads};
use crate::domain::caller::Scope;
use crate::domain::error::{Problem, Result};
use crate::domain::events::EventKind;
use crate::domain::leads::filter::{self, LeadFilter, Resolved};
use crate::domain::leads::read;
use crate::domain::op::Op;
use crate::domain::outbox::feed::{self as log, Stretch};
use crate::domain::outbox::{Moved, Record};
use crate::entity::{event, lead};

/// Positions that one read looks at, at most.
const POSITIONS: i64 = 2_000;

/// Which events are wanted.
#[derive(Clone, Debug, Default)]
pub struct FeedQuery {
    /// Of any kind that is about leads when none are named.
    pub kinds: Vec<EventKind>,
    /// The leads whose events are wanted, by what they are when the event is read.
    pub filter: Option<LeadFilter>,
}

/// Somebody who reads the feed. What the filter names is looked up once.
#[derive(Debug)]
pub struct Feed {
    op: Op,
    kinds: Vec<EventKind>,
    filter: Option<Resolved>,
    moved: Moved,
}

#[derive(Clone, Debug, PartialEq)]
pub struct FeedPage {
    pub events: Vec<LeadRecord>,
    /// Where to go on. It moves even when nothing was found.
    pub until: i64,
    /// Whether the log goes on behind.
    pub more: bool,
}

/// What came of a read.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    Page(FeedPage),
    /// Events behind the position are not kept any more.
    Dropped,
}

/// # Errors
/// Without the scope `read`; a kind that is not about leads; a filter that breaks a rule; a database fault.
pub async fn feed(op: &Op, query: FeedQuery) -> Result<Feed> {
    op.require(Scope::Read)?;
    let FeedQuery { mut kinds, filter } = query;
    kinds.sort_unstable();
    kinds.dedup();
    if let Some(other) = kinds.iter().find(|kind| !is_about_leads(**kind)) {
        let sentence = format!(
            "The feed has events about leads; {} is in the audit log",
            other.as_str()
        );
        return Err(Problem::invalid(["types".into()], sentence).into());
    }
    let filter = match filter {
        Some(filter) => Some(filter::resolve(op, filter).await?),
        None => None,
    };
    Ok(Feed {
        op: op.clone(),
        kinds,
        filter,
        moved: op.services().wakes().of(op.caller().workspace_id),
    })
}

impl Feed {
    /// The next events behind `after`.
    ///
    /// # Errors
    /// A database fault. Whoever reads for long asks between whether the caller still may: [`super::may_still_read`].
    pub async fn read(&mut self, after: i64, limit: u64) -> Result<Reading> {
        self.moved.reset();
        let stretch = Stretch {
            after,
            limit,
            positions: POSITIONS,
        };
        let Some(batch) = log::read(&self.op, stretch, self.wanted()).await? else {
            return Ok(Reading::Dropped);
        };
        let log::Batch { records, until, more } = batch;
        let events = self.with_leads(records).await?;
        Ok(Reading::Page(FeedPage { events, until, more }))
    }

    /// Ends when the log has moved since the last read. May end when it has not.
    pub async fn moved(&mut self) {
        self.moved.changed().await;
    }

    /// As a condition on `events`. Events of other leads than the caller's are none of it, whatever is asked.
    fn wanted(&self) -> Condition {
        use event::Column as C;
        let of_leads = Condition::all().add(C::LeadId.is_not_null());
        let of_kinds = match self.kinds.as_slice() {
            [] => of_leads,
            kinds => of_leads.add(C::EventType.is_in(kinds.iter().map(|kind| kind.as_str()))),
        };
        if self.filter.is_none() && self.op.caller().project_id.is_none() {
            return of_kinds;
        }
        // Looked up for each event of the stretch, and not for every lead there is.
        let its = Expr::col(lead::Column::Id.as_column_ref()).equals(C::LeadId.as_column_ref());
        let leads = read::of_caller(&self.op).filter(its);
        let leads = match &self.filter {
            Some(filter) => leads.filter(filter.condition(&self.op)),
            None => leads,
        };
        let its_lead = leads.select_only().column(lead::Column::Id).into_query();
        of_kinds.add(Expr::exists(its_lead))
    }

    async fn with_leads(&self, records: Vec<Record>) -> Result<Vec<LeadRecord>> {
        let of_notes = records.iter().filter(|record| subject_lead(record).is_none());
        let leads = uuids(&self.op, of_notes.filter_map(|record| record.lead_id).collect()).await?;
        let with_lead = |record: Record| {
            let lead_id = record.lead_id?;
            let lead = subject_lead(&record).or_else(|| leads.get(&lead_id).copied())?;
            Some(LeadRecord { record, lead_id, lead })
        };
        Ok(records.into_iter().filter_map(with_lead).collect())
    }
}

/// The lead, where the event happened to it.
fn subject_lead(record: &Record) -> Option<Uuid> {
    (record.kind.subject_kind() == "lead").then_some(record.subject)
}

async fn uuids(op: &Op, ids: Vec<i64>) -> Result<HashMap<i64, Uuid>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let leads = read::of_caller(op).filter(op.any_of(lead::Column::Id, &ids));
    let leads = leads.select_only().column(lead::Column::Id).column(lead::Column::Uuid);
    let leads: Vec<(i64, Uuid)> = leads.into_tuple().all(op.db()).await?;
    Ok(leads.into_iter().collect())
}
