//! Api keys: what programs sign in with. A key is shown once, when it is made; only its hash is kept.
//!
//! `identify` turns a key into a caller, `cache` keeps the answers of the last seconds, `edit` renames, rotates and
//! revokes.

mod cache;
mod edit;
mod identify;

use aws_lc_rs::{digest, rand};
use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{ColumnTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use crate::entity::api_key::Model as ApiKey;
use crate::entity::{api_key, api_key_index, project};

use super::caller::{Principal, Scope, Scopes};
use super::error::{Error, Problem, ProblemCode, Result};
use super::events::{ApiKeyFacts, EventKind};
use super::form::Form;
use super::op::{Op, Tx};
use super::page::{self, Page, PageRequest};
use super::{Ref, catalogue, new_uuid};

pub(super) use cache::KeyCache;
pub use edit::{ApiKeyPatch, revoke, rotate, update};
pub use identify::identify;

/// What a caller supplies.
#[derive(Clone, Debug, Serialize)]
pub struct NewApiKey {
    pub label: String,
    pub scopes: Scopes,
    /// Binds the key to one project. Such a key administers nothing.
    pub project: Option<Ref>,
    pub expires_at: Option<DateTime<Utc>>,
}

/// A key, and what it is used by.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Issued {
    pub row: ApiKey,
    /// The key itself. It is told to the request that made it and never again, to that request's repetition neither.
    pub secret: Option<String>,
}

/// SHA-256 of a key as it is printed. Keys are random enough to need no salt.
type Hash = [u8; 32];

/// The workspace's keys, newest first, revoked ones too.
///
/// # Errors
/// Without the scope `admin`, or a database fault.
pub async fn list(op: &Op, page: PageRequest) -> Result<Page<ApiKey>> {
    catalogue::require_unbound(op, Scope::Admin)?;
    let order = (api_key::Column::CreatedAt, api_key::Column::Id);
    page::read(op.db(), op.find::<api_key::Entity>(), order, page).await
}

/// The keys with these ids, in any order; unknown ones are absent.
///
/// # Errors
/// Without the scope `admin`, or a database fault.
pub async fn by_uuids(op: &Op, uuids: &[Uuid]) -> Result<Vec<ApiKey>> {
    catalogue::require_unbound(op, Scope::Admin)?;
    if uuids.is_empty() {
        return Ok(Vec::new());
    }
    let wanted = op.any_uuid(api_key::Column::Uuid, uuids);
    Ok(op.find::<api_key::Entity>().filter(wanted).all(op.db()).await?)
}

/// The key that the caller came with, if it came with one. Everybody may know their own.
///
/// # Errors
/// A database fault.
pub async fn own(op: &Op) -> Result<Option<ApiKey>> {
    match op.caller().principal {
        Principal::ApiKey { id, .. } => {
            let own = op.find::<api_key::Entity>().filter(api_key::Column::Id.eq(id));
            Ok(own.one(op.db()).await?)
        }
        Principal::User { .. } | Principal::System(_) => Ok(None),
    }
}

/// Makes a key and returns it beside its row: it can never be read again, and is not there in a replay. A key made by a
/// person, or by a person's key, belongs to that person and ends with them.
///
/// # Errors
/// Without the scope `admin`, or for scopes that the caller lacks; a broken rule; a database fault.
pub async fn create(op: &Op, new: NewApiKey) -> Result<Issued> {
    catalogue::require_unbound(op, Scope::Admin)?;
    op.once("api_keys.create", new, make).await
}

async fn make(op: Op, new: NewApiKey) -> Result<Issued> {
    let NewApiKey {
        label,
        scopes,
        project,
        expires_at,
    } = new;
    for scope in [Scope::Read, Scope::Write, Scope::Admin] {
        if scopes.allows(scope) {
            op.require(scope)?;
        }
    }
    let mut form = Form::default();
    let label = form.required("label", &label);
    check_scopes(&mut form, scopes, project);
    let expires_at = form.moment("expiresAt", expires_at);
    if expires_at.is_some_and(|at| at <= op.now()) {
        form.refuse(ProblemCode::Invalid, "expiresAt", "This time has passed");
    }
    form.check()?;

    let key = random_key()?;
    let mut tx = op.begin().await?;
    let project = match project {
        Some(project) => Some(named_project(&tx, project).await?),
        None => None,
    };
    let row = api_key::ActiveModel {
        workspace_id: NotSet,
        id: NotSet,
        uuid: Set(new_uuid()),
        project_id: Set(project.as_ref().map(|project| project.id)),
        user_id: Set(person(&op)),
        label: Set(label),
        key_prefix: Set(prefix(&key)),
        key_hash: Set(hash(&key).to_vec()),
        can_read: Set(scopes.read),
        can_write: Set(scopes.write),
        can_admin: Set(scopes.admin),
        expires_at: Set(expires_at),
        revoked_at: Set(None),
        last_used_at: Set(None),
        version: Set(1),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    let row = tx.insert(row).await?;
    let index = api_key_index::ActiveModel {
        key_hash: Set(row.key_hash.clone()),
        workspace_id: Set(row.workspace_id),
        api_key_id: Set(row.id),
    };
    tx.insert_global(index).await?;
    let facts = facts(&row, project.map(|project| project.uuid));
    catalogue::emit_created(&mut tx, EventKind::ApiKeyCreated, row.uuid, &facts);
    let made = tx.commit(Issued { row, secret: None }).await?;
    Ok(Issued {
        secret: Some(key),
        ..made
    })
}

fn check_scopes(form: &mut Form, scopes: Scopes, project: Option<Ref>) {
    if scopes == Scopes::default() {
        form.refuse(ProblemCode::Missing, "scopes", "A key needs at least one scope");
    }
    if scopes.admin && project.is_some() {
        let message = "A key that is bound to a project cannot have the scope admin";
        form.refuse(ProblemCode::Invalid, "scopes", message);
    }
}

async fn named_project(tx: &Tx, project: Ref) -> Result<project::Model> {
    let named = match project {
        Ref::Id(id) => project::Column::Id.eq(id),
        Ref::Uuid(uuid) => project::Column::Uuid.eq(uuid),
    };
    let found = tx.find::<project::Entity>().filter(named).one(tx.db()).await?;
    found.ok_or_else(|| Problem::not_found(["project".into()], "Project not found").into())
}

/// The person behind the caller.
fn person(op: &Op) -> Option<i64> {
    match op.caller().principal {
        Principal::User { id, .. } => Some(id),
        Principal::ApiKey { user_id, .. } => user_id,
        Principal::System(_) => None,
    }
}

/// How a key begins, to recognise it by.
fn prefix(key: &str) -> String {
    key.chars().take(8).collect()
}

/// 128 random bits, printed as legacy clients expect a key to look.
fn random_key() -> Result<String> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).map_err(|_| Error::broken("the operating system gave no randomness"))?;
    Ok(Uuid::from_bytes(bytes).hyphenated().to_string())
}

fn hash(key: &str) -> Hash {
    let digest = digest::digest(&digest::SHA256, key.as_bytes());
    let mut hash = Hash::default();
    hash.copy_from_slice(digest.as_ref());
    hash
}

fn scopes(key: &ApiKey) -> Scopes {
    Scopes {
        read: key.can_read,
        write: key.can_write,
        admin: key.can_admin,
    }
}

fn facts(key: &ApiKey, project: Option<Uuid>) -> ApiKeyFacts {
    let scopes = scopes(key);
    let scopes = [Scope::Read, Scope::Write, Scope::Admin]
        .into_iter()
        .filter(|scope| scopes.allows(*scope));
    ApiKeyFacts {
        label: key.label.clone(),
        key_prefix: key.key_prefix.clone(),
        scopes: scopes.map(Scope::as_str).collect(),
        project,
        expires_at: key.expires_at,
        revoked_at: key.revoked_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_kept_as_its_sha_256() {
        let printed: String = hash("abc").iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            printed,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn keys_look_like_uuids_and_differ() {
        let (one, other) = (random_key().unwrap(), random_key().unwrap());
        assert_ne!(one, other);
        let groups: Vec<usize> = one.split('-').map(str::len).collect();
        assert_eq!(groups, [8, 4, 4, 4, 12]);
    }
}
