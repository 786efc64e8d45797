//! The people of the workspace.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};

use super::context::{Answer, answer, op};
use super::error::Failure;
use super::node::{GlobalId, NodeKind};
use super::paging::{Connection, List, Listed, PageArgs, connection};
use super::scalars::{DateTime, SafeInt, Uuid};
use crate::domain::page::Key;
use crate::domain::users;

const LIST: List = List("users");

/// A person who works in the workspace.
#[derive(Clone, Debug, SimpleObject)]
pub struct User {
    /// The global id.
    pub id: ID,
    /// The number that the REST routes call id.
    legacy_id: SafeInt,
    /// The public id in its plain form.
    uuid: Uuid,
    /// The e-mail address.
    email: String,
    /// The first name.
    first_name: Option<String>,
    /// The last name.
    last_name: Option<String>,
    /// What the person may do.
    role: Role,
    /// Since when the person is locked out; null when they are not.
    disabled_at: Option<DateTime>,
    /// Grows by one with each change.
    version: SafeInt,
    /// When it was created.
    created_at: DateTime,
    /// When it was last changed.
    updated_at: DateTime,
}

impl Listed for User {}

impl From<users::User> for User {
    fn from(row: users::User) -> Self {
        Self {
            id: GlobalId::new(NodeKind::User, row.uuid).into(),
            legacy_id: SafeInt(row.id),
            uuid: Uuid(row.uuid),
            email: row.email,
            first_name: row.first_name,
            last_name: row.last_name,
            role: row.role.into(),
            disabled_at: row.disabled_at.map(DateTime),
            version: SafeInt(row.version),
            created_at: DateTime(row.created_at),
            updated_at: DateTime(row.updated_at),
        }
    }
}

/// What a person may do in the workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::users::Role")]
pub enum Role {
    /// Everything, and making other owners.
    Owner,
    /// Everything.
    Admin,
    /// Reading and writing.
    Member,
    /// Reading.
    Readonly,
}

#[derive(Debug, Default)]
pub struct UserQueries;

#[Object]
impl UserQueries {
    /// The workspace's people, newest first.
    async fn users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
    ) -> Answer<Connection<User>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        answer(ctx, list(ctx, args).await)
    }
}

async fn list(ctx: &Context<'_>, args: PageArgs) -> Result<Connection<User>, Failure> {
    let page = users::list(&op(ctx)?, args.request(ctx, LIST)?).await?;
    let key = |row: &users::User| Key {
        created_at: row.created_at,
        id: row.id,
    };
    Ok(connection(LIST, page, key, User::from))
}
