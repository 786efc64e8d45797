//! The change feed: what happened to leads, read on from a position.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::parser::types::Selection;
use async_graphql::{Context, Object, SimpleObject};
use tokio::time::{Instant, sleep, timeout_at};

use super::kind::EventType;
use super::{Event, events, position};
use crate::connection::{Connection, Kept};
use crate::domain::activity::{self, Feed, FeedPage, FeedQuery, LeadRecord, Reading};
use crate::domain::caller::Scope;
use crate::domain::error::Error;
use crate::domain::leads::read;
use crate::domain::op::Op;
use crate::domain::rel::Rel;
use crate::graphql::context::{Answer, answer, op};
use crate::graphql::error::Failure;
use crate::graphql::lead::{self, Lead, LeadFilterArgument};
use crate::graphql::live::REST;
use crate::graphql::nested::{self, Budget};
use crate::graphql::paging::{argument, limits};
use crate::graphql::places::{Place, Places};
use crate::graphql::prefetch::{self, LeadPlan};

/// In seconds.
const LONGEST_WAIT: u32 = 20;

/// Of a request's time, what is left for the work when it has waited.
const FOR_WORK: Duration = Duration::from_secs(2);

/// For how long a request may wait on this server.
#[derive(Clone, Copy, Debug)]
pub struct LongestWait(Duration);

impl LongestWait {
    /// Where a request may take so long.
    pub fn within(time: Duration) -> Self {
        let longest = Duration::from_secs(LONGEST_WAIT.into());
        Self(longest.min(time.saturating_sub(FOR_WORK)))
    }
}

/// Something that happened to a lead, or a note about it.
#[derive(Clone, Debug, SimpleObject)]
pub struct LeadEvent {
    /// Its place in the workspace's event log: to go on behind it with `after`.
    position: String,
    /// What happened.
    event: Event,
    /// The lead as it is now, archived or not: it may have changed again since.
    lead: Rel<Option<Box<Lead>>>,
}

/// A stretch of the change feed.
#[derive(Clone, Debug, SimpleObject)]
pub struct EventFeed {
    /// The events that were found, in the order in which they happened.
    events: Vec<LeadEvent>,
    /// Where to go on with `after`. It moves on even when nothing was found.
    position: String,
    /// Whether there is more to read at once. Events of other things may be all that is left.
    has_more: bool,
    /// The end of the log: with `after` there, only what happens from now on comes.
    end: String,
}

/// What clients ask of the feed and its subscription.
#[derive(Clone, Debug, Default)]
pub struct FeedArgs {
    pub types: Option<Vec<EventType>>,
    pub filter: Option<LeadFilterArgument>,
}

impl FeedArgs {
    /// # Errors
    /// A filter that breaks a rule.
    pub fn query(self) -> Result<FeedQuery, Failure> {
        let Self { types, filter } = self;
        Ok(FeedQuery {
            kinds: types.into_iter().flatten().map(Into::into).collect(),
            filter: match filter {
                Some(filter) => Some(lead::read_filter(Some(filter))?),
                None => None,
            },
        })
    }
}

#[derive(Debug, Default)]
pub struct FeedQueries;

#[Object]
impl FeedQueries {
    /// What happened to leads and the notes about them, in the order in which it happened, from a position on. Nothing is
    /// left out and nothing comes twice. A key that is bound to a project sees what happened to that project's leads. The
    /// settings of the server may let the oldest events go after a time: going on where some are missing fails with the
    /// code `POSITION_EXPIRED`.
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Go on behind this position; without it from the first event that is kept.")] after: Option<
            String,
        >,
        #[graphql(desc = "How many events; at most 100, and fewer where they are large.")] first: Option<i32>,
        #[graphql(desc = "Which kinds of events about leads and notes; all without it.")] types: Option<Vec<EventType>>,
        #[graphql(desc = "Which leads, by what they are now and not by what they were then; all without it.")]
        filter: Option<LeadFilterArgument>,
        #[graphql(
            desc = "Wait so many seconds, at most 20, for something to happen when there is nothing. The answer may come sooner.",
            default = 0
        )]
        wait_seconds: i32,
    ) -> Answer<EventFeed> {
        let args = FeedArgs { types, filter };
        let wanted = Wanted {
            after,
            first,
            wait_seconds,
        };
        answer(ctx, Box::pin(read(ctx, args, wanted)).await)
    }
}

struct Wanted {
    after: Option<String>,
    first: Option<i32>,
    wait_seconds: i32,
}

async fn read(ctx: &Context<'_>, args: FeedArgs, wanted: Wanted) -> Result<EventFeed, Failure> {
    let Wanted {
        after,
        first,
        wait_seconds,
    } = wanted;
    let op = op(ctx)?;
    let limit = size(ctx, first)?;
    let wait = u32::try_from(wait_seconds).ok().filter(|wait| *wait <= LONGEST_WAIT);
    let wait = wait.ok_or_else(|| argument(format!("waitSeconds must be between 0 and {LONGEST_WAIT}")))?;
    if wait > 0 && !is_alone(ctx) {
        return Err(argument("waitSeconds goes with one field in its request and no other"));
    }
    let plan = prefetch::lead_plan(ctx, &[&["events", "lead"]])?;
    let mut feed = activity::feed(&op, args.query()?).await?;
    let after = start(&op, after, Start::Beginning).await?;
    let wait = Duration::from_secs(wait.into());
    let longest = ctx.data_opt::<LongestWait>().map_or(wait, |longest| longest.0);
    let until = Instant::now() + wait.min(longest);
    let stretch = Stretch { after, limit, until };
    let page = page(ctx, &op, &mut feed, stretch).await?;
    // Where nothing came, the log's end is known: whoever has lost their turn sends nothing to the database any more.
    let end = match page.events.is_empty() && !page.more {
        true => page.until,
        false => activity::head(&op).await?.max(page.until),
    };
    let end = position::encode(&op, end);
    let FeedPage { events, until, more } = page;
    let wants_leads = !prefetch::at(ctx, &[&["events", "lead"]]).is_empty();
    let plan = wants_leads.then_some(&plan);
    Ok(EventFeed {
        events: lead_events(&op, &nested::budget(ctx), events, plan).await?,
        position: position::encode(&op, until),
        has_more: more,
        end,
    })
}

/// Whether nothing else is asked for in the same request: it would have to wait, or go on without a turn.
fn is_alone(ctx: &Context<'_>) -> bool {
    let items = &ctx.query_env.operation.node.selection_set.node.items;
    matches!(items.as_slice(), [item] if matches!(item.node, Selection::Field(_)))
}

/// What is asked for, and how long it may be waited for.
struct Stretch {
    after: i64,
    limit: u64,
    until: Instant,
}

/// The next events. Where there are none, somebody may wait for them, and lets others go first meanwhile.
async fn page(ctx: &Context<'_>, op: &Op, feed: &mut Feed, stretch: Stretch) -> Result<FeedPage, Failure> {
    let Stretch {
        mut after,
        limit,
        until,
    } = stretch;
    let mut has_waited = false;
    loop {
        let page = next(feed, after, limit).await?;
        // Much may have happened to the caller, too.
        if has_waited && !page.events.is_empty() && !activity::may_still_read(op).await? {
            return Err(Error::Forbidden(Scope::Read).into());
        }
        if !page.events.is_empty() || Instant::now() >= until {
            return Ok(page);
        }
        after = page.until;
        if page.more {
            continue;
        }
        let (Some(Kept { connection, turn }), Some(_place)) = (ctx.data_opt::<Kept>(), place(ctx, op)) else {
            return Ok(page);
        };
        has_waited = true;
        if let Some(turn) = turn {
            turn.step_aside();
        }
        let is_over = tokio::select! {
            // Too late is a last look, too.
            _ = timeout_at(until, feed.moved()) => false,
            () = ending(connection.as_ref()) => true,
        };
        // What happens meanwhile comes with the same read.
        sleep(REST).await;
        let is_back = match turn {
            Some(turn) => turn.clone().step_back().await,
            None => true,
        };
        // Nothing is lost for who asks again.
        if is_over || !is_back {
            return Ok(page);
        }
    }
}

/// Where the caller may wait: who waits takes as much as an open stream. None when they have too many.
fn place(ctx: &Context<'_>, op: &Op) -> Option<Place> {
    ctx.data_opt::<Arc<Places>>()?.of_caller(op.caller())
}

async fn ending(connection: Option<&Connection>) {
    match connection {
        Some(connection) => connection.ending().await,
        None => std::future::pending().await,
    }
}

/// # Errors
/// [`Failure::PositionExpired`], or what the domain says.
pub async fn next(feed: &mut Feed, after: i64, limit: u64) -> Result<FeedPage, Failure> {
    match feed.read(after, limit).await? {
        Reading::Page(page) => Ok(page),
        Reading::Dropped => Err(Failure::PositionExpired),
    }
}

/// Where somebody begins who gives no position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    Beginning,
    Now,
}

/// The position that is meant.
///
/// # Errors
/// One that is none of the workspace's log, or that the log has not reached.
pub async fn start(op: &Op, after: Option<String>, otherwise: Start) -> Result<i64, Failure> {
    let Some(after) = after else {
        return Ok(match otherwise {
            Start::Beginning => activity::beginning(op).await?,
            Start::Now => activity::head(op).await?,
        });
    };
    let position = position::decode(op, "after", &after)?;
    if position > activity::head(op).await? {
        return Err(argument("after lies behind the end of the event log"));
    }
    Ok(position)
}

/// The events as they are shown, each with its lead if a plan says what is selected of that.
///
/// # Errors
/// What the domain says.
pub async fn lead_events(
    op: &Op,
    budget: &Budget,
    records: Vec<LeadRecord>,
    plan: Option<&LeadPlan>,
) -> Result<Vec<LeadEvent>, Failure> {
    let mut ids: Vec<i64> = records.iter().map(|record| record.lead_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let leads = match plan {
        Some(plan) => {
            let found = read::by_numbers(op, &ids, &plan.parts).await?;
            let mut found: Vec<Lead> = found.into_iter().map(Lead::from).collect();
            nested::below_leads(op, budget, plan, &mut found).await?;
            Some(found)
        }
        None => None,
    };
    let (uuids, records): (Vec<_>, Vec<_>) = records.into_iter().map(|found| (found.lead, found.record)).unzip();
    let events = events(op, records).await?;
    let whole = uuids.into_iter().zip(events).map(|(uuid, event)| LeadEvent {
        position: event.position.clone(),
        event,
        lead: match &leads {
            Some(leads) => {
                let lead = leads.iter().find(|lead| lead.uuid.0 == uuid);
                Rel::Loaded(lead.cloned().map(Box::new))
            }
            None => Rel::NotLoaded,
        },
    });
    Ok(whole.collect())
}

fn size(ctx: &Context<'_>, first: Option<i32>) -> Result<u64, Failure> {
    let limits = limits(ctx);
    let Some(first) = first else {
        return Ok(limits.default);
    };
    let first = u64::try_from(first)
        .ok()
        .filter(|first| (1..=limits.most).contains(first));
    first.ok_or_else(|| argument(format!("first must be between 1 and {}", limits.most)))
}
