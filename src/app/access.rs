//! A workspace that somebody can use at once: with an owner, a project, keys and a token.

use chrono::Duration;
use serde::Serialize;
use uuid::Uuid;

use crate::auth::Authenticator;
use crate::domain::api_keys::{self, NewApiKey};
use crate::domain::caller::{Role, Scopes};
use crate::domain::error::{Conflict, Error, Problem, Result};
use crate::domain::op::{Op, System};
use crate::domain::projects::{self, NewProject, Project};
use crate::domain::text;
use crate::domain::users::{self, NewUser, User};
use crate::domain::workspaces::{self, DedupePolicy, NewWorkspace, Workspace};

/// Who and what there shall be.
#[derive(Clone, Debug)]
pub struct NewAccess {
    pub workspace: String,
    pub email: String,
    pub project: String,
    /// Random when absent.
    pub public_id: Option<String>,
    pub token_lifetime: Duration,
}

/// What was made. Serialises to what `bootstrap --json` and `--demo-info` write; holds secrets that are shown once.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Access {
    pub workspace: WorkspaceAccess,
    pub project: ProjectAccess,
    pub user: UserAccess,
    pub api_key: String,
    pub read_only_api_key: String,
    pub token: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct WorkspaceAccess {
    pub id: i64,
    pub uuid: Uuid,
    pub name: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectAccess {
    pub public_id: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct UserAccess {
    pub email: String,
}

impl std::fmt::Debug for Access {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            workspace,
            project,
            user,
            ..
        } = self;
        write!(out, "Access({workspace:?}, {project:?}, {user:?}, <secrets redacted>)")
    }
}

/// Makes all of it. The input is checked before anything is written, so that a mistake leaves no half of it behind.
///
/// # Errors
/// A broken rule of the input, a workspace of this name, or a database fault.
pub async fn create(system: &System, authenticator: &Authenticator, new: NewAccess) -> Result<Access> {
    let NewAccess {
        workspace,
        email,
        project,
        public_id,
        token_lifetime,
    } = new;
    check(system, &workspace, &email, &project).await?;
    let workspace = NewWorkspace {
        name: workspace,
        dedupe_policy: DedupePolicy::Email,
        enforce_required_fields: true,
    };
    let workspace = workspaces::create(system, workspace).await?;
    let op = system.within(workspace.id);
    let user = users::create(&op, owner(email)).await?;
    let project = NewProject {
        name: project,
        public_id,
    };
    let project = projects::create(&op, project).await?;
    let api_key = key(&op, "Read and write", Scopes::READ_WRITE).await?;
    let read_only_api_key = key(&op, "Read only", Scopes::READ).await?;
    let token = authenticator.issue_token(&user, &workspace, token_lifetime);
    Ok(access(workspace, project, user, [api_key, read_only_api_key, token]))
}

async fn check(system: &System, workspace: &str, email: &str, project: &str) -> Result<()> {
    if !text::is_email(email.trim()) {
        return Err(Problem::invalid(["email".into()], "This is not an e-mail address").into());
    }
    projects::check_name("project", project)?;
    name_is_free(system, "workspace", workspace).await
}

/// The domain lets names repeat. People who name a workspace on the command line mean one, so none is made there that
/// would be the second of its name.
///
/// # Errors
/// There is such a workspace; the problem, with this path, names it.
pub async fn name_is_free(system: &System, path: &'static str, name: &str) -> Result<()> {
    match workspaces::find_by_name(system, name).await?.first() {
        None => Ok(()),
        Some(taken) => {
            let message = format!("There is a workspace with this name: {}", taken.uuid);
            let problem = Problem::invalid([path.into()], message);
            Err(Error::Conflict(Conflict::Taken(problem)))
        }
    }
}

fn owner(email: String) -> NewUser {
    NewUser {
        email,
        first_name: None,
        last_name: None,
        role: Role::Owner,
        external_subject: None,
    }
}

async fn key(op: &Op, label: &str, scopes: Scopes) -> Result<String> {
    let new = NewApiKey {
        label: label.into(),
        scopes,
        project: None,
        expires_at: None,
    };
    let made = api_keys::create(op, new).await?;
    made.secret
        .ok_or_else(|| Error::broken("a key was made without its secret"))
}

fn access(workspace: Workspace, project: Project, user: User, secrets: [String; 3]) -> Access {
    let [api_key, read_only_api_key, token] = secrets;
    Access {
        workspace: WorkspaceAccess {
            id: workspace.id,
            uuid: workspace.uuid,
            name: workspace.name,
        },
        project: ProjectAccess {
            public_id: project.public_id,
        },
        user: UserAccess { email: user.email },
        api_key,
        read_only_api_key,
        token,
    }
}
