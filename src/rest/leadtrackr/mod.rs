//! LeadTrackr's API: `createServerSideLead`, `getLead`, `getLeads` and `updateLeadStatus`.
//!
//! Quirks kept for the clients that are in the field:
//! * PHP plugins send `[]` for an empty object, and `company` for `companyName`;
//! * an old server tag misspells `deviceData.ipAdress`; old plugins name `lt_channelflow` and `unique_identifier`;
//! * `projectId` may come as a number: it is one in the vendor's dashboard;
//! * an update answers 201 like a creation: the only success that is documented for a post;
//! * browsers post too, so every answer may be read from any origin;
//! * a phone number in a query has a blank where its plus was not encoded.
//!
//! What the vendor leaves open, and how it is here:
//! * reading and `updateLeadStatus` know their project by the key. A key that is bound to none means the workspace's only
//!   active project, or the one that a `projectId` names, in the query or in the body; else the answer is 400;
//! * `status` is `pending` while a conversion is processed, else `lost` for a lost lead, else the id of the conversion
//!   label of a lead that is done, else `open`: what `conversionId` takes is what `status` gives;
//! * `formData`, `userData` and `attributionData` are what the forms sent and always objects; what somebody edited since is
//!   in the members beside them. `price` is the lead's value in cents, `note` the text of its newest note;
//! * e-mail addresses and phone numbers are compared however they are written;
//! * a parameter that is there and wrong is 400, `limit=0` and `limit=101` too; one that is blank counts as absent.

mod auth;
mod convert;
mod error;
mod handlers;
mod wire;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS};
use axum::middleware::{from_fn, map_response};
use axum::response::Response;
use axum::routing::{any, get, post};

use super::shared;
use crate::auth::Gate;
use handlers::{GET, POST, only};

/// What the routes below take and answer.
pub(super) const OPENAPI: &str = include_str!("openapi.json");

/// The name of this shim in logs.
const SHIM: &str = "leadtrackr";

pub fn router(gate: Gate) -> Router {
    Router::new()
        .route("/api/leads/createServerSideLead", only(POST, post(handlers::create)))
        .route("/api/leads/getLead", only(GET, get(handlers::read::one)))
        .route("/api/leads/getLeads", only(GET, get(handlers::read::page)))
        .route(
            "/api/leads/updateLeadStatus",
            only(POST, post(handlers::status::update)),
        )
        .route("/api/leads", any(handlers::unknown_path))
        .route("/api/leads/", any(handlers::unknown_path))
        .route("/api/leads/{*other}", any(handlers::unknown_path))
        .layer(from_fn(shared::idempotent))
        .layer(map_response(for_any_origin))
        .with_state(gate)
}

/// Beside the few headers that browsers always show to pages.
const READABLE: &str = "Idempotent-Replayed, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id";

async fn for_any_origin(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(READABLE));
    response
}
