//! What can go wrong in an operation. A variant exists where some door answers differently.

use sea_orm::{DbErr, RuntimeErr, SqlErr, SqlxError};
use uuid::Uuid;

use super::caller::Scope;
use super::idempotency;

pub type Result<T> = std::result::Result<T, Error>;

/// Deliberately without `Display`: async-graphql makes client-visible text of anything that has it.
#[derive(Debug)]
pub enum Error {
    /// The caller lacks this scope.
    Forbidden(Scope),
    /// The input breaks rules; never empty, in the order of the checks.
    Invalid(Vec<Problem>),
    /// There is no such row in the caller's workspace.
    NotFound(Problem),
    /// The project is in this workspace, but the caller's key is bound to another one.
    OtherProject,
    ProjectInactive,
    Conflict(Conflict),
    /// The request's idempotency key is in its way.
    Idempotency(idempotency::Refusal),
    /// The database is away; the same request may succeed later.
    Unavailable(DbErr),
    Internal(Fault),
}

/// An unforeseen fault. Its text is for the log, never for a client.
#[derive(Debug)]
pub enum Fault {
    Database(DbErr),
    /// Something that cannot be, said for the one who reads the log.
    Broken(String),
}

/// One broken rule of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub code: ProblemCode,
    /// Into the input, in the domain's names, such as `customFields`, `0`, `value`. Doors rename them.
    pub path: Vec<PathSegment>,
    /// A sentence for the client.
    pub message: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathSegment {
    Name(&'static str),
    Index(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemCode {
    /// Something required is absent or blank.
    Missing,
    Invalid,
    TooLong,
    /// More entries than a lead may have.
    TooMany,
    /// The id names nothing in this workspace.
    NotFound,
    /// Well-formed, but more than one request may ask for. The message names the limit.
    LimitExceeded,
}

/// The input is well-formed, but what is stored stands against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// A live lead of the workspace already has this e-mail or this deal.
    DuplicateLead { existing: LeadRef, path: Vec<PathSegment> },
    /// Another row has this name.
    Taken(Problem),
    /// The edit was made on another version of the row than the present one. Nothing was changed.
    Stale(Stale),
}

/// What stands in the way of an edit that expected another version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stale {
    /// The public id of the row.
    pub subject: Uuid,
    /// The version that it has now.
    pub version: i64,
    /// Where the row now differs from what the edit would have made of it, by the facts' names, sorted.
    pub fields: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeadRef {
    pub id: i64,
    pub uuid: Uuid,
}

impl Problem {
    pub fn new<const N: usize>(code: ProblemCode, path: [PathSegment; N], message: impl Into<String>) -> Self {
        Self {
            code,
            path: path.into(),
            message: message.into(),
        }
    }

    pub fn missing<const N: usize>(path: [PathSegment; N], message: impl Into<String>) -> Self {
        Self::new(ProblemCode::Missing, path, message)
    }

    pub fn invalid<const N: usize>(path: [PathSegment; N], message: impl Into<String>) -> Self {
        Self::new(ProblemCode::Invalid, path, message)
    }

    pub fn limit<const N: usize>(path: [PathSegment; N], message: impl Into<String>) -> Self {
        Self::new(ProblemCode::LimitExceeded, path, message)
    }

    pub fn not_found<const N: usize>(path: [PathSegment; N], message: impl Into<String>) -> Self {
        Self::new(ProblemCode::NotFound, path, message)
    }
}

impl From<&'static str> for PathSegment {
    fn from(name: &'static str) -> Self {
        Self::Name(name)
    }
}

impl From<usize> for PathSegment {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Invalid(vec![problem])
    }
}

impl Error {
    /// As when there is no database.
    #[cfg(test)]
    pub fn away() -> Self {
        Self::Unavailable(DbErr::Custom("away".into()))
    }

    pub fn broken(text: impl Into<String>) -> Self {
        Self::Internal(Fault::Broken(text.into()))
    }

    /// Whether the database gave this write up for another one: a deadlock, or a conflict of serialisation. The same
    /// write may succeed when it is tried again.
    pub(super) fn is_contention(&self) -> bool {
        self.has_code(&["40P01", "40001"])
    }

    /// Whether PostgreSQL waited for a lock as long as it was told to.
    pub(super) fn is_lock_timeout(&self) -> bool {
        self.has_code(&["55P03"])
    }

    fn has_code(&self, codes: &[&str]) -> bool {
        let Self::Internal(Fault::Database(
            DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause)),
        )) = self
        else {
            return false;
        };
        let code = cause.as_database_error().and_then(|refusal| refusal.code());
        code.is_some_and(|code| codes.contains(&&*code))
    }

    /// Whether a unique index refused the row.
    pub(super) fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Internal(Fault::Database(error))
            if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))))
    }

    /// Replaces the fault of a unique index by what it means here.
    pub(super) fn or_taken(self, problem: Problem) -> Self {
        if self.is_unique_violation() {
            Self::Conflict(Conflict::Taken(problem))
        } else {
            self
        }
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        if is_away(&error) {
            Self::Unavailable(error)
        } else {
            Self::Internal(Fault::Database(error))
        }
    }
}

/// Whether the database could not be reached or is shutting down, as opposed to refusing what it was asked.
fn is_away(error: &DbErr) -> bool {
    match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause)) => match &**cause {
            SqlxError::Io(_)
            | SqlxError::Tls(_)
            | SqlxError::Protocol(_)
            | SqlxError::PoolTimedOut
            | SqlxError::PoolClosed
            | SqlxError::WorkerCrashed => true,
            // 08: connection; 53: out of resources; 57P: shutdown; 5: SQLite stayed busy longer than we wait.
            SqlxError::Database(refusal) => refusal.code().is_some_and(|code| {
                code.starts_with("08") || code.starts_with("53") || code.starts_with("57P") || code == "5"
            }),
            _ => false,
        },
        _ => false,
    }
}

/// Gathers the problems of one input, so that a client learns all of them at once.
#[derive(Debug, Default)]
pub struct Problems(Vec<Problem>);

impl Problems {
    pub fn add(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// # Errors
    /// [`Error::Invalid`] when there are any.
    pub fn check(self) -> Result<()> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Error::Invalid(self.0))
        }
    }
}
