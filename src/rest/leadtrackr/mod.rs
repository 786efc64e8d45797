//! LeadTrackr's `POST /api/leads/createServerSideLead`.
//!
//! Quirks kept for the clients that are in the field:
//! * PHP plugins send `[]` for an empty object, and `company` for `companyName`;
//! * an old server tag misspells `deviceData.ipAdress`; old plugins name `lt_channelflow` and `unique_identifier`;
//! * `projectId` may come as a number: it is one in the vendor's dashboard;
//! * an update answers 201 like a creation: the only success that is documented;
//! * browsers post too, so every answer may be read from any origin.

mod auth;
mod convert;
mod error;
mod handlers;
mod wire;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::ACCESS_CONTROL_ALLOW_ORIGIN;
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::{any, post};

use crate::auth::Gate;

/// The name of this shim in logs.
const SHIM: &str = "leadtrackr";

pub fn router(gate: Gate) -> Router {
    let create = post(handlers::create)
        .options(handlers::preflight)
        .fallback(handlers::other_method);
    Router::new()
        .route("/api/leads/createServerSideLead", create)
        .route("/api/leads", any(handlers::unknown_path))
        .route("/api/leads/", any(handlers::unknown_path))
        .route("/api/leads/{*other}", any(handlers::unknown_path))
        .layer(map_response(for_any_origin))
        .with_state(gate)
}

async fn for_any_origin(mut response: Response) -> Response {
    let any = HeaderValue::from_static("*");
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, any);
    response
}
