//! The idempotency key of a request: for one field of a mutation, and for nothing else. What is said against it is said
//! against the request and not against the field: nothing of it was done.

use async_graphql::parser::types::{ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet};
use async_graphql::{Name, Response, ServerError, Value};

use super::{Kind, Refused};
use crate::domain::idempotency::{IdempotencyKey, Refusal};
use crate::graphql::error::of_key;
use crate::idempotency_header;

/// The key of a request, from its header or from its extensions.
///
/// # Errors
/// What is no key, and two that are not the same.
pub(super) fn key(
    header: Option<IdempotencyKey>,
    extension: Option<String>,
) -> Result<Option<IdempotencyKey>, Refused> {
    let Some(text) = extension else {
        return Ok(header);
    };
    match header {
        Some(key) if key.text() == text => Ok(Some(key)),
        Some(_) => Err(Refused::bad_request(TWO_KEYS)),
        None => match IdempotencyKey::try_new(&text) {
            Some(key) => Ok(Some(key)),
            None => Err(Refused::bad_request(idempotency_header::RULE)),
        },
    }
}

const TWO_KEYS: &str = "The header Idempotency-Key and the extension idempotencyKey differ";

/// Marks an answer that an earlier request had already, for clients that see no headers.
pub(super) fn mark(answer: &mut Response, key: &IdempotencyKey) {
    if key.was_replayed() {
        let members = [(Name::new("replayed"), Value::Boolean(true))];
        let extension = Value::Object(members.into_iter().collect());
        answer.extensions.insert("idempotency".to_owned(), extension);
    }
}

/// # Errors
/// An operation that a key does not go with.
pub(super) fn check(document: &ExecutableDocument, operation: &OperationDefinition) -> Result<(), Refused> {
    if operation.ty == OperationType::Mutation && writes(document, &operation.selection_set.node) == 1 {
        return Ok(());
    }
    let message = "An Idempotency-Key goes with a mutation of exactly one field";
    Err(Refused::bad_request(message))
}

/// The fields at the top of a mutation, fragments filled in, without those that ask about the schema. Whether one is
/// skipped is not looked at. For documents without cycles.
fn writes(document: &ExecutableDocument, set: &SelectionSet) -> usize {
    let writes_of = |selection: &Selection| match selection {
        Selection::Field(field) => usize::from(!field.node.name.node.starts_with("__")),
        Selection::InlineFragment(inline) => writes(document, &inline.node.selection_set.node),
        Selection::FragmentSpread(spread) => {
            let fragment = document.fragments.get(&spread.node.fragment_name.node);
            fragment.map_or(0, |fragment| writes(document, &fragment.node.selection_set.node))
        }
    };
    set.items.iter().map(|item| writes_of(&item.node)).sum()
}

/// The answer, unless the key was in the way of its one field.
///
/// # Errors
/// Why it was.
pub(super) fn judge(answer: Response) -> Result<Response, Refused> {
    match answer.errors.iter().find_map(refusal) {
        None => Ok(answer),
        Some(refusal) => Err(Refused::new(Kind::Key(refusal), of_key(refusal), refusal.message())),
    }
}

fn refusal(error: &ServerError) -> Option<Refusal> {
    let code = error.extensions.as_ref()?.get("code")?;
    let refusals = [Refusal::Reused, Refusal::InProgress];
    refusals
        .into_iter()
        .find(|refusal| *code == Value::from(of_key(*refusal).as_str()))
}
