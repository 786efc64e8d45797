//! Why nothing of a request was executed, whatever transport it came by.

use async_graphql::parser;
use async_graphql::{ErrorExtensionValues, Pos, ServerError};

use crate::domain::idempotency;
use crate::graphql::error::{Code, coded, internal};
use crate::graphql::guard::Refusal;

/// Errors of a request as a whole: its answer has no `data`.
#[derive(Debug)]
pub struct Refused {
    pub kind: Kind,
    pub errors: Vec<ServerError>,
}

/// What a transport may have a status of its own for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// By GraphQL's rules: it does not parse, or does not fit the schema.
    Document,
    /// Not a matter of GraphQL: such a request is not even looked at as one.
    Request,
    /// Only another method may ask for this.
    Mutation,
    /// The idempotency key is in the way.
    Key(idempotency::Refusal),
    Unauthenticated,
    /// Whoever asks has asked for too much lately.
    TooMany,
    Unavailable,
    Fault,
}

impl Kind {
    /// In logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Request => "request",
            Self::Mutation => "mutation",
            Self::Key(_) => "idempotency key",
            Self::Unauthenticated => "unauthenticated",
            Self::TooMany => "too many",
            Self::Unavailable => "unavailable",
            Self::Fault => "fault",
        }
    }
}

impl Refused {
    pub fn new(kind: Kind, code: Code, message: impl Into<String>) -> Self {
        Self {
            kind,
            errors: vec![server_error(coded(code, message), None)],
        }
    }

    /// What is no GraphQL request at all.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(Kind::Request, Code::BadRequest, message)
    }

    pub fn unauthenticated() -> Self {
        let message = "The API key or token is not valid";
        Self::new(Kind::Unauthenticated, Code::Unauthenticated, message)
    }

    pub fn too_many() -> Self {
        let message = "Too many requests; try again later";
        Self::new(Kind::TooMany, Code::RateLimited, message)
    }

    pub fn unavailable() -> Self {
        let message = "The service is temporarily unavailable; try again";
        Self::new(Kind::Unavailable, Code::Unavailable, message)
    }

    /// A fault of ours, which the log knows by the request's id.
    pub fn fault(request_id: &str) -> Self {
        Self {
            kind: Kind::Fault,
            errors: vec![server_error(internal(request_id), None)],
        }
    }

    /// What the validator, or the executor before it began, says.
    pub fn document(mut errors: Vec<ServerError>) -> Self {
        for error in &mut errors {
            error
                .extensions
                .get_or_insert_with(|| extensions(Code::ValidationFailed));
        }
        Self {
            kind: Kind::Document,
            errors,
        }
    }

    /// The parser's drawing of the place and what it expected there, as one line.
    pub fn syntax(error: &parser::Error) -> Self {
        let reason = match error {
            parser::Error::Syntax { message, .. } => {
                let last = message.lines().last().unwrap_or_default();
                last.trim().trim_start_matches("= ").to_owned()
            }
            other => other.to_string(),
        };
        Refusal {
            code: Code::ParseFailed,
            message: format!("Syntax Error: {reason}"),
            at: error.positions().next(),
        }
        .into()
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        let Refusal { code, message, at } = refusal;
        Self {
            kind: match code {
                Code::LimitExceeded => Kind::Request,
                _ => Kind::Document,
            },
            errors: vec![server_error(coded(code, message), at)],
        }
    }
}

fn server_error(error: async_graphql::Error, at: Option<Pos>) -> ServerError {
    let async_graphql::Error {
        message, extensions, ..
    } = error;
    let mut error = ServerError::new(message, at);
    error.extensions = extensions;
    error
}

fn extensions(code: Code) -> ErrorExtensionValues {
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
            let refused = Refused::syntax(&parse_query(broken).unwrap_err());
            let message = &refused.errors[0].message;
            assert!(message.starts_with("Syntax Error: "), "{broken}: {message}");
            assert!(!message.contains(['\n', '|']), "{broken}: {message}");
            assert!(message.len() > "Syntax Error: ".len(), "{broken}");
        }
    }
}
