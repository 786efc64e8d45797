//! JourneyBee's API in its older generation: numeric ids, `{"error": "sentence"}`. Leads, tags, custom fields and
//! partnerships.
//!
//! Quirks kept for the clients that are in the field:
//! * some names are snake_case and some camelCase, as documented;
//! * 406 means that something required is missing or the association type is unknown, 400 that something is invalid or
//!   the association is missing: the only split under which both documented sentences are true;
//! * the minimal sample in the vendor's introduction names no association type, and is answered 406;
//! * both generations' authorization schemes are known, in any case.
//!
//! What the vendor leaves open, and how it is here:
//! * a company is a workspace; its number is `company_id` of every lead;
//! * lists are bare arrays. That of leads is newest first, ten rows a page (`pageSize`, at most 50), and repeats the
//!   `total` in each row. The next page begins behind `cursor`, the `created_at` of the last row: leads of one moment are
//!   never torn apart, so that none is skipped. `page` counts pages instead, and goes with any `sort`. The other lists
//!   are whole, without what is archived;
//! * `userId` must be there, as documented, and be somebody of the workspace; `assigned` asks for that person's leads;
//! * a parameter that is there and wrong is 400; one that is blank counts as absent, and an unknown one is ignored;
//! * a key that may not read gets 403 with its own sentence, and an id in a path that is no number is one that is not
//!   found;
//! * in an edit an absent member is kept and a null or blank text is cleared. A list that is null is kept: clients send
//!   null for what they have not loaded. `value: null` clears a custom field. A lead that is lost has a reason
//!   elsewhere; here it gets a standing one;
//! * a lead that is deleted is archived;
//! * `category` of a new custom field is `lead` unless it is named; created tags and fields are answered whole, 201.

mod auth;
mod convert;
mod error;
mod handlers;
mod wire;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{any, get, patch};

use super::shared;
use crate::auth::Gate;
use handlers::{catalogue, edit, only, read};

/// What the routes below take and answer.
pub(super) const OPENAPI: &str = include_str!("openapi.json");

/// The name of this shim in logs.
const SHIM: &str = "journeybee";

pub fn router(gate: Gate) -> Router {
    Router::new()
        .route(
            "/api/v1/leads",
            only("GET, HEAD, POST", get(read::page).post(handlers::create)),
        )
        .route(
            "/api/v1/leads/{leadId}",
            only("PATCH, DELETE", patch(edit::patch).delete(edit::delete)),
        )
        .route(
            "/api/v1/companies/{companyId}/leads/{leadId}",
            only("GET, HEAD", get(read::one)),
        )
        .route(
            "/api/v1/tags",
            only("GET, HEAD, POST", get(catalogue::tags).post(catalogue::create_tag)),
        )
        .route(
            "/api/v1/custom-fields",
            only("GET, HEAD, POST", get(catalogue::fields).post(catalogue::create_field)),
        )
        .route("/api/v1/partnerships", only("GET, HEAD", get(catalogue::partnerships)))
        .route("/api/v1", any(handlers::unknown_path))
        .route("/api/v1/", any(handlers::unknown_path))
        .route("/api/v1/{*other}", any(handlers::unknown_path))
        .layer(from_fn(shared::idempotent))
        .with_state(gate)
}
