//! Bodies of the shims with some bytes changed: whatever comes of it is answered in the door's dialect, and is no fault.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRng, TestRunner};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, TestApp, heavy};
use crate::journeybee::campaign;

pub async fn twisted_bytes_are_answered_in_the_dialect_of_their_door(app: TestApp) {
    let spring = app.home.campaign("Spring").await.id;
    app.journeybee().post(&campaign(spring, json!({}))).await.expect(201);
    let lead = app.number("SELECT id FROM leads").await;
    let project = &app.home.project.public_id;
    let form = crate::leadtrackr::reference(project);
    let status = json!({"projectId": project, "leadId": lead, "conversionId": "open"});
    let edit = json!({"status": "qualified", "email": "a@b.co"});
    let (create, update) = ("/api/leads/createServerSideLead", "/api/leads/updateLeadStatus");
    let doors = [
        (Method::POST, create.to_owned(), form, "message"),
        (Method::POST, update.to_owned(), status, "message"),
        (
            Method::POST,
            "/api/v1/leads".into(),
            campaign(spring, json!({"first_name": "Ada"})),
            "error",
        ),
        (Method::PUT, format!("/api/v1/leads/{lead}"), edit, "error"),
        (
            Method::POST,
            "/api/v1/tags".into(),
            json!({"label": "A tag", "association": "lead"}),
            "error",
        ),
        (
            Method::POST,
            "/graphql".into(),
            json!({"query": "{ leads { totalCount } }", "variables": {}}),
            "errors",
        ),
    ];
    let count = if heavy() { 5_000 } else { 100 };
    // The same ones each time.
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(Default::default()));
    for (method, path, body, member) in doors {
        for _ in 0..count {
            let twisted = twists(&body.to_string()).new_tree(&mut runner).unwrap().current();
            let route = app.route(&path).header("x-api-key", &app.home.key);
            let route = match path.starts_with("/api/v1") {
                true => route.header("authorization", &format!("Bearer {}", app.home.key)),
                false => route,
            };
            let answer = route.send(method.clone(), twisted.clone()).await;
            is_no_fault(
                &answer,
                member,
                &format!("{path} {:?}", String::from_utf8_lossy(&twisted)),
            );
        }
    }
}

fn is_no_fault(answer: &Answer, member: &str, what: &str) {
    assert!(answer.status < 500, "{what}: {} {}", answer.status, answer.text);
    let body: Value =
        serde_json::from_str(&answer.text).unwrap_or_else(|error| panic!("{what}: {error} {}", answer.text));
    // What is taken has words of its own.
    assert!(
        answer.status < 400 || body.get(member).is_some(),
        "{what}: {} {body}",
        answer.status
    );
}

/// Bytes put in, taken out or changed, some of them together.
fn twists(body: &str) -> impl Strategy<Value = Vec<u8>> + use<> {
    let body = body.as_bytes().to_vec();
    let piece = prop::sample::select(vec![
        &b"\xff"[..],
        b"\x00",
        b"\\u0000",
        b"\\ud800",
        b"{",
        b"]",
        b"\"",
        b"null",
        b"1e999",
        b"-1",
        b"9223372036854775808",
        b",",
        b"\xef\xbb\xbf",
        b"\xf0\x9f\x92\xa9",
        b"[[[[[[[[",
    ]);
    let twist = (any::<prop::sample::Index>(), 0..6usize, piece);
    prop::collection::vec(twist, 1..4).prop_map(move |twists| {
        let mut bytes = body.clone();
        for (place, taken, piece) in twists {
            let at = place.index(bytes.len() + 1);
            let end = (at + taken).min(bytes.len());
            bytes.splice(at..end, piece.iter().copied());
        }
        bytes
    })
}
