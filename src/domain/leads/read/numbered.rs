//! Pages of leads by their number, for clients that count pages. Whoever walks them while leads come and go may see one
//! twice or miss one; cursors do not have that.

use sea_orm::{ConnectionTrait, FromQueryResult, PaginatorTrait, PartialModelTrait, QuerySelect, QueryTrait};

use super::list::Plan;
use super::{Lead, LeadGraph, LeadParts, LeadQuery, load};
use crate::domain::caller::Scope;
use crate::domain::error::Result;
use crate::domain::leads::order::{self, Segment};
use crate::domain::op::Op;
use crate::domain::page::PageRequest;

/// Which page of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// From 1.
    pub number: u64,
    /// Leads a page; checked by the door.
    pub size: u64,
}

#[derive(Clone, Debug)]
pub struct NumberedPage {
    pub leads: Vec<LeadGraph>,
    /// Of the whole list.
    pub total: u64,
}

/// # Errors
/// Missing scope, a filter or an order that breaks a rule, or a database fault. A page behind the last one is empty.
pub async fn numbered(op: &Op, query: LeadQuery, page: Numbered, parts: &LeadParts) -> Result<NumberedPage> {
    op.require(Scope::Read)?;
    let plan = Plan::new(op, query, PageRequest::first(page.size)).await?;
    let rows = plan.rows(op);
    let total = rows.clone().count(op.db()).await?;
    let offset = page.number.saturating_sub(1).saturating_mul(page.size);
    if offset >= total {
        let leads = Vec::new();
        return Ok(NumberedPage { leads, total });
    }
    let mut rows = Lead::select_cols(rows.select_only()).into_query();
    order::apply(&mut rows, &plan.keys, Segment::Whole);
    rows.limit(page.size).offset(offset);
    let rows = op.db().query_all(&rows).await?;
    let leads = rows.iter().map(|row| Lead::from_query_result(row, ""));
    let leads = leads.collect::<std::result::Result<_, _>>()?;
    Ok(NumberedPage {
        leads: load::graphs(op, leads, parts).await?,
        total,
    })
}
