//! LeadTrackr's route: what a second post of one event does, and what its real clients send.

use serde_json::{Value, json};

use super::{lead, leads, reference};
use crate::harness::{Case, TestApp, both};

pub fn cases() -> Vec<Case> {
    vec![
        both(an_update_fills_in_and_never_blanks_out),
        both(an_update_touches_nothing_that_people_have_set),
        both(a_repeated_post_changes_nothing_and_says_so),
        both(an_event_id_is_unique_in_its_project_and_exact),
        both(an_event_id_of_a_deleted_lead_makes_a_new_one),
        both(every_clients_shape_is_stored_whole),
        both(a_channel_flow_becomes_touchpoints_in_every_form_it_comes_in),
        both(a_broken_channel_flow_loses_no_lead),
        both(click_ids_and_consents_are_read_out_of_the_attribution),
        both(form_fields_merge_as_objects_and_are_replaced_as_lists),
    ]
}

fn event(app: &TestApp, members: Value) -> Value {
    let mut body = json!({"projectId": app.home.project.public_id, "userData": {}, "formData": {}});
    body.as_object_mut()
        .unwrap()
        .extend(members.as_object().unwrap().clone());
    body["formData"]["uniqueEventId"] = json!("e1");
    body
}

/// A17, A18.
async fn an_update_fills_in_and_never_blanks_out(app: TestApp) {
    let first = event(
        &app,
        json!({
            "userData": {"email": "a@b.co", "firstName": "Ada", "note": "one"},
            "attributionData": {"gclid": "g1", "consent": {"ad_storage": "granted"}},
            "deviceData": {"userAgent": "U"}, "channelFlow": "one", "uniqueIdentifier": "crm-1",
        }),
    );
    let created = app.leadtrackr().post(&first).await;
    let before = lead(&app, &created).await;
    let second = event(
        &app,
        json!({
            "userData": {"email": " ", "firstName": null, "phone": "+31612345678", "note": "two"},
            "attributionData": {"gclid": "", "fbp": "f1", "consent": {"analytics_storage": "denied"}},
            "deviceData": {"ipAddress": "192.0.2.1", "userAgent": ""}, "channelFlow": [], "uniqueIdentifier": "",
        }),
    );
    let updated = app.leadtrackr().post(&second).await.expect(201);
    assert_eq!(updated.json()["message"], "Lead updated successfully");
    assert_eq!(updated.json()["uniqueIdentifier"], "crm-1");
    let row = lead(&app, &updated).await;
    assert_eq!((&row["email"], &row["first_name"]), (&json!("a@b.co"), &json!("Ada")));
    assert_eq!(
        (&row["phone"], &row["channel_flow"]),
        (&json!("+31612345678"), &json!("one"))
    );
    assert_eq!(row["user_data"]["note"], "two");
    assert_eq!(
        row["attribution_data"],
        json!({"gclid": "g1", "fbp": "f1", "consent": {"ad_storage": "granted", "analytics_storage": "denied"}})
    );
    assert_eq!(row["device_data"], json!({"userAgent": "U", "ipAddress": "192.0.2.1"}));
    assert_eq!(
        (&row["id"], &row["uuid"], &row["created_at"]),
        (&before["id"], &before["uuid"], &before["created_at"])
    );
    assert_eq!(
        row["version"].as_i64(),
        before["version"].as_i64().map(|version| version + 1)
    );

    let renamed = event(
        &app,
        json!({"userData": {"email": "new@b.co"}, "uniqueIdentifier": "crm-2"}),
    );
    let answer = app.leadtrackr().post(&renamed).await.expect(201);
    assert_eq!(answer.json()["uniqueIdentifier"], "crm-2");
    assert_eq!(lead(&app, &answer).await["email"], "new@b.co");
    assert_eq!(leads(&app).await, 1);
}

async fn an_update_touches_nothing_that_people_have_set(app: TestApp) {
    let first = event(&app, json!({"userData": {"email": "a@b.co"}}));
    let id = app.leadtrackr().post(&first).await.expect(201).json()["leadId"].clone();
    let tag = app.home.lead_tag("Hot").await;
    app.db
        .execute(&format!(
            "UPDATE leads SET status = 'qualified', processing_state = 'done' WHERE id = {id}"
        ))
        .await;
    let link = format!(
        "INSERT INTO lead_tags (workspace_id, lead_id, tag_id) VALUES ({}, {id}, {})",
        app.home.id(),
        tag.id
    );
    app.db.execute(&link).await;
    let second = event(&app, json!({"userData": {"phone": "1"}, "status": "new"}));
    let row = lead(&app, &app.leadtrackr().post(&second).await).await;
    assert_eq!(
        (&row["status"], &row["processing_state"]),
        (&json!("qualified"), &json!("done"))
    );
    assert_eq!(app.number("SELECT count(*) FROM lead_tags").await, 1);
}

async fn a_repeated_post_changes_nothing_and_says_so(app: TestApp) {
    let body = reference(&app.home.project.public_id);
    let before = lead(&app, &app.leadtrackr().post(&body).await).await;
    let events = "SELECT count(*) FROM events WHERE subject_kind = 'lead'";
    assert_eq!(app.number(events).await, 1);
    let answer = app.leadtrackr().post(&body).await;
    assert_eq!(answer.json()["message"], "Lead updated successfully");
    assert_eq!(lead(&app, &answer).await, before);
    assert_eq!(app.number(events).await, 1);
    let changed = event(
        &app,
        json!({"formData": {"uniqueEventId": "evt_xyz789"}, "userData": {"firstName": "Janet"}}),
    );
    let mut changed = changed;
    changed["formData"]["uniqueEventId"] = json!("evt_xyz789");
    app.leadtrackr().post(&changed).await.expect(201);
    let event = app
        .db
        .row("SELECT event_type, changes FROM events WHERE event_type = 'lead.updated'")
        .await;
    assert_eq!(
        event["changes"]["fields"]["firstName"],
        json!({"from": "Jane", "to": "Janet"})
    );
    assert!(event["changes"]["fields"].get("email").is_none(), "{event}");
}

/// A14.
async fn an_event_id_is_unique_in_its_project_and_exact(app: TestApp) {
    let other = app.workspace("Other").await;
    let post = async |key: &str, project: &str, event: &str| {
        let mut body = reference(project);
        body["formData"]["uniqueEventId"] = json!(event);
        let answer = app.leadtrackr().key(key).post(&body).await.expect(201).json();
        (
            answer["leadId"].as_i64().unwrap(),
            answer["message"] == "Lead created successfully",
        )
    };
    let home = (&app.home.key, &app.home.project.public_id);
    let (first, created) = post(home.0, home.1, "Evt").await;
    assert!(created);
    assert_eq!(post(home.0, home.1, " Evt ").await, (first, false));
    assert!(post(home.0, home.1, "evt").await.1);
    assert!(post(home.0, home.1, "Evt2").await.1);
    assert!(post(home.0, &app.home.other_project.public_id, "Evt").await.1);
    assert!(post(&other.key, &other.project.public_id, "Evt").await.1);
    let longest = "é".repeat(255);
    assert!(post(home.0, home.1, &longest).await.1);
    assert!(!post(home.0, home.1, &longest).await.1);
}

async fn an_event_id_of_a_deleted_lead_makes_a_new_one(app: TestApp) {
    let body = event(&app, json!({"userData": {"email": "a@b.co"}}));
    let first = lead(&app, &app.leadtrackr().post(&body).await).await;
    app.db.execute("UPDATE leads SET deleted_at = created_at").await;
    let answer = app.leadtrackr().post(&body).await;
    assert_eq!(answer.json()["message"], "Lead created successfully");
    assert_ne!(lead(&app, &answer).await["id"], first["id"]);
}

/// DOMAIN knows five clients; each sends the same things in another way.
async fn every_clients_shape_is_stored_whole(app: TestApp) {
    let cookie = r#"[{"t":1700000000000,"ch":{"s":"google","m":"cpc"},"lp":"/a"}]"#;
    let bodies = [
        json!({ // WordPress, old: PHP writes an empty array for an empty object
            "lt_channelflow": cookie, "userData": {"email": "a@b.co", "company": "C"}, "deviceData": [], "attributionData": [],
            "formData": {"formId": 3, "customFormName": "F", "formFields": [{"Label": "v"}, {"Other": "w"}]},
        }),
        json!({ // WordPress, new
            "channelFlow": [{"t": 1_700_000_000_000_i64, "ch": {"s": "google", "m": "cpc"}, "lp": "/a"}],
            "userData": {"email": "a@b.co", "company": "C"}, "formData": {"formId": "3", "formFields": []},
        }),
        json!({ // tag manager in the browser
            "channelFlow": [{"t": 1_700_000_000_000_i64, "ch": {"s": "google", "m": "cpc"}, "lp": "/a"}],
            "userData": {"email": "a@b.co", "companyName": "C"}, "formData": {"formFields": {"Label": "v"}},
            "attributionData": {"fbc": "", "fbp": "", "gclid": "", "wbraid": "", "cid": ""},
        }),
        json!({ // tag manager on a server
            "channelFlow": [{"t": 1_700_000_000_000_i64, "ch": {"s": "google", "m": "cpc"}, "lp": "/a"}],
            "userData": {"companyName": "C"}, "uniqueIdentifier": "u-1", "deviceData": {"ipAdress": "127.0.0.1"},
            "attributionData": {"consent": {"ad_storage": "granted"}, "conversionPage": "shop.example/thanks", "gclid": "g"},
        }),
        json!({ // chat bot
            "channelFlow": [{"t": 1_700_000_000_000_i64, "ch": {"s": "google", "m": "cpc"}, "lp": "/a"}],
            "userData": {"companyName": "C"},
            "formData": {"uniqueEventId": "ltb-1700000000000-x7", "formFields": {"message": "Hi", "page_url": "https://x.test/"}},
        }),
    ];
    for mut body in bodies {
        body["projectId"] = json!(app.home.project.public_id);
        let row = lead(&app, &app.leadtrackr().post(&body).await).await;
        assert_eq!(row["company_name"], "C", "{body}");
        let fields = &body["formData"]["formFields"];
        if !fields.is_null() && *fields != json!([]) {
            assert_eq!(row["form_data"]["formFields"], *fields);
        }
        let touched = format!(
            "SELECT source, medium, landing_page FROM lead_touchpoints WHERE lead_id = {}",
            row["id"]
        );
        let touched = app.db.row(&touched).await;
        assert_eq!(
            touched,
            json!({"source": "google", "medium": "cpc", "landing_page": "/a"}),
            "{body}"
        );
    }
}

/// A12.
async fn a_channel_flow_becomes_touchpoints_in_every_form_it_comes_in(app: TestApp) {
    let compact = json!([
        {"t": 1_700_000_000_123_i64, "ch": {"s": "google", "m": "cpc", "cm": "spring", "ct": "ad", "tm": "shoes"}, "lp": "/a"},
        {"t": 1_700_000_360_000_i64, "ch": {"s": "direct", "m": "none"}}
    ]);
    let legacy = json!([
        {"timestamp": 1_700_000_000_123_i64,
         "channel": {"source": "google", "medium": "cpc", "campaign": "spring", "content": "ad", "term": "shoes"}},
        {"timestamp": 1_700_000_360_000_i64, "channel": {"source": "direct", "medium": "none"}}
    ]);
    let encoded =
        |value: &Value| -> String { url::form_urlencoded::byte_serialize(value.to_string().as_bytes()).collect() };
    let percent = |value: &Value| encoded(value).replace('+', "%20");
    for (flow, landing) in [
        (compact.clone(), json!("/a")),
        (json!(compact.to_string()), json!("/a")),
        (json!(percent(&compact)), json!("/a")),
        (legacy.clone(), Value::Null),
        (json!(legacy.to_string()), Value::Null),
        (json!(percent(&legacy)), Value::Null),
    ] {
        let body =
            json!({"projectId": app.home.project.public_id, "userData": {"email": "a@b.co"}, "channelFlow": flow});
        let row = lead(&app, &app.leadtrackr().post(&body).await).await;
        assert_eq!(row["channel_flow"], flow);
        let select = format!(
            "SELECT source, medium, campaign, content, term, landing_page FROM lead_touchpoints WHERE lead_id = {} ORDER BY seq",
            row["id"]
        );
        let touched = app.rows(&select).await;
        assert_eq!(touched.len(), 2, "{flow}");
        assert_eq!(
            touched[0],
            json!({
                "source": "google", "medium": "cpc", "campaign": "spring", "content": "ad", "term": "shoes", "landing_page": landing
            })
        );
        assert_eq!(touched[1]["source"], "direct");
        let times = format!(
            "SELECT occurred_at FROM lead_touchpoints WHERE lead_id = {} ORDER BY seq",
            row["id"]
        );
        let first = app.rows(&times).await[0]["occurred_at"].as_str().unwrap().to_owned();
        assert!(first.starts_with("2023-11-14T22:13:20.123"), "{first}");
    }
}

async fn a_broken_channel_flow_loses_no_lead(app: TestApp) {
    for flow in [
        json!("not json"),
        json!("%zz"),
        json!({"an": "object"}),
        json!(5),
        json!(true),
        json!([1, null, "x", {}, {"t": "soon", "ch": 5}, {"ch": {"s": 5}}]),
        json!([{"t": 1e300, "ch": {"s": "x"}}]),
        json!("[".repeat(10_000)),
    ] {
        let body =
            json!({"projectId": app.home.project.public_id, "userData": {"email": "a@b.co"}, "channelFlow": flow});
        let row = lead(&app, &app.leadtrackr().post(&body).await).await;
        assert_eq!(row["channel_flow"], flow);
    }
}

/// A10, A17.
async fn click_ids_and_consents_are_read_out_of_the_attribution(app: TestApp) {
    let too_long = "x".repeat(513);
    let body = event(
        &app,
        json!({"attributionData": {
            "gclid": "g", "wbraid": "w", "cid": "1.2", "sid": "s", "fbp": "", "fbc": null, "msclkid": "m", "ttclid": too_long,
            "consent": {"ad_storage": "granted", "analytics_storage": "denied", "ad_user_data": "guess"},
        }}),
    );
    let row = lead(&app, &app.leadtrackr().post(&body).await).await;
    let clicks = app.rows("SELECT kind, value FROM lead_click_ids ORDER BY kind").await;
    let kinds: Vec<&str> = clicks.iter().map(|row| row["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["cid", "gclid", "msclkid", "sid", "wbraid"]);
    assert_eq!(row["attribution_data"]["ttclid"], too_long);
    let consents = "SELECT signal, state FROM lead_consents WHERE signal <> 'ad_user_data' ORDER BY signal";
    assert_eq!(
        app.rows(consents).await,
        [
            json!({"signal": "ad_storage", "state": "granted"}),
            json!({"signal": "analytics_storage", "state": "denied"}),
        ]
    );
    let again = event(
        &app,
        json!({"attributionData": {"gclid": "g2", "fbc": "f", "consent": {"ad_storage": "denied"}}}),
    );
    app.leadtrackr().post(&again).await.expect(201);
    let value = "SELECT value FROM lead_click_ids WHERE kind = 'gclid'";
    assert_eq!(app.db.row(value).await["value"], "g2");
    assert_eq!(app.number("SELECT count(*) FROM lead_click_ids").await, 6);
    assert_eq!(
        app.db
            .row("SELECT state FROM lead_consents WHERE signal = 'ad_storage'")
            .await["state"],
        "denied"
    );
}

/// A12.
async fn form_fields_merge_as_objects_and_are_replaced_as_lists(app: TestApp) {
    let post = async |fields: Value| {
        let body = event(
            &app,
            json!({"userData": {"email": "a@b.co"}, "formData": {"formFields": fields}}),
        );
        lead(&app, &app.leadtrackr().post(&body).await).await["form_data"]["formFields"].clone()
    };
    assert_eq!(post(json!({"a": "1", "b": "2"})).await, json!({"a": "1", "b": "2"}));
    assert_eq!(
        post(json!({"b": "3", "a": "", "c": "4"})).await,
        json!({"a": "1", "b": "3", "c": "4"})
    );
    assert_eq!(post(json!([{"d": "5"}])).await, json!([{"d": "5"}]));
    assert_eq!(post(json!([])).await, json!([{"d": "5"}]));
    assert_eq!(post(json!([{"e": "6"}])).await, json!([{"e": "6"}]));
    assert_eq!(post(json!({"f": "7"})).await, json!({"f": "7"}));
}
