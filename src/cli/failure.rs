//! Why a command failed, said to the one who gave it.

use std::process::ExitCode;

use crate::app::StartError;
use crate::config::ConfigError;
use crate::domain::error::{Conflict, Error, Fault, PathSegment, Problem};

/// One line per reason.
#[derive(Debug)]
pub(super) struct Failure {
    lines: Vec<String>,
    code: u8,
}

impl Failure {
    pub(super) fn new(line: impl Into<String>) -> Self {
        Self {
            lines: vec![line.into()],
            code: 1,
        }
    }

    /// A flag or setting is wrong.
    pub(super) fn usage(line: impl Into<String>) -> Self {
        Self {
            lines: vec![line.into()],
            code: 2,
        }
    }

    /// The command has said what is wrong itself.
    pub(super) fn silent() -> Self {
        Self {
            lines: Vec::new(),
            code: 1,
        }
    }

    pub(super) fn report(self) -> ExitCode {
        for line in self.lines {
            eprintln!("error: {line}");
        }
        ExitCode::from(self.code)
    }
}

impl From<ConfigError> for Failure {
    fn from(ConfigError(lines): ConfigError) -> Self {
        Self { lines, code: 2 }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Config(error) => error.into(),
            StartError::Secret(_) | StartError::Provider(_) | StartError::Documents(_) => {
                Self::usage(error.to_string())
            }
            StartError::Database { .. }
            | StartError::Migration(_)
            | StartError::SchemaBehind(_)
            | StartError::SchemaAhead(_) => Self::new(error.to_string()),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Invalid(problems) => Self {
                lines: problems.iter().map(sentence).collect(),
                code: 1,
            },
            Error::NotFound(problem) | Error::Conflict(Conflict::Taken(problem)) => Self::new(sentence(&problem)),
            Error::Conflict(Conflict::DuplicateLead { .. }) => Self::new("there is such a lead already"),
            Error::Conflict(Conflict::Stale(_)) => Self::new("this has been changed meanwhile"),
            Error::Forbidden(scope) => Self::new(format!("this needs the scope {}", scope.as_str())),
            Error::OtherProject => Self::new("the key is bound to another project"),
            Error::ProjectInactive => Self::new("the project is inactive"),
            Error::Idempotency(refusal) => Self::new(refusal.message()),
            Error::Unavailable(cause) | Error::Internal(Fault::Database(cause)) => {
                Self::new(format!("the database failed: {cause}"))
            }
            Error::Internal(Fault::Broken(text)) => Self::new(text),
        }
    }
}

fn sentence(problem: &Problem) -> String {
    let names = problem.path.iter().map(|segment| match segment {
        PathSegment::Name(name) => (*name).to_owned(),
        PathSegment::Index(index) => index.to_string(),
    });
    let path = names.collect::<Vec<_>>().join(".");
    if path.is_empty() {
        problem.message.clone()
    } else {
        format!("{path}: {}", problem.message)
    }
}
