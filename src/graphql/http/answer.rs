//! Answers: as a whole, or as a refusal without `data`.

use std::panic::AssertUnwindSafe;

use async_graphql::parser;
use async_graphql::{ErrorExtensionValues, PathSegment, Pos, Response as Answer, ServerError, Value};
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use futures_util::FutureExt;
use serde::Serialize;

use crate::graphql::error::{Code, coded, internal};
use crate::graphql::guard::Refusal;
use crate::graphql::negotiate::MediaType;

/// Whether nothing was executed: errors of fields have a path.
pub(super) fn is_request_error(answer: &Answer) -> bool {
    let null = answer.data == Value::Null;
    null && !answer.errors.is_empty() && answer.errors.iter().all(|error| error.path.is_empty())
}

/// What a request comes to. A panic on the way is a fault in GraphQL's form too; the panic's hook has logged it.
pub(super) async fn contained(
    answer: impl Future<Output = Result<Response, Rejection>>,
    request_id: &str,
) -> Result<Response, Rejection> {
    let caught = AssertUnwindSafe(answer).catch_unwind().await;
    caught.unwrap_or_else(|_panic| Err(Rejection::fault(request_id)))
}

/// Words an error that none of our resolvers made: the executor's own, about values that break the schema. Its text
/// holds them, and goes neither to the log nor to the client.
pub(super) fn mask(error: &mut ServerError, request_id: &str) {
    let path: Vec<String> = error.path.iter().map(segment).collect();
    let path = path.join(".");
    // The executor's words for an argument that it could not read; what resolvers fail with has extensions.
    let worded = if error.message.starts_with("Failed to parse \"") {
        tracing::warn!(request.id = request_id, path, "the executor refused an argument");
        coded(Code::BadUserInput, "An argument does not fit its type")
    } else {
        tracing::error!(request.id = request_id, path, "the executor failed a field");
        internal(request_id)
    };
    error.message = worded.message;
    error.extensions = worded.extensions;
}

fn segment(segment: &PathSegment) -> String {
    match segment {
        PathSegment::Field(name) => name.clone(),
        PathSegment::Index(index) => index.to_string(),
    }
}

/// The parser's drawing of the place and what it expected there, as one line.
pub(super) fn syntax_error(error: parser::Error) -> Refusal {
    let at = error.positions().next();
    let reason = match &error {
        parser::Error::Syntax { message, .. } => {
            let last = message.lines().last().unwrap_or_default();
            last.trim().trim_start_matches("= ").to_owned()
        }
        other => other.to_string(),
    };
    Refusal {
        code: Code::ParseFailed,
        message: format!("Syntax Error: {reason}"),
        at,
    }
}

/// An answer without `data`.
pub(super) struct Rejection {
    pub(super) status: StatusCode,
    pub(super) errors: Vec<ServerError>,
    pub(super) headers: Vec<(HeaderName, &'static str)>,
}

impl Rejection {
    pub(super) fn new(status: StatusCode, code: Code, message: impl Into<String>) -> Self {
        Self {
            status,
            errors: vec![server_error(coded(code, message), None)],
            headers: Vec::new(),
        }
    }

    pub(super) fn bad_request(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Code::BadRequest, message)
    }

    /// A fault of ours, which the log knows by the request's id.
    pub(super) fn fault(request_id: &str) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            errors: vec![server_error(internal(request_id), None)],
            headers: Vec::new(),
        }
    }

    pub(super) fn unavailable() -> Self {
        let message = "The service is temporarily unavailable; try again";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, Code::Unavailable, message).with(RETRY_AFTER, "1")
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
        // Texts, numbers and string keys: nothing of it can fail to print.
        let body = serde_json::to_vec(&Refused { errors }).unwrap_or_default();
        let mut response = respond(status, media, body);
        for (name, value) in headers {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

/// Errors and nothing else.
#[derive(Serialize)]
struct Refused {
    errors: Vec<ServerError>,
}

pub(super) fn respond(status: StatusCode, media: MediaType, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media.header()));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

pub(super) fn server_error(error: async_graphql::Error, at: Option<Pos>) -> ServerError {
    let async_graphql::Error {
        message, extensions, ..
    } = error;
    let mut error = ServerError::new(message, at);
    error.extensions = extensions;
    error
}

pub(super) fn extensions(code: Code) -> ErrorExtensionValues {
    coded(code, "").extensions.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    #[test]
    fn syntax_errors_are_one_line() {
        for broken in [
            "",
            "{",
            "{ a(x: ) }",
            "{ a } }",
            "query {",
            "{ a(x: \"\\q\") }",
            "query A { a } query A { b }",
        ] {
            let refusal = syntax_error(parse_query(broken).unwrap_err());
            assert!(
                refusal.message.starts_with("Syntax Error: "),
                "{broken}: {}",
                refusal.message
            );
            assert!(!refusal.message.contains(['\n', '|']), "{broken}: {}", refusal.message);
            assert!(refusal.message.len() > "Syntax Error: ".len(), "{broken}");
        }
    }

    #[tokio::test]
    async fn a_panic_is_a_fault_in_graphqls_form() {
        let broken = async { panic!("a test's own panic") };
        let refused = contained(broken, "request-1").await.err().unwrap();
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
        let response = Rejection::unavailable().response(MediaType::Json);
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[RETRY_AFTER], "1");
    }

    /// Keeps what is logged.
    #[derive(Clone, Default)]
    struct Heard(std::sync::Arc<std::sync::Mutex<String>>);

    impl tracing::Subscriber for Heard {
        fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
            true
        }

        fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
            tracing::span::Id::from_u64(1)
        }

        fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

        fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

        fn event(&self, event: &tracing::Event<'_>) {
            let mut heard = self.0.lock().unwrap();
            event.record(&mut |field: &tracing::field::Field, value: &dyn std::fmt::Debug| {
                heard.push_str(&format!("{field}={value:?} "));
            });
        }

        fn enter(&self, _: &tracing::span::Id) {}

        fn exit(&self, _: &tracing::span::Id) {}
    }

    #[test]
    fn what_clients_sent_goes_neither_into_the_log_nor_into_answers() {
        for (message, code) in [
            ("Failed to parse \"Int\": \"secret\" is no number", "BAD_USER_INPUT"),
            ("Variable secret is not defined.", "INTERNAL"),
        ] {
            let mut error = ServerError::new(message, None);
            error.path = vec![PathSegment::Field("leads".into()), PathSegment::Index(3)];
            let heard = Heard::default();
            tracing::subscriber::with_default(heard.clone(), || mask(&mut error, "request-1"));
            let logged = heard.0.lock().unwrap().clone();
            assert!(logged.contains("leads.3") && logged.contains("request-1"), "{logged}");
            let shown = serde_json::to_value(&error).unwrap();
            assert_eq!(shown["extensions"]["code"], code);
            assert!(!format!("{logged}{shown}").contains("secret"), "{logged} {shown}");
        }
    }
}
