//! The event log, seen by those who read it: the change feed, subscriptions, histories, the audit log, notifications.

mod feed;
mod fold;
mod history;
mod listener;
mod load;
mod notifications;
mod once;
mod streams;

use serde_json::{Value, json};

use crate::harness::{Case, TestApp};

pub fn cases() -> Vec<Case> {
    let parts = [
        feed::cases(),
        fold::cases(),
        history::cases(),
        load::cases(),
        notifications::cases(),
        once::cases(),
        streams::cases(),
    ];
    parts.into_iter().flatten().collect()
}

/// What tells events apart: what happened to what.
type Told = (String, String);

/// The events about leads of a workspace, as the table has them.
async fn log(app: &TestApp, workspace: i64) -> Vec<Told> {
    let sql = format!(
        "SELECT event_type, subject_uuid FROM events WHERE workspace_id = {workspace} AND lead_id IS NOT NULL
         ORDER BY position"
    );
    let told = |row: Value| {
        let kind = row["event_type"].as_str().unwrap().replace('.', "_").to_uppercase();
        (kind, row["subject_uuid"].as_str().unwrap().to_owned())
    };
    app.rows(&sql).await.into_iter().map(told).collect()
}

fn told(event: &Value) -> Told {
    (text(&event["type"]), text(&event["subjectUuid"]))
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no text"))
        .to_owned()
}

/// A lead of home's project through LeadTrackr's route; its number.
async fn web_lead(app: &TestApp, name: &str) -> i64 {
    let form = json!({"projectId": app.home.project.public_id, "userData": {"firstName": name}});
    let answer = app.leadtrackr().post(&form).await.expect(201);
    answer.json()["leadId"].as_i64().unwrap()
}

/// The lead's id by its number.
async fn lead_id(app: &TestApp, number: i64) -> String {
    let query = format!("{{ lead(by: {{ legacyId: {number} }}) {{ id }} }}");
    text(&app.as_owner().data(&query, json!({})).await["lead"]["id"])
}

/// Where home's log ends.
async fn end(app: &TestApp) -> String {
    text(&app.as_owner().data("{ events(first: 1) { end } }", json!({})).await["events"]["end"])
}
