//! Conversion labels: what a project calls the stages that its leads convert to, and what each means for a lead's
//! status. An archived one stays on what has it and keeps its name for itself.

use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{ColumnTrait, QueryFilter};
use serde::Serialize;
use uuid::Uuid;

use crate::entity::conversion_label;
pub use crate::entity::conversion_label::Model as ConversionLabel;
pub use crate::entity::lead::LeadStatus;

use super::caller::Scope;
use super::catalogue::{Archived, Editable, Shelf, Stamp, Target};
use super::change::Change;
use super::error::{Error, Problem, Result};
use super::events::{ConversionLabelFacts, EventKind, word};
use super::form::Form;
use super::op::Op;
use super::page::{self, Page, PageRequest};
use super::projects::{self, ProjectRef};
use super::{catalogue, new_uuid, text};

/// What a caller supplies.
#[derive(Clone, Debug, Serialize)]
pub struct NewConversionLabel {
    pub project: ProjectRef,
    pub name: String,
    /// Whether a lead that was given the label needs no more work.
    pub mark_as_done: bool,
    /// The status that a lead gets with the label; without one it keeps its own.
    pub mapped_status: Option<LeadStatus>,
}

/// What to change. The project never changes.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ConversionLabelPatch {
    pub name: Change<String>,
    pub mark_as_done: Change<bool>,
    pub mapped_status: Change<LeadStatus>,
}

/// The labels of one project that the caller sees, newest first. An unknown project has none.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn list(
    op: &Op,
    project: &ProjectRef,
    archived: Archived,
    request: PageRequest,
) -> Result<Page<ConversionLabel>> {
    use conversion_label::Column as C;
    op.require(Scope::Read)?;
    // No project has this number.
    let project = projects::named(op, project).await?.map_or(0, |project| project.id);
    let rows = visible(op).filter(C::ProjectId.eq(project));
    let rows = match archived {
        Archived::Hidden => rows.filter(C::ArchivedAt.is_null()),
        Archived::Shown => rows,
    };
    page::read(op.db(), rows, (C::CreatedAt, C::Id), request).await
}

/// The labels with these ids, in any order; unknown ones are absent.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn by_uuids(op: &Op, uuids: &[Uuid]) -> Result<Vec<ConversionLabel>> {
    op.require(Scope::Read)?;
    if uuids.is_empty() {
        return Ok(Vec::new());
    }
    let wanted = op.any_uuid(conversion_label::Column::Uuid, uuids);
    Ok(visible(op).filter(wanted).all(op.db()).await?)
}

/// A key that is bound to a project sees that one's labels.
fn visible(op: &Op) -> sea_orm::Select<conversion_label::Entity> {
    let labels = op.find::<conversion_label::Entity>();
    match op.caller().project_id {
        None => labels,
        Some(bound) => labels.filter(conversion_label::Column::ProjectId.eq(bound)),
    }
}

/// # Errors
/// A broken rule, an unknown project (path `projectId`), a name that the project has already, or a database fault.
pub async fn create(op: &Op, new: NewConversionLabel) -> Result<ConversionLabel> {
    catalogue::require_unbound(op, Scope::Write)?;
    op.once("conversion_labels.create", new, make).await
}

async fn make(op: Op, new: NewConversionLabel) -> Result<ConversionLabel> {
    let NewConversionLabel {
        project,
        name,
        mark_as_done,
        mapped_status,
    } = new;
    let mut form = Form::default();
    let name = form.required("name", &name);
    form.check()?;
    let project = projects::named(&op, &project).await?;
    let project = project.ok_or_else(|| Problem::not_found(["projectId".into()], "Project not found"))?;

    let mut tx = op.begin().await?;
    let row = conversion_label::ActiveModel {
        workspace_id: NotSet,
        id: NotSet,
        uuid: Set(new_uuid()),
        project_id: Set(project.id),
        name_folded: Set(text::fold(&name)),
        name: Set(name),
        mark_as_done: Set(mark_as_done),
        mapped_status: Set(mapped_status),
        archived_at: Set(None),
        version: Set(1),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    let label = tx.insert(row).await.map_err(or_taken)?;
    let facts = ConversionLabelFacts {
        project: Some(project.uuid),
        ..label.facts()
    };
    catalogue::emit_created(&mut tx, EventKind::ConversionLabelCreated, label.uuid, &facts);
    tx.commit(label).await
}

/// Edits a label, archived or not.
///
/// # Errors
/// A broken rule, an unknown label (path `conversionLabel`), another version than the expected one, a name that the
/// project has already, or a database fault.
pub async fn update(op: &Op, target: Target, patch: ConversionLabelPatch) -> Result<ConversionLabel> {
    catalogue::require_unbound(op, Scope::Write)?;
    op.once("conversion_labels.update", (target, patch), change).await
}

async fn change(op: Op, (target, patch): (Target, ConversionLabelPatch)) -> Result<ConversionLabel> {
    let ConversionLabelPatch {
        name,
        mark_as_done,
        mapped_status,
    } = patch;
    let mut form = Form::default();
    let name = form.renamed("name", name);
    let mark_as_done = form.given("markAsDone", mark_as_done);
    form.check()?;

    let mut tx = op.begin().await?;
    let before: ConversionLabel = catalogue::locked(&tx, target.uuid, unknown()).await?;
    let mut after = ConversionLabel {
        mark_as_done: mark_as_done.unwrap_or(before.mark_as_done),
        mapped_status: mapped_status.apply(before.mapped_status),
        ..before.clone()
    };
    if let Some(name) = name {
        after.name_folded = text::fold(&name);
        after.name = name;
    }
    let kind = EventKind::ConversionLabelUpdated;
    let saved = catalogue::save(&mut tx, target.expected_version, kind, before, after).await;
    let label = saved.map_err(or_taken)?;
    tx.commit(label).await
}

/// Archives a label, or offers it again. Doing what is done already changes nothing.
///
/// # Errors
/// An unknown label (path `conversionLabel`), another version than the expected one, or a database fault.
pub async fn shelve(op: &Op, target: Target, shelf: Shelf) -> Result<ConversionLabel> {
    catalogue::require_unbound(op, Scope::Write)?;
    op.once("conversion_labels.shelve", (target, shelf), put).await
}

async fn put(op: Op, (target, shelf): (Target, Shelf)) -> Result<ConversionLabel> {
    let kind = match shelf {
        Shelf::Archived => EventKind::ConversionLabelArchived,
        Shelf::Offered => EventKind::ConversionLabelRestored,
    };
    let mut tx = op.begin().await?;
    let before: ConversionLabel = catalogue::locked(&tx, target.uuid, unknown()).await?;
    let after = ConversionLabel {
        archived_at: shelf.since(before.archived_at, tx.now()),
        ..before.clone()
    };
    let label = catalogue::save(&mut tx, target.expected_version, kind, before, after).await?;
    tx.commit(label).await
}

fn unknown() -> Problem {
    Problem::not_found(["conversionLabel".into()], "Conversion label not found")
}

fn or_taken(error: Error) -> Error {
    let message = "The project has a conversion label with this name";
    error.or_taken(Problem::invalid(["name".into()], message))
}

impl Editable for ConversionLabel {
    type Facts = ConversionLabelFacts;

    const UUID: conversion_label::Column = conversion_label::Column::Uuid;

    /// Without the project, which the row does not name by its public id and no edit changes.
    fn facts(&self) -> ConversionLabelFacts {
        ConversionLabelFacts {
            project: None,
            name: self.name.clone(),
            mark_as_done: self.mark_as_done,
            mapped_status: self.mapped_status.as_ref().map(word),
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
