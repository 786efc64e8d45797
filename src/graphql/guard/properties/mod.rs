//! The guard against texts and documents that nobody thought of.

mod documents;
mod texts;

use super::DocumentLimits;

const BOUNDLESS: DocumentLimits = DocumentLimits {
    bytes: usize::MAX,
    tokens: usize::MAX,
    nesting: usize::MAX,
    depth: usize::MAX,
    fields: usize::MAX,
    aliases: usize::MAX,
    root_fields: usize::MAX,
    directives: usize::MAX,
};
