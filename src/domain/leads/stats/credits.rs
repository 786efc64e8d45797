//! How much credit each attribution source has earned.

use std::collections::HashMap;

use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, SelectStatement};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, QueryFilter, QuerySelect, QueryTrait, Select};

use super::{MAX_GROUPS, too_many};
use crate::domain::attribution_sources::AttributionSource;
use crate::domain::caller::Scope;
use crate::domain::error::{Error, Result};
use crate::domain::leads::credit::AttributionModel;
use crate::domain::leads::filter::{self, LeadFilter};
use crate::domain::leads::read;
use crate::domain::op::Op;
use crate::entity::{attribution_source, lead, lead_attribution};

/// What a source has earned.
#[derive(Clone, Debug)]
pub struct SourceCredit {
    pub source: AttributionSource,
    /// In millionths of a lead.
    pub credit: i64,
    /// Leads that are attributed to it, whatever its share.
    pub leads: i64,
}

/// The credit of each source for the leads that the filter finds, the highest first. Sources without leads are absent.
///
/// # Errors
/// Missing scope, a filter that breaks a rule, more than [`MAX_GROUPS`] sources, or a database fault.
pub async fn attribution_credits(op: &Op, filter: LeadFilter, model: AttributionModel) -> Result<Vec<SourceCredit>> {
    op.require(Scope::Read)?;
    let filter = filter::resolve(op, filter).await?;
    let leads = read::live(op).filter(filter.condition(op));
    let rows = op.db().query_all(&statement(leads, model)).await?;
    if rows.len() > MAX_GROUPS {
        return Err(too_many("attribution sources"));
    }
    let mut earned: Vec<(i64, i64, i64)> = Vec::with_capacity(rows.len());
    for row in rows {
        earned.push((
            row.try_get("", "credit")?,
            row.try_get("", "source_id")?,
            row.try_get("", "leads")?,
        ));
    }
    earned.sort_by_key(|(credit, source, _)| (std::cmp::Reverse(*credit), *source));
    let ids: Vec<i64> = earned.iter().map(|(_, source, _)| *source).collect();
    let named = op.any_of(attribution_source::Column::Id, &ids);
    let sources = op
        .find::<attribution_source::Entity>()
        .filter(named)
        .all(op.db())
        .await?;
    let mut sources: HashMap<i64, AttributionSource> = sources.into_iter().map(|row| (row.id, row)).collect();
    let credit = |(credit, source, leads)| {
        let source = sources.remove(&source);
        let source = source.ok_or_else(|| Error::broken("an attribution without its source"))?;
        Ok(SourceCredit { source, credit, leads })
    };
    earned.into_iter().map(credit).collect()
}

/// Sums by lead first: that is cheaper than counting different leads among all rows of a source.
fn statement(leads: Select<lead::Entity>, model: AttributionModel) -> SelectStatement {
    use lead_attribution::Column as C;
    let mut inner = leads.select_only().into_query();
    let column = |column: C| Expr::col(column.as_column_ref());
    let same = Condition::all()
        .add(column(C::WorkspaceId).eq(Expr::col(lead::Column::WorkspaceId.as_column_ref())))
        .add(column(C::LeadId).eq(Expr::col(lead::Column::Id.as_column_ref())));
    inner
        // SQLite takes the tables of a cross join in their order: it would rather begin with all attributions, for the
        // sake of the grouping, than with the few leads of a filter.
        .cross_join(lead_attribution::Entity)
        .cond_where(same)
        .expr_as(column(C::SourceId), "source_id")
        .expr_as(big(Func::sum(column(model.column()))), "credit")
        .add_group_by([column(C::SourceId), column(C::LeadId)]);
    SelectStatement::new()
        .column("source_id")
        .expr_as(big(Func::sum(Expr::col("credit"))), "credit")
        .expr_as(Func::count(Expr::cust("*")), "leads")
        .from_subquery(inner, "earned")
        .group_by_col("source_id")
        .limit(MAX_GROUPS as u64 + 1)
        .take()
}

/// PostgreSQL sums BIGINT up to NUMERIC. A sum of credits is at most a million times the number of leads.
fn big(sum: impl Into<Expr>) -> Expr {
    sum.into().cast_as(Alias::new("bigint"))
}
