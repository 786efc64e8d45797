//! Between the wire and the domain's words. Pure. Checks the body's shape; the rules of the lead are the domain's.

pub mod catalogue;
mod custom_value;
mod findings;
pub mod leads;
pub mod listing;
pub mod patch;
pub mod rows;
mod words;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::error::Refusal;
use super::wire;
use crate::domain::Ref;
use crate::domain::leads::register::{
    NewAttribution, NewFieldValue, NewIntegrationValue, NewPartnershipLead, NewRegistration, SentBy,
};
use crate::domain::leads::{AssociationType, IntegrationName, LeadOrigin};
use crate::domain::partnerships::PartnershipRef;
use crate::domain::text;

use custom_value::custom_value;
use findings::{Findings, Place};
use words::{ASSOCIATION_TYPES, FIELD_TYPES, FORM_DIRECTIONS, INTEGRATIONS, SOURCES};

/// # Errors
/// Everything that is wrong with the body's shape, at once.
pub fn registration(body: String) -> Result<NewRegistration, Refusal> {
    let mut found = Findings::default();
    let lead = document(&body, &mut found)?;
    let new = read(lead, &mut found, body);
    found.check()?;
    Ok(new)
}

/// A body as an object with the members of `T`.
fn document<T: DeserializeOwned>(body: &str, found: &mut Findings) -> Result<T, Refusal> {
    let value: Value =
        serde_json::from_str(body).map_err(|error| Refusal::unreadable(&format!("The body is not JSON: {error}")))?;
    if !value.is_object() {
        return Err(Refusal::unreadable("The body must be a JSON object"));
    }
    // JSON has no other way to write U+0000, which databases cannot keep.
    if body.contains("\\u0000") && text::has_nul(&value) {
        found.invalid(&Place::Body, "U+0000 is not allowed");
    }
    serde_json::from_value(value).map_err(|_| Refusal::unreadable("The body must be a JSON object"))
}

fn read(lead: wire::NewLead, found: &mut Findings, body: String) -> NewRegistration {
    let wire::NewLead {
        company_name,
        email,
        phone_number,
        first_name,
        last_name,
        source,
        association_type,
        company_campaign_id,
        partnership_lead,
        tags,
        custom_fields,
        partner_custom_fields,
        attributions,
        integration_name,
        integration_custom_fields,
        powerups,
    } = lead;
    let at = |name| Place::Member(&Place::Body, name);
    let contact = Contact::read(
        found,
        Contact {
            company_name,
            email,
            phone_number,
            first_name,
            last_name,
        },
    );
    NewRegistration {
        origin: LeadOrigin::JourneybeeShim,
        company_name: contact.company_name,
        email: contact.email,
        phone_number: contact.phone_number,
        first_name: contact.first_name,
        last_name: contact.last_name,
        source: found.choice(&at("source"), source, SOURCES),
        association_type: association(found, &at("associationType"), association_type),
        campaign: found.id(&at("companyCampaignId"), company_campaign_id).map(Ref::Id),
        partnership_lead: partnership_lead
            .and_then(|value| read_partnership_lead(found, &at("partnershipLead"), value)),
        tags: refs(found.ids(&at("tags"), tags)),
        custom_fields: found.items(&at("customFields"), custom_fields, custom_field),
        partner_custom_fields: found.items(&at("partnerCustomFields"), partner_custom_fields, custom_field),
        attributions: found.items(&at("attributions"), attributions, attribution),
        integration_name: integration(found, &at("integrationName"), integration_name),
        integration_custom_fields: found.items(
            &at("integrationCustomFields"),
            integration_custom_fields,
            integration_custom_field,
        ),
        powerups: object(found, &at("powerups"), powerups),
        body,
    }
}

/// The five fields of which a lead needs one.
struct Contact<T> {
    company_name: Option<T>,
    email: Option<T>,
    phone_number: Option<T>,
    first_name: Option<T>,
    last_name: Option<T>,
}

impl Contact<String> {
    fn read(found: &mut Findings, given: Contact<Value>) -> Self {
        let at = |name| Place::Member(&Place::Body, name);
        let before = found.count();
        let contact = Self {
            company_name: found.text(&at("company_name"), given.company_name),
            email: found.text(&at("email"), given.email),
            phone_number: found.text(&at("phone_number"), given.phone_number),
            first_name: found.text(&at("first_name"), given.first_name),
            last_name: found.text(&at("last_name"), given.last_name),
        };
        if contact.is_blank() && found.count() == before {
            let message = "One of email, company_name, phone_number, first_name and last_name is required";
            found.missing(&at("email"), message);
        }
        contact
    }

    fn is_blank(&self) -> bool {
        let Self {
            company_name,
            email,
            phone_number,
            first_name,
            last_name,
        } = self;
        [company_name, email, phone_number, first_name, last_name]
            .into_iter()
            .all(Option::is_none)
    }
}

/// Whatever is no association type is answered like a missing one: the documented sentence says so.
fn association(found: &mut Findings, place: &Place<'_>, value: Option<Value>) -> Option<AssociationType> {
    let word = match value {
        None => None,
        Some(Value::String(word)) if word.trim().is_empty() => None,
        Some(word) => Some(word),
    };
    let Some(word) = word else {
        found.missing(place, "This is required");
        return None;
    };
    let known = ASSOCIATION_TYPES.iter().find(|(name, _)| word.as_str() == Some(name));
    if known.is_none() {
        found.unacceptable(place, "This must be one of referral, reseller, campaigns");
    }
    known.map(|(_, association)| *association)
}

fn integration(found: &mut Findings, place: &Place<'_>, value: Option<Value>) -> Option<IntegrationName> {
    let canonical = value.map(|value| match &value {
        Value::String(word) => INTEGRATIONS
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(word.trim()))
            .map_or(value, |(name, _)| Value::from(*name)),
        _ => value,
    });
    found.choice(place, canonical, INTEGRATIONS)
}

fn read_partnership_lead(found: &mut Findings, place: &Place<'_>, value: Value) -> Option<NewPartnershipLead> {
    let wire::PartnershipLead {
        partnership_id,
        partners_company_id,
        company_partnerships_id,
        send_to_partner,
        assigned_from_partner_lead,
        form_submission_lead,
        form_direction,
        partners_company_name,
        partner_users,
        sent_by,
    } = found.object(place, value)?;
    let at = |name| place.member(name);
    Some(NewPartnershipLead {
        partnership: PartnershipRef {
            partnership: found.required_id(&at("partnership_id"), partnership_id).map(Ref::Id),
            partner_company: found
                .required_id(&at("partners_company_id"), partners_company_id)
                .map(Ref::Id),
            company_partnership: found
                .required_id(&at("company_partnerships_id"), company_partnerships_id)
                .map(Ref::Id),
        },
        send_to_partner: found.flag(&at("sendToPartner"), send_to_partner),
        assigned_from_partner_lead: found.flag(&at("assignedFromPartnerLead"), assigned_from_partner_lead),
        form_submission_lead: found.flag(&at("formSubmissionLead"), form_submission_lead),
        form_direction: found.choice(&at("formDirection"), form_direction, FORM_DIRECTIONS),
        partners_company_name: found.text(&at("partners_company_name"), partners_company_name),
        partner_users: refs(found.ids(&at("partnerUsers"), partner_users)),
        sent_by: sent_by.and_then(|value| read_sent_by(found, &at("sentBy"), value)),
    })
}

fn read_sent_by(found: &mut Findings, place: &Place<'_>, value: Value) -> Option<SentBy> {
    let wire::SentBy {
        user_id,
        email,
        company_name,
    } = found.object(place, value)?;
    Some(SentBy {
        user: found.id(&place.member("userId"), user_id).map(Ref::Id),
        email: found.text(&place.member("email"), email),
        company_name: found.text(&place.member("companyName"), company_name),
    })
}

fn custom_field(found: &mut Findings, place: &Place<'_>, item: Value) -> Option<NewFieldValue> {
    let wire::CustomField {
        custom_field_id,
        r#type,
        value,
    } = found.object(place, item)?;
    let field = found.required_id(&place.member("customFieldId"), custom_field_id);
    let declared_type = found.required_choice(&place.member("type"), r#type, FIELD_TYPES);
    let at_value = place.member("value");
    let value = found.required(&at_value, value);
    let value = custom_value(found, &at_value, declared_type?, value?);
    Some(NewFieldValue {
        field: Ref::Id(field?),
        declared_type,
        value: value?,
    })
}

fn attribution(found: &mut Findings, place: &Place<'_>, item: Value) -> Option<NewAttribution> {
    let wire::Attribution { id, attributed_date } = found.object(place, item)?;
    let source = found.required_id(&place.member("id"), id);
    let at_date = place.member("attributedDate");
    let date = found.required_text(&at_date, attributed_date);
    let attributed_at = text::instant(date.as_deref()?);
    if attributed_at.is_none() {
        found.invalid(&at_date, "This must be a date such as 2024-01-15T10:30:00Z");
    }
    Some(NewAttribution {
        source: Ref::Id(source?),
        attributed_at: attributed_at?,
    })
}

fn integration_custom_field(found: &mut Findings, place: &Place<'_>, item: Value) -> Option<NewIntegrationValue> {
    let wire::IntegrationCustomField { uuid, value } = found.object(place, item)?;
    let at_uuid = place.member("uuid");
    let text = found.required_text(&at_uuid, uuid);
    let uuid = text.as_deref().and_then(|text| Uuid::try_parse(text).ok());
    if text.is_some() && uuid.is_none() {
        found.invalid(&at_uuid, "This must be a UUID");
    }
    let value = found.required(&place.member("value"), value);
    Some(NewIntegrationValue {
        uuid: uuid?,
        value: value?,
    })
}

fn object(found: &mut Findings, place: &Place<'_>, value: Option<Value>) -> Map<String, Value> {
    value.and_then(|value| found.object(place, value)).unwrap_or_default()
}

fn refs(ids: Vec<i64>) -> Vec<Ref> {
    ids.into_iter().map(Ref::Id).collect()
}

#[cfg(test)]
mod tests;
