//! What happened, for people and programs that ask: the history of a lead, the change feed of all leads, and the audit
//! log of everything else. All of it is read from the event log (`outbox`), of which the settings may let the beginning
//! go after a time.

mod audit;
mod feed;
mod history;
mod label;
mod standing;

use uuid::Uuid;

pub use audit::{AuditFilter, audit};
pub use feed::{Feed, FeedPage, FeedQuery, Reading, feed};
pub use history::{by_positions, histories};
pub use label::{Labels, labels};
pub use standing::may_still_read;

use super::error::Result;
use super::events::EventKind;
use super::op::Op;
use super::outbox;
pub use super::outbox::Record;

/// An event about a lead.
#[derive(Clone, Debug, PartialEq)]
pub struct LeadRecord {
    pub record: Record,
    /// The number of the lead.
    pub lead_id: i64,
    /// The public id of the lead.
    pub lead: Uuid,
}

/// Whether events of this kind are about leads, and so no part of the audit log.
pub fn is_about_leads(kind: EventKind) -> bool {
    matches!(kind.subject_kind(), "lead" | "note")
}

/// The position before the first event of the caller's log that is still kept.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn beginning(op: &Op) -> Result<i64> {
    op.require(super::caller::Scope::Read)?;
    match outbox::feed::first(op).await? {
        Some(first) => Ok(first - 1),
        None => outbox::feed::head(op).await,
    }
}

/// The last position of the caller's log: what happens from now on comes behind it.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn head(op: &Op) -> Result<i64> {
    op.require(super::caller::Scope::Read)?;
    outbox::feed::head(op).await
}
