//! Keys that were good a moment ago, so that a busy key costs no statement. Bad keys are never remembered.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::Hash;
use crate::domain::caller::Caller;

/// For how long a key that was revoked on another instance may still work here.
const FRESH: Duration = Duration::from_secs(5);
const MAX_ENTRIES: usize = 10_000;

#[derive(Default)]
pub(in crate::domain) struct KeyCache(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    known: HashMap<Hash, Known>,
    generation: Generation,
}

/// How often something was forgotten. What was looked up in an earlier generation may be over by now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Generation(u64);

/// A good key: whom it stands for, and until when.
pub(super) struct Known {
    caller: Caller,
    expires_at: Option<DateTime<Utc>>,
    since: Instant,
}

/// Whether someone else remembered the key while this one was looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    First,
    Again,
}

impl Known {
    pub(super) fn new(caller: Caller, expires_at: Option<DateTime<Utc>>) -> Self {
        Self {
            caller,
            expires_at,
            since: Instant::now(),
        }
    }

    fn is_fresh(&self) -> bool {
        self.since.elapsed() < FRESH
    }
}

impl KeyCache {
    pub(super) fn find(&self, hash: &Hash, now: DateTime<Utc>) -> Option<Caller> {
        let entries = self.entries();
        let entry = entries.known.get(hash).filter(|entry| entry.is_fresh())?;
        entry.expires_at.is_none_or(|at| now < at).then(|| entry.caller.clone())
    }

    /// To be asked before a key is looked up, and handed to [`Self::remember`].
    pub(super) fn generation(&self) -> Generation {
        self.entries().generation
    }

    /// Remembers a key that was looked up in `generation`, unless something was forgotten since: it may have been this
    /// key.
    pub(super) fn remember(&self, hash: Hash, known: Known, generation: Generation) -> Seen {
        let mut entries = self.entries();
        if entries.generation != generation {
            return Seen::First;
        }
        let entries = &mut entries.known;
        if entries.len() >= MAX_ENTRIES {
            entries.retain(|_, entry| entry.is_fresh());
        }
        if entries.len() >= MAX_ENTRIES {
            entries.clear();
        }
        match entries.insert(hash, known) {
            Some(earlier) if earlier.is_fresh() => Seen::Again,
            Some(_) | None => Seen::First,
        }
    }

    /// Forgets one key: it was revoked.
    pub(super) fn forget(&self, hash: &[u8]) {
        let mut entries = self.entries();
        entries.generation.0 += 1;
        entries.known.retain(|known, _| known != hash);
    }

    /// Forgets all keys: what some of them may do has changed.
    pub(in crate::domain) fn forget_all(&self) {
        let mut entries = self.entries();
        entries.generation.0 += 1;
        entries.known.clear();
    }

    /// A panic elsewhere leaves the map whole: every change to it is one call.
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for KeyCache {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "KeyCache")
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::domain::caller::{Principal, Scopes};

    fn known(expires_at: Option<DateTime<Utc>>) -> Known {
        let caller = Caller {
            workspace_id: 1,
            principal: Principal::System("test"),
            scopes: Scopes::READ,
            project_id: None,
        };
        Known::new(caller, expires_at)
    }

    #[test]
    fn a_key_is_known_until_it_expires_or_is_forgotten() {
        let cache = KeyCache::default();
        let now = Utc::now();
        let later = now + TimeDelta::seconds(1);
        assert_eq!(
            cache.remember([1; 32], known(Some(later)), cache.generation()),
            Seen::First
        );
        assert_eq!(
            cache.remember([1; 32], known(Some(later)), cache.generation()),
            Seen::Again
        );
        cache.remember([2; 32], known(None), cache.generation());
        assert!(cache.find(&[1; 32], now).is_some());
        assert!(cache.find(&[1; 32], later).is_none());
        cache.forget(&[1; 32]);
        assert!(cache.find(&[1; 32], now).is_none());
        assert!(cache.find(&[2; 32], now).is_some());
        cache.forget_all();
        assert!(cache.find(&[2; 32], now).is_none());
    }

    #[test]
    fn an_old_answer_counts_no_more() {
        let cache = KeyCache::default();
        let mut old = known(None);
        old.since = Instant::now().checked_sub(FRESH).unwrap();
        cache.remember([1; 32], old, cache.generation());
        assert!(cache.find(&[1; 32], Utc::now()).is_none());
        assert_eq!(cache.remember([1; 32], known(None), cache.generation()), Seen::First);
    }

    #[test]
    fn what_is_forgotten_while_it_is_looked_up_is_not_remembered() {
        let cache = KeyCache::default();
        for forget in [|cache: &KeyCache| cache.forget(&[1; 32]), KeyCache::forget_all] {
            let generation = cache.generation();
            forget(&cache);
            cache.remember([1; 32], known(None), generation);
            assert!(cache.find(&[1; 32], Utc::now()).is_none());
        }
        cache.remember([1; 32], known(None), cache.generation());
        assert!(cache.find(&[1; 32], Utc::now()).is_some());
    }

    #[test]
    fn it_stays_bounded() {
        let cache = KeyCache::default();
        for number in 0..=MAX_ENTRIES as u64 {
            let mut hash = [0; 32];
            hash[..8].copy_from_slice(&number.to_le_bytes());
            cache.remember(hash, known(None), cache.generation());
        }
        assert!(cache.entries().known.len() <= MAX_ENTRIES);
    }
}
