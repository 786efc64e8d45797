//! Many clients that write through every door while the ground shakes: the server is told to stop, or its database goes
//! away and comes back. What they were told is stored is stored, and what they are told otherwise is clear.

mod restart;
mod shutdown;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::crash::{Access, bootstrap, make_campaign};
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
    line: Option<TcpStream>,
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
            line: None,
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

    async fn post(&mut self, path: &str, body: &Value) -> Heard {
        let key = &self.ground.access.key;
        let credentials = match self.way {
            Way::Journeybee => format!("authorization: Bearer {key}"),
            Way::Leadtrackr | Way::Graphql | Way::Socket => format!("x-api-key: {key}"),
        };
        let body = body.to_string();
        let length = body.len();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\n{credentials}\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n\r\n{body}"
        );
        let said = timeout(Duration::from_secs(40), self.exchange(&request)).await;
        match said.expect("an answer or an end in time") {
            Some((status, body)) => self.judged(status, body),
            None => Heard::Nothing,
        }
    }

    /// One request over a connection that is kept. Byte by byte, for no client may see half of an answer, not even of its
    /// head; nothing where there is none of it.
    async fn exchange(&mut self, request: &str) -> Option<(u16, Value)> {
        let mut line = match self.line.take() {
            Some(line) => line,
            None => TcpStream::connect(("127.0.0.1", self.ground.port)).await.ok()?,
        };
        line.write_all(request.as_bytes()).await.ok()?;
        let mut bytes = Vec::new();
        loop {
            if let Some(answer) = whole(&bytes) {
                if !answer.closes {
                    self.line = Some(line);
                }
                return Some((answer.status, answer.body));
            }
            match line.read_buf(&mut bytes).await {
                Ok(1..) => {}
                Ok(0) | Err(_) => {
                    let half = String::from_utf8_lossy(&bytes);
                    assert!(half.is_empty(), "half of an answer: {half}");
                    return None;
                }
            }
        }
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

struct Answered {
    status: u16,
    body: Value,
    /// Whether the connection ends with it.
    closes: bool,
}

/// An answer, once all of it is there.
fn whole(bytes: &[u8]) -> Option<Answered> {
    let text = str::from_utf8(bytes).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let head = head.to_ascii_lowercase();
    let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
    let length: usize = header("content-length: ").expect("a length").parse().unwrap();
    let body = body.get(..length)?;
    Some(Answered {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        body: serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {text}")),
        closes: header("connection: ").is_some_and(|word| word == "close"),
    })
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
