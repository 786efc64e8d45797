//! Whoever comes while the first is at work waits for it, and not for ever.

use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, DatabaseTransaction, SqliteTransactionMode, TransactionOptions, TransactionTrait};
use serde_json::json;

use super::{KEY, count, form, is_replay};
use crate::harness::{Backend, Case, Subject, TestApp, TestDatabase, both, on_postgres};

pub fn cases() -> Vec<Case> {
    vec![
        both(who_waits_too_long_is_told_that_it_is_being_done),
        both(who_waits_gets_the_answer_of_the_first),
        on_postgres(what_another_instance_is_at_is_waited_for),
    ]
}

/// A server whose clients do not wait long.
struct Impatient(TestApp);

const WAIT: Duration = Duration::from_millis(600);

impl Subject for Impatient {
    async fn set_up(backend: Backend) -> Self {
        Self(TestApp::with(backend, |config| config.idempotency_wait = WAIT).await)
    }
}

/// Keeps every write from its commit.
async fn hold(db: &TestDatabase) -> DatabaseTransaction {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..Default::default()
    };
    let held = db.connection().begin_with_options(options).await.unwrap();
    if db.backend == Backend::Postgres {
        let counters = "SELECT * FROM workspace_counters FOR UPDATE";
        held.execute_unprepared(counters).await.unwrap();
    }
    held
}

async fn who_waits_too_long_is_told_that_it_is_being_done(app: Impatient) {
    let app = app.0;
    // The key and the project are known before anything is held.
    app.leadtrackr().post(&form(&app, "first")).await.expect(201);
    let held = hold(&app.db).await;
    let route = app.leadtrackr().header(KEY, "k");
    let body = form(&app, "Ada");
    let later = async {
        // The first has begun by then.
        tokio::time::sleep(Duration::from_millis(500)).await;
        let asked = Instant::now();
        let refused = route.post(&body).await.expect(409);
        assert!(asked.elapsed() >= WAIT);
        let sentence = "A request with this Idempotency-Key is still being processed";
        assert_eq!(refused.json(), json!({ "message": sentence }));
        let call = format!(
            r#"mutation {{ createServerSideLead(input: {{ projectId: "{}", userData: {{ firstName: "Ada" }} }}) {{ outcome }} }}"#,
            app.home.project.public_id
        );
        let graphql = app.with_key(&app.home.key).header(KEY, "k");
        let refused = graphql.graphql(&call, json!({})).await.expect(409);
        assert_eq!(refused.code(), "IDEMPOTENCY_IN_PROGRESS");
        assert!(refused.json().get("data").is_none(), "{}", refused.text);
        held.rollback().await.unwrap();
    };
    let (first, ()) = tokio::join!(route.post(&body), later);
    assert!(!is_replay(&first.expect(201)));
    assert!(is_replay(&route.post(&body).await.expect(201)));
    assert_eq!(count(&app, "leads").await, 2);
}

async fn who_waits_gets_the_answer_of_the_first(app: TestApp) {
    app.leadtrackr().post(&form(&app, "first")).await.expect(201);
    let held = hold(&app.db).await;
    let route = app.leadtrackr().header(KEY, "k");
    let body = form(&app, "Ada");
    let release = async {
        tokio::time::sleep(Duration::from_millis(400)).await;
        held.rollback().await.unwrap();
    };
    let (one, other, ()) = tokio::join!(route.post(&body), route.post(&body), release);
    assert_eq!((one.status, &one.text), (201, &other.text));
    assert!(is_replay(&one) != is_replay(&other));
}

async fn what_another_instance_is_at_is_waited_for(app: Impatient) {
    let app = app.0;
    let body = form(&app, "Ada");
    let route = app.leadtrackr().header(KEY, "k");
    // Rows as another instance inserts them, for the same caller.
    route.post(&body).await.expect(201);
    let row =
        "INSERT INTO idempotency_keys (workspace_id, caller_uuid, key, operation, command_hash, outcome, created_at)
        SELECT workspace_id, caller_uuid, 'other', operation, command_hash, outcome, created_at FROM idempotency_keys";
    let other = app.leadtrackr().header(KEY, "other");

    let begun = app.db.connection().begin().await.unwrap();
    begun.execute_unprepared(row).await.unwrap();
    let asked = Instant::now();
    other.post(&body).await.expect(409);
    assert!(asked.elapsed() >= WAIT);

    let commit = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        begun.commit().await.unwrap();
    };
    let (waited, ()) = tokio::join!(other.post(&body), commit);
    assert!(is_replay(&waited.expect(201)));
    other.post(&form(&app, "Bob")).await.expect(422);
    assert_eq!(count(&app, "leads").await, 1);

    app.db.execute("DELETE FROM idempotency_keys WHERE key = 'other'").await;
    let begun = app.db.connection().begin().await.unwrap();
    begun.execute_unprepared(row).await.unwrap();
    let give_up = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        begun.rollback().await.unwrap();
    };
    let (waited, ()) = tokio::join!(other.post(&body), give_up);
    assert!(!is_replay(&waited.expect(201)));
    assert_eq!(count(&app, "leads").await, 2);
}
