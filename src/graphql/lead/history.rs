//! The history below leads: looked at ahead and loaded for all leads of a level together.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, Name, SelectionField, Value};

use super::Lead;
use super::list::parse;
use crate::domain::activity;
use crate::domain::op::Op;
use crate::domain::page::PageRequest;
use crate::graphql::context::{Answer, answer, broken, op};
use crate::graphql::error::Failure;
use crate::graphql::event::{Event, events, position};
use crate::graphql::nested::{self, Budget};
use crate::graphql::paging::{Connection, PageArgs, Wanted, argument, limits};

/// The histories that were loaded ahead of a lead, by the keys of their fields in the answer.
pub type LoadedHistory = HashMap<String, Arc<Connection<Event>>>;

/// The histories that are selected of some leads.
#[derive(Clone, Debug, Default)]
pub struct HistoryLists(Vec<HistoryList>);

#[derive(Clone, Debug)]
struct HistoryList {
    key: String,
    /// As written, for fields of one key in fragments on different types can differ. Such are not loaded ahead.
    arguments: Vec<(Name, Value)>,
    is_ambiguous: bool,
    request: PageRequest<i64>,
}

impl HistoryLists {
    /// Adds a history that a lead selects. Fields with one key are one field.
    ///
    /// # Errors
    /// Arguments that break a rule.
    pub fn add(&mut self, ctx: &Context<'_>, field: &SelectionField<'_>) -> Result<(), Failure> {
        let key = field.alias().unwrap_or(field.name());
        let arguments = field.arguments().map_err(|error| argument(error.message))?;
        let request = ahead(ctx, field, &arguments)?;
        let Some(list) = self.0.iter_mut().find(|list| list.key == key) else {
            self.0.push(HistoryList {
                key: key.to_owned(),
                arguments,
                is_ambiguous: false,
                request,
            });
            return Ok(());
        };
        list.is_ambiguous |= list.arguments != arguments;
        list.request.count |= request.count;
        list.request.rows |= request.rows;
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
            let pages = pages(op, budget, &ids, &list.request).await?;
            for lead in leads.iter_mut() {
                if let Some(page) = pages.get(&lead.legacy_id.0) {
                    lead.loaded_history.insert(list.key.clone(), Arc::clone(page));
                }
            }
        }
        Ok(())
    }
}

async fn pages(
    op: &Op,
    budget: &Budget,
    ids: &[i64],
    request: &PageRequest<i64>,
) -> Result<HashMap<i64, Arc<Connection<Event>>>, Failure> {
    budget.take(ids.len(), request.limit)?;
    let mut records = Vec::new();
    let mut apart = Vec::with_capacity(ids.len());
    for (id, page) in activity::histories(op, ids, *request).await? {
        let cursors = page.map(|record| {
            let cursor = position::encode(op, record.position);
            records.push(record);
            cursor
        });
        apart.push((id, cursors));
    }
    let mut events = events(op, records).await?.into_iter();
    let whole = apart.into_iter().map(|(id, cursors)| {
        let of_lead: Vec<Event> = events.by_ref().take(cursors.items.len()).collect();
        let items = cursors.items.iter().cloned().zip(of_lead).collect();
        (id, Arc::new(Connection::new(cursors.with_items(items))))
    });
    Ok(whole.collect())
}

/// The resolver of the list.
pub async fn of_lead(ctx: &Context<'_>, lead: &Lead, args: PageArgs) -> Answer<Arc<Connection<Event>>> {
    let key = ctx.item.node.response_key().node.as_str();
    match lead.loaded_history.get(key) {
        Some(loaded) => Some(Ok(Arc::clone(loaded))),
        None => answer(ctx, Box::pin(own(ctx, lead.legacy_id.0, args)).await),
    }
}

async fn own(ctx: &Context<'_>, lead_id: i64, args: PageArgs) -> Result<Arc<Connection<Event>>, Failure> {
    let wanted = Wanted::of(ctx.field().selection_set().map(|field| field.name()));
    let request = request(ctx, args, wanted)?;
    let mut pages = pages(&op(ctx)?, &nested::budget(ctx), &[lead_id], &request).await?;
    let page = pages.remove(&lead_id);
    page.ok_or_else(|| broken("a lead has no page of its history"))
}

fn ahead(
    ctx: &Context<'_>,
    field: &SelectionField<'_>,
    arguments: &[(Name, Value)],
) -> Result<PageRequest<i64>, Failure> {
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
    request(ctx, args, wanted)
}

fn request(ctx: &Context<'_>, args: PageArgs, wanted: Wanted) -> Result<PageRequest<i64>, Failure> {
    let op = op(ctx)?;
    args.range(limits(ctx), wanted, |name, cursor| position::decode(&op, name, cursor))
}
