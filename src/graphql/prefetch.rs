//! From what a field's selection asks for to what is loaded: fragments are looked through, aliases and skipped fields
//! make no difference. What is loaded too much costs a statement; what is loaded too little is a fault ([`super::rel`]).

use async_graphql::{Context, Lookahead, SelectionField};

use crate::domain::leads::LeadParts;
use crate::domain::leads::read::{FieldParts, PartnershipLeadParts};

/// The parts of leads that stand at `place` below this field, such as `edges`, `node`.
pub fn lead_parts(ctx: &Context<'_>, places: &[&[&str]]) -> LeadParts {
    let mut parts = LeadParts::default();
    for place in places {
        let root = ctx.look_ahead();
        let at = place.iter().fold(root, |selection, name| selection.field(name));
        for lead in at.selection_fields() {
            add(&mut parts, lead);
        }
    }
    parts
}

fn add(parts: &mut LeadParts, lead: SelectionField<'_>) {
    for field in lead.selection_set() {
        match field.name() {
            "project" => parts.project = true,
            "campaign" => parts.campaign = true,
            "userData" | "formData" | "attributionData" | "deviceData" | "channelFlow" | "ipAddress" | "userAgent" => {
                parts.documents = true;
            }
            "tags" => parts.tags = true,
            "customFieldValues" => {
                let options = Lookahead::from(field).field("field").field("options").exists();
                parts
                    .custom_field_values
                    .get_or_insert(FieldParts { options: false })
                    .options |= options;
            }
            "attributions" => parts.attributions = true,
            "clickIds" => parts.click_ids = true,
            "touchpoints" => parts.touchpoints = true,
            "consents" => parts.consents = true,
            "partnershipLeads" => {
                let inner = Lookahead::from(field);
                let wanted = parts.partnership_leads.get_or_insert_default();
                let PartnershipLeadParts {
                    partnership,
                    partner_users,
                } = wanted;
                *partnership |= inner.field("partnership").exists();
                *partner_users |= inner.field("partnerUsers").exists();
            }
            "integrationValues" => parts.integration_values = true,
            "externalRefs" => parts.external_refs = true,
            "powerups" => parts.powerups = true,
            "originalPayloads" => parts.payloads = true,
            // The lead's own row is always read.
            _ => {}
        }
    }
}

/// Whether the options of custom fields are selected anywhere below this field.
pub fn selects_options(ctx: &Context<'_>) -> bool {
    selects(ctx, "options")
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
