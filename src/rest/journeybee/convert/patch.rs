//! An edit of a lead, as it is posted. An absent member is kept, a null or blank text cleared.

use serde_json::Value;

use super::findings::{Findings, Place};
use super::words::{FIELD_TYPES, STATUSES};
use super::{custom_value, document, refs};
use crate::domain::leads::LeadStatus;
use crate::domain::leads::edit::{FieldEdit, LeadEdit, LeadPatch, NewFieldValue, SetEdit, StatusChange};
use crate::domain::{Change, Ref};
use crate::rest::journeybee::error::Refusal;
use crate::rest::journeybee::wire;

/// The reason of leads that are lost here, where there is no word for one.
const NO_REASON: &str = "No reason was given";

/// # Errors
/// Everything that is wrong with the body's shape, at once.
pub fn edit(body: &str) -> Result<LeadEdit, Refusal> {
    let mut found = Findings::default();
    let wire::LeadPatch {
        company_name,
        email,
        phone_number,
        first_name,
        last_name,
        status,
        assigned_users,
        tags,
        custom_fields,
    } = document(body, &mut found)?;
    let at = |name| Place::Member(&Place::Body, name);
    let mut text = |name, value| text(&mut found, &at(name), value);
    let contact = LeadPatch {
        company_name: text("company_name", company_name),
        email: text("email", email),
        phone_number: text("phone_number", phone_number),
        first_name: text("first_name", first_name),
        last_name: text("last_name", last_name),
        ..LeadPatch::default()
    };
    let edit = LeadEdit {
        contact,
        status: status.and_then(|value| to_status(&mut found, &at("status"), value)),
        assignees: whole(&mut found, &at("assignedUsers"), assigned_users),
        tags: whole(&mut found, &at("tags"), tags),
        fields: found.items(&at("customFields"), custom_fields, field),
        ..LeadEdit::default()
    };
    found.check()?;
    Ok(edit)
}

fn text(found: &mut Findings, place: &Place<'_>, value: Option<Value>) -> Change<String> {
    match value {
        None => Change::Keep,
        Some(Value::Null) => Change::Clear,
        value => found.text(place, value).map_or(Change::Clear, Change::Set),
    }
}

fn to_status(found: &mut Findings, place: &Place<'_>, value: Value) -> Option<StatusChange> {
    let before = found.count();
    let status = found.choice(place, Some(value), STATUSES);
    if status.is_none() && found.count() == before {
        found.invalid(place, "This must not be blank");
    }
    let to = status?;
    Some(StatusChange {
        otherwise: (to == LeadStatus::Lost).then_some(NO_REASON),
        ..StatusChange::to(to)
    })
}

/// A list takes the place of what there was; null is absent.
fn whole(found: &mut Findings, place: &Place<'_>, value: Option<Value>) -> Option<SetEdit<Ref>> {
    let value = value?;
    Some(SetEdit::Replace(refs(found.ids(place, Some(value)))))
}

fn field(found: &mut Findings, place: &Place<'_>, item: Value) -> Option<FieldEdit> {
    let wire::FieldPatch {
        custom_field_id,
        r#type,
        value,
    } = found.object(place, item)?;
    let field = found
        .required_id(&place.member("customFieldId"), custom_field_id)
        .map(Ref::Id);
    let declared_type = found.required_choice(&place.member("type"), r#type, FIELD_TYPES);
    let at_value = place.member("value");
    let value = match found.required(&at_value, value)? {
        Value::Null => return field.map(FieldEdit::Clear),
        value => custom_value(found, &at_value, declared_type?, value),
    };
    Some(FieldEdit::Set(NewFieldValue {
        field: field?,
        declared_type,
        value: value?,
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn absent_is_kept_and_null_or_blank_is_cleared() {
        let edit = edit(&json!({"email": null, "first_name": " ", "last_name": " Lee "}).to_string()).unwrap();
        assert_eq!(edit.contact.email, Change::Clear);
        assert_eq!(edit.contact.first_name, Change::Clear);
        assert_eq!(edit.contact.last_name, Change::Set("Lee".into()));
        assert_eq!(edit.contact.company_name, Change::Keep);
        assert!(edit.status.is_none() && edit.tags.is_none() && edit.assignees.is_none() && edit.fields.is_empty());
    }

    #[test]
    fn lists_replace_and_null_ones_are_kept() {
        let body = json!({"tags": [], "assignedUsers": null, "customFields": null});
        let edit = edit(&body.to_string()).unwrap();
        assert_eq!(edit.tags, Some(SetEdit::Replace(vec![])));
        assert_eq!(edit.assignees, None);
    }

    #[test]
    fn a_shape_that_is_wrong_is_refused() {
        for (body, status) in [
            (json!({"email": 5}), 400),
            (json!({"status": null}), 400),
            (json!({"status": ""}), 400),
            (json!({"status": "won"}), 400),
            (json!({"tags": 1}), 400),
            (json!({"tags": ["1"]}), 400),
            (json!({"assignedUsers": [0]}), 400),
            (json!({"first_name": "a\u{0}"}), 400),
            (json!({"customFields": [{"customFieldId": 1, "type": "text"}]}), 406),
            (json!({"customFields": [{"type": "text", "value": null}]}), 406),
            (
                json!({"customFields": [{"customFieldId": 1, "type": "text", "value": {"number": 1}}]}),
                400,
            ),
        ] {
            let refusal = edit(&body.to_string()).unwrap_err();
            assert_eq!(refusal.told().0, status, "{body}");
        }
        for body in ["", "[]", "null", "{"] {
            assert!(edit(body).is_err(), "{body}");
        }
    }
}
