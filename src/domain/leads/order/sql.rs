//! An order as SQL: its segments, its sorting, and what comes after a place.

use sea_orm::sea_query::{Expr, ExprTrait, IntoIden, JoinType, NullOrdering, Order, SelectStatement};
use sea_orm::{ColumnTrait, Condition, Value};

use super::{Blanks, Direction, FieldKey, Key, Place, Segment};
use crate::entity::{custom_field_option, lead, lead_custom_field_value};

/// The same order, read from its end.
pub(in crate::domain::leads) fn reversed(keys: &[Key]) -> Vec<Key> {
    let turn = |key: &Key| Key {
        direction: match key.direction {
            Direction::Ascending => Direction::Descending,
            Direction::Descending => Direction::Ascending,
        },
        blanks: match key.blanks {
            Blanks::First => Blanks::Last,
            Blanks::Last => Blanks::First,
        },
        ..key.clone()
    };
    keys.iter().map(turn).collect()
}

/// The segments in the order of their rows.
pub(in crate::domain::leads) fn segments(keys: &[Key]) -> &'static [Segment] {
    match keys.first() {
        Some(key) if key.nullable => match key.blanks {
            Blanks::First => &[Segment::Blank, Segment::Filled],
            Blanks::Last => &[Segment::Filled, Segment::Blank],
        },
        _ => &[Segment::Whole],
    }
}

/// The segment that a place lies in.
pub(in crate::domain::leads) fn segment_of(keys: &[Key], place: &Place) -> Segment {
    match (keys.first(), place.values.first()) {
        (Some(key), Some(value)) if key.nullable => match value {
            Some(_) => Segment::Filled,
            None => Segment::Blank,
        },
        _ => Segment::Whole,
    }
}

/// Adds the tables that the keys need, the values under their aliases, and the order.
pub(in crate::domain::leads) fn apply(query: &mut SelectStatement, keys: &[Key], segment: Segment) {
    for (index, key) in keys.iter().enumerate() {
        if let Some(field) = key.field {
            join(query, field, index == 0 && segment == Segment::Filled);
        }
        query.expr_as(key.column.clone(), key.alias);
    }
    if let Some(first) = keys.first() {
        match segment {
            Segment::Whole => {}
            Segment::Filled => drop(query.and_where(first.column.clone().is_not_null())),
            Segment::Blank => drop(query.and_where(first.column.clone().is_null())),
        }
    }
    // An index is read in its order only where the order says nothing of nulls that are not there.
    let mut known = keys.to_vec();
    if let Some(first) = known.first_mut().filter(|_| segment != Segment::Whole) {
        first.nullable = false;
    }
    let id = Expr::col(lead::Column::Id.as_column_ref());
    // Without a value of a custom field there is no order by it, nor an index of those that lack one.
    let sorted = match known.first() {
        Some(first) if segment == Segment::Blank && first.field.is_some() => &known[1..],
        Some(_) | None => &known[..],
    };
    sort(query, sorted, |key| key.column.clone());
    query.order_by_expr(id, direction_of_ties(keys));
}

/// Orders by the values under their aliases, in a query around those of the segments.
pub(in crate::domain::leads) fn sort_by_alias(query: &mut SelectStatement, keys: &[Key]) {
    sort(query, keys, |key| Expr::col(key.alias));
    query.order_by_expr(Expr::col("id"), direction_of_ties(keys));
}

/// As [`sort_by_alias`], where the values are columns of a table that is called `page`.
pub(in crate::domain::leads) fn sort_by_page(query: &mut SelectStatement, keys: &[Key]) {
    sort(query, keys, |key| Expr::col(("page", key.alias)));
    query.order_by_expr(Expr::col(("page", "id")), direction_of_ties(keys));
}

/// What the values of the keys are called in a result.
pub(in crate::domain::leads) fn aliases(keys: &[Key]) -> impl Iterator<Item = &'static str> {
    keys.iter().map(|key| key.alias)
}

fn sort(query: &mut SelectStatement, keys: &[Key], column: impl Fn(&Key) -> Expr) {
    for key in keys {
        let nulls = match key.blanks {
            Blanks::First => NullOrdering::First,
            Blanks::Last => NullOrdering::Last,
        };
        if key.nullable {
            query.order_by_expr_with_nulls(column(key), key.direction.into(), nulls);
        } else {
            query.order_by_expr(column(key), key.direction.into());
        }
    }
}

fn direction_of_ties(keys: &[Key]) -> Order {
    keys.last().map_or(Order::Desc, |key| key.direction.into())
}

impl From<Direction> for Order {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Ascending => Self::Asc,
            Direction::Descending => Self::Desc,
        }
    }
}

fn join(query: &mut SelectStatement, field: FieldKey, must_exist: bool) {
    use {custom_field_option::Column as O, lead_custom_field_value::Column as V};
    let kind = if must_exist {
        JoinType::InnerJoin
    } else {
        JoinType::LeftJoin
    };
    let of_lead = |column: lead::Column| Expr::col(column.as_column_ref());
    let value = |column: V| Expr::col((field.values, column));
    let is_value = Condition::all()
        .add(value(V::WorkspaceId).eq(of_lead(lead::Column::WorkspaceId)))
        .add(value(V::LeadId).eq(of_lead(lead::Column::Id)))
        .add(value(V::CustomFieldId).eq(field.id));
    query.join_as(
        kind,
        lead_custom_field_value::Entity,
        field.values.into_iden(),
        is_value,
    );
    if field.by_option {
        let option = |column: O| Expr::col((field.options, column));
        let is_option = Condition::all()
            .add(option(O::WorkspaceId).eq(value(V::WorkspaceId)))
            .add(option(O::CustomFieldId).eq(value(V::CustomFieldId)))
            .add(option(O::OptionNo).eq(value(V::SelectOption)));
        query.join_as(kind, custom_field_option::Entity, field.options.into_iden(), is_option);
    }
}

/// The rows that come after a place, which lies in the segment at hand.
pub(in crate::domain::leads) fn after(keys: &[Key], place: &Place, segment: Segment) -> Condition {
    let id = Expr::col(lead::Column::Id.as_column_ref());
    let last = keys.last().map_or(Direction::Descending, |key| key.direction);
    let beyond = |column: Expr, value: Value, direction: Direction| match direction {
        Direction::Ascending => column.gt(value),
        Direction::Descending => column.lt(value),
    };
    // The commonest case as a pair, of which both databases make a range of the index.
    if let ([key], [Some(value)]) = (keys, place.values.as_slice()) {
        let pair = Expr::tuple([key.column.clone(), id]);
        let at = Expr::tuple([Expr::val(value.value()), Expr::val(place.id)]);
        return Condition::all().add(match key.direction {
            Direction::Ascending => pair.gt(at),
            Direction::Descending => pair.lt(at),
        });
    }
    let mut later = Condition::any();
    let mut equal = Condition::all();
    for (key, value) in keys.iter().zip(&place.values) {
        let column = || key.column.clone();
        let further = match value {
            Some(value) => {
                let further = Condition::any().add(beyond(column(), value.value(), key.direction));
                further.add_option((key.nullable && key.blanks == Blanks::Last).then(|| column().is_null()))
            }
            None if key.blanks == Blanks::First => Condition::any().add(column().is_not_null()),
            None => Condition::any().add(Expr::cust("1 = 0")),
        };
        later = later.add(equal.clone().add(further));
        equal = equal.add(match value {
            Some(value) => column().eq(value.value()),
            None => column().is_null(),
        });
    }
    later = later.add(equal.add(beyond(id, place.id.into(), last)));
    let mut all = Condition::all().add(later);
    // Says again what follows from the rest, so that the index can begin at the place.
    if let (Some(key), Some(Some(value))) = (keys.first(), place.values.first())
        && segment != Segment::Blank
    {
        all = all.add(match key.direction {
            Direction::Ascending => key.column.clone().gte(value.value()),
            Direction::Descending => key.column.clone().lte(value.value()),
        });
    }
    all
}
