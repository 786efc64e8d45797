//! One condition before its place in the filter is known, and the conditions on columns.

use sea_orm::sea_query::{Expr, ExprTrait, Func, LikeExpr};
use sea_orm::{ActiveEnum, ColumnTrait, Condition, Value};

use super::{Bound, Choice, ExactField, Links, Presence, Range};
use crate::domain::Ref;
use crate::domain::text::MAX_KEY;
use crate::entity::lead;

/// Where a condition stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Every row must fulfil it.
    Demanded,
    /// Below an `or`.
    Optional,
    /// It must not hold.
    Denied,
}

/// One condition before its place is known.
pub(super) enum Test {
    Never,
    /// True, false, or NULL when the lead lacks it.
    Row(Expr),
    /// A row of another table that points to the lead.
    Link(Box<dyn Fn(Place) -> Expr>),
    All(Vec<Test>),
}

/// The test as it has to be put in its place.
pub(super) fn place_of(test: Test, place: Place) -> Expr {
    match (test, place) {
        (Test::Never, Place::Demanded | Place::Optional) => never(),
        (Test::Never, Place::Denied) => always(),
        (Test::Row(row), Place::Demanded | Place::Optional) => row,
        (Test::Row(row), Place::Denied) => fails(row),
        (Test::Link(link), place) => link(place),
        (Test::All(tests), Place::Demanded | Place::Optional) => {
            let tests = tests.into_iter().map(|test| place_of(test, place));
            tests.fold(always(), ExprTrait::and)
        }
        (Test::All(tests), Place::Denied) => {
            let tests = tests.into_iter().map(|test| place_of(test, Place::Denied));
            tests.fold(never(), ExprTrait::or)
        }
    }
}

/// The opposite, wherever it stands.
pub(super) fn denied(test: Test) -> Test {
    match test {
        Test::Never => Test::All(Vec::new()),
        Test::Row(row) => Test::Row(fails(row)),
        Test::Link(link) => Test::Link(Box::new(move |place| match place {
            Place::Demanded | Place::Optional => link(Place::Denied),
            Place::Denied => link(Place::Optional),
        })),
        Test::All(tests) => {
            let tests = tests.into_iter().map(|test| place_of(test, Place::Denied));
            Test::Row(tests.fold(never(), ExprTrait::or))
        }
    }
}

pub(super) fn presence(test: Test, is: Presence) -> Test {
    match is {
        Presence::Present => test,
        Presence::Missing => denied(test),
    }
}

/// Whether a condition is false or NULL.
fn fails(row: Expr) -> Expr {
    Expr::from(Func::coalesce([row, Expr::val(false)])).not()
}

pub(super) fn never() -> Expr {
    Expr::cust("1 = 0")
}

pub(super) fn always() -> Expr {
    Expr::cust("1 = 1")
}

pub(super) fn whole(condition: Condition) -> Expr {
    Expr::from(Condition::all().add(always()).add(condition))
}

pub(super) fn missing<C: ColumnTrait>(column: C, is: Presence) -> Test {
    Test::Row(match is {
        Presence::Present => column.is_not_null(),
        Presence::Missing => column.is_null(),
    })
}

pub(super) fn one_of<C: ColumnTrait, V: Into<Value>>(column: C, values: Vec<V>) -> Test {
    let values: Vec<Value> = values.into_iter().map(Into::into).filter(storable).collect();
    match values.is_empty() {
        true => Test::Never,
        false => Test::Row(Expr::col(column.as_column_ref()).is_in(values)),
    }
}

/// `PostgreSQL` cannot even be asked for U+0000.
fn storable(value: &Value) -> bool {
    !matches!(value, Value::String(Some(text)) if text.contains('\0'))
}

pub(super) fn exact(field: ExactField, choice: &Choice<String>) -> Test {
    let column = match field {
        ExactField::FormName => lead::Column::FormName,
        ExactField::UniqueIdentifier => lead::Column::ExternalId,
    };
    match choice {
        Choice::OneOf(texts) => one_of(column, texts.clone()),
        Choice::Is(is) => missing(column, *is),
    }
}

pub(super) fn stored<T: ActiveEnum<Value = String>>(column: lead::Column, choice: &Choice<T>) -> Test {
    match choice {
        Choice::OneOf(values) => one_of(column, values.iter().map(ActiveEnum::to_value).collect()),
        Choice::Is(is) => missing(column, *is),
    }
}

/// A link that is a column of the lead: it has one at most.
pub(super) fn column_links(column: lead::Column, links: &Links, number: impl Fn(&Ref) -> Option<i64>) -> Test {
    let any = |refs: &[Ref]| one_of(column, refs.iter().filter_map(&number).collect::<Vec<i64>>());
    match links {
        Links::AnyOf(refs) => any(refs),
        Links::AllOf(refs) => Test::All(refs.iter().map(|it| any(std::slice::from_ref(it))).collect()),
        Links::NoneOf(refs) => denied(any(refs)),
        Links::Is(is) => missing(column, *is),
    }
}

pub(super) fn contains<C: ColumnTrait>(column: C, part: &str) -> Test {
    match part {
        "" => missing(column, Presence::Present),
        part if part.contains('\0') || part.chars().count() > 4 * MAX_KEY => Test::Never,
        part => Test::Row(like(column, part)),
    }
}

pub(super) fn like<C: ColumnTrait>(column: C, part: &str) -> Expr {
    let mut pattern = String::from("%");
    for character in part.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    Expr::col(column.as_column_ref()).like(LikeExpr::new(pattern).escape('\\'))
}

pub(super) fn starts_with<C: ColumnTrait>(column: C, part: &str) -> Test {
    let expr = || Expr::col(column.as_column_ref());
    match part {
        "" => missing(column, Presence::Present),
        part if part.contains('\0') => Test::Never,
        part => Test::Row(match successor(part) {
            Some(next) => expr().gte(part).and(expr().lt(next)),
            None => expr().gte(part),
        }),
    }
}

/// The first text that comes after all that begin with this one, by code points.
fn successor(text: &str) -> Option<String> {
    let mut characters: Vec<char> = text.chars().collect();
    while let Some(last) = characters.pop() {
        // The step over the surrogates, which are no characters.
        let next = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32);
        if let Some(next) = next {
            characters.push(next);
            return Some(characters.into_iter().collect());
        }
    }
    None
}

pub(super) fn range<C: ColumnTrait, T: Into<Value>>(column: C, range: Range<T>) -> Condition {
    let expr = || Expr::col(column.as_column_ref());
    let Range { from, to } = range;
    Condition::all()
        .add_option(from.map(|from| match from {
            Bound::Including(value) => expr().gte(value.into()),
            Bound::Excluding(value) => expr().gt(value.into()),
        }))
        .add_option(to.map(|to| match to {
            Bound::Including(value) => expr().lte(value.into()),
            Bound::Excluding(value) => expr().lt(value.into()),
        }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_successor_follows_all_texts_that_begin_so() {
        for (text, next) in [
            ("a", "b"),
            ("az", "a{"),
            ("a\u{d7ff}", "a\u{e000}"),
            ("a\u{10ffff}", "b"),
        ] {
            assert_eq!(successor(text).as_deref(), Some(next));
        }
        assert_eq!(successor("\u{10ffff}"), None);
    }
}
