//! Everything a lead has can be read, with the types it was written with, by every way of finding it.

use leadgraph::domain::custom_fields::FieldType;
use serde_json::{Value, json};

use crate::harness::{Case, TestApp, both};
use crate::journeybee::{campaign, reference, referred};
use crate::leadtrackr;

pub fn cases() -> Vec<Case> {
    vec![
        both(a_web_lead_is_read_back_whole),
        both(a_partner_lead_is_read_back_whole_by_its_sender_and_its_receiver),
        both(every_type_of_value_has_its_own_name),
        both(a_lead_is_found_by_every_key_it_has),
        both(what_leads_refer_to_is_made_and_listed),
    ]
}

async fn a_web_lead_is_read_back_whole(app: TestApp) {
    let mut body = leadtrackr::reference(&app.home.project.public_id);
    body["channelFlow"] = json!([{"t": 1_700_000_000_123_i64, "ch": {"s": "google", "m": "cpc"}, "lp": "/a"}]);
    body["attributionData"]["consent"] = json!({"ad_storage": "granted"});
    app.leadtrackr().post(&body).await.expect(201);
    let query = "{ leads { nodes { origin status processingState source associationType email phone firstName lastName
        companyName formName formMessage uniqueEventId uniqueIdentifier version project { publicId } campaign { title }
        userData formData attributionData deviceData channelFlow ipAddress userAgent clickIds { kind value }
        touchpoints { occurredAt source medium landingPage } consents { signal state } tags { label }
        originalPayloads { channel body } partnershipLeads { id } } } }";
    let data = app.as_owner().data(query, json!({})).await;
    let mut lead = data["leads"]["nodes"][0].clone();
    let payload = lead["originalPayloads"][0]["body"].take();
    assert_eq!(serde_json::from_str::<Value>(payload.as_str().unwrap()).unwrap(), body);
    let expected = json!({
        "origin": "LEADTRACKR_SHIM", "status": "NEW", "processingState": "OPEN", "source": null, "associationType": null,
        "email": "jane@example.com", "phone": "+31687654321", "firstName": "Jane", "lastName": "Smith",
        "companyName": "Acme Inc.", "formName": "Contact Form", "formMessage": "Interested in your services",
        "uniqueEventId": "evt_xyz789", "uniqueIdentifier": "crm-lead-789", "version": 1,
        "project": {"publicId": app.home.project.public_id}, "campaign": null,
        "userData": body["userData"], "formData": body["formData"], "attributionData": body["attributionData"],
        "deviceData": body["deviceData"], "channelFlow": body["channelFlow"],
        "ipAddress": "203.0.113.50", "userAgent": body["deviceData"]["userAgent"],
        "clickIds": [
            {"kind": "cid", "value": "9876543210.9876543210"},
            {"kind": "fbp", "value": "fb.1.1612345678.9876543210"}, {"kind": "gclid", "value": "xyz789"}
        ],
        "touchpoints": [
            {"occurredAt": lead["touchpoints"][0]["occurredAt"], "source": "google", "medium": "cpc", "landingPage": "/a"}
        ],
        "consents": [{"signal": "ad_storage", "state": "GRANTED"}], "tags": [],
        "originalPayloads": [{"channel": lead["originalPayloads"][0]["channel"], "body": null}], "partnershipLeads": [],
    });
    assert_eq!(lead, expected);
    assert!(
        lead["touchpoints"][0]["occurredAt"]
            .as_str()
            .unwrap()
            .starts_with("2023-11-14T22:13:20.123")
    );
}

async fn a_partner_lead_is_read_back_whole_by_its_sender_and_its_receiver(app: TestApp) {
    let to = referred(&app).await;
    let mut body = reference(&to);
    body["integrationCustomFields"] = json!([{"uuid": "0190e5a0-0000-7000-8000-000000000001", "value": null}]);
    body["powerups"] = json!({"pipedrive": {"deal_id": 3}});
    let made = app.journeybee().post(&body).await.expect(201).json();
    let query = "{ leads { nodes { legacyId uuid origin email tags { label }
        customFieldValues { text field { label type } ... on NumberValue { number } }
        attributions { attributedAt series source { label } }
        partnershipLeads { legacyId direction partnerType acceptance sendToPartner partner { name }
            partnership { legacyId companyPartnershipLegacyId state partnerType partner { legacyId } }
            partnerUsers { email } partnerCopy { uuid acceptance } }
        integrationValues { fieldUuid value } externalRefs { provider objectType externalId } powerups { provider data } } } }";
    let sent = app.as_owner().data(query, json!({})).await["leads"]["nodes"][0].clone();
    let received = app.with_token(&to.partner.token).data(query, json!({})).await["leads"]["nodes"][0].clone();
    assert_eq!(
        (&sent["legacyId"], &sent["uuid"], &sent["origin"]),
        (&made["id"], &made["uuid"], &json!("JOURNEYBEE_SHIM"))
    );
    let mut labels: Vec<&str> = sent["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag["label"].as_str().unwrap())
        .collect();
    labels.sort_unstable();
    assert_eq!(labels, ["Enterprise", "Hot"]);
    let number = sent["customFieldValues"]
        .as_array()
        .unwrap()
        .iter()
        .find(|value| value["field"]["label"] == "Budget");
    assert_eq!(number.unwrap()["number"], 100_000.0);
    assert_eq!(sent["attributions"][0]["source"]["label"], "Trade Show");
    let link = &sent["partnershipLeads"][0];
    assert_eq!(link["legacyId"], made["partnershipLeadId"]);
    assert_eq!(
        (&link["direction"], &link["sendToPartner"]),
        (&json!("SENT"), &json!(true))
    );
    assert_eq!(link["partnership"]["legacyId"], to.partners.ours.shared.id);
    assert_eq!(
        link["partnership"]["companyPartnershipLegacyId"],
        to.partners.ours.side.id
    );
    assert_eq!(link["partnerUsers"].as_array().unwrap().len(), 2);
    assert_eq!(link["partnerCopy"]["uuid"], received["uuid"]);
    assert_eq!(sent["integrationValues"][0]["value"], Value::Null);
    assert_eq!(
        sent["externalRefs"],
        json!([{"provider": "pipedrive", "objectType": "deal", "externalId": "3"}])
    );
    assert_eq!(sent["powerups"][0]["data"], json!({"deal_id": 3}));

    assert_eq!(received["origin"], "PARTNER");
    assert_eq!(received["email"], "contact@techcorp.com");
    let back = &received["partnershipLeads"][0];
    assert_eq!(
        (&back["direction"], &back["partner"]["name"]),
        (&json!("RECEIVED"), &json!("Acme"))
    );
    assert_eq!(received["tags"], json!([]));
}

async fn every_type_of_value_has_its_own_name(app: TestApp) {
    let spring = app.home.campaign("Spring").await.id;
    let mut posted = Vec::new();
    for (kind, name, options, value) in [
        (FieldType::Text, "text", vec![], json!({"text": "t"})),
        (FieldType::Textarea, "textarea", vec![], json!({"text": "a"})),
        (FieldType::Number, "number", vec![], json!({"number": -1.5})),
        (FieldType::Date, "date", vec![], json!({"date": "2024-02-29"})),
        (FieldType::Boolean, "boolean", vec![], json!({"boolean": false})),
        (FieldType::Select, "select", vec!["S", "M"], json!({"select": 2})),
        (
            FieldType::MultiSelect,
            "multi_select",
            vec!["red", "green", "blue"],
            json!({"multi_select": [3, 1]}),
        ),
    ] {
        let field = app.home.field(name, kind, &options).await;
        posted.push(json!({"customFieldId": field.id, "type": name, "value": value}));
    }
    app.journeybee()
        .post(&campaign(spring, json!({"customFields": posted})))
        .await
        .expect(201);
    let query = "{ leads { nodes { customFieldValues { field { label } text ... on NumberValue { number }
        ... on DateValue { date } ... on BooleanValue { boolean } ... on SelectValue { option { legacyId label } }
        ... on MultiSelectValue { options { legacyId label } } } } } }";
    let data = app.as_owner().data(query, json!({})).await;
    let values = data["leads"]["nodes"][0]["customFieldValues"].as_array().unwrap();
    let value = |label: &str| values.iter().find(|value| value["field"]["label"] == label).unwrap();
    assert_eq!(
        (&value("text")["text"], &value("textarea")["text"]),
        (&json!("t"), &json!("a"))
    );
    assert_eq!(
        (&value("number")["number"], &value("date")["date"]),
        (&json!(-1.5), &json!("2024-02-29"))
    );
    assert_eq!(value("boolean")["boolean"], false);
    assert_eq!(value("select")["option"], json!({"legacyId": 2, "label": "M"}));
    assert_eq!(value("select")["text"], "M");
    assert_eq!(
        value("multi_select")["options"],
        json!([{"legacyId": 1, "label": "red"}, {"legacyId": 3, "label": "blue"}])
    );
}

async fn a_lead_is_found_by_every_key_it_has(app: TestApp) {
    let body = leadtrackr::reference(&app.home.project.public_id);
    let first = app.leadtrackr().post(&body).await.expect(201).json()["leadId"].clone();
    let mut newer = body.clone();
    newer["formData"]["uniqueEventId"] = json!("another");
    let second = app.leadtrackr().post(&newer).await.expect(201).json()["leadId"].clone();
    let ids = "query($n: SafeInt!) { lead(by: { legacyId: $n }) { id uuid } projects { nodes { id publicId } } }";
    let ids = app.as_owner().data(ids, json!({"n": first})).await;
    let project = &ids["projects"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|p| p["publicId"] == body["projectId"])
        .unwrap()["id"];
    let find = async |by: Value| {
        let query = "query($by: LeadBy!) { lead(by: $by) { legacyId } }";
        app.as_owner().data(query, json!({"by": by})).await["lead"]["legacyId"].clone()
    };
    assert_eq!(find(json!({"id": ids["lead"]["id"]})).await, first);
    assert_eq!(find(json!({"uuid": ids["lead"]["uuid"]})).await, first);
    assert_eq!(
        find(json!({"uniqueIdentifier": "crm-lead-789"})).await,
        second,
        "the newest"
    );
    for project in [project, &body["projectId"]] {
        let by = json!({"uniqueEventId": {"projectId": project, "uniqueEventId": "evt_xyz789"}});
        assert_eq!(find(by).await, first);
    }
    for by in [
        json!({"id": "nonsense"}),
        json!({"legacyId": 999_999}),
        json!({"uuid": "0190e5a0-0000-7000-8000-000000000001"}),
        json!({"uniqueIdentifier": ""}),
        json!({"uniqueEventId": {"projectId": "none", "uniqueEventId": "evt_xyz789"}}),
        json!({"uniqueEventId": {"projectId": body["projectId"], "uniqueEventId": "EVT_xyz789"}}),
    ] {
        assert_eq!(find(by.clone()).await, Value::Null, "{by}");
    }
    for by in [
        json!({}),
        json!({"legacyId": 1, "uuid": "0190e5a0-0000-7000-8000-000000000001"}),
        json!({"legacyId": null}),
    ] {
        let query = "query($by: LeadBy!) { lead(by: $by) { legacyId } }";
        let answer = app.as_owner().graphql(query, json!({"by": by})).await;
        assert!(answer.json()["errors"].is_array(), "{by}: {}", answer.text);
    }
}

async fn what_leads_refer_to_is_made_and_listed(app: TestApp) {
    let run = async |query: &str| app.as_owner().data(query, json!({})).await;
    let made = run(r##"mutation {
        createTag(input: { label: " Hot ", association: LEAD, backgroundColor: "#AA0000" }) { tag { label backgroundColor textColor } userErrors { code } }
        createCustomField(input: { label: "Size", type: SELECT, category: LEAD, options: ["S", "M"] })
            { customField { type options { legacyId label } } userErrors { code } }
        createAttributionSource(input: { label: "Fair" }) { attributionSource { label } userErrors { code } }
        createCampaign(input: { title: "Spring", startsAt: "2026-03-01T00:00:00Z" }) { campaign { title startsAt } userErrors { code } }
        createProject(input: { name: "Shop", publicId: "shop-1" }) { project { publicId active } userErrors { code } }
        createPartnerCompany(input: { name: "Partner" }) { partnerCompany { name } userErrors { code } }
        createPartnership(input: { partner: { new: { name: "Other" } }, partnerType: REFERRAL })
            { partnership { state partner { name } invitation } userErrors { code } }
        updateWorkspace(input: { expectedVersion: 1, dedupePolicy: OFF }) { workspace { dedupePolicy } userErrors { code } }
    }"##).await;
    for (field, payload) in made.as_object().unwrap() {
        assert_eq!(payload["userErrors"], json!([]), "{field}");
    }
    assert_eq!(
        made["createTag"]["tag"],
        json!({"label": "Hot", "backgroundColor": "#AA0000", "textColor": "#FFFFFF"})
    );
    assert_eq!(
        made["createCustomField"]["customField"]["options"][1],
        json!({"legacyId": 2, "label": "M"})
    );
    assert!(made["createPartnership"]["partnership"]["invitation"].is_string());

    let again = run(r#"mutation {
        createTag(input: { label: "HOT", association: LEAD }) { tag { id } userErrors { code path } }
        createAttributionSource(input: { label: " " }) { attributionSource { id } userErrors { code path } }
        createProject(input: { name: "Shop", publicId: "shop-1" }) { project { id } userErrors { code path } }
        createCustomField(input: { label: "Empty", type: SELECT, category: LEAD }) { customField { id } userErrors { code path } }
    }"#).await;
    assert_eq!(
        again["createTag"],
        json!({"tag": null, "userErrors": [{"code": "TAKEN", "path": ["label"]}]})
    );
    assert_eq!(again["createAttributionSource"]["userErrors"][0]["code"], "MISSING");
    assert_eq!(again["createProject"]["userErrors"][0]["code"], "TAKEN");
    assert_eq!(again["createCustomField"]["userErrors"][0]["path"], json!(["options"]));

    let key = run(r#"mutation { createApiKey(input: { label: "CRM", scopes: [READ] }) { key apiKey { id keyPrefix } userErrors { code } } }"#).await;
    let secret = key["createApiKey"]["key"].as_str().unwrap();
    assert!(secret.starts_with(key["createApiKey"]["apiKey"]["keyPrefix"].as_str().unwrap()));
    app.with_key(secret).data("{ leads { totalCount } }", json!({})).await;
    let listed = run("{ apiKeys { nodes { label keyPrefix lastUsedAt } } }")
        .await
        .to_string();
    assert!(!listed.contains(secret));
    assert_eq!(
        app.number(&format!(
            "SELECT count(*) FROM events WHERE event_type = 'tag.created' AND workspace_id = {}",
            app.home.id()
        ))
        .await,
        1
    );
}
