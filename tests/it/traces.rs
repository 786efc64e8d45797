//! What a collector of traces is sent, as far as its bytes tell.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use serde_json::json;
use tokio::net::TcpListener;

use crate::harness::binary::command;
use crate::harness::{Binary, Case, TestDatabase, both};

pub fn cases() -> Vec<Case> {
    vec![both(requests_are_traced_with_their_statements)]
}

/// What was posted to `/v1/traces` so far.
type Received = Arc<Mutex<Vec<u8>>>;

async fn collector() -> (String, Received) {
    let received = Received::default();
    let keep = Arc::clone(&received);
    let take = post(async move |body: Bytes| keep.lock().unwrap().extend_from_slice(&body));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/v1/traces", take);
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, received)
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

async fn requests_are_traced_with_their_statements(database: TestDatabase) {
    let (address, received) = collector().await;
    let mut serve = command(&database, &["serve"]);
    serve
        .env("LEADGRAPH_OTLP_ENDPOINT", &address)
        .env("LEADGRAPH_LOG", "debug");
    let server = Binary::start(serve).await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let request = server
        .client()
        .post(server.url("/graphql?secret=1"))
        .header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"))
        .header("x-request-id", "traced-1")
        .header("x-api-key", "00000000-0000-4000-8000-00000000secret")
        .json(&json!({"query": "{ viewer { workspace { name } } }"}));
    assert_eq!(request.send().await.unwrap().status(), 401);
    let request = server.client().get(server.url("/graphql?query={__typename}"));
    assert_eq!(request.send().await.unwrap().status(), 200);
    server.terminate();
    let (ended, log) = tokio::task::spawn_blocking(move || server.wait()).await.unwrap();
    assert!(ended.success(), "{log}");
    let sent = received.lock().unwrap().clone();
    let id: Vec<u8> = (0..16)
        .map(|at| u8::from_str_radix(&trace[2 * at..2 * at + 2], 16).unwrap())
        .collect();
    for part in [
        "leadgraph",
        "POST /graphql",
        "GET /graphql",
        "traced-1",
        "http.response.status_code",
        "graphql.operation.type",
        "api_key_index",
    ] {
        assert!(holds(&sent, part.as_bytes()), "{part}");
    }
    assert!(holds(&sent, &id), "the client's trace goes on here");
    assert!(!holds(&sent, b"secret"), "no credentials and no query strings");
    assert!(!log.contains("api_key_index"), "statements are not for the log");
}
