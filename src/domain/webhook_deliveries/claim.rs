//! Handing out what is due. Whoever claims a delivery has it alone until its lease ends; a lease that ends without a
//! settlement, because its instance is gone, makes the delivery due again.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType, Query};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::WebhookDelivery;
use super::partners::{self, About, Senders};
use super::payload::{self, Parcel, Unsendable};
use crate::domain::error::Result;
use crate::domain::leads::read;
use crate::domain::new_uuid;
use crate::domain::op::{Op, System};
use crate::domain::outbox::{self, Record};
use crate::domain::webhook_endpoints::{WebhookEndpoint, WebhookStyle};
use crate::domain::workspaces;
use crate::entity::{event, webhook_delivery, webhook_endpoint};

/// An endpoint for which something waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Due {
    pub workspace_id: i64,
    pub endpoint_id: i64,
    /// When the first of it is to be sent.
    pub at: DateTime<Utc>,
    /// Whether the last attempt failed.
    pub is_failing: bool,
}

/// A workspace, an endpoint of it, since when that fails, and when its first delivery is due.
type Row = (i64, i64, Option<DateTime<Utc>>, Option<DateTime<Utc>>);

/// A delivery that is this instance's for a while.
#[derive(Clone, Debug)]
pub struct Claimed {
    pub row: WebhookDelivery,
    pub endpoint: WebhookEndpoint,
}

/// All endpoints that are on and have something waiting, in all workspaces. One look at an index for each.
///
/// # Errors
/// A database fault.
#[expect(
    clippy::disallowed_methods,
    reason = "a loop has no workspace yet; only numbers and times are read"
)]
pub async fn due(system: &System) -> Result<Vec<Due>> {
    use {webhook_delivery::Column as D, webhook_endpoint::Column as E};
    let delivery = |column| Expr::col((webhook_delivery::Entity, column));
    let first = Query::select()
        .expr(delivery(D::DueAt))
        .from(webhook_delivery::Entity)
        .and_where(delivery(D::WorkspaceId).equals((webhook_endpoint::Entity, E::WorkspaceId)))
        .and_where(delivery(D::EndpointId).equals((webhook_endpoint::Entity, E::Id)))
        .and_where(delivery(D::State).eq(Expr::cust("'pending'")))
        .order_by((webhook_delivery::Entity, D::DueAt), sea_orm::Order::Asc)
        .limit(1)
        .take();
    let on = webhook_endpoint::Entity::find()
        .filter(E::DisabledAt.is_null())
        .filter(E::ArchivedAt.is_null());
    let rows = on
        .select_only()
        .column(E::WorkspaceId)
        .column(E::Id)
        .column(E::FailingSince)
        .expr_as(first, "due_at");
    let rows: Vec<Row> = rows.into_tuple().all(system.db()).await?;
    let due = rows
        .into_iter()
        .filter_map(|(workspace_id, endpoint_id, failing_since, at)| {
            Some(Due {
                workspace_id,
                endpoint_id,
                at: at?,
                is_failing: failing_since.is_some(),
            })
        });
    Ok(due.collect())
}

/// Takes at most so many deliveries of an endpoint that are due and nobody else's.
///
/// # Errors
/// A database fault.
pub async fn claim(op: &Op, endpoint_id: i64, most: u64) -> Result<Vec<Claimed>> {
    use webhook_delivery::Column as C;
    let tx = op.begin().await?;
    let endpoint = tx.find::<webhook_endpoint::Entity>();
    let endpoint = endpoint.filter(webhook_endpoint::Column::Id.eq(endpoint_id));
    let Some(endpoint) = endpoint.one(tx.db()).await?.filter(WebhookEndpoint::is_on) else {
        return Ok(Vec::new());
    };
    let due = tx
        .find::<webhook_delivery::Entity>()
        .filter(C::EndpointId.eq(endpoint_id));
    let due = due.filter(Expr::col(C::State).eq(Expr::cust("'pending'")));
    let due = due
        .filter(C::DueAt.lte(tx.now()))
        .order_by_asc(C::DueAt)
        .order_by_asc(C::Id);
    let due = due
        .limit(most)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    let mut rows = due.all(tx.db()).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let lease = new_uuid();
    let until = tx.now() + op.settings().webhooks.lease();
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let taken = webhook_delivery::ActiveModel {
        due_at: Set(until),
        lease: Set(Some(lease)),
        ..Default::default()
    };
    let update = tx.update::<webhook_delivery::Entity>().filter(op.any_of(C::Id, &ids));
    update.set(taken).exec(tx.db()).await?;
    tx.commit(()).await?;
    for row in &mut rows {
        row.lease = Some(lease);
        row.due_at = until;
    }
    let claimed = rows.into_iter().map(|row| Claimed {
        row,
        endpoint: endpoint.clone(),
    });
    Ok(claimed.collect())
}

/// What each of these says, ready to be sent.
///
/// # Errors
/// A database fault.
pub async fn parcels(op: &Op, claimed: Vec<Claimed>) -> Result<Vec<Parcel>> {
    let workspace = workspaces::get(op).await?;
    let rows: Vec<&WebhookDelivery> = claimed.iter().map(|claimed| &claimed.row).collect();
    let records = records(op, &rows).await?;
    let is_partners = |claimed: &&Claimed| claimed.endpoint.style == WebhookStyle::Journeybee;
    let leads: Vec<i64> = claimed
        .iter()
        .filter(is_partners)
        .filter_map(|claimed| claimed.row.lead_id)
        .collect();
    let leads = read::by_numbers(op, &leads, &partners::LEAD_PARTS).await?;
    let senders = Senders::of(op, leads.iter()).await?;
    let leads: HashMap<i64, _> = leads.into_iter().map(|graph| (graph.lead.id, graph)).collect();
    let about = |id| {
        leads.get(&id).map(|lead| About {
            lead,
            senders: &senders,
        })
    };
    let parcel = |claimed: Claimed| {
        let record = claimed.row.position.and_then(|position| records.get(&position));
        let record = record.map_or(Err(Unsendable::Forgotten), |record| {
            record.as_ref().map_err(|reason| *reason)
        });
        let lead = claimed.row.lead_id.and_then(about);
        payload::parcel(op, &workspace, claimed, record, lead)
    };
    Ok(claimed.into_iter().map(parcel).collect())
}

/// The events of these, by their positions; those that are not kept any more are absent. One that cannot be read keeps
/// nobody else's from being sent.
async fn records(op: &Op, rows: &[&WebhookDelivery]) -> Result<HashMap<i64, std::result::Result<Record, Unsendable>>> {
    let positions: Vec<i64> = rows.iter().filter_map(|row| row.position).collect();
    if positions.is_empty() {
        return Ok(HashMap::new());
    }
    let events = op.find::<event::Entity>();
    let events = events.filter(op.any_of(event::Column::Position, &positions));
    let records = events.all(op.db()).await?.into_iter().map(|row| {
        let position = row.position;
        let record = outbox::feed::record(row).map_err(|error| {
            tracing::error!(?error, "an event cannot be sent");
            Unsendable::Unreadable
        });
        (position, record)
    });
    Ok(records.collect())
}
