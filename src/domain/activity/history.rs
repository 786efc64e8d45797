//! What happened to leads, each with the notes about it.

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, ExprTrait, SelectStatement};
use sea_orm::{ColumnTrait, Order, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select};

use super::Record;
use crate::domain::caller::Scope;
use crate::domain::catalogue;
use crate::domain::error::{Problem, Result};
use crate::domain::leads::read;
use crate::domain::op::Op;
use crate::domain::outbox::feed;
use crate::domain::page::{self, Page, PageRequest};
use crate::entity::{event, lead};

/// A page of the history of each of these leads, newest first, cut in the database by one statement. The leads are ones
/// that the caller has read. Places are positions of the log.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn histories(op: &Op, lead_ids: &[i64], request: PageRequest<i64>) -> Result<HashMap<i64, Page<Record>>> {
    op.require(Scope::Read)?;
    let totals = match request.count {
        true => totals(op, lead_ids).await?,
        false => HashMap::new(),
    };
    let mut found: HashMap<i64, Vec<Record>> = HashMap::new();
    if request.rows && !lead_ids.is_empty() {
        for row in few(op, cut(op, lead_ids, &request), order(&request)).await? {
            let Some(lead) = row.lead_id else { continue };
            found.entry(lead).or_default().push(feed::record(row)?);
        }
    }
    let pages = lead_ids.iter().map(|id| {
        let total = request.count.then(|| totals.get(id).copied().unwrap_or(0));
        (*id, page::finish(found.remove(id).unwrap_or_default(), &request, total))
    });
    Ok(pages.collect())
}

/// The events at these positions, in any order; those that the caller cannot see are absent: events of other leads than
/// the caller's, and for all but administrators those of anything but leads.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn by_positions(op: &Op, positions: &[i64]) -> Result<Vec<Record>> {
    use event::Column as C;
    op.require(Scope::Read)?;
    if positions.is_empty() {
        return Ok(Vec::new());
    }
    let of_leads = C::LeadId.in_subquery(
        read::of_caller(op)
            .select_only()
            .column(lead::Column::Id)
            .filter(Expr::col(lead::Column::Id.as_column_ref()).equals(C::LeadId.as_column_ref()))
            .into_query(),
    );
    let seen = match catalogue::require_unbound(op, Scope::Admin) {
        Ok(()) => of_leads.or(C::LeadId.is_null()),
        Err(_) => of_leads,
    };
    // What the caller cannot see takes nothing away from what they can.
    let named = op.find::<event::Entity>().filter(op.any_of(C::Position, positions));
    let named = named.filter(seen).select_only().columns([C::Position, C::Size]);
    let first = feed::small(named.into_query(), BYTES);
    let events = op.find::<event::Entity>().filter(C::Position.in_subquery(first));
    let rows = events.all(op.db()).await?;
    if positions.len() > 1 {
        check_size(&rows)?;
    }
    rows.into_iter().map(feed::record).collect()
}

/// Facts that are read for one answer, in bytes of their text; in memory they take some times that.
const BYTES: i64 = 8 * 1024 * 1024;

/// The events of these positions, which stand beside their sizes.
///
/// # Errors
/// When they hold too much for one answer, or a database fault.
pub(super) async fn few(op: &Op, positions: SelectStatement, order: Order) -> Result<Vec<event::Model>> {
    let first = feed::small(positions, BYTES);
    let events = op.find::<event::Entity>();
    let events = events.filter(event::Column::Position.in_subquery(first));
    let rows = events.order_by(event::Column::Position, order).all(op.db()).await?;
    check_size(&rows)?;
    Ok(rows)
}

/// # Errors
/// When there are so many bytes that some events may have been left out.
fn check_size(rows: &[event::Model]) -> Result<()> {
    if feed::bytes(rows) < BYTES {
        return Ok(());
    }
    let sentence = format!("The events that are asked for hold more than {BYTES} bytes: ask for fewer");
    Err(Problem::limit([], sentence).into())
}

/// From which end a page is cut of a list that is read from the newest on.
pub(super) fn order(request: &PageRequest<i64>) -> Order {
    match request.backward {
        true => Order::Asc,
        false => Order::Desc,
    }
}

/// The first events of each lead in the range that is asked for, one more than the page has: their positions and sizes.
fn cut(op: &Op, lead_ids: &[i64], request: &PageRequest<i64>) -> SelectStatement {
    use event::Column as C;
    let place = match request.backward {
        true => "ROW_NUMBER() OVER (PARTITION BY lead_id ORDER BY position)",
        false => "ROW_NUMBER() OVER (PARTITION BY lead_id ORDER BY position DESC)",
    };
    let numbered = within(of_leads(op, lead_ids), request)
        .select_only()
        .columns([C::Position, C::Size])
        .expr_as(Expr::cust(place), "place")
        .into_query();
    SelectStatement::new()
        .columns(["position", "size"])
        .from_subquery(numbered, "numbered")
        .and_where(Expr::col("place").lte(request.limit + 1))
        .take()
}

async fn totals(op: &Op, lead_ids: &[i64]) -> Result<HashMap<i64, u64>> {
    use event::Column as C;
    let counted = of_leads(op, lead_ids).select_only().column(C::LeadId);
    let counted = counted.column_as(C::Position.count(), "total").group_by(C::LeadId);
    let counted: Vec<(i64, i64)> = counted.into_tuple().all(op.db()).await?;
    let total = |(id, total)| (id, u64::try_from(total).unwrap_or(0));
    Ok(counted.into_iter().map(total).collect())
}

fn of_leads(op: &Op, lead_ids: &[i64]) -> Select<event::Entity> {
    op.find::<event::Entity>()
        .filter(op.any_of(event::Column::LeadId, lead_ids))
}

/// The events between the places of a list that is read from the newest on.
pub(super) fn within(events: Select<event::Entity>, request: &PageRequest<i64>) -> Select<event::Entity> {
    let position = event::Column::Position;
    let events = match request.after {
        Some(after) => events.filter(position.lt(after)),
        None => events,
    };
    match request.before {
        Some(before) => events.filter(position.gt(before)),
        None => events,
    }
}
