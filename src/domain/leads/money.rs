//! What a lead is worth. Pure.

use serde::Serialize;

use crate::domain::error::{Problem, Problems};
use crate::domain::text;

/// An amount in the smallest unit of its currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Money {
    pub minor: i64,
    /// Three letters of ISO 4217, such as `EUR`.
    pub currency: String,
}

/// What every client's numbers can hold.
const MAX_MINOR: i64 = (1 << 53) - 1;

/// The amount with its currency in capital letters.
pub(super) fn check(money: &Money, problems: &mut Problems) -> Money {
    let Money { minor, currency } = money;
    if !(0..=MAX_MINOR).contains(minor) {
        let sentence = format!("This must be a whole number from 0 to {MAX_MINOR}");
        problems.add(Problem::invalid(["value".into(), "minor".into()], sentence));
    }
    let currency = text::present(currency).unwrap_or_default().to_ascii_uppercase();
    if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
        let sentence = "This must be the three letters of a currency, such as EUR";
        problems.add(Problem::invalid(["value".into(), "currency".into()], sentence));
    }
    Money {
        minor: *minor,
        currency,
    }
}
