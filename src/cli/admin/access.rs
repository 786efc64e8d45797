//! `bootstrap`, `api-key` and `token`: what hands out secrets. Each is printed once and cannot be shown again.

use chrono::{DateTime, Duration, Utc};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use uuid::Uuid;

use super::{In, open};
use crate::app;
use crate::app::access::{self, Access, NewAccess};
use crate::cli::failure::Failure;
use crate::cli::output::Record;
use crate::cli::{Common, lookup};
use crate::config::Needs;
use crate::domain::Ref;
use crate::domain::api_keys::Issued;
use crate::domain::api_keys::{self, ApiKey, NewApiKey};
use crate::domain::caller::Scopes;
use crate::domain::op::Op;
use crate::domain::projects::Project;

#[derive(Debug, Args)]
pub(in crate::cli) struct BootstrapArgs {
    /// The new workspace's name
    #[arg(long, value_name = "NAME")]
    workspace: String,
    /// The owner's e-mail address
    #[arg(long, value_name = "ADDRESS")]
    email: String,
    /// The project's name
    #[arg(long, value_name = "NAME", default_value = "Website")]
    project: String,
    /// How long the token is good for
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3650))]
    token_days: u32,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ApiKeyCommand {
    /// Print the workspace's keys, without the secrets
    List(In),
    /// Make a key and print it once
    Create {
        label: String,
        /// What the key may do
        #[arg(long, value_enum, value_delimiter = ',', default_value = "read,write")]
        scopes: Vec<ScopeName>,
        /// Bind the key to this project, by public id or uuid
        #[arg(long)]
        project: Option<String>,
        /// When the key stops working, such as 2030-01-31T00:00:00Z
        #[arg(long)]
        expires_at: Option<DateTime<Utc>>,
        #[command(flatten)]
        of: In,
    },
    /// Make a key useless within seconds
    Revoke {
        /// The key's uuid or prefix, as `list` prints them
        key: String,
        #[command(flatten)]
        of: In,
    },
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum TokenCommand {
    /// Issue a token for a user of the workspace
    Issue {
        /// The user's e-mail address or uuid
        #[arg(long, value_name = "ADDRESS")]
        user: String,
        /// How long it is good for
        #[arg(long, value_name = "HOURS", default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=87_600))]
        hours: u32,
        #[command(flatten)]
        of: In,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ScopeName {
    Read,
    Write,
    Admin,
}

pub(in crate::cli) async fn bootstrap(args: BootstrapArgs) -> Result<(), Failure> {
    let BootstrapArgs {
        workspace,
        email,
        project,
        token_days,
        common,
    } = args;
    let config = common.config(Needs::Everything)?;
    let services = app::connect(&config).await?;
    // The first command on a fresh database: it would be no use to refuse it.
    app::schema(&services, config.database.migrate).await?;
    let authenticator = app::authenticator(&config, &services)?;
    let new = NewAccess {
        workspace,
        email,
        project,
        public_id: None,
        token_lifetime: Duration::days(token_days.into()),
    };
    let system = Op::system(services, "command line");
    let made = access::create(&system, &authenticator, new).await?;
    common.output().print(&shown(&made));
    Ok(())
}

pub(in crate::cli) async fn api_key(command: ApiKeyCommand) -> Result<(), Failure> {
    match command {
        ApiKeyCommand::List(of) => {
            let (op, _) = of.open().await?;
            let projects = lookup::all_projects(&op).await?;
            let all = lookup::all_api_keys(&op).await?;
            let rows: Vec<Record> = all.iter().map(|key| row(key, &projects)).collect();
            of.common.output().print_all(&rows);
        }
        ApiKeyCommand::Create {
            label,
            scopes,
            project,
            expires_at,
            of,
        } => {
            let (op, _) = of.open().await?;
            let project = match project {
                Some(name) => Some(Ref::Uuid(lookup::project(&op, &name).await?.uuid)),
                None => None,
            };
            let has = |scope| scopes.contains(&scope);
            let new = NewApiKey {
                label,
                scopes: Scopes {
                    read: has(ScopeName::Read),
                    write: has(ScopeName::Write),
                    admin: has(ScopeName::Admin),
                },
                project,
                expires_at,
            };
            let Issued { row: made, secret } = api_keys::create(&op, new).await?;
            let projects = lookup::all_projects(&op).await?;
            of.common.output().print(&row(&made, &projects).with("key", secret));
        }
        ApiKeyCommand::Revoke { key, of } => {
            let (op, _) = of.open().await?;
            let revoked = api_keys::revoke(&op, find(&op, &key).await?).await?;
            let projects = lookup::all_projects(&op).await?;
            of.common.output().print(&row(&revoked, &projects));
        }
    }
    Ok(())
}

async fn find(op: &Op, name: &str) -> Result<Uuid, Failure> {
    let is_meant = |key: &ApiKey| key.key_prefix == name || key.uuid.to_string() == name;
    let all = lookup::all_api_keys(op).await?;
    let mut found: Vec<Uuid> = all.into_iter().filter(is_meant).map(|key| key.uuid).collect();
    match (found.pop(), found.is_empty()) {
        (Some(uuid), true) => Ok(uuid),
        (Some(_), false) => Err(Failure::new(format!("several keys begin with {name}: give the uuid"))),
        (None, _) => Err(Failure::new(format!("there is no api key {name}"))),
    }
}

pub(in crate::cli) async fn token(command: TokenCommand) -> Result<(), Failure> {
    let TokenCommand::Issue { user, hours, of } = command;
    let config = of.common.config(Needs::Everything)?;
    let system = open(&config).await?;
    let (op, workspace) = of.within(&system).await?;
    let authenticator = app::authenticator(&config, system.services())?;
    let user = lookup::user(&op, &user).await?;
    let lifetime = Duration::hours(hours.into());
    let token = authenticator.issue_token(&user, &workspace, lifetime);
    let expires_at = system.services().now() + lifetime;
    of.common.output().print(&Record::new([
        ("token", json!(token)),
        ("expiresAt", json!(expires_at)),
    ]));
    Ok(())
}

fn shown(access: &Access) -> Record {
    let Access {
        workspace,
        project,
        user,
        api_key,
        read_only_api_key,
        token,
    } = access;
    Record::new([
        ("workspace", json!(workspace)),
        ("project", json!(project)),
        ("user", json!(user)),
        ("apiKey", json!(api_key)),
        ("readOnlyApiKey", json!(read_only_api_key)),
        ("token", json!(token)),
    ])
}

/// The project is shown by what clients call it: the number is nobody's business.
fn row(key: &ApiKey, projects: &[Project]) -> Record {
    let bound = projects.iter().find(|project| Some(project.id) == key.project_id);
    let scopes = [
        ("read", key.can_read),
        ("write", key.can_write),
        ("admin", key.can_admin),
    ];
    let scopes: Vec<&str> = scopes.iter().filter(|(_, has)| *has).map(|(name, _)| *name).collect();
    Record::new([
        ("uuid", json!(key.uuid)),
        ("label", json!(key.label)),
        ("prefix", json!(key.key_prefix)),
        ("scopes", json!(scopes)),
        ("project", json!(bound.map(|project| &project.public_id))),
        ("expiresAt", json!(key.expires_at)),
        ("revokedAt", json!(key.revoked_at)),
        ("lastUsedAt", json!(key.last_used_at)),
        ("createdAt", json!(key.created_at)),
    ])
}
