//! The measure of documents against filling every fragment in.

use std::collections::HashSet;

use async_graphql::parser::parse_query;
use proptest::prelude::*;

use super::BOUNDLESS;
use crate::graphql::error::Code;
use crate::graphql::guard::{DocumentLimits, measure};

/// A selection as it is written, and as it is counted: by filling everything in.
#[derive(Clone, Debug)]
enum Item {
    Field {
        alias: Option<u8>,
        name: &'static str,
        directives: usize,
        inner: Vec<Item>,
    },
    Inline {
        directives: usize,
        inner: Vec<Item>,
    },
    Spread {
        fragment: usize,
        directives: usize,
    },
}

/// An operation or a fragment.
#[derive(Clone, Debug)]
struct Definition {
    /// Of its own, before its selection.
    directives: usize,
    items: Vec<Item>,
}

#[derive(Clone, Debug)]
struct Written {
    /// Queries, and mutations.
    operations: Vec<(bool, Definition)>,
    fragments: Vec<Definition>,
}

fn any_items() -> impl Strategy<Value = Vec<Item>> {
    let names = prop::sample::select(vec![
        "a",
        "b",
        "fields",
        "fields",
        "interfaces",
        "__schema",
        "__type",
        "__typename",
    ]);
    let spread = (0..5usize, 0..2usize).prop_map(|(fragment, directives)| Item::Spread { fragment, directives });
    let leaf = (prop::option::weighted(0.3, 0..4u8), names.clone(), 0..2usize).prop_map(|(alias, name, directives)| {
        Item::Field {
            alias,
            name,
            directives,
            inner: vec![],
        }
    });
    let item = prop_oneof![2 => leaf, 1 => spread].prop_recursive(4, 12, 3, move |inner| {
        let inner = prop::collection::vec(inner, 1..4);
        let field = (
            prop::option::weighted(0.3, 0..4u8),
            names.clone(),
            0..2usize,
            inner.clone(),
        )
            .prop_map(|(alias, name, directives, inner)| Item::Field {
                alias,
                name,
                directives,
                inner,
            });
        let inline = (0..2usize, inner).prop_map(|(directives, inner)| Item::Inline { directives, inner });
        prop_oneof![3 => field, 1 => inline]
    });
    prop::collection::vec(item, 1..4)
}

fn any_definition() -> impl Strategy<Value = Definition> {
    (0..2usize, any_items()).prop_map(|(directives, items)| Definition { directives, items })
}

fn any_document() -> impl Strategy<Value = Written> {
    let operations = prop::collection::vec((prop::bool::weighted(0.4), any_definition()), 1..3);
    let fragments = prop::collection::vec(any_definition(), 0..5);
    (operations, fragments, prop::bool::weighted(0.8)).prop_map(|(operations, fragments, is_sound)| {
        let mut written = Written { operations, fragments };
        if is_sound {
            written.mend();
        }
        written
    })
}

/// Makes each spread one of a fragment from `first` on, and a field where there is none.
fn redirect(items: &mut [Item], first: usize, count: usize) {
    for item in items {
        match item {
            Item::Field { inner, .. } | Item::Inline { inner, .. } => redirect(inner, first, count),
            Item::Spread { fragment, .. } if first < count => *fragment = first + *fragment % (count - first),
            Item::Spread { directives, .. } => {
                *item = Item::Field {
                    alias: None,
                    name: "a",
                    directives: *directives,
                    inner: vec![],
                }
            }
        }
    }
}

fn write(items: &[Item]) -> String {
    let written = items.iter().map(|item| match item {
        Item::Field {
            alias,
            name,
            directives,
            inner,
        } => {
            let alias = alias.map(|alias| format!("x{alias}:")).unwrap_or_default();
            let inner = if inner.is_empty() { String::new() } else { write(inner) };
            format!("{alias}{name}{}{inner}", "@d".repeat(*directives))
        }
        Item::Inline { directives, inner } => format!("...{}{}", "@d".repeat(*directives), write(inner)),
        Item::Spread { fragment, directives } => format!("...f{fragment}{}", "@d".repeat(*directives)),
    });
    format!("{{{}}}", written.collect::<Vec<_>>().join(" "))
}

impl Written {
    /// Takes out unknown fragments and circles, or hardly any document would be measured to its end.
    fn mend(&mut self) {
        let count = self.fragments.len();
        for (_, operation) in &mut self.operations {
            redirect(&mut operation.items, 0, count);
        }
        for (at, fragment) in self.fragments.iter_mut().enumerate() {
            redirect(&mut fragment.items, at + 1, count);
        }
    }

    fn text(&self) -> String {
        let own =
            |definition: &Definition| format!("{}{}", "@d".repeat(definition.directives), write(&definition.items));
        let operations = self.operations.iter().enumerate().map(|(at, (mutates, operation))| {
            let kind = if *mutates { "mutation" } else { "query" };
            format!("{kind} q{at}{}", own(operation))
        });
        let fragments = self.fragments.iter().enumerate();
        let fragments = fragments.map(|(at, fragment)| format!("fragment f{at} on T{}", own(fragment)));
        operations.chain(fragments).collect::<Vec<_>>().join("\n")
    }

    /// Every field of a selection with those it is inside of, every time that it comes up. Nothing for fragments that
    /// are not there, or inside themselves.
    fn fill(&self, items: &[Item], above: &[&'static str], open: &mut Vec<usize>, into: &mut Filled) -> Option<()> {
        for item in items {
            into.visits += 1;
            match item {
                Item::Field {
                    alias,
                    name,
                    directives,
                    inner,
                } => {
                    into.directives += directives;
                    into.aliases += usize::from(alias.is_some());
                    let key = alias.map_or((*name).to_owned(), |alias| format!("x{alias}"));
                    let path = [above, &[*name]].concat();
                    into.keys.extend((above.is_empty()).then_some(key));
                    into.paths.push(path.clone());
                    self.fill(inner, &path, open, into)?;
                }
                Item::Inline { directives, inner } => {
                    into.directives += directives;
                    self.fill(inner, above, open, into)?;
                }
                Item::Spread { fragment, directives } => {
                    into.directives += directives;
                    if open.contains(fragment) {
                        return None;
                    }
                    open.push(*fragment);
                    let Definition { directives, items } = self.fragments.get(*fragment)?;
                    into.directives += directives;
                    self.fill(items, above, open, into)?;
                    open.pop();
                }
            }
        }
        Some(())
    }

    /// What is wrong with it, by looking at everything.
    fn faults(&self, limits: &DocumentLimits) -> Vec<Code> {
        let fragments = self.fragments.iter().enumerate();
        let fragments = fragments.map(|(at, fragment)| (None, fragment, vec![at]));
        let operations = self.operations.iter();
        let operations = operations.map(|(mutates, operation)| (Some(*mutates), operation, vec![]));
        let (mut faults, mut visits) = (Vec::new(), 0);
        for (operation, Definition { directives, items }, mut open) in fragments.chain(operations) {
            let mut filled = Filled {
                directives: *directives,
                ..Filled::default()
            };
            match self.fill(items, &[], &mut open, &mut filled) {
                // Which of its faults is met first depends on the way through it.
                None => faults.extend([Code::ValidationFailed, Code::LimitExceeded]),
                Some(()) => faults.extend(filled.faults(operation, limits)),
            }
            visits += operation.map_or(0, |_| filled.visits);
        }
        faults.extend((visits > 2 * limits.fields).then_some(Code::LimitExceeded));
        faults
    }
}

#[derive(Debug, Default)]
struct Filled {
    paths: Vec<Vec<&'static str>>,
    /// Of the fields at the top.
    keys: Vec<String>,
    /// Fields, fragments and places where fragments are spread.
    visits: usize,
    aliases: usize,
    directives: usize,
}

impl Filled {
    fn faults(&self, operation: Option<bool>, limits: &DocumentLimits) -> Vec<Code> {
        let reads_schema = |name: &&str| ["__schema", "__type"].contains(name);
        let lists = |path: &[&'static str]| {
            let first = path.iter().position(reads_schema);
            let below = first.map_or(&[][..], |first| &path[first + 1..]);
            below
                .iter()
                .filter(|name| ["fields", "interfaces"].contains(*name))
                .count()
        };
        let introspections = self.paths.iter().filter(|path| path.last().is_some_and(reads_schema));
        let over = self.paths.iter().map(Vec::len).max().unwrap_or(0) > limits.depth
            || self.paths.len() > limits.fields
            || self.visits > 2 * limits.fields
            || self.aliases > limits.aliases
            || self.directives > limits.directives
            || introspections.count() > 4
            || self.paths.iter().any(|path| lists(path) > 2)
            || (operation.is_some() && self.keys.len() > limits.root_fields);
        let different: HashSet<&String> = self.keys.iter().collect();
        let twice = operation == Some(true) && different.len() < self.keys.len();
        let found = [(over, Code::LimitExceeded), (twice, Code::ValidationFailed)];
        found.into_iter().filter_map(|(is, code)| is.then_some(code)).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]
    #[test]
    fn a_document_is_measured_as_if_everything_were_filled_in(
        written in any_document(),
        (depth, fields, aliases, root_fields, directives) in (2..9usize, 3..40usize, 1..6usize, 2..8usize, 1..12usize),
    ) {
        let limits = DocumentLimits { depth, fields, aliases, root_fields, directives, ..BOUNDLESS };
        let text = written.text();
        let document = parse_query(&text).expect("it is well written");
        let faults = written.faults(&limits);
        match measure(&document, &limits) {
            Ok(_) => prop_assert!(faults.is_empty(), "{text}: {faults:?}"),
            Err(refusal) => prop_assert!(faults.contains(&refusal.code), "{text}: {refusal:?}, not {faults:?}"),
        }
    }
}
