//! What a receiver is told. Our own form is versioned and made from the event as it stands in the log; [`partners`] makes
//! JourneyBee's.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::partners::{self, About};
use super::{Claimed, DeliveryKind, WebhookDelivery};
use crate::domain::events::{Actor, ActorKind, Changes, EventKind};
use crate::domain::op::Op;
use crate::domain::outbox::Record;
use crate::domain::webhook_endpoints::{self, SigningSecret, WebhookEndpoint, WebhookStyle};
use crate::domain::workspaces::Workspace;

/// The version of our own form.
const VERSION: u32 = 1;

/// A claimed delivery with what it says.
#[derive(Clone, Debug)]
pub struct Parcel {
    pub claimed: Claimed,
    /// Or why nothing can be said: a sentence for the delivery's log.
    pub letter: Result<Letter, Unsendable>,
}

/// What is to be sent.
#[derive(Clone, Debug)]
pub struct Letter {
    /// The same for every attempt: receivers know by it what they have had.
    pub message: Uuid,
    pub body: String,
    /// The present one first.
    pub secrets: Vec<SigningSecret>,
    /// Of the token that JourneyBee's style carries.
    pub claims: Option<Claims>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Claims {
    pub company_uuid: Uuid,
    pub user_uuid: Option<Uuid>,
    pub event_id: &'static str,
    pub api_key: String,
}

/// What a delivery says; `record` and `lead` are those that it is about, where they are still there and can be read.
pub(super) fn parcel(
    op: &Op,
    workspace: &Workspace,
    claimed: Claimed,
    record: Result<&Record, Unsendable>,
    lead: Option<About>,
) -> Parcel {
    let letter = letter(op, workspace, &claimed, record, lead);
    Parcel { claimed, letter }
}

fn letter(
    op: &Op,
    workspace: &Workspace,
    claimed: &Claimed,
    record: Result<&Record, Unsendable>,
    lead: Option<About>,
) -> Result<Letter, Unsendable> {
    let Claimed { row, endpoint } = claimed;
    let vault = op.services().vault();
    let secrets = vault.and_then(|vault| webhook_endpoints::signing(vault, endpoint, op.now()));
    let secrets = secrets.map_err(|error| {
        tracing::error!(?error, "a webhook cannot be signed");
        Unsendable::Sealed
    })?;
    let told = match (row.kind, record) {
        (DeliveryKind::Test, _) => Told::Test(row),
        (DeliveryKind::Event | DeliveryKind::Replay, Ok(record)) => Told::Event(row.message_uuid, record),
        (DeliveryKind::Event | DeliveryKind::Replay, Err(reason)) => return Err(reason),
    };
    Ok(Letter {
        message: row.message_uuid,
        body: body(workspace, endpoint, &told, lead).to_string(),
        secrets,
        claims: claims(workspace, endpoint, &told),
    })
}

/// Why nothing can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsendable {
    #[error("The endpoint's secret cannot be read: the server's own secret has changed. Rotate the endpoint's secret")]
    Sealed,
    /// A newer version wrote it, which will send it, or which this one will be.
    #[error("The event cannot be read by this version of the server")]
    Unreadable,
    /// Nor ever will it be.
    #[error("The event is not kept any more")]
    Forgotten,
}

/// What a message is about.
pub(super) enum Told<'a> {
    /// By the message's id.
    Event(Uuid, &'a Record),
    Test(&'a WebhookDelivery),
}

/// The body of a request.
pub(super) fn body(workspace: &Workspace, endpoint: &WebhookEndpoint, told: &Told, lead: Option<About>) -> Value {
    match (endpoint.style, told) {
        (WebhookStyle::Standard, Told::Event(message, record)) => standard(workspace, *message, record),
        (WebhookStyle::Standard, Told::Test(row)) => json!({
            "id": message_id(row.message_uuid), "type": row.event_type, "version": VERSION,
            "timestamp": row.created_at, "workspace": workspace.uuid, "data": {},
        }),
        (WebhookStyle::Journeybee, Told::Event(_, record)) => partners::body(record, lead),
        (WebhookStyle::Journeybee, Told::Test(row)) => partners::test_body(row),
    }
}

/// As it stands in the header and in the body.
pub fn message_id(message: Uuid) -> String {
    format!("msg_{}", message.simple())
}

/// Our own form. Members keep their names and meanings within a version; new ones may come.
#[derive(Serialize)]
struct Standard<'a> {
    id: String,
    r#type: &'static str,
    version: u32,
    timestamp: DateTime<Utc>,
    workspace: Uuid,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    /// Where the event stands in the workspace's log.
    position: i64,
    subject: Subject,
    actor: Actor,
    changes: &'a Changes,
}

#[derive(Serialize)]
struct Subject {
    kind: &'static str,
    uuid: Uuid,
    /// The lead's number, by which the REST routes know it.
    lead_id: Option<i64>,
}

fn standard(workspace: &Workspace, message: Uuid, record: &Record) -> Value {
    let Record {
        position,
        kind,
        subject,
        lead_id,
        actor,
        changes,
        at,
    } = record;
    let told = Standard {
        id: message_id(message),
        r#type: kind.as_str(),
        version: VERSION,
        timestamp: *at,
        workspace: workspace.uuid,
        data: Data {
            position: *position,
            subject: Subject {
                kind: kind.subject_kind(),
                uuid: *subject,
                lead_id: *lead_id,
            },
            actor: shown(actor),
            changes,
        },
    };
    json!(told)
}

fn shown(actor: &Actor) -> Actor {
    let uuid = match actor.kind {
        ActorKind::User | ActorKind::ApiKey | ActorKind::System => actor.uuid,
        // A partnership's shared id is its invitation.
        ActorKind::Partner => None,
    };
    Actor { uuid, ..actor.clone() }
}

fn claims(workspace: &Workspace, endpoint: &WebhookEndpoint, told: &Told) -> Option<Claims> {
    let (event_id, actor) = match (endpoint.style, told) {
        (WebhookStyle::Standard, _) => return None,
        (WebhookStyle::Journeybee, Told::Event(_, record)) => (event_id(record.kind), Some(&record.actor)),
        (WebhookStyle::Journeybee, Told::Test(_)) => ("lead_created", None),
    };
    let person = actor
        .filter(|actor| actor.kind == ActorKind::User)
        .and_then(|actor| actor.uuid);
    Some(Claims {
        company_uuid: workspace.uuid,
        user_uuid: person.or(endpoint.user_uuid),
        event_id,
        api_key: endpoint.api_key_claim.clone(),
    })
}

/// JourneyBee's name for what happened. A lead that was restored is there with other values than before.
fn event_id(kind: EventKind) -> &'static str {
    match kind {
        EventKind::LeadCreated => "lead_created",
        EventKind::LeadUpdated | EventKind::LeadRestored => "lead_updated",
        EventKind::LeadArchived => "lead_deleted",
        EventKind::NoteCreated => "lead_note_created",
        EventKind::NoteUpdated => "lead_note_updated",
        EventKind::NoteDeleted => "lead_note_deleted",
        // Nobody is told of anything else.
        other => other.as_str(),
    }
}
