//! The schema as a whole.

use std::collections::BTreeSet;

use async_graphql::registry::{MetaType, Registry};
use async_graphql::{ObjectType, OutputType};

use super::*;

fn fields<T: ObjectType>() -> Vec<String> {
    let mut registry = Registry::default();
    match registry.create_fake_output_type::<T>() {
        MetaType::Object { fields, .. } => fields.into_iter().map(|(name, _)| name).collect(),
        other => panic!("{} is no object", other.name()),
    }
}

/// Of two fields with one name the merged object would silently keep the last.
#[test]
fn root_fields_are_unique() {
    let parts = [
        fields::<viewer::ViewerQueries>(),
        fields::<nodes::NodeQueries>(),
        fields::<lead::LeadQueries>(),
        fields::<lead::StatsQueries>(),
        fields::<tag::TagQueries>(),
        fields::<custom_field::CustomFieldQueries>(),
        fields::<attribution::AttributionQueries>(),
        fields::<campaign::CampaignQueries>(),
        fields::<partnership::PartnershipQueries>(),
        fields::<partner::PartnerQueries>(),
        fields::<project::ProjectQueries>(),
        fields::<user::UserQueries>(),
        fields::<api_key::ApiKeyQueries>(),
        fields::<conversion_label::ConversionLabelQueries>(),
        fields::<event::FeedQueries>(),
        fields::<event::AuditQueries>(),
        fields::<webhook::WebhookQueries>(),
        fields::<webhook_delivery::WebhookDeliveryQueries>(),
        fields::<lead::CaptureMutations>(),
        fields::<lead::RegisterMutations>(),
        fields::<lead::LeadEditMutations>(),
        fields::<lead::NoteMutations>(),
        fields::<tag::TagMutations>(),
        fields::<custom_field::CustomFieldMutations>(),
        fields::<attribution::AttributionMutations>(),
        fields::<campaign::CampaignMutations>(),
        fields::<partnership::PartnershipMutations>(),
        fields::<partner::PartnerMutations>(),
        fields::<project::ProjectMutations>(),
        fields::<api_key::ApiKeyMutations>(),
        fields::<workspace::WorkspaceMutations>(),
        fields::<tag_edit::TagEditMutations>(),
        fields::<custom_field_edit::CustomFieldEditMutations>(),
        fields::<attribution_edit::AttributionSourceEditMutations>(),
        fields::<campaign_edit::CampaignEditMutations>(),
        fields::<partnership_edit::PartnershipEditMutations>(),
        fields::<partner_company_edit::PartnerCompanyEditMutations>(),
        fields::<partner_user_edit::PartnerUserEditMutations>(),
        fields::<project_edit::ProjectEditMutations>(),
        fields::<user_edit::UserEditMutations>(),
        fields::<api_key_edit::ApiKeyEditMutations>(),
        fields::<conversion_label::ConversionLabelMutations>(),
        fields::<conversion_label_edit::ConversionLabelEditMutations>(),
        fields::<notification::NotificationMutations>(),
        fields::<webhook::WebhookMutations>(),
        fields::<webhook_delivery::WebhookDeliveryMutations>(),
        fields::<webhook_edit::WebhookEditMutations>(),
    ];
    let all: Vec<String> = parts.into_iter().flatten().collect();
    let unique: BTreeSet<&String> = all.iter().collect();
    assert_eq!(unique.len(), all.len());
    assert_eq!(all.len(), fields::<Query>().len() + fields::<Mutation>().len());
    assert_eq!(<Query as OutputType>::type_name(), "Query");
}

#[test]
fn the_schema_is_the_same_every_time() {
    assert_eq!(sdl(), sdl());
}

/// A front end generates its types from this file.
#[test]
fn the_committed_schema_is_the_served_one() {
    let committed = include_str!("../../schema.graphql");
    assert!(
        committed == sdl(),
        "schema.graphql is out of date: cargo run -- schema > schema.graphql"
    );
}
