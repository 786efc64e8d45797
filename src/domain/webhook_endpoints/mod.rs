//! Webhook endpoints: where a workspace wants to be told of what happens to its leads. Its administrators keep them.
//!
//! A secret is shown once, when it is made; `secret` makes, encrypts and reads it. `edit` changes, rotates, disables and
//! archives; `url` says which addresses are good. What is sent is the business of [`super::webhook_deliveries`].

mod edit;
mod secret;
mod url;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::entity::webhook_endpoint;
pub use crate::entity::webhook_endpoint::{DisabledReason, Model as WebhookEndpoint, WebhookStyle};
use crate::entity::{workspace, workspace_counter};

use super::caller::{Principal, Scope};
use super::catalogue::{self, Editable, Stamp};
use super::error::{Error, Problem, ProblemCode, Result};
use super::events::{EventKind, word};
use super::form::Form;
use super::leads::{LeadFilter, filter};
use super::new_uuid;
use super::op::{Op, Tx, find_global};
use super::page::{self, Page, PageRequest};
use super::text;

pub use edit::{Power, WebhookEndpointPatch, archive, rotate, switch, update};
pub(super) use edit::{disable, locked, unknown};
pub(super) use secret::signing;
pub use secret::{GivenSecret, SigningSecret, Vault};
pub use url::PlainHttp;

/// What an endpoint can be told of.
pub const SENDABLE: [EventKind; 7] = [
    EventKind::LeadCreated,
    EventKind::LeadUpdated,
    EventKind::LeadArchived,
    EventKind::LeadRestored,
    EventKind::NoteCreated,
    EventKind::NoteUpdated,
    EventKind::NoteDeleted,
];

/// Of these, what one is told of that names none: what happens to leads themselves.
const BY_DEFAULT: [EventKind; 4] = [
    EventKind::LeadCreated,
    EventKind::LeadUpdated,
    EventKind::LeadArchived,
    EventKind::LeadRestored,
];

/// Endpoints of a workspace that are not archived.
const MOST: u64 = 100;

/// A stored filter, in bytes of its text: it is read with each look at the events.
const LARGEST_FILTER: usize = 32 * 1024;

/// The form in which filters are stored.
const FILTER_VERSION: u64 = 1;

/// What a caller supplies.
#[derive(Clone, Debug, Serialize)]
pub struct NewWebhookEndpoint {
    pub label: String,
    pub url: String,
    /// None: all that happens to leads themselves.
    pub event_types: Vec<EventKind>,
    pub filter: Option<WrittenFilter>,
    pub style: WebhookStyle,
    /// What the claim `api_key` of JourneyBee's style says; without one: the uuid of the key that makes the endpoint.
    pub api_key_claim: Option<String>,
    /// What its requests are signed with, where the receiver has a secret already.
    #[serde(skip_serializing)]
    pub secret: Option<GivenSecret>,
}

/// Which leads an endpoint is told of.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WrittenFilter {
    pub filter: LeadFilter,
    /// As the client wrote it, to be shown again.
    pub written: Value,
}

/// An endpoint, and what its requests are signed with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Issued {
    pub row: WebhookEndpoint,
    /// The secret itself. It is told to the request that made it and never again, to that request's repetition neither.
    pub secret: Option<SigningSecret>,
}

/// The workspace's endpoints, newest first, archived ones too.
///
/// # Errors
/// Without the scope `admin`, or a database fault.
pub async fn list(op: &Op, page: PageRequest) -> Result<Page<WebhookEndpoint>> {
    catalogue::require_unbound(op, Scope::Admin)?;
    let order = (webhook_endpoint::Column::CreatedAt, webhook_endpoint::Column::Id);
    page::read(op.db(), op.find::<webhook_endpoint::Entity>(), order, page).await
}

/// The endpoints with these ids, in any order; unknown ones are absent.
///
/// # Errors
/// Without the scope `admin`, or a database fault.
pub async fn by_uuids(op: &Op, uuids: &[Uuid]) -> Result<Vec<WebhookEndpoint>> {
    catalogue::require_unbound(op, Scope::Admin)?;
    if uuids.is_empty() {
        return Ok(Vec::new());
    }
    let wanted = op.any_uuid(webhook_endpoint::Column::Uuid, uuids);
    Ok(op
        .find::<webhook_endpoint::Entity>()
        .filter(wanted)
        .all(op.db())
        .await?)
}

/// Makes an endpoint and returns it with its secret: that can never be read again, and is not there in a replay. It is
/// told of what happens from now on.
///
/// # Errors
/// Without the scopes `admin` and `read`; a broken rule; more endpoints than a workspace may have; a database fault.
pub async fn create(op: &Op, new: NewWebhookEndpoint) -> Result<Issued> {
    require_reader(op)?;
    // What is kept of a command must not let anybody who reads it find out a secret by guessing.
    let mark = match &new.secret {
        Some(given) => Some(op.services().vault()?.mark(given)),
        None => None,
    };
    let work = async |op, (_, new)| make(op, new).await;
    op.once("webhook_endpoints.create", (mark, new), work).await
}

/// Whoever says where leads are sent can read them there.
fn require_reader(op: &Op) -> Result<()> {
    catalogue::require_unbound(op, Scope::Admin)?;
    op.require(Scope::Read)
}

async fn make(op: Op, new: NewWebhookEndpoint) -> Result<Issued> {
    let NewWebhookEndpoint {
        label,
        url,
        event_types,
        filter,
        style,
        api_key_claim,
        secret,
    } = new;
    let uuid = new_uuid();
    let mut form = Form::default();
    let label = form.required("label", &label);
    let url = url::checked(&mut form, op.settings().webhooks.plain_http, &url);
    check_types(&mut form, &event_types);
    let claim = form.optional("apiKeyClaim", api_key_claim.as_deref());
    let secret = secret.and_then(|given| taken(&mut form, &given, style));
    form.check()?;
    let filter = match filter {
        Some(filter) => Some(stored(&op, filter).await?),
        None => None,
    };
    let secret = secret.map_or_else(SigningSecret::random, Ok)?;
    let sealed = op.services().vault()?.seal(uuid, &secret)?;

    let mut tx = op.begin().await?;
    check_number(&tx).await?;
    let row = webhook_endpoint::ActiveModel {
        workspace_id: NotSet,
        id: NotSet,
        uuid: Set(uuid),
        label: Set(label),
        url: Set(url),
        event_types: Set(words(&event_types)),
        filter: Set(filter),
        style: Set(style),
        api_key_claim: Set(claim.unwrap_or_else(|| acting_key(&op).unwrap_or(uuid).to_string())),
        user_uuid: Set(person(&op)),
        secret: Set(sealed.bytes),
        secret_key_id: Set(sealed.key_id),
        secret_made_at: Set(tx.now()),
        old_secret: Set(None),
        old_secret_key_id: Set(None),
        old_secret_until: Set(None),
        starts_after: Set(end_of_log(&tx).await?),
        off_after: Set(None),
        off_until: Set(None),
        disabled_at: Set(None),
        disabled_reason: Set(None),
        failing_since: Set(None),
        archived_at: Set(None),
        version: Set(1),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    let row = tx.insert(row).await?;
    catalogue::emit_created(&mut tx, EventKind::WebhookEndpointCreated, uuid, &row.facts());
    let made = tx.commit(Issued { row, secret: None }).await?;
    Ok(Issued {
        secret: Some(secret),
        ..made
    })
}

fn taken(form: &mut Form, given: &GivenSecret, style: WebhookStyle) -> Option<SigningSecret> {
    let refuse = |message| form.refuse(ProblemCode::Invalid, "secret", message);
    SigningSecret::given(given, style).map_err(refuse).ok()
}

async fn check_number(tx: &Tx) -> Result<()> {
    // Global, but only the caller's own row. Until the end of the Tx nobody else makes one.
    let own = workspace::Column::Id.eq(tx.workspace_id());
    let workspace = find_global::<workspace::Entity>().filter(own);
    workspace.lock(LockType::NoKeyUpdate).one(tx.db()).await?;
    let live = tx.find::<webhook_endpoint::Entity>();
    let live = live.filter(webhook_endpoint::Column::ArchivedAt.is_null());
    if live.count(tx.db()).await? < MOST {
        return Ok(());
    }
    let message = format!("A workspace has at most {MOST} webhook endpoints");
    Err(Problem::new(ProblemCode::TooMany, ["webhookEndpoint".into()], message).into())
}

fn check_types(form: &mut Form, kinds: &[EventKind]) {
    if kinds.iter().any(|kind| !SENDABLE.contains(kind)) {
        form.refuse(ProblemCode::Invalid, "eventTypes", "Endpoints are not told of this");
    }
}

/// The last position of the workspace's log. Nobody adds to it until the Tx does.
async fn end_of_log(tx: &Tx) -> Result<i64> {
    let counter = tx.find::<workspace_counter::Entity>().lock_exclusive();
    let counter = counter.one(tx.db()).await?;
    counter
        .map(|counter| counter.position)
        .ok_or_else(|| Error::broken("a workspace has no event counter"))
}

fn acting_key(op: &Op) -> Option<Uuid> {
    match op.caller().principal {
        Principal::ApiKey { uuid, .. } => Some(uuid),
        Principal::User { .. } | Principal::System(_) => None,
    }
}

fn person(op: &Op) -> Option<Uuid> {
    match op.caller().principal {
        Principal::User { uuid, .. } => Some(uuid),
        Principal::ApiKey { .. } | Principal::System(_) => None,
    }
}

fn words(kinds: &[EventKind]) -> Value {
    // Each once, in our order.
    SENDABLE
        .iter()
        .filter(|kind| kinds.contains(kind))
        .map(|kind| kind.as_str())
        .collect()
}

/// A filter as it is stored, if it can be kept and asked.
async fn stored(op: &Op, filter: WrittenFilter) -> Result<Value> {
    let WrittenFilter { filter, written } = filter;
    if text::has_nul(&written) {
        return Err(Problem::invalid(["filter".into()], "This must not contain U+0000").into());
    }
    let printed = serde_json::to_value(&filter);
    let printed = printed.map_err(|error| Error::broken(format!("a filter cannot be printed: {error}")))?;
    let stored = json!({ "version": FILTER_VERSION, "filter": printed, "written": written });
    if stored.to_string().len() > LARGEST_FILTER {
        let message = format!("This is too large: a filter may take {LARGEST_FILTER} bytes as it is stored");
        return Err(Problem::limit(["filter".into()], message).into());
    }
    filter::resolve(op, filter).await?;
    Ok(stored)
}

impl WebhookEndpoint {
    /// What it names itself; empty for what happens to leads themselves.
    pub fn named_types(&self) -> Vec<EventKind> {
        let is_named = |kind: &&EventKind| {
            let words = self.event_types.as_array();
            words.is_some_and(|words| words.iter().any(|word| word == kind.as_str()))
        };
        SENDABLE.iter().filter(is_named).copied().collect()
    }

    /// Whether it is told of such events.
    pub fn wants(&self, kind: EventKind) -> bool {
        match self.named_types().as_slice() {
            [] => BY_DEFAULT.contains(&kind),
            named => named.contains(&kind),
        }
    }

    /// Whether it is told of what happened there: nothing from before it was made, nor from while it was off.
    pub(super) fn is_told_at(&self, position: i64) -> bool {
        let is_over = |until| position > until;
        let was_off = |after| position > after && !self.off_until.is_some_and(is_over);
        position > self.starts_after && !self.off_after.is_some_and(was_off)
    }

    pub fn is_on(&self) -> bool {
        self.disabled_at.is_none() && self.archived_at.is_none()
    }

    /// The filter as the client wrote it.
    pub fn written_filter(&self) -> Option<&Value> {
        self.filter.as_ref().and_then(|filter| filter.get("written"))
    }

    /// The filter as it is asked.
    ///
    /// # Errors
    /// A form that this version does not know.
    pub(super) fn lead_filter(&self) -> Result<Option<LeadFilter>> {
        let Some(stored) = &self.filter else { return Ok(None) };
        let broken = || Error::broken(format!("the filter of webhook endpoint {} cannot be read", self.uuid));
        if stored.get("version").and_then(Value::as_u64) != Some(FILTER_VERSION) {
            return Err(broken());
        }
        let filter = stored.get("filter").cloned().unwrap_or_default();
        serde_json::from_value(filter).map(Some).map_err(|_| broken())
    }
}

/// Never the secret, nor anything made of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WebhookEndpointFacts {
    pub label: String,
    pub url: String,
    pub event_types: Value,
    pub filter: Option<Value>,
    pub style: String,
    pub api_key_claim: String,
    pub secret_made_at: DateTime<Utc>,
    pub old_secret_until: Option<DateTime<Utc>>,
    pub disabled_at: Option<DateTime<Utc>>,
    pub disabled_reason: Option<String>,
    pub archived_at: Option<DateTime<Utc>>,
}

impl Editable for WebhookEndpoint {
    type Facts = WebhookEndpointFacts;

    const UUID: webhook_endpoint::Column = webhook_endpoint::Column::Uuid;

    fn facts(&self) -> WebhookEndpointFacts {
        WebhookEndpointFacts {
            label: self.label.clone(),
            url: self.url.clone(),
            event_types: self.event_types.clone(),
            filter: self.written_filter().cloned(),
            style: word(&self.style),
            api_key_claim: self.api_key_claim.clone(),
            secret_made_at: self.secret_made_at,
            old_secret_until: self.old_secret_until,
            disabled_at: self.disabled_at,
            disabled_reason: self.disabled_reason.as_ref().map(word),
            archived_at: self.archived_at,
        }
    }

    fn stamp(&mut self) -> Stamp<'_> {
        Stamp {
            uuid: self.uuid,
            version: &mut self.version,
            updated_at: &mut self.updated_at,
        }
    }
}
