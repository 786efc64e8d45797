//! Custom fields: what a workspace asks beyond the built-in columns. Select fields have numbered options. An archived
//! field or option stays on the leads that have it; nothing new gets it.

mod edit;
mod mirror;

use std::collections::HashSet;

use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{QueryFilter, QueryOrder};
use serde::Serialize;
use uuid::Uuid;

pub use crate::entity::custom_field::{FieldCategory, FieldType, Model as CustomField};
pub use crate::entity::custom_field_option::Model as CustomFieldOption;
pub use crate::entity::partnership::PartnerType;
use crate::entity::{custom_field, custom_field_option};

pub use edit::{CustomFieldPatch, shelve, update};
pub(in crate::domain) use mirror::{mirror, origin};

use super::caller::Scope;
use super::catalogue::Archived;
use super::error::{ProblemCode, Result};
use super::events::{CustomFieldFacts, CustomFieldOptionFacts, EventKind, word};
use super::form::Form;
use super::op::{Op, Tx};
use super::page::{Page, PageRequest};
use super::{catalogue, new_uuid, text};

/// What a caller supplies.
#[derive(Clone, Debug, Serialize)]
pub struct NewCustomField {
    pub label: String,
    pub field_type: FieldType,
    pub category: FieldCategory,
    pub partner_type: Option<PartnerType>,
    /// A new lead needs a value, where the workspace enforces it.
    pub required: bool,
    /// Values travel to the partner with a lead that is sent there.
    pub shared: bool,
    /// The labels of a select field's options, in their order; empty for every other type.
    pub options: Vec<String>,
}

pub const MAX_OPTIONS: usize = 100;

/// The workspace's fields, newest first.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn list(op: &Op, archived: Archived, page: PageRequest) -> Result<Page<CustomField>> {
    use custom_field::Column as C;
    catalogue::list_offered::<custom_field::Entity>(op, C::ArchivedAt, archived, (C::CreatedAt, C::Id), page).await
}

/// The fields with these ids, in any order; unknown ones are absent.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn by_uuids(op: &Op, uuids: &[Uuid]) -> Result<Vec<CustomField>> {
    catalogue::by_uuids::<custom_field::Entity>(op, custom_field::Column::Uuid, uuids).await
}

/// The options of these fields, field by field in their order, archived ones too.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn options_of(op: &Op, field_ids: &[i64]) -> Result<Vec<CustomFieldOption>> {
    op.require(Scope::Read)?;
    if field_ids.is_empty() {
        return Ok(Vec::new());
    }
    let of_fields = op.any_of(custom_field_option::Column::CustomFieldId, field_ids);
    let options = op.find::<custom_field_option::Entity>().filter(of_fields);
    let ordered = options
        .order_by_asc(custom_field_option::Column::CustomFieldId)
        .order_by_asc(custom_field_option::Column::Position)
        .order_by_asc(custom_field_option::Column::OptionNo);
    Ok(ordered.all(op.db()).await?)
}

/// Makes a field with its options, numbered from 1 in the order given.
///
/// # Errors
/// A broken rule, or a database fault. Labels of fields may repeat.
pub async fn create(op: &Op, new: NewCustomField) -> Result<CustomField> {
    catalogue::require_unbound(op, Scope::Write)?;
    op.once("custom_fields.create", new, make).await
}

async fn make(op: Op, new: NewCustomField) -> Result<CustomField> {
    let NewCustomField {
        label,
        field_type,
        category,
        partner_type,
        required,
        shared,
        options,
    } = new;
    let mut form = Form::default();
    let label = form.required("label", &label);
    let options = check_options(&mut form, field_type, &options);
    form.check()?;

    let mut tx = op.begin().await?;
    let row = custom_field::ActiveModel {
        workspace_id: NotSet,
        id: NotSet,
        uuid: Set(new_uuid()),
        label: Set(label),
        field_type: Set(field_type),
        category: Set(category),
        partner_type: Set(partner_type),
        required: Set(required),
        shared: Set(shared),
        shared_from_uuid: Set(None),
        archived_at: Set(None),
        version: Set(1),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    let field = tx.insert(row).await?;
    let options = insert_options(&tx, field.id, options).await?;
    let facts = facts(&field, options);
    catalogue::emit_created(&mut tx, EventKind::CustomFieldCreated, field.uuid, &facts);
    tx.commit(field).await
}

fn check_options(form: &mut Form, field_type: FieldType, labels: &[String]) -> Vec<String> {
    let chooses = match field_type {
        FieldType::Select | FieldType::MultiSelect => true,
        FieldType::Text | FieldType::Textarea | FieldType::Number | FieldType::Date | FieldType::Boolean => false,
    };
    if chooses && labels.is_empty() {
        form.refuse(ProblemCode::Missing, "options", "A select field needs options");
    }
    if !chooses && !labels.is_empty() {
        form.refuse(ProblemCode::Invalid, "options", "Only select fields have options");
    }
    if labels.len() > MAX_OPTIONS {
        let message = format!("A field has at most {MAX_OPTIONS} options");
        form.refuse(ProblemCode::TooMany, "options", message);
        return Vec::new();
    }
    let mut seen = HashSet::new();
    let mut checked = Vec::with_capacity(labels.len());
    form.within(&["options".into()], |form| {
        for (index, label) in labels.iter().enumerate() {
            let label = form.required(index, label);
            if !label.is_empty() && !seen.insert(text::fold(&label)) {
                form.refuse(ProblemCode::Invalid, index, "This label is there twice");
            }
            checked.push(label);
        }
    });
    checked
}

async fn insert_options(tx: &Tx, field_id: i64, labels: Vec<String>) -> Result<Vec<CustomFieldOptionFacts>> {
    let mut rows = Vec::with_capacity(labels.len());
    let mut facts = Vec::with_capacity(labels.len());
    for (number, label) in (1..).zip(labels) {
        let uuid = new_uuid();
        rows.push(custom_field_option::ActiveModel {
            workspace_id: NotSet,
            custom_field_id: Set(field_id),
            option_no: Set(number),
            uuid: Set(uuid),
            label: Set(label.clone()),
            position: Set(number),
            archived_at: Set(None),
        });
        facts.push(CustomFieldOptionFacts {
            uuid,
            number,
            label,
            archived_at: None,
        });
    }
    tx.insert_all(rows).await?;
    Ok(facts)
}

fn facts(field: &CustomField, options: Vec<CustomFieldOptionFacts>) -> CustomFieldFacts {
    CustomFieldFacts {
        label: field.label.clone(),
        field_type: word(&field.field_type),
        category: word(&field.category),
        partner_type: field.partner_type.as_ref().map(word),
        required: field.required,
        shared: field.shared,
        shared_from: field.shared_from_uuid,
        options,
        archived_at: field.archived_at,
    }
}

fn option_facts(option: &CustomFieldOption) -> CustomFieldOptionFacts {
    CustomFieldOptionFacts {
        uuid: option.uuid,
        number: option.option_no,
        label: option.label.clone(),
        archived_at: option.archived_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::error::Error;

    #[test]
    fn options_belong_to_select_fields_and_differ() {
        let labels = |labels: &[&str]| labels.iter().map(|&label| label.to_owned()).collect::<Vec<_>>();
        let many: Vec<String> = (0..=MAX_OPTIONS).map(|number| number.to_string()).collect();
        for (field_type, options, expected) in [
            (FieldType::Text, labels(&[]), vec![]),
            (FieldType::Select, labels(&["Big", " Small "]), vec![]),
            (FieldType::Number, labels(&["1"]), vec![(ProblemCode::Invalid, 1)]),
            (FieldType::MultiSelect, labels(&[]), vec![(ProblemCode::Missing, 1)]),
            (
                FieldType::Select,
                labels(&["a", "A", " "]),
                vec![(ProblemCode::Invalid, 2), (ProblemCode::Missing, 2)],
            ),
            (FieldType::Select, many, vec![(ProblemCode::TooMany, 1)]),
        ] {
            let mut form = Form::default();
            check_options(&mut form, field_type, &options);
            let found = match form.check() {
                Err(Error::Invalid(problems)) => problems.into_iter().map(|p| (p.code, p.path.len())).collect(),
                _ => vec![],
            };
            assert_eq!(found, expected, "{field_type:?} {options:?}");
        }
    }
}
