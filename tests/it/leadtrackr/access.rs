//! Who may post to LeadTrackr's route, how, and in which order it checks.

use reqwest::Method;
use serde_json::{Value, json};

use super::{leads, reference};
use crate::harness::{Case, TestApp, both, workspace};

pub fn cases() -> Vec<Case> {
    vec![
        both(checks_come_in_their_documented_order),
        both(a_key_that_may_not_post_here_is_refused),
        both(a_project_that_takes_no_leads_from_this_key_is_refused),
        both(other_methods_and_browsers_are_answered),
        both(a_body_that_is_too_large_is_refused),
        both(the_public_route_is_not_mounted),
    ]
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
