//! `/graphql`: one request in, one JSON answer or a stream of answers out.
//!
//! What is no GraphQL request is refused here with a status of its own; from then on answers follow the specification
//! of GraphQL over HTTP: a refused request has no `data`, and its status depends on the media type of the answer.

mod answer;
mod body;
mod stream;

use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use axum::body::Body;
use axum::http::header::ALLOW;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::Response;

use answer::{Rejection, contained, print};

use super::bearers::{Bearers, credentials};
use super::engine::{Engine, Kind, Prepared, Refused, Replays, Toll, Visitor};
use super::error::Code;
use super::negotiate::{self, MediaType};
use super::params::Params;
use super::places::Places;
use crate::auth::quota::Payer;
use crate::connection::Kept;
use crate::idempotency_header;
use crate::request_id::RequestId;

pub use body::Bounds;
pub use stream::StreamLimits;

/// Where requests come in.
#[derive(Clone, Debug)]
pub struct Door {
    pub engine: Arc<Engine>,
    pub bearers: Arc<Bearers>,
    pub places: Arc<Places>,
    pub body: Bounds,
    pub streams: StreamLimits,
}

impl Door {
    pub async fn answer(&self, request: axum::extract::Request) -> Response {
        let (parts, body) = request.into_parts();
        let request_id = parts.extensions.get::<RequestId>().cloned();
        let request_id = request_id.unwrap_or_else(|| RequestId::of(&parts.headers));
        let Some(media) = negotiate::answer_type(&parts.headers) else {
            let taken = "Answers are application/json, application/graphql-response+json or text/event-stream";
            return Rejection::new(StatusCode::NOT_ACCEPTABLE, Code::BadRequest, taken).response(MediaType::Json);
        };
        let visit = Visit {
            door: self,
            media,
            request_id,
        };
        match contained(visit.answer(&parts, body), &visit.request_id).await {
            Ok(response) => response,
            Err(rejection) => rejection.response(media),
        }
    }
}

/// One request on its way through.
struct Visit<'a> {
    door: &'a Door,
    media: MediaType,
    request_id: RequestId,
}

impl Visit<'_> {
    async fn answer(&self, parts: &Parts, body: Body) -> Result<Response, Rejection> {
        check(parts)?;
        let Door { engine, bearers, .. } = self.door;
        let payer = Payer::of(&parts.extensions);
        let bearer = bearers
            .know(credentials(&parts.headers), &payer, &self.request_id)
            .await?;
        let key = idempotency_header::read(&parts.headers);
        let key = key.map_err(|_| Rejection::bad_request(idempotency_header::RULE))?;
        let toll = engine.toll(bearer.caller.as_ref(), &payer)?;
        let (params, toll) = self.params(parts, body, toll).await?;
        let visitor = Visitor {
            caller: bearer.caller.clone(),
            request_id: self.request_id.clone(),
            key: key.clone(),
            replays: match self.media {
                MediaType::EventStream => Replays::InExtensions,
                MediaType::Json | MediaType::GraphqlResponse => Replays::InHeader,
            },
            kept: Kept::of(&parts.extensions),
            payer,
        };
        let prepared = engine.prepare(params, visitor, toll).await;
        if self.media == MediaType::EventStream {
            let prepared = self.streamed(prepared, &parts.method)?;
            return stream::open(self.door, prepared, bearer, parts);
        }
        let prepared = prepared?;
        check_method(&prepared, &parts.method)?;
        if prepared.kind() == OperationType::Subscription {
            let message = "A subscription needs a WebSocket, or the media type text/event-stream";
            return Err(Rejection::bad_request(message));
        }
        let answer = engine.answer(prepared).await?;
        let mut response = print(&answer, self.media, &self.request_id);
        if let Some(key) = &key {
            idempotency_header::mark(response.headers_mut(), key);
        }
        Ok(response)
    }

    /// What a stream is made of. A document that is refused is an answer in it, everything else that is refused is not.
    fn streamed(
        &self,
        prepared: Result<Prepared, Refused>,
        method: &Method,
    ) -> Result<Result<Prepared, Refused>, Rejection> {
        match prepared {
            Ok(prepared) => {
                check_method(&prepared, method)?;
                Ok(Ok(prepared))
            }
            Err(refused) if refused.kind == Kind::Document => Ok(Err(refused)),
            Err(refused) => Err(refused.into()),
        }
    }

    /// What is asked. Who asks for nothing pays for what was read.
    async fn params(&self, parts: &Parts, body: Body, toll: Toll) -> Result<(Params, Toll), Rejection> {
        let (params, bytes) = if parts.method == Method::GET {
            let query = parts.uri.query().unwrap_or_default();
            (Params::parse_url(query), query.len())
        } else {
            match body::read(&parts.headers, body, self.door.body).await {
                Ok(body) => (Params::parse(&body), body.len()),
                Err(rejection) => {
                    toll.wasted(0);
                    return Err(rejection);
                }
            }
        };
        match params {
            Ok(params) => Ok((params, toll)),
            Err(message) => {
                toll.wasted(bytes);
                Err(Rejection::bad_request(message))
            }
        }
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

fn check_method(prepared: &Prepared, method: &Method) -> Result<(), Rejection> {
    match prepared.kind() {
        OperationType::Mutation if method == Method::GET => {
            let message = "A mutation needs the method POST";
            Err(Refused::new(Kind::Mutation, Code::BadRequest, message).into())
        }
        OperationType::Query | OperationType::Mutation | OperationType::Subscription => Ok(()),
    }
}
