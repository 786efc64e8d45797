//! The order of the checks is part of the contract: method, key, scope, and only then the parameters or the body: its
//! size, its type, its shape, its values, and what is stored already.

pub mod catalogue;
pub mod edit;
pub mod read;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{ALLOW, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;

use super::error::Refusal;
use super::{SHIM, auth, convert, wire};
use crate::auth::Gate;
use crate::connection::Kept;
use crate::domain::caller::{Door, Scope, Scopes};
use crate::domain::error::{Error, Result as DomainResult};
use crate::domain::leads::{self, Registered};
use crate::domain::op::Op;
use crate::request_id::RequestId;
use crate::rest::shared;

/// In bytes.
const LARGEST_BODY: usize = 1024 * 1024;

/// A route that refuses other methods than these.
pub fn only(methods: &'static str, route: MethodRouter<Gate>) -> MethodRouter<Gate> {
    route.fallback(async move |request: Request| other_method(methods, &request))
}

pub async fn create(State(gate): State<Gate>, request: Request) -> Response {
    answer(shared::request_id(&request), async {
        let (head, body) = request.into_parts();
        let door = enter(gate, &head, Scope::Write).await?;
        let new = convert::registration(posted(&head, body).await?)?;
        let registered = door.write(async move |op| leads::register(&op, new).await).await?;
        Ok(created(registered))
    })
    .await
}

/// A caller who has come in.
pub struct Visit {
    op: Op,
    scopes: Scopes,
    kept: Kept,
}

impl Visit {
    /// An error in the words that this caller may read.
    pub fn refusal(&self, error: Error) -> Refusal {
        Refusal::of(error, self.scopes)
    }

    /// Runs a write to its end, though the client may be gone by then.
    pub async fn write<T, F>(&self, work: impl FnOnce(Op) -> F) -> Result<T, Refusal>
    where
        T: Send + 'static,
        F: Future<Output = DomainResult<T>> + Send + 'static,
    {
        let outcome = shared::to_completion(self.kept.clone(), work(self.op.clone())).await;
        outcome.map_err(|error| self.refusal(error))
    }

    /// [`Self::write`] of something that the path names: `missing` tells that it is not there.
    pub async fn write_named<T, F>(&self, missing: Refusal, work: impl FnOnce(Op) -> F) -> Result<T, Refusal>
    where
        T: Send + 'static,
        F: Future<Output = DomainResult<T>> + Send + 'static,
    {
        match shared::to_completion(self.kept.clone(), work(self.op.clone())).await {
            Err(Error::NotFound(_)) => Err(missing),
            outcome => outcome.map_err(|error| self.refusal(error)),
        }
    }
}

/// What every route begins with: the caller, and whether they may.
pub async fn enter(gate: Gate, head: &Parts, scope: Scope) -> Result<Visit, Refusal> {
    let caller = auth::caller(&gate, head).await?;
    let scopes = caller.scopes;
    let op = Op::new(gate.services, caller, Door::Journeybee);
    op.require(scope).map_err(|error| Refusal::of(error, scopes))?;
    let op = match scope {
        Scope::Read => op,
        Scope::Write | Scope::Admin => op.with_key(shared::idempotency_key(head)?),
    };
    let kept = Kept::of(&head.extensions);
    Ok(Visit { op, scopes, kept })
}

/// What every route ends with: the answer, or the refusal, with what the client is not told in the log.
pub async fn answer(request_id: RequestId, work: impl Future<Output = Result<Response, Refusal>>) -> Response {
    let outcome = shared::contain(work).await;
    let outcome = outcome.unwrap_or_else(|panic| Err(Refusal::of(panic, Scopes::default())));
    outcome.unwrap_or_else(|refusal| {
        if let Some(fault) = refusal.fault() {
            shared::log_fault(SHIM, &request_id, fault);
        }
        refusal.response(&request_id)
    })
}

/// The body that a write comes with.
pub async fn posted(head: &Parts, body: Body) -> Result<String, Refusal> {
    let body = shared::read_body(body, LARGEST_BODY).await?;
    if is_json(&head.headers) {
        Ok(body)
    } else {
        Err(Refusal::unreadable("Content-Type must be application/json"))
    }
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

fn other_method(methods: &'static str, request: &Request) -> Response {
    let refused = Refusal::other_method().response(&shared::request_id(request));
    ([(ALLOW, methods)], refused).into_response()
}

pub async fn unknown_path(request: Request) -> Response {
    Refusal::unknown_path().response(&shared::request_id(&request))
}
