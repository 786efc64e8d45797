//! What a lead is attributed to: sources with dates, numbered by date from 1.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, QueryFilter};
use serde::Serialize;
use uuid::Uuid;

use super::credit;
use crate::domain::Ref;
use crate::domain::attribution_sources::AttributionSource;
use crate::domain::error::Result;
use crate::domain::new_uuid;
use crate::domain::op::Tx;
use crate::entity::lead_attribution;

#[derive(Clone, Debug, Serialize)]
pub struct NewAttribution {
    pub source: Ref,
    pub attributed_at: DateTime<Utc>,
}

/// Attributions of a lead that has none yet, in their order.
pub(super) async fn write_new(tx: &Tx, lead_id: i64, all: &[(AttributionSource, DateTime<Utc>)]) -> Result<()> {
    let attributed = |(source, at): &(AttributionSource, DateTime<Utc>)| Attributed {
        uuid: new_uuid(),
        source_id: source.id,
        source: source.uuid,
        at: *at,
    };
    write_changed(tx, lead_id, &[], &all.iter().map(attributed).collect::<Vec<_>>()).await
}

/// An attribution that a lead has, or is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attributed {
    pub uuid: Uuid,
    pub source_id: i64,
    /// The source's public id.
    pub source: Uuid,
    pub at: DateTime<Utc>,
}

/// Makes `after` of `before`, both in their order. Each one's number and share of the credit depend on all the others, so
/// all are written anew, under the public ids that they have.
pub(super) async fn write_changed(tx: &Tx, lead_id: i64, before: &[Attributed], after: &[Attributed]) -> Result<()> {
    if before == after {
        return Ok(());
    }
    if !before.is_empty() {
        let of_lead = lead_attribution::Column::LeadId.eq(lead_id);
        let rows = tx.delete::<lead_attribution::Entity>().filter(of_lead);
        rows.exec(tx.db()).await?;
    }
    let dates: Vec<_> = after
        .iter()
        .map(|attributed| (attributed.source, attributed.at))
        .collect();
    let numbered = (1..).zip(after).zip(credit::of(&dates));
    let rows = numbered.map(|((series, attributed), credits)| {
        credits.set(lead_attribution::ActiveModel {
            uuid: Set(attributed.uuid),
            lead_id: Set(lead_id),
            source_id: Set(attributed.source_id),
            attributed_at: Set(attributed.at),
            series: Set(series),
            ..Default::default()
        })
    });
    tx.insert_all(rows.collect()).await
}
