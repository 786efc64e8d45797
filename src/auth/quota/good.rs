//! Credentials that were good a while ago, by a hash that nobody outside can compute.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long one is remembered, since it was last shown.
const A_WHILE: Duration = Duration::from_secs(600);
const MAX_ENTRIES: usize = 20_000;

#[derive(Debug, Default)]
pub(super) struct Good {
    state: RandomState,
    seen: Mutex<HashMap<u64, Instant>>,
}

impl Good {
    pub(super) fn remember(&self, credential: &str, now: Instant) {
        let mut seen = self.seen();
        if seen.len() >= MAX_ENTRIES {
            seen.retain(|_, at| now.saturating_duration_since(*at) < A_WHILE);
        }
        if seen.len() >= MAX_ENTRIES {
            seen.clear();
        }
        seen.insert(self.state.hash_one(credential), now);
    }

    pub(super) fn has(&self, credential: &str, now: Instant) -> bool {
        let at = self.seen().get(&self.state.hash_one(credential)).copied();
        at.is_some_and(|at| now.saturating_duration_since(at) < A_WHILE)
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<u64, Instant>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
