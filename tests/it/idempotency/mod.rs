//! A write that is sent again under its `Idempotency-Key` is done once, and answered alike.

mod graphql;
mod process;
mod rest;
mod retention;
mod waiting;

use serde_json::{Value, json};

use crate::harness::{Answer, Case, TestApp};

pub fn cases() -> Vec<Case> {
    let parts = [
        graphql::cases(),
        process::cases(),
        rest::cases(),
        retention::cases(),
        waiting::cases(),
    ];
    parts.into_iter().flatten().collect()
}

const KEY: &str = "idempotency-key";

/// As many as the issue asks for.
const CLIENTS: usize = 100;

fn is_replay(answer: &Answer) -> bool {
    answer.header("idempotent-replayed") == Some("true")
}

/// A form that makes a lead each time it is posted without a key.
fn form(app: &TestApp, name: &str) -> Value {
    json!({"projectId": app.home.project.public_id, "userData": {"firstName": name}})
}

async fn count(app: &TestApp, table: &str) -> i64 {
    app.number(&format!("SELECT count(*) FROM {table}")).await
}
