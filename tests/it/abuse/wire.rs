//! HTTP as bytes on a connection: what no client of good manners would send, and what comes back, whole or not.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// What came back on a connection.
#[derive(Debug)]
pub struct Reply {
    /// Zero: nothing.
    pub status: u16,
    pub body: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }
}

/// A request's head, for a connection that ends with the answer.
pub fn head(method: &str, target: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut head = format!("{method} {target} HTTP/1.1\r\nhost: siege.test\r\nconnection: close\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    (head + "\r\n").into_bytes()
}

/// Sends until the server wants no more, and reads until it closes.
pub async fn exchange(port: u16, parts: Vec<Vec<u8>>) -> Reply {
    let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let (mut reading, mut writing) = stream.into_split();
    let sending = async {
        for part in parts {
            if writing.write_all(&part).await.is_err() {
                return;
            }
        }
        // Held open: half a connection that is closed may be taken for a client that has left.
        std::future::pending::<()>().await;
    };
    let mut bytes = Vec::new();
    let received = async {
        let mut space = vec![0; 64 * 1024];
        // A reset after the answer is the end like any other.
        while let Ok(read @ 1..) = reading.read(&mut space).await {
            bytes.extend_from_slice(&space[..read]);
        }
    };
    let both = async {
        tokio::select! {
            () = sending => {}
            () = received => {}
        }
    };
    timeout(Duration::from_secs(60), both)
        .await
        .expect("the server answers or closes");
    reply(&bytes)
}

fn reply(bytes: &[u8]) -> Reply {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_default();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    Reply {
        status: status.unwrap_or_default(),
        body: body.to_owned(),
    }
}
