//! The process is killed under load, again and again: every lead that was answered with success is there, once, whole.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::binary::{command, json_of};
use crate::harness::{Binary, Case, TestDatabase, Workload, both, heavy};

pub fn cases() -> Vec<Case> {
    vec![
        both(every_lead_that_was_answered_survives_a_kill_whole),
        both(a_terminated_server_answers_what_it_has_begun),
    ]
}

/// What `leadgraph bootstrap` tells.
pub struct Access {
    pub project: String,
    pub key: String,
    pub read_only_key: String,
    pub token: String,
}

impl Access {
    /// Makes leads one after the other; what the server's work for them comes to, in hundredths of a second.
    pub async fn work_of_leads(&self, server: &Binary, name: &str, leads: usize) -> u64 {
        let before = server.work();
        for nth in 0..leads {
            let body = json!({"projectId": self.project, "userData": {"firstName": format!("{name}{nth}")}});
            let path = "/api/leads/createServerSideLead";
            server.post(path, ("x-api-key", &self.key), &body).await.expect(201);
        }
        server.work() - before
    }
}

/// A workspace made by the command line.
pub fn bootstrap(db: &TestDatabase) -> Access {
    let arguments = [
        "bootstrap",
        "--workspace",
        "Acme",
        "--email",
        "owner@acme.test",
        "--json",
    ];
    let made = json_of(&mut command(db, &arguments));
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
    Access {
        project: text(&made["project"]["publicId"]),
        key: text(&made["apiKey"]),
        read_only_key: text(&made["readOnlyApiKey"]),
        token: text(&made["token"]),
    }
}

/// A lead that was answered with 201.
struct Answered {
    id: i64,
    name: String,
    /// Whether it came through JourneyBee's route.
    partner: bool,
}

const CLIENTS: usize = 6;

/// Between two kills.
const LEADS: u64 = 50;

async fn every_lead_that_was_answered_survives_a_kill_whole(db: TestDatabase) {
    let rounds = if heavy() { 200 } else { 4 };
    let access = Arc::new(bootstrap(&db));
    let mut answered = Vec::new();
    let mut campaign = None;
    for round in 0..rounds {
        let server = Binary::serve(&db).await;
        let campaign = match campaign {
            Some(campaign) => campaign,
            None => *campaign.insert(make_campaign(&server, &access, &db).await),
        };
        let work = Arc::new(Workload::default());
        let clients = (0..CLIENTS).map(|client| {
            let load = Load {
                client: server.client().clone(),
                url: server.url(""),
                access: Arc::clone(&access),
                campaign,
                work: Arc::clone(&work),
            };
            tokio::spawn(load.run(format!("r{round}c{client}")))
        });
        let clients: Vec<_> = clients.collect();
        work.until(LEADS, round).await;
        server.kill();
        work.end();
        for client in clients {
            answered.extend(client.await.unwrap());
        }
    }
    let least = usize::try_from(rounds * LEADS).unwrap();
    assert!(
        answered.len() >= least,
        "only {} leads in {rounds} rounds: no load",
        answered.len()
    );
    // The next start recovers whatever a kill left.
    drop(Binary::serve(&db).await);
    all_are_whole(&db, &answered).await;
    nothing_is_half_done(&db).await;
}

pub async fn make_campaign(server: &Binary, access: &Access, db: &TestDatabase) -> i64 {
    let query = "mutation { createCampaign(input: { title: \"Spring\" }) { campaign { id } userErrors { message } } }";
    let answer = server
        .post("/graphql", ("x-api-key", &access.key), &json!({"query": query}))
        .await;
    assert!(
        answer.data()["createCampaign"]["campaign"]["id"].is_string(),
        "{}",
        answer.text
    );
    db.number("SELECT id FROM campaigns").await
}

struct Load {
    client: reqwest::Client,
    url: String,
    access: Arc<Access>,
    campaign: i64,
    work: Arc<Workload>,
}

impl Load {
    async fn run(self, name: String) -> Vec<Answered> {
        let mut answered = Vec::new();
        for nth in 0.. {
            if self.work.is_over() {
                break;
            }
            let name = format!("{name}n{nth}");
            let partner = nth % 2 == 1;
            let request = if partner { self.lead(&name) } else { self.form(&name) };
            let Ok(answer) = request.send().await else { break };
            assert_eq!(answer.status(), 201, "{name}");
            // The answer's head may arrive without its body when the process is killed in between.
            let Ok(body) = answer.json::<Value>().await else { break };
            let id = if partner { &body["id"] } else { &body["leadId"] };
            self.work.did_one();
            answered.push(Answered {
                id: id.as_i64().unwrap(),
                name,
                partner,
            });
        }
        answered
    }

    fn form(&self, name: &str) -> reqwest::RequestBuilder {
        let body = json!({
            "projectId": self.access.project, "userData": {"email": format!("{name}@b.co"), "firstName": name},
            "attributionData": {"gclid": name, "consent": {"ad_storage": "granted"}},
            "formData": {"uniqueEventId": name}, "channelFlow": [{"t": 1_700_000_000_000_i64, "ch": {"s": "x"}}],
        });
        let request = self.client.post(format!("{}/api/leads/createServerSideLead", self.url));
        request.header("x-api-key", &self.access.key).json(&body)
    }

    fn lead(&self, name: &str) -> reqwest::RequestBuilder {
        let body = json!({
            "associationType": "campaigns", "companyCampaignId": self.campaign, "email": format!("{name}@b.co"),
            "first_name": name, "powerups": {"pipedrive": {"person_id": 1}},
        });
        let request = self.client.post(format!("{}/api/v1/leads", self.url));
        request.bearer_auth(&self.access.key).json(&body)
    }
}

async fn all_are_whole(db: &TestDatabase, answered: &[Answered]) {
    for Answered { id, name, partner } in answered {
        let row = db
            .row(&format!("SELECT id, uuid FROM leads WHERE first_name = '{name}'"))
            .await;
        assert_eq!(row["id"], *id, "{name}");
        let parts: &[&str] = if *partner {
            &["lead_powerups", "external_refs", "intake_payloads"]
        } else {
            &["lead_click_ids", "lead_consents", "lead_touchpoints", "intake_payloads"]
        };
        for table in parts {
            let count = db
                .number(&format!("SELECT count(*) FROM {table} WHERE lead_id = {id}"))
                .await;
            assert_eq!(count, 1, "{name}: {table}");
        }
        let events = format!("SELECT count(*) FROM events WHERE lead_id = {id} AND event_type = 'lead.created'");
        assert_eq!(db.number(&events).await, 1, "{name}");
    }
}

/// A lead that was not answered may be there or not, but never in part; and the log has no gap.
async fn nothing_is_half_done(db: &TestDatabase) {
    let leads = db.number("SELECT count(*) FROM leads").await;
    for sql in [
        "SELECT count(DISTINCT lead_id) FROM intake_payloads",
        "SELECT count(*) FROM events WHERE event_type = 'lead.created'",
        "SELECT count(DISTINCT first_name) FROM leads",
    ] {
        assert_eq!(db.number(sql).await, leads, "{sql}");
    }
    let events = db.number("SELECT count(*) FROM events").await;
    assert_eq!(db.number("SELECT max(position) FROM events").await, events);
    assert_eq!(db.number("SELECT position FROM workspace_counters").await, events);
}

async fn a_terminated_server_answers_what_it_has_begun(db: TestDatabase) {
    let access = bootstrap(&db);
    let server = Binary::serve(&db).await;
    let requests: Vec<_> = (0..20)
        .map(|nth| {
            let body = json!({"projectId": access.project, "userData": {"firstName": format!("n{nth}")}});
            let request = server.client().post(server.url("/api/leads/createServerSideLead"));
            tokio::spawn(request.header("x-api-key", &access.key).json(&body).send())
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(15)).await;
    server.terminate();
    let mut answered = 0;
    for request in requests {
        // A request that came too late finds no server; one that was taken is answered.
        if let Ok(answer) = request.await.unwrap() {
            assert_eq!(answer.status(), 201);
            answered += 1;
        }
    }
    let (status, log) = server.wait();
    assert!(status.success(), "{status}: {log}");
    assert_eq!(db.number("SELECT count(*) FROM leads").await, answered);
}
