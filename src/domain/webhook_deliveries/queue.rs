//! The queue of each endpoint. A lane is what waits there about one lead: its first delivery is `pending`, those behind it
//! are `held`. What is about no lead waits for nothing.
//!
//! Whoever adds to a lane or takes its first away has locked the endpoint's row, so that neither misses the other.

use std::collections::HashSet;

use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{DeliveryKind, DeliveryState, WebhookDelivery};
use crate::domain::error::Result;
use crate::domain::new_uuid;
use crate::domain::op::{Op, Tx};
use crate::entity::webhook_delivery;

/// What is to be sent to an endpoint.
#[derive(Clone, Debug)]
pub(super) struct New {
    pub endpoint_id: i64,
    pub message_uuid: Uuid,
    pub kind: DeliveryKind,
    pub position: Option<i64>,
    pub event_type: String,
    pub lead_id: Option<i64>,
}

/// In the words of the index that holds nothing else: parameters would hide that it fits.
const UNFINISHED: &str = "state IN ('pending', 'held')";

type Lane = (i64, i64);

/// Puts them in, in their order. The Tx has locked their endpoints.
pub(super) async fn put(op: &Op, tx: &Tx, news: Vec<New>) -> Result<()> {
    let mut busy = unfinished(op, tx, &news).await?;
    tx.insert_all(news.into_iter().map(|new| row(tx, new, &mut busy)).collect())
        .await
}

/// [`put`] for one, which is given back.
pub(super) async fn put_one(op: &Op, tx: &Tx, new: New) -> Result<WebhookDelivery> {
    let mut busy = unfinished(op, tx, std::slice::from_ref(&new)).await?;
    tx.insert(row(tx, new, &mut busy)).await
}

fn row(tx: &Tx, new: New, busy: &mut HashSet<Lane>) -> webhook_delivery::ActiveModel {
    let New {
        endpoint_id,
        message_uuid,
        kind,
        position,
        event_type,
        lead_id,
    } = new;
    let is_first = lead_id.is_none_or(|lead| busy.insert((endpoint_id, lead)));
    let state = match is_first {
        true => DeliveryState::Pending,
        false => DeliveryState::Held,
    };
    webhook_delivery::ActiveModel {
        workspace_id: NotSet,
        id: NotSet,
        uuid: Set(new_uuid()),
        endpoint_id: Set(endpoint_id),
        message_uuid: Set(message_uuid),
        kind: Set(kind),
        position: Set(position),
        event_type: Set(event_type),
        lead_id: Set(lead_id),
        state: Set(state),
        attempts: Set(0),
        due_at: Set(tx.now()),
        lease: Set(None),
        settled_at: Set(None),
        created_at: Set(tx.now()),
    }
}

/// The lanes of these in which something waits already.
async fn unfinished(op: &Op, tx: &Tx, news: &[New]) -> Result<HashSet<Lane>> {
    use webhook_delivery::Column as C;
    let endpoints: HashSet<i64> = news.iter().map(|new| new.endpoint_id).collect();
    let leads: HashSet<i64> = news.iter().filter_map(|new| new.lead_id).collect();
    if leads.is_empty() {
        return Ok(HashSet::new());
    }
    let (endpoints, leads) = (Vec::from_iter(endpoints), Vec::from_iter(leads));
    let waiting = tx.find::<webhook_delivery::Entity>();
    let waiting = waiting.filter(Expr::cust(UNFINISHED));
    let waiting = waiting
        .filter(op.any_of(C::EndpointId, &endpoints))
        .filter(op.any_of(C::LeadId, &leads));
    let lanes = waiting.select_only().column(C::EndpointId).column(C::LeadId).distinct();
    let lanes: Vec<Lane> = lanes.into_tuple().all(tx.db()).await?;
    Ok(lanes.into_iter().collect())
}

/// The position of the first event that somebody is still to be told of.
///
/// # Errors
/// A database fault.
pub(in crate::domain) async fn first_needed(op: &Op) -> Result<Option<i64>> {
    let waiting = op.find::<webhook_delivery::Entity>().filter(Expr::cust(UNFINISHED));
    let first = waiting
        .select_only()
        .column_as(webhook_delivery::Column::Position.min(), "first");
    Ok(first.into_tuple::<Option<i64>>().one(op.db()).await?.flatten())
}

/// Lets the next one of a lane go, after its first is settled. The Tx has locked the endpoint.
pub(super) async fn release(tx: &Tx, endpoint_id: i64, lead_id: Option<i64>) -> Result<()> {
    use webhook_delivery::Column as C;
    let Some(lead_id) = lead_id else { return Ok(()) };
    let held = tx.find::<webhook_delivery::Entity>();
    let held = held.filter(C::EndpointId.eq(endpoint_id)).filter(C::LeadId.eq(lead_id));
    let held = held
        .filter(Expr::cust(UNFINISHED))
        .filter(C::State.eq(DeliveryState::Held));
    let held = held.order_by_asc(C::Id);
    let next: Option<i64> = held.select_only().column(C::Id).into_tuple().one(tx.db()).await?;
    let Some(next) = next else { return Ok(()) };
    let released = webhook_delivery::ActiveModel {
        state: Set(DeliveryState::Pending),
        due_at: Set(tx.now()),
        ..Default::default()
    };
    let update = tx.update::<webhook_delivery::Entity>().filter(C::Id.eq(next));
    update.set(released).exec(tx.db()).await?;
    Ok(())
}
