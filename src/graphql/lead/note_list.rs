//! The list of notes below leads: looked at ahead and loaded for all leads of a level together.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, Name, SelectionField, Value};

use super::Lead;
use super::list::parse;
use super::note::{Authors, LeadNote, with_authors};
use crate::domain::leads::notes;
use crate::domain::op::Op;
use crate::domain::page::{Key, PageRequest};
use crate::graphql::context::{Answer, answer, broken, op};
use crate::graphql::error::Failure;
use crate::graphql::nested::{self, Budget};
use crate::graphql::paging::{Connection, List, PageArgs, Wanted, argument, limits, place};

const LIST: List = List("Lead.notes");

/// The lists that were loaded ahead of a lead, by the keys of their fields in the answer.
pub type LoadedNotes = HashMap<String, Arc<Connection<LeadNote>>>;

/// The lists that are selected of some leads.
#[derive(Clone, Debug, Default)]
pub struct NoteLists(Vec<NoteList>);

#[derive(Clone, Debug)]
struct NoteList {
    key: String,
    /// As written, for fields of one key in fragments on different types can differ. Such are not loaded ahead.
    arguments: Vec<(Name, Value)>,
    is_ambiguous: bool,
    request: PageRequest,
    authors: Authors,
}

impl NoteLists {
    /// Adds a list that a lead selects. Fields with one key are one field.
    ///
    /// # Errors
    /// Arguments that break a rule.
    pub fn add(&mut self, ctx: &Context<'_>, field: &SelectionField<'_>) -> Result<(), Failure> {
        let key = field.alias().unwrap_or(field.name());
        let arguments = field.arguments().map_err(|error| argument(error.message))?;
        let request = ahead(ctx, field, &arguments)?;
        let Some(list) = self.0.iter_mut().find(|list| list.key == key) else {
            self.0.push(NoteList {
                key: key.to_owned(),
                arguments,
                is_ambiguous: false,
                request,
                authors: Authors::of_connection(ctx, field)?,
            });
            return Ok(());
        };
        list.is_ambiguous |= list.arguments != arguments;
        list.request.count |= request.count;
        list.request.rows |= request.rows;
        list.authors.merge(ctx, field)?;
        Ok(())
    }

    /// # Errors
    /// Lists that ask for too much, or what the domain says.
    pub async fn load(&self, op: &Op, budget: &Budget, leads: &mut [Lead]) -> Result<(), Failure> {
        if self.0.is_empty() || leads.is_empty() {
            return Ok(());
        }
        let mut ids: Vec<i64> = leads.iter().map(|lead| lead.legacy_id.0).collect();
        ids.sort_unstable();
        ids.dedup();
        for list in self.0.iter().filter(|list| !list.is_ambiguous) {
            let pages = list.pages(op, budget, &ids).await?;
            for lead in leads.iter_mut() {
                if let Some(page) = pages.get(&lead.legacy_id.0) {
                    lead.loaded_notes.insert(list.key.clone(), Arc::clone(page));
                }
            }
        }
        Ok(())
    }
}

impl NoteList {
    async fn pages(
        &self,
        op: &Op,
        budget: &Budget,
        ids: &[i64],
    ) -> Result<HashMap<i64, Arc<Connection<LeadNote>>>, Failure> {
        budget.take(ids.len(), self.request.limit)?;
        let mut rows = Vec::new();
        let mut apart = Vec::with_capacity(ids.len());
        for (id, page) in notes::pages(op, ids, self.request).await? {
            let cursors = page.map(|note| {
                let key = Key {
                    created_at: note.created_at,
                    id: note.id,
                };
                rows.push(note);
                LIST.encode(key)
            });
            apart.push((id, cursors));
        }
        let mut notes = with_authors(op, budget, rows, &self.authors).await?.into_iter();
        let whole = apart.into_iter().map(|(id, cursors)| {
            let of_lead: Vec<LeadNote> = notes.by_ref().take(cursors.items.len()).collect();
            let items = cursors.items.iter().cloned().zip(of_lead).collect();
            (id, Arc::new(Connection::new(cursors.with_items(items))))
        });
        Ok(whole.collect())
    }
}

/// The resolver of the list.
pub async fn of_lead(ctx: &Context<'_>, lead: &Lead, args: PageArgs) -> Answer<Arc<Connection<LeadNote>>> {
    let key = ctx.item.node.response_key().node.as_str();
    match lead.loaded_notes.get(key) {
        Some(loaded) => Some(Ok(Arc::clone(loaded))),
        None => answer(ctx, Box::pin(own(ctx, lead.legacy_id.0, args)).await),
    }
}

async fn own(ctx: &Context<'_>, lead_id: i64, args: PageArgs) -> Result<Arc<Connection<LeadNote>>, Failure> {
    let list = NoteList {
        key: String::new(),
        arguments: Vec::new(),
        is_ambiguous: false,
        request: args.request(ctx, LIST)?,
        authors: Authors::of_connection(ctx, &ctx.field())?,
    };
    let mut pages = list.pages(&op(ctx)?, &nested::budget(ctx), &[lead_id]).await?;
    pages
        .remove(&lead_id)
        .ok_or_else(|| broken("a lead has no page of notes"))
}

fn ahead(ctx: &Context<'_>, field: &SelectionField<'_>, arguments: &[(Name, Value)]) -> Result<PageRequest, Failure> {
    let mut args = PageArgs::default();
    for (name, value) in arguments {
        let value = value.clone();
        match name.as_str() {
            "first" => args.first = parse(value)?,
            "after" => args.after = parse(value)?,
            "last" => args.last = parse(value)?,
            "before" => args.before = parse(value)?,
            _ => {}
        }
    }
    let wanted = Wanted::of(field.selection_set().map(|inner| inner.name()));
    args.range(limits(ctx), wanted, |name, cursor| place(LIST, name, cursor))
}
