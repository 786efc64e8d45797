//! Token buckets by key. One that nobody takes from is full, and forgotten.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Buckets remembered at a time. Beyond that those that are fullest are forgotten.
const MAX_ENTRIES: usize = 100_000;

/// So many points at once, and as many again in this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub points: u64,
    pub per: Duration,
}

/// How a bucket stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub rate: Rate,
    pub remaining: u64,
    /// Until it is full; for what was refused, until there is enough for it.
    pub reset: Duration,
}

#[derive(Debug)]
pub(super) struct Buckets<K> {
    rate: Rate,
    spent: Mutex<HashMap<K, Spent>>,
}

/// What is missing in a bucket, and since when that is so.
#[derive(Clone, Copy, Debug)]
struct Spent {
    points: f64,
    at: Instant,
}

impl<K: Copy + Eq + Hash> Buckets<K> {
    pub(super) fn new(rate: Rate) -> Self {
        Self {
            rate,
            spent: Mutex::default(),
        }
    }

    /// # Errors
    /// There is not enough in it; then nothing is taken. What costs more than all of it costs all of it.
    pub(super) fn take(&self, key: K, points: u64, now: Instant) -> Result<Standing, Standing> {
        let points = points.min(self.rate.points) as f64;
        let mut all = self.all();
        let spent = self.spent(&all, key, now);
        let over = spent + points - self.rate.points as f64;
        if over > 0.0 {
            return Err(Standing {
                reset: self.time_for(over),
                ..self.standing(spent)
            });
        }
        self.set(&mut all, key, spent + points, now);
        Ok(self.standing(spent + points))
    }

    /// Of what was `taken`, so much was `used`. Nobody can use more than all that there is.
    pub(super) fn settle(&self, key: K, taken: u64, used: u64, now: Instant) -> Standing {
        let most = self.rate.points as f64;
        let (taken, used) = ((taken as f64).min(most), (used as f64).min(most));
        let mut all = self.all();
        let spent = (self.spent(&all, key, now) - taken + used).clamp(0.0, most);
        self.set(&mut all, key, spent, now);
        self.standing(spent)
    }

    /// How it stands, for whoever needs one point.
    pub(super) fn look(&self, key: K, now: Instant) -> Standing {
        let spent = self.spent(&self.all(), key, now);
        Standing {
            reset: self.time_for(spent + 1.0 - self.rate.points as f64),
            ..self.standing(spent)
        }
    }

    /// Whether there is not even one point in it.
    pub(super) fn is_empty(&self, key: K, now: Instant) -> bool {
        self.spent(&self.all(), key, now) > self.rate.points as f64 - 1.0
    }

    fn spent(&self, all: &HashMap<K, Spent>, key: K, now: Instant) -> f64 {
        let Some(spent) = all.get(&key) else { return 0.0 };
        (spent.points - self.refilled(*spent, now)).max(0.0)
    }

    fn refilled(&self, spent: Spent, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(spent.at).as_secs_f64();
        passed / self.rate.per.as_secs_f64() * self.rate.points as f64
    }

    fn set(&self, all: &mut HashMap<K, Spent>, key: K, points: f64, now: Instant) {
        if all.len() >= MAX_ENTRIES && !all.contains_key(&key) {
            all.retain(|_, spent| self.refilled(*spent, now) < spent.points);
            self.forget_half(all);
        }
        all.insert(key, Spent { points, at: now });
    }

    /// Makes room, should a hundred thousand keys be busy at once: those that have spent least lose least.
    fn forget_half(&self, all: &mut HashMap<K, Spent>) {
        if all.len() < MAX_ENTRIES {
            return;
        }
        let mut points: Vec<f64> = all.values().map(|spent| spent.points).collect();
        let middle = points.len() / 2;
        let (_, median, _) = points.select_nth_unstable_by(middle, f64::total_cmp);
        let median = *median;
        // Of those that have spent as much as most others it does not matter which are kept.
        let above = all.values().filter(|spent| spent.points > median).count();
        let mut room = (MAX_ENTRIES / 2).saturating_sub(above);
        all.retain(|_, spent| {
            let keeps = spent.points > median || spent.points >= median && room > 0;
            room = room.saturating_sub(usize::from(keeps && spent.points <= median));
            keeps
        });
    }

    fn standing(&self, spent: f64) -> Standing {
        Standing {
            rate: self.rate,
            // Whole points, rounded down: what is told can be spent.
            remaining: (self.rate.points as f64 - spent).max(0.0) as u64,
            reset: self.time_for(spent),
        }
    }

    fn time_for(&self, points: f64) -> Duration {
        self.rate.per.mul_f64((points / self.rate.points as f64).max(0.0))
    }

    fn all(&self) -> MutexGuard<'_, HashMap<K, Spent>> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate {
        points: 60,
        per: Duration::from_secs(60),
    };

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let buckets = Buckets::new(RATE);
        let now = Instant::now();
        let left = buckets.take('a', 50, now).unwrap();
        assert_eq!((left.remaining, left.reset), (10, Duration::from_secs(50)));
        let refused = buckets.take('a', 15, now).unwrap_err();
        assert_eq!((refused.remaining, refused.reset), (10, Duration::from_secs(5)));
        assert!(buckets.take('b', 60, now).is_ok(), "each has its own");
        let later = now + Duration::from_secs(5);
        assert_eq!(buckets.take('a', 15, later).unwrap().remaining, 0);
        assert!(buckets.is_empty('a', later) && !buckets.is_empty('c', later));
        let full = buckets.take('a', 1, later + Duration::from_secs(600)).unwrap();
        assert_eq!(full.remaining, 59, "never more than all of it");
    }

    #[test]
    fn what_was_not_used_comes_back() {
        let buckets = Buckets::new(RATE);
        let now = Instant::now();
        buckets.take('a', 60, now).unwrap();
        assert_eq!(buckets.settle('a', 60, 15, now).remaining, 45);
        assert_eq!(buckets.settle('a', 600, 0, now).remaining, 60);
        assert_eq!(buckets.settle('a', 1, 21, now).remaining, 40, "what was used beyond it");
        assert_eq!(buckets.settle('a', 1, 600, now).remaining, 0, "as far as it is there");
    }

    #[test]
    fn what_is_too_dear_for_any_bucket_takes_all_of_a_full_one() {
        let buckets = Buckets::new(RATE);
        let now = Instant::now();
        assert_eq!(buckets.take('a', 1_000, now).unwrap().remaining, 0);
        assert!(buckets.take('a', 1_000, now).is_err());
    }

    #[test]
    fn its_memory_is_bounded() {
        let buckets = Buckets::new(RATE);
        let now = Instant::now();
        for key in 0..MAX_ENTRIES * 2 {
            let _ = buckets.take(key, if key == 7 { 60 } else { 1 }, now);
        }
        assert!(buckets.all().len() <= MAX_ENTRIES);
        assert!(buckets.is_empty(7, now), "who has spent most is remembered");
    }
}
