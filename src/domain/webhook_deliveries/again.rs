//! Sending on somebody's word: a test, one delivery anew, or those of a span of time; and what would be sent.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::partners::{self, About, Senders};
use super::payload::{self, Told};
use super::queue::{self, New};
use super::{DeliveryKind, DeliveryState, WebhookDelivery};
use crate::domain::caller::Scope;
use crate::domain::catalogue;
use crate::domain::error::{Error, Problem, ProblemCode, Result};
use crate::domain::events::EventKind;
use crate::domain::leads::{filter, read};
use crate::domain::op::{Op, Tx};
use crate::domain::outbox;
use crate::domain::webhook_endpoints::{self, WebhookEndpoint};
use crate::domain::{new_uuid, workspaces};
use crate::entity::{event, lead, webhook_delivery, webhook_endpoint};

/// What the type of a test says.
const TEST: &str = "test";

/// Deliveries that are sent anew at a time.
const MOST: u64 = 1000;

/// Which deliveries are to be sent anew: those of events that were made in this span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Span {
    pub from: DateTime<Utc>,
    /// Not included.
    pub to: DateTime<Utc>,
    /// Only those that were given up.
    pub only_failed: OnlyFailed,
}

/// Whether what arrived is sent anew, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnlyFailed {
    Yes,
    No,
}

/// Sends a message that is about nothing, once, to see whether it arrives.
///
/// # Errors
/// Without the scope `admin`; an unknown endpoint, or one that is off (path `webhookEndpoint`); a database fault.
pub async fn test(op: &Op, endpoint: Uuid) -> Result<WebhookDelivery> {
    catalogue::require_unbound(op, Scope::Admin)?;
    op.once("webhook_deliveries.test", endpoint, send_test).await
}

async fn send_test(op: Op, endpoint: Uuid) -> Result<WebhookDelivery> {
    let mut tx = op.begin().await?;
    let endpoint = able(&tx, by_uuid(&tx, endpoint).await?).await?;
    let new = New {
        endpoint_id: endpoint.id,
        message_uuid: new_uuid(),
        kind: DeliveryKind::Test,
        position: None,
        event_type: TEST.to_owned(),
        lead_id: None,
    };
    let row = queue::put_one(&op, &tx, new).await?;
    tell(&mut tx, EventKind::WebhookEndpointTested, &endpoint, 1);
    let row = tx.commit(row).await?;
    op.services().webhooks().notify_one();
    Ok(row)
}

/// Sends a delivery anew, as a delivery of its own that says the same under the same message id. It waits for what is on
/// its way about the same lead.
///
/// # Errors
/// Without the scope `admin`; an unknown delivery, or a test (path `webhookDelivery`); an endpoint that is off (path
/// `webhookEndpoint`); a database fault.
pub async fn replay(op: &Op, delivery: Uuid) -> Result<WebhookDelivery> {
    catalogue::require_unbound(op, Scope::Admin)?;
    op.once("webhook_deliveries.replay", delivery, send_again).await
}

async fn send_again(op: Op, delivery: Uuid) -> Result<WebhookDelivery> {
    use webhook_delivery::Column as C;
    let mut tx = op.begin().await?;
    let row = tx.find::<webhook_delivery::Entity>().filter(C::Uuid.eq(delivery));
    let unknown = || {
        Error::NotFound(Problem::not_found(
            ["webhookDelivery".into()],
            "Webhook delivery not found",
        ))
    };
    let row = row.one(tx.db()).await?.ok_or_else(unknown)?;
    if row.kind == DeliveryKind::Test {
        let message = "A test is not sent again: make another one";
        return Err(Problem::invalid(["webhookDelivery".into()], message).into());
    }
    let endpoint = able(&tx, Some(row.endpoint_id)).await?;
    let row = queue::put_one(&op, &tx, anew(row)).await?;
    tell(&mut tx, EventKind::WebhookEndpointReplayed, &endpoint, 1);
    let row = tx.commit(row).await?;
    op.services().webhooks().notify_one();
    Ok(row)
}

/// [`replay`] of all deliveries of an endpoint that were made in a span of time, in their order; tells how many these
/// are. What is still on its way is left alone.
///
/// # Errors
/// As [`replay`]; more than a thousand deliveries (path `to`), of which none is sent.
pub async fn replay_span(op: &Op, endpoint: Uuid, span: Span) -> Result<u64> {
    catalogue::require_unbound(op, Scope::Admin)?;
    op.once("webhook_deliveries.replay_span", (endpoint, span), send_span)
        .await
}

async fn send_span(op: Op, (endpoint, span): (Uuid, Span)) -> Result<u64> {
    use webhook_delivery::Column as C;
    let Span { from, to, only_failed } = span;
    let mut tx = op.begin().await?;
    let endpoint = able(&tx, by_uuid(&tx, endpoint).await?).await?;
    let states: &[DeliveryState] = match only_failed {
        OnlyFailed::Yes => &[DeliveryState::Failed],
        OnlyFailed::No => &[DeliveryState::Failed, DeliveryState::Delivered],
    };
    let rows = tx
        .find::<webhook_delivery::Entity>()
        .filter(C::EndpointId.eq(endpoint.id));
    let rows = rows.filter(C::CreatedAt.gte(from)).filter(C::CreatedAt.lt(to));
    // What was sent anew before is a copy of one that is among them, or older.
    let rows = rows.filter(C::Kind.eq(DeliveryKind::Event));
    let rows = rows.filter(C::State.is_in(states.iter().copied()));
    let rows = rows.order_by_asc(C::CreatedAt).order_by_asc(C::Id).limit(MOST + 1);
    let rows = rows.all(tx.db()).await?;
    let count = rows.len() as u64;
    if count > MOST {
        let message = format!("These are more than {MOST} deliveries: take a shorter span");
        return Err(Problem::limit(["to".into()], message).into());
    }
    queue::put(&op, &tx, rows.into_iter().map(anew).collect()).await?;
    if count > 0 {
        tell(&mut tx, EventKind::WebhookEndpointReplayed, &endpoint, count);
    }
    let count = tx.commit(count).await?;
    op.services().webhooks().notify_one();
    Ok(count)
}

/// Who had what sent stands in the log, too.
fn tell(tx: &mut Tx, kind: EventKind, endpoint: &WebhookEndpoint, deliveries: u64) {
    #[derive(Serialize)]
    struct Sent {
        deliveries: u64,
    }
    catalogue::emit_created(tx, kind, endpoint.uuid, &Sent { deliveries });
}

fn anew(row: WebhookDelivery) -> New {
    New {
        endpoint_id: row.endpoint_id,
        message_uuid: row.message_uuid,
        kind: DeliveryKind::Replay,
        position: row.position,
        event_type: row.event_type,
        lead_id: row.lead_id,
    }
}

async fn by_uuid(tx: &Tx, endpoint: Uuid) -> Result<Option<i64>> {
    use webhook_endpoint::Column as C;
    let id = tx.find::<webhook_endpoint::Entity>().filter(C::Uuid.eq(endpoint));
    Ok(id.select_only().column(C::Id).into_tuple().one(tx.db()).await?)
}

/// The endpoint, locked, if it can be sent anything.
async fn able(tx: &Tx, id: Option<i64>) -> Result<WebhookEndpoint> {
    let row = match id {
        Some(id) => webhook_endpoints::locked(tx, id).await?,
        None => None,
    };
    let row = row.ok_or_else(|| Error::NotFound(webhook_endpoints::unknown()))?;
    if row.is_on() {
        return Ok(row);
    }
    let message = "This endpoint is disabled or archived";
    Err(Problem::new(ProblemCode::Invalid, ["webhookEndpoint".into()], message).into())
}

/// What an endpoint would be told of the newest event of a kind that happened to a lead.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// Whether it would be told: it is on, and event and lead are what it asked for.
    pub is_sent: bool,
    /// The request's body; nothing when there was no such event.
    pub body: Option<Value>,
}

/// # Errors
/// Without the scopes `admin` and `read`; an unknown endpoint or lead (paths `webhookEndpoint`, `lead`); a database fault.
pub async fn preview(op: &Op, endpoint: Uuid, lead: Uuid, kind: EventKind) -> Result<Preview> {
    catalogue::require_unbound(op, Scope::Admin)?;
    op.require(Scope::Read)?;
    let endpoint = webhook_endpoints::by_uuids(op, &[endpoint]).await?.pop();
    let endpoint = endpoint.ok_or_else(|| Error::NotFound(webhook_endpoints::unknown()))?;
    let graph = read::find_any(op, lead, &partners::LEAD_PARTS).await?;
    let unknown = || Error::NotFound(Problem::not_found(["lead".into()], "Lead not found"));
    let graph = graph.ok_or_else(unknown)?;
    let is_sent = endpoint.is_on() && endpoint.wants(kind) && passes(op, &endpoint, graph.lead.id).await?;
    let events = op
        .find::<event::Entity>()
        .filter(event::Column::LeadId.eq(graph.lead.id));
    let events = events.filter(event::Column::EventType.eq(kind.as_str()));
    let newest = events.order_by_desc(event::Column::Position).one(op.db()).await?;
    let Some(newest) = newest else {
        return Ok(Preview { is_sent, body: None });
    };
    let record = outbox::feed::record(newest)?;
    let workspace = workspaces::get(op).await?;
    let told = Told::Event(Uuid::nil(), &record);
    let senders = Senders::of(op, std::iter::once(&graph)).await?;
    let about = About {
        lead: &graph,
        senders: &senders,
    };
    let body = payload::body(&workspace, &endpoint, &told, Some(about));
    Ok(Preview {
        is_sent,
        body: Some(body),
    })
}

async fn passes(op: &Op, endpoint: &WebhookEndpoint, lead: i64) -> Result<bool> {
    let Some(tree) = endpoint.lead_filter()? else {
        return Ok(true);
    };
    let condition = filter::resolve(op, tree).await?.condition(op);
    let found = op
        .find::<lead::Entity>()
        .filter(lead::Column::Id.eq(lead))
        .filter(condition);
    Ok(found.one(op.db()).await?.is_some())
}
