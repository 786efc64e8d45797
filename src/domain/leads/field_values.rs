//! Custom-field values: what a client gave, turned into what the field's type allows. Pure.

use std::collections::HashSet;

use chrono::NaiveDate;
use sea_orm::ActiveValue::Set;
use serde_json::{Value, json};

use super::fields::{NewValue, OptionRef};
use crate::domain::custom_fields::{CustomField, CustomFieldOption, FieldType};
use crate::domain::error::ProblemCode;
use crate::domain::events::{self, CustomFieldValueFacts};
use crate::domain::{new_uuid, text};
use crate::entity::{lead_custom_field_choice, lead_custom_field_value};

/// A field with its live options and the value a lead is to have.
#[derive(Clone, Debug)]
pub(in crate::domain) struct Assigned {
    pub field: CustomField,
    pub options: Vec<CustomFieldOption>,
    pub value: Stored,
}

#[derive(Clone, Debug, PartialEq)]
pub(in crate::domain) enum Stored {
    Text(String),
    Number(f64),
    Date(NaiveDate),
    Boolean(bool),
    /// An option's number.
    Select(i64),
    MultiSelect(Vec<i64>),
}

/// Why a value does not fit its field.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Misfit {
    pub code: ProblemCode,
    /// For the client.
    pub sentence: String,
}

impl From<&str> for Misfit {
    fn from(sentence: &str) -> Self {
        Self::from(sentence.to_owned())
    }
}

impl From<String> for Misfit {
    fn from(sentence: String) -> Self {
        Self {
            code: ProblemCode::Invalid,
            sentence,
        }
    }
}

/// The value as the field stores it; `None` for a blank one, which is no value.
///
/// # Errors
/// A sentence about the value when it does not fit the field.
pub(super) fn fit(
    field: &CustomField,
    options: &[CustomFieldOption],
    value: &NewValue,
) -> Result<Option<Stored>, Misfit> {
    match (field.field_type, value) {
        (FieldType::Text | FieldType::Textarea, NewValue::Text(text)) if text.contains('\0') => {
            Err("This must not contain U+0000".into())
        }
        (FieldType::Text | FieldType::Textarea, NewValue::Text(text)) => {
            Ok(text::present(text).map(|_| Stored::Text(text.clone())))
        }
        (FieldType::Number, NewValue::Number(number)) if number.is_finite() =>
        // `-0.0` is `0`: PostgreSQL keeps no sign of zero in JSON.
        {
            Ok(Some(Stored::Number(*number + 0.0)))
        }
        (FieldType::Number, NewValue::Number(_)) => Err("This must be a finite number".into()),
        (FieldType::Date, NewValue::Date(date)) => match text::calendar_date(date) {
            Some(date) => Ok(Some(Stored::Date(date))),
            None => Err("This must be a date, YYYY-MM-DD or RFC 3339".into()),
        },
        (FieldType::Boolean, NewValue::Boolean(flag)) => Ok(Some(Stored::Boolean(*flag))),
        (FieldType::Select, NewValue::Select(option)) => number(options, *option).map(|no| Some(Stored::Select(no))),
        (FieldType::MultiSelect, NewValue::MultiSelect(chosen)) => choices(options, chosen),
        (
            FieldType::Text
            | FieldType::Textarea
            | FieldType::Number
            | FieldType::Date
            | FieldType::Boolean
            | FieldType::Select
            | FieldType::MultiSelect,
            _,
        ) => Err(format!("This must be a value of type {}", events::word(&field.field_type)).into()),
    }
}

fn choices(options: &[CustomFieldOption], chosen: &[OptionRef]) -> Result<Option<Stored>, Misfit> {
    let mut numbers = Vec::with_capacity(chosen.len());
    let mut seen = HashSet::new();
    for option in chosen {
        let number = number(options, *option)?;
        if !seen.insert(number) {
            return Err("This must name each option once".into());
        }
        numbers.push(number);
    }
    numbers.sort_unstable();
    Ok((!numbers.is_empty()).then_some(Stored::MultiSelect(numbers)))
}

fn number(options: &[CustomFieldOption], option: OptionRef) -> Result<i64, Misfit> {
    let found = options.iter().find(|known| match option {
        OptionRef::Number(number) => known.option_no == number,
        OptionRef::Uuid(uuid) => known.uuid == uuid,
    });
    found.map(|known| known.option_no).ok_or_else(|| Misfit {
        code: ProblemCode::NotFound,
        sentence: "This names an option that the field does not have".to_owned(),
    })
}

/// A value of a foreign system for a field that we know: any spelling that can only mean one value of its type.
///
/// # Errors
/// A sentence when it cannot be read as the field's type.
pub(super) fn read_foreign(
    field: &CustomField,
    options: &[CustomFieldOption],
    value: &Value,
) -> Result<NewValue, Misfit> {
    let by_label = |value: &Value| {
        let label = text::fold(value.as_str()?.trim());
        options
            .iter()
            .find(|option| text::fold(&option.label) == label)
            .map(|option| option.option_no)
    };
    let option = |value: &Value| value.as_i64().or_else(|| by_label(value)).map(OptionRef::Number);
    let trimmed = value.as_str().map(str::trim);
    let read = match field.field_type {
        FieldType::Text | FieldType::Textarea => text::scalar(value).map(NewValue::Text),
        FieldType::Number => value
            .as_f64()
            .or_else(|| trimmed.and_then(|text| text.parse().ok()))
            .map(NewValue::Number),
        FieldType::Date => trimmed.map(|text| NewValue::Date(text.to_owned())),
        FieldType::Boolean => match trimmed.map(str::to_ascii_lowercase).as_deref() {
            Some("true") => Some(NewValue::Boolean(true)),
            Some("false") => Some(NewValue::Boolean(false)),
            Some(_) | None => value.as_bool().map(NewValue::Boolean),
        },
        FieldType::Select => option(value).map(NewValue::Select),
        FieldType::MultiSelect => {
            let chosen = value
                .as_array()
                .and_then(|values| values.iter().map(option).collect::<Option<_>>());
            chosen.map(NewValue::MultiSelect)
        }
    };
    read.ok_or_else(|| format!("This cannot be read as {}", events::word(&field.field_type)).into())
}

/// The row of a value, and the rows of its choices if it has several.
pub(in crate::domain) fn rows(
    lead_id: i64,
    field_id: i64,
    value: &Stored,
) -> (
    lead_custom_field_value::ActiveModel,
    Vec<lead_custom_field_choice::ActiveModel>,
) {
    let mut row = lead_custom_field_value::ActiveModel {
        uuid: Set(new_uuid()),
        lead_id: Set(lead_id),
        custom_field_id: Set(field_id),
        text_value: Set(None),
        text_key: Set(None),
        number_value: Set(None),
        date_value: Set(None),
        boolean_value: Set(None),
        select_option: Set(None),
        ..Default::default()
    };
    let mut choices = Vec::new();
    match value {
        Stored::Text(text) => {
            row.text_value = Set(Some(text.clone()));
            row.text_key = Set(text::key(text));
        }
        Stored::Number(number) => row.number_value = Set(Some(*number)),
        Stored::Date(date) => row.date_value = Set(Some(*date)),
        Stored::Boolean(flag) => row.boolean_value = Set(Some(*flag)),
        Stored::Select(option) => row.select_option = Set(Some(*option)),
        Stored::MultiSelect(chosen) => {
            choices.extend(chosen.iter().map(|option_no| lead_custom_field_choice::ActiveModel {
                lead_id: Set(lead_id),
                custom_field_id: Set(field_id),
                option_no: Set(*option_no),
                ..Default::default()
            }));
        }
    }
    (row, choices)
}

/// The other way round: what a row holds of a field of this type, and the choices of it.
pub(super) fn stored(row: lead_custom_field_value::Model, field_type: FieldType, chosen: Vec<i64>) -> Option<Stored> {
    match field_type {
        FieldType::Text | FieldType::Textarea => row.text_value.map(Stored::Text),
        FieldType::Number => row.number_value.map(Stored::Number),
        FieldType::Date => row.date_value.map(Stored::Date),
        FieldType::Boolean => row.boolean_value.map(Stored::Boolean),
        FieldType::Select => row.select_option.map(Stored::Select),
        FieldType::MultiSelect => Some(Stored::MultiSelect(chosen)),
    }
}

/// The value as events and the partnership's row hold it: options by their public ids.
pub(in crate::domain) fn facts(assigned: &Assigned) -> CustomFieldValueFacts {
    let Assigned { field, options, value } = assigned;
    let uuid = |number: &i64| {
        options
            .iter()
            .find(|option| option.option_no == *number)
            .map(|option| option.uuid)
    };
    let value = match value {
        Stored::Text(text) => json!(text),
        Stored::Number(number) => json!(number),
        Stored::Date(date) => events::date(*date),
        Stored::Boolean(flag) => json!(flag),
        Stored::Select(option) => json!(uuid(option)),
        Stored::MultiSelect(chosen) => json!(chosen.iter().filter_map(uuid).collect::<Vec<_>>()),
    };
    let value = Value::Object([(events::word(&field.field_type), value)].into_iter().collect());
    CustomFieldValueFacts {
        field: field.uuid,
        value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn field(field_type: FieldType) -> CustomField {
        CustomField {
            workspace_id: 1,
            id: 1,
            uuid: new_uuid(),
            label: "L".to_owned(),
            field_type,
            category: crate::domain::custom_fields::FieldCategory::Lead,
            partner_type: None,
            required: false,
            shared: false,
            shared_from_uuid: None,
            archived_at: None,
            version: 1,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
        }
    }

    fn options() -> Vec<CustomFieldOption> {
        let option = |option_no| CustomFieldOption {
            workspace_id: 1,
            custom_field_id: 1,
            option_no,
            uuid: new_uuid(),
            label: format!("Öption {option_no}"),
            position: option_no,
            archived_at: None,
        };
        vec![option(1), option(2)]
    }

    fn fitted(field_type: FieldType, value: NewValue) -> Result<Option<Stored>, Misfit> {
        fit(&field(field_type), &options(), &value)
    }

    #[test]
    fn a_value_fits_a_field_of_its_own_type_only() {
        use FieldType as T;
        let number = OptionRef::Number;
        let values = || {
            [
                (vec![T::Text, T::Textarea], NewValue::Text("t".into())),
                (vec![T::Number], NewValue::Number(1.5)),
                (vec![T::Date], NewValue::Date("2024-02-29".into())),
                (vec![T::Boolean], NewValue::Boolean(false)),
                (vec![T::Select], NewValue::Select(number(2))),
                (vec![T::MultiSelect], NewValue::MultiSelect(vec![number(2), number(1)])),
            ]
        };
        for field_type in [
            T::Text,
            T::Textarea,
            T::Number,
            T::Date,
            T::Boolean,
            T::Select,
            T::MultiSelect,
        ] {
            for (types, value) in values() {
                let fits = fitted(field_type, value.clone()).is_ok();
                assert_eq!(fits, types.contains(&field_type), "{value:?} in {field_type:?}");
            }
        }
    }

    #[test]
    fn values_that_their_type_refuses() {
        use FieldType as T;
        let number = OptionRef::Number;
        for (field_type, value) in [
            (T::Text, NewValue::Text("a\0".into())),
            (T::Number, NewValue::Number(f64::INFINITY)),
            (T::Number, NewValue::Number(f64::NAN)),
            (T::Date, NewValue::Date("2023-02-29".into())),
            (T::Select, NewValue::Select(number(3))),
            (T::Select, NewValue::Select(OptionRef::Uuid(new_uuid()))),
            (T::MultiSelect, NewValue::MultiSelect(vec![number(1), number(1)])),
            (T::MultiSelect, NewValue::MultiSelect(vec![number(1), number(9)])),
        ] {
            assert!(fitted(field_type, value.clone()).is_err(), "{value:?}");
        }
    }

    #[test]
    fn blanks_are_no_values_and_the_order_of_choices_does_not_count() {
        assert_eq!(fitted(FieldType::Text, NewValue::Text(" ".into())), Ok(None));
        assert_eq!(fitted(FieldType::MultiSelect, NewValue::MultiSelect(vec![])), Ok(None));
        let chosen = NewValue::MultiSelect(vec![OptionRef::Number(2), OptionRef::Number(1)]);
        assert_eq!(
            fitted(FieldType::MultiSelect, chosen),
            Ok(Some(Stored::MultiSelect(vec![1, 2])))
        );
    }

    #[test]
    fn foreign_values_are_read_where_they_can_only_mean_one_thing() {
        use FieldType as T;
        let read = |field_type, value: Value| read_foreign(&field(field_type), &options(), &value).ok();
        assert_eq!(read(T::Text, json!(5)), Some(NewValue::Text("5".into())));
        assert_eq!(read(T::Number, json!(" 1.5 ")), Some(NewValue::Number(1.5)));
        assert_eq!(read(T::Boolean, json!("TRUE")), Some(NewValue::Boolean(true)));
        assert_eq!(
            read(T::Date, json!("2024-01-02")),
            Some(NewValue::Date("2024-01-02".into()))
        );
        assert_eq!(
            read(T::Select, json!("öPTION 2")),
            Some(NewValue::Select(OptionRef::Number(2)))
        );
        let both = NewValue::MultiSelect(vec![OptionRef::Number(1), OptionRef::Number(2)]);
        assert_eq!(read(T::MultiSelect, json!([1, "Öption 2"])), Some(both));
        for (field_type, value) in [
            (T::Number, json!("many")),
            (T::Boolean, json!(1)),
            (T::Date, json!(20240102)),
            (T::Select, json!("Option")),
            (T::MultiSelect, json!("Öption 1")),
            (T::Text, json!({})),
        ] {
            assert_eq!(read(field_type, value.clone()), None, "{value}");
        }
    }
}
