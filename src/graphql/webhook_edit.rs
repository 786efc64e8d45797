//! Edits of webhook endpoints.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};

use super::context::{Answer, op};
use super::error::{Failure, UserError};
use super::input::{Named, change, renamed, target};
use super::lead::filter::LeadFilterArgument;
use super::node::NodeKind;
use super::payload::{Conflict, Edit, EditPayload, edit_payload, edited};
use super::scalars::SafeInt;
use super::webhook::{WebhookEndpoint, WebhookEventType, kinds, written};
use crate::domain::caller::Scope;
use crate::domain::error::Error;
use crate::domain::op::Op;
use crate::domain::webhook_endpoints::{self, Issued, Power};
use crate::domain::{Change, Target};

#[derive(Debug, Default)]
pub struct WebhookEditMutations;

#[Object]
impl WebhookEditMutations {
    /// Changes a webhook endpoint. What is left out stays as it is.
    async fn update_webhook_endpoint(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "An endpoint and what changes of it.")] input: UpdateWebhookEndpointInput,
    ) -> Answer<UpdateWebhookEndpointPayload> {
        edited(ctx, Box::pin(update(ctx, input)).await, |uuid| current(ctx, uuid)).await
    }

    /// Gives a webhook endpoint another secret. The answer shows it for the only time; the old one signs beside it for a
    /// while, so that the receiver can change over. Tokens of the style `JOURNEYBEE` are signed with the new one at once.
    async fn rotate_webhook_secret(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The endpoint.")] input: RotateWebhookSecretInput,
    ) -> Answer<RotateWebhookSecretPayload> {
        let (done, secret) = match Box::pin(rotate(ctx, input)).await {
            Ok((endpoint, secret)) => (Ok(Some(endpoint)), secret),
            Err(failure) => (Err(failure), None),
        };
        let payload = edited::<RotateWebhookSecretPayload, _>(ctx, done, |uuid| current(ctx, uuid)).await?;
        Some(payload.map(|payload| RotateWebhookSecretPayload { secret, ..payload }))
    }

    /// Switches a webhook endpoint off: it is told of nothing that happens, and what waits for it goes on waiting. Doing it
    /// again changes nothing.
    async fn disable_webhook_endpoint(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The endpoint.")] input: DisableWebhookEndpointInput,
    ) -> Answer<DisableWebhookEndpointPayload> {
        let DisableWebhookEndpointInput {
            webhook_endpoint_id,
            expected_version,
        } = input;
        let done = Box::pin(switch(ctx, &webhook_endpoint_id, expected_version, Power::Off)).await;
        edited(ctx, done, |uuid| current(ctx, uuid)).await
    }

    /// Switches a webhook endpoint on: it is told of what happens from now on, and gets what waits for it. Doing it again
    /// changes nothing.
    async fn enable_webhook_endpoint(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The endpoint.")] input: EnableWebhookEndpointInput,
    ) -> Answer<EnableWebhookEndpointPayload> {
        let EnableWebhookEndpointInput {
            webhook_endpoint_id,
            expected_version,
        } = input;
        let done = Box::pin(switch(ctx, &webhook_endpoint_id, expected_version, Power::On)).await;
        edited(ctx, done, |uuid| current(ctx, uuid)).await
    }

    /// Ends a webhook endpoint for good: what waits for it is never sent. Doing it again changes nothing.
    async fn archive_webhook_endpoint(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The endpoint.")] input: ArchiveWebhookEndpointInput,
    ) -> Answer<ArchiveWebhookEndpointPayload> {
        edited(ctx, Box::pin(archive(ctx, input)).await, |uuid| current(ctx, uuid)).await
    }
}

type Done = Result<Option<WebhookEndpoint>, Failure>;

async fn update(ctx: &Context<'_>, input: UpdateWebhookEndpointInput) -> Done {
    let UpdateWebhookEndpointInput {
        webhook_endpoint_id,
        expected_version,
        label,
        url,
        event_types,
        filter,
        api_key_claim,
    } = input;
    let op = op(ctx)?;
    op.require(Scope::Admin)?;
    // Whoever says where leads are sent can read them there.
    op.require(Scope::Read)?;
    let target = aim(&op, &webhook_endpoint_id, expected_version)?;
    let patch = webhook_endpoints::WebhookEndpointPatch {
        label: change(label, |text| text),
        url: change(url, |text| text),
        event_types: change(event_types, kinds),
        filter: match filter {
            MaybeUndefined::Undefined => Change::Keep,
            MaybeUndefined::Null => Change::Clear,
            MaybeUndefined::Value(filter) => Change::Set(written(filter)?),
        },
        api_key_claim: change(api_key_claim, |text| text),
    };
    let row = webhook_endpoints::update(&op, target, patch).await.map_err(refused)?;
    Ok(Some(row.into()))
}

async fn rotate(
    ctx: &Context<'_>,
    input: RotateWebhookSecretInput,
) -> Result<(WebhookEndpoint, Option<String>), Failure> {
    let RotateWebhookSecretInput {
        webhook_endpoint_id,
        expected_version,
        overlap_hours,
    } = input;
    let op = op(ctx)?;
    let target = aim(&op, &webhook_endpoint_id, expected_version)?;
    let overlap = overlap_hours.map(|hours| chrono::Duration::hours(hours.into()));
    let rotated = webhook_endpoints::rotate(&op, target, overlap).await;
    let Issued { row, secret } = rotated.map_err(|error| match refused(error) {
        failure @ Failure::Input(_) => super::input::rename_paths(failure, |path| {
            for segment in path.iter_mut().filter(|segment| *segment == "overlap") {
                *segment = "overlapHours".to_owned();
            }
        }),
        failure => failure,
    })?;
    Ok((row.into(), secret.map(|secret| secret.printed())))
}

async fn switch(ctx: &Context<'_>, id: &ID, expected: SafeInt, power: Power) -> Done {
    let op = op(ctx)?;
    let target = aim(&op, id, expected)?;
    let row = webhook_endpoints::switch(&op, target, power).await.map_err(refused)?;
    Ok(Some(row.into()))
}

async fn archive(ctx: &Context<'_>, input: ArchiveWebhookEndpointInput) -> Done {
    let ArchiveWebhookEndpointInput {
        webhook_endpoint_id,
        expected_version,
    } = input;
    let op = op(ctx)?;
    let target = aim(&op, &webhook_endpoint_id, expected_version)?;
    let row = webhook_endpoints::archive(&op, target).await.map_err(refused)?;
    Ok(Some(row.into()))
}

fn aim(op: &Op, id: &ID, expected: SafeInt) -> Result<Target, Failure> {
    let named = Named {
        id,
        kind: NodeKind::WebhookEndpoint,
        path: "webhookEndpointId",
    };
    target(op, Scope::Admin, named, expected)
}

/// The endpoint that an edit was too late for.
async fn current(ctx: &Context<'_>, uuid: uuid::Uuid) -> Done {
    let rows = webhook_endpoints::by_uuids(&op(ctx)?, &[uuid]).await?;
    Ok(rows.into_iter().next().map(WebhookEndpoint::from))
}

fn refused(error: Error) -> Failure {
    renamed(error, "webhookEndpoint", "webhookEndpointId")
}

/// A webhook endpoint and what changes of it.
#[derive(Debug, InputObject)]
pub struct UpdateWebhookEndpointInput {
    /// The endpoint, by its node id.
    webhook_endpoint_id: ID,
    /// The version that the change is made on. When the endpoint has another one by now, nothing is changed.
    expected_version: SafeInt,
    /// What it is called.
    label: MaybeUndefined<String>,
    /// Where requests are sent. It must begin with `https` and lead to an address that everybody can reach.
    url: MaybeUndefined<String>,
    /// What it is told of; null or empty: `LEAD_CREATED`, `LEAD_UPDATED`, `LEAD_ARCHIVED` and `LEAD_RESTORED`.
    event_types: MaybeUndefined<Vec<WebhookEventType>>,
    /// Which leads it is told of; null for all.
    filter: MaybeUndefined<LeadFilterArgument>,
    /// What the claim `api_key` says in the style `JOURNEYBEE`.
    api_key_claim: MaybeUndefined<String>,
}

edit_payload! {
    /// The answer to `updateWebhookEndpoint`.
    UpdateWebhookEndpointPayload {
        /// The endpoint as it is now.
        webhook_endpoint as "webhookEndpoint": WebhookEndpoint
    }
}

/// A webhook endpoint that gets another secret.
#[derive(Debug, InputObject)]
pub struct RotateWebhookSecretInput {
    /// The endpoint, by its node id.
    webhook_endpoint_id: ID,
    /// The version that is to be rotated. When the endpoint has another one by now, nothing is changed.
    expected_version: SafeInt,
    /// How long the old secret signs beside the new one, at most 720 hours; 24 by default.
    overlap_hours: Option<i32>,
}

/// The answer to `rotateWebhookSecret`.
#[derive(Debug, SimpleObject)]
pub struct RotateWebhookSecretPayload {
    /// The endpoint as it is now.
    webhook_endpoint: Option<WebhookEndpoint>,
    /// The new secret. It is shown here and never again: null when the request is a repetition, by its
    /// `Idempotency-Key`.
    secret: Option<String>,
    /// What stood against it; empty when it was done.
    user_errors: Vec<UserError>,
    /// What somebody else did meanwhile, when the code is `CONFLICT`.
    conflict: Option<Conflict<WebhookEndpoint>>,
}

impl EditPayload for RotateWebhookSecretPayload {
    type Node = WebhookEndpoint;

    const FIELD: &'static str = "webhookEndpoint";

    fn new(edit: Edit<WebhookEndpoint>) -> Self {
        let Edit {
            node,
            user_errors,
            conflict,
        } = edit;
        Self {
            webhook_endpoint: node,
            secret: None,
            user_errors,
            conflict,
        }
    }
}

/// A webhook endpoint to switch on.
#[derive(Debug, InputObject)]
pub struct EnableWebhookEndpointInput {
    /// The endpoint, by its node id.
    webhook_endpoint_id: ID,
    /// The version that is to be switched on. When the endpoint has another one by now, nothing is changed.
    expected_version: SafeInt,
}

edit_payload! {
    /// The answer to `enableWebhookEndpoint`.
    EnableWebhookEndpointPayload {
        /// The endpoint as it is now.
        webhook_endpoint as "webhookEndpoint": WebhookEndpoint
    }
}

/// A webhook endpoint to switch off.
#[derive(Debug, InputObject)]
pub struct DisableWebhookEndpointInput {
    /// The endpoint, by its node id.
    webhook_endpoint_id: ID,
    /// The version that is to be switched off. When the endpoint has another one by now, nothing is changed.
    expected_version: SafeInt,
}

edit_payload! {
    /// The answer to `disableWebhookEndpoint`.
    DisableWebhookEndpointPayload {
        /// The endpoint as it is now.
        webhook_endpoint as "webhookEndpoint": WebhookEndpoint
    }
}

/// A webhook endpoint to end.
#[derive(Debug, InputObject)]
pub struct ArchiveWebhookEndpointInput {
    /// The endpoint, by its node id.
    webhook_endpoint_id: ID,
    /// The version that is to be archived. When the endpoint has another one by now, nothing is changed.
    expected_version: SafeInt,
}

edit_payload! {
    /// The answer to `archiveWebhookEndpoint`.
    ArchiveWebhookEndpointPayload {
        /// The endpoint as it is now.
        webhook_endpoint as "webhookEndpoint": WebhookEndpoint
    }
}
