//! Answers: as a whole, or as a refusal without `data`.

use async_graphql::parser;
use async_graphql::{ErrorExtensionValues, Pos, Response as Answer, ServerError, Value};
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;

use crate::graphql::error::{Code, coded};
use crate::graphql::guard::Refusal;
use crate::graphql::negotiate::MediaType;

/// Whether nothing was executed: errors of fields have a path.
pub(super) fn is_request_error(answer: &Answer) -> bool {
    let null = answer.data == Value::Null;
    null && !answer.errors.is_empty() && answer.errors.iter().all(|error| error.path.is_empty())
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
}
