//! Attribution sources: what leads are attributed to.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};

use super::context::{Answer, answer, op};
use super::error::{Failure, UserError};
use super::input::archived;
use super::lead::{Lead, LeadFilterArgument, LeadListArgs, LeadOrder};
use super::nested::{self, HasLeads, LeadLists, leads_of};
use super::node::{GlobalId, NodeKind};
use super::paging::{Connection, List, Listed, PageArgs};
use super::payload::{self, Payload, reply};
use super::scalars::{DateTime, SafeInt, Uuid};
use crate::domain::Archived;
use crate::domain::attribution_sources;
use crate::domain::caller::Scope;
use crate::domain::leads::Parent;
use crate::domain::page::Key;

const LIST: List = List("attributionSources");

/// Something that brings leads in, such as a trade show.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct AttributionSource {
    #[graphql(skip)]
    lists: LeadLists,
    /// The global id.
    pub id: ID,
    /// The number that the REST routes call id.
    legacy_id: SafeInt,
    /// The public id in its plain form.
    pub uuid: Uuid,
    /// What it is called.
    label: String,
    /// Since when it is archived: it stays where it is and is offered no more. Null while it is in use.
    archived_at: Option<DateTime>,
    /// Grows by one with each change.
    version: SafeInt,
    /// When it was created.
    created_at: DateTime,
    /// When it was last changed.
    updated_at: DateTime,
}

impl Listed for AttributionSource {}

impl HasLeads for AttributionSource {
    const PARENT: Parent = Parent::AttributionSource;
    const FIELD: &'static str = "leads";
    const LIST: &'static str = "AttributionSource.leads";

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
impl AttributionSource {
    /// The leads that are attributed to it.
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

impl From<attribution_sources::AttributionSource> for AttributionSource {
    fn from(row: attribution_sources::AttributionSource) -> Self {
        Self {
            lists: LeadLists::default(),
            id: GlobalId::new(NodeKind::AttributionSource, row.uuid).into(),
            legacy_id: SafeInt(row.id),
            uuid: Uuid(row.uuid),
            label: row.label,
            archived_at: row.archived_at.map(DateTime),
            version: SafeInt(row.version),
            created_at: DateTime(row.created_at),
            updated_at: DateTime(row.updated_at),
        }
    }
}

#[derive(Debug, Default)]
pub struct AttributionQueries;

#[Object]
impl AttributionQueries {
    /// The workspace's attribution sources, newest first.
    async fn attribution_sources(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
        #[graphql(default, desc = "Whether archived ones are listed too.")] include_archived: bool,
    ) -> Answer<Connection<AttributionSource>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        answer(ctx, Box::pin(list(ctx, args, archived(include_archived))).await)
    }
}

async fn list(ctx: &Context<'_>, args: PageArgs, archived: Archived) -> Result<Connection<AttributionSource>, Failure> {
    let op = op(ctx)?;
    let page = attribution_sources::list(&op, archived, args.request(ctx, LIST)?).await?;
    let key = |row: &attribution_sources::AttributionSource| Key {
        created_at: row.created_at,
        id: row.id,
    };
    nested::connection(ctx, &op, LIST, page, key).await
}

#[derive(Debug, Default)]
pub struct AttributionMutations;

#[Object]
impl AttributionMutations {
    /// Makes an attribution source.
    async fn create_attribution_source(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The attribution source.")] input: CreateAttributionSourceInput,
    ) -> Answer<CreateAttributionSourcePayload> {
        reply(ctx, Box::pin(create(ctx, input)).await)
    }
}

async fn create(ctx: &Context<'_>, input: CreateAttributionSourceInput) -> Result<AttributionSource, Failure> {
    let CreateAttributionSourceInput { label } = input;
    let new = attribution_sources::NewAttributionSource { label };
    let op = op(ctx)?;
    payload::require(ctx, &op, Scope::Write, "attributionSource")?;
    Ok(attribution_sources::create(&op, new).await?.into())
}

/// A new attribution source.
#[derive(Debug, InputObject)]
pub struct CreateAttributionSourceInput {
    /// What it is called; unique in the workspace.
    label: String,
}

/// The answer to `createAttributionSource`.
#[derive(Debug, SimpleObject)]
pub struct CreateAttributionSourcePayload {
    /// The new attribution source.
    attribution_source: Option<AttributionSource>,
    /// What stood against it; empty when it was done.
    user_errors: Vec<UserError>,
}

impl Payload for CreateAttributionSourcePayload {
    type Made = AttributionSource;

    fn made(attribution_source: AttributionSource) -> Self {
        Self {
            attribution_source: Some(attribution_source),
            user_errors: Vec::new(),
        }
    }

    fn refused(user_errors: Vec<UserError>) -> Self {
        Self {
            attribution_source: None,
            user_errors,
        }
    }
}
