//! Lists of other things below leads: looked at ahead and loaded for all leads of a level together.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Arc;

use async_graphql::{Context, Name, OutputType, SelectionField, Value};

use super::Lead;
use super::list::parse;
use crate::domain::op::Op;
use crate::domain::page::{Page, PageRequest};
use crate::graphql::context::{Answer, answer, broken, op};
use crate::graphql::error::Failure;
use crate::graphql::nested::{self, Budget};
use crate::graphql::paging::{Connection, Listed, PageArgs, Wanted, argument};

/// Pages by the numbers of their leads.
pub type Pages<N> = HashMap<i64, Arc<Connection<N>>>;

/// The lists that were loaded ahead of a lead, by the keys of their fields in the answer.
pub type Loaded<N> = HashMap<String, Arc<Connection<N>>>;

/// One list as a field asks for it.
pub trait Below: Clone + Debug + Send + Sync {
    type Node: Listed + OutputType;
    /// What its cursors stand for.
    type Place: Copy + Send + Sync;

    /// # Errors
    /// Arguments that break a rule.
    fn of(ctx: &Context<'_>, field: &SelectionField<'_>, args: PageArgs, wanted: Wanted) -> Result<Self, Failure>;

    /// Adds what another field with the same key and arguments selects.
    ///
    /// # Errors
    /// Arguments further below that break a rule.
    fn merge(&mut self, ctx: &Context<'_>, field: &SelectionField<'_>) -> Result<(), Failure>;

    fn request(&mut self) -> &mut PageRequest<Self::Place>;

    /// # Errors
    /// Lists that ask for too much, or what the domain says.
    fn pages(
        &self,
        op: &Op,
        budget: &Budget,
        leads: &[i64],
    ) -> impl Future<Output = Result<Pages<Self::Node>, Failure>> + Send;

    fn loaded(lead: &Lead) -> &Loaded<Self::Node>;
    fn loaded_mut(lead: &mut Lead) -> &mut Loaded<Self::Node>;
}

/// The lists of one kind that are selected of some leads.
#[derive(Clone, Debug)]
pub struct Lists<L>(Vec<Ahead<L>>);

#[derive(Clone, Debug)]
struct Ahead<L> {
    key: String,
    /// As written, for fields of one key in fragments on different types can differ. Such are not loaded ahead.
    arguments: Vec<(Name, Value)>,
    is_ambiguous: bool,
    list: L,
}

impl<L> Default for Lists<L> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<L: Below> Lists<L> {
    /// Adds a list that a lead selects. Fields with one key are one field.
    ///
    /// # Errors
    /// Arguments that break a rule.
    pub fn add(&mut self, ctx: &Context<'_>, field: &SelectionField<'_>) -> Result<(), Failure> {
        let key = field.alias().unwrap_or(field.name());
        let arguments = field.arguments().map_err(|error| argument(error.message))?;
        let mut list = L::of(ctx, field, args(&arguments)?, wanted(field))?;
        let Some(known) = self.0.iter_mut().find(|known| known.key == key) else {
            self.0.push(Ahead {
                key: key.to_owned(),
                arguments,
                is_ambiguous: false,
                list,
            });
            return Ok(());
        };
        known.is_ambiguous |= known.arguments != arguments;
        let (request, other) = (known.list.request(), list.request());
        request.count |= other.count;
        request.rows |= other.rows;
        known.list.merge(ctx, field)
    }

    /// # Errors
    /// Lists that ask for too much, or what the domain says.
    pub async fn load(&self, op: &Op, budget: &Budget, leads: &mut [Lead]) -> Result<(), Failure> {
        if self.0.is_empty() || leads.is_empty() {
            return Ok(());
        }
        let mut ids: Vec<i64> = leads.iter().map(Lead::number).collect();
        ids.sort_unstable();
        ids.dedup();
        for ahead in self.0.iter().filter(|ahead| !ahead.is_ambiguous) {
            let pages = ahead.list.pages(op, budget, &ids).await?;
            for lead in leads.iter_mut() {
                if let Some(page) = pages.get(&lead.number()) {
                    L::loaded_mut(lead).insert(ahead.key.clone(), Arc::clone(page));
                }
            }
        }
        Ok(())
    }
}

/// The resolver of such a list.
pub async fn of_lead<L: Below>(ctx: &Context<'_>, lead: &Lead, args: PageArgs) -> Answer<Arc<Connection<L::Node>>> {
    let key = ctx.item.node.response_key().node.as_str();
    match L::loaded(lead).get(key) {
        Some(loaded) => Some(Ok(Arc::clone(loaded))),
        None => answer(ctx, Box::pin(own::<L>(ctx, lead.number(), args)).await),
    }
}

async fn own<L: Below>(ctx: &Context<'_>, lead: i64, args: PageArgs) -> Result<Arc<Connection<L::Node>>, Failure> {
    let field = ctx.field();
    let list = L::of(ctx, &field, args, wanted(&field))?;
    let mut pages = list.pages(&op(ctx)?, &nested::budget(ctx), &[lead]).await?;
    let page = pages.remove(&lead);
    page.ok_or_else(|| broken("a lead has no page of a list below it"))
}

fn wanted(field: &SelectionField<'_>) -> Wanted {
    Wanted::of(field.selection_set().map(|inner| inner.name()))
}

fn args(arguments: &[(Name, Value)]) -> Result<PageArgs, Failure> {
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
    Ok(args)
}

/// Pages whose rows are turned into nodes together, with one statement for what all of them need.
pub struct Apart(Vec<(i64, Page<String>)>);

impl Apart {
    /// The rows of all pages, and what is left of the pages.
    pub fn take<R>(pages: HashMap<i64, Page<R>>, cursor: impl Fn(&R) -> String) -> (Self, Vec<R>) {
        let mut rows = Vec::new();
        let apart = pages.into_iter().map(|(lead, page)| {
            let cursors = page.map(|row| {
                let cursor = cursor(&row);
                rows.push(row);
                cursor
            });
            (lead, cursors)
        });
        (Self(apart.collect()), rows)
    }

    /// With a node for each row, in their order.
    pub fn join<N: Listed + OutputType>(self, nodes: Vec<N>) -> Pages<N> {
        let mut nodes = nodes.into_iter();
        let whole = self.0.into_iter().map(|(lead, cursors)| {
            let of_lead: Vec<N> = nodes.by_ref().take(cursors.items.len()).collect();
            let items = cursors.items.iter().cloned().zip(of_lead).collect();
            (lead, Arc::new(Connection::new(cursors.with_items(items))))
        });
        whole.collect()
    }
}
