//! What is too old to count is forgotten.

use leadgraph::domain::idempotency;
use leadgraph::domain::op::Op;

use super::{KEY, count, form, is_replay};
use crate::harness::{Backend, Case, TestApp, both};

pub fn cases() -> Vec<Case> {
    vec![both(a_key_is_free_again_after_a_day), both(old_keys_are_forgotten)]
}

/// Makes everything in the ledger older.
async fn age(app: &TestApp, hours: u8) {
    let sql = match app.db.backend {
        Backend::Sqlite => {
            format!(
                "UPDATE idempotency_keys SET created_at = strftime('%Y-%m-%dT%H:%M:%f+00:00', created_at, '-{hours} hours')"
            )
        }
        Backend::Postgres => format!("UPDATE idempotency_keys SET created_at = created_at - interval '{hours} hours'"),
    };
    app.db.execute(&sql).await;
}

async fn a_key_is_free_again_after_a_day(app: TestApp) {
    let route = app.leadtrackr().header(KEY, "k");
    route.post(&form(&app, "Ada")).await.expect(201);
    age(&app, 23).await;
    assert!(is_replay(&route.post(&form(&app, "Ada")).await.expect(201)));
    age(&app, 1).await;
    assert!(!is_replay(&route.post(&form(&app, "Bob")).await.expect(201)));
    assert!(is_replay(&route.post(&form(&app, "Bob")).await.expect(201)));
    assert_eq!(
        (count(&app, "leads").await, count(&app, "idempotency_keys").await),
        (2, 1)
    );
}

async fn old_keys_are_forgotten(app: TestApp) {
    for key in ["a", "b"] {
        app.leadtrackr()
            .header(KEY, key)
            .post(&form(&app, key))
            .await
            .expect(201);
    }
    age(&app, 24).await;
    app.leadtrackr()
        .header(KEY, "c")
        .post(&form(&app, "c"))
        .await
        .expect(201);
    let system = Op::system(app.services().clone(), "test");
    assert_eq!(idempotency::forget_old(&system).await.unwrap(), 2);
    assert_eq!(count(&app, "idempotency_keys").await, 1);
    assert!(is_replay(
        &app.leadtrackr().header(KEY, "c").post(&form(&app, "c")).await
    ));
}
