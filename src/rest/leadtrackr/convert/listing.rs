//! Which leads `getLeads` is asked for.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::lookup::phone;
use super::view::{LOST, OPEN, PENDING};
use crate::domain::conversions::Standing;
use crate::domain::error::Problem;
use crate::domain::leads::filter::{
    Bound, Choice, ExactField, LeadFilter, Leaf, Presence, Range, TextField, TextMatch,
};
use crate::domain::leads::{Blanks, LeadOrder, LeadQuery, Numbered, OrderBy, OrderDirection as Direction};
use crate::domain::text;
use crate::rest::shared::query::{Query, number};

/// Of the leads that match, these.
#[derive(Clone, Debug)]
pub struct Listing {
    pub query: LeadQuery,
    pub page: Numbered,
}

const LIMIT: i64 = 50;
const MOST: i64 = 100;
/// In characters.
const SHORTEST_SEARCH: usize = 2;

const ORDERS: &[(&str, OrderBy)] = &[
    ("createdAt", OrderBy::Created),
    ("firstName", OrderBy::FirstName),
    ("lastName", OrderBy::LastName),
    ("email", OrderBy::Email),
    ("price", OrderBy::Value),
    ("status", OrderBy::Status),
];

/// Names of parameters, and the click ids that they ask for.
const CLICK_IDS: &[(&str, &str)] = &[
    ("gclid[exists]", "gclid"),
    ("cid[exists]", "cid"),
    ("fbp[exists]", "fbp"),
    ("fbc[exists]", "fbc"),
];

/// # Errors
/// LeadTrackr's sentence for the first parameter that is malformed.
pub fn of_query(query: &Query) -> Result<Listing, Problem> {
    let up_to = |most: i64| move |text: &str| number(text, 1).filter(|number| *number <= most);
    let size = query.read("limit", up_to(MOST))?.unwrap_or(LIMIT);
    let page = query.read("page", up_to(i64::MAX))?.unwrap_or(1);
    let order = query.read("sort", order)?;
    Ok(Listing {
        query: LeadQuery {
            filter: LeadFilter::All(filters(query)?.into_iter().map(LeadFilter::Is).collect()),
            order: order.into_iter().collect(),
            ..LeadQuery::default()
        },
        page: Numbered {
            number: page.unsigned_abs(),
            size: size.unsigned_abs(),
        },
    })
}

fn filters(query: &Query) -> Result<Vec<Leaf>, Problem> {
    let mut all = Vec::new();
    all.extend(query.read("status", standings)?.map(Leaf::Standing));
    let exact = |field, text: &str| Leaf::Exact(field, Choice::OneOf(vec![text.trim().to_owned()]));
    all.extend(query.text("formName")?.map(|name| exact(ExactField::FormName, name)));
    all.extend(
        query
            .text("uniqueIdentifier")?
            .map(|id| exact(ExactField::UniqueIdentifier, id)),
    );
    let text = |field, text: String| Leaf::Text(field, TextMatch::OneOf(vec![text]));
    all.extend(
        query
            .text("email")?
            .map(|email| text(TextField::Email, email.to_owned())),
    );
    all.extend(query.text("phone")?.map(|number| text(TextField::Phone, phone(number))));
    let from = query.read("createdAt[gte]", text::instant)?;
    let to = query.read("createdAt[lte]", text::instant)?;
    all.extend(created(from, to));
    let long_enough = |text: &str| (text.chars().count() >= SHORTEST_SEARCH).then(|| text.to_owned());
    all.extend(query.read("search", long_enough)?.map(Leaf::Search));
    for (parameter, kind) in CLICK_IDS {
        let is = query.read(parameter, presence)?;
        let kind = (*kind).to_owned();
        all.extend(is.map(|is| Leaf::ClickId { kind, is }));
    }
    Ok(all)
}

fn created(from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>) -> Option<Leaf> {
    if from.is_none() && to.is_none() {
        return None;
    }
    Some(Leaf::Created(Range {
        from: from.map(Bound::Including),
        to: to.map(Bound::Including),
    }))
}

fn presence(text: &str) -> Option<Presence> {
    match text {
        "true" | "1" => Some(Presence::Present),
        "false" | "0" => Some(Presence::Missing),
        _ => None,
    }
}

/// Words with commas between them.
fn standings(list: &str) -> Option<Vec<Standing>> {
    let standing = |word: &str| match word {
        OPEN => Some(Standing::Open),
        PENDING => Some(Standing::Pending),
        LOST => Some(Standing::Lost),
        label => Uuid::try_parse(label).ok().map(Standing::Labelled),
    };
    let words = list.split(',').map(str::trim).filter(|word| !word.is_empty());
    words.map(standing).collect()
}

/// Leads that lack what they are sorted by come last.
fn order(text: &str) -> Option<LeadOrder> {
    let (field, direction) = text.split_once(':').unwrap_or((text, "asc"));
    let (_, by) = ORDERS.iter().find(|(name, _)| *name == field.trim())?;
    let direction = match direction.trim() {
        "asc" => Direction::Ascending,
        "desc" => Direction::Descending,
        _ => return None,
    };
    Some(LeadOrder {
        by: *by,
        direction,
        blanks: Blanks::Last,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str) -> Result<Listing, String> {
        of_query(&Query::of(Some(raw))).map_err(|problem| problem.message)
    }

    fn leaf(raw: &str) -> Leaf {
        match read(raw).unwrap().query.filter {
            LeadFilter::All(mut all) if all.len() == 1 => match all.remove(0) {
                LeadFilter::Is(leaf) => leaf,
                other => panic!("{other:?}"),
            },
            other => panic!("{raw}: {other:?}"),
        }
    }

    #[test]
    fn what_is_blank_or_unknown_asks_for_nothing() {
        let listing = read("limit=&page=+&status=&sort=&search=&unheardOf=%FF&gclid=x&email").unwrap();
        assert_eq!(listing.query.filter, LeadFilter::All(Vec::new()));
        assert!(listing.query.order.is_empty());
        assert_eq!((listing.page.number, listing.page.size), (1, 50));
    }

    #[test]
    fn what_is_malformed_is_named() {
        for raw in [
            "limit=0",
            "limit=101",
            "limit=-1",
            "limit=ten",
            "limit=99999999999999999999",
            "page=0",
            "page=1.5",
            "status=rated",
            "status=open,won",
            "createdAt%5Bgte%5D=yesterday",
            "createdAt[lte]=2024-13-01",
            "search=x",
            "sort=updatedAt:asc",
            "sort=email:up",
            "gclid[exists]=maybe",
            "email=%00",
            "formName=%FF",
        ] {
            let name = raw.split('=').next().unwrap().replace("%5B", "[").replace("%5D", "]");
            assert_eq!(read(raw).err(), Some(format!("Invalid parameter: {name}")), "{raw}");
        }
    }

    #[test]
    fn each_parameter_is_one_condition() {
        let label = Uuid::from_u128(7);
        let expected = vec![Standing::Open, Standing::Lost, Standing::Labelled(label)];
        assert_eq!(leaf(&format!("status=open,lost,,{label}")), Leaf::Standing(expected));
        let phone = TextMatch::OneOf(vec!["+31 6".into()]);
        assert_eq!(leaf("phone=+31+6"), Leaf::Text(TextField::Phone, phone.clone()));
        assert_eq!(leaf("phone=%2B31+6"), Leaf::Text(TextField::Phone, phone));
        let missing = Leaf::ClickId {
            kind: "fbp".into(),
            is: Presence::Missing,
        };
        assert_eq!(leaf("fbp%5Bexists%5D=false"), missing);
        let day = text::instant("2024-02-01").unwrap();
        let since = Range {
            from: Some(Bound::Including(day)),
            to: None,
        };
        assert_eq!(leaf("createdAt[gte]=2024-02-01"), Leaf::Created(since));
        assert_eq!(leaf("search=%C3%A4r"), Leaf::Search("är".into()));
    }

    #[test]
    fn sorting_is_ascending_unless_it_says_otherwise() {
        for (raw, by, direction) in [
            ("sort=price", OrderBy::Value, Direction::Ascending),
            ("sort=createdAt:desc", OrderBy::Created, Direction::Descending),
            ("sort=lastName:asc", OrderBy::LastName, Direction::Ascending),
        ] {
            let order = read(raw).unwrap().query.order;
            assert_eq!((order[0].by, order[0].direction), (by, direction), "{raw}");
        }
    }
}
