//! Edits of what a workspace defines, through GraphQL: versions, conflicts, archives.

mod tags;

use serde_json::{Value, json};

use crate::harness::{Case, TestApp};

pub fn cases() -> Vec<Case> {
    [tags::cases()].into_iter().flatten().collect()
}

/// Someone of home who edits.
pub struct Editor<'a> {
    app: &'a TestApp,
    key: &'a str,
}

impl<'a> Editor<'a> {
    pub fn of(app: &'a TestApp) -> Self {
        Self {
            app,
            key: &app.home.key,
        }
    }

    /// The payload of one mutation, `call(input: …) { SELECTION }`.
    pub async fn edit(&self, call: &str, input: Value, selection: &str) -> Value {
        let name = format!("{}{}Input", call[..1].to_uppercase(), &call[1..]);
        let operation = format!("mutation($input: {name}!) {{ payload: {call}(input: $input) {{ {selection} }} }}");
        let data = self
            .app
            .with_key(self.key)
            .data(&operation, json!({"input": input}))
            .await;
        data["payload"].clone()
    }
}

/// The events of a kind in home, oldest first, each with what changed.
pub async fn changes(app: &TestApp, kind: &str) -> Vec<Value> {
    let sql = format!(
        "SELECT changes FROM events WHERE workspace_id = {} AND event_type = '{kind}' ORDER BY position",
        app.home.id()
    );
    let rows = app.rows(&sql).await;
    rows.into_iter().map(|mut row| row["changes"].take()).collect()
}
