//! Somebody at the other end of a subscription, who may hang up at any moment.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::harness::app::client;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Socket,
    Stream,
}

/// Longer than anything takes to arrive on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub enum Listener {
    Socket(Box<WebSocketStream<TcpStream>>),
    Stream { response: reqwest::Response, rest: String },
}

impl Listener {
    /// Subscribes with a token.
    pub async fn open(way: Way, port: u16, token: &str, query: &str, variables: Value) -> Self {
        let payload = json!({"query": query, "variables": variables});
        match way {
            Way::Socket => Self::socket(port, token, payload).await,
            Way::Stream => {
                let request = client()
                    .post(format!("http://127.0.0.1:{port}/graphql"))
                    .header("accept", "text/event-stream")
                    .header("authorization", format!("Bearer {token}"));
                let response = request.json(&payload).send().await.unwrap();
                assert_eq!(response.status(), 200);
                Self::Stream {
                    response,
                    rest: String::new(),
                }
            }
        }
    }

    async fn socket(port: u16, token: &str, payload: Value) -> Self {
        let mut request = format!("ws://127.0.0.1:{port}/graphql/ws")
            .into_client_request()
            .unwrap();
        let protocol = "graphql-transport-ws".parse().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", protocol);
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let mut socket = client_async(request, stream).await.unwrap().0;
        let init = json!({"type": "connection_init", "payload": {"authorization": format!("Bearer {token}")}});
        for message in [init, json!({"type": "subscribe", "id": "1", "payload": payload})] {
            socket.send(Message::text(message.to_string())).await.unwrap();
        }
        Self::Socket(Box::new(socket))
    }

    /// The next answer; nothing when the server has ended the subscription.
    pub async fn next(&mut self) -> Option<Value> {
        timeout(PATIENCE, self.wait()).await.expect("an answer in time")
    }

    /// [`Self::next`], if one comes in this time.
    pub async fn next_within(&mut self, time: Duration) -> Option<Value> {
        timeout(time, self.wait()).await.ok().flatten()
    }

    async fn wait(&mut self) -> Option<Value> {
        match self {
            Self::Socket(socket) => loop {
                let Message::Text(text) = socket.next().await?.ok()? else {
                    continue;
                };
                let message: Value = serde_json::from_str(&text).unwrap();
                match message["type"].as_str().unwrap() {
                    "next" => return Some(message["payload"].clone()),
                    "error" => return Some(json!({"errors": message["payload"]})),
                    "complete" => return None,
                    _ => {}
                }
            },
            Self::Stream { response, rest } => loop {
                let Some((event, behind)) = rest.split_once("\n\n") else {
                    let chunk = response.chunk().await.ok()??;
                    rest.push_str(std::str::from_utf8(&chunk).unwrap());
                    continue;
                };
                let data = event.strip_prefix("event: next\ndata: ");
                let data = data.map(|data| serde_json::from_str(data).unwrap());
                let is_over = event.starts_with("event: complete");
                *rest = behind.to_owned();
                if data.is_some() || is_over {
                    return data;
                }
            },
        }
    }
}
