//! Bytes, tokens, brackets and object literals of a text that may be anything.

use std::collections::HashSet;
use std::ops::Range;

use async_graphql::Pos;

use super::{DocumentLimits, Refusal};
use crate::graphql::error::Code;

/// Bytes of a name or a number, at most. What is misspelt is compared with every name of its place.
const MAX_WORD: usize = 255;

/// Counts bytes, tokens and nested brackets in one pass over the text, without recursion.
///
/// # Errors
/// The first limit that the text breaks. A text that is no GraphQL passes: the parser says it better.
pub fn scan(text: &str, limits: &DocumentLimits) -> Result<(), Refusal> {
    if text.len() > limits.bytes {
        let limit = limits.bytes;
        return Err(Refusal::limit(format!("The document is longer than {limit} bytes")));
    }
    let bytes = text.as_bytes();
    let (mut at, mut tokens, mut nesting) = (0, 0usize, 0usize);
    let mut literals = Literals::default();
    while let Some(&byte) = bytes.get(at) {
        let next = match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b',' => {
                at += 1;
                continue;
            }
            b'#' => {
                at = end_of_line(bytes, at);
                continue;
            }
            b'"' => end_of_string(bytes, at).ok_or_else(unterminated)?,
            b'(' | b'[' | b'{' => {
                nesting += 1;
                at + 1
            }
            b')' | b']' | b'}' => {
                nesting = nesting.saturating_sub(1);
                at + 1
            }
            _ if is_word(byte) => end_of_word(bytes, at)?,
            _ => at + 1,
        };
        literals.token(text, at..next)?;
        at = next;
        tokens += 1;
        if nesting > limits.nesting {
            let limit = limits.nesting;
            let message = format!("The document is nested more than {limit} levels deep");
            return Err(Refusal::limit(message));
        }
        if tokens > limits.tokens {
            let limit = limits.tokens;
            return Err(Refusal::limit(format!("The document has more than {limit} tokens")));
        }
    }
    Ok(())
}

/// Finds members that an object literal has twice: the parser would keep the last and say nothing.
#[derive(Default)]
struct Literals<'t> {
    /// What is open: object literals with the members they have so far, or anything else.
    open: Vec<Option<HashSet<&'t str>>>,
    /// Parentheses among them. Braces inside of one are object literals, others are selections.
    parentheses: usize,
    /// Where the token before this one stands.
    last: Range<usize>,
}

impl<'t> Literals<'t> {
    fn token(&mut self, text: &'t str, at: Range<usize>) -> Result<(), Refusal> {
        match text.as_bytes()[at.start] {
            b'(' => {
                self.parentheses += 1;
                self.open.push(None);
            }
            b'{' if self.parentheses > 0 => self.open.push(Some(HashSet::new())),
            b'[' | b'{' => self.open.push(None),
            closing @ (b')' | b']' | b'}') => {
                self.parentheses = self.parentheses.saturating_sub(usize::from(closing == b')'));
                self.open.pop();
            }
            b':' => self.member(text)?,
            _ => {}
        }
        self.last = at;
        Ok(())
    }

    /// The last token has turned out to be a name.
    fn member(&mut self, text: &'t str) -> Result<(), Refusal> {
        let name = text.get(self.last.clone()).unwrap_or_default();
        let Some(Some(members)) = self.open.last_mut() else {
            return Ok(());
        };
        if members.insert(name) {
            return Ok(());
        }
        let message = format!("There can be only one input field named \"{name}\"");
        Err(Refusal::invalid(message, position(text, self.last.start)))
    }
}

fn position(text: &str, at: usize) -> Pos {
    let before = text.get(..at).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    Pos {
        line: before.matches('\n').count() + 1,
        column: line.chars().count() + 1,
    }
}

/// Letters, digits and what numbers are made of; bytes beyond ASCII stand in strings and comments only, and the parser
/// refuses them elsewhere.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'+')
}

fn end_of_word(bytes: &[u8], start: usize) -> Result<usize, Refusal> {
    let rest = bytes.iter().skip(start);
    let length = rest.take_while(|byte| is_word(**byte)).count();
    if length > MAX_WORD {
        let message = format!("The document has a name or number of more than {MAX_WORD} characters");
        return Err(Refusal::limit(message));
    }
    Ok(start + length)
}

fn end_of_line(bytes: &[u8], start: usize) -> usize {
    let rest = bytes.iter().skip(start);
    start + rest.take_while(|byte| !matches!(**byte, b'\n' | b'\r')).count()
}

/// The place after a string or block string. A string that is not closed ends with its line, where the parser gives
/// up. Nothing for an open block string: the parser would read it as an empty string and go on behind it, into brackets
/// that this scan takes for text.
fn end_of_string(bytes: &[u8], start: usize) -> Option<usize> {
    let block = bytes[start..].starts_with(b"\"\"\"");
    let mut at = start + if block { 3 } else { 1 };
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if !block => at += 2,
            b'\\' if bytes[at..].starts_with(b"\\\"\"\"") => at += 4,
            b'"' if !block => return Some(at + 1),
            b'"' if bytes[at..].starts_with(b"\"\"\"") => return Some(at + 3),
            b'\n' | b'\r' if !block => return Some(at),
            _ => at += 1,
        }
    }
    (!block).then_some(bytes.len())
}

fn unterminated() -> Refusal {
    Refusal {
        code: Code::ParseFailed,
        message: "Syntax Error: a block string is not closed".into(),
        at: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: DocumentLimits = DocumentLimits {
        bytes: 200_000,
        tokens: 1_000,
        nesting: 5,
        depth: 0,
        fields: 0,
        aliases: 0,
        root_fields: 0,
        directives: 0,
    };

    #[test]
    fn brackets_count_only_where_they_are_brackets() {
        let deep = "[".repeat(50);
        for text in [
            "{ a(x: [{ y: [1] }]) }".to_owned(),
            format!("{{ a(x: \"{deep}\") }}"),
            format!("{{ a(x: \"\\\"{deep}\") }}"),
            format!("{{ a(x: \"\\\\\") }} # {deep}"),
            format!("{{ a(x: \"\"\"{deep}\"\"\") }}"),
            format!("{{ a(x: \"\"\" \\\"\"\" \" {deep} \"\"\") }}"),
            format!("{{ a(x: \"\"\"\" {deep} \"\"\") }}"),
            format!("# {deep}\n{{ a }}"),
            "{a}{b}{c}{d}{e}{f}{g}".to_owned(),
            "{ a(x: \"\") b(y: \"\"\"\"\"\") }".to_owned(),
        ] {
            assert_eq!(scan(&text, &LIMITS), Ok(()), "{text}");
        }
        for text in [
            format!("{{ a(x: {deep}"),
            format!("{{ a(x: \"\") {deep}"),
            format!("{{ a(x: \"\\\\\") {deep}"),
            format!("{{ a(x: \"\"\"\"\"\") {deep}"),
            format!("# comment\r{{ a {deep}"),
            // A string ends with its line, closed or not: what follows counts.
            format!("{{ a(x: \"open\n {deep}"),
            format!("{{ a(x: {}", "{k:".repeat(50)),
            "({".repeat(50),
        ] {
            let refused = scan(&text, &LIMITS).expect_err(&text);
            assert!(refused.message.contains("nested more than 5"), "{text}: {refused:?}");
        }
    }

    #[test]
    fn nesting_of_any_size_is_refused_without_recursion() {
        let limits = DocumentLimits::default();
        for levels in [500, 8_000, 100_000] {
            for open in ["[", "{k:"] {
                let text = format!("{{a(x:{}", open.repeat(levels));
                assert!(scan(&text, &limits).is_err(), "{open} {levels}");
            }
        }
    }

    #[test]
    fn a_bracket_closes_one_level() {
        // Each pair leaves the text as deep as it was.
        let closing = |closed: usize| format!("{{ a(x: [[{}[[ ", "[] ".repeat(closed));
        assert!(scan(&closing(0).replace("[[ ", "["), &LIMITS).is_ok());
        for closed in [1, 2, 7] {
            let refused = scan(&closing(closed), &LIMITS).expect_err("six levels");
            assert_eq!(refused.code, Code::LimitExceeded);
        }
    }

    #[test]
    fn tokens_and_bytes_are_counted() {
        assert!(scan(&"a ".repeat(1_000), &LIMITS).is_ok());
        assert!(scan(&"a ".repeat(1_001), &LIMITS).is_err());
        assert!(scan(&"!".repeat(1_001), &LIMITS).is_err());
        assert!(scan(&"ab.5e-3 ".repeat(1_000), &LIMITS).is_ok());
        assert!(scan(&"a".repeat(MAX_WORD), &LIMITS).is_ok());
        let long = "a".repeat(MAX_WORD + 1);
        assert_eq!(scan(&long, &LIMITS).unwrap_err().code, Code::LimitExceeded);
        assert!(scan(&format!("{{ a(x: \"{long}\") }}"), &LIMITS).is_ok(), "a text");
        assert!(scan(&" ".repeat(200_001), &LIMITS).is_err());
        assert!(scan("\"", &LIMITS).is_ok());
        assert_eq!(scan("{ a(x: [\"\"\" \" [[[[", &LIMITS), Err(unterminated()));
        assert!(scan("\"\\", &LIMITS).is_ok());
        assert!(scan("{ a(x: \"é\") }", &LIMITS).is_ok());
    }

    #[test]
    fn members_of_an_object_are_given_once() {
        let limits = DocumentLimits::default();
        for text in [
            "{ a(x: {k: 1, l: {k: 1}, m: [{k: 1}, {k: k}]}) k: b(k: {k: $k}) k: c { k: d k: e } }",
            "query($k: X = {k: 1}, $l: X = {k: \"k: k:\"}) { a @b(k: {k: {}}, l: {k: 1}) }",
            "{ a(x: {k: 1}, y: {k: 1}) { k: b } }",
        ] {
            assert_eq!(scan(text, &limits), Ok(()), "{text}");
        }
        for text in [
            "{ a(x: {k: 1, k: 1}) }",
            "{ a(x: {k: {k: 1}, l: [1 2] k\n: 1}) }",
            "query($v: X = {k: 1, k: 2}) { a }",
            "{ a(x: [{l: 1}, {k: \"\" #k\n k : {}}]) }",
        ] {
            let refused = scan(text, &limits).expect_err(text);
            assert_eq!(refused.code, Code::ValidationFailed, "{text}");
            assert!(refused.message.contains("\"k\""), "{text}: {refused:?}");
        }
        let at = scan("{\n a(x: {k: 1,\n  k: 1}) }", &limits).unwrap_err().at.unwrap();
        assert_eq!((at.line, at.column), (3, 3));
    }
}
