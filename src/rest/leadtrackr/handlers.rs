//! The order of the checks is part of the contract: method, key, scope, and only then the parameters or the body, the
//! project, and the rest.

pub mod read;
pub mod status;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_MAX_AGE, ALLOW};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;

use super::error::Refusal;
use super::{SHIM, auth, convert, wire};
use crate::auth::Gate;
use crate::connection::Kept;
use crate::domain::caller::{Door, Scope};
use crate::domain::leads::{self, Captured, Outcome};
use crate::domain::op::Op;
use crate::domain::projects;
use crate::request_id::RequestId;
use crate::rest::shared;

/// In bytes.
const LARGEST_BODY: usize = 256 * 1024;

/// The methods of a route, as its headers name them.
pub const GET: &str = "GET, HEAD, OPTIONS";
pub const POST: &str = "POST, OPTIONS";

/// A route that answers browsers which ask before they send, and refuses every other method.
pub fn only(methods: &'static str, route: MethodRouter<Gate>) -> MethodRouter<Gate> {
    route
        .options(async move || preflight(methods))
        .fallback(async move || other_method(methods))
}

pub async fn create(State(gate): State<Gate>, request: Request) -> Response {
    let request_id = shared::request_id(&request);
    answer(request_id, async {
        let captured = capture(gate, request).await?;
        Ok(stored(&captured))
    })
    .await
}

async fn capture(gate: Gate, request: Request) -> Result<Captured, Refusal> {
    let (head, body) = request.into_parts();
    let op = enter(gate, &head, Scope::Write).await?;
    let body = shared::read_body(body, LARGEST_BODY).await?;
    let submission = convert::submission(&body).ok_or(Refusal::INVALID_JSON)?;
    let project = projects::destination(&op, &convert::project(&submission)?).await?;
    let new = convert::capture(submission, body).or_else(|problem| {
        projects::require_active(&project)?;
        Err(Refusal::from(problem))
    })?;
    let kept = Kept::of(&head.extensions);
    let captured = shared::to_completion(kept, async move { leads::capture(&op, &project, new).await });
    Ok(captured.await?)
}

/// What every route begins with: the caller, and whether they may.
async fn enter(gate: Gate, head: &Parts, scope: Scope) -> Result<Op, Refusal> {
    let caller = auth::caller(&gate, head).await?;
    let op = Op::new(gate.services, caller, Door::Leadtrackr);
    op.require(scope)?;
    match scope {
        Scope::Read => Ok(op),
        Scope::Write | Scope::Admin => Ok(op.with_key(shared::idempotency_key(head)?)),
    }
}

/// What every route ends with: the answer, or the refusal, with what the client is not told in the log.
async fn answer(request_id: RequestId, work: impl Future<Output = Result<Response, Refusal>>) -> Response {
    let outcome = shared::contain(work).await;
    outcome
        .unwrap_or_else(|panic| Err(panic.into()))
        .unwrap_or_else(|refusal| {
            if let Some(fault) = refusal.fault() {
                shared::log_fault(SHIM, &request_id, fault);
            }
            refusal.response()
        })
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

fn preflight(methods: &'static str) -> Response {
    let allowed = [
        (ACCESS_CONTROL_ALLOW_METHODS, methods),
        (ACCESS_CONTROL_ALLOW_HEADERS, "Content-Type, X-API-Key, Idempotency-Key"),
        (ACCESS_CONTROL_MAX_AGE, "86400"),
    ];
    (StatusCode::NO_CONTENT, allowed).into_response()
}

fn other_method(methods: &'static str) -> Response {
    ([(ALLOW, methods)], Refusal::OTHER_METHOD.response()).into_response()
}

pub async fn unknown_path() -> Response {
    Refusal::UNKNOWN_PATH.response()
}
