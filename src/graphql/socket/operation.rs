//! One operation of a socket, on a task of its own.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_graphql::Response;
use async_graphql::parser::types::OperationType;
use axum::extract::ws::Message;
use futures_util::{FutureExt, StreamExt};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::Door;
use super::message::Says;
use crate::auth::quota::Payer;
use crate::connection::{Connection, Kept};
use crate::graphql::bearers::Bearer;
use crate::graphql::engine::{Kind, Refused, Replays, Visitor};
use crate::graphql::params::Params;
use crate::request_id::RequestId;
use crate::telemetry;

pub(super) struct Operation {
    pub(super) door: Arc<Door>,
    pub(super) bearer: Bearer,
    pub(super) params: Params,
    pub(super) request_id: RequestId,
    pub(super) connection: Option<Connection>,
    pub(super) payer: Payer,
    pub(super) id: String,
    pub(super) number: u64,
    pub(super) queue: mpsc::Sender<Outgoing>,
}

/// What an operation has to say to its socket.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) id: String,
    pub(super) number: u64,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    Next(Message),
    /// After it the operation is over.
    Last(Message),
    /// This will go on until somebody ends it.
    Lasts,
    /// The credentials of the socket stand for nobody any more.
    Unknown,
}

impl Operation {
    pub(super) async fn run(self) {
        let Self { id, number, queue, .. } = &self;
        let outbox = Outbox {
            id: id.clone(),
            number: *number,
            queue: queue.clone(),
        };
        let request_id = self.request_id.clone();
        let started = Instant::now();
        // The panic's hook has logged it.
        let caught = AssertUnwindSafe(self.steps(&outbox)).catch_unwind().await;
        let done = caught.unwrap_or_else(|_panic| Err(Refused::fault(request_id.as_str())));
        let outcome = done.as_ref().map_or_else(|refused| refused.kind.name(), |()| "done");
        telemetry::operated(request_id.as_str(), outcome, started.elapsed());
        let what = match &done {
            Ok(()) => What::Last(Says::Complete { id: &outbox.id }.text()),
            Err(Refused {
                kind: Kind::Unauthenticated,
                ..
            }) => What::Unknown,
            Err(Refused { errors, .. }) => {
                let says = Says::Error {
                    id: &outbox.id,
                    payload: errors,
                };
                What::Last(says.text())
            }
        };
        outbox.put(what).await;
    }

    async fn steps(self, outbox: &Outbox) -> Result<(), Refused> {
        let Self {
            door,
            bearer,
            params,
            request_id,
            connection,
            payer,
            ..
        } = self;
        let turn = door.turns.take().await.ok_or_else(Refused::unavailable)?;
        // Who may do what is read anew for each request, here as over HTTP.
        let caller = door.bearers.anew(bearer, &payer, &request_id).await?.caller;
        let toll = door.engine.toll(caller.as_ref(), &payer)?;
        let visitor = Visitor {
            caller,
            request_id,
            // It is a header's, and a socket's messages have none.
            key: None,
            replays: Replays::InExtensions,
            kept: Kept {
                connection,
                turn: Some(turn),
            },
            payer,
        };
        let prepared = door.engine.prepare(params, visitor, toll).await?;
        match prepared.kind() {
            OperationType::Query | OperationType::Mutation => {
                let answer = timeout(door.limits.time, door.engine.answer(prepared)).await;
                let answer = answer.unwrap_or_else(|_elapsed| Err(Refused::unavailable()))?;
                outbox.next(&answer).await;
            }
            OperationType::Subscription => {
                outbox.put(What::Lasts).await;
                let mut answers = door.engine.answers(prepared);
                while let Some(answer) = answers.next().await {
                    outbox.next(&answer?).await;
                }
            }
        }
        Ok(())
    }
}

struct Outbox {
    id: String,
    number: u64,
    queue: mpsc::Sender<Outgoing>,
}

impl Outbox {
    async fn next(&self, answer: &Response) {
        let says = Says::Next {
            id: &self.id,
            payload: answer,
        };
        self.put(What::Next(says.text())).await;
    }

    async fn put(&self, what: What) {
        let outgoing = Outgoing {
            id: self.id.clone(),
            number: self.number,
            what,
        };
        // It fails when the socket is gone, and then this task is about to be ended, too.
        let _ = self.queue.send(outgoing).await;
    }
}
