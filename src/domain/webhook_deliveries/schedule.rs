//! When a delivery that failed is tried again, and when nobody tries any more.

use std::time::Duration;

use aws_lc_rs::rand;
use chrono::TimeDelta;

use crate::domain::webhook_endpoints::PlainHttp;

/// Waits of a schedule at most.
pub const MOST_WAITS: usize = 16;

/// What the configuration says about webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WebhookSettings {
    pub plain_http: PlainHttp,
    pub schedule: Schedule,
    /// How long an attempt may take in all.
    pub timeout: Duration,
    /// An endpoint that has failed for so long without a success is disabled.
    pub disable_after: TimeDelta,
    /// How long deliveries and their attempts are kept.
    pub kept: TimeDelta,
}

impl Default for WebhookSettings {
    fn default() -> Self {
        Self {
            plain_http: PlainHttp::Refused,
            schedule: Schedule::default(),
            timeout: Duration::from_secs(15),
            disable_after: TimeDelta::days(5),
            kept: TimeDelta::days(30),
        }
    }
}

impl WebhookSettings {
    /// How long whoever takes a delivery has it for themselves: longer than any attempt lasts.
    pub(super) fn lease(&self) -> TimeDelta {
        TimeDelta::from_std(self.timeout).unwrap_or(TimeDelta::MAX / 2) + TimeDelta::seconds(5)
    }
}

/// The waits between attempts; there is one attempt more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    waits: [Duration; MOST_WAITS],
    count: usize,
}

/// In seconds, as Standard Webhooks publishes it: at once, then after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h.
const PUBLISHED: [u64; 9] = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];

/// No receiver puts us off for longer.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(86_400);

impl Default for Schedule {
    fn default() -> Self {
        let mut waits = [Duration::ZERO; MOST_WAITS];
        for (wait, seconds) in waits.iter_mut().zip(PUBLISHED) {
            *wait = Duration::from_secs(seconds);
        }
        Self {
            waits,
            count: PUBLISHED.len(),
        }
    }
}

impl Schedule {
    /// Nothing for more than [`MOST_WAITS`].
    pub fn try_new(given: &[Duration]) -> Option<Self> {
        let mut waits = [Duration::ZERO; MOST_WAITS];
        waits.get_mut(..given.len())?.copy_from_slice(given);
        Some(Self {
            waits,
            count: given.len(),
        })
    }

    /// How long to wait after this many failed attempts: as scheduled and up to a fifth longer, so that many that failed
    /// together do not come back together; longer where the receiver asks for that. Nothing when it is given up.
    pub(super) fn wait(&self, failed: i64, retry_after: Option<Duration>) -> Option<TimeDelta> {
        let nth = usize::try_from(failed).ok()?.checked_sub(1)?;
        let scheduled = *self.waits[..self.count].get(nth)?;
        let longer = scheduled + scheduled.mul_f64(0.2 * fraction());
        let asked = retry_after.unwrap_or_default().min(LONGEST_WAIT);
        TimeDelta::from_std(longer.max(asked)).ok()
    }
}

/// From 0 to 1. Without randomness it is 0: nothing depends on it.
fn fraction() -> f64 {
    let mut byte = [0];
    let _ = rand::fill(&mut byte);
    f64::from(byte[0]) / 255.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_schedule_with_a_little_jitter() {
        let schedule = Schedule::default();
        for (failed, seconds) in (1..).zip(PUBLISHED) {
            let wait = schedule.wait(failed, None).unwrap().as_seconds_f64();
            let least = seconds as f64;
            assert!((least..=least * 1.2).contains(&wait), "{failed}: {wait}");
        }
        assert_eq!(schedule.wait(10, None), None);
        assert_eq!(schedule.wait(0, None), None);
        let waits: std::collections::HashSet<_> = (0..50).map(|_| schedule.wait(1, None)).collect();
        assert!(waits.len() > 5, "{waits:?}");
    }

    #[test]
    fn receivers_may_ask_for_more_time_but_not_for_ever() {
        let wait = |failed, seconds| Schedule::default().wait(failed, Some(Duration::from_secs(seconds)));
        assert_eq!(wait(1, 120), Some(TimeDelta::seconds(120)));
        assert_eq!(wait(1, u64::MAX), Some(TimeDelta::days(1)));
        assert!(wait(2, 1).unwrap() >= TimeDelta::seconds(300));
        assert_eq!(wait(10, 1), None);
    }

    #[test]
    fn other_schedules() {
        let schedule = Schedule::try_new(&[Duration::from_millis(1)]).unwrap();
        assert!(schedule.wait(1, None).is_some());
        assert_eq!(schedule.wait(2, None), None);
        assert_eq!(Schedule::try_new(&[]).unwrap().wait(1, None), None);
        assert_eq!(Schedule::try_new(&[Duration::ZERO; MOST_WAITS + 1]), None);
    }
}
