//! Clients that keep a server at work until it is killed or stopped.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// What they share.
#[derive(Debug, Default)]
pub struct Workload {
    done: AtomicU64,
    is_over: AtomicBool,
}

impl Workload {
    /// One more of their requests was answered well.
    pub fn did_one(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    pub fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    pub fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Waits until so many were answered, however busy the machine is, and then for another moment of the work each
    /// round. It gives up after a minute: whoever asks sees that there is too little.
    pub async fn until(&self, least: u64, round: u64) {
        for _ in 0..12_000 {
            if self.done.load(Ordering::Relaxed) >= least {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(37 * (round % 11))).await;
    }
}
