//! The scanner against texts full of brackets, quotes and comments: what it counts is what a simpler and slower look counts,
//! and what the parser finds.

use std::time::Duration;

use async_graphql::Value;
use async_graphql::parser::parse_query;
use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use proptest::prelude::*;

use crate::graphql::error::Code;
use crate::graphql::guard::{DocumentLimits, measure, scan};

use super::BOUNDLESS;

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

/// What this thread has worked so far, whatever else the machine does.
fn worked() -> Duration {
    let schedstat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let nanoseconds = schedstat.split(' ').next().unwrap();
    Duration::from_nanos(nanoseconds.parse().unwrap())
}

/// A scan that looked back at what it has seen would take minutes for these.
#[test]
fn the_time_of_a_scan_grows_with_its_text() {
    let before = worked();
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
    let spent = worked() - before;
    assert!(spent < Duration::from_secs(20), "{spent:?}");
}
