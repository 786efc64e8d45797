//! The order of the checks is part of the contract: method, key, scope, and only then the body: its size, its type, its
//! shape, its values, and what is stored already.

use axum::extract::{Request, State};
use axum::http::header::{ALLOW, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::error::Refusal;
use super::{SHIM, auth, convert, wire};
use crate::auth::Gate;
use crate::domain::caller::{Door, Scope, Scopes};
use crate::domain::leads::{self, Registered};
use crate::domain::op::Op;
use crate::rest::shared;

/// In bytes.
const LARGEST_BODY: usize = 1024 * 1024;

pub async fn create(State(gate): State<Gate>, request: Request) -> Response {
    let request_id = shared::request_id(&request);
    let outcome = shared::contain(register(gate, request)).await;
    match outcome.unwrap_or_else(|panic| Err(Refusal::of(panic, Scopes::default()))) {
        Ok(registered) => created(registered),
        Err(refusal) => {
            if let Some(fault) = refusal.fault() {
                shared::log_fault(SHIM, &request_id, fault);
            }
            refusal.response(&request_id)
        }
    }
}

async fn register(gate: Gate, request: Request) -> Result<Registered, Refusal> {
    let (head, body) = request.into_parts();
    let caller = auth::caller(&gate.authenticator, &head.headers).await?;
    let scopes = caller.scopes;
    let op = Op::new(gate.services, caller, Door::Journeybee);
    op.require(Scope::Write).map_err(|error| Refusal::of(error, scopes))?;
    let body = shared::read_body(body, LARGEST_BODY).await?;
    if !is_json(&head.headers) {
        return Err(Refusal::unreadable("Content-Type must be application/json"));
    }
    let new = convert::registration(body)?;
    let registered = shared::to_completion(async move { leads::register(&op, new).await });
    registered.await.map_err(|error| Refusal::of(error, scopes))
}

/// Whether the body says that it is JSON. Parameters such as a charset may follow.
fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value.map(|value| value.split(';').next().unwrap_or(value).trim());
    essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"))
}

fn created(registered: Registered) -> Response {
    let Registered {
        id,
        uuid,
        partnership_lead_id,
    } = registered;
    let body = wire::Created {
        id,
        uuid,
        partnership_lead_id,
    };
    shared::json(StatusCode::CREATED, &body)
}

pub async fn other_method(request: Request) -> Response {
    let refused = Refusal::other_method().response(&shared::request_id(&request));
    ([(ALLOW, "POST")], refused).into_response()
}

pub async fn unknown_path(request: Request) -> Response {
    Refusal::unknown_path().response(&shared::request_id(&request))
}
