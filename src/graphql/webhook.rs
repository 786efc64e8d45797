//! Webhook endpoints.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};

use super::context::{Answer, answer, op};
use super::error::{Failure, UserError};
use super::input::Reader;
use super::lead::filter::{self, LeadFilterArgument};
use super::node::{GlobalId, NodeKind};
use super::paging::{Connection, List, Listed, PageArgs, connection};
use super::payload::{Payload, reply};
use super::scalars::{DateTime, Json, SafeInt, Uuid};
use crate::domain::caller::Scope;
use crate::domain::events::EventKind;
use crate::domain::page::Key;
use crate::domain::webhook_endpoints::{self, GivenSecret, Issued, WrittenFilter};

const LIST: List = List("webhookEndpoints");

/// Where the workspace is told of what happens to its leads.
#[derive(Clone, Debug, SimpleObject)]
pub struct WebhookEndpoint {
    /// The global id.
    pub id: ID,
    /// The public id in its plain form.
    pub uuid: Uuid,
    /// What it is called.
    label: String,
    /// Where requests are sent.
    url: String,
    /// What it is told of; empty: `LEAD_CREATED`, `LEAD_UPDATED`, `LEAD_ARCHIVED` and `LEAD_RESTORED`.
    event_types: Vec<WebhookEventType>,
    /// Which leads it is told of, as the `LeadFilter` was written; null for all.
    filter: Option<Json>,
    /// What requests say, and how.
    style: WebhookStyle,
    /// What the claim `api_key` says in the style `JOURNEYBEE`.
    api_key_claim: String,
    /// When the secret was made.
    secret_made_at: DateTime,
    /// Until when the secret before it signs, too; null when there is none.
    old_secret_until: Option<DateTime>,
    /// Since when it is told of nothing; null while it is on.
    disabled_at: Option<DateTime>,
    /// Why it is told of nothing.
    disabled_reason: Option<WebhookDisabledReason>,
    /// Since when every request has failed; null when the last one was good.
    failing_since: Option<DateTime>,
    /// When it was ended; null while it is not.
    archived_at: Option<DateTime>,
    /// Grows by one with each change.
    version: SafeInt,
    /// When it was created.
    created_at: DateTime,
    /// When it was last changed.
    updated_at: DateTime,
}

impl Listed for WebhookEndpoint {}

impl From<webhook_endpoints::WebhookEndpoint> for WebhookEndpoint {
    fn from(row: webhook_endpoints::WebhookEndpoint) -> Self {
        let named = row.named_types();
        Self {
            id: GlobalId::new(NodeKind::WebhookEndpoint, row.uuid).into(),
            uuid: Uuid(row.uuid),
            event_types: named.into_iter().filter_map(WebhookEventType::of).collect(),
            filter: row.written_filter().cloned().map(Json),
            label: row.label,
            url: row.url,
            style: row.style.into(),
            api_key_claim: row.api_key_claim,
            secret_made_at: DateTime(row.secret_made_at),
            old_secret_until: row.old_secret_until.map(DateTime),
            disabled_at: row.disabled_at.map(DateTime),
            disabled_reason: row.disabled_reason.map(Into::into),
            failing_since: row.failing_since.map(DateTime),
            archived_at: row.archived_at.map(DateTime),
            version: SafeInt(row.version),
            created_at: DateTime(row.created_at),
            updated_at: DateTime(row.updated_at),
        }
    }
}

/// What a webhook endpoint can be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum WebhookEventType {
    /// A lead came in.
    LeadCreated,
    /// A lead was changed.
    LeadUpdated,
    /// A lead was archived.
    LeadArchived,
    /// A lead was taken back from the archive.
    LeadRestored,
    /// A note about a lead was written.
    NoteCreated,
    /// A note about a lead was changed.
    NoteUpdated,
    /// A note about a lead was deleted.
    NoteDeleted,
}

impl WebhookEventType {
    const ALL: [Self; 7] = [
        Self::LeadCreated,
        Self::LeadUpdated,
        Self::LeadArchived,
        Self::LeadRestored,
        Self::NoteCreated,
        Self::NoteUpdated,
        Self::NoteDeleted,
    ];

    pub fn kind(self) -> EventKind {
        match self {
            Self::LeadCreated => EventKind::LeadCreated,
            Self::LeadUpdated => EventKind::LeadUpdated,
            Self::LeadArchived => EventKind::LeadArchived,
            Self::LeadRestored => EventKind::LeadRestored,
            Self::NoteCreated => EventKind::NoteCreated,
            Self::NoteUpdated => EventKind::NoteUpdated,
            Self::NoteDeleted => EventKind::NoteDeleted,
        }
    }

    fn of(kind: EventKind) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.kind() == kind)
    }

    /// By the word that payloads have.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.kind().as_str() == word)
    }
}

/// What requests to a webhook endpoint say, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::webhook_endpoints::WebhookStyle")]
pub enum WebhookStyle {
    /// The event as it stands in the log, signed as Standard Webhooks has it.
    Standard,
    /// The lead as it is, in the form of JourneyBee's webhooks, with a token of its kind, and signed as well.
    Journeybee,
}

/// Why a webhook endpoint is told of nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::webhook_endpoints::DisabledReason")]
pub enum WebhookDisabledReason {
    /// Somebody switched it off.
    ByHand,
    /// The receiver answered 410 Gone.
    Gone,
    /// It had failed for days.
    Failing,
}

#[derive(Debug, Default)]
pub struct WebhookQueries;

#[Object]
impl WebhookQueries {
    /// The workspace's webhook endpoints, newest first, archived ones too.
    async fn webhook_endpoints(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
    ) -> Answer<Connection<WebhookEndpoint>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        answer(ctx, Box::pin(list(ctx, args)).await)
    }
}

async fn list(ctx: &Context<'_>, args: PageArgs) -> Result<Connection<WebhookEndpoint>, Failure> {
    let page = webhook_endpoints::list(&op(ctx)?, args.request(ctx, LIST)?).await?;
    let key = |row: &webhook_endpoints::WebhookEndpoint| Key {
        created_at: row.created_at,
        id: row.id,
    };
    Ok(connection(LIST, page, key, WebhookEndpoint::from))
}

#[derive(Debug, Default)]
pub struct WebhookMutations;

#[Object]
impl WebhookMutations {
    /// Makes a webhook endpoint, which is told of what happens from now on. The answer shows its secret for the only
    /// time.
    async fn create_webhook_endpoint(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The endpoint.")] input: CreateWebhookEndpointInput,
    ) -> Answer<CreateWebhookEndpointPayload> {
        reply(ctx, Box::pin(create(ctx, input)).await)
    }
}

async fn create(
    ctx: &Context<'_>,
    input: CreateWebhookEndpointInput,
) -> Result<(WebhookEndpoint, Option<String>), Failure> {
    let CreateWebhookEndpointInput {
        label,
        url,
        event_types,
        filter,
        style,
        api_key_claim,
        secret,
    } = input;
    let op = op(ctx)?;
    op.require(Scope::Admin)?;
    op.require(Scope::Read)?;
    let new = webhook_endpoints::NewWebhookEndpoint {
        label,
        url,
        event_types: kinds(event_types.unwrap_or_default()),
        filter: filter.map(written).transpose()?,
        style: style.unwrap_or(WebhookStyle::Standard).into(),
        api_key_claim,
        secret: secret.map(GivenSecret),
    };
    let Issued { row, secret } = webhook_endpoints::create(&op, new).await?;
    Ok((row.into(), secret.map(|secret| secret.printed())))
}

pub fn kinds(types: Vec<WebhookEventType>) -> Vec<EventKind> {
    types.into_iter().map(WebhookEventType::kind).collect()
}

/// A filter, and how it was written.
///
/// # Errors
/// As [`filter::read`].
pub fn written(argument: LeadFilterArgument) -> Result<WrittenFilter, Failure> {
    let written = filter::written(&argument);
    let filter = filter::read(Some(argument))?;
    Ok(WrittenFilter { filter, written })
}

/// The uuid of an endpoint that an input names.
pub fn endpoint_uuid(reader: &mut Reader, id: &ID) -> uuid::Uuid {
    reader.uuid(id, &[NodeKind::WebhookEndpoint], &["webhookEndpointId"])
}

/// A new webhook endpoint.
#[derive(InputObject)]
pub struct CreateWebhookEndpointInput {
    /// What it is called.
    label: String,
    /// Where requests are sent. It must begin with `https` and lead to an address that everybody can reach.
    url: String,
    /// What it is told of. Left out or empty: `LEAD_CREATED`, `LEAD_UPDATED`, `LEAD_ARCHIVED` and `LEAD_RESTORED`.
    event_types: Option<Vec<WebhookEventType>>,
    /// Which leads it is told of, as they are after the event; all of them without one.
    filter: Option<LeadFilterArgument>,
    /// What requests say, and how; `STANDARD` by default.
    style: Option<WebhookStyle>,
    /// What the claim `api_key` says in the style `JOURNEYBEE`; by default the uuid of the key that asks for this.
    api_key_claim: Option<String>,
    /// What requests are signed with, for a receiver that has a secret already: `whsec_` and the base64 of 24 to 64 bytes;
    /// in the style `JOURNEYBEE` also any text of 16 to 256 bytes, with which its tokens are signed as it stands. A new
    /// one is made without it.
    secret: Option<String>,
}

impl std::fmt::Debug for CreateWebhookEndpointInput {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Not the secret.
        out.debug_struct("CreateWebhookEndpointInput")
            .field("label", &self.label)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// The answer to `createWebhookEndpoint`.
#[derive(Debug, SimpleObject)]
pub struct CreateWebhookEndpointPayload {
    /// The new endpoint.
    webhook_endpoint: Option<WebhookEndpoint>,
    /// What its requests are signed with. It is shown here and never again: null when the request is a repetition, by its
    /// `Idempotency-Key`.
    secret: Option<String>,
    /// What stood against it; empty when it was done.
    user_errors: Vec<UserError>,
}

impl Payload for CreateWebhookEndpointPayload {
    type Made = (WebhookEndpoint, Option<String>);

    fn made((webhook_endpoint, secret): Self::Made) -> Self {
        Self {
            webhook_endpoint: Some(webhook_endpoint),
            secret,
            user_errors: Vec::new(),
        }
    }

    fn refused(user_errors: Vec<UserError>) -> Self {
        Self {
            webhook_endpoint: None,
            secret: None,
            user_errors,
        }
    }
}
