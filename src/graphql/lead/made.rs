//! The lead in the payload of a mutation: loaded once, with what is selected of it.

use async_graphql::Context;

use super::Lead;
use crate::domain::caller::Scope;
use crate::domain::leads;
use crate::domain::op::Op;
use crate::graphql::context::op;
use crate::graphql::error::Failure;
use crate::graphql::nested;
use crate::graphql::prefetch::{self, LeadPlan};

/// What the payload wants of the lead, asked before anything is written: a caller who may not read it, and arguments
/// that break a rule, are refused then.
///
/// # Errors
/// The missing scope, or arguments of nested lists that break a rule.
pub fn before(ctx: &Context<'_>, op: &Op) -> Result<Option<LeadPlan>, Failure> {
    op.require(Scope::Write)?;
    let plan = plan(ctx, &["lead"])?;
    if plan.is_some() {
        op.require(Scope::Read)?;
    }
    Ok(plan)
}

/// Nothing when the payload is not asked for it.
///
/// # Errors
/// [`Failure::Reading`]: the lead is written, whatever becomes of reading it.
pub async fn load(
    ctx: &Context<'_>,
    op: &Op,
    plan: Option<LeadPlan>,
    uuid: uuid::Uuid,
) -> Result<Option<Lead>, Failure> {
    match plan {
        // Somebody may have archived it since.
        Some(plan) => load_any(ctx, op, &plan, uuid).await.map_err(Failure::reading),
        None => Ok(None),
    }
}

/// What the payload selects of the lead that stands at `place` in it; nothing when it is not asked for it.
///
/// # Errors
/// Arguments of nested lists that break a rule.
pub fn plan(ctx: &Context<'_>, place: &[&str]) -> Result<Option<LeadPlan>, Failure> {
    match prefetch::at(ctx, &[place]).is_empty() {
        true => Ok(None),
        false => prefetch::lead_plan(ctx, &[place]).map(Some),
    }
}

/// The lead after an edit, archived or not.
///
/// # Errors
/// What the domain says.
pub async fn load_any(ctx: &Context<'_>, op: &Op, plan: &LeadPlan, uuid: uuid::Uuid) -> Result<Option<Lead>, Failure> {
    let found = leads::read::find_any(op, uuid, &plan.parts).await?;
    let mut found: Vec<Lead> = found.into_iter().map(Lead::from).collect();
    nested::below_leads(op, &nested::budget(ctx), plan, &mut found).await?;
    Ok(found.pop())
}

/// The lead that an edit was too late for.
///
/// # Errors
/// As [`plan`] and [`load_any`].
pub async fn current(ctx: &Context<'_>, uuid: uuid::Uuid) -> Result<Option<Lead>, Failure> {
    match plan(ctx, &["conflict", "current"])? {
        Some(plan) => load_any(ctx, &op(ctx)?, &plan, uuid).await,
        None => Ok(None),
    }
}
