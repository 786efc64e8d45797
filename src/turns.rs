//! How much is worked on at a time, over whatever transport it came. More than that would only make all of it slow: what
//! comes too many waits a moment for a turn, and not without bound.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a request waits for its turn. Clients try again sooner than they give up.
const PATIENCE: Duration = Duration::from_secs(1);

#[derive(Clone, Debug)]
pub struct Turns {
    free: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    /// As many may wait as are worked on.
    most_waiting: usize,
    patience: Duration,
}

impl Turns {
    pub fn new(at_a_time: usize) -> Self {
        Self {
            free: Arc::new(Semaphore::new(at_a_time.min(Semaphore::MAX_PERMITS))),
            waiting: Arc::default(),
            most_waiting: at_a_time,
            patience: PATIENCE,
        }
    }

    /// A turn; `None`: there are too many others.
    pub async fn take(&self) -> Option<Turn> {
        let permit = self.permit().await?;
        Some(Turn(Arc::new(Held {
            turns: self.clone(),
            permit: Mutex::new(Some(permit)),
        })))
    }

    async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(turn) = Arc::clone(&self.free).try_acquire_owned() {
            return Some(turn);
        }
        let _place = Place::take(&self.waiting, self.most_waiting)?;
        let turn = Arc::clone(&self.free).acquire_owned();
        tokio::time::timeout(self.patience, turn).await.ok()?.ok()
    }
}

/// Whoever has it, or a copy of it, is being worked on. Given back with the last copy.
#[derive(Clone, Debug)]
pub struct Turn(Arc<Held>);

#[derive(Debug)]
struct Held {
    turns: Turns,
    permit: Mutex<Option<OwnedSemaphorePermit>>,
}

impl Turn {
    /// Lets somebody else go first, for as long as there is nothing to work on.
    pub fn step_aside(&self) {
        drop(self.permit().take());
    }

    /// Waits for the turn again; whether it came.
    pub async fn step_back(self) -> bool {
        let Some(permit) = self.0.turns.permit().await else {
            return false;
        };
        *self.permit() = Some(permit);
        true
    }

    /// A panic elsewhere leaves it whole: every change is one step.
    fn permit(&self) -> MutexGuard<'_, Option<OwnedSemaphorePermit>> {
        self.0.permit.lock().unwrap_or_else(PoisonError::into_inner)
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

    #[tokio::test]
    async fn whoever_steps_aside_lets_another_go_first() {
        let turns = Turns {
            patience: Duration::from_millis(20),
            ..Turns::new(1)
        };
        let turn = turns.take().await.expect("the only one");
        let copy = turn.clone();
        drop(turn);
        assert!(turns.take().await.is_none(), "a copy keeps it");
        copy.step_aside();
        let other = turns.take().await.expect("the one that was given back");
        assert!(!copy.clone().step_back().await);
        drop(other);
        assert!(copy.clone().step_back().await);
        assert!(turns.take().await.is_none());
    }
}
