//! Days, weeks and months of a time zone as ranges of time. Pure.
//!
//! A day begins with its first instant there, which is not midnight where the clocks are put forward at midnight, and a
//! day that a zone left out has no range. Weeks begin on Monday.

use chrono::{DateTime, Datelike, Days, LocalResult, Months, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BucketUnit {
    Day,
    Week,
    Month,
}

/// One day, week or month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its first day, in the time zone.
    pub date: NaiveDate,
    pub starts_at: DateTime<Utc>,
    /// The start of the next one.
    pub ends_at: DateTime<Utc>,
}

/// The buckets from the one that has `first` to the one that has `last`, without gaps. Nothing when there are more than
/// `most`.
pub fn between(
    unit: BucketUnit,
    zone: Tz,
    first: DateTime<Utc>,
    last: DateTime<Utc>,
    most: usize,
) -> Option<Vec<Bucket>> {
    let mut buckets = Vec::new();
    let mut date = first_day(unit, first.with_timezone(&zone).date_naive());
    let mut starts_at = start_of(date, zone);
    // Clocks that are put back at midnight bring the evening before once more.
    while starts_at > first {
        date = first_day(unit, date.pred_opt()?);
        starts_at = start_of(date, zone);
    }
    while starts_at <= last {
        let next = next(unit, date)?;
        let ends_at = start_of(next, zone);
        if ends_at > starts_at && ends_at > first {
            buckets.push(Bucket {
                date,
                starts_at,
                ends_at,
            });
        }
        if buckets.len() > most {
            return None;
        }
        (date, starts_at) = (next, ends_at);
    }
    Some(buckets)
}

fn first_day(unit: BucketUnit, date: NaiveDate) -> NaiveDate {
    let past = match unit {
        BucketUnit::Day => 0,
        BucketUnit::Week => date.weekday().num_days_from_monday(),
        BucketUnit::Month => date.day0(),
    };
    // The first days there are belong to no whole week.
    date.checked_sub_days(Days::new(past.into())).unwrap_or(date)
}

fn next(unit: BucketUnit, date: NaiveDate) -> Option<NaiveDate> {
    match unit {
        BucketUnit::Day => date.succ_opt(),
        BucketUnit::Week => date.checked_add_days(Days::new(7)),
        BucketUnit::Month => date.checked_add_months(Months::new(1)),
    }
}

/// The first instant of a day.
fn start_of(date: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let midnight = date.and_time(NaiveTime::MIN);
    // Clocks are put forward by whole minutes, and once in a while over a whole day.
    let minutes = (0..=2 * 24 * 60).map(|minutes| midnight + TimeDelta::minutes(minutes));
    let there = minutes.map(|at| zone.from_local_datetime(&at)).find_map(|at| match at {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at.to_utc()),
        LocalResult::None => None,
    });
    there.unwrap_or_else(|| midnight.and_utc())
}

#[cfg(test)]
mod tests {
    use super::BucketUnit::{Day, Month, Week};
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn starts(unit: BucketUnit, zone: &str, first: &str, last: &str) -> Vec<String> {
        let buckets = between(unit, zone.parse().unwrap(), at(first), at(last), 100).unwrap();
        for pair in buckets.windows(2) {
            assert_eq!(pair[0].ends_at, pair[1].starts_at);
        }
        assert!(buckets[0].starts_at <= at(first) && at(last) < buckets[buckets.len() - 1].ends_at);
        let text = |bucket: &Bucket| format!("{} {}", bucket.date, bucket.starts_at.format("%d %H:%M"));
        buckets.iter().map(text).collect()
    }

    #[test]
    fn days_follow_the_clocks_of_their_zone() {
        for (zone, first, last, expected) in [
            (
                "UTC",
                "2026-03-01T00:00:00Z",
                "2026-03-01T23:59:59Z",
                &["2026-03-01 01 00:00"][..],
            ),
            // Summer time begins on the 29th and ends on the 25th.
            (
                "Europe/Amsterdam",
                "2026-03-28T23:00:00Z",
                "2026-03-29T22:00:00Z",
                &["2026-03-29 28 23:00", "2026-03-30 29 22:00"],
            ),
            (
                "Europe/Amsterdam",
                "2026-10-24T22:00:00Z",
                "2026-10-25T23:00:00Z",
                &["2026-10-25 24 22:00", "2026-10-26 25 23:00"],
            ),
            // Midnight is left out.
            (
                "America/Sao_Paulo",
                "2018-11-04T02:59:00Z",
                "2018-11-04T03:00:00Z",
                &["2018-11-03 03 03:00", "2018-11-04 04 03:00"],
            ),
            // The 30th is left out.
            (
                "Pacific/Apia",
                "2011-12-30T09:59:00Z",
                "2011-12-30T10:00:00Z",
                &["2011-12-29 29 10:00", "2011-12-31 30 10:00"],
            ),
            // Midnight comes twice, and so does the hour after it.
            (
                "America/Havana",
                "2025-11-02T03:59:00Z",
                "2025-11-02T05:30:00Z",
                &["2025-11-01 01 04:00", "2025-11-02 02 04:00"],
            ),
            (
                "Asia/Kathmandu",
                "2026-01-01T18:14:00Z",
                "2026-01-01T18:15:00Z",
                &["2026-01-01 31 18:15", "2026-01-02 01 18:15"],
            ),
        ] {
            assert_eq!(starts(Day, zone, first, last), expected, "{zone} {first}");
        }
    }

    #[test]
    fn weeks_begin_on_monday_and_months_on_the_first() {
        let weeks = starts(Week, "Europe/Amsterdam", "2026-03-29T12:00:00Z", "2026-03-29T22:00:00Z");
        assert_eq!(weeks, ["2026-03-23 22 23:00", "2026-03-30 29 22:00"]);
        let months = starts(
            Month,
            "Europe/Amsterdam",
            "2026-02-28T22:59:00Z",
            "2026-04-01T00:00:00Z",
        );
        assert_eq!(
            months,
            ["2026-02-01 31 23:00", "2026-03-01 28 23:00", "2026-04-01 31 22:00"]
        );
    }

    #[test]
    fn there_are_no_more_than_asked() {
        let days = |most| {
            between(
                Day,
                Tz::UTC,
                at("2026-01-01T00:00:00Z"),
                at("2026-01-10T00:00:00Z"),
                most,
            )
        };
        assert_eq!(days(10).map(|days| days.len()), Some(10));
        assert_eq!(days(9), None);
        let years = between(
            Day,
            Tz::UTC,
            at("0001-01-01T00:00:00Z"),
            at("9999-12-31T23:59:59Z"),
            1000,
        );
        assert_eq!(years, None);
    }
}
