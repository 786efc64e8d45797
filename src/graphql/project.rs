//! Projects.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};

use super::context::{Answer, answer, op};
use super::error::{Failure, UserError};
use super::lead::{Lead, LeadFilterArgument, LeadListArgs, LeadOrder};
use super::nested::{self, HasLeads, LeadLists, leads_of};
use super::node::{GlobalId, NodeKind};
use super::paging::{Connection, List, Listed, PageArgs};
use super::payload::{self, Payload, reply};
use super::scalars::{DateTime, SafeInt, Uuid};
use crate::domain::caller::Scope;
use crate::domain::leads::Parent;
use crate::domain::page::Key;
use crate::domain::projects;

const LIST: List = List("projects");

/// A site or funnel that posts leads.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Project {
    #[graphql(skip)]
    lists: LeadLists,
    /// The global id.
    pub id: ID,
    /// The number that the REST routes call id.
    legacy_id: SafeInt,
    /// The public id in its plain form.
    pub uuid: Uuid,
    /// The id that the LeadTrackr route takes as `projectId`.
    public_id: String,
    /// What it is called.
    name: String,
    /// Whether it takes leads.
    active: bool,
    /// Grows by one with each change.
    version: SafeInt,
    /// When it was created.
    created_at: DateTime,
    /// When it was last changed.
    updated_at: DateTime,
}

impl Listed for Project {}

impl HasLeads for Project {
    const PARENT: Parent = Parent::Project;
    const FIELD: &'static str = "leads";
    const LIST: &'static str = "Project.leads";

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
impl Project {
    /// The leads that were captured for it.
    async fn leads(
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

impl From<projects::Project> for Project {
    fn from(row: projects::Project) -> Self {
        Self {
            lists: LeadLists::default(),
            id: GlobalId::new(NodeKind::Project, row.uuid).into(),
            legacy_id: SafeInt(row.id),
            uuid: Uuid(row.uuid),
            public_id: row.public_id,
            name: row.name,
            active: row.active,
            version: SafeInt(row.version),
            created_at: DateTime(row.created_at),
            updated_at: DateTime(row.updated_at),
        }
    }
}

#[derive(Debug, Default)]
pub struct ProjectQueries;

#[Object]
impl ProjectQueries {
    /// The workspace's projects, newest first. A key that is bound to one sees that one.
    async fn projects(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
    ) -> Answer<Connection<Project>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        answer(ctx, Box::pin(list(ctx, args)).await)
    }
}

async fn list(ctx: &Context<'_>, args: PageArgs) -> Result<Connection<Project>, Failure> {
    let op = op(ctx)?;
    let page = projects::list(&op, args.request(ctx, LIST)?).await?;
    let key = |row: &projects::Project| Key {
        created_at: row.created_at,
        id: row.id,
    };
    nested::connection(ctx, &op, LIST, page, key).await
}

#[derive(Debug, Default)]
pub struct ProjectMutations;

#[Object]
impl ProjectMutations {
    /// Makes a project.
    async fn create_project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The project.")] input: CreateProjectInput,
    ) -> Answer<CreateProjectPayload> {
        reply(ctx, Box::pin(create(ctx, input)).await)
    }
}

async fn create(ctx: &Context<'_>, input: CreateProjectInput) -> Result<Project, Failure> {
    let CreateProjectInput { name, public_id } = input;
    let new = projects::NewProject { name, public_id };
    let op = op(ctx)?;
    payload::require(ctx, &op, Scope::Admin, "project")?;
    Ok(projects::create(&op, new).await?.into())
}

/// A new project.
#[derive(Debug, InputObject)]
pub struct CreateProjectInput {
    /// What it is called.
    name: String,
    /// The id that the LeadTrackr route will take: up to 64 letters, digits, hyphens and underscores. A random one by
    /// default.
    public_id: Option<String>,
}

/// The answer to `createProject`.
#[derive(Debug, SimpleObject)]
pub struct CreateProjectPayload {
    /// The new project.
    project: Option<Project>,
    /// What stood against it; empty when it was done.
    user_errors: Vec<UserError>,
}

impl Payload for CreateProjectPayload {
    type Made = Project;

    fn made(project: Project) -> Self {
        Self {
            project: Some(project),
            user_errors: Vec::new(),
        }
    }

    fn refused(user_errors: Vec<UserError>) -> Self {
        Self {
            project: None,
            user_errors,
        }
    }
}
