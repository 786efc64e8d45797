//! Mutations of webhooks.

use super::Needs::Admin;
use super::Stranger::{NotFound, Own};
use super::{Attempt, attempt};

pub const MUTATIONS: &[Attempt] = &[
    attempt(
        "createWebhookEndpoint",
        Admin,
        Own,
        r#"createWebhookEndpoint(input: { label: "W", url: "https://127.0.0.1:1/", filter: { search: "nobody at all" } })
           { webhookEndpoint { id } secret userErrors { code } }"#,
    ),
    attempt(
        "updateWebhookEndpoint",
        Admin,
        NotFound,
        r#"updateWebhookEndpoint(input: { webhookEndpointId: "@hook", expectedVersion: 1, label: "W2" })
           { webhookEndpoint { id } userErrors { code } conflict { current { id } fields } }"#,
    ),
    attempt(
        "updateWebhookEndpoint",
        Admin,
        NotFound,
        r#"updateWebhookEndpoint(input: { webhookEndpointId: "@hook", expectedVersion: 777, label: "W3" })
           { webhookEndpoint { id } userErrors { code } conflict { current { id } fields } }"#,
    ),
    attempt(
        "rotateWebhookSecret",
        Admin,
        NotFound,
        r#"rotateWebhookSecret(input: { webhookEndpointId: "@hook", expectedVersion: 1 })
           { webhookEndpoint { id } secret userErrors { code } conflict { current { id } fields } }"#,
    ),
    attempt(
        "disableWebhookEndpoint",
        Admin,
        NotFound,
        r#"disableWebhookEndpoint(input: { webhookEndpointId: "@hook", expectedVersion: 1 })
           { webhookEndpoint { id } userErrors { code } conflict { current { id } fields } }"#,
    ),
    attempt(
        "enableWebhookEndpoint",
        Admin,
        NotFound,
        r#"enableWebhookEndpoint(input: { webhookEndpointId: "@hook", expectedVersion: 1 })
           { webhookEndpoint { id } userErrors { code } conflict { current { id } fields } }"#,
    ),
    attempt(
        "testWebhookEndpoint",
        Admin,
        NotFound,
        r#"testWebhookEndpoint(input: { webhookEndpointId: "@hook" })
           { webhookDelivery { id } userErrors { code } }"#,
    ),
    attempt(
        "replayWebhookDelivery",
        Admin,
        NotFound,
        r#"replayWebhookDelivery(input: { webhookDeliveryId: "@delivery" })
           { webhookDelivery { id } userErrors { code } }"#,
    ),
    attempt(
        "replayWebhookDeliveries",
        Admin,
        NotFound,
        r#"replayWebhookDeliveries(input: { webhookEndpointId: "@hook",
           from: "2000-01-01T00:00:00Z", to: "9000-01-01T00:00:00Z" }) { count userErrors { code } }"#,
    ),
    attempt(
        "archiveWebhookEndpoint",
        Admin,
        NotFound,
        r#"archiveWebhookEndpoint(input: { webhookEndpointId: "@hook", expectedVersion: 1 })
           { webhookEndpoint { id } userErrors { code } conflict { current { id } fields } }"#,
    ),
];
