//! Tags: labels with colours that leads, deals, partners, cards and contacts carry.

use sea_orm::ActiveValue::{NotSet, Set};
use uuid::Uuid;

pub use crate::entity::partnership::PartnerType;
use crate::entity::tag;
pub use crate::entity::tag::{Model as Tag, TagAssociation};

use super::caller::Scope;
use super::error::{Problem, Result};
use super::events::{EventKind, TagFacts, word};
use super::form::Form;
use super::op::Op;
use super::page::{Page, PageRequest};
use super::{catalogue, new_uuid, text};

/// What a caller supplies. Colours are `#RRGGBB`; absent ones are grey and white.
#[derive(Clone, Debug)]
pub struct NewTag {
    pub label: String,
    pub association: TagAssociation,
    pub partner_type: Option<PartnerType>,
    pub background_color: Option<String>,
    pub text_color: Option<String>,
}

const BACKGROUND: &str = "#6B7280";
const TEXT: &str = "#FFFFFF";

/// The workspace's tags, newest first.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn list(op: &Op, page: PageRequest) -> Result<Page<Tag>> {
    catalogue::list::<tag::Entity>(op, (tag::Column::CreatedAt, tag::Column::Id), page).await
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
    let taken = || Problem::invalid(["label".into()], "There is a tag with this label");
    let tag = tx.insert(row).await.map_err(|error| error.or_taken(taken()))?;
    catalogue::emit_created(&mut tx, EventKind::TagCreated, tag.uuid, &facts(&tag));
    tx.commit().await?;
    Ok(tag)
}

fn facts(tag: &Tag) -> TagFacts {
    TagFacts {
        label: tag.label.clone(),
        association: word(&tag.association),
        partner_type: tag.partner_type.as_ref().map(word),
        background_color: tag.background_color.clone(),
        text_color: tag.text_color.clone(),
    }
}
