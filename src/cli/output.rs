//! How results are printed: JSON for programs; for people, lines of name and value, or a table.

use std::io::Write;

use serde::Serialize;
use serde_json::Value;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Output {
    Text,
    Json,
}

impl Output {
    pub(super) fn print(self, result: &impl Serialize) {
        let value = serde_json::to_value(result).unwrap_or_default();
        let text = match self {
            Self::Json => format!("{value:#}\n"),
            Self::Text => text(&value),
        };
        write(&text);
    }
}

/// A reader that has gone away, as `head` does, is no fault of ours.
pub(super) fn write(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn text(value: &Value) -> String {
    match value {
        Value::Array(rows) => table(rows),
        other => lines(&flat(other)),
    }
}

fn lines(members: &[(String, String)]) -> String {
    let width = members.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let line = |(name, value): &(String, String)| format!("{name:width$}  {value}\n");
    members.iter().map(line).collect()
}

fn table(rows: &[Value]) -> String {
    let rows: Vec<Vec<(String, String)>> = rows.iter().map(flat).collect();
    let Some(first) = rows.first() else {
        return "none\n".into();
    };
    let head: Vec<&str> = first.iter().map(|(name, _)| name.as_str()).collect();
    let cells = rows
        .iter()
        .map(|row| row.iter().map(|(_, value)| value.as_str()).collect());
    let all: Vec<Vec<&str>> = std::iter::once(head).chain(cells).collect();
    let width = |column: usize| all.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..first.len()).map(width).collect();
    let line = |row: &Vec<&str>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    all.iter().map(line).collect()
}

/// Members of members get dotted names. A record prints all its members, so all rows of a table have the same columns.
fn flat(value: &Value) -> Vec<(String, String)> {
    let Value::Object(members) = value else {
        return vec![(String::new(), word(value))];
    };
    let mut found = Vec::new();
    for (name, member) in members {
        if member.is_object() {
            let inner = flat(member).into_iter();
            found.extend(inner.map(|(inner, value)| (format!("{name}.{inner}"), value)));
        } else {
            found.push((name.clone(), word(member)));
        }
    }
    found
}

fn word(value: &Value) -> String {
    match value {
        Value::Null => "-".into(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(word).collect::<Vec<_>>().join(","),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn records_print_as_lines_and_lists_as_tables() {
        let record = json!({ "workspace": { "id": 1, "name": "Acme" }, "token": "t" });
        assert_eq!(
            text(&record),
            "token           t\nworkspace.id    1\nworkspace.name  Acme\n"
        );
        let rows = json!([{ "a": "x", "b": null }, { "a": "long", "b": ["read", "write"] }]);
        assert_eq!(text(&rows), "a     b\nx     -\nlong  read,write\n");
        assert_eq!(text(&json!([])), "none\n");
    }
}
