//! The command line: what can be asked, and how success and failure look.
//!
//! Results go to the standard output, as text for people or with `--json` for programs; logs and errors go to the
//! standard error stream. Exit codes: 0 success, 1 failure, 2 a bad flag or setting.

mod admin;
mod backup;
mod database;
mod doctor;
mod failure;
mod lookup;
mod output;
mod serve;

use std::path::Path;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::{Config, Needs, Sources, table};
use crate::{app, telemetry};

use failure::Failure;
use output::Output;

/// One server for every lead a company has: GraphQL, and two REST routes that older clients keep using.
#[derive(Debug, Parser)]
#[command(name = "leadgraph", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Serve(serve::ServeArgs),
    /// Bring the database's schema up to date
    Migrate(Common),
    /// Print the GraphQL schema
    Schema,
    /// Make a workspace with an owner, a project, api keys and a token; prints the secrets once
    Bootstrap(admin::BootstrapArgs),
    /// List, create and change workspaces
    #[command(subcommand)]
    Workspace(admin::WorkspaceCommand),
    /// List and create projects, and open or close them for new leads
    #[command(subcommand)]
    Project(admin::ProjectCommand),
    /// List, create, disable and enable users
    #[command(subcommand)]
    User(admin::UserCommand),
    /// List, create and revoke api keys
    #[command(subcommand)]
    ApiKey(admin::ApiKeyCommand),
    /// Issue tokens
    #[command(subcommand)]
    Token(admin::TokenCommand),
    /// Copy a SQLite database into a new file, while the server runs
    Backup(backup::BackupArgs),
    /// Check configuration, database, schema and clock
    Doctor(Common),
    /// Ask the server on this machine whether it lives (for container health checks)
    Healthcheck {
        /// The server's address [env: LEADGRAPH_LISTEN]
        #[arg(long, value_name = "ADDR")]
        listen: Option<String>,
    },
}

/// What commands on the database have in common.
#[derive(Clone, Debug, Args)]
struct Common {
    /// PostgreSQL URL or SQLite file [env: DATABASE_URL] [default: leadgraph.db]
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Common {
    fn sources(&self) -> Sources {
        Sources::process().with_flag(&table::DATABASE_URL, self.database_url.clone())
    }

    /// The settings, and logging as they say.
    fn config(&self, needs: Needs) -> Result<Config, Failure> {
        let config = app::settings(&self.sources(), needs)?;
        telemetry::start(&config.log);
        Ok(config)
    }

    fn output(&self) -> Output {
        if self.json { Output::Json } else { Output::Text }
    }
}

/// Does what was asked and says how it went.
pub async fn run(cli: Cli) -> ExitCode {
    let done = match cli.command {
        Command::Serve(args) => serve::run(args).await,
        Command::Migrate(common) => database::migrate(&common).await,
        Command::Schema => database::print_schema(),
        Command::Bootstrap(args) => admin::bootstrap(args).await,
        Command::Workspace(command) => admin::workspace(command).await,
        Command::Project(command) => admin::project(command).await,
        Command::User(command) => admin::user(command).await,
        Command::ApiKey(command) => admin::api_key(command).await,
        Command::Token(command) => admin::token(command).await,
        Command::Backup(args) => backup::run(args).await,
        Command::Doctor(common) => doctor::run(&common).await,
        Command::Healthcheck { listen } => doctor::healthcheck(listen),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// A file that holds secrets or personal data: new, and for its owner only.
fn create_private(path: &Path) -> std::io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}
