//! One socket from its first message to its last.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use axum::http::HeaderMap;
use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until, timeout};
use tracing::Instrument;

use super::message::{Closing, Said, Says};
use super::operation::{Operation, Outgoing, What};
use super::{Door, Opened, SocketLimits};
use crate::auth::quota::Payer;
use crate::connection::Connection;
use crate::graphql::bearers::{Bearer, add_credentials};
use crate::graphql::engine::{Kind, Refused};
use crate::graphql::error::Code;
use crate::graphql::params::Params;
use crate::graphql::places::Place;
use crate::json_values;
use crate::request_id::RequestId;

/// Messages of all operations that wait to be sent. Operations wait when there are more.
const QUEUE: usize = 8;

/// How long a client may take to answer that it closes, too.
const FAREWELL: Duration = Duration::from_secs(2);

pub(super) struct Session {
    door: Arc<Door>,
    request_id: RequestId,
    connection: Option<Connection>,
    payer: Payer,
    /// An address's, or from the moment that there is a caller, the caller's.
    place: Place,
    /// Those of the upgrade.
    credentials: HeaderMap,
    /// Whoever it is, once the connection is initialised.
    bearer: Option<Bearer>,
    running: HashMap<String, Running>,
    started: u64,
    stopping: bool,
    times: Times,
}

struct Running {
    /// Of the operations of this socket: an id may be used again while an earlier one's last messages are under way.
    number: u64,
    /// A subscription goes on until somebody ends it.
    lasts: bool,
    task: AbortHandle,
}

/// When what happened last.
struct Times {
    opened: Instant,
    heard: Instant,
    pinged: bool,
    checked: Instant,
}

/// What is to be done now that time has passed.
enum Due {
    InitTimeout,
    Ping,
    Silent,
    Check,
}

impl Session {
    pub(super) fn new(door: Arc<Door>, opened: Opened, place: Place) -> Self {
        let Opened {
            request_id,
            connection,
            payer,
            credentials,
        } = opened;
        let now = Instant::now();
        Self {
            door,
            request_id,
            connection,
            payer,
            place,
            credentials,
            bearer: None,
            running: HashMap::new(),
            started: 0,
            stopping: false,
            times: Times {
                opened: now,
                heard: now,
                pinged: false,
                checked: now,
            },
        }
    }

    pub(super) async fn run(mut self, mut socket: WebSocket) {
        let (sender, mut queue) = mpsc::channel(QUEUE);
        let patience = self.door.limits.patience;
        loop {
            let (due, at) = self.next_due();
            let stopping = self.stopping;
            let done = tokio::select! {
                message = socket.recv() => match message {
                    Some(Ok(message)) => self.hear(message, &sender).await,
                    Some(Err(error)) => match Closing::unreadable(error) {
                        Some(closing) => Err(closing),
                        None => return,
                    },
                    None => return,
                },
                Some(outgoing) = queue.recv() => self.pass_on(outgoing),
                () = sleep_until(at) => self.act(due).await,
                () = ending(self.connection.as_ref()), if !stopping => self.stop(),
            };
            let closing = match done {
                Ok(Some(message)) => match timeout(patience, socket.send(message)).await {
                    Ok(Ok(())) => self.stopped(),
                    // A client that does not read hears no farewell either.
                    Ok(Err(_)) | Err(_) => return,
                },
                Ok(None) => self.stopped(),
                Err(closing) => Some(closing),
            };
            if let Some(closing) = closing {
                // The place is free; the connection is not before it has been closed.
                let _connection = self.connection.take();
                drop(self);
                return close(socket, closing).await;
            }
        }
    }

    async fn hear(&mut self, message: Message, queue: &mpsc::Sender<Outgoing>) -> Result<Option<Message>, Closing> {
        self.times.heard = Instant::now();
        self.times.pinged = false;
        let text = match message {
            Message::Text(text) => text,
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => return Ok(None),
            Message::Binary(_) => return Err(Closing::BadRequest("Messages must be texts")),
        };
        let caller = self.bearer.as_ref().and_then(|bearer| bearer.caller.as_ref());
        let paid = self.door.engine.pay_message(caller, &self.payer, text.len());
        paid.map_err(|_exhausted| Closing::Exhausted)?;
        let most = self.door.limits.values;
        if json_values::count(text.as_bytes()) > most {
            return Err(Closing::TooManyValues(most));
        }
        match Said::parse(&text).map_err(Closing::BadRequest)? {
            Said::Init(payload) => self.init(payload).await.map(Some),
            Said::Subscribe { id, params } => self.subscribe(id, *params, queue),
            Said::Complete { id } => {
                if let Some(running) = self.running.remove(&id) {
                    running.task.abort();
                }
                Ok(None)
            }
            Said::Ping(payload) => Ok(Some(Says::Pong { payload }.text())),
            Said::Pong => Ok(None),
        }
    }

    async fn init(&mut self, payload: serde_json::Map<String, serde_json::Value>) -> Result<Message, Closing> {
        if self.bearer.is_some() {
            return Err(Closing::TooManyInits);
        }
        let mut headers = std::mem::take(&mut self.credentials);
        add_credentials(&mut headers, &payload).map_err(|()| Closing::Forbidden)?;
        let known = self.door.bearers.know(headers, &self.payer, &self.request_id).await;
        let bearer = known.map_err(|refused| match refused.kind {
            Kind::TooMany | Kind::Unavailable | Kind::Fault => Closing::TryAgainLater,
            Kind::Document | Kind::Request | Kind::Mutation | Kind::Key(_) | Kind::Unauthenticated => {
                Closing::Forbidden
            }
        })?;
        if let Some(caller) = &bearer.caller {
            self.place = self.door.places.of_caller(caller).ok_or(Closing::TryAgainLater)?;
        }
        self.bearer = Some(bearer);
        self.times.checked = Instant::now();
        Ok(Says::ConnectionAck.text())
    }

    fn subscribe(
        &mut self,
        id: String,
        params: Params,
        queue: &mpsc::Sender<Outgoing>,
    ) -> Result<Option<Message>, Closing> {
        let Some(bearer) = self.bearer.clone() else {
            return Err(Closing::Unauthorized);
        };
        if self.running.contains_key(&id) {
            return Err(Closing::Taken);
        }
        let refused = if self.stopping {
            Some(Refused::unavailable())
        } else {
            let most = self.door.limits.operations;
            let message = format!("A socket may have at most {most} operations at a time");
            let full = self.running.len() >= most;
            full.then(|| Refused::new(Kind::Request, Code::LimitExceeded, message))
        };
        if let Some(Refused { errors, .. }) = refused {
            let says = Says::Error {
                id: &id,
                payload: &errors,
            };
            return Ok(Some(says.text()));
        }
        self.started += 1;
        let number = self.started;
        let operation = Operation {
            door: Arc::clone(&self.door),
            bearer,
            params,
            request_id: RequestId(format!("{}.{number}", self.request_id)),
            connection: self.connection.clone(),
            payer: self.payer.clone(),
            id: id.clone(),
            number,
            queue: queue.clone(),
        };
        let task = tokio::spawn(operation.run().in_current_span()).abort_handle();
        let lasts = false;
        self.running.insert(id, Running { number, lasts, task });
        Ok(None)
    }

    /// Sends what an operation has to say, unless somebody has ended it meanwhile.
    fn pass_on(&mut self, outgoing: Outgoing) -> Result<Option<Message>, Closing> {
        let Outgoing { id, number, what } = outgoing;
        let Some(running) = self.running.get_mut(&id).filter(|running| running.number == number) else {
            return Ok(None);
        };
        match what {
            What::Next(message) => Ok(Some(message)),
            What::Last(message) => {
                self.running.remove(&id);
                Ok(Some(message))
            }
            What::Lasts if self.stopping => {
                running.task.abort();
                self.running.remove(&id);
                Ok(None)
            }
            What::Lasts => {
                running.lasts = true;
                Ok(None)
            }
            What::Unknown => Err(Closing::Forbidden),
        }
    }

    /// What comes next if nothing else does, and when.
    fn next_due(&self) -> (Due, Instant) {
        let SocketLimits { init, ping, check, .. } = self.door.limits;
        let Times {
            opened,
            heard,
            pinged,
            checked,
        } = self.times;
        let sign = if pinged {
            (Due::Silent, heard + 2 * ping)
        } else {
            (Due::Ping, heard + ping)
        };
        let other = match &self.bearer {
            None => (Due::InitTimeout, opened + init),
            Some(_) => (Due::Check, checked + check),
        };
        if other.1 < sign.1 { other } else { sign }
    }

    async fn act(&mut self, due: Due) -> Result<Option<Message>, Closing> {
        match due {
            Due::InitTimeout => Err(Closing::InitTimeout),
            Due::Silent => Err(Closing::Silent),
            Due::Ping => {
                self.times.pinged = true;
                Ok(Some(Message::Ping(Bytes::new())))
            }
            Due::Check => {
                self.times.checked = Instant::now();
                match &self.bearer {
                    Some(bearer) if !self.door.bearers.stands(bearer).await => Err(Closing::Forbidden),
                    Some(_) | None => Ok(None),
                }
            }
        }
    }

    /// The server stops: subscriptions end, everything else may finish.
    fn stop(&mut self) -> Result<Option<Message>, Closing> {
        self.stopping = true;
        self.running.retain(|_, running| {
            if running.lasts {
                running.task.abort();
            }
            !running.lasts
        });
        Ok(None)
    }

    fn stopped(&self) -> Option<Closing> {
        (self.stopping && self.running.is_empty()).then_some(Closing::GoingAway)
    }
}

impl Drop for Session {
    /// Reads end with the socket; mutations do not hear of it.
    fn drop(&mut self) {
        for running in self.running.values() {
            running.task.abort();
        }
    }
}

async fn ending(connection: Option<&Connection>) {
    match connection {
        Some(connection) => connection.ending().await,
        None => std::future::pending().await,
    }
}

/// Says farewell, and waits for the client's: a connection that is dropped before it has been read empty is reset, and
/// its client may never see why.
async fn close(mut socket: WebSocket, closing: Closing) {
    let farewell = async {
        if socket.send(Message::Close(Some(closing.frame()))).await.is_ok() {
            while let Some(Ok(_)) = socket.recv().await {}
            if !closing.hears() {
                // Nothing is read any more: all that can be done is to leave it time to hear this.
                std::future::pending().await
            }
        }
    };
    // Whoever does not answer in time is left.
    let _ = timeout(FAREWELL, farewell).await;
}
