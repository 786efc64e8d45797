//! What a receiver is told. Our own form is versioned and made from the event as it stands in the log; JourneyBee's form
//! is the lead as it is when it is sent, in the members of its older reference.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Claimed, DeliveryKind, WebhookDelivery};
use crate::domain::custom_fields::{CustomFieldOption, FieldType};
use crate::domain::events::{Actor, ActorKind, Changes, EventKind, word};
use crate::domain::leads::read::{FieldParts, FieldValue, PartnershipLead, PartnershipLeadParts, TypedValue};
use crate::domain::leads::{Direction, LeadGraph, LeadParts};
use crate::domain::op::Op;
use crate::domain::outbox::Record;
use crate::domain::users::User;
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

/// The parts of a lead that JourneyBee's form tells.
pub(super) const LEAD_PARTS: LeadParts = LeadParts {
    project: false,
    campaign: false,
    created_by: true,
    assignees: true,
    documents: false,
    tags: true,
    custom_field_values: Some(FieldParts { options: true }),
    attributions: false,
    click_ids: false,
    touchpoints: false,
    consents: false,
    partnership_leads: Some(PartnershipLeadParts {
        partnership: true,
        partner_users: false,
    }),
    integration_values: false,
    external_refs: false,
    powerups: false,
    payloads: false,
};

/// What a delivery says; `record` and `lead` are those that it is about, where they are still there.
pub(super) fn parcel(
    op: &Op,
    workspace: &Workspace,
    claimed: Claimed,
    record: Option<&Record>,
    lead: Option<&LeadGraph>,
) -> Parcel {
    let letter = letter(op, workspace, &claimed, record, lead);
    Parcel { claimed, letter }
}

fn letter(
    op: &Op,
    workspace: &Workspace,
    claimed: &Claimed,
    record: Option<&Record>,
    lead: Option<&LeadGraph>,
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
        (DeliveryKind::Event | DeliveryKind::Replay, Some(record)) => Told::Event(row.message_uuid, record),
        (DeliveryKind::Event | DeliveryKind::Replay, None) => return Err(Unsendable::Forgotten),
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
pub(super) fn body(workspace: &Workspace, endpoint: &WebhookEndpoint, told: &Told, lead: Option<&LeadGraph>) -> Value {
    match (endpoint.style, told) {
        (WebhookStyle::Standard, Told::Event(message, record)) => standard(workspace, *message, record),
        (WebhookStyle::Standard, Told::Test(row)) => json!({
            "id": message_id(row.message_uuid), "type": row.event_type, "version": VERSION,
            "timestamp": row.created_at, "workspace": workspace.uuid, "data": {},
        }),
        (WebhookStyle::Journeybee, Told::Event(_, record)) => {
            let mut body = json!({ "lead": partners_lead(record, lead), "configuration": [] });
            if let Some(note) = partners_note(record) {
                body["note"] = note;
            }
            body
        }
        (WebhookStyle::Journeybee, Told::Test(row)) => json!({
            "lead": {
                "uuid": Uuid::nil(), "created_at": row.created_at.timestamp_millis(),
                "updated_at": row.created_at.timestamp_millis(), "company_name": "Test",
                "email": "test@example.com", "phone_number": null, "first_name": "Test", "last_name": "Lead",
                "custom_fields": [], "tags": [], "assigned_users": [], "received_from_company": [],
                "sent_to_companies": [],
            },
            "configuration": [], "test": true,
        }),
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
    actor: &'a Actor,
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
            actor,
            changes,
        },
    };
    json!(told)
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

/// The lead as it is now; of one that is not there any more, its public id.
fn partners_lead(record: &Record, lead: Option<&LeadGraph>) -> Value {
    let Some(graph) = lead else {
        return json!({ "uuid": record.subject });
    };
    let lead = &graph.lead;
    let mut told = Map::from_iter([
        ("uuid".to_owned(), json!(lead.uuid)),
        ("created_at".to_owned(), json!(lead.created_at.timestamp_millis())),
        ("updated_at".to_owned(), json!(lead.updated_at.timestamp_millis())),
        ("company_name".to_owned(), json!(lead.company_name)),
        ("email".to_owned(), json!(lead.email)),
        ("phone_number".to_owned(), json!(lead.phone)),
        ("first_name".to_owned(), json!(lead.first_name)),
        ("last_name".to_owned(), json!(lead.last_name)),
    ]);
    let created_by = graph.created_by.loaded().ok().and_then(Option::as_ref);
    told.extend(person("created_by_user_", created_by));
    let values = graph.custom_field_values.loaded().into_iter().flatten();
    told.insert("custom_fields".into(), values.map(field).collect());
    let tags = graph.tags.loaded().into_iter().flatten();
    let tags = tags.map(|tag| json!({ "uuid": tag.uuid, "label": tag.label }));
    told.insert("tags".into(), tags.collect());
    let assignees = graph.assignees.loaded().into_iter().flatten();
    let assignees = assignees.map(|assignee| Value::Object(person("", Some(&assignee.user))));
    told.insert("assigned_users".into(), assignees.collect());
    for (member, direction) in [
        ("received_from_company", Direction::Received),
        ("sent_to_companies", Direction::Sent),
    ] {
        let passed = graph.partnership_leads.loaded().into_iter().flatten();
        let passed = passed.filter(|passed| passed.row.direction == direction);
        told.insert(member.into(), passed.map(company).collect());
    }
    Value::Object(told)
}

fn person(prefix: &str, user: Option<&User>) -> Map<String, Value> {
    let members = [
        ("uuid", json!(user.map(|user| user.uuid))),
        ("email", json!(user.map(|user| &user.email))),
        ("first_name", json!(user.and_then(|user| user.first_name.as_ref()))),
        ("last_name", json!(user.and_then(|user| user.last_name.as_ref()))),
    ];
    let members = members.map(|(name, value)| (format!("{prefix}{name}"), value));
    Map::from_iter(members)
}

fn field(value: &FieldValue) -> Value {
    let option = |option: &CustomFieldOption| json!({ "id": option.option_no, "label": option.label });
    let options: Option<Vec<Value>> = match value.field.field_type {
        FieldType::Select | FieldType::MultiSelect => Some(
            value
                .options_of_field
                .loaded()
                .into_iter()
                .flatten()
                .map(option)
                .collect(),
        ),
        FieldType::Text | FieldType::Textarea | FieldType::Number | FieldType::Date | FieldType::Boolean => None,
    };
    let typed = match &value.value {
        TypedValue::Text(text) => json!({ "text": text }),
        TypedValue::Number(number) => json!({ "number": number }),
        TypedValue::Date(date) => json!({ "date": date.to_string() }),
        TypedValue::Boolean(boolean) => json!({ "boolean": boolean }),
        TypedValue::Select(option) => json!({ "select": option.option_no }),
        TypedValue::MultiSelect(options) => {
            let numbers: Vec<i64> = options.iter().map(|option| option.option_no).collect();
            json!({ "multi_select": numbers })
        }
    };
    json!({
        "uuid": value.field.uuid, "label": value.field.label, "type": word(&value.field.field_type), "value": typed,
        "custom_field_value_uuid": value.uuid, "options": options,
    })
}

fn company(passed: &PartnershipLead) -> Value {
    let PartnershipLead {
        row,
        partner,
        partnership,
        partner_users: _,
    } = passed;
    json!({
        // The caller's side: the shared row's public id invites.
        "partnership_uuid": partnership.loaded().ok().map(|partnership| partnership.side.uuid),
        "company_name": partner.name, "company_domain": partner.domain,
        "sent_date": row.created_at.timestamp_millis(), "sent_by_user_email": row.sent_by_email,
        "partner_type": word(&row.partner_type),
    })
}

/// The note that an event is about, as far as the event tells of it.
fn partners_note(record: &Record) -> Option<Value> {
    match record.kind {
        EventKind::NoteCreated | EventKind::NoteUpdated | EventKind::NoteDeleted => {
            let text = record.changes.get("text").map(|text| &text.to);
            Some(json!({ "uuid": record.subject, "text": text }))
        }
        _ => None,
    }
}
