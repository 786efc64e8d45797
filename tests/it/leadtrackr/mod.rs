//! LeadTrackr's route, decision by decision, as its clients see it.

mod access;
mod conversions;
mod reads;
mod refusals;
mod updates;

use serde_json::{Value, json};

use crate::harness::{Case, TestApp, both};

pub fn cases() -> Vec<Case> {
    let own = vec![
        both(the_reference_request_creates_a_lead_and_the_same_event_id_updates_it),
        both(values_that_are_no_text_or_absent_are_taken_as_the_clients_mean_them),
        both(blank_values_alone_are_no_data),
        both(an_alias_counts_only_where_the_documented_name_has_nothing),
        both(json_is_read_whatever_the_content_type),
        both(a_lead_always_starts_new_and_open),
        both(null_characters_are_dropped),
        both(ids_are_shared_by_the_doors_and_fit_into_json_numbers),
    ];
    let parts = [
        own,
        access::cases(),
        conversions::cases(),
        reads::cases(),
        refusals::cases(),
        updates::cases(),
    ];
    parts.into_iter().flatten().collect()
}

pub fn reference(project: &str) -> Value {
    json!({
        "projectId": project,
        "userData": {
            "firstName": "Jane", "lastName": "Smith", "email": "jane@example.com",
            "phone": "+31687654321", "companyName": "Acme Inc."
        },
        "attributionData": {"gclid": "xyz789", "cid": "9876543210.9876543210", "fbp": "fb.1.1612345678.9876543210"},
        "formData": {
            "formName": "Contact Form", "formMessage": "Interested in your services", "uniqueEventId": "evt_xyz789"
        },
        "deviceData": {"ipAddress": "203.0.113.50", "userAgent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"},
        "uniqueIdentifier": "crm-lead-789"
    })
}

pub async fn leads(app: &TestApp) -> i64 {
    app.number("SELECT count(*) FROM leads").await
}

/// The row that an answer speaks of.
pub async fn lead(app: &TestApp, answer: &crate::harness::Answer) -> Value {
    let id = answer.clone().expect(201).json()["leadId"].as_i64().unwrap();
    app.db.row(&format!("SELECT * FROM leads WHERE id = {id}")).await
}

async fn the_reference_request_creates_a_lead_and_the_same_event_id_updates_it(app: TestApp) {
    let body = reference(&app.home.project.public_id);
    let created = app.leadtrackr().post(&body).await.expect(201);
    let row = lead(&app, &created).await;
    let id = row["id"].as_i64().unwrap();
    assert_eq!(
        created.text,
        format!(r#"{{"message":"Lead created successfully","leadId":{id},"uniqueIdentifier":"crm-lead-789"}}"#)
    );
    assert_eq!(created.header("content-type"), Some("application/json"));
    for (column, value) in [
        ("first_name", "Jane"),
        ("last_name", "Smith"),
        ("email", "jane@example.com"),
        ("phone", "+31687654321"),
        ("company_name", "Acme Inc."),
        ("form_name", "Contact Form"),
        ("form_message", "Interested in your services"),
        ("unique_event_id", "evt_xyz789"),
        ("external_id", "crm-lead-789"),
        ("origin", "leadtrackr_shim"),
    ] {
        assert_eq!(row[column], value, "{column}");
    }
    for (column, member) in [
        ("user_data", "userData"),
        ("attribution_data", "attributionData"),
        ("form_data", "formData"),
        ("device_data", "deviceData"),
    ] {
        assert_eq!(row[column], body[member], "{column}");
    }
    let kept = app.db.row("SELECT body, channel FROM intake_payloads").await;
    assert_eq!(kept["body"], body.to_string());

    let updated = app.leadtrackr().post(&body).await.expect(201);
    let message =
        format!(r#"{{"message":"Lead updated successfully","leadId":{id},"uniqueIdentifier":"crm-lead-789"}}"#);
    assert_eq!(updated.text, message);
    assert_eq!(leads(&app).await, 1);
}

/// A7, A10, A13, A14, A21, A23: odd, but no reason to lose a lead.
async fn values_that_are_no_text_or_absent_are_taken_as_the_clients_mean_them(app: TestApp) {
    let numbered = app.home.project("16").await;
    let row = lead(&app, &app.leadtrackr().post(&json!({
        "projectId": 16,
        "userData": {"email": 5, "firstName": true, "lastName": ["x"], "phone": "not a number", "nick": {"a": 1}},
        "attributionData": null, "formData": {"formId": 7, "uniqueEventId": 42}, "deviceData": "",
        "uniqueIdentifier": 1234,
    })).await).await;
    assert_eq!(row["project_id"], numbered.id);
    assert_eq!((&row["email"], &row["first_name"]), (&json!("5"), &json!("true")));
    assert_eq!(
        (&row["last_name"], &row["phone"]),
        (&Value::Null, &json!("not a number"))
    );
    assert_eq!(
        (&row["unique_event_id"], &row["external_id"]),
        (&json!("42"), &json!("1234"))
    );
    assert_eq!(row["user_data"]["nick"], json!({"a": 1}));
    assert_eq!(row["form_data"]["formId"], 7);

    let project = app.home.project.public_id.clone();
    for (members, identifier) in [
        (
            json!({"formData": [], "deviceData": [], "attributionData": [], "uniqueIdentifier": " "}),
            Value::Null,
        ),
        (
            json!({"formData": {"uniqueEventId": "  "}, "uniqueIdentifier": null}),
            Value::Null,
        ),
        (
            json!({"uniqueIdentifier": format!(" {} ", "ü".repeat(255))}),
            json!("ü".repeat(255)),
        ),
        (json!({"userData": [], "attributionData": {"gclid": "x"}}), Value::Null),
        (json!({"userData": {"a": false}}), Value::Null),
        (json!({"userData": {"a": 0}}), Value::Null),
    ] {
        let mut body = json!({"projectId": project, "userData": {"email": "a@b.co"}});
        body.as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        let answer = app.leadtrackr().post(&body).await.expect(201);
        assert_eq!(answer.json()["uniqueIdentifier"], identifier, "{body}");
        assert_eq!(answer.json()["message"], "Lead created successfully", "{body}");
        assert_eq!(lead(&app, &answer).await["unique_event_id"], Value::Null);
    }
    // A22: no e-mail is unique here.
    assert_eq!(leads(&app).await, 7);
}

/// A9.
async fn blank_values_alone_are_no_data(app: TestApp) {
    let project = app.home.project.public_id.clone();
    let blank = json!({"fbc": "", "fbp": "", "gclid": "", "wbraid": "", "cid": ""});
    let post = async |user: Value, attribution: Value| {
        let body = json!({"projectId": project, "userData": user, "attributionData": attribution});
        app.leadtrackr().post(&body).await.status
    };
    assert_eq!(post(json!({}), blank.clone()).await, 400);
    assert_eq!(post(json!({"email": "a@b.co"}), blank).await, 201);
    assert_eq!(post(json!({}), json!({"consent": {"ad_storage": "denied"}})).await, 201);
    assert_eq!(post(json!({"email": "\u{a0}"}), json!({})).await, 400);
}

/// A11.
async fn an_alias_counts_only_where_the_documented_name_has_nothing(app: TestApp) {
    let project = app.home.project.public_id.clone();
    let post = async |members: Value| {
        let mut body = json!({"projectId": project, "userData": {"email": "a@b.co"}});
        body.as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        lead(&app, &app.leadtrackr().post(&body).await).await
    };
    let company = async |user: Value| post(json!({"userData": user})).await["company_name"].clone();
    assert_eq!(company(json!({"company": "A"})).await, "A");
    assert_eq!(company(json!({"company": "A", "companyName": "B"})).await, "B");
    assert_eq!(company(json!({"company": "A", "companyName": " "})).await, "A");
    let identifier = async |members: Value| post(members).await["external_id"].clone();
    assert_eq!(identifier(json!({"unique_identifier": "a"})).await, "a");
    assert_eq!(
        identifier(json!({"unique_identifier": "a", "uniqueIdentifier": "b"})).await,
        "b"
    );
    assert_eq!(
        identifier(json!({"unique_identifier": "a", "uniqueIdentifier": ""})).await,
        "a"
    );
    let flow = async |members: Value| post(members).await["channel_flow"].clone();
    assert_eq!(flow(json!({"lt_channelflow": "x"})).await, "x");
    assert_eq!(flow(json!({"lt_channelflow": "x", "channelFlow": "y"})).await, "y");
    assert_eq!(flow(json!({"lt_channelflow": "x", "channelFlow": []})).await, "x");
    assert_eq!(flow(json!({"lt_channelflow": "x", "channelFlow": ""})).await, "x");
    let device = post(json!({"deviceData": {"ipAdress": "192.0.2.1"}})).await["device_data"].clone();
    assert_eq!(device["ipAddress"], "192.0.2.1");
    // Nothing else is folded.
    assert_eq!(company(json!({"CompanyName": "A"})).await, Value::Null);
}

/// A25.
async fn json_is_read_whatever_the_content_type(app: TestApp) {
    let body = reference(&app.home.project.public_id);
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=utf-8",
        "x",
    ] {
        app.leadtrackr()
            .header("content-type", content_type)
            .post(&body)
            .await
            .expect(201);
    }
    app.leadtrackr().without("content-type").post(&body).await.expect(201);
    app.leadtrackr()
        .post_raw(vec![0xff, 0xfe, b'{', b'}'])
        .await
        .expect(400);
}

/// A19, A20.
async fn a_lead_always_starts_new_and_open(app: TestApp) {
    let mut body = reference(&app.home.project.public_id);
    for (name, value) in [
        ("status", "converted"),
        ("platform", "x"),
        ("createdBy", "me"),
        ("unheardOf", "kept"),
    ] {
        body[name] = json!(value);
    }
    body["formData"]["formCustomField1"] = json!({"deep": [1, null]});
    let row = lead(&app, &app.leadtrackr().post(&body).await).await;
    assert_eq!(
        (&row["status"], &row["processing_state"]),
        (&json!("new"), &json!("open"))
    );
    assert_eq!(row["form_data"]["formCustomField1"], json!({"deep": [1, null]}));
    let kept = app.db.row("SELECT body FROM intake_payloads").await;
    assert_eq!(kept["body"], body.to_string());
}

async fn null_characters_are_dropped(app: TestApp) {
    let body = json!({
        "projectId": app.home.project.public_id,
        "userData": {"email": "a\u{0}@b.co", "n\u{0}ick": "\u{0}x", "list": ["\u{0}"]},
        "formData": {"formName": "\u{0}", "uniqueEventId": "e\u{0}1"},
        "channelFlow": "\u{0}flow",
        "uniqueIdentifier": "a\u{0}b",
    });
    let answer = app.leadtrackr().post(&body).await;
    let row = lead(&app, &answer).await;
    assert_eq!(row["email"], "a@b.co");
    assert_eq!(row["user_data"]["nick"], "x");
    assert_eq!(
        (&row["external_id"], &row["unique_event_id"]),
        (&json!("ab"), &json!("e1"))
    );
    assert!(!row.to_string().contains("\\u0000"), "{row}");
}

/// A27.
async fn ids_are_shared_by_the_doors_and_fit_into_json_numbers(app: TestApp) {
    let first = app
        .leadtrackr()
        .post(&reference(&app.home.project.public_id))
        .await
        .expect(201);
    let id = first.json()["leadId"].as_i64().unwrap();
    assert!((1..=(1 << 53) - 1).contains(&id));
    let campaign = app.home.campaign("Spring").await;
    let body = json!({"associationType": "campaigns", "companyCampaignId": campaign.id, "email": "b@b.co"});
    let second = app.journeybee().post(&body).await.expect(201).json();
    assert_eq!(second["id"], id + 1);
}
