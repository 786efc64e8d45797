//! Campaigns.

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
use crate::domain::caller::Scope;
use crate::domain::campaigns;
use crate::domain::leads::Parent;
use crate::domain::page::Key;

const LIST: List = List("campaigns");

/// A campaign that leads are registered for.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Campaign {
    #[graphql(skip)]
    lists: LeadLists,
    /// The global id.
    pub id: ID,
    /// The number that the REST routes call id.
    legacy_id: SafeInt,
    /// The public id in its plain form.
    pub uuid: Uuid,
    /// What it is called.
    title: String,
    /// When it begins; null when that is open.
    starts_at: Option<DateTime>,
    /// When it ends; null when that is open.
    ends_at: Option<DateTime>,
    /// Since when it is archived: it stays where it is and is offered no more. Null while it is in use.
    archived_at: Option<DateTime>,
    /// Grows by one with each change.
    version: SafeInt,
    /// When it was created.
    created_at: DateTime,
    /// When it was last changed.
    updated_at: DateTime,
}

impl Listed for Campaign {}

impl HasLeads for Campaign {
    const PARENT: Parent = Parent::Campaign;
    const FIELD: &'static str = "leads";
    const LIST: &'static str = "Campaign.leads";

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
impl Campaign {
    /// The leads that are registered for it.
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

impl From<campaigns::Campaign> for Campaign {
    fn from(row: campaigns::Campaign) -> Self {
        Self {
            lists: LeadLists::default(),
            id: GlobalId::new(NodeKind::Campaign, row.uuid).into(),
            legacy_id: SafeInt(row.id),
            uuid: Uuid(row.uuid),
            title: row.title,
            starts_at: row.starts_at.map(DateTime),
            ends_at: row.ends_at.map(DateTime),
            archived_at: row.archived_at.map(DateTime),
            version: SafeInt(row.version),
            created_at: DateTime(row.created_at),
            updated_at: DateTime(row.updated_at),
        }
    }
}

#[derive(Debug, Default)]
pub struct CampaignQueries;

#[Object]
impl CampaignQueries {
    /// The workspace's campaigns, newest first.
    async fn campaigns(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
        #[graphql(default, desc = "Whether archived ones are listed too.")] include_archived: bool,
    ) -> Answer<Connection<Campaign>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        answer(ctx, Box::pin(list(ctx, args, archived(include_archived))).await)
    }
}

async fn list(ctx: &Context<'_>, args: PageArgs, archived: Archived) -> Result<Connection<Campaign>, Failure> {
    let op = op(ctx)?;
    let page = campaigns::list(&op, archived, args.request(ctx, LIST)?).await?;
    let key = |row: &campaigns::Campaign| Key {
        created_at: row.created_at,
        id: row.id,
    };
    nested::connection(ctx, &op, LIST, page, key).await
}

#[derive(Debug, Default)]
pub struct CampaignMutations;

#[Object]
impl CampaignMutations {
    /// Makes a campaign.
    async fn create_campaign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The campaign.")] input: CreateCampaignInput,
    ) -> Answer<CreateCampaignPayload> {
        reply(ctx, Box::pin(create(ctx, input)).await)
    }
}

async fn create(ctx: &Context<'_>, input: CreateCampaignInput) -> Result<Campaign, Failure> {
    let CreateCampaignInput {
        title,
        starts_at,
        ends_at,
    } = input;
    let new = campaigns::NewCampaign {
        title,
        starts_at: starts_at.map(|at| at.0),
        ends_at: ends_at.map(|at| at.0),
    };
    let op = op(ctx)?;
    payload::require(ctx, &op, Scope::Write, "campaign")?;
    Ok(campaigns::create(&op, new).await?.into())
}

/// A new campaign.
#[derive(Debug, InputObject)]
pub struct CreateCampaignInput {
    /// What it is called.
    title: String,
    /// When it begins.
    starts_at: Option<DateTime>,
    /// When it ends; not before it begins.
    ends_at: Option<DateTime>,
}

/// The answer to `createCampaign`.
#[derive(Debug, SimpleObject)]
pub struct CreateCampaignPayload {
    /// The new campaign.
    campaign: Option<Campaign>,
    /// What stood against it; empty when it was done.
    user_errors: Vec<UserError>,
}

impl Payload for CreateCampaignPayload {
    type Made = Campaign;

    fn made(campaign: Campaign) -> Self {
        Self {
            campaign: Some(campaign),
            user_errors: Vec::new(),
        }
    }

    fn refused(user_errors: Vec<UserError>) -> Self {
        Self {
            campaign: None,
            user_errors,
        }
    }
}
