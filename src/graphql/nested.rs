//! Lists of leads below other objects: a tag's, a project's leads. What is selected is looked at ahead and loaded for all
//! objects of a level together, so that the number of statements does not grow with them; a field that nobody looked
//! ahead to loads its own.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_graphql::{Context, Name, SelectionField, Value};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::context::{Answer, answer, op};
use super::error::Failure;
use super::lead::{Lead, LeadList, LeadListArgs};
use super::paging::{Connection, List, Listed, argument};
use super::prefetch::{self, LeadPlan};
use crate::domain::error::{Error, Problem};
use crate::domain::leads::{self, Parent};
use crate::domain::op::Op;
use crate::domain::page::{Key, Page};
use crate::domain::rel::Rel;

/// How many rows all nested lists of one request may ask for together. Pages multiply: 100 tags of 100 leads each.
const MAX_ROWS: u64 = 10_000;

/// An object that has a list of leads.
pub trait HasLeads {
    const PARENT: Parent;
    /// What the list is called.
    const FIELD: &'static str;
    /// What its cursors belong to.
    const LIST: &'static str;

    /// Its number in the database.
    fn number(&self) -> i64;
    fn lists(&self) -> &LeadLists;
    fn lists_mut(&mut self) -> &mut LeadLists;

    /// Loads the lists of objects that such objects have in themselves.
    fn fill_inner(
        _ctx: &Context<'_>,
        _op: &Op,
        _places: &[&[&str]],
        _objects: &mut [Self],
    ) -> impl Future<Output = Result<(), Failure>> + Send
    where
        Self: Sized,
    {
        async { Ok(()) }
    }
}

/// The lists that were loaded ahead, by the keys of their fields in the answer.
#[derive(Clone, Debug, Default)]
pub struct LeadLists(Vec<Loaded>);

#[derive(Clone, Debug)]
struct Loaded {
    key: String,
    arguments: Vec<(Name, Value)>,
    connection: Arc<Connection<Lead>>,
}

/// The lists that are selected of some objects, by the keys of their fields.
#[derive(Clone, Debug, Default)]
pub struct Nests(Vec<Nest>);

#[derive(Clone, Debug)]
struct Nest {
    key: String,
    /// Fields of one key can differ in them where they do not belong to one object.
    arguments: Vec<(Name, Value)>,
    list: LeadList,
    plan: LeadPlan,
}

impl Nests {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds the lists of leads that `object` selects. Fields with one key are one field.
    ///
    /// # Errors
    /// Arguments that break a rule.
    pub fn add<P: HasLeads>(&mut self, ctx: &Context<'_>, object: &SelectionField<'_>) -> Result<(), Failure> {
        for field in object.selection_set().filter(|field| field.name() == P::FIELD) {
            let key = field.alias().unwrap_or(P::FIELD);
            let arguments = field.arguments().map_err(|error| argument(error.message))?;
            let list = LeadList::ahead(ctx, P::LIST, &field, &arguments)?;
            let is_same = |nest: &Nest| nest.key == key && nest.arguments == arguments;
            let index = self.0.iter().position(is_same).unwrap_or_else(|| {
                self.0.push(Nest {
                    key: key.to_owned(),
                    arguments: arguments.clone(),
                    list: list.clone(),
                    plan: LeadPlan::default(),
                });
                self.0.len() - 1
            });
            let nest = &mut self.0[index];
            nest.list.request.count |= list.request.count;
            nest.list.request.rows |= list.request.rows;
            prefetch::add_connection(&mut nest.plan, ctx, &field)?;
        }
        Ok(())
    }
}

/// What the nested lists of one request may still ask for.
#[derive(Debug)]
pub struct Budget(AtomicU64);

impl Default for Budget {
    fn default() -> Self {
        Self(AtomicU64::new(MAX_ROWS))
    }
}

/// The budget of this request.
pub fn budget(ctx: &Context<'_>) -> Arc<Budget> {
    ctx.data_opt::<Arc<Budget>>().cloned().unwrap_or_default()
}

impl Budget {
    /// # Errors
    /// When there is not so much left.
    pub fn take(&self, parents: usize, limit: u64) -> Result<(), Failure> {
        // Counting costs something, too.
        let rows = (parents as u64).saturating_mul(limit.max(1));
        let left = |left: u64| left.checked_sub(rows);
        match self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left) {
            Ok(_) => Ok(()),
            Err(_) => {
                let sentence = format!("The nested lists ask for more than {MAX_ROWS} rows: ask for smaller pages");
                Err(Error::from(Problem::limit([], sentence)).into())
            }
        }
    }
}

/// Loads the lists that are selected of `objects`, which stand at `places` below this field.
///
/// # Errors
/// Arguments that break a rule, lists that ask for too much, or what the domain says.
pub async fn fill<P: HasLeads>(
    ctx: &Context<'_>,
    op: &Op,
    places: &[&[&str]],
    objects: Vec<&mut P>,
) -> Result<(), Failure> {
    let mut nests = Nests::default();
    for field in prefetch::at(ctx, places) {
        nests.add::<P>(ctx, &field)?;
    }
    load(op, &budget(ctx), &nests, objects).await
}

/// Domain rows as the objects that this field selects, with the lists of leads below them.
///
/// # Errors
/// As [`fill`].
pub async fn objects<R, P: HasLeads + From<R>>(ctx: &Context<'_>, op: &Op, rows: Vec<R>) -> Result<Vec<P>, Failure> {
    let mut objects: Vec<P> = rows.into_iter().map(P::from).collect();
    fill(ctx, op, &[&[]], objects.iter_mut().collect()).await?;
    P::fill_inner(ctx, op, &[&[]], &mut objects).await?;
    Ok(objects)
}

/// A page of domain rows as a connection, with the lists of leads below its objects.
///
/// # Errors
/// As [`fill`].
pub async fn connection<R, P: HasLeads + Listed + From<R>>(
    ctx: &Context<'_>,
    op: &Op,
    list: List,
    page: Page<R>,
    key: impl Fn(&R) -> Key,
) -> Result<Connection<P>, Failure> {
    let mut objects = Vec::with_capacity(page.items.len());
    let cursors = page.map(|row| {
        let cursor = list.encode(key(&row));
        objects.push(P::from(row));
        cursor
    });
    fill(ctx, op, prefetch::OBJECTS, objects.iter_mut().collect()).await?;
    P::fill_inner(ctx, op, prefetch::OBJECTS, &mut objects).await?;
    let items = cursors.items.iter().cloned().zip(objects).collect();
    Ok(Connection::new(cursors.with_items(items)))
}

/// Loads what `plan` wants below `leads`.
///
/// # Errors
/// As [`fill`].
pub fn below_leads<'a>(
    op: &'a Op,
    budget: &'a Budget,
    plan: &'a LeadPlan,
    leads: &'a mut [Lead],
) -> BoxFuture<'a, Result<(), Failure>> {
    async move {
        let LeadPlan {
            parts: _,
            tags,
            project,
            campaign,
            sources,
            partnerships,
            partners,
            assignees,
            created_by,
            notes,
            history,
        } = plan;
        notes.load(op, budget, leads).await?;
        history.load(op, budget, leads).await?;
        load(op, budget, assignees, each(leads, Lead::assignees_mut)).await?;
        load(op, budget, created_by, each(leads, |lead| one(&mut lead.created_by))).await?;
        load(op, budget, tags, each(leads, |lead| many(&mut lead.tags))).await?;
        load(op, budget, project, each(leads, |lead| one(&mut lead.project))).await?;
        load(op, budget, campaign, each(leads, |lead| one(&mut lead.campaign))).await?;
        load(op, budget, sources, each(leads, Lead::sources_mut)).await?;
        load(op, budget, partnerships, each(leads, Lead::partnerships_mut)).await?;
        load(op, budget, partners, each(leads, Lead::partners_mut)).await
    }
    .boxed()
}

fn each<'a, P>(leads: &'a mut [Lead], of: impl Fn(&'a mut Lead) -> Vec<&'a mut P>) -> Vec<&'a mut P> {
    leads.iter_mut().flat_map(of).collect()
}

fn many<T>(relation: &mut Rel<Vec<T>>) -> Vec<&mut T> {
    relation.loaded_mut().into_iter().flatten().collect()
}

fn one<T>(relation: &mut Rel<Option<T>>) -> Vec<&mut T> {
    relation.loaded_mut().into_iter().flatten().collect()
}

/// Loads the lists that `nests` wants below these objects.
///
/// # Errors
/// As [`fill`].
pub async fn load<P: HasLeads>(
    op: &Op,
    budget: &Budget,
    nests: &Nests,
    mut objects: Vec<&mut P>,
) -> Result<(), Failure> {
    if nests.is_empty() || objects.is_empty() {
        return Ok(());
    }
    let mut ids: Vec<i64> = objects.iter().map(|object| object.number()).collect();
    ids.sort_unstable();
    ids.dedup();
    for nest in &nests.0 {
        let pages = pages::<P>(op, budget, nest, &ids).await?;
        for object in &mut objects {
            if let Some(page) = pages.get(&object.number()) {
                object.lists_mut().0.push(Loaded {
                    key: nest.key.clone(),
                    arguments: nest.arguments.clone(),
                    connection: Arc::clone(page),
                });
            }
        }
    }
    Ok(())
}

async fn pages<P: HasLeads>(
    op: &Op,
    budget: &Budget,
    nest: &Nest,
    ids: &[i64],
) -> Result<HashMap<i64, Arc<Connection<Lead>>>, Failure> {
    let Nest { list, plan, .. } = nest;
    budget.take(ids.len(), list.request.limit)?;
    let (query, request) = (list.query.clone(), list.request.clone());
    let pages = leads::lists_of(op, P::PARENT, ids, query, request, &plan.parts).await?;
    let mut apart = Vec::with_capacity(pages.len());
    let mut all = Vec::new();
    for (id, page) in pages {
        let (places, mut leads) = LeadList::take_apart(page);
        all.append(&mut leads);
        apart.push((id, places));
    }
    below_leads(op, budget, plan, &mut all).await?;
    let mut all = all.into_iter();
    let whole = apart.into_iter().map(|(id, places)| {
        let leads: Vec<Lead> = all.by_ref().take(places.items.len()).collect();
        let items = places.items.iter().cloned().zip(leads).collect();
        (id, Arc::new(list.connection(places.with_items(items))))
    });
    Ok(whole.collect())
}

/// The resolver of every such list.
pub async fn leads_of<P: HasLeads>(ctx: &Context<'_>, parent: &P, args: LeadListArgs) -> Answer<Arc<Connection<Lead>>> {
    let key = ctx.item.node.response_key().node.as_str();
    let arguments = ctx.field().arguments().unwrap_or_default();
    let is_this = |loaded: &&Loaded| loaded.key == key && loaded.arguments == arguments;
    if let Some(loaded) = parent.lists().0.iter().find(is_this) {
        return Some(Ok(Arc::clone(&loaded.connection)));
    }
    answer(ctx, Box::pin(own::<P>(ctx, parent.number(), args)).await)
}

async fn own<P: HasLeads>(
    ctx: &Context<'_>,
    number: i64,
    args: LeadListArgs,
) -> Result<Arc<Connection<Lead>>, Failure> {
    let mut plan = LeadPlan::default();
    prefetch::add_connection(&mut plan, ctx, &ctx.field())?;
    let nest = Nest {
        key: String::new(),
        arguments: Vec::new(),
        list: LeadList::of_field(ctx, P::LIST, args)?,
        plan,
    };
    let op = op(ctx)?;
    let mut pages = pages::<P>(&op, &budget(ctx), &nest, &[number]).await?;
    let page = pages.remove(&number);
    page.ok_or_else(|| super::context::broken("a parent has no page"))
}
