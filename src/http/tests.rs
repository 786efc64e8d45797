//! What clients see of the common layers, and how connections begin and end.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::routing::{get, post};
use futures_util::StreamExt;
use http::HeaderMap;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinHandle;
use tower::ServiceExt;

use super::*;
use crate::config::{Config, DatabaseTarget};

const PANICS: &str = "on purpose";

/// Doors that misbehave.
fn app() -> Router {
    let panics = || get(async || -> String { panic!("{PANICS}") });
    let hangs = || get(std::future::pending::<String>);
    let reads = || post(async |body: String| body);
    let doors = Router::new()
        .route("/fine", get(async || ([(CACHE_CONTROL, "public")], "fine")))
        .route("/away", get(async || StatusCode::SERVICE_UNAVAILABLE));
    let doors = ["", "/graphql", "/api/leads", "/api/v1"]
        .iter()
        .fold(doors, |doors, door| {
            doors
                .route(&format!("{door}/panics"), panics())
                .route(&format!("{door}/hangs"), hangs())
                .route(&format!("{door}/reads"), reads())
        });
    behind_layers(doors, Duration::from_millis(50))
}

fn behind_layers(doors: Router, limit: Duration) -> Router {
    with_turns(doors, limit, 1000)
}

fn with_turns(doors: Router, limit: Duration, at_a_time: usize) -> Router {
    let work = Work {
        limit,
        turns: Turns::new(at_a_time),
        crowd: Crowd::new(at_a_time * super::WAITING, super::SHARE),
        metrics: Metrics::default(),
    };
    doors
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(work, guard))
        .layer(from_fn_with_state(Outside::default(), observe))
}

async fn ask(method: &str, path: &str) -> (StatusCode, HeaderMap, String) {
    send_body(method, path, Body::empty()).await
}

async fn send_body(method: &str, path: &str, body: Body) -> (StatusCode, HeaderMap, String) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(request_id::HEADER, "test-request-1")
        .body(body)
        .expect("a request");
    let (head, body) = app().oneshot(request).await.expect("infallible").into_parts();
    let body = axum::body::to_bytes(body, 10_000).await.expect("a body");
    (head.status, head.headers, String::from_utf8_lossy(&body).into_owned())
}

#[tokio::test]
async fn failures_speak_both_dialects_and_name_the_request() {
    for (method, path, status, text) in [
        ("GET", "/panics", 500, "An unexpected error occurred"),
        ("GET", "/hangs", 503, "Service unavailable"),
        ("GET", "/nowhere", 404, "Not found"),
        ("PUT", "/fine", 405, "Method not allowed"),
    ] {
        let (got, headers, body) = ask(method, path).await;
        assert_eq!(got, status, "{path}");
        let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!(
            body,
            json!({ "message": text, "error": text, "request_id": "test-request-1" })
        );
        assert_eq!(headers[request_id::HEADER], "test-request-1");
        assert_eq!(headers.contains_key(RETRY_AFTER), status == 503, "{path}");
    }
}

#[tokio::test]
async fn each_door_fails_in_its_own_dialect() {
    const ID: &str = "test-request-1";
    let graphql = |text: &str, code: &str| json!({ "errors": [{ "message": text, "extensions": { "code": code, "requestId": ID } }] });
    let leadtrackr = |text: &str| json!({ "message": text });
    let journeybee = |text: &str| json!({ "error": text, "request_id": ID });
    let (away, broken) = ("Service unavailable", "An unexpected error occurred");
    for (path, status, expected) in [
        (
            "/graphql/hangs",
            503,
            graphql("The service is temporarily unavailable; try again", "UNAVAILABLE"),
        ),
        (
            "/graphql/panics",
            500,
            graphql("Something went wrong on our side", "INTERNAL"),
        ),
        ("/api/leads/hangs", 503, leadtrackr(away)),
        ("/api/leads/panics", 500, leadtrackr("Internal server error")),
        ("/api/v1/hangs", 503, journeybee(away)),
        ("/api/v1/panics", 500, journeybee(broken)),
    ] {
        let (got, headers, body) = ask("GET", path).await;
        assert_eq!(got, status, "{path}");
        let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!(body, expected, "{path}");
        assert_eq!(headers.contains_key(RETRY_AFTER), status == 503, "{path}");
        let anyone = headers.get("access-control-allow-origin").map(|value| value == "*");
        assert_eq!(anyone, path.starts_with("/api/leads").then_some(true), "{path}");
    }
}

#[tokio::test]
async fn a_client_that_never_finishes_its_body_is_told_so() {
    for path in ["/reads", "/graphql/reads", "/api/leads/reads", "/api/v1/reads"] {
        let start = futures_util::stream::iter([Ok::<_, std::io::Error>("{")]);
        let endless = Body::from_stream(start.chain(futures_util::stream::pending()));
        let (status, headers, body) = send_body("POST", path, endless).await;
        assert_eq!(status, 408, "{path}: {body}");
        assert_eq!(headers["connection"], "close", "{path}");
        assert!(body.contains("not complete"), "{path}: {body}");
    }
}

#[tokio::test]
async fn whoever_says_503_says_when_to_come_back() {
    let (status, headers, _) = ask("GET", "/away").await;
    assert_eq!(
        (status.as_u16(), &headers[RETRY_AFTER]),
        (503, &HeaderValue::from_static("1"))
    );
}

#[tokio::test]
async fn browsers_are_kept_careful_and_doors_keep_their_own_headers() {
    let (_, headers, _) = ask("GET", "/fine").await;
    assert_eq!(headers[X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert_eq!(headers[CACHE_CONTROL], "public");
    assert!(headers.contains_key(CONTENT_SECURITY_POLICY));
    let (_, headers, _) = ask("GET", "/nowhere").await;
    assert_eq!(headers[CACHE_CONTROL], "no-store");
}

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Ended>,
}

async fn start(router: Router, shutdown_timeout: Duration) -> Running {
    let mut config = Config::for_tests(DatabaseTarget::Sqlite("unused".into())).http;
    config.shutdown_timeout = shutdown_timeout;
    let listener = TcpListener::bind(config.listen).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel();
    let ended = tokio::spawn(async move {
        let shutdown = async {
            let _ = stopped.await;
        };
        serve(listener, router, &config, shutdown).await
    });
    Running { address, stop, ended }
}

async fn send(address: SocketAddr, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(text.as_bytes()).await.expect("sent");
    stream
}

#[tokio::test]
async fn running_requests_finish_and_idle_connections_close() {
    let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (began, gone) = (Arc::clone(&begun), Arc::clone(&go));
    let slow = get(async move || {
        began.notify_one();
        gone.notified().await;
        "done at last"
    });
    let running = start(Router::new().route("/slow", slow), Duration::from_secs(20)).await;
    let idle = send(running.address, "").await;
    let mut busy = send(running.address, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await;
    begun.notified().await;
    running.stop.send(()).expect("still there");
    // The listener is gone before the request is answered.
    while TcpStream::connect(running.address).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    go.notify_one();
    let mut answer = String::new();
    busy.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.ends_with("done at last"), "{answer}");
    assert_eq!(running.ended.await.expect("no panic"), Ended::Drained);
    drop(idle);
}

#[tokio::test]
async fn a_request_that_never_ends_is_cut_off() {
    let begun = Arc::new(Notify::new());
    let began = Arc::clone(&begun);
    let endless = get(async move || -> String {
        began.notify_one();
        std::future::pending().await
    });
    let running = start(Router::new().route("/endless", endless), Duration::from_millis(50)).await;
    let _client = send(running.address, "GET /endless HTTP/1.1\r\nHost: x\r\n\r\n").await;
    begun.notified().await;
    running.stop.send(()).expect("still there");
    assert_eq!(running.ended.await.expect("no panic"), Ended::CutOff);
}

#[tokio::test]
async fn whoever_finds_no_turn_is_told_in_their_dialect() {
    let doors = ["/graphql", "/api/leads", "/api/v1"]
        .iter()
        .fold(Router::new(), |doors, door| doors.route(door, get(async || "fine")));
    let app = with_turns(doors, Duration::from_secs(60), 0);
    for (path, member) in [("/graphql", "errors"), ("/api/leads", "message"), ("/api/v1", "error")] {
        let request = Request::builder().uri(path).body(Body::empty()).expect("a request");
        let (head, body) = app.clone().oneshot(request).await.expect("infallible").into_parts();
        assert_eq!(head.status, 503, "{path}");
        assert_eq!(head.headers[RETRY_AFTER], "1");
        let body = axum::body::to_bytes(body, 10_000).await.expect("a body");
        let body: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        assert!(body.get(member).is_some(), "{path}: {body}");
    }
}

/// A body that comes as `parts` are sent.
fn slow_body() -> (mpsc::Sender<&'static str>, Body) {
    let (parts, coming) = mpsc::channel(8);
    let parts_of_body = futures_util::stream::unfold(coming, async |mut coming: mpsc::Receiver<&'static str>| {
        Some((Ok::<_, std::convert::Infallible>(coming.recv().await?), coming))
    });
    (parts, Body::from_stream(parts_of_body))
}

fn post_to(path: &str, body: Body) -> Request {
    let request = Request::builder().method("POST").uri(path);
    request.body(body).expect("a request")
}

/// Reads bodies, and says with how many others it is at it from then on.
fn counting(at_work: &Arc<std::sync::atomic::AtomicUsize>) -> Router {
    let at_work = Arc::clone(at_work);
    let work = async move |body: String| {
        let others = at_work.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(20)).await;
        at_work.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
        format!("{body} {others}")
    };
    Router::new().route("/", post(work))
}

#[tokio::test]
async fn clients_that_do_not_send_their_bodies_keep_nobody_s_turn() {
    let app = with_turns(counting(&Arc::default()), Duration::from_secs(60), 1);
    let (parts, body) = slow_body();
    let slow = tokio::spawn(app.clone().oneshot(post_to("/", body)));
    parts.send("slow").await.expect("it is read");
    tokio::task::yield_now().await;
    for _ in 0..3 {
        let quick = app.clone().oneshot(post_to("/", Body::from("quick"))).await;
        assert_eq!(quick.expect("infallible").status(), 200);
    }
    parts.send("er").await.expect("it is read");
    drop(parts);
    let body = slow.await.expect("no panic").expect("infallible").into_body();
    let body = axum::body::to_bytes(body, 100).await.expect("a body");
    assert_eq!(body, "slower 0");
}

#[tokio::test]
async fn bodies_that_come_at_once_are_worked_on_one_after_the_other() {
    let app = with_turns(counting(&Arc::default()), Duration::from_secs(60), 1);
    let (senders, running): (Vec<_>, Vec<_>) = (0..4)
        .map(|_| slow_body())
        .map(|(parts, body)| (parts, tokio::spawn(app.clone().oneshot(post_to("/", body)))))
        .unzip();
    tokio::time::sleep(Duration::from_millis(20)).await;
    for parts in &senders {
        parts.send("done").await.expect("it is read");
    }
    drop(senders);
    let mut worked = 0;
    for request in running {
        let response = request.await.expect("no panic").expect("infallible");
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 1000).await.expect("a body");
        match status.as_u16() {
            200 => {
                assert_eq!(body, "done 0", "one at a time");
                worked += 1;
            }
            // Only one of them may wait for the only turn.
            status => assert_eq!(status, 503, "{body:?}"),
        }
    }
    assert!(worked >= 2, "{worked}");
}

#[tokio::test]
async fn too_many_unsent_bodies_are_turned_away() {
    let app = with_turns(counting(&Arc::default()), Duration::from_secs(60), 1);
    let waiting: Vec<_> = (0..4)
        .map(|_| slow_body())
        .map(|(parts, body)| (parts, tokio::spawn(app.clone().oneshot(post_to("/", body)))))
        .collect();
    tokio::time::sleep(Duration::from_millis(20)).await;
    let (_parts, body) = slow_body();
    let one_more = app.clone().oneshot(post_to("/", body)).await.expect("infallible");
    assert_eq!(one_more.status(), 503);
    assert_eq!(one_more.headers()[RETRY_AFTER], "1");
    let quick = app.clone().oneshot(post_to("/", Body::from("quick"))).await;
    assert_eq!(quick.expect("infallible").status(), 200);
    drop(waiting);
}
