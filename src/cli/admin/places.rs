//! `workspace` and `project`.

use clap::{Subcommand, ValueEnum};
use serde_json::json;

use super::{In, OnOff, open};
use crate::app::access;
use crate::cli::failure::Failure;
use crate::cli::output::Record;
use crate::cli::{Common, lookup};
use crate::config::Needs;
use crate::domain::projects::{self, Activity, NewProject, Project};
use crate::domain::workspaces::{self, DedupePolicy, NewWorkspace, Workspace, WorkspacePatch};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum WorkspaceCommand {
    /// Print all workspaces
    List(Common),
    /// Make a workspace; `bootstrap` makes one with everything needed to use it
    Create {
        name: String,
        /// Which live leads count as the same registration
        #[arg(long, value_enum, default_value = "email")]
        dedupe_policy: Policy,
        /// Whether a registered lead must have the required custom fields
        #[arg(long, value_enum, default_value = "on")]
        enforce_required_fields: OnOff,
        #[command(flatten)]
        common: Common,
    },
    /// Change a workspace
    Update {
        #[command(flatten)]
        of: In,
        /// A new name
        #[arg(long)]
        name: Option<String>,
        /// Which live leads count as the same registration
        #[arg(long, value_enum)]
        dedupe_policy: Option<Policy>,
        /// Whether a registered lead must have the required custom fields
        #[arg(long, value_enum)]
        enforce_required_fields: Option<OnOff>,
    },
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ProjectCommand {
    /// Print the workspace's projects
    List(In),
    /// Make a project
    Create {
        name: String,
        /// What clients send as projectId; random when not given
        #[arg(long)]
        public_id: Option<String>,
        #[command(flatten)]
        of: In,
    },
    /// Let a project take leads
    Activate {
        /// The project's public id or uuid
        project: String,
        #[command(flatten)]
        of: In,
    },
    /// Refuse leads for a project
    Deactivate {
        /// The project's public id or uuid
        project: String,
        #[command(flatten)]
        of: In,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum Policy {
    /// The same e-mail address
    Email,
    /// The same e-mail address with the same kind of association
    EmailAssociation,
    /// None: every registration is a lead of its own
    Off,
}

impl From<Policy> for DedupePolicy {
    fn from(policy: Policy) -> Self {
        match policy {
            Policy::Email => Self::Email,
            Policy::EmailAssociation => Self::EmailAssociation,
            Policy::Off => Self::Off,
        }
    }
}

pub(in crate::cli) async fn workspace(command: WorkspaceCommand) -> Result<(), Failure> {
    match command {
        WorkspaceCommand::List(common) => {
            let system = open(&common.config(Needs::Database)?).await?;
            let all = workspaces::list_all(&system).await?;
            let rows: Vec<Record> = all.iter().map(workspace_row).collect();
            common.output().print_all(&rows);
        }
        WorkspaceCommand::Create {
            name,
            dedupe_policy,
            enforce_required_fields,
            common,
        } => {
            let system = open(&common.config(Needs::Database)?).await?;
            access::name_is_free(&system, "name", &name).await?;
            let new = NewWorkspace {
                name,
                dedupe_policy: dedupe_policy.into(),
                enforce_required_fields: enforce_required_fields.is_on(),
            };
            let made = workspaces::create(&system, new).await?;
            common.output().print(&workspace_row(&made));
        }
        WorkspaceCommand::Update {
            of,
            name,
            dedupe_policy,
            enforce_required_fields,
        } => {
            let system = of.system().await?;
            let (op, workspace) = of.within(&system).await?;
            if let Some(name) = name.as_deref().filter(|name| name.trim() != workspace.name) {
                access::name_is_free(&system, "name", name).await?;
            }
            let patch = WorkspacePatch {
                name: name.into(),
                dedupe_policy: dedupe_policy.map(DedupePolicy::from).into(),
                enforce_required_fields: enforce_required_fields.map(OnOff::is_on).into(),
            };
            let changed = workspaces::update(&op, None, patch).await?;
            of.common.output().print(&workspace_row(&changed));
        }
    }
    Ok(())
}

pub(in crate::cli) async fn project(command: ProjectCommand) -> Result<(), Failure> {
    match command {
        ProjectCommand::List(of) => {
            let (op, _) = of.open().await?;
            let all = lookup::all_projects(&op).await?;
            let rows: Vec<Record> = all.iter().map(project_row).collect();
            of.common.output().print_all(&rows);
        }
        ProjectCommand::Create { name, public_id, of } => {
            let (op, _) = of.open().await?;
            let made = projects::create(&op, NewProject { name, public_id }).await?;
            of.common.output().print(&project_row(&made));
        }
        ProjectCommand::Activate { project, of } => set_active(&of, &project, Activity::Active).await?,
        ProjectCommand::Deactivate { project, of } => set_active(&of, &project, Activity::Inactive).await?,
    }
    Ok(())
}

async fn set_active(of: &In, project: &str, activity: Activity) -> Result<(), Failure> {
    let (op, _) = of.open().await?;
    let project = lookup::project(&op, project).await?;
    let changed = projects::set_active(&op, project.uuid, activity).await?;
    of.common.output().print(&project_row(&changed));
    Ok(())
}

fn workspace_row(workspace: &Workspace) -> Record {
    Record::new([
        ("id", json!(workspace.id)),
        ("uuid", json!(workspace.uuid)),
        ("name", json!(workspace.name)),
        ("dedupePolicy", json!(workspace.dedupe_policy)),
        ("enforceRequiredFields", json!(workspace.enforce_required_fields)),
        ("createdAt", json!(workspace.created_at)),
    ])
}

fn project_row(project: &Project) -> Record {
    Record::new([
        ("id", json!(project.id)),
        ("uuid", json!(project.uuid)),
        ("publicId", json!(project.public_id)),
        ("name", json!(project.name)),
        ("active", json!(project.active)),
        ("createdAt", json!(project.created_at)),
    ])
}
