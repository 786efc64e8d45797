//! Where nothing is sent, through the whole server; and what nobody gets to see.

use std::time::Duration;

use serde_json::json;

use super::load::{make_endpoint, serving};
use super::receiver::Receiver;
use super::{deliveries, edit, endpoint, endpoint_at, post_lead, settled};
use crate::crash::bootstrap;
use crate::harness::{Backend, Binary, Case, Subject, TestApp, TestDatabase, both};

pub fn cases() -> Vec<Case> {
    vec![
        both(nothing_is_sent_inside),
        both(urls_are_checked_when_they_are_written),
        both(no_proxy_is_used),
        both(secrets_are_nowhere),
        both(workspaces_are_told_of_their_own_leads),
    ]
}

/// A server that may send nowhere but to public addresses; `http` is allowed, for the receivers have no certificates.
struct Closed(TestApp);

impl Subject for Closed {
    async fn set_up(backend: Backend) -> Self {
        Self(TestApp::with(backend, |config| config.webhooks.allowed = Vec::new()).await)
    }
}

async fn nothing_is_sent_inside(Closed(app): Closed) {
    let receiver = Receiver::good().await;
    let mut endpoints = Vec::new();
    for (host, what) in [
        ("127.0.0.1", "a loopback address"),
        ("2130706433", "a loopback address"),
        ("0x7f.1", "a loopback address"),
        ("0177.0.0.1", "a loopback address"),
        ("localhost", "a loopback address"),
        ("[::1]", "a loopback address"),
        ("[::ffff:127.0.0.1]", "an IPv4 address within IPv6"),
        ("0.0.0.0", "an unspecified address"),
        ("169.254.169.254", "a link-local address"),
        ("10.1.2.3", "a private address"),
        ("[fd00::1]", "a unique local address"),
        ("[64:ff9b::7f00:1]", "an address of a translator (NAT64)"),
    ] {
        let url = format!("http://{host}:{}/", receiver.port);
        endpoints.push((endpoint_at(&app, &url, json!({})).await, what));
    }
    post_lead(&app, "a", "Ada").await;
    for (made, what) in &endpoints {
        let log = settled(&app, made, "FAILED", 1).await;
        let error = log[0]["attempts"][0]["error"].as_str().unwrap();
        assert!(
            error.ends_with(&format!(" has {what}: webhooks are not sent there")),
            "{error}"
        );
        assert_eq!(log[0]["attempts"][0]["statusCode"], json!(null));
    }
    assert_eq!(receiver.heard().len(), 0);
}

async fn urls_are_checked_when_they_are_written(backend: Backends) {
    let app = TestApp::with(backend.0, |config| {
        config.webhooks.plain_http = leadgraph::config::Switch::Off;
    })
    .await;
    for url in [
        "http://a.test/",
        "https://user:secret@a.test/",
        "nowhere",
        "ftp://a.test/",
        "https://a.test/#x",
    ] {
        let create = "mutation($url: String!) { createWebhookEndpoint(input: {label: \"W\", url: $url}) {
            webhookEndpoint { id } userErrors { code path } } }";
        let data = app.as_owner().data(create, json!({"url": url})).await;
        let errors = &data["createWebhookEndpoint"]["userErrors"];
        assert_eq!(errors, &json!([{"code": "INVALID", "path": ["url"]}]), "{url}");
    }
    let made = endpoint_at(&app, "https://a.test/", json!({})).await;
    let refused = edit(&app, &made, "updateWebhookEndpoint", ", url: \"http://a.test/\"").await;
    assert_eq!(refused["userErrors"][0]["path"], json!(["url"]));
}

/// However the environment asks for one.
async fn no_proxy_is_used(db: TestDatabase) {
    let access = bootstrap(&db);
    let (receiver, proxy) = (Receiver::good().await, Receiver::good().await);
    let mut command = serving(&db);
    for name in [
        "HTTP_PROXY",
        "http_proxy",
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
    ] {
        command.env(name, format!("http://127.0.0.1:{}", proxy.port));
    }
    command.env("NO_PROXY", "").env("no_proxy", "");
    let server = Binary::start(command).await;
    make_endpoint(&server, &access, &receiver.url(), "STANDARD").await;
    let body = json!({"projectId": access.project, "userData": {"firstName": "Ada"}});
    let path = "/api/leads/createServerSideLead";
    server.post(path, ("x-api-key", &access.key), &body).await.expect(201);
    receiver.hears(1).await;
    assert_eq!(proxy.began(), 0);
}

struct Backends(Backend);

impl Subject for Backends {
    async fn set_up(backend: Backend) -> Self {
        Self(backend)
    }
}

async fn secrets_are_nowhere(app: TestApp) {
    let receiver = Receiver::good().await;
    let made = endpoint(&app, &receiver, json!({"style": "JOURNEYBEE"})).await;
    let rotated = edit(&app, &made, "rotateWebhookSecret", "").await;
    post_lead(&app, "a", "Ada").await;
    receiver.hears(1).await;
    settled(&app, &made, "DELIVERED", 1).await;
    let secrets = [made.secret.as_str(), rotated["secret"].as_str().unwrap()];
    let told = app.as_owner();
    let everything = "{ webhookEndpoints { nodes { id label url eventTypes filter style apiKeyClaim secretMadeAt
        oldSecretUntil version } } }";
    let shown = told.data(everything, json!({})).await.to_string();
    let mut kept = Vec::new();
    for table in [
        "events",
        "webhook_endpoints",
        "webhook_deliveries",
        "webhook_attempts",
        "idempotency_keys",
    ] {
        for row in app.rows(&format!("SELECT * FROM {table}")).await {
            kept.push(row.to_string());
        }
    }
    assert!(kept.len() > 5, "{kept:?}");
    for secret in secrets {
        let base64 = secret.strip_prefix("whsec_").unwrap();
        assert!(!shown.contains(base64));
        assert!(kept.iter().all(|row| !row.contains(base64)));
        let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, base64).unwrap();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(kept.iter().all(|row| !row.to_lowercase().contains(&hex)));
        let numbers: Vec<String> = bytes.iter().map(u8::to_string).collect();
        assert!(kept.iter().all(|row| !row.contains(&numbers.join(","))));
    }
    let kinds = "SELECT event_type FROM events WHERE subject_kind = 'webhook_endpoint' ORDER BY position";
    let kinds: Vec<_> = app
        .rows(kinds)
        .await
        .into_iter()
        .map(|row| row["event_type"].clone())
        .collect();
    assert_eq!(kinds, ["webhook_endpoint.created", "webhook_endpoint.rotated"]);
}

async fn workspaces_are_told_of_their_own_leads(app: TestApp) {
    let receiver = Receiver::good().await;
    let made = endpoint(&app, &receiver, json!({})).await;
    let other = app.workspace("Other").await;
    let form = json!({"projectId": other.project.public_id, "userData": {"firstName": "Theirs"}});
    app.leadtrackr().key(&other.key).post(&form).await.expect(201);
    post_lead(&app, "mine", "Ada").await;
    let heard = receiver.hears(1).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(receiver.heard().len(), 1);
    assert!(heard[0].body.contains("mine@b.co"));
    assert_eq!(deliveries(&app, &made).await.len(), 1);
    // Nobody of another workspace sees the log or sends it again.
    let query = format!(
        r#"{{ webhookDeliveries(webhookEndpointId: "{}") {{ nodes {{ id }} }} }}"#,
        made.id
    );
    let seen = app.with_token(&other.token).data(&query, json!({})).await;
    assert_eq!(seen["webhookDeliveries"]["nodes"], json!([]));
}
