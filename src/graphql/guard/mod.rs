//! What a document may cost, checked before anything walks it: [`scan()`] runs before the parser, [`measure()`] before
//! the validator.
//!
//! The parser recurses into literals without a limit, and an overflowing stack ends the process; the validator walks
//! fragments without a memory, and a few hundred bytes of nested fragments keep it busy for minutes.

mod measure;
mod scan;

use async_graphql::Pos;

use super::error::Code;

pub use measure::measure;
pub use scan::scan;

/// The limits of one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentLimits {
    /// Bytes of its text.
    pub bytes: usize,
    /// Words, literals and punctuation marks.
    pub tokens: usize,
    /// Brackets of any kind inside each other.
    pub nesting: usize,
    /// Fields of an operation inside each other, fragments filled in.
    pub depth: usize,
    /// Fields of an operation, each counted as often as fragments repeat it.
    pub fields: usize,
    /// Fields of an operation that have an alias, counted alike.
    pub aliases: usize,
    /// Fields at the top of an operation.
    pub root_fields: usize,
    /// Directives anywhere in an operation, counted alike.
    pub directives: usize,
}

impl Default for DocumentLimits {
    fn default() -> Self {
        Self {
            bytes: 64 * 1024,
            tokens: 5_000,
            nesting: 64,
            // The introspection query of today's tools is 16 deep.
            depth: 24,
            fields: 5_000,
            aliases: 200,
            root_fields: 50,
            directives: 200,
        }
    }
}

/// Why a document is refused, in words for the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: Code,
    pub message: String,
    pub at: Option<Pos>,
}

impl Refusal {
    pub fn limit(message: impl Into<String>) -> Self {
        Self {
            code: Code::LimitExceeded,
            message: message.into(),
            at: None,
        }
    }

    fn over(what: &str, limit: usize) -> Self {
        Self::limit(format!(
            "The operation has too many {what}; at most {limit} are allowed"
        ))
    }

    fn invalid(message: impl Into<String>, at: Pos) -> Self {
        Self {
            code: Code::ValidationFailed,
            message: message.into(),
            at: Some(at),
        }
    }
}

#[cfg(test)]
mod properties;
