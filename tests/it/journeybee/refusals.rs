//! Bodies that JourneyBee's route refuses, and with which of its sentences.

use leadgraph::domain::caller::Role;
use leadgraph::domain::custom_fields::{FieldCategory, FieldType, NewCustomField};
use leadgraph::domain::partnerships::{Invitation, PartnerType};
use leadgraph::domain::tags::TagAssociation;
use serde_json::{Value, json};

use super::{INVALID, MISSING, campaign, count, is_refused, reference, referred};
use crate::harness::{Case, TestApp, both};

pub fn cases() -> Vec<Case> {
    vec![
        both(what_is_missing_gets_406),
        both(what_is_invalid_gets_400),
        both(nothing_of_another_workspace_can_be_referred_to),
    ]
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
