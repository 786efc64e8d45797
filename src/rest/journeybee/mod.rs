//! JourneyBee's `POST /api/v1/leads`, in its older generation: numeric ids, `{"error": "sentence"}`.
//!
//! Quirks kept for the clients that are in the field:
//! * some names are snake_case and some camelCase, as documented;
//! * 406 means that something required is missing or the association type is unknown, 400 that something is invalid or
//!   the association is missing: the only split under which both documented sentences are true;
//! * the minimal sample in the vendor's introduction names no association type, and is answered 406;
//! * both generations' authorization schemes are known, in any case.

mod auth;
mod convert;
mod error;
mod handlers;
mod wire;

use axum::Router;
use axum::routing::{any, post};

use crate::auth::Gate;

/// The name of this shim in logs.
const SHIM: &str = "journeybee";

pub fn router(gate: Gate) -> Router {
    let create = post(handlers::create).fallback(handlers::other_method);
    Router::new()
        .route("/api/v1/leads", create)
        .route("/api/v1", any(handlers::unknown_path))
        .route("/api/v1/", any(handlers::unknown_path))
        .route("/api/v1/{*other}", any(handlers::unknown_path))
        .with_state(gate)
}
