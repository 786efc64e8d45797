//! The scalars that GraphQL lacks. Each says where its form is specified.

use async_graphql::{InputValueError, InputValueResult, Number, Scalar, ScalarType, Value};
use chrono::{NaiveDate, SecondsFormat, Utc};

use crate::domain::text;

/// The largest integer that every JSON reader keeps exactly: 2^53 - 1.
const MAX_SAFE: i64 = (1 << 53) - 1;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTime(pub chrono::DateTime<Utc>);

/// A point in time in the form of RFC 3339, such as `2026-03-04T05:06:07.89Z`. Any offset is taken; answers are in UTC.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        match parse_time(&value) {
            Some(time) => Ok(Self(time)),
            None => Err(InputValueError::expected_type(value)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        parse_time(value).is_some()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

fn parse_time(value: &Value) -> Option<chrono::DateTime<Utc>> {
    let Value::String(text) = value else { return None };
    // The domain's rule takes blanks around it and dates as well.
    chrono::DateTime::parse_from_rfc3339(text).ok()?;
    text::instant(text)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date(pub NaiveDate);

/// A calendar date without a time zone, such as `2026-03-04`: RFC 3339's `full-date`.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        match parse_date(&value) {
            Some(date) => Ok(Self(date)),
            None => Err(InputValueError::expected_type(value)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        parse_date(value).is_some()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.format("%Y-%m-%d").to_string())
    }
}

fn parse_date(value: &Value) -> Option<NaiveDate> {
    let Value::String(text) = value else { return None };
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let full = text.len() == 10 && digits == 8;
    full.then(|| text::calendar_date(text)).flatten()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uuid(pub uuid::Uuid);

/// A UUID in its text form, such as `0198c9a2-7c1e-7b1a-9a51-0d8f3f1c2b4e`.
#[Scalar(name = "UUID", specified_by_url = "https://www.rfc-editor.org/rfc/rfc9562")]
impl ScalarType for Uuid {
    fn parse(value: Value) -> InputValueResult<Self> {
        match parse_uuid(&value) {
            Some(uuid) => Ok(Self(uuid)),
            None => Err(InputValueError::expected_type(value)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        parse_uuid(value).is_some()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

fn parse_uuid(value: &Value) -> Option<uuid::Uuid> {
    let Value::String(text) = value else { return None };
    // The crate also takes braces, URNs and plain hex.
    (text.len() == 36).then(|| uuid::Uuid::try_parse(text).ok()).flatten()
}

#[derive(Clone, Debug, PartialEq)]
pub struct Json(pub serde_json::Value);

/// Any JSON value as it is: an object, a list, a string, a number, a boolean or null.
#[Scalar(name = "JSON", specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259")]
impl ScalarType for Json {
    fn parse(value: Value) -> InputValueResult<Self> {
        if !is_json(&value) {
            return Err(InputValueError::expected_type(value));
        }
        value.into_json().map(Self).map_err(InputValueError::custom)
    }

    fn is_valid(value: &Value) -> bool {
        is_json(value)
    }

    fn to_value(&self) -> Value {
        graphql_value(&self.0)
    }
}

/// Enum names in a literal are no JSON.
fn is_json(value: &Value) -> bool {
    match value {
        Value::Null | Value::Number(_) | Value::String(_) | Value::Boolean(_) => true,
        Value::Binary(_) | Value::Enum(_) => false,
        Value::List(items) => items.iter().all(is_json),
        Value::Object(members) => members.values().all(is_json),
    }
}

fn graphql_value(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(flag) => Value::Boolean(*flag),
        serde_json::Value::Number(number) => Value::Number(number.clone()),
        serde_json::Value::String(text) => Value::String(text.clone()),
        serde_json::Value::Array(items) => Value::List(items.iter().map(graphql_value).collect()),
        serde_json::Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(key, member)| (async_graphql::Name::new(key), graphql_value(member)))
                .collect(),
        ),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SafeInt(pub i64);

/// An integer between -(2^53 - 1) and 2^53 - 1: those that every JSON reader keeps exactly.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc7493#section-2.2")]
impl ScalarType for SafeInt {
    fn parse(value: Value) -> InputValueResult<Self> {
        match parse_safe(&value) {
            Some(number) => Ok(Self(number)),
            None => Err(InputValueError::expected_type(value)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        parse_safe(value).is_some()
    }

    fn to_value(&self) -> Value {
        Value::Number(Number::from(self.0))
    }
}

fn parse_safe(value: &Value) -> Option<i64> {
    let Value::Number(number) = value else { return None };
    number.as_i64().filter(|number| (-MAX_SAFE..=MAX_SAFE).contains(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_dates_and_uuids_have_one_form() {
        for good in ["2026-03-04T05:06:07Z", "2026-03-04T05:06:07.123456789+02:00"] {
            assert!(DateTime::is_valid(&good.into()), "{good}");
        }
        for bad in [
            "2026-03-04",
            "2026-03-04 05:06:07",
            "",
            "2026-13-04T05:06:07Z",
            " 2026-03-04T05:06:07Z",
            "0000-06-01T00:00:00Z",
            "0001-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-01:00",
        ] {
            assert!(!DateTime::is_valid(&bad.into()), "{bad}");
        }
        let parsed = DateTime::parse("2026-03-04T05:06:07.123456789+02:00".into()).unwrap();
        assert_eq!(parsed.to_value(), Value::from("2026-03-04T03:06:07.123456Z"));
        let leap = DateTime::parse("2016-12-31T23:59:60.5Z".into()).unwrap();
        assert_eq!(leap.to_value(), Value::from("2017-01-01T00:00:00.500Z"));
        assert!(Date::is_valid(&"2026-03-04".into()));
        for bad in [
            "2026-3-4",
            "2026-02-30",
            "+2026-3-04",
            "20260304",
            "2026-03-04T00:00:00Z",
            "0000-03-04",
        ] {
            assert!(!Date::is_valid(&bad.into()), "{bad}");
        }
        assert!(Uuid::is_valid(&"0198c9a2-7c1e-7b1a-9a51-0d8f3f1c2b4e".into()));
        for bad in [
            "0198c9a27c1e7b1a9a510d8f3f1c2b4e",
            "{0198c9a2-7c1e-7b1a-9a51-0d8f3f1c2b4e}",
        ] {
            assert!(!Uuid::is_valid(&bad.into()), "{bad}");
        }
    }

    #[test]
    fn safe_integers_end_where_doubles_do() {
        assert!(SafeInt::is_valid(&Value::from(MAX_SAFE)));
        assert!(SafeInt::is_valid(&Value::from(-MAX_SAFE)));
        assert!(!SafeInt::is_valid(&Value::from(MAX_SAFE + 1)));
        assert!(!SafeInt::is_valid(&Value::from(1.5)));
        assert!(!SafeInt::is_valid(&Value::from("1")));
    }

    #[test]
    fn json_is_json_and_nothing_else() {
        let given = serde_json::json!({"a": [1, 2.5, null, true, "x"], "b": {}});
        let value = Json(given.clone()).to_value();
        assert_eq!(Json::parse(value).unwrap().0, given);
        assert!(!Json::is_valid(&Value::List(vec![Value::Enum(
            async_graphql::Name::new("RED")
        )])));
    }
}
