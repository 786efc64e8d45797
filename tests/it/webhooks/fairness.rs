//! Receivers that are slow, and take everything in the end, and workspaces in which much has happened: they delay
//! themselves.

use std::time::Duration;

use serde_json::json;

use super::receiver::{Receiver, Reply};
use super::{endpoint, endpoint_of, post_lead, post_lead_with};
use crate::harness::{Case, TestApp, Workspace, both};

pub fn cases() -> Vec<Case> {
    vec![
        both(slow_endpoints_delay_no_other_workspace),
        both(slow_endpoints_delay_no_other_endpoint_of_their_workspace),
        both(several_slow_workspaces_delay_no_other),
        both(much_to_tell_in_one_workspace_delays_no_other),
    ]
}

/// As many as are sent at a time.
const PLACES: usize = 32;

/// Takes everything, after a while.
async fn slow() -> Receiver {
    Receiver::start(|_, _| Reply {
        delay: Duration::from_secs(4),
        ..Reply::status(200)
    })
    .await
}

/// Leads of which each slow endpoint is told; none waits for another.
const LEADS: usize = 80;

/// Waits until the receiver has got all that it gets at a time.
async fn is_busy(slow: &Receiver) {
    for _ in 0..6000 {
        if slow.began() >= PLACES / 2 {
            tokio::time::sleep(Duration::from_millis(500)).await;
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("only {} requests came", slow.began());
}

async fn slow_endpoints_delay_no_other_workspace(app: TestApp) {
    let _beside = app.beside().await;
    let (slow, good) = (slow().await, Receiver::good().await);
    for _ in 0..4 {
        endpoint(&app, &slow, json!({})).await;
    }
    let other = app.workspace("Other").await;
    endpoint_of(&app, &other, &good).await;
    for nth in 0..LEADS {
        post_lead(&app, &format!("l{nth}"), "Ada").await;
    }
    is_busy(&slow).await;
    for nth in 1..=10 {
        let before = slow.began();
        post_lead_with(&app, &other, &format!("o{nth}")).await;
        good.hears(nth).await;
        assert!(slow.began() - before <= 2 * PLACES, "the slow ones came first");
    }
    assert!(slow.began() < 4 * LEADS, "nothing waited: this test shows nothing");
}

async fn slow_endpoints_delay_no_other_endpoint_of_their_workspace(app: TestApp) {
    let (slow, good) = (slow().await, Receiver::good().await);
    for _ in 0..4 {
        endpoint(&app, &slow, json!({})).await;
    }
    for nth in 0..LEADS {
        post_lead(&app, &format!("l{nth}"), "Ada").await;
    }
    is_busy(&slow).await;
    endpoint(&app, &good, json!({})).await;
    let before = slow.began();
    post_lead(&app, "another", "Ada").await;
    good.hears(1).await;
    assert!(slow.began() - before <= PLACES, "the slow ones came first");
    assert!(slow.began() < 4 * LEADS, "nothing waited: this test shows nothing");
}

async fn several_slow_workspaces_delay_no_other(app: TestApp) {
    let (slow, good) = (slow().await, Receiver::good().await);
    for name in ["a", "b", "c"] {
        let workspace = app.workspace(name).await;
        for _ in 0..4 {
            endpoint_of(&app, &workspace, &slow).await;
        }
        for nth in 0..LEADS / 2 {
            post_lead_with(&app, &workspace, &format!("l{nth}")).await;
        }
    }
    is_busy(&slow).await;
    endpoint(&app, &good, json!({})).await;
    let before = slow.began();
    post_lead(&app, "mine", "Ada").await;
    good.hears(1).await;
    assert!(slow.began() - before <= PLACES, "the slow ones came first");
    assert!(slow.began() < 6 * LEADS, "nothing waited: this test shows nothing");
}

/// As if the workspace's last event had happened so many times more, without anybody hearing of it.
async fn backlog(app: &TestApp, workspace: &Workspace, events: usize) {
    let id = workspace.id();
    let columns = "event_type, subject_kind, subject_uuid, lead_id, actor, changes, at, size";
    let many = format!(
        "INSERT INTO events (workspace_id, position, {columns})
            WITH RECURSIVE nth (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM nth WHERE n < {events})
            SELECT workspace_id, position + n, {columns} FROM events, nth WHERE workspace_id = {id}
                AND position = (SELECT position FROM workspace_counters WHERE workspace_id = {id})"
    );
    app.db.execute(&many).await;
    let counter = format!("UPDATE workspace_counters SET position = position + {events} WHERE workspace_id = {id}");
    app.db.execute(&counter).await;
}

async fn much_to_tell_in_one_workspace_delays_no_other(app: TestApp) {
    const EVENTS: usize = 6000;
    let (busy, good) = (Receiver::good().await, Receiver::good().await);
    let other = app.workspace("Other").await;
    endpoint(&app, &busy, json!({})).await;
    endpoint_of(&app, &other, &good).await;
    post_lead(&app, "a", "Ada").await;
    post_lead_with(&app, &other, "o").await;
    good.hears(1).await;
    app.settled().await;
    backlog(&app, &app.home, EVENTS).await;
    let home = app.home.id();
    let left = format!(
        "SELECT c.position - r.position FROM workspace_counters c JOIN event_consumers r
            ON r.workspace_id = c.workspace_id AND r.consumer = 'webhooks' WHERE c.workspace_id = {home}"
    );
    assert_eq!(app.number(&left).await, EVENTS as i64, "nobody has heard of it");
    post_lead(&app, "b", "Ada").await;
    post_lead_with(&app, &other, "p").await;
    good.hears(2).await;
    assert!(app.number(&left).await > 0, "all of the busy one's came first");
    app.settled().await;
    let made = format!("SELECT count(*) FROM webhook_deliveries WHERE workspace_id = {home}");
    assert_eq!(app.number(&made).await, EVENTS as i64 + 2);
}
