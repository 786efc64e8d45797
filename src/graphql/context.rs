//! What every resolver starts from: who asks, in which request.

use async_graphql::Context;

use super::error::{Failure, top_level};
use crate::domain::Services;
use crate::domain::caller::{Caller, Door};
use crate::domain::idempotency::IdempotencyKey;
use crate::domain::op::Op;
use crate::request_id::RequestId;

/// The caller of a request, if it brought credentials. Every request carries one.
#[derive(Clone, Debug)]
pub struct Asker(pub Option<Caller>);

/// What a nullable field that can fail returns: its failure makes the field null and leaves its siblings alone.
pub type Answer<T> = Option<async_graphql::Result<T>>;

/// The operation of this field.
///
/// # Errors
/// [`Failure::Unauthenticated`] without credentials.
pub fn op(ctx: &Context<'_>) -> Result<Op, Failure> {
    let caller = asker(ctx).cloned().ok_or(Failure::Unauthenticated)?;
    let services = ctx.data_opt::<Services>().cloned();
    let services = services.ok_or_else(|| broken("the schema was built without services"))?;
    let key = ctx.data_opt::<IdempotencyKey>().cloned();
    Ok(Op::new(services, caller, Door::Graphql).with_key(key))
}

pub fn asker<'a>(ctx: &Context<'a>) -> Option<&'a Caller> {
    ctx.data_opt::<Asker>().and_then(|asker| asker.0.as_ref())
}

pub fn request_id<'a>(ctx: &Context<'a>) -> &'a str {
    ctx.data_opt::<RequestId>().map_or("unknown", RequestId::as_str)
}

pub fn broken(text: &str) -> Failure {
    Failure::Domain(crate::domain::error::Error::broken(text))
}

/// The answer of a field whose value is always there unless it fails.
pub fn answer<T>(ctx: &Context<'_>, result: Result<T, Failure>) -> Answer<T> {
    Some(result.map_err(|failure| top_level(ctx, failure)))
}

/// The answer of a field that may have no value.
pub fn answer_found<T>(ctx: &Context<'_>, result: Result<Option<T>, Failure>) -> Answer<T> {
    result.map_err(|failure| top_level(ctx, failure)).transpose()
}
