//! An endpoint that is dead costs little, and those who write nothing.

use std::time::Duration;

use serde_json::json;

use super::receiver::{Receiver, Reply};
use super::{endpoint, post_lead};
use crate::crash::{Access, bootstrap};
use crate::harness::binary::command;
use crate::harness::{Binary, Case, TestApp, TestDatabase, both, heavy};

pub fn cases() -> Vec<Case> {
    vec![
        both(a_write_costs_the_same_statements_with_endpoints),
        both(a_dead_endpoint_costs_bounded_memory_and_little_work),
    ]
}

async fn dead() -> Receiver {
    let never = || Reply {
        delay: Duration::from_secs(3600),
        ..Reply::status(200)
    };
    Receiver::start(move |_, _| never()).await
}

async fn a_write_costs_the_same_statements_with_endpoints(app: TestApp) {
    let receiver = dead().await;
    // The least of some: every few seconds a key is learnt anew.
    let cost = async |name: &str| {
        let mut least = u64::MAX;
        for nth in 0..4 {
            let before = app.statements();
            post_lead(&app, &format!("{name}{nth}"), "Ada").await;
            least = least.min(app.statements() - before);
        }
        least
    };
    let without = cost("without").await;
    for _ in 0..3 {
        endpoint(&app, &receiver, json!({})).await;
    }
    assert_eq!(cost("with").await, without);
}

/// Settings under which the receivers of these tests are reached.
pub fn serving(db: &TestDatabase) -> std::process::Command {
    let mut command = command(db, &["serve"]);
    command
        .env("LEADGRAPH_WEBHOOK_ALLOWED_NETWORKS", "127.0.0.0/8")
        .env("LEADGRAPH_WEBHOOK_HTTP", "on")
        .env("LEADGRAPH_WEBHOOK_TIMEOUT_SECONDS", "1")
        .env("LEADGRAPH_WEBHOOK_RETRY", vec!["20ms"; 16].join(","));
    command
}

/// Makes an endpoint of a server that is a process; gives back its secret.
pub async fn make_endpoint(server: &Binary, access: &Access, url: &str, style: &str) -> String {
    let query = format!(
        r#"mutation {{ createWebhookEndpoint(input: {{ label: "W", url: "{url}", style: {style} }}) {{
            secret userErrors {{ message }} }} }}"#
    );
    let bearer = format!("Bearer {}", access.token);
    let answer = server
        .post("/graphql", ("authorization", &bearer), &json!({"query": query}))
        .await;
    let secret = answer.data()["createWebhookEndpoint"]["secret"]
        .as_str()
        .map(str::to_owned);
    secret.unwrap_or_else(|| panic!("{}", answer.text))
}

async fn a_dead_endpoint_costs_bounded_memory_and_little_work(db: TestDatabase) {
    let leads = if heavy() { 20_000 } else { 300 };
    let access = bootstrap(&db);
    let server = Binary::start(serving(&db)).await;
    let create = |name| access.work_of_leads(&server, name, leads);
    create("warm").await;
    let without = create("without").await;
    let before = server.resident();
    let receiver = dead().await;
    make_endpoint(&server, &access, &receiver.url(), "STANDARD").await;
    let with = create("with").await;
    let grown = server.resident().saturating_sub(before);
    eprintln!("{leads} leads: {without} hundredths of a second without, {with} with; {grown} bytes more");
    // The same, and what it takes to note each delivery down; a busy machine measures roughly.
    assert!(with <= 5 * without.max(20), "{with} against {without}");
    assert!(grown < 64 * 1024 * 1024, "{grown} bytes");
    assert!(db.number("SELECT count(*) FROM webhook_deliveries").await > 0);
}
