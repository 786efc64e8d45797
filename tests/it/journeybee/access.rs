//! Who may post to JourneyBee's route, and in which order it checks.

use leadgraph::domain::caller::Scopes;
use reqwest::Method;
use serde_json::json;

use super::{DUPLICATE, INVALID, MISSING, READ_ONLY, UNAUTHORIZED, campaign, count, is_refused, reference, referred};
use crate::harness::workspace::api_key;
use crate::harness::{Case, TestApp, both};

pub fn cases() -> Vec<Case> {
    vec![
        both(checks_come_in_their_documented_order),
        both(a_key_that_may_not_post_is_refused),
        both(other_methods_and_large_bodies_are_refused),
    ]
}

/// B5.
async fn checks_come_in_their_documented_order(app: TestApp) {
    let to = referred(&app).await;
    let huge = "x".repeat(1100 * 1024);
    let route = app.journeybee();
    let anonymous = route.clone().without("authorization");
    assert_eq!(anonymous.send(Method::PUT, huge.clone()).await.status, 405);
    assert_eq!(anonymous.post_raw(huge.clone()).await.status, 401);
    let read_only = route.clone().key(&app.home.read_only_key);
    assert_eq!(read_only.post_raw(huge.clone()).await.status, 403);
    assert_eq!(route.post_raw(huge).await.status, 413);
    let mut body = reference(&to);
    app.journeybee().post(&body).await.expect(201);
    body["tags"] = json!(["wrong type"]);
    body["customFields"] = json!([{"type": "text"}]);
    is_refused(&route.post(&body).await, 406, MISSING, "shape before values");
    body["customFields"] = json!([]);
    is_refused(&route.post(&body).await, 400, INVALID, "values before state");
    body["tags"] = json!([]);
    is_refused(&route.post(&body).await, 409, DUPLICATE, "state last");
}

/// B1.
async fn a_key_that_may_not_post_is_refused(app: TestApp) {
    let body = campaign(app.home.campaign("Spring").await.id, json!({}));
    let (revoked, revoked_key) = app.home.key_with(api_key(Scopes::READ_WRITE, None)).await;
    leadgraph::domain::api_keys::revoke(&app.home.op(), revoked.uuid)
        .await
        .unwrap();
    let route = app.journeybee();
    let key = &app.home.key;
    for (what, header) in [
        ("unknown", "Bearer 3c7ff02e-0000-4000-8000-2f6c1b7a9d10".to_owned()),
        ("nonsense", "Bearer x".to_owned()),
        ("no scheme", key.clone()),
        ("another scheme", format!("Basic {key}")),
        ("blank", "Bearer ".to_owned()),
        ("revoked", format!("Bearer {revoked_key}")),
        ("bound to a project", format!("Bearer {}", app.home.bound_key)),
    ] {
        let answer = route.clone().header("authorization", &header).post(&body).await;
        is_refused(&answer, 401, UNAUTHORIZED, what);
    }
    let anonymous = route.clone().without("authorization");
    is_refused(&anonymous.post(&body).await, 401, UNAUTHORIZED, "none");
    is_refused(
        &anonymous.header("x-api-key", key).post(&body).await,
        401,
        UNAUTHORIZED,
        "another door's header",
    );
    let read_only = route.clone().key(&app.home.read_only_key);
    is_refused(&read_only.post(&body).await, 403, READ_ONLY, "read-only");
    assert_eq!(count(&app, "leads").await, 0);
    for header in [
        format!("bearer {key}"),
        format!("Api-Key {key}"),
        format!("BEARER {}", app.home.write_only_key),
    ] {
        route
            .clone()
            .header("authorization", &header)
            .post(&body)
            .await
            .expect(201);
    }
}

/// B29, B30.
async fn other_methods_and_large_bodies_are_refused(app: TestApp) {
    for method in [Method::PUT, Method::PATCH, Method::DELETE] {
        let answer = app.journeybee().send(method, "").await;
        is_refused(&answer, 405, "Method not allowed", "method");
        assert!(answer.header("allow").unwrap().contains("POST"));
    }
    let spring = app.home.campaign("Spring").await.id;
    let sized = |length: usize| campaign(spring, json!({"unheardOf": "x".repeat(length)}));
    app.journeybee().post(&sized(1000 * 1024)).await.expect(201);
    assert_eq!(app.journeybee().post(&sized(1024 * 1024)).await.status, 413);
}
