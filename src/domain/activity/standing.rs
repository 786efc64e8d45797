//! Whether a caller who stays for long may still do what they began: roles change and keys are revoked.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect};

use crate::domain::caller::{Principal, Role, Scopes};
use crate::domain::error::Result;
use crate::domain::op::Op;
use crate::entity::{api_key, user};

/// Whether the caller is still there and may read. A person's key can do no more than the person.
///
/// # Errors
/// A database fault.
pub async fn may_still_read(op: &Op) -> Result<bool> {
    match op.caller().principal {
        Principal::User { id, .. } => person_reads(op, id).await,
        Principal::ApiKey { id, user_id, .. } => Ok(key_reads(op, id).await?
            && match user_id {
                Some(person) => person_reads(op, person).await?,
                None => true,
            }),
        Principal::System(_) => Ok(true),
    }
}

async fn person_reads(op: &Op, id: i64) -> Result<bool> {
    use user::Column as C;
    let person = op.find::<user::Entity>().filter(C::Id.eq(id));
    let person = person.filter(C::DisabledAt.is_null()).select_only().column(C::Role);
    let role: Option<Role> = person.into_tuple().one(op.db()).await?;
    Ok(role.is_some_and(|role| Scopes::from(role).read))
}

async fn key_reads(op: &Op, id: i64) -> Result<bool> {
    use api_key::Column as C;
    let key = op.find::<api_key::Entity>().filter(C::Id.eq(id));
    let key = key.filter(C::RevokedAt.is_null()).filter(C::CanRead.eq(true));
    let key = key.select_only().column(C::ExpiresAt);
    let expires_at: Option<Option<DateTime<Utc>>> = key.into_tuple().one(op.db()).await?;
    Ok(expires_at.is_some_and(|at| at.is_none_or(|at| at > op.now())))
}
