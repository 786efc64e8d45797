//! What an endpoint may be, what is kept of it, and what nobody is told.

use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::{Value, json};

use super::receiver::Receiver;
use super::sending::verifies;
use super::{CREATE, edit, endpoint, endpoint_of, look, post_lead};
use crate::harness::{Case, TestApp, both, on_postgres};
use crate::journeybee::{reference, referred};

pub fn cases() -> Vec<Case> {
    vec![
        both(another_secret_helps_when_the_old_one_cannot_be_read),
        on_postgres(a_workspace_has_so_many_endpoints_however_they_come),
        both(a_filter_that_no_database_keeps_is_refused),
        both(a_filter_has_a_size),
        both(a_partnerships_shared_id_is_told_to_nobody),
    ]
}

async fn another_secret_helps_when_the_old_one_cannot_be_read(app: TestApp) {
    let receiver = Receiver::good().await;
    let made = endpoint(&app, &receiver, json!({})).await;
    // As after a start with another secret of the server.
    app.db
        .execute("UPDATE webhook_endpoints SET secret_key_id = 'another'")
        .await;
    let rotated = edit(&app, &made, "rotateWebhookSecret", "").await;
    assert_eq!(look(&app, &made).await["oldSecretUntil"], Value::Null);
    post_lead(&app, "a", "Ada").await;
    let heard = receiver.hears(1).await;
    assert!(verifies(&heard[0], rotated["secret"].as_str().unwrap()));
    assert!(!heard[0].header("webhook-signature").contains(' '), "one signature");
}

/// Somebody else holds the workspace, until many are at it.
async fn a_workspace_has_so_many_endpoints_however_they_come(app: TestApp) {
    let receiver = Receiver::good().await;
    let some = (0..98).map(|_| endpoint(&app, &receiver, json!({})));
    futures_util::future::join_all(some).await;
    let held = app.db.connection().begin().await.unwrap();
    held.execute_unprepared("SELECT id FROM workspaces FOR UPDATE")
        .await
        .unwrap();
    let input = json!({"input": {"label": "W", "url": receiver.url()}});
    let owner = || app.as_owner();
    let at_once = (0..8).map(|_| async { owner().data(CREATE, input.clone()).await });
    let release = async {
        app.waiting_for_locks(4).await;
        held.commit().await.unwrap();
    };
    let (said, ()) = tokio::join!(futures_util::future::join_all(at_once), release);
    let refused = |said: &&Value| said["createWebhookEndpoint"]["userErrors"][0]["code"] == "TOO_MANY";
    assert_eq!(said.iter().filter(refused).count(), 6);
    assert_eq!(app.number("SELECT count(*) FROM webhook_endpoints").await, 100);
}

/// What creating and updating an endpoint with this filter says.
async fn refusals(app: &TestApp, receiver: &Receiver, filter: Value) -> [Value; 2] {
    let input = json!({"label": "W", "url": receiver.url(), "filter": filter});
    let created = app.as_owner().data(CREATE, json!({"input": input})).await;
    let made = endpoint(app, receiver, json!({})).await;
    let update = "mutation($input: UpdateWebhookEndpointInput!) { updateWebhookEndpoint(input: $input) {
        userErrors { code path } } }";
    let input = json!({"webhookEndpointId": made.id, "expectedVersion": 1, "filter": filter});
    let updated = app.as_owner().data(update, json!({"input": input})).await;
    let said = |payload: &Value| {
        let errors = payload["userErrors"].as_array().unwrap().iter();
        let said = |error: &Value| json!([error["code"], error["path"]]);
        errors.map(said).collect()
    };
    [
        said(&created["createWebhookEndpoint"]),
        said(&updated["updateWebhookEndpoint"]),
    ]
}

async fn a_filter_that_no_database_keeps_is_refused(app: TestApp) {
    let receiver = Receiver::good().await;
    for filter in [
        json!({"firstName": {"eq": "A\0"}}),
        json!({"or": [{"lastName": {"in": ["b", "\0"]}}]}),
    ] {
        let said = refusals(&app, &receiver, filter).await;
        assert_eq!(
            said,
            [json!([["INVALID", ["filter"]]]), json!([["INVALID", ["filter"]]])]
        );
    }
}

async fn a_filter_has_a_size(app: TestApp) {
    let receiver = Receiver::good().await;
    let names = |length: usize| json!({"firstName": {"in": vec!["x".repeat(length); 100]}});
    assert_eq!(
        refusals(&app, &receiver, names(120)).await,
        [json!([]), json!([])],
        "many names"
    );
    let said = refusals(&app, &receiver, names(200)).await;
    let limit = json!([["LIMIT_EXCEEDED", ["filter"]]]);
    assert_eq!(said, [limit.clone(), limit]);
}

async fn a_partnerships_shared_id_is_told_to_nobody(app: TestApp) {
    let to = referred(&app).await;
    let receiver = Receiver::good().await;
    endpoint_of(&app, &to.partner, &receiver).await;
    app.journeybee().post(&reference(&to)).await.expect(201);
    let heard = receiver.hears(1).await;
    let actor = &heard[0].json()["data"]["actor"];
    assert_eq!((&actor["kind"], &actor["uuid"]), (&json!("partner"), &Value::Null));
    assert!(!heard[0].body.contains(&to.partners.ours.shared.uuid.to_string()));
}
