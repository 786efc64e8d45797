//! Edits of keys: another label, another secret, the end.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, QueryFilter};
use serde::Serialize;
use uuid::Uuid;

use super::{ApiKey, Issued, facts, hash, person, prefix, random_key, scopes};
use crate::domain::caller::{Principal, Scope};
use crate::domain::catalogue::{self, Editable, Stamp, Target};
use crate::domain::change::Change;
use crate::domain::error::{Problem, Result};
use crate::domain::events::{ApiKeyFacts, EventKind};
use crate::domain::form::Form;
use crate::domain::op::{Op, Tx};
use crate::domain::users;
use crate::entity::{api_key, api_key_index};

/// What to change. Scopes, project and expiry never change: make another key.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ApiKeyPatch {
    pub label: Change<String>,
}

/// # Errors
/// Without the scope `admin`, a broken rule, an unknown key (path `apiKey`), another version than the expected one, or
/// a database fault.
pub async fn update(op: &Op, target: Target, patch: ApiKeyPatch) -> Result<ApiKey> {
    catalogue::require_unbound(op, Scope::Admin)?;
    op.once("api_keys.update", (target, patch), change).await
}

async fn change(op: Op, (target, patch): (Target, ApiKeyPatch)) -> Result<ApiKey> {
    let ApiKeyPatch { label } = patch;
    let mut form = Form::default();
    let label = form.renamed("label", label);
    form.check()?;

    let mut tx = op.begin().await?;
    let before: ApiKey = catalogue::locked(&tx, target.uuid, unknown()).await?;
    let after = ApiKey {
        label: label.unwrap_or_else(|| before.label.clone()),
        ..before.clone()
    };
    let kind = EventKind::ApiKeyUpdated;
    let key = catalogue::save(&mut tx, target.expected_version, kind, before, after).await?;
    tx.commit(key).await
}

/// Gives a key another secret and returns it: it can never be read again, and is not there in a replay. The old one
/// stops working at once here, within seconds on other instances. A person's key is rotated by that person alone, for its secret speaks for them.
/// One that administers and is nobody's outlives whoever rotates it: owners, and the key itself, may.
///
/// # Errors
/// Without the scope `admin`, or for a key with more than the caller may have; an unknown, revoked, expired or another
/// person's key (path `apiKey`); another version than the expected one; a database fault.
pub async fn rotate(op: &Op, target: Target) -> Result<Issued> {
    catalogue::require_unbound(op, Scope::Admin)?;
    op.once("api_keys.rotate", target, renew).await
}

async fn renew(op: Op, target: Target) -> Result<Issued> {
    let secret = random_key()?;
    let mut tx = op.begin().await?;
    let before: ApiKey = catalogue::locked(&tx, target.uuid, unknown()).await?;
    require_rotatable(&op, &before)?;
    require_over(&tx, &before).await?;
    let after = ApiKey {
        key_prefix: prefix(&secret),
        key_hash: hash(&secret).to_vec(),
        ..before.clone()
    };
    let old = before.key_hash.clone();
    let kind = EventKind::ApiKeyRotated;
    let key = catalogue::save(&mut tx, target.expected_version, kind, before, after).await?;
    tx.update_global::<api_key_index::Entity>()
        .filter(api_key_index::Column::KeyHash.eq(old.clone()))
        .set(api_key_index::ActiveModel {
            key_hash: Set(key.key_hash.clone()),
            ..Default::default()
        })
        .exec(tx.db())
        .await?;
    let made = tx.commit(Issued { row: key, secret: None }).await?;
    op.services().keys().forget(&old);
    Ok(Issued {
        secret: Some(secret),
        ..made
    })
}

/// Nobody gets with a secret what they could not have without it.
fn require_rotatable(op: &Op, key: &ApiKey) -> Result<()> {
    let scopes = scopes(key);
    for scope in [Scope::Read, Scope::Write, Scope::Admin] {
        if scopes.allows(scope) {
            op.require(scope)?;
        }
    }
    let is_own = match op.caller().principal {
        Principal::System(_) => true,
        Principal::User { .. } | Principal::ApiKey { .. } => key.user_id.is_none() || key.user_id == person(op),
    };
    let refuse = |message| Err(Problem::invalid(["apiKey".into()], message).into());
    if !is_own {
        return refuse("This key is somebody else's: revoke it, or let them rotate it");
    }
    if key.revoked_at.is_some() {
        return refuse("This key is revoked");
    }
    if key.expires_at.is_some_and(|at| at <= op.now()) {
        return refuse("This key has expired");
    }
    Ok(())
}

/// What administers and is nobody's ends with nobody: only owners get its secret, and whoever has it already.
async fn require_over(tx: &Tx, key: &ApiKey) -> Result<()> {
    let is_itself = match tx.caller().principal {
        Principal::ApiKey { id, .. } => id == key.id,
        Principal::User { .. } | Principal::System(_) => false,
    };
    if key.user_id.is_some() || !key.can_admin || is_itself {
        return Ok(());
    }
    users::require_owner(tx).await
}

/// Ends a key: it stops working at once here, within seconds on other instances. Revoking it again changes nothing.
/// It asks for no version: no edit of a key is a reason to let it live.
///
/// # Errors
/// Without the scope `admin`, an unknown key (path `apiKey`), or a database fault.
pub async fn revoke(op: &Op, key: Uuid) -> Result<ApiKey> {
    catalogue::require_unbound(op, Scope::Admin)?;
    op.once("api_keys.revoke", key, end).await
}

async fn end(op: Op, key: Uuid) -> Result<ApiKey> {
    let mut tx = op.begin().await?;
    let before: ApiKey = catalogue::locked(&tx, key, unknown()).await?;
    let after = ApiKey {
        revoked_at: Some(before.revoked_at.unwrap_or_else(|| tx.now())),
        ..before.clone()
    };
    let key = catalogue::save(&mut tx, None, EventKind::ApiKeyRevoked, before, after).await?;
    let key = tx.commit(key).await?;
    op.services().keys().forget(&key.key_hash);
    Ok(key)
}

fn unknown() -> Problem {
    Problem::not_found(["apiKey".into()], "Api key not found")
}

impl Editable for ApiKey {
    type Facts = ApiKeyFacts;

    const UUID: api_key::Column = api_key::Column::Uuid;

    /// Without the project, which the row does not name by its public id and no edit changes.
    fn facts(&self) -> ApiKeyFacts {
        facts(self, None)
    }

    fn stamp(&mut self) -> Stamp<'_> {
        Stamp {
            uuid: self.uuid,
            version: &mut self.version,
            updated_at: &mut self.updated_at,
        }
    }
}
