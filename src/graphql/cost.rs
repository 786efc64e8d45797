//! What an operation may cost, in points, before any of it runs: about one for each object that it can bring. Pages
//! multiply what is below them; the values of arguments count, a filter's above all.
//!
//! The numbers are bounds and no measurements: what an answer did not hold is not paid for in the end.

use std::collections::HashMap;
use std::convert::Infallible;

use async_graphql::parser::types::{
    ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::registry::{MetaField, MetaTypeName};
use async_graphql::{Name, Response, ServerError, Value as Const, Variables};

use super::coercion::Types;
use super::engine::{Kind, Refused};
use super::error::Code;
use super::paging::PageLimits;
use super::params::{Asked, Params};

/// Entries that a list without pages is taken to have: of a lead's parts there are a hundred at most and rarely ten.
const ENTRIES: u64 = 5;
/// Of a mutation, beside what its payload brings.
const WRITE: u64 = 10;
/// Of a root field that reads all that its filter finds.
const AGGREGATE: u64 = 100;
const AGGREGATES: [&str; 2] = ["leadStats", "attributionCredits"];
/// Of counting the rows of a connection.
const COUNT: u64 = 10;
/// Of looking for what a filter asks, however little that is.
const FILTER: u64 = 20;
/// Of a filter that no index answers: whatever it finds, much may be read for it.
const SCAN: u64 = 50;
const SCANS: [&str; 2] = ["contains", "search"];
/// Values of arguments that cost a point.
const VALUES: u64 = 10;
/// Bytes of a text that count as another value.
const TEXT: u64 = 20;
/// Fields and fragments of a document that cost a point.
const VISITS: u64 = 100;
/// Of a request that is refused.
const REFUSAL: u64 = 5;
/// Bytes of a document, or values of variables, that cost another point then.
const BYTES: u64 = 500;
/// Bytes of a socket's message that cost nothing.
const MESSAGE: usize = 64 * 1024;

/// What an operation may cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Whatever the answer holds.
    base: u64,
    /// Objects in the answer.
    objects: u64,
}

impl Cost {
    pub fn predicted(self) -> u64 {
        self.base.saturating_add(self.objects).max(1)
    }

    /// For the client.
    pub fn told(self, used: u64, left: Option<u64>) -> Const {
        let numbers = [
            ("predicted", Some(self.predicted())),
            ("used", Some(used)),
            ("remaining", left),
        ];
        let members = numbers.map(|(name, number)| (Name::new(name), number.map_or(Const::Null, Const::from)));
        Const::Object(members.into_iter().collect())
    }

    /// What was used where nothing was executed, or nobody knows what.
    pub fn of_nothing(self, refused: &Refused) -> u64 {
        match refused.kind {
            Kind::Document
            | Kind::Request
            | Kind::Mutation
            | Kind::Key(_)
            | Kind::Unauthenticated
            | Kind::TooMany
            | Kind::Unavailable => self.base.max(1),
            Kind::Fault => self.predicted(),
        }
    }

    /// What the answer came to. Of one that failed on the way nobody knows, unless it was only not allowed.
    pub fn used(self, answer: &Response) -> u64 {
        if answer.errors.iter().any(|error| !is_refusal(error)) {
            return self.predicted();
        }
        let held = objects(&answer.data);
        self.base.saturating_add(held.min(self.objects)).max(1)
    }

    /// Beside what the document shows by itself.
    #[must_use]
    pub fn and(self, points: u64) -> Self {
        Self {
            base: self.base.saturating_add(points),
            ..self
        }
    }
}

/// What looking at a request costs that is refused: a document is read whole before anything can be said against it.
pub fn of_refusal(params: &Params) -> u64 {
    let text = match &params.document {
        Asked::Text(text) | Asked::Hash(_, Some(text)) => text.len(),
        Asked::Hash(_, None) | Asked::Id(_) => 0,
    };
    let mut given = Given::default();
    params.variables.values().for_each(|value| given.add(Given::of(value)));
    REFUSAL + (text as u64 + given.values) / BYTES
}

/// What reading something costs that is no request.
pub fn of_junk(bytes: usize) -> u64 {
    REFUSAL + bytes as u64 / BYTES
}

/// What reading a message costs, beside what it asks for: nothing as a rule.
pub fn of_message(bytes: usize) -> u64 {
    bytes.saturating_sub(MESSAGE) as u64 / BYTES
}

/// What walking a document costs: its fields and fragments, as often as they are repeated.
pub fn of_walking(visits: usize) -> u64 {
    visits as u64 / VISITS
}

/// Bounds what an operation may cost. For documents that the guard has let through.
pub fn of(
    types: &Types,
    pages: PageLimits,
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
) -> Cost {
    let mut estimate = Estimate {
        types,
        pages,
        document,
        variables,
        fragments: HashMap::new(),
        sizes: HashMap::new(),
    };
    let root = types.root(operation.ty);
    let weight = estimate.selection(root, &operation.selection_set.node);
    Cost {
        base: weight.base,
        objects: weight.objects,
    }
}

/// What a selection brings each time.
#[derive(Clone, Copy, Debug, Default)]
struct Weight {
    base: u64,
    objects: u64,
    /// Of a connection: objects for each row of the page, and what they cost beside.
    each: u64,
    each_base: u64,
}

impl Weight {
    fn add(&mut self, other: Self) {
        self.base = self.base.saturating_add(other.base);
        self.objects = self.objects.saturating_add(other.objects);
        self.each = self.each.saturating_add(other.each);
        self.each_base = self.each_base.saturating_add(other.each_base);
    }
}

struct Estimate<'a> {
    types: &'a Types,
    pages: PageLimits,
    document: &'a ExecutableDocument,
    variables: &'a Variables,
    /// Each one weighed once, however often it is spread.
    fragments: HashMap<&'a str, Weight>,
    /// What each variable holds.
    sizes: HashMap<Name, Given>,
}

impl<'a> Estimate<'a> {
    fn selection(&mut self, parent: &str, set: &'a SelectionSet) -> Weight {
        let mut weight = Weight::default();
        for item in &set.items {
            weight.add(match &item.node {
                Selection::Field(field) => self.field(parent, &field.node),
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    let on = condition.map_or(parent, |condition| condition.node.on.node.as_str());
                    self.selection(on, &fragment.node.selection_set.node)
                }
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node),
            });
        }
        weight
    }

    fn fragment(&mut self, name: &str) -> Weight {
        let Some((name, fragment)) = self.document.fragments.get_key_value(name) else {
            return Weight::default();
        };
        if let Some(weight) = self.fragments.get(name.as_str()) {
            return *weight;
        }
        let on = fragment.node.type_condition.node.on.node.as_str();
        let weight = self.selection(on, &fragment.node.selection_set.node);
        self.fragments.insert(name, weight);
        weight
    }

    fn field(&mut self, parent: &str, field: &'a Field) -> Weight {
        let name = field.name.node.as_str();
        let Some(known) = self.types.field(parent, name) else {
            return Weight::default();
        };
        let ty = MetaTypeName::concrete_typename(&known.ty);
        let inner = self.selection(ty, &field.selection_set.node);
        let base = inner.base.saturating_add(self.own(parent, field));
        if field.selection_set.node.items.is_empty() {
            return Weight {
                base,
                ..Weight::default()
            };
        }
        if is_connection(ty) {
            let rows = self.rows(known, field);
            return Weight {
                base: base.saturating_add(inner.each_base.saturating_mul(rows)),
                objects: inner
                    .objects
                    .saturating_add(1)
                    .saturating_add(inner.each.saturating_mul(rows)),
                ..Weight::default()
            };
        }
        let objects = inner.objects.saturating_add(1);
        match (is_list(&known.ty), is_connection(parent)) {
            (true, true) => Weight {
                each: objects,
                each_base: base,
                ..Weight::default()
            },
            (true, false) => {
                let entries = self.entries(name, field);
                Weight {
                    base: base.saturating_mul(entries),
                    objects: objects.saturating_mul(entries),
                    ..Weight::default()
                }
            }
            (false, _) => Weight {
                base,
                objects,
                ..Weight::default()
            },
        }
    }

    /// What the field costs whatever it brings.
    fn own(&mut self, parent: &str, field: &Field) -> u64 {
        let name = field.name.node.as_str();
        let given = self.given(field);
        let work = match name {
            _ if parent == self.types.root(OperationType::Mutation) => WRITE,
            _ if AGGREGATES.contains(&name) => AGGREGATE,
            "totalCount" => COUNT,
            _ => 0,
        };
        let search = if field.get_argument("filter").is_some() {
            FILTER.saturating_add(given.scans.saturating_mul(SCAN))
        } else {
            0
        };
        search.saturating_add(work + given.values / VALUES)
    }

    /// How many a list without pages has.
    fn entries(&mut self, name: &str, field: &Field) -> u64 {
        match name {
            "nodes" if field.get_argument("ids").is_some() => self.given(field).values,
            _ if AGGREGATES.contains(&name) => AGGREGATE,
            _ => ENTRIES,
        }
    }

    /// What a client has given, variables filled in: each is looked through once, however often it stands there.
    fn given(&mut self, field: &Field) -> Given {
        let (variables, sizes) = (self.variables, &mut self.sizes);
        let mut given = Given::default();
        for (_, value) in &field.arguments {
            let outline = value.node.clone().into_const_with(|name| -> Result<Const, Infallible> {
                let size = || variables.get(&name).map_or_else(Given::default, Given::of);
                given.add(*sizes.entry(name.clone()).or_insert_with(size));
                Ok(Const::Null)
            });
            let Ok(outline) = outline;
            given.add(Given::of(&outline));
        }
        given
    }

    /// The rows of a page at most.
    fn rows(&self, known: &MetaField, field: &Field) -> u64 {
        let asked = ["first", "last"].iter().find_map(|name| {
            known.args.get(*name)?;
            let value = field.get_argument(name)?;
            // Nothing but numbers is copied: one variable may hold much, and stand in many fields.
            let fill = |name| {
                let number = self.variables.get(&name).and_then(whole);
                number.map(Const::from).ok_or(())
            };
            whole(&value.node.clone().into_const_with(fill).ok()?)
        });
        asked.unwrap_or(self.pages.default).min(self.pages.most)
    }
}

fn is_refusal(error: &ServerError) -> bool {
    let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
    let refusals = [Code::Unauthenticated, Code::Forbidden];
    code.is_some_and(|code| refusals.iter().any(|refusal| *code == Const::from(refusal.as_str())))
}

/// Whether it has as many objects as its field's `first` says.
fn is_connection(ty: &str) -> bool {
    ty.ends_with("Connection") || ty == "EventFeed"
}

fn is_list(ty: &str) -> bool {
    MetaTypeName::create(ty).unwrap_non_null().is_list()
}

fn whole(value: &Const) -> Option<u64> {
    match value {
        Const::Number(number) => number.as_u64(),
        _ => None,
    }
}

/// What stands in arguments.
#[derive(Clone, Copy, Debug, Default)]
struct Given {
    values: u64,
    /// Of a filter, its conditions that no index answers.
    scans: u64,
}

impl Given {
    fn of(value: &Const) -> Self {
        let mut given = Self::default();
        match value {
            Const::List(items) => items.iter().for_each(|item| given.add(Self::of(item))),
            Const::Object(members) => {
                for (name, value) in members {
                    given.add(Self::of(value));
                    given.scans += u64::from(SCANS.contains(&name.as_str()));
                }
            }
            Const::String(text) => given.values = 1 + text.len() as u64 / TEXT,
            Const::Null | Const::Number(_) | Const::Boolean(_) | Const::Binary(_) | Const::Enum(_) => given.values = 1,
        }
        given
    }

    fn add(&mut self, other: Self) {
        self.values = self.values.saturating_add(other.values);
        self.scans = self.scans.saturating_add(other.scans);
    }
}

/// The objects in an answer, the outermost aside.
fn objects(data: &Const) -> u64 {
    fn held(value: &Const) -> u64 {
        match value {
            Const::List(items) => items.iter().map(held).sum(),
            Const::Object(members) => 1 + members.values().map(held).sum::<u64>(),
            Const::Null
            | Const::Number(_)
            | Const::String(_)
            | Const::Boolean(_)
            | Const::Binary(_)
            | Const::Enum(_) => 0,
        }
    }
    held(data).saturating_sub(1)
}

#[cfg(test)]
mod tests;
