//! Endpoints themselves: kept by administrators, switched, ended; and several servers that share the work.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::receiver::{Receiver, Reply};
use super::{Endpoint, deliveries, edit, endpoint, look, post_lead, settled};
use crate::harness::{Case, TestApp, both};

pub fn cases() -> Vec<Case> {
    vec![
        both(an_endpoint_is_told_once_what_it_signs_with),
        both(an_endpoint_that_is_off_hears_nothing),
        both(an_archived_endpoint_is_at_its_end),
        both(many_servers_send_each_thing_once),
    ]
}

async fn an_endpoint_is_told_once_what_it_signs_with(app: TestApp) {
    let receiver = Receiver::good().await;
    let create = json!({"query": super::CREATE, "variables": {"input": {"label": "W", "url": receiver.url()}}});
    let first = app
        .as_owner()
        .header("idempotency-key", "k")
        .post(create.clone())
        .await
        .data();
    let again = app.as_owner().header("idempotency-key", "k").post(create).await.data();
    let (first, again) = (&first["createWebhookEndpoint"], &again["createWebhookEndpoint"]);
    assert!(first["secret"].as_str().unwrap().starts_with("whsec_"));
    assert_eq!(
        (&again["secret"], &again["webhookEndpoint"]),
        (&Value::Null, &first["webhookEndpoint"])
    );
    let made = Endpoint {
        id: first["webhookEndpoint"]["id"].as_str().unwrap().to_owned(),
        secret: String::new(),
    };
    let changed = edit(
        &app,
        &made,
        "updateWebhookEndpoint",
        ", label: \"X\", eventTypes: [NOTE_CREATED]",
    )
    .await;
    assert_eq!(changed["webhookEndpoint"]["version"], 2);
    let same = edit(&app, &made, "updateWebhookEndpoint", ", label: \"X\"").await;
    assert_eq!(same["webhookEndpoint"]["version"], 2, "nothing changed");
    assert_eq!(look(&app, &made).await["eventTypes"], json!(["NOTE_CREATED"]));
    let audit = "{ auditLog(filter: { types: [WEBHOOK_ENDPOINT_UPDATED] }) { nodes { subjectId } } }";
    let audit = app.as_owner().data(audit, json!({})).await;
    assert_eq!(
        audit["auditLog"]["nodes"],
        json!([{"subjectId": made.id}]),
        "an entry leads to its endpoint"
    );
    let many: Vec<_> = (1..100).map(|_| endpoint(&app, &receiver, json!({}))).collect();
    futures_util::future::join_all(many).await;
    let input = json!({"input": {"label": "W", "url": receiver.url()}});
    let refused = app.as_owner().data(super::CREATE, input).await;
    assert_eq!(refused["createWebhookEndpoint"]["userErrors"][0]["code"], "TOO_MANY");
}

async fn an_endpoint_that_is_off_hears_nothing(app: TestApp) {
    let receiver = Receiver::good().await;
    let made = endpoint(&app, &receiver, json!({})).await;
    edit(&app, &made, "disableWebhookEndpoint", "").await;
    assert_eq!(look(&app, &made).await["disabledReason"], "BY_HAND");
    post_lead(&app, "off", "Ada").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    edit(&app, &made, "enableWebhookEndpoint", "").await;
    post_lead(&app, "on", "Ada").await;
    let heard = receiver.hears(1).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(receiver.heard().len(), 1);
    assert!(heard[0].body.contains("on@b.co"));
}

async fn an_archived_endpoint_is_at_its_end(app: TestApp) {
    let receiver = Receiver::start(|_, _| Reply {
        headers: vec![("retry-after", "3600".to_owned())],
        ..Reply::status(503)
    })
    .await;
    let made = endpoint(&app, &receiver, json!({})).await;
    for name in ["1", "2"] {
        post_lead(&app, "a", name).await;
    }
    receiver.hears(1).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    edit(&app, &made, "archiveWebhookEndpoint", "").await;
    let states: Vec<Value> = deliveries(&app, &made)
        .await
        .into_iter()
        .map(|each| each["state"].clone())
        .collect();
    assert_eq!(states, ["CANCELLED", "CANCELLED"]);
    let refused = edit(&app, &made, "enableWebhookEndpoint", "").await;
    assert_eq!(refused["userErrors"][0]["path"], json!(["webhookEndpointId"]));
}

/// Two more servers on the database of the first.
async fn many_servers_send_each_thing_once(app: TestApp) {
    let others = [app.beside().await, app.beside().await];
    // Slow enough that others would come by meanwhile.
    let receiver = Receiver::start(|_, _| Reply {
        delay: Duration::from_millis(30),
        ..Reply::status(200)
    })
    .await;
    let made = endpoint(&app, &receiver, json!({})).await;
    for nth in 0..30 {
        post_lead(&app, &format!("l{nth}"), "Ada").await;
        post_lead(&app, &format!("l{nth}"), "Grace").await;
    }
    settled(&app, &made, "DELIVERED", 60).await;
    drop(others);
    let mut told: HashMap<i64, usize> = HashMap::new();
    for heard in receiver.heard() {
        *told.entry(heard.position()).or_default() += 1;
    }
    assert_eq!(told.len(), 60);
    assert!(told.values().all(|times| *times == 1), "{told:?}");
}
