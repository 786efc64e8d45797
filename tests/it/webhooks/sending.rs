//! What receivers hear, and what their answers lead to.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use super::old_receivers::millis;
use super::receiver::{Heard, Receiver, Reply};
use super::{answered, deliveries, edit, endpoint, look, post_lead, settled};
use crate::harness::{Backend, Case, Subject, TestApp, both, on_postgres};

pub fn cases() -> Vec<Case> {
    vec![
        both(an_event_is_sent_signed_as_standard_webhooks_has_it),
        both(all_of_2xx_is_a_success),
        both(who_has_waited_longest_comes_first),
        both(both_secrets_sign_until_the_old_one_ends),
        both(only_what_was_asked_for_is_sent),
        on_postgres(a_filter_that_changes_meanwhile_is_the_one_that_counts),
        both(failures_are_tried_again_until_they_are_given_up),
        both(a_lead_waits_for_itself_and_nobody_else),
        both(a_receiver_that_is_gone_gets_no_more),
        both(a_receiver_may_ask_for_time),
        both(redirects_are_failures),
        both(little_of_an_answer_is_read),
    ]
}

/// With the library that others verify with.
pub fn verifies(heard: &Heard, secret: &str) -> bool {
    Webhook::new(secret)
        .unwrap()
        .verify(heard.body.as_bytes(), &heard.headers)
        .is_ok()
}

async fn an_event_is_sent_signed_as_standard_webhooks_has_it(app: TestApp) {
    let receiver = Receiver::good().await;
    let made = endpoint(&app, &receiver, json!({})).await;
    post_lead(&app, "a", "Ada").await;
    post_lead(&app, "a", "Grace").await;
    let heard = receiver.hears(2).await;
    for each in &heard {
        assert!(verifies(each, &made.secret), "{each:?}");
        assert_eq!(each.path, "/hook");
        assert_eq!(each.header("content-type"), "application/json");
        assert_eq!(each.header("webhook-id"), each.json()["id"]);
        assert!(each.headers.get("authorization").is_none());
        let other = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        assert!(!verifies(each, other));
    }
    let (created, updated) = (heard[0].json(), heard[1].json());
    assert_eq!(
        (&created["type"], &created["version"]),
        (&json!("lead.created"), &json!(1))
    );
    assert_eq!(created["workspace"], app.home.row.uuid.to_string());
    let lead = "{ leads { nodes { uuid legacyId createdAt } } }";
    let lead = app.as_owner().data(lead, json!({})).await["leads"]["nodes"][0].clone();
    let subject = &created["data"]["subject"];
    assert_eq!(
        (&subject["uuid"], &subject["lead_id"]),
        (&lead["uuid"], &lead["legacyId"])
    );
    assert_eq!(millis(&created["timestamp"]), millis(&lead["createdAt"]));
    assert_eq!(
        created["data"]["changes"]["firstName"],
        json!({"from": null, "to": "Ada"})
    );
    assert_eq!(created["data"]["subject"]["kind"], "lead");
    assert_eq!(created["data"]["actor"]["kind"], "api_key");
    assert_eq!(updated["type"], "lead.updated");
    assert_eq!(
        updated["data"]["changes"]["firstName"],
        json!({"from": "Ada", "to": "Grace"})
    );
    assert!(heard[0].position() < heard[1].position());
    let log = settled(&app, &made, "DELIVERED", 2).await;
    assert_eq!(log[1]["messageId"], created["id"]);
    assert_eq!(log[1]["eventType"], "LEAD_CREATED");
    assert!(log[1]["position"].is_string());
    let attempt = &log[1]["attempts"][0];
    assert_eq!((&attempt["number"], &attempt["statusCode"]), (&json!(1), &json!(200)));
    assert_eq!(
        (&attempt["error"], log[1]["attempts"].as_array().unwrap().len()),
        (&Value::Null, 1)
    );
}

async fn all_of_2xx_is_a_success(app: TestApp) {
    let receiver = Receiver::start(|nth, _| Reply::status([200, 201, 204, 299][nth])).await;
    let made = endpoint(&app, &receiver, json!({})).await;
    for nth in 0..4 {
        post_lead(&app, &format!("l{nth}"), "Ada").await;
    }
    let log = settled(&app, &made, "DELIVERED", 4).await;
    let mut codes: Vec<i64> = log
        .iter()
        .map(|delivery| delivery["attempts"][0]["statusCode"].as_i64().unwrap())
        .collect();
    codes.sort_unstable();
    assert_eq!(codes, [200, 201, 204, 299]);
}

/// A server that sends one thing at a time.
struct Single(TestApp);

impl Subject for Single {
    async fn set_up(backend: Backend) -> Self {
        Self(TestApp::with(backend, |config| config.webhooks.concurrency = 1).await)
    }
}

async fn who_has_waited_longest_comes_first(Single(app): Single) {
    let receiver = Receiver::start(|nth, _| Reply {
        delay: Duration::from_millis(if nth == 0 { 1000 } else { 0 }),
        ..Reply::status(200)
    })
    .await;
    endpoint(&app, &receiver, json!({})).await;
    for nth in 0..8 {
        post_lead(&app, &format!("l{nth}"), "Ada").await;
    }
    let positions: Vec<i64> = receiver.hears(8).await.iter().map(Heard::position).collect();
    assert!(positions.is_sorted(), "{positions:?}");
}

async fn both_secrets_sign_until_the_old_one_ends(app: TestApp) {
    let receiver = Receiver::good().await;
    let made = endpoint(&app, &receiver, json!({})).await;
    let rotated = edit(&app, &made, "rotateWebhookSecret", "").await;
    let new = rotated["secret"].as_str().unwrap().to_owned();
    assert_ne!(new, made.secret);
    post_lead(&app, "a", "Ada").await;
    let heard = receiver.hears(1).await;
    assert_eq!(heard[0].header("webhook-signature").split(' ').count(), 2);
    assert!(verifies(&heard[0], &made.secret) && verifies(&heard[0], &new));
    // A day later.
    let past = match app.db.backend {
        Backend::Sqlite => "'2020-01-01T00:00:00.000000000+00:00'",
        Backend::Postgres => "now()",
    };
    app.db
        .execute(&format!("UPDATE webhook_endpoints SET old_secret_until = {past}"))
        .await;
    post_lead(&app, "b", "Ada").await;
    let heard = receiver.hears(2).await;
    assert!(!verifies(&heard[1], &made.secret) && verifies(&heard[1], &new));
    let last = edit(&app, &made, "rotateWebhookSecret", ", overlapHours: 0").await;
    post_lead(&app, "c", "Ada").await;
    let heard = receiver.hears(3).await;
    assert!(!verifies(&heard[2], &new) && verifies(&heard[2], last["secret"].as_str().unwrap()));
}

async fn only_what_was_asked_for_is_sent(app: TestApp) {
    let receiver = Receiver::good().await;
    post_lead(&app, "before", "Ada").await;
    // Nobody has looked yet, and that has happened already.
    let new = Receiver::good().await;
    endpoint(&app, &new, json!({})).await;
    let types = json!(["LEAD_UPDATED", "NOTE_CREATED"]);
    endpoint(
        &app,
        &receiver,
        json!({"eventTypes": types, "filter": {"firstName": {"eq": "Grace"}}}),
    )
    .await;
    for (event, name) in [
        ("before", "Bob"),
        ("before", "Grace"),
        ("a", "Grace"),
        ("a", "Eve"),
        ("a", "Grace"),
    ] {
        post_lead(&app, event, name).await;
        // One look at a time: a filter sees the lead as it is then.
        app.settled().await;
    }
    let heard = receiver.hears(2).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(receiver.heard().len(), 2);
    assert_eq!(new.hears(5).await[0].json()["type"], "lead.updated");
    for each in &heard {
        assert_eq!(each.json()["type"], "lead.updated");
        assert_eq!(each.json()["data"]["changes"]["firstName"]["to"], "Grace");
    }
}

/// Between the look at the filters and the events that they are asked about.
async fn a_filter_that_changes_meanwhile_is_the_one_that_counts(app: TestApp) {
    let (receiver, other) = (Receiver::good().await, Receiver::good().await);
    let graces = json!({"filter": {"firstName": {"eq": "Grace"}}});
    let changed = endpoint(&app, &receiver, json!({})).await;
    endpoint(&app, &other, graces).await;
    app.settled().await;
    let change = app.db.connection().begin().await.unwrap();
    let filter = "UPDATE webhook_endpoints SET version = version + 1,
        filter = (SELECT filter FROM webhook_endpoints WHERE filter IS NOT NULL) WHERE filter IS NULL";
    change.execute_unprepared(filter).await.unwrap();
    post_lead(&app, "a", "Ada").await;
    app.waiting_for_locks(1).await;
    change.commit().await.unwrap();
    post_lead(&app, "b", "Grace").await;
    for receiver in [receiver, other] {
        let heard = receiver.hears(1).await;
        assert_eq!(heard[0].json()["data"]["changes"]["firstName"]["to"], "Grace");
    }
    assert_eq!(deliveries(&app, &changed).await.len(), 1);
}

async fn failures_are_tried_again_until_they_are_given_up(app: TestApp) {
    let receiver = Receiver::start(|nth, body| match (nth, body.contains("\"lead.created\"")) {
        (0..3, _) => Reply::status(500),
        (_, true) => Reply::status(200),
        (_, false) => Reply::status(404),
    })
    .await;
    let made = endpoint(&app, &receiver, json!({})).await;
    post_lead(&app, "a", "Ada").await;
    let log = settled(&app, &made, "DELIVERED", 1).await;
    let codes: Vec<_> = log[0]["attempts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| each["statusCode"].clone())
        .collect();
    assert_eq!(codes, [500, 500, 500, 200]);
    let heard = receiver.heard();
    for each in &heard {
        assert_eq!(
            (each.header("webhook-id"), &each.body),
            (heard[0].header("webhook-id"), &heard[0].body)
        );
        assert!(verifies(each, &made.secret));
    }
    // Ten attempts, and then the lead's next event is told.
    post_lead(&app, "a", "Grace").await;
    post_lead(&app, "a", "Eve").await;
    let log = settled(&app, &made, "FAILED", 2).await;
    for given_up in &log[..2] {
        assert_eq!(given_up["attempts"].as_array().unwrap().len(), 10);
        assert_eq!(given_up["attempts"][9]["error"], "The receiver answered 404");
        assert_eq!(
            (&given_up["nextAttemptAt"], given_up["settledAt"].is_string()),
            (&Value::Null, true)
        );
    }
    assert!(look(&app, &made).await["failingSince"].is_string());
    post_lead(&app, "b", "Ada").await;
    settled(&app, &made, "DELIVERED", 2).await;
    assert_eq!(look(&app, &made).await["failingSince"], Value::Null);
}

async fn a_lead_waits_for_itself_and_nobody_else(app: TestApp) {
    // The first lead's first event fails twice, and waits while everything else happens; another endpoint does not answer.
    let failed = AtomicUsize::new(0);
    let receiver =
        Receiver::start(
            move |_, body| match body.contains("slow@b.co") && failed.fetch_add(1, Ordering::SeqCst) < 2 {
                true => Reply {
                    headers: vec![("retry-after", "1".to_owned())],
                    ..Reply::status(503)
                },
                false => Reply::status(200),
            },
        )
        .await;
    let dead = Receiver::start(|_, _| Reply {
        delay: Duration::from_secs(3600),
        ..Reply::status(200)
    })
    .await;
    let silent = endpoint(&app, &dead, json!({})).await;
    let made = endpoint(&app, &receiver, json!({})).await;
    for name in ["1", "2", "3"] {
        post_lead(&app, "slow", name).await;
        for other in ["x", "y"] {
            post_lead(&app, other, name).await;
        }
    }
    settled(&app, &made, "DELIVERED", 9).await;
    let good: Vec<Heard> = receiver.heard().into_iter().filter(Heard::is_good).collect();
    let lead = |heard: &Heard| heard.json()["data"]["subject"]["uuid"].as_str().unwrap().to_owned();
    let leads: std::collections::BTreeSet<String> = good.iter().map(lead).collect();
    assert_eq!(leads.len(), 3);
    for each in leads {
        let positions: Vec<i64> = good
            .iter()
            .filter(|heard| lead(heard) == each)
            .map(Heard::position)
            .collect();
        assert!(positions.is_sorted(), "{positions:?}");
        assert_eq!(positions.len(), 3);
    }
    // Of the silent one's nine, three are on their way and six wait for those.
    let states: Vec<Value> = deliveries(&app, &silent)
        .await
        .into_iter()
        .map(|each| each["state"].clone())
        .collect();
    assert_eq!(states.iter().filter(|state| *state == "HELD").count(), 6, "{states:?}");
}

async fn a_receiver_that_is_gone_gets_no_more(app: TestApp) {
    let receiver = Receiver::start(|_, _| Reply::status(410)).await;
    let made = endpoint(&app, &receiver, json!({})).await;
    post_lead(&app, "a", "Ada").await;
    let log = settled(&app, &made, "FAILED", 1).await;
    assert_eq!(log[0]["attempts"].as_array().unwrap().len(), 1);
    let row = look(&app, &made).await;
    assert!(row["disabledAt"].is_string());
    assert_eq!(row["disabledReason"], "GONE");
    post_lead(&app, "b", "Ada").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(receiver.heard().len(), 1);
    assert_eq!(deliveries(&app, &made).await.len(), 1);
    let events = "SELECT count(*) FROM events WHERE event_type = 'webhook_endpoint.disabled'";
    assert_eq!(app.number(events).await, 1);
    // Its administrators are told.
    app.settled().await;
    let told = "{ viewer { notifications { nodes { kind } } } }";
    let told = app.as_owner().data(told, json!({})).await;
    assert_eq!(
        told["viewer"]["notifications"]["nodes"],
        json!([{"kind": "WEBHOOK_DISABLED"}])
    );
    // Switched on again it is told of what happens then, and of nothing before.
    edit(&app, &made, "enableWebhookEndpoint", "").await;
    post_lead(&app, "c", "Ada").await;
    let heard = receiver.hears(2).await;
    assert!(heard[1].body.contains("c@b.co"), "{}", heard[1].body);
}

async fn a_receiver_may_ask_for_time(app: TestApp) {
    let receiver = Receiver::start(|nth, _| match nth {
        0 => Reply {
            headers: vec![("retry-after", "1".to_owned())],
            ..Reply::status(429)
        },
        1 => Reply {
            headers: vec![("retry-after", in_three_seconds())],
            ..Reply::status(429)
        },
        2 => Reply {
            headers: vec![("retry-after", "99999999".to_owned())],
            ..Reply::status(503)
        },
        _ => Reply::status(200),
    })
    .await;
    let made = endpoint(&app, &receiver, json!({})).await;
    post_lead(&app, "a", "Ada").await;
    let heard = receiver.hears(3).await;
    let waited = heard[1].at - heard[0].at;
    assert!(waited >= Duration::from_secs(1), "{waited:?}");
    // Dates have whole seconds.
    let waited = heard[2].at - heard[1].at;
    assert!(waited >= Duration::from_millis(1900), "{waited:?}");
    answered(&app, 3).await;
    let log = deliveries(&app, &made).await;
    let next: chrono::DateTime<chrono::Utc> = log[0]["nextAttemptAt"].as_str().unwrap().parse().unwrap();
    let hours = (next - chrono::Utc::now()).num_hours();
    assert!((23..=24).contains(&hours), "{hours}: a day at most");
    assert_eq!(receiver.heard().len(), 3);
    // Others do not take it along.
    let waiting = log[0]["id"].clone();
    for nth in 1..=6 {
        post_lead(&app, &format!("l{}", nth / 3), &format!("{nth}")).await;
        settled(&app, &made, "DELIVERED", nth).await;
    }
    let log = deliveries(&app, &made).await;
    let state = log.iter().find(|delivery| delivery["id"] == waiting);
    assert_eq!(state.unwrap()["state"], "PENDING");
    assert_eq!(receiver.heard().len(), 9);
}

fn in_three_seconds() -> String {
    let then = chrono::Utc::now() + chrono::Duration::seconds(3);
    then.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

async fn redirects_are_failures(app: TestApp) {
    let inside = Receiver::good().await;
    let location = inside.url();
    let receiver = Receiver::start(move |_, _| Reply {
        headers: vec![("location", location.clone())],
        ..Reply::status(307)
    })
    .await;
    let made = endpoint(&app, &receiver, json!({})).await;
    post_lead(&app, "a", "Ada").await;
    let log = settled(&app, &made, "FAILED", 1).await;
    let error = &log[0]["attempts"][0]["error"];
    assert_eq!(error, "The receiver answered 307: redirects are not followed");
    assert_eq!(inside.heard().len(), 0);
}

async fn little_of_an_answer_is_read(app: TestApp) {
    let receiver = Receiver::start(|nth, _| Reply {
        body: match nth {
            0 => vec![b'x'; 64 * 1024 * 1024],
            _ => b"a\0b\xffc".to_vec(),
        },
        ..Reply::status(200)
    })
    .await;
    let made = endpoint(&app, &receiver, json!({})).await;
    post_lead(&app, "a", "Ada").await;
    let log = settled(&app, &made, "DELIVERED", 1).await;
    assert_eq!(log[0]["attempts"][0]["answer"].as_str().unwrap().len(), 1024);
    // What is no text, and what no database keeps.
    post_lead(&app, "b", "Ada").await;
    let log = settled(&app, &made, "DELIVERED", 2).await;
    assert_eq!(log[0]["attempts"][0]["answer"], "ab\u{fffd}c");
}
