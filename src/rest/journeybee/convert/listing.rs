//! Which leads the list is asked for.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::words::STATUSES;
use crate::domain::Ref;
use crate::domain::error::Problem;
use crate::domain::leads::filter::{Bound, Choice, FieldMatch, LeadFilter, Leaf, Links, Presence, Range, TextMatch};
use crate::domain::leads::register::OptionRef;
use crate::domain::leads::{
    AssociationType, Blanks, Direction, LeadOrder, LeadQuery, LeadStatus, Numbered, OrderBy, OrderDirection,
};
use crate::domain::text;
use crate::rest::journeybee::error::Refusal;
use crate::rest::shared::query::{Malformed, Query, number};

/// Of the leads that match, these.
#[derive(Clone, Debug)]
pub struct Listing {
    /// On whose behalf.
    pub user: Ref,
    pub query: LeadQuery,
    pub page: Numbered,
    pub by: Paging,
}

/// How the client goes on to the next page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paging {
    /// With the moment of the last row.
    Moments,
    /// With the next number.
    Numbers,
}

const PAGE: i64 = 10;
const MOST: i64 = 50;

const ORDERS: &[(&str, OrderBy)] = &[
    ("created_at", OrderBy::Created),
    ("updated_at", OrderBy::Updated),
    ("name", OrderBy::Name),
    ("first_name", OrderBy::FirstName),
    ("last_name", OrderBy::LastName),
    ("company_name", OrderBy::Company),
    ("email", OrderBy::Email),
    ("status", OrderBy::Status),
];

/// # Errors
/// What is malformed, or that the user is missing.
pub fn of_query(query: &Query) -> Result<Listing, Refusal> {
    let user = query.read("userId", |text| number(text, 1))?;
    let missing = || Problem::missing(["userId".into()], "This is required");
    let user = Ref::Id(user.ok_or_else(|| Refusal::incomplete(vec![missing()]))?);
    let up_to = |most: i64| move |text: &str| number(text, 1).filter(|number| *number <= most);
    let size = query.read("pageSize", up_to(MOST))?.unwrap_or(PAGE);
    let page = query.read("page", up_to(i64::MAX))?;
    let order = query.read("sort", orders)?.unwrap_or_default();
    let newest_first = order.is_empty();
    Ok(Listing {
        user,
        query: LeadQuery {
            filter: LeadFilter::All(filters(query, user)?),
            order,
            ..LeadQuery::default()
        },
        page: Numbered {
            number: page.unwrap_or(1).unsigned_abs(),
            size: size.unsigned_abs(),
        },
        by: if page.is_none() && newest_first {
            Paging::Moments
        } else {
            Paging::Numbers
        },
    })
}

fn filters(query: &Query, user: Ref) -> Result<Vec<LeadFilter>, Malformed> {
    let mut all = Vec::new();
    all.extend(
        query
            .read("cursor", text::instant)?
            .map(|moment| created(None, Some(Bound::Excluding(moment)))),
    );
    all.extend(query.text("search")?.map(|text| Leaf::Search(text.to_owned())));
    all.extend(query.read("view", view)?);
    all.extend(
        query
            .read("status", statuses)?
            .map(|statuses| Leaf::Status(Choice::OneOf(statuses))),
    );
    all.extend(query.read("tags", numbers)?.map(|tags| Leaf::Tags(Links::AnyOf(tags))));
    all.extend(
        query
            .read("users", numbers)?
            .map(|users| Leaf::Assignees(Links::AnyOf(users))),
    );
    all.extend(query.read("customFields", fields)?.unwrap_or_default());
    let assigned = query.read("assigned", flag)?.unwrap_or_default();
    let unassigned = query.read("unassigned", flag)?.unwrap_or_default();
    let mut work = Vec::new();
    work.extend(assigned.then(|| Leaf::Assignees(Links::AnyOf(vec![user]))));
    work.extend(unassigned.then_some(Leaf::Assignees(Links::Is(Presence::Missing))));
    let mut filters: Vec<LeadFilter> = all.into_iter().map(LeadFilter::Is).collect();
    if !work.is_empty() {
        filters.push(LeadFilter::Any(work.into_iter().map(LeadFilter::Is).collect()));
    }
    Ok(filters)
}

fn created(from: Option<Bound<DateTime<Utc>>>, to: Option<Bound<DateTime<Utc>>>) -> Leaf {
    Leaf::Created(Range { from, to })
}

/// The leads of one moment.
pub fn of_moment(query: &LeadQuery, moment: DateTime<Utc>) -> LeadQuery {
    let at = Some(Bound::Including(moment));
    LeadQuery {
        filter: LeadFilter::All(vec![query.filter.clone(), LeadFilter::Is(created(at, at))]),
        ..query.clone()
    }
}

fn view(word: &str) -> Option<Leaf> {
    Some(match word {
        "received" => Leaf::Passed(Direction::Received),
        "sent" => Leaf::Passed(Direction::Sent),
        "reseller" => Leaf::Association(Choice::OneOf(vec![AssociationType::Reseller])),
        "campaigns" => Leaf::Association(Choice::OneOf(vec![AssociationType::Campaigns])),
        _ => return None,
    })
}

fn flag(text: &str) -> Option<bool> {
    match text {
        "1" | "true" => Some(true),
        "0" | "false" => Some(false),
        _ => None,
    }
}

fn words(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|word| !word.is_empty())
}

fn statuses(list: &str) -> Option<Vec<LeadStatus>> {
    let status = |word| {
        STATUSES
            .iter()
            .find(|(known, _)| *known == word)
            .map(|(_, status)| *status)
    };
    words(list).map(status).collect()
}

fn numbers(list: &str) -> Option<Vec<Ref>> {
    words(list).map(|word| number(word, 1).map(Ref::Id)).collect()
}

#[derive(Deserialize)]
struct FieldIs {
    id: i64,
    value: serde_json::Map<String, Value>,
}

fn fields(json: &str) -> Option<Vec<Leaf>> {
    let list: Vec<FieldIs> = serde_json::from_str(json).ok()?;
    list.into_iter().map(field).collect()
}

/// A text is looked for in the value; of several options one is enough.
fn field(FieldIs { id, value }: FieldIs) -> Option<Leaf> {
    let (name, value) = value.iter().next().filter(|_| value.len() == 1)?;
    let option = |value: &Value| Some(OptionRef::Number(value.as_i64().filter(|number| *number >= 1)?));
    let is = match name.as_str() {
        "text" | "textarea" => {
            let part = value.as_str().filter(|text| !text.contains('\0'))?;
            FieldMatch::Text(TextMatch::Contains(part.to_owned()))
        }
        "number" => FieldMatch::NumberOneOf(vec![value.as_f64()?]),
        "date" => FieldMatch::Date(day(text::calendar_date(value.as_str()?)?)),
        "boolean" => FieldMatch::Boolean(value.as_bool()?),
        "select" => FieldMatch::AnyOption(vec![option(value)?]),
        "multi_select" => FieldMatch::AnyOption(value.as_array()?.iter().map(option).collect::<Option<_>>()?),
        _ => return None,
    };
    Some(Leaf::Field { field: Ref::Id(id), is })
}

fn day(date: NaiveDate) -> Range<NaiveDate> {
    Range {
        from: Some(Bound::Including(date)),
        to: Some(Bound::Including(date)),
    }
}

#[derive(Deserialize)]
struct Sort {
    r#type: String,
    #[serde(default)]
    asc: bool,
}

/// Leads that lack what they are sorted by come last.
fn orders(json: &str) -> Option<Vec<LeadOrder>> {
    let list: Vec<Sort> = serde_json::from_str(json).ok()?;
    let order = |Sort { r#type, asc }: Sort| {
        let (_, by) = ORDERS.iter().find(|(name, _)| *name == r#type)?;
        Some(LeadOrder {
            by: *by,
            direction: if asc {
                OrderDirection::Ascending
            } else {
                OrderDirection::Descending
            },
            blanks: Blanks::Last,
        })
    };
    list.into_iter().map(order).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str) -> Listing {
        of_query(&Query::of(Some(&format!("userId=1&{raw}")))).unwrap()
    }

    fn filters(raw: &str) -> Vec<LeadFilter> {
        match read(raw).query.filter {
            LeadFilter::All(filters) => filters,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_user_must_be_named() {
        for raw in ["", "userId=", "userid=1"] {
            let refusal = of_query(&Query::of(Some(raw))).unwrap_err();
            let (status, details) = refusal.told();
            assert_eq!(status, 406, "{raw}");
            assert_eq!(details[0].field.as_deref(), Some("userId"));
        }
    }

    #[test]
    fn what_is_malformed_is_named() {
        for raw in [
            "userId=me",
            "userId=0",
            "userId=99999999999999999999",
            "userId=1&cursor=then",
            "userId=1&page=0",
            "userId=1&pageSize=51",
            "userId=1&search=%00",
            "userId=1&view=all",
            "userId=1&assigned=yes",
            "userId=1&unassigned=2",
            "userId=1&status=new,won",
            "userId=1&tags=1,x",
            "userId=1&users=-1",
            "userId=1&customFields=x",
            "userId=1&customFields={}",
            "userId=1&customFields=[{\"id\":1}]",
            "userId=1&customFields=[{\"id\":1,\"value\":{\"text\":\"a\",\"number\":1}}]",
            "userId=1&customFields=[{\"id\":1,\"value\":{\"text\":\"\\u0000\"}}]",
            "userId=1&sort=status",
            "userId=1&sort=[{\"type\":\"tags\"}]",
        ] {
            let name = raw.rsplit('&').next().unwrap().split('=').next().unwrap();
            let refusal = of_query(&Query::of(Some(raw))).unwrap_err();
            let (status, details) = refusal.told();
            assert_eq!(status, 400, "{raw}");
            assert_eq!(details[0].field.as_deref(), Some(name), "{raw}");
        }
    }

    #[test]
    fn what_is_blank_or_unknown_asks_for_nothing() {
        let listing = read("cursor=&page=&tags=&assigned=0&unheardOf=1");
        assert_eq!(listing.query.filter, LeadFilter::All(Vec::new()));
        assert_eq!(
            (listing.page.number, listing.page.size, listing.by),
            (1, 10, Paging::Moments)
        );
        assert_eq!(read("page=2&pageSize=50").by, Paging::Numbers);
        assert_eq!(read("sort=[{\"type\":\"email\",\"asc\":true}]").by, Paging::Numbers);
    }

    #[test]
    fn conditions_are_read() {
        let is = LeadFilter::Is;
        assert_eq!(filters("view=sent"), [is(Leaf::Passed(Direction::Sent))]);
        assert_eq!(
            filters("tags=3,4"),
            [is(Leaf::Tags(Links::AnyOf(vec![Ref::Id(3), Ref::Id(4)])))]
        );
        let mine = is(Leaf::Assignees(Links::AnyOf(vec![Ref::Id(1)])));
        let nobodys = is(Leaf::Assignees(Links::Is(Presence::Missing)));
        let either = LeadFilter::Any(vec![mine.clone(), nobodys]);
        assert_eq!(filters("assigned=1"), [LeadFilter::Any(vec![mine])]);
        assert_eq!(filters("assigned=1&unassigned=1"), [either]);
        let chosen = Leaf::Field {
            field: Ref::Id(9),
            is: FieldMatch::AnyOption(vec![OptionRef::Number(2)]),
        };
        assert_eq!(
            filters("customFields=[{\"id\":9,\"value\":{\"select\":2}}]"),
            [is(chosen)]
        );
    }
}
