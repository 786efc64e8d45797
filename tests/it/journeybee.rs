//! JourneyBee's route, decision by decision, as its clients see it.

use leadgraph::domain::caller::{Role, Scopes};
use leadgraph::domain::custom_fields::{CustomField, FieldCategory, FieldType, NewCustomField};
use leadgraph::domain::partnerships::{Invitation, PartnerType};
use leadgraph::domain::tags::{Tag, TagAssociation};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::workspace::{Partners, api_key};
use crate::harness::{Answer, Case, TestApp, Workspace, both};

pub const INVALID: &str = "Invalid field values or missing required association";
pub const UNAUTHORIZED: &str = "Invalid API key or insufficient permissions";
pub const READ_ONLY: &str = "Write access required for this operation";
pub const MISSING: &str = "Missing required fields or invalid association type";
pub const DUPLICATE: &str = "Duplicate lead or unique constraint violation";

pub fn cases() -> Vec<Case> {
    vec![
        both(the_reference_request_stores_everything_it_says),
        both(what_is_missing_gets_406),
        both(what_is_invalid_gets_400),
        both(nothing_of_another_workspace_can_be_referred_to),
        both(checks_come_in_their_documented_order),
        both(a_key_that_may_not_post_is_refused),
        both(other_methods_and_large_bodies_are_refused),
        both(one_email_makes_one_lead),
        both(one_pipedrive_deal_makes_one_lead_while_persons_repeat),
        both(the_source_follows_from_what_was_sent),
        both(null_and_blank_stand_for_absent),
    ]
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

/// B2, B3, B6.
async fn what_is_missing_gets_406(app: TestApp) {
    let to = referred(&app).await;
    let campaign_id = app.home.campaign("Spring").await.id;
    let whole = reference(&to);
    let without = |path: &[&str]| {
        let mut body = whole.clone();
        let (last, parents) = path.split_last().unwrap();
        let parent = parents.iter().fold(&mut body, |at, name| match name.parse::<usize>() {
            Ok(index) => &mut at[index],
            Err(_) => &mut at[*name],
        });
        parent.as_object_mut().unwrap().remove(*last);
        body
    };
    let cases = [
        (
            "the reference's first sample",
            json!({"email": "lead@company.com", "company_name": "Lead Company"}),
        ),
        ("nothing", json!({})),
        ("blank type", campaign(campaign_id, json!({"associationType": " "}))),
        (
            "unknown type",
            campaign(campaign_id, json!({"associationType": "partner"})),
        ),
        ("null type", campaign(campaign_id, json!({"associationType": null}))),
        (
            "case of the type",
            campaign(campaign_id, json!({"associationType": "Campaigns"})),
        ),
        (
            "no contact",
            campaign(
                campaign_id,
                json!({"first_name": " ", "email": null, "company_name": ""}),
            ),
        ),
        ("partnership_id", without(&["partnershipLead", "partnership_id"])),
        (
            "partners_company_id",
            without(&["partnershipLead", "partners_company_id"]),
        ),
        (
            "company_partnerships_id",
            without(&["partnershipLead", "company_partnerships_id"]),
        ),
        (
            "only partnership_id",
            json!({"associationType": "referral", "email": "a@b.co", "partnershipLead": {"partnership_id": 1}}),
        ),
        ("customFieldId", without(&["customFields", "0", "customFieldId"])),
        ("type", without(&["customFields", "1", "type"])),
        ("value", without(&["customFields", "0", "value"])),
        ("attribution id", without(&["attributions", "0", "id"])),
        ("attributedDate", without(&["attributions", "0", "attributedDate"])),
        (
            "integration uuid",
            campaign(campaign_id, json!({"integrationCustomFields": [{"value": 1}]})),
        ),
        (
            "integration value",
            campaign(
                campaign_id,
                json!({"integrationCustomFields": [{"uuid": "0190e5a0-0000-7000-8000-000000000001"}]}),
            ),
        ),
    ];
    for (what, body) in cases {
        is_refused(&app.journeybee().post(&body).await, 406, MISSING, what);
    }
    app.home.field_with(required("Region")).await;
    is_refused(&app.journeybee().post(&whole).await, 406, MISSING, "a required field");
    assert_eq!(count(&app, "leads").await, 0);
    assert_eq!(count(&app, "intake_payloads").await, 0);
}

fn required(label: &str) -> NewCustomField {
    NewCustomField {
        label: label.to_owned(),
        field_type: FieldType::Text,
        category: FieldCategory::Lead,
        partner_type: None,
        required: true,
        shared: false,
        options: Vec::new(),
    }
}

/// B4, B18, B20, B21, B24, B29: each row is what is laid over a body that would be accepted.
async fn what_is_invalid_gets_400(app: TestApp) {
    let to = referred(&app).await;
    let select = app.home.field("Size", FieldType::Select, &["S", "M"]).await;
    let multi = app
        .home
        .field("Colours", FieldType::MultiSelect, &["red", "blue"])
        .await;
    let date = app.home.field("Due", FieldType::Date, &[]).await;
    let boolean = app.home.field("Known", FieldType::Boolean, &[]).await;
    let deal_tag = app.home.tag("Deal", TagAssociation::LeadDeal).await;
    let reseller = app.home.invite(PartnerType::Reseller, Invitation::Inactive).await;
    let distributor = app.home.invite(PartnerType::Distributor, Invitation::Inactive).await;
    let whole = reference(&to);
    let field = |id: i64, kind: &str, value: Value| json!({"customFields": [{"customFieldId": id, "type": kind, "value": value}]});
    let link = |members: Value| {
        let mut link = whole["partnershipLead"].clone();
        link.as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        json!({"partnershipLead": link})
    };
    let triple = |of: &leadgraph::domain::partnerships::Partnership| {
        link(json!({
            "partnership_id": of.shared.id, "partners_company_id": of.partner.id,
            "company_partnerships_id": of.side.id, "sendToPartner": false, "partnerUsers": []
        }))
    };
    let known_integration_field = to.number.uuid;
    let cases = [
        ("email", json!({"email": "nobody"})),
        ("email with two signs", json!({"email": "a@b@c.co"})),
        ("long email", json!({"email": format!("{}@b.co", "a".repeat(320))})),
        ("email as a number", json!({"email": 5})),
        ("long company", json!({"company_name": "x".repeat(256)})),
        ("long name", json!({"first_name": "x".repeat(256)})),
        ("long phone", json!({"phone_number": "1".repeat(65)})),
        ("name as an object", json!({"last_name": {}})),
        ("null character", json!({"company_name": "a\u{0}b"})),
        ("source", json!({"source": "fair"})),
        ("source as a number", json!({"source": 1})),
        ("integration", json!({"integrationName": "Zoho"})),
        ("no partnership", json!({"partnershipLead": null})),
        ("partnership as a list", json!({"partnershipLead": []})),
        ("campaign missing", json!({"associationType": "campaigns"})),
        (
            "unknown campaign",
            json!({"associationType": "campaigns", "companyCampaignId": 999_999}),
        ),
        (
            "campaign id as text",
            json!({"associationType": "campaigns", "companyCampaignId": "1"}),
        ),
        (
            "unknown campaign beside a partnership",
            json!({"companyCampaignId": 999_999}),
        ),
        ("partnership id as text", link(json!({"partnership_id": "456"}))),
        ("partnership id as a fraction", link(json!({"partnership_id": 1.5}))),
        ("partnership id zero", link(json!({"partnership_id": 0}))),
        ("unknown partnership", link(json!({"partnership_id": 999_999}))),
        ("unknown partner", link(json!({"partners_company_id": 999_999}))),
        (
            "the partner of another partnership",
            link(json!({"partners_company_id": reseller.partner.id})),
        ),
        (
            "another side",
            link(json!({"company_partnerships_id": reseller.side.id})),
        ),
        ("a reseller for a referral", triple(&reseller)),
        ("a distributor for a referral", triple(&distributor)),
        ("direction", link(json!({"formDirection": "give"}))),
        ("send as text", link(json!({"sendToPartner": "yes"}))),
        ("sent and assigned", link(json!({"assignedFromPartnerLead": true}))),
        ("unknown partner user", link(json!({"partnerUsers": [999_999]}))),
        ("partner users as a number", link(json!({"partnerUsers": 567}))),
        ("unknown sender", link(json!({"sentBy": {"userId": 999_999}}))),
        ("sender's email", link(json!({"sentBy": {"email": "nobody"}}))),
        ("tags as a number", json!({"tags": 10})),
        ("tag as text", json!({"tags": ["10"]})),
        ("unknown tag", json!({"tags": [999_999]})),
        ("a deal's tag", json!({"tags": [deal_tag.id]})),
        ("too many tags", json!({"tags": (1..=101).collect::<Vec<_>>()})),
        ("fields as an object", json!({"customFields": {}})),
        ("a field as text", json!({"customFields": ["x"]})),
        ("unknown field", field(999_999, "text", json!({"text": "x"}))),
        ("unknown type", field(to.text.id, "email", json!({"text": "x"}))),
        ("another type", field(to.text.id, "number", json!({"number": 1}))),
        ("value of another type", field(to.text.id, "text", json!({"number": 1}))),
        (
            "value with two keys",
            field(to.text.id, "text", json!({"text": "x", "number": 1})),
        ),
        ("value without a key", field(to.text.id, "text", json!({}))),
        ("value is no object", field(to.text.id, "text", json!("x"))),
        ("text as a number", field(to.text.id, "text", json!({"text": 1}))),
        ("number as text", field(to.number.id, "number", json!({"number": "1"}))),
        ("date", field(date.id, "date", json!({"date": "15.1.2024"}))),
        (
            "a day that is not",
            field(date.id, "date", json!({"date": "2024-02-30"})),
        ),
        ("boolean", field(boolean.id, "boolean", json!({"boolean": 1}))),
        ("unknown option", field(select.id, "select", json!({"select": 3}))),
        ("option as text", field(select.id, "select", json!({"select": "S"}))),
        (
            "unknown options",
            field(multi.id, "multi_select", json!({"multi_select": [1, 9]})),
        ),
        (
            "the same option twice",
            field(multi.id, "multi_select", json!({"multi_select": [1, 1]})),
        ),
        (
            "options as a number",
            field(multi.id, "multi_select", json!({"multi_select": 1})),
        ),
        (
            "the same field twice",
            json!({"customFields": [
                {"customFieldId": to.text.id, "type": "text", "value": {"text": "a"}},
                {"customFieldId": to.text.id, "type": "text", "value": {"text": "b"}},
            ]}),
        ),
        (
            "a field that is not shared",
            json!({"partnerCustomFields": [
                {"customFieldId": to.text.id, "type": "text", "value": {"text": "a"}},
            ]}),
        ),
        (
            "unknown source",
            json!({"attributions": [{"id": 999_999, "attributedDate": "2024-01-15"}]}),
        ),
        (
            "attribution date",
            json!({"attributions": [{"id": to.source, "attributedDate": "soon"}]}),
        ),
        (
            "integration uuid",
            json!({"integrationCustomFields": [{"uuid": "x", "value": 1}]}),
        ),
        (
            "integration value of a known field",
            json!({"integrationCustomFields": [
                {"uuid": known_integration_field, "value": "not a number"},
            ]}),
        ),
        ("powerups as a list", json!({"powerups": []})),
        ("pipedrive as text", json!({"powerups": {"pipedrive": "x"}})),
    ];
    for (what, over) in cases {
        let mut body = whole.clone();
        body.as_object_mut().unwrap().extend(over.as_object().unwrap().clone());
        is_refused(&app.journeybee().post(&body).await, 400, INVALID, what);
    }
    let no_partnership = json!({"associationType": "referral", "email": "a@b.co"});
    is_refused(
        &app.journeybee().post(&no_partnership).await,
        400,
        INVALID,
        "referral without partnership",
    );
    let partner_fields =
        json!({"partnerCustomFields": [{"customFieldId": to.text.id, "type": "text", "value": {"text": "a"}}]});
    let spring = app.home.campaign("Spring").await.id;
    is_refused(
        &app.journeybee().post(&campaign(spring, partner_fields)).await,
        400,
        INVALID,
        "partner fields for nobody",
    );
    for body in ["", "{", "[]", "null", "5", "\"x\""] {
        is_refused(&app.journeybee().post_raw(body).await, 400, INVALID, body);
    }
    for content_type in ["text/plain", "application/x-www-form-urlencoded"] {
        let answer = app.journeybee().header("content-type", content_type).post(&whole).await;
        is_refused(&answer, 400, INVALID, content_type);
    }
    assert_eq!(count(&app, "leads").await, 0);
    app.journeybee()
        .header("content-type", "Application/JSON; charset=UTF-8")
        .post(&whole)
        .await
        .expect(201);
}

async fn nothing_of_another_workspace_can_be_referred_to(app: TestApp) {
    let to = referred(&app).await;
    let other = app.workspace("Other").await;
    let third = app.workspace("Third").await;
    // Numbers are shared on SQLite's side of the world too: make ids that exist only there.
    let tag = other.lead_tag("Theirs").await;
    let field = other.field("Theirs", FieldType::Text, &[]).await;
    let source = other.source("Theirs").await;
    let spring = other.campaign("Theirs").await;
    let theirs = other.partner_with(&third, PartnerType::Referral).await;
    let person = other.partner_user(&theirs.ours, "x@x.test", None).await;
    let stranger = other.user("stranger@x.test", Role::Member).await;
    let whole = reference(&to);
    let over = |members: Value| {
        let mut body = whole.clone();
        body.as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        body
    };
    let link = |members: Value| {
        let mut link = whole["partnershipLead"].clone();
        link.as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        over(json!({"partnershipLead": link}))
    };
    let text = json!({"text": "x"});
    for (what, body) in [
        ("tag", over(json!({"tags": [tag.id]}))),
        (
            "field",
            over(json!({"customFields": [{"customFieldId": field.id, "type": "text", "value": text}]})),
        ),
        (
            "source",
            over(json!({"attributions": [{"id": source.id, "attributedDate": "2024-01-15"}]})),
        ),
        ("campaign", over(json!({"companyCampaignId": spring.id}))),
        ("person", link(json!({"partnerUsers": [person.id]}))),
        ("sender", link(json!({"sentBy": {"userId": stranger.id}}))),
        (
            "partnership",
            link(json!({
                "partnership_id": theirs.ours.shared.id, "partners_company_id": theirs.ours.partner.id,
                "company_partnerships_id": theirs.ours.side.id, "partnerUsers": []
            })),
        ),
        (
            "the partner's own side",
            link(json!({
                "partners_company_id": to.partners.theirs.partner.id,
                "company_partnerships_id": to.partners.theirs.side.id, "partnerUsers": []
            })),
        ),
    ] {
        is_refused(&app.journeybee().post(&body).await, 400, INVALID, what);
    }
    assert_eq!(count(&app, "leads").await, 0);
}

/// B5.
async fn checks_come_in_their_documented_order(app: TestApp) {
    let to = referred(&app).await;
    let huge = "x".repeat(1100 * 1024);
    let route = app.journeybee();
    let anonymous = route.clone().without("authorization");
    assert_eq!(anonymous.send(Method::PUT, huge.clone()).await.status, 405);
    assert_eq!(anonymous.post_raw(huge.clone()).await.status, 401);
    let read_only = route.clone().key(&app.home.read_only_key);
    assert_eq!(read_only.post_raw(huge.clone()).await.status, 403);
    assert_eq!(route.post_raw(huge).await.status, 413);
    let mut body = reference(&to);
    app.journeybee().post(&body).await.expect(201);
    body["tags"] = json!(["wrong type"]);
    body["customFields"] = json!([{"type": "text"}]);
    is_refused(&route.post(&body).await, 406, MISSING, "shape before values");
    body["customFields"] = json!([]);
    is_refused(&route.post(&body).await, 400, INVALID, "values before state");
    body["tags"] = json!([]);
    is_refused(&route.post(&body).await, 409, DUPLICATE, "state last");
}

/// B1.
async fn a_key_that_may_not_post_is_refused(app: TestApp) {
    let body = campaign(app.home.campaign("Spring").await.id, json!({}));
    let (revoked, revoked_key) = app.home.key_with(api_key(Scopes::READ_WRITE, None)).await;
    leadgraph::domain::api_keys::revoke(&app.home.op(), revoked.uuid)
        .await
        .unwrap();
    let route = app.journeybee();
    let key = &app.home.key;
    for (what, header) in [
        ("unknown", "Bearer 3c7ff02e-0000-4000-8000-2f6c1b7a9d10".to_owned()),
        ("nonsense", "Bearer x".to_owned()),
        ("no scheme", key.clone()),
        ("another scheme", format!("Basic {key}")),
        ("blank", "Bearer ".to_owned()),
        ("revoked", format!("Bearer {revoked_key}")),
        ("bound to a project", format!("Bearer {}", app.home.bound_key)),
    ] {
        let answer = route.clone().header("authorization", &header).post(&body).await;
        is_refused(&answer, 401, UNAUTHORIZED, what);
    }
    let anonymous = route.clone().without("authorization");
    is_refused(&anonymous.post(&body).await, 401, UNAUTHORIZED, "none");
    is_refused(
        &anonymous.header("x-api-key", key).post(&body).await,
        401,
        UNAUTHORIZED,
        "another door's header",
    );
    let read_only = route.clone().key(&app.home.read_only_key);
    is_refused(&read_only.post(&body).await, 403, READ_ONLY, "read-only");
    assert_eq!(count(&app, "leads").await, 0);
    for header in [
        format!("bearer {key}"),
        format!("Api-Key {key}"),
        format!("BEARER {}", app.home.write_only_key),
    ] {
        route
            .clone()
            .header("authorization", &header)
            .post(&body)
            .await
            .expect(201);
    }
}

/// B29, B30.
async fn other_methods_and_large_bodies_are_refused(app: TestApp) {
    for method in [Method::GET, Method::PUT, Method::PATCH, Method::DELETE] {
        let answer = app.journeybee().send(method, "").await;
        is_refused(&answer, 405, "Method not allowed", "method");
        assert!(answer.header("allow").unwrap().contains("POST"));
    }
    let spring = app.home.campaign("Spring").await.id;
    let sized = |length: usize| campaign(spring, json!({"unheardOf": "x".repeat(length)}));
    app.journeybee().post(&sized(1000 * 1024)).await.expect(201);
    assert_eq!(app.journeybee().post(&sized(1024 * 1024)).await.status, 413);
}

/// B8, B9.
async fn one_email_makes_one_lead(app: TestApp) {
    let other = app.workspace("Other").await;
    let spring = app.home.campaign("Spring").await.id;
    let post = async |email: &str| app.journeybee().post(&campaign(spring, json!({"email": email}))).await;
    let first = post("a@b.co").await.expect(201).json();
    for same in ["A@B.co ", "a@b.co", " A@b.CO"] {
        let answer = post(same).await;
        is_refused(&answer, 409, DUPLICATE, same);
        assert_eq!(answer.json()["details"][0]["code"], "duplicate_lead");
        assert_eq!(
            answer.json()["details"][0]["existing"],
            json!({"id": first["id"], "uuid": first["uuid"]})
        );
    }
    let unseen = app.journeybee().key(&app.home.write_only_key);
    let answer = unseen.post(&campaign(spring, json!({"email": "a@b.co"}))).await;
    is_refused(&answer, 409, DUPLICATE, "a key that may not read");
    assert!(
        !answer.text.contains(first["uuid"].as_str().unwrap()),
        "{}",
        answer.text
    );
    // Dots and pluses belong to the address; web forms and other workspaces do not count; nor do deleted leads.
    post("a+x@b.co").await.expect(201);
    post("x@bücher.example").await.expect(201);
    is_refused(
        &post("x@xn--bcher-kva.example").await,
        409,
        DUPLICATE,
        "the same domain",
    );
    let form = json!({"projectId": app.home.project.public_id, "userData": {"email": "form@b.co"}});
    app.leadtrackr().post(&form).await.expect(201);
    post("form@b.co").await.expect(201);
    app.leadtrackr()
        .post(&json!({"projectId": app.home.project.public_id, "userData": {"email": "a@b.co"}}))
        .await
        .expect(201);
    let theirs = campaign(other.campaign("Spring").await.id, json!({"email": "a@b.co"}));
    app.journeybee().key(&other.key).post(&theirs).await.expect(201);
    app.db
        .execute(&format!(
            "UPDATE leads SET deleted_at = created_at WHERE id = {}",
            first["id"]
        ))
        .await;
    post("a@b.co").await.expect(201);
    for _ in 0..2 {
        app.journeybee()
            .post(&campaign(spring, json!({"company_name": "No address"})))
            .await
            .expect(201);
    }
}

/// B8, B10, B25.
async fn one_pipedrive_deal_makes_one_lead_while_persons_repeat(app: TestApp) {
    let spring = app.home.campaign("Spring").await.id;
    let powerups = |person: i64, deal: i64| {
        json!({"powerups": {
            "pipedrive": {"person_id": person, "organization_id": 7, "deal_id": deal}, "unheardOf": {"kept": true}
        }})
    };
    app.journeybee()
        .post(&campaign(spring, powerups(1, 2)))
        .await
        .expect(201);
    app.journeybee()
        .post(&campaign(spring, powerups(1, 3)))
        .await
        .expect(201);
    is_refused(
        &app.journeybee().post(&campaign(spring, powerups(9, 2))).await,
        409,
        DUPLICATE,
        "the deal again",
    );
    assert_eq!(count(&app, "leads").await, 2);
    let refs = "SELECT object_type, external_id FROM external_refs ORDER BY lead_id, object_type";
    let refs = app.rows(refs).await;
    assert_eq!(refs.len(), 6);
    assert_eq!(refs[0], json!({"object_type": "deal", "external_id": "2"}));
    assert_eq!(count(&app, "lead_powerups WHERE provider = 'unheardOf'").await, 2);
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
