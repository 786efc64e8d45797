//! A registration as JourneyBee's route would have got it, for the record of what came in. Ids are node ids.

use async_graphql::{ID, MaybeUndefined};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::register_input::{
    CreateLeadInput, CustomFieldValueInput, LeadCustomFieldInput, LeadPartnershipInput, LeadPowerupsInput,
};
use crate::domain::leads as domain;

pub(super) fn body(input: &CreateLeadInput) -> Value {
    let mut body = Members::default();
    body.set("company_name", input.company_name.as_ref());
    body.set("email", input.email.as_ref());
    body.set("phone_number", input.phone_number.as_ref());
    body.set("first_name", input.first_name.as_ref());
    body.set("last_name", input.last_name.as_ref());
    body.set("source", input.source.map(domain::LeadSource::from));
    let association = domain::AssociationType::from(input.association_type);
    body.set("associationType", Some(association));
    body.set("companyCampaignId", input.company_campaign_id.as_ref());
    body.set("partnershipLead", input.partnership_lead.as_ref().map(partner));
    body.set("tags", input.tags.as_ref());
    body.set("customFields", input.custom_fields.as_deref().map(fields));
    body.set(
        "partnerCustomFields",
        input.partner_custom_fields.as_deref().map(fields),
    );
    let attributions = input.attributions.iter().flatten();
    let attributions = attributions.map(|entry| {
        let at = entry.attributed_date.0;
        json!({ "id": entry.id, "attributedDate": at })
    });
    body.set(
        "attributions",
        input.attributions.as_ref().map(|_| attributions.collect::<Vec<_>>()),
    );
    let integration = input.integration_name.map(domain::IntegrationName::from);
    body.set("integrationName", integration);
    let foreign = input.integration_custom_fields.iter().flatten();
    let foreign = foreign.map(|entry| match &entry.value {
        MaybeUndefined::Value(value) => json!({ "uuid": entry.uuid.0, "value": value.0 }),
        MaybeUndefined::Null => json!({ "uuid": entry.uuid.0, "value": null }),
        MaybeUndefined::Undefined => json!({ "uuid": entry.uuid.0 }),
    });
    let given = input.integration_custom_fields.as_ref();
    body.set("integrationCustomFields", given.map(|_| foreign.collect::<Vec<_>>()));
    body.set("powerups", input.powerups.as_ref().map(powerups));
    Value::Object(body.0)
}

fn partner(input: &LeadPartnershipInput) -> Value {
    let mut partner = Members::default();
    partner.set("partnership_id", Some(&input.partnership_id));
    partner.set("partners_company_id", input.partners_company_id.as_ref());
    partner.set("sendToPartner", input.send_to_partner);
    partner.set("assignedFromPartnerLead", input.assigned_from_partner_lead);
    partner.set("formSubmissionLead", input.form_submission_lead);
    partner.set("formDirection", input.form_direction.map(domain::FormDirection::from));
    partner.set("partners_company_name", input.partners_company_name.as_ref());
    partner.set("partnerUsers", input.partner_users.as_ref());
    let sender = input.sent_by.as_ref().map(|sender| {
        let mut members = Members::default();
        members.set("userId", sender.user_id.as_ref());
        members.set("email", sender.email.as_ref());
        members.set("companyName", sender.company_name.as_ref());
        Value::Object(members.0)
    });
    partner.set("sentBy", sender);
    Value::Object(partner.0)
}

fn fields(input: &[LeadCustomFieldInput]) -> Vec<Value> {
    let entry =
        |entry: &LeadCustomFieldInput| json!({ "customFieldId": entry.custom_field_id, "value": value(&entry.value) });
    input.iter().map(entry).collect()
}

fn value(input: &CustomFieldValueInput) -> Value {
    match input {
        CustomFieldValueInput::Text(text) => json!({ "text": text }),
        CustomFieldValueInput::Number(number) => json!({ "number": number }),
        CustomFieldValueInput::Date(date) => json!({ "date": date.0 }),
        CustomFieldValueInput::Boolean(flag) => json!({ "boolean": flag }),
        CustomFieldValueInput::Select(ID(option)) => json!({ "select": option }),
        CustomFieldValueInput::MultiSelect(options) => json!({ "multi_select": options }),
    }
}

/// The members of `extra` stand where the route has them. That they clash with none is checked elsewhere.
fn powerups(input: &LeadPowerupsInput) -> Value {
    let extra = |extra: Option<&crate::graphql::scalars::Json>| match extra.map(|extra| &extra.0) {
        Some(Value::Object(members)) => members.clone(),
        Some(_) | None => Map::new(),
    };
    let mut powerups = Members(extra(input.extra.as_ref()));
    let pipedrive = input.pipedrive.as_ref().map(|pipedrive| {
        let mut members = Members(extra(pipedrive.extra.as_ref()));
        members.set("person_id", pipedrive.person_id.map(|id| id.0));
        members.set("organization_id", pipedrive.organization_id.map(|id| id.0));
        members.set("deal_id", pipedrive.deal_id.map(|id| id.0));
        Value::Object(members.0)
    });
    powerups.set("pipedrive", pipedrive);
    Value::Object(powerups.0)
}

/// An object that holds what is there.
#[derive(Default)]
struct Members(Map<String, Value>);

impl Members {
    fn set(&mut self, name: &str, value: Option<impl Serialize>) {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), json!(value));
        }
    }
}
