//! The outermost router: what every door has in common, and the probes.
//!
//! Each request gets an id and a span, its client's address, a turn, a time limit, a net under panics, and headers that
//! keep browsers careful. The doors answer in their own dialects, and so does what is answered here in their place.

pub mod cors;
mod crowd;
mod linger;
pub mod metrics;
mod probes;
mod refusal;
mod serve;
mod unread;
mod unsent;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use futures_util::FutureExt;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderName, HeaderValue, StatusCode};
use tracing::Instrument;

use crate::auth::quota::{self, Meter};
use crate::client_address::TrustedProxies;
use crate::config::HttpConfig;
use crate::connection::Connection;
use crate::domain::Services;
use crate::request_id::{self, RequestId};
use crate::telemetry;
use crate::turns::Turns;

pub use serve::{Ended, serve};

use crowd::Crowd;
use metrics::{Metrics, Observation};
use refusal::{Dialect, Refusal};
use unread::Reading;

/// How many bodies are waited for, for each request that can be worked on.
const WAITING: usize = 4;
/// Of these, what one address may have, as a divisor.
const SHARE: usize = 8;

/// Puts the doors and the probes behind the common layers.
pub fn router(doors: Router, services: Services, config: &HttpConfig, turns: Turns, metrics: Metrics) -> Router {
    let work = Work {
        limit: config.request_timeout,
        turns,
        crowd: Crowd::new(config.max_requests.saturating_mul(WAITING), SHARE),
        metrics: metrics.clone(),
    };
    let outside = Outside {
        proxies: Arc::new(TrustedProxies(config.trusted_proxies.clone())),
        metrics,
    };
    let doors = doors
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(not_found)
        .layer(from_fn_with_state(work, guard));
    probes::router(services)
        .method_not_allowed_fallback(method_not_allowed)
        .merge(doors)
        .layer(from_fn_with_state(outside, observe))
}

/// What is known of the world that requests come from.
#[derive(Clone, Debug, Default)]
struct Outside {
    proxies: Arc<TrustedProxies>,
    metrics: Metrics,
}

/// How requests are worked on.
#[derive(Clone, Debug)]
struct Work {
    limit: Duration,
    turns: Turns,
    /// Those whose bodies are waited for.
    crowd: Arc<Crowd>,
    metrics: Metrics,
}

/// Id, address, span, the request's log line, and the common headers.
async fn observe(State(outside): State<Outside>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let meter = Meter::default();
    request.extensions_mut().insert(meter.clone());
    if let Some(peer) = request.extensions().get().map(Connection::peer) {
        let address = outside.proxies.client(peer, request.headers());
        request.extensions_mut().insert(address);
    }
    let dialect = Dialect::of(request.uri().path());
    let id = RequestId::of(request.headers());
    let span = telemetry::request_span(telemetry::RequestFacts {
        id: id.as_str(),
        method: request.method().as_str(),
        route: request.extensions().get().map_or("", MatchedPath::as_str),
        path: request.uri().path(),
        headers: request.headers(),
    });
    let probe = probes::is_probe(request.uri().path());
    request.extensions_mut().insert(id.clone());
    let (mut request, reading) = unread::watch(request);
    request.extensions_mut().insert(reading.clone());
    let mut response = next.run(request).instrument(span.clone()).await;
    reading.finish(&mut response);
    // Probes come every few seconds and say nothing while all is well.
    if !probe || response.status().is_server_error() {
        span.in_scope(|| telemetry::answered(response.status().as_u16(), started.elapsed()));
    }
    if !probe {
        outside.metrics.answered(Observation {
            door: dialect.name(),
            status: response.status(),
            took: started.elapsed(),
            points: meter.read().spent,
        });
    }
    quota_headers(&mut response, &meter);
    common_headers(&mut response, &id);
    response
}

/// How the caller stands, in the form of the draft "RateLimit header fields for HTTP".
fn quota_headers(response: &mut Response, meter: &Meter) {
    let Some(standing) = meter.read().standing else { return };
    let refused = response.status() == StatusCode::TOO_MANY_REQUESTS;
    let headers = response.headers_mut();
    let wait = quota::seconds(standing.reset);
    let quota::Rate { points, per } = standing.rate;
    let texts = [
        ("ratelimit-policy", format!("\"points\";q={points};w={}", per.as_secs())),
        ("ratelimit", format!("\"points\";r={};t={wait}", standing.remaining)),
    ];
    for (name, text) in texts {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    if refused {
        headers.insert(RETRY_AFTER, HeaderValue::from(wait.max(1)));
    }
}

/// What a door set itself stays as it is.
fn common_headers(response: &mut Response, id: &RequestId) {
    let away = response.status() == StatusCode::SERVICE_UNAVAILABLE;
    let headers = response.headers_mut();
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
    if away {
        headers.entry(RETRY_AFTER).or_insert(HeaderValue::from_static("1"));
    }
}

/// A request that finds no turn, takes too long or panics is answered all the same. The panic's hook has logged it.
async fn guard(State(work): State<Work>, mut request: Request, next: Next) -> Response {
    let Work {
        limit,
        turns,
        crowd,
        metrics,
    } = work;
    let dialect = Dialect::of(request.uri().path());
    let id = request.extensions().get::<RequestId>().cloned();
    let reading = request.extensions().get::<Reading>().cloned();
    let turned_away = || {
        metrics.shed(dialect.name());
        tracing::warn!("turned away: too many requests are being worked on");
        dialect.refuse(Refusal::Unavailable, id.as_ref())
    };
    let Some(turn) = turns.take().await else {
        return turned_away();
    };
    if let Some(reading) = &reading {
        reading.watch_turn(turn.clone(), crowd, request.extensions().get().copied());
    }
    request.extensions_mut().insert(turn);
    let run = AssertUnwindSafe(next.run(request)).catch_unwind();
    let answer = tokio::time::timeout(limit, run).await;
    if reading.as_ref().is_some_and(Reading::lost_turn) {
        return turned_away();
    }
    let refusal = match answer {
        Ok(Ok(response)) => return response,
        Ok(Err(_panic)) => Refusal::Broken,
        Err(_elapsed) if reading.is_some_and(|reading| reading.waits()) => Refusal::Incomplete,
        Err(_elapsed) => {
            tracing::warn!(limit_seconds = limit.as_secs(), "gave up: the request took too long");
            Refusal::Unavailable
        }
    };
    dialect.refuse(refusal, id.as_ref())
}

async fn not_found(request: Request) -> Response {
    refuse(&request, Refusal::NotFound)
}

async fn method_not_allowed(request: Request) -> Response {
    refuse(&request, Refusal::MethodNotAllowed)
}

fn refuse(request: &Request, refusal: Refusal) -> Response {
    Dialect::of(request.uri().path()).refuse(refusal, request.extensions().get())
}

#[cfg(test)]
mod tests;
