//! Leads, as JourneyBee's lists show them.

use serde_json::{Value, json};

use super::rows::instant;
use super::words::{DIRECTIONS, FIELD_TYPES, PARTNER_TYPES, SOURCES, STATUSES, word};
use crate::domain::error::Result;
use crate::domain::leads::read::{FieldParts, FieldValue, PartnershipLead, PartnershipLeadParts, TypedValue};
use crate::domain::leads::{AssociationType, Direction, LeadGraph, LeadParts};
use crate::domain::tags::Tag;
use crate::domain::text;
use crate::domain::users::User;
use crate::domain::workspaces::Workspace;
use crate::rest::journeybee::wire;

/// What is shown of a lead in a list.
pub fn parts_of_row() -> LeadParts {
    LeadParts {
        campaign: true,
        tags: true,
        assignees: true,
        partnership_leads: Some(PartnershipLeadParts::default()),
        ..LeadParts::default()
    }
}

/// What is shown of a lead alone.
pub fn parts_of_whole() -> LeadParts {
    LeadParts {
        custom_field_values: Some(FieldParts::default()),
        ..parts_of_row()
    }
}

/// # Errors
/// A part was not loaded.
pub fn whole<'a>(graph: &'a LeadGraph, company: &'a Workspace) -> Result<wire::Whole<'a>> {
    let values = graph.custom_field_values.loaded()?;
    Ok(wire::Whole {
        lead: lead(graph, company)?,
        custom_fields: values.iter().map(field_value).collect(),
    })
}

/// # Errors
/// A part was not loaded.
pub fn lead<'a>(graph: &'a LeadGraph, company: &'a Workspace) -> Result<wire::Lead<'a>> {
    let lead = &graph.lead;
    let campaign = graph.campaign.loaded()?.as_ref();
    let links = graph.partnership_leads.loaded()?;
    Ok(wire::Lead {
        id: lead.id,
        uuid: lead.uuid,
        created_at: instant(lead.created_at),
        updated_at: instant(lead.updated_at),
        source: lead.source.map(|source| word(SOURCES, source)),
        company_name: lead.company_name.as_deref(),
        email: lead.email.as_deref(),
        phone_number: lead.phone.as_deref(),
        first_name: lead.first_name.as_deref(),
        last_name: lead.last_name.as_deref(),
        status: word(STATUSES, lead.status),
        partner_type: lead.association_type.and_then(partner_type),
        company_id: company.id,
        created_by_user_id: lead.created_by_user_id,
        campaign_id: lead.campaign_id,
        campaign_title: campaign.map(|campaign| campaign.title.as_str()),
        tags: graph.tags.loaded()?.iter().map(tag).collect(),
        assigned_users: graph
            .assignees
            .loaded()?
            .iter()
            .map(|assignee| person(&assignee.user))
            .collect(),
        partnership_leads: links.iter().map(|link| partnership_lead(link, company)).collect(),
        campaign_partners: [],
        lead_deals: [],
    })
}

fn partner_type(association: AssociationType) -> Option<&'static str> {
    match association {
        AssociationType::Referral => Some("referral"),
        AssociationType::Reseller => Some("reseller"),
        AssociationType::Campaigns => None,
    }
}

fn tag(tag: &Tag) -> wire::LeadTag<'_> {
    wire::LeadTag {
        id: tag.id,
        uuid: tag.uuid,
        label: &tag.label,
        background_color: &tag.background_color,
        text_color: &tag.text_color,
    }
}

fn person(user: &User) -> wire::Person<'_> {
    wire::Person {
        id: user.id,
        email: &user.email,
        first_name: user.first_name.as_deref(),
        last_name: user.last_name.as_deref(),
    }
}

fn partnership_lead<'a>(link: &'a PartnershipLead, company: &'a Workspace) -> wire::PartnershipLeadRow<'a> {
    let row = &link.row;
    let (us, partner) = (
        (company.id, company.name.as_str()),
        (link.partner.id, link.partner.name.as_str()),
    );
    let (sender, receiver) = match row.direction {
        Direction::Sent => (us, partner),
        Direction::Received => (partner, us),
    };
    wire::PartnershipLeadRow {
        id: row.id,
        created_at: instant(row.created_at),
        partnership_id: row.partnership_id,
        sent_by_company_id: sender.0,
        sent_by_company_name: sender.1,
        sent_by_company_logo: None,
        received_by_company_id: receiver.0,
        received_by_company_name: receiver.1,
        received_by_company_logo: None,
        partner_type: word(PARTNER_TYPES, row.partner_type),
        direction: word(DIRECTIONS, row.direction),
        fallback_data: row.partners_company_name.as_deref().map(|name| wire::Fallback { name }),
    }
}

fn field_value(value: &FieldValue) -> wire::FieldValue<'_> {
    wire::FieldValue {
        id: value.field.id,
        label: &value.field.label,
        r#type: word(FIELD_TYPES, value.field.field_type),
        value: typed(&value.value),
        custom_field_value_id: value.id,
    }
}

fn typed(value: &TypedValue) -> Value {
    match value {
        TypedValue::Text(text) => json!({ "text": text }),
        TypedValue::Number(number) => {
            let mut value = json!({ "number": number });
            text::settle_numbers(&mut value);
            value
        }
        TypedValue::Date(date) => json!({ "date": date.to_string() }),
        TypedValue::Boolean(flag) => json!({ "boolean": flag }),
        TypedValue::Select(option) => json!({ "select": option.option_no }),
        TypedValue::MultiSelect(options) => {
            let numbers: Vec<i64> = options.iter().map(|option| option.option_no).collect();
            json!({ "multi_select": numbers })
        }
    }
}
