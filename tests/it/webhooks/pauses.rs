//! Endpoints that are switched off and on while nobody looks at what happens.

use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::{Value, json};

use super::receiver::{Heard, Receiver, Reply};
use super::{deliveries, edit, endpoint, post_lead, settled};
use crate::harness::{Case, TestApp, both, on_postgres};

pub fn cases() -> Vec<Case> {
    vec![
        on_postgres(what_happens_while_an_endpoint_is_on_is_sent_whenever_somebody_looks),
        on_postgres(what_happened_before_the_end_waits_for_it),
        both(who_was_off_before_there_were_pauses_is_told_of_nothing),
    ]
}

/// Holds back the one who makes deliveries.
const HOLD: &str = "SELECT position FROM event_consumers WHERE consumer = 'webhooks' FOR UPDATE";

fn names(heard: &[Heard]) -> Vec<Value> {
    let name = |heard: &Heard| heard.json()["data"]["changes"]["firstName"]["to"].clone();
    heard.iter().map(name).collect()
}

async fn what_happens_while_an_endpoint_is_on_is_sent_whenever_somebody_looks(app: TestApp) {
    let receiver = Receiver::good().await;
    let made = endpoint(&app, &receiver, json!({})).await;
    app.settled().await;
    let held = app.db.connection().begin().await.unwrap();
    held.execute_unprepared(HOLD).await.unwrap();
    post_lead(&app, "a", "1").await;
    edit(&app, &made, "disableWebhookEndpoint", "").await;
    post_lead(&app, "a", "2").await;
    edit(&app, &made, "enableWebhookEndpoint", "").await;
    post_lead(&app, "a", "3").await;
    assert_eq!(receiver.heard().len(), 0);
    held.commit().await.unwrap();
    // Somebody is woken.
    edit(&app, &made, "updateWebhookEndpoint", ", label: \"X\"").await;
    assert_eq!(names(&receiver.hears(2).await), ["1", "3"]);
    app.settled().await;
    assert_eq!(deliveries(&app, &made).await.len(), 2);
}

/// By its receiver, who takes part again later.
async fn what_happened_before_the_end_waits_for_it(app: TestApp) {
    let receiver = Receiver::start(|nth, _| Reply::status(if nth == 0 { 410 } else { 200 })).await;
    let made = endpoint(&app, &receiver, json!({})).await;
    post_lead(&app, "a", "0").await;
    receiver.hears(1).await;
    settled(&app, &made, "FAILED", 1).await;
    edit(&app, &made, "enableWebhookEndpoint", "").await;
    app.settled().await;
    let held = app.db.connection().begin().await.unwrap();
    held.execute_unprepared(HOLD).await.unwrap();
    post_lead(&app, "a", "1").await;
    edit(&app, &made, "disableWebhookEndpoint", "").await;
    post_lead(&app, "a", "2").await;
    held.commit().await.unwrap();
    edit(&app, &made, "updateWebhookEndpoint", ", label: \"X\"").await;
    let waiting = settled(&app, &made, "PENDING", 1).await;
    assert_eq!((waiting.len(), receiver.heard().len()), (2, 1), "it waits");
    edit(&app, &made, "enableWebhookEndpoint", "").await;
    assert_eq!(names(&receiver.hears(2).await[1..]), ["1"]);
    app.settled().await;
    assert_eq!(deliveries(&app, &made).await.len(), 2);
}

/// In the step that brings an older database up to date.
async fn who_was_off_before_there_were_pauses_is_told_of_nothing(app: TestApp) {
    let receiver = Receiver::good().await;
    let off = endpoint(&app, &receiver, json!({})).await;
    endpoint(&app, &receiver, json!({})).await;
    edit(&app, &off, "disableWebhookEndpoint", "").await;
    app.settled().await;
    for undone in [
        "ALTER TABLE webhook_endpoints DROP COLUMN off_after",
        "ALTER TABLE webhook_endpoints DROP COLUMN off_until",
        "DELETE FROM seaql_migrations WHERE version = 'm0015_webhook_pauses'",
    ] {
        app.db.execute(undone).await;
    }
    assert_eq!(migration::apply(app.db.connection()).await.unwrap(), 1);
    let is_off = "SELECT count(*) FROM webhook_endpoints WHERE off_after = starts_after AND disabled_at IS NOT NULL";
    let is_on = "SELECT count(*) FROM webhook_endpoints WHERE off_after IS NULL AND disabled_at IS NULL";
    assert_eq!((app.number(is_off).await, app.number(is_on).await), (1, 1));
}
