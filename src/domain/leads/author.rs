//! Who made a lead.

use crate::domain::caller::Principal;
use crate::domain::op::Tx;

/// The person behind the write, if one is known.
pub(super) fn user_id(tx: &Tx) -> Option<i64> {
    match tx.caller().principal {
        Principal::User { id, .. } => Some(id),
        Principal::ApiKey { user_id, .. } => user_id,
        Principal::System(_) => None,
    }
}

pub(super) fn key_id(tx: &Tx) -> Option<i64> {
    match tx.caller().principal {
        Principal::ApiKey { id, .. } => Some(id),
        Principal::User { .. } | Principal::System(_) => None,
    }
}
