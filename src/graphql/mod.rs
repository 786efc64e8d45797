//! The GraphQL door: the schema as code, one file an aggregate, and its HTTP endpoint.
//!
//! Read types are plain records: `prefetch` looks at what is selected, the domain loads it with a fixed number of
//! statements, and the executor prints what is there. Rules and permissions are the domain's.

mod api_key;
mod api_key_edit;
mod attribution;
mod attribution_edit;
mod bearers;
mod campaign;
mod campaign_edit;
mod coercion;
mod context;
mod conversion_label;
mod conversion_label_edit;
mod cost;
mod custom_field;
mod custom_field_edit;
mod edge;
mod engine;
mod error;
mod event;
mod guard;
mod http;
mod input;
mod lead;
mod live;
mod negotiate;
mod nested;
mod node;
mod nodes;
mod notification;
mod paging;
mod params;
mod partner;
mod partner_company_edit;
mod partner_user_edit;
mod partnership;
mod partnership_edit;
mod payload;
mod places;
mod prefetch;
mod project;
mod project_edit;
mod rel;
mod scalars;
mod socket;
mod tag;
mod tag_edit;
mod user;
mod user_edit;
mod viewer;
mod webhook;
mod webhook_delivery;
mod webhook_edit;
mod workspace;

use std::sync::Arc;

use async_graphql::{MergedObject, MergedSubscription, SDLExportOptions, SchemaBuilder};

use crate::domain::Services;

use places::Places;

pub use edge::{Limits, router};
pub use engine::{DocumentCache, Introspection, Trust, TrustedError, TrustedFiles};
pub use guard::DocumentLimits;
pub use paging::PageLimits;
pub use places::PlaceLimits;
pub use socket::{Origins, SocketLimits};

/// What can be read.
#[derive(Debug, Default, MergedObject)]
pub struct Query(
    viewer::ViewerQueries,
    nodes::NodeQueries,
    lead::LeadQueries,
    lead::StatsQueries,
    tag::TagQueries,
    custom_field::CustomFieldQueries,
    attribution::AttributionQueries,
    campaign::CampaignQueries,
    partnership::PartnershipQueries,
    partner::PartnerQueries,
    project::ProjectQueries,
    user::UserQueries,
    api_key::ApiKeyQueries,
    conversion_label::ConversionLabelQueries,
    event::FeedQueries,
    event::AuditQueries,
    webhook::WebhookQueries,
    webhook_delivery::WebhookDeliveryQueries,
);

/// What can be changed. The fields of one request are done one after the other.
#[derive(Debug, Default, MergedObject)]
pub struct Mutation(
    lead::CaptureMutations,
    lead::RegisterMutations,
    lead::LeadEditMutations,
    lead::NoteMutations,
    tag::TagMutations,
    custom_field::CustomFieldMutations,
    attribution::AttributionMutations,
    campaign::CampaignMutations,
    partnership::PartnershipMutations,
    partner::PartnerMutations,
    project::ProjectMutations,
    api_key::ApiKeyMutations,
    workspace::WorkspaceMutations,
    tag_edit::TagEditMutations,
    custom_field_edit::CustomFieldEditMutations,
    attribution_edit::AttributionSourceEditMutations,
    campaign_edit::CampaignEditMutations,
    partnership_edit::PartnershipEditMutations,
    partner_company_edit::PartnerCompanyEditMutations,
    partner_user_edit::PartnerUserEditMutations,
    project_edit::ProjectEditMutations,
    user_edit::UserEditMutations,
    api_key_edit::ApiKeyEditMutations,
    conversion_label::ConversionLabelMutations,
    conversion_label_edit::ConversionLabelEditMutations,
    notification::NotificationMutations,
    webhook::WebhookMutations,
    webhook_delivery::WebhookDeliveryMutations,
    webhook_edit::WebhookEditMutations,
);

/// What can be listened to, over a WebSocket or as server-sent events.
#[derive(Debug, Default, MergedSubscription)]
pub struct Subscription(event::EventSubscriptions, notification::NotificationSubscriptions);

pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// The schema as it is served.
fn served(services: Services, limits: &Limits, waiting: &Arc<Places>) -> SchemaBuilder<Query, Mutation, Subscription> {
    let builder = Schema::build(Query::default(), Mutation::default(), Subscription::default());
    let wait = event::LongestWait::within(limits.sockets.time);
    let builder = builder.data(services).data(limits.pages);
    builder.data(wait).data(Arc::clone(waiting))
}

/// The schema as text: the same for every run.
pub fn sdl() -> String {
    let schema = Schema::build(Query::default(), Mutation::default(), Subscription::default()).finish();
    let options = SDLExportOptions::new().include_specified_by().use_space_ident();
    let text = STANDARD
        .iter()
        .fold(schema.sdl_with_options(options), without_directive);
    format!("{}\n", text.trim_end())
}

/// Directives of the language itself, which every tool knows. `@oneOf` is too new for that.
const STANDARD: [&str; 3] = ["include", "skip", "specifiedBy"];

/// The schema's text without one directive's definition and description.
fn without_directive(text: String, name: &&str) -> String {
    let Some((before, rest)) = text.split_once(&format!("directive @{name}(")) else {
        return text;
    };
    let after = rest.split_once('\n').map_or("", |(_, after)| after);
    let described = before.trim_end().strip_suffix("\"\"\"");
    let before = described.and_then(|described| described.rsplit_once("\"\"\""));
    match before {
        Some((before, _)) => format!("{before}{after}"),
        None => text,
    }
}

#[cfg(test)]
mod tests;
