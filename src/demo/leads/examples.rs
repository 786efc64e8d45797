//! Leads with known numbers, which the examples of `/openapi.json` read, change and delete.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use crate::demo::Stage;
use crate::demo::cast::Cast;
use crate::demo::catalogue::Catalogue;
use crate::domain::Ref;
use crate::domain::caller::Door;
use crate::domain::error::Result;
use crate::domain::leads::{self, AssociationType, LeadOrigin, NewCapture, NewRegistration};

/// Beyond those of the other leads.
const FIRST: i64 = 1001;

pub(super) async fn make(stage: &Stage, cast: &Cast, catalogue: &Catalogue, at: DateTime<Utc>) -> Result<()> {
    stage.services.database().next_id("leads", FIRST).await?;
    let form = stage.visit(&cast.client, Door::Leadtrackr, at);
    leads::capture(&form, &cast.website, captured()).await?;
    let programme = stage.visit(&cast.client, Door::Journeybee, at);
    for (first_name, company) in [("Ingrid", "Northwind"), ("Tomasz", "Fabrikam")] {
        leads::register(&programme, registered(first_name, company, catalogue)).await?;
    }
    Ok(())
}

fn captured() -> NewCapture {
    let user = json!({ "firstName": "Priya", "lastName": "Nair", "email": "priya.nair@contoso.example" });
    let form = json!({ "formName": "Demo request", "formMessage": "Can you show us the routing?" });
    let click = json!({ "gclid": "Cj0KexampleClick" });
    NewCapture {
        origin: LeadOrigin::LeadtrackrShim,
        body: json!({ "userData": user, "formData": form, "attributionData": click }).to_string(),
        user_data: Some(object(&user)),
        attribution_data: object(&click),
        form_data: object(&form),
        device_data: Map::new(),
        channel_flow: None,
        unique_identifier: Some("crm-lead-1001".into()),
    }
}

fn registered(first_name: &str, company: &str, catalogue: &Catalogue) -> NewRegistration {
    let email = format!("{}@{}.example", first_name.to_lowercase(), company.to_lowercase());
    NewRegistration {
        origin: LeadOrigin::JourneybeeShim,
        body: json!({ "email": email, "company_name": company }).to_string(),
        email: Some(email),
        company_name: Some(company.into()),
        phone_number: None,
        first_name: Some(first_name.into()),
        last_name: None,
        source: None,
        association_type: Some(AssociationType::Campaigns),
        campaign: catalogue.campaigns.first().copied().map(Ref::Id),
        partnership_lead: None,
        tags: Vec::new(),
        custom_fields: Vec::new(),
        partner_custom_fields: Vec::new(),
        attributions: Vec::new(),
        integration_name: None,
        integration_custom_fields: Vec::new(),
        powerups: Map::new(),
    }
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}
