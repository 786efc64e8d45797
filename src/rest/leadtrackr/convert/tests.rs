use proptest::prelude::*;
use serde_json::json;

use super::*;

fn read(body: &Value) -> Result<NewCapture, String> {
    let text = body.to_string();
    let submission = submission(&text).ok_or("Invalid JSON body")?;
    project(&submission).map_err(|problem| problem.message)?;
    capture(submission, text).map_err(|problem| problem.message)
}

/// A good body with some members changed.
fn with(changes: Value) -> Result<NewCapture, String> {
    let mut body = json!({"projectId": "p", "userData": {"email": "a@b.co"}});
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    read(&body)
}

fn object(value: Value) -> Map<String, Value> {
    serde_json::from_value(value).unwrap()
}

#[test]
fn a25_the_body_is_a_json_object() {
    for body in [
        "",
        "x",
        "[]",
        "null",
        "\"{}\"",
        "[{\"projectId\":1}]",
        "{\"projectId\":",
        "{\"a\":1}x",
    ] {
        assert!(submission(body).is_none(), "{body}");
    }
    assert!(submission("{}").is_some());
    assert!(submission(" {\"unknown\": [1e3]}\n").is_some());
    assert!(submission("\u{feff}{}").is_some());
    assert!(submission(&format!("{{\"a\":{}", "[".repeat(100_000))).is_none());
}

#[test]
fn a7_project_ids() {
    for (given, expected) in [
        (json!("abc"), Ok("abc")),
        (json!(" abc "), Ok("abc")),
        (json!("16"), Ok("16")),
        (json!(16), Ok("16")),
        (json!(-1), Ok("-1")),
        (json!(18_446_744_073_709_551_615_u64), Ok("18446744073709551615")),
        (json!(null), Err("Missing required field: projectId")),
        (json!(""), Err("Missing required field: projectId")),
        (json!("  "), Err("Missing required field: projectId")),
        (json!(16.0), Err("Invalid field: projectId")),
        (json!(1.5), Err("Invalid field: projectId")),
        (json!(true), Err("Invalid field: projectId")),
        (json!([]), Err("Invalid field: projectId")),
        (json!({"id": 16}), Err("Invalid field: projectId")),
    ] {
        let text = json!({ "projectId": given }).to_string();
        let told = project(&submission(&text).unwrap()).map_err(|problem| problem.message);
        let expected = expected
            .map(|id| ProjectRef::PublicId(id.to_owned()))
            .map_err(str::to_owned);
        assert_eq!(told, expected, "{given}");
    }
    let absent = project(&submission("{}").unwrap()).unwrap_err();
    assert_eq!(absent.message, "Missing required field: projectId");
}

#[test]
fn a8_user_data() {
    for (given, expected) in [
        (json!({}), Ok(())),
        (json!([]), Ok(())),
        (json!({"email": 5}), Ok(())),
        (json!(null), Err("Missing required field: userData")),
        (json!("x"), Err("Invalid field: userData")),
        (json!(""), Err("Invalid field: userData")),
        (json!(5), Err("Invalid field: userData")),
        (json!(false), Err("Invalid field: userData")),
        (json!([1]), Err("Invalid field: userData")),
    ] {
        let told = with(json!({ "userData": given }));
        assert_eq!(told.map(|_| ()), expected.map_err(str::to_owned), "{given}");
    }
    let absent = read(&json!({"projectId": "p", "attributionData": {"gclid": "x"}}));
    assert_eq!(absent.unwrap_err(), "Missing required field: userData");
}

#[test]
fn a10_the_other_objects_may_be_empty_in_any_way() {
    for name in ["attributionData", "formData", "deviceData"] {
        for empty in [json!(null), json!([]), json!(""), json!({})] {
            let new = with(json!({ name: empty })).unwrap();
            assert!(new.attribution_data.is_empty() && new.form_data.is_empty() && new.device_data.is_empty());
        }
        for wrong in [json!("x"), json!(0), json!(true), json!([1]), json!([{}])] {
            let told = with(json!({ name: wrong })).unwrap_err();
            assert_eq!(told, format!("Invalid field: {name}"), "{wrong}");
        }
    }
}

#[test]
fn a11_aliases_count_where_the_documented_name_says_nothing() {
    let user = |given| with(json!({ "userData": given })).unwrap().user_data.unwrap();
    assert_eq!(user(json!({"company": "C"})), object(json!({"companyName": "C"})));
    assert_eq!(
        user(json!({"company": "C", "companyName": " "})),
        object(json!({"companyName": "C"}))
    );
    let both = json!({"company": "C", "companyName": "D"});
    assert_eq!(user(both.clone()), object(both));
    assert_eq!(user(json!({"Email": "e"})), object(json!({"Email": "e"})));

    let device = with(json!({"deviceData": {"ipAdress": "192.0.2.1"}}))
        .unwrap()
        .device_data;
    assert_eq!(device, object(json!({"ipAddress": "192.0.2.1"})));

    for (changes, expected) in [
        (json!({"channelFlow": "a", "lt_channelflow": "b"}), json!("a")),
        (json!({"channelFlow": [], "lt_channelflow": "b"}), json!("b")),
        (json!({"channelFlow": " ", "lt_channelflow": ["b"]}), json!(["b"])),
        (
            json!({"channelFlow": null, "lt_channelflow": "%5B%5D"}),
            json!("%5B%5D"),
        ),
        (json!({"channelFlow": [{"t": 1}]}), json!([{"t": 1}])),
        (json!({"channelFlow": []}), json!(null)),
    ] {
        let flow = with(changes.clone()).unwrap().channel_flow.unwrap_or_default();
        assert_eq!(flow, expected, "{changes}");
    }
}

#[test]
fn a13_unique_identifiers() {
    for (changes, expected) in [
        (json!({}), Ok(None)),
        (json!({"uniqueIdentifier": " crm-1 "}), Ok(Some("crm-1"))),
        (json!({"uniqueIdentifier": 42}), Ok(Some("42"))),
        (json!({"uniqueIdentifier": "  "}), Ok(None)),
        (json!({"uniqueIdentifier": null}), Ok(None)),
        (json!({"uniqueIdentifier": []}), Ok(None)),
        (json!({"unique_identifier": "u"}), Ok(Some("u"))),
        (json!({"uniqueIdentifier": "", "unique_identifier": "u"}), Ok(Some("u"))),
        (
            json!({"uniqueIdentifier": "d", "unique_identifier": "u"}),
            Ok(Some("d")),
        ),
        (
            json!({"uniqueIdentifier": {"a": 1}}),
            Err("Invalid field: uniqueIdentifier"),
        ),
        (json!({"uniqueIdentifier": [1]}), Err("Invalid field: uniqueIdentifier")),
        (
            json!({"uniqueIdentifier": true}),
            Err("Invalid field: uniqueIdentifier"),
        ),
    ] {
        let told = with(changes.clone()).map(|new| new.unique_identifier);
        let expected = expected.map(|id| id.map(str::to_owned)).map_err(str::to_owned);
        assert_eq!(told, expected, "{changes}");
    }
}

#[test]
fn a19_a20_what_is_unknown_goes_no_further() {
    let new = with(json!({"status": "lost", "platform": "x", "createdBy": 1, "formData": {"any": {"thing": [1]}}}));
    let new = new.unwrap();
    assert_eq!(new.form_data, object(json!({"any": {"thing": [1]}})));
    assert_eq!(new.origin, LeadOrigin::LeadtrackrShim);
}

#[test]
fn the_body_is_kept_as_it_came() {
    let body = "{ \"projectId\" : 16.0e0, \"userData\":[], \"x\\u0000\": 1 }";
    let new = capture(submission(body).unwrap(), body.to_owned()).unwrap();
    assert_eq!(new.body, body);
}

#[test]
fn u_0000_is_dropped_from_texts_and_names() {
    let body = r#"{"projectId":"p\u0000","userData":{"em\u0000ail":"a\u0000@b.co"},"formData":{"list":["\u0000x"]}}"#;
    let submission = submission(body).unwrap();
    assert_eq!(project(&submission).unwrap(), ProjectRef::PublicId("p".into()));
    let new = capture(submission, body.to_owned()).unwrap();
    assert_eq!(new.user_data, Some(object(json!({"email": "a@b.co"}))));
    assert_eq!(new.form_data, object(json!({"list": ["x"]})));
}

#[test]
fn half_an_emoji_loses_no_lead() {
    let body = r#"{"projectId":"p","userData":{"firstName":"Ann \ud83d"}}"#;
    let new = capture(submission(body).unwrap(), body.to_owned()).unwrap();
    assert_eq!(new.user_data, Some(object(json!({"firstName": "Ann \u{fffd}"}))));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let name = prop_oneof![Just("company".to_owned()), Just("ipAdress".to_owned()), ".{0,4}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..4).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

fn any_submission() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec![
        "projectId",
        "userData",
        "attributionData",
        "formData",
        "deviceData",
        "channelFlow",
        "lt_channelflow",
        "uniqueIdentifier",
        "unique_identifier",
        "status",
    ]);
    prop::collection::btree_map(name.prop_map(str::to_owned), any_json(), 0..10)
        .prop_map(|members| members.into_iter().collect())
}

proptest! {
    #[test]
    fn any_submission_gets_a_verdict(body in any_submission()) {
        match read(&body) {
            Ok(new) => {
                prop_assert!(new.user_data.is_some());
                let user_data = Value::from(new.user_data.unwrap_or_default());
                prop_assert!(!text::has_nul(&user_data));
            }
            Err(sentence) => prop_assert!(
                sentence.starts_with("Missing required field: ") || sentence.starts_with("Invalid field: ")
            ),
        }
    }

    #[test]
    fn any_text_gets_a_verdict(body in "(.|\\\\ud8|\\\\ude00|[\"{}:,\\\\]){0,64}") {
        let _ = submission(&body);
    }
}
