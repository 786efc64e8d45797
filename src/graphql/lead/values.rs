//! Values of custom fields: one type for each kind of value, so that each says what it holds, and one interface, so that
//! a query can ask all of them.

use async_graphql::{ID, Interface, SimpleObject};

use crate::domain::leads::read::{FieldValue, TypedValue};
use crate::graphql::custom_field::{CustomField, CustomFieldOption};
use crate::graphql::node::{GlobalId, NodeKind};
use crate::graphql::scalars::Date;

/// A lead's value for a custom field.
#[derive(Clone, Debug, Interface)]
#[graphql(
    field(
        name = "id",
        ty = "&ID",
        desc = "Tells it from others in a cache; `node` does not look it up."
    ),
    field(name = "field", ty = "&CustomField", desc = "The field it is a value of."),
    field(name = "text", ty = "&String", desc = "The value in words, whatever its type.")
)]
pub enum CustomFieldValue {
    Text(TextValue),
    Number(NumberValue),
    Date(DateValue),
    Boolean(BooleanValue),
    Select(SelectValue),
    MultiSelect(MultiSelectValue),
}

/// A value of a text or textarea field.
#[derive(Clone, Debug, SimpleObject)]
pub struct TextValue {
    /// Tells it from others in a cache; `node` does not look it up.
    id: ID,
    /// The field it is a value of.
    field: CustomField,
    /// The value.
    text: String,
}

/// A value of a number field.
#[derive(Clone, Debug, SimpleObject)]
pub struct NumberValue {
    /// Tells it from others in a cache; `node` does not look it up.
    id: ID,
    /// The field it is a value of.
    field: CustomField,
    /// The number in digits.
    text: String,
    /// The value.
    number: f64,
}

/// A value of a date field.
#[derive(Clone, Debug, SimpleObject)]
pub struct DateValue {
    /// Tells it from others in a cache; `node` does not look it up.
    id: ID,
    /// The field it is a value of.
    field: CustomField,
    /// The date as `YYYY-MM-DD`.
    text: String,
    /// The value.
    date: Date,
}

/// A value of a boolean field.
#[derive(Clone, Debug, SimpleObject)]
pub struct BooleanValue {
    /// Tells it from others in a cache; `node` does not look it up.
    id: ID,
    /// The field it is a value of.
    field: CustomField,
    /// `true` or `false`.
    text: String,
    /// The value.
    boolean: bool,
}

/// A value of a select field.
#[derive(Clone, Debug, SimpleObject)]
pub struct SelectValue {
    /// Tells it from others in a cache; `node` does not look it up.
    id: ID,
    /// The field it is a value of.
    field: CustomField,
    /// The label of the chosen option.
    text: String,
    /// The value.
    option: CustomFieldOption,
}

/// A value of a multi-select field.
#[derive(Clone, Debug, SimpleObject)]
pub struct MultiSelectValue {
    /// Tells it from others in a cache; `node` does not look it up.
    id: ID,
    /// The field it is a value of.
    field: CustomField,
    /// The labels of the chosen options, with commas between.
    text: String,
    /// The value.
    options: Vec<CustomFieldOption>,
}

impl From<FieldValue> for CustomFieldValue {
    fn from(value: FieldValue) -> Self {
        let FieldValue {
            id: _,
            uuid,
            field,
            options_of_field,
            value,
        } = value;
        let id = ID::from(GlobalId::new(NodeKind::CustomFieldValue, uuid));
        let field = CustomField::new(field, options_of_field);
        let text = in_words(&value);
        match value {
            TypedValue::Text(text) => Self::Text(TextValue { id, field, text }),
            TypedValue::Number(number) => Self::Number(NumberValue {
                id,
                field,
                text,
                number,
            }),
            TypedValue::Date(date) => {
                let date = Date(date);
                Self::Date(DateValue { id, field, text, date })
            }
            TypedValue::Boolean(boolean) => Self::Boolean(BooleanValue {
                id,
                field,
                text,
                boolean,
            }),
            TypedValue::Select(option) => Self::Select(SelectValue {
                id,
                field,
                text,
                option: option.into(),
            }),
            TypedValue::MultiSelect(options) => Self::MultiSelect(MultiSelectValue {
                id,
                field,
                text,
                options: options.into_iter().map(CustomFieldOption::from).collect(),
            }),
        }
    }
}

fn in_words(value: &TypedValue) -> String {
    match value {
        TypedValue::Text(text) => text.clone(),
        TypedValue::Number(number) => number.to_string(),
        TypedValue::Date(date) => date.to_string(),
        TypedValue::Boolean(flag) => flag.to_string(),
        TypedValue::Select(option) => option.label.clone(),
        TypedValue::MultiSelect(options) => {
            let labels: Vec<&str> = options.iter().map(|option| option.label.as_str()).collect();
            labels.join(", ")
        }
    }
}
