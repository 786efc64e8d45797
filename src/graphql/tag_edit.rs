//! Edits of tags.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};

use super::context::{Answer, op};
use super::error::Failure;
use super::input::{Named, change, renamed, target};
use super::node::NodeKind;
use super::payload::{self, EditPayload, edit_payload, edited};
use super::scalars::SafeInt;
use super::tag::Tag;
use crate::domain::caller::Scope;
use crate::domain::error::Error;
use crate::domain::{Shelf, tags};

#[derive(Debug, Default)]
pub struct TagEditMutations;

#[Object]
impl TagEditMutations {
    /// Changes a tag. What is left out stays as it is.
    async fn update_tag(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A tag and what changes of it.")] input: UpdateTagInput,
    ) -> Answer<UpdateTagPayload> {
        edited(ctx, Box::pin(update(ctx, input)).await, |uuid| current(ctx, uuid)).await
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
        let done = Box::pin(shelve::<ArchiveTagPayload>(
            ctx,
            &tag_id,
            expected_version,
            Shelf::Archived,
        ))
        .await;
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
        let done = Box::pin(shelve::<RestoreTagPayload>(
            ctx,
            &tag_id,
            expected_version,
            Shelf::Offered,
        ))
        .await;
        edited(ctx, done, |uuid| current(ctx, uuid)).await
    }
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
        label: change(label, |text| text),
        background_color: change(background_color, |text| text),
        text_color: change(text_color, |text| text),
    };
    let target = target(&op, Scope::Write, named(&tag_id), expected_version)?;
    let row = tags::update(&op, target, patch).await.map_err(refused)?;
    Ok(Some(row.into()))
}

async fn shelve<P: EditPayload>(
    ctx: &Context<'_>,
    id: &ID,
    expected: SafeInt,
    shelf: Shelf,
) -> Result<Option<Tag>, Failure> {
    let op = op(ctx)?;
    payload::require_for::<P>(ctx, &op, Scope::Write)?;
    let target = target(&op, Scope::Write, named(id), expected)?;
    let row = tags::shelve(&op, target, shelf).await.map_err(refused)?;
    Ok(Some(row.into()))
}

/// The tag that an edit was too late for.
async fn current(ctx: &Context<'_>, uuid: uuid::Uuid) -> Result<Option<Tag>, Failure> {
    Ok(tags::by_uuids(&op(ctx)?, &[uuid]).await?.pop().map(Tag::from))
}

fn named(id: &ID) -> Named<'_> {
    Named {
        id,
        kind: NodeKind::Tag,
        path: "tagId",
    }
}

fn refused(error: Error) -> Failure {
    renamed(error, "tag", "tagId")
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

edit_payload! {
    /// The answer to `updateTag`.
    UpdateTagPayload {
        /// The tag as it is now.
        tag as "tag": Tag
    }
}

/// A tag to archive.
#[derive(Debug, InputObject)]
pub struct ArchiveTagInput {
    /// The tag, by its node id.
    tag_id: ID,
    /// The version that is to be archived. When the tag has another one by now, nothing is changed.
    expected_version: SafeInt,
}

edit_payload! {
    /// The answer to `archiveTag`.
    ArchiveTagPayload {
        /// The tag as it is now.
        tag as "tag": Tag
    }
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
    /// The answer to `restoreTag`.
    RestoreTagPayload {
        /// The tag as it is now.
        tag as "tag": Tag
    }
}
