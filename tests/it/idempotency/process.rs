//! What only processes show: a kill, and two instances on one database.

use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::json;

use super::{KEY, is_replay};
use crate::crash::{Access, bootstrap};
use crate::harness::{Answer, Binary, Case, TestDatabase, Workload, both, heavy, on_postgres};

pub fn cases() -> Vec<Case> {
    vec![
        both(what_a_kill_left_unanswered_is_sent_again_and_done_once),
        on_postgres(two_instances_do_it_once),
    ]
}

fn post(client: &reqwest::Client, url: &str, access: &Access, name: &str) -> reqwest::RequestBuilder {
    let body = json!({"projectId": access.project, "userData": {"firstName": name}});
    let request = client.post(format!("{url}/api/leads/createServerSideLead"));
    request.header("x-api-key", &access.key).header(KEY, name).json(&body)
}

const CLIENTS: usize = 6;

/// A write that was begun, and what came back before the kill.
struct Sent {
    name: String,
    answer: Option<String>,
}

async fn what_a_kill_left_unanswered_is_sent_again_and_done_once(db: TestDatabase) {
    let access = Arc::new(bootstrap(&db));
    let mut sent: Vec<Sent> = Vec::new();
    for round in 0..if heavy() { 50 } else { 3 } {
        let server = Binary::serve(&db).await;
        let work = Arc::new(Workload::default());
        let clients = (0..CLIENTS).map(|client| {
            let (http, url) = (server.client().clone(), server.url(""));
            let (access, work) = (Arc::clone(&access), Arc::clone(&work));
            tokio::spawn(async move { load(&http, &url, &access, &work, &format!("r{round}c{client}")).await })
        });
        let clients: Vec<_> = clients.collect();
        work.until(10, round).await;
        server.kill();
        work.end();
        for client in clients {
            sent.extend(client.await.unwrap());
        }
    }
    let unanswered = sent.iter().filter(|sent| sent.answer.is_none()).count();
    assert!(
        unanswered > 0 && unanswered < sent.len(),
        "{unanswered} of {}",
        sent.len()
    );
    let server = Binary::serve(&db).await;
    for Sent { name, answer } in &sent {
        let again = post(server.client(), &server.url(""), &access, name)
            .send()
            .await
            .unwrap();
        let again = Answer::of(again).await.expect(201);
        if let Some(answer) = answer {
            assert_eq!((is_replay(&again), &again.text), (true, answer), "{name}");
        }
    }
    let all = i64::try_from(sent.len()).unwrap();
    for sql in [
        "SELECT count(*) FROM leads",
        "SELECT count(DISTINCT first_name) FROM leads",
        "SELECT count(*) FROM events WHERE event_type = 'lead.created'",
        "SELECT count(*) FROM idempotency_keys WHERE outcome IS NOT NULL",
    ] {
        assert_eq!(db.number(sql).await, all, "{sql}");
    }
}

async fn load(client: &reqwest::Client, url: &str, access: &Access, work: &Workload, name: &str) -> Vec<Sent> {
    let mut sent = Vec::new();
    for nth in 0.. {
        if work.is_over() {
            break;
        }
        let name = format!("{name}n{nth}");
        let answer = match post(client, url, access, &name).send().await {
            Ok(answer) => answer.text().await.ok(),
            Err(_) => None,
        };
        let is_over = answer.is_none();
        sent.push(Sent { name, answer });
        if is_over {
            break;
        }
        work.did_one();
    }
    sent
}

async fn two_instances_do_it_once(db: TestDatabase) {
    let access = bootstrap(&db);
    let servers = [Binary::serve(&db).await, Binary::serve(&db).await];
    for round in 0..5 {
        let name = format!("round {round}");
        let posts = (0..20).map(|nth| {
            let server = &servers[nth % 2];
            post(server.client(), &server.url(""), &access, &name).send()
        });
        let mut bodies = Vec::new();
        for answer in join_all(posts).await {
            bodies.push(Answer::of(answer.unwrap()).await.expect(201).text);
        }
        bodies.dedup();
        assert_eq!(bodies.len(), 1, "{bodies:?}");
        assert_eq!(db.number("SELECT count(*) FROM leads").await, round + 1);
    }
}
