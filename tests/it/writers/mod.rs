//! Many clients that write through every door while the ground shakes: the server is told to stop, or its database goes
//! away and comes back. What they were told is stored is stored, and what they are told otherwise is clear.

mod restart;
mod shutdown;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::crash::{Access, bootstrap, make_campaign};
use crate::harness::app::client;
use crate::harness::{Binary, Case, Socket, TestDatabase, both, on_postgres_alone};

pub fn cases() -> Vec<Case> {
    vec![
        both(shutdown::a_stopping_server_loses_nothing_that_it_has_acknowledged),
        on_postgres_alone(restart::a_database_that_comes_and_goes_loses_nothing_and_tells_nothing),
    ]
}

/// What all of them need.
struct Ground {
    access: Access,
    campaign: i64,
    port: u16,
}

impl Ground {
    async fn of(server: &Binary, db: &TestDatabase) -> Self {
        let access = bootstrap(db);
        let campaign = make_campaign(server, &access, db).await;
        Self {
            access,
            campaign,
            port: server.port,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

#[derive(Clone, Copy, Debug)]
enum Way {
    Leadtrackr,
    Journeybee,
    Graphql,
    Socket,
}

const WAYS: [Way; 4] = [Way::Leadtrackr, Way::Journeybee, Way::Graphql, Way::Socket];

/// One client, with a connection of its own.
struct Writer {
    ground: Arc<Ground>,
    way: Way,
    client: reqwest::Client,
    socket: Option<Socket>,
}

/// What a writer hears.
#[derive(Debug)]
enum Heard {
    Stored,
    /// In whatever words.
    Refused(u16, Value),
    /// No answer: the connection is closed, or cannot be made.
    Nothing,
}

impl Writer {
    fn new(ground: &Arc<Ground>, number: usize) -> Self {
        Self {
            ground: Arc::clone(ground),
            way: WAYS[number % WAYS.len()],
            client: client(),
            socket: None,
        }
    }

    /// Makes a lead of this name.
    async fn write(&mut self, name: &str) -> Heard {
        match self.way {
            Way::Leadtrackr => {
                let body = json!({"projectId": self.ground.access.project, "userData": {"firstName": name}});
                self.post("/api/leads/createServerSideLead", &body).await
            }
            Way::Journeybee => {
                let body = json!({
                    "associationType": "campaigns", "companyCampaignId": self.ground.campaign, "first_name": name,
                    "email": format!("{name}@b.co"),
                });
                self.post("/api/v1/leads", &body).await
            }
            Way::Graphql => self.post("/graphql", &self.mutation(name)).await,
            Way::Socket => self.say(&self.mutation(name)).await,
        }
    }

    fn mutation(&self, name: &str) -> Value {
        let query = "mutation($input: CreateServerSideLeadInput!) {
            createServerSideLead(input: $input) { lead { id } userErrors { code } } }";
        let input = json!({"projectId": self.ground.access.project, "userData": {"firstName": name}});
        json!({"query": query, "variables": {"input": input}})
    }

    async fn post(&self, path: &str, body: &Value) -> Heard {
        let key = &self.ground.access.key;
        let request = self.client.post(self.ground.url(path)).json(body);
        let request = match self.way {
            Way::Journeybee => request.bearer_auth(key),
            Way::Leadtrackr | Way::Graphql | Way::Socket => request.header("x-api-key", key),
        };
        let Ok(answer) = request.timeout(Duration::from_secs(40)).send().await else {
            return Heard::Nothing;
        };
        let status = answer.status().as_u16();
        let text = answer.text().await;
        let text = text.unwrap_or_else(|error| panic!("half of an answer, {status}: {error}"));
        let body: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {status} {text}"));
        self.judged(status, body)
    }

    async fn say(&mut self, body: &Value) -> Heard {
        if self.socket.is_none() {
            let Ok(mut socket) = Socket::try_open(self.ground.port, "/graphql/ws").await else {
                return Heard::Nothing;
            };
            let payload = json!({"x-api-key": self.ground.access.key});
            if socket.try_init(payload).await.is_none() {
                return Heard::Nothing;
            }
            self.socket = Some(socket);
        }
        let socket = self.socket.as_mut().expect("it was opened above");
        match socket.try_ask(body).await {
            Some(answer) => self.judged(200, answer),
            None => {
                self.socket = None;
                Heard::Nothing
            }
        }
    }

    fn judged(&self, status: u16, body: Value) -> Heard {
        let stored = match self.way {
            Way::Leadtrackr => &body["leadId"],
            Way::Journeybee => &body["id"],
            Way::Graphql | Way::Socket => &body["data"]["createServerSideLead"]["lead"]["id"],
        };
        match status {
            200 | 201 if !stored.is_null() => Heard::Stored,
            status => Heard::Refused(status, body),
        }
    }
}

/// Each of these is there, and nothing is there twice.
async fn all_are_there(db: &TestDatabase, acknowledged: &[String]) {
    let rows = db.rows("SELECT first_name FROM leads").await;
    let names: Vec<&str> = rows.iter().map(|row| row["first_name"].as_str().unwrap()).collect();
    let different: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(different.len(), names.len(), "a write was done twice");
    let lost: Vec<&String> = acknowledged
        .iter()
        .filter(|name| !different.contains(name.as_str()))
        .collect();
    assert!(
        lost.is_empty(),
        "{} of {} acknowledged writes are lost: {lost:?}",
        lost.len(),
        acknowledged.len()
    );
}
