//! Orders of leads: by several keys, blanks first or last as asked, ties by number. A place in such an order is a key's
//! worth of values, from which a page goes on; blanks take part in the comparison, so no row is lost.

mod sql;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, QueryResult, Value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::filter;
use crate::domain::Ref;
use crate::domain::custom_fields::FieldType;
use crate::domain::error::{Error, Problem, Result};
use crate::domain::op::Op;
use crate::entity::{custom_field_option, lead, lead_custom_field_value};

pub(super) use sql::{after, aliases, apply, reversed, segment_of, segments, sort_by_alias, sort_by_page};

/// One key of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeadOrder {
    pub by: OrderBy,
    pub direction: Direction,
    /// Where leads stand that lack it.
    pub blanks: Blanks,
}

/// What leads are ordered by. Texts by their folded form, code point by code point; the status by how far it is in the
/// sales process; options by their position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderBy {
    Created,
    Updated,
    /// First and last name.
    Name,
    FirstName,
    LastName,
    Company,
    Email,
    Status,
    /// In the smallest unit, whatever the currency.
    Value,
    Field(Ref),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Ascending,
    Descending,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blanks {
    First,
    Last,
}

/// The place of a lead in an order: what it has for each key, and its number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Place {
    pub values: Vec<Option<KeyValue>>,
    pub id: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum KeyValue {
    Text(String),
    Integer(i64),
    Number(f64),
    Boolean(bool),
    Date(NaiveDate),
    Time(DateTime<Utc>),
}

/// Keys in one order.
pub const MAX_KEYS: usize = 3;

/// Without an order: the newest first.
pub(super) const NEWEST: LeadOrder = LeadOrder {
    by: OrderBy::Created,
    direction: Direction::Descending,
    blanks: Blanks::Last,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Integer,
    Number,
    Boolean,
    Date,
    Time,
}

/// A key that knows its column.
#[derive(Clone, Debug)]
pub(super) struct Key {
    column: Expr,
    kind: Kind,
    /// Whether a lead can lack it.
    nullable: bool,
    direction: Direction,
    blanks: Blanks,
    field: Option<FieldKey>,
    /// What the value is called in the result.
    alias: &'static str,
}

#[derive(Clone, Copy, Debug)]
struct FieldKey {
    id: i64,
    by_option: bool,
    values: &'static str,
    options: &'static str,
}

const ALIASES: [(&str, &str, &str); MAX_KEYS] = [("k0", "v0", "o0"), ("k1", "v1", "o1"), ("k2", "v2", "o2")];

/// Which leads of an order: those that have its first key, or those that lack it. Each is a range of the key's index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    Whole,
    Filled,
    Blank,
}

/// The keys of an order, the newest first if there are none.
///
/// # Errors
/// Too many keys, a key twice, a custom field that is unknown or has no order, or a database fault.
pub(super) async fn keys(op: &Op, orders: &[LeadOrder]) -> Result<Vec<Key>> {
    let orders = if orders.is_empty() { &[NEWEST] } else { orders };
    if orders.len() > MAX_KEYS {
        let sentence = format!("orderBy has more than {MAX_KEYS} keys");
        return Err(Problem::limit(["orderBy".into()], sentence).into());
    }
    let named = orders.iter().filter_map(|order| match order.by {
        OrderBy::Field(field) => Some(field),
        OrderBy::Created
        | OrderBy::Updated
        | OrderBy::Name
        | OrderBy::FirstName
        | OrderBy::LastName
        | OrderBy::Company
        | OrderBy::Email
        | OrderBy::Status
        | OrderBy::Value => None,
    });
    let fields = filter::fields(op, &named.collect::<Vec<_>>()).await?;
    let mut keys = Vec::with_capacity(orders.len());
    for (index, (order, names)) in orders.iter().zip(ALIASES).enumerate() {
        if orders[..index].iter().any(|earlier| earlier.by == order.by) {
            return Err(Problem::invalid(["orderBy".into(), index.into()], "orderBy has a key twice").into());
        }
        let field = |field: Ref| {
            let unknown = || Error::from(Problem::not_found(["orderBy".into()], "There is no such custom field"));
            fields.get(&field).copied().ok_or_else(unknown)
        };
        keys.push(key(*order, names, field)?);
    }
    Ok(keys)
}

fn key(
    order: LeadOrder,
    (alias, values, options): (&'static str, &'static str, &'static str),
    field: impl Fn(Ref) -> Result<(i64, FieldType)>,
) -> Result<Key> {
    use lead::Column as C;
    let LeadOrder { by, direction, blanks } = order;
    let of_lead = |column: C| Expr::col(column.as_column_ref());
    let mut of_field = None;
    let (column, kind, nullable) = match by {
        OrderBy::Created => (of_lead(C::CreatedAt), Kind::Time, false),
        OrderBy::Updated => (of_lead(C::UpdatedAt), Kind::Time, false),
        OrderBy::Name => (of_lead(C::NameKey), Kind::Text, true),
        OrderBy::FirstName => (of_lead(C::FirstNameKey), Kind::Text, true),
        OrderBy::LastName => (of_lead(C::LastNameKey), Kind::Text, true),
        OrderBy::Company => (of_lead(C::CompanyKey), Kind::Text, true),
        OrderBy::Email => (of_lead(C::EmailNormalized), Kind::Text, true),
        OrderBy::Status => (of_lead(C::StatusRank), Kind::Integer, false),
        OrderBy::Value => (of_lead(C::ValueMinor), Kind::Integer, true),
        OrderBy::Field(reference) => {
            use lead_custom_field_value::Column as V;
            let (id, field_type) = field(reference)?;
            let value = |column: V| Expr::col((values, column));
            let (column, kind) = match field_type {
                FieldType::Text | FieldType::Textarea => (value(V::TextKey), Kind::Text),
                FieldType::Number => (value(V::NumberValue), Kind::Number),
                FieldType::Date => (value(V::DateValue), Kind::Date),
                FieldType::Boolean => (value(V::BooleanValue), Kind::Boolean),
                FieldType::Select => (
                    Expr::col((options, custom_field_option::Column::Position)),
                    Kind::Integer,
                ),
                FieldType::MultiSelect => {
                    let sentence = "A custom field with several options has no order";
                    return Err(Problem::invalid(["orderBy".into()], sentence).into());
                }
            };
            of_field = Some(FieldKey {
                id,
                by_option: field_type == FieldType::Select,
                values,
                options,
            });
            (column, kind, true)
        }
    };
    Ok(Key {
        column,
        kind,
        nullable,
        direction,
        blanks,
        field: of_field,
        alias,
    })
}

/// Where a row of the result stands.
pub(super) fn place(row: &QueryResult, keys: &[Key]) -> Result<Place> {
    let values = keys.iter().map(|key| {
        let alias = key.alias;
        Ok::<_, Error>(match key.kind {
            Kind::Text => row.try_get::<Option<String>>("", alias)?.map(KeyValue::Text),
            Kind::Integer => row.try_get::<Option<i64>>("", alias)?.map(KeyValue::Integer),
            Kind::Number => row.try_get::<Option<f64>>("", alias)?.map(KeyValue::Number),
            Kind::Boolean => row.try_get::<Option<bool>>("", alias)?.map(KeyValue::Boolean),
            Kind::Date => row.try_get::<Option<NaiveDate>>("", alias)?.map(KeyValue::Date),
            Kind::Time => row.try_get::<Option<DateTime<Utc>>>("", alias)?.map(KeyValue::Time),
        })
    });
    Ok(Place {
        values: values.collect::<Result<_>>()?,
        id: row.try_get("", "id")?,
    })
}

/// A place comes from a cursor, which can be forged: its values must be what the keys hold, and what databases know.
///
/// # Errors
/// A broken rule at `path`.
pub(super) fn check(place: Option<&Place>, keys: &[Key], path: &'static str) -> Result<()> {
    let Some(place) = place else { return Ok(()) };
    let fits = |(key, value): (&Key, &Option<KeyValue>)| match value {
        None => key.nullable,
        Some(value) => value.kind() == key.kind && value.is_storable(),
    };
    if place.values.len() == keys.len() && keys.iter().zip(&place.values).all(fits) {
        return Ok(());
    }
    Err(Problem::invalid([path.into()], format!("{path} is not a cursor of this list and order")).into())
}

impl KeyValue {
    fn kind(&self) -> Kind {
        match self {
            Self::Text(_) => Kind::Text,
            Self::Integer(_) => Kind::Integer,
            Self::Number(_) => Kind::Number,
            Self::Boolean(_) => Kind::Boolean,
            Self::Date(_) => Kind::Date,
            Self::Time(_) => Kind::Time,
        }
    }

    fn is_storable(&self) -> bool {
        match self {
            Self::Text(text) => !text.contains('\0'),
            Self::Number(number) => number.is_finite(),
            Self::Date(date) => (1..=9999).contains(&date.year()),
            Self::Time(at) => (1..=9999).contains(&at.year()),
            Self::Integer(_) | Self::Boolean(_) => true,
        }
    }

    fn value(&self) -> Value {
        match self {
            Self::Text(text) => text.clone().into(),
            Self::Integer(number) => (*number).into(),
            Self::Number(number) => (*number).into(),
            Self::Boolean(flag) => (*flag).into(),
            Self::Date(date) => (*date).into(),
            Self::Time(at) => (*at).into(),
        }
    }
}

impl LeadOrder {
    /// The order as text: cursors are bound to it.
    pub fn name(&self) -> String {
        let by = match self.by {
            OrderBy::Created => "created".to_owned(),
            OrderBy::Updated => "updated".to_owned(),
            OrderBy::Name => "name".to_owned(),
            OrderBy::FirstName => "first name".to_owned(),
            OrderBy::LastName => "last name".to_owned(),
            OrderBy::Company => "company".to_owned(),
            OrderBy::Email => "email".to_owned(),
            OrderBy::Status => "status".to_owned(),
            OrderBy::Value => "value".to_owned(),
            OrderBy::Field(Ref::Id(id)) => format!("field {id}"),
            OrderBy::Field(Ref::Uuid(uuid)) => format!("field {}", Uuid::simple(uuid)),
        };
        let direction = match self.direction {
            Direction::Ascending => "asc",
            Direction::Descending => "desc",
        };
        let blanks = match self.blanks {
            Blanks::First => "first",
            Blanks::Last => "last",
        };
        format!("{by} {direction} {blanks}")
    }
}
