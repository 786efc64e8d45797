//! Numbers of leads: how many, how many became customers, sums of number fields, by what they have in common and by
//! when they came in; and the credit that attribution sources have earned.
//!
//! Leads are counted in the database, one statement for all groups. A lead with two tags counts in the groups of both;
//! one without any in the group of none. Time buckets come with their bounds from `buckets`, so that both databases
//! agree on time zones.

mod buckets;
mod credits;
mod keys;
mod sql;

use std::collections::HashMap;

use chrono_tz::Tz;

use super::filter::{self, LeadFilter};
use super::{LeadSource, LeadStatus};
use crate::domain::Ref;
use crate::domain::attribution_sources::AttributionSource;
use crate::domain::caller::Scope;
use crate::domain::campaigns::Campaign;
use crate::domain::custom_fields::{CustomField, CustomFieldOption, FieldType};
use crate::domain::error::{Error, Problem, Result};
use crate::domain::op::Op;
use crate::domain::partnerships::Partnership;
use crate::domain::projects::Project;
use crate::domain::tags::Tag;
pub use buckets::{Bucket, BucketUnit};
pub use credits::{SourceCredit, attribution_credits};
use sql::Counted;

/// Groups, and buckets, that one request may ask for.
pub const MAX_GROUPS: usize = 1000;
/// What leads are grouped by at a time, besides the time.
pub const MAX_KEYS: usize = 4;
/// Of these, keys of which a lead can have many: their combinations multiply, for a lead has up to a hundred of each.
pub const MAX_MANY: usize = 3;
/// Number fields at a time.
pub const MAX_NUMBERS: usize = 5;

/// What is to be counted.
#[derive(Clone, Debug, Default)]
pub struct StatsQuery {
    pub filter: LeadFilter,
    pub group_by: Vec<GroupBy>,
    /// By when they came in.
    pub bucket: Option<Bucketing>,
    /// Number fields.
    pub numbers: Vec<Ref>,
    pub parts: StatsParts,
}

/// What of the answer is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StatsParts {
    pub total: bool,
    pub groups: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GroupBy {
    Status,
    Source,
    Project,
    Campaign,
    Partnership,
    Tag,
    AttributionSource,
    /// The chosen option of a select field, or each of a multi-select field.
    Field(Ref),
}

impl GroupBy {
    fn is_many(&self) -> bool {
        match self {
            Self::Partnership | Self::Tag | Self::AttributionSource | Self::Field(_) => true,
            Self::Status | Self::Source | Self::Project | Self::Campaign => false,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Bucketing {
    pub unit: BucketUnit,
    /// A name of the IANA database.
    pub time_zone: String,
}

#[derive(Clone, Debug)]
pub struct Stats {
    /// The number fields, in the order of the measures.
    pub numbers: Vec<CustomField>,
    /// Of all leads that the filter finds; there when it was asked for.
    pub total: Option<Measures>,
    /// By time, then the largest first.
    pub groups: Vec<Group>,
    /// All from the first lead's to the last one's, also those without leads.
    pub buckets: Vec<Bucket>,
}

/// Leads that have the keys in common.
#[derive(Clone, Debug)]
pub struct Group {
    /// In the order of the query.
    pub keys: Vec<Key>,
    pub bucket: Option<Bucket>,
    pub measures: Measures,
}

/// What the leads of a group have in common; nothing is a group of its own.
#[derive(Clone, Debug)]
pub enum Key {
    Status(LeadStatus),
    Source(Option<LeadSource>),
    Project(Option<Project>),
    Campaign(Option<Campaign>),
    Partnership(Option<Partnership>),
    Tag(Option<Tag>),
    AttributionSource(Option<AttributionSource>),
    Option {
        field: CustomField,
        option: Option<CustomFieldOption>,
    },
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measures {
    pub count: i64,
    pub converted: i64,
    /// One for each number field of the query.
    pub numbers: Vec<NumberMeasure>,
}

/// What the values of one number field come to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NumberMeasure {
    /// Leads that have a value.
    pub count: i64,
    /// Nothing when it is too large for a double.
    pub sum: Option<f64>,
    /// Nothing when no lead has a value.
    pub average: Option<f64>,
}

/// Counts leads.
///
/// # Errors
/// Missing scope; a filter, key, field or time zone that breaks a rule; more groups than [`MAX_GROUPS`]; or a database
/// fault.
pub async fn stats(op: &Op, query: StatsQuery) -> Result<Stats> {
    op.require(Scope::Read)?;
    let StatsQuery {
        filter,
        group_by,
        bucket,
        numbers,
        parts,
    } = query;
    check_keys(&group_by, &numbers)?;
    let bucket = bucket.map(|bucket| Ok((bucket.unit, zone(&bucket.time_zone)?)));
    let bucket: Option<(BucketUnit, Tz)> = bucket.transpose().map_err(|problem: Problem| Error::from(problem))?;
    let fields = keys::fields(op, &group_by, &numbers).await?;
    let unfiltered = filter == LeadFilter::default();
    let filter = filter::resolve(op, filter).await?;
    let rows = sql::Rows::new(op, &filter, unfiltered);

    let number_fields: Vec<i64> = fields.numbers.iter().map(|field| field.id).collect();
    let total = match parts.total {
        true => Some(rows.total(op, &number_fields).await?),
        false => None,
    };
    let mut buckets = Vec::new();
    if let Some((unit, zone)) = bucket
        && parts.groups
        && let Some((first, last)) = rows.span(op).await?
    {
        buckets = buckets::between(unit, zone, first, last, MAX_GROUPS).ok_or_else(|| too_many("buckets"))?;
    }
    // No bucket means no lead.
    let is_empty = !parts.groups || (bucket.is_some() && buckets.is_empty());
    let counted = match is_empty {
        true => Vec::new(),
        false => rows.groups(op, &fields.columns, &buckets, &number_fields).await?,
    };
    if counted.len() > MAX_GROUPS {
        return Err(too_many("groups"));
    }
    let groups = groups(op, &fields.columns, &buckets, counted).await?;
    Ok(Stats {
        numbers: fields.numbers,
        total,
        groups,
        buckets,
    })
}

async fn groups(op: &Op, columns: &[keys::Column], buckets: &[Bucket], counted: Vec<Counted>) -> Result<Vec<Group>> {
    let mut counted = counted;
    counted.sort_by(|a, b| {
        let place = |row: &Counted| (row.bucket, std::cmp::Reverse(row.measures.count));
        place(a).cmp(&place(b)).then_with(|| a.keys.cmp(&b.keys))
    });
    let named = keys::load(op, columns, &counted).await?;
    let group = |row: Counted| {
        Ok(Group {
            keys: named.keys(columns, &row.keys)?,
            bucket: row.bucket.and_then(|number| buckets.get(number).copied()),
            measures: row.measures,
        })
    };
    counted.into_iter().map(group).collect()
}

fn check_keys(group_by: &[GroupBy], numbers: &[Ref]) -> Result<()> {
    let over = |name, limit| Err(Problem::limit([name], format!("{limit} at most at a time")).into());
    if group_by.len() > MAX_KEYS {
        return over("groupBy".into(), format!("Leads are grouped by {MAX_KEYS} keys"));
    }
    if group_by.iter().filter(|key| key.is_many()).count() > MAX_MANY {
        let of = "partnerships, tags, attribution sources and custom fields";
        return over("groupBy".into(), format!("Leads are grouped by {MAX_MANY} of {of}"));
    }
    if numbers.len() > MAX_NUMBERS {
        return over(
            "numbers".into(),
            format!("There are statistics of {MAX_NUMBERS} number fields"),
        );
    }
    let mut seen = HashMap::new();
    for (index, key) in group_by.iter().enumerate() {
        if seen.insert(key, index).is_some() {
            return Err(Problem::invalid(["groupBy".into(), index.into()], "A key is given twice").into());
        }
    }
    Ok(())
}

fn zone(name: &str) -> std::result::Result<Tz, Problem> {
    name.parse().map_err(|_| {
        let path = ["bucket".into(), "timeZone".into()];
        Problem::invalid(
            path,
            "timeZone must be a name of the IANA database, such as Europe/Amsterdam",
        )
    })
}

fn too_many(what: &str) -> Error {
    let sentence = format!("These statistics have more than {MAX_GROUPS} {what}: filter, or ask for fewer keys");
    Problem::limit([], sentence).into()
}

fn is_choice(field_type: FieldType) -> bool {
    match field_type {
        FieldType::Select | FieldType::MultiSelect => true,
        FieldType::Text | FieldType::Textarea | FieldType::Number | FieldType::Date | FieldType::Boolean => false,
    }
}
