//! A page of leads for each of several things: a tag's, a campaign's, a project's leads. One statement cuts all pages in
//! the database, one reads their leads, each lead once; whatever the number of things.

use std::collections::{HashMap, HashSet};

use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, JoinType, SelectStatement, TableRef};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DatabaseBackend, QueryFilter, QuerySelect, QueryTrait, Select};

use super::list::{LeadQuery, Plan, lead_id};
use super::{Lead, LeadGraph, LeadParts, load};
use crate::domain::caller::Scope;
use crate::domain::error::{Error, Result};
use crate::domain::leads::order::{self, Place};
use crate::domain::op::Op;
use crate::domain::page::{self, Page, PageRequest};
use crate::entity::{Tenant, lead, lead_assignee, lead_attribution, lead_tag, partnership_lead};

/// What leads belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Parent {
    Project,
    Campaign,
    Tag,
    AttributionSource,
    /// The caller's side of a partnership.
    Partnership,
    PartnerCompany,
    Assignee,
}

/// The pages by the parents' numbers. A parent of another workspace has none of this one's leads.
///
/// # Errors
/// As for a single list.
pub async fn lists_of(
    op: &Op,
    parent: Parent,
    ids: &[i64],
    query: LeadQuery,
    request: PageRequest<Place>,
    parts: &LeadParts,
) -> Result<HashMap<i64, Page<(Place, LeadGraph)>>> {
    op.require(Scope::Read)?;
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let plan = Plan::new(op, query, request).await?;
    let parents = Parents::new(op, ids);
    let rows = plan.rows(op).filter(parent.holds(op, parents.id()));
    let places = match plan.request.rows {
        true => cut(op, &plan, &parents, &rows).await?,
        false => HashMap::new(),
    };
    let totals = totals(op, &plan, &parents, &rows, &places).await?;
    let leads = leads(op, &places, parts).await?;
    let mut places = places;
    let pages = ids.iter().map(|id| {
        let found = places.remove(id).unwrap_or_default();
        let total = match plan.request.count {
            true => totals.get(id).copied().or(plan.known_total(found.len())),
            false => None,
        };
        let page = page::finish(found, &plan.request, total);
        let items = page.items.iter().map(|place| {
            let lead = leads.get(&place.id).cloned();
            let lead = lead.ok_or_else(|| Error::broken("a lead vanished while its page was read"))?;
            Ok((place.clone(), lead))
        });
        Ok((*id, page.with_items(items.collect::<Result<_>>()?)))
    });
    pages.collect()
}

/// The parents as a table of one column that a statement can join.
struct Parents<'a> {
    ids: &'a [i64],
    backend: DatabaseBackend,
}

impl<'a> Parents<'a> {
    fn new(op: &Op, ids: &'a [i64]) -> Self {
        let backend = op.services().database().backend();
        Self { ids, backend }
    }

    /// A parent's number, where the table is in scope.
    fn id(&self) -> Expr {
        match self.backend {
            DatabaseBackend::Postgres => Expr::col(("parent", "parent")),
            _ => Expr::col(("parent", "value")),
        }
    }

    fn table(&self) -> TableRef {
        let call = match self.backend {
            DatabaseBackend::Postgres => Func::cust("unnest").arg(Expr::val(self.ids.to_vec())),
            _ => Func::cust("json_each").arg(Expr::val(serde_json::Value::from(self.ids).to_string())),
        };
        TableRef::FunctionCall(call, Alias::new("parent").into())
    }
}

/// The places of each parent's page, in their order.
async fn cut(
    op: &Op,
    plan: &Plan,
    parents: &Parents<'_>,
    rows: &Select<lead::Entity>,
) -> Result<HashMap<i64, Vec<Place>>> {
    let numbers = rows.clone().select_only().column(lead::Column::Id).into_query();
    let Some(page) = plan.page_of(&numbers) else {
        return Ok(HashMap::new());
    };
    let mut query = SelectStatement::new();
    query.expr_as(parents.id(), "parent_id").from(parents.table());
    match parents.backend {
        DatabaseBackend::Postgres => {
            query.column(("page", "id"));
            for alias in order::aliases(&plan.keys) {
                query.column(("page", alias));
            }
            query.join_lateral(
                JoinType::InnerJoin,
                page,
                "page",
                Condition::all().add(Expr::cust("TRUE")),
            );
            query.order_by_expr(parents.id(), sea_orm::Order::Asc);
            order::sort_by_page(&mut query, &plan.keys);
        }
        // SQLite has no lateral joins, but looks up what a dependent list of numbers names.
        _ => {
            let ids = SelectStatement::new()
                .column("id")
                .from_subquery(page, "numbers")
                .take();
            query.expr_as(lead_id(), "id");
            query.join(
                JoinType::InnerJoin,
                lead::Entity,
                Condition::all().add(lead_id().in_subquery(ids)),
            );
            query.order_by_expr(parents.id(), sea_orm::Order::Asc);
            order::apply(&mut query, &plan.keys, order::Segment::Whole);
        }
    }
    let mut places: HashMap<i64, Vec<Place>> = HashMap::new();
    for row in op.db().query_all(&query).await? {
        let parent = row.try_get("", "parent_id")?;
        places.entry(parent).or_default().push(order::place(&row, &plan.keys)?);
    }
    Ok(places)
}

/// Counts the lists of all parents, unless every page tells its list's length.
async fn totals(
    op: &Op,
    plan: &Plan,
    parents: &Parents<'_>,
    rows: &Select<lead::Entity>,
    places: &HashMap<i64, Vec<Place>>,
) -> Result<HashMap<i64, u64>> {
    let is_known = |id: &i64| plan.known_total(places.get(id).map_or(0, Vec::len)).is_some();
    if !plan.request.count || parents.ids.iter().all(is_known) {
        return Ok(HashMap::new());
    }
    let count = rows.clone().select_only().expr(lead_id().count()).into_query();
    let mut query = SelectStatement::new();
    query
        .expr_as(parents.id(), "parent_id")
        .expr_as(Expr::SubQuery(None, Box::new(count.into())), "total")
        .from(parents.table());
    let rows = op.db().query_all(&query).await?;
    let total = |row: &sea_orm::QueryResult| {
        let total: i64 = row.try_get("", "total")?;
        Ok((row.try_get("", "parent_id")?, u64::try_from(total).unwrap_or(0)))
    };
    rows.iter().map(total).collect()
}

/// Every lead of the pages once.
async fn leads(op: &Op, places: &HashMap<i64, Vec<Place>>, parts: &LeadParts) -> Result<HashMap<i64, LeadGraph>> {
    let ids: HashSet<i64> = places.values().flatten().map(|place| place.id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<i64> = ids.into_iter().collect();
    let leads = op.find::<lead::Entity>().filter(op.any_of(lead::Column::Id, &ids));
    let leads = leads.into_partial_model::<Lead>().all(op.db()).await?;
    let graphs = load::graphs(op, leads, parts).await?;
    Ok(graphs.into_iter().map(|graph| (graph.lead.id, graph)).collect())
}

impl Parent {
    /// Whether the parent of this number has the lead of the row.
    fn holds(self, op: &Op, id: Expr) -> Expr {
        let column = |column: lead::Column| Expr::col(column.as_column_ref()).eq(id.clone());
        match self {
            Self::Project => column(lead::Column::ProjectId),
            Self::Campaign => column(lead::Column::CampaignId),
            Self::Tag => {
                use lead_tag::Column as L;
                linked::<lead_tag::Entity>(op, L::LeadId, L::TagId, id)
            }
            Self::AttributionSource => {
                use lead_attribution::Column as L;
                linked::<lead_attribution::Entity>(op, L::LeadId, L::SourceId, id)
            }
            Self::Partnership => {
                use partnership_lead::Column as L;
                linked::<partnership_lead::Entity>(op, L::LeadId, L::CompanyPartnershipId, id)
            }
            Self::PartnerCompany => {
                use partnership_lead::Column as L;
                linked::<partnership_lead::Entity>(op, L::LeadId, L::PartnerCompanyId, id)
            }
            Self::Assignee => {
                use lead_assignee::Column as L;
                linked::<lead_assignee::Entity>(op, L::LeadId, L::UserId, id)
            }
        }
    }
}

fn linked<E: Tenant>(op: &Op, lead: E::Column, parent: E::Column, id: Expr) -> Expr {
    let links = op.find::<E>().select_only().column(lead);
    let links = links.filter(Expr::col(parent.as_column_ref()).eq(id));
    lead_id().in_subquery(links.into_query())
}
