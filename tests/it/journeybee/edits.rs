//! Changing and deleting leads through JourneyBee's routes.

use leadgraph::domain::caller::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{DUPLICATE, INVALID, MISSING, READ_ONLY, UNAUTHORIZED, campaign, is_refused, reference, referred};
use crate::harness::{Answer, Case, TestApp, both};

pub fn cases() -> Vec<Case> {
    vec![
        both(a_patch_changes_what_it_names),
        both(a_patch_that_changes_nothing_leaves_no_trace),
        both(what_is_wrong_with_a_patch_is_told),
        both(a_lead_is_deleted_once),
        both(leads_of_others_cannot_be_changed),
    ]
}

const NOT_FOUND: &str = "Lead not found or not accessible";
const DELETED: &str = "Lead not found or already deleted";

async fn patch(app: &TestApp, id: i64, body: &Value) -> Answer {
    app.journeybee_at(&format!("leads/{id}"))
        .send(Method::PATCH, body.to_string())
        .await
}

async fn post(app: &TestApp, body: &Value) -> i64 {
    app.journeybee().post(body).await.expect(201).json()["id"]
        .as_i64()
        .unwrap()
}

async fn a_patch_changes_what_it_names(app: TestApp) {
    let to = referred(&app).await;
    let other = app.home.lead_tag("Other").await;
    let colleague = app.home.user("colleague@acme.test", Role::Member).await;
    let id = post(&app, &reference(&to)).await;
    let body = json!({
        "email": "new@techcorp.com", "phone_number": null, "first_name": " ", "status": "lost",
        "assignedUsers": [colleague.id], "tags": [other.id],
        "customFields": [
            {"customFieldId": to.number.id, "type": "number", "value": {"number": 7}},
            {"customFieldId": to.text.id, "type": "text", "value": null}
        ]
    });
    let answer = patch(&app, id, &body).await.expect(200);
    let row = app.db.row(&format!("SELECT * FROM leads WHERE id = {id}")).await;
    let patched = answer.json();
    let expected = format!(
        r#"{{"id":{id},"uuid":"{}","updated_at":{}}}"#,
        row["uuid"].as_str().unwrap(),
        patched["updated_at"]
    );
    assert_eq!(answer.text, expected);
    for (column, value) in [
        ("email", json!("new@techcorp.com")),
        ("phone", Value::Null),
        ("first_name", Value::Null),
        ("last_name", json!("Smith")),
        ("company_name", json!("TechCorp Solutions")),
        ("status", json!("lost")),
        ("lost_reason", json!("No reason was given")),
        ("version", json!(2)),
    ] {
        assert_eq!(row[column], value, "{column}");
    }
    let of_lead = |sql: &str| sql.replace("{id}", &id.to_string());
    let tags = app
        .rows(&of_lead("SELECT tag_id FROM lead_tags WHERE lead_id = {id}"))
        .await;
    assert_eq!(tags, [json!({"tag_id": other.id})], "tags are replaced");
    let people = app
        .rows(&of_lead("SELECT user_id FROM lead_assignees WHERE lead_id = {id}"))
        .await;
    assert_eq!(people, [json!({"user_id": colleague.id})]);
    let values = app
        .rows(&of_lead(
            "SELECT number_value, text_value FROM lead_custom_field_values WHERE lead_id = {id}",
        ))
        .await;
    assert_eq!(values, [json!({"number_value": 7.0, "text_value": null})]);
    let events = of_lead("SELECT count(*) FROM events WHERE lead_id = {id} AND event_type = 'lead.updated'");
    assert_eq!(app.number(&events).await, 1);
    patch(&app, id, &json!({"tags": [], "assignedUsers": null}))
        .await
        .expect(200);
    assert_eq!(
        app.number(&of_lead("SELECT count(*) FROM lead_tags WHERE lead_id = {id}"))
            .await,
        0
    );
    assert_eq!(
        app.number(&of_lead("SELECT count(*) FROM lead_assignees WHERE lead_id = {id}"))
            .await,
        1
    );
}

async fn a_patch_that_changes_nothing_leaves_no_trace(app: TestApp) {
    let id = post(
        &app,
        &campaign(app.home.campaign("Spring").await.id, json!({"email": "a@b.co"})),
    )
    .await;
    let before = app.db.row("SELECT version, updated_at FROM leads").await;
    for body in [
        json!({}),
        json!({"email": " a@b.co "}),
        json!({"tags": []}),
        json!({"unheardOf": 1, "status": "new"}),
    ] {
        patch(&app, id, &body).await.expect(200);
    }
    assert_eq!(app.db.row("SELECT version, updated_at FROM leads").await, before);
    assert_eq!(
        app.number("SELECT count(*) FROM events WHERE event_type = 'lead.updated'")
            .await,
        0
    );
}

async fn what_is_wrong_with_a_patch_is_told(app: TestApp) {
    let to = referred(&app).await;
    let spring = app.home.campaign("Spring").await.id;
    post(&app, &campaign(spring, json!({"email": "taken@b.co"}))).await;
    let id = post(&app, &reference(&to)).await;
    let number =
        |value: Value| json!({"customFields": [{"customFieldId": to.number.id, "type": "number", "value": value}]});
    for (body, status, field) in [
        (json!({"email": 5}), 400, "email"),
        (json!({"email": "nobody"}), 400, "email"),
        (json!({"phone_number": "1".repeat(65)}), 400, "phone_number"),
        (json!({"company_name": "x".repeat(256)}), 400, "company_name"),
        (json!({"status": "won"}), 400, "status"),
        (json!({"status": null}), 400, "status"),
        (json!({"tags": [999_999]}), 400, "tags[0]"),
        (json!({"tags": ["1"]}), 400, "tags[0]"),
        (json!({"assignedUsers": [999_999]}), 400, "assignedUsers[0]"),
        (json!({"assignedUsers": {}}), 400, "assignedUsers"),
        (number(json!({"text": "x"})), 400, "customFields[0].value"),
        (
            json!({"customFields": [{"customFieldId": 999_999, "type": "text", "value": {"text": "x"}}]}),
            400,
            "customFields[0].customFieldId",
        ),
        (
            json!({"customFields": [{"customFieldId": to.number.id, "type": "number"}]}),
            406,
            "customFields[0].value",
        ),
        (
            json!({"customFields": [{"customFieldId": to.number.id, "value": null}]}),
            406,
            "customFields[0].type",
        ),
    ] {
        let answer = patch(&app, id, &body).await;
        is_refused(
            &answer,
            status,
            if status == 406 { MISSING } else { INVALID },
            &body.to_string(),
        );
        assert_eq!(answer.json()["details"][0]["field"], field, "{body}");
    }
    is_refused(
        &patch(&app, id, &json!({"email": "TAKEN@b.co"})).await,
        409,
        DUPLICATE,
        "taken",
    );
    patch(&app, id, &json!({"status": "lost"})).await.expect(200);
    let impossible = patch(&app, id, &json!({"status": "converted"})).await;
    is_refused(&impossible, 400, INVALID, "the rule of the status");
    assert_eq!(impossible.json()["details"][0]["field"], "status");
    let route = app.journeybee_at(&format!("leads/{id}"));
    for body in ["", "[]", "{"] {
        is_refused(&route.send(Method::PATCH, body).await, 400, INVALID, body);
    }
    let text = route
        .clone()
        .header("content-type", "text/plain")
        .send(Method::PATCH, "{}")
        .await;
    is_refused(&text, 400, INVALID, "content type");
    is_refused(
        &route
            .clone()
            .key(&app.home.read_only_key)
            .send(Method::PATCH, "{")
            .await,
        403,
        READ_ONLY,
        "scope",
    );
    is_refused(
        &route.clone().key(&app.home.bound_key).send(Method::PATCH, "{").await,
        401,
        UNAUTHORIZED,
        "bound",
    );
    assert_eq!(route.send(Method::PATCH, "x".repeat(1100 * 1024)).await.status, 413);
    is_refused(&route.get().await, 405, "Method not allowed", "method");
}

async fn a_lead_is_deleted_once(app: TestApp) {
    let spring = app.home.campaign("Spring").await.id;
    let body = campaign(spring, json!({"email": "a@b.co"}));
    let id = post(&app, &body).await;
    let route = app.journeybee_at(&format!("leads/{id}"));
    is_refused(
        &route
            .clone()
            .key(&app.home.read_only_key)
            .send(Method::DELETE, "")
            .await,
        403,
        READ_ONLY,
        "scope",
    );
    let gone = route
        .clone()
        .key(&app.home.write_only_key)
        .send(Method::DELETE, "")
        .await
        .expect(204);
    assert_eq!((gone.text.as_str(), gone.header("content-type")), ("", None));
    is_refused(&route.send(Method::DELETE, "").await, 404, DELETED, "again");
    is_refused(&patch(&app, id, &json!({})).await, 404, NOT_FOUND, "a patch");
    assert_eq!(
        app.number("SELECT count(*) FROM events WHERE event_type = 'lead.archived'")
            .await,
        1
    );
    // Its e-mail address is free.
    post(&app, &body).await;
    for path in [
        "leads/x",
        "leads/%FF",
        "leads/0",
        "leads/99999999999999999999",
        "leads/999999",
    ] {
        is_refused(
            &app.journeybee_at(path).send(Method::DELETE, "").await,
            404,
            DELETED,
            path,
        );
        is_refused(
            &app.journeybee_at(path).send(Method::PATCH, "{}").await,
            404,
            NOT_FOUND,
            path,
        );
    }
}

async fn leads_of_others_cannot_be_changed(app: TestApp) {
    let stranger = app.workspace("Stranger").await;
    let id = post(
        &app,
        &campaign(app.home.campaign("Spring").await.id, json!({"email": "a@b.co"})),
    )
    .await;
    let own = post(
        &app,
        &campaign(app.home.campaign("Autumn").await.id, json!({"email": "b@b.co"})),
    )
    .await;
    let bearer = format!("Bearer {}", stranger.key);
    let route = app
        .journeybee_at(&format!("leads/{id}"))
        .header("authorization", &bearer);
    is_refused(
        &route.send(Method::PATCH, r#"{"email":"x@x.co"}"#).await,
        404,
        NOT_FOUND,
        "patch",
    );
    is_refused(&route.send(Method::DELETE, "").await, 404, DELETED, "delete");
    // What is theirs cannot be put on a lead of ours.
    for body in [
        json!({"tags": [stranger.lead_tag("Theirs").await.id]}),
        json!({"assignedUsers": [stranger.owner.id]}),
    ] {
        is_refused(&patch(&app, own, &body).await, 400, INVALID, &body.to_string());
    }
    let untouched = "SELECT count(*) FROM leads WHERE version = 1 AND deleted_at IS NULL";
    assert_eq!(app.number(untouched).await, 2);
}
