//! The statements behind the numbers.
//!
//! Each counts rows of an inner query, one for each lead and key, so that both databases group by what is computed once.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{CaseStatement, Condition, Expr, ExprTrait, Func, JoinType, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityName, QueryFilter, QueryResult, QuerySelect, QueryTrait, Select};

use super::buckets::Bucket;
use super::keys::{Column, Raw};
use super::{MAX_GROUPS, Measures, NumberMeasure};
use crate::domain::custom_fields::FieldType;
use crate::domain::error::{Error, Result};
use crate::domain::leads::filter::Resolved;
use crate::domain::leads::{LeadStatus, read};
use crate::domain::op::Op;
use crate::entity::{
    lead, lead_attribution, lead_custom_field_choice, lead_custom_field_value, lead_tag, partnership_lead,
};

/// Sums are made of values this much smaller, a power of two, so that none becomes larger than a double: PostgreSQL
/// fails there.
const SCALE: f64 = (1_u128 << 64) as f64;
/// Far below what a sum of doubles would show, far above what underflows when it is made smaller.
const TINY: f64 = 1e-280;

/// The leads that are counted.
pub(super) struct Rows {
    leads: Select<lead::Entity>,
    /// The filter lets all leads through: the first and the last one are the ends of an index.
    unfiltered: bool,
}

/// A group as the database has it.
#[derive(Debug)]
pub(super) struct Counted {
    pub keys: Vec<Raw>,
    /// Its number, from 0.
    pub bucket: Option<usize>,
    pub measures: Measures,
}

impl Rows {
    pub fn new(op: &Op, filter: &Resolved, unfiltered: bool) -> Self {
        Self {
            leads: read::live(op).filter(filter.condition(op)),
            unfiltered,
        }
    }

    /// All leads together.
    pub async fn total(&self, op: &Op, numbers: &[i64]) -> Result<Measures> {
        let mut inner = self.leads.clone().select_only().into_query();
        add_measured(&mut inner, numbers);
        let mut outer = SelectStatement::new();
        add_measures(&mut outer, numbers);
        outer.from_subquery(inner, COUNTED);
        let row = op.db().query_one(&outer).await?;
        let row = row.ok_or_else(|| Error::broken("an aggregate has no row"))?;
        measures(&row, numbers)
    }

    /// When the first and the last lead came in; nothing without leads.
    pub async fn span(&self, op: &Op) -> Result<Option<(DateTime<Utc>, DateTime<Utc>)>> {
        let created_at = || Expr::col(lead::Column::CreatedAt.as_column_ref());
        let ends = [Func::min(created_at()), Func::max(created_at())];
        let leads = || self.leads.clone().select_only().into_query();
        let mut query = SelectStatement::new();
        for (end, name) in ends.into_iter().zip(["first", "last"]) {
            if self.unfiltered {
                query.expr_as(Expr::SubQuery(None, Box::new(leads().expr(end).take().into())), name);
            } else {
                query.expr_as(end, name);
            }
        }
        if !self.unfiltered {
            query = leads();
            query.expr_as(Func::min(created_at()), "first");
            query.expr_as(Func::max(created_at()), "last");
        }
        let row = op.db().query_one(&query).await?;
        let row = row.ok_or_else(|| Error::broken("an aggregate has no row"))?;
        let ends = (
            row.try_get::<Option<DateTime<Utc>>>("", "first")?,
            row.try_get("", "last")?,
        );
        Ok(match ends {
            (Some(first), Some(last)) => Some((first, last)),
            (None, _) | (_, None) => None,
        })
    }

    /// One row a group, one more than are allowed.
    pub async fn groups(
        &self,
        op: &Op,
        columns: &[Column],
        buckets: &[Bucket],
        numbers: &[i64],
    ) -> Result<Vec<Counted>> {
        let mut inner = self.leads.clone().select_only().into_query();
        if columns.iter().any(Column::repeats) {
            inner.distinct().expr_as(lead_column(lead::Column::Id), "lead_id");
        }
        let mut outer = SelectStatement::new();
        for (index, column) in columns.iter().enumerate() {
            let key = add_key(&mut inner, column, index);
            let name = key_name(index);
            inner.expr_as(key, name.clone());
            outer.column(name.clone()).group_by_col(name);
        }
        if let [first, .., last] | [first @ last] = buckets {
            let created_at = lead_column(lead::Column::CreatedAt);
            inner
                .and_where(created_at.clone().gte(first.starts_at))
                .and_where(created_at.lt(last.ends_at));
            inner.expr_as(bucket_number(buckets, 0), "bucket");
            outer.column("bucket").group_by_col("bucket");
        }
        add_measured(&mut inner, numbers);
        add_measures(&mut outer, numbers);
        outer.from_subquery(inner, COUNTED).limit(MAX_GROUPS as u64 + 1);
        let rows = op.db().query_all(&outer).await?;
        rows.iter().map(|row| counted(row, columns, buckets, numbers)).collect()
    }
}

const COUNTED: &str = "counted";

fn key_name(index: usize) -> String {
    format!("key_{index}")
}

fn number_name(index: usize) -> String {
    format!("number_{index}")
}

fn lead_column(column: lead::Column) -> Expr {
    Expr::col(column.as_column_ref())
}

/// Adds what the key is in, if it is not in the lead itself. A lead without any keeps one row.
fn add_key(inner: &mut SelectStatement, column: &Column, index: usize) -> Expr {
    let alias = format!("of_key_{index}");
    let linked = |inner: &mut SelectStatement, table: &str, column: &'static str, field: Option<i64>| {
        join(inner, table, &alias, field);
        Expr::col((alias.clone(), column))
    };
    match column {
        Column::Status => lead_column(lead::Column::Status),
        Column::Source => lead_column(lead::Column::Source),
        Column::Project => lead_column(lead::Column::ProjectId),
        Column::Campaign => lead_column(lead::Column::CampaignId),
        Column::Partnership => {
            let table = partnership_lead::Entity.table_name();
            linked(inner, table, "company_partnership_id", None)
        }
        Column::Tag => linked(inner, lead_tag::Entity.table_name(), "tag_id", None),
        Column::AttributionSource => linked(inner, lead_attribution::Entity.table_name(), "source_id", None),
        Column::Field(field) if field.field_type == FieldType::MultiSelect => {
            let table = lead_custom_field_choice::Entity.table_name();
            linked(inner, table, "option_no", Some(field.id))
        }
        Column::Field(field) => {
            let table = lead_custom_field_value::Entity.table_name();
            linked(inner, table, "select_option", Some(field.id))
        }
    }
}

/// Joins rows that point to the lead, of one custom field if there is one.
fn join(inner: &mut SelectStatement, table: &str, alias: &str, field: Option<i64>) {
    let column = |name: &'static str| Expr::col((alias.to_owned(), name));
    let same = Condition::all()
        .add(column("workspace_id").eq(lead_column(lead::Column::WorkspaceId)))
        .add(column("lead_id").eq(lead_column(lead::Column::Id)))
        .add_option(field.map(|field| column("custom_field_id").eq(field)));
    inner.join_as(JoinType::LeftJoin, table.to_owned(), alias.to_owned(), same);
}

/// The number of the bucket that a lead came in in: found by halves, so that a thousand cost ten comparisons.
fn bucket_number(buckets: &[Bucket], offset: i64) -> Expr {
    if buckets.len() < 2 {
        return Expr::val(offset);
    }
    let (early, late) = buckets.split_at(buckets.len() / 2);
    let is_early = lead_column(lead::Column::CreatedAt).lt(late[0].starts_at);
    let late_offset = offset + i64::try_from(early.len()).unwrap_or(i64::MAX);
    CaseStatement::new()
        .case(is_early, bucket_number(early, offset))
        .finally(bucket_number(late, late_offset))
        .into()
}

/// What is measured of each lead.
fn add_measured(inner: &mut SelectStatement, numbers: &[i64]) {
    inner.expr_as(lead_column(lead::Column::Status), "status");
    for (index, field) in numbers.iter().enumerate() {
        let alias = format!("of_number_{index}");
        join(
            inner,
            lead_custom_field_value::Entity.table_name(),
            &alias,
            Some(*field),
        );
        inner.expr_as(scaled(&alias), number_name(index));
    }
}

/// Small enough that no sum of a million overflows. What is next to nothing counts as nothing: `PostgreSQL` refuses a
/// product that is too small for a number.
fn scaled(alias: &str) -> Expr {
    let value = || Expr::col((alias.to_owned(), "number_value"));
    let next_to_nothing = value().gt(-TINY).and(value().lt(TINY));
    let scaled: CaseStatement = CaseStatement::new()
        .case(next_to_nothing, 0.0)
        .finally(value().mul(1.0 / SCALE));
    scaled.into()
}

fn add_measures(outer: &mut SelectStatement, numbers: &[i64]) {
    let converted: CaseStatement = CaseStatement::new().case(Expr::col("status").eq(LeadStatus::Converted), 1);
    outer.expr_as(Func::count(Expr::cust("*")), "leads");
    outer.expr_as(Func::count(converted), "converted");
    for index in 0..numbers.len() {
        let name = number_name(index);
        outer.expr_as(Func::count(Expr::col(name.clone())), format!("{name}_count"));
        outer.expr_as(Func::sum(Expr::col(name.clone())), format!("{name}_sum"));
    }
}

fn counted(row: &QueryResult, columns: &[Column], buckets: &[Bucket], numbers: &[i64]) -> Result<Counted> {
    let key = |(index, column): (usize, &Column)| key(row, column, &key_name(index));
    let bucket: Option<i64> = match buckets.is_empty() {
        true => None,
        false => Some(row.try_get("", "bucket")?),
    };
    Ok(Counted {
        keys: columns.iter().enumerate().map(key).collect::<Result<_>>()?,
        bucket: bucket.and_then(|number| usize::try_from(number).ok()),
        measures: measures(row, numbers)?,
    })
}

fn key(row: &QueryResult, column: &Column, name: &str) -> Result<Raw> {
    Ok(match column {
        Column::Status | Column::Source => row.try_get::<Option<String>>("", name)?.map_or(Raw::None, Raw::Word),
        Column::Project
        | Column::Campaign
        | Column::Partnership
        | Column::Tag
        | Column::AttributionSource
        | Column::Field(_) => row.try_get::<Option<i64>>("", name)?.map_or(Raw::None, Raw::Number),
    })
}

fn measures(row: &QueryResult, numbers: &[i64]) -> Result<Measures> {
    let number = |index| {
        let name = number_name(index);
        let count: i64 = row.try_get("", &format!("{name}_count"))?;
        let sum: Option<f64> = row.try_get("", &format!("{name}_sum"))?;
        Ok(number_measure(count, sum.unwrap_or(0.0)))
    };
    Ok(Measures {
        count: row.try_get("", "leads")?,
        converted: row.try_get("", "converted")?,
        numbers: (0..numbers.len()).map(number).collect::<Result<_>>()?,
    })
}

#[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^53 leads")]
fn number_measure(count: i64, scaled: f64) -> NumberMeasure {
    let sum = scaled * SCALE;
    NumberMeasure {
        count,
        sum: sum.is_finite().then_some(sum),
        average: (count > 0).then(|| scaled / count as f64 * SCALE),
    }
}
