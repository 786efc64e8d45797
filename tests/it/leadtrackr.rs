//! LeadTrackr's route, decision by decision, as its clients see it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Case, TestApp, both, workspace};

pub fn cases() -> Vec<Case> {
    vec![
        both(the_reference_request_creates_a_lead_and_the_same_event_id_updates_it),
        both(a_body_that_breaks_a_rule_is_refused_with_the_documented_message_and_stores_nothing),
        both(checks_come_in_their_documented_order),
        both(a_key_that_may_not_post_here_is_refused),
        both(a_project_that_takes_no_leads_from_this_key_is_refused),
        both(values_that_are_no_text_or_absent_are_taken_as_the_clients_mean_them),
        both(blank_values_alone_are_no_data),
        both(an_alias_counts_only_where_the_documented_name_has_nothing),
        both(other_methods_and_browsers_are_answered),
        both(json_is_read_whatever_the_content_type),
        both(a_body_that_is_too_large_is_refused),
        both(the_public_route_is_not_mounted),
        both(a_lead_always_starts_new_and_open),
        both(null_characters_are_dropped),
        both(ids_are_shared_by_the_doors_and_fit_into_json_numbers),
    ]
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

/// A7 to A14, A25: each row is a body and what it gets.
async fn a_body_that_breaks_a_rule_is_refused_with_the_documented_message_and_stores_nothing(app: TestApp) {
    let project = app.home.project.public_id.clone();
    let with = |members: Value| {
        let mut body = json!({"projectId": project, "userData": {"email": "a@b.co"}});
        body.as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        body.to_string()
    };
    let long = |length: usize| "x".repeat(length);
    const NO_PROJECT: &str = "Missing required field: projectId";
    const NO_DATA: &str = "Missing required field: userData";
    const NOTHING: &str = "At least one of userData or attributionData must contain data";
    const NO_JSON: &str = "Invalid JSON body";
    let refused = [
        (String::new(), NO_JSON),
        ("{".to_owned(), NO_JSON),
        ("nonsense".to_owned(), NO_JSON),
        ("[]".to_owned(), NO_JSON),
        ("null".to_owned(), NO_JSON),
        (r#""text""#.to_owned(), NO_JSON),
        (json!({"userData": {"email": "a@b.co"}}).to_string(), NO_PROJECT),
        (with(json!({"projectId": null})), NO_PROJECT),
        (with(json!({"projectId": ""})), NO_PROJECT),
        (with(json!({"projectId": "  "})), NO_PROJECT),
        (with(json!({"projectId": {}})), "Invalid field: projectId"),
        (with(json!({"projectId": true})), "Invalid field: projectId"),
        (with(json!({"projectId": 1.5})), "Invalid field: projectId"),
        (
            json!({"projectId": project, "attributionData": {"gclid": "x"}}).to_string(),
            NO_DATA,
        ),
        (with(json!({"userData": null})), NO_DATA),
        (with(json!({"userData": "Jane"})), "Invalid field: userData"),
        (with(json!({"userData": 5})), "Invalid field: userData"),
        (with(json!({"userData": ["Jane"]})), "Invalid field: userData"),
        (with(json!({"userData": {}})), NOTHING),
        (with(json!({"userData": []})), NOTHING),
        (
            with(json!({"userData": {"email": " "}, "attributionData": {"fbc": ""}})),
            NOTHING,
        ),
        (
            with(json!({"userData": {"a": null, "b": [], "c": {"d": " \t"}}})),
            NOTHING,
        ),
        (
            with(json!({"attributionData": "gclid"})),
            "Invalid field: attributionData",
        ),
        (with(json!({"attributionData": [1]})), "Invalid field: attributionData"),
        (with(json!({"formData": 5})), "Invalid field: formData"),
        (with(json!({"formData": ["x"]})), "Invalid field: formData"),
        (with(json!({"deviceData": true})), "Invalid field: deviceData"),
        (
            with(json!({"uniqueIdentifier": long(256)})),
            "uniqueIdentifier must be at most 255 characters",
        ),
        (
            with(json!({"unique_identifier": long(256)})),
            "uniqueIdentifier must be at most 255 characters",
        ),
        (
            with(json!({"channelFlow": long(65 * 1024)})),
            "channelFlow is too large",
        ),
    ];
    for (body, message) in refused {
        let shown: String = body.chars().take(200).collect();
        let answer = app.leadtrackr().post_raw(body).await;
        assert_eq!(answer.status, 400, "{shown}: {}", answer.text);
        assert_eq!(answer.json()["message"], message, "{shown}");
        assert!(answer.text.starts_with(r#"{"message":"#), "{}", answer.text);
    }
    let too_long = app
        .leadtrackr()
        .post_raw(with(json!({"formData": {"uniqueEventId": long(256)}})))
        .await;
    assert_eq!(too_long.status, 400);
    assert_eq!(leads(&app).await, 0);
    assert_eq!(app.number("SELECT count(*) FROM intake_payloads").await, 0);
    assert_eq!(
        app.number("SELECT count(*) FROM events WHERE subject_kind = 'lead'")
            .await,
        0
    );
}

/// A1.
async fn checks_come_in_their_documented_order(app: TestApp) {
    let project = app.home.project.public_id.clone();
    let huge = "x".repeat(300 * 1024);
    let route = app.leadtrackr();
    let anonymous = route.clone().without("x-api-key");
    assert_eq!(anonymous.send(Method::PUT, huge.clone()).await.status, 405);
    assert_eq!(anonymous.post_raw(huge.clone()).await.status, 401);
    assert_eq!(
        route
            .clone()
            .key(&app.home.read_only_key)
            .post_raw(huge.clone())
            .await
            .status,
        403
    );
    assert_eq!(route.post_raw(huge).await.status, 413);
    assert_eq!(route.post_raw("{").await.status, 400);
    let message = async |body: Value| {
        let answer = route.post(&body).await;
        (answer.status, answer.json()["message"].as_str().unwrap().to_owned())
    };
    assert_eq!(
        message(json!({})).await,
        (400, "Missing required field: projectId".into())
    );
    assert_eq!(
        message(json!({"projectId": "none"})).await,
        (404, "Project not found".into())
    );
    assert_eq!(
        message(json!({"projectId": project})).await,
        (400, "Missing required field: userData".into())
    );
    let nothing = json!({"projectId": project, "userData": {}, "uniqueIdentifier": "x".repeat(256)});
    assert!(message(nothing).await.1.starts_with("At least one of"));
    app.home.deactivate().await;
    assert_eq!(
        message(json!({"projectId": project})).await,
        (403, "Project is inactive".into())
    );
}

/// A2, A5.
async fn a_key_that_may_not_post_here_is_refused(app: TestApp) {
    let body = reference(&app.home.project.public_id);
    let read_write = leadgraph::domain::caller::Scopes::READ_WRITE;
    let (revoked, revoked_key) = app.home.key_with(workspace::api_key(read_write, None)).await;
    leadgraph::domain::api_keys::revoke(&app.home.op(), revoked.uuid)
        .await
        .unwrap();
    let soon = app.services().now() + chrono::Duration::milliseconds(300);
    let (_, expired_key) = app.home.key_with(workspace::api_key(read_write, Some(soon))).await;
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;

    const MISSING: (u16, &str) = (401, "Missing X-API-Key header");
    const INVALID: (u16, &str) = (401, "Invalid API key");
    let route = app.leadtrackr();
    let bearer = format!("Bearer {}", app.home.key);
    let cases = [
        ("none", route.clone().without("x-api-key"), MISSING),
        ("blank", route.clone().header("x-api-key", "  "), MISSING),
        (
            "another header",
            route.clone().without("x-api-key").header("authorization", &bearer),
            MISSING,
        ),
        (
            "unknown",
            route.clone().key("3c7ff02e-0000-4000-8000-2f6c1b7a9d10"),
            INVALID,
        ),
        ("no key at all", route.clone().key("nonsense"), INVALID),
        ("not ASCII", route.clone().key("schlüssel"), INVALID),
        ("a token", route.clone().key(&app.home.token), INVALID),
        ("revoked", route.clone().key(&revoked_key), INVALID),
        ("expired", route.clone().key(&expired_key), INVALID),
        (
            "read-only",
            route.clone().key(&app.home.read_only_key),
            (403, "Write access required"),
        ),
    ];
    for (name, route, (status, message)) in cases {
        let answer = route.post(&body).await;
        assert_eq!(
            (answer.status, answer.json()["message"].as_str().unwrap()),
            (status, message),
            "{name}"
        );
    }
    assert_eq!(leads(&app).await, 0);
    route
        .clone()
        .key(&app.home.write_only_key)
        .post(&body)
        .await
        .expect(201);
    let spelt = route.without("x-api-key").header("X-Api-Key", &app.home.bound_key);
    spelt.post(&body).await.expect(201);
}

/// A3, A6.
async fn a_project_that_takes_no_leads_from_this_key_is_refused(app: TestApp) {
    let foreign = app.workspace("Other").await;
    let post = async |key: &str, project: &str| {
        let answer = app.leadtrackr().key(key).post(&reference(project)).await;
        (answer.status, answer.json()["message"].as_str().unwrap().to_owned())
    };
    let not_found = (404, "Project not found".to_owned());
    assert_eq!(post(&app.home.key, &foreign.project.public_id).await, not_found);
    assert_eq!(post(&app.home.key, "unknown").await, not_found);
    assert_eq!(post(&app.home.bound_key, &foreign.project.public_id).await, not_found);
    let other = app.home.other_project.public_id.clone();
    assert_eq!(
        post(&app.home.bound_key, &other).await,
        (401, "Invalid API key".to_owned())
    );
    assert_eq!(post(&app.home.key, &other).await.0, 201);
    app.home.deactivate().await;
    let inactive = (403, "Project is inactive".to_owned());
    assert_eq!(post(&app.home.key, &app.home.project.public_id).await, inactive);
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

/// A24.
async fn other_methods_and_browsers_are_answered(app: TestApp) {
    let route = app.leadtrackr();
    for method in [Method::GET, Method::PUT, Method::PATCH, Method::DELETE] {
        let answer = route.send(method.clone(), "").await.expect(405);
        assert_eq!(answer.json()["message"], "Method not allowed");
        assert!(answer.header("allow").unwrap().contains("POST"), "{method}");
    }
    let preflight = route
        .clone()
        .without("x-api-key")
        .header("origin", "https://shop.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type,x-api-key")
        .send(Method::OPTIONS, "")
        .await
        .expect(204);
    assert_eq!(preflight.header("access-control-allow-origin"), Some("*"));
    let headers = preflight.header("access-control-allow-headers").unwrap().to_lowercase();
    assert!(
        headers.contains("x-api-key") && headers.contains("content-type") || headers == "*",
        "{headers}"
    );
    for key in [&app.home.key, "wrong"] {
        let answer = route
            .clone()
            .key(key)
            .post(&reference(&app.home.project.public_id))
            .await;
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    }
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

/// A26.
async fn a_body_that_is_too_large_is_refused(app: TestApp) {
    let body = |length: usize| {
        let mut body = reference(&app.home.project.public_id);
        body["formData"]["story"] = json!("x".repeat(length));
        body
    };
    app.leadtrackr().post(&body(250 * 1024)).await.expect(201);
    let refused = app.leadtrackr().post(&body(256 * 1024)).await.expect(413);
    assert_eq!(refused.json()["message"], "Payload too large");
    assert_eq!(leads(&app).await, 1);
}

/// A28.
async fn the_public_route_is_not_mounted(app: TestApp) {
    let body = reference(&app.home.project.public_id);
    app.route("/api/leads/createLead").post(&body).await.expect(404);
    assert_eq!(leads(&app).await, 0);
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
