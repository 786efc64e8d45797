//! From what a field's selection asks for to what is loaded: fragments are looked through, aliases and skipped fields
//! make no difference. What is loaded too much costs a statement; what is loaded too little is a fault ([`super::rel`]).

use async_graphql::{Context, Lookahead, SelectionField};

use super::attribution::AttributionSource;
use super::campaign::Campaign;
use super::error::Failure;
use super::lead::{HistoryList, Lists, NoteList};
use super::nested::Nests;
use super::partner::PartnerCompany;
use super::partnership::Partnership;
use super::project::Project;
use super::tag::Tag;
use super::user::User;
use crate::domain::leads::LeadParts;
use crate::domain::leads::read::{FieldParts, PartnershipLeadParts};

/// What is selected of leads: their parts, and the lists of leads below those.
#[derive(Clone, Debug, Default)]
pub struct LeadPlan {
    pub parts: LeadParts,
    pub tags: Nests,
    pub project: Nests,
    pub campaign: Nests,
    pub sources: Nests,
    pub partnerships: Nests,
    pub partners: Nests,
    pub assignees: Nests,
    pub created_by: Nests,
    pub notes: Lists<NoteList>,
    pub history: Lists<HistoryList>,
}

/// Where a connection has its objects.
pub const OBJECTS: &[&[&str]] = &[&["nodes"], &["edges", "node"]];

/// What is selected of the leads that stand at `places` below this field, such as `edges`, `node`.
///
/// # Errors
/// Arguments of nested lists that break a rule.
pub fn lead_plan(ctx: &Context<'_>, places: &[&[&str]]) -> Result<LeadPlan, Failure> {
    let mut plan = LeadPlan::default();
    for lead in at(ctx, places) {
        add(&mut plan, ctx, &lead)?;
    }
    Ok(plan)
}

/// The selections at `places` below this field.
pub fn at<'a>(ctx: &'a Context<'_>, places: &[&[&str]]) -> Vec<SelectionField<'a>> {
    let below = |place: &&[&str]| {
        let start = vec![ctx.field()];
        place.iter().fold(start, |fields, name| {
            let inner = fields.iter().flat_map(SelectionField::selection_set);
            inner.filter(|field| field.name() == *name).collect()
        })
    };
    places.iter().flat_map(below).collect()
}

/// Adds what a connection of leads selects of its objects.
///
/// # Errors
/// As [`lead_plan`].
pub fn add_connection(plan: &mut LeadPlan, ctx: &Context<'_>, connection: &SelectionField<'_>) -> Result<(), Failure> {
    for field in connection.selection_set() {
        match field.name() {
            "nodes" => add(plan, ctx, &field)?,
            "edges" => {
                for node in field.selection_set().filter(|inner| inner.name() == "node") {
                    add(plan, ctx, &node)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn add(plan: &mut LeadPlan, ctx: &Context<'_>, lead: &SelectionField<'_>) -> Result<(), Failure> {
    let parts = &mut plan.parts;
    for field in lead.selection_set() {
        match field.name() {
            "project" => {
                parts.project = true;
                plan.project.add::<Project>(ctx, &field)?;
            }
            "campaign" => {
                parts.campaign = true;
                plan.campaign.add::<Campaign>(ctx, &field)?;
            }
            "notes" => plan.notes.add(ctx, &field)?,
            "history" => plan.history.add(ctx, &field)?,
            "createdBy" => {
                parts.created_by = true;
                plan.created_by.add::<User>(ctx, &field)?;
            }
            "assignees" => {
                parts.assignees = true;
                for user in named(&field, "user") {
                    plan.assignees.add::<User>(ctx, &user)?;
                }
            }
            "userData" | "formData" | "attributionData" | "deviceData" | "channelFlow" | "ipAddress" | "userAgent" => {
                parts.documents = true;
            }
            "tags" => {
                parts.tags = true;
                plan.tags.add::<Tag>(ctx, &field)?;
            }
            "customFieldValues" => {
                let of_field = Lookahead::from(field).field("field");
                let options = of_field.field("options").exists() || of_field.field("archivedOptions").exists();
                parts
                    .custom_field_values
                    .get_or_insert(FieldParts { options: false })
                    .options |= options;
            }
            "attributions" => {
                parts.attributions = true;
                for source in named(&field, "source") {
                    plan.sources.add::<AttributionSource>(ctx, &source)?;
                }
            }
            "clickIds" => parts.click_ids = true,
            "touchpoints" => parts.touchpoints = true,
            "consents" => parts.consents = true,
            "partnershipLeads" => {
                let wanted = parts.partnership_leads.get_or_insert_default();
                let PartnershipLeadParts {
                    partnership,
                    partner_users,
                } = wanted;
                *partner_users |= named(&field, "partnerUsers").next().is_some();
                for partner in named(&field, "partner") {
                    plan.partners.add::<PartnerCompany>(ctx, &partner)?;
                }
                for inner in named(&field, "partnership") {
                    *partnership = true;
                    plan.partnerships.add::<Partnership>(ctx, &inner)?;
                }
            }
            "integrationValues" => parts.integration_values = true,
            "externalRefs" => parts.external_refs = true,
            "powerups" => parts.powerups = true,
            "originalPayloads" => parts.payloads = true,
            // The lead's own row is always read.
            _ => {}
        }
    }
    Ok(())
}

fn named<'a>(field: &SelectionField<'a>, name: &'static str) -> impl Iterator<Item = SelectionField<'a>> {
    let inner: Vec<_> = field.selection_set().filter(|inner| inner.name() == name).collect();
    inner.into_iter()
}

/// Whether the options of custom fields are selected anywhere below this field.
pub fn selects_options(ctx: &Context<'_>) -> bool {
    selects(ctx, "options") || selects(ctx, "archivedOptions")
}

/// Whether a field of this name is selected anywhere below this one.
pub fn selects(ctx: &Context<'_>, name: &str) -> bool {
    below(ctx.field(), name)
}

/// The depth of documents is bounded, see [`super::guard`].
fn below(field: SelectionField<'_>, name: &str) -> bool {
    field
        .selection_set()
        .any(|field| field.name() == name || below(field, name))
}
