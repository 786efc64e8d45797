//! What receivers that were made for JourneyBee's webhooks hear.

use leadgraph::domain::caller::Role;
use serde_json::{Value, json};

use super::receiver::{Heard, Receiver};
use super::sending::verifies;
use super::{edit, endpoint, post_lead};
use crate::harness::{Case, TestApp, both};

pub fn cases() -> Vec<Case> {
    vec![
        both(old_receivers_hear_what_journeybee_tells),
        both(old_receivers_hear_all_of_a_lead),
        both(a_token_says_who_did_it_and_is_signed_with_the_present_secret),
    ]
}

pub fn millis(time: &Value) -> i64 {
    let time: chrono::DateTime<chrono::Utc> = time.as_str().unwrap().parse().unwrap();
    time.timestamp_millis()
}

#[derive(serde::Deserialize)]
struct Token {
    company_uuid: String,
    user_uuid: Option<String>,
    event_id: String,
    api_key: String,
}

/// With the library that others verify with, and their secret as it was shown.
pub fn token(heard: &Heard, secret: &str) -> Result<serde_json::Map<String, Value>, jsonwebtoken::errors::Error> {
    let token = heard.header("authorization").strip_prefix("Bearer ").unwrap();
    let key = jsonwebtoken::DecodingKey::from_secret(secret.as_bytes());
    let checked = jsonwebtoken::decode(
        token,
        &key,
        &jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::HS256),
    );
    checked.map(|token| token.claims)
}

async fn old_receivers_hear_what_journeybee_tells(app: TestApp) {
    let receiver = Receiver::good().await;
    let types = json!(["LEAD_CREATED", "LEAD_UPDATED", "LEAD_ARCHIVED", "NOTE_CREATED"]);
    let made = endpoint(
        &app,
        &receiver,
        json!({"style": "JOURNEYBEE", "apiKeyClaim": "k", "eventTypes": types}),
    )
    .await;
    let to = crate::journeybee::referred(&app).await;
    app.journeybee()
        .post(&crate::journeybee::reference(&to))
        .await
        .expect(201);
    let lead = "{ leads { nodes { id uuid version createdAt createdBy { uuid } } } }";
    let lead = app.as_owner().data(lead, json!({})).await["leads"]["nodes"][0].clone();
    for call in [
        r#"setLeadStatus(input: { leadId: "@", expectedVersion: 1, status: CONTACTED }) { userErrors { code } }"#,
        r#"addLeadNote(input: { leadId: "@", text: "Call back" }) { userErrors { code } }"#,
        r#"archiveLead(input: { leadId: "@", expectedVersion: 2 }) { userErrors { code } }"#,
    ] {
        let call = call.replace('@', lead["id"].as_str().unwrap());
        let data = app.as_owner().data(&format!("mutation {{ {call} }}"), json!({})).await;
        assert!(data.to_string().contains("\"userErrors\":[]"), "{data}");
    }
    let heard = receiver.hears(4).await;
    let ids: Vec<String> = heard
        .iter()
        .map(|each| {
            assert!(verifies(each, &made.secret), "signed as well");
            let claims = token(each, &made.secret).unwrap();
            assert!(token(each, "whsec_other").is_err());
            let claims: Token = serde_json::from_value(claims.into()).unwrap();
            assert_eq!(claims.company_uuid, app.home.row.uuid.to_string());
            assert_eq!(claims.user_uuid, Some(app.home.owner.uuid.to_string()));
            assert_eq!(claims.api_key, "k");
            claims.event_id
        })
        .collect();
    assert_eq!(
        ids,
        ["lead_created", "lead_updated", "lead_note_created", "lead_deleted"]
    );
    for each in &heard {
        let body = each.json();
        assert_eq!(
            (&body["lead"]["uuid"], &body["configuration"]),
            (&lead["uuid"], &json!([]))
        );
        for number in ["created_at", "updated_at"] {
            assert!(body["lead"][number].is_i64(), "{body}");
        }
        for list in [
            "custom_fields",
            "tags",
            "assigned_users",
            "received_from_company",
            "sent_to_companies",
        ] {
            assert!(body["lead"][list].is_array(), "{list}: {body}");
        }
        assert!(body["lead"]["tags"][0]["label"].is_string());
        assert!(body["lead"]["custom_fields"][0]["custom_field_value_uuid"].is_string());
        assert!(body["lead"]["sent_to_companies"][0]["company_name"].is_string());
    }
    assert_eq!(heard[2].json()["note"]["text"], "Call back");
}

/// The whole of their form, against what GraphQL says.
async fn old_receivers_hear_all_of_a_lead(app: TestApp) {
    let receiver = Receiver::good().await;
    endpoint(&app, &receiver, json!({"style": "JOURNEYBEE"})).await;
    let to = crate::journeybee::referred(&app).await;
    let seller = app.home.user("seller@acme.test", Role::Member).await;
    let mut form = crate::journeybee::reference(&to);
    form["partnershipLead"]["sentBy"] = json!({"userId": seller.id});
    app.journeybee().post(&form).await.expect(201);
    receiver.hears(1).await;
    let lead = "{ leads { nodes { id uuid version createdAt updatedAt tags { uuid label }
        partnershipLeads { createdAt partnership { uuid } partner { name domain } } } } }";
    let lead = app.as_owner().data(lead, json!({})).await["leads"]["nodes"][0].clone();
    let assign =
        "mutation($input: AssignLeadInput!) { assignLead(input: $input) { lead { updatedAt } userErrors { code } } }";
    let users = app.as_owner().data("{ users { nodes { id email } } }", json!({})).await;
    let users = users["users"]["nodes"].as_array().unwrap();
    let assignee = &users.iter().find(|user| user["email"] == "seller@acme.test").unwrap()["id"];
    let input = json!({"input": {"leadId": lead["id"], "expectedVersion": lead["version"], "userIds": [assignee]}});
    let assigned = app.as_owner().data(assign, input).await["assignLead"].clone();
    assert_eq!(assigned["userErrors"], json!([]));
    let heard = receiver.hears(2).await;
    let told = &heard[1].json()["lead"];
    // Nothing else shows these.
    let value = |nth: usize| {
        let uuid = told["custom_fields"][nth]["custom_field_value_uuid"].clone();
        assert!(uuid.as_str().unwrap().parse::<uuid::Uuid>().is_ok(), "{uuid}");
        uuid
    };
    let of_owner = |what: Option<&String>| what.map_or(Value::Null, |text| json!(text));
    let passed = &lead["partnershipLeads"][0];
    let expected = json!({
        "uuid": lead["uuid"], "created_at": millis(&lead["createdAt"]), "updated_at": millis(&assigned["lead"]["updatedAt"]),
        "company_name": "TechCorp Solutions", "email": "contact@techcorp.com", "phone_number": "+1-555-123-4567",
        "first_name": "John", "last_name": "Smith",
        "created_by_user_uuid": null, "created_by_user_email": null,
        "created_by_user_first_name": null, "created_by_user_last_name": null,
        "custom_fields": [
            {"uuid": to.number.uuid, "label": "Budget", "type": "number", "value": {"number": 100_000.0},
             "custom_field_value_uuid": value(0), "options": null},
            {"uuid": to.text.uuid, "label": "Note", "type": "text",
             "value": {"text": "High-value prospect from referral"},
             "custom_field_value_uuid": value(1), "options": null},
        ],
        "tags": lead["tags"],
        "assigned_users": [{"uuid": seller.uuid, "email": "seller@acme.test",
            "first_name": of_owner(seller.first_name.as_ref()), "last_name": null}],
        "received_from_company": [],
        "sent_to_companies": [{
            "partnership_uuid": passed["partnership"]["uuid"], "company_name": passed["partner"]["name"],
            "company_domain": passed["partner"]["domain"], "sent_date": millis(&passed["createdAt"]),
            "sent_by_user_uuid": seller.uuid, "sent_by_user_email": "seller@acme.test",
            "sent_by_user_first_name": of_owner(seller.first_name.as_ref()), "sent_by_user_last_name": null,
            "partner_type": "referral",
        }],
    });
    assert_eq!(told, &expected);
    app.home.campaign("Spring").await;
    let campaigns = app.as_owner().data("{ campaigns { nodes { id } } }", json!({})).await;
    let by_owner = "mutation($input: CreateLeadInput!) { createLead(input: $input) { userErrors { code } } }";
    let input = json!({"associationType": "CAMPAIGNS", "email": "eve@x.test",
        "companyCampaignId": campaigns["campaigns"]["nodes"][0]["id"]});
    let made = app.as_owner().data(by_owner, json!({"input": input})).await;
    assert_eq!(made["createLead"]["userErrors"], json!([]));
    let told = receiver.hears(3).await[2].json()["lead"].clone();
    let owner = &app.home.owner;
    for (member, is) in [
        ("created_by_user_uuid", json!(owner.uuid)),
        ("created_by_user_email", json!(owner.email)),
        ("created_by_user_first_name", of_owner(owner.first_name.as_ref())),
        ("created_by_user_last_name", of_owner(owner.last_name.as_ref())),
    ] {
        assert_eq!(told[member], is, "{member}");
    }
}

async fn a_token_says_who_did_it_and_is_signed_with_the_present_secret(app: TestApp) {
    let receiver = Receiver::good().await;
    let made = endpoint(&app, &receiver, json!({"style": "JOURNEYBEE"})).await;
    let other = app.home.user("other@acme.test", Role::Admin).await;
    let other_token = app
        .authenticator()
        .issue_token(&other, &app.home.row, chrono::Duration::hours(1));
    post_lead(&app, "a", "Ada").await;
    receiver.hears(1).await;
    let rotated = edit(&app, &made, "rotateWebhookSecret", "").await;
    let new = rotated["secret"].as_str().unwrap();
    let lead = "{ leads { nodes { id } } }";
    let lead = app.as_owner().data(lead, json!({})).await["leads"]["nodes"][0]["id"].clone();
    for (call, version) in [("archiveLead", 1), ("restoreLead", 2)] {
        let call = format!(
            "mutation {{ {call}(input: {{ leadId: {lead}, expectedVersion: {version} }}) {{ userErrors {{ code }} }} }}"
        );
        let data = app.with_token(&other_token).data(&call, json!({})).await;
        assert!(data.to_string().contains("\"userErrors\":[]"), "{data}");
    }
    let heard = receiver.hears(3).await;
    let owner = app.home.owner.uuid.to_string();
    let first = token(&heard[0], &made.secret).unwrap();
    assert_eq!(
        (&first["event_id"], &first["user_uuid"]),
        (&json!("lead_created"), &json!(owner))
    );
    for (heard, event) in heard[1..].iter().zip(["lead_deleted", "lead_updated"]) {
        assert!(token(heard, &made.secret).is_err(), "the old secret");
        let claims = token(heard, new).unwrap();
        assert_eq!(
            (&claims["event_id"], &claims["user_uuid"]),
            (&json!(event), &json!(other.uuid))
        );
        assert!(
            verifies(heard, &made.secret) && verifies(heard, new),
            "signed with both"
        );
    }
}
