//! What is stored, as JourneyBee's lists show it.

use chrono::{DateTime, SecondsFormat, Utc};

use super::words::{FIELD_CATEGORIES, FIELD_TYPES, PARTNER_TYPES, RESELLER_SIDES, STAGES, TAG_ASSOCIATIONS, word};
use crate::domain::custom_fields::{CustomField, CustomFieldOption, FieldType};
use crate::domain::partnerships::Partnership;
use crate::domain::tags::Tag;
use crate::rest::journeybee::wire;

pub fn tag(tag: &Tag) -> wire::Tag<'_> {
    wire::Tag {
        id: tag.id,
        uuid: tag.uuid,
        label: &tag.label,
        association: word(TAG_ASSOCIATIONS, tag.association),
        background_color: &tag.background_color,
        text_color: &tag.text_color,
        partner_type: tag.partner_type.map(|partner_type| word(PARTNER_TYPES, partner_type)),
    }
}

/// `options` may be those of other fields too.
pub fn field<'a>(field: &'a CustomField, options: &'a [CustomFieldOption]) -> wire::Field<'a> {
    let own = options
        .iter()
        .filter(|option| option.custom_field_id == field.id && option.archived_at.is_none());
    let own = own.map(|option| wire::FieldOption {
        id: option.option_no,
        label: &option.label,
    });
    definition(field, own.collect())
}

/// A field that was just made with options of these labels.
pub fn new_field<'a>(field: &'a CustomField, labels: &'a [String]) -> wire::Field<'a> {
    let options = (1..).zip(labels).map(|(id, label)| wire::FieldOption {
        id,
        label: label.trim(),
    });
    definition(field, options.collect())
}

fn definition<'a>(field: &'a CustomField, options: Vec<wire::FieldOption<'a>>) -> wire::Field<'a> {
    wire::Field {
        id: field.id,
        uuid: field.uuid,
        label: &field.label,
        r#type: word(FIELD_TYPES, field.field_type),
        category: word(FIELD_CATEGORIES, field.category),
        partner_type: field.partner_type.map(|partner_type| word(PARTNER_TYPES, partner_type)),
        required: field.required,
        shared: field.shared,
        options: match field.field_type {
            FieldType::Select | FieldType::MultiSelect => Some(options),
            FieldType::Text | FieldType::Textarea | FieldType::Number | FieldType::Date | FieldType::Boolean => None,
        },
    }
}

pub fn partnership(partnership: &Partnership) -> wire::Partnership<'_> {
    let Partnership { side, shared, partner } = partnership;
    wire::Partnership {
        id: side.id,
        uuid: side.uuid,
        created_at: instant(side.created_at),
        updated_at: instant(side.updated_at.max(shared.updated_at)),
        reseller: partnership.reseller_side().map(|side| word(RESELLER_SIDES, side)),
        stage: None,
        tier: None,
        category: None,
        tags: [],
        assigned_users: [],
        custom_fields: [],
        partnership: wire::SharedPartnership {
            id: shared.id,
            stage: word(STAGES, shared.state),
            partner_type: word(PARTNER_TYPES, shared.partner_type),
        },
        partner: wire::Partner {
            id: partner.id,
            uuid: partner.uuid,
            name: &partner.name,
            email_domain: partner.domain.as_deref(),
            website_url: partner.website.as_deref(),
            country_label: partner.country.as_deref(),
        },
    }
}

/// As exact as it is kept, so that a client can name the place again.
pub fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}
