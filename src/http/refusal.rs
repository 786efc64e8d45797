//! What is answered here in place of a door, in the dialect of the door that was asked: its path tells which.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::ACCESS_CONTROL_ALLOW_ORIGIN;
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use crate::request_id::RequestId;

/// Why a door does not answer itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    NotFound,
    MethodNotAllowed,
    /// The client took too long to send its request.
    Incomplete,
    /// The door took too long.
    Unavailable,
    /// The door panicked.
    Broken,
}

/// How the clients of a path read errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Graphql,
    Leadtrackr,
    Journeybee,
    /// Nobody's in particular: with the members of both REST dialects.
    Common,
}

impl Dialect {
    pub(super) fn of(path: &str) -> Self {
        let doors = [
            ("/graphql", Self::Graphql),
            ("/api/leads", Self::Leadtrackr),
            ("/api/v1", Self::Journeybee),
        ];
        let is_below = |door| {
            path.strip_prefix(door)
                .is_some_and(|rest: &str| rest.is_empty() || rest.starts_with('/'))
        };
        doors
            .into_iter()
            .find_map(|(door, dialect)| is_below(door).then_some(dialect))
            .unwrap_or(Self::Common)
    }

    /// In metrics.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Graphql => "graphql",
            Self::Leadtrackr => "leadtrackr",
            Self::Journeybee => "journeybee",
            Self::Common => "other",
        }
    }

    pub(super) fn refuse(self, refusal: Refusal, id: Option<&RequestId>) -> Response {
        let text = self.text(refusal);
        let id = id.map(RequestId::as_str);
        let body = match self {
            Self::Graphql => graphql(text, refusal, id),
            Self::Leadtrackr => json!({ "message": text }),
            Self::Journeybee => json!({ "error": text, "request_id": id }),
            Self::Common => json!({ "message": text, "error": text, "request_id": id }),
        };
        let mut response = (refusal.status(), Json(body)).into_response();
        if self == Self::Leadtrackr {
            // Browsers post there from any page, and could not read the answer without it.
            let anyone = HeaderValue::from_static("*");
            response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, anyone);
        }
        response
    }

    /// The sentence that the door itself uses for it.
    fn text(self, refusal: Refusal) -> &'static str {
        match (refusal, self) {
            (Refusal::NotFound, _) => "Not found",
            (Refusal::MethodNotAllowed, _) => "Method not allowed",
            (Refusal::Incomplete, _) => "The request was not complete in time",
            (Refusal::Unavailable, Self::Graphql) => "The service is temporarily unavailable; try again",
            (Refusal::Unavailable, Self::Leadtrackr | Self::Journeybee | Self::Common) => "Service unavailable",
            (Refusal::Broken, Self::Leadtrackr) => "Internal server error",
            (Refusal::Broken, Self::Graphql) => "Something went wrong on our side",
            (Refusal::Broken, Self::Journeybee | Self::Common) => "An unexpected error occurred",
        }
    }
}

impl Refusal {
    fn status(self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Incomplete => StatusCode::REQUEST_TIMEOUT,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

fn graphql(text: &str, refusal: Refusal, id: Option<&str>) -> Value {
    let code = match refusal {
        Refusal::NotFound | Refusal::MethodNotAllowed | Refusal::Incomplete => "BAD_REQUEST",
        Refusal::Unavailable => "UNAVAILABLE",
        Refusal::Broken => "INTERNAL",
    };
    json!({ "errors": [{ "message": text, "extensions": { "code": code, "requestId": id } }] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_door_s_or_below_it() {
        for (path, dialect) in [
            ("/graphql", Dialect::Graphql),
            ("/graphql/", Dialect::Graphql),
            ("/graphiql", Dialect::Common),
            ("/graphqlx", Dialect::Common),
            ("/api/leads/createServerSideLead", Dialect::Leadtrackr),
            ("/api/v1/leads", Dialect::Journeybee),
            ("/api/v11/leads", Dialect::Common),
            ("/", Dialect::Common),
        ] {
            assert_eq!(Dialect::of(path), dialect, "{path}");
        }
    }
}
