//! What can happen, and to what.

use async_graphql::Enum;

use crate::domain::events::EventKind;
use crate::graphql::node::NodeKind;

/// What happened, and to what kind of thing. New kinds may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::events::EventKind")]
pub enum EventType {
    /// A lead was made.
    LeadCreated,
    /// A lead was changed.
    LeadUpdated,
    /// A lead was archived.
    LeadArchived,
    /// A lead was taken back into use.
    LeadRestored,
    /// A note about a lead was made.
    NoteCreated,
    /// A note about a lead was changed.
    NoteUpdated,
    /// A note about a lead was deleted.
    NoteDeleted,
    /// A tag was made.
    TagCreated,
    /// A tag was changed.
    TagUpdated,
    /// A tag was archived.
    TagArchived,
    /// A tag was taken back into use.
    TagRestored,
    /// A custom field was made.
    CustomFieldCreated,
    /// A custom field was changed.
    CustomFieldUpdated,
    /// A custom field was archived.
    CustomFieldArchived,
    /// A custom field was taken back into use.
    CustomFieldRestored,
    /// An attribution source was made.
    AttributionSourceCreated,
    /// An attribution source was changed.
    AttributionSourceUpdated,
    /// An attribution source was archived.
    AttributionSourceArchived,
    /// An attribution source was taken back into use.
    AttributionSourceRestored,
    /// A campaign was made.
    CampaignCreated,
    /// A campaign was changed.
    CampaignUpdated,
    /// A campaign was archived.
    CampaignArchived,
    /// A campaign was taken back into use.
    CampaignRestored,
    /// A partner company was made.
    PartnerCompanyCreated,
    /// A partner company was changed.
    PartnerCompanyUpdated,
    /// A person at a partner company was made.
    PartnerUserCreated,
    /// A person at a partner company was changed.
    PartnerUserUpdated,
    /// A partnership was made.
    PartnershipCreated,
    /// A partnership was accepted by the partner.
    PartnershipAccepted,
    /// A partnership was changed.
    PartnershipUpdated,
    /// A partnership was archived.
    PartnershipArchived,
    /// A workspace was made.
    WorkspaceCreated,
    /// A workspace was changed.
    WorkspaceUpdated,
    /// A project was made.
    ProjectCreated,
    /// A project was changed.
    ProjectUpdated,
    /// A person of the workspace was made.
    UserCreated,
    /// A person of the workspace was changed.
    UserUpdated,
    /// An API key was made.
    ApiKeyCreated,
    /// An API key was changed.
    ApiKeyUpdated,
    /// An API key was replaced by a new one.
    ApiKeyRotated,
    /// An API key was revoked.
    ApiKeyRevoked,
    /// A conversion label was made.
    ConversionLabelCreated,
    /// A conversion label was changed.
    ConversionLabelUpdated,
    /// A conversion label was archived.
    ConversionLabelArchived,
    /// A conversion label was taken back into use.
    ConversionLabelRestored,
    /// A webhook endpoint was made.
    WebhookEndpointCreated,
    /// A webhook endpoint was changed.
    WebhookEndpointUpdated,
    /// A webhook endpoint got another secret.
    WebhookEndpointRotated,
    /// A webhook endpoint was switched on.
    WebhookEndpointEnabled,
    /// A webhook endpoint was switched off, by somebody or because of its receiver.
    WebhookEndpointDisabled,
    /// A webhook endpoint was ended.
    WebhookEndpointArchived,
    /// A webhook endpoint was sent a test.
    WebhookEndpointTested,
    /// A webhook endpoint was sent deliveries again.
    WebhookEndpointReplayed,
}

/// What kind of node it happened to. Nothing for what has no node id.
pub fn subject_kind(kind: EventKind) -> Option<NodeKind> {
    Some(match kind.subject_kind() {
        "lead" => NodeKind::Lead,
        "note" => NodeKind::LeadNote,
        "tag" => NodeKind::Tag,
        "custom_field" => NodeKind::CustomField,
        "attribution_source" => NodeKind::AttributionSource,
        "campaign" => NodeKind::Campaign,
        "partner_company" => NodeKind::PartnerCompany,
        "partner_user" => NodeKind::PartnerUser,
        "partnership" => NodeKind::Partnership,
        "workspace" => NodeKind::Workspace,
        "project" => NodeKind::Project,
        "user" => NodeKind::User,
        "api_key" => NodeKind::ApiKey,
        "conversion_label" => NodeKind::ConversionLabel,
        "webhook_endpoint" => NodeKind::WebhookEndpoint,
        _ => return None,
    })
}
