//! What mutations answer: what was made, or what stands against it. Never both.

use async_graphql::Context;

use super::context::Answer;
use super::error::{Failure, UserError, user_errors};

pub trait Payload: Sized {
    /// What the mutation makes.
    type Made;

    fn made(made: Self::Made) -> Self;

    fn refused(user_errors: Vec<UserError>) -> Self;
}

/// The payload of a mutation; what is not the client's doing becomes a top-level error.
pub fn reply<P: Payload>(ctx: &Context<'_>, result: Result<P::Made, Failure>) -> Answer<P> {
    Some(match result {
        Ok(made) => Ok(P::made(made)),
        Err(failure) => user_errors(ctx, failure).map(P::refused),
    })
}
