//! Tags.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};

use super::context::{Answer, answer, op};
use super::error::{Failure, UserError};
use super::node::{GlobalId, NodeKind};
use super::paging::{Connection, List, Listed, PageArgs, connection};
use super::partnership::PartnerType;
use super::payload::{Payload, reply};
use super::scalars::{DateTime, SafeInt, Uuid};
use crate::domain::page::Key;
use crate::domain::tags;

const LIST: List = List("tags");

/// A label that can be put on leads and other things.
#[derive(Clone, Debug, SimpleObject)]
pub struct Tag {
    /// The global id.
    pub id: ID,
    /// The number that the REST routes call id.
    legacy_id: SafeInt,
    /// The public id in its plain form.
    uuid: Uuid,
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
    /// Grows by one with each change.
    version: SafeInt,
    /// When it was created.
    created_at: DateTime,
    /// When it was last changed.
    updated_at: DateTime,
}

impl Listed for Tag {}

impl From<tags::Tag> for Tag {
    fn from(row: tags::Tag) -> Self {
        Self {
            id: GlobalId::new(NodeKind::Tag, row.uuid).into(),
            legacy_id: SafeInt(row.id),
            uuid: Uuid(row.uuid),
            label: row.label,
            association: row.association.into(),
            partner_type: row.partner_type.map(PartnerType::from),
            background_color: row.background_color,
            text_color: row.text_color,
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
    ) -> Answer<Connection<Tag>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        answer(ctx, list(ctx, args).await)
    }
}

async fn list(ctx: &Context<'_>, args: PageArgs) -> Result<Connection<Tag>, Failure> {
    let page = tags::list(&op(ctx)?, args.request(ctx, LIST)?).await?;
    let key = |row: &tags::Tag| Key {
        created_at: row.created_at,
        id: row.id,
    };
    Ok(connection(LIST, page, key, Tag::from))
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
        reply(ctx, create(ctx, input).await)
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
    Ok(tags::create(&op(ctx)?, new).await?.into())
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
