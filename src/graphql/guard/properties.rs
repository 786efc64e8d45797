//! The guard against texts and documents that nobody thought of: what it finds is what a simpler and slower look finds.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use async_graphql::Value;
use async_graphql::parser::parse_query;
use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use proptest::prelude::*;

use super::*;

const BOUNDLESS: DocumentLimits = DocumentLimits {
    bytes: usize::MAX,
    tokens: usize::MAX,
    nesting: usize::MAX,
    depth: usize::MAX,
    fields: usize::MAX,
    aliases: usize::MAX,
    root_fields: usize::MAX,
    directives: usize::MAX,
};

/// Texts that are full of what a scanner may take for something else.
fn any_text() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        "a",
        "k:",
        ":",
        "\"",
        "\"\"\"",
        "\\\"",
        "\\\"\"\"",
        "\\",
        "\\\\",
        "#",
        "\n",
        "\r",
        " ",
        ",",
        "1.5e-3",
        "$v",
        "@d",
        "...",
        "!",
        "|",
        "=",
        "é",
        "\u{feff}",
        "\u{0}",
        "query",
        "fragment f on T",
        "-",
    ]);
    let pieces = prop::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat());
    prop_oneof![8 => pieces, 1 => ".{0,40}"]
}

/// Documents whose literals are read, with strings and comments among their brackets.
fn any_literal() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "1",
        "a",
        "$v",
        "\"\"",
        "\"[{\"",
        "\"\\\"[\"",
        "\"\\\\\"",
        "\"\"\"[{\"\"\"",
        "\"\"\"\\\"\"\"[\"\"\"",
        "\"\"\"\"[\"\"\"",
        "#[[[{\n1",
        "#\"\n1",
        "\"#\"",
        "1 # \"\"\"\n",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(6, 30, 4, |inner| {
        let items = prop::collection::vec(inner, 0..4);
        prop_oneof![
            items.clone().prop_map(|items| format!("[{}]", items.join(" "))),
            items.prop_map(|items| {
                let members = items.iter().enumerate().map(|(at, item)| format!("k{at}:{item}"));
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            }),
        ]
    })
}

/// Tokens of a text and how deep its brackets are, found by taking away what is no token.
fn tokens(text: &str) -> Option<(usize, usize)> {
    let (mut rest, mut count, mut open, mut deepest) = (text, 0, 0usize, 0);
    while let Some(first) = rest.chars().next() {
        let length = match first {
            ' ' | ',' | '\n' | '\r' | '\t' => {
                rest = &rest[1..];
                continue;
            }
            '#' => {
                rest = &rest[rest.find(['\n', '\r']).unwrap_or(rest.len())..];
                continue;
            }
            '"' if rest.starts_with("\"\"\"") => {
                // An escaped end is none.
                let inside = rest[3..].replace("\\\"\"\"", "\\___");
                3 + inside.find("\"\"\"")? + 3
            }
            '"' => string(rest),
            '(' | '[' | '{' => {
                open += 1;
                1
            }
            ')' | ']' | '}' => {
                open = open.saturating_sub(1);
                1
            }
            first if is_word(first) => rest.find(|other| !is_word(other)).unwrap_or(rest.len()),
            other => other.len_utf8(),
        };
        // Of a character that has no business outside of strings every byte counts.
        count += if first.is_ascii() { 1 } else { first.len_utf8() };
        deepest = deepest.max(open);
        rest = &rest[length..];
    }
    Some((count, deepest))
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_.+-".contains(character)
}

/// Bytes of a string up to its quote, the end of its line, or that of the text.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            '\n' | '\r' => return at,
            _ => {}
        }
    }
    text.len()
}

/// How deep brackets of any kind are inside each other in what the parser has read.
fn nesting(document: &ExecutableDocument) -> usize {
    let operations = document.operations.iter().map(|(_, operation)| {
        let defaults = operation.node.variable_definitions.iter();
        let defaults = defaults.filter_map(|definition| definition.node.default_value.as_ref());
        let defaults = defaults.map(|value| 1 + value_depth(&value.node.clone())).max();
        selection_depth(&operation.node.selection_set.node).max(defaults.unwrap_or(0))
    });
    let fragments = document.fragments.values();
    let fragments = fragments.map(|fragment| selection_depth(&fragment.node.selection_set.node));
    operations.chain(fragments).max().unwrap_or(0)
}

fn selection_depth(set: &SelectionSet) -> usize {
    let inner = set.items.iter().map(|item| match &item.node {
        Selection::Field(field) => {
            let arguments = field.node.arguments.iter();
            let arguments = arguments.map(|(_, value)| {
                1 + value_depth(
                    &value
                        .node
                        .clone()
                        .into_const_with(|_| Ok::<_, ()>(Value::Null))
                        .unwrap(),
                )
            });
            selection_depth(&field.node.selection_set.node).max(arguments.max().unwrap_or(0))
        }
        Selection::InlineFragment(fragment) => selection_depth(&fragment.node.selection_set.node),
        Selection::FragmentSpread(_) => 0,
    });
    if set.items.is_empty() {
        0
    } else {
        1 + inner.max().unwrap_or(0)
    }
}

fn value_depth(value: &Value) -> usize {
    match value {
        Value::List(items) => 1 + items.iter().map(value_depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(value_depth).max().unwrap_or(0),
        Value::Null | Value::Number(_) | Value::String(_) | Value::Boolean(_) | Value::Binary(_) | Value::Enum(_) => 0,
    }
}

proptest! {
    #[test]
    fn tokens_and_brackets_are_what_is_counted(text in any_text(), most_tokens in 0..40usize, most_nesting in 0..12usize) {
        let limits = DocumentLimits { tokens: most_tokens, nesting: most_nesting, ..BOUNDLESS };
        let counted = tokens(&text);
        match scan(&text, &limits) {
            Ok(()) => {
                let (tokens, nesting) = counted.expect("block strings are closed");
                prop_assert!(tokens <= most_tokens && nesting <= most_nesting, "{tokens} {nesting}");
            }
            Err(refusal) if refusal.code == Code::LimitExceeded => {
                prop_assert!(counted.is_none_or(|(tokens, nesting)| tokens > most_tokens || nesting > most_nesting));
            }
            Err(refusal) if refusal.code == Code::ParseFailed => prop_assert!(counted.is_none()),
            Err(refusal) => prop_assert_eq!(refusal.code, Code::ValidationFailed),
        }
    }

    /// What the parser is shown is no deeper than the scanner has allowed: it would overflow its stack.
    #[test]
    fn nothing_deeper_than_allowed_reaches_the_parser(literal in any_literal(), most in 1..8usize) {
        for text in [format!("{{a(x:{literal}){{b}}}}"), format!("query($v:T={literal}){{a}}")] {
            let limits = DocumentLimits { nesting: most, ..BOUNDLESS };
            let (scanned, parsed) = (scan(&text, &limits), parse_query(&text));
            if let (Ok(()), Ok(document)) = (&scanned, &parsed) {
                prop_assert!(nesting(document) <= most);
            }
            if let (Err(refusal), Ok(document)) = (&scanned, &parsed) {
                prop_assert_eq!(refusal.code, Code::LimitExceeded);
                prop_assert!(nesting(document) > most, "{} is refused: {:?}", text, refusal);
            }
        }
    }

    #[test]
    fn any_text_gets_a_verdict(text in any_text()) {
        if scan(&text, &DocumentLimits::default()).is_ok()
            && let Ok(document) = parse_query(&text)
        {
            let _ = measure(&document, &DocumentLimits::default());
        }
    }
}

/// A scan that looked back at what it has seen would take minutes for these.
#[test]
fn the_time_of_a_scan_grows_with_its_text() {
    let started = Instant::now();
    for piece in [
        "[",
        "]",
        "{k:",
        "(a:{k:1 ",
        "\"",
        "\"\"",
        "\"\"\"",
        "\\\"\"\"",
        "\"\"\"\\\"\"\"",
        "#",
        "#\n",
        "a ",
        "\"\\",
        "\n",
        "{k:1 k:1",
    ] {
        let text = piece.repeat(1_000_000 / piece.len());
        // Whatever it says.
        let _ = scan(&text, &BOUNDLESS);
    }
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

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

#[derive(Clone, Debug)]
struct Written {
    /// Queries, and mutations.
    operations: Vec<(bool, Vec<Item>)>,
    fragments: Vec<Vec<Item>>,
}

fn any_items() -> impl Strategy<Value = Vec<Item>> {
    let names = prop::sample::select(vec![
        "a",
        "b",
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
    let item = prop_oneof![3 => leaf, 1 => spread].prop_recursive(4, 12, 3, move |inner| {
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

fn any_document() -> impl Strategy<Value = Written> {
    let operations = prop::collection::vec((prop::bool::weighted(0.2), any_items()), 1..3);
    let fragments = prop::collection::vec(any_items(), 0..5);
    (operations, fragments).prop_map(|(operations, fragments)| Written { operations, fragments })
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
    fn text(&self) -> String {
        let operations = self.operations.iter().enumerate().map(|(at, (mutates, items))| {
            let kind = if *mutates { "mutation" } else { "query" };
            format!("{kind} q{at}{}", write(items))
        });
        let fragments = self.fragments.iter().enumerate();
        let fragments = fragments.map(|(at, items)| format!("fragment f{at} on T{}", write(items)));
        operations.chain(fragments).collect::<Vec<_>>().join("\n")
    }

    /// Every field of a selection with those it is inside of, every time that it comes up. Nothing for fragments that
    /// are not there, or inside themselves.
    fn fill(&self, items: &[Item], above: &[&'static str], open: &mut Vec<usize>, into: &mut Filled) -> Option<()> {
        for item in items {
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
                    self.fill(self.fragments.get(*fragment)?, above, open, into)?;
                    open.pop();
                }
            }
        }
        Some(())
    }

    /// What is wrong with it, by looking at everything.
    fn faults(&self, limits: &DocumentLimits) -> Vec<Code> {
        let fragments = self.fragments.iter().enumerate();
        let fragments = fragments.map(|(at, items)| (None, items, vec![at]));
        let operations = self.operations.iter();
        let operations = operations.map(|(mutates, items)| (Some(*mutates), items, vec![]));
        let mut faults = Vec::new();
        for (operation, items, mut open) in fragments.chain(operations) {
            let mut filled = Filled::default();
            match self.fill(items, &[], &mut open, &mut filled) {
                // Which of its faults is met first depends on the way through it.
                None => faults.extend([Code::ValidationFailed, Code::LimitExceeded]),
                Some(()) => faults.extend(filled.faults(operation, limits)),
            }
        }
        faults
    }
}

#[derive(Debug, Default)]
struct Filled {
    paths: Vec<Vec<&'static str>>,
    /// Of the fields at the top.
    keys: Vec<String>,
    aliases: usize,
    directives: usize,
}

impl Filled {
    fn faults(&self, operation: Option<bool>, limits: &DocumentLimits) -> Vec<Code> {
        let reads_schema = |name: &&'static str| ["__schema", "__type"].contains(name);
        let lists = |path: &[&'static str]| {
            let first = path.iter().position(|name| reads_schema(name));
            let below = first.map_or(&[][..], |first| &path[first + 1..]);
            below
                .iter()
                .filter(|name| ["fields", "interfaces"].contains(*name))
                .count()
        };
        let introspections = self
            .paths
            .iter()
            .filter(|path| path.last().is_some_and(|name| reads_schema(name)));
        let over = self.paths.iter().map(Vec::len).max().unwrap_or(0) > limits.depth
            || self.paths.len() > limits.fields
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
        (depth, fields, aliases, root_fields, directives) in (2..7usize, 3..25usize, 1..6usize, 2..6usize, 1..8usize),
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
