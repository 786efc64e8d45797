//! What came of an attempt: the delivery is done, waits for its next one, or is given up; an endpoint that is gone, or has
//! failed for days, is disabled.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect, QueryTrait};
use uuid::Uuid;

use super::schedule::LONGEST_WAIT;
use super::{DeliveryKind, DeliveryState, Unsendable, WebhookDelivery, queue};
use crate::domain::error::Result;
use crate::domain::op::{Op, Tx};
use crate::domain::webhook_endpoints::{self, DisabledReason, WebhookEndpoint};
use crate::entity::{webhook_attempt, webhook_delivery, webhook_endpoint};

/// An attempt, as it is noted down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub at: DateTime<Utc>,
    pub duration: Duration,
    /// Of the answer, if there was one.
    pub status: Option<u16>,
    /// How the answer's body begins.
    pub answer: Option<String>,
    pub verdict: Verdict,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Delivered,
    /// The receiver wants no more.
    Gone,
    /// There is nothing to send any more, for which the receiver can do nothing.
    Forgotten,
    Failed {
        error: String,
        /// What the receiver asks for.
        retry_after: Option<Duration>,
    },
}

/// Longest error and longest beginning of an answer that are kept, in characters.
const LONGEST: usize = 1024;

/// Notes an attempt down and says what is next. One whose lease somebody else has by now changes nothing.
///
/// # Errors
/// A database fault.
pub async fn settle(op: &Op, delivery: &WebhookDelivery, attempt: Attempt) -> Result<()> {
    let mut tx = op.begin().await?;
    let Some(endpoint) = webhook_endpoints::locked(&tx, delivery.endpoint_id).await? else {
        return Ok(());
    };
    let Some(row) = still_ours(&tx, delivery.id, delivery.lease).await? else {
        return Ok(());
    };
    note(&tx, &row, &attempt).await?;
    let failed = row.attempts + 1;
    let (state, wait) = match &attempt.verdict {
        Verdict::Delivered => (DeliveryState::Delivered, None),
        Verdict::Gone | Verdict::Forgotten => (DeliveryState::Failed, None),
        Verdict::Failed { retry_after, .. } => match next(op, &row, failed, *retry_after) {
            Some(wait) => (DeliveryState::Pending, Some(wait)),
            None => (DeliveryState::Failed, None),
        },
    };
    let after = webhook_delivery::ActiveModel {
        state: Set(state),
        attempts: Set(failed),
        due_at: wait.map_or(NotSet, |wait| Set(tx.now() + wait)),
        lease: Set(None),
        settled_at: Set(wait.is_none().then(|| tx.now())),
        ..Default::default()
    };
    let update = tx.update::<webhook_delivery::Entity>();
    let update = update.filter(webhook_delivery::Column::Id.eq(row.id));
    update.set(after).exec(tx.db()).await?;
    if wait.is_none() {
        queue::release(&tx, row.endpoint_id, row.lead_id).await?;
    }
    judge(op, &mut tx, endpoint, &row, &attempt.verdict).await?;
    tx.commit(()).await
}

/// When there is to be another attempt. Tests are not repeated: somebody is looking.
fn next(op: &Op, row: &WebhookDelivery, failed: i64, retry_after: Option<Duration>) -> Option<chrono::TimeDelta> {
    match row.kind {
        DeliveryKind::Event | DeliveryKind::Replay => op.settings().webhooks.schedule.wait(failed, retry_after),
        DeliveryKind::Test => None,
    }
}

async fn still_ours(tx: &Tx, id: i64, lease: Option<Uuid>) -> Result<Option<WebhookDelivery>> {
    use webhook_delivery::Column as C;
    let row = tx.find::<webhook_delivery::Entity>().filter(C::Id.eq(id));
    let row = row
        .filter(C::Lease.eq(lease))
        .filter(C::State.eq(DeliveryState::Pending));
    Ok(row.lock_exclusive().one(tx.db()).await?)
}

async fn note(tx: &Tx, row: &WebhookDelivery, attempt: &Attempt) -> Result<()> {
    let Attempt {
        at,
        duration,
        status,
        answer,
        verdict,
    } = attempt;
    let error = match verdict {
        Verdict::Delivered => None,
        Verdict::Gone => Some("The receiver answered 410 Gone".to_owned()),
        Verdict::Forgotten => Some(Unsendable::Forgotten.to_string()),
        Verdict::Failed { error, .. } => Some(error.clone()),
    };
    let attempt = webhook_attempt::ActiveModel {
        workspace_id: NotSet,
        id: NotSet,
        delivery_id: Set(row.id),
        number: Set(row.attempts + 1),
        at: Set(*at),
        duration_ms: Set(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)),
        status: Set(status.map(i64::from)),
        error: Set(error.as_deref().map(storable)),
        answer: Set(answer.as_deref().map(storable)),
    };
    tx.insert(attempt).await?;
    Ok(())
}

/// The beginning, without what PostgreSQL cannot keep.
fn storable(text: &str) -> String {
    text.chars()
        .filter(|character| *character != '\0')
        .take(LONGEST)
        .collect()
}

/// What the attempt says about the endpoint.
async fn judge(
    op: &Op,
    tx: &mut Tx,
    endpoint: WebhookEndpoint,
    row: &WebhookDelivery,
    verdict: &Verdict,
) -> Result<()> {
    let is_test = row.kind == DeliveryKind::Test;
    match verdict {
        Verdict::Delivered if endpoint.failing_since.is_some() => failing_since(tx, &endpoint, None).await,
        Verdict::Delivered | Verdict::Forgotten => Ok(()),
        Verdict::Gone => webhook_endpoints::disable(tx, endpoint, DisabledReason::Gone)
            .await
            .map(|_| ()),
        Verdict::Failed { .. } if is_test => Ok(()),
        Verdict::Failed { .. } => match endpoint.failing_since {
            None => failing_since(tx, &endpoint, Some(tx.now())).await,
            Some(since) if tx.now() - since < op.settings().webhooks.disable_after => Ok(()),
            Some(_) if was_tried(op, tx, row).await? => {
                webhook_endpoints::disable(tx, endpoint, DisabledReason::Failing)
                    .await
                    .map(|_| ())
            }
            // Nobody knows how it has been meanwhile: it has its time from now on.
            Some(_) => failing_since(tx, &endpoint, Some(tx.now())).await,
        },
    }
}

/// Whether something else was sent to the endpoint, in the time after which one that fails is disabled and the longest
/// that it may ask for.
async fn was_tried(op: &Op, tx: &Tx, row: &WebhookDelivery) -> Result<bool> {
    use {webhook_attempt::Column as A, webhook_delivery::Column as D};
    let its = tx.find::<webhook_delivery::Entity>();
    let its = its
        .filter(D::EndpointId.eq(row.endpoint_id))
        .select_only()
        .column(D::Id);
    let since = tx.now() - op.settings().webhooks.disable_after - LONGEST_WAIT;
    let tried = tx.find::<webhook_attempt::Entity>();
    let tried = tried.filter(A::DeliveryId.in_subquery(its.into_query()));
    let tried = tried.filter(A::At.gt(since));
    let others = A::DeliveryId.ne(row.id).or(A::Number.ne(row.attempts + 1));
    let tried = tried.filter(others).select_only().column(A::Id);
    let tried: Option<i64> = tried.into_tuple().one(tx.db()).await?;
    Ok(tried.is_some())
}

/// Not a change that anybody made: it has no event and no version.
async fn failing_since(tx: &Tx, endpoint: &WebhookEndpoint, since: Option<DateTime<Utc>>) -> Result<()> {
    let after = webhook_endpoint::ActiveModel {
        failing_since: Set(since),
        ..Default::default()
    };
    let update = tx.update::<webhook_endpoint::Entity>();
    let update = update.filter(webhook_endpoint::Column::Id.eq(endpoint.id));
    update.set(after).exec(tx.db()).await?;
    Ok(())
}
