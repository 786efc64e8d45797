//! Sockets frame by frame, over a schema that has what they are for: something that ticks.

mod schema;
mod streams;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use async_graphql::Schema;
use axum::http::header::SEC_WEBSOCKET_PROTOCOL;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value as Json, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::Response as Answered;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async};

use schema::{Counts, Doorman, Mutation, Query, Ticks};

use super::*;
use crate::auth::quota::{Quota, QuotaLimits};
use crate::graphql::edge::{Limits, routes};
use crate::graphql::engine::{EngineOptions, Roots};
use crate::graphql::places::PlaceLimits;
use crate::turns::Turns;

struct Server {
    address: SocketAddr,
    counts: Counts,
    doorman: Doorman,
    /// Dropping it begins the shutdown.
    ending: Option<watch::Sender<()>>,
}

fn limits() -> SocketLimits {
    SocketLimits {
        operations: 3,
        init: Duration::from_secs(5),
        ping: Duration::from_secs(5),
        check: Duration::from_millis(100),
        patience: Duration::from_millis(500),
        ..SocketLimits::default()
    }
}

async fn serve(sockets: SocketLimits) -> Server {
    let counts = Counts::default();
    let (one, two) = (counts.clone(), counts.clone());
    let roots = Roots::new(|| Schema::build(Query, Mutation(one.clone()), Ticks(two.clone())));
    let defaults = Limits::default();
    let quota = Arc::new(Quota::new(QuotaLimits::default()));
    let options = EngineOptions {
        document: defaults.document,
        introspection: defaults.introspection,
        cache: defaults.cache,
        pages: defaults.pages,
        cost: defaults.cost,
        quota: Arc::clone(&quota),
    };
    let doorman = Doorman {
        good: watch::channel(true).0,
    };
    let limits = Limits {
        body: 64 * 1024,
        sockets,
        places: PlaceLimits {
            per_caller: 4,
            per_address: 4,
        },
        keep_alive: Duration::from_millis(300),
        ..defaults
    };
    let router = routes(
        Engine::new(roots, options),
        Bearers::new(Arc::new(doorman.clone()), quota),
        Turns::new(100),
        Origins::These(vec!["https://app.example".to_owned()]),
        limits,
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (ending, ended) = watch::channel(());
    let slots = Arc::new(Semaphore::new(100));
    let router = router.layer(axum::middleware::from_fn(
        move |mut request: Request, next: axum::middleware::Next| {
            let slot = Arc::new(Arc::clone(&slots).try_acquire_owned().unwrap());
            let connection = Connection::new(address.ip(), ended.clone(), slot);
            request.extensions_mut().insert(connection);
            next.run(request)
        },
    ));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Server {
        address,
        counts,
        doorman,
        ending: Some(ending),
    }
}

struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Server {
    async fn try_open(
        &self,
        headers: &[(&'static str, &'static str)],
    ) -> Result<Client, Box<Answered<Option<Vec<u8>>>>> {
        let mut request = format!("ws://{}/graphql/ws", self.address)
            .into_client_request()
            .unwrap();
        request
            .headers_mut()
            .insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
        for (name, value) in headers {
            request.headers_mut().remove(*name);
            if !value.is_empty() {
                request.headers_mut().insert(*name, HeaderValue::from_static(value));
            }
        }
        let stream = MaybeTlsStream::Plain(TcpStream::connect(self.address).await.unwrap());
        match client_async(request, stream).await {
            Ok((socket, _)) => Ok(Client(socket)),
            Err(tokio_tungstenite::tungstenite::Error::Http(answer)) => Err(answer),
            Err(error) => panic!("{error}"),
        }
    }

    async fn open(&self) -> Client {
        self.try_open(&[]).await.ok().unwrap()
    }

    /// A socket of the one known caller.
    async fn enter(&self) -> Client {
        let mut client = self.open().await;
        client
            .say(json!({"type": "connection_init", "payload": {"AUTHORIZATION": "Bearer good"}}))
            .await;
        assert_eq!(client.hear().await, json!({"type": "connection_ack"}));
        client
    }

    async fn running(&self, count: usize) {
        let waiting = async {
            while self.counts.running.load(Ordering::SeqCst) != count {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(20), waiting).await.unwrap();
    }
}

impl Client {
    async fn say(&mut self, message: Json) {
        self.say_text(&message.to_string()).await;
    }

    async fn say_text(&mut self, text: &str) {
        self.0.send(Frame::text(text)).await.unwrap();
    }

    async fn subscribe(&mut self, id: &str, query: &str) {
        self.say(json!({"type": "subscribe", "id": id, "payload": {"query": query}}))
            .await;
    }

    async fn frame(&mut self) -> Frame {
        let frame = timeout(Duration::from_secs(20), self.0.next()).await.expect("in time");
        frame.expect("a frame").expect("no error")
    }

    async fn hear(&mut self) -> Json {
        loop {
            match self.frame().await {
                Frame::Text(text) => return serde_json::from_str(&text).unwrap(),
                Frame::Ping(_) | Frame::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// With what code the server closes, whatever it says before.
    async fn closed(&mut self) -> u16 {
        loop {
            if let Frame::Close(close) = self.frame().await {
                return close.unwrap().code.into();
            }
        }
    }
}

#[tokio::test]
async fn operations_of_every_kind_run() {
    let server = serve(limits()).await;
    let mut client = server.enter().await;
    client.subscribe("1", "{ echo(text: \"hi\") }").await;
    assert_eq!(
        client.hear().await,
        json!({"type": "next", "id": "1", "payload": {"data": {"echo": "hi"}}})
    );
    assert_eq!(client.hear().await, json!({"type": "complete", "id": "1"}));
    client.subscribe("1", "subscription { ticks(every: 1, most: 2) }").await;
    for tick in ["0", "1"] {
        assert_eq!(
            client.hear().await,
            json!({"type": "next", "id": "1", "payload": {"data": {"ticks": tick}}})
        );
    }
    assert_eq!(client.hear().await, json!({"type": "complete", "id": "1"}));
    client.subscribe("1", "mutation { change }").await;
    assert_eq!(client.hear().await["payload"]["data"]["change"], true);
    assert_eq!(client.hear().await, json!({"type": "complete", "id": "1"}));
    for (query, code) in [
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ echo }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ panics(text: \"x\") }", "INTERNAL"),
    ] {
        client.subscribe("1", query).await;
        let error = client.hear().await;
        assert_eq!(
            (&error["type"], &error["id"]),
            (&json!("error"), &json!("1")),
            "{query}"
        );
        assert_eq!(error["payload"][0]["extensions"]["code"], code, "{query}: {error}");
    }
    client.say(json!({"type": "ping", "payload": {"x": 1}})).await;
    assert_eq!(client.hear().await, json!({"type": "pong", "payload": {"x": 1}}));
    client.0.send(Frame::Ping(Bytes::from_static(b"x"))).await.unwrap();
    assert_eq!(client.frame().await, Frame::Pong(Bytes::from_static(b"x")));
}

#[tokio::test]
async fn an_operation_ends_when_its_client_says_so() {
    let server = serve(limits()).await;
    let mut client = server.enter().await;
    for _ in 0..20 {
        client.subscribe("1", "subscription { ticks(every: 0) }").await;
        assert_eq!(
            client.hear().await["payload"]["data"]["ticks"],
            "0",
            "nothing of an earlier one"
        );
        client.say(json!({"type": "complete", "id": "1"})).await;
        client.say(json!({"type": "ping"})).await;
        while client.hear().await["type"] != "pong" {}
    }
    server.running(0).await;
    client.subscribe("2", "subscription { ticks(every: 1000) }").await;
    server.running(1).await;
    drop(client);
    server.running(0).await;
}

#[tokio::test]
async fn each_breach_has_its_code() {
    let server = serve(SocketLimits {
        init: Duration::from_millis(200),
        ..limits()
    })
    .await;
    let init = json!({"type": "connection_init"}).to_string();
    let ticking = json!({"type": "subscribe", "id": "1", "payload": {"query": "subscription { ticks(every: 1000) }"}});
    let ticking = ticking.to_string();
    for (texts, code) in [
        (vec!["{"], 4400),
        (vec![&*init, r#"{"type": "start"}"#], 4400),
        (vec![r#"{"type": "connection_init", "payload": 1}"#], 4400),
        (vec![&*ticking], 4401),
        (
            vec![r#"{"type": "connection_init", "payload": {"authorization": "Bearer bad"}}"#],
            4403,
        ),
        (
            vec![r#"{"type": "connection_init", "payload": {"authorization": 1}}"#],
            4403,
        ),
        (vec![], 4408),
        (vec![&*init, &*ticking, &*ticking], 4409),
        (vec![&*init, &*init], 4429),
    ] {
        let mut client = server.open().await;
        for text in &texts {
            client.say_text(text).await;
        }
        assert_eq!(client.closed().await, code, "{texts:?}");
    }
    let mut client = server.enter().await;
    client.0.send(Frame::binary(vec![0])).await.unwrap();
    assert_eq!(client.closed().await, 4400);
    let mut client = server.enter().await;
    client.say_text(&" ".repeat(65 * 1024)).await;
    assert_eq!(client.closed().await, 1009);
    let mut client = server.enter().await;
    client.say_text(&"[".repeat(50_001)).await;
    assert_eq!(client.closed().await, 4400);
    server.running(0).await;
}

#[tokio::test]
async fn only_sockets_of_the_protocol_are_opened() {
    let server = serve(limits()).await;
    let host: &'static str = Box::leak(format!("http://{}", server.address).into_boxed_str());
    for (headers, status) in [
        (vec![("sec-websocket-protocol", "graphql-ws")], 400),
        (vec![("sec-websocket-protocol", "")], 400),
        (vec![("origin", "https://evil.example")], 403),
        (vec![("origin", "null")], 403),
        (vec![("origin", "https://app.example")], 101),
        (vec![("upgrade", "h2c")], 426),
        (vec![("origin", host)], 101),
        (
            vec![("sec-websocket-protocol", "graphql-ws, graphql-transport-ws")],
            101,
        ),
    ] {
        let answered = server
            .try_open(&headers)
            .await
            .err()
            .map_or(101, |answer| answer.status().as_u16());
        assert_eq!(answered, status, "{headers:?}");
    }
}

#[tokio::test]
async fn credentials_come_with_the_upgrade_too() {
    let server = serve(limits()).await;
    for (header, code) in [("Bearer good", None), ("Bearer bad", Some(4403))] {
        let mut client = server.try_open(&[("authorization", header)]).await.ok().unwrap();
        client.say(json!({"type": "connection_init"})).await;
        match code {
            None => assert_eq!(client.hear().await, json!({"type": "connection_ack"})),
            Some(code) => assert_eq!(client.closed().await, code),
        }
    }
}

#[tokio::test]
async fn whoever_is_not_known_any_more_is_out() {
    let server = serve(limits()).await;
    let (mut idle, mut busy) = (server.enter().await, server.enter().await);
    busy.subscribe("1", "subscription { ticks(every: 10) }").await;
    server.running(1).await;
    sleep(Duration::from_millis(300)).await;
    server.doorman.good.send_replace(false);
    assert_eq!(idle.closed().await, 4403);
    assert_eq!(busy.closed().await, 4403);
    server.running(0).await;
    // Without waiting for the next look, where something is asked.
    let server = serve(SocketLimits {
        check: Duration::from_secs(60),
        ..limits()
    })
    .await;
    let mut client = server.enter().await;
    server.doorman.good.send_replace(false);
    client.subscribe("1", "{ echo(text: \"\") }").await;
    assert_eq!(client.closed().await, 4403);
}

#[tokio::test]
async fn places_and_operations_are_limited() {
    let server = serve(limits()).await;
    let mut strangers = Vec::new();
    for _ in 0..4 {
        strangers.push(server.open().await);
    }
    assert_eq!(server.try_open(&[]).await.err().unwrap().status(), 429);
    drop(strangers);
    let mut own = Vec::new();
    for _ in 0..4 {
        // What was dropped is noticed a moment later.
        while server.try_open(&[]).await.is_err() {
            sleep(Duration::from_millis(10)).await;
        }
        own.push(server.enter().await);
    }
    let mut fifth = server.open().await;
    fifth
        .say(json!({"type": "connection_init", "payload": {"authorization": "Bearer good"}}))
        .await;
    assert_eq!(fifth.closed().await, 1013);
    for id in ["1", "2", "3"] {
        own[0].subscribe(id, "subscription { ticks(every: 100000) }").await;
    }
    own[0].subscribe("4", "{ echo(text: \"\") }").await;
    let refused = own[0].hear().await;
    assert_eq!(
        refused["payload"][0]["extensions"]["code"], "LIMIT_EXCEEDED",
        "{refused}"
    );
    own[0].say(json!({"type": "complete", "id": "1"})).await;
    own[0].subscribe("4", "{ echo(text: \"\") }").await;
    assert_eq!(own[0].hear().await["type"], "next");
}

#[tokio::test]
async fn silence_is_broken_by_pings_and_ended() {
    let server = serve(SocketLimits {
        ping: Duration::from_millis(200),
        ..limits()
    })
    .await;
    // One that answers pings, which reading does.
    let mut alive = server.enter().await;
    let reading = timeout(Duration::from_millis(1_000), async {
        loop {
            assert!(matches!(alive.frame().await, Frame::Ping(_)));
        }
    });
    assert!(reading.await.is_err(), "it stays open");
    // One that does not: the socket below it is read by nobody.
    let mut dead = server.enter().await;
    dead.subscribe("1", "subscription { ticks(every: 100000) }").await;
    server.running(1).await;
    server.running(0).await;
}

#[tokio::test]
async fn who_does_not_read_is_closed_and_costs_little() {
    let server = serve(limits()).await;
    let mut client = server.enter().await;
    client
        .subscribe("1", "subscription { ticks(every: 0, bytes: 100000) }")
        .await;
    server.running(1).await;
    // 100 KB a tick, and nobody reads: what the system's buffers do not take waits, and then it is over.
    server.running(0).await;
}

#[tokio::test]
async fn a_mutation_ends_whether_its_client_waits_or_not() {
    let server = serve(limits()).await;
    let mut client = server.enter().await;
    client.subscribe("1", "mutation { change }").await;
    sleep(Duration::from_millis(50)).await;
    drop(client);
    let changed = async {
        while server.counts.changed.load(Ordering::SeqCst) == 0 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(20), changed).await.unwrap();
    assert_eq!(server.counts.changed.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_stopping_server_answers_what_was_asked_and_says_farewell() {
    let mut server = serve(limits()).await;
    let (mut idle, mut busy) = (server.enter().await, server.enter().await);
    let mut stranger = server.open().await;
    busy.subscribe("1", "subscription { ticks(every: 100000) }").await;
    busy.subscribe("2", "mutation { change }").await;
    busy.subscribe("3", "{ slow }").await;
    server.running(1).await;
    // Everything has arrived.
    busy.say(json!({"type": "ping"})).await;
    assert_eq!(busy.hear().await["type"], "pong");
    drop(server.ending.take());
    assert_eq!(idle.closed().await, 1001);
    assert_eq!(stranger.closed().await, 1001);
    let mut answered = Vec::new();
    let code = loop {
        match busy.frame().await {
            Frame::Text(text) => answered.push(text.to_string()),
            Frame::Close(close) => break u16::from(close.unwrap().code),
            _ => {}
        }
    };
    assert_eq!(code, 1001);
    let answered = answered.concat();
    assert!(
        answered.contains("\"change\":true") && answered.contains("\"slow\":true"),
        "{answered}"
    );
    server.running(0).await;
}
