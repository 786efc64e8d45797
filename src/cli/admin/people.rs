//! `user`.

use clap::{Subcommand, ValueEnum};
use serde_json::json;

use super::In;
use crate::cli::failure::Failure;
use crate::cli::lookup;
use crate::cli::output::Record;
use crate::domain::caller::Role;
use crate::domain::users::{self, NewUser, Standing, User};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum UserCommand {
    /// Print the workspace's users
    List(In),
    /// Add a person to the workspace
    Create {
        email: String,
        #[arg(long, value_enum, default_value = "member")]
        role: RoleName,
        #[arg(long)]
        first_name: Option<String>,
        #[arg(long)]
        last_name: Option<String>,
        /// Who the person is in the identity provider's tokens
        #[arg(long)]
        external_subject: Option<String>,
        #[command(flatten)]
        of: In,
    },
    /// Refuse a user's tokens and keys from now on
    Disable {
        /// The user's e-mail address or uuid
        user: String,
        #[command(flatten)]
        of: In,
    },
    /// Let a user in again
    Enable {
        /// The user's e-mail address or uuid
        user: String,
        #[command(flatten)]
        of: In,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum RoleName {
    Owner,
    Admin,
    Member,
    Readonly,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Owner => Self::Owner,
            RoleName::Admin => Self::Admin,
            RoleName::Member => Self::Member,
            RoleName::Readonly => Self::Readonly,
        }
    }
}

pub(in crate::cli) async fn user(command: UserCommand) -> Result<(), Failure> {
    match command {
        UserCommand::List(of) => {
            let (op, _) = of.open().await?;
            let all = lookup::all_users(&op).await?;
            let rows: Vec<Record> = all.iter().map(row).collect();
            of.common.output().print_all(&rows);
        }
        UserCommand::Create {
            email,
            role,
            first_name,
            last_name,
            external_subject,
            of,
        } => {
            let (op, _) = of.open().await?;
            let new = NewUser {
                email,
                first_name,
                last_name,
                role: role.into(),
                external_subject,
            };
            let made = users::create(&op, new).await?;
            of.common.output().print(&row(&made));
        }
        UserCommand::Disable { user, of } => set(&of, &user, Standing::Disabled).await?,
        UserCommand::Enable { user, of } => set(&of, &user, Standing::Enabled).await?,
    }
    Ok(())
}

async fn set(of: &In, user: &str, standing: Standing) -> Result<(), Failure> {
    let (op, _) = of.open().await?;
    let user = lookup::user(&op, user).await?;
    let changed = users::set_disabled(&op, user.uuid, standing).await?;
    of.common.output().print(&row(&changed));
    Ok(())
}

fn row(user: &User) -> Record {
    Record::new([
        ("uuid", json!(user.uuid)),
        ("email", json!(user.email)),
        ("firstName", json!(user.first_name)),
        ("lastName", json!(user.last_name)),
        ("role", json!(user.role)),
        ("externalSubject", json!(user.external_subject)),
        ("disabledAt", json!(user.disabled_at)),
        ("createdAt", json!(user.created_at)),
    ])
}
