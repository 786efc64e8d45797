//! The change feed as a subscription. The log is read a batch at a time, and the next one only when the client has taken
//! the last: a slow client costs a batch of memory and no more.

use std::collections::VecDeque;
use std::time::Duration;

use async_graphql::{Context, Subscription};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio::time::sleep;

use super::feed::{FeedArgs, LeadEvent, Start, lead_events, next, start};
use super::kind::EventType;
use crate::domain::activity::{self, Feed};
use crate::domain::caller::Scope;
use crate::domain::error::Error;
use crate::domain::op::Op;
use crate::graphql::context::{self, Answer, op};
use crate::graphql::error::{Failure, top_level, worded};
use crate::graphql::lead::LeadFilterArgument;
use crate::graphql::nested::Budget;
use crate::graphql::prefetch::{self, LeadPlan};

/// Events that are read at a time.
const BATCH: u64 = 20;

/// Until the log is read again that could not be.
const PAUSE: Duration = Duration::from_secs(1);

/// Between two reads, however much is written: what happens meanwhile comes with the next.
const REST: Duration = Duration::from_millis(15);

#[derive(Debug, Default)]
pub struct EventSubscriptions;

#[Subscription]
impl EventSubscriptions {
    /// What happens to leads and the notes about them, in the order in which it happens. With `after`, everything that
    /// happened behind that position comes first: whoever was cut off and goes on behind the last position misses nothing
    /// and gets nothing twice. The settings of the server may let the oldest events go after a time: going on where some
    /// are missing fails with the code `POSITION_EXPIRED`.
    async fn lead_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Go on behind this position; without it from now on.")] after: Option<String>,
        #[graphql(desc = "Which kinds of events about leads and notes; all without it.")] types: Option<Vec<EventType>>,
        #[graphql(desc = "Which leads, by what they are now and not by what they were then; all without it.")]
        filter: Option<LeadFilterArgument>,
    ) -> async_graphql::Result<BoxStream<'static, Answer<LeadEvent>>> {
        let opened = open(ctx, FeedArgs { types, filter }, after).await;
        opened.map_err(|failure| top_level(ctx, failure))
    }
}

async fn open(
    ctx: &Context<'_>,
    args: FeedArgs,
    after: Option<String>,
) -> Result<BoxStream<'static, Answer<LeadEvent>>, Failure> {
    let op = op(ctx)?;
    let selected = prefetch::at(ctx, &[&["lead"]]);
    let plan = prefetch::lead_plan(ctx, &[&["lead"]])?;
    let reader = Reader {
        feed: activity::feed(&op, args.query()?).await?,
        after: start(&op, after, Start::Now).await?,
        op,
        plan: (!selected.is_empty()).then_some(plan),
        ready: VecDeque::new(),
        more: true,
        request_id: context::request_id(ctx).to_owned(),
    };
    Ok(stream::unfold(Some(reader), step).boxed())
}

/// Somebody who reads along.
struct Reader {
    op: Op,
    feed: Feed,
    after: i64,
    plan: Option<LeadPlan>,
    /// Read, but not taken yet.
    ready: VecDeque<LeadEvent>,
    /// Whether the log goes on behind what was read.
    more: bool,
    request_id: String,
}

/// The next event. A failure is the last.
async fn step(reader: Option<Reader>) -> Option<(Answer<LeadEvent>, Option<Reader>)> {
    let mut reader = reader?;
    loop {
        if let Some(event) = reader.ready.pop_front() {
            return Some((Some(Ok(event)), Some(reader)));
        }
        if !reader.more {
            reader.feed.moved().await;
            sleep(REST).await;
        }
        match reader.read().await {
            Ok(()) => {}
            Err(Failure::Domain(Error::Unavailable(cause))) => {
                tracing::warn!(request.id = reader.request_id, error = %cause, "a subscription waits: the database is away");
                reader.more = true;
                sleep(PAUSE).await;
            }
            Err(failure) => {
                let caller = Some(reader.op.caller());
                return Some((Some(Err(worded(caller, &reader.request_id, failure))), None));
            }
        }
    }
}

impl Reader {
    /// Reads the next batch. Nothing has moved on when it fails.
    async fn read(&mut self) -> Result<(), Failure> {
        let page = next(&mut self.feed, self.after, BATCH).await?;
        if !page.events.is_empty() {
            if !activity::may_still_read(&self.op).await? {
                return Err(Error::Forbidden(Scope::Read).into());
            }
            let events = lead_events(&self.op, &Budget::default(), page.events, self.plan.as_ref()).await?;
            self.ready.extend(events);
        }
        self.after = page.until;
        self.more = page.more;
        Ok(())
    }
}
