//! How many requests are worked on at a time. More than that would only make all of them slow: those that come too many
//! wait a moment for a turn, and not without bound.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a request waits for its turn. Clients try again sooner than they give up.
const PATIENCE: Duration = Duration::from_secs(1);

#[derive(Clone, Debug)]
pub(super) struct Turns {
    free: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    /// As many may wait as are worked on.
    most_waiting: usize,
    patience: Duration,
}

impl Turns {
    pub(super) fn new(at_a_time: usize) -> Self {
        Self {
            free: Arc::new(Semaphore::new(at_a_time.min(Semaphore::MAX_PERMITS))),
            waiting: Arc::default(),
            most_waiting: at_a_time,
            patience: PATIENCE,
        }
    }

    /// A turn, given back when it is dropped; `None`: there are too many others.
    pub(super) async fn take(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(turn) = Arc::clone(&self.free).try_acquire_owned() {
            return Some(turn);
        }
        let _place = Place::take(&self.waiting, self.most_waiting)?;
        let turn = Arc::clone(&self.free).acquire_owned();
        tokio::time::timeout(self.patience, turn).await.ok()?.ok()
    }
}

/// A place among those who wait.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize, most: usize) -> Option<Self> {
        let place = Self(waiting);
        // Counted first: whoever finds it too many takes it back.
        (waiting.fetch_add(1, Ordering::Relaxed) < most).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_finds_no_turn_waits_a_moment_and_goes() {
        let turns = Turns {
            patience: Duration::from_millis(20),
            ..Turns::new(1)
        };
        let turn = turns.take().await;
        assert!(turn.is_some());
        assert!(turns.take().await.is_none());
        assert_eq!(turns.waiting.load(Ordering::Relaxed), 0);
        drop(turn);
        assert!(turns.take().await.is_some());
    }

    #[tokio::test]
    async fn only_so_many_wait_and_they_get_the_turns_that_are_given_back() {
        let turns = Turns {
            patience: Duration::from_secs(60),
            ..Turns::new(1)
        };
        let turn = turns.take().await;
        let (waited, turned_away, ()) = tokio::join!(turns.take(), turns.take(), async { drop(turn) });
        assert!(waited.is_some() && turned_away.is_none());
    }
}
