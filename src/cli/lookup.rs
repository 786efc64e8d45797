//! How people name things on the command line: by name, address, or uuid.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::failure::Failure;
use crate::domain::api_keys::{self, ApiKey};
use crate::domain::error::Result as DomainResult;
use crate::domain::op::{Op, System};
use crate::domain::page::{Key, Page, PageRequest};
use crate::domain::projects::{self, Project};
use crate::domain::text;
use crate::domain::users::{self, User};
use crate::domain::workspaces::{self, Workspace};

const ROWS: u64 = 200;

pub(super) async fn workspace(system: &System, name: &str) -> Result<Workspace, Failure> {
    if let Ok(uuid) = name.parse::<Uuid>() {
        let found = workspaces::find_by_uuid(system, uuid).await?;
        return found.ok_or_else(|| unknown("workspace", name));
    }
    let mut named = workspaces::find_by_name(system, name).await?;
    match (named.pop(), named.is_empty()) {
        (Some(workspace), true) => Ok(workspace),
        (Some(_), false) => Err(Failure::new(format!(
            "several workspaces are called {name}: give the uuid"
        ))),
        (None, _) => Err(unknown("workspace", name)),
    }
}

pub(super) async fn project(op: &Op, name: &str) -> Result<Project, Failure> {
    let all = all_projects(op).await?;
    let is_meant = |project: &Project| project.public_id == name || project.uuid.to_string() == name;
    all.into_iter().find(is_meant).ok_or_else(|| unknown("project", name))
}

pub(super) async fn user(op: &Op, name: &str) -> Result<User, Failure> {
    let folded = text::fold(name.trim());
    let is_meant = |user: &User| user.email_folded == folded || user.uuid.to_string() == name;
    let found = all_users(op).await?.into_iter().find(is_meant);
    found.ok_or_else(|| unknown("user", name))
}

pub(super) async fn all_projects(op: &Op) -> DomainResult<Vec<Project>> {
    all(
        async |page| projects::list(op, page).await,
        |row| (row.created_at, row.id),
    )
    .await
}

pub(super) async fn all_users(op: &Op) -> DomainResult<Vec<User>> {
    all(async |page| users::list(op, page).await, |row| (row.created_at, row.id)).await
}

pub(super) async fn all_api_keys(op: &Op) -> DomainResult<Vec<ApiKey>> {
    all(
        async |page| api_keys::list(op, page).await,
        |row| (row.created_at, row.id),
    )
    .await
}

/// Every row of a list, page by page.
async fn all<T>(
    list: impl AsyncFn(PageRequest) -> DomainResult<Page<T>>,
    place: fn(&T) -> (DateTime<Utc>, i64),
) -> DomainResult<Vec<T>> {
    let mut rows: Vec<T> = Vec::new();
    loop {
        let after = rows.last().map(place).map(|(created_at, id)| Key { created_at, id });
        let page = list(PageRequest {
            after,
            ..PageRequest::first(ROWS)
        })
        .await?;
        rows.extend(page.items);
        if !page.has_next {
            return Ok(rows);
        }
    }
}

fn unknown(what: &str, name: &str) -> Failure {
    Failure::new(format!("there is no {what} {name}"))
}
