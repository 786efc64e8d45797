//! The change feed as a subscription.

use async_graphql::{Context, Subscription};
use futures_util::stream::BoxStream;

use super::feed::{FeedArgs, LeadEvent, Start, lead_events, next, start};
use super::kind::EventType;
use crate::domain::activity::{self, Feed};
use crate::domain::op::Op;
use crate::graphql::context::{Answer, op};
use crate::graphql::error::{Failure, top_level};
use crate::graphql::lead::LeadFilterArgument;
use crate::graphql::live::{self, Batch, Source};
use crate::graphql::nested::Budget;
use crate::graphql::prefetch::{self, LeadPlan};

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
    };
    Ok(live::stream(ctx, reader))
}

/// Somebody who reads along.
struct Reader {
    op: Op,
    feed: Feed,
    after: i64,
    plan: Option<LeadPlan>,
}

impl Source for Reader {
    type Item = LeadEvent;

    async fn read(&mut self) -> Result<Batch<LeadEvent>, Failure> {
        let page = next(&mut self.feed, self.after, live::BATCH).await?;
        let items = match page.events.is_empty() {
            true => Vec::new(),
            false => lead_events(&self.op, &Budget::default(), page.events, self.plan.as_ref()).await?,
        };
        self.after = page.until;
        Ok(Batch { items, more: page.more })
    }

    async fn moved(&mut self) {
        self.feed.moved().await;
    }

    fn op(&self) -> &Op {
        &self.op
    }
}
