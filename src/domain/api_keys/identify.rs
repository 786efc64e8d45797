//! From a key to its caller. Asked before there is one: the global index says which workspace the key belongs to.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, QueryFilter};

use super::cache::{Known, Seen};
use super::{ApiKey, hash, scopes};
use crate::domain::Services;
use crate::domain::caller::{Caller, Principal, Scopes};
use crate::domain::error::Result;
use crate::domain::op::{Op, System, find_global};
use crate::entity::{api_key, api_key_index, user};

/// How exactly `last_used_at` is kept.
const TOUCH_EVERY: TimeDelta = TimeDelta::minutes(1);

/// The caller that a key stands for; nothing for one that is unknown, revoked, expired, or whose person is disabled.
/// A person's key can do no more than the person. Good answers are remembered for some seconds.
///
/// # Errors
/// A database fault.
pub async fn identify(services: &Services, key: &str) -> Result<Option<Caller>> {
    let hash = hash(key);
    let now = services.now();
    if let Some(caller) = services.keys().find(&hash, now) {
        return Ok(Some(caller));
    }
    let generation = services.keys().generation();
    let system = Op::system(services.clone(), "identify key");
    // Global: a key names no workspace.
    let indexed = find_global::<api_key_index::Entity>().filter(api_key_index::Column::KeyHash.eq(hash.to_vec()));
    let Some(indexed) = indexed.one(system.db()).await? else {
        return Ok(None);
    };
    let op = system.within(indexed.workspace_id);
    // Both: the key may have been rotated since the index was read.
    let row = op
        .find::<api_key::Entity>()
        .filter(api_key::Column::Id.eq(indexed.api_key_id))
        .filter(api_key::Column::KeyHash.eq(hash.to_vec()));
    let Some(row) = row.one(op.db()).await? else {
        return Ok(None);
    };
    if row.revoked_at.is_some() || row.expires_at.is_some_and(|at| at <= now) {
        return Ok(None);
    }
    let Some(granted) = granted(&op, &row).await? else {
        return Ok(None);
    };
    let caller = Caller {
        workspace_id: row.workspace_id,
        principal: Principal::ApiKey {
            id: row.id,
            uuid: row.uuid,
            user_id: row.user_id,
        },
        scopes: granted,
        project_id: row.project_id,
    };
    let known = Known::new(caller.clone(), row.expires_at);
    let first = services.keys().remember(hash, known, generation) == Seen::First;
    if first && row.last_used_at.is_none_or(|at| at <= now - TOUCH_EVERY) {
        touch(system, row, now);
    }
    Ok(Some(caller))
}

/// What the key may do, or nothing when its person is gone.
async fn granted(op: &Op, key: &ApiKey) -> Result<Option<Scopes>> {
    let Some(user_id) = key.user_id else {
        return Ok(Some(scopes(key)));
    };
    let user = op.find::<user::Entity>().filter(user::Column::Id.eq(user_id));
    let user = user.filter(user::Column::DisabledAt.is_null()).one(op.db()).await?;
    Ok(user.map(|user| scopes(key).both(Scopes::from(user.role))))
}

/// Notes the use, beside the request: it neither waits for this nor fails with it.
fn touch(system: System, key: ApiKey, now: DateTime<Utc>) {
    tokio::spawn(async move {
        if let Err(error) = write_touch(&system, &key, now).await {
            tracing::warn!(?error, api_key.id = key.id, "the last use of an api key was not noted");
        }
    });
}

/// No event and no version: nobody changed anything.
async fn write_touch(system: &System, key: &ApiKey, now: DateTime<Utc>) -> Result<()> {
    let tx = system.begin(key.workspace_id).await?;
    let unnoted = Condition::any()
        .add(api_key::Column::LastUsedAt.is_null())
        .add(api_key::Column::LastUsedAt.lte(now - TOUCH_EVERY));
    tx.update::<api_key::Entity>()
        .filter(api_key::Column::Id.eq(key.id))
        .filter(unnoted)
        .col_expr(api_key::Column::LastUsedAt, Expr::val(now))
        .exec(tx.db())
        .await?;
    tx.commit(()).await
}
