//! Clients that hold on to what they have and hardly say anything.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::{Siege, told, wire};
use crate::harness::{Socket, heavy};

/// As many as the server has turns for requests, and more.
const CLIENTS: usize = 600;

/// An honest question waits for no one of them.
const PROMPT: Duration = Duration::from_secs(2);

pub async fn bodies_that_hardly_come_hold_nobody_up() {
    // As it comes, a body has 15 seconds.
    let settings: &[(&str, &str)] = if heavy() {
        &[]
    } else {
        &[("LEADGRAPH_REQUEST_SECONDS", "8")]
    };
    let siege = Siege::with(settings).await;
    let spent = siege.server.cpu();
    let clients: Vec<TcpStream> = join_all((0..CLIENTS).map(|at| begun(&siege, at))).await;
    let answers = clients.into_iter().map(trickle);
    let answers = tokio::spawn(join_all(answers));
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(2) {
        let took = siege.serves().await;
        assert!(took < PROMPT, "{took:?}");
        sleep(Duration::from_millis(100)).await;
    }
    let answers = timeout(Duration::from_secs(40), answers)
        .await
        .expect("they are given up")
        .unwrap();
    let each = (siege.server.cpu() - spent) / u32::try_from(CLIENTS).unwrap();
    told(format!("{each:?} for a body that hardly comes"));
    let with = |status: &str| answers.iter().filter(|answer| answer.starts_with(status)).count();
    let (given_up, turned_away) = (with("HTTP/1.1 408 "), with("HTTP/1.1 503 "));
    // Only so many of one address are waited for.
    assert_eq!(given_up + turned_away, CLIENTS, "{answers:?}");
    assert!(given_up >= 100, "{given_up} and {turned_away}");
    siege.ends().await;
}

/// The head of a request and the first byte of its body, at each of the doors.
async fn begun(siege: &Siege, at: usize) -> TcpStream {
    let bearer = format!("Bearer {}", siege.access.key);
    let headers = [
        ("content-type", "application/json"),
        ("content-length", "1000"),
        ("authorization", &bearer),
        ("x-api-key", &siege.access.key),
    ];
    let path = ["/graphql", "/api/leads/createServerSideLead", "/api/v1/leads"][at % 3];
    let mut stream = TcpStream::connect(("127.0.0.1", siege.server.port)).await.unwrap();
    stream.write_all(&wire::head("POST", path, &headers)).await.unwrap();
    stream.write_all(b"{").await.unwrap();
    stream
}

/// Sends a byte now and then, until the answer comes.
async fn trickle(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut space = [0; 4096];
    loop {
        match timeout(Duration::from_secs(1), stream.read(&mut space)).await {
            Ok(Ok(read @ 1..)) => bytes.extend_from_slice(&space[..read]),
            Ok(_) => return String::from_utf8_lossy(&bytes).into_owned(),
            // The answer may be on its way.
            Err(_elapsed) => drop(stream.write_all(b" ").await),
        }
    }
}

pub async fn connections_that_say_nothing_hold_nobody_up() {
    let siege = Siege::begin().await;
    let (files, spent) = (siege.server.open_files(), siege.server.cpu());
    let port = siege.server.port;
    let silent = join_all((0..200).map(async |at| {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let begun: &[u8] = [
            &b""[..],
            b"GET /graphql HTTP/1.1\r\nhost",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        ][at % 3];
        stream.write_all(begun).await.unwrap();
        stream
    }))
    .await;
    // Open, and never said who for.
    let mut sockets = Vec::new();
    let mut refused = 0;
    for _ in 0..60 {
        match Socket::try_open(port, "/graphql/ws").await {
            Ok(socket) => sockets.push(socket),
            Err(_) => refused += 1,
        }
    }
    assert_eq!((sockets.len(), refused), (50, 10), "as many as an address may have");
    for _ in 0..10 {
        let took = siege.serves().await;
        assert!(took < PROMPT, "{took:?}");
    }
    let first = sockets.first_mut().unwrap();
    assert_eq!(first.closed().await, 4408);
    if heavy() {
        // The slowest of them has half a minute for the head of its first request.
        sleep(Duration::from_secs(35)).await;
        assert!(
            siege.server.open_files() <= files + 5,
            "{} files",
            siege.server.open_files()
        );
    }
    drop((silent, sockets));
    let spent = (siege.server.cpu() - spent) / 260;
    told(format!("{spent:?} for a connection that says nothing"));
    siege.ends().await;
}
