//! The audit log: everything that happened to anything but leads. For administrators.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select};
use uuid::Uuid;

use super::Record;
use super::history::{few, order, within};
use crate::domain::caller::Scope;
use crate::domain::catalogue;
use crate::domain::error::Result;
use crate::domain::events::EventKind;
use crate::domain::op::Op;
use crate::domain::outbox::feed;
use crate::domain::page::{self, Page, PageRequest};
use crate::entity::event;

/// Which entries. All that is given must be true.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Of any kind when none are named.
    pub kinds: Vec<EventKind>,
    /// The public id of the person or key who did it.
    pub actor: Option<Uuid>,
    /// The public id of what it happened to.
    pub subject: Option<Uuid>,
    pub from: Option<DateTime<Utc>>,
    /// The first moment that does not count any more.
    pub until: Option<DateTime<Utc>>,
}

/// A page of the workspace's audit log, newest first. Places are positions of the log.
///
/// # Errors
/// Without the scope `admin`, for a key that is bound to a project; entries that hold too much for one answer; or a
/// database fault.
pub async fn audit(op: &Op, filter: AuditFilter, request: PageRequest<i64>) -> Result<Page<Record>> {
    catalogue::require_unbound(op, Scope::Admin)?;
    let entries = wanted(op, filter);
    let total = match request.count {
        true => Some(entries.clone().count(op.db()).await?),
        false => None,
    };
    let mut records = Vec::new();
    if request.rows {
        use event::Column as C;
        let entries = within(entries, &request).order_by(C::Position, order(&request));
        let entries = entries.limit(request.limit + 1).select_only();
        let positions = entries.columns([C::Position, C::Size]).into_query();
        for row in few(op, positions, order(&request)).await? {
            records.push(feed::record(row)?);
        }
    }
    Ok(page::finish(records, &request, total))
}

fn wanted(op: &Op, filter: AuditFilter) -> Select<event::Entity> {
    use event::Column as C;
    let AuditFilter {
        mut kinds,
        actor,
        subject,
        from,
        until,
    } = filter;
    let mut entries = op.find::<event::Entity>().filter(C::LeadId.is_null());
    kinds.sort_unstable();
    kinds.dedup();
    if !kinds.is_empty() {
        entries = entries.filter(C::EventType.is_in(kinds.iter().map(|kind| kind.as_str())));
    }
    if let Some(actor) = actor {
        // The same on both databases, and no index would serve it: the audit log is small beside the leads' events.
        let text = Expr::col(C::Actor.as_column_ref()).cast_as("TEXT");
        entries = entries.filter(text.like(format!("%{actor}%")));
    }
    if let Some(subject) = subject {
        entries = entries.filter(C::SubjectUuid.eq(subject));
    }
    if let Some(from) = from {
        entries = entries.filter(C::At.gte(from));
    }
    if let Some(until) = until {
        entries = entries.filter(C::At.lt(until));
    }
    entries
}
