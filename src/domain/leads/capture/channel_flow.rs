//! Reads LeadTrackr's channel flow, one entry a session, into touchpoints. What it cannot read it leaves to the raw
//! value: bad attribution must not lose a lead.

use chrono::{DateTime, Datelike, Utc};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::domain::leads::MAX_PARTS;
use crate::domain::text;

/// Of a flow that is printed as JSON. Its clients cut at 3,500 characters.
pub(super) const MAX_BYTES: usize = 64 * 1024;

/// One visit: where it came from and where it landed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touchpoint {
    pub occurred_at: Option<DateTime<Utc>>,
    pub source: Option<String>,
    pub medium: Option<String>,
    pub campaign: Option<String>,
    pub content: Option<String>,
    pub term: Option<String>,
    pub landing_page: Option<String>,
}

/// An array of entries, or a string that is one as JSON or as percent-encoded JSON (a raw cookie). Of more entries than
/// a lead may have the first is kept, for the first touch, and the newest.
pub(super) fn touchpoints(flow: &Value) -> Vec<Touchpoint> {
    let entries = match flow {
        Value::Array(entries) => entries.clone(),
        Value::String(text) if text.len() <= MAX_BYTES => parse(text).unwrap_or_default(),
        // A text that is longer is refused, and not read before: little text can hold much.
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    };
    let mut found: Vec<Touchpoint> = entries.iter().filter_map(touchpoint).collect();
    if found.len() > MAX_PARTS {
        found.drain(1..=found.len() - MAX_PARTS);
    }
    found
}

fn parse(text: &str) -> Option<Vec<Value>> {
    if let Ok(entries) = serde_json::from_str(text) {
        return Some(entries);
    }
    let decoded = percent_decode_str(text).decode_utf8().ok()?;
    serde_json::from_str(&decoded).ok()
}

/// The compact form has `t`, `ch` and `lp`, the older one `timestamp` and `channel`; both may come expanded.
fn touchpoint(entry: &Value) -> Option<Touchpoint> {
    let entry = entry.as_object()?;
    let channel = first(entry, &["ch", "channel"]).and_then(Value::as_object);
    let of_channel = |names: &[&str]| words(first(channel?, names)?);
    let touchpoint = Touchpoint {
        occurred_at: first(entry, &["t", "timestamp"]).and_then(instant),
        source: of_channel(&["s", "source"]),
        medium: of_channel(&["m", "medium"]),
        campaign: of_channel(&["cm", "campaign"]),
        content: of_channel(&["ct", "content"]),
        term: of_channel(&["tm", "term"]),
        landing_page: first(entry, &["lp", "landingPage"]).and_then(words),
    };
    (touchpoint != Touchpoint::default()).then_some(touchpoint)
}

/// A flow that comes as text may hide U+0000 in it, which PostgreSQL cannot keep.
fn words(value: &Value) -> Option<String> {
    let text = text::scalar(value)?.replace('\0', "");
    text::present_owned(Some(text))
}

fn first<'a>(object: &'a Map<String, Value>, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| object.get(*name))
}

/// Milliseconds since 1970, as a number or its text. Years that no database column holds are no instants.
fn instant(value: &Value) -> Option<DateTime<Utc>> {
    let milliseconds = match value {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "saturates, and the range is checked below"
        )]
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|float| float as i64))?,
        Value::String(text) => text.trim().parse().ok()?,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    DateTime::from_timestamp_millis(milliseconds).filter(|at| (1970..=9999).contains(&at.year()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use serde_json::json;

    fn compact() -> Value {
        json!([
            {"t": 1_700_000_000_000_i64, "ch": {"s": "google", "m": "cpc", "cm": "spring", "ct": "a", "tm": "crm"}, "lp": "/start"},
            {"t": 1_700_000_360_000_i64, "ch": {"s": "direct", "m": "none"}},
        ])
    }

    #[test]
    fn every_shape_that_clients_send_reads_the_same() {
        let json = compact().to_string();
        let cookie = utf8_percent_encode(&json, NON_ALPHANUMERIC).to_string();
        let expected = touchpoints(&compact());
        assert_eq!(expected.len(), 2);
        assert_eq!(expected[0].campaign.as_deref(), Some("spring"));
        assert_eq!(expected[0].landing_page.as_deref(), Some("/start"));
        assert_eq!(touchpoints(&Value::String(json)), expected);
        assert_eq!(touchpoints(&Value::String(cookie)), expected);
    }

    #[test]
    fn the_older_entry_has_long_names_and_no_landing_page() {
        let flow = json!([{"timestamp": 1_700_000_000_000_i64, "channel": {"source": "bing", "medium": "cpc"}}]);
        let read = touchpoints(&flow);
        assert_eq!(read[0].source.as_deref(), Some("bing"));
        assert_eq!(read[0].occurred_at.unwrap().timestamp_millis(), 1_700_000_000_000);
    }

    #[test]
    fn what_is_no_flow_gives_no_touchpoints() {
        for flow in [
            json!("garbage"),
            json!({}),
            json!(5),
            json!([1, "a", {}, {"t": "x"}]),
            json!("%zz"),
            json!("{}"),
        ] {
            assert_eq!(touchpoints(&flow), [], "{flow}");
        }
        let far = touchpoints(&json!([{"t": i64::MAX, "lp": "/a"}, {"t": -1, "lp": "/b"}]));
        assert!(far.iter().all(|touchpoint| touchpoint.occurred_at.is_none()));
    }

    #[test]
    fn what_databases_cannot_keep_is_dropped() {
        for flow in [
            r#"[{"ch":{"s":"a\u0000b","m":"\u0000"},"lp":"/"}]"#,
            "[{%22ch%22:{%22s%22:%22a\\u0000b%22},%22lp%22:%22/%22}]",
        ] {
            let read = touchpoints(&json!(flow));
            assert_eq!(
                (read[0].source.as_deref(), &read[0].medium),
                (Some("ab"), &None),
                "{flow}"
            );
        }
    }

    #[test]
    fn a_long_flow_keeps_the_first_touch_and_the_newest() {
        let flow: Vec<Value> = (0..300).map(|n| json!({"lp": format!("/{n}")})).collect();
        let read = touchpoints(&Value::Array(flow));
        assert_eq!(read.len(), MAX_PARTS);
        assert_eq!(read[0].landing_page.as_deref(), Some("/0"));
        assert_eq!(read[1].landing_page.as_deref(), Some("/201"));
        assert_eq!(read[99].landing_page.as_deref(), Some("/299"));
    }
}
