//! The arguments of every list of leads, and what they ask of the domain.

use async_graphql::{Context, InputType, Name, SelectionField, Value};

use super::Lead;
use super::filter::{self, LeadFilterArgument};
use super::order::{Cursors, LeadOrder};
use crate::domain::leads::{LeadGraph, LeadQuery, Place, Shelf};
use crate::domain::page::{Page, PageRequest};
use crate::graphql::error::Failure;
use crate::graphql::paging::{Connection, PageArgs, PageLimits, Wanted, argument, limits};

/// The arguments as they came.
#[derive(Clone, Debug, Default)]
pub struct LeadListArgs {
    pub filter: Option<LeadFilterArgument>,
    pub order_by: Option<Vec<LeadOrder>>,
    pub archived: Option<bool>,
    pub page: PageArgs,
}

/// A list of leads that the domain can be asked for, and how its cursors are written.
#[derive(Clone, Debug)]
pub struct LeadList {
    pub query: LeadQuery,
    pub request: PageRequest<Place>,
    cursors: Cursors,
}

impl LeadList {
    /// # Errors
    /// [`Failure::Argument`] when the arguments contradict each other, are out of range, or hold a foreign cursor.
    pub fn new(name: &'static str, args: LeadListArgs, limits: PageLimits, wanted: Wanted) -> Result<Self, Failure> {
        let LeadListArgs {
            filter,
            order_by,
            archived,
            page,
        } = args;
        let order: Vec<_> = order_by.into_iter().flatten().map(Into::into).collect();
        let cursors = Cursors::new(name, &order);
        Ok(Self {
            request: page.range(limits, wanted, |name, cursor| cursors.decode(name, cursor))?,
            query: LeadQuery {
                filter: filter::read(filter)?,
                order,
                shelf: if archived == Some(true) {
                    Shelf::Archived
                } else {
                    Shelf::Live
                },
            },
            cursors,
        })
    }

    /// As a field's own resolver asks.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn of_field(ctx: &Context<'_>, name: &'static str, args: LeadListArgs) -> Result<Self, Failure> {
        let wanted = Wanted::of(ctx.field().selection_set().map(|field| field.name()));
        Self::new(name, args, limits(ctx), wanted)
    }

    /// As a field asks that is looked at ahead.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn ahead(
        ctx: &Context<'_>,
        name: &'static str,
        field: &SelectionField<'_>,
        arguments: &[(Name, Value)],
    ) -> Result<Self, Failure> {
        let mut args = LeadListArgs::default();
        for (name, value) in arguments {
            let value = value.clone();
            match name.as_str() {
                "filter" => args.filter = parse(value)?,
                "orderBy" => args.order_by = parse(value)?,
                "archived" => args.archived = parse(value)?,
                "first" => args.page.first = parse(value)?,
                "after" => args.page.after = parse(value)?,
                "last" => args.page.last = parse(value)?,
                "before" => args.page.before = parse(value)?,
                _ => {}
            }
        }
        let wanted = Wanted::of(field.selection_set().map(|field| field.name()));
        Self::new(name, args, limits(ctx), wanted)
    }

    /// The page with the leads in their places.
    pub fn connection(&self, page: Page<(Place, Lead)>) -> Connection<Lead> {
        Connection::new(page.map(|(place, lead)| (self.cursors.encode(&place), lead)))
    }

    /// The page's leads apart from it, so that more can be loaded for them; [`Self::connection`] takes them back.
    pub fn take_apart(page: Page<(Place, LeadGraph)>) -> (Page<Place>, Vec<Lead>) {
        let mut leads = Vec::with_capacity(page.items.len());
        let places = page.map(|(place, graph)| {
            leads.push(Lead::from(graph));
            place
        });
        (places, leads)
    }
}

/// An argument of a field that is looked at ahead.
///
/// # Errors
/// When it is not of its type.
pub fn parse<T: InputType>(value: Value) -> Result<T, Failure> {
    T::parse(Some(value)).map_err(|error| argument(error.into_server_error(async_graphql::Pos::default()).message))
}
