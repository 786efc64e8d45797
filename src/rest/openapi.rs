//! `/openapi.json`: what the shims answer, as an OpenAPI 3.1 document. Each shim's folder has its own part of it.

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderValue;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};

use super::{journeybee, leadtrackr};
use crate::idempotency_header;

/// Open to anybody: it says what the routes are, and nothing of what is stored.
pub fn router() -> Router {
    // Printed once, and shared by all answers.
    let document = Bytes::from(document().to_string());
    Router::new().route("/openapi.json", get(async move || served(document)))
}

fn served(document: Bytes) -> Response {
    let headers = [
        (ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
    ];
    (headers, document).into_response()
}

fn document() -> Value {
    let mut document = json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Leadgraph's compatibility routes",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "LeadTrackr's and JourneyBee's APIs, on the leads that GraphQL serves.",
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        "servers": [{ "url": "/" }],
        "components": { "parameters": { "IdempotencyKey": {
            "name": idempotency_header::NAME,
            "in": "header",
            "description": "Does the request once, however often it is sent with this key within 24 hours: a repetition \
                is answered like the first, with the header Idempotent-Replayed: true.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$" },
        } } },
    });
    for part in [leadtrackr::OPENAPI, journeybee::OPENAPI] {
        let part = serde_json::from_str(part).expect("a test reads it");
        merge(&mut document, part);
    }
    document
}

/// Adds what `part` has beside what is there already: members of objects, items of lists.
fn merge(into: &mut Value, part: Value) {
    match (into, part) {
        (Value::Object(members), Value::Object(part)) => {
            for (name, value) in part {
                merge(members.entry(name).or_insert(Value::Null), value);
            }
        }
        (Value::Array(items), Value::Array(part)) => items.extend(part),
        (into @ Value::Null, part) => *into = part,
        _ => {}
    }
}
