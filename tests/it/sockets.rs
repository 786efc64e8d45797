//! Connections that stay open, in the real application: WebSockets and event streams that begin, idle, and end with what
//! their credentials stand for, or with the server.

use std::time::Duration;

use leadgraph::domain::caller::Role;
use leadgraph::domain::users::{self, Standing};
use reqwest::Method;
use serde_json::json;

use crate::harness::{Backend, Binary, Case, Socket, Subject, TestApp, TestDatabase, both, heavy, once};

pub fn cases() -> Vec<Case> {
    vec![
        both(a_socket_does_what_a_request_does),
        both(a_socket_ends_with_its_credentials),
        once(a_socket_ends_with_the_server),
        once(idle_sockets_cost_little),
        once(a_dead_client_is_noticed),
        once(a_message_holds_so_many_values),
        once(a_stream_of_events_holds_every_answer),
    ]
}

async fn a_socket_does_what_a_request_does(app: TestApp) {
    let key = app.home.key.clone();
    let mut socket = Socket::enter(app.address.port(), json!({"x-Api-KEY": key})).await;
    for (query, variables) in [
        (
            "{ leads(first: 1) { totalCount nodes { id } } viewer { scopes } }",
            json!({}),
        ),
        ("query($n: Int!) { leads(first: $n) { totalCount } }", json!({"n": "x"})),
        ("query($n: Int!) { leads(first: $n) { totalCount } }", json!({})),
        ("{ apiKeys { totalCount } }", json!({})),
        ("{ nothing }", json!({})),
        ("{ leads(first: 1000) { totalCount } }", json!({})),
        ("{ a(x: [[[[", json!({})),
    ] {
        let body = json!({"query": query, "variables": variables});
        let over_http = app.with_key(&key).post(body.clone()).await.json();
        let over_socket = socket.ask(body).await;
        // A refused request is a list of errors there, and an object of them here.
        let over_http = if over_http.get("data").is_some() {
            over_http
        } else {
            over_http["errors"].clone()
        };
        assert_eq!(over_socket, over_http, "{query}");
    }
    let deep = format!("{{ a(x: {}) }}", "[".repeat(8_000));
    assert_eq!(
        socket.ask(json!({"query": deep})).await[0]["extensions"]["code"],
        "LIMIT_EXCEEDED"
    );
    let write = r#"mutation { createTag(input: { label: "x", association: LEAD }) { tag { label } } }"#;
    assert_eq!(
        socket.ask(json!({"query": write})).await["data"]["createTag"]["tag"]["label"],
        "x"
    );
    assert_eq!(app.number("SELECT COUNT(*) FROM tags").await, 1);
    // What was asked over one way is known over the other.
    let hash = "7f56e67dd21ab3f30d1ff8b7bed08893f0a0db86449836189b361dd1e56ddb4b";
    let named = json!({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash}}});
    assert_eq!(
        socket.ask(named.clone()).await[0]["extensions"]["code"],
        "PERSISTED_QUERY_NOT_FOUND"
    );
    app.with_key(&key).graphql("{ __typename }", json!({})).await;
    assert_eq!(socket.ask(named).await["data"]["__typename"], "Query");
    // Strangers get in, and to see as little as by any other way. The address of the other requests has sockets, too.
    let mut stranger = Socket::open(app.address.port(), "/graphql").await;
    stranger.say(json!({"type": "connection_init"})).await;
    assert_eq!(stranger.hear().await["type"], "connection_ack");
    let refused = stranger.ask(json!({"query": "{ viewer { scopes } }"})).await;
    assert_eq!(
        refused["errors"][0]["extensions"]["code"], "UNAUTHENTICATED",
        "{refused}"
    );
    let refused = stranger.ask(json!({"query": "{ __schema { description } }"})).await;
    assert_eq!(refused[0]["extensions"]["code"], "UNAUTHENTICATED", "{refused}");
}

async fn a_socket_ends_with_its_credentials(app: TestApp) {
    let port = app.address.port();
    let user = app.home.user("brief@acme.test", Role::Member).await;
    let token = |lifetime| {
        let token = app.authenticator().issue_token(&user, &app.home.row, lifetime);
        json!({"authorization": format!("Bearer {token}")})
    };
    // Clocks may differ by ten seconds, which leaves this one three.
    let mut expiring = Socket::enter(port, token(chrono::Duration::seconds(-7))).await;
    let mut staying = Socket::enter(port, token(chrono::Duration::hours(1))).await;
    let mut revoked = Socket::enter(port, json!({"x-api-key": app.home.key})).await;
    assert_eq!(expiring.closed().await, 4403);
    let keys = app.as_owner().data("{ apiKeys { nodes { id } } }", json!({})).await;
    for key in keys["apiKeys"]["nodes"].as_array().unwrap() {
        let revoke = "mutation($id: ID!) { revokeApiKey(input: { apiKeyId: $id }) { userErrors { code } } }";
        app.as_owner().data(revoke, json!({"id": key["id"]})).await;
    }
    assert_eq!(revoked.closed().await, 4403);
    assert!(staying.ask(json!({"query": "{ viewer { scopes } }"})).await["data"].is_object());
    users::set_disabled(&app.home.op(), user.uuid, Standing::Disabled)
        .await
        .unwrap();
    assert_eq!(staying.closed().await, 4403);
}

async fn a_socket_ends_with_the_server() {
    let db = TestDatabase::set_up(Backend::Sqlite).await;
    let access = crate::crash::bootstrap(&db);
    let server = Binary::serve(&db).await;
    let bearer = json!({"authorization": format!("Bearer {}", access.token)});
    let mut sockets = Vec::new();
    for _ in 0..5 {
        sockets.push(Socket::enter(server.port, bearer.clone()).await);
    }
    server.terminate();
    for mut socket in sockets {
        assert_eq!(socket.closed().await, 1001);
    }
    server.ends_by_itself();
}

/// Sockets that nobody says anything over: what one takes of the server's memory, and that they all stay.
async fn idle_sockets_cost_little() {
    let count: u32 = if heavy() { 1_000 } else { 200 };
    let db = TestDatabase::set_up(Backend::Sqlite).await;
    let access = crate::crash::bootstrap(&db);
    let mut command = crate::harness::binary::command(&db, &["serve"]);
    command
        .env("LEADGRAPH_SOCKETS_PER_CALLER", "2000")
        .env("LEADGRAPH_MAX_CONNECTIONS", "2000");
    let server = Binary::start(command).await;
    let bearer = json!({"authorization": format!("Bearer {}", access.token)});
    // The first ones pay for what all need.
    let mut sockets = vec![Socket::enter(server.port, bearer.clone()).await];
    let before = server.resident();
    for _ in 0..count {
        sockets.push(Socket::enter(server.port, bearer.clone()).await);
    }
    let each = server.resident().saturating_sub(before) / u64::from(count);
    if heavy() {
        eprintln!("{each} bytes for each of {count} sockets");
    }
    assert!(each < 64 * 1024, "{each} bytes for a socket");
    // Past the next look at their credentials they are all there.
    tokio::time::sleep(Duration::from_secs(5)).await;
    for socket in &mut sockets {
        assert!(socket.ask(json!({"query": "{ __typename }"})).await["data"].is_object());
    }
}

/// One that is there and one whose machine has lost its power: nobody says farewell for it.
async fn a_dead_client_is_noticed() {
    let db = TestDatabase::set_up(Backend::Sqlite).await;
    let access = crate::crash::bootstrap(&db);
    let mut command = crate::harness::binary::command(&db, &["serve"]);
    command.env("LEADGRAPH_SOCKET_PING_SECONDS", "1");
    let server = Binary::start(command).await;
    let bearer = json!({"authorization": format!("Bearer {}", access.token)});
    let mut dead = Socket::enter(server.port, bearer.clone()).await;
    let mut alive = Socket::enter(server.port, bearer).await;
    let reading = tokio::spawn(async move {
        // Reading answers the server's pings.
        let quiet = tokio::time::timeout(Duration::from_secs(5), alive.hear()).await;
        assert!(quiet.is_err(), "{quiet:?}");
        alive.ask(json!({"query": "{ __typename }"})).await
    });
    // Longer than it takes to ask it for a sign of life, and to give it up.
    tokio::time::sleep(Duration::from_secs(4)).await;
    let closed = tokio::time::timeout(Duration::from_secs(5), dead.closed()).await;
    assert_eq!(closed.expect("it was given up"), 4499);
    assert_eq!(reading.await.unwrap()["data"]["__typename"], "Query");
}

async fn a_message_holds_so_many_values() {
    let app = TestApp::set_up(Backend::Sqlite).await;
    let mut socket = Socket::enter(app.address.port(), json!({"x-api-key": app.home.key})).await;
    let ping = |values: usize| json!({"type": "ping", "payload": {"values": vec![0; values]}});
    socket.say(ping(49_000)).await;
    assert_eq!(
        socket.hear().await,
        json!({"type": "pong", "payload": ping(49_000)["payload"]})
    );
    socket.say(ping(51_000)).await;
    assert_eq!(socket.closed().await, 4400);
}

async fn a_stream_of_events_holds_every_answer() {
    let app = TestApp::set_up(Backend::Sqlite).await;
    let door = app.route("/graphql").header("accept", "text/event-stream");
    let door = door.header("x-api-key", &app.home.key);
    let answer = door.post(&json!({"query": "{ __typename }"})).await.expect(200);
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    let whole = "event: next\ndata: {\"data\":{\"__typename\":\"Query\"}}\n\nevent: complete\ndata:\n\n";
    assert_eq!(answer.text, whole);
    let get = app.route("/graphql?query={__typename}").without("content-type");
    assert_eq!(
        get.header("accept", "text/event-stream").get().await.expect(200).text,
        whole
    );
    let refused = door.post(&json!({"query": "{ nothing }"})).await.expect(200);
    assert!(
        refused.text.starts_with("event: next\ndata: {\"errors\":[{"),
        "{}",
        refused.text
    );
    assert!(
        refused.text.ends_with("\n\nevent: complete\ndata:\n\n"),
        "{}",
        refused.text
    );
    // What is no document's fault has its status here too.
    assert_eq!(door.post(&json!({})).await.expect(400).code(), "BAD_REQUEST");
    assert_eq!(
        door.clone()
            .key("wrong")
            .post(&json!({"query": "{ __typename }"}))
            .await
            .expect(401)
            .code(),
        "UNAUTHENTICATED"
    );
    // By then the headers are sent.
    let once =
        json!({"query": "mutation { createTag(input: {label: \"once\", association: LEAD}) { tag { label } } }"});
    let keyed = door.header("idempotency-key", "k");
    assert!(!keyed.post(&once).await.expect(200).text.contains("extensions"));
    let replay = keyed.post(&once).await.expect(200).text;
    assert!(
        replay.contains("\"extensions\":{\"idempotency\":{\"replayed\":true}}"),
        "{replay}"
    );
    let write = "/graphql?query=mutation{createTag(input:{label:%22x%22,association:LEAD}){tag{id}}}";
    let write = app
        .route(write)
        .without("content-type")
        .header("x-api-key", &app.home.key);
    let write = write
        .header("accept", "text/event-stream")
        .send(Method::GET, "")
        .await
        .expect(405);
    assert_eq!(write.header("allow"), Some("POST"));
    assert_eq!(app.number("SELECT COUNT(*) FROM tags").await, 1);
}
