//! Connections: `first/after/last/before`, opaque cursors, counts only when asked for.

use std::borrow::Cow;

use async_graphql::{Context, Object, OutputType, SimpleObject, TypeName};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Datelike};

use super::error::Failure;
use crate::domain::page::{Key, Page, PageRequest};
use crate::domain::rel::Rel;

/// The page sizes of every connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageLimits {
    /// Without `first` and `last`.
    pub default: u64,
    pub most: u64,
}

impl Default for PageLimits {
    fn default() -> Self {
        Self { default: 50, most: 100 }
    }
}

/// The arguments of a connection as they came.
#[derive(Clone, Debug, Default)]
pub struct PageArgs {
    pub first: Option<i32>,
    pub after: Option<String>,
    pub last: Option<i32>,
    pub before: Option<String>,
}

/// What of a connection is selected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub count: bool,
    pub rows: bool,
}

impl Wanted {
    /// By the names of the fields that are selected of the connection.
    pub fn of<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        names.fold(Self::default(), |wanted, name| match name {
            "totalCount" => Self { count: true, ..wanted },
            "edges" | "nodes" | "pageInfo" => Self { rows: true, ..wanted },
            _ => wanted,
        })
    }
}

impl PageArgs {
    /// The rows that the connection `list` is asked for; only what its selection needs.
    ///
    /// # Errors
    /// [`Failure::Argument`] when the arguments contradict each other, are out of range, or hold a foreign cursor.
    pub fn request(self, ctx: &Context<'_>, list: List) -> Result<PageRequest, Failure> {
        let wanted = Wanted::of(ctx.field().selection_set().map(|field| field.name()));
        self.range(limits(ctx), wanted, |name, cursor| place(list, name, cursor))
    }

    /// The rows asked for, by places that `read` makes of an argument's name and its cursor.
    ///
    /// # Errors
    /// As [`Self::request`].
    pub fn range<K>(
        self,
        limits: PageLimits,
        wanted: Wanted,
        read: impl Fn(&str, &str) -> Result<K, Failure>,
    ) -> Result<PageRequest<K>, Failure> {
        let Self {
            first,
            after,
            last,
            before,
        } = self;
        let (limit, backward) = match (first, last) {
            (Some(_), Some(_)) => return Err(argument("Give either first or last, not both")),
            (Some(first), None) => (size("first", first, limits)?, false),
            (None, Some(last)) => (size("last", last, limits)?, true),
            (None, None) => (limits.default, false),
        };
        Ok(PageRequest {
            limit,
            backward,
            after: after.map(|cursor| read("after", &cursor)).transpose()?,
            before: before.map(|cursor| read("before", &cursor)).transpose()?,
            count: wanted.count,
            rows: wanted.rows,
        })
    }
}

/// The page sizes of this server.
pub fn limits(ctx: &Context<'_>) -> PageLimits {
    ctx.data_opt::<PageLimits>().copied().unwrap_or_default()
}

fn size(name: &str, given: i32, limits: PageLimits) -> Result<u64, Failure> {
    let most = limits.most;
    match u64::try_from(given) {
        Ok(given) if given <= most => Ok(given),
        Ok(_) | Err(_) => Err(argument(format!("{name} must be between 0 and {most}"))),
    }
}

/// The place that an argument's cursor names.
///
/// # Errors
/// [`Failure::Argument`] for another list's cursor.
pub fn place(list: List, name: &str, cursor: &str) -> Result<Key, Failure> {
    list.decode(cursor)
        .ok_or_else(|| argument(format!("{name} is not a cursor of {}", list.0)))
}

pub fn argument(message: impl Into<String>) -> Failure {
    Failure::Argument(message.into())
}

/// A list by the name of its field, newest first. Cursors of one list mean nothing to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct List(pub &'static str);

/// The order that the cursors belong to.
const ORDER: &str = "newest";

impl List {
    pub fn encode(self, key: Key) -> String {
        let mut bytes = self.prefix();
        bytes.extend(key.created_at.timestamp_micros().to_be_bytes());
        bytes.extend(key.id.to_be_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn decode(self, cursor: &str) -> Option<Key> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let place = bytes.strip_prefix(self.prefix().as_slice())?;
        let (micros, id) = place.split_at_checked(8)?;
        let created_at = DateTime::from_timestamp_micros(i64::from_be_bytes(micros.try_into().ok()?))?;
        // A cursor can be forged, and PostgreSQL cannot even be asked for other years.
        (1..=9999).contains(&created_at.year()).then_some(())?;
        Some(Key {
            created_at,
            id: i64::from_be_bytes(id.try_into().ok()?),
        })
    }

    fn prefix(self) -> Vec<u8> {
        format!("{}:{ORDER}:", self.0).into_bytes()
    }
}

/// A type that connections list.
pub trait Listed: OutputType {}

/// A page of domain rows as a connection.
pub fn connection<R, T: Listed>(
    list: List,
    page: Page<R>,
    key: impl Fn(&R) -> Key,
    convert: impl Fn(R) -> T,
) -> Connection<T> {
    Connection::new(page.map(|row| (list.encode(key(&row)), convert(row))))
}

/// One page of a list.
#[derive(Debug)]
pub struct Connection<T: Listed> {
    edges: Vec<Edge<T>>,
    page_info: PageInfo,
    total_count: Rel<i32>,
}

impl<T: Listed> Connection<T> {
    /// Of objects with their cursors.
    pub fn new(page: Page<(String, T)>) -> Self {
        let edges: Vec<Edge<T>> = page
            .items
            .into_iter()
            .map(|(cursor, node)| Edge { cursor, node })
            .collect();
        Self {
            page_info: PageInfo {
                has_next_page: page.has_next,
                has_previous_page: page.has_previous,
                start_cursor: edges.first().map(|edge| edge.cursor.clone()),
                end_cursor: edges.last().map(|edge| edge.cursor.clone()),
            },
            edges,
            total_count: match page.total {
                Some(total) => Rel::Loaded(i32::try_from(total).unwrap_or(i32::MAX)),
                None => Rel::NotLoaded,
            },
        }
    }
}

/// One page of a list, with the cursors to reach its neighbours.
#[Object(name_type)]
impl<T: Listed> Connection<T> {
    /// The objects of the page, each with its cursor.
    async fn edges(&self) -> &[Edge<T>] {
        &self.edges
    }

    /// The objects of the page, for clients that need no cursor of each.
    async fn nodes(&self) -> Vec<&T> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }

    /// Where the page ends and whether there are more.
    async fn page_info(&self) -> &PageInfo {
        &self.page_info
    }

    /// How many objects the whole list has.
    async fn total_count(&self) -> &Rel<i32> {
        &self.total_count
    }
}

impl<T: Listed> TypeName for Connection<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", <T as OutputType>::type_name()).into()
    }
}

/// An object at its place in a list.
#[derive(Debug, SimpleObject)]
#[graphql(name_type)]
pub struct Edge<T: Listed> {
    /// The place, for `after` and `before` of the same list.
    cursor: String,
    /// The object.
    node: T,
}

impl<T: Listed> TypeName for Edge<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", <T as OutputType>::type_name()).into()
    }
}

/// Where a page ends and whether there are more.
#[derive(Clone, Debug, SimpleObject)]
pub struct PageInfo {
    /// Whether the list goes on after this page.
    has_next_page: bool,
    /// Whether the list has something before this page.
    has_previous_page: bool,
    /// The cursor of the first object of the page; null when the page is empty.
    start_cursor: Option<String>,
    /// The cursor of the last object of the page; null when the page is empty.
    end_cursor: Option<String>,
}

#[cfg(test)]
mod tests {
    use chrono::{SubsecRound, Utc};

    use super::*;

    const LEADS: List = List("leads");

    fn args(first: Option<i32>, last: Option<i32>) -> PageArgs {
        PageArgs {
            first,
            last,
            ..PageArgs::default()
        }
    }

    #[test]
    fn sizes_have_a_default_and_a_limit() {
        let limits = PageLimits::default();
        let size = |first, last| {
            let range = args(first, last).range(limits, Wanted::default(), |_, _| Ok(()));
            range.map(|request| (request.limit, request.backward))
        };
        assert_eq!(size(None, None).unwrap(), (50, false));
        assert_eq!(size(Some(0), None).unwrap(), (0, false));
        assert_eq!(size(Some(100), None).unwrap(), (100, false));
        assert_eq!(size(None, Some(7)).unwrap(), (7, true));
        for (first, last) in [
            (Some(101), None),
            (Some(-1), None),
            (None, Some(-1)),
            (None, Some(i32::MAX)),
            (Some(1), Some(1)),
        ] {
            assert!(
                matches!(size(first, last), Err(Failure::Argument(_))),
                "{first:?} {last:?}"
            );
        }
    }

    #[test]
    fn cursors_read_back_in_their_own_list_only() {
        let key = Key {
            created_at: Utc::now().trunc_subsecs(6),
            id: 42,
        };
        let cursor = LEADS.encode(key);
        assert_eq!(LEADS.decode(&cursor), Some(key));
        assert_eq!(List("tags").decode(&cursor), None);
        for broken in [
            "",
            "x",
            "é",
            &cursor[1..],
            &cursor[..cursor.len() - 1],
            &format!("{cursor}A"),
        ] {
            assert_eq!(LEADS.decode(broken), None, "{broken}");
        }
    }

    #[test]
    fn cursors_name_times_that_databases_know() {
        let key = |text: &str| Key {
            created_at: text.parse().unwrap(),
            id: 1,
        };
        for good in ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"] {
            assert_eq!(LEADS.decode(&LEADS.encode(key(good))), Some(key(good)), "{good}");
        }
        for bad in [
            "+10000-01-01T00:00:00Z",
            "0000-12-31T23:59:59Z",
            "-4713-01-01T00:00:00Z",
        ] {
            assert_eq!(LEADS.decode(&LEADS.encode(key(bad))), None, "{bad}");
        }
    }
}
