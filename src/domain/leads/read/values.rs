//! Custom-field values of some leads, with their fields and options.

use sea_orm::{JoinType, QueryFilter, QueryOrder, QuerySelect};
use tokio::try_join;

use super::rows::{ByLead, group, join, joined};
use super::{FieldParts, FieldValue, TypedValue};
use crate::domain::custom_fields::{CustomFieldOption, FieldType};
use crate::domain::error::{Error, Result};
use crate::domain::op::Op;
use crate::domain::rel::Rel;
use crate::entity::{custom_field, custom_field_option, lead_custom_field_choice, lead_custom_field_value};

pub(super) async fn custom_field_values(op: &Op, ids: &[i64], parts: FieldParts) -> Result<ByLead<FieldValue>> {
    use {custom_field::Column as To, lead_custom_field_choice as choice, lead_custom_field_value::Column as From};
    let relation = join::<lead_custom_field_value::Entity, custom_field::Entity>(
        (From::WorkspaceId, From::CustomFieldId),
        (To::WorkspaceId, To::Id),
    );
    let rows = op
        .find::<lead_custom_field_value::Entity>()
        .filter(op.any_of(From::LeadId, ids))
        .join(JoinType::InnerJoin, relation)
        .select_also(custom_field::Entity)
        .order_by_asc(From::LeadId)
        .order_by_asc(From::CustomFieldId)
        .all(op.db());
    let choices = op
        .find::<choice::Entity>()
        .filter(op.any_of(choice::Column::LeadId, ids))
        .all(op.db());
    let (rows, choices) = try_join!(rows, choices)?;
    let rows: Vec<_> = rows.into_iter().map(joined).collect::<Result<_>>()?;

    let fields: Vec<i64> = rows.iter().map(|(_, field)| field.id).collect();
    let options = op
        .find::<custom_field_option::Entity>()
        .filter(op.any_of(custom_field_option::Column::CustomFieldId, &fields))
        .order_by_asc(custom_field_option::Column::Position)
        .order_by_asc(custom_field_option::Column::OptionNo)
        .all(op.db())
        .await?;
    let options = group(options.into_iter().map(|option| (option.custom_field_id, option)));
    let mut chosen = group(
        choices
            .into_iter()
            .map(|row| ((row.lead_id, row.custom_field_id), row.option_no)),
    );

    let mut values = ByLead::new();
    for (row, field) in rows {
        let options = options.get(&field.id).map(Vec::as_slice).unwrap_or_default();
        let chosen = chosen.remove(&(row.lead_id, field.id)).unwrap_or_default();
        let value = FieldValue {
            id: row.id,
            uuid: row.uuid,
            value: typed(&row, field.field_type, options, &chosen)?,
            options_of_field: if parts.options {
                Rel::Loaded(options.to_vec())
            } else {
                Rel::NotLoaded
            },
            field,
        };
        values.entry(row.lead_id).or_default().push(value);
    }
    Ok(values)
}

fn typed(
    row: &lead_custom_field_value::Model,
    field_type: FieldType,
    options: &[CustomFieldOption],
    chosen: &[i64],
) -> Result<TypedValue> {
    let value = match field_type {
        FieldType::Text | FieldType::Textarea => row.text_value.clone().map(TypedValue::Text),
        FieldType::Number => row.number_value.map(TypedValue::Number),
        FieldType::Date => row.date_value.map(TypedValue::Date),
        FieldType::Boolean => row.boolean_value.map(TypedValue::Boolean),
        FieldType::Select => {
            let option = options
                .iter()
                .find(|option| Some(option.option_no) == row.select_option);
            option.cloned().map(TypedValue::Select)
        }
        FieldType::MultiSelect => {
            let picked = options.iter().filter(|option| chosen.contains(&option.option_no));
            Some(TypedValue::MultiSelect(picked.cloned().collect()))
        }
    };
    value.ok_or_else(|| Error::broken(format!("custom field value {} has no value of its type", row.uuid)))
}
