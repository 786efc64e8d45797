//! The custom fields a registration fills, and those it must fill.

use std::collections::{HashMap, HashSet};

use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};
use serde_json::Value;

use super::field_values::{self, Assigned, Misfit};
use super::references::{fits, matches, named};
use super::{NewFieldValue, NewRegistration};
use crate::domain::custom_fields::{CustomField, CustomFieldOption, FieldCategory};
use crate::domain::error::{Problem, ProblemCode, Problems, Result};
use crate::domain::leads::AssociationType;
use crate::domain::op::Op;
use crate::domain::{Ref, events};
use crate::entity::{custom_field, custom_field_option};

/// The fields of leads that the registration touches or must fill, by either of their ids.
pub(super) struct Fields {
    fields: Vec<CustomField>,
    options: HashMap<i64, Vec<CustomFieldOption>>,
}

pub(super) async fn fields(op: &Op, new: &NewRegistration) -> Result<Fields> {
    use custom_field::Column as C;
    let mut refs: Vec<Ref> = new
        .custom_fields
        .iter()
        .chain(&new.partner_custom_fields)
        .map(|value| value.field)
        .collect();
    refs.extend(new.integration_custom_fields.iter().map(|value| Ref::Uuid(value.uuid)));
    let wanted = named(op, C::Id, C::Uuid, &refs).add(C::Required.eq(true));
    let fields = op
        .find::<custom_field::Entity>()
        .filter(wanted)
        .filter(C::Category.eq(FieldCategory::Lead))
        .filter(C::ArchivedAt.is_null())
        .all(op.db())
        .await?;
    let ids: Vec<i64> = fields.iter().map(|field| field.id).collect();
    let mut options: HashMap<i64, Vec<CustomFieldOption>> = HashMap::new();
    if !ids.is_empty() {
        use custom_field_option::Column as O;
        let rows = op
            .find::<custom_field_option::Entity>()
            .filter(op.any_of(O::CustomFieldId, &ids));
        for option in rows
            .filter(O::ArchivedAt.is_null())
            .order_by_asc(O::OptionNo)
            .all(op.db())
            .await?
        {
            options.entry(option.custom_field_id).or_default().push(option);
        }
    }
    Ok(Fields { fields, options })
}

impl Fields {
    fn find(&self, reference: Ref) -> Option<&CustomField> {
        self.fields
            .iter()
            .find(|field| matches(reference, field.id, field.uuid))
    }

    fn options(&self, field: &CustomField) -> &[CustomFieldOption] {
        self.options.get(&field.id).map(Vec::as_slice).unwrap_or_default()
    }

    fn assigned(&self, field: &CustomField, value: field_values::Stored) -> Assigned {
        Assigned {
            field: field.clone(),
            options: self.options(field).to_vec(),
            value,
        }
    }

    pub(super) fn assign(
        &self,
        list: &'static str,
        values: &[NewFieldValue],
        problems: &mut Problems,
    ) -> Vec<Assigned> {
        let mut seen = HashSet::new();
        let mut assigned = Vec::with_capacity(values.len());
        for (index, value) in values.iter().enumerate() {
            let mut problem = |code, name: &'static str, message: String| {
                problems.add(Problem {
                    code,
                    path: vec![list.into(), index.into(), name.into()],
                    message,
                });
            };
            let Some(field) = self.find(value.field) else {
                problem(
                    ProblemCode::NotFound,
                    "fieldId",
                    "This names no lead field of this workspace".to_owned(),
                );
                continue;
            };
            if !seen.insert(field.id) {
                problem(
                    ProblemCode::Invalid,
                    "fieldId",
                    "This is given more than once".to_owned(),
                );
                continue;
            }
            if value.declared_type.is_some_and(|declared| declared != field.field_type) {
                let sentence = format!(
                    "This is not the field's type, which is {}",
                    events::word(&field.field_type)
                );
                problem(ProblemCode::Invalid, "type", sentence);
                continue;
            }
            match field_values::fit(field, self.options(field), &value.value) {
                Ok(Some(value)) => assigned.push(self.assigned(field, value)),
                Ok(None) => {}
                Err(Misfit { code, sentence }) => problem(code, "value", sentence),
            }
        }
        assigned
    }

    /// A foreign system's value for a field of ours becomes the field's value, unless the client gave one itself.
    pub(super) fn assign_foreign(&self, new: &NewRegistration, assigned: &mut Vec<Assigned>, problems: &mut Problems) {
        for (index, foreign) in new.integration_custom_fields.iter().enumerate() {
            let Some(field) = self.find(Ref::Uuid(foreign.uuid)) else {
                continue;
            };
            // Of several values of one field the last counts, here as in what is kept.
            if new
                .integration_custom_fields
                .iter()
                .skip(index + 1)
                .any(|later| later.uuid == foreign.uuid)
            {
                continue;
            }
            let options = self.options(field);
            let value = match &foreign.value {
                Value::Null => Ok(None),
                Value::String(blank) if blank.trim().is_empty() => Ok(None),
                value => field_values::read_foreign(field, options, value)
                    .and_then(|value| field_values::fit(field, options, &value)),
            };
            match value {
                Ok(Some(value)) if assigned.iter().all(|other| other.field.id != field.id) => {
                    assigned.push(self.assigned(field, value));
                }
                Ok(_) => {}
                Err(Misfit { code, sentence }) => {
                    let path = ["integrationCustomFields".into(), index.into(), "value".into()];
                    problems.add(Problem::new(code, path, sentence));
                }
            }
        }
    }

    pub(super) fn require(&self, association: Option<AssociationType>, assigned: &[Assigned], problems: &mut Problems) {
        let applies = |field: &&CustomField| match field.partner_type {
            None => true,
            Some(partner_type) => association.is_some_and(|association| fits(partner_type, association)),
        };
        for field in self.fields.iter().filter(|field| field.required).filter(applies) {
            if assigned.iter().all(|value| value.field.id != field.id) {
                let sentence = format!("This must have a value for the required field {}", field.label);
                problems.add(Problem::missing(["customFields".into()], sentence));
            }
        }
    }
}

pub(super) fn only_shared(values: &[NewFieldValue], fields: &Fields, problems: &mut Problems) {
    for (index, value) in values.iter().enumerate() {
        if fields.find(value.field).is_some_and(|field| !field.shared) {
            let path = ["partnerCustomFields".into(), index.into(), "fieldId".into()];
            problems.add(Problem::invalid(
                path,
                "This names a field that is not shared with partners",
            ));
        }
    }
}
