//! The history below leads.

use async_graphql::{Context, SelectionField};

use super::Lead;
use super::below::{Apart, Below, Loaded, Pages};
use crate::domain::activity;
use crate::domain::op::Op;
use crate::domain::page::PageRequest;
use crate::graphql::context::op;
use crate::graphql::error::Failure;
use crate::graphql::event::{Event, events, position};
use crate::graphql::nested::Budget;
use crate::graphql::paging::{PageArgs, Wanted, limits};

#[derive(Clone, Debug)]
pub struct HistoryList(PageRequest<i64>);

impl Below for HistoryList {
    type Node = Event;
    type Place = i64;

    fn of(ctx: &Context<'_>, _: &SelectionField<'_>, args: PageArgs, wanted: Wanted) -> Result<Self, Failure> {
        let op = op(ctx)?;
        let place = |name: &str, cursor: &str| position::decode(&op, name, cursor);
        Ok(Self(args.range(limits(ctx), wanted, place)?))
    }

    fn merge(&mut self, _: &Context<'_>, _: &SelectionField<'_>) -> Result<(), Failure> {
        Ok(())
    }

    fn request(&mut self) -> &mut PageRequest<i64> {
        &mut self.0
    }

    async fn pages(&self, op: &Op, budget: &Budget, leads: &[i64]) -> Result<Pages<Event>, Failure> {
        budget.take(leads.len(), self.0.limit)?;
        let pages = activity::histories(op, leads, self.0).await?;
        let (apart, records) = Apart::take(pages, |record| position::encode(op, record.position));
        Ok(apart.join(events(op, records).await?))
    }

    fn loaded(lead: &Lead) -> &Loaded<Event> {
        &lead.loaded_history
    }

    fn loaded_mut(lead: &mut Lead) -> &mut Loaded<Event> {
        &mut lead.loaded_history
    }
}
