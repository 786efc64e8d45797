//! The project that a client means when its key alone says so.

use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter, QuerySelect};

use super::{Project, ProjectRef, named, not_found, require_active, visible};
use crate::domain::caller::Scope;
use crate::domain::error::{Error, Problem, Result};
use crate::domain::op::Op;
use crate::entity::project;

/// The project that is named; without a name the one that the caller's key is bound to, or else the only active one of
/// the workspace.
///
/// # Errors
/// As [`meant`]; an inactive one.
pub async fn implied(op: &Op, scope: Scope, project: Option<&ProjectRef>) -> Result<Project> {
    let project = meant(op, scope, project).await?;
    require_active(&project)?;
    Ok(project)
}

/// [`implied`], whether the project takes anything or not: for writes, which may be repeated when it does not any more.
///
/// # Errors
/// Without the scope. Then, in this order: unknown or foreign, not the one that the key is bound to. Nothing is named,
/// and the workspace has several active ones, or none.
pub async fn meant(op: &Op, scope: Scope, project: Option<&ProjectRef>) -> Result<Project> {
    op.require(scope)?;
    let bound = op.caller().project_id;
    let project = match (project, bound) {
        (Some(project), _) => named(op, project).await?.ok_or_else(not_found)?,
        (None, Some(_)) => visible(op)
            .one(op.db())
            .await?
            .ok_or_else(|| Error::broken("a key is bound to a project that is gone"))?,
        (None, None) => only_active(op).await?,
    };
    if bound.is_some_and(|bound| bound != project.id) {
        return Err(Error::OtherProject);
    }
    Ok(project)
}

async fn only_active(op: &Op) -> Result<Project> {
    let active = visible(op).filter(project::Column::Active.eq(true)).limit(2);
    let mut active = active.all(op.db()).await?;
    match (active.pop(), active.pop()) {
        (Some(project), None) => Ok(project),
        (Some(_), Some(_)) => {
            let message =
                "Missing required field: projectId (this API key is not bound to a project, and there are several)";
            Err(Problem::missing(["projectId".into()], message).into())
        }
        (None, _) if visible(op).count(op.db()).await? > 0 => Err(Error::ProjectInactive),
        (None, _) => Err(not_found()),
    }
}
