//! The bodies that leads came with, kept for a limited time.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use super::LeadOrigin;
use crate::domain::error::Result;
use crate::domain::events;
use crate::domain::op::Tx;
use crate::entity::intake_payload;

/// Bodies kept of one lead, the newest.
const MAX_BODIES: u64 = 20;

/// Keeps the received body for as long as the settings say.
pub(super) async fn keep_body(tx: &Tx, lead_id: i64, origin: LeadOrigin, body: &str) -> Result<()> {
    let now: DateTime<Utc> = tx.now();
    let row = intake_payload::ActiveModel {
        lead_id: Set(lead_id),
        channel: Set(events::word(&origin)),
        body: Set(body.to_owned()),
        received_at: Set(now),
        expires_at: Set(now + tx.settings().intake_retention),
        ..Default::default()
    };
    tx.insert_all(vec![row]).await
}

/// A form that is posted again and again with other data must not pile up bodies without end.
pub(super) async fn drop_old_bodies(tx: &Tx, lead_id: i64) -> Result<()> {
    use intake_payload::Column as C;
    let oldest_kept = tx
        .find::<intake_payload::Entity>()
        .filter(C::LeadId.eq(lead_id))
        .order_by_desc(C::Id)
        .offset(MAX_BODIES - 1)
        .limit(1)
        .select_only()
        .column(C::Id)
        .into_tuple::<i64>()
        .one(tx.db())
        .await?;
    let Some(oldest_kept) = oldest_kept else { return Ok(()) };
    let older = tx
        .delete::<intake_payload::Entity>()
        .filter(C::LeadId.eq(lead_id))
        .filter(C::Id.lt(oldest_kept));
    older.exec(tx.db()).await?;
    Ok(())
}
