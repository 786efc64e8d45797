//! What subscriptions read along is read a batch at a time, and the next one only when the client has taken the last: a
//! slow client costs a batch of memory and no more. However many wake at the same event, few read at a time.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::Context;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio::sync::Semaphore;
use tokio::time::sleep;

use super::context::{self, Answer};
use super::error::{Failure, worded};
use crate::domain::activity;
use crate::domain::caller::Scope;
use crate::domain::error::Error;
use crate::domain::op::Op;

/// What is read at a time.
pub const BATCH: u64 = 20;

/// Subscriptions that read at a time, so that requests find the database free.
const AT_A_TIME: usize = 4;

/// Until that is read again which could not be.
const PAUSE: Duration = Duration::from_secs(1);

/// Between hearing of something and reading it: what happens meanwhile comes with the same read.
pub const REST: Duration = Duration::from_millis(15);

/// Where subscriptions wait until they may read. First come, first served.
#[derive(Clone, Debug)]
pub struct Readers(Arc<Semaphore>);

impl Default for Readers {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_A_TIME)))
    }
}

/// What is read along.
pub trait Source: Send + Sized + 'static {
    type Item: Send + 'static;

    /// The next ones. Nothing has moved on when it fails.
    fn read(&mut self) -> impl Future<Output = Result<Batch<Self::Item>, Failure>> + Send;

    /// Ends when there may be more than was read last.
    fn moved(&mut self) -> impl Future<Output = ()> + Send;
}

/// What was read.
#[derive(Debug)]
pub struct Batch<T> {
    /// At most [`BATCH`].
    pub items: Vec<T>,
    /// Whether there is more already.
    pub more: bool,
}

/// All that comes, for as long as the caller may read it. It ends with the first failure, which it tells.
pub fn stream<S: Source>(ctx: &Context<'_>, op: Op, source: S) -> BoxStream<'static, Answer<S::Item>> {
    let live = Live {
        op,
        source,
        readers: ctx.data_opt::<Readers>().cloned().unwrap_or_default(),
        ready: VecDeque::new(),
        more: true,
        request_id: context::request_id(ctx).to_owned(),
    };
    stream::unfold(Some(live), step).boxed()
}

/// Somebody who reads along.
struct Live<S: Source> {
    op: Op,
    source: S,
    readers: Readers,
    /// Read, but not taken yet.
    ready: VecDeque<S::Item>,
    more: bool,
    request_id: String,
}

/// The next one. A failure is the last.
async fn step<S: Source>(live: Option<Live<S>>) -> Option<(Answer<S::Item>, Option<Live<S>>)> {
    let mut live = live?;
    loop {
        if let Some(item) = live.ready.pop_front() {
            return Some((Some(Ok(item)), Some(live)));
        }
        if !live.more {
            live.source.moved().await;
            sleep(REST).await;
        }
        match live.read().await {
            Ok(()) => {}
            Err(Failure::Domain(Error::Unavailable(cause))) => {
                tracing::warn!(request.id = live.request_id, error = %cause, "a subscription waits: the database is away");
                live.more = true;
                sleep(PAUSE).await;
            }
            Err(failure) => {
                let caller = Some(live.op.caller());
                return Some((Some(Err(worded(caller, &live.request_id, failure))), None));
            }
        }
    }
}

impl<S: Source> Live<S> {
    async fn read(&mut self) -> Result<(), Failure> {
        // Nobody closes it.
        let _turn = self.readers.0.acquire().await.ok();
        let Batch { items, more } = self.source.read().await?;
        if !items.is_empty() && !activity::may_still_read(&self.op).await? {
            return Err(Error::Forbidden(Scope::Read).into());
        }
        self.ready.extend(items);
        self.more = more;
        Ok(())
    }
}
