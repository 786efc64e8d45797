//! The outermost router: what every door has in common, and the probes.
//!
//! Each request gets an id and a span, a time limit, a net under panics, and headers that keep browsers careful. The
//! doors answer in their own dialects; what is answered here has both REST dialects' members, `message` and `error`.

mod linger;
mod probes;
mod serve;
mod unread;

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use futures_util::FutureExt;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::json;
use tracing::Instrument;

use crate::config::HttpConfig;
use crate::domain::Services;
use crate::request_id::{self, RequestId};
use crate::telemetry;

pub use serve::{Ended, serve};

/// Puts the doors and the probes behind the common layers.
pub fn router(doors: Router, services: Services, config: &HttpConfig) -> Router {
    let doors = doors
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(not_found)
        .layer(from_fn_with_state(config.request_timeout, guard));
    probes::router(services)
        .method_not_allowed_fallback(method_not_allowed)
        .merge(doors)
        .layer(from_fn(observe))
}

/// Id, span, the request's log line, and the common headers.
async fn observe(mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = RequestId::of(request.headers());
    let span = telemetry::request_span(telemetry::RequestFacts {
        id: id.as_str(),
        method: request.method().as_str(),
        route: request.extensions().get().map_or("", MatchedPath::as_str),
        path: request.uri().path(),
    });
    let probe = probes::is_probe(request.uri().path());
    request.extensions_mut().insert(id.clone());
    let (request, reading) = unread::watch(request);
    let mut response = next.run(request).instrument(span.clone()).await;
    reading.finish(&mut response);
    // Probes come every few seconds and say nothing while all is well.
    if !probe || response.status().is_server_error() {
        span.in_scope(|| telemetry::answered(response.status().as_u16(), started.elapsed()));
    }
    common_headers(response.headers_mut(), &id);
    response
}

/// What a door set itself stays as it is.
fn common_headers(headers: &mut HeaderMap, id: &RequestId) {
    headers.insert(HeaderName::from_static(request_id::HEADER), id.header());
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let defaults = [
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    ];
    for (name, value) in defaults {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

/// A request that takes too long or panics is answered all the same. The panic's hook has logged it.
async fn guard(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().cloned();
    let run = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(limit, run).await {
        Ok(Ok(response)) => response,
        Ok(Err(_panic)) => {
            let text = "An unexpected error occurred";
            failure(StatusCode::INTERNAL_SERVER_ERROR, text, id.as_ref())
        }
        Err(_elapsed) => {
            tracing::warn!(limit_seconds = limit.as_secs(), "gave up: the request took too long");
            let mut response = failure(StatusCode::SERVICE_UNAVAILABLE, "Service unavailable", id.as_ref());
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from_static("1"));
            response
        }
    }
}

async fn not_found(request: Request) -> Response {
    failure(StatusCode::NOT_FOUND, "Not found", request.extensions().get())
}

async fn method_not_allowed(request: Request) -> Response {
    let id = request.extensions().get();
    failure(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed", id)
}

fn failure(status: StatusCode, text: &str, id: Option<&RequestId>) -> Response {
    let id = id.map(RequestId::as_str);
    let body = json!({ "message": text, "error": text, "request_id": id });
    (status, Json(body)).into_response()
}

#[cfg(test)]
mod tests;
