//! Bodies that LeadTrackr's route refuses, and what it says.

use serde_json::{Value, json};

use super::leads;
use crate::harness::{Case, TestApp, both};

pub fn cases() -> Vec<Case> {
    vec![both(
        a_body_that_breaks_a_rule_is_refused_with_the_documented_message_and_stores_nothing,
    )]
}

/// A7 to A14, A25: each row is a body and what it gets.
async fn a_body_that_breaks_a_rule_is_refused_with_the_documented_message_and_stores_nothing(app: TestApp) {
    let project = app.home.project.public_id.clone();
    let with = |members: Value| {
        let mut body = json!({"projectId": project, "userData": {"email": "a@b.co"}});
        body.as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        body.to_string()
    };
    let long = |length: usize| "x".repeat(length);
    const NO_PROJECT: &str = "Missing required field: projectId";
    const NO_DATA: &str = "Missing required field: userData";
    const NOTHING: &str = "At least one of userData or attributionData must contain data";
    const NO_JSON: &str = "Invalid JSON body";
    let refused = [
        (String::new(), NO_JSON),
        ("{".to_owned(), NO_JSON),
        ("nonsense".to_owned(), NO_JSON),
        ("[]".to_owned(), NO_JSON),
        ("null".to_owned(), NO_JSON),
        (r#""text""#.to_owned(), NO_JSON),
        (json!({"userData": {"email": "a@b.co"}}).to_string(), NO_PROJECT),
        (with(json!({"projectId": null})), NO_PROJECT),
        (with(json!({"projectId": ""})), NO_PROJECT),
        (with(json!({"projectId": "  "})), NO_PROJECT),
        (with(json!({"projectId": {}})), "Invalid field: projectId"),
        (with(json!({"projectId": true})), "Invalid field: projectId"),
        (with(json!({"projectId": 1.5})), "Invalid field: projectId"),
        (
            json!({"projectId": project, "attributionData": {"gclid": "x"}}).to_string(),
            NO_DATA,
        ),
        (with(json!({"userData": null})), NO_DATA),
        (with(json!({"userData": "Jane"})), "Invalid field: userData"),
        (with(json!({"userData": 5})), "Invalid field: userData"),
        (with(json!({"userData": ["Jane"]})), "Invalid field: userData"),
        (with(json!({"userData": {}})), NOTHING),
        (with(json!({"userData": []})), NOTHING),
        (
            with(json!({"userData": {"email": " "}, "attributionData": {"fbc": ""}})),
            NOTHING,
        ),
        (
            with(json!({"userData": {"a": null, "b": [], "c": {"d": " \t"}}})),
            NOTHING,
        ),
        (
            with(json!({"attributionData": "gclid"})),
            "Invalid field: attributionData",
        ),
        (with(json!({"attributionData": [1]})), "Invalid field: attributionData"),
        (with(json!({"formData": 5})), "Invalid field: formData"),
        (with(json!({"formData": ["x"]})), "Invalid field: formData"),
        (with(json!({"deviceData": true})), "Invalid field: deviceData"),
        (
            with(json!({"uniqueIdentifier": long(256)})),
            "uniqueIdentifier must be at most 255 characters",
        ),
        (
            with(json!({"unique_identifier": long(256)})),
            "uniqueIdentifier must be at most 255 characters",
        ),
        (
            with(json!({"channelFlow": long(65 * 1024)})),
            "channelFlow is too large",
        ),
    ];
    for (body, message) in refused {
        let shown: String = body.chars().take(200).collect();
        let answer = app.leadtrackr().post_raw(body).await;
        assert_eq!(answer.status, 400, "{shown}: {}", answer.text);
        assert_eq!(answer.json()["message"], message, "{shown}");
        assert!(answer.text.starts_with(r#"{"message":"#), "{}", answer.text);
    }
    let too_long = app
        .leadtrackr()
        .post_raw(with(json!({"formData": {"uniqueEventId": long(256)}})))
        .await;
    assert_eq!(too_long.status, 400);
    assert_eq!(leads(&app).await, 0);
    assert_eq!(app.number("SELECT count(*) FROM intake_payloads").await, 0);
    assert_eq!(
        app.number("SELECT count(*) FROM events WHERE subject_kind = 'lead'")
            .await,
        0
    );
}
