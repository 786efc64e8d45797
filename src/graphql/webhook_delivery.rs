//! Webhook deliveries: what was sent where and what came of it; sending again, tests, and what would be sent.

use std::collections::HashMap;

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};

use super::context::{Answer, answer, op};
use super::error::{Failure, UserError};
use super::event::position;
use super::input::{Reader, renamed};
use super::node::{GlobalId, NodeKind};
use super::paging::{Connection, List, Listed, PageArgs};
use super::payload::{Payload, reply};
use super::prefetch;
use super::scalars::{DateTime, Json, SafeInt, Uuid};
use super::webhook::{WebhookEventType, endpoint_uuid};
use crate::domain::caller::Scope;
use crate::domain::error::Error;
use crate::domain::op::Op;
use crate::domain::page::Key;
use crate::domain::rel::Rel;
use crate::domain::webhook_deliveries::{self as deliveries, OnlyFailed, Span};

const LIST: List = List("webhookDeliveries");

/// One event on its way to one webhook endpoint, or there.
#[derive(Clone, Debug, SimpleObject)]
pub struct WebhookDelivery {
    /// The global id.
    pub id: ID,
    /// The public id in its plain form.
    uuid: Uuid,
    /// What its requests have as `webhook-id`: the same for every attempt, and when it is sent anew.
    message_id: String,
    /// Why there is a delivery.
    kind: WebhookDeliveryKind,
    /// How far it is.
    state: WebhookDeliveryState,
    /// What happened; null for a test.
    event_type: Option<WebhookEventType>,
    /// The place of the event in the workspace's log; null for a test.
    position: Option<String>,
    /// The lead that it is about, by its node id; null for a test.
    lead_id: Option<ID>,
    /// When it is to be sent next; null when it is settled, or waits for another one about its lead.
    next_attempt_at: Option<DateTime>,
    /// When it was delivered or given up; null while it waits.
    settled_at: Option<DateTime>,
    /// When it was made.
    created_at: DateTime,
    /// Every attempt so far, first ones first.
    attempts: Rel<Vec<WebhookAttempt>>,
}

impl Listed for WebhookDelivery {}

/// One attempt at a webhook delivery.
#[derive(Clone, Debug, SimpleObject)]
pub struct WebhookAttempt {
    /// Counted from 1.
    number: SafeInt,
    /// When it began.
    at: DateTime,
    /// How long it took, in milliseconds.
    duration_ms: SafeInt,
    /// The status of the answer; null when there was none.
    status_code: Option<i32>,
    /// Why it counts as failed; null when it does not.
    error: Option<String>,
    /// How the answer's body begins.
    answer: Option<String>,
}

impl From<deliveries::WebhookAttempt> for WebhookAttempt {
    fn from(row: deliveries::WebhookAttempt) -> Self {
        Self {
            number: SafeInt(row.number),
            at: DateTime(row.at),
            duration_ms: SafeInt(row.duration_ms),
            status_code: row.status.and_then(|status| i32::try_from(status).ok()),
            error: row.error,
            answer: row.answer,
        }
    }
}

/// Why there is a webhook delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::webhook_deliveries::DeliveryKind")]
pub enum WebhookDeliveryKind {
    /// Something happened.
    Event,
    /// Somebody wanted to see whether it arrives.
    Test,
    /// Somebody had it sent again.
    Replay,
}

/// How far a webhook delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::webhook_deliveries::DeliveryState")]
pub enum WebhookDeliveryState {
    /// It is being sent, or waits for its time.
    Pending,
    /// It waits for an earlier one about its lead.
    Held,
    /// The receiver has it.
    Delivered,
    /// It was given up.
    Failed,
    /// Its endpoint was archived before it was sent.
    Cancelled,
}

/// Deliveries with what is selected of them.
///
/// # Errors
/// What the domain says.
pub async fn with_attempts(
    ctx: &Context<'_>,
    op: &Op,
    rows: Vec<deliveries::WebhookDelivery>,
) -> Result<Vec<WebhookDelivery>, Failure> {
    let leads = match prefetch::selects(ctx, "leadId") {
        true => deliveries::leads(op, &rows).await?,
        false => HashMap::new(),
    };
    let mut attempts = match prefetch::selects(ctx, "attempts") {
        true => {
            let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
            Some(deliveries::attempts(op, &ids).await?)
        }
        false => None,
    };
    let whole = rows.into_iter().map(|row| {
        let attempts = match &mut attempts {
            Some(attempts) => {
                let own = attempts.remove(&row.id).unwrap_or_default();
                Rel::Loaded(own.into_iter().map(WebhookAttempt::from).collect())
            }
            None => Rel::NotLoaded,
        };
        let lead = row.lead_id.and_then(|lead| leads.get(&lead));
        let is_next = row.state == deliveries::DeliveryState::Pending;
        WebhookDelivery {
            id: GlobalId::new(NodeKind::WebhookDelivery, row.uuid).into(),
            uuid: Uuid(row.uuid),
            message_id: deliveries::message_id(row.message_uuid),
            kind: row.kind.into(),
            state: row.state.into(),
            event_type: WebhookEventType::of_word(&row.event_type),
            position: row.position.map(|place| position::encode(op, place)),
            lead_id: lead.map(|lead| GlobalId::new(NodeKind::Lead, *lead).into()),
            next_attempt_at: is_next.then_some(DateTime(row.due_at)),
            settled_at: row.settled_at.map(DateTime),
            created_at: DateTime(row.created_at),
            attempts,
        }
    });
    Ok(whole.collect())
}

/// What a webhook endpoint would be told.
#[derive(Clone, Debug, SimpleObject)]
pub struct WebhookPreview {
    /// Whether it would be told: it is on, and event and lead are what it asked for.
    sent: bool,
    /// The body of the request; null when no such event has happened to the lead.
    body: Option<Json>,
}

#[derive(Debug, Default)]
pub struct WebhookDeliveryQueries;

#[Object]
impl WebhookDeliveryQueries {
    /// The deliveries of a webhook endpoint, newest first.
    async fn webhook_deliveries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The endpoint's node id.")] webhook_endpoint_id: ID,
        #[graphql(desc = "Only those that are so far.")] state: Option<WebhookDeliveryState>,
        #[graphql(desc = "How many from the start; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
    ) -> Answer<Connection<WebhookDelivery>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        answer(ctx, Box::pin(list(ctx, &webhook_endpoint_id, state, args)).await)
    }

    /// What a webhook endpoint would be told of the newest event of a type that happened to a lead. Nothing is sent.
    async fn webhook_preview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The endpoint's node id.")] webhook_endpoint_id: ID,
        #[graphql(desc = "The lead's node id.")] lead_id: ID,
        #[graphql(desc = "The event.")] event_type: WebhookEventType,
    ) -> Answer<WebhookPreview> {
        let done = Box::pin(preview(ctx, &webhook_endpoint_id, &lead_id, event_type)).await;
        super::context::answer_found(ctx, done)
    }
}

async fn list(
    ctx: &Context<'_>,
    endpoint: &ID,
    state: Option<WebhookDeliveryState>,
    args: PageArgs,
) -> Result<Connection<WebhookDelivery>, Failure> {
    let op = op(ctx)?;
    op.require(Scope::Admin)?;
    let request = args.request(ctx, LIST)?;
    // No endpoint has this id.
    let endpoint = GlobalId::decode_as(NodeKind::WebhookEndpoint, endpoint).unwrap_or_default();
    let page = deliveries::list(&op, endpoint, state.map(Into::into), request).await?;
    let key = |row: &deliveries::WebhookDelivery| Key {
        created_at: row.created_at,
        id: row.id,
    };
    let cursors: Vec<String> = page.items.iter().map(|row| LIST.encode(key(row))).collect();
    let nodes = with_attempts(ctx, &op, page.items.clone()).await?;
    Ok(Connection::new(
        page.with_items(cursors.into_iter().zip(nodes).collect()),
    ))
}

/// Nothing for an endpoint or a lead that is not there.
async fn preview(
    ctx: &Context<'_>,
    endpoint: &ID,
    lead: &ID,
    event_type: WebhookEventType,
) -> Result<Option<WebhookPreview>, Failure> {
    let op = op(ctx)?;
    op.require(Scope::Admin)?;
    op.require(Scope::Read)?;
    let endpoint = GlobalId::decode_as(NodeKind::WebhookEndpoint, endpoint).unwrap_or_default();
    let lead = GlobalId::decode_as(NodeKind::Lead, lead).unwrap_or_default();
    match deliveries::preview(&op, endpoint, lead, event_type.kind()).await {
        Ok(deliveries::Preview { is_sent, body }) => Ok(Some(WebhookPreview {
            sent: is_sent,
            body: body.map(Json),
        })),
        Err(Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[derive(Debug, Default)]
pub struct WebhookDeliveryMutations;

#[Object]
impl WebhookDeliveryMutations {
    /// Sends a message that is about nothing, once, to see whether it arrives. The delivery tells what came of it.
    async fn test_webhook_endpoint(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The endpoint.")] input: TestWebhookEndpointInput,
    ) -> Answer<TestWebhookEndpointPayload> {
        reply(ctx, Box::pin(test(ctx, input)).await)
    }

    /// Sends a delivery again, as a delivery of its own with the same `webhook-id`.
    async fn replay_webhook_delivery(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The delivery.")] input: ReplayWebhookDeliveryInput,
    ) -> Answer<ReplayWebhookDeliveryPayload> {
        reply(ctx, Box::pin(replay(ctx, input)).await)
    }

    /// Sends the deliveries of a span of time again, in their order; at most 1000 at a time. Those that are still on
    /// their way are left alone.
    async fn replay_webhook_deliveries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The endpoint and the span.")] input: ReplayWebhookDeliveriesInput,
    ) -> Answer<ReplayWebhookDeliveriesPayload> {
        reply(ctx, Box::pin(replay_span(ctx, input)).await)
    }
}

async fn test(ctx: &Context<'_>, input: TestWebhookEndpointInput) -> Result<WebhookDelivery, Failure> {
    let TestWebhookEndpointInput { webhook_endpoint_id } = input;
    let op = op(ctx)?;
    let mut reader = Reader::default();
    let endpoint = endpoint_uuid(&mut reader, &webhook_endpoint_id);
    reader.check_for(&op, Scope::Admin)?;
    let row = deliveries::test(&op, endpoint).await.map_err(refused)?;
    one(ctx, &op, row).await
}

async fn replay(ctx: &Context<'_>, input: ReplayWebhookDeliveryInput) -> Result<WebhookDelivery, Failure> {
    let ReplayWebhookDeliveryInput { webhook_delivery_id } = input;
    let op = op(ctx)?;
    let mut reader = Reader::default();
    let delivery = reader.uuid(
        &webhook_delivery_id,
        &[NodeKind::WebhookDelivery],
        &["webhookDeliveryId"],
    );
    reader.check_for(&op, Scope::Admin)?;
    let row = deliveries::replay(&op, delivery).await;
    let row = row.map_err(|error| {
        super::input::rename_paths(error.into(), |path| {
            for segment in path {
                // Its endpoint is in its way: the input names the delivery alone.
                if segment == "webhookDelivery" || segment == "webhookEndpoint" {
                    "webhookDeliveryId".clone_into(segment);
                }
            }
        })
    })?;
    one(ctx, &op, row).await
}

async fn replay_span(ctx: &Context<'_>, input: ReplayWebhookDeliveriesInput) -> Result<u64, Failure> {
    let ReplayWebhookDeliveriesInput {
        webhook_endpoint_id,
        from,
        to,
        only_failed,
    } = input;
    let op = op(ctx)?;
    let mut reader = Reader::default();
    let endpoint = endpoint_uuid(&mut reader, &webhook_endpoint_id);
    reader.check_for(&op, Scope::Admin)?;
    let span = Span {
        from: from.0,
        to: to.0,
        only_failed: match only_failed.unwrap_or(true) {
            true => OnlyFailed::Yes,
            false => OnlyFailed::No,
        },
    };
    deliveries::replay_span(&op, endpoint, span).await.map_err(refused)
}

async fn one(ctx: &Context<'_>, op: &Op, row: deliveries::WebhookDelivery) -> Result<WebhookDelivery, Failure> {
    let delivery = with_attempts(ctx, op, vec![row]).await?.pop();
    delivery.ok_or_else(|| super::context::broken("a delivery was lost"))
}

fn refused(error: Error) -> Failure {
    renamed(error, "webhookEndpoint", "webhookEndpointId")
}

/// A webhook endpoint to test.
#[derive(Debug, InputObject)]
pub struct TestWebhookEndpointInput {
    /// The endpoint, by its node id. It must be on.
    webhook_endpoint_id: ID,
}

/// A delivery to send again.
#[derive(Debug, InputObject)]
pub struct ReplayWebhookDeliveryInput {
    /// The delivery, by its node id.
    webhook_delivery_id: ID,
}

/// The deliveries of a span of time, to send again.
#[derive(Debug, InputObject)]
pub struct ReplayWebhookDeliveriesInput {
    /// The endpoint, by its node id.
    webhook_endpoint_id: ID,
    /// The time from which deliveries were made.
    from: DateTime,
    /// The time before which they were made.
    to: DateTime,
    /// Whether only those are sent again that were given up; so by default.
    only_failed: Option<bool>,
}

/// The answer to `testWebhookEndpoint`.
#[derive(Debug, SimpleObject)]
pub struct TestWebhookEndpointPayload {
    /// The test's delivery.
    webhook_delivery: Option<WebhookDelivery>,
    /// What stood against it; empty when it was done.
    user_errors: Vec<UserError>,
}

impl Payload for TestWebhookEndpointPayload {
    type Made = WebhookDelivery;

    fn made(delivery: WebhookDelivery) -> Self {
        Self {
            webhook_delivery: Some(delivery),
            user_errors: Vec::new(),
        }
    }

    fn refused(user_errors: Vec<UserError>) -> Self {
        Self {
            webhook_delivery: None,
            user_errors,
        }
    }
}

/// The answer to `replayWebhookDelivery`.
#[derive(Debug, SimpleObject)]
pub struct ReplayWebhookDeliveryPayload {
    /// The new delivery.
    webhook_delivery: Option<WebhookDelivery>,
    /// What stood against it; empty when it was done.
    user_errors: Vec<UserError>,
}

impl Payload for ReplayWebhookDeliveryPayload {
    type Made = WebhookDelivery;

    fn made(delivery: WebhookDelivery) -> Self {
        Self {
            webhook_delivery: Some(delivery),
            user_errors: Vec::new(),
        }
    }

    fn refused(user_errors: Vec<UserError>) -> Self {
        Self {
            webhook_delivery: None,
            user_errors,
        }
    }
}

/// The answer to `replayWebhookDeliveries`.
#[derive(Debug, SimpleObject)]
pub struct ReplayWebhookDeliveriesPayload {
    /// How many deliveries are sent again.
    count: Option<i32>,
    /// What stood against it; empty when it was done.
    user_errors: Vec<UserError>,
}

impl Payload for ReplayWebhookDeliveriesPayload {
    type Made = u64;

    fn made(count: u64) -> Self {
        Self {
            count: i32::try_from(count).ok(),
            user_errors: Vec::new(),
        }
    }

    fn refused(user_errors: Vec<UserError>) -> Self {
        Self {
            count: None,
            user_errors,
        }
    }
}
