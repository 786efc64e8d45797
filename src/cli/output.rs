//! How results are printed: JSON for programs; for people, lines of name and value, or a table.

use std::io::Write;

use serde::Serialize;
use serde_json::Value;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Output {
    Text,
    Json,
}

/// Names and values in the order in which they are read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record(Vec<(&'static str, Value)>);

impl Record {
    pub(super) fn new<const N: usize>(members: [(&'static str, Value); N]) -> Self {
        Self(members.into())
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.0.push((name, value.into()));
        self
    }

    /// Members of members get dotted names.
    fn cells(&self) -> Vec<(String, String)> {
        let mut cells = Vec::new();
        for (name, value) in &self.0 {
            match value {
                Value::Object(members) => {
                    let inner = members
                        .iter()
                        .map(|(inner, value)| (format!("{name}.{inner}"), word(value)));
                    cells.extend(inner);
                }
                other => cells.push(((*name).to_owned(), word(other))),
            }
        }
        cells
    }
}

impl Serialize for Record {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl Output {
    pub(super) fn print(self, record: &Record) {
        match self {
            Self::Json => json(record),
            Self::Text => write(&lines(&record.cells())),
        }
    }

    pub(super) fn print_all(self, records: &[Record]) {
        match self {
            Self::Json => json(&records),
            Self::Text => write(&table(records)),
        }
    }
}

pub(super) fn json(value: &impl Serialize) {
    let text = serde_json::to_string_pretty(value).expect("names are strings and nothing here can fail to serialise");
    write(&format!("{text}\n"));
}

/// A reader that has gone away, as `head` does, is no fault of ours.
pub(super) fn write(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn lines(members: &[(String, String)]) -> String {
    let width = members.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let line = |(name, value): &(String, String)| format!("{name:width$}  {value}\n");
    members.iter().map(line).collect()
}

/// All records of a table have the same members.
fn table(records: &[Record]) -> String {
    let rows: Vec<Vec<(String, String)>> = records.iter().map(Record::cells).collect();
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
        let record = Record::new([("workspace", json!({ "id": 1, "name": "Acme" })), ("token", json!("t"))]);
        assert_eq!(
            lines(&record.cells()),
            "workspace.id    1\nworkspace.name  Acme\ntoken           t\n"
        );
        let row = |b, a| Record::new([("b", b), ("a", a)]);
        let rows = [
            row(json!("x"), json!(null)),
            row(json!("long"), json!(["read", "write"])),
        ];
        assert_eq!(table(&rows), "b     a\nx     -\nlong  read,write\n");
        assert_eq!(table(&[]), "none\n");
    }

    #[test]
    fn programs_get_the_same_order() {
        let record = Record::new([("b", json!(1)), ("a", json!(2))]);
        assert_eq!(serde_json::to_string(&record).expect("a record"), r#"{"b":1,"a":2}"#);
    }
}
