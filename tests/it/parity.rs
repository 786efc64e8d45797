//! Whatever one door can do, the others do with the same rules: the same lead leaves the same rows and the same events.
//!
//! Two fresh servers are filled alike, so that even the numbers are the same; what is compared is everything but the
//! moments, the public ids and the names of the doors.

use serde_json::{Map, Value, json};

use crate::harness::{Case, Subject, TestApp, both};
use crate::journeybee::{Referred, reference, referred};
use crate::leadtrackr;

pub fn cases() -> Vec<Case> {
    vec![
        both(a_captured_lead_is_the_same_through_leadtrackrs_route_and_graphql),
        both(a_registered_lead_is_the_same_through_journeybees_route_and_graphql),
        both(an_edit_is_the_same_through_journeybees_route_and_graphql),
        both(graphql_refuses_what_the_routes_refuse),
    ]
}

/// The tables that hold a lead.
const TABLES: &[&str] = &[
    "leads",
    "lead_assignees",
    "lead_attributions",
    "lead_click_ids",
    "lead_consents",
    "lead_custom_field_choices",
    "lead_custom_field_values",
    "lead_integration_values",
    "lead_powerups",
    "lead_tags",
    "lead_touchpoints",
    "partnership_leads",
    "partnership_lead_users",
    "external_refs",
    "intake_payloads",
    "events",
];

async fn stored(app: &TestApp) -> Vec<(String, Vec<Value>)> {
    let mut all = Vec::new();
    for table in TABLES {
        let rows = app.rows(&format!("SELECT * FROM {table}")).await;
        let leads_only = |row: &Value| *table != "events" || row["subject_kind"] == "lead";
        let mut rows: Vec<Value> = rows
            .into_iter()
            .filter(leads_only)
            .map(|row| comparable(row, ""))
            .collect();
        rows.sort_by_key(Value::to_string);
        all.push(((*table).to_owned(), rows));
    }
    all
}

fn comparable(value: Value, name: &str) -> Value {
    const MOMENTS: &[&str] = &[
        "created_at",
        "updated_at",
        "at",
        "received_at",
        "expires_at",
        "captured_at",
        "assigned_at",
    ];
    const DOORS: &[&str] = &["origin", "door", "channel", "body", "size"];
    if MOMENTS.contains(&name) || DOORS.contains(&name) {
        return json!("…");
    }
    match value {
        Value::String(text) if uuid::Uuid::parse_str(&text).is_ok() => json!("uuid"),
        Value::Array(items) => items.into_iter().map(|item| comparable(item, "")).collect(),
        Value::Object(members) => {
            let member = |(name, value): (String, Value)| {
                let value = comparable(value, &name);
                (
                    if uuid::Uuid::parse_str(&name).is_ok() {
                        "uuid".to_owned()
                    } else {
                        name
                    },
                    value,
                )
            };
            Value::Object(members.into_iter().map(member).collect::<Map<_, _>>())
        }
        other => other,
    }
}

async fn assert_same(one: &TestApp, other: &TestApp) {
    for ((table, left), (_, right)) in stored(one).await.into_iter().zip(stored(other).await) {
        assert_eq!(left.len(), right.len(), "{table}: {left:?} {right:?}");
        for (left, right) in left.iter().zip(&right) {
            assert_eq!(left, right, "{table}");
        }
    }
}

async fn a_captured_lead_is_the_same_through_leadtrackrs_route_and_graphql(shim: TestApp) {
    let graphql = TestApp::set_up(shim.db.backend).await;
    let flow = json!([{"t": 1_700_000_000_000_i64, "ch": {"s": "google", "m": "cpc"}, "lp": "/a"}]);
    let mut first = leadtrackr::reference("p");
    first["channelFlow"] = flow.clone();
    first["attributionData"]["consent"] = json!({"ad_storage": "granted"});
    first["attributionData"]["msclkid"] = json!("m");
    first["formData"]["formFields"] = json!({"Budget": "10", "Nothing": ""});
    first["userData"]["nick"] = json!(["x", {"y": null}]);
    let mut second = first.clone();
    second["userData"] = json!({"phone": "+49 30 123", "email": " ", "nick": "z"});
    second["attributionData"] = json!({"gclid": "new", "consent": {"ad_user_data": "denied"}});
    second["formData"] = json!({"uniqueEventId": "evt_xyz789", "formFields": {"Size": "M"}});
    second["uniqueIdentifier"] = json!("crm-2");
    for body in [&first, &second, &second] {
        let mut posted = body.clone();
        posted["projectId"] = json!(shim.home.project.public_id);
        let answer = shim.leadtrackr().post(&posted).await.expect(201).json();
        let mutation = "mutation($input: CreateServerSideLeadInput!) { createServerSideLead(input: $input) {
            outcome uniqueIdentifier lead { legacyId } userErrors { message } } }";
        let input = as_input(body, &graphql.home.project.public_id);
        let made = graphql
            .with_key(&graphql.home.key)
            .data(mutation, json!({"input": input}))
            .await;
        let made = &made["createServerSideLead"];
        assert_eq!(made["userErrors"], json!([]));
        assert_eq!(made["uniqueIdentifier"], answer["uniqueIdentifier"]);
        assert_eq!(made["lead"]["legacyId"], answer["leadId"]);
        assert_eq!(
            made["outcome"] == "CREATED",
            answer["message"] == "Lead created successfully"
        );
        assert_same(&shim, &graphql).await;
    }
    assert_eq!(
        shim.number("SELECT count(*) FROM events WHERE subject_kind = 'lead'")
            .await,
        2
    );
}

/// LeadTrackr's body as the mutation's input: what has no name there goes into `extra`.
fn as_input(body: &Value, project: &str) -> Value {
    let known = |object: &Value, names: &[&str]| {
        let mut input = Map::new();
        let mut extra = Map::new();
        for (name, value) in object.as_object().unwrap() {
            let into = if names.contains(&name.as_str()) {
                &mut input
            } else {
                &mut extra
            };
            into.insert(name.clone(), value.clone());
        }
        input.insert("extra".to_owned(), Value::Object(extra));
        Value::Object(input)
    };
    json!({
        "projectId": project,
        "userData": known(&body["userData"], &["firstName", "lastName", "email", "phone", "companyName"]),
        "attributionData":
            known(&body["attributionData"], &["gclid", "wbraid", "cid", "sid", "fbp", "fbc", "conversionPage", "consent"]),
        "formData": known(&body["formData"], &["formName", "formMessage", "uniqueEventId"]),
        "deviceData": known(&body["deviceData"], &["ipAddress", "userAgent"]),
        "channelFlow": body["channelFlow"],
        "uniqueIdentifier": body["uniqueIdentifier"],
    })
}

async fn a_registered_lead_is_the_same_through_journeybees_route_and_graphql(shim: TestApp) {
    use leadgraph::domain::custom_fields::FieldType;
    let graphql = TestApp::set_up(shim.db.backend).await;
    let (to, there) = (referred(&shim).await, referred(&graphql).await);
    for app in [&shim, &graphql] {
        app.home.field("Size", FieldType::Select, &["S", "M"]).await;
        app.home
            .field("Colours", FieldType::MultiSelect, &["red", "green", "blue"])
            .await;
        app.home.field("Due", FieldType::Date, &[]).await;
        app.home.field("Known", FieldType::Boolean, &[]).await;
    }
    let mut body = reference(&to);
    let next = to.text.id + 1;
    let more = [
        json!({"customFieldId": next, "type": "select", "value": {"select": 2}}),
        json!({"customFieldId": next + 1, "type": "multi_select", "value": {"multi_select": [3, 1]}}),
        json!({"customFieldId": next + 2, "type": "date", "value": {"date": "2024-02-29"}}),
        json!({"customFieldId": next + 3, "type": "boolean", "value": {"boolean": true}}),
    ];
    body["customFields"].as_array_mut().unwrap().extend(more);
    body["integrationName"] = json!("Pipedrive");
    body["integrationCustomFields"] = json!([{"uuid": "0190e5a0-0000-7000-8000-000000000001", "value": {"a": null}}]);
    body["powerups"] = json!({"pipedrive": {"person_id": 1, "organization_id": 2, "deal_id": 3}, "crm": {"x": [1]}});
    body["partnershipLead"]["sentBy"] = json!({"email": "s@partner.test", "companyName": "Partner"});
    body["partnershipLead"]["partners_company_name"] = json!("As written");
    let answer = shim.journeybee().post(&body).await.expect(201).json();

    let mutation = "mutation($input: CreateLeadInput!) { createLead(input: $input) {
        lead { legacyId partnershipLeads { legacyId } } userErrors { message path } } }";
    let input = registration(&graphql, &there).await;
    let made = graphql
        .with_key(&graphql.home.key)
        .data(mutation, json!({"input": input}))
        .await;
    let made = &made["createLead"];
    assert_eq!(made["userErrors"], json!([]));
    assert_eq!(made["lead"]["legacyId"], answer["id"]);
    assert_eq!(
        made["lead"]["partnershipLeads"][0]["legacyId"],
        answer["partnershipLeadId"]
    );
    assert_same(&shim, &graphql).await;
}

/// The same registration in GraphQL's words, its references by node ids.
async fn registration(app: &TestApp, to: &Referred) -> Value {
    let query = "{ tags { nodes { id legacyId } } customFields { nodes { id label options { id legacyId } } }
        attributionSources { nodes { id } } partnerships { nodes { id } } partnerUsers { nodes { id legacyId } }
        partnerCompanies { nodes { id } } }";
    let data = app.as_owner().data(query, json!({})).await;
    let by_number = |list: &str, number: i64| {
        let nodes = data[list]["nodes"].as_array().unwrap();
        nodes.iter().find(|node| node["legacyId"] == number).unwrap()["id"].clone()
    };
    let fields = data["customFields"]["nodes"].as_array().unwrap();
    let field = |label: &str| fields.iter().find(|field| field["label"] == label).unwrap();
    let option = |label: &str, number: i64| {
        let options = field(label)["options"].as_array().unwrap();
        options.iter().find(|option| option["legacyId"] == number).unwrap()["id"].clone()
    };
    let value = |label: &str, value: Value| json!({"customFieldId": field(label)["id"], "value": value});
    json!({
        "companyName": "TechCorp Solutions", "email": "contact@techcorp.com", "phoneNumber": "+1-555-123-4567",
        "firstName": "John", "lastName": "Smith", "source": "PARTNERSHIP", "associationType": "REFERRAL",
        "partnershipLead": {
            "partnershipId": data["partnerships"]["nodes"][0]["id"],
            "partnersCompanyId": data["partnerCompanies"]["nodes"][0]["id"],
            "sendToPartner": true,
            "partnerUsers": to.people.iter().map(|person| by_number("partnerUsers", *person)).collect::<Vec<_>>(),
            "sentBy": {"email": "s@partner.test", "companyName": "Partner"},
            "partnersCompanyName": "As written",
        },
        "tags": to.tags.iter().map(|tag| by_number("tags", tag.id)).collect::<Vec<_>>(),
        "customFields": [
            value("Budget", json!({"number": 100_000})),
            value("Note", json!({"text": "High-value prospect from referral"})),
            value("Size", json!({"select": option("Size", 2)})),
            value("Colours", json!({"multiSelect": [option("Colours", 3), option("Colours", 1)]})),
            value("Due", json!({"date": "2024-02-29"})),
            value("Known", json!({"boolean": true})),
        ],
        "attributions": [{"id": data["attributionSources"]["nodes"][0]["id"], "attributedDate": "2024-01-15T10:30:00Z"}],
        "integrationName": "PIPEDRIVE",
        "integrationCustomFields": [{"uuid": "0190e5a0-0000-7000-8000-000000000001", "value": {"a": null}}],
        "powerups": {
            "pipedrive": {"personId": 1, "organizationId": 2, "dealId": 3}, "extra": {"crm": {"x": [1]}},
        },
    })
}

async fn an_edit_is_the_same_through_journeybees_route_and_graphql(shim: TestApp) {
    use leadgraph::domain::Change;
    use leadgraph::domain::Ref;
    use leadgraph::domain::leads::LeadStatus;
    use leadgraph::domain::leads::edit::{
        FieldEdit, LeadEdit, LeadTarget, NewFieldValue, NewValue, SetEdit, StatusChange, edit,
    };
    let domain = TestApp::set_up(shim.db.backend).await;
    let (to, there) = (referred(&shim).await, referred(&domain).await);
    let id = shim.journeybee().post(&reference(&to)).await.expect(201).json()["id"].clone();
    domain.journeybee().post(&reference(&there)).await.expect(201);
    let body = json!({
        "email": "new@techcorp.com", "last_name": null, "status": "qualified", "tags": [to.tags[1].id],
        "assignedUsers": [shim.home.owner.id],
        "customFields": [
            {"customFieldId": to.number.id, "type": "number", "value": {"number": 1.5}},
            {"customFieldId": to.text.id, "type": "text", "value": null}
        ]
    });
    let path = format!("leads/{id}");
    shim.journeybee_at(&path)
        .send(reqwest::Method::PATCH, body.to_string())
        .await
        .expect(200);
    let mut change = LeadEdit {
        status: Some(StatusChange::to(LeadStatus::Qualified)),
        tags: Some(SetEdit::Replace(vec![Ref::Uuid(there.tags[1].uuid)])),
        assignees: Some(SetEdit::Replace(vec![Ref::Uuid(domain.home.owner.uuid)])),
        fields: vec![
            FieldEdit::Set(NewFieldValue {
                field: Ref::Uuid(there.number.uuid),
                declared_type: None,
                value: NewValue::Number(1.5),
            }),
            FieldEdit::Clear(Ref::Uuid(there.text.uuid)),
        ],
        ..LeadEdit::default()
    };
    change.contact.email = Change::Set("new@techcorp.com".to_owned());
    change.contact.last_name = Change::Clear;
    let caller = domain.authenticator().api_key(&domain.home.key).await.unwrap();
    let op = leadgraph::domain::op::Op::new(
        domain.services().clone(),
        caller,
        leadgraph::domain::caller::Door::Graphql,
    );
    let target = LeadTarget {
        lead: Ref::Id(id.as_i64().unwrap()),
        expected_version: Some(1),
    };
    edit(&op, target, change).await.unwrap();
    assert_same(&shim, &domain).await;
}

async fn graphql_refuses_what_the_routes_refuse(app: TestApp) {
    let capture = async |input: Value| {
        let mutation = "mutation($input: CreateServerSideLeadInput!) { createServerSideLead(input: $input) {
            lead { id } userErrors { code message path } } }";
        app.with_key(&app.home.key)
            .data(mutation, json!({"input": input}))
            .await["createServerSideLead"]
            .clone()
    };
    let project = app.home.project.public_id.clone();
    let refused = capture(json!({"projectId": project, "userData": {"email": " "}})).await;
    assert_eq!(
        refused["userErrors"][0]["message"],
        "At least one of userData or attributionData must contain data"
    );
    let long =
        capture(json!({"projectId": project, "userData": {"email": "a@b.co"}, "uniqueIdentifier": "x".repeat(256)}));
    assert_eq!(long.await["userErrors"][0]["path"], json!(["uniqueIdentifier"]));
    let both = json!({"projectId": project, "userData": {"email": "a@b.co", "extra": {"email": "other@b.co"}}});
    assert_eq!(capture(both).await["lead"], Value::Null);

    let spring = app.home.campaign("Spring").await;
    let posted = json!({"associationType": "campaigns", "companyCampaignId": spring.id, "email": "a@b.co"});
    let first = app.journeybee().post(&posted).await.expect(201).json();
    let campaigns = app.as_owner().data("{ campaigns { nodes { id } } }", json!({})).await;
    let input = json!({
        "associationType": "CAMPAIGNS", "companyCampaignId": campaigns["campaigns"]["nodes"][0]["id"], "email": "A@b.co"
    });
    let mutation = "mutation($input: CreateLeadInput!) { createLead(input: $input) {
        lead { id } userErrors { code existingLeadId } } }";
    let answer = app
        .with_key(&app.home.key)
        .data(mutation, json!({"input": input}))
        .await;
    let error = &answer["createLead"]["userErrors"][0];
    assert_eq!(error["code"], "DUPLICATE_LEAD");
    let existing = "query($id: ID!) { node(id: $id) { ... on Lead { legacyId } } }";
    let existing = app
        .as_owner()
        .data(existing, json!({"id": error["existingLeadId"]}))
        .await;
    assert_eq!(existing["node"]["legacyId"], first["id"]);
    assert_eq!(app.number("SELECT count(*) FROM leads").await, 1);
}
