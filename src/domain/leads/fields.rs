//! The custom fields that an input names, and what it says about them. Every way to give a lead values reads them here.

use std::collections::HashMap;

use sea_orm::sea_query::{Condition, ExprTrait};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::field_values::{self, Assigned, Misfit, Stored};
use super::references::{fits, matches, named};
use crate::domain::custom_fields::{CustomField, CustomFieldOption, FieldCategory, FieldType};
use crate::domain::error::{ProblemCode, Result};
use crate::domain::leads::AssociationType;
use crate::domain::op::Op;
use crate::domain::{Ref, events};
use crate::entity::{custom_field, custom_field_option};

/// A value for one field.
#[derive(Clone, Debug, Serialize)]
pub struct NewFieldValue {
    pub field: Ref,
    /// The type the client believes the field has; another one is a problem.
    pub declared_type: Option<FieldType>,
    pub value: NewValue,
}

/// A custom field's value. Text serves both text types.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum NewValue {
    Text(String),
    Number(f64),
    /// `YYYY-MM-DD` or RFC 3339; the calendar date as written counts.
    Date(String),
    Boolean(bool),
    Select(OptionRef),
    MultiSelect(Vec<OptionRef>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OptionRef {
    /// The option's number within its field.
    Number(i64),
    Uuid(Uuid),
}

/// Some fields of leads, by either of their ids, each with its options.
#[derive(Debug)]
pub(super) struct Fields {
    fields: Vec<CustomField>,
    options: HashMap<i64, Options>,
}

/// Archived ones stand on the leads that have them, and are not to be had anew.
#[derive(Debug, Default)]
struct Options {
    live: Vec<CustomFieldOption>,
    all: Vec<CustomFieldOption>,
}

const NO_FIELD: &str = "This names no lead field of this workspace";

/// What is wrong with a value, and with which member of it.
#[derive(Debug)]
pub(super) struct Flaw {
    pub code: ProblemCode,
    pub member: &'static str,
    pub sentence: String,
}

impl Flaw {
    pub(super) fn new(code: ProblemCode, member: &'static str, sentence: &str) -> Self {
        Self {
            code,
            member,
            sentence: sentence.to_owned(),
        }
    }

    pub(super) fn no_field() -> Self {
        Self::new(ProblemCode::NotFound, "fieldId", NO_FIELD)
    }

    pub(super) fn twice() -> Self {
        Self::new(ProblemCode::Invalid, "fieldId", "This is given more than once")
    }
}

impl Fields {
    /// Those that `refs` name, archived ones too.
    pub(super) async fn named(op: &Op, refs: &[Ref]) -> Result<Self> {
        if refs.is_empty() {
            return Ok(Self {
                fields: Vec::new(),
                options: HashMap::new(),
            });
        }
        Self::load(
            op,
            named(op, custom_field::Column::Id, custom_field::Column::Uuid, refs),
        )
        .await
    }

    /// [`Self::named`], and those that every lead must fill.
    pub(super) async fn named_or_required(op: &Op, refs: &[Ref]) -> Result<Self> {
        use custom_field::Column as C;
        let required = C::Required.eq(true).and(C::ArchivedAt.is_null());
        Self::load(op, named(op, C::Id, C::Uuid, refs).add(required)).await
    }

    async fn load(op: &Op, wanted: Condition) -> Result<Self> {
        use {custom_field::Column as C, custom_field_option::Column as O};
        let fields = op.find::<custom_field::Entity>().filter(wanted);
        let fields = fields.filter(C::Category.eq(FieldCategory::Lead)).all(op.db()).await?;
        let ids: Vec<i64> = fields.iter().map(|field| field.id).collect();
        let mut options: HashMap<i64, Options> = HashMap::new();
        if !ids.is_empty() {
            let rows = op
                .find::<custom_field_option::Entity>()
                .filter(op.any_of(O::CustomFieldId, &ids))
                .order_by_asc(O::OptionNo);
            for option in rows.all(op.db()).await? {
                let of_field = options.entry(option.custom_field_id).or_default();
                of_field.all.push(option.clone());
                if option.archived_at.is_none() {
                    of_field.live.push(option);
                }
            }
        }
        Ok(Self { fields, options })
    }

    /// Whatever has not been archived.
    pub(super) fn live(&self) -> impl Iterator<Item = &CustomField> {
        self.fields.iter().filter(|field| field.archived_at.is_none())
    }

    pub(super) fn find_live(&self, reference: Ref) -> Option<&CustomField> {
        self.live().find(|field| matches(reference, field.id, field.uuid))
    }

    pub(super) fn find(&self, reference: Ref) -> Option<&CustomField> {
        let mut fields = self.fields.iter();
        fields.find(|field| matches(reference, field.id, field.uuid))
    }

    /// The options that a value may have now.
    pub(super) fn options(&self, field: &CustomField) -> &[CustomFieldOption] {
        self.options
            .get(&field.id)
            .map(|options| options.live.as_slice())
            .unwrap_or_default()
    }

    /// The options that a stored value may have.
    pub(super) fn all_options(&self, field: &CustomField) -> &[CustomFieldOption] {
        self.options
            .get(&field.id)
            .map(|options| options.all.as_slice())
            .unwrap_or_default()
    }

    pub(super) fn assigned(&self, field: &CustomField, value: Stored) -> Assigned {
        Assigned {
            field: field.clone(),
            options: self.options(field).to_vec(),
            value,
        }
    }

    /// The field that a value is for, and the value as it stores it; nothing for a blank one.
    pub(super) fn read(&self, given: &NewFieldValue) -> std::result::Result<(&CustomField, Option<Stored>), Flaw> {
        let field = self.find_live(given.field).ok_or_else(Flaw::no_field)?;
        if given.declared_type.is_some_and(|declared| declared != field.field_type) {
            let of = events::word(&field.field_type);
            let sentence = format!("This is not the field's type, which is {of}");
            return Err(Flaw::new(ProblemCode::Invalid, "type", &sentence));
        }
        let fitted = field_values::fit(field, self.options(field), &given.value);
        let value = fitted.map_err(|Misfit { code, sentence }| Flaw::new(code, "value", &sentence))?;
        Ok((field, value))
    }
}

/// Whether a lead that was registered this way may be asked for the field.
pub(super) fn applies(field: &CustomField, association: Option<AssociationType>) -> bool {
    match field.partner_type {
        None => true,
        Some(partner_type) => association.is_some_and(|association| fits(partner_type, association)),
    }
}
