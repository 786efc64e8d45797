//! How the credit for a lead is shared out among the sources it is attributed to, under five models. Pure.
//!
//! Credit is counted in millionths, and the shares of a lead sum to exactly one [`WHOLE`] under every model. They depend
//! on what the lead is attributed to and when, never on the order in which that became known. Every write of a lead's
//! attributions sets the shares of all of them, see [`Credits::set`].

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use uuid::Uuid;

use crate::entity::lead_attribution;

/// The credit that a lead has to give.
pub const WHOLE: i64 = 1_000_000;

/// After so long an attribution counts half as much, in seconds.
const HALF_LIFE: f64 = 7.0 * 24.0 * 60.0 * 60.0;

/// The weight of the last attribution when older ones count less: precise far below a millionth.
const FULL_WEIGHT: f64 = (1_u64 << 40) as f64;

/// Who is credited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributionModel {
    First,
    Last,
    /// All alike.
    Linear,
    /// The later, the more: half as much for each seven days before the last one.
    TimeDecay,
    /// Two fifths each for the first and the last, the rest for those between.
    Position,
}

impl AttributionModel {
    pub const ALL: [Self; 5] = [Self::First, Self::Last, Self::Linear, Self::TimeDecay, Self::Position];

    pub(super) fn column(self) -> lead_attribution::Column {
        use lead_attribution::Column as C;
        match self {
            Self::First => C::CreditFirst,
            Self::Last => C::CreditLast,
            Self::Linear => C::CreditLinear,
            Self::TimeDecay => C::CreditTimeDecay,
            Self::Position => C::CreditPosition,
        }
    }
}

/// The share of one attribution under each model, in millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Credits {
    pub first: i64,
    pub last: i64,
    pub linear: i64,
    pub time_decay: i64,
    pub position: i64,
}

impl Credits {
    pub fn under(self, model: AttributionModel) -> i64 {
        match model {
            AttributionModel::First => self.first,
            AttributionModel::Last => self.last,
            AttributionModel::Linear => self.linear,
            AttributionModel::TimeDecay => self.time_decay,
            AttributionModel::Position => self.position,
        }
    }

    /// The row with these shares.
    #[must_use]
    pub fn set(self, row: lead_attribution::ActiveModel) -> lead_attribution::ActiveModel {
        let Self {
            first,
            last,
            linear,
            time_decay,
            position,
        } = self;
        lead_attribution::ActiveModel {
            credit_first: Set(first),
            credit_last: Set(last),
            credit_linear: Set(linear),
            credit_time_decay: Set(time_decay),
            credit_position: Set(position),
            ..row
        }
    }
}

/// The shares of all attributions of one lead, in the order given. Each is a source's uuid and when the lead is
/// attributed to it; those of one moment count by the uuid.
pub fn of(attributions: &[(Uuid, DateTime<Utc>)]) -> Vec<Credits> {
    let mut order: Vec<usize> = (0..attributions.len()).collect();
    order.sort_by_key(|&index| (attributions[index].1, attributions[index].0));
    let times: Vec<i64> = order.iter().map(|&index| attributions[index].1.timestamp()).collect();
    let mut credits = vec![Credits::default(); attributions.len()];
    let shares = AttributionModel::ALL.map(|model| share(&weights(model, &times)));
    for (place, index) in order.into_iter().enumerate() {
        let [first, last, linear, time_decay, position] = shares.each_ref().map(|shares| shares[place]);
        credits[index] = Credits {
            first,
            last,
            linear,
            time_decay,
            position,
        };
    }
    credits
}

/// What each attribution counts, by date. `times` are in seconds.
fn weights(model: AttributionModel, times: &[i64]) -> Vec<u64> {
    let count = times.len();
    let place = |place: usize| move |index: usize| u64::from(index == place);
    match model {
        AttributionModel::First => (0..count).map(place(0)).collect(),
        AttributionModel::Last => (0..count).map(place(count.wrapping_sub(1))).collect(),
        AttributionModel::Linear => vec![1; count],
        AttributionModel::TimeDecay => times.iter().map(|at| decayed(times[count - 1] - at)).collect(),
        AttributionModel::Position => (0..count).map(|index| by_position(index, count)).collect(),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "ages are years at most, and weights lie between 0 and 2^40"
)]
fn decayed(seconds: i64) -> u64 {
    (FULL_WEIGHT * (-(seconds as f64) / HALF_LIFE).exp2()).round() as u64
}

/// One fifth in all for those between, two fifths for each end; without a middle the ends share it all.
fn by_position(index: usize, count: usize) -> u64 {
    let between = count.saturating_sub(2) as u64;
    let is_end = index == 0 || index + 1 == count;
    if is_end && between > 0 { 2 * between } else { 1 }
}

/// Splits the whole by weight. What rounding down leaves over goes to the largest remainders, of equal ones to the
/// first.
fn share(weights: &[u64]) -> Vec<i64> {
    let total: u128 = weights.iter().map(|&weight| u128::from(weight)).sum();
    if total == 0 {
        return vec![0; weights.len()];
    }
    let exact = |weight: u64| u128::from(weight) * WHOLE.unsigned_abs() as u128;
    let mut shares: Vec<i64> = Vec::with_capacity(weights.len());
    shares.extend(
        weights
            .iter()
            .map(|&weight| i64::try_from(exact(weight) / total).unwrap_or(WHOLE)),
    );
    let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
    by_remainder.sort_by_key(|&index| std::cmp::Reverse(exact(weights[index]) % total));
    let left = WHOLE - shares.iter().sum::<i64>();
    for index in by_remainder.into_iter().take(usize::try_from(left).unwrap_or(0)) {
        shares[index] += 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use chrono::{Duration, TimeZone};
    use proptest::prelude::*;

    use super::*;

    fn day(day: i64) -> DateTime<Utc> {
        Utc.timestamp_opt(1_700_000_000, 0).unwrap() + Duration::days(day)
    }

    fn source(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn under(model: AttributionModel, days: &[i64]) -> Vec<i64> {
        let attributions: Vec<_> = (1..).zip(days).map(|(n, &at)| (source(n), day(at))).collect();
        of(&attributions)
            .into_iter()
            .map(|credits| credits.under(model))
            .collect()
    }

    #[test]
    fn each_model_credits_as_its_name_says() {
        use AttributionModel::*;
        for (model, days, expected) in [
            (First, &[3, 1, 2][..], &[0, WHOLE, 0][..]),
            (Last, &[3, 1, 2], &[WHOLE, 0, 0]),
            (Linear, &[3, 1, 2], &[333_333, 333_334, 333_333]),
            (TimeDecay, &[0, 7], &[333_333, 666_667]),
            (TimeDecay, &[14, 0, 7], &[571_429, 142_857, 285_714]),
            (TimeDecay, &[0, 100_000], &[0, WHOLE]),
            (Position, &[5], &[WHOLE]),
            (Position, &[2, 1], &[500_000, 500_000]),
            (Position, &[3, 1, 2], &[400_000, 400_000, 200_000]),
            (Position, &[1, 2, 3, 4, 5], &[400_000, 66_667, 66_667, 66_666, 400_000]),
        ] {
            assert_eq!(under(model, days), expected, "{model:?} {days:?}");
        }
        assert_eq!(of(&[]), []);
    }

    #[test]
    fn what_happened_at_one_moment_counts_by_its_source() {
        let credits = of(&[(source(2), day(1)), (source(1), day(1))]);
        assert_eq!([credits[0].first, credits[1].first], [0, WHOLE]);
        assert_eq!([credits[0].last, credits[1].last], [WHOLE, 0]);
    }

    proptest! {
        /// Sources from a few and moments from a few, so that both are often equal.
        #[test]
        fn shares_sum_to_the_whole_and_do_not_depend_on_the_order_of_arrival(
            pairs in proptest::collection::btree_set((0..6_u128, 0..40_000_000_i64, 0..3_i64), 1..=100),
            turns in any::<u64>(),
        ) {
            let attributions: Vec<_> = pairs
                .into_iter()
                .map(|(number, seconds, micros)| {
                    (source(number), day(0) + Duration::seconds(seconds % 1_000 * 3_600) + Duration::microseconds(micros))
                })
                .collect::<std::collections::BTreeSet<_>>()
                .into_iter()
                .collect();
            let credits = of(&attributions);
            for model in AttributionModel::ALL {
                let sum: i64 = credits.iter().map(|credits| credits.under(model)).sum();
                prop_assert_eq!(sum, WHOLE);
                prop_assert!(credits.iter().all(|credits| credits.under(model) >= 0));
            }
            let mut arrived: Vec<_> = attributions.iter().copied().zip(credits).collect();
            arrived.sort_by_key(|((source, at), _)| (source.as_u128() ^ at.timestamp_micros() as u128).wrapping_mul(u128::from(turns | 1)));
            let (shuffled, expected): (Vec<_>, Vec<_>) = arrived.into_iter().unzip();
            prop_assert_eq!(of(&shuffled), expected);
        }
    }
}
