//! `/graphql`: one request in, one JSON answer out.
//!
//! What is no GraphQL request is refused here with a status of its own; from then on answers follow the specification
//! of GraphQL over HTTP: a refused request has no `data`, and its status depends on the media type of the answer.

mod answer;
mod body;

use std::sync::Arc;
use std::time::Duration;

use async_graphql::parser::types::OperationType;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::ALLOW;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use axum::routing::any;

use answer::{Rejection, contained, print};
use body::Bounds;

use super::engine::{DocumentCache, Engine, EngineOptions, Introspection, Kind, Refused, Roots, Visitor};
use super::error::Code;
use super::guard::DocumentLimits;
use super::negotiate::{self, MediaType};
use super::paging::PageLimits;
use super::params::Params;
use super::served;
use crate::auth::{AuthError, Gate};
use crate::domain::caller::Caller;
use crate::idempotency_header;
use crate::request_id::RequestId;

/// What a request may cost before anything of it is executed, and how long pages are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a body.
    pub body: usize,
    /// How long a body may take to arrive. Less than the request as a whole may take, whose end is no GraphQL answer.
    pub body_time: Duration,
    pub document: DocumentLimits,
    pub pages: PageLimits,
    pub introspection: Introspection,
    pub cache: DocumentCache,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 1024 * 1024,
            body_time: Duration::from_secs(15),
            document: DocumentLimits::default(),
            pages: PageLimits::default(),
            introspection: Introspection::Authenticated,
            cache: DocumentCache::default(),
        }
    }
}

/// The route `/graphql`, also with a slash behind it.
pub fn router(gate: Gate, limits: Limits) -> Router {
    let Limits {
        document,
        introspection,
        cache,
        ..
    } = limits;
    let roots = Roots::new(|| served(gate.services.clone(), limits.pages));
    let options = EngineOptions {
        document,
        introspection,
        cache,
    };
    let edge = Edge {
        gate,
        engine: Engine::new(roots, options),
        limits,
    };
    Router::new()
        .route("/graphql", any(endpoint))
        .route("/graphql/", any(endpoint))
        .with_state(Arc::new(edge))
}

struct Edge {
    gate: Gate,
    engine: Engine,
    limits: Limits,
}

async fn endpoint(State(edge): State<Arc<Edge>>, request: axum::extract::Request) -> Response {
    let (parts, body) = request.into_parts();
    let request_id = parts.extensions.get::<RequestId>().cloned();
    let request_id = request_id.unwrap_or_else(|| RequestId::of(&parts.headers));
    let Some(media) = negotiate::answer_type(&parts.headers) else {
        let taken = "Answers are application/json or application/graphql-response+json";
        return Rejection::new(StatusCode::NOT_ACCEPTABLE, Code::BadRequest, taken).response(MediaType::Json);
    };
    let visit = Visit {
        edge: &edge,
        media,
        request_id,
    };
    match contained(visit.answer(&parts, body), &visit.request_id).await {
        Ok(response) => response,
        Err(rejection) => rejection.response(media),
    }
}

/// One request on its way through.
struct Visit<'a> {
    edge: &'a Edge,
    media: MediaType,
    request_id: RequestId,
}

impl Visit<'_> {
    async fn answer(&self, parts: &Parts, body: Body) -> Result<Response, Rejection> {
        check(parts)?;
        let caller = self.caller(&parts.headers).await?;
        let params = self.params(parts, body).await?;
        let key = idempotency_header::read(&parts.headers);
        let key = key.map_err(|_| Rejection::bad_request(idempotency_header::RULE))?;
        let visitor = Visitor {
            caller,
            request_id: self.request_id.clone(),
            key: key.clone(),
        };
        let prepared = self.edge.engine.prepare(params, visitor).await?;
        match prepared.kind() {
            OperationType::Mutation if parts.method == Method::GET => {
                let message = "A mutation needs the method POST";
                return Err(Refused::new(Kind::Mutation, Code::BadRequest, message).into());
            }
            OperationType::Query | OperationType::Mutation | OperationType::Subscription => {}
        }
        let answer = self.edge.engine.answer(prepared).await?;
        let mut response = print(&answer, self.media, &self.request_id);
        if let Some(key) = &key {
            idempotency_header::mark(response.headers_mut(), key);
        }
        Ok(response)
    }

    async fn params(&self, parts: &Parts, body: Body) -> Result<Params, Rejection> {
        if parts.method == Method::GET {
            let query = parts.uri.query().unwrap_or_default();
            return Params::parse_url(query).map_err(Rejection::bad_request);
        }
        let Limits {
            body: bytes, body_time, ..
        } = self.edge.limits;
        let body = body::read(&parts.headers, body, Bounds { bytes, time: body_time }).await?;
        Params::parse(&body).map_err(Rejection::bad_request)
    }

    async fn caller(&self, headers: &HeaderMap) -> Result<Option<Caller>, Refused> {
        let known = self.edge.gate.authenticator.graphql(headers).await;
        known.or_else(|error| match error {
            AuthError::Missing => Ok(None),
            AuthError::Invalid => Err(Refused::unauthenticated()),
            AuthError::Unavailable(cause) => {
                tracing::warn!(request.id = self.request_id.as_str(), error = ?cause, "the database is away");
                Err(Refused::unavailable())
            }
            AuthError::Internal(cause) => {
                tracing::error!(request.id = self.request_id.as_str(), error = ?cause, "a caller could not be known");
                Err(Refused::fault(self.request_id.as_str()))
            }
        })
    }
}

/// Whether this can be a request at all, as far as its head tells. No cookie counts here, so that a page that makes a
/// browser ask by GET asks as a stranger.
fn check(parts: &Parts) -> Result<(), Rejection> {
    match parts.method {
        Method::GET => Ok(()),
        Method::POST if negotiate::is_json(&parts.headers) => Ok(()),
        Method::POST => {
            let message = "The body must be application/json";
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            Err(Rejection::new(status, Code::BadRequest, message))
        }
        _ => {
            let status = StatusCode::METHOD_NOT_ALLOWED;
            let rejection = Rejection::new(status, Code::BadRequest, "Use POST, or GET for queries");
            Err(rejection.with(ALLOW, "GET, POST"))
        }
    }
}
