//! JourneyBee's route, decision by decision, as its clients see it.

mod access;
mod catalogue;
mod duplicates;
mod edits;
mod parts;
mod reads;
mod refusals;

use leadgraph::domain::caller::Role;
use leadgraph::domain::custom_fields::{CustomField, FieldType};
use leadgraph::domain::partnerships::PartnerType;
use leadgraph::domain::tags::Tag;
use serde_json::{Value, json};

use crate::harness::workspace::Partners;
use crate::harness::{Answer, Case, TestApp, Workspace, both};

pub const INVALID: &str = "Invalid field values or missing required association";
pub const UNAUTHORIZED: &str = "Invalid API key or insufficient permissions";
pub const READ_ONLY: &str = "Write access required for this operation";
pub const MISSING: &str = "Missing required fields or invalid association type";
pub const DUPLICATE: &str = "Duplicate lead or unique constraint violation";

pub fn cases() -> Vec<Case> {
    let own = vec![
        both(the_reference_request_stores_everything_it_says),
        both(the_source_follows_from_what_was_sent),
        both(null_and_blank_stand_for_absent),
    ];
    let parts = [
        own,
        access::cases(),
        catalogue::cases(),
        duplicates::cases(),
        edits::cases(),
        parts::cases(),
        reads::cases(),
        refusals::cases(),
    ];
    parts.into_iter().flatten().collect()
}

/// What the reference example refers to, under whatever ids it got.
pub struct Referred {
    pub partner: Workspace,
    pub partners: Partners,
    pub people: Vec<i64>,
    pub tags: Vec<Tag>,
    pub number: CustomField,
    pub text: CustomField,
    pub source: i64,
}

pub async fn referred(app: &TestApp) -> Referred {
    let partner = app.workspace("Partner").await;
    let partners = app.home.partner_with(&partner, PartnerType::Referral).await;
    let colleague = partner.user("colleague@partner.test", Role::Member).await;
    let mut people = Vec::new();
    for (email, user) in [("a@partner.test", Some(&colleague)), ("b@partner.test", None)] {
        people.push(app.home.partner_user(&partners.ours, email, user).await.id);
    }
    Referred {
        people,
        tags: vec![app.home.lead_tag("Hot").await, app.home.lead_tag("Enterprise").await],
        number: app.home.field("Budget", FieldType::Number, &[]).await,
        text: app.home.field("Note", FieldType::Text, &[]).await,
        source: app.home.source("Trade Show").await.id,
        partner,
        partners,
    }
}

pub fn reference(to: &Referred) -> Value {
    json!({
        "company_name": "TechCorp Solutions",
        "email": "contact@techcorp.com",
        "phone_number": "+1-555-123-4567",
        "first_name": "John",
        "last_name": "Smith",
        "source": "partnership",
        "associationType": "referral",
        "partnershipLead": {
            "partnership_id": to.partners.ours.shared.id,
            "partners_company_id": to.partners.ours.partner.id,
            "company_partnerships_id": to.partners.ours.side.id,
            "sendToPartner": true,
            "partnerUsers": to.people
        },
        "tags": to.tags.iter().map(|tag| tag.id).collect::<Vec<_>>(),
        "customFields": [
            {"customFieldId": to.number.id, "type": "number", "value": {"number": 100_000}},
            {"customFieldId": to.text.id, "type": "text", "value": {"text": "High-value prospect from referral"}}
        ],
        "attributions": [{"id": to.source, "attributedDate": "2024-01-15T10:30:00Z"}]
    })
}

/// The smallest that is accepted.
pub fn campaign(id: i64, members: Value) -> Value {
    let mut body = json!({"associationType": "campaigns", "companyCampaignId": id, "first_name": "Ada"});
    body.as_object_mut()
        .unwrap()
        .extend(members.as_object().unwrap().clone());
    body
}

pub fn is_refused(answer: &Answer, status: u16, sentence: &str, what: &str) {
    assert_eq!(answer.status, status, "{what}: {}", answer.text);
    let body = answer.json();
    assert_eq!(body["error"], sentence, "{what}");
    assert!(answer.text.starts_with(r#"{"error":"#), "{what}: {}", answer.text);
    assert_eq!(body["request_id"].as_str(), answer.header("x-request-id"), "{what}");
    if [400, 406].contains(&status) {
        let detail = &body["details"][0];
        assert!(
            detail["code"].is_string() && detail["message"].is_string(),
            "{what}: {}",
            answer.text
        );
    }
}

async fn count(app: &TestApp, table: &str) -> i64 {
    app.number(&format!("SELECT count(*) FROM {table}")).await
}

async fn the_reference_request_stores_everything_it_says(app: TestApp) {
    let to = referred(&app).await;
    let body = reference(&to);
    let created = app.journeybee().post(&body).await.expect(201);
    let home = app.home.id();
    let lead = app
        .db
        .row(&format!("SELECT * FROM leads WHERE workspace_id = {home}"))
        .await;
    let link = app
        .db
        .row(&format!("SELECT * FROM partnership_leads WHERE workspace_id = {home}"))
        .await;
    assert_eq!(
        created.text,
        format!(
            r#"{{"id":{},"uuid":"{}","partnershipLeadId":{}}}"#,
            lead["id"],
            lead["uuid"].as_str().unwrap(),
            link["id"]
        )
    );
    for (column, value) in [
        ("company_name", "TechCorp Solutions"),
        ("email", "contact@techcorp.com"),
        ("phone", "+1-555-123-4567"),
        ("first_name", "John"),
        ("last_name", "Smith"),
        ("source", "partnership"),
        ("association_type", "referral"),
        ("status", "new"),
        ("origin", "journeybee_shim"),
    ] {
        assert_eq!(lead[column], value, "{column}");
    }
    assert_eq!(link["direction"], "sent");
    assert_eq!(link["partner_type"], "referral");
    assert_eq!(link["company_partnership_id"], to.partners.ours.side.id);
    let of_home = |table: &str| format!("{table} WHERE workspace_id = {home}");
    assert_eq!(count(&app, &of_home("lead_tags")).await, 2);
    assert_eq!(count(&app, &of_home("lead_attributions")).await, 1);
    assert_eq!(count(&app, &of_home("partnership_lead_users")).await, 2);
    let values = "SELECT number_value, text_value FROM lead_custom_field_values ORDER BY custom_field_id";
    assert_eq!(
        app.rows(values).await,
        [
            json!({"number_value": 100_000.0, "text_value": null}),
            json!({"number_value": null, "text_value": "High-value prospect from referral"}),
        ]
    );
    let kept = app
        .db
        .row(&format!("SELECT body FROM intake_payloads WHERE workspace_id = {home}"))
        .await;
    assert_eq!(kept["body"], body.to_string());
    // The partner's copy is theirs: another lead, with its own event, under their ids.
    let copy = app
        .db
        .row(&format!("SELECT * FROM leads WHERE workspace_id = {}", to.partner.id()))
        .await;
    assert_eq!(
        (&copy["email"], &copy["dedupe_key"]),
        (&json!("contact@techcorp.com"), &Value::Null)
    );
    assert_eq!(copy["uuid"], link["partner_lead_uuid"]);
    assert_ne!(copy["uuid"], lead["uuid"]);
    let events = "SELECT workspace_id FROM events WHERE event_type = 'lead.created' ORDER BY workspace_id";
    assert_eq!(app.rows(events).await.len(), 2);
    let again = app.journeybee().post(&body).await;
    is_refused(&again, 409, DUPLICATE, "again");
    assert_eq!(
        again.json()["details"][0]["existing"],
        json!({"id": lead["id"], "uuid": lead["uuid"]})
    );
}

/// B12.
async fn the_source_follows_from_what_was_sent(app: TestApp) {
    let to = referred(&app).await;
    let spring = app.home.campaign("Spring").await.id;
    let mut link = reference(&to)["partnershipLead"].clone();
    link["sendToPartner"] = json!(false);
    let referral = |members: Value| {
        let mut body = json!({"associationType": "referral", "partnershipLead": link, "first_name": "Ada"});
        body.as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        body
    };
    let mut form = link.clone();
    form["formSubmissionLead"] = json!(true);
    for (body, source) in [
        (campaign(spring, json!({})), "campaign"),
        (referral(json!({})), "partnership"),
        (referral(json!({"partnershipLead": form})), "lead_submission_form"),
        (referral(json!({"integrationName": "HubSpot"})), "integration"),
        (
            referral(json!({"integrationName": "hubspot", "source": "manual"})),
            "manual",
        ),
        (
            campaign(spring, json!({"source": "lead_submission_form"})),
            "lead_submission_form",
        ),
    ] {
        let id = app.journeybee().post(&body).await.expect(201).json()["id"].clone();
        let row = app
            .db
            .row(&format!("SELECT source, integration_name FROM leads WHERE id = {id}"))
            .await;
        assert_eq!(row["source"], source, "{body}");
        if body.get("integrationName").is_some() {
            assert_eq!(row["integration_name"], "hubspot");
        }
    }
}

/// B19, B16.
async fn null_and_blank_stand_for_absent(app: TestApp) {
    let spring = app.home.campaign("Spring").await.id;
    let answer = app.journeybee().post(&campaign(spring, json!({
        "email": null, "company_name": " ", "phone_number": "", "source": null, "partnershipLead": null, "tags": null,
        "customFields": null, "partnerCustomFields": null, "attributions": null, "integrationName": null,
        "integrationCustomFields": [{"uuid": "0190e5a0-0000-7000-8000-000000000001", "value": null}], "powerups": null,
    }))).await.expect(201);
    let row = app.db.row("SELECT * FROM leads").await;
    assert_eq!(
        answer.text,
        format!(r#"{{"id":{},"uuid":"{}"}}"#, row["id"], row["uuid"].as_str().unwrap())
    );
    assert_eq!((&row["company_name"], &row["phone"]), (&Value::Null, &Value::Null));
    let value = app.db.row("SELECT value FROM lead_integration_values").await;
    assert_eq!(value["value"], Value::Null);
}
