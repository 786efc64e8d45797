//! The messages of graphql-transport-ws, and the codes that its sockets close with.

use async_graphql::{Response, ServerError};
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes};
use serde::Serialize;
use serde_json::{Map, Value as Json};
use tungstenite::Error as Unreadable;
use tungstenite::error::ProtocolError;

use crate::graphql::params::Params;

/// The subprotocol's name.
pub(super) const PROTOCOL: &str = "graphql-transport-ws";

/// What a client says.
#[derive(Debug)]
pub(super) enum Said {
    Init(Map<String, Json>),
    Subscribe { id: String, params: Box<Params> },
    Complete { id: String },
    Ping(Option<Json>),
    Pong,
}

/// A longer id is no id.
const MAX_ID: usize = 256;

impl Said {
    /// # Errors
    /// What is no message of the protocol, in a few words.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let Ok(Json::Object(mut members)) = serde_json::from_str(text) else {
            return Err("A message must be a JSON object");
        };
        let payload = members.remove("payload").filter(|payload| !payload.is_null());
        let kind = members.get("type").and_then(Json::as_str).unwrap_or_default();
        match kind {
            "connection_init" => match payload {
                None => Ok(Self::Init(Map::new())),
                Some(Json::Object(payload)) => Ok(Self::Init(payload)),
                Some(_) => Err("The payload of connection_init must be an object"),
            },
            "subscribe" => {
                let Some(Json::Object(payload)) = payload else {
                    return Err("The payload of subscribe must be an object");
                };
                Ok(Self::Subscribe {
                    id: id(&members)?,
                    params: Box::new(Params::of(payload)?),
                })
            }
            "complete" => Ok(Self::Complete { id: id(&members)? }),
            "ping" => Ok(Self::Ping(payload)),
            "pong" => Ok(Self::Pong),
            _ => Err("The type of the message is not known"),
        }
    }
}

fn id(members: &Map<String, Json>) -> Result<String, &'static str> {
    match members.get("id") {
        Some(Json::String(id)) if !id.is_empty() && id.len() <= MAX_ID => Ok(id.clone()),
        _ => Err("A message has no usable id"),
    }
}

/// What the server says.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Says<'a> {
    ConnectionAck,
    Next {
        id: &'a str,
        payload: &'a Response,
    },
    Error {
        id: &'a str,
        payload: &'a [ServerError],
    },
    Complete {
        id: &'a str,
    },
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<Json>,
    },
}

impl Says<'_> {
    pub(super) fn text(&self) -> Message {
        // Texts, numbers and string keys: nothing of it can fail to print.
        let text = serde_json::to_string(self).unwrap_or_default();
        Message::Text(Utf8Bytes::from(text))
    }
}

/// Why the server closes a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closing {
    /// The server stops.
    GoingAway,
    /// The caller has too many sockets, or nobody can be known now.
    TryAgainLater,
    /// What was sent is not the protocol; in a few words.
    BadRequest(&'static str),
    /// A message holds more than so many JSON values.
    TooManyValues(usize),
    /// There are not enough points left for a message of this size.
    Exhausted,
    /// Something was asked before the connection was initialised.
    Unauthorized,
    /// The credentials do not count, or not any more.
    Forbidden,
    InitTimeout,
    /// There is a running operation of that id.
    Taken,
    TooManyInits,
    /// Nothing has been heard for too long.
    Silent,
    /// A message, or a frame of it, is longer than any may be.
    TooLong,
    /// A message says that it is a text, and is none.
    NoText,
    /// What arrives are no frames that a client sends.
    NoFrames,
}

impl Closing {
    /// What is to be said about a message that could not be read; nothing where nobody is there to hear it.
    pub(super) fn unreadable(error: axum::Error) -> Option<Self> {
        match *error.into_inner().downcast().ok()? {
            Unreadable::Capacity(_) => Some(Self::TooLong),
            Unreadable::Utf8(_) => Some(Self::NoText),
            Unreadable::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
            Unreadable::Protocol(_) => Some(Self::NoFrames),
            // The connection's, and those of clients and of writing.
            _ => None,
        }
    }

    /// Whether what the client goes on sending can be read up to its own farewell.
    pub(super) fn hears(self) -> bool {
        match self {
            Self::TooLong | Self::NoText | Self::NoFrames => false,
            Self::GoingAway
            | Self::TryAgainLater
            | Self::BadRequest(_)
            | Self::TooManyValues(_)
            | Self::Exhausted
            | Self::Unauthorized
            | Self::Forbidden
            | Self::InitTimeout
            | Self::Taken
            | Self::TooManyInits
            | Self::Silent => true,
        }
    }

    /// The reason is shorter than the 123 bytes that a closing frame has room for.
    pub(super) fn frame(self) -> CloseFrame {
        let (code, reason) = match self {
            Self::GoingAway => (1001, "Going away"),
            Self::TryAgainLater => (1013, "Too many sockets, or the service is temporarily unavailable"),
            Self::BadRequest(reason) => (4400, reason),
            Self::TooManyValues(most) => {
                let reason = format!("The message has more than {most} JSON values");
                return CloseFrame {
                    code: 4400,
                    reason: Utf8Bytes::from(reason),
                };
            }
            Self::Exhausted => (1013, "Too many requests"),
            Self::Unauthorized => (4401, "Unauthorized"),
            Self::Forbidden => (4403, "Forbidden"),
            Self::InitTimeout => (4408, "Connection initialisation timeout"),
            Self::Taken => (4409, "Subscriber for this id already exists"),
            Self::TooManyInits => (4429, "Too many initialisation requests"),
            Self::Silent => (4499, "Terminated"),
            Self::TooLong => (1009, "The message is too long"),
            Self::NoText => (1007, "The message is no text"),
            Self::NoFrames => (1002, "Protocol error"),
        };
        CloseFrame {
            code,
            reason: Utf8Bytes::from_static(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn only_messages_of_the_protocol_are_taken() {
        for good in [
            r#"{"type": "connection_init"}"#,
            r#"{"type": "connection_init", "payload": null}"#,
            r#"{"type": "connection_init", "payload": {"Authorization": "x"}}"#,
            r#"{"type": "subscribe", "id": "1", "payload": {"query": "{a}"}}"#,
            r#"{"type": "complete", "id": "1"}"#,
            r#"{"type": "ping"}"#,
            r#"{"type": "ping", "payload": {"x": 1}}"#,
            r#"{"type": "pong", "payload": {}}"#,
        ] {
            assert!(Said::parse(good).is_ok(), "{good}");
        }
        let long = format!(r#"{{"type": "complete", "id": "{}"}}"#, "x".repeat(MAX_ID + 1));
        let deep = format!(r#"{{"type": "ping", "payload": {}"#, "[".repeat(100_000));
        for bad in [
            "",
            "{",
            "[]",
            "null",
            "{}",
            r#"{"type": 1}"#,
            r#"{"type": "start", "id": "1", "payload": {"query": "{a}"}}"#,
            r#"{"type": "connection_init", "payload": 1}"#,
            r#"{"type": "subscribe", "payload": {"query": "{a}"}}"#,
            r#"{"type": "subscribe", "id": "", "payload": {"query": "{a}"}}"#,
            r#"{"type": "subscribe", "id": 1, "payload": {"query": "{a}"}}"#,
            r#"{"type": "subscribe", "id": "1"}"#,
            r#"{"type": "subscribe", "id": "1", "payload": {}}"#,
            r#"{"type": "subscribe", "id": "1", "payload": {"query": 1}}"#,
            r#"{"type": "complete"}"#,
            &long,
            &deep,
        ] {
            let reason = Said::parse(bad).expect_err(bad);
            assert!(Closing::BadRequest(reason).frame().reason.len() <= 123, "{reason}");
        }
    }

    #[test]
    fn messages_look_as_clients_expect() {
        let text = |says: Says<'_>| says.text().into_text().unwrap().to_string();
        assert_eq!(text(Says::ConnectionAck), r#"{"type":"connection_ack"}"#);
        assert_eq!(text(Says::Complete { id: "1" }), r#"{"type":"complete","id":"1"}"#);
        assert_eq!(text(Says::Pong { payload: None }), r#"{"type":"pong"}"#);
    }

    proptest! {
        #[test]
        fn any_text_gets_a_verdict(text in ".{0,64}") {
            let _ = Said::parse(&text);
        }

        #[test]
        fn a_message_is_taken_by_its_kind_and_members(
            kind in prop::sample::select(vec!["connection_init", "subscribe", "complete", "ping", "pong", "next", ""]),
            id in prop_oneof![Just(json!(null)), Just(json!(7)), ".{0,3}".prop_map(Json::from)],
            payload in prop::sample::select(vec![json!(null), json!({}), json!({"query": "{a}"}), json!([]), json!("x")]),
        ) {
            let text = json!({"type": kind, "id": id, "payload": payload}).to_string();
            let has_id = id.as_str().is_some_and(|id| !id.is_empty());
            let expected = match kind {
                "connection_init" => payload.is_null() || payload.is_object(),
                "subscribe" => has_id && payload == json!({"query": "{a}"}),
                "complete" => has_id,
                "ping" | "pong" => true,
                _ => false,
            };
            prop_assert_eq!(Said::parse(&text).is_ok(), expected, "{}", text);
        }
    }
}
