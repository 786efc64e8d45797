//! Positions of the event log as clients keep them: opaque, and of one workspace.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::domain::op::Op;
use crate::graphql::error::Failure;
use crate::graphql::paging::argument;

const PREFIX: &[u8] = b"log:";

pub fn encode(op: &Op, position: i64) -> String {
    print(op.caller().workspace_id, position)
}

/// The position that the argument `name` holds.
///
/// # Errors
/// [`Failure::Argument`] when it is none of the caller's workspace.
pub fn decode(op: &Op, name: &str, text: &str) -> Result<i64, Failure> {
    parse(op.caller().workspace_id, text)
        .ok_or_else(|| argument(format!("{name} is not a position of this workspace's event log")))
}

/// What the global id of an event holds: its workspace and its position, so that no id leads into another workspace.
pub fn uuid(op: &Op, position: i64) -> Uuid {
    Uuid::from_u64_pair(op.caller().workspace_id.cast_unsigned(), position.cast_unsigned())
}

/// Nothing for another workspace's.
pub fn of_uuid(op: &Op, uuid: Uuid) -> Option<i64> {
    let (workspace_id, position) = uuid.as_u64_pair();
    (workspace_id.cast_signed() == op.caller().workspace_id).then_some(position.cast_signed())
}

fn print(workspace_id: i64, position: i64) -> String {
    let bytes = [PREFIX, &workspace_id.to_be_bytes(), &position.to_be_bytes()].concat();
    URL_SAFE_NO_PAD.encode(bytes)
}

fn parse(workspace_id: i64, text: &str) -> Option<i64> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let numbers = bytes.strip_prefix(PREFIX)?;
    let position = numbers.strip_prefix(workspace_id.to_be_bytes().as_slice())?;
    let position = i64::from_be_bytes(position.try_into().ok()?);
    (position >= 0).then_some(position)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_read_back_in_their_own_workspace_only() {
        let text = print(7, 42);
        assert_eq!(parse(7, &text), Some(42));
        assert_eq!(parse(8, &text), None);
        assert_eq!(parse(7, &print(7, -1)), None);
        for broken in ["", "42", "é", &text[1..], &text[..text.len() - 1], &format!("{text}A")] {
            assert_eq!(parse(7, broken), None, "{broken}");
        }
    }
}
