//! The server as it comes, on the open internet: whatever is thrown at it is refused for a few milliseconds of its time,
//! nothing is left behind, and everybody else is served meanwhile.

mod bodies;
mod cop;
mod documents;
mod slow;
mod twisted;
mod wire;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::sleep;

use crate::crash::{Access, bootstrap};
use crate::harness::{Backend, Binary, Case, Socket, Subject, TestDatabase, both, heavy, once};

use documents::Hostile;
use wire::Reply;

pub fn cases() -> Vec<Case> {
    vec![
        once(hostile_documents_are_refused_for_little),
        once(bodies::hostile_bodies_are_refused_for_little),
        once(cop::an_auditor_finds_nothing),
        once(cop::an_auditor_with_a_key_finds_nothing),
        once(cop::an_auditor_finds_no_page_where_there_is_to_be_none),
        both(twisted::twisted_bytes_are_answered_in_the_dialect_of_their_door),
        once(slow::bodies_that_hardly_come_hold_nobody_up),
        once(slow::connections_that_say_nothing_hold_nobody_up),
    ]
}

/// What one refusal may take of the server's time: 50 ms. Here the server may be a debug build on a busy machine.
const BOUND: Duration = Duration::from_millis(5 * 50);

/// Memory that the server may keep after all of it, in bytes.
const KEPT: u64 = 64 * 1024 * 1024;

/// A server that has begun to work, and what each attack has taken of it.
struct Siege {
    server: Binary,
    access: Access,
    before: u64,
    spent: Vec<(Duration, String)>,
    _db: TestDatabase,
}

impl Siege {
    async fn begin() -> Self {
        Self::with(&[]).await
    }

    /// With settings of its own.
    async fn with(settings: &[(&str, &str)]) -> Self {
        let db = TestDatabase::set_up(Backend::Sqlite).await;
        let access = bootstrap(&db);
        let mut command = crate::harness::binary::command(&db, &["serve"]);
        command.envs(settings.iter().copied());
        let server = Binary::start(command).await;
        let mut siege = Self {
            server,
            access,
            before: 0,
            spent: Vec::new(),
            _db: db,
        };
        for _ in 0..20 {
            siege.serves().await;
        }
        siege.before = siege.server.resident();
        siege
    }

    /// An honest client's honest question, and how long it takes.
    async fn serves(&self) -> Duration {
        let started = Instant::now();
        let body = json!({"query": "{ leads(first: 5) { totalCount nodes { id email } } }"});
        let answer = self
            .server
            .post("/graphql", ("x-api-key", &self.access.key), &body)
            .await;
        assert_eq!(answer.expect(200).data()["leads"]["totalCount"], 0);
        started.elapsed()
    }

    /// What the attack is answered with, and takes.
    async fn suffers<T>(&mut self, name: &str, attack: impl AsyncFnOnce(&Self) -> T) -> T {
        let before = self.server.cpu();
        let verdict = attack(self).await;
        let spent = self.server.cpu().saturating_sub(before);
        self.spent.push((spent, name.to_owned()));
        verdict
    }

    /// The server's memory, once it had time to give back what it has no use for.
    async fn resident_at_last(&self) -> u64 {
        for _ in 0..20 {
            if self.server.resident() < self.before + KEPT {
                break;
            }
            self.serves().await;
            sleep(Duration::from_millis(250)).await;
        }
        self.server.resident()
    }

    /// Looks at what all of it has taken.
    async fn ends(mut self) {
        self.serves().await;
        self.spent.sort();
        let count = u32::try_from(self.spent.len()).unwrap().max(1);
        let mean = self.spent.iter().map(|(spent, _)| *spent).sum::<Duration>() / count;
        let dearest: Vec<String> = self
            .spent
            .iter()
            .rev()
            .take(8)
            .map(|(spent, name)| format!("{spent:?} {name}"))
            .collect();
        let after = self.resident_at_last().await;
        told(format!(
            "{count} attacks: {mean:?} each; the dearest {dearest:#?}; memory {} MB before, {} MB after",
            self.before >> 20,
            after >> 20,
        ));
        assert!(
            self.spent.last().is_none_or(|(spent, _)| *spent < BOUND),
            "{dearest:#?}"
        );
        assert!(
            after < self.before + KEPT,
            "{} bytes before, {after} after",
            self.before
        );
        assert!(self.server.is_alive());
        let log = self.server.log();
        assert!(!log.contains("panicked") && !log.contains("ERROR"), "{log}");
    }
}

async fn hostile_documents_are_refused_for_little() {
    // Of factory settings all but the points: the refusals of every depth cost more than anybody has.
    let unpaid = [
        ("LEADGRAPH_RATE_POINTS", "off"),
        ("LEADGRAPH_RATE_POINTS_ANONYMOUS", "off"),
    ];
    let mut siege = Siege::with(if heavy() { &unpaid } else { &[] }).await;
    let mut wrong = Vec::new();
    for hostile in documents::all() {
        let Hostile { name, document, code } = &hostile;
        let post = siege
            .suffers(&format!("POST {name}"), async |siege| siege.posted(document).await)
            .await;
        let get = siege
            .suffers(&format!("GET {name}"), async |siege| siege.got(document).await)
            .await;
        let socket = asked(&mut siege, name, document).await;
        // A target that is too long is refused before anybody looks at it.
        let unseen = matches!(get.status, 414 | 431) && document_in_url(document).len() > LONG_TARGET;
        let seen = [post.code(), get.code(), socket.code()];
        if seen != [Some(*code), (!unseen).then_some(*code), Some(*code)] {
            wrong.push(format!("{name}: {post:?} {get:?} {socket:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    flooded(&siege).await;
    siege.ends().await;
}

/// Over a socket.
async fn asked(siege: &mut Siege, name: &str, document: &str) -> Refused {
    let bearer = json!({"authorization": format!("Bearer {}", siege.access.token)});
    let mut socket = Socket::enter(siege.server.port, bearer).await;
    let errors = siege
        .suffers(&format!("WebSocket {name}"), async |_| {
            socket.ask(json!({"query": document})).await
        })
        .await;
    Refused { status: 200, errors }
}

/// Bytes of a request's target that are taken in any case.
const LONG_TARGET: usize = 32 * 1024;

fn document_in_url(document: &str) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("query", document)
        .finish();
    format!("/graphql?{query}")
}

/// Everything at once, as often as the server takes it, while honest questions are asked.
async fn flooded(siege: &Siege) {
    let flood = documents::all()
        .into_iter()
        .filter(|hostile| heavy() || hostile.document.len() < 20_000);
    let documents: Vec<String> = flood.map(|hostile| hostile.document).collect();
    let attackers = (0..4).map(async |attacker| {
        for document in documents.iter().skip(attacker).step_by(4) {
            assert!(siege.posted(document).await.is_one());
        }
    });
    let slowest = async {
        let mut slowest = Duration::ZERO;
        for _ in 0..20 {
            slowest = slowest.max(siege.serves().await);
        }
        slowest
    };
    let (slowest, _) = futures_util::future::join(slowest, futures_util::future::join_all(attackers)).await;
    told(format!("an honest question took {slowest:?} at most meanwhile"));
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
}

/// Numbers are for those who ask for the heavy sizes.
fn told(numbers: String) {
    if heavy() {
        eprintln!("{numbers}");
    }
}

/// What an attack is answered with.
#[derive(Debug)]
struct Refused {
    status: u16,
    errors: Value,
}

impl Refused {
    fn of(reply: &Reply) -> Self {
        // What hyper refuses itself has no body.
        let errors = match &*reply.body {
            "" => Value::Null,
            _ => reply.json()["errors"].take(),
        };
        Self {
            status: reply.status,
            errors,
        }
    }

    fn code(&self) -> Option<&str> {
        assert!(self.is_one(), "{self:?}");
        self.errors[0]["extensions"]["code"].as_str()
    }

    /// A client's mistake by its status, or errors by GraphQL's rules.
    fn is_one(&self) -> bool {
        (400..500).contains(&self.status) || (self.status == 200 && self.errors.is_array())
    }
}

impl Siege {
    async fn posted(&self, document: &str) -> Refused {
        let body = json!({"query": document}).to_string();
        self.sent("/graphql", "application/json", vec![body.into_bytes()]).await
    }

    async fn got(&self, document: &str) -> Refused {
        let head = wire::head("GET", &document_in_url(document), &[]);
        Refused::of(&wire::exchange(self.server.port, vec![head]).await)
    }

    /// A body with its length.
    async fn sent(&self, path: &str, content_type: &str, parts: Vec<Vec<u8>>) -> Refused {
        let length = parts.iter().map(Vec::len).sum::<usize>().to_string();
        self.sent_as(
            path,
            &[("content-type", content_type), ("content-length", &length)],
            parts,
        )
        .await
    }

    async fn sent_as(&self, path: &str, headers: &[(&str, &str)], parts: Vec<Vec<u8>>) -> Refused {
        let bearer = format!("Bearer {}", self.access.key);
        let credentials = match path.starts_with("/api/v1") {
            true => ("authorization", bearer.as_str()),
            false => ("x-api-key", self.access.key.as_str()),
        };
        let head = wire::head("POST", path, &[headers, &[credentials]].concat());
        Refused::of(&wire::exchange(self.server.port, [vec![head], parts].concat()).await)
    }
}
