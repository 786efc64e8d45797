//! A page of leads: filtered, in any order, cut in the database.
//!
//! An order whose first key can be missing is read as two ranges of its index, the leads that have the key and those
//! that lack it, one after the other; a page needs at most its size of each.

use sea_orm::sea_query::{Asterisk, Expr, SelectStatement, UnionType};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, FromQueryResult, PaginatorTrait, PartialModelTrait, QueryFilter,
    QuerySelect, QueryTrait, Select,
};

use super::{Lead, LeadGraph, LeadParts, load, of_caller};
use crate::domain::caller::Scope;
use crate::domain::error::Result;
use crate::domain::leads::filter::{self, LeadFilter, Resolved};
use crate::domain::leads::order::{self, Key, LeadOrder, Place, Segment};
use crate::domain::op::Op;
use crate::domain::page::{self, Page, PageRequest};
use crate::entity::lead;

/// Which leads, in which order.
#[derive(Clone, Debug, Default)]
pub struct LeadQuery {
    pub filter: LeadFilter,
    /// Of none: the newest first.
    pub order: Vec<LeadOrder>,
    pub shelf: Shelf,
}

/// Where leads are looked for. Merged ones are nowhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shelf {
    #[default]
    Live,
    Archived,
}

/// A page of leads, each with its place in the order.
///
/// # Errors
/// Missing scope, a filter or an order that breaks a rule, a place of another order, or a database fault.
pub async fn list(
    op: &Op,
    query: LeadQuery,
    request: PageRequest<Place>,
    parts: &LeadParts,
) -> Result<Page<(Place, LeadGraph)>> {
    op.require(Scope::Read)?;
    let plan = Plan::new(op, query, request).await?;
    let rows = plan.rows(op);
    let found = match plan.request.rows {
        true => plan.read(op, &rows).await?,
        false => Vec::new(),
    };
    let total = match plan.request.count {
        false => None,
        true => match plan.known_total(found.len()) {
            Some(total) => Some(total),
            None => Some(rows.count(op.db()).await?),
        },
    };
    let page = page::finish(found, &plan.request, total);
    let (places, leads): (Vec<Place>, Vec<Lead>) = page.items.iter().cloned().unzip();
    let graphs = load::graphs(op, leads, parts).await?;
    Ok(page.with_items(places.into_iter().zip(graphs).collect()))
}

/// A list whose references and keys are known.
pub(super) struct Plan {
    filter: Resolved,
    shelf: Shelf,
    /// In the order of reading, which is the reverse for a page from the end.
    pub keys: Vec<Key>,
    pub request: PageRequest<Place>,
}

impl Plan {
    pub async fn new(op: &Op, query: LeadQuery, request: PageRequest<Place>) -> Result<Self> {
        let LeadQuery { filter, order, shelf } = query;
        let keys = order::keys(op, &order).await?;
        order::check(request.after.as_ref(), &keys, "after")?;
        order::check(request.before.as_ref(), &keys, "before")?;
        Ok(Self {
            filter: filter::resolve(op, filter).await?,
            shelf,
            keys: if request.backward { order::reversed(&keys) } else { keys },
            request,
        })
    }

    /// Every lead of the list.
    pub fn rows(&self, op: &Op) -> Select<lead::Entity> {
        let leads = of_caller(op).filter(lead::Column::MergedIntoId.is_null());
        let leads = match self.shelf {
            Shelf::Live => leads.filter(lead::Column::DeletedAt.is_null()),
            Shelf::Archived => leads.filter(lead::Column::DeletedAt.is_not_null()),
        };
        leads.filter(self.filter.condition(op))
    }

    /// How many leads the list has, where the page that was read tells it.
    pub fn known_total(&self, read: usize) -> Option<u64> {
        let read = read as u64;
        let request = &self.request;
        let is_whole = request.rows && request.after.is_none() && request.before.is_none() && read <= request.limit;
        is_whole.then_some(read)
    }

    async fn read(&self, op: &Op, rows: &Select<lead::Entity>) -> Result<Vec<(Place, Lead)>> {
        let columns = Lead::select_cols(rows.clone().select_only()).into_query();
        let Some(query) = self.page_of(&columns) else {
            return Ok(Vec::new());
        };
        let rows = op.db().query_all(&query).await?;
        let row = |row| Ok((order::place(row, &self.keys)?, Lead::from_query_result(row, "")?));
        rows.iter().map(row).collect()
    }

    /// The statement that cuts the page out of `rows`, one row more than asked so that its end is known. Nothing when the
    /// places leave nothing between them.
    pub fn page_of(&self, rows: &SelectStatement) -> Option<SelectStatement> {
        let mut ranges = self.ranges().into_iter().map(|(segment, between)| {
            let mut range = rows.clone();
            order::apply(&mut range, &self.keys, segment);
            range.cond_where(between).limit(self.request.limit + 1);
            range
        });
        let second = ranges.next_back()?;
        let Some(first) = ranges.next_back() else {
            return Some(second);
        };
        let whole = |range, name: &'static str| {
            SelectStatement::new()
                .column(Asterisk)
                .from_subquery(range, name)
                .take()
        };
        let both = whole(first, "first")
            .union(UnionType::All, whole(second, "second"))
            .take();
        let mut page = whole(both, "page");
        order::sort_by_alias(&mut page, &self.keys);
        Some(page.limit(self.request.limit + 1).take())
    }

    /// The segments that the page can touch, each with what lies between the two places.
    fn ranges(&self) -> Vec<(Segment, Condition)> {
        let PageRequest {
            after,
            before,
            backward,
            ..
        } = &self.request;
        let (start, end) = if *backward { (before, after) } else { (after, before) };
        let segments = order::segments(&self.keys);
        let position = |place: &Place| {
            let of_place = order::segment_of(&self.keys, place);
            segments.iter().position(|segment| *segment == of_place).unwrap_or(0)
        };
        let (first, last) = (start.as_ref().map(position), end.as_ref().map(position));
        let backwards = order::reversed(&self.keys);
        let mut ranges = Vec::new();
        for (index, segment) in segments.iter().enumerate() {
            if first.is_some_and(|first| index < first) || last.is_some_and(|last| index > last) {
                continue;
            }
            let mut between = Condition::all();
            if let Some(start) = start.as_ref().filter(|_| first == Some(index)) {
                between = between.add(order::after(&self.keys, start, *segment));
            }
            if let Some(end) = end.as_ref().filter(|_| last == Some(index)) {
                between = between.add(order::after(&backwards, end, *segment));
            }
            ranges.push((*segment, between));
        }
        ranges
    }
}

/// The number of a lead, in a query on `leads`.
pub(super) fn lead_id() -> Expr {
    Expr::col(lead::Column::Id.as_column_ref())
}
