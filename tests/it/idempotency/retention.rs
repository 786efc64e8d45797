//! What is too old to count is forgotten, and so are the bodies that leads came with.

use std::time::Duration;

use leadgraph::domain::op::Op;
use leadgraph::domain::retention::{self, Swept};

use super::{KEY, count, form, is_replay};
use crate::harness::{Backend, Case, Subject, TestApp, both};

pub fn cases() -> Vec<Case> {
    vec![
        both(a_key_is_free_again_after_a_day),
        both(what_is_old_is_dropped_and_nothing_else),
        both(the_server_drops_it_by_itself),
        both(old_events_go_where_the_settings_say_so),
    ]
}

/// Makes everything in the ledger older.
async fn age(app: &TestApp, hours: u8) {
    let sql = match app.db.backend {
        Backend::Sqlite => {
            format!(
                "UPDATE idempotency_keys SET created_at = strftime('%Y-%m-%dT%H:%M:%f+00:00', created_at, '-{hours} hours')"
            )
        }
        Backend::Postgres => format!("UPDATE idempotency_keys SET created_at = created_at - interval '{hours} hours'"),
    };
    app.db.execute(&sql).await;
}

async fn a_key_is_free_again_after_a_day(app: TestApp) {
    let route = app.leadtrackr().header(KEY, "k");
    route.post(&form(&app, "Ada")).await.expect(201);
    age(&app, 23).await;
    assert!(is_replay(&route.post(&form(&app, "Ada")).await.expect(201)));
    age(&app, 1).await;
    assert!(!is_replay(&route.post(&form(&app, "Bob")).await.expect(201)));
    assert!(is_replay(&route.post(&form(&app, "Bob")).await.expect(201)));
    assert_eq!(
        (count(&app, "leads").await, count(&app, "idempotency_keys").await),
        (2, 1)
    );
}

async fn what_is_old_is_dropped_and_nothing_else(app: TestApp) {
    // More than go at a time.
    for _ in 0..3 {
        app.leadtrackr().post(&form(&app, "old")).await.expect(201);
    }
    let more = "INSERT INTO intake_payloads (workspace_id, lead_id, channel, body, received_at, expires_at)
        SELECT i.workspace_id, i.lead_id, i.channel, i.body, i.received_at, i.expires_at
        FROM intake_payloads i, events e, events f, events g, events h";
    app.db.execute(more).await;
    let bodies = count(&app, "intake_payloads").await;
    assert!(bodies > 1000, "{bodies}");
    app.leadtrackr()
        .header(KEY, "old")
        .post(&form(&app, "a"))
        .await
        .expect(201);
    age(&app, 24).await;
    let now = "UPDATE intake_payloads SET expires_at = received_at";
    app.db.execute(now).await;
    let other = app.workspace("Other").await;
    let kept = app.leadtrackr().header(KEY, "new").key(&other.key);
    let form = serde_json::json!({"projectId": other.project.public_id, "userData": {"firstName": "new"}});
    kept.post(&form).await.expect(201);

    let events = count(&app, "events").await;
    let system = Op::system(app.services().clone(), "test");
    let swept = Swept {
        intake_payloads: u64::try_from(bodies + 1).unwrap(),
        idempotency_keys: 1,
        events: 0,
        webhook_deliveries: 0,
    };
    assert_eq!(retention::sweep(&system).await.unwrap(), swept);
    assert_eq!(retention::sweep(&system).await.unwrap(), Swept::default());
    assert_eq!((count(&app, "leads").await, count(&app, "events").await), (5, events));
    assert_eq!(count(&app, "intake_payloads").await, 1);
    assert!(is_replay(&kept.post(&form).await));
}

async fn the_server_drops_it_by_itself(app: TestApp) {
    app.leadtrackr()
        .header(KEY, "k")
        .post(&form(&app, "Ada"))
        .await
        .expect(201);
    age(&app, 24).await;
    // It looks once after its start, and then every hour: so it starts when there is something.
    let _beside = app.beside_with(|config| config.round = Duration::from_millis(50)).await;
    for _ in 0..1200 {
        if count(&app, "idempotency_keys").await == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the key is still there");
}

/// A server that keeps events for a day.
struct Forgetful(TestApp);

impl Subject for Forgetful {
    async fn set_up(backend: Backend) -> Self {
        Self(TestApp::with(backend, |config| config.event_retention_days = 1).await)
    }
}

async fn old_events_go_where_the_settings_say_so(app: Forgetful) {
    let app = app.0;
    // More than go at a time.
    for nth in 0..520 {
        app.home.lead_tag(&format!("T{nth}")).await;
    }
    let (home, last) = (app.home.id(), app.number("SELECT max(position) FROM events").await);
    let long_ago = "at = '2024-02-01T12:00:00+00:00'";
    let aged = last - 2;
    app.db
        .execute(&format!(
            "UPDATE events SET {long_ago} WHERE workspace_id = {home} AND position <= {aged}"
        ))
        .await;
    let system = Op::system(app.services().clone(), "test");
    // What the server itself has still to deal with stays.
    app.settled().await;
    let readers = "UPDATE event_consumers SET position =";
    app.db
        .execute(&format!("{readers} 5 WHERE workspace_id = {home}"))
        .await;
    assert_eq!(retention::sweep(&system).await.unwrap().events, 5);
    app.db
        .execute(&format!("{readers} {last} WHERE workspace_id = {home}"))
        .await;
    let swept = retention::sweep(&system).await.unwrap();
    assert_eq!(swept.events, u64::try_from(aged - 5).unwrap());
    app.home.lead_tag("Later").await;
    let left = app.rows("SELECT position FROM events ORDER BY position").await;
    let left: Vec<i64> = left.iter().map(|row| row["position"].as_i64().unwrap()).collect();
    assert_eq!(left, [last - 1, last, last + 1]);
}
