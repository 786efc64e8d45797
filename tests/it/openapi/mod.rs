//! `/openapi.json` says what the routes take and answer: compared with the routes, tried with its own examples, and with
//! whatever can be made of its schemas and twisted.

mod document;
mod generate;
mod send;

use leadgraph::domain::projects::{self, Activity};
use reqwest::Method;
use serde_json::{Value, json};

use crate::demo::demo;
use crate::harness::{Case, TestApp, both, heavy, once};
use crate::journeybee::{reference, referred};
use document::Document;
use generate::Dice;
use send::Request;

pub fn cases() -> Vec<Case> {
    vec![
        both(the_document_has_every_route_and_no_other),
        once(its_examples_succeed_against_the_demo),
        both(whatever_is_sent_is_answered_as_documented),
    ]
}

/// What anybody may ask for.
async fn the_document_has_every_route_and_no_other(app: TestApp) {
    let document = Document::of(app.get("/openapi.json").await);
    let verbs = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let operations = document.operations();
    assert_eq!(operations.len(), 14, "of both shims");
    for path in document.paths() {
        for verb in &verbs {
            let known = operations.iter().any(|op| op.path == path && op.method == *verb);
            let request = app.route(&path.replace(['{', '}'], "x"));
            let answer = request.send(verb.clone(), "").await;
            assert_eq!(answer.status == 405, !known, "{verb} {path}: {}", answer.text);
            assert_ne!(answer.status, 404, "{verb} {path} is no route");
        }
    }
    // Every path of the shims' routers, but those that say that there is nothing.
    let mut routes = Vec::new();
    for shim in ["leadtrackr", "journeybee"] {
        let file = crate::harness::root().join(format!("src/rest/{shim}/mod.rs"));
        let text = std::fs::read_to_string(file).unwrap();
        let chunks = text
            .split(".route(")
            .skip(1)
            .filter(|chunk| !chunk.contains("unknown_path"));
        routes.extend(chunks.map(|chunk| chunk.split('"').nth(1).unwrap().to_owned()));
    }
    routes.sort();
    let mut documented = document.paths();
    documented.sort();
    assert_eq!(routes, documented);
    for operation in &operations {
        assert!(!operation.statuses().is_empty(), "{}", operation.id);
        document.check_references(&operation.spec);
    }
}

async fn its_examples_succeed_against_the_demo() {
    let demo = demo().await;
    let key = demo.text("/apiKey").to_owned();
    let client = demo.server.client();
    let text = client.get(demo.server.url("/openapi.json")).send().await.unwrap();
    let document = Document::of(crate::harness::Answer::of(text).await);
    let mut tried = 0;
    // In the order of the document, but nothing is deleted before it was read.
    let mut operations = document.operations();
    operations.sort_by_key(|operation| operation.method == Method::DELETE);
    for operation in &operations {
        for request in Request::examples(&document, operation) {
            let answer = request.with_key(&key).send(client, &demo.server.url("")).await;
            assert!(
                (200..300).contains(&answer.status),
                "{}: {} {}",
                operation.id,
                answer.status,
                answer.text
            );
            document.check_answer(operation, &answer);
            tried += 1;
        }
    }
    assert_eq!(tried, operations.len(), "each has one");
}

async fn whatever_is_sent_is_answered_as_documented(app: TestApp) {
    let document = Document::of(app.get("/openapi.json").await);
    let seeds = seeds(&app).await;
    let count = if heavy() { 3000 } else { 120 };
    let seed: u64 = std::env::var("LEADGRAPH_TEST_SEED").map_or(1, |text| text.parse().unwrap());
    let client = crate::harness::app::client();
    let keys = [
        &app.home.key,
        &app.home.read_only_key,
        &app.home.write_only_key,
        &app.home.bound_key,
    ];
    // What is deleted can be tried no more.
    let mut operations = document.operations();
    operations.sort_by_key(|operation| operation.method == Method::DELETE);
    for operation in &operations {
        let mut dice = Dice::new(seed);
        let mut statuses = std::collections::BTreeSet::new();
        for _ in 0..count {
            let mut request = Request::any(&document, operation, &seeds, &mut dice);
            request = match dice.below(20) {
                0 => request,
                1 => request.with_key("nonsense"),
                2..=4 => request.with_key(keys[dice.below(4)]),
                _ => request.with_key(keys[0]),
            };
            let answer = request.send(&client, &app.url("")).await;
            let what = || format!("{request:?}\n{} {}", answer.status, answer.text);
            assert!(answer.status < 500, "{}", what());
            document.check_answer_of(operation, &answer, what);
            statuses.insert(answer.status);
        }
        // What is tried is worth something only if some of it gets through.
        assert!(
            statuses.iter().any(|status| *status < 300),
            "{}: {statuses:?}",
            operation.id
        );
        assert!(
            statuses.iter().any(|status| *status >= 400),
            "{}: {statuses:?}",
            operation.id
        );
    }
}

/// Bodies that are good, by the ids of their operations, on a workspace that has what they name.
async fn seeds(app: &TestApp) -> Vec<(&'static str, Value)> {
    // So that the key alone says which project is meant.
    projects::set_active(&app.home.op(), app.home.other_project.uuid, Activity::Inactive)
        .await
        .unwrap();
    let to = referred(app).await;
    let lead = reference(&to);
    app.journeybee().post(&lead).await.expect(201);
    let form = crate::leadtrackr::reference(&app.home.project.public_id);
    app.leadtrackr().post(&form).await.expect(201);
    let project = &app.home.project.public_id;
    let mut other = lead.clone();
    other["email"] = json!(null);
    vec![
        ("createServerSideLead", form),
        ("createLead", lead),
        ("createLead", other),
        (
            "updateLeadStatus",
            json!({"projectId": project, "leadId": 3, "conversionId": "open"}),
        ),
        (
            "updateLeadStatus",
            json!({"projectId": project, "email": "jane@example.com", "conversionId": "lost", "price": 5}),
        ),
        (
            "updateLead",
            json!({"status": "qualified", "tags": [to.tags[0].id], "assignedUsers": [app.home.owner.id]}),
        ),
        (
            "updateLead",
            json!({"customFields": [{"customFieldId": to.number.id, "type": "number", "value": {"number": 1}}]}),
        ),
        ("createTag", json!({"label": "Again", "association": "lead"})),
        (
            "createCustomField",
            json!({"label": "Size", "type": "select", "options": [{"label": "S"}]}),
        ),
    ]
}
