//! Which pages may use a door from a browser. Credentials are headers, never cookies, so that nothing happens on behalf
//! of somebody who does not know.

use std::time::Duration;

use axum::Router;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::config::CorsConfig;
use crate::request_id;

/// How long browsers remember that they may.
const REMEMBERED: Duration = Duration::from_secs(86_400);

/// The door as it is when no origin is allowed: browsers then keep its answers from other pages.
pub fn allow(door: Router, config: &CorsConfig) -> Router {
    let origins = match config {
        CorsConfig::All => AllowOrigin::any(),
        CorsConfig::Origins(origins) if origins.is_empty() => return door,
        CorsConfig::Origins(origins) => {
            // Origins were checked to be plain text when they were read.
            AllowOrigin::list(origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()))
        }
    };
    let named = HeaderName::from_static;
    let layer = CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([
            AUTHORIZATION,
            CONTENT_TYPE,
            named("x-api-key"),
            named("idempotency-key"),
            named(request_id::HEADER),
        ])
        .expose_headers([
            named(request_id::HEADER),
            named("ratelimit"),
            named("ratelimit-policy"),
            named("retry-after"),
            named("idempotent-replayed"),
        ])
        .max_age(REMEMBERED);
    door.layer(layer)
}
