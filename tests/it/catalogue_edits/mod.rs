//! Edits of what a workspace defines, through GraphQL: versions, conflicts, archives.

mod all;
mod fields;
mod partnerships;
mod people;
mod tags;

use serde_json::{Value, json};

use crate::harness::app::Graphql;
use crate::harness::{Case, TestApp, Workspace};

pub fn cases() -> Vec<Case> {
    [
        all::cases(),
        fields::cases(),
        partnerships::cases(),
        people::cases(),
        tags::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Someone who edits.
pub struct Editor<'a>(Graphql<'a>);

impl<'a> Editor<'a> {
    /// A program of home that reads and writes.
    pub fn of(app: &'a TestApp) -> Self {
        Self(app.with_key(&app.home.key))
    }

    pub fn owner(app: &'a TestApp) -> Self {
        Self(app.as_owner())
    }

    pub fn with(app: &'a TestApp, token: &str) -> Self {
        Self(app.with_token(token))
    }

    /// The payload of one mutation, `call(input: …) { SELECTION }`.
    pub async fn edit(&self, call: &str, input: Value, selection: &str) -> Value {
        let name = format!("{}{}Input", call[..1].to_uppercase(), &call[1..]);
        let operation = format!("mutation($input: {name}!) {{ payload: {call}(input: $input) {{ {selection} }} }}");
        self.0.data(&operation, json!({"input": input})).await["payload"].clone()
    }
}

/// What changed in the events of a kind in home, oldest first.
pub async fn changes(app: &TestApp, kind: &str) -> Vec<Value> {
    changes_in(app, &app.home, kind).await
}

pub async fn changes_in(app: &TestApp, workspace: &Workspace, kind: &str) -> Vec<Value> {
    let sql = format!(
        "SELECT changes FROM events WHERE workspace_id = {} AND event_type = '{kind}' ORDER BY position",
        workspace.id()
    );
    let rows = app.rows(&sql).await;
    rows.into_iter()
        .map(|mut row| row["changes"]["fields"].take())
        .collect()
}

pub fn id_of<'a>(mut things: impl Iterator<Item = (&'a str, &'a String)>, node: &str) -> String {
    let found = things.find(|(name, _)| *name == node);
    found.unwrap_or_else(|| panic!("there is no {node}")).1.clone()
}
