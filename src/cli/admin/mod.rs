//! What the operator does to workspaces and who may act in them. Each command acts as the server itself.

mod access;
mod people;
mod places;

pub(super) use access::{ApiKeyCommand, BootstrapArgs, TokenCommand, api_key, bootstrap, token};
pub(super) use people::{UserCommand, user};
pub(super) use places::{ProjectCommand, WorkspaceCommand, project, workspace};

use clap::{Args, ValueEnum};

use super::failure::Failure;
use super::{Common, lookup};
use crate::app;
use crate::config::{Config, DatabaseTarget, Needs, Switch};
use crate::domain::op::{Op, System};
use crate::domain::workspaces::Workspace;

/// Which workspace a command is about.
#[derive(Clone, Debug, Args)]
pub(super) struct In {
    /// The workspace, by name or uuid
    #[arg(long, value_name = "NAME")]
    workspace: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum OnOff {
    On,
    Off,
}

impl OnOff {
    fn is_on(self) -> bool {
        matches!(self, Self::On)
    }
}

/// The server's own hand on the database, as long as the command runs. Looking at a database must not make one.
async fn open(config: &Config) -> Result<System, Failure> {
    if let DatabaseTarget::Sqlite(path) = &config.database.target
        && !path.exists()
    {
        return Err(Failure::new(format!(
            "{}: there is no such database; `leadgraph bootstrap` or `leadgraph migrate` makes it",
            path.display()
        )));
    }
    let services = app::connect(config).await?;
    app::schema(&services, Switch::Off).await?;
    Ok(Op::system(services, "command line"))
}

impl In {
    async fn open(&self) -> Result<(Op, Workspace), Failure> {
        self.within(&self.system().await?).await
    }

    async fn system(&self) -> Result<System, Failure> {
        open(&self.common.config(Needs::Database)?).await
    }

    async fn within(&self, system: &System) -> Result<(Op, Workspace), Failure> {
        let workspace = lookup::workspace(system, &self.workspace).await?;
        Ok((system.within(workspace.id), workspace))
    }
}
