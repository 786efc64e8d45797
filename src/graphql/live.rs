//! What subscriptions read along is read a batch at a time, and the next one only when the client has taken the last: a
//! slow client costs a batch of memory and no more. However many wake at the same event, few read at a time.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use async_graphql::Context;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
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

/// Of these, how many of one workspace: nobody waits for all that another one listens to.
const OF_ONE: usize = 2;

/// Until that is read again which could not be.
const PAUSE: Duration = Duration::from_secs(1);

/// Between hearing of something and reading it: what happens meanwhile comes with the same read.
pub const REST: Duration = Duration::from_millis(15);

/// Where subscriptions wait until they may read. First come, first served.
#[derive(Clone, Debug)]
pub struct Readers {
    all: Arc<Semaphore>,
    by_workspace: Arc<Mutex<HashMap<i64, Weak<Semaphore>>>>,
}

impl Default for Readers {
    fn default() -> Self {
        Self {
            all: Arc::new(Semaphore::new(AT_A_TIME)),
            by_workspace: Arc::default(),
        }
    }
}

impl Readers {
    fn of(&self, workspace_id: i64) -> Places {
        let mut known = self.by_workspace.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, places| places.strong_count() > 0);
        let own = known.get(&workspace_id).and_then(Weak::upgrade);
        let own = own.unwrap_or_else(|| Arc::new(Semaphore::new(OF_ONE)));
        known.insert(workspace_id, Arc::downgrade(&own));
        Places {
            own,
            all: Arc::clone(&self.all),
        }
    }
}

/// Those of one workspace, and of all.
#[derive(Debug)]
struct Places {
    own: Arc<Semaphore>,
    all: Arc<Semaphore>,
}

impl Places {
    /// One of each. Nobody closes them.
    async fn take(&self) -> [Option<OwnedSemaphorePermit>; 2] {
        let own = Arc::clone(&self.own).acquire_owned().await.ok();
        let all = Arc::clone(&self.all).acquire_owned().await.ok();
        [own, all]
    }
}

/// What is read along.
pub trait Source: Send + Sync + Sized + 'static {
    type Item: Send + 'static;

    /// The next ones. Nothing has moved on when it fails.
    fn read(&mut self) -> impl Future<Output = Result<Batch<Self::Item>, Failure>> + Send;

    /// Ends when there may be more than was read last.
    fn moved(&mut self) -> impl Future<Output = ()> + Send;

    /// Who reads.
    fn op(&self) -> &Op;

    /// Whether they still may.
    fn may_still_read(&self) -> impl Future<Output = Result<bool, Failure>> + Send {
        async { Ok(activity::may_still_read(self.op()).await?) }
    }
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
pub fn stream<S: Source>(ctx: &Context<'_>, source: S) -> BoxStream<'static, Answer<S::Item>> {
    let readers = ctx.data_opt::<Readers>().cloned().unwrap_or_default();
    let live = Live {
        places: readers.of(source.op().caller().workspace_id),
        source,
        unchecked: Vec::new(),
        ready: VecDeque::new(),
        more: true,
        request_id: context::request_id(ctx).to_owned(),
    };
    stream::unfold(Some(live), step).boxed()
}

/// Somebody who reads along.
struct Live<S: Source> {
    source: S,
    places: Places,
    /// Read, but not known to be for the caller still.
    unchecked: Vec<S::Item>,
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
                let caller = Some(live.source.op().caller());
                return Some((Some(Err(worded(caller, &live.request_id, failure))), None));
            }
        }
    }
}

impl<S: Source> Live<S> {
    /// What was read stays where the look at the caller fails, and is looked at again.
    async fn read(&mut self) -> Result<(), Failure> {
        let _place = self.places.take().await;
        if self.unchecked.is_empty() {
            let Batch { items, more } = self.source.read().await?;
            self.unchecked = items;
            self.more = more;
        }
        if self.unchecked.is_empty() {
            return Ok(());
        }
        if !self.source.may_still_read().await? {
            return Err(Error::Forbidden(Scope::Read).into());
        }
        self.ready.extend(self.unchecked.drain(..));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
