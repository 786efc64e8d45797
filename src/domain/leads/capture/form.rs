//! What a web form says about a lead, and how a second form adds to it. Pure.
//!
//! Vendors send one lead from the browser and from the server at nearly the same time, each with a part of the data, so
//! merging may only ever add: a blank never erases. What somebody has edited since is theirs: the documents still take
//! up what a later form says, the lead's own texts do not.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::channel_flow::{MAX_BYTES, Touchpoint, touchpoints};
use super::{NewCapture, click_ids};
use crate::domain::error::{Problem, ProblemCode, Result};
use crate::domain::leads::{ConsentState, edited};
use crate::domain::text;
use crate::entity::lead;

/// In characters, after trimming; LeadTrackr documents it for `uniqueIdentifier`.
const MAX_IDENTIFIER: usize = 255;

type Object = Map<String, Value>;

/// The state of a lead as far as web forms decide it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct WebForm {
    pub unique_event_id: Option<String>,
    pub unique_identifier: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company_name: Option<String>,
    pub form_name: Option<String>,
    pub form_message: Option<String>,
    pub user_data: Object,
    pub form_data: Object,
    pub attribution_data: Object,
    pub device_data: Object,
    pub channel_flow: Option<Value>,
    pub click_ids: BTreeMap<String, String>,
    pub consents: BTreeMap<String, ConsentState>,
    pub touchpoints: Vec<Touchpoint>,
    /// Of a stored lead: the columns that somebody has edited, see [`edited`].
    pub edited_texts: Option<String>,
}

impl WebForm {
    /// Checks the rules, in LeadTrackr's order, and reads the typed fields out of the objects.
    pub(super) fn try_new(new: &NewCapture) -> Result<Self> {
        let Some(user_data) = new.user_data.clone() else {
            return Err(Problem::missing(["userData".into()], "Missing required field: userData").into());
        };
        let has_data = |object: &Object| object.values().any(text::has_data);
        if !has_data(&user_data) && !has_data(&new.attribution_data) {
            let sentence = "At least one of userData or attributionData must contain data";
            return Err(Problem::missing(["userData".into()], sentence).into());
        }
        refuse_unstorable(new)?;
        let form = Self {
            unique_event_id: new.form_data.get("uniqueEventId").and_then(identifier),
            unique_identifier: text::present_owned(new.unique_identifier.clone()),
            ..Self::derive(user_data, new)
        };
        limit("uniqueIdentifier", form.unique_identifier.as_deref())?;
        limit("uniqueEventId", form.unique_event_id.as_deref())?;
        let too_large = form
            .channel_flow
            .as_ref()
            .is_some_and(|flow| flow.to_string().len() > MAX_BYTES);
        if too_large {
            let path = ["channelFlow".into()];
            return Err(Problem::new(ProblemCode::TooLong, path, "channelFlow is too large").into());
        }
        Ok(form)
    }

    fn derive(user_data: Object, new: &NewCapture) -> Self {
        let channel_flow = new.channel_flow.clone().filter(text::has_data);
        Self {
            unique_event_id: None,
            unique_identifier: None,
            email: scalar(&user_data, "email"),
            phone: scalar(&user_data, "phone"),
            first_name: scalar(&user_data, "firstName"),
            last_name: scalar(&user_data, "lastName"),
            company_name: scalar(&user_data, "companyName"),
            form_name: scalar(&new.form_data, "formName"),
            form_message: scalar(&new.form_data, "formMessage"),
            click_ids: click_ids::click_ids(&new.attribution_data),
            consents: click_ids::consents(&new.attribution_data),
            touchpoints: channel_flow.as_ref().map(touchpoints).unwrap_or_default(),
            user_data,
            form_data: new.form_data.clone(),
            attribution_data: new.attribution_data.clone(),
            device_data: new.device_data.clone(),
            channel_flow,
            edited_texts: None,
        }
    }

    /// What is stored of a lead. Typed fields come from their columns: they may have been edited since.
    pub(super) fn stored(lead: &lead::Model) -> Self {
        let object = |document: &Option<Value>| {
            document
                .as_ref()
                .and_then(Value::as_object)
                .cloned()
                .unwrap_or_default()
        };
        let attribution_data = object(&lead.attribution_data);
        Self {
            unique_event_id: lead.unique_event_id.clone(),
            unique_identifier: lead.external_id.clone(),
            email: lead.email.clone(),
            phone: lead.phone.clone(),
            first_name: lead.first_name.clone(),
            last_name: lead.last_name.clone(),
            company_name: lead.company_name.clone(),
            form_name: lead.form_name.clone(),
            form_message: lead.form_message.clone(),
            click_ids: click_ids::click_ids(&attribution_data),
            consents: click_ids::consents(&attribution_data),
            touchpoints: lead.channel_flow.as_ref().map(touchpoints).unwrap_or_default(),
            user_data: object(&lead.user_data),
            form_data: object(&lead.form_data),
            attribution_data,
            device_data: object(&lead.device_data),
            channel_flow: lead.channel_flow.clone(),
            edited_texts: lead.edited_texts.clone(),
        }
    }

    /// `self` enriched by a later form. Its unique event id stays what it is, and so does what somebody has edited.
    pub(super) fn merge(&self, later: &Self) -> Self {
        let newer = |new: &Option<String>, old: &Option<String>| new.clone().or_else(|| old.clone());
        let text = |column: &str, new: &Option<String>, old: &Option<String>| match edited::contains(
            self.edited_texts.as_deref(),
            column,
        ) {
            true => old.clone(),
            false => newer(new, old),
        };
        let attribution_data = merge(&self.attribution_data, &later.attribution_data);
        let channel_flow = later.channel_flow.clone().or_else(|| self.channel_flow.clone());
        Self {
            unique_event_id: self.unique_event_id.clone(),
            unique_identifier: text("external_id", &later.unique_identifier, &self.unique_identifier),
            email: text("email", &later.email, &self.email),
            phone: text("phone", &later.phone, &self.phone),
            first_name: text("first_name", &later.first_name, &self.first_name),
            last_name: text("last_name", &later.last_name, &self.last_name),
            company_name: text("company_name", &later.company_name, &self.company_name),
            form_name: newer(&later.form_name, &self.form_name),
            form_message: newer(&later.form_message, &self.form_message),
            click_ids: both(&self.click_ids, &later.click_ids),
            consents: both(&self.consents, &later.consents),
            touchpoints: channel_flow.as_ref().map(touchpoints).unwrap_or_default(),
            user_data: merge(&self.user_data, &later.user_data),
            form_data: merge(&self.form_data, &later.form_data),
            attribution_data,
            device_data: merge(&self.device_data, &later.device_data),
            channel_flow,
            edited_texts: self.edited_texts.clone(),
        }
    }
}

/// The later of each.
fn both<V: Clone>(stored: &BTreeMap<String, V>, later: &BTreeMap<String, V>) -> BTreeMap<String, V> {
    stored
        .iter()
        .chain(later)
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// Key by key: data wins over what is stored, and objects below (`formFields`, `consent`) merge the same way.
fn merge(stored: &Object, later: &Object) -> Object {
    let mut merged = stored.clone();
    for (key, value) in later.iter().filter(|(_, value)| text::has_data(value)) {
        match (merged.get_mut(key), value) {
            (Some(Value::Object(old)), Value::Object(new)) => *old = merge(old, new),
            // What a visitor has answered is not taken back by a client that could not tell.
            (Some(Value::Object(_)), _) if key == "consent" => {}
            (Some(old), _) => *old = value.clone(),
            (None, _) => {
                merged.insert(key.clone(), value.clone());
            }
        }
    }
    merged
}

/// A key must tell leads apart, so only texts and numbers are one: `false` says that the form has none.
fn identifier(value: &Value) -> Option<String> {
    match value {
        Value::String(_) | Value::Number(_) => text::scalar(value),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn scalar(object: &Object, key: &str) -> Option<String> {
    object.get(key).and_then(text::scalar)
}

fn limit(name: &'static str, value: Option<&str>) -> Result<()> {
    if value.is_none_or(|value| value.chars().count() <= MAX_IDENTIFIER) {
        return Ok(());
    }
    let sentence = format!("{name} must be at most {MAX_IDENTIFIER} characters");
    Err(Problem::new(ProblemCode::TooLong, [name.into()], sentence).into())
}

/// What PostgreSQL cannot keep, or a reader of the events could not take. LeadTrackr's route drops U+0000 before;
/// elsewhere it is the client's mistake.
fn refuse_unstorable(new: &NewCapture) -> Result<()> {
    let NewCapture {
        user_data,
        attribution_data,
        form_data,
        device_data,
        channel_flow,
        unique_identifier,
        ..
    } = new;
    let objects = [
        ("userData", user_data.as_ref()),
        ("attributionData", Some(attribution_data)),
        ("formData", Some(form_data)),
        ("deviceData", Some(device_data)),
    ];
    for (name, object) in objects {
        for (key, value) in object.into_iter().flatten() {
            storable(name, value)?;
            storable_text(name, key)?;
        }
    }
    channel_flow.iter().try_for_each(|flow| storable("channelFlow", flow))?;
    unique_identifier
        .iter()
        .try_for_each(|text| storable_text("uniqueIdentifier", text))
}

fn storable(name: &'static str, value: &Value) -> Result<()> {
    if text::has_nul(value) {
        return storable_text(name, "\0");
    }
    if text::nests_at_most(value, text::MAX_NESTING) {
        return Ok(());
    }
    Err(Problem::invalid([name.into()], format!("{name} is nested too deeply")).into())
}

fn storable_text(name: &'static str, text: &str) -> Result<()> {
    if !text.contains('\0') {
        return Ok(());
    }
    Err(Problem::invalid([name.into()], format!("{name} must not contain U+0000")).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::error::Error;
    use crate::domain::leads::LeadOrigin;
    use proptest::prelude::*;
    use serde_json::json;

    fn object(value: Value) -> Object {
        value.as_object().unwrap().clone()
    }

    fn capture(user_data: Value, form_data: Value) -> NewCapture {
        NewCapture {
            origin: LeadOrigin::Graphql,
            user_data: Some(object(user_data)),
            attribution_data: object(json!({"gclid": "x"})),
            form_data: object(form_data),
            device_data: Object::new(),
            channel_flow: None,
            unique_identifier: None,
            body: String::new(),
        }
    }

    fn form(user_data: Value, form_data: Value) -> WebForm {
        WebForm::try_new(&capture(user_data, form_data)).unwrap()
    }

    #[test]
    fn a_later_form_fills_gaps_and_blanks_erase_nothing() {
        let first = form(json!({"email": "a@b.co", "phone": ""}), json!({"formFields": {"a": 1}}));
        let later = form(
            json!({"email": "", "phone": "+31"}),
            json!({"formFields": {"a": "", "b": 2}, "formName": null}),
        );
        let merged = first.merge(&later);
        assert_eq!(merged.email.as_deref(), Some("a@b.co"));
        assert_eq!(merged.phone.as_deref(), Some("+31"));
        assert_eq!(Value::Object(merged.form_data), json!({"formFields": {"a": 1, "b": 2}}));
    }

    #[test]
    fn a_list_of_form_fields_replaces_unless_it_is_empty() {
        let first = form(json!({"email": "a"}), json!({"formFields": [{"A": "1"}]}));
        let merged = first.merge(&form(json!({"email": "a"}), json!({"formFields": {"A": "2"}})));
        assert_eq!(merged.form_data["formFields"], json!({"A": "2"}));
        let merged = merged.merge(&form(json!({"email": "a"}), json!({"formFields": []})));
        assert_eq!(merged.form_data["formFields"], json!({"A": "2"}));
    }

    #[test]
    fn the_rules_in_their_order() {
        let sentence = |capture: &NewCapture| match WebForm::try_new(capture) {
            Err(Error::Invalid(problems)) => problems[0].message.clone(),
            other => panic!("{other:?}"),
        };
        let good = capture(json!({"email": "a"}), json!({}));
        let absent = NewCapture {
            user_data: None,
            ..good.clone()
        };
        assert_eq!(sentence(&absent), "Missing required field: userData");
        let blank = NewCapture {
            attribution_data: object(json!({"fbc": " "})),
            ..capture(json!({"a": [null]}), json!({}))
        };
        assert_eq!(
            sentence(&blank),
            "At least one of userData or attributionData must contain data"
        );
        let long = NewCapture {
            unique_identifier: Some("é".repeat(256)),
            ..good.clone()
        };
        assert_eq!(sentence(&long), "uniqueIdentifier must be at most 255 characters");
        let long = capture(json!({"email": "a"}), json!({"uniqueEventId": "e".repeat(256)}));
        assert_eq!(sentence(&long), "uniqueEventId must be at most 255 characters");
        let large = NewCapture {
            channel_flow: Some(json!("x".repeat(MAX_BYTES))),
            ..good.clone()
        };
        assert_eq!(sentence(&large), "channelFlow is too large");
        let fits = NewCapture {
            unique_identifier: Some(format!(" {} ", "é".repeat(255))),
            ..good
        };
        assert_eq!(
            WebForm::try_new(&fits).unwrap().unique_identifier,
            Some("é".repeat(255))
        );
    }

    #[test]
    fn an_answer_about_consent_is_not_taken_back() {
        let with = |attribution: Value| {
            let capture = NewCapture {
                attribution_data: object(attribution),
                ..capture(json!({"email": "a"}), json!({}))
            };
            WebForm::try_new(&capture).unwrap()
        };
        let first = with(json!({"gclid": "g", "consent": {"ad_storage": "denied"}}));
        let merged = first.merge(&with(json!({"gclid": {"x": 1}, "consent": "unknown"})));
        assert_eq!(merged.consents, first.consents);
        assert_eq!(merged.click_ids, first.click_ids);
        assert_eq!(merged.attribution_data["consent"], json!({"ad_storage": "denied"}));
    }

    #[test]
    fn only_texts_and_numbers_tell_submissions_apart() {
        for id in [
            json!(false),
            json!(true),
            json!(null),
            json!(" "),
            json!([1]),
            json!({"a": 1}),
        ] {
            assert_eq!(
                form(json!({"email": "a"}), json!({ "uniqueEventId": id })).unique_event_id,
                None,
                "{id}"
            );
        }
    }

    #[test]
    fn what_nests_too_deeply_is_refused() {
        let nested = |levels: usize| (0..levels).fold(json!(1), |value, _| json!([value]));
        let with = |levels| WebForm::try_new(&capture(json!({"email": "a", "x": nested(levels)}), json!({})));
        assert!(with(text::MAX_NESTING).is_ok());
        assert!(with(text::MAX_NESTING + 1).is_err());
    }

    #[test]
    fn what_is_stored_is_a_number_or_a_text_in_the_typed_fields() {
        let read = form(
            json!({"email": 5, "phone": true, "firstName": ["x"], "lastName": " L "}),
            json!({"uniqueEventId": 7}),
        );
        assert_eq!(read.email.as_deref(), Some("5"));
        assert_eq!(read.phone.as_deref(), Some("true"));
        assert_eq!(read.first_name, None);
        assert_eq!(read.last_name.as_deref(), Some("L"));
        assert_eq!(read.unique_event_id.as_deref(), Some("7"));
    }

    fn leaf() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            Just(json!("")),
            Just(json!("a")),
            Just(json!("b")),
            Just(json!(1))
        ]
    }

    fn any_object() -> impl Strategy<Value = Object> {
        let value = prop_oneof![
            leaf(),
            prop::collection::btree_map("[xy]", leaf(), 0..3).prop_map(|m| json!(m))
        ];
        prop::collection::btree_map("[abc]", value, 0..4).prop_map(|members| object(json!(members)))
    }

    /// The paths with data, each with its value.
    fn data(object: &Object) -> BTreeMap<String, Value> {
        let mut found = BTreeMap::new();
        for (key, value) in object {
            match value {
                Value::Object(below) => {
                    found.extend(
                        data(below)
                            .into_iter()
                            .map(|(path, value)| (format!("{key}.{path}"), value)),
                    );
                }
                value if text::has_data(value) => {
                    found.insert(key.clone(), value.clone());
                }
                _ => {}
            }
        }
        found
    }

    proptest! {
        #[test]
        fn merging_again_changes_nothing(stored in any_object(), later in any_object()) {
            let merged = merge(&stored, &later);
            prop_assert_eq!(merge(&merged, &later), merged);
        }

        #[test]
        fn data_of_the_later_form_wins_and_the_rest_stays(stored in any_object(), later in any_object()) {
            let merged = data(&merge(&stored, &later));
            let later_data = data(&later);
            for (path, value) in &later_data {
                prop_assert_eq!(merged.get(path), Some(value));
            }
            for (path, value) in data(&stored) {
                // A path may also give way to one above or below it: a scalar to an object and the other way round.
                let key = path.split('.').next().unwrap();
                let touched = later_data.keys().any(|other| other.split('.').next() == Some(key));
                prop_assert!(touched || merged.get(&path) == Some(&value));
            }
        }

        #[test]
        fn forms_with_different_members_merge_in_any_order(parts in prop::collection::vec("[a-z]{1,3}", 1..6)) {
            let forms: Vec<Object> = parts.iter().map(|key| object(json!({ key: key }))).collect();
            let fold = |forms: &[Object]| forms.iter().fold(Object::new(), |stored, form| merge(&stored, form));
            let mut reversed = forms.clone();
            reversed.reverse();
            prop_assert_eq!(fold(&forms), fold(&reversed));
        }
    }
}
