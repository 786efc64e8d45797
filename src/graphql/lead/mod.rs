//! Leads: the type, how they are read, and the two ways in.

mod below;
mod capture;
mod edit;
mod edit_input;
mod edit_paths;
mod edit_payload;
mod enums;
pub mod filter;
mod history;
mod list;
mod made;
pub mod note;
mod note_list;
mod order;
mod parts;
mod queries;
mod register;
mod register_body;
mod register_input;
mod stats;
mod stats_groups;
mod values;

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, SimpleObject};
use serde_json::Value;

use super::attribution::AttributionSource;
use super::campaign::Campaign;
use super::context::Answer;
use super::event::Event;
use super::node::{GlobalId, NodeKind};
use super::paging::{Connection, Listed, PageArgs};
use super::partner::PartnerCompany;
use super::partnership::Partnership;
use super::project::Project;
use super::scalars::{DateTime, Json, SafeInt, Uuid};
use super::tag::Tag;
use super::user::User;
use crate::domain::leads::LeadGraph;
use crate::domain::leads::read::Documents;
use crate::domain::rel::Rel;

pub use below::Lists;
use below::Loaded;
pub use capture::CaptureMutations;
pub use edit::LeadEditMutations;
pub use enums::LeadStatus;
use enums::{AssociationType, IntegrationName, LeadOrigin, LeadSource, ProcessingState};
pub use filter::{LeadFilterArgument, read as read_filter};
pub use history::HistoryList;
pub use list::{LeadList, LeadListArgs};
pub use note::{LeadNote, NoteMutations};
pub use note_list::NoteList;
pub use order::LeadOrder;
use parts::{ClickId, Consent, ExternalRef, IntegrationValue, LeadAttribution, OriginalPayload, PartnershipLead};
use parts::{LeadAssignee, Money, Powerup, Touchpoint};
pub use queries::LeadQueries;
pub use register::RegisterMutations;
pub use stats::StatsQueries;
use values::CustomFieldValue;

const LIST: &str = "leads";

/// Somebody who may become a customer, with everything that is known of them.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Lead {
    #[graphql(skip)]
    loaded_notes: Loaded<LeadNote>,
    #[graphql(skip)]
    loaded_history: Loaded<Event>,
    /// The global id.
    pub id: ID,
    /// The number that the REST routes call id.
    legacy_id: SafeInt,
    /// The public id in its plain form.
    pub uuid: Uuid,
    /// The door it came through.
    origin: LeadOrigin,
    /// Where it stands in the sales process.
    status: LeadStatus,
    /// Why it is lost; null while it is not.
    lost_reason: Option<String>,
    /// What it is worth, if that is known.
    value: Option<Money>,
    /// Whether a conversion of it is being processed.
    processing_state: ProcessingState,
    /// What brought it in; null for leads of web forms.
    source: Option<LeadSource>,
    /// The kind of registration it is; null for leads of web forms.
    association_type: Option<AssociationType>,
    /// The foreign system that created it.
    integration_name: Option<IntegrationName>,
    /// The e-mail address.
    email: Option<String>,
    /// The phone number.
    phone: Option<String>,
    /// The first name.
    first_name: Option<String>,
    /// The last name.
    last_name: Option<String>,
    /// The company's name.
    company_name: Option<String>,
    /// The name of the form it was sent with.
    form_name: Option<String>,
    /// The message it was sent with.
    form_message: Option<String>,
    /// The id by which a repeated post of a project finds the lead again.
    unique_event_id: Option<String>,
    /// The id that the client's own system has for it. Not necessarily unique.
    unique_identifier: Option<String>,
    /// Grows by one with each change.
    version: SafeInt,
    /// When it came in.
    created_at: DateTime,
    /// When it was last changed.
    updated_at: DateTime,
    /// When it was archived; null while it is live. Lists show archived leads only where they are asked for them.
    archived_at: Option<DateTime>,
    /// The person who made it, if one is known.
    pub created_by: Rel<Option<User>>,
    /// Who works on it, in the order in which they were assigned. At most 100.
    assignees: Rel<Vec<LeadAssignee>>,
    /// The project it was captured for.
    pub project: Rel<Option<Project>>,
    /// The campaign it is registered for.
    pub campaign: Rel<Option<Campaign>>,
    /// The contact data of the web form, as they were sent.
    user_data: Rel<Option<Json>>,
    /// The form's own data, as they were sent.
    form_data: Rel<Option<Json>>,
    /// Click ids and other attribution data, as they were sent.
    attribution_data: Rel<Option<Json>>,
    /// What the visitor's device said of itself, as it was sent.
    device_data: Rel<Option<Json>>,
    /// The visitor's way through the channels, as it was sent.
    channel_flow: Rel<Option<Json>>,
    /// The visitor's IP address.
    ip_address: Rel<Option<String>>,
    /// The visitor's browser.
    user_agent: Rel<Option<String>>,
    /// Its tags.
    pub tags: Rel<Vec<Tag>>,
    /// Its values for custom fields, one a field.
    custom_field_values: Rel<Vec<CustomFieldValue>>,
    /// What it is attributed to, by date.
    attributions: Rel<Vec<LeadAttribution>>,
    /// The ids of the clicks that led to it.
    click_ids: Rel<Vec<ClickId>>,
    /// The sessions that led to it, read from the channel flow.
    touchpoints: Rel<Vec<Touchpoint>>,
    /// What the visitor consented to. A missing signal is unknown.
    consents: Rel<Vec<Consent>>,
    /// The partners it was sent to or received from.
    partnership_leads: Rel<Vec<PartnershipLead>>,
    /// Values of foreign systems.
    integration_values: Rel<Vec<IntegrationValue>>,
    /// Its ids in foreign systems.
    external_refs: Rel<Vec<ExternalRef>>,
    /// Data of integrations, one entry a provider.
    powerups: Rel<Vec<Powerup>>,
    /// The bodies it came with, while they are kept.
    original_payloads: Rel<Vec<OriginalPayload>>,
}

impl Listed for Lead {}

#[ComplexObject]
impl Lead {
    /// What people wrote about it, newest first.
    async fn notes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
    ) -> Answer<Arc<Connection<LeadNote>>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        below::of_lead::<NoteList>(ctx, self, args).await
    }

    /// What happened to it and to the notes about it, newest first. The settings of the server may let the oldest events
    /// go after a time. The histories of one answer hold at most 8 MiB: a page of more fails with the code
    /// `LIMIT_EXCEEDED`, a smaller one does not.
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, which is the oldest; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
    ) -> Answer<Arc<Connection<Event>>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        below::of_lead::<HistoryList>(ctx, self, args).await
    }
}

impl From<LeadGraph> for Lead {
    fn from(graph: LeadGraph) -> Self {
        let LeadGraph {
            lead,
            project,
            campaign,
            created_by,
            assignees,
            documents,
            tags,
            custom_field_values,
            attributions,
            click_ids,
            touchpoints,
            consents,
            partnership_leads,
            integration_values,
            external_refs,
            powerups,
            payloads,
        } = graph;
        let documents = LeadDocuments::from(documents);
        Self {
            loaded_notes: Loaded::default(),
            loaded_history: Loaded::default(),
            id: GlobalId::new(NodeKind::Lead, lead.uuid).into(),
            legacy_id: SafeInt(lead.id),
            uuid: Uuid(lead.uuid),
            origin: lead.origin.into(),
            status: lead.status.into(),
            lost_reason: lead.lost_reason,
            value: Money::of(lead.value_minor, lead.currency),
            processing_state: lead.processing_state.into(),
            source: lead.source.map(LeadSource::from),
            association_type: lead.association_type.map(AssociationType::from),
            integration_name: lead.integration_name.map(IntegrationName::from),
            email: lead.email,
            phone: lead.phone,
            first_name: lead.first_name,
            last_name: lead.last_name,
            company_name: lead.company_name,
            form_name: lead.form_name,
            form_message: lead.form_message,
            unique_event_id: lead.unique_event_id,
            unique_identifier: lead.external_id,
            version: SafeInt(lead.version),
            created_at: DateTime(lead.created_at),
            updated_at: DateTime(lead.updated_at),
            archived_at: lead.deleted_at.map(DateTime),
            created_by: created_by.map(|user| user.map(User::from)),
            assignees: each(assignees),
            project: project.map(|project| project.map(Project::from)),
            campaign: campaign.map(|campaign| campaign.map(Campaign::from)),
            user_data: documents.user_data,
            form_data: documents.form_data,
            attribution_data: documents.attribution_data,
            device_data: documents.device_data,
            channel_flow: documents.channel_flow,
            ip_address: documents.ip_address,
            user_agent: documents.user_agent,
            tags: each(tags),
            custom_field_values: each(custom_field_values),
            attributions: each(attributions),
            click_ids: each(click_ids),
            touchpoints: each(touchpoints),
            consents: each(consents),
            partnership_leads: each(partnership_leads),
            integration_values: each(integration_values),
            external_refs: each(external_refs),
            powerups: each(powerups),
            original_payloads: each(payloads),
        }
    }
}

/// What of a lead has lists of leads below it, for those who load them.
impl Lead {
    /// Its number in the database.
    pub fn number(&self) -> i64 {
        self.legacy_id.0
    }

    pub fn sources_mut(&mut self) -> Vec<&mut AttributionSource> {
        let attributions = loaded(&mut self.attributions);
        attributions.map(|attribution| &mut attribution.source).collect()
    }

    pub fn assignees_mut(&mut self) -> Vec<&mut User> {
        loaded(&mut self.assignees).map(LeadAssignee::user_mut).collect()
    }

    pub fn partners_mut(&mut self) -> Vec<&mut PartnerCompany> {
        let parts = loaded(&mut self.partnership_leads);
        parts.map(|part| &mut part.partner).collect()
    }

    pub fn partnerships_mut(&mut self) -> Vec<&mut Partnership> {
        let parts = loaded(&mut self.partnership_leads);
        parts.filter_map(|part| part.partnership.loaded_mut()).collect()
    }
}

fn loaded<T>(relation: &mut Rel<Vec<T>>) -> impl Iterator<Item = &mut T> {
    relation.loaded_mut().into_iter().flatten()
}

fn each<R, T: From<R>>(rows: Rel<Vec<R>>) -> Rel<Vec<T>> {
    rows.map(|rows| rows.into_iter().map(T::from).collect())
}

/// The documents of a web form: loaded together, shown one by one.
#[derive(Default)]
struct LeadDocuments {
    user_data: Rel<Option<Json>>,
    form_data: Rel<Option<Json>>,
    attribution_data: Rel<Option<Json>>,
    device_data: Rel<Option<Json>>,
    channel_flow: Rel<Option<Json>>,
    ip_address: Rel<Option<String>>,
    user_agent: Rel<Option<String>>,
}

impl From<Rel<Documents>> for LeadDocuments {
    fn from(documents: Rel<Documents>) -> Self {
        let Rel::Loaded(documents) = documents else {
            return Self::default();
        };
        let Documents {
            user_data,
            form_data,
            attribution_data,
            device_data,
            channel_flow,
        } = documents;
        let of_device = |key| {
            let value = device_data.as_ref().and_then(|device| device.get(key));
            Rel::Loaded(value.and_then(Value::as_str).map(str::to_owned))
        };
        Self {
            ip_address: of_device("ipAddress"),
            user_agent: of_device("userAgent"),
            user_data: Rel::Loaded(user_data.map(Json)),
            form_data: Rel::Loaded(form_data.map(Json)),
            attribution_data: Rel::Loaded(attribution_data.map(Json)),
            device_data: Rel::Loaded(device_data.map(Json)),
            channel_flow: Rel::Loaded(channel_flow.map(Json)),
        }
    }
}
