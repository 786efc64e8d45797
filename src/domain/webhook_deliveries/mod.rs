//! Webhook deliveries: each event on its way to each endpoint that is to be told of it, and every attempt.
//!
//! `fan_out` reads the event log and makes the deliveries, `queue` puts them in: those of one endpoint about one lead wait
//! for each other, and for nothing else. `claim` hands out what is due to one of the instances for a while, `settle`
//! takes what came of it. `payload` says what is told, `partners` in JourneyBee's form. `again` sends anew, and tests.

mod again;
mod claim;
mod fan_out;
mod partners;
mod payload;
mod queue;
mod schedule;
mod settle;

use std::collections::HashMap;

use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

pub use crate::entity::webhook_attempt::Model as WebhookAttempt;
pub use crate::entity::webhook_delivery::{DeliveryKind, DeliveryState, Model as WebhookDelivery};
use crate::entity::{lead, webhook_attempt, webhook_delivery};

use super::caller::Scope;
use super::catalogue;
use super::error::Result;
use super::op::Op;
use super::page::{self, Page, PageRequest};
use super::webhook_endpoints;

pub use again::{OnlyFailed, Preview, Span, preview, replay, replay_span, test};
pub use claim::{Claimed, Due, claim, due, parcels};
pub use fan_out::fan_out;
pub use payload::{Claims, Letter, Parcel, Unsendable, message_id};
pub(in crate::domain) use queue::first_needed;
pub use schedule::{MOST_WAITS, Schedule, WebhookSettings};
pub use settle::{Attempt, Verdict, settle};

/// The deliveries of an endpoint, newest first. An unknown endpoint has none.
///
/// # Errors
/// Without the scope `admin`, or a database fault.
pub async fn list(
    op: &Op,
    endpoint: Uuid,
    state: Option<DeliveryState>,
    page: PageRequest,
) -> Result<Page<WebhookDelivery>> {
    use webhook_delivery::Column as C;
    let endpoint = webhook_endpoints::by_uuids(op, &[endpoint]).await?.pop();
    // No endpoint has this number.
    let endpoint = endpoint.map_or(0, |endpoint| endpoint.id);
    let rows = op.find::<webhook_delivery::Entity>();
    let rows = rows.filter(C::EndpointId.eq(endpoint));
    let rows = match state {
        Some(state) => rows.filter(C::State.eq(state)),
        None => rows,
    };
    page::read(op.db(), rows, (C::CreatedAt, C::Id), page).await
}

/// The deliveries with these ids, in any order; unknown ones are absent.
///
/// # Errors
/// Without the scope `admin`, or a database fault.
pub async fn by_uuids(op: &Op, uuids: &[Uuid]) -> Result<Vec<WebhookDelivery>> {
    catalogue::require_unbound(op, Scope::Admin)?;
    if uuids.is_empty() {
        return Ok(Vec::new());
    }
    let wanted = op.any_uuid(webhook_delivery::Column::Uuid, uuids);
    Ok(op
        .find::<webhook_delivery::Entity>()
        .filter(wanted)
        .all(op.db())
        .await?)
}

/// The attempts of these deliveries, by their numbers, first ones first.
///
/// # Errors
/// Without the scope `admin`, or a database fault.
pub async fn attempts(op: &Op, deliveries: &[i64]) -> Result<HashMap<i64, Vec<WebhookAttempt>>> {
    use webhook_attempt::Column as C;
    catalogue::require_unbound(op, Scope::Admin)?;
    let rows = op.find::<webhook_attempt::Entity>();
    let rows = rows
        .filter(op.any_of(C::DeliveryId, deliveries))
        .order_by_asc(C::Number);
    let mut attempts: HashMap<i64, Vec<WebhookAttempt>> = HashMap::new();
    for row in rows.all(op.db()).await? {
        attempts.entry(row.delivery_id).or_default().push(row);
    }
    Ok(attempts)
}

/// The public ids of the leads that these deliveries are about, by the leads' numbers.
///
/// # Errors
/// Without the scope `admin`, or a database fault.
pub async fn leads(op: &Op, deliveries: &[WebhookDelivery]) -> Result<HashMap<i64, Uuid>> {
    catalogue::require_unbound(op, Scope::Admin)?;
    let ids: Vec<i64> = deliveries.iter().filter_map(|delivery| delivery.lead_id).collect();
    let rows = op.find::<lead::Entity>().filter(op.any_of(lead::Column::Id, &ids));
    let rows = rows.select_only().column(lead::Column::Id).column(lead::Column::Uuid);
    let rows: Vec<(i64, Uuid)> = rows.into_tuple().all(op.db()).await?;
    Ok(rows.into_iter().collect())
}
