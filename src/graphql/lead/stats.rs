//! Numbers of leads: `leadStats` and `attributionCredits`.

use async_graphql::{Context, Enum, ID, InputObject, Object, OneofObject, SimpleObject};

use super::LeadFilterArgument;
use super::filter;
use super::stats_groups::{LeadStatsGroup, groups};
use crate::domain::Ref;
use crate::domain::caller::Scope;
use crate::domain::leads::stats::{self, Bucketing, GroupBy, StatsParts, StatsQuery};
use crate::domain::op::Op;
use crate::domain::rel::Rel;
use crate::graphql::attribution::AttributionSource;
use crate::graphql::context::{Answer, answer, op};
use crate::graphql::custom_field::{self, CustomField};
use crate::graphql::error::Failure;
use crate::graphql::input::Reader;
use crate::graphql::nested;
use crate::graphql::node::NodeKind;
use crate::graphql::scalars::{Date, DateTime, SafeInt};

#[derive(Debug, Default)]
pub struct StatsQueries;

#[Object]
impl StatsQueries {
    /// How many leads there are, how many became customers, and what their numbers come to: in all, and by what they
    /// have in common. A key that is bound to a project counts that project's. At most 1,000 groups, and as many days,
    /// weeks or months.
    async fn lead_stats(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which leads; all without it.")] filter: Option<LeadFilterArgument>,
        #[graphql(desc = "What the leads of a group have in common, at most four keys.")] group_by: Option<
            Vec<LeadStatsKey>,
        >,
        #[graphql(desc = "Group also by when they came in.")] bucket: Option<LeadStatsBucketInput>,
        #[graphql(desc = "The custom fields of type number to measure, at most five.")] numbers: Option<Vec<ID>>,
    ) -> Answer<LeadStats> {
        let args = Args {
            filter,
            group_by,
            bucket,
            numbers,
        };
        answer(ctx, Box::pin(lead_stats(ctx, args)).await)
    }

    /// How much of the credit for the leads each attribution source has, the most first. Sources without leads are
    /// absent. At most 1,000.
    async fn attribution_credits(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which leads; all without it.")] filter: Option<LeadFilterArgument>,
        #[graphql(desc = "How the credit for a lead is shared out.")] model: AttributionModel,
    ) -> Answer<Vec<AttributionCredit>> {
        answer(ctx, Box::pin(credits(ctx, filter, model)).await)
    }
}

struct Args {
    filter: Option<LeadFilterArgument>,
    group_by: Option<Vec<LeadStatsKey>>,
    bucket: Option<LeadStatsBucketInput>,
    numbers: Option<Vec<ID>>,
}

/// What leads of a group have in common.
#[derive(Debug, OneofObject)]
pub enum LeadStatsKey {
    /// Something that every lead can have.
    Property(LeadStatsProperty),
    /// The chosen option of a select or multi-select field.
    CustomField(ID),
}

/// What leads can be grouped by. A lead that has several, such as tags, counts in the group of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum LeadStatsProperty {
    /// Where it stands in the sales process.
    Status,
    /// What brought it in.
    Source,
    /// The project it was captured for.
    Project,
    /// The campaign it is registered for.
    Campaign,
    /// Each partnership it was sent or received through.
    Partnership,
    /// Each of its tags.
    Tag,
    /// Each source it is attributed to.
    AttributionSource,
}

impl From<LeadStatsProperty> for GroupBy {
    fn from(property: LeadStatsProperty) -> Self {
        match property {
            LeadStatsProperty::Status => Self::Status,
            LeadStatsProperty::Source => Self::Source,
            LeadStatsProperty::Project => Self::Project,
            LeadStatsProperty::Campaign => Self::Campaign,
            LeadStatsProperty::Partnership => Self::Partnership,
            LeadStatsProperty::Tag => Self::Tag,
            LeadStatsProperty::AttributionSource => Self::AttributionSource,
        }
    }
}

/// How time is divided.
#[derive(Debug, InputObject)]
pub struct LeadStatsBucketInput {
    /// How long a bucket is.
    unit: LeadStatsUnit,
    /// Whose days these are: a name of the IANA database, such as `Europe/Amsterdam`. Days there can have 23 or 25 hours.
    #[graphql(default = "UTC")]
    time_zone: String,
}

/// A length of time in a calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "stats::BucketUnit")]
pub enum LeadStatsUnit {
    /// From midnight to midnight.
    Day,
    /// From Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
}

/// Numbers of leads.
#[derive(Clone, Debug, SimpleObject)]
pub struct LeadStats {
    /// Of all leads that the filter finds, each counted once.
    total: Rel<LeadMeasures>,
    /// By time, then the largest first; those without leads are absent.
    groups: Rel<Vec<LeadStatsGroup>>,
    /// The days, weeks or months from the first lead's to the last one's, also those without leads; empty without
    /// `bucket`.
    buckets: Rel<Vec<LeadStatsBucket>>,
}

/// What some leads come to.
#[derive(Clone, Debug, SimpleObject)]
pub struct LeadMeasures {
    /// How many there are.
    count: SafeInt,
    /// How many of them became customers: those of status `CONVERTED`.
    converted: SafeInt,
    /// The part of them that became customers, from 0 to 1; null when there are none.
    conversion_rate: Option<f64>,
    /// What their values of the number fields come to, in the order of the argument.
    numbers: Vec<LeadNumberMeasure>,
}

/// What the values of a number field come to.
#[derive(Clone, Debug, SimpleObject)]
pub struct LeadNumberMeasure {
    /// The field.
    field: CustomField,
    /// How many of the leads have a value.
    count: SafeInt,
    /// Their sum; null when it is too large for a number.
    sum: Option<f64>,
    /// Their mean; null when no lead has a value.
    average: Option<f64>,
}

/// A day, week or month.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct LeadStatsBucket {
    /// Its first day.
    date: Date,
    /// Its first instant.
    starts_at: DateTime,
    /// The first instant after it.
    ends_at: DateTime,
}

impl From<stats::Bucket> for LeadStatsBucket {
    fn from(bucket: stats::Bucket) -> Self {
        let stats::Bucket {
            date,
            starts_at,
            ends_at,
        } = bucket;
        Self {
            date: Date(date),
            starts_at: DateTime(starts_at),
            ends_at: DateTime(ends_at),
        }
    }
}

impl LeadMeasures {
    /// `fields`: the number fields, in the order of the measures.
    #[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^53 leads")]
    pub fn new(measures: stats::Measures, fields: &[CustomField]) -> Self {
        let stats::Measures {
            count,
            converted,
            numbers,
        } = measures;
        let number = |(field, measure): (&CustomField, stats::NumberMeasure)| LeadNumberMeasure {
            field: field.clone(),
            count: SafeInt(measure.count),
            sum: measure.sum,
            average: measure.average,
        };
        Self {
            count: SafeInt(count),
            converted: SafeInt(converted),
            conversion_rate: (count > 0).then(|| converted as f64 / count as f64),
            numbers: fields.iter().zip(numbers).map(number).collect(),
        }
    }
}

async fn lead_stats(ctx: &Context<'_>, args: Args) -> Result<LeadStats, Failure> {
    let op = op(ctx)?;
    let query = query(ctx, &op, args)?;
    let has_buckets = query.bucket.is_some();
    let parts = query.parts;
    let found = stats::stats(&op, query).await?;
    let numbers = custom_field::with_options(ctx, &op, found.numbers).await?;
    let loaded = |wanted, value| if wanted { Rel::Loaded(value) } else { Rel::NotLoaded };
    let groups = groups(ctx, &op, found.groups, &numbers).await?;
    Ok(LeadStats {
        total: match found.total {
            Some(total) => Rel::Loaded(LeadMeasures::new(total, &numbers)),
            None => Rel::NotLoaded,
        },
        groups: loaded(parts.groups, groups),
        buckets: match parts.groups || !has_buckets {
            true => Rel::Loaded(found.buckets.into_iter().map(LeadStatsBucket::from).collect()),
            false => Rel::NotLoaded,
        },
    })
}

fn query(ctx: &Context<'_>, op: &Op, args: Args) -> Result<StatsQuery, Failure> {
    let Args {
        filter,
        group_by,
        bucket,
        numbers,
    } = args;
    let mut reader = Reader::default();
    let mut key = |(index, key): (usize, LeadStatsKey)| match key {
        LeadStatsKey::Property(property) => property.into(),
        LeadStatsKey::CustomField(id) => {
            let path = ["groupBy", &index.to_string(), "customField"];
            GroupBy::Field(reader.reference(&id, NodeKind::CustomField, &path))
        }
    };
    let group_by = group_by.into_iter().flatten().enumerate().map(&mut key).collect();
    let numbers: Vec<Ref> = reader.references(&numbers.unwrap_or_default(), NodeKind::CustomField, &["numbers"]);
    reader.check_for(op, Scope::Read)?;
    let selects = |name| ctx.look_ahead().field(name).exists();
    let bucket = bucket.map(|LeadStatsBucketInput { unit, time_zone }| Bucketing {
        unit: unit.into(),
        time_zone,
    });
    Ok(StatsQuery {
        parts: StatsParts {
            total: selects("total"),
            groups: selects("groups") || (bucket.is_some() && selects("buckets")),
        },
        filter: filter::read(filter)?,
        group_by,
        bucket,
        numbers,
    })
}

/// How the credit for a lead is shared out among what it is attributed to. What falls on one moment counts by the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::leads::credit::AttributionModel")]
pub enum AttributionModel {
    /// All of it goes to the first one.
    First,
    /// All of it goes to the last one.
    Last,
    /// All have the same.
    Linear,
    /// The later, the more: half as much for each seven days before the last one.
    TimeDecay,
    /// Two fifths each for the first and the last, one fifth for all between.
    Position,
}

/// What an attribution source has earned.
#[derive(Clone, Debug, SimpleObject)]
pub struct AttributionCredit {
    /// The source.
    source: AttributionSource,
    /// Its part of the credit, in millionths of a lead.
    credit: SafeInt,
    /// How many leads are attributed to it, whatever its part of their credit.
    leads: SafeInt,
}

async fn credits(
    ctx: &Context<'_>,
    filter: Option<LeadFilterArgument>,
    model: AttributionModel,
) -> Result<Vec<AttributionCredit>, Failure> {
    let op = op(ctx)?;
    op.require(Scope::Read)?;
    let earned = stats::attribution_credits(&op, filter::read(filter)?, model.into()).await?;
    let numbers: Vec<(i64, i64)> = earned.iter().map(|earned| (earned.credit, earned.leads)).collect();
    let mut sources: Vec<AttributionSource> = earned.into_iter().map(|earned| earned.source.into()).collect();
    nested::fill(ctx, &op, &[&["source"]], sources.iter_mut().collect()).await?;
    let credit = |(source, (credit, leads))| AttributionCredit {
        source,
        credit: SafeInt(credit),
        leads: SafeInt(leads),
    };
    Ok(sources.into_iter().zip(numbers).map(credit).collect())
}
