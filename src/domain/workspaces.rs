//! Workspaces: the tenants. Made and listed by the server's own commands; each caller sees and edits their own.

use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use uuid::Uuid;

pub use crate::entity::workspace::{DedupePolicy, Model as Workspace};
use crate::entity::{workspace, workspace_counter};

use super::caller::{Door, Scope};
use super::change::Change;
use super::error::{Error, Result};
use super::events::{Actor, EventKind, WorkspaceFacts, word};
use super::form::Form;
use super::op::{Op, System, find_global};
use super::{catalogue, new_uuid};

/// What a caller supplies. Names may repeat.
#[derive(Clone, Debug)]
pub struct NewWorkspace {
    pub name: String,
    pub dedupe_policy: DedupePolicy,
    /// Whether a lead without a value for a required custom field is refused.
    pub enforce_required_fields: bool,
}

/// What to change. Nothing of it can be cleared.
#[derive(Clone, Debug, Default, Serialize)]
pub struct WorkspacePatch {
    pub name: Change<String>,
    pub dedupe_policy: Change<DedupePolicy>,
    pub enforce_required_fields: Change<bool>,
}

/// # Errors
/// A broken rule, or a database fault.
pub async fn create(system: &System, new: NewWorkspace) -> Result<Workspace> {
    let NewWorkspace {
        name,
        dedupe_policy,
        enforce_required_fields,
    } = new;
    let mut form = Form::default();
    let name = form.required("name", &name);
    form.check()?;

    let mut tx = system.begin(NOWHERE).await?;
    let row = workspace::ActiveModel {
        id: NotSet,
        uuid: Set(new_uuid()),
        name: Set(name),
        dedupe_policy: Set(dedupe_policy),
        enforce_required_fields: Set(enforce_required_fields),
        version: Set(1),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    let workspace = tx.insert_global(row).await?;
    let actor = Actor::new(tx.caller(), Door::Server);
    let home = tx.enter(workspace.id, actor);
    let counter = workspace_counter::ActiveModel {
        workspace_id: NotSet,
        position: Set(0),
    };
    tx.insert(counter).await?;
    catalogue::emit_created(&mut tx, EventKind::WorkspaceCreated, workspace.uuid, &facts(&workspace));
    tx.leave(home);
    tx.commit(workspace).await
}

/// No workspace has this number: where a Tx stands before its own is made.
const NOWHERE: i64 = 0;

/// The caller's own workspace.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn get(op: &Op) -> Result<Workspace> {
    op.require(Scope::Read)?;
    rules(op).await
}

/// [`get`] for operations that follow the workspace's settings: whoever may write need not be able to read them.
pub(super) async fn rules(op: &Op) -> Result<Workspace> {
    let id = op.caller().workspace_id;
    // Global, but only the caller's own row.
    let own = find_global::<workspace::Entity>().filter(workspace::Column::Id.eq(id));
    let own = own.one(op.db()).await?;
    own.ok_or_else(|| Error::broken(format!("workspace {id} is gone")))
}

/// Changes the caller's own workspace. A patch that changes nothing leaves no trace.
///
/// # Errors
/// Without the scope `admin`, a broken rule, another version than the expected one, or a database fault.
pub async fn update(op: &Op, expected_version: Option<i64>, patch: WorkspacePatch) -> Result<Workspace> {
    catalogue::require_unbound(op, Scope::Admin)?;
    op.once("workspaces.update", (expected_version, patch), change).await
}

async fn change(op: Op, (expected_version, patch): (Option<i64>, WorkspacePatch)) -> Result<Workspace> {
    let WorkspacePatch {
        name,
        dedupe_policy,
        enforce_required_fields,
    } = patch;
    let mut form = Form::default();
    let name = form.renamed("name", name);
    let dedupe_policy = form.given("dedupePolicy", dedupe_policy);
    let enforce_required_fields = form.given("enforceRequiredFields", enforce_required_fields);
    form.check()?;

    let mut tx = op.begin().await?;
    // Global, but only the caller's own row.
    let own = workspace::Column::Id.eq(tx.workspace_id());
    // Rows that point at it may be added meanwhile, by writers who have what this one will wait for.
    let before = find_global::<workspace::Entity>()
        .filter(own.clone())
        .lock(LockType::NoKeyUpdate);
    let before = before.one(tx.db()).await?;
    let before = before.ok_or_else(|| Error::broken(format!("workspace {} is gone", tx.workspace_id())))?;
    let mut after = Workspace {
        name: name.unwrap_or_else(|| before.name.clone()),
        dedupe_policy: dedupe_policy.unwrap_or(before.dedupe_policy),
        enforce_required_fields: enforce_required_fields.unwrap_or(before.enforce_required_fields),
        ..before.clone()
    };
    let (was, wanted) = (facts(&before), facts(&after));
    catalogue::check_version(expected_version, before.uuid, before.version, &was, &wanted)?;
    if after == before {
        return tx.commit(before).await;
    }
    after.version += 1;
    after.updated_at = tx.now();
    tx.update_global::<workspace::Entity>()
        .filter(own)
        .set(workspace::ActiveModel {
            name: Set(after.name.clone()),
            dedupe_policy: Set(after.dedupe_policy),
            enforce_required_fields: Set(after.enforce_required_fields),
            version: Set(after.version),
            updated_at: Set(after.updated_at),
            ..Default::default()
        })
        .exec(tx.db())
        .await?;
    catalogue::emit_updated(&mut tx, EventKind::WorkspaceUpdated, after.uuid, &was, &wanted);
    tx.commit(after).await
}

/// All workspaces, oldest first.
///
/// # Errors
/// A database fault.
pub async fn list_all(system: &System) -> Result<Vec<Workspace>> {
    let all = find_global::<workspace::Entity>().order_by_asc(workspace::Column::Id);
    Ok(all.all(system.db()).await?)
}

/// # Errors
/// A database fault.
pub async fn find_by_uuid(system: &System, uuid: Uuid) -> Result<Option<Workspace>> {
    let found = find_global::<workspace::Entity>().filter(workspace::Column::Uuid.eq(uuid));
    Ok(found.one(system.db()).await?)
}

/// The workspaces with exactly this name, oldest first: names may repeat.
///
/// # Errors
/// A database fault.
pub async fn find_by_name(system: &System, name: &str) -> Result<Vec<Workspace>> {
    // PostgreSQL cannot even be asked for it.
    if name.contains('\0') {
        return Ok(Vec::new());
    }
    let found = find_global::<workspace::Entity>().filter(workspace::Column::Name.eq(name.trim()));
    Ok(found.order_by_asc(workspace::Column::Id).all(system.db()).await?)
}

fn facts(workspace: &Workspace) -> WorkspaceFacts {
    WorkspaceFacts {
        name: workspace.name.clone(),
        dedupe_policy: word(&workspace.dedupe_policy),
        enforce_required_fields: workspace.enforce_required_fields,
    }
}
