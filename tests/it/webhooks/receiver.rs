//! A receiver of webhooks on this machine, that answers as a test wishes and keeps what it heard.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Response, StatusCode};
use serde_json::Value;

/// A request that came.
#[derive(Clone, Debug)]
pub struct Heard {
    pub at: Instant,
    pub path: String,
    pub headers: HeaderMap,
    pub body: String,
    /// What it was answered with.
    pub status: u16,
}

impl Heard {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).unwrap_or_else(|| panic!("no header {name}"));
        value.to_str().unwrap()
    }

    /// The position of the event that it tells of.
    pub fn position(&self) -> i64 {
        self.json()["data"]["position"].as_i64().unwrap()
    }

    pub fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// What to answer to the nth request, counted from 0.
pub type Script = dyn Fn(usize, &str) -> Reply + Send + Sync;

#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    pub delay: Duration,
}

impl Reply {
    pub fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            delay: Duration::ZERO,
        }
    }
}

#[derive(Clone)]
pub struct Receiver {
    pub port: u16,
    heard: Arc<Mutex<Vec<Heard>>>,
    began: Arc<AtomicUsize>,
}

impl Receiver {
    pub async fn start(script: impl Fn(usize, &str) -> Reply + Send + Sync + 'static) -> Self {
        let heard: Arc<Mutex<Vec<Heard>>> = Arc::default();
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let script: Arc<Script> = Arc::new(script);
        let kept = Arc::clone(&heard);
        let began: Arc<AtomicUsize> = Arc::default();
        let counted = Arc::clone(&began);
        let hear = move |uri: axum::http::Uri, headers: HeaderMap, body: Bytes| {
            let (script, kept) = (Arc::clone(&script), Arc::clone(&kept));
            let nth = counted.fetch_add(1, Ordering::SeqCst);
            async move {
                let body = String::from_utf8(body.to_vec()).unwrap();
                let reply = script(nth, &body);
                tokio::time::sleep(reply.delay).await;
                kept.lock().unwrap().push(Heard {
                    at: Instant::now(),
                    path: uri.path().to_owned(),
                    headers,
                    body,
                    status: reply.status,
                });
                let mut answer = Response::builder().status(StatusCode::from_u16(reply.status).unwrap());
                for (name, value) in reply.headers {
                    answer = answer.header(name, value);
                }
                answer.body(Body::from(reply.body)).unwrap()
            }
        };
        let router = Router::new().fallback(hear);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { port, heard, began }
    }

    /// One that takes everything.
    pub async fn good() -> Self {
        Self::start(|_, _| Reply::status(200)).await
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// Requests that came, answered or not.
    pub fn began(&self) -> usize {
        self.began.load(Ordering::SeqCst)
    }

    /// Waits until it has heard so many requests.
    pub async fn hears(&self, count: usize) -> Vec<Heard> {
        for _ in 0..6000 {
            if self.heard.lock().unwrap().len() >= count {
                return self.heard();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("only {} of {count} requests came", self.heard().len());
    }
}
