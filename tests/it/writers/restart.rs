//! PostgreSQL stops and starts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{Ground, Heard, Way, Writer, all_are_there};
use crate::harness::binary::command;
use crate::harness::postgres::OwnServer;
use crate::harness::{Binary, TestDatabase, heavy};

const WRITERS: usize = 24;

/// How long the database is away.
const AWAY: Duration = Duration::from_secs(3);

/// Until everything works again, once it is back.
const RECOVERY: Duration = Duration::from_secs(10);

pub async fn a_database_that_comes_and_goes_loses_nothing_and_tells_nothing() {
    let mut postgres = OwnServer::start();
    let db = TestDatabase::of(&postgres).await;
    let mut serve = command(&db, &["serve"]);
    serve.env("LEADGRAPH_DATABASE_ACQUIRE_SECONDS", "1");
    let server = Binary::start(serve).await;
    let ground = Arc::new(Ground::of(&server, &db).await);
    let stop = Arc::new(AtomicBool::new(false));
    let writers = (0..WRITERS).map(|number| {
        let writer = Writer::new(&ground, number);
        tokio::spawn(write_on(writer, format!("w{number}"), Arc::clone(&stop)))
    });
    let writers = join_all(writers);
    let signals = ["INT", "QUIT"].into_iter().cycle();
    for signal in signals.take(if heavy() { 20 } else { 2 }) {
        tokio::time::sleep(Duration::from_secs(1)).await;
        postgres.stop(signal);
        let away = Instant::now();
        while away.elapsed() < AWAY {
            let ready = status(&server, "/readyz").await;
            // A moment for what had begun before.
            assert!(
                ready == 503 || away.elapsed() < Duration::from_secs(1),
                "ready without a database"
            );
            assert_eq!(status(&server, "/healthz").await, 200);
            reading_is_refused_clearly(&server, &ground).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        postgres.start_again();
        recovers(&server, &ground).await;
    }
    stop.store(true, Ordering::Relaxed);
    let (mut stored, mut refused) = (Vec::new(), 0);
    for writer in writers.await {
        let written = writer.unwrap();
        stored.extend(written.stored);
        refused += written.refused;
    }
    assert!(
        stored.len() > WRITERS && refused > WRITERS,
        "{} stored and {refused} refused: no load",
        stored.len()
    );
    all_are_there(&db, &stored).await;
}

async fn status(server: &Binary, path: &str) -> u16 {
    let answer = server.client().get(server.url(path)).send().await.unwrap();
    let status = answer.status().as_u16();
    tells_nothing(&answer.text().await.unwrap());
    status
}

async fn reading_is_refused_clearly(server: &Binary, ground: &Ground) {
    let query = json!({"query": "{ leads { nodes { id } } }"});
    let answer = server.post("/graphql", ("x-api-key", &ground.access.key), &query).await;
    tells_nothing(&answer.text);
    assert_eq!(answer.code(), "UNAVAILABLE", "{}", answer.text);
}

async fn recovers(server: &Binary, ground: &Arc<Ground>) {
    let back = Instant::now();
    for number in 0..4 {
        let mut writer = Writer::new(ground, number);
        while !matches!(writer.write(&format!("back{number}at{}", nanos())).await, Heard::Stored) {
            assert!(back.elapsed() < RECOVERY, "{:?} does not recover", writer.way);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    while status(server, "/readyz").await != 200 {
        assert!(back.elapsed() < RECOVERY, "it is not ready");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    if heavy() {
        eprintln!("everything works again after {:?}", back.elapsed());
    }
}

fn nanos() -> i64 {
    chrono::Utc::now().timestamp_nanos_opt().unwrap()
}

struct Written {
    stored: Vec<String>,
    refused: usize,
}

async fn write_on(mut writer: Writer, name: String, stop: Arc<AtomicBool>) -> Written {
    let (mut stored, mut refused) = (Vec::new(), 0);
    for nth in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let name = format!("{name}n{nth}");
        match writer.write(&name).await {
            Heard::Stored => stored.push(name),
            Heard::Refused(status, body) => {
                refused += 1;
                is_clear(writer.way, status, &body);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            // Nobody can be known: a socket that wants to be opened now is told to come again.
            Heard::Nothing if matches!(writer.way, Way::Socket) => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Heard::Nothing => panic!("{name}: no answer by {:?}", writer.way),
        }
    }
    Written { stored, refused }
}

/// That the service is away, in the dialect of the door.
pub fn is_clear(way: Way, status: u16, body: &Value) {
    tells_nothing(&body.to_string());
    let expected = match way {
        Way::Leadtrackr => (status, &body["message"]) == (503, &json!("Service unavailable")),
        Way::Journeybee => (status, &body["error"]) == (503, &json!("Service unavailable")),
        Way::Graphql | Way::Socket => body["errors"][0]["extensions"]["code"] == "UNAVAILABLE",
    };
    assert!(expected, "{way:?}: {status} {body}");
}

fn tells_nothing(text: &str) {
    let text = text.to_lowercase();
    for word in [
        "sql",
        "pool",
        "connection",
        "127.0.0.1",
        "timed out",
        "os error",
        "terminat",
        "shut",
        "starting",
        "leads where",
        "insert",
    ] {
        assert!(!text.contains(word), "{word}: {text}");
    }
}
