//! Rows that the doors would not make so: values are bound, so that they are stored as the server stores them.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, Statement, Value};
use uuid::Uuid;

use crate::harness::TestApp;

pub fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Sets one column of a lead.
pub async fn set(app: &TestApp, lead_id: i64, column: &str, value: impl Into<Value>) {
    let sql = format!("UPDATE leads SET {column} = $1 WHERE id = $2");
    run(app, &sql, vec![value.into(), lead_id.into()]).await;
}

/// Inserts a row into a table of home.
pub async fn insert(app: &TestApp, table: &str, row: Vec<(&str, Value)>) {
    let mut row = row;
    row.push(("workspace_id", app.home.id().into()));
    let (columns, values): (Vec<&str>, Vec<Value>) = row.into_iter().unzip();
    let places: Vec<String> = (1..=values.len()).map(|place| format!("${place}")).collect();
    let sql = format!(
        "INSERT INTO {table} ({}) VALUES ({})",
        columns.join(", "),
        places.join(", ")
    );
    run(app, &sql, values).await;
}

async fn run(app: &TestApp, sql: &str, values: Vec<Value>) {
    let connection = app.db.connection();
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), sql, values);
    connection
        .execute_raw(statement)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// Puts so many new tags on a lead.
pub async fn add_tags(app: &TestApp, lead_id: i64, count: i64) {
    let now = Utc::now();
    for number in 0..count {
        let id = 1_000_000 + number;
        let label = format!("tag {number}");
        let row = vec![
            ("id", id.into()),
            ("uuid", Uuid::now_v7().into()),
            ("label", label.clone().into()),
            ("label_folded", label.into()),
            ("association", "lead".into()),
            ("background_color", "#000000".into()),
            ("text_color", "#FFFFFF".into()),
            ("version", 1_i64.into()),
            ("created_at", now.into()),
            ("updated_at", now.into()),
        ];
        insert(app, "tags", row).await;
        insert(
            app,
            "lead_tags",
            vec![("lead_id", lead_id.into()), ("tag_id", id.into())],
        )
        .await;
    }
}
