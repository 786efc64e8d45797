//! Two APIs that legacy clients know, each spoken exactly as its vendor documents it.
//!
//! A shim is a folder that can be deleted: it names the domain, `auth` and `shared`, never another shim. Each has the
//! same files: `mod` (routes, known quirks), `auth` (its header), `wire` (bodies as they are on the wire), `convert`
//! (pure), `error` (its dialect), `handlers`, and `openapi.json` (what it answers, for programs).

mod journeybee;
mod leadtrackr;
mod openapi;
mod shared;

use axum::Router;

use crate::auth::Gate;

/// The routes of all shims.
pub fn router(gate: Gate) -> Router {
    Router::new()
        .merge(leadtrackr::router(gate.clone()))
        .merge(journeybee::router(gate))
        .merge(openapi::router())
}
