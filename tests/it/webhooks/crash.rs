//! The server is killed again and again while leads change and receivers fail at random: everything that was committed is
//! told, each lead's events in their order.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::json;
use standardwebhooks::Webhook;

use super::load::{make_endpoint, serving};
use super::old_receivers::token;
use super::receiver::{Heard, Receiver, Reply};
use crate::crash::{Access, bootstrap};
use crate::harness::{Backend, Binary, Case, TestDatabase, Workload, both, heavy};

pub fn cases() -> Vec<Case> {
    vec![both(every_event_is_told_in_the_order_of_its_lead_whatever_is_killed)]
}

const CLIENTS: u64 = 4;

/// Between two kills.
const CHANGES: u64 = 100;

async fn every_event_is_told_in_the_order_of_its_lead_whatever_is_killed(db: TestDatabase) {
    let kills = if heavy() { 100 } else { 20 };
    let access = Arc::new(bootstrap(&db));
    let ours = failing_at_random().await;
    let theirs = failing_at_random().await;
    let mut secrets = None;
    for round in 0..kills {
        let server = Binary::start(serving(&db)).await;
        if secrets.is_none() {
            let standard = make_endpoint(&server, &access, &ours.url(), "STANDARD").await;
            let journeybee = make_endpoint(&server, &access, &theirs.url(), "JOURNEYBEE").await;
            secrets = Some((standard, journeybee));
        }
        let load = Arc::new(Workload::default());
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (access, load) = (Arc::clone(&access), Arc::clone(&load));
                let (http, url) = (server.client().clone(), server.url("/api/leads/createServerSideLead"));
                tokio::spawn(change_leads(http, url, access, load, round * CLIENTS + client))
            })
            .collect();
        load.until(CHANGES, round).await;
        server.kill();
        load.end();
        for client in clients {
            client.await.unwrap();
        }
    }
    let _server = Binary::start(serving(&db)).await;
    let waiting = "SELECT count(*) FROM webhook_deliveries WHERE settled_at IS NULL";
    let behind = "SELECT count(*) FROM workspace_counters w JOIN event_consumers c ON c.workspace_id = w.workspace_id
        WHERE c.consumer = 'webhooks' AND c.position < w.position";
    for _ in 0..3000 {
        if db.number(behind).await == 0 && db.number(waiting).await == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (standard, journeybee) = secrets.unwrap();
    let told = all_is_told(&db, &ours.heard(), &standard).await;
    old_receivers_are_told(&db, &theirs.heard(), &journeybee).await;
    eprintln!("{kills} kills: {told} events, {} requests", ours.heard().len());
    assert!(told >= kills * CHANGES, "{told} events: no load");
}

/// A fifth of all requests fails.
async fn failing_at_random() -> Receiver {
    let state = AtomicU64::new(0x9e37_79b9_7f4a_7c15);
    Receiver::start(move |_, _| {
        let next = state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        let mixed = (next ^ (next >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        Reply::status(if (mixed >> 40).is_multiple_of(5) { 500 } else { 200 })
    })
    .await
}

/// Makes leads and changes them, over and over, until it is told to stop or the server is gone.
async fn change_leads(http: reqwest::Client, url: String, access: Arc<Access>, load: Arc<Workload>, client: u64) {
    for nth in 0_u64.. {
        if load.is_over() {
            return;
        }
        // Each client has some leads for itself, which it finds again in later rounds.
        let lead = format!("c{}l{}", client % CLIENTS, nth % 7);
        let body = json!({
            "projectId": access.project, "userData": {"email": format!("{lead}@b.co"), "firstName": format!("{client} {nth}")},
            "formData": {"uniqueEventId": lead},
        });
        let request = http.post(&url).header("x-api-key", &access.key).json(&body);
        match request.send().await {
            Ok(answer) if answer.status() == 201 => load.did_one(),
            Ok(_) => continue,
            Err(_) => return,
        };
    }
}

/// Every event was heard well, each lead's in their order, signed. How many there are.
async fn all_is_told(db: &TestDatabase, heard: &[Heard], secret: &str) -> u64 {
    let verifier = Webhook::new(secret).unwrap();
    let mut leads: HashMap<String, Vec<i64>> = HashMap::new();
    let mut told = BTreeSet::new();
    for each in heard {
        verifier.verify(each.body.as_bytes(), &each.headers).unwrap();
        if each.is_good() {
            let lead = each.json()["data"]["subject"]["uuid"].as_str().unwrap().to_owned();
            leads.entry(lead).or_default().push(each.position());
            told.insert(each.position());
        }
    }
    let events = db
        .rows("SELECT position FROM events WHERE subject_kind = 'lead' ORDER BY position")
        .await;
    let events: BTreeSet<i64> = events.iter().map(|row| row["position"].as_i64().unwrap()).collect();
    let missing: Vec<_> = events.difference(&told).collect();
    assert!(missing.is_empty(), "never told: {missing:?}");
    assert!(told.is_subset(&events), "told, and never happened");
    for (lead, positions) in leads {
        assert!(positions.is_sorted(), "{lead}: {positions:?}");
    }
    events.len() as u64
}

/// Their form tells no positions: the deliveries say which message is which event.
async fn old_receivers_are_told(db: &TestDatabase, heard: &[Heard], secret: &str) {
    let message = match db.backend {
        Backend::Sqlite => "lower(hex(d.message_uuid))",
        Backend::Postgres => "replace(CAST(d.message_uuid AS text), '-', '')",
    };
    let rows = format!(
        "SELECT {message} AS message, d.position, d.lead_id, d.state FROM webhook_deliveries d JOIN webhook_endpoints e
        ON e.workspace_id = d.workspace_id AND e.id = d.endpoint_id WHERE e.style = 'journeybee'"
    );
    let mut deliveries = BTreeMap::new();
    for row in db.rows(&rows).await {
        assert_eq!(row["state"], "delivered");
        let of = (row["lead_id"].as_i64().unwrap(), row["position"].as_i64().unwrap());
        deliveries.insert(format!("msg_{}", row["message"].as_str().unwrap()), of);
    }
    let events = db
        .number("SELECT count(*) FROM events WHERE subject_kind = 'lead'")
        .await;
    assert_eq!(i64::try_from(deliveries.len()).unwrap(), events);
    let mut leads: HashMap<i64, Vec<i64>> = HashMap::new();
    let mut told = BTreeSet::new();
    for each in heard {
        let claims = token(each, secret).unwrap();
        assert!(["lead_created", "lead_updated"].contains(&claims["event_id"].as_str().unwrap()));
        let (lead, position) = deliveries[each.header("webhook-id")];
        if each.is_good() {
            leads.entry(lead).or_default().push(position);
            told.insert(position);
        }
    }
    assert_eq!(told.len(), deliveries.len(), "some were never told");
    for (lead, positions) in leads {
        assert!(positions.is_sorted(), "{lead}: {positions:?}");
    }
}
