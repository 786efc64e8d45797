//! Webhooks: who is told what, how it is signed, what becomes of failures, and where nothing is ever sent.

mod again;
mod crash;
mod endpoints;
mod failing;
mod fairness;
mod load;
mod old_receivers;
mod pauses;
mod receiver;
mod refused;
mod rules;
mod sending;

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::app::Graphql;
use crate::harness::{Case, TestApp, Workspace};
use receiver::Receiver;

pub fn cases() -> Vec<Case> {
    [
        again::cases(),
        crash::cases(),
        endpoints::cases(),
        failing::cases(),
        fairness::cases(),
        load::cases(),
        old_receivers::cases(),
        pauses::cases(),
        refused::cases(),
        rules::cases(),
        sending::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// An endpoint, and what its requests are signed with.
pub struct Endpoint {
    pub id: String,
    pub secret: String,
}

const CREATE: &str = "mutation($input: CreateWebhookEndpointInput!) { createWebhookEndpoint(input: $input) {
    webhookEndpoint { id version } secret userErrors { code message path } } }";

pub async fn endpoint(app: &TestApp, receiver: &Receiver, more: Value) -> Endpoint {
    endpoint_at(app, &receiver.url(), more).await
}

pub async fn endpoint_at(app: &TestApp, url: &str, more: Value) -> Endpoint {
    create(app.as_owner(), url, more).await
}

/// An endpoint of another workspace.
pub async fn endpoint_of(app: &TestApp, workspace: &Workspace, receiver: &Receiver) -> Endpoint {
    create(app.with_token(&workspace.token), &receiver.url(), json!({})).await
}

async fn create(door: Graphql<'_>, url: &str, more: Value) -> Endpoint {
    let mut input = json!({"label": "Test", "url": url});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let data = door.data(CREATE, json!({"input": input})).await;
    let made = &data["createWebhookEndpoint"];
    assert_eq!(made["userErrors"], json!([]), "{input}");
    Endpoint {
        id: made["webhookEndpoint"]["id"].as_str().unwrap().to_owned(),
        secret: made["secret"].as_str().unwrap().to_owned(),
    }
}

/// A lead by LeadTrackr's route; the same address once more changes it.
pub async fn post_lead(app: &TestApp, event: &str, name: &str) {
    post(app, &app.home, event, name).await;
}

/// A lead of another workspace.
pub async fn post_lead_with(app: &TestApp, workspace: &Workspace, event: &str) {
    post(app, workspace, event, "Ada").await;
}

async fn post(app: &TestApp, workspace: &Workspace, event: &str, name: &str) {
    let body = json!({
        "projectId": workspace.project.public_id, "userData": {"email": format!("{event}@b.co"), "firstName": name},
        "formData": {"uniqueEventId": event},
    });
    let answer = app.leadtrackr().key(&workspace.key).post(&body).await;
    assert!(matches!(answer.status, 200 | 201), "{}", answer.text);
}

/// The endpoint as it is.
pub async fn look(app: &TestApp, endpoint: &Endpoint) -> Value {
    let query = "query($id: ID!) { node(id: $id) { ... on WebhookEndpoint { version url disabledAt disabledReason
        failingSince archivedAt oldSecretUntil secretMadeAt filter eventTypes style apiKeyClaim } } }";
    app.as_owner().data(query, json!({"id": endpoint.id})).await["node"].clone()
}

/// What the endpoint's log says, newest first.
pub async fn deliveries(app: &TestApp, endpoint: &Endpoint) -> Vec<Value> {
    let query = "query($id: ID!) { webhookDeliveries(webhookEndpointId: $id, first: 100) { nodes {
        id messageId kind state eventType position leadId nextAttemptAt settledAt createdAt
        attempts { number at durationMs statusCode error answer } } } }";
    let data = app.as_owner().data(query, json!({"id": endpoint.id})).await;
    data["webhookDeliveries"]["nodes"].as_array().unwrap().clone()
}

/// Waits until the endpoint's log has so many deliveries that are so far.
pub async fn settled(app: &TestApp, endpoint: &Endpoint, state: &str, count: usize) -> Vec<Value> {
    for _ in 0..6000 {
        let found = deliveries(app, endpoint).await;
        if found.iter().filter(|delivery| delivery["state"] == state).count() >= count {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not {count} are {state}: {:?}", deliveries(app, endpoint).await);
}

/// Waits until so many answers are written down, with what follows from them.
pub async fn answered(app: &TestApp, count: i64) {
    let answers = "SELECT count(*) FROM webhook_attempts";
    for _ in 0..6000 {
        if app.number(answers).await >= count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{} of {count} are answered", app.number(answers).await);
}

/// One of the mutations that edit an endpoint.
pub async fn edit(app: &TestApp, endpoint: &Endpoint, mutation: &str, more: &str) -> Value {
    let version = look(app, endpoint).await["version"].clone();
    let secret = if mutation == "rotateWebhookSecret" {
        "secret"
    } else {
        ""
    };
    let call = format!(
        r#"mutation {{ {mutation}(input: {{ webhookEndpointId: "{}", expectedVersion: {version}{more} }}) {{
            webhookEndpoint {{ id version }} {secret} userErrors {{ code message path }} }} }}"#,
        endpoint.id
    );
    app.as_owner().data(&call, json!({})).await[mutation].clone()
}
