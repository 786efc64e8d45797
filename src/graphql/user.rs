//! The people of the workspace.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, Enum, ID, Object, SimpleObject};

use super::context::{Answer, answer, op};
use super::error::Failure;
use super::lead::{Lead, LeadFilterArgument, LeadListArgs, LeadOrder};
use super::nested::{self, HasLeads, LeadLists, leads_of};
use super::node::{GlobalId, NodeKind};
use super::paging::{Connection, List, Listed, PageArgs};
use super::scalars::{DateTime, SafeInt, Uuid};
use crate::domain::leads::Parent;
use crate::domain::page::Key;
use crate::domain::users;

const LIST: List = List("users");

/// A person who works in the workspace.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct User {
    #[graphql(skip)]
    lists: LeadLists,
    /// The global id.
    pub id: ID,
    /// The number that the REST routes call id.
    legacy_id: SafeInt,
    /// The public id in its plain form.
    pub uuid: Uuid,
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

impl HasLeads for User {
    const PARENT: Parent = Parent::Assignee;
    const FIELD: &'static str = "assignedLeads";
    const LIST: &'static str = "User.assignedLeads";

    fn number(&self) -> i64 {
        self.legacy_id.0
    }

    fn lists(&self) -> &LeadLists {
        &self.lists
    }

    fn lists_mut(&mut self) -> &mut LeadLists {
        &mut self.lists
    }
}

#[ComplexObject]
impl User {
    /// The leads that the person works on.
    async fn assigned_leads(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which leads; all without it.")] filter: Option<LeadFilterArgument>,
        #[graphql(desc = "In which order, at most three keys; the newest first without it.")] order_by: Option<
            Vec<LeadOrder>,
        >,
        #[graphql(desc = "How many from the start; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
    ) -> Answer<Arc<Connection<Lead>>> {
        let page = PageArgs {
            first,
            after,
            last,
            before,
        };
        let args = LeadListArgs {
            filter,
            order_by,
            archived: None,
            page,
        };
        leads_of(ctx, self, args).await
    }
}

impl From<users::User> for User {
    fn from(row: users::User) -> Self {
        Self {
            lists: LeadLists::default(),
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
        answer(ctx, Box::pin(list(ctx, args)).await)
    }
}

async fn list(ctx: &Context<'_>, args: PageArgs) -> Result<Connection<User>, Failure> {
    let op = op(ctx)?;
    let page = users::list(&op, args.request(ctx, LIST)?).await?;
    let key = |row: &users::User| Key {
        created_at: row.created_at,
        id: row.id,
    };
    nested::connection(ctx, &op, LIST, page, key).await
}
