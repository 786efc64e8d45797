//! `updateLeadStatus`: what is queued, what the server's loop makes of it, and that it happens once.

use std::time::Duration;

use futures_util::future::join_all;
use leadgraph::domain::conversions::settle_pending;
use leadgraph::domain::op::Op;
use serde_json::{Value, json};

use super::reads::message;
use crate::harness::{Answer, Backend, Case, TestApp, both};

pub fn cases() -> Vec<Case> {
    vec![
        both(a_label_is_queued_and_settled_at_once),
        both(a_lost_lead_is_opened_again),
        both(a_label_leaves_a_lead_open_or_done_as_it_says),
        both(the_rules_of_the_status_hold_step_by_step),
        both(a_lead_with_a_pending_conversion_takes_no_other),
        both(a_conversion_that_was_left_behind_is_settled_once),
        both(what_is_wrong_is_told_in_its_order),
        both(a_change_that_changes_nothing_leaves_no_trace),
    ]
}

const LABEL: &str = "0190e5a0-0000-7000-8000-00000000000a";
const OTHER: &str = "0190e5a0-0000-7000-8000-00000000000b";

/// A label of home's project.
async fn label(app: &TestApp, uuid: &str, done: bool, status: Option<&str>) {
    let id = match app.db.backend {
        Backend::Sqlite => format!("X'{}'", uuid.replace('-', "")),
        Backend::Postgres => format!("'{uuid}'"),
    };
    let status = status.map_or("NULL".to_owned(), |status| format!("'{status}'"));
    let (workspace, project) = (app.home.id(), app.home.project.id);
    let at = "'2024-02-01T12:00:00+00:00'";
    let sql = format!(
        "INSERT INTO conversion_labels (workspace_id, uuid, project_id, name, name_folded, mark_as_done, mapped_status, version,
         created_at, updated_at) VALUES ({workspace}, {id}, {project}, '{uuid}', '{uuid}', {done}, {status}, 1, {at}, {at})"
    );
    app.db.execute(&sql).await;
}

async fn lead(app: &TestApp, email: &str) -> i64 {
    let body =
        json!({"projectId": app.home.project.public_id, "userData": {"email": email}, "uniqueIdentifier": email});
    app.leadtrackr().post(&body).await.expect(201).json()["leadId"]
        .as_i64()
        .unwrap()
}

async fn update(app: &TestApp, body: Value) -> Answer {
    app.leadtrackr_at("updateLeadStatus")
        .key(&app.home.bound_key)
        .post(&body)
        .await
}

async fn status(app: &TestApp, id: i64) -> String {
    let lead = app
        .leadtrackr_at(&format!("getLead?leadId={id}"))
        .key(&app.home.bound_key)
        .get()
        .await;
    lead.expect(200).json()["lead"]["status"].as_str().unwrap().to_owned()
}

/// Waits for the loop.
async fn settled(app: &TestApp, id: i64) -> String {
    for _ in 0..1200 {
        let status = status(app, id).await;
        if status != "pending" {
            return status;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nothing settles the conversion of lead {id}");
}

async fn row(app: &TestApp, id: i64) -> Value {
    app.db
        .row(&format!(
            "SELECT status, processing_state, lost_reason, value_minor, currency, version FROM leads WHERE id = {id}"
        ))
        .await
}

async fn events(app: &TestApp, id: i64) -> Vec<Value> {
    app.rows(&format!(
        "SELECT event_type, actor, changes FROM events WHERE lead_id = {id} ORDER BY position"
    ))
    .await
}

async fn a_label_is_queued_and_settled_at_once(app: TestApp) {
    label(&app, LABEL, true, Some("converted")).await;
    let id = lead(&app, "a@b.co").await;
    let answer = update(&app, json!({"email": "A@b.co", "conversionId": LABEL, "price": 125000}))
        .await
        .expect(201);
    assert_eq!(
        answer.text,
        format!(
            r#"{{"message":"Lead queued for processing","leadId":{id},"uniqueIdentifier":"a@b.co","status":"pending","queued":true,"warnings":[]}}"#
        )
    );
    assert_eq!(settled(&app, id).await, LABEL);
    let expected = json!({"status": "converted", "processing_state": "done", "lost_reason": null, "value_minor": 125000, "currency": "EUR", "version": 3});
    assert_eq!(row(&app, id).await, expected);
    let events = events(&app, id).await;
    let kinds: Vec<&str> = events
        .iter()
        .map(|event| event["event_type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["lead.created", "lead.updated", "lead.updated"]);
    let pending = json!({"from": null, "to": "pending"});
    assert_eq!(events[1]["changes"]["fields"]["processingState"], pending);
    assert_eq!(
        events[1]["changes"]["fields"]["value"]["to"],
        json!({"minor": 125000, "currency": "EUR"})
    );
    assert_eq!(
        events[2]["changes"]["fields"]["status"],
        json!({"from": "new", "to": "converted"})
    );
    assert_eq!(events[2]["actor"]["job"], "conversions");
    let listed = app
        .leadtrackr_at(&format!("getLeads?status={LABEL}"))
        .key(&app.home.bound_key)
        .get()
        .await
        .json();
    assert_eq!(listed["leads"][0]["id"], id);
    let open = app
        .leadtrackr_at("getLeads?status=open,lost,pending")
        .key(&app.home.bound_key)
        .get()
        .await
        .json();
    assert_eq!(open["total"], 0);
}

async fn a_lost_lead_is_opened_again(app: TestApp) {
    let id = lead(&app, "a@b.co").await;
    update(&app, json!({"leadId": id.to_string(), "conversionId": "lost"}))
        .await
        .expect(201);
    assert_eq!(settled(&app, id).await, "lost");
    let lost = row(&app, id).await;
    assert_eq!(
        (&lost["status"], &lost["lost_reason"]),
        (&json!("lost"), &json!("No reason was given"))
    );
    let answer = update(&app, json!({"leadId": id, "conversionId": "open", "price": null}))
        .await
        .expect(201);
    assert_eq!(
        answer.text,
        format!(
            r#"{{"message":"Lead status updated to open","leadId":{id},"uniqueIdentifier":"a@b.co","status":"open","queued":false}}"#
        )
    );
    assert_eq!(status(&app, id).await, "open");
    let open = row(&app, id).await;
    assert_eq!(
        (&open["status"], &open["processing_state"], &open["lost_reason"]),
        (&json!("new"), &json!("open"), &Value::Null)
    );
}

async fn a_label_leaves_a_lead_open_or_done_as_it_says(app: TestApp) {
    label(&app, LABEL, false, Some("qualified")).await;
    label(&app, OTHER, true, None).await;
    let id = lead(&app, "a@b.co").await;
    update(&app, json!({"leadId": id, "conversionId": LABEL}))
        .await
        .expect(201);
    assert_eq!(settled(&app, id).await, "open");
    let row_after = row(&app, id).await;
    assert_eq!(
        (&row_after["status"], &row_after["processing_state"]),
        (&json!("qualified"), &json!("open"))
    );
    update(&app, json!({"leadId": id, "conversionId": OTHER}))
        .await
        .expect(201);
    assert_eq!(settled(&app, id).await, OTHER);
    assert_eq!(
        row(&app, id).await["status"],
        "qualified",
        "a label without a status leaves it"
    );
    update(&app, json!({"leadId": id, "conversionId": "lost"}))
        .await
        .expect(201);
    assert_eq!(settled(&app, id).await, "lost");
    // Somebody brings it back elsewhere: it was last reported lost, so no label is left.
    app.db
        .execute(&format!("UPDATE leads SET status = 'qualified' WHERE id = {id}"))
        .await;
    assert_eq!(status(&app, id).await, "open");
    let open = app
        .leadtrackr_at("getLeads?status=open")
        .key(&app.home.bound_key)
        .get()
        .await
        .json();
    assert_eq!(open["total"], 1);
}

async fn the_rules_of_the_status_hold_step_by_step(app: TestApp) {
    label(&app, LABEL, true, Some("converted")).await;
    let id = lead(&app, "a@b.co").await;
    update(&app, json!({"leadId": id, "conversionId": "lost"}))
        .await
        .expect(201);
    settled(&app, id).await;
    update(&app, json!({"leadId": id, "conversionId": LABEL}))
        .await
        .expect(201);
    assert_eq!(settled(&app, id).await, LABEL);
    let events = events(&app, id).await;
    let steps: Vec<&Value> = events
        .iter()
        .map(|event| &event["changes"]["fields"]["status"]["to"])
        .filter(|to| !to.is_null())
        .collect();
    assert_eq!(steps, ["new", "lost", "qualified", "converted"]);
    // Not won after all.
    update(&app, json!({"leadId": id, "conversionId": "open"}))
        .await
        .expect(201);
    assert_eq!(
        (status(&app, id).await.as_str(), &row(&app, id).await["status"]),
        ("open", &json!("qualified"))
    );
}

async fn a_lead_with_a_pending_conversion_takes_no_other(app: TestApp) {
    label(&app, LABEL, true, None).await;
    let id = lead(&app, "a@b.co").await;
    hold(&app, id).await;
    assert_eq!(status(&app, id).await, "pending");
    for target in [LABEL, "lost", "open"] {
        let refused = update(&app, json!({"leadId": id, "conversionId": target})).await;
        assert_eq!(
            message(&refused),
            (409, "Lead already has a pending conversion".into()),
            "{target}"
        );
    }
    assert_eq!(app.number("SELECT count(*) FROM conversion_jobs").await, 1);
    let many = (0..20).map(|_| update(&app, json!({"email": "b@b.co", "conversionId": "lost"})));
    lead(&app, "b@b.co").await;
    let answers = join_all(many).await;
    assert!(
        answers.iter().all(|answer| [201, 409].contains(&answer.status)),
        "{answers:?}"
    );
    assert!(answers.iter().any(|answer| answer.status == 201));
}

/// A conversion to lost that was queued by an instance that died at once.
async fn hold(app: &TestApp, id: i64) {
    let workspace = app.home.id();
    app.db
        .execute(&format!(
            "UPDATE leads SET processing_state = 'pending' WHERE id = {id}"
        ))
        .await;
    let sql = format!(
        "INSERT INTO conversion_jobs (workspace_id, lead_id, state, created_at)
         VALUES ({workspace}, {id}, 'pending', '2024-02-01T12:00:00+00:00')"
    );
    app.db.execute(&sql).await;
}

async fn a_conversion_that_was_left_behind_is_settled_once(app: TestApp) {
    let mut ids = Vec::new();
    for number in 0..30 {
        let id = lead(&app, &format!("{number}@b.co")).await;
        hold(&app, id).await;
        ids.push(id);
    }
    app.db
        .execute(&format!(
            "UPDATE leads SET deleted_at = '2024-02-01T12:00:00+00:00' WHERE id = {}",
            ids[0]
        ))
        .await;
    // As many instances as start at the same moment.
    let passes = (0..4).map(|_| async {
        let system = Op::system(app.services().clone(), "conversions");
        settle_pending(&system).await.unwrap();
    });
    join_all(passes).await;
    assert_eq!(
        app.number("SELECT count(*) FROM conversion_jobs WHERE state = 'pending'")
            .await,
        0
    );
    for id in &ids {
        let lead = row(&app, *id).await;
        assert_eq!(
            (&lead["status"], &lead["processing_state"], &lead["version"]),
            (&json!("lost"), &json!("done"), &json!(2))
        );
        assert_eq!(events(&app, *id).await.len(), 2);
    }
}

async fn what_is_wrong_is_told_in_its_order(app: TestApp) {
    label(&app, LABEL, true, None).await;
    let id = lead(&app, "a@b.co").await;
    let route = app.leadtrackr_at("updateLeadStatus");
    let posted = async |key: &str, body: &str| message(&route.clone().key(key).post_raw(body.to_owned()).await);
    assert_eq!(route.get().await.status, 405);
    assert_eq!(message(&route.clone().without("x-api-key").post_raw("{").await).0, 401);
    assert_eq!(
        posted(&app.home.read_only_key, "{").await,
        (403, "Write access required".into())
    );
    assert_eq!(posted(&app.home.key, &"x".repeat(300 * 1024)).await.0, 413);
    for body in ["", "{", "[]", "null"] {
        assert_eq!(posted(&app.home.key, body).await, (400, "Invalid JSON body".into()));
    }
    assert!(
        posted(&app.home.key, "{}")
            .await
            .1
            .starts_with("Missing required field: projectId")
    );
    for (body, refused) in [
        (json!({"projectId": []}), (400, "Invalid field: projectId")),
        (json!({"projectId": "none"}), (404, "Project not found")),
        (
            json!({}),
            (400, "Missing required field: leadId, uniqueIdentifier, email or phone"),
        ),
        (
            json!({"leadId": " ", "email": ""}),
            (400, "Missing required field: leadId, uniqueIdentifier, email or phone"),
        ),
        (json!({"leadId": 1.5}), (400, "Invalid field: leadId")),
        (json!({"leadId": -1}), (400, "Invalid field: leadId")),
        (json!({"leadId": "x"}), (400, "Invalid field: leadId")),
        (
            json!({"uniqueIdentifier": {}}),
            (400, "Invalid field: uniqueIdentifier"),
        ),
        (json!({"email": true}), (400, "Invalid field: email")),
        (json!({"leadId": id}), (400, "Missing required field: conversionId")),
        (
            json!({"leadId": id, "conversionId": " "}),
            (400, "Missing required field: conversionId"),
        ),
        (
            json!({"leadId": id, "conversionId": 5}),
            (400, "Invalid field: conversionId"),
        ),
        (
            json!({"leadId": id, "conversionId": "won"}),
            (400, "Invalid field: conversionId"),
        ),
        (
            json!({"leadId": id, "conversionId": "open", "price": -1}),
            (400, "Invalid field: price"),
        ),
        (
            json!({"leadId": id, "conversionId": "open", "price": 1.5}),
            (400, "Invalid field: price"),
        ),
        (
            json!({"leadId": id, "conversionId": "open", "price": 1e300}),
            (400, "Invalid field: price"),
        ),
        (
            json!({"leadId": id, "conversionId": "open", "price": "much"}),
            (400, "Invalid field: price"),
        ),
        (
            json!({"leadId": 999_999, "conversionId": "open"}),
            (404, "Lead not found"),
        ),
        (
            json!({"leadId": id, "conversionId": OTHER}),
            (400, "Invalid field: conversionId"),
        ),
    ] {
        let answer = update(&app, body.clone()).await;
        assert_eq!(message(&answer), (refused.0, refused.1.to_owned()), "{body}");
    }
    // The key for writing alone is enough; other projects' labels and leads are not there.
    let body = json!({"projectId": app.home.project.public_id, "leadId": id, "conversionId": "open", "price": "0012"});
    route
        .clone()
        .key(&app.home.write_only_key)
        .post(&body)
        .await
        .expect(201);
    assert_eq!(row(&app, id).await["value_minor"], 12);
    let elsewhere = json!({"projectId": app.home.other_project.public_id, "leadId": id, "conversionId": "open"});
    assert_eq!(message(&route.post(&elsewhere).await), (404, "Lead not found".into()));
    app.db
        .execute("UPDATE conversion_labels SET archived_at = '2024-02-01T12:00:00+00:00'")
        .await;
    let archived = update(&app, json!({"leadId": id, "conversionId": LABEL})).await;
    assert_eq!(message(&archived), (400, "Invalid field: conversionId".into()));
}

async fn a_change_that_changes_nothing_leaves_no_trace(app: TestApp) {
    let id = lead(&app, "a@b.co").await;
    update(&app, json!({"leadId": id, "conversionId": "open"}))
        .await
        .expect(201);
    assert_eq!(row(&app, id).await["version"], 1);
    assert_eq!(events(&app, id).await.len(), 1);
}
