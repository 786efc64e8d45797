//! The order of the checks is part of the contract: method, key, scope, and only then the body, the project in it, and
//! the rest.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_MAX_AGE, ALLOW};
use axum::response::{IntoResponse, Response};

use super::error::Refusal;
use super::{SHIM, auth, convert, wire};
use crate::auth::Gate;
use crate::domain::caller::{Door, Scope};
use crate::domain::leads::{self, Captured, Outcome};
use crate::domain::op::Op;
use crate::domain::projects;
use crate::rest::shared;

/// In bytes.
const LARGEST_BODY: usize = 256 * 1024;

const METHODS: &str = "POST, OPTIONS";

pub async fn create(State(gate): State<Gate>, request: Request) -> Response {
    let request_id = shared::request_id(&request);
    let outcome = shared::contain(capture(gate, request)).await;
    match outcome.unwrap_or_else(|panic| Err(panic.into())) {
        Ok(captured) => stored(&captured),
        Err(refusal) => {
            if let Some(fault) = refusal.fault() {
                shared::log_fault(SHIM, &request_id, fault);
            }
            refusal.response()
        }
    }
}

async fn capture(gate: Gate, request: Request) -> Result<Captured, Refusal> {
    let (head, body) = request.into_parts();
    let caller = auth::caller(&gate.authenticator, &head.headers).await?;
    let op = Op::new(gate.services, caller, Door::Leadtrackr);
    op.require(Scope::Write)?;
    let body = shared::read_body(body, LARGEST_BODY).await?;
    let submission = convert::submission(&body).ok_or(Refusal::INVALID_JSON)?;
    let project = projects::open(&op, &convert::project(&submission)?).await?;
    let new = convert::capture(submission, body)?;
    let captured = shared::to_completion(async move { leads::capture(&op, &project, new).await });
    Ok(captured.await?)
}

fn stored(captured: &Captured) -> Response {
    let Captured {
        outcome,
        id,
        uuid: _,
        unique_identifier,
    } = captured;
    let message = match outcome {
        Outcome::Created => "Lead created successfully",
        Outcome::Updated => "Lead updated successfully",
    };
    let body = wire::Stored {
        message,
        lead_id: *id,
        unique_identifier: unique_identifier.as_deref(),
    };
    shared::json(StatusCode::CREATED, &body)
}

pub async fn preflight() -> Response {
    let allowed = [
        (ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (ACCESS_CONTROL_ALLOW_HEADERS, "Content-Type, X-API-Key"),
        (ACCESS_CONTROL_MAX_AGE, "86400"),
    ];
    (StatusCode::NO_CONTENT, allowed).into_response()
}

pub async fn other_method() -> Response {
    ([(ALLOW, METHODS)], Refusal::OTHER_METHOD.response()).into_response()
}

pub async fn unknown_path() -> Response {
    Refusal::UNKNOWN_PATH.response()
}
