//! Endpoints themselves: kept by administrators, switched, ended; and several servers that share the work.

use std::collections::HashMap;
use std::time::Duration;

use leadgraph::domain::caller::Scopes;
use leadgraph::domain::webhook_deliveries::{self, Attempt, Verdict};
use serde_json::{Value, json};

use super::old_receivers::token;
use super::receiver::{Receiver, Reply};
use super::sending::verifies;
use super::{Endpoint, answered, create, deliveries, edit, endpoint, look, post_lead, settled};
use crate::harness::workspace::api_key;
use crate::harness::{Backend, Case, Subject, TestApp, both};

pub fn cases() -> Vec<Case> {
    vec![
        both(an_endpoint_is_told_once_what_it_signs_with),
        both(an_endpoint_that_is_off_hears_nothing),
        both(an_archived_endpoint_is_at_its_end),
        both(many_servers_send_each_thing_once),
        both(what_somebody_has_taken_is_theirs_until_their_time_is_over),
        both(a_claim_is_the_key_that_made_the_endpoint),
        both(a_receiver_keeps_its_secret),
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
    app.settled().await;
    edit(&app, &made, "enableWebhookEndpoint", "").await;
    post_lead(&app, "on", "Ada").await;
    let heard = receiver.hears(1).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(receiver.heard().len(), 1);
    assert!(heard[0].body.contains("on@b.co"));
    // Also when nobody has looked meanwhile.
    for nth in 0..5 {
        edit(&app, &made, "disableWebhookEndpoint", "").await;
        post_lead(&app, &format!("off{nth}"), "Ada").await;
        edit(&app, &made, "enableWebhookEndpoint", "").await;
        // Of several such times the last one is remembered.
        app.settled().await;
    }
    post_lead(&app, "last", "Ada").await;
    let heard = receiver.hears(2).await;
    assert!(heard[1].body.contains("last@b.co"), "{}", heard[1].body);
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
    answered(&app, 1).await;
    app.settled().await;
    edit(&app, &made, "archiveWebhookEndpoint", "").await;
    let states: Vec<Value> = deliveries(&app, &made)
        .await
        .into_iter()
        .map(|each| each["state"].clone())
        .collect();
    assert_eq!(states, ["CANCELLED", "CANCELLED"]);
    let refused = edit(&app, &made, "enableWebhookEndpoint", "").await;
    assert_eq!(refused["userErrors"][0]["path"], json!(["webhookEndpointId"]));
    post_lead(&app, "b", "Ada").await;
    app.settled().await;
    assert_eq!(deliveries(&app, &made).await.len(), 2, "nothing more");
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

/// A server that sends nothing itself.
struct Idle(TestApp);

impl Subject for Idle {
    async fn set_up(backend: Backend) -> Self {
        Self(TestApp::with(backend, |config| config.webhooks.concurrency = 0).await)
    }
}

async fn what_somebody_has_taken_is_theirs_until_their_time_is_over(Idle(app): Idle) {
    let receiver = Receiver::good().await;
    let made = endpoint(&app, &receiver, json!({})).await;
    post_lead(&app, "a", "Ada").await;
    app.settled().await;
    let op = app.home.op();
    let id = app.number("SELECT id FROM webhook_endpoints").await;
    let first = webhook_deliveries::claim(&op, id, 8).await.unwrap().pop().unwrap().row;
    assert!(
        webhook_deliveries::claim(&op, id, 8).await.unwrap().is_empty(),
        "it is taken"
    );
    // Longer than an attempt lasts, and not for ever.
    let left = (first.due_at - chrono::Utc::now()).num_seconds();
    assert!((5..60).contains(&left), "{left} s");
    let past = (chrono::Utc::now() - chrono::Duration::seconds(1)).to_rfc3339();
    let over = format!("UPDATE webhook_deliveries SET due_at = '{past}'");
    app.db.execute(&over).await;
    let second = webhook_deliveries::claim(&op, id, 8).await.unwrap().pop().unwrap().row;
    assert_eq!(first.id, second.id);
    let delivered = || Attempt {
        at: chrono::Utc::now(),
        duration: Duration::ZERO,
        status: Some(200),
        answer: None,
        verdict: Verdict::Delivered,
    };
    webhook_deliveries::settle(&op, &first, delivered()).await.unwrap();
    assert_eq!(
        deliveries(&app, &made).await[0]["state"],
        "PENDING",
        "it is somebody else's"
    );
    webhook_deliveries::settle(&op, &second, delivered()).await.unwrap();
    let log = deliveries(&app, &made).await;
    assert_eq!(
        (&log[0]["state"], log[0]["attempts"].as_array().unwrap().len()),
        (&json!("DELIVERED"), 1)
    );
}

async fn a_claim_is_the_key_that_made_the_endpoint(app: TestApp) {
    let receiver = Receiver::good().await;
    let by_hand = endpoint(&app, &receiver, json!({"style": "JOURNEYBEE"})).await;
    let uuid = app
        .rows("SELECT * FROM events WHERE event_type = 'webhook_endpoint.created'")
        .await;
    assert!(
        uuid[0]
            .to_string()
            .contains(look(&app, &by_hand).await["apiKeyClaim"].as_str().unwrap())
    );
    let scopes = Scopes {
        read: true,
        write: false,
        admin: true,
    };
    let (key, secret) = app.home.key_with(api_key(scopes, None)).await;
    let by_key = create(app.with_key(&secret), &receiver.url(), json!({"style": "JOURNEYBEE"})).await;
    assert_eq!(look(&app, &by_key).await["apiKeyClaim"], key.uuid.to_string());
}

async fn a_receiver_keeps_its_secret(app: TestApp) {
    let receiver = Receiver::good().await;
    let ours = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let theirs = "6f9619ff-8b86-d011-b42d-00cf4fc964ff";
    for (secret, style) in [(ours, "STANDARD"), (theirs, "JOURNEYBEE"), (ours, "JOURNEYBEE")] {
        let made = endpoint(&app, &receiver, json!({"style": style, "secret": secret})).await;
        assert_eq!(made.secret, secret, "shown once, as others are");
    }
    post_lead(&app, "a", "Ada").await;
    let (mut signed, mut tokens) = (Vec::new(), Vec::new());
    for heard in receiver.hears(3).await {
        signed.push(verifies(&heard, ours));
        if heard.headers.contains_key("authorization") {
            tokens.push((token(&heard, ours).is_ok(), token(&heard, theirs).is_ok()));
        }
    }
    signed.sort_unstable();
    tokens.sort_unstable();
    assert_eq!(signed, [false, true, true]);
    assert_eq!(tokens, [(false, true), (true, false)]);
    for (secret, style) in [
        (theirs, "STANDARD"),
        ("whsec_c2hvcnQ=", "STANDARD"),
        ("too short", "JOURNEYBEE"),
        ("", "JOURNEYBEE"),
    ] {
        let input = json!({"label": "W", "url": receiver.url(), "style": style, "secret": secret});
        let refused = app.as_owner().data(super::CREATE, json!({"input": input})).await;
        let errors = &refused["createWebhookEndpoint"]["userErrors"];
        assert_eq!(
            (&errors[0]["code"], &errors[0]["path"]),
            (&json!("INVALID"), &json!(["secret"])),
            "{secret}"
        );
    }
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    for table in ["events", "webhook_endpoints", "idempotency_keys"] {
        for row in app.rows(&format!("SELECT * FROM {table}")).await {
            let row = row.to_string().to_lowercase();
            assert!(!row.contains(theirs) && !row.contains(&hex(theirs)), "{table}");
            assert!(
                !row.contains(
                    &theirs
                        .bytes()
                        .map(|byte| byte.to_string())
                        .collect::<Vec<_>>()
                        .join(",")
                )
            );
        }
    }
    // Another one is made by us.
    let made = endpoint(&app, &receiver, json!({"style": "JOURNEYBEE", "secret": theirs})).await;
    let rotated = edit(&app, &made, "rotateWebhookSecret", "").await;
    assert!(rotated["secret"].as_str().unwrap().starts_with("whsec_"));
}
