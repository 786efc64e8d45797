//! What endpoints that fail come to, and what keeps nobody else from being sent.

use std::time::Duration;

use serde_json::{Value, json};

use super::receiver::{Receiver, Reply};
use super::{answered, deliveries, edit, endpoint, look, post_lead, settled};
use crate::harness::{Backend, Case, Subject, TestApp, both};

pub fn cases() -> Vec<Case> {
    vec![
        both(an_endpoint_that_fails_for_days_is_disabled),
        both(a_failure_after_a_quiet_time_disables_nothing),
        both(an_event_that_cannot_be_read_waits_alone),
    ]
}

fn eight_days_ago(app: &TestApp) -> &'static str {
    match app.db.backend {
        Backend::Sqlite => "'2020-01-01T00:00:00.000000000+00:00'",
        Backend::Postgres => "now() - interval '8 days'",
    }
}

async fn an_endpoint_that_fails_for_days_is_disabled(app: TestApp) {
    let receiver = Receiver::start(|_, _| Reply::status(500)).await;
    let made = endpoint(&app, &receiver, json!({})).await;
    post_lead(&app, "before", "Ada").await;
    settled(&app, &made, "FAILED", 1).await;
    let past = eight_days_ago(&app);
    app.db
        .execute(&format!("UPDATE webhook_endpoints SET failing_since = {past}"))
        .await;
    post_lead(&app, "a", "Ada").await;
    answered(&app, 11).await;
    let row = look(&app, &made).await;
    assert_eq!(row["disabledReason"], "FAILING");
    assert_eq!(receiver.heard().len(), 11);
    // What waits goes on when the endpoint does.
    assert_eq!(deliveries(&app, &made).await[0]["state"], "PENDING");
    // It has as many days again.
    edit(&app, &made, "enableWebhookEndpoint", "").await;
    receiver.hears(14).await;
}

async fn a_failure_after_a_quiet_time_disables_nothing(app: TestApp) {
    let receiver = Receiver::start(|_, _| Reply::status(500)).await;
    let made = endpoint(&app, &receiver, json!({})).await;
    // Another one is busy all the time.
    let other = endpoint(&app, &Receiver::good().await, json!({})).await;
    post_lead(&app, "a", "Ada").await;
    settled(&app, &made, "FAILED", 1).await;
    settled(&app, &other, "DELIVERED", 1).await;
    let past = eight_days_ago(&app);
    app.db
        .execute(&format!(
            "UPDATE webhook_endpoints SET failing_since = {past} WHERE failing_since IS NOT NULL"
        ))
        .await;
    app.db
        .execute(&format!("UPDATE webhook_attempts SET at = {past} WHERE status = 500"))
        .await;
    post_lead(&app, "b", "Ada").await;
    settled(&app, &made, "FAILED", 2).await;
    let row = look(&app, &made).await;
    assert_eq!(row["disabledAt"], Value::Null);
    let since: chrono::DateTime<chrono::Utc> = row["failingSince"].as_str().unwrap().parse().unwrap();
    assert!(
        chrono::Utc::now() - since < chrono::Duration::hours(1),
        "{since}: it begins anew"
    );
}

/// A server that sends nothing itself.
struct Idle(TestApp);

impl Subject for Idle {
    async fn set_up(backend: Backend) -> Self {
        Self(TestApp::with(backend, |config| config.webhooks.concurrency = 0).await)
    }
}

/// As while several versions of the server run on one database.
async fn an_event_that_cannot_be_read_waits_alone(Idle(app): Idle) {
    let receiver = Receiver::good().await;
    let made = endpoint(&app, &receiver, json!({})).await;
    for event in ["new", "a", "b"] {
        post_lead(&app, event, "Ada").await;
    }
    app.settled().await;
    let first = "SELECT min(position) FROM events WHERE event_type = 'lead.created'";
    let first = app.number(first).await;
    let becomes = async |kind: &str| {
        let event = format!("UPDATE events SET event_type = '{kind}' WHERE position = {first} AND workspace_id = ");
        app.db.execute(&format!("{event}{}", app.home.id())).await;
    };
    becomes("lead.unheard_of").await;
    let _sends = app
        .beside_with(|config| config.webhooks.retry = vec![Duration::from_secs(1); 16])
        .await;
    let heard = receiver.hears(2).await;
    assert!(heard.iter().all(|heard| heard.position() != first));
    settled(&app, &made, "DELIVERED", 2).await;
    answered(&app, 3).await;
    let log = settled(&app, &made, "PENDING", 1).await;
    let waits = log.iter().find(|delivery| delivery["state"] == "PENDING").unwrap();
    let error = &waits["attempts"][0]["error"];
    assert_eq!(error, "The event cannot be read by this version of the server");
    becomes("lead.created").await;
    let heard = receiver.hears(3).await;
    assert_eq!(heard[2].position(), first);
}
