//! Waking who waits for a log to move.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::{Notify, watch};

/// Who waits, in this process.
#[derive(Debug, Default)]
pub struct Wakes {
    logs: Mutex<HashMap<i64, watch::Sender<()>>>,
    queues: Mutex<Vec<Weak<Queue>>>,
    /// What moved here, for the other instances.
    told: Queue,
}

/// One who waits for one workspace.
#[derive(Clone, Debug)]
pub struct Moved(watch::Receiver<()>);

/// The workspaces that moved since somebody asked last: for loops over all of them.
#[derive(Debug, Default)]
pub struct Queue {
    moved: Mutex<BTreeSet<i64>>,
    bell: Notify,
}

impl Wakes {
    /// Waits for this workspace from now on. To be had before the log is read: what comes in between is not missed.
    pub fn of(&self, workspace_id: i64) -> Moved {
        let mut logs = locked(&self.logs);
        let log = logs.entry(workspace_id).or_insert_with(|| watch::Sender::new(()));
        Moved(log.subscribe())
    }

    pub fn queue(&self) -> Arc<Queue> {
        let queue = Arc::new(Queue::default());
        locked(&self.queues).push(Arc::downgrade(&queue));
        queue
    }

    /// Something was committed here.
    pub(in crate::domain) fn committed(&self, workspaces: &BTreeSet<i64>) {
        if !workspaces.is_empty() {
            self.told.put(workspaces);
            self.heard(workspaces);
        }
    }

    /// Something was committed somewhere.
    pub(super) fn heard(&self, workspaces: &BTreeSet<i64>) {
        {
            let logs = locked(&self.logs);
            for log in workspaces.iter().filter_map(|workspace| logs.get(workspace)) {
                log.send_replace(());
            }
        }
        locked(&self.queues).retain(|queue| {
            let queue = queue.upgrade();
            queue.inspect(|queue| queue.put(workspaces)).is_some()
        });
    }

    /// The workspaces that somebody waits for.
    pub(super) fn awaited(&self) -> Vec<i64> {
        let mut logs = locked(&self.logs);
        logs.retain(|_, log| log.receiver_count() > 0);
        logs.keys().copied().collect()
    }

    pub(super) fn told(&self) -> &Queue {
        &self.told
    }
}

impl Moved {
    /// Forgets what moved so far: the log is about to be read.
    pub fn reset(&mut self) {
        self.0.mark_unchanged();
    }

    /// Ends at the first move since the last [`Self::reset`].
    pub async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            // Nobody can move it any more; the one who waits gives up by their own clock.
            std::future::pending().await
        }
    }
}

impl Queue {
    fn put(&self, workspaces: &BTreeSet<i64>) {
        locked(&self.moved).extend(workspaces);
        self.bell.notify_one();
    }

    /// Waits until there is at least one.
    pub async fn take(&self) -> BTreeSet<i64> {
        loop {
            let moved = self.rest();
            if !moved.is_empty() {
                return moved;
            }
            self.bell.notified().await;
        }
    }

    /// What there is, without waiting.
    pub fn rest(&self) -> BTreeSet<i64> {
        std::mem::take(&mut *locked(&self.moved))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn who_waits_for_a_workspace_hears_of_that_one_only() {
        let wakes = Wakes::default();
        let (mut one, mut two) = (wakes.of(1), wakes.of(2));
        wakes.heard(&BTreeSet::from([1]));
        assert!(one.changed().now_or_never().is_some());
        assert!(two.changed().now_or_never().is_none());
        assert!(one.changed().now_or_never().is_none(), "heard once");
    }

    #[test]
    fn what_moves_before_somebody_looks_is_not_missed() {
        let wakes = Wakes::default();
        let mut moved = wakes.of(1);
        moved.reset();
        wakes.heard(&BTreeSet::from([1]));
        assert!(moved.changed().now_or_never().is_some());
    }

    #[test]
    fn loops_take_all_that_moved_at_once() {
        let wakes = Wakes::default();
        let queue = wakes.queue();
        wakes.committed(&BTreeSet::from([3, 1]));
        wakes.heard(&BTreeSet::from([2]));
        assert_eq!(queue.take().now_or_never(), Some(BTreeSet::from([1, 2, 3])));
        assert_eq!(queue.take().now_or_never(), None);
        assert_eq!(
            wakes.told().take().now_or_never(),
            Some(BTreeSet::from([1, 3])),
            "not what was only heard"
        );
    }

    #[test]
    fn nobody_who_left_is_remembered() {
        let wakes = Wakes::default();
        drop(wakes.queue());
        let moved = wakes.of(1);
        assert_eq!(wakes.awaited(), [1]);
        drop(moved);
        assert!(wakes.awaited().is_empty());
        wakes.heard(&BTreeSet::from([1]));
        assert!(locked(&wakes.queues).is_empty());
    }
}
