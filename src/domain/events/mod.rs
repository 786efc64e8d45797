//! The public facts that the event log holds. They are versioned and apart from the rows: a column may be renamed, a
//! fact that was written stays.

mod facts;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use chrono::NaiveDate;
use sea_orm::{EnumIter, Iterable};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::caller::{Caller, Door, Principal};

pub use facts::*;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, Serialize, PartialOrd, Ord)]
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
    WebhookEndpointCreated,
    WebhookEndpointUpdated,
    WebhookEndpointRotated,
    WebhookEndpointEnabled,
    WebhookEndpointDisabled,
    WebhookEndpointArchived,
    WebhookEndpointTested,
    WebhookEndpointReplayed,
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
            Self::WebhookEndpointCreated => "webhook_endpoint.created",
            Self::WebhookEndpointUpdated => "webhook_endpoint.updated",
            Self::WebhookEndpointRotated => "webhook_endpoint.rotated",
            Self::WebhookEndpointEnabled => "webhook_endpoint.enabled",
            Self::WebhookEndpointDisabled => "webhook_endpoint.disabled",
            Self::WebhookEndpointArchived => "webhook_endpoint.archived",
            Self::WebhookEndpointTested => "webhook_endpoint.tested",
            Self::WebhookEndpointReplayed => "webhook_endpoint.replayed",
        }
    }

    /// [`Self::as_str`] back; nothing for a word that this version does not know.
    pub fn of_word(word: &str) -> Option<Self> {
        static WORDS: LazyLock<HashMap<&'static str, EventKind>> =
            LazyLock::new(|| EventKind::iter().map(|kind| (kind.as_str(), kind)).collect());
        WORDS.get(word).copied()
    }

    /// The kind of thing it happened to.
    pub fn subject_kind(self) -> &'static str {
        self.as_str().split_once('.').map_or("", |(subject, _)| subject)
    }
}

/// Who did it, and through which door.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    pub kind: ActorKind,
    /// Of the user, the key, or the partnership.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uuid: Option<Uuid>,
    /// The name of the server's own job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<Cow<'static, str>>,
    pub door: Door,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    User,
    ApiKey,
    System,
    Partner,
}

impl Actor {
    pub fn new(caller: &Caller, door: Door) -> Self {
        match caller.principal {
            Principal::User { uuid, .. } => Self {
                kind: ActorKind::User,
                uuid: Some(uuid),
                job: None,
                door,
            },
            Principal::ApiKey { uuid, .. } => Self {
                kind: ActorKind::ApiKey,
                uuid: Some(uuid),
                job: None,
                door,
            },
            Principal::System(job) => Self {
                kind: ActorKind::System,
                uuid: None,
                job: Some(Cow::Borrowed(job)),
                door,
            },
        }
    }

    /// A partner's workspace, seen from the one it sent a lead to. Who acted there is not told.
    pub fn partner(partnership: Uuid, door: Door) -> Self {
        Self {
            kind: ActorKind::Partner,
            uuid: Some(partnership),
            job: None,
            door,
        }
    }
}

/// Field by field, what changed. Folding all changes of a subject gives its present facts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
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

    /// Each fact that changed, sorted by its name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Change)> {
        self.0.iter().map(|(field, change)| (field.as_str(), change))
    }

    pub fn get(&self, field: &str) -> Option<&Change> {
        self.0.get(field)
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

/// A date as facts print it.
pub fn date(value: NaiveDate) -> Value {
    Value::String(value.to_string())
}

/// A stored enum as facts print it.
pub fn word<E: sea_orm::ActiveEnum<Value = String>>(value: &E) -> String {
    value.to_value()
}
