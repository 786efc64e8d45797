//! Tags and custom fields, as they are posted.

use serde_json::Value;

use super::document;
use super::findings::{Findings, Place};
use super::words::{FIELD_CATEGORIES, FIELD_TYPES, PARTNER_TYPES, TAG_ASSOCIATIONS};
use crate::domain::custom_fields::{FieldCategory, FieldType, NewCustomField};
use crate::domain::tags::{NewTag, TagAssociation};
use crate::rest::journeybee::error::Refusal;
use crate::rest::journeybee::wire;

/// # Errors
/// Everything that is wrong with the body's shape, at once.
pub fn tag(body: &str) -> Result<NewTag, Refusal> {
    let mut found = Findings::default();
    let wire::NewTag {
        label,
        association,
        background_color,
        text_color,
        partner_type,
    } = document(body, &mut found)?;
    let at = |name| Place::Member(&Place::Body, name);
    let label = found.required_text(&at("label"), label);
    let association = found.required_choice(&at("association"), association, TAG_ASSOCIATIONS);
    let new = NewTag {
        label: label.unwrap_or_default(),
        association: association.unwrap_or(TagAssociation::Lead),
        partner_type: found.choice(&at("partner_type"), partner_type, PARTNER_TYPES),
        background_color: found.text(&at("background_color"), background_color),
        text_color: found.text(&at("text_color"), text_color),
    };
    found.check()?;
    Ok(new)
}

/// # Errors
/// Everything that is wrong with the body's shape, at once.
pub fn field(body: &str) -> Result<NewCustomField, Refusal> {
    let mut found = Findings::default();
    let wire::NewField {
        label,
        r#type,
        category,
        partner_type,
        required,
        shared,
        options,
    } = document(body, &mut found)?;
    let at = |name| Place::Member(&Place::Body, name);
    let label = found.required_text(&at("label"), label);
    let field_type = found.required_choice(&at("type"), r#type, FIELD_TYPES);
    let category = found.choice(&at("category"), category, FIELD_CATEGORIES);
    let new = NewCustomField {
        label: label.unwrap_or_default(),
        field_type: field_type.unwrap_or(FieldType::Text),
        category: category.unwrap_or(FieldCategory::Lead),
        partner_type: found.choice(&at("partner_type"), partner_type, PARTNER_TYPES),
        required: found.flag(&at("required"), required),
        shared: found.flag(&at("shared"), shared),
        options: found.items(&at("options"), options, option),
    };
    found.check()?;
    Ok(new)
}

fn option(found: &mut Findings, place: &Place<'_>, item: Value) -> Option<String> {
    let wire::NewOption { label } = found.object(place, item)?;
    found.required_text(&place.member("label"), label)
}
