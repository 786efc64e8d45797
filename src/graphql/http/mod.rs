//! `POST /graphql`: one JSON request in, one JSON answer out.
//!
//! What is no GraphQL request is refused here with a status of its own; from then on answers follow the specification
//! of GraphQL over HTTP: a refused request has no `data`, and its status depends on the media type of the answer.

mod answer;
mod body;

use std::sync::Arc;
use std::time::Duration;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{Request, ServerError};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{ALLOW, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use axum::routing::any;
use tracing::Instrument;

use answer::{Rejection, contained, extensions, is_request_error, mask, respond, server_error, syntax_error};
use body::Bounds;

use super::coercion::Types;
use super::context::Asker;
use super::error::{Code, coded};
use super::guard::{self, DocumentLimits, Refusal};
use super::negotiate::{self, MediaType};
use super::nested::Budget;
use super::paging::PageLimits;
use super::params::Params;
use super::{Schema, schema};
use crate::auth::{AuthError, Gate};
use crate::domain::caller::Caller;
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
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 1024 * 1024,
            body_time: Duration::from_secs(15),
            document: DocumentLimits::default(),
            pages: PageLimits::default(),
        }
    }
}

/// The route `/graphql`, also with a slash behind it.
pub fn router(gate: Gate, limits: Limits) -> Router {
    let schema = schema(gate.services.clone(), limits.pages);
    let edge = Edge {
        gate,
        schema,
        types: Types::new(),
        limits,
    };
    Router::new()
        .route("/graphql", any(endpoint))
        .route("/graphql/", any(endpoint))
        .with_state(Arc::new(edge))
}

struct Edge {
    gate: Gate,
    schema: Schema,
    types: Types,
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
    let answer = visit.answer(&parts.method, &parts.headers, body);
    match contained(answer, visit.request_id.as_str()).await {
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
    async fn answer(&self, method: &Method, headers: &HeaderMap, body: Body) -> Result<Response, Rejection> {
        if method != Method::POST {
            let rejection = Rejection::new(StatusCode::METHOD_NOT_ALLOWED, Code::BadRequest, "Use POST");
            return Err(rejection.with(ALLOW, "POST"));
        }
        if !negotiate::is_json(headers) {
            let message = "The body must be application/json";
            return Err(Rejection::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                Code::BadRequest,
                message,
            ));
        }
        let caller = self.caller(headers).await?;
        let Limits {
            body: bytes, body_time, ..
        } = self.edge.limits;
        let body = body::read(headers, body, Bounds { bytes, time: body_time }).await?;
        let mut params = Params::parse(&body).map_err(Rejection::bad_request)?;
        drop(body);
        let document = self.document(&params)?;
        let operation = params.operation(&document).map_err(|refusal| self.refused(refusal))?;
        let kind = operation.node.ty;
        let filled = params.fill(&operation.node);
        let fitting = filled.and_then(|()| self.edge.types.check(&document, &operation.node, &params.variables));
        fitting.map_err(|refusal| self.refused(refusal))?;
        let answer = self.execute(params, document, kind, caller).await?;
        Ok(self.print(answer))
    }

    async fn caller(&self, headers: &HeaderMap) -> Result<Option<Caller>, Rejection> {
        let known = self.edge.gate.authenticator.graphql(headers).await;
        known.or_else(|error| match error {
            AuthError::Missing => Ok(None),
            AuthError::Invalid => {
                let message = "The API key or token is not valid";
                let rejection = Rejection::new(StatusCode::UNAUTHORIZED, Code::Unauthenticated, message);
                Err(rejection.with(WWW_AUTHENTICATE, "Bearer"))
            }
            AuthError::Unavailable(cause) => {
                tracing::warn!(request.id = self.request_id.as_str(), error = ?cause, "the database is away");
                Err(Rejection::unavailable())
            }
            AuthError::Internal(cause) => {
                tracing::error!(request.id = self.request_id.as_str(), error = ?cause, "a caller could not be known");
                Err(self.fault())
            }
        })
    }

    /// The parsed document, with nothing in it that would be dear to walk.
    fn document(&self, params: &Params) -> Result<ExecutableDocument, Rejection> {
        let limits = &self.edge.limits.document;
        guard::scan(&params.query, limits).map_err(|refusal| self.refused(refusal))?;
        let document = parse_query(&params.query).map_err(|error| self.refused(syntax_error(error)))?;
        guard::measure(&document, limits).map_err(|refusal| self.refused(refusal))?;
        Ok(document)
    }

    async fn execute(
        &self,
        params: Params,
        document: ExecutableDocument,
        kind: OperationType,
        caller: Option<Caller>,
    ) -> Result<async_graphql::Response, Rejection> {
        let Params {
            query,
            operation_name,
            variables,
        } = params;
        let mut request = Request::new(query).variables(variables);
        request.operation_name = operation_name;
        request.set_parsed_query(document);
        let request = request
            .data(Asker(caller))
            .data(self.request_id.clone())
            .data(Arc::new(Budget::default()));
        let schema = self.edge.schema.clone();
        match kind {
            OperationType::Query | OperationType::Subscription => Ok(schema.execute(request).await),
            OperationType::Mutation => {
                // A write runs to its end, whether the client still waits for it or not.
                let run = async move { schema.execute(request).await };
                let done = tokio::spawn(run.in_current_span()).await;
                done.map_err(|error| {
                    tracing::error!(request.id = self.request_id.as_str(), %error, "a mutation broke off");
                    self.fault()
                })
            }
        }
    }

    fn print(&self, mut answer: async_graphql::Response) -> Response {
        if is_request_error(&answer) {
            let code = Code::ValidationFailed;
            for error in &mut answer.errors {
                error.extensions.get_or_insert_with(|| extensions(code));
            }
            return self.request_error(answer.errors).response(self.media);
        }
        for error in &mut answer.errors {
            if error.extensions.is_none() {
                mask(error, self.request_id.as_str());
            }
        }
        match serde_json::to_vec(&answer) {
            Ok(body) => respond(StatusCode::OK, self.media, body),
            Err(error) => {
                tracing::error!(request.id = self.request_id.as_str(), %error, "an answer could not be printed");
                self.fault().response(self.media)
            }
        }
    }

    fn fault(&self) -> Rejection {
        Rejection::fault(self.request_id.as_str())
    }

    fn refused(&self, refusal: Refusal) -> Rejection {
        let Refusal { code, message, at } = refusal;
        let errors = vec![server_error(coded(code, message), at)];
        match code {
            // Not a matter of GraphQL: such a document is not even read.
            Code::LimitExceeded => Rejection {
                status: StatusCode::BAD_REQUEST,
                errors,
                headers: Vec::new(),
            },
            _ => self.request_error(errors),
        }
    }

    /// A request that is refused as a whole by GraphQL's rules.
    fn request_error(&self, errors: Vec<ServerError>) -> Rejection {
        Rejection {
            status: match self.media {
                MediaType::Json => StatusCode::OK,
                MediaType::GraphqlResponse => StatusCode::BAD_REQUEST,
            },
            errors,
            headers: Vec::new(),
        }
    }
}
