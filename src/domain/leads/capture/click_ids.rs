//! Which members of the attribution data are click ids and consent signals.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::domain::leads::ConsentState;
use crate::domain::text;

/// The advertising ids that LeadTrackr's clients send. Everything else stays in the attribution data only.
const KINDS: &[&str] = &[
    "gclid",
    "wbraid",
    "gbraid",
    "dclid",
    "cid",
    "sid",
    "fbp",
    "fbc",
    "msclkid",
    "uetvid",
    "ttclid",
    "ttp",
    "li_fat_id",
    "scclid",
    "scid",
    "rdt_cid",
    "rdt_uuid",
    "epik",
    "twclid",
    "oppref",
    "obref",
];

/// In characters. LeadTrackr's plugin discards longer ones; they stay in the attribution data.
const MAX_LENGTH: usize = 512;

const SIGNALS: &[&str] = &["ad_storage", "analytics_storage", "ad_user_data", "ad_personalization"];

pub(super) fn click_ids(attribution: &Map<String, Value>) -> BTreeMap<String, String> {
    let known = KINDS
        .iter()
        .filter_map(|kind| Some((*kind, text::scalar(attribution.get(*kind)?)?)));
    known
        .filter(|(_, value)| value.chars().count() <= MAX_LENGTH)
        .map(|(kind, value)| (kind.to_owned(), value))
        .collect()
}

/// A signal that is neither granted nor denied is unknown, and unknown is no row.
pub(super) fn consents(attribution: &Map<String, Value>) -> BTreeMap<String, ConsentState> {
    let Some(Value::Object(consent)) = attribution.get("consent") else {
        return BTreeMap::new();
    };
    let state = |signal: &str| match consent.get(signal)?.as_str()?.trim().to_ascii_lowercase().as_str() {
        "granted" => Some(ConsentState::Granted),
        "denied" => Some(ConsentState::Denied),
        _ => None,
    };
    SIGNALS
        .iter()
        .filter_map(|signal| Some(((*signal).to_owned(), state(signal)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn only_known_kinds_with_a_value_of_sane_length_count() {
        let attribution = object(json!({
            "gclid": " x ", "cid": 12.5, "fbc": "", "wbraid": null, "fbp": {"a": 1}, "sid": "s".repeat(513),
            "conversionPage": "a/b", "own": "v",
        }));
        let ids = click_ids(&attribution);
        assert_eq!(
            ids,
            BTreeMap::from([("cid".into(), "12.5".into()), ("gclid".into(), "x".into())])
        );
    }

    #[test]
    fn a_consent_that_cannot_be_determined_is_left_out() {
        let attribution = object(json!({"consent": {
            "ad_storage": "Granted", "analytics_storage": "denied", "ad_user_data": "maybe", "other": "granted",
        }}));
        let expected = [
            ("ad_storage", ConsentState::Granted),
            ("analytics_storage", ConsentState::Denied),
        ];
        assert_eq!(consents(&attribution), expected.map(|(k, v)| (k.to_owned(), v)).into());
    }
}
