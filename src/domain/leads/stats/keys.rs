//! What leads are grouped by: from references to columns, and from the numbers in those columns to what they name.

use std::collections::HashMap;

use sea_orm::{ActiveEnum, Condition, QueryFilter};
use tokio::try_join;

use super::sql::Counted;
use super::{GroupBy, Key, is_choice};
use crate::domain::Ref;
use crate::domain::custom_fields::{CustomField, CustomFieldOption, FieldType};
use crate::domain::error::{Error, PathSegment, Problem, Result};
use crate::domain::leads::{LeadSource, LeadStatus};
use crate::domain::op::Op;
use crate::domain::partnerships::{self, Partnership};
use crate::entity::{
    Tenant, attribution_source, campaign, company_partnership, custom_field, custom_field_option, project, tag,
};

/// Something to group by, with its field looked up.
#[derive(Clone, Debug)]
pub(super) enum Column {
    Status,
    Source,
    Project,
    Campaign,
    Partnership,
    Tag,
    AttributionSource,
    Field(CustomField),
}

impl Column {
    /// Whether one lead can lead to the same key twice: by two dates of one source, or both directions of a partnership.
    pub fn repeats(&self) -> bool {
        match self {
            Self::Partnership | Self::AttributionSource => true,
            Self::Status | Self::Source | Self::Project | Self::Campaign | Self::Tag | Self::Field(_) => false,
        }
    }
}

pub(super) struct Fields {
    pub columns: Vec<Column>,
    pub numbers: Vec<CustomField>,
}

/// A key as the database has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Raw {
    None,
    Number(i64),
    Word(String),
}

/// Looks up the custom fields that are named.
pub(super) async fn fields(op: &Op, group_by: &[GroupBy], numbers: &[Ref]) -> Result<Fields> {
    let mut named: Vec<Ref> = numbers.to_vec();
    named.extend(group_by.iter().filter_map(|key| match key {
        GroupBy::Field(field) => Some(*field),
        GroupBy::Status
        | GroupBy::Source
        | GroupBy::Project
        | GroupBy::Campaign
        | GroupBy::Partnership
        | GroupBy::Tag
        | GroupBy::AttributionSource => None,
    }));
    let known = definitions(op, &named).await?;
    let find = |reference: &Ref, fits: fn(FieldType) -> bool, path: [PathSegment; 2], sentence| {
        let Some(field) = known.get(reference) else {
            return Err(Error::NotFound(Problem::not_found(path, "Custom field not found")));
        };
        match fits(field.field_type) {
            true => Ok(field.clone()),
            false => Err(Problem::invalid(path, sentence).into()),
        }
    };
    let column = |(index, key): (usize, &GroupBy)| {
        Ok(match key {
            GroupBy::Status => Column::Status,
            GroupBy::Source => Column::Source,
            GroupBy::Project => Column::Project,
            GroupBy::Campaign => Column::Campaign,
            GroupBy::Partnership => Column::Partnership,
            GroupBy::Tag => Column::Tag,
            GroupBy::AttributionSource => Column::AttributionSource,
            GroupBy::Field(reference) => {
                let path = ["groupBy".into(), index.into()];
                Column::Field(find(reference, is_choice, path, "Leads are grouped by select fields")?)
            }
        })
    };
    let number = |(index, reference): (usize, &Ref)| {
        let is_number = |field_type| field_type == FieldType::Number;
        find(
            reference,
            is_number,
            ["numbers".into(), index.into()],
            "This is no number field",
        )
    };
    Ok(Fields {
        columns: group_by.iter().enumerate().map(column).collect::<Result<_>>()?,
        numbers: numbers.iter().enumerate().map(number).collect::<Result<_>>()?,
    })
}

/// Custom fields by how they were named.
async fn definitions(op: &Op, named: &[Ref]) -> Result<HashMap<Ref, CustomField>> {
    use custom_field::Column as C;
    if named.is_empty() {
        return Ok(HashMap::new());
    }
    let (mut ids, mut uuids) = (Vec::new(), Vec::new());
    for reference in named {
        match reference {
            Ref::Id(id) => ids.push(*id),
            Ref::Uuid(uuid) => uuids.push(*uuid),
        }
    }
    let any = Condition::any()
        .add(op.any_of(C::Id, &ids))
        .add(op.any_uuid(C::Uuid, &uuids));
    let rows = op.find::<custom_field::Entity>().filter(any).all(op.db()).await?;
    let both = |row: CustomField| [(Ref::Id(row.id), row.clone()), (Ref::Uuid(row.uuid), row)];
    Ok(rows.into_iter().flat_map(both).collect())
}

/// What the numbers in the keys name.
#[derive(Default)]
pub(super) struct Named {
    projects: HashMap<i64, project::Model>,
    campaigns: HashMap<i64, campaign::Model>,
    partnerships: HashMap<i64, Partnership>,
    tags: HashMap<i64, tag::Model>,
    sources: HashMap<i64, attribution_source::Model>,
    options: HashMap<(i64, i64), CustomFieldOption>,
}

/// One statement for each kind of key.
pub(super) async fn load(op: &Op, columns: &[Column], rows: &[Counted]) -> Result<Named> {
    let numbers = |wanted: fn(&Column) -> bool| -> Vec<i64> {
        let mut ids = Vec::new();
        for (index, _) in columns.iter().enumerate().filter(|(_, column)| wanted(column)) {
            ids.extend(rows.iter().filter_map(|row| match row.keys.get(index) {
                Some(Raw::Number(id)) => Some(*id),
                Some(Raw::None | Raw::Word(_)) | None => None,
            }));
        }
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    let [projects, campaigns, sides, tags, sources] = [
        numbers(|column| matches!(column, Column::Project)),
        numbers(|column| matches!(column, Column::Campaign)),
        numbers(|column| matches!(column, Column::Partnership)),
        numbers(|column| matches!(column, Column::Tag)),
        numbers(|column| matches!(column, Column::AttributionSource)),
    ];
    let fields: Vec<i64> = columns.iter().filter_map(Column::field_id).collect();
    let (projects, campaigns, partnerships, tags, sources, options) = try_join!(
        by_id::<project::Entity>(op, project::Column::Id, &projects, |row| row.id),
        by_id::<campaign::Entity>(op, campaign::Column::Id, &campaigns, |row| row.id),
        partnerships_of(op, &sides),
        by_id::<tag::Entity>(op, tag::Column::Id, &tags, |row| row.id),
        by_id::<attribution_source::Entity>(op, attribution_source::Column::Id, &sources, |row| row.id),
        options_of(op, &fields),
    )?;
    Ok(Named {
        projects,
        campaigns,
        partnerships,
        tags,
        sources,
        options,
    })
}

impl Column {
    fn field_id(&self) -> Option<i64> {
        match self {
            Self::Field(field) => Some(field.id),
            Self::Status
            | Self::Source
            | Self::Project
            | Self::Campaign
            | Self::Partnership
            | Self::Tag
            | Self::AttributionSource => None,
        }
    }
}

async fn by_id<E>(op: &Op, column: E::Column, ids: &[i64], id: fn(&E::Model) -> i64) -> Result<HashMap<i64, E::Model>>
where
    E: Tenant<Model: Send + Sync>,
{
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = op.find::<E>().filter(op.any_of(column, ids)).all(op.db()).await?;
    Ok(rows.into_iter().map(|row| (id(&row), row)).collect())
}

async fn partnerships_of(op: &Op, sides: &[i64]) -> Result<HashMap<i64, Partnership>> {
    if sides.is_empty() {
        return Ok(HashMap::new());
    }
    let named = op.any_of(company_partnership::Column::Id, sides);
    let sides = op.find::<company_partnership::Entity>().filter(named);
    let rows = partnerships::whole(op.db(), sides, op.find()).await?;
    Ok(rows.into_iter().map(|row| (row.side.id, row)).collect())
}

async fn options_of(op: &Op, fields: &[i64]) -> Result<HashMap<(i64, i64), CustomFieldOption>> {
    if fields.is_empty() {
        return Ok(HashMap::new());
    }
    let named = op.any_of(custom_field_option::Column::CustomFieldId, fields);
    let rows = op
        .find::<custom_field_option::Entity>()
        .filter(named)
        .all(op.db())
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| ((row.custom_field_id, row.option_no), row))
        .collect())
}

impl Named {
    /// # Errors
    /// A key that points at nothing, which foreign keys rule out.
    pub fn keys(&self, columns: &[Column], keys: &[Raw]) -> Result<Vec<Key>> {
        columns
            .iter()
            .zip(keys)
            .map(|(column, key)| self.key(column, key))
            .collect()
    }

    fn key(&self, column: &Column, key: &Raw) -> Result<Key> {
        Ok(match column {
            Column::Status => Key::Status(status(key)?),
            Column::Source => Key::Source(source(key)?),
            Column::Project => Key::Project(named(&self.projects, key)?),
            Column::Campaign => Key::Campaign(named(&self.campaigns, key)?),
            Column::Partnership => Key::Partnership(named(&self.partnerships, key)?),
            Column::Tag => Key::Tag(named(&self.tags, key)?),
            Column::AttributionSource => Key::AttributionSource(named(&self.sources, key)?),
            Column::Field(field) => Key::Option {
                field: field.clone(),
                option: match key {
                    Raw::Number(number) => {
                        let option = self.options.get(&(field.id, *number)).cloned();
                        Some(option.ok_or_else(dangling)?)
                    }
                    Raw::None | Raw::Word(_) => None,
                },
            },
        })
    }
}

fn named<T: Clone>(rows: &HashMap<i64, T>, key: &Raw) -> Result<Option<T>> {
    match key {
        Raw::Number(id) => rows.get(id).cloned().map(Some).ok_or_else(dangling),
        Raw::None | Raw::Word(_) => Ok(None),
    }
}

fn status(key: &Raw) -> Result<LeadStatus> {
    match key {
        Raw::Word(word) => Ok(LeadStatus::try_from_value(word)?),
        Raw::None | Raw::Number(_) => Err(dangling()),
    }
}

fn source(key: &Raw) -> Result<Option<LeadSource>> {
    match key {
        Raw::Word(word) => Ok(Some(LeadSource::try_from_value(word)?)),
        Raw::None => Ok(None),
        Raw::Number(_) => Err(dangling()),
    }
}

fn dangling() -> Error {
    Error::broken("statistics have a key that names nothing")
}
