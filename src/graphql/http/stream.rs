//! Answers as server-sent events, in the "distinct connections" mode of GraphQL over SSE: `next` for each answer, and
//! `complete` after the last.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use async_graphql::Response as Answer;
use async_graphql::parser::types::OperationType;
use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, StreamExt};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use tracing::Instrument;

use super::Door;
use super::answer::{Errors, Rejection};
use crate::client_address::ClientAddress;
use crate::connection::Connection;
use crate::graphql::bearers::{Bearer, Bearers};
use crate::graphql::engine::{Engine, Prepared, Refused};
use crate::graphql::error::Code;
use crate::graphql::negotiate::MediaType;
use crate::graphql::places::Place;

/// How a stream is kept, and kept an eye on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamLimits {
    /// After so long without an answer a comment tells everybody on the way that the stream lives.
    pub keep_alive: Duration,
    /// How often credentials are looked at again.
    pub check: Duration,
    /// How long a client may take to read what is sent to it.
    pub patience: Duration,
    /// How long a query or a mutation may take.
    pub time: Duration,
}

/// Events that wait for the client to read.
const QUEUE: usize = 4;

type Answers = BoxStream<'static, Result<Answer, Refused>>;

/// A stream of what was prepared, or of why it was refused.
///
/// # Errors
/// The caller has too many connections that stay open.
pub(super) fn open(
    door: &Door,
    prepared: Result<Prepared, Refused>,
    bearer: Bearer,
    parts: &Parts,
) -> Result<Response, Rejection> {
    let connection = parts.extensions.get::<Connection>().cloned();
    let address = parts.extensions.get().map(|ClientAddress(address)| *address);
    let place = match &bearer.caller {
        Some(caller) => door.places.of_caller(caller),
        None => {
            let address = address.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
            door.places.of_address(address)
        }
    };
    let place = place.ok_or_else(|| {
        let message = "Too many streams and WebSockets are open";
        Rejection::new(StatusCode::TOO_MANY_REQUESTS, Code::LimitExceeded, message)
    })?;
    let (answers, lasts) = match prepared {
        Ok(prepared) => answers(Arc::clone(&door.engine), prepared, door.streams.time),
        Err(refused) => (stream::once(async { Err(refused) }).boxed(), Lasts::Shortly),
    };
    let (sender, receiver) = mpsc::channel(QUEUE);
    let writer = Writer {
        answers,
        bearers: Arc::clone(&door.bearers),
        bearer,
        // Only what would go on for ever ends when the server stops.
        ending: connection.filter(|_| lasts == Lasts::UntilEnded),
        limits: door.streams,
        sender,
        _place: place,
    };
    tokio::spawn(writer.run().in_current_span());
    Ok(response(receiver))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lasts {
    Shortly,
    UntilEnded,
}

fn answers(engine: Arc<Engine>, prepared: Prepared, time: Duration) -> (Answers, Lasts) {
    match prepared.kind() {
        OperationType::Subscription => (engine.answers(prepared), Lasts::UntilEnded),
        OperationType::Query | OperationType::Mutation => {
            let answer = async move {
                let answer = timeout(time, engine.answer(prepared)).await;
                answer.unwrap_or_else(|_elapsed| Err(Refused::unavailable()))
            };
            (answer.into_stream().boxed(), Lasts::Shortly)
        }
    }
}

fn response(receiver: mpsc::Receiver<Bytes>) -> Response {
    let events = stream::unfold(receiver, async |mut receiver| {
        let event = receiver.recv().await?;
        Some((Ok::<_, Infallible>(event), receiver))
    });
    let mut response = Response::new(Body::from_stream(events));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(MediaType::EventStream.header()));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Of proxies that would rather collect what passes: nginx.
    headers.insert(
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    response
}

/// What writes a stream. A stream that ends without `complete` is one that its client may open again.
struct Writer {
    answers: Answers,
    bearers: Arc<Bearers>,
    bearer: Bearer,
    ending: Option<Connection>,
    limits: StreamLimits,
    sender: mpsc::Sender<Bytes>,
    _place: Place,
}

impl Writer {
    async fn run(mut self) {
        let StreamLimits {
            keep_alive,
            check,
            patience,
            time: _,
        } = self.limits;
        let (mut quiet, mut checked) = (Instant::now(), Instant::now());
        loop {
            let event = tokio::select! {
                answer = self.answers.next() => match answer {
                    Some(answer) => Some(next(&answer)),
                    None => {
                        // It fails when nobody listens any more.
                        let _ = self.sender.send_timeout(Bytes::from_static(COMPLETE), patience).await;
                        return;
                    }
                },
                () = sleep_until(quiet + keep_alive) => {
                    quiet = Instant::now();
                    // Nothing is waited for, because the answers stand still: where there is no place, nobody has read.
                    if self.sender.try_send(Bytes::from_static(b":\n\n")).is_err() {
                        return;
                    }
                    None
                }
                () = sleep_until(checked + check) => {
                    checked = Instant::now();
                    if !self.bearers.stands(&self.bearer).await {
                        return;
                    }
                    None
                }
                () = self.sender.closed() => return,
                () = ending(self.ending.as_ref()) => return,
            };
            let Some(event) = event else { continue };
            if self.sender.send_timeout(event, patience).await.is_err() {
                return;
            }
            // From when it has found its place: whoever reads slowly is not silent.
            quiet = Instant::now();
        }
    }
}

async fn ending(connection: Option<&Connection>) {
    match connection {
        Some(connection) => connection.ending().await,
        None => std::future::pending().await,
    }
}

const COMPLETE: &[u8] = b"event: complete\ndata:\n\n";

fn next(answer: &Result<Answer, Refused>) -> Bytes {
    match answer {
        Ok(answer) => event(answer),
        Err(Refused { errors, .. }) => event(&Errors { errors }),
    }
}

/// JSON has no line breaks but escaped ones, so that it is one line of data.
fn event(payload: &impl Serialize) -> Bytes {
    let mut event = b"event: next\ndata: ".to_vec();
    // Texts, numbers and string keys: nothing of it can fail to print.
    let _ = serde_json::to_writer(&mut event, payload);
    event.extend_from_slice(b"\n\n");
    Bytes::from(event)
}
