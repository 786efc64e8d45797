//! The public facts that the event log holds. They are versioned and apart from the rows: a column may be renamed, a
//! fact that was written stays.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::caller::{Caller, Door, Principal};

/// The version of the facts below, stored with every event.
pub const VERSION: u32 = 1;

/// Something that happened to one subject.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub kind: EventKind,
    pub subject: Uuid,
    /// The lead it is about, so that a lead's history is one range of the log.
    pub lead_id: Option<i64>,
    pub changes: Changes,
}

/// What happened. Stored as `subject.verb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    LeadCreated,
    LeadUpdated,
    LeadArchived,
    LeadRestored,
    NoteCreated,
    NoteUpdated,
    NoteDeleted,
    TagCreated,
    TagUpdated,
    TagArchived,
    TagRestored,
    CustomFieldCreated,
    CustomFieldUpdated,
    CustomFieldArchived,
    CustomFieldRestored,
    AttributionSourceCreated,
    AttributionSourceUpdated,
    AttributionSourceArchived,
    AttributionSourceRestored,
    CampaignCreated,
    CampaignUpdated,
    CampaignArchived,
    CampaignRestored,
    PartnerCompanyCreated,
    PartnerCompanyUpdated,
    PartnerUserCreated,
    PartnerUserUpdated,
    PartnershipCreated,
    PartnershipAccepted,
    PartnershipUpdated,
    PartnershipArchived,
    WorkspaceCreated,
    WorkspaceUpdated,
    ProjectCreated,
    ProjectUpdated,
    UserCreated,
    UserUpdated,
    ApiKeyCreated,
    ApiKeyUpdated,
    ApiKeyRotated,
    ApiKeyRevoked,
    ConversionLabelCreated,
    ConversionLabelUpdated,
    ConversionLabelArchived,
    ConversionLabelRestored,
}

impl EventKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LeadCreated => "lead.created",
            Self::LeadUpdated => "lead.updated",
            Self::LeadArchived => "lead.archived",
            Self::LeadRestored => "lead.restored",
            Self::NoteCreated => "note.created",
            Self::NoteUpdated => "note.updated",
            Self::NoteDeleted => "note.deleted",
            Self::TagCreated => "tag.created",
            Self::TagUpdated => "tag.updated",
            Self::TagArchived => "tag.archived",
            Self::TagRestored => "tag.restored",
            Self::CustomFieldCreated => "custom_field.created",
            Self::CustomFieldUpdated => "custom_field.updated",
            Self::CustomFieldArchived => "custom_field.archived",
            Self::CustomFieldRestored => "custom_field.restored",
            Self::AttributionSourceCreated => "attribution_source.created",
            Self::AttributionSourceUpdated => "attribution_source.updated",
            Self::AttributionSourceArchived => "attribution_source.archived",
            Self::AttributionSourceRestored => "attribution_source.restored",
            Self::CampaignCreated => "campaign.created",
            Self::CampaignUpdated => "campaign.updated",
            Self::CampaignArchived => "campaign.archived",
            Self::CampaignRestored => "campaign.restored",
            Self::PartnerCompanyCreated => "partner_company.created",
            Self::PartnerCompanyUpdated => "partner_company.updated",
            Self::PartnerUserCreated => "partner_user.created",
            Self::PartnerUserUpdated => "partner_user.updated",
            Self::PartnershipCreated => "partnership.created",
            Self::PartnershipAccepted => "partnership.accepted",
            Self::PartnershipUpdated => "partnership.updated",
            Self::PartnershipArchived => "partnership.archived",
            Self::WorkspaceCreated => "workspace.created",
            Self::WorkspaceUpdated => "workspace.updated",
            Self::ProjectCreated => "project.created",
            Self::ProjectUpdated => "project.updated",
            Self::UserCreated => "user.created",
            Self::UserUpdated => "user.updated",
            Self::ApiKeyCreated => "api_key.created",
            Self::ApiKeyUpdated => "api_key.updated",
            Self::ApiKeyRotated => "api_key.rotated",
            Self::ApiKeyRevoked => "api_key.revoked",
            Self::ConversionLabelCreated => "conversion_label.created",
            Self::ConversionLabelUpdated => "conversion_label.updated",
            Self::ConversionLabelArchived => "conversion_label.archived",
            Self::ConversionLabelRestored => "conversion_label.restored",
        }
    }

    /// The kind of thing it happened to.
    pub fn subject_kind(self) -> &'static str {
        self.as_str().split_once('.').map_or("", |(subject, _)| subject)
    }
}

/// Who did it, and through which door.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Actor {
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uuid: Option<Uuid>,
    /// The name of the server's own job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<&'static str>,
    pub door: Door,
}

impl Actor {
    pub fn new(caller: &Caller, door: Door) -> Self {
        match caller.principal {
            Principal::User { uuid, .. } => Self {
                kind: "user",
                uuid: Some(uuid),
                job: None,
                door,
            },
            Principal::ApiKey { uuid, .. } => Self {
                kind: "api_key",
                uuid: Some(uuid),
                job: None,
                door,
            },
            Principal::System(job) => Self {
                kind: "system",
                uuid: None,
                job: Some(job),
                door,
            },
        }
    }

    /// A partner's workspace, seen from the one it sent a lead to. Who acted there is not told.
    pub fn partner(partnership: Uuid, door: Door) -> Self {
        Self {
            kind: "partner",
            uuid: Some(partnership),
            job: None,
            door,
        }
    }
}

/// Field by field, what changed. Folding all changes of a subject gives its present facts.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Changes(BTreeMap<String, Change>);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    pub from: Value,
    pub to: Value,
}

impl Changes {
    /// Everything that is set in `facts`, from nothing.
    pub fn created(facts: &impl Serialize) -> Self {
        Self::diff(BTreeMap::new(), members(facts))
    }

    pub fn between<F: Serialize>(before: &F, after: &F) -> Self {
        Self::diff(members(before), members(after))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names of the facts that changed, sorted.
    pub fn fields(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    fn diff(mut before: BTreeMap<String, Value>, after: BTreeMap<String, Value>) -> Self {
        let mut changes = BTreeMap::new();
        for (field, to) in after {
            let from = before.remove(&field).unwrap_or(Value::Null);
            if from != to {
                changes.insert(field, Change { from, to });
            }
        }
        for (field, from) in before {
            changes.insert(field, Change { from, to: Value::Null });
        }
        Self(changes)
    }
}

/// The set members of a facts record; null and what is empty are what a field is before anything happened.
fn members(facts: &impl Serialize) -> BTreeMap<String, Value> {
    let Ok(Value::Object(members)) = serde_json::to_value(facts) else {
        unreachable!("facts are structs with string keys");
    };
    let unset = |value: &Value| match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    };
    members.into_iter().filter(|(_, value)| !unset(value)).collect()
}

/// A lead with everything that hangs on it. References are public ids; lists are in their stored order.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeadFacts {
    pub origin: String,
    pub project: Option<Uuid>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company_name: Option<String>,
    pub status: String,
    /// Of a lead whose conversion is processed, or done.
    pub processing_state: Option<String>,
    pub lost_reason: Option<String>,
    pub value: Option<MoneyFacts>,
    pub source: Option<String>,
    pub association_type: Option<String>,
    pub campaign: Option<Uuid>,
    pub integration_name: Option<String>,
    pub form_name: Option<String>,
    pub form_message: Option<String>,
    pub unique_event_id: Option<String>,
    pub unique_identifier: Option<String>,
    pub user_data: Option<Value>,
    pub form_data: Option<Value>,
    pub attribution_data: Option<Value>,
    pub device_data: Option<Value>,
    pub channel_flow: Option<Value>,
    pub archived_at: Option<DateTime<Utc>>,
    pub assignees: Vec<Uuid>,
    pub tags: Vec<Uuid>,
    pub custom_fields: Vec<CustomFieldValueFacts>,
    pub attributions: Vec<AttributionFacts>,
    pub partnership_leads: Vec<PartnershipLeadFacts>,
    pub integration_values: BTreeMap<Uuid, Value>,
    pub powerups: BTreeMap<String, Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MoneyFacts {
    /// In the smallest unit of the currency.
    pub minor: i64,
    pub currency: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NoteFacts {
    pub lead: Option<Uuid>,
    pub text: Option<String>,
    /// The person who wrote it, if one is known.
    pub author: Option<Uuid>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomFieldValueFacts {
    pub field: Uuid,
    /// `{"<type>": value}`, options by their public ids.
    pub value: Value,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AttributionFacts {
    pub source: Uuid,
    pub attributed_at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PartnershipLeadFacts {
    pub partnership: Uuid,
    pub partner: Uuid,
    pub direction: String,
    pub partner_type: String,
    pub send_to_partner: bool,
    pub assigned_from_partner_lead: bool,
    pub form_submission_lead: bool,
    pub form_direction: Option<String>,
    pub acceptance: String,
    pub partner_lead: Option<Uuid>,
    /// A user of the workspace, or one of the partner's.
    pub sent_by: Option<Uuid>,
    /// Values for the partner's copy.
    pub partner_custom_fields: Vec<CustomFieldValueFacts>,
    /// People to notify: partner users on the sender's side, users of the workspace on the receiver's.
    pub notify: Vec<Uuid>,
    pub sent_by_email: Option<String>,
    pub sent_by_company_name: Option<String>,
    pub partners_company_name: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TagFacts {
    pub label: String,
    pub association: String,
    pub partner_type: Option<String>,
    pub background_color: String,
    pub text_color: String,
    pub archived_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomFieldFacts {
    pub label: String,
    pub field_type: String,
    pub category: String,
    pub partner_type: Option<String>,
    pub required: bool,
    pub shared: bool,
    pub shared_from: Option<Uuid>,
    pub options: Vec<CustomFieldOptionFacts>,
    pub archived_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomFieldOptionFacts {
    pub uuid: Uuid,
    pub number: i64,
    pub label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AttributionSourceFacts {
    pub label: String,
    pub archived_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CampaignFacts {
    pub title: String,
    pub starts_at: Option<DateTime<Utc>>,
    pub ends_at: Option<DateTime<Utc>>,
    pub archived_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PartnerCompanyFacts {
    pub name: String,
    pub domain: Option<String>,
    pub website: Option<String>,
    pub country: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PartnerUserFacts {
    /// Told when the person is added.
    pub partner: Option<Uuid>,
    pub email: String,
    pub name: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PartnershipFacts {
    pub partner: Uuid,
    pub partner_type: String,
    pub state: String,
    pub reseller_side: Option<String>,
    /// Told when an edit made a new code, which no event says.
    pub invitation_renewed: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkspaceFacts {
    pub name: String,
    pub dedupe_policy: String,
    pub enforce_required_fields: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectFacts {
    pub public_id: String,
    pub name: String,
    pub active: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserFacts {
    pub email: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub role: String,
    /// The `sub` by which a foreign identity provider knows the person.
    pub external_subject: Option<String>,
    pub disabled_at: Option<DateTime<Utc>>,
}

/// Never the key, nor its hash.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiKeyFacts {
    pub label: String,
    pub key_prefix: String,
    pub scopes: Vec<&'static str>,
    pub project: Option<Uuid>,
    pub expires_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConversionLabelFacts {
    /// Told when the label is made.
    pub project: Option<Uuid>,
    pub name: String,
    pub mark_as_done: bool,
    pub mapped_status: Option<String>,
    pub archived_at: Option<DateTime<Utc>>,
}

/// A date as facts print it.
pub fn date(value: NaiveDate) -> Value {
    Value::String(value.to_string())
}

/// A stored enum as facts print it.
pub fn word<E: sea_orm::ActiveEnum<Value = String>>(value: &E) -> String {
    value.to_value()
}
