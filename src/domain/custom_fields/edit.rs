//! Edits of a custom field: what it is called, whether it must be filled or is shared, and its options. They are one
//! thing with one version: whoever adds an option and whoever renames one do not undo each other.
//!
//! Options keep their numbers for ever. An archived one stays on the leads that have it and keeps its label.

use std::collections::HashSet;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, QueryFilter};
use serde::Serialize;
use uuid::Uuid;

use super::{CustomField, CustomFieldOption, FieldType, MAX_OPTIONS, facts, mirror, option_facts};
use crate::domain::caller::Scope;
use crate::domain::catalogue::{self, Editable, Shelf, Stamp, Target};
use crate::domain::change::Change;
use crate::domain::error::{Problem, ProblemCode, Result};
use crate::domain::events::{CustomFieldFacts, EventKind};
use crate::domain::form::Form;
use crate::domain::op::{Op, Tx};
use crate::domain::{new_uuid, text};
use crate::entity::{custom_field, custom_field_option};

/// What to change. Type, category and partner programme never change: values depend on them.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CustomFieldPatch {
    pub label: Change<String>,
    pub required: Change<bool>,
    pub shared: Change<bool>,
    /// Labels of new options, which go behind those that are there.
    pub add_options: Vec<String>,
    pub rename_options: Vec<(Uuid, String)>,
    pub archive_options: Vec<Uuid>,
    pub restore_options: Vec<Uuid>,
}

impl CustomFieldPatch {
    /// Whether the edit touches options. One that does not is not told what is wrong with them.
    fn names_options(&self) -> bool {
        let Self {
            label: _,
            required: _,
            shared: _,
            add_options,
            rename_options,
            archive_options,
            restore_options,
        } = self;
        !(add_options.is_empty()
            && rename_options.is_empty()
            && archive_options.is_empty()
            && restore_options.is_empty())
    }
}

/// How many options a field can have had: archived ones count.
const MAX_NUMBERED: usize = 1_000;

/// Edits a field, archived or not. Of one that a partner shares, label and options are the partner's.
///
/// # Errors
/// A broken rule, an unknown field (path `customField`) or option, another version than the expected one, or a database
/// fault.
pub async fn update(op: &Op, target: Target, patch: CustomFieldPatch) -> Result<CustomField> {
    catalogue::require_unbound(op, Scope::Write)?;
    op.once("custom_fields.update", (target, patch), change).await
}

async fn change(op: Op, (target, patch): (Target, CustomFieldPatch)) -> Result<CustomField> {
    let mut form = Form::default();
    let label = form.renamed("label", patch.label.clone());
    let required = form.given("required", patch.required);
    let shared = form.given("shared", patch.shared);
    check_size(&mut form, &patch);
    form.check()?;

    let mut tx = op.begin().await?;
    let before: CustomField = catalogue::locked(&tx, target.uuid, unknown()).await?;
    let options = mirror::options_of(&tx, before.id).await?;
    let after = CustomField {
        label: label.unwrap_or_else(|| before.label.clone()),
        required: required.unwrap_or(before.required),
        shared: shared.unwrap_or(before.shared),
        ..before.clone()
    };
    let mut form = Form::default();
    if before.shared_from_uuid.is_some() {
        refuse_foreign(&mut form, &patch);
    }
    let wanted = edited(&mut form, &before, &options, &patch, &tx);
    let (was, is) = (whole(&before, &options), whole(&after, &wanted));
    catalogue::check_version(target.expected_version, before.uuid, before.version, &was, &is)?;
    form.check()?;
    if was == is {
        return tx.commit(before).await;
    }
    let field = catalogue::step(&tx, &before, after).await?;
    write_options(&tx, field.id, &options, &wanted).await?;
    catalogue::emit_updated(&mut tx, EventKind::CustomFieldUpdated, field.uuid, &was, &is);
    tx.commit(field).await
}

/// Archives a field, or offers it again. Doing what is done already changes nothing.
///
/// # Errors
/// An unknown field (path `customField`), another version than the expected one, or a database fault.
pub async fn shelve(op: &Op, target: Target, shelf: Shelf) -> Result<CustomField> {
    catalogue::require_unbound(op, Scope::Write)?;
    op.once("custom_fields.shelve", (target, shelf), put).await
}

async fn put(op: Op, (target, shelf): (Target, Shelf)) -> Result<CustomField> {
    let kind = match shelf {
        Shelf::Archived => EventKind::CustomFieldArchived,
        Shelf::Offered => EventKind::CustomFieldRestored,
    };
    let mut tx = op.begin().await?;
    let before: CustomField = catalogue::locked(&tx, target.uuid, unknown()).await?;
    let after = CustomField {
        archived_at: shelf.since(before.archived_at, tx.now()),
        ..before.clone()
    };
    let field = catalogue::save(&mut tx, target.expected_version, kind, before, after).await?;
    tx.commit(field).await
}

pub(super) fn unknown() -> Problem {
    Problem::not_found(["customField".into()], "Custom field not found")
}

/// What one edit may say, before anything is looked up.
fn check_size(form: &mut Form, patch: &CustomFieldPatch) {
    let parts = [
        ("addOptions", patch.add_options.len()),
        ("renameOptions", patch.rename_options.len()),
        ("archiveOptions", patch.archive_options.len()),
        ("restoreOptions", patch.restore_options.len()),
    ];
    for (path, count) in parts {
        if count > MAX_OPTIONS {
            let message = format!("This takes at most {MAX_OPTIONS} entries");
            form.refuse(ProblemCode::TooMany, path, message);
        }
    }
}

fn refuse_foreign(form: &mut Form, patch: &CustomFieldPatch) {
    let message = "A partner shares this field and decides over it";
    if !patch.label.is_keep() {
        form.refuse(ProblemCode::Invalid, "label", message);
    }
    for (path, is_said) in [
        ("addOptions", !patch.add_options.is_empty()),
        ("renameOptions", !patch.rename_options.is_empty()),
        ("archiveOptions", !patch.archive_options.is_empty()),
        ("restoreOptions", !patch.restore_options.is_empty()),
    ] {
        if is_said {
            form.refuse(ProblemCode::Invalid, path, message);
        }
    }
}

/// The options as the patch makes them, in their order.
fn edited(
    form: &mut Form,
    field: &CustomField,
    options: &[CustomFieldOption],
    patch: &CustomFieldPatch,
    tx: &Tx,
) -> Vec<CustomFieldOption> {
    let mut wanted = options.to_vec();
    form.within(&["renameOptions".into()], |form| {
        for (index, (uuid, label)) in patch.rename_options.iter().enumerate() {
            form.within(&[index.into()], |form| {
                let label = form.required("label", label);
                match wanted.iter_mut().find(|option| option.uuid == *uuid) {
                    Some(option) => option.label = label,
                    None => form.refuse(ProblemCode::NotFound, "optionId", "Option not found"),
                }
            });
        }
    });
    for (path, uuids, shelf) in [
        ("archiveOptions", &patch.archive_options, Shelf::Archived),
        ("restoreOptions", &patch.restore_options, Shelf::Offered),
    ] {
        form.within(&[path.into()], |form| {
            for (index, uuid) in uuids.iter().enumerate() {
                match wanted.iter_mut().find(|option| option.uuid == *uuid) {
                    Some(option) => option.archived_at = shelf.since(option.archived_at, tx.now()),
                    None => form.refuse(ProblemCode::NotFound, index, "Option not found"),
                }
            }
        });
    }
    add(form, field, &mut wanted, &patch.add_options);
    if patch.names_options() {
        check(form, field.field_type, &wanted, patch);
    }
    wanted
}

fn add(form: &mut Form, field: &CustomField, wanted: &mut Vec<CustomFieldOption>, labels: &[String]) {
    form.within(&["addOptions".into()], |form| {
        for (index, label) in labels.iter().enumerate() {
            let label = form.required(index, label);
            let next = |of: fn(&CustomFieldOption) -> i64| wanted.iter().map(of).max().unwrap_or(0) + 1;
            let option = CustomFieldOption {
                workspace_id: field.workspace_id,
                custom_field_id: field.id,
                option_no: next(|option| option.option_no),
                uuid: new_uuid(),
                label,
                position: next(|option| option.position),
                archived_at: None,
            };
            wanted.push(option);
        }
    });
}

/// The rules of options as a whole, which no single one of them breaks.
fn check(form: &mut Form, field_type: FieldType, wanted: &[CustomFieldOption], patch: &CustomFieldPatch) {
    let offered = wanted.iter().filter(|option| option.archived_at.is_none()).count();
    match field_type {
        FieldType::Select | FieldType::MultiSelect => {
            if offered == 0 {
                let message = "A select field needs an option that is not archived";
                form.refuse(ProblemCode::Missing, "archiveOptions", message);
            }
        }
        FieldType::Text | FieldType::Textarea | FieldType::Number | FieldType::Date | FieldType::Boolean => {
            if !wanted.is_empty() {
                form.refuse(ProblemCode::Invalid, "addOptions", "Only select fields have options");
            }
        }
    }
    let grows = !(patch.add_options.is_empty() && patch.restore_options.is_empty());
    if grows && (offered > MAX_OPTIONS || wanted.len() > MAX_NUMBERED) {
        let message = format!("A field has at most {MAX_OPTIONS} options, and {MAX_NUMBERED} with the archived ones");
        form.refuse(ProblemCode::TooMany, "addOptions", message);
    }
    let mut seen = HashSet::new();
    for option in wanted.iter().filter(|option| !option.label.is_empty()) {
        if !seen.insert(text::fold(&option.label)) {
            let message = format!("There are two options with the label {}", option.label);
            form.refuse(ProblemCode::Invalid, "options", message);
        }
    }
}

/// Writes what differs: options are never deleted.
pub(super) async fn write_options(
    tx: &Tx,
    field_id: i64,
    before: &[CustomFieldOption],
    wanted: &[CustomFieldOption],
) -> Result<()> {
    use custom_field_option::Column as C;
    let mut new = Vec::new();
    for option in wanted {
        match before.iter().find(|known| known.option_no == option.option_no) {
            Some(known) if known == option => {}
            Some(_) => {
                let of_option = C::CustomFieldId.eq(field_id).and(C::OptionNo.eq(option.option_no));
                let row = custom_field_option::ActiveModel {
                    label: Set(option.label.clone()),
                    archived_at: Set(option.archived_at),
                    ..Default::default()
                };
                let update = tx.update::<custom_field_option::Entity>().filter(of_option);
                update.set(row).exec(tx.db()).await?;
            }
            None => new.push(custom_field_option::ActiveModel {
                custom_field_id: Set(field_id),
                option_no: Set(option.option_no),
                uuid: Set(option.uuid),
                label: Set(option.label.clone()),
                position: Set(option.position),
                archived_at: Set(None),
                ..Default::default()
            }),
        }
    }
    tx.insert_all(new).await
}

pub(super) fn whole(field: &CustomField, options: &[CustomFieldOption]) -> CustomFieldFacts {
    facts(field, options.iter().map(option_facts).collect())
}

impl Editable for CustomField {
    type Facts = CustomFieldFacts;

    const UUID: custom_field::Column = custom_field::Column::Uuid;

    /// Without the options, which have rows of their own: for steps that leave them alone.
    fn facts(&self) -> CustomFieldFacts {
        facts(self, Vec::new())
    }

    fn stamp(&mut self) -> Stamp<'_> {
        Stamp {
            uuid: self.uuid,
            version: &mut self.version,
            updated_at: &mut self.updated_at,
        }
    }
}
