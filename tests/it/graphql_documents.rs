//! Trusted documents: read and checked at the start, asked for by their names.

use std::path::{Path, PathBuf};

use leadgraph::app::App;
use leadgraph::config::{Config, OtherDocuments, TrustedConfig};
use serde_json::{Value, json};

use crate::harness::binary::scratch_file;
use crate::harness::{Answer, Backend, Case, Subject, TestApp, TestDatabase, once};

pub fn cases() -> Vec<Case> {
    vec![
        once(a_trusted_document_goes_by_each_of_its_names),
        once(nothing_but_trusted_documents_runs_if_so_set),
        once(a_document_that_cannot_be_run_stops_the_start),
    ]
}

const LEADS: &str = "query Leads($n: Int) { leads(first: $n) { totalCount } }";
/// Of [`LEADS`], as any tool computes it.
const LEADS_HASH: &str = "efc2ec826c05ec3bc431bb37d70db0d0f85636172b0f699f83d0048d525d3c09";

/// A directory with these files.
fn directory(files: &[(&str, &str)]) -> PathBuf {
    let directory = scratch_file("");
    for (name, text) in files {
        std::fs::write(directory.join(name), text).unwrap();
    }
    directory
}

async fn app(others: OtherDocuments) -> TestApp {
    let manifest = json!({"md5-of-something": "{ viewer { scopes } }", "schema": "{ __schema { description } }"});
    let directory = directory(&[
        ("leads.graphql", LEADS),
        ("persisted.json", &manifest.to_string()),
        ("README.md", "not a document"),
    ]);
    TestApp::with(Backend::Sqlite, |config| {
        config.trusted_documents = Some(TrustedConfig { directory, others });
    })
    .await
}

async fn ask(app: &TestApp, body: Value) -> Answer {
    app.as_owner().post(body).await
}

fn by_hash(query: Option<&str>) -> Value {
    json!({"query": query, "extensions": {"persistedQuery": {"version": 1, "sha256Hash": LEADS_HASH}}})
}

async fn a_trusted_document_goes_by_each_of_its_names() {
    let app = app(OtherDocuments::Run).await;
    let none = json!({"leads": {"totalCount": 0}});
    for body in [
        json!({"documentId": "leads", "variables": {"n": 1}}),
        json!({"documentId": LEADS_HASH}),
        json!({"documentId": format!("sha256:{LEADS_HASH}"), "operationName": "Leads"}),
        by_hash(None),
        json!({"query": LEADS}),
    ] {
        assert_eq!(ask(&app, body.clone()).await.data(), none, "{body}");
    }
    let get = app
        .route("/graphql?documentId=leads&variables={%22n%22:2}")
        .header("x-api-key", &app.home.key);
    assert_eq!(get.get().await.data(), none);
    let other = ask(&app, json!({"documentId": "md5-of-something"})).await;
    assert!(other.data()["viewer"]["scopes"].is_array());
    // They are documents like others: variables are checked, and the schema is told to whom it is told.
    let misfit = ask(&app, json!({"documentId": "leads", "variables": {"n": "x"}})).await;
    assert_eq!(misfit.code(), "GRAPHQL_VALIDATION_FAILED");
    let stranger = app.anonymous().post(json!({"documentId": "schema"})).await;
    assert_eq!(stranger.code(), "UNAUTHENTICATED");
    for unknown in ["nothing", "README", "sha256:00", ""] {
        let answer = ask(&app, json!({"documentId": unknown})).await;
        assert_eq!(answer.code(), "PERSISTED_QUERY_NOT_FOUND", "{unknown}");
    }
    assert_eq!(
        ask(&app, json!({"query": "{ __typename }"})).await.data(),
        json!({"__typename": "Query"})
    );
    let both = ask(&app, json!({"documentId": "leads", "query": LEADS})).await;
    assert_eq!(both.expect(400).code(), "BAD_REQUEST");
}

async fn nothing_but_trusted_documents_runs_if_so_set() {
    let app = app(OtherDocuments::Refused).await;
    for body in [
        json!({"documentId": "leads"}),
        by_hash(None),
        by_hash(Some(LEADS)),
        json!({"query": LEADS}),
    ] {
        assert!(ask(&app, body.clone()).await.data()["leads"].is_object(), "{body}");
    }
    let hash = "7f56e67dd21ab3f30d1ff8b7bed08893f0a0db86449836189b361dd1e56ddb4b";
    let persisted = json!({"persistedQuery": {"version": 1, "sha256Hash": hash}});
    for body in [
        json!({"query": "{ __typename }"}),
        json!({"query": format!("{LEADS} ")}),
        json!({"query": "{ __typename }", "extensions": persisted}),
        json!({"extensions": persisted}),
    ] {
        let answer = ask(&app, body.clone()).await;
        assert_eq!(answer.code(), "PERSISTED_QUERY_NOT_IN_LIST", "{body}");
        assert!(answer.json().get("data").is_none());
    }
}

async fn a_document_that_cannot_be_run_stops_the_start() {
    let deep = format!("{{ a(x: {}) }}", "[".repeat(100));
    for (files, expected) in [
        (
            vec![("bad.graphql", "{ leads { nothing } }")],
            vec!["bad.graphql", "line 1", "nothing"],
        ),
        (vec![("bad.graphql", "{")], vec!["bad.graphql", "Syntax Error"]),
        (vec![("bad.graphql", deep.as_str())], vec!["bad.graphql", "nested"]),
        (
            vec![("map.json", r#"{"one": "{ nothing }"}"#)],
            vec!["map.json", "\"one\"", "nothing"],
        ),
        (vec![("map.json", "[]")], vec!["map.json", "no object"]),
        (
            vec![
                ("a.graphql", "{ __typename }"),
                ("b.json", r#"{"a": "{ a: __typename }"}"#),
            ],
            vec!["b.json", "\"a\""],
        ),
        (vec![("README.md", "")], vec!["no file"]),
    ] {
        let failure = failure(&directory(&files)).await;
        for part in expected {
            assert!(failure.contains(part), "{part}: {failure}");
        }
    }
    assert!(failure(Path::new("/nowhere")).await.contains("/nowhere"));
}

/// Why an application with these documents does not start.
async fn failure(directory: &Path) -> String {
    let db = TestDatabase::set_up(Backend::Sqlite).await;
    let mut config = Config::for_tests(db.target());
    config.trusted_documents = Some(TrustedConfig {
        directory: directory.to_owned(),
        others: OtherDocuments::Run,
    });
    App::build(config).await.expect_err("it does not start").to_string()
}
