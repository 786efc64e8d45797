//! Text that must compare alike on both databases and for every spelling of the same thing.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Utc};
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

/// Compatibility form, lower case: what labels and e-mail addresses are compared and ordered by.
pub fn fold(text: &str) -> String {
    text.nfkc().collect::<String>().to_lowercase().nfkc().collect()
}

/// In characters: how much of a text counts when it is compared or ordered. Index entries are bounded.
pub const MAX_KEY: usize = 255;

/// What a text is compared and ordered by: trimmed, folded, its first [`MAX_KEY`] characters. Nothing for a blank one.
pub fn key(text: &str) -> Option<String> {
    // No more of it is read than can come to so many: composing makes one character of four at most.
    let start: String = text.trim().nfkc().take(4 * MAX_KEY).collect();
    let cut: String = start.to_lowercase().nfkc().take(MAX_KEY).collect();
    (!cut.is_empty()).then_some(cut)
}

/// Trimmed, or nothing when blank.
pub fn present(text: &str) -> Option<&str> {
    let trimmed = text.trim();
    (!trimmed.is_empty()).then_some(trimmed)
}

/// [`present`] for an owned optional.
pub fn present_owned(text: Option<String>) -> Option<String> {
    text.as_deref().and_then(present).map(str::to_owned)
}

/// The address by which two leads count as the same person: trimmed, lower case, the domain in ASCII. No dots or plus
/// parts are dropped. A text that is no address is folded as it is.
pub fn normalize_email(email: &str) -> String {
    let folded = fold(email.trim());
    match folded.rsplit_once('@') {
        Some((local, domain)) => match idna::domain_to_ascii(domain) {
            Ok(ascii) if !ascii.is_empty() => format!("{local}@{ascii}"),
            _ => folded,
        },
        None => folded,
    }
}

/// Whether a text has the form of an e-mail address: `local@domain`, no blanks, a domain that DNS could know.
pub fn is_email(email: &str) -> bool {
    let Some((local, domain)) = email.rsplit_once('@') else {
        return false;
    };
    let Ok(ascii) = idna::domain_to_ascii_strict(domain) else {
        return false;
    };
    let labels: Vec<&str> = ascii.split('.').collect();
    !local.is_empty()
        && local.chars().count() <= 64
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && !local
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || "@,;:<>()[]\\\"".contains(c))
        && ascii.len() <= 253
        && labels.len() >= 2
        && labels.iter().all(|label| !label.is_empty() && label.len() <= 63)
}

/// Digits with a leading plus kept (`00` counts as plus), or nothing without a digit.
pub fn normalize_phone(phone: &str) -> Option<String> {
    let digits: String = phone
        .chars()
        .filter_map(|c| c.to_digit(10))
        .filter_map(|d| char::from_digit(d, 10))
        .collect();
    if digits.is_empty() {
        return None;
    }
    if phone.trim_start().starts_with('+') {
        return Some(format!("+{digits}"));
    }
    Some(match digits.strip_prefix("00") {
        Some(rest) => format!("+{rest}"),
        None => digits,
    })
}

/// Whether any string or key in `value` holds U+0000, which PostgreSQL cannot store.
pub fn has_nul(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(members) => members
            .iter()
            .any(|(key, member)| key.contains('\0') || has_nul(member)),
    }
}

/// Whether `value` carries data: some leaf that is neither null nor a blank string.
pub fn has_data(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(items) => items.iter().any(has_data),
        Value::Object(members) => members.values().any(has_data),
    }
}

/// How deep a client's JSON may nest: events wrap it some levels deeper, and their readers stop at 127.
pub const MAX_NESTING: usize = 100;

/// Whether lists and objects in `value` stand inside each other at most `levels` deep.
pub fn nests_at_most(value: &Value, levels: usize) -> bool {
    match (value, levels.checked_sub(1)) {
        (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_), _) => true,
        (Value::Array(_) | Value::Object(_), None) => false,
        (Value::Array(items), Some(below)) => items.iter().all(|item| nests_at_most(item, below)),
        (Value::Object(members), Some(below)) => members.values().all(|member| nests_at_most(member, below)),
    }
}

/// Writes whole numbers as integers, so that a value reads back as it was compared: PostgreSQL keeps the number, not
/// how it was written, and would turn `1e19` into an integer and `-0.0` into `0`.
pub fn settle_numbers(value: &mut Value) {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => {}
        Value::Number(number) => {
            if let Some(whole) = number.as_f64().filter(|_| number.is_f64()).and_then(whole) {
                *number = whole;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(settle_numbers),
        Value::Object(members) => members.values_mut().for_each(settle_numbers),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "only whole numbers in range get there"
)]
fn whole(float: f64) -> Option<serde_json::Number> {
    const RANGE: f64 = 18_446_744_073_709_551_616.0;
    match float {
        float if float.fract() != 0.0 => None,
        float if (0.0..RANGE).contains(&float) => Some((float as u64).into()),
        float if (-RANGE / 2.0..0.0).contains(&float) => Some((float as i64).into()),
        _ => None,
    }
}

/// A scalar as text: strings trimmed, numbers and booleans printed; nothing for blanks and everything else.
pub fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => present(text).map(str::to_owned),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A calendar date as written: `YYYY-MM-DD`, or the date part of an RFC 3339 instant in its own offset.
pub fn calendar_date(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    let date = match DateTime::parse_from_rfc3339(text) {
        Ok(instant) => instant.date_naive(),
        // The parser alone would take signs and blanks.
        Err(_) if text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-') => text.parse().ok()?,
        Err(_) => return None,
    };
    (1..=9999).contains(&date.year()).then_some(date)
}

/// An instant: RFC 3339, or a date, which means its midnight in UTC. Cut to microseconds.
pub fn instant(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let instant = match DateTime::parse_from_rfc3339(text) {
        Ok(instant) => instant.to_utc(),
        Err(_) => calendar_date(text)?.and_time(NaiveTime::MIN).and_utc(),
    };
    // By way of the number, which has no leap seconds: databases know none.
    let instant = DateTime::from_timestamp_micros(instant.timestamp_micros())?;
    (1..=9999).contains(&instant.year()).then_some(instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emails_compare_by_what_identifies_the_mailbox() {
        for (given, normal) in [
            (" A@B.co ", "a@b.co"),
            ("jané@BÜCHER.example", "jané@xn--bcher-kva.example"),
            ("a.b+c@d.co", "a.b+c@d.co"),
            ("no address", "no address"),
        ] {
            assert_eq!(normalize_email(given), normal);
        }
    }

    #[test]
    fn email_forms() {
        for good in ["a@b.co", "a.b+c@sub.d.example", "jané@bücher.example", "o'neil@x.io"] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "a@",
            "@b.co",
            "a@b",
            "a b@c.co",
            "a@b..co",
            ".a@b.co",
            "a..b@c.co",
            "a@-",
            "a@b.co,c@d.co",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }

    #[test]
    fn phones_keep_digits_and_the_plus() {
        assert_eq!(normalize_phone("+1-555-123-4567").as_deref(), Some("+15551234567"));
        assert_eq!(normalize_phone("0031 6 1234").as_deref(), Some("+3161234"));
        assert_eq!(normalize_phone("06 12"), Some("0612".into()));
        assert_eq!(normalize_phone("call me"), None);
    }

    #[test]
    fn numbers_settle_into_what_both_databases_give_back() {
        let settled = |text: &str| {
            let mut value: Value = serde_json::from_str(text).unwrap();
            settle_numbers(&mut value);
            value.to_string()
        };
        for (given, kept) in [
            ("1.0", "1"),
            ("-0.0", "0"),
            ("1e19", "10000000000000000000"),
            ("-1e3", "-1000"),
            ("1.5", "1.5"),
            ("18446744073709551616", "1.8446744073709552e+19"),
            ("[{\"a\":2.0}]", "[{\"a\":2}]"),
        ] {
            assert_eq!(settled(given), kept);
        }
        assert_eq!(settled("0.1e-300"), "1e-301");
    }

    #[test]
    fn nesting_is_counted_in_lists_and_objects() {
        let value = serde_json::json!({"a": [[1]]});
        assert!(nests_at_most(&value, 3));
        assert!(!nests_at_most(&value, 2));
        assert!(nests_at_most(&Value::Null, 0));
    }

    #[test]
    fn dates_are_taken_as_written_and_instants_in_utc() {
        let date = |text| calendar_date(text).map(|date| date.to_string());
        assert_eq!(date("2024-01-15").as_deref(), Some("2024-01-15"));
        assert_eq!(date("2024-01-15T23:30:00-05:00").as_deref(), Some("2024-01-15"));
        let at = |text| instant(text).map(|at| at.to_rfc3339());
        assert_eq!(
            at("2024-01-15T23:30:00-05:00").as_deref(),
            Some("2024-01-16T04:30:00+00:00")
        );
        assert_eq!(at("2024-01-15").as_deref(), Some("2024-01-15T00:00:00+00:00"));
        assert_eq!(at("2016-12-31T23:59:60Z").as_deref(), Some("2017-01-01T00:00:00+00:00"));
        for bad in [
            "",
            "2024",
            "15.01.2024",
            "2024-13-01",
            "2024-02-30",
            "2024-01-15T25:00:00Z",
            "0000-01-01",
            "now",
            "+2024-1-15",
            "2024- 1-15",
            "2024-1-150",
        ] {
            assert_eq!((calendar_date(bad), instant(bad)), (None, None), "{bad}");
        }
    }

    #[test]
    fn folding_goes_beyond_ascii() {
        assert_eq!(fold("ÄRGER"), fold("ärger"));
        assert_eq!(fold("ﬁ"), "fi");
    }
}
