//! JourneyBee's form of what a receiver is told: the lead as it is when it is sent, in the members of its older reference.

use std::collections::HashMap;

use sea_orm::QueryFilter;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::WebhookDelivery;
use crate::domain::custom_fields::{CustomFieldOption, FieldType};
use crate::domain::error::Result;
use crate::domain::events::word;
use crate::domain::leads::read::{
    FieldParts, FieldValue, PartnershipLead, PartnershipLeadParts, PartnershipLeadRow, TypedValue,
};
use crate::domain::leads::{Direction, LeadGraph, LeadParts};
use crate::domain::op::Op;
use crate::domain::outbox::Record;
use crate::domain::partnerships::PartnerUser;
use crate::domain::users::User;
use crate::entity::{partner_user, user};

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

/// What the form tells of a lead.
#[derive(Clone, Copy)]
pub(super) struct About<'a> {
    pub lead: &'a LeadGraph,
    pub senders: &'a Senders,
}

/// The people who passed leads on, by their numbers.
pub(super) struct Senders {
    users: HashMap<i64, User>,
    partner_users: HashMap<i64, PartnerUser>,
}

impl Senders {
    /// Those of these leads.
    pub(super) async fn of(op: &Op, leads: impl Iterator<Item = &LeadGraph>) -> Result<Self> {
        let rows = leads.flat_map(|graph| graph.partnership_leads.loaded().into_iter().flatten());
        let (mut users, mut partner_users) = (Vec::new(), Vec::new());
        for PartnershipLead { row, .. } in rows {
            users.extend(row.sent_by_user_id);
            partner_users.extend(row.sent_by_partner_user_id);
        }
        let users = match users.is_empty() {
            true => Vec::new(),
            false => {
                let users = op.any_of(user::Column::Id, &users);
                op.find::<user::Entity>().filter(users).all(op.db()).await?
            }
        };
        let partner_users = match partner_users.is_empty() {
            true => Vec::new(),
            false => {
                let people = op.any_of(partner_user::Column::Id, &partner_users);
                op.find::<partner_user::Entity>().filter(people).all(op.db()).await?
            }
        };
        Ok(Self {
            users: users.into_iter().map(|user| (user.id, user)).collect(),
            partner_users: partner_users.into_iter().map(|user| (user.id, user)).collect(),
        })
    }

    /// Whoever passed a lead on: a user of this workspace, somebody at the partner's, or an address that was given.
    fn of_row(&self, row: &PartnershipLeadRow) -> Map<String, Value> {
        let user = row.sent_by_user_id.and_then(|id| self.users.get(&id));
        let mut told = person("sent_by_user_", user);
        let partners = row.sent_by_partner_user_id.and_then(|id| self.partner_users.get(&id));
        if let Some(partners) = partners {
            told.insert("sent_by_user_uuid".into(), json!(partners.uuid));
            told.insert("sent_by_user_email".into(), json!(partners.email));
        }
        if let Some(email) = &row.sent_by_email {
            told.insert("sent_by_user_email".into(), json!(email));
        }
        told
    }
}

/// What is told of an event.
pub(super) fn body(record: &Record, about: Option<About>) -> Value {
    let mut body = json!({ "lead": told_lead(record, about), "configuration": [] });
    if let Some(note) = told_note(record) {
        body["note"] = note;
    }
    body
}

/// What a test says: a lead that is nobody's.
pub(super) fn test_body(row: &WebhookDelivery) -> Value {
    let at = row.created_at.timestamp_millis();
    json!({
        "lead": {
            "uuid": Uuid::nil(), "created_at": at, "updated_at": at, "company_name": "Test",
            "email": "test@example.com", "phone_number": null, "first_name": "Test", "last_name": "Lead",
            "custom_fields": [], "tags": [], "assigned_users": [], "received_from_company": [],
            "sent_to_companies": [],
        },
        "configuration": [], "test": true,
    })
}

/// The lead as it is now; of one that is not there any more, its public id.
fn told_lead(record: &Record, about: Option<About>) -> Value {
    let Some(About { lead: graph, senders }) = about else {
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
        told.insert(member.into(), passed.map(|passed| company(passed, senders)).collect());
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

fn company(passed: &PartnershipLead, senders: &Senders) -> Value {
    let PartnershipLead {
        row,
        partner,
        partnership,
        partner_users: _,
    } = passed;
    let mut told = Map::from_iter([
        // The caller's side: the shared row's public id invites.
        (
            "partnership_uuid".to_owned(),
            json!(partnership.loaded().ok().map(|partnership| partnership.side.uuid)),
        ),
        ("company_name".to_owned(), json!(partner.name)),
        ("company_domain".to_owned(), json!(partner.domain)),
        ("sent_date".to_owned(), json!(row.created_at.timestamp_millis())),
        ("partner_type".to_owned(), json!(word(&row.partner_type))),
    ]);
    told.extend(senders.of_row(row));
    Value::Object(told)
}

/// The note that an event is about, as far as the event tells of it.
fn told_note(record: &Record) -> Option<Value> {
    let text = record.changes.get("text").map(|text| &text.to);
    let is_note = record.kind.subject_kind() == "note";
    is_note.then(|| json!({ "uuid": record.subject, "text": text }))
}
