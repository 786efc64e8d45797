//! Edits of endpoints: what they are told of, another secret, on and off, the end.

use chrono::{Duration, TimeDelta};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    DisabledReason, Issued, SigningSecret, WebhookEndpoint, WrittenFilter, check_types, end_of_log, require_reader,
    stored, url, words,
};
use crate::domain::caller::Scope;
use crate::domain::catalogue::{self, Target};
use crate::domain::change::Change;
use crate::domain::error::{Problem, ProblemCode, Result};
use crate::domain::events::EventKind;
use crate::domain::form::Form;
use crate::domain::op::{Op, Tx};
use crate::entity::webhook_delivery::{self, DeliveryState};
use crate::entity::webhook_endpoint;

/// How long a secret signs beside its successor, unless another time is wished.
const OVERLAP: TimeDelta = TimeDelta::hours(24);
const LONGEST_OVERLAP: TimeDelta = TimeDelta::days(30);

/// What to change. The style never changes: make another endpoint.
#[derive(Clone, Debug, Default, Serialize)]
pub struct WebhookEndpointPatch {
    pub label: Change<String>,
    pub url: Change<String>,
    /// Cleared: all that happens to leads themselves.
    pub event_types: Change<Vec<EventKind>>,
    pub filter: Change<WrittenFilter>,
    pub api_key_claim: Change<String>,
}

/// Whether an endpoint gets what it is to be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Power {
    On,
    Off,
}

/// # Errors
/// Without the scopes `admin` and `read`, a broken rule, an unknown endpoint (path `webhookEndpoint`), another version
/// than the expected one, or a database fault.
pub async fn update(op: &Op, target: Target, patch: WebhookEndpointPatch) -> Result<WebhookEndpoint> {
    require_reader(op)?;
    op.once("webhook_endpoints.update", (target, patch), change).await
}

async fn change(op: Op, (target, patch): (Target, WebhookEndpointPatch)) -> Result<WebhookEndpoint> {
    let WebhookEndpointPatch {
        label,
        url,
        event_types,
        filter,
        api_key_claim,
    } = patch;
    let mut form = Form::default();
    let label = form.renamed("label", label);
    let url = form.given("url", url);
    let url = url.map(|url| url::checked(&mut form, op.settings().webhooks.plain_http, &url));
    check_types(&mut form, event_types.value().map_or(&[], Vec::as_slice));
    let api_key_claim = form.renamed("apiKeyClaim", api_key_claim);
    form.check()?;
    let filter = match filter {
        Change::Keep => Change::Keep,
        Change::Clear => Change::Clear,
        Change::Set(filter) => Change::Set(stored(&op, filter).await?),
    };

    let mut tx = op.begin().await?;
    let before = editable(&tx, target.uuid).await?;
    let after = WebhookEndpoint {
        label: label.unwrap_or_else(|| before.label.clone()),
        url: url.unwrap_or_else(|| before.url.clone()),
        event_types: match event_types {
            Change::Keep => before.event_types.clone(),
            Change::Clear => words(&[]),
            Change::Set(kinds) => words(&kinds),
        },
        filter: filter.apply(before.filter.clone()),
        api_key_claim: api_key_claim.unwrap_or_else(|| before.api_key_claim.clone()),
        ..before.clone()
    };
    let kind = EventKind::WebhookEndpointUpdated;
    let row = catalogue::save(&mut tx, target.expected_version, kind, before, after).await?;
    tx.commit(row).await
}

/// Gives an endpoint another secret and returns it: it can never be read again, and is not there in a replay. The old one
/// signs beside it for a while, a day unless another time is given, so that receivers can change over; one that cannot be
/// read any more ends.
///
/// # Errors
/// Without the scope `admin`; an overlap that is negative or longer than 30 days; an unknown endpoint (path
/// `webhookEndpoint`); another version than the expected one; a database fault.
pub async fn rotate(op: &Op, target: Target, overlap: Option<Duration>) -> Result<Issued> {
    catalogue::require_unbound(op, Scope::Admin)?;
    let seconds = overlap.map(|overlap| overlap.num_seconds());
    op.once("webhook_endpoints.rotate", (target, seconds), renew).await
}

async fn renew(op: Op, (target, overlap): (Target, Option<i64>)) -> Result<Issued> {
    let overlap = overlap.map_or(Some(OVERLAP), TimeDelta::try_seconds);
    let overlap = overlap.filter(|overlap| (TimeDelta::zero()..=LONGEST_OVERLAP).contains(overlap));
    let overlap = overlap.ok_or_else(|| Problem::invalid(["overlap".into()], "This must be from 0 to 30 days"))?;
    let secret = SigningSecret::random()?;
    let vault = op.services().vault()?;
    let sealed = vault.seal(target.uuid, &secret)?;

    let mut tx = op.begin().await?;
    let before = editable(&tx, target.uuid).await?;
    // One of another key of the server signs nothing, and would keep its successor from it.
    let opens = || vault.open(before.uuid, &before.secret_key_id, &before.secret).is_ok();
    let keeps_old = overlap > TimeDelta::zero() && opens();
    let after = WebhookEndpoint {
        secret: sealed.bytes,
        secret_key_id: sealed.key_id,
        secret_made_at: tx.now(),
        old_secret: keeps_old.then(|| before.secret.clone()),
        old_secret_key_id: keeps_old.then(|| before.secret_key_id.clone()),
        old_secret_until: keeps_old.then(|| tx.now() + overlap),
        ..before.clone()
    };
    let kind = EventKind::WebhookEndpointRotated;
    let row = catalogue::save(&mut tx, target.expected_version, kind, before, after).await?;
    let made = tx.commit(Issued { row, secret: None }).await?;
    Ok(Issued {
        secret: Some(secret),
        ..made
    })
}

/// Switches an endpoint on or off. One that is off is told of nothing: what happens meanwhile is never sent; what happened
/// before is sent when it is on again. Doing what is done already changes nothing.
///
/// # Errors
/// Without the scope `admin`; an unknown endpoint (path `webhookEndpoint`); another version than the expected one; a
/// database fault.
pub async fn switch(op: &Op, target: Target, power: Power) -> Result<WebhookEndpoint> {
    catalogue::require_unbound(op, Scope::Admin)?;
    op.once("webhook_endpoints.switch", (target, power), put).await
}

async fn put(op: Op, (target, power): (Target, Power)) -> Result<WebhookEndpoint> {
    let mut tx = op.begin().await?;
    let before = editable(&tx, target.uuid).await?;
    let (kind, after) = match power {
        Power::On if before.disabled_at.is_none() => (EventKind::WebhookEndpointEnabled, before.clone()),
        Power::On => {
            let on = WebhookEndpoint {
                disabled_at: None,
                disabled_reason: None,
                failing_since: None,
                off_until: Some(end_of_log(&tx).await?),
                ..before.clone()
            };
            (EventKind::WebhookEndpointEnabled, on)
        }
        Power::Off => (
            EventKind::WebhookEndpointDisabled,
            off(&tx, &before, DisabledReason::ByHand).await?,
        ),
    };
    let row = catalogue::save(&mut tx, target.expected_version, kind, before, after).await?;
    let row = tx.commit(row).await?;
    op.services().webhooks().notify_one();
    Ok(row)
}

/// Whoever makes the deliveries may still be behind an earlier time in which it was off. That one is forgotten: rather
/// too much is sent than too little.
async fn off(tx: &Tx, before: &WebhookEndpoint, reason: DisabledReason) -> Result<WebhookEndpoint> {
    if before.disabled_at.is_some() {
        return Ok(before.clone());
    }
    Ok(WebhookEndpoint {
        disabled_at: Some(tx.now()),
        disabled_reason: Some(reason),
        off_after: Some(end_of_log(tx).await?),
        off_until: None,
        ..before.clone()
    })
}

/// Disables an endpoint that the Tx has locked, because of what its receiver does.
///
/// # Errors
/// A database fault.
pub(in crate::domain) async fn disable(
    tx: &mut Tx,
    before: WebhookEndpoint,
    reason: DisabledReason,
) -> Result<WebhookEndpoint> {
    let after = off(tx, &before, reason).await?;
    catalogue::save(tx, None, EventKind::WebhookEndpointDisabled, before, after).await
}

/// Ends an endpoint: what waits for it is never sent. Doing it again changes nothing.
///
/// # Errors
/// Without the scope `admin`; an unknown endpoint (path `webhookEndpoint`); another version than the expected one; a
/// database fault.
pub async fn archive(op: &Op, target: Target) -> Result<WebhookEndpoint> {
    catalogue::require_unbound(op, Scope::Admin)?;
    op.once("webhook_endpoints.archive", target, end).await
}

async fn end(op: Op, target: Target) -> Result<WebhookEndpoint> {
    use webhook_delivery::Column as D;
    let mut tx = op.begin().await?;
    let before: WebhookEndpoint = catalogue::locked(&tx, target.uuid, unknown()).await?;
    let after = WebhookEndpoint {
        archived_at: Some(before.archived_at.unwrap_or_else(|| tx.now())),
        ..before.clone()
    };
    let kind = EventKind::WebhookEndpointArchived;
    let row = catalogue::save(&mut tx, target.expected_version, kind, before, after).await?;
    let cancelled = webhook_delivery::ActiveModel {
        state: Set(DeliveryState::Cancelled),
        settled_at: Set(Some(tx.now())),
        ..Default::default()
    };
    tx.update::<webhook_delivery::Entity>()
        .filter(D::EndpointId.eq(row.id))
        .filter(D::State.is_in([DeliveryState::Pending, DeliveryState::Held]))
        .set(cancelled)
        .exec(tx.db())
        .await?;
    tx.commit(row).await
}

/// An endpoint by its public id, that can still be changed.
async fn editable(tx: &Tx, uuid: Uuid) -> Result<WebhookEndpoint> {
    let row: WebhookEndpoint = catalogue::locked(tx, uuid, unknown()).await?;
    if row.archived_at.is_none() {
        return Ok(row);
    }
    let message = "This endpoint is archived";
    Err(Problem::new(ProblemCode::Invalid, ["webhookEndpoint".into()], message).into())
}

/// The endpoint with this number. Nobody else edits it, or adds to what waits for it, until the Tx ends.
///
/// # Errors
/// A database fault.
pub(in crate::domain) async fn locked(tx: &Tx, id: i64) -> Result<Option<WebhookEndpoint>> {
    let row = tx.find::<webhook_endpoint::Entity>();
    let row = row.filter(webhook_endpoint::Column::Id.eq(id));
    // Rows that point at it may be added meanwhile.
    Ok(row.lock(LockType::NoKeyUpdate).one(tx.db()).await?)
}

pub(in crate::domain) fn unknown() -> Problem {
    Problem::not_found(["webhookEndpoint".into()], "Webhook endpoint not found")
}
