//! `/graphql/ws`: GraphQL over a WebSocket, in the protocol graphql-transport-ws.
//!
//! Everything runs over it, subscriptions, queries and mutations, by the same [`Engine`] as over HTTP. A socket is one
//! loop ([`session`]) and a task for each operation; between them is a short queue, so that a client that does not read
//! stops its operations, and is closed when it goes on like that.

mod message;
mod operation;
mod session;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{FromRequestParts, Request};
use axum::http::header::{ALLOW, HOST, ORIGIN, RETRY_AFTER, UPGRADE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tracing::Instrument;

use super::bearers::{Bearers, credentials};
use super::engine::Engine;
use super::error::Code;
use super::places::Places;
use crate::auth::quota::Payer;
use crate::client_address::ClientAddress;
use crate::connection::Connection;
use crate::request_id::RequestId;
use crate::turns::Turns;

use message::PROTOCOL;
use session::Session;

/// What a socket may take, and how long it is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketLimits {
    /// Operations running at a time.
    pub operations: usize,
    /// Bytes of a message that a client sends.
    pub message: usize,
    /// JSON values in it, names of members among them.
    pub values: usize,
    /// Until a client has said who it is.
    pub init: Duration,
    /// After so long a silence a client is asked for a sign of life, and after as long again given up.
    pub ping: Duration,
    /// How often credentials are looked at again.
    pub check: Duration,
    /// How long a client may take to read what is sent to it.
    pub patience: Duration,
    /// How long a query or a mutation may take.
    pub time: Duration,
}

impl Default for SocketLimits {
    fn default() -> Self {
        Self {
            operations: 50,
            message: 1024 * 1024,
            values: 50_000,
            init: Duration::from_secs(10),
            ping: Duration::from_secs(25),
            check: Duration::from_secs(4),
            patience: Duration::from_secs(10),
            time: Duration::from_secs(30),
        }
    }
}

/// Where sockets come in.
#[derive(Clone, Debug)]
pub struct Door {
    pub engine: Arc<Engine>,
    pub bearers: Arc<Bearers>,
    pub places: Arc<Places>,
    pub turns: Turns,
    pub origins: Origins,
    pub limits: SocketLimits,
}

/// Bytes that are read at a time. Every socket keeps a buffer of this size, the idle ones too.
const READ_BUFFER: usize = 4 * 1024;

/// Bytes that are collected before they are sent.
const WRITE_BUFFER: usize = 16 * 1024;

/// Answers that one socket holds in memory, at most, while its client does not read. In bytes.
const MAX_WRITE_BUFFER: usize = 64 * 1024 * 1024;

/// What the request for a socket leaves it.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) request_id: RequestId,
    pub(super) connection: Option<Connection>,
    pub(super) payer: Payer,
    pub(super) credentials: HeaderMap,
}

impl Door {
    /// Answers a request for a socket, which lives on after it.
    pub async fn open(self: &Arc<Self>, request: Request) -> Response {
        let (mut parts, _body) = request.into_parts();
        match self.upgrade(&mut parts).await {
            Ok(response) => response,
            Err(refused) => refused.response(),
        }
    }

    async fn upgrade(self: &Arc<Self>, parts: &mut Parts) -> Result<Response, Refused> {
        if parts.method != Method::GET {
            let refused = Refused::new(StatusCode::METHOD_NOT_ALLOWED, "Open a WebSocket here");
            return Err(refused.with(ALLOW, "GET"));
        }
        if !self.origins.allow(&parts.headers) {
            let message = "Pages of other origins may not open a WebSocket here";
            return Err(Refused::new(StatusCode::FORBIDDEN, message));
        }
        let request_id = parts.extensions.get::<RequestId>().cloned();
        let request_id = request_id.unwrap_or_else(|| RequestId::of(&parts.headers));
        let connection = parts.extensions.get::<Connection>().cloned();
        let known = parts.extensions.get().map(|ClientAddress(address)| *address);
        let address = known.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let opened = Opened {
            request_id,
            connection,
            payer: Payer::of(&parts.extensions),
            credentials: credentials(&parts.headers),
        };
        let upgrade = WebSocketUpgrade::from_request_parts(parts, &()).await.map_err(|_| {
            let refused = Refused::new(StatusCode::UPGRADE_REQUIRED, "Open a WebSocket here");
            refused.with(UPGRADE, "websocket")
        })?;
        let upgrade = upgrade.protocols([PROTOCOL]);
        if upgrade.selected_protocol().is_none() {
            let message = "The WebSocket must have the subprotocol graphql-transport-ws";
            return Err(Refused::new(StatusCode::BAD_REQUEST, message));
        }
        let place = self.places.of_address(address).ok_or_else(|| {
            let message = "Too many WebSockets without credentials are open";
            Refused::new(StatusCode::TOO_MANY_REQUESTS, message).with(RETRY_AFTER, "10")
        })?;
        let session = Session::new(Arc::clone(self), opened, place);
        let upgrade = upgrade
            .max_message_size(self.limits.message)
            .max_frame_size(self.limits.message)
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(WRITE_BUFFER)
            .max_write_buffer_size(MAX_WRITE_BUFFER);
        let span = tracing::Span::current();
        Ok(upgrade.on_upgrade(|socket| Box::pin(session.run(socket)).instrument(span)))
    }
}

/// The pages that may open a socket, beside those of this server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origins {
    All,
    These(Vec<String>),
}

impl Origins {
    /// Whether what a browser says of the page that wants this speaks for it. Credentials are never a browser's own here,
    /// so a foreign page could do no more than a program; it is one thing less to think about.
    fn allow(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(ORIGIN) else {
            return true;
        };
        let Ok(origin) = origin.to_str() else {
            return false;
        };
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let ours = host
            .zip(origin.split_once("://"))
            .is_some_and(|(host, (_, origin))| origin.eq_ignore_ascii_case(host));
        ours || match self {
            Self::All => true,
            Self::These(origins) => origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin)),
        }
    }
}

/// A request that gets no socket.
struct Refused {
    status: StatusCode,
    message: &'static str,
    header: Option<(HeaderName, &'static str)>,
}

impl Refused {
    fn new(status: StatusCode, message: &'static str) -> Self {
        Self {
            status,
            message,
            header: None,
        }
    }

    fn with(self, name: HeaderName, value: &'static str) -> Self {
        Self {
            header: Some((name, value)),
            ..self
        }
    }

    fn response(self) -> Response {
        let Self {
            status,
            message,
            header,
        } = self;
        let code = Code::BadRequest.as_str();
        let body = json!({ "errors": [{ "message": message, "extensions": { "code": code } }] });
        let mut response = (status, Json(body)).into_response();
        if let Some((name, value)) = header {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

#[cfg(test)]
mod tests;
