//! How GraphQL says no: user errors in payloads, coded errors at the top, faults masked.

use async_graphql::{Context, Enum, ErrorExtensionValues, ID, SimpleObject};

use super::context;
use super::node::{GlobalId, NodeKind};
use crate::domain::caller::{Caller, Scope};
use crate::domain::error::{Conflict, Error, Fault, LeadRef, PathSegment, Problem, ProblemCode};
use crate::domain::idempotency;

/// `extensions.code` of a top-level error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    Unauthenticated,
    Forbidden,
    /// The HTTP request is not what this endpoint takes.
    BadRequest,
    ParseFailed,
    ValidationFailed,
    /// An argument breaks a rule that the schema cannot express.
    BadUserInput,
    LimitExceeded,
    /// A document was named by a hash that nobody has sent the text for. Apollo's clients know these words.
    PersistedQueryNotFound,
    /// The idempotency key stands for another request.
    IdempotencyKeyReused,
    /// The first request with the idempotency key is not done yet.
    IdempotencyInProgress,
    /// Events behind the position are not kept any more.
    PositionExpired,
    /// Only trusted documents are run, and this is none.
    NotTrusted,
    /// The caller has no points left.
    RateLimited,
    Unavailable,
    Internal,
}

impl Code {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::BadRequest => "BAD_REQUEST",
            Self::ParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::ValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::LimitExceeded => "LIMIT_EXCEEDED",
            Self::NotTrusted => "PERSISTED_QUERY_NOT_IN_LIST",
            Self::PositionExpired => "POSITION_EXPIRED",
            Self::PersistedQueryNotFound => "PERSISTED_QUERY_NOT_FOUND",
            Self::IdempotencyKeyReused => "IDEMPOTENCY_KEY_REUSED",
            Self::IdempotencyInProgress => "IDEMPOTENCY_IN_PROGRESS",
            Self::RateLimited => "RATE_LIMITED",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL",
        }
    }
}

/// What a resolver fails with. It has no `Display`: async-graphql shows clients the text of everything that has one.
#[derive(Debug)]
pub enum Failure {
    Unauthenticated,
    /// An argument that is no input object's: page sizes, cursors.
    Argument(String),
    /// Problems of an input that the domain never saw.
    Input(Vec<UserError>),
    Domain(Error),
    /// Events behind the position that somebody goes on from are not kept any more.
    PositionExpired,
    /// What was asked is done; only the answer could not be read. Never a user error: those say that nothing was done.
    Reading(Box<Failure>),
}

impl Failure {
    pub fn reading(self) -> Self {
        Self::Reading(Box::new(self))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Domain(error)
    }
}

/// Something in the input that stands against the mutation. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub struct UserError {
    /// What is wrong, for programs.
    pub code: UserErrorCode,
    /// What is wrong, for people.
    pub message: String,
    /// Where in the input: field names and, within lists, positions from 0. Empty when it is the input as a whole.
    pub path: Vec<String>,
    /// The lead that is already there, when the code is `DUPLICATE_LEAD`.
    pub existing_lead_id: Option<ID>,
}

/// The kinds of problems an input can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum UserErrorCode {
    /// Something required is absent or blank.
    Missing,
    /// The value breaks a rule; the message says which.
    Invalid,
    /// The text is too long.
    TooLong,
    /// There are too many entries.
    TooMany,
    /// The id names nothing that this caller can see.
    NotFound,
    /// A lead with this e-mail address, or for this deal, is already registered.
    DuplicateLead,
    /// Another object already has this name.
    Taken,
    /// The project takes no leads at present.
    ProjectInactive,
    /// The object has changed since the version that the edit expected. The payload's `conflict` shows it as it is now.
    Conflict,
    /// This is more than one request may ask for; the message names the limit.
    LimitExceeded,
}

const NO_SUCH_OBJECT: &str = "There is no such object";

impl UserError {
    pub fn new<const N: usize>(code: UserErrorCode, path: [&str; N], message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            path: path.into_iter().map(str::to_owned).collect(),
            existing_lead_id: None,
        }
    }

    /// The one answer to every id that cannot be used: garbage, of another kind, unknown, or another workspace's.
    pub fn not_found(path: Vec<String>) -> Self {
        Self {
            code: UserErrorCode::NotFound,
            message: NO_SUCH_OBJECT.into(),
            path,
            existing_lead_id: None,
        }
    }
}

impl From<Problem> for UserError {
    fn from(problem: Problem) -> Self {
        let Problem { code, path, message } = problem;
        Self {
            code: match code {
                ProblemCode::Missing => UserErrorCode::Missing,
                ProblemCode::Invalid => UserErrorCode::Invalid,
                ProblemCode::TooLong => UserErrorCode::TooLong,
                ProblemCode::TooMany => UserErrorCode::TooMany,
                ProblemCode::NotFound => UserErrorCode::NotFound,
                ProblemCode::LimitExceeded => UserErrorCode::LimitExceeded,
            },
            // Here it is one answer, see [`UserError::not_found`]; the REST routes say what it was looked for as.
            message: match code {
                ProblemCode::NotFound => NO_SUCH_OBJECT.to_owned(),
                ProblemCode::Missing
                | ProblemCode::Invalid
                | ProblemCode::TooLong
                | ProblemCode::TooMany
                | ProblemCode::LimitExceeded => message,
            },
            path: path.into_iter().map(segment).collect(),
            existing_lead_id: None,
        }
    }
}

fn segment(segment: PathSegment) -> String {
    match segment {
        PathSegment::Name(name) => name.to_owned(),
        PathSegment::Index(index) => index.to_string(),
    }
}

/// Parts a failed mutation into what the client did wrong and everything else.
pub fn user_errors(ctx: &Context<'_>, failure: Failure) -> async_graphql::Result<Vec<UserError>> {
    let error = match failure {
        Failure::Input(errors) => return Ok(errors),
        Failure::Domain(error) => error,
        Failure::Unauthenticated | Failure::Argument(_) | Failure::PositionExpired | Failure::Reading(_) => {
            return Err(top_level(ctx, failure));
        }
    };
    Ok(match error {
        Error::Invalid(problems) => problems.into_iter().map(UserError::from).collect(),
        Error::NotFound(problem) => vec![problem.into()],
        // A key that is bound to one project knows of no other.
        Error::OtherProject => vec![UserError::not_found(vec!["projectId".into()])],
        Error::ProjectInactive => {
            let code = UserErrorCode::ProjectInactive;
            vec![UserError::new(code, ["projectId"], "Project is inactive")]
        }
        Error::Conflict(Conflict::DuplicateLead { existing, path }) => vec![duplicate(existing, path)],
        Error::Conflict(Conflict::Taken(problem)) => vec![UserError {
            code: UserErrorCode::Taken,
            ..problem.into()
        }],
        Error::Conflict(Conflict::Stale(_)) => vec![stale()],
        Error::Forbidden(_) | Error::Idempotency(_) | Error::Unavailable(_) | Error::Internal(_) => {
            return Err(top_level(ctx, Failure::Domain(error)));
        }
    })
}

/// What the payload's `conflict` tells in full.
pub fn stale() -> UserError {
    let message = "This has been changed meanwhile";
    UserError::new(UserErrorCode::Conflict, ["expectedVersion"], message)
}

/// The lead that is in the way.
pub fn duplicate(existing: LeadRef, path: Vec<PathSegment>) -> UserError {
    UserError {
        code: UserErrorCode::DuplicateLead,
        message: "There is already a lead for this".into(),
        path: path.into_iter().map(segment).collect(),
        existing_lead_id: Some(GlobalId::new(NodeKind::Lead, existing.uuid).into()),
    }
}

/// The top-level error of a failed field. Faults are logged here, once, and shown without their text.
pub fn top_level(ctx: &Context<'_>, failure: Failure) -> async_graphql::Error {
    worded(context::asker(ctx), context::request_id(ctx), failure)
}

/// [`top_level`] for what goes on after its field was looked at.
pub fn worded(asker: Option<&Caller>, request_id: &str, failure: Failure) -> async_graphql::Error {
    match failure {
        Failure::Unauthenticated => coded(
            Code::Unauthenticated,
            "Send an API key or a token to read or change data",
        ),
        Failure::Argument(message) => coded(Code::BadUserInput, message),
        Failure::Input(errors) => coded(Code::BadUserInput, first_message(errors.into_iter().map(|e| e.message))),
        Failure::Domain(error) => from_domain(asker, request_id, error),
        Failure::PositionExpired => coded(
            Code::PositionExpired,
            "Some of the events behind this position are not kept any more: read what there is now, and go on from the end of the event log",
        ),
        Failure::Reading(failure) => worded(asker, request_id, *failure),
    }
}

fn from_domain(asker: Option<&Caller>, request_id: &str, error: Error) -> async_graphql::Error {
    match error {
        Error::Forbidden(scope) => forbidden(asker, scope),
        Error::Invalid(problems) => {
            let is_limit = |problem: &Problem| problem.code == ProblemCode::LimitExceeded;
            let code = match problems.iter().any(is_limit) {
                true => Code::LimitExceeded,
                false => Code::BadUserInput,
            };
            coded(code, first_message(problems.into_iter().map(|problem| problem.message)))
        }
        Error::NotFound(problem) => coded(Code::BadUserInput, problem.message),
        Error::OtherProject => coded(Code::BadUserInput, "Project not found"),
        Error::ProjectInactive => coded(Code::BadUserInput, "Project is inactive"),
        Error::Conflict(Conflict::DuplicateLead { .. }) => {
            coded(Code::BadUserInput, "There is already a lead for this")
        }
        Error::Conflict(Conflict::Taken(problem)) => coded(Code::BadUserInput, problem.message),
        Error::Conflict(Conflict::Stale(_)) => coded(Code::BadUserInput, stale().message),
        Error::Idempotency(refusal) => coded(of_key(refusal), refusal.message()),
        Error::Unavailable(cause) => {
            tracing::warn!(request.id = request_id, error = %cause, "the database is away");
            coded(Code::Unavailable, "The service is temporarily unavailable; try again")
        }
        Error::Internal(Fault::Database(cause)) => {
            tracing::error!(request.id = request_id, error = %cause, "a GraphQL field failed");
            internal(request_id)
        }
        Error::Internal(Fault::Broken(cause)) => {
            tracing::error!(request.id = request_id, error = cause, "a GraphQL field failed");
            internal(request_id)
        }
    }
}

/// The code of a request whose idempotency key is in its way.
pub fn of_key(refusal: idempotency::Refusal) -> Code {
    match refusal {
        idempotency::Refusal::Reused => Code::IdempotencyKeyReused,
        idempotency::Refusal::InProgress => Code::IdempotencyInProgress,
    }
}

fn forbidden(asker: Option<&Caller>, scope: Scope) -> async_graphql::Error {
    let has_scope = asker.is_some_and(|caller| caller.scopes.allows(scope));
    let message = match has_scope {
        false => format!("This needs the {} scope", scope.as_str()),
        // A key that is bound to a project captures that project's leads, and reads.
        true => "This caller may not do that, whatever its scopes are".to_owned(),
    };
    coded(Code::Forbidden, message)
}

fn first_message(mut messages: impl Iterator<Item = String>) -> String {
    messages.next().unwrap_or_else(|| "The input is not valid".into())
}

pub fn coded(code: Code, message: impl Into<String>) -> async_graphql::Error {
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", code.as_str());
    async_graphql::Error {
        message: message.into(),
        source: None,
        extensions: Some(extensions),
    }
}

/// The mask of an unforeseen fault.
pub fn internal(request_id: &str) -> async_graphql::Error {
    let mut error = coded(Code::Internal, "Something went wrong on our side");
    let extensions = error.extensions.get_or_insert_default();
    extensions.set("requestId", request_id);
    error
}
