//! The lead in the payload of a mutation: loaded once, with what is selected of it.

use async_graphql::Context;

use super::Lead;
use crate::domain::caller::Scope;
use crate::domain::leads;
use crate::domain::op::Op;
use crate::graphql::context::op;
use crate::graphql::error::Failure;
use crate::graphql::nested::{self, Budget};
use crate::graphql::prefetch::{self, LeadPlan};

/// Refuses before anything is written a caller who may not read the lead that the payload is asked for.
///
/// # Errors
/// The missing scope.
pub fn require(ctx: &Context<'_>, op: &Op) -> Result<(), Failure> {
    op.require(Scope::Write)?;
    if is_selected(ctx) {
        op.require(Scope::Read)?;
    }
    Ok(())
}

/// Nothing when the payload is not asked for it.
pub async fn load(ctx: &Context<'_>, op: &Op, uuid: uuid::Uuid) -> Result<Option<Lead>, Failure> {
    if !is_selected(ctx) {
        return Ok(None);
    }
    let plan = prefetch::lead_plan(ctx, &[&["lead"]])?;
    // Somebody may have archived it since.
    let found = leads::by_uuids(op, &[uuid], &plan.parts).await?;
    let mut found: Vec<Lead> = found.into_iter().map(Lead::from).collect();
    nested::below_leads(op, &Budget::default(), &plan, &mut found).await?;
    Ok(found.pop())
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
pub async fn load_any(op: &Op, plan: &LeadPlan, uuid: uuid::Uuid) -> Result<Option<Lead>, Failure> {
    let found = leads::read::find_any(op, uuid, &plan.parts).await?;
    let mut found: Vec<Lead> = found.into_iter().map(Lead::from).collect();
    nested::below_leads(op, &Budget::default(), plan, &mut found).await?;
    Ok(found.pop())
}

/// The lead that an edit was too late for.
///
/// # Errors
/// As [`plan`] and [`load_any`].
pub async fn current(ctx: &Context<'_>, uuid: uuid::Uuid) -> Result<Option<Lead>, Failure> {
    match plan(ctx, &["conflict", "current"])? {
        Some(plan) => load_any(&op(ctx)?, &plan, uuid).await,
        None => Ok(None),
    }
}

fn is_selected(ctx: &Context<'_>) -> bool {
    ctx.look_ahead().field("lead").exists()
}
