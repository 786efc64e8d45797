//! Answers as HTTP has them: a status, a media type, a body.

use std::panic::AssertUnwindSafe;

use async_graphql::{Response as Answer, ServerError};
use axum::body::Body;
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use futures_util::FutureExt;
use serde::Serialize;

use crate::domain::idempotency::Refusal;
use crate::graphql::engine::{Kind, Refused};
use crate::graphql::error::Code;
use crate::graphql::negotiate::MediaType;
use crate::request_id::RequestId;

/// What a request comes to. A panic on the way is a fault in GraphQL's form too; the panic's hook has logged it.
pub(super) async fn contained(
    answer: impl Future<Output = Result<Response, Rejection>>,
    request_id: &RequestId,
) -> Result<Response, Rejection> {
    let caught = AssertUnwindSafe(answer).catch_unwind().await;
    caught.unwrap_or_else(|_panic| Err(Refused::fault(request_id.as_str()).into()))
}

/// An answer without `data`.
#[derive(Debug)]
pub(super) struct Rejection {
    status: Status,
    errors: Vec<ServerError>,
    headers: Vec<(HeaderName, &'static str)>,
}

#[derive(Clone, Copy, Debug)]
enum Status {
    Is(StatusCode),
    /// By GraphQL's rules: it depends on the media type of the answer.
    OfRequestErrors,
}

impl Rejection {
    pub(super) fn new(status: StatusCode, code: Code, message: impl Into<String>) -> Self {
        Self {
            status: Status::Is(status),
            ..Refused::new(Kind::Request, code, message).into()
        }
    }

    pub(super) fn bad_request(message: &str) -> Self {
        Refused::bad_request(message).into()
    }

    pub(super) fn with(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(super) fn response(self, media: MediaType) -> Response {
        let Self {
            status,
            errors,
            headers,
        } = self;
        let status = match (status, media) {
            (Status::Is(status), _) => status,
            (Status::OfRequestErrors, MediaType::Json) => StatusCode::OK,
            (Status::OfRequestErrors, MediaType::GraphqlResponse | MediaType::EventStream) => StatusCode::BAD_REQUEST,
        };
        // What is refused is no stream.
        let media = match media {
            MediaType::EventStream => MediaType::Json,
            MediaType::Json | MediaType::GraphqlResponse => media,
        };
        // Texts, numbers and string keys: nothing of it can fail to print.
        let body = serde_json::to_vec(&Errors { errors: &errors }).unwrap_or_default();
        let mut response = respond(status, media, body);
        for (name, value) in headers {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

impl From<Refused> for Rejection {
    fn from(refused: Refused) -> Self {
        let Refused { kind, errors } = refused;
        let (status, headers) = match kind {
            Kind::Document => (Status::OfRequestErrors, vec![]),
            Kind::Request => (Status::Is(StatusCode::BAD_REQUEST), vec![]),
            Kind::Mutation => (Status::Is(StatusCode::METHOD_NOT_ALLOWED), vec![(ALLOW, "POST")]),
            Kind::Key(Refusal::Reused) => (Status::Is(StatusCode::UNPROCESSABLE_ENTITY), vec![]),
            Kind::Key(Refusal::InProgress) => (Status::Is(StatusCode::CONFLICT), vec![]),
            Kind::Unauthenticated => (Status::Is(StatusCode::UNAUTHORIZED), vec![(WWW_AUTHENTICATE, "Bearer")]),
            Kind::TooMany => (Status::Is(StatusCode::TOO_MANY_REQUESTS), vec![]),
            Kind::Unavailable => (Status::Is(StatusCode::SERVICE_UNAVAILABLE), vec![(RETRY_AFTER, "1")]),
            Kind::Fault => (Status::Is(StatusCode::INTERNAL_SERVER_ERROR), vec![]),
        };
        Self {
            status,
            errors,
            headers,
        }
    }
}

/// Errors and nothing else.
#[derive(Serialize)]
pub(super) struct Errors<'a> {
    pub(super) errors: &'a [ServerError],
}

/// An answer with `data`.
pub(super) fn print(answer: &Answer, media: MediaType, request_id: &RequestId) -> Response {
    match serde_json::to_vec(answer) {
        Ok(body) => respond(StatusCode::OK, media, body),
        Err(error) => {
            tracing::error!(request.id = request_id.as_str(), %error, "an answer could not be printed");
            Rejection::from(Refused::fault(request_id.as_str())).response(media)
        }
    }
}

fn respond(status: StatusCode, media: MediaType, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media.header()));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_a_fault_in_graphqls_form() {
        let broken = async { panic!("a test's own panic") };
        let refused = contained(broken, &RequestId("request-1".into())).await.err().unwrap();
        let response = refused.response(MediaType::GraphqlResponse);
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.headers()[CONTENT_TYPE], MediaType::GraphqlResponse.header());
        let body = axum::body::to_bytes(response.into_body(), 1_000).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let extensions = &body["errors"][0]["extensions"];
        assert_eq!(
            (&extensions["code"], &extensions["requestId"]),
            (&"INTERNAL".into(), &"request-1".into())
        );
        assert!(body.get("data").is_none(), "{body}");
    }

    #[test]
    fn whoever_comes_too_early_is_told_when_to_come_again() {
        let response = Rejection::from(Refused::unavailable()).response(MediaType::Json);
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[RETRY_AFTER], "1");
    }
}
