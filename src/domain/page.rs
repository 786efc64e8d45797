//! Keyset pages: newest first, ties by id, every row exactly once.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Order};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::error::Result;

/// The place of a row in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    pub created_at: DateTime<Utc>,
    pub id: i64,
}

/// Which rows of a list are wanted, by places of its order. The list reads in this order in both directions.
#[derive(Clone, Copy, Debug)]
pub struct PageRequest<K = Key> {
    /// Rows at most; checked against the page limit by the door.
    pub limit: u64,
    /// Take the rows from the end of the range instead of from its start.
    pub backward: bool,
    /// Only rows after this place.
    pub after: Option<K>,
    /// Only rows before this place.
    pub before: Option<K>,
    /// Count all rows of the list too, which costs a statement.
    pub count: bool,
    /// Read rows; off when only the count is wanted.
    pub rows: bool,
}

impl<K> PageRequest<K> {
    pub fn first(limit: u64) -> Self {
        Self {
            limit,
            backward: false,
            after: None,
            before: None,
            count: false,
            rows: true,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub has_next: bool,
    pub has_previous: bool,
    /// There when it was asked for.
    pub total: Option<u64>,
}

impl<T> Page<T> {
    pub fn map<U>(self, convert: impl FnMut(T) -> U) -> Page<U> {
        let Self {
            items,
            has_next,
            has_previous,
            total,
        } = self;
        Page {
            items: items.into_iter().map(convert).collect(),
            has_next,
            has_previous,
            total,
        }
    }

    /// The same page with other items, for callers that load more for each.
    pub fn with_items<U>(&self, items: Vec<U>) -> Page<U> {
        Page {
            items,
            has_next: self.has_next,
            has_previous: self.has_previous,
            total: self.total,
        }
    }
}

/// Reads one page of `rows` and, if asked, counts all of them.
///
/// # Errors
/// A database fault.
pub async fn read<E, C>(
    db: &C,
    rows: Select<E>,
    columns: (E::Column, E::Column),
    request: PageRequest,
) -> Result<Page<E::Model>>
where
    E: EntityTrait<Model: Send + Sync>,
    C: ConnectionTrait,
{
    let total = if request.count {
        Some(rows.clone().count(db).await?)
    } else {
        None
    };
    if !request.rows {
        return Ok(Page {
            items: Vec::new(),
            has_next: false,
            has_previous: false,
            total,
        });
    }
    let items = cut(rows, columns, request).all(db).await?;
    Ok(finish(items, &request, total))
}

/// The statement that reads one page, one row more than asked so that its end is known.
pub fn cut<E: EntityTrait>(
    rows: Select<E>,
    (created_at, id): (E::Column, E::Column),
    request: PageRequest,
) -> Select<E> {
    let order = if request.backward { Order::Asc } else { Order::Desc };
    rows.filter(range(created_at, id, request))
        .order_by(created_at, order.clone())
        .order_by(id, order)
        .limit(request.limit + 1)
}

/// Turns what [`cut`] read into a page.
pub fn finish<T, K>(mut items: Vec<T>, request: &PageRequest<K>, total: Option<u64>) -> Page<T> {
    let more = items.len() as u64 > request.limit;
    if more {
        items.pop();
    }
    if request.backward {
        items.reverse();
    }
    let (has_next, has_previous) = if request.backward {
        (request.before.is_some(), more)
    } else {
        (more, request.after.is_some())
    };
    Page {
        items,
        has_next,
        has_previous,
        total,
    }
}

/// The rows between the places that were asked for.
pub(super) fn range<C: ColumnTrait>(created_at: C, id: C, request: PageRequest) -> Condition {
    let place = || Expr::tuple([column(created_at), column(id)]);
    let value = |key: Key| Expr::tuple([Expr::val(key.created_at), Expr::val(key.id)]);
    Condition::all()
        .add_option(request.after.map(|key| place().lt(value(key))))
        .add_option(request.before.map(|key| place().gt(value(key))))
}

fn column<C: ColumnTrait>(column: C) -> Expr {
    Expr::col(column.as_column_ref())
}
