//! Tags: labels with colours that leads, deals, partners, cards and contacts carry. An archived tag stays on what has
//! it and keeps its label for itself; nothing new gets it.

use sea_orm::ActiveValue::{NotSet, Set};
use serde::Serialize;
use uuid::Uuid;

pub use crate::entity::partnership::PartnerType;
use crate::entity::tag;
pub use crate::entity::tag::{Model as Tag, TagAssociation};

use super::caller::Scope;
use super::catalogue::{Archived, Editable, Shelf, Stamp, Target};
use super::change::Change;
use super::error::{Error, Problem, Result};
use super::events::{EventKind, TagFacts, word};
use super::form::Form;
use super::op::Op;
use super::page::{Page, PageRequest};
use super::{catalogue, new_uuid, text};

/// What a caller supplies. Colours are `#RRGGBB`; absent ones are grey and white.
#[derive(Clone, Debug, Serialize)]
pub struct NewTag {
    pub label: String,
    pub association: TagAssociation,
    pub partner_type: Option<PartnerType>,
    pub background_color: Option<String>,
    pub text_color: Option<String>,
}

/// What to change. Clearing a colour gives it its default.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TagPatch {
    pub label: Change<String>,
    pub background_color: Change<String>,
    pub text_color: Change<String>,
}

const BACKGROUND: &str = "#6B7280";
const TEXT: &str = "#FFFFFF";

/// The workspace's tags, newest first.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn list(op: &Op, archived: Archived, page: PageRequest) -> Result<Page<Tag>> {
    let order = (tag::Column::CreatedAt, tag::Column::Id);
    catalogue::list_offered::<tag::Entity>(op, tag::Column::ArchivedAt, archived, order, page).await
}

/// The tags with these ids, in any order; unknown ones are absent.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn by_uuids(op: &Op, uuids: &[Uuid]) -> Result<Vec<Tag>> {
    catalogue::by_uuids::<tag::Entity>(op, tag::Column::Uuid, uuids).await
}

/// # Errors
/// A broken rule, a label that is taken for this association and partner type, or a database fault.
pub async fn create(op: &Op, new: NewTag) -> Result<Tag> {
    catalogue::require_unbound(op, Scope::Write)?;
    op.once("tags.create", new, make).await
}

async fn make(op: Op, new: NewTag) -> Result<Tag> {
    let NewTag {
        label,
        association,
        partner_type,
        background_color,
        text_color,
    } = new;
    let mut form = Form::default();
    let label = form.required("label", &label);
    let background_color = form.color("backgroundColor", background_color.as_deref(), BACKGROUND);
    let text_color = form.color("textColor", text_color.as_deref(), TEXT);
    form.check()?;

    let mut tx = op.begin().await?;
    let row = tag::ActiveModel {
        workspace_id: NotSet,
        id: NotSet,
        uuid: Set(new_uuid()),
        label_folded: Set(text::fold(&label)),
        label: Set(label),
        association: Set(association),
        partner_type: Set(partner_type),
        background_color: Set(background_color),
        text_color: Set(text_color),
        archived_at: Set(None),
        version: Set(1),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    let tag = tx.insert(row).await.map_err(or_taken)?;
    catalogue::emit_created(&mut tx, EventKind::TagCreated, tag.uuid, &tag.facts());
    tx.commit(tag).await
}

/// Edits a tag, archived or not.
///
/// # Errors
/// A broken rule, an unknown tag (path `tag`), another version than the expected one, a label that is taken, or a
/// database fault.
pub async fn update(op: &Op, target: Target, patch: TagPatch) -> Result<Tag> {
    catalogue::require_unbound(op, Scope::Write)?;
    op.once("tags.update", (target, patch), change).await
}

async fn change(op: Op, (target, patch): (Target, TagPatch)) -> Result<Tag> {
    let TagPatch {
        label,
        background_color,
        text_color,
    } = patch;
    let mut form = Form::default();
    let label = form.renamed("label", label);
    let background_color = form.recolored("backgroundColor", background_color, BACKGROUND);
    let text_color = form.recolored("textColor", text_color, TEXT);
    form.check()?;

    let mut tx = op.begin().await?;
    let before: Tag = catalogue::locked(&tx, target.uuid, unknown()).await?;
    let mut after = before.clone();
    if let Some(label) = label {
        after.label_folded = text::fold(&label);
        after.label = label;
    }
    after.background_color = background_color.unwrap_or(after.background_color);
    after.text_color = text_color.unwrap_or(after.text_color);
    let saved = catalogue::save(&mut tx, target.expected_version, EventKind::TagUpdated, before, after).await;
    let tag = saved.map_err(or_taken)?;
    tx.commit(tag).await
}

/// Archives a tag, or offers it again. Doing what is done already changes nothing.
///
/// # Errors
/// An unknown tag (path `tag`), another version than the expected one, or a database fault.
pub async fn shelve(op: &Op, target: Target, shelf: Shelf) -> Result<Tag> {
    catalogue::require_unbound(op, Scope::Write)?;
    op.once("tags.shelve", (target, shelf), put).await
}

async fn put(op: Op, (target, shelf): (Target, Shelf)) -> Result<Tag> {
    let kind = match shelf {
        Shelf::Archived => EventKind::TagArchived,
        Shelf::Offered => EventKind::TagRestored,
    };
    let mut tx = op.begin().await?;
    let before: Tag = catalogue::locked(&tx, target.uuid, unknown()).await?;
    let after = Tag {
        archived_at: shelf.since(before.archived_at, tx.now()),
        ..before.clone()
    };
    let tag = catalogue::save(&mut tx, target.expected_version, kind, before, after).await?;
    tx.commit(tag).await
}

fn unknown() -> Problem {
    Problem::not_found(["tag".into()], "Tag not found")
}

fn or_taken(error: Error) -> Error {
    error.or_taken(Problem::invalid(["label".into()], "There is a tag with this label"))
}

impl Editable for Tag {
    type Facts = TagFacts;

    const UUID: tag::Column = tag::Column::Uuid;

    fn facts(&self) -> TagFacts {
        TagFacts {
            label: self.label.clone(),
            association: word(&self.association),
            partner_type: self.partner_type.as_ref().map(word),
            background_color: self.background_color.clone(),
            text_color: self.text_color.clone(),
            archived_at: self.archived_at,
        }
    }

    fn stamp(&mut self) -> Stamp<'_> {
        Stamp {
            uuid: self.uuid,
            version: &mut self.version,
            updated_at: &mut self.updated_at,
        }
    }
}
