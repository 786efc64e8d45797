//! The custom fields a registration fills, and those it must fill.

use std::collections::HashSet;

use serde_json::Value;

use super::NewRegistration;
use crate::domain::Ref;
use crate::domain::error::{Problem, Problems, Result};
use crate::domain::leads::AssociationType;
use crate::domain::leads::field_values::{self, Assigned, Misfit};
use crate::domain::leads::fields::{Fields, Flaw, NewFieldValue, applies};
use crate::domain::op::Op;

pub(super) async fn registered_fields(op: &Op, new: &NewRegistration) -> Result<Fields> {
    let given = new.custom_fields.iter().chain(&new.partner_custom_fields);
    let mut refs: Vec<Ref> = given.map(|value| value.field).collect();
    refs.extend(new.integration_custom_fields.iter().map(|value| Ref::Uuid(value.uuid)));
    Fields::named_or_required(op, &refs).await
}

pub(super) fn assign(
    fields: &Fields,
    list: &'static str,
    values: &[NewFieldValue],
    problems: &mut Problems,
) -> Vec<Assigned> {
    let mut seen = HashSet::new();
    let mut assigned = Vec::with_capacity(values.len());
    for (index, given) in values.iter().enumerate() {
        let repeated = fields
            .find_live(given.field)
            .is_some_and(|field| !seen.insert(field.id));
        let read = match repeated {
            true => Err(Flaw::twice()),
            false => fields.read(given),
        };
        match read {
            Ok((field, Some(value))) => assigned.push(fields.assigned(field, value)),
            Ok((_, None)) => {}
            Err(Flaw { code, member, sentence }) => {
                problems.add(Problem::new(code, [list.into(), index.into(), member.into()], sentence));
            }
        }
    }
    assigned
}

/// A foreign system's value for a field of ours becomes the field's value, unless the client gave one itself.
pub(super) fn assign_foreign(
    fields: &Fields,
    new: &NewRegistration,
    assigned: &mut Vec<Assigned>,
    problems: &mut Problems,
) {
    for (index, foreign) in new.integration_custom_fields.iter().enumerate() {
        let Some(field) = fields.find_live(Ref::Uuid(foreign.uuid)) else {
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
        let options = fields.options(field);
        let value = match &foreign.value {
            Value::Null => Ok(None),
            Value::String(blank) if blank.trim().is_empty() => Ok(None),
            value => field_values::read_foreign(field, options, value)
                .and_then(|value| field_values::fit(field, options, &value)),
        };
        match value {
            Ok(Some(value)) if assigned.iter().all(|other| other.field.id != field.id) => {
                assigned.push(fields.assigned(field, value));
            }
            Ok(_) => {}
            Err(Misfit { code, sentence }) => {
                let path = ["integrationCustomFields".into(), index.into(), "value".into()];
                problems.add(Problem::new(code, path, sentence));
            }
        }
    }
}

pub(super) fn require(
    fields: &Fields,
    association: Option<AssociationType>,
    assigned: &[Assigned],
    problems: &mut Problems,
) {
    let required = fields.live().filter(|field| field.required);
    for field in required.filter(|field| applies(field, association)) {
        if assigned.iter().all(|value| value.field.id != field.id) {
            let sentence = format!("This must have a value for the required field {}", field.label);
            problems.add(Problem::missing(["customFields".into()], sentence));
        }
    }
}

pub(super) fn only_shared(values: &[NewFieldValue], fields: &Fields, problems: &mut Problems) {
    for (index, value) in values.iter().enumerate() {
        if fields.find_live(value.field).is_some_and(|field| !field.shared) {
            let path = ["partnerCustomFields".into(), index.into(), "fieldId".into()];
            problems.add(Problem::invalid(
                path,
                "This names a field that is not shared with partners",
            ));
        }
    }
}
