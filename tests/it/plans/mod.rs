//! Plans: what a front end asks for is answered through indexes, on the data and with the questions of
//! `benches/million`, only fewer leads.

#[allow(dead_code, reason = "tests make no use of the command line")]
#[path = "../../../benches/million/catalogue.rs"]
mod catalogue;
#[allow(dead_code, reason = "tests make no use of the command line")]
#[path = "../../../benches/million/dice.rs"]
mod dice;
#[allow(dead_code, reason = "tests make no use of the command line")]
#[path = "../../../benches/million/fill.rs"]
mod fill;
#[path = "../../../benches/million/leads.rs"]
mod leads;
#[allow(dead_code, reason = "tests measure no time")]
#[path = "../../../benches/million/measure.rs"]
mod measure;
#[path = "../../../benches/million/rows.rs"]
mod rows;
#[allow(dead_code, reason = "some questions have no variables")]
#[path = "../../../benches/million/workloads.rs"]
mod workloads;

use fill::Progress;
use measure::Door;
use sea_orm::{ConnectionTrait, Statement, TransactionTrait};
use serde_json::json;

use crate::harness::{Backend, Case, TestApp, both, heavy};

pub fn cases() -> Vec<Case> {
    vec![both(no_question_of_a_front_end_reads_all_leads)]
}

async fn no_question_of_a_front_end_reads_all_leads(app: TestApp) {
    let count = if heavy() { 200_000 } else { 20_000 };
    let places = fill::fill_target(app.db.target(), count, Progress::Hidden)
        .await
        .unwrap();
    let door = Door::new(&app.url(""), &places[0].key).unwrap();
    let known = door.learn().await.unwrap();
    let sent = app.services().database().watch();
    let mut looked_at = 0;
    let mut bad = Vec::new();
    for workload in workloads::workloads(&known) {
        door.ask(&workload.query, &json!({}))
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", workload.name));
        for statement in sent.try_iter().filter(|statement| statement.sql.starts_with("SELECT")) {
            looked_at += 1;
            let plan = plan(&app, statement.clone()).await;
            // Who counts nine tenths of the rows is better served by reading the table, and PostgreSQL knows that.
            let may_scan = app.db.backend == Backend::Postgres && workload.name.contains("all");
            let may_walk = workload.name.contains("all");
            let reads_all = !may_scan && plan.iter().any(|line| reads_all_leads(line));
            if reads_all || !may_walk && plan.iter().any(|line| reads_all_parts(line)) {
                bad.push(format!("{}\n{}\n{}", workload.name, statement.sql, plan.join("\n")));
            }
        }
    }
    assert!(looked_at >= 30, "{looked_at} statements");
    assert!(bad.is_empty(), "{}", bad.join("\n\n"));
}

async fn plan(app: &TestApp, mut statement: Statement) -> Vec<String> {
    let (explain, column) = match app.db.backend {
        Backend::Sqlite => ("EXPLAIN QUERY PLAN ", "detail"),
        Backend::Postgres => ("EXPLAIN ", "QUERY PLAN"),
    };
    statement.sql = format!("{explain}{}", statement.sql);
    let tx = app.db.connection().begin().await.unwrap();
    if app.db.backend == Backend::Postgres {
        // As on an SSD. By default PostgreSQL would rather read a small table than jump in it some hundred times.
        tx.execute_unprepared("SET LOCAL random_page_cost = 1.1").await.unwrap();
    }
    let rows = tx.query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get("", column).unwrap()).collect()
}

fn reads_all_leads(line: &str) -> bool {
    let mut words = line
        .split_whitespace()
        .skip_while(|word| *word != "SCAN" && *word != "Seq");
    let scan: Vec<&str> = words.by_ref().take(4).collect();
    match scan.as_slice() {
        ["SCAN", "leads", ..] => true,
        ["Seq", "Scan", "on", table] => *table == "leads",
        _ => false,
    }
}

/// SQLite: an index of what hangs on leads, of which only the workspace is used.
fn reads_all_parts(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        ["SEARCH", table, "USING", .., "(workspace_id=?)"] => {
            table.starts_with("lead_") || table.starts_with("partnership_lead")
        }
        _ => false,
    }
}
