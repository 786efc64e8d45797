//! The table: who may read what, and who may change what.
//!
//! A path through the schema needs what each of its fields needs. A type or a mutation that is not here is in no rule,
//! and fails the tests.

use crate::isolation::attempts::{Attempt, Needs};

use super::callers::Scopes;
use super::paths::Path;

/// Fields that need more or less than the scope `read`, which every other field of an object needs.
const FIELDS: &[(&str, Rule)] = &[
    // Everybody who is somebody may ask who they are; what they may see of their workspace is another question.
    ("Viewer.user", Rule::NullUnlessPerson),
    ("Viewer.apiKey", Rule::NullUnlessKey),
    ("Viewer.scopes", Rule::Anybody),
    ("Viewer.notifications", Rule::NullUnlessReadingPerson),
    // Only a code that may be given on.
    ("Partnership.invitation", Rule::NullUnlessUnboundWriter),
    // What a mutation tells those who may do it.
    ("CreateServerSideLeadPayload.outcome", Rule::Anybody),
    ("CreateServerSideLeadPayload.uniqueIdentifier", Rule::Anybody),
    ("CreateApiKeyPayload.key", Rule::Anybody),
    ("RotateApiKeyPayload.key", Rule::Anybody),
    // Keys are read with `admin` alone, wherever they stand.
    ("CreateApiKeyPayload.apiKey", Rule::Administrator),
    ("UpdateApiKeyPayload.apiKey", Rule::Administrator),
    ("RotateApiKeyPayload.apiKey", Rule::Administrator),
    ("RevokeApiKeyPayload.apiKey", Rule::Administrator),
    // So are webhooks.
    ("CreateWebhookEndpointPayload.secret", Rule::Anybody),
    ("RotateWebhookSecretPayload.secret", Rule::Anybody),
    ("ReplayWebhookDeliveriesPayload.count", Rule::Anybody),
    ("CreateWebhookEndpointPayload.webhookEndpoint", Rule::Administrator),
    ("UpdateWebhookEndpointPayload.webhookEndpoint", Rule::Administrator),
    ("RotateWebhookSecretPayload.webhookEndpoint", Rule::Administrator),
    ("EnableWebhookEndpointPayload.webhookEndpoint", Rule::Administrator),
    ("DisableWebhookEndpointPayload.webhookEndpoint", Rule::Administrator),
    ("ArchiveWebhookEndpointPayload.webhookEndpoint", Rule::Administrator),
    ("TestWebhookEndpointPayload.webhookDelivery", Rule::Administrator),
    ("ReplayWebhookDeliveryPayload.webhookDelivery", Rule::Administrator),
];

/// Types whose fields all have another rule.
const TYPES: &[(&str, Rule)] = &[
    ("ApiKey", Rule::Administrator),
    ("ApiKeyConnection", Rule::Administrator),
    ("ApiKeyEdge", Rule::Administrator),
    ("ApiKeyConflict", Rule::Administrator),
    ("WebhookEndpoint", Rule::Administrator),
    ("WebhookEndpointConnection", Rule::Administrator),
    ("WebhookEndpointEdge", Rule::Administrator),
    ("WebhookEndpointConflict", Rule::Administrator),
    ("WebhookDelivery", Rule::Administrator),
    ("WebhookDeliveryConnection", Rule::Administrator),
    ("WebhookDeliveryEdge", Rule::Administrator),
    ("WebhookAttempt", Rule::Administrator),
    ("WebhookPreview", Rule::Administrator),
    // Of a list that has its own rule.
    ("PageInfo", Rule::Anybody),
    ("UserError", Rule::Anybody),
];

/// Fields below which everything is open to those who get there, but for lists of leads: everybody may know themself,
/// and a key what it is bound to.
const ONESELF: [&str; 2] = ["Viewer.user", "Viewer.apiKey"];

/// The objects that can be read. Payloads are the mutations' own.
const OBJECTS: &[&str] = &[
    "ApiKey",
    "AttributionCredit",
    "AttributionSource",
    "BooleanValue",
    "Campaign",
    "ClickId",
    "Consent",
    "ConversionLabel",
    "CustomField",
    "CustomFieldOption",
    "DateValue",
    "Event",
    "EventActor",
    "EventFeed",
    "ExternalRef",
    "FieldChange",
    "IntegrationValue",
    "Lead",
    "LeadAssignee",
    "LeadAttribution",
    "LeadAttributionCredits",
    "LeadEvent",
    "LeadMeasures",
    "LeadNote",
    "LeadNumberMeasure",
    "LeadSender",
    "LeadStats",
    "LeadStatsBucket",
    "LeadStatsChoice",
    "LeadStatsGroup",
    "Money",
    "MultiSelectValue",
    "Notification",
    "NumberValue",
    "OriginalPayload",
    "PageInfo",
    "PartnerCompany",
    "PartnerCopy",
    "PartnerUser",
    "Partnership",
    "PartnershipLead",
    "Powerup",
    "Project",
    "SelectValue",
    "Tag",
    "TextValue",
    "Touchpoint",
    "User",
    "UserError",
    "Viewer",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookPreview",
    "Workspace",
];

/// What a key that is bound to a project may change: leads, and what stands on them.
const OF_A_PROJECT: &[&str] = &[
    "createServerSideLead",
    "updateLead",
    "setLeadStatus",
    "assignLead",
    "unassignLead",
    "tagLead",
    "untagLead",
    "setLeadFieldValues",
    "clearLeadFieldValues",
    "addLeadAttributions",
    "removeLeadAttributions",
    "archiveLead",
    "restoreLead",
    "addLeadNote",
    "updateLeadNote",
    "deleteLeadNote",
];

/// What programs cannot do, which have no notifications.
const OF_A_PERSON: &[&str] = &["markNotificationsRead"];

/// The attempts at these give the scope `read` to a key or a person, or send leads somewhere, and nobody gives more than
/// they have.
const GIVE_READING: &[&str] = &[
    "createApiKey",
    "rotateApiKey",
    "inviteUser",
    "setUserRole",
    "createWebhookEndpoint",
    "updateWebhookEndpoint",
    "webhookPreview",
];

/// The attempts at these let in somebody who reads and writes.
const GIVE_ALL: &[&str] = &["enableUser"];

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    Anybody,
    Reader,
    /// Of the whole workspace: keys that are bound to a project administer nothing.
    Administrator,
    NullUnlessPerson,
    /// For readers; programs get null.
    NullUnlessReadingPerson,
    NullUnlessKey,
    /// For readers; who may not write in the whole workspace gets null.
    NullUnlessUnboundWriter,
}

/// What a caller has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Power {
    pub scopes: Scopes,
    pub is_bound: bool,
    pub is_person: bool,
}

/// What a cell of the matrix must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    Value,
    Null,
    Forbidden,
}

pub fn is_known(object: &str) -> bool {
    let page_of = |object: &str| {
        ["Connection", "Edge", "Conflict"]
            .iter()
            .find_map(|end| object.strip_suffix(end))
            .map(str::to_owned)
    };
    OBJECTS.contains(&object) || page_of(object).is_some_and(|object| OBJECTS.contains(&object.as_str()))
}

pub fn objects() -> impl Iterator<Item = &'static str> {
    OBJECTS.iter().copied()
}

/// The rule of a field of an object.
fn rule(coordinate: &str) -> Rule {
    let (owner, field) = coordinate.split_once('.').unwrap();
    let listed =
        |table: &[(&str, Rule)], name: &str| table.iter().find(|(listed, _)| *listed == name).map(|(_, rule)| *rule);
    let payload = || match (owner.strip_suffix("Payload").or(owner.strip_suffix("Conflict")), field) {
        (Some(_), "userErrors" | "conflict") => Some(Rule::Anybody),
        _ => None,
    };
    let own = listed(FIELDS, coordinate).or_else(|| listed(TYPES, owner));
    own.or_else(payload).unwrap_or(Rule::Reader)
}

/// What a caller gets at the end of a path that begins with a root field.
pub fn expected(power: Power, path: &Path, attempt: &Attempt) -> Expected {
    if !may(power, attempt) {
        return Expected::Forbidden;
    }
    let mut is_oneself = false;
    for coordinate in path.coordinates() {
        let is_list_of_leads = ["leads", "assignedLeads"]
            .iter()
            .any(|list| coordinate.ends_with(&format!(".{list}")));
        is_oneself &= !is_list_of_leads;
        let rule = if is_oneself { Rule::Anybody } else { rule(coordinate) };
        if is_oneself && coordinate == "ApiKey.project" && !power.is_bound {
            return Expected::Null;
        }
        match obey(power, rule) {
            Expected::Value => is_oneself |= ONESELF.contains(&coordinate.as_str()),
            // There is nothing below it.
            least @ (Expected::Null | Expected::Forbidden) => return least,
        }
    }
    Expected::Value
}

fn obey(power: Power, rule: Rule) -> Expected {
    let Power {
        scopes,
        is_bound,
        is_person,
    } = power;
    let or = |may: bool, least: Expected| if may { Expected::Value } else { least };
    match rule {
        Rule::Anybody => Expected::Value,
        Rule::Reader => or(scopes.read, Expected::Forbidden),
        Rule::Administrator => or(scopes.admin && !is_bound, Expected::Forbidden),
        Rule::NullUnlessPerson => or(is_person, Expected::Null),
        Rule::NullUnlessReadingPerson if !scopes.read => Expected::Forbidden,
        Rule::NullUnlessReadingPerson => or(is_person, Expected::Null),
        Rule::NullUnlessKey => or(!is_person, Expected::Null),
        Rule::NullUnlessUnboundWriter if !scopes.read => Expected::Forbidden,
        Rule::NullUnlessUnboundWriter => or(scopes.write && !is_bound, Expected::Null),
    }
}

/// Whether a caller may ask a root field at all.
pub fn may(power: Power, attempt: &Attempt) -> bool {
    let Power { scopes, is_bound, .. } = power;
    match attempt.needs {
        Needs::Nothing => true,
        Needs::Read => scopes.read && (power.is_person || !OF_A_PERSON.contains(&attempt.field)),
        Needs::Write => scopes.write && (!is_bound || OF_A_PROJECT.contains(&attempt.field)),
        Needs::Admin => {
            let field = &attempt.field;
            let gives_reading = GIVE_READING.contains(field) || GIVE_ALL.contains(field);
            let may_give = (scopes.read || !gives_reading) && (scopes.write || !GIVE_ALL.contains(field));
            scopes.admin && !is_bound && may_give
        }
    }
}
