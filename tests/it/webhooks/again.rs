//! Tests, replays, previews, and how long the log is kept.

use serde_json::{Value, json};

use leadgraph::domain::op::Op;
use leadgraph::domain::retention;

use super::receiver::{Receiver, Reply};
use super::{deliveries, edit, endpoint, look, post_lead, settled};
use crate::harness::{Backend, Case, Subject, TestApp, both};

pub fn cases() -> Vec<Case> {
    vec![
        both(a_test_is_sent_once),
        both(a_delivery_is_sent_again_as_it_was),
        both(a_span_of_time_is_sent_again_in_order),
        both(a_preview_sends_nothing),
        both(old_deliveries_are_dropped),
        both(events_wait_for_those_who_are_to_be_told),
    ]
}

async fn test(app: &TestApp, id: &str) -> Value {
    let call = "mutation($id: ID!) { testWebhookEndpoint(input: {webhookEndpointId: $id}) {
        webhookDelivery { id kind state eventType leadId } userErrors { code path } } }";
    app.as_owner().data(call, json!({"id": id})).await["testWebhookEndpoint"].clone()
}

async fn a_test_is_sent_once(app: TestApp) {
    let receiver = Receiver::start(|_, _| Reply::status(500)).await;
    let made = endpoint(&app, &receiver, json!({})).await;
    let tested = test(&app, &made.id).await;
    assert_eq!(tested["webhookDelivery"]["kind"], "TEST");
    let log = settled(&app, &made, "FAILED", 1).await;
    assert_eq!(log[0]["attempts"].as_array().unwrap().len(), 1);
    let heard = receiver.hears(1).await;
    assert_eq!(heard[0].json()["type"], "test");
    assert_eq!(
        super::look(&app, &made).await["failingSince"],
        Value::Null,
        "nobody's failure"
    );
    edit(&app, &made, "disableWebhookEndpoint", "").await;
    let refused = test(&app, &made.id).await;
    assert_eq!(
        refused["userErrors"],
        json!([{"code": "INVALID", "path": ["webhookEndpointId"]}])
    );
}

async fn a_delivery_is_sent_again_as_it_was(app: TestApp) {
    let receiver = Receiver::good().await;
    let made = endpoint(&app, &receiver, json!({})).await;
    post_lead(&app, "a", "Ada").await;
    let log = settled(&app, &made, "DELIVERED", 1).await;
    let call = "mutation($id: ID!) { replayWebhookDelivery(input: {webhookDeliveryId: $id}) {
        webhookDelivery { id kind messageId } userErrors { code } } }";
    let data = app.as_owner().data(call, json!({"id": log[0]["id"]})).await;
    let anew = &data["replayWebhookDelivery"]["webhookDelivery"];
    assert_eq!(
        (&anew["kind"], &anew["messageId"]),
        (&json!("REPLAY"), &log[0]["messageId"])
    );
    let heard = receiver.hears(2).await;
    assert_eq!(heard[0].body, heard[1].body);
    assert_eq!(heard[0].header("webhook-id"), heard[1].header("webhook-id"));
}

async fn a_span_of_time_is_sent_again_in_order(app: TestApp) {
    let receiver = Receiver::start(|nth, _| Reply::status(if nth < 30 { 404 } else { 200 })).await;
    let made = endpoint(&app, &receiver, json!({})).await;
    let other = Receiver::start(|_, _| Reply::status(404)).await;
    let other = endpoint(&app, &other, json!({})).await;
    for name in ["1", "2", "3"] {
        post_lead(&app, "a", name).await;
    }
    settled(&app, &made, "FAILED", 3).await;
    settled(&app, &other, "FAILED", 3).await;
    let call = "mutation($id: ID!, $from: DateTime!, $to: DateTime!, $failed: Boolean) {
        replayWebhookDeliveries(input: { webhookEndpointId: $id, from: $from, to: $to, onlyFailed: $failed }) {
        count userErrors { code path } } }";
    let replay = async |from: &str, to: &str, failed: Value| {
        let variables = json!({"id": made.id, "from": from, "to": to, "failed": failed});
        app.as_owner().data(call, variables).await["replayWebhookDeliveries"].clone()
    };
    let again = async |from: &str, failed: Value| replay(from, "9000-01-01T00:00:00Z", failed).await["count"].clone();
    let until_2001 = replay("2000-01-01T00:00:00Z", "2001-01-01T00:00:00Z", Value::Null).await;
    assert_eq!(until_2001["count"], 0);
    assert_eq!(again("8000-01-01T00:00:00Z", Value::Null).await, 0);
    assert_eq!(again("2000-01-01T00:00:00Z", Value::Null).await, 3);
    let heard = receiver.hears(33).await;
    let names: Vec<Value> = heard[30..]
        .iter()
        .map(|heard| heard.json()["data"]["changes"]["firstName"]["to"].clone())
        .collect();
    assert_eq!(names, ["1", "2", "3"]);
    settled(&app, &made, "DELIVERED", 3).await;
    assert_eq!(
        again("2000-01-01T00:00:00Z", json!(false)).await,
        3,
        "copies are not sent again"
    );
    receiver.hears(36).await;
    settled(&app, &made, "DELIVERED", 6).await;
    post_lead(&app, "a", "4").await;
    settled(&app, &made, "DELIVERED", 7).await;
    assert_eq!(again("2000-01-01T00:00:00Z", Value::Null).await, 3, "what failed");
    settled(&app, &made, "DELIVERED", 10).await;
    // A thousand at a time, or none.
    let random = match app.db.backend {
        Backend::Sqlite => "randomblob(16)",
        Backend::Postgres => "gen_random_uuid()",
    };
    let columns = "endpoint_id, kind, position, event_type, lead_id, state, attempts, due_at, settled_at, created_at";
    app.db
        .execute(&format!(
            "INSERT INTO webhook_deliveries (workspace_id, uuid, message_uuid, {columns})
            WITH RECURSIVE many(nth) AS (SELECT 1 UNION ALL SELECT nth + 1 FROM many WHERE nth < 1000)
            SELECT workspace_id, {random}, {random}, {columns} FROM many, (SELECT * FROM webhook_deliveries
            WHERE state = 'delivered' AND kind = 'event' LIMIT 1) one"
        ))
        .await;
    let many = replay("2000-01-01T00:00:00Z", "9000-01-01T00:00:00Z", json!(false)).await;
    assert_eq!(
        (&many["count"], &many["userErrors"][0]["path"]),
        (&Value::Null, &json!(["to"]))
    );
    assert_eq!(receiver.began(), 40);
}

async fn a_preview_sends_nothing(app: TestApp) {
    let receiver = Receiver::good().await;
    post_lead(&app, "a", "Ada").await;
    let filter = json!({"firstName": {"eq": "Ada"}});
    let made = endpoint(
        &app,
        &receiver,
        json!({"filter": filter, "eventTypes": ["LEAD_CREATED"]}),
    )
    .await;
    let partners = endpoint(&app, &receiver, json!({"style": "JOURNEYBEE"})).await;
    let lead = app.as_owner().data("{ leads { nodes { id uuid } } }", json!({})).await["leads"]["nodes"][0].clone();
    let preview = async |endpoint: &str, event: &str| {
        let query = "query($e: ID!, $l: ID!, $t: WebhookEventType!) {
            webhookPreview(webhookEndpointId: $e, leadId: $l, eventType: $t) { sent body } }";
        let variables = json!({"e": endpoint, "l": lead["id"], "t": event});
        app.as_owner().data(query, variables).await["webhookPreview"].clone()
    };
    let would = preview(&made.id, "LEAD_CREATED").await;
    assert_eq!(would["sent"], true);
    assert_eq!(would["body"]["data"]["changes"]["firstName"]["to"], "Ada");
    assert_eq!(
        preview(&made.id, "LEAD_UPDATED").await,
        json!({"sent": false, "body": null})
    );
    assert_eq!(
        preview(&partners.id, "LEAD_CREATED").await["body"]["lead"]["uuid"],
        lead["uuid"]
    );
    edit(
        &app,
        &made,
        "updateWebhookEndpoint",
        ", filter: { firstName: { eq: \"Eve\" } }",
    )
    .await;
    assert_eq!(preview(&made.id, "LEAD_CREATED").await["sent"], false);
    assert_eq!(
        super::look(&app, &made).await["filter"],
        json!({"firstName": {"eq": "Eve"}})
    );
    assert_eq!(preview(&partners.id, "LEAD_CREATED").await["sent"], true);
    edit(&app, &partners, "disableWebhookEndpoint", "").await;
    assert_eq!(preview(&partners.id, "LEAD_CREATED").await["sent"], false);
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(receiver.heard().len(), 0);
}

async fn old_deliveries_are_dropped(app: TestApp) {
    let receiver = Receiver::start(|_, body| Reply::status(if body.contains("kept@") { 503 } else { 200 })).await;
    let made = endpoint(&app, &receiver, json!({})).await;
    post_lead(&app, "old", "Ada").await;
    settled(&app, &made, "DELIVERED", 1).await;
    let past = match app.db.backend {
        Backend::Sqlite => "'2020-01-01T00:00:00.000000000+00:00'",
        Backend::Postgres => "now() - interval '31 days'",
    };
    app.db
        .execute(&format!("UPDATE webhook_deliveries SET settled_at = {past}"))
        .await;
    post_lead(&app, "new", "Ada").await;
    settled(&app, &made, "DELIVERED", 2).await;
    let system = Op::system(app.services().clone(), "test");
    assert_eq!(retention::sweep(&system).await.unwrap().webhook_deliveries, 1);
    assert_eq!(deliveries(&app, &made).await.len(), 1);
    assert_eq!(app.number("SELECT count(*) FROM webhook_attempts").await, 1);
}

/// A server that keeps events for a day.
struct Forgetful(TestApp);

impl Subject for Forgetful {
    async fn set_up(backend: Backend) -> Self {
        Self(TestApp::with(backend, |config| config.event_retention_days = 1).await)
    }
}

async fn events_wait_for_those_who_are_to_be_told(Forgetful(app): Forgetful) {
    let receiver = Receiver::start(|nth, _| match nth {
        0 => Reply {
            headers: vec![("retry-after", "3600".to_owned())],
            ..Reply::status(503)
        },
        _ => Reply::status(200),
    })
    .await;
    let made = endpoint(&app, &receiver, json!({})).await;
    post_lead(&app, "a", "Ada").await;
    receiver.hears(1).await;
    app.settled().await;
    let system = Op::system(app.services().clone(), "test");
    let home = app.home.id();
    let created = async || {
        let query = format!("SELECT count(*) FROM events WHERE event_type = 'lead.created' AND workspace_id = {home}");
        app.number(&query).await
    };
    for (days, left) in [(2, 1), (40, 0)] {
        let then = (chrono::Utc::now() - chrono::Duration::days(days)).to_rfc3339();
        app.db.execute(&format!("UPDATE events SET at = '{then}'")).await;
        retention::sweep(&system).await.unwrap();
        assert_eq!(created().await, left, "{days} days");
    }
    let past = (chrono::Utc::now() - chrono::Duration::hours(1)).to_rfc3339();
    app.db
        .execute(&format!("UPDATE webhook_deliveries SET due_at = '{past}'"))
        .await;
    // It wakes the sender, too.
    post_lead(&app, "b", "Bob").await;
    settled(&app, &made, "DELIVERED", 1).await;
    let log = settled(&app, &made, "FAILED", 1).await;
    let forgotten = log.iter().find(|delivery| delivery["state"] == "FAILED").unwrap();
    let attempts = forgotten["attempts"].as_array().unwrap();
    let last = attempts
        .iter()
        .max_by_key(|attempt| attempt["number"].as_i64())
        .unwrap();
    assert_eq!(
        (attempts.len(), &last["error"]),
        (2, &json!("The event is not kept any more"))
    );
    assert_eq!(
        look(&app, &made).await["failingSince"],
        Value::Null,
        "the receiver did nothing wrong"
    );
}
