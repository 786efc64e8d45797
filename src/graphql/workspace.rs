//! The caller's workspace.

use async_graphql::{Context, Enum, ID, InputObject, MaybeUndefined, Object, SimpleObject};

use super::context::{Answer, op};
use super::error::Failure;
use super::input::change;
use super::node::{GlobalId, NodeKind};
use super::payload::{self, edit_payload, edited};
use super::scalars::{DateTime, SafeInt, Uuid};
use crate::domain::caller::Scope;
use crate::domain::workspaces;

/// One company's leads, people and settings. Everything a caller sees belongs to its workspace.
#[derive(Clone, Debug, SimpleObject)]
pub struct Workspace {
    /// The global id.
    pub id: ID,
    /// The number that the REST routes call id.
    legacy_id: SafeInt,
    /// The public id in its plain form.
    uuid: Uuid,
    /// What it is called.
    name: String,
    /// Which leads count as registered twice.
    dedupe_policy: DedupePolicy,
    /// Whether a registration must have a value for each required custom field.
    enforce_required_fields: bool,
    /// Grows by one with each change.
    version: SafeInt,
    /// When it was created.
    created_at: DateTime,
    /// When it was last changed.
    updated_at: DateTime,
}

impl From<workspaces::Workspace> for Workspace {
    fn from(row: workspaces::Workspace) -> Self {
        Self {
            id: GlobalId::new(NodeKind::Workspace, row.uuid).into(),
            legacy_id: SafeInt(row.id),
            uuid: Uuid(row.uuid),
            name: row.name,
            dedupe_policy: row.dedupe_policy.into(),
            enforce_required_fields: row.enforce_required_fields,
            version: SafeInt(row.version),
            created_at: DateTime(row.created_at),
            updated_at: DateTime(row.updated_at),
        }
    }
}

/// Which live leads of partners and campaigns count as the same registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::workspaces::DedupePolicy")]
pub enum DedupePolicy {
    /// Those with the same e-mail address.
    Email,
    /// Those with the same e-mail address and association type.
    EmailAssociation,
    /// None.
    Off,
}

#[derive(Debug, Default)]
pub struct WorkspaceMutations;

#[Object]
impl WorkspaceMutations {
    /// Changes the settings of the caller's workspace.
    async fn update_workspace(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: UpdateWorkspaceInput,
    ) -> Answer<UpdateWorkspacePayload> {
        edited(ctx, Box::pin(update(ctx, input)).await, |_| current(ctx)).await
    }
}

async fn update(ctx: &Context<'_>, input: UpdateWorkspaceInput) -> Result<Option<Workspace>, Failure> {
    let UpdateWorkspaceInput {
        expected_version,
        name,
        dedupe_policy,
        enforce_required_fields,
    } = input;
    let op = op(ctx)?;
    payload::require_for::<UpdateWorkspacePayload>(ctx, &op, Scope::Admin)?;
    let patch = workspaces::WorkspacePatch {
        name: change(name, |name| name),
        dedupe_policy: change(dedupe_policy, Into::into),
        enforce_required_fields: change(enforce_required_fields, |enforce| enforce),
    };
    let row = workspaces::update(&op, Some(expected_version.0), patch).await?;
    Ok(Some(row.into()))
}

async fn current(ctx: &Context<'_>) -> Result<Option<Workspace>, Failure> {
    Ok(Some(workspaces::get(&op(ctx)?).await?.into()))
}

/// What changes of the workspace; what is absent stays.
#[derive(Debug, InputObject)]
pub struct UpdateWorkspaceInput {
    /// The version that the change is made on. When the workspace has another one by now, nothing is changed.
    expected_version: SafeInt,
    /// What it is called.
    name: MaybeUndefined<String>,
    /// Which leads count as registered twice.
    dedupe_policy: MaybeUndefined<DedupePolicy>,
    /// Whether a registration must have a value for each required custom field.
    enforce_required_fields: MaybeUndefined<bool>,
}

edit_payload! {
    /// The answer to `updateWorkspace`.
    UpdateWorkspacePayload {
        /// The workspace as it is now.
        workspace as "workspace": Workspace
    }
}
