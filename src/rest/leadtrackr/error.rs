//! Refusals in LeadTrackr's dialect: a status and one `message`.

use std::borrow::Cow;

use axum::http::StatusCode;
use axum::response::Response;

use super::wire;
use crate::domain::caller::Scope;
use crate::domain::error::{Conflict, Error, Problem};
use crate::domain::idempotency;
use crate::idempotency_header::{self, Malformed};
use crate::rest::shared::{self, BodyError};

#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    message: Cow<'static, str>,
    /// What the client is not told.
    fault: Option<Error>,
}

impl Refusal {
    pub const MISSING_KEY: Self = Self::new(StatusCode::UNAUTHORIZED, "Missing X-API-Key header");
    pub const INVALID_KEY: Self = Self::new(StatusCode::UNAUTHORIZED, "Invalid API key");
    pub const INVALID_JSON: Self = Self::new(StatusCode::BAD_REQUEST, "Invalid JSON body");
    pub const TOO_LARGE: Self = Self::new(StatusCode::PAYLOAD_TOO_LARGE, "Payload too large");
    pub const TOO_MANY: Self = Self::new(StatusCode::TOO_MANY_REQUESTS, "Too many requests");
    pub const OTHER_METHOD: Self = Self::new(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed");
    pub const UNKNOWN_PATH: Self = Self::new(StatusCode::NOT_FOUND, "Not found");
    pub const UNKNOWN_LEAD: Self = Self::new(StatusCode::NOT_FOUND, "Lead not found");

    const fn new(status: StatusCode, message: &'static str) -> Self {
        Self {
            status,
            message: Cow::Borrowed(message),
            fault: None,
        }
    }

    pub fn fault(&self) -> Option<&Error> {
        self.fault.as_ref()
    }

    pub fn response(&self) -> Response {
        let message = &self.message;
        shared::json(self.status, &wire::Refused { message })
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::Forbidden(Scope::Read) => Self::new(StatusCode::FORBIDDEN, "Read access required"),
            Error::Forbidden(Scope::Write | Scope::Admin) => Self::new(StatusCode::FORBIDDEN, "Write access required"),
            Error::Invalid(problems) => Self {
                message: problems.into_iter().next().map_or("Invalid request".into(), sentence),
                ..Self::new(StatusCode::BAD_REQUEST, "")
            },
            Error::NotFound(problem) => Self {
                message: sentence(problem),
                ..Self::new(StatusCode::NOT_FOUND, "")
            },
            // As if the key of another project had been compared: which projects there are is not told.
            Error::OtherProject => Self::INVALID_KEY,
            Error::ProjectInactive => Self::new(StatusCode::FORBIDDEN, "Project is inactive"),
            Error::Conflict(Conflict::Taken(problem)) => Self {
                message: sentence(problem),
                ..Self::new(StatusCode::CONFLICT, "")
            },
            Error::Conflict(Conflict::DuplicateLead { .. } | Conflict::Stale(_)) => {
                Self::new(StatusCode::CONFLICT, "Duplicate operation")
            }
            Error::Idempotency(refusal) => Self::new(
                match refusal {
                    idempotency::Refusal::Reused => StatusCode::UNPROCESSABLE_ENTITY,
                    idempotency::Refusal::InProgress => StatusCode::CONFLICT,
                },
                refusal.message(),
            ),
            Error::Unavailable(_) => Self {
                fault: Some(error),
                ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "Service unavailable")
            },
            Error::Internal(_) => Self {
                fault: Some(error),
                ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error")
            },
        }
    }
}

/// The client reads one sentence: the first.
fn sentence(problem: Problem) -> Cow<'static, str> {
    Cow::Owned(problem.message)
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Error::from(problem).into()
    }
}

impl From<Malformed> for Refusal {
    fn from(_: Malformed) -> Self {
        Self::new(StatusCode::BAD_REQUEST, idempotency_header::RULE)
    }
}

impl From<BodyError> for Refusal {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => Self::TOO_LARGE,
            BodyError::Broken => Self::INVALID_JSON,
        }
    }
}
