//! The `value` object of a custom field: one member, named by the field's type.

use serde_json::{Map, Value};

use super::findings::{Findings, Place};
use crate::domain::custom_fields::FieldType;
use crate::domain::leads::register::{NewValue, OptionRef};

/// Every member that a value can have.
const KEYS: &[&str] = &[
    "text",
    "textarea",
    "number",
    "date",
    "boolean",
    "select",
    "multi_select",
];

pub fn custom_value(found: &mut Findings, place: &Place<'_>, declared: FieldType, value: Value) -> Option<NewValue> {
    let members: Map<String, Value> = found.object(place, value)?;
    let read = only(members).and_then(|(key, value)| typed(declared, &key, &value));
    if read.is_none() {
        found.invalid(place, expected(declared));
    }
    read
}

/// The one member. Known ones that are null count as absent.
fn only(members: Map<String, Value>) -> Option<(String, Value)> {
    let mut members = members
        .into_iter()
        .filter(|(key, value)| !(value.is_null() && KEYS.contains(&key.as_str())));
    let only = members.next();
    if members.next().is_some() { None } else { only }
}

fn typed(declared: FieldType, key: &str, value: &Value) -> Option<NewValue> {
    if !keys(declared).contains(&key) {
        return None;
    }
    match declared {
        FieldType::Text | FieldType::Textarea => value.as_str().map(|text| NewValue::Text(text.to_owned())),
        FieldType::Number => value.as_f64().map(NewValue::Number),
        FieldType::Date => value.as_str().map(|date| NewValue::Date(date.to_owned())),
        FieldType::Boolean => value.as_bool().map(NewValue::Boolean),
        FieldType::Select => number(value).map(|number| NewValue::Select(OptionRef::Number(number))),
        FieldType::MultiSelect => value.as_array().and_then(|options| different(options)),
    }
}

fn keys(declared: FieldType) -> &'static [&'static str] {
    match declared {
        FieldType::Text => &["text"],
        // Documented is `text`; the type's own name is what clients try first.
        FieldType::Textarea => &["text", "textarea"],
        FieldType::Number => &["number"],
        FieldType::Date => &["date"],
        FieldType::Boolean => &["boolean"],
        FieldType::Select => &["select"],
        FieldType::MultiSelect => &["multi_select"],
    }
}

fn number(option: &Value) -> Option<i64> {
    option.as_i64().filter(|number| *number >= 1)
}

fn different(options: &[Value]) -> Option<NewValue> {
    let numbers = options.iter().map(number).collect::<Option<Vec<i64>>>()?;
    let mut sorted = numbers.clone();
    sorted.sort_unstable();
    sorted.dedup();
    if sorted.len() != numbers.len() {
        return None;
    }
    Some(NewValue::MultiSelect(
        numbers.into_iter().map(OptionRef::Number).collect(),
    ))
}

fn expected(declared: FieldType) -> &'static str {
    match declared {
        FieldType::Text | FieldType::Textarea => "This must be an object with one member: text, a string",
        FieldType::Number => "This must be an object with one member: number, a number",
        FieldType::Date => "This must be an object with one member: date, such as 2024-01-15",
        FieldType::Boolean => "This must be an object with one member: boolean, true or false",
        FieldType::Select => "This must be an object with one member: select, the number of an option",
        FieldType::MultiSelect => {
            "This must be an object with one member: multi_select, the numbers of different options"
        }
    }
}
