//! Tags.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, MaybeUndefined, Object, SimpleObject};

use super::context::{Answer, answer, op};
use super::error::{Failure, UserError};
use super::input::{Reader, archived, change, rename_paths};
use super::lead::{Lead, LeadFilter, LeadListArgs, LeadOrder};
use super::nested::{self, HasLeads, LeadLists, leads_of};
use super::node::{GlobalId, NodeKind};
use super::paging::{Connection, List, Listed, PageArgs};
use super::partnership::PartnerType;
use super::payload::{self, EditPayload, Payload, edit_payload, edited, reply};
use super::scalars::{DateTime, SafeInt, Uuid};
use crate::domain::caller::Scope;
use crate::domain::leads::Parent;
use crate::domain::op::Op;
use crate::domain::page::Key;
use crate::domain::{Archived, Shelf, Target, tags};

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
        #[graphql(desc = "Which leads; all without it.")] filter: Option<Box<LeadFilter>>,
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
        answer(ctx, list(ctx, args, archived(include_archived)).await)
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
        reply(ctx, create(ctx, input).await)
    }

    /// Changes a tag. What is left out stays as it is.
    async fn update_tag(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The tag and what changes of it.")] input: UpdateTagInput,
    ) -> Answer<UpdateTagPayload> {
        edited(ctx, update(ctx, input).await, |uuid| current(ctx, uuid)).await
    }

    /// Archives a tag: it stays on what has it, and nothing new gets it. Doing it again changes nothing.
    async fn archive_tag(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The tag.")] input: ArchiveTagInput,
    ) -> Answer<ArchiveTagPayload> {
        let ArchiveTagInput {
            tag_id,
            expected_version,
        } = input;
        let done = shelve::<ArchiveTagPayload>(ctx, &tag_id, expected_version, Shelf::Archived).await;
        edited(ctx, done, |uuid| current(ctx, uuid)).await
    }

    /// Takes a tag back into use. Doing it again changes nothing.
    async fn restore_tag(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The tag.")] input: RestoreTagInput,
    ) -> Answer<RestoreTagPayload> {
        let RestoreTagInput {
            tag_id,
            expected_version,
        } = input;
        let done = shelve::<RestoreTagPayload>(ctx, &tag_id, expected_version, Shelf::Offered).await;
        edited(ctx, done, |uuid| current(ctx, uuid)).await
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

async fn update(ctx: &Context<'_>, input: UpdateTagInput) -> Result<Option<Tag>, Failure> {
    let UpdateTagInput {
        tag_id,
        expected_version,
        label,
        background_color,
        text_color,
    } = input;
    let op = op(ctx)?;
    payload::require_for::<UpdateTagPayload>(ctx, &op, Scope::Write)?;
    let patch = tags::TagPatch {
        label: change(label, |label| label),
        background_color: change(background_color, |color| color),
        text_color: change(text_color, |color| color),
    };
    let tag = tags::update(&op, target(&op, &tag_id, expected_version)?, patch).await;
    Ok(Some(tag.map_err(|error| rename_paths(error.into(), rename))?.into()))
}

async fn shelve<P: EditPayload>(
    ctx: &Context<'_>,
    id: &ID,
    expected: SafeInt,
    shelf: Shelf,
) -> Result<Option<Tag>, Failure> {
    let op = op(ctx)?;
    payload::require_for::<P>(ctx, &op, Scope::Write)?;
    let tag = tags::shelve(&op, target(&op, id, expected)?, shelf).await;
    Ok(Some(tag.map_err(|error| rename_paths(error.into(), rename))?.into()))
}

fn target(op: &Op, id: &ID, expected: SafeInt) -> Result<Target, Failure> {
    let mut reader = Reader::default();
    let uuid = reader.uuid(id, &[NodeKind::Tag], &["tagId"]);
    reader.check_for(op, Scope::Write)?;
    Ok(Target {
        uuid,
        expected_version: Some(expected.0),
    })
}

fn rename(path: &mut [String]) {
    for segment in path.iter_mut().filter(|segment| *segment == "tag") {
        *segment = "tagId".to_owned();
    }
}

/// The tag that an edit was too late for.
async fn current(ctx: &Context<'_>, uuid: uuid::Uuid) -> Result<Option<Tag>, Failure> {
    Ok(tags::by_uuids(&op(ctx)?, &[uuid]).await?.pop().map(Tag::from))
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

/// A tag and what changes of it.
#[derive(Debug, InputObject)]
pub struct UpdateTagInput {
    /// The tag, by its node id.
    tag_id: ID,
    /// The version that the change is made on. When the tag has another one by now, nothing is changed.
    expected_version: SafeInt,
    /// What it says; unique among the tags of its association and partner type.
    label: MaybeUndefined<String>,
    /// The color behind the label, as `#RRGGBB`; null for the grey that is the default.
    background_color: MaybeUndefined<String>,
    /// The color of the label, as `#RRGGBB`; null for the white that is the default.
    text_color: MaybeUndefined<String>,
}

/// A tag to archive.
#[derive(Debug, InputObject)]
pub struct ArchiveTagInput {
    /// The tag, by its node id.
    tag_id: ID,
    /// The version that is to be archived. When the tag has another one by now, nothing is changed.
    expected_version: SafeInt,
}

/// A tag to take back into use.
#[derive(Debug, InputObject)]
pub struct RestoreTagInput {
    /// The tag, by its node id.
    tag_id: ID,
    /// The version that is to be restored. When the tag has another one by now, nothing is changed.
    expected_version: SafeInt,
}

edit_payload! {
    /// The answer to `updateTag`.
    UpdateTagPayload {
        /// The tag as it is now.
        tag as "tag": Tag
    }
}

edit_payload! {
    /// The answer to `archiveTag`.
    ArchiveTagPayload {
        /// The tag as it is now.
        tag as "tag": Tag
    }
}

edit_payload! {
    /// The answer to `restoreTag`.
    RestoreTagPayload {
        /// The tag as it is now.
        tag as "tag": Tag
    }
}
