//! Tags.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, SimpleObject};

use super::context::{Answer, answer, op};
use super::error::{Failure, UserError};
use super::input::archived;
use super::lead::{Lead, LeadFilterArgument, LeadListArgs, LeadOrder};
use super::nested::{self, HasLeads, LeadLists, leads_of};
use super::node::{GlobalId, NodeKind};
use super::paging::{Connection, List, Listed, PageArgs};
use super::partnership::PartnerType;
use super::payload::{self, Payload, reply};
use super::scalars::{DateTime, SafeInt, Uuid};
use crate::domain::caller::Scope;
use crate::domain::leads::Parent;
use crate::domain::page::Key;
use crate::domain::{Archived, tags};

const LIST: List = List("tags");

/// A label that can be put on leads and other things.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Tag {
    #[graphql(skip)]
    lists: LeadLists,
    /// The global id.
    pub id: ID,
    /// The number that the REST routes call id.
    legacy_id: SafeInt,
    /// The public id in its plain form.
    pub uuid: Uuid,
    /// What it says.
    label: String,
    /// What it can be put on.
    association: TagAssociation,
    /// The partner programme it belongs to; null for all.
    partner_type: Option<PartnerType>,
    /// The color behind the label, as `#RRGGBB`.
    background_color: String,
    /// The color of the label, as `#RRGGBB`.
    text_color: String,
    /// Since when it is archived: it stays where it is and is offered no more. Null while it is in use.
    archived_at: Option<DateTime>,
    /// Grows by one with each change.
    version: SafeInt,
    /// When it was created.
    created_at: DateTime,
    /// When it was last changed.
    updated_at: DateTime,
}

impl Listed for Tag {}

impl HasLeads for Tag {
    const PARENT: Parent = Parent::Tag;
    const FIELD: &'static str = "leads";
    const LIST: &'static str = "Tag.leads";

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
impl Tag {
    /// The leads that carry it.
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

impl From<tags::Tag> for Tag {
    fn from(row: tags::Tag) -> Self {
        Self {
            lists: LeadLists::default(),
            id: GlobalId::new(NodeKind::Tag, row.uuid).into(),
            legacy_id: SafeInt(row.id),
            uuid: Uuid(row.uuid),
            label: row.label,
            association: row.association.into(),
            partner_type: row.partner_type.map(PartnerType::from),
            background_color: row.background_color,
            text_color: row.text_color,
            archived_at: row.archived_at.map(DateTime),
            version: SafeInt(row.version),
            created_at: DateTime(row.created_at),
            updated_at: DateTime(row.updated_at),
        }
    }
}

/// What a tag can be put on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::tags::TagAssociation")]
pub enum TagAssociation {
    /// Leads.
    Lead,
    /// Deals of leads.
    LeadDeal,
    /// Partners.
    Partner,
    /// Cards.
    Card,
    /// Contacts of partners.
    Contact,
}

#[derive(Debug, Default)]
pub struct TagQueries;

#[Object]
impl TagQueries {
    /// The workspace's tags, newest first.
    async fn tags(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
        #[graphql(default, desc = "Whether archived ones are listed too.")] include_archived: bool,
    ) -> Answer<Connection<Tag>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        answer(ctx, Box::pin(list(ctx, args, archived(include_archived))).await)
    }
}

async fn list(ctx: &Context<'_>, args: PageArgs, archived: Archived) -> Result<Connection<Tag>, Failure> {
    let op = op(ctx)?;
    let page = tags::list(&op, archived, args.request(ctx, LIST)?).await?;
    let key = |row: &tags::Tag| Key {
        created_at: row.created_at,
        id: row.id,
    };
    nested::connection(ctx, &op, LIST, page, key).await
}

#[derive(Debug, Default)]
pub struct TagMutations;

#[Object]
impl TagMutations {
    /// Makes a tag.
    async fn create_tag(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The tag.")] input: CreateTagInput,
    ) -> Answer<CreateTagPayload> {
        reply(ctx, Box::pin(create(ctx, input)).await)
    }
}

async fn create(ctx: &Context<'_>, input: CreateTagInput) -> Result<Tag, Failure> {
    let CreateTagInput {
        label,
        association,
        partner_type,
        background_color,
        text_color,
    } = input;
    let new = tags::NewTag {
        label,
        association: association.into(),
        partner_type: partner_type.map(Into::into),
        background_color,
        text_color,
    };
    let op = op(ctx)?;
    payload::require(ctx, &op, Scope::Write, "tag")?;
    Ok(tags::create(&op, new).await?.into())
}

/// A new tag.
#[derive(Debug, InputObject)]
pub struct CreateTagInput {
    /// What it says; unique among the tags of its association and partner type.
    label: String,
    /// What it can be put on.
    association: TagAssociation,
    /// The partner programme it belongs to; absent for all.
    partner_type: Option<PartnerType>,
    /// The color behind the label, as `#RRGGBB`; a grey by default.
    background_color: Option<String>,
    /// The color of the label, as `#RRGGBB`; white by default.
    text_color: Option<String>,
}

/// The answer to `createTag`.
#[derive(Debug, SimpleObject)]
pub struct CreateTagPayload {
    /// The new tag.
    tag: Option<Tag>,
    /// What stood against it; empty when it was done.
    user_errors: Vec<UserError>,
}

impl Payload for CreateTagPayload {
    type Made = Tag;

    fn made(tag: Tag) -> Self {
        Self {
            tag: Some(tag),
            user_errors: Vec::new(),
        }
    }

    fn refused(user_errors: Vec<UserError>) -> Self {
        Self { tag: None, user_errors }
    }
}
