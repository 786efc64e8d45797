//! Edits of projects.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};

use super::context::{Answer, op};
use super::error::{Failure, UserError};
use super::input::{change, project_ref, renamed};
use super::payload::{self, edit_payload, edited};
use super::project::Project;
use super::scalars::SafeInt;
use crate::domain::Target;
use crate::domain::caller::Scope;
use crate::domain::error::Error;
use crate::domain::projects::{self, Activity};

#[derive(Debug, Default)]
pub struct ProjectEditMutations;

#[Object]
impl ProjectEditMutations {
    /// Changes what a project is called, makes it take leads, or stops it. What is left out stays as it is.
    async fn update_project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A project and what changes of it.")] input: UpdateProjectInput,
    ) -> Answer<UpdateProjectPayload> {
        edited(ctx, Box::pin(update(ctx, input)).await, |uuid| current(ctx, uuid)).await
    }
}

async fn update(ctx: &Context<'_>, input: UpdateProjectInput) -> Result<Option<Project>, Failure> {
    let UpdateProjectInput {
        project_id,
        expected_version,
        name,
        active,
    } = input;
    let op = op(ctx)?;
    payload::require_for::<UpdateProjectPayload>(ctx, &op, Scope::Admin)?;
    let patch = projects::ProjectPatch {
        name: change(name, |text| text),
        activity: change(active, activity),
    };
    let project = projects::find(&op, &project_ref(&project_id)).await?;
    let unknown = || Failure::Input(vec![UserError::not_found(vec!["projectId".into()])]);
    let target = Target {
        uuid: project.ok_or_else(unknown)?.uuid,
        expected_version: Some(expected_version.0),
    };
    let row = projects::update(&op, target, patch).await.map_err(refused)?;
    Ok(Some(row.into()))
}

/// The project that an edit was too late for.
async fn current(ctx: &Context<'_>, uuid: uuid::Uuid) -> Result<Option<Project>, Failure> {
    Ok(projects::by_uuids(&op(ctx)?, &[uuid]).await?.pop().map(Project::from))
}

fn activity(active: bool) -> Activity {
    match active {
        true => Activity::Active,
        false => Activity::Inactive,
    }
}

fn refused(error: Error) -> Failure {
    renamed(error, "project", "projectId")
}

/// A project and what changes of it.
#[derive(Debug, InputObject)]
pub struct UpdateProjectInput {
    /// The project's node id or public id.
    project_id: ID,
    /// The version that the change is made on. When the project has another one by now, nothing is changed.
    expected_version: SafeInt,
    /// What it is called.
    name: MaybeUndefined<String>,
    /// Whether it takes leads.
    active: MaybeUndefined<bool>,
}

edit_payload! {
    /// The answer to `updateProject`.
    UpdateProjectPayload {
        /// The project as it is now.
        project as "project": Project
    }
}
