//! Attribution sources: the named origins, such as a trade show, that leads are attributed to. An archived one stays on
//! what is attributed to it and keeps its label for itself.

use sea_orm::ActiveValue::{NotSet, Set};
use serde::Serialize;
use uuid::Uuid;

use crate::entity::attribution_source;
pub use crate::entity::attribution_source::Model as AttributionSource;

use super::caller::Scope;
use super::catalogue::{Archived, Editable, Shelf, Stamp, Target};
use super::change::Change;
use super::error::{Error, Problem, Result};
use super::events::{AttributionSourceFacts, EventKind};
use super::form::Form;
use super::op::Op;
use super::page::{Page, PageRequest};
use super::{catalogue, new_uuid, text};

/// What a caller supplies.
#[derive(Clone, Debug, Serialize)]
pub struct NewAttributionSource {
    pub label: String,
}

/// What to change.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AttributionSourcePatch {
    pub label: Change<String>,
}

/// The workspace's sources, newest first.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn list(op: &Op, archived: Archived, page: PageRequest) -> Result<Page<AttributionSource>> {
    use attribution_source::Column as C;
    let order = (C::CreatedAt, C::Id);
    catalogue::list_offered::<attribution_source::Entity>(op, C::ArchivedAt, archived, order, page).await
}

/// The sources with these ids, in any order; unknown ones are absent.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn by_uuids(op: &Op, uuids: &[Uuid]) -> Result<Vec<AttributionSource>> {
    catalogue::by_uuids::<attribution_source::Entity>(op, attribution_source::Column::Uuid, uuids).await
}

/// # Errors
/// A broken rule, a label that is taken, or a database fault.
pub async fn create(op: &Op, new: NewAttributionSource) -> Result<AttributionSource> {
    catalogue::require_unbound(op, Scope::Write)?;
    op.once("attribution_sources.create", new, make).await
}

async fn make(op: Op, new: NewAttributionSource) -> Result<AttributionSource> {
    let NewAttributionSource { label } = new;
    let mut form = Form::default();
    let label = form.required("label", &label);
    form.check()?;

    let mut tx = op.begin().await?;
    let row = attribution_source::ActiveModel {
        workspace_id: NotSet,
        id: NotSet,
        uuid: Set(new_uuid()),
        label_folded: Set(text::fold(&label)),
        label: Set(label),
        archived_at: Set(None),
        version: Set(1),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    let source = tx.insert(row).await.map_err(or_taken)?;
    catalogue::emit_created(
        &mut tx,
        EventKind::AttributionSourceCreated,
        source.uuid,
        &source.facts(),
    );
    tx.commit(source).await
}

/// Edits a source, archived or not.
///
/// # Errors
/// A broken rule, an unknown source (path `attributionSource`), another version than the expected one, a label that is
/// taken, or a database fault.
pub async fn update(op: &Op, target: Target, patch: AttributionSourcePatch) -> Result<AttributionSource> {
    catalogue::require_unbound(op, Scope::Write)?;
    op.once("attribution_sources.update", (target, patch), change).await
}

async fn change(op: Op, (target, patch): (Target, AttributionSourcePatch)) -> Result<AttributionSource> {
    let AttributionSourcePatch { label } = patch;
    let mut form = Form::default();
    let label = form.renamed("label", label);
    form.check()?;

    let mut tx = op.begin().await?;
    let before: AttributionSource = catalogue::locked(&tx, target.uuid, unknown()).await?;
    let mut after = before.clone();
    if let Some(label) = label {
        after.label_folded = text::fold(&label);
        after.label = label;
    }
    let kind = EventKind::AttributionSourceUpdated;
    let saved = catalogue::save(&mut tx, target.expected_version, kind, before, after).await;
    let source = saved.map_err(or_taken)?;
    tx.commit(source).await
}

/// Archives a source, or offers it again. Doing what is done already changes nothing.
///
/// # Errors
/// An unknown one (path `attributionSource`), another version than the expected one, or a database fault.
pub async fn shelve(op: &Op, target: Target, shelf: Shelf) -> Result<AttributionSource> {
    catalogue::require_unbound(op, Scope::Write)?;
    op.once("attribution_sources.shelve", (target, shelf), put).await
}

async fn put(op: Op, (target, shelf): (Target, Shelf)) -> Result<AttributionSource> {
    let kind = match shelf {
        Shelf::Archived => EventKind::AttributionSourceArchived,
        Shelf::Offered => EventKind::AttributionSourceRestored,
    };
    let mut tx = op.begin().await?;
    let before: AttributionSource = catalogue::locked(&tx, target.uuid, unknown()).await?;
    let after = AttributionSource {
        archived_at: shelf.since(before.archived_at, tx.now()),
        ..before.clone()
    };
    let row = catalogue::save(&mut tx, target.expected_version, kind, before, after).await?;
    tx.commit(row).await
}

fn unknown() -> Problem {
    Problem::not_found(["attributionSource".into()], "Attribution source not found")
}

fn or_taken(error: Error) -> Error {
    error.or_taken(Problem::invalid(
        ["label".into()],
        "There is an attribution source with this label",
    ))
}

impl Editable for AttributionSource {
    type Facts = AttributionSourceFacts;

    const UUID: attribution_source::Column = attribution_source::Column::Uuid;

    fn facts(&self) -> AttributionSourceFacts {
        AttributionSourceFacts {
            label: self.label.clone(),
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
