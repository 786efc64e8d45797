//! The caller's workspace.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};

use super::context::{Answer, op};
use super::error::{Failure, UserError};
use super::node::{GlobalId, NodeKind};
use super::payload::{Payload, reply};
use super::scalars::{DateTime, SafeInt, Uuid};
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
        reply(ctx, update(ctx, input).await)
    }
}

async fn update(ctx: &Context<'_>, input: UpdateWorkspaceInput) -> Result<Workspace, Failure> {
    let UpdateWorkspaceInput {
        name,
        dedupe_policy,
        enforce_required_fields,
    } = input;
    let patch = workspaces::WorkspacePatch {
        name,
        dedupe_policy: dedupe_policy.map(Into::into),
        enforce_required_fields,
    };
    Ok(workspaces::update(&op(ctx)?, patch).await?.into())
}

/// What changes of the workspace; what is absent stays.
#[derive(Debug, InputObject)]
pub struct UpdateWorkspaceInput {
    /// What it is called.
    name: Option<String>,
    /// Which leads count as registered twice.
    dedupe_policy: Option<DedupePolicy>,
    /// Whether a registration must have a value for each required custom field.
    enforce_required_fields: Option<bool>,
}

/// The answer to `updateWorkspace`.
#[derive(Debug, SimpleObject)]
pub struct UpdateWorkspacePayload {
    /// The workspace as it is now.
    workspace: Option<Workspace>,
    /// What stood against it; empty when it was done.
    user_errors: Vec<UserError>,
}

impl Payload for UpdateWorkspacePayload {
    type Made = Workspace;

    fn made(workspace: Workspace) -> Self {
        Self {
            workspace: Some(workspace),
            user_errors: Vec::new(),
        }
    }

    fn refused(user_errors: Vec<UserError>) -> Self {
        Self {
            workspace: None,
            user_errors,
        }
    }
}
