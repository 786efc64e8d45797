//! A WebSocket as a test speaks over it, frame by frame.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

pub struct Socket(pub WebSocketStream<TcpStream>);

impl Socket {
    pub async fn open(port: u16, path: &str) -> Self {
        Self::try_open(port, path).await.unwrap()
    }

    pub async fn try_open(port: u16, path: &str) -> Result<Self, Error> {
        let mut request = format!("ws://127.0.0.1:{port}{path}").into_client_request()?;
        let protocol = "graphql-transport-ws".parse().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", protocol);
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        Ok(Self(client_async(request, stream).await?.0))
    }

    /// Open, and let in.
    pub async fn enter(port: u16, credentials: Value) -> Self {
        let mut socket = Self::open(port, "/graphql/ws").await;
        socket
            .say(json!({"type": "connection_init", "payload": credentials}))
            .await;
        assert_eq!(socket.hear().await["type"], "connection_ack");
        socket
    }

    /// Whether it is let in.
    pub async fn try_init(&mut self, credentials: Value) -> Option<()> {
        let message = json!({"type": "connection_init", "payload": credentials});
        self.0.send(Message::text(message.to_string())).await.ok()?;
        match timeout(Duration::from_secs(20), self.0.next()).await.expect("in time") {
            Some(Ok(Message::Text(text))) if text.contains("connection_ack") => Some(()),
            _ => None,
        }
    }

    pub async fn say(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    async fn message(&mut self) -> Message {
        let message = timeout(Duration::from_secs(20), self.0.next()).await.expect("in time");
        message.expect("a frame").expect("no error")
    }

    pub async fn hear(&mut self) -> Value {
        loop {
            if let Message::Text(text) = self.message().await {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }

    /// The one answer of an operation.
    pub async fn ask(&mut self, payload: Value) -> Value {
        self.say(json!({"type": "subscribe", "id": "1", "payload": payload}))
            .await;
        let answer = self.hear().await;
        if answer["type"] == "next" {
            assert_eq!(self.hear().await, json!({"type": "complete", "id": "1"}));
        }
        answer["payload"].clone()
    }

    /// The one answer of an operation, unless the server closes before it.
    pub async fn try_ask(&mut self, payload: &Value) -> Option<Value> {
        let message = json!({"type": "subscribe", "id": "1", "payload": payload});
        self.0.send(Message::text(message.to_string())).await.ok()?;
        let mut answer = None;
        loop {
            let message = timeout(Duration::from_secs(40), self.0.next()).await.expect("in time");
            let Some(Ok(message)) = message else { return answer };
            let Message::Text(text) = message else { continue };
            let said: Value = serde_json::from_str(&text).unwrap();
            match said["type"].as_str().unwrap() {
                "next" => answer = Some(said["payload"].clone()),
                "complete" => return answer,
                _ => return Some(json!({"errors": said["payload"]})),
            }
        }
    }

    pub async fn closed(&mut self) -> u16 {
        loop {
            if let Message::Close(close) = self.message().await {
                return close.unwrap().code.into();
            }
        }
    }
}
