//! What mutations answer: what was made, or what stands against it. Never both.
//!
//! An edit answers also with the object as it is now, when somebody else was faster: see [`edited`].

use std::borrow::Cow;

use async_graphql::{Context, OutputType, SimpleObject, TypeName};

use super::context::Answer;
use super::error::{Failure, UserError, stale, user_errors};
use crate::domain::caller::Scope;
use crate::domain::error::{self as domain, Error, Stale};
use crate::domain::op::Op;

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

/// The payload of an edit of something that has a version.
pub trait EditPayload: Sized {
    /// What was edited.
    type Node: OutputType;

    /// The name of the field that holds it.
    const FIELD: &'static str;

    fn new(edit: Edit<Self::Node>) -> Self;
}

/// What became of an edit.
#[derive(Debug)]
pub struct Edit<T: OutputType> {
    /// The object after the edit, if it was done and is selected.
    pub node: Option<T>,
    pub user_errors: Vec<UserError>,
    pub conflict: Option<Conflict<T>>,
}

/// Why an edit was refused: the object is no longer at the version that the edit expected.
#[derive(Debug, SimpleObject)]
#[graphql(name_type)]
pub struct Conflict<T: OutputType> {
    /// The object as it is now; null when it is gone.
    current: Option<T>,
    /// The fields in which it differs from what the edit would have made of it, by name. Empty when somebody made the
    /// same change.
    fields: Vec<String>,
}

impl<T: OutputType> TypeName for Conflict<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Conflict", <T as OutputType>::type_name()).into()
    }
}

/// The payload of an edit. Who was late gets the object as it is now, from `current`, which is asked only when the
/// payload selects it.
pub async fn edited<P, C>(ctx: &Context<'_>, result: Result<Option<P::Node>, Failure>, current: C) -> Answer<P>
where
    P: EditPayload,
    C: AsyncFnOnce(uuid::Uuid) -> Result<Option<P::Node>, Failure>,
{
    let (user_errors, conflict) = match result {
        Ok(node) => {
            return Some(Ok(P::new(Edit {
                node,
                user_errors: Vec::new(),
                conflict: None,
            })));
        }
        Err(Failure::Domain(Error::Conflict(domain::Conflict::Stale(late)))) => {
            let Stale { subject, fields, .. } = late;
            let loaded = match selects_current(ctx) {
                true => Box::pin(current(subject)).await,
                false => Ok(None),
            };
            match loaded {
                Ok(current) => (vec![stale()], Some(Conflict { current, fields })),
                Err(failure) => return Some(Err(super::error::top_level(ctx, failure))),
            }
        }
        Err(failure) => match user_errors(ctx, failure) {
            Ok(user_errors) => (user_errors, None),
            Err(error) => return Some(Err(error)),
        },
    };
    Some(Ok(P::new(Edit {
        node: None,
        user_errors,
        conflict,
    })))
}

/// Refuses before anything is written a caller who may write but not read what the payload is asked for.
///
/// # Errors
/// The missing scope: `write` for the mutation itself, `read` for the object in its payload.
pub fn require(ctx: &Context<'_>, op: &Op, write: Scope, field: &str) -> Result<(), Failure> {
    op.require(write)?;
    if ctx.look_ahead().field(field).exists() || selects_current(ctx) {
        op.require(Scope::Read)?;
    }
    Ok(())
}

/// [`require`] for an edit.
///
/// # Errors
/// As there.
pub fn require_for<P: EditPayload>(ctx: &Context<'_>, op: &Op, write: Scope) -> Result<(), Failure> {
    require(ctx, op, write, P::FIELD)
}

/// The names of what differs tell what is stored, too: whoever could only write would guess it from them.
fn selects_current(ctx: &Context<'_>) -> bool {
    let conflict = ctx.look_ahead().field("conflict");
    conflict.field("current").exists() || conflict.field("fields").exists()
}

/// A payload of an edit: the object under its own name, `userErrors`, `conflict`. They differ in names alone, which
/// the derived type takes from the source.
macro_rules! edit_payload {
    ($(#[$doc:meta])* $payload:ident { $(#[$field_doc:meta])* $field:ident as $name:literal: $node:ty }) => {
        $(#[$doc])*
        #[derive(Debug, async_graphql::SimpleObject)]
        pub struct $payload {
            $(#[$field_doc])*
            #[graphql(name = $name)]
            $field: Option<$node>,
            /// What stood against it; empty when it was done.
            user_errors: Vec<$crate::graphql::error::UserError>,
            /// What somebody else did meanwhile, when the code is `CONFLICT`.
            conflict: Option<$crate::graphql::payload::Conflict<$node>>,
        }

        impl $crate::graphql::payload::EditPayload for $payload {
            type Node = $node;

            const FIELD: &'static str = $name;

            fn new(edit: $crate::graphql::payload::Edit<$node>) -> Self {
                let $crate::graphql::payload::Edit {
                    node,
                    user_errors,
                    conflict,
                } = edit;
                Self {
                    $field: node,
                    user_errors,
                    conflict,
                }
            }
        }
    };
}
pub(super) use edit_payload;
