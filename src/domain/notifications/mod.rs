//! Notifications: what one person is told of. They are made from the event log by a loop of the server, not by the writes
//! themselves, and everybody sees their own only.
//!
//! A new reason to tell somebody is a kind, and a rule in `spread` for the event that it comes from.

mod mentions;
mod spread;

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use super::caller::{Principal, Scope};
use super::error::{Error, Problem, Result};
use super::op::Op;
use super::outbox::Moved;
use super::page::{self, Page, PageRequest};
use crate::entity::notification;

pub use crate::entity::notification::{Model as Notification, NotificationKind};
pub use spread::spread;

/// The number of the person who asks; programs have no notifications.
fn person(op: &Op) -> Option<i64> {
    match op.caller().principal {
        Principal::User { id, .. } => Some(id),
        Principal::ApiKey { .. } | Principal::System(_) => None,
    }
}

fn own(op: &Op, person: i64) -> Select<notification::Entity> {
    op.find::<notification::Entity>()
        .filter(notification::Column::UserId.eq(person))
}

/// Which of one's notifications.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    #[default]
    All,
    Unread,
}

/// The caller's notifications, newest first; nothing for a program.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn list(op: &Op, wanted: Wanted, request: PageRequest) -> Result<Option<Page<Notification>>> {
    use notification::Column as C;
    op.require(Scope::Read)?;
    let Some(person) = person(op) else { return Ok(None) };
    let own = match wanted {
        Wanted::All => own(op, person),
        Wanted::Unread => own(op, person).filter(C::ReadAt.is_null()),
    };
    page::read(op.db(), own, (C::CreatedAt, C::Id), request).await.map(Some)
}

/// How many of the caller's notifications are unread.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn unread(op: &Op) -> Result<u64> {
    op.require(Scope::Read)?;
    let Some(person) = person(op) else { return Ok(0) };
    let unread = own(op, person).filter(notification::Column::ReadAt.is_null());
    Ok(unread.count(op.db()).await?)
}

/// Those of the caller's notifications with these ids, in any order.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn by_uuids(op: &Op, uuids: &[Uuid]) -> Result<Vec<Notification>> {
    op.require(Scope::Read)?;
    let Some(person) = person(op).filter(|_| !uuids.is_empty()) else {
        return Ok(Vec::new());
    };
    let own = own(op, person).filter(op.any_uuid(notification::Column::Uuid, uuids));
    Ok(own.all(op.db()).await?)
}

/// Marks some of the caller's notifications as read, or all that there are now. Those that are read stay as they are.
///
/// # Errors
/// Without the scope `read`, for a program, for an id that is none of the caller's notifications, or a database fault.
pub async fn mark_read(op: &Op, uuids: Option<Vec<Uuid>>) -> Result<()> {
    op.require(Scope::Read)?;
    if person(op).is_none() {
        return Err(Error::Forbidden(Scope::Read));
    }
    op.once("notifications.mark_read", uuids, mark).await
}

async fn mark(op: Op, uuids: Option<Vec<Uuid>>) -> Result<()> {
    use notification::Column as C;
    let person = person(&op).ok_or(Error::Forbidden(Scope::Read))?;
    if let Some(uuids) = &uuids {
        let known = by_uuids(&op, uuids).await?;
        let unknown = |uuid: &Uuid| !known.iter().any(|known| known.uuid == *uuid);
        if let Some(index) = uuids.iter().position(unknown) {
            let path = ["notifications".into(), index.into()];
            return Err(Problem::not_found(path, "Notification not found").into());
        }
    }
    let tx = op.begin().await?;
    let unread = tx.update::<notification::Entity>();
    let unread = unread.filter(C::UserId.eq(person)).filter(C::ReadAt.is_null());
    let unread = match &uuids {
        Some(uuids) => unread.filter(op.any_uuid(C::Uuid, uuids)),
        None => unread,
    };
    let read = notification::ActiveModel {
        read_at: Set(Some(tx.now())),
        ..Default::default()
    };
    unread.set(read).exec(tx.db()).await?;
    tx.commit(()).await
}

/// Somebody who waits for notifications of their own.
#[derive(Debug)]
pub struct Inbox {
    op: Op,
    person: i64,
    moved: Moved,
}

/// # Errors
/// Without the scope `read`, or for a program.
pub fn inbox(op: &Op) -> Result<Inbox> {
    op.require(Scope::Read)?;
    Ok(Inbox {
        person: person(op).ok_or(Error::Forbidden(Scope::Read))?,
        moved: op.services().wakes().of(op.caller().workspace_id),
        op: op.clone(),
    })
}

impl Inbox {
    /// Those that tell of events behind this position, in the order of the log.
    ///
    /// # Errors
    /// A database fault.
    pub async fn read(&mut self, after: i64, limit: u64) -> Result<Vec<Notification>> {
        use notification::Column as C;
        self.moved.reset();
        let next = own(&self.op, self.person).filter(C::Position.gt(after));
        Ok(next.order_by_asc(C::Position).limit(limit).all(self.op.db()).await?)
    }

    /// The position of the last one; 0 when there is none.
    ///
    /// # Errors
    /// A database fault.
    pub async fn last(&self) -> Result<i64> {
        use notification::Column as C;
        let last = own(&self.op, self.person).order_by_desc(C::Position).limit(1);
        Ok(last.one(self.op.db()).await?.map_or(0, |last| last.position))
    }

    /// Ends when something may have come since the last read.
    pub async fn moved(&mut self) {
        self.moved.changed().await;
    }
}
