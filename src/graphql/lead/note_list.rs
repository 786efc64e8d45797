//! The notes below leads.

use async_graphql::{Context, SelectionField};

use super::Lead;
use super::below::{Apart, Below, Loaded, Pages};
use super::note::{Authors, LeadNote, with_authors};
use crate::domain::leads::notes;
use crate::domain::op::Op;
use crate::domain::page::{Key, PageRequest};
use crate::graphql::error::Failure;
use crate::graphql::nested::Budget;
use crate::graphql::paging::{List, PageArgs, Wanted, limits, place};

const LIST: List = List("Lead.notes");

#[derive(Clone, Debug)]
pub struct NoteList {
    request: PageRequest,
    authors: Authors,
}

impl Below for NoteList {
    type Node = LeadNote;
    type Place = Key;

    fn of(ctx: &Context<'_>, field: &SelectionField<'_>, args: PageArgs, wanted: Wanted) -> Result<Self, Failure> {
        Ok(Self {
            request: args.range(limits(ctx), wanted, |name, cursor| place(LIST, name, cursor))?,
            authors: Authors::of_connection(ctx, field)?,
        })
    }

    fn merge(&mut self, ctx: &Context<'_>, field: &SelectionField<'_>) -> Result<(), Failure> {
        self.authors.merge(ctx, field)
    }

    fn request(&mut self) -> &mut PageRequest {
        &mut self.request
    }

    async fn pages(&self, op: &Op, budget: &Budget, leads: &[i64]) -> Result<Pages<LeadNote>, Failure> {
        budget.take(leads.len(), self.request.limit)?;
        let pages = notes::pages(op, leads, self.request).await?;
        let (apart, rows) = Apart::take(pages, |note| {
            LIST.encode(Key {
                created_at: note.created_at,
                id: note.id,
            })
        });
        Ok(apart.join(with_authors(op, budget, rows, &self.authors).await?))
    }

    fn loaded(lead: &Lead) -> &Loaded<LeadNote> {
        &lead.loaded_notes
    }

    fn loaded_mut(lead: &mut Lead) -> &mut Loaded<LeadNote> {
        &mut lead.loaded_notes
    }
}
