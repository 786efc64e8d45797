//! Outgoing webhooks: a loop that turns events into deliveries, takes those that are due, and sends them. What is due
//! when, and what becomes of it, the domain says.
//!
//! `address` knows where nothing is sent, `request` signs, `sender` connects and reads the answer.

mod address;
mod request;
mod sender;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use http::HeaderMap;
use http::header::RETRY_AFTER;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;

use crate::domain::Services;
use crate::domain::error::{Error, Result};
use crate::domain::op::{Op, System};
use crate::domain::outbox::Queue;
use crate::domain::webhook_deliveries::{self, Attempt, Due, Parcel, Unsendable, Verdict};

pub use address::Allowed;
pub use sender::{Names, Sender, SystemNames};

use sender::{Answer, SendError};

/// How much is sent at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places {
    /// In all.
    pub all: usize,
    /// To one endpoint, so that a slow one does not take all places.
    pub per_endpoint: usize,
}

/// Sends webhooks. Cheap to clone; clones share their places.
#[derive(Clone, Debug)]
pub struct Courier {
    services: Services,
    sender: Sender,
    places: Places,
    /// The workspaces in which something happened.
    moved: Arc<Queue>,
    free: Arc<Semaphore>,
    /// How many are on their way to each endpoint, by workspace and number.
    busy: Arc<Mutex<HashMap<(i64, i64), usize>>>,
}

/// How long events gather before they are looked at: many at once cost hardly more than one.
const GATHER: Duration = Duration::from_millis(50);

impl Courier {
    pub fn new(services: Services, sender: Sender, places: Places) -> Self {
        Self {
            moved: services.wakes().queue(),
            services,
            sender,
            free: Arc::new(Semaphore::new(places.all)),
            places,
            busy: Arc::default(),
        }
    }

    /// One pass: all that has happened becomes deliveries, and as many as there are places for are sent on their way.
    /// Tells when there is something to do again, if nothing happens before that.
    ///
    /// # Errors
    /// A database fault.
    pub async fn pass(&self) -> Result<Option<DateTime<Utc>>> {
        let system = Op::system(self.services.clone(), "webhooks");
        webhook_deliveries::fan_out(&system).await?;
        self.dispatch(&system).await
    }

    /// Waits until there may be something to do: something happened, was sent, or is due by now. Never longer than `round`.
    pub async fn wait(&self, next: Option<DateTime<Utc>>, round: Duration) {
        let until = next.map(|next| (next - self.services.now()).to_std().unwrap_or_default());
        tokio::select! {
            () = self.services.webhooks().notified() => {}
            _ = self.moved.take() => {}
            () = sleep(until.unwrap_or(round).min(round)) => {}
        }
        sleep(GATHER).await;
    }

    async fn dispatch(&self, system: &System) -> Result<Option<DateTime<Utc>>> {
        let now = self.services.now();
        let mut next: Option<DateTime<Utc>> = None;
        let mut endpoints = webhook_deliveries::due(system).await?;
        // Those that answer come first, and of equals who has waited longest.
        endpoints.sort_by_key(|due| (due.is_failing, due.at));
        for due in endpoints {
            if due.at > now {
                next = Some(next.map_or(due.at, |next| next.min(due.at)));
                continue;
            }
            match self.serve(system, due).await {
                Ok(()) => {}
                Err(error @ Error::Unavailable(_)) => return Err(error),
                Err(error) => {
                    tracing::error!(
                        workspace.id = due.workspace_id,
                        ?error,
                        "webhooks of a workspace could not be taken"
                    );
                }
            }
        }
        Ok(next)
    }

    /// Takes what is due for one endpoint, as far as there are places.
    async fn serve(&self, system: &System, due: Due) -> Result<()> {
        let lane = (due.workspace_id, due.endpoint_id);
        let taken = self.busy().get(&lane).copied().unwrap_or_default();
        // One that fails is tried by one at a time, so that many dead ones leave places for the others.
        let places = if due.is_failing { 1 } else { self.places.per_endpoint };
        let room = places.saturating_sub(taken);
        let permits = Vec::from_iter((0..room).map_while(|_| Arc::clone(&self.free).try_acquire_owned().ok()));
        if permits.is_empty() {
            // Whoever is done first says so.
            return Ok(());
        }
        let op = system.within(due.workspace_id);
        let claimed = webhook_deliveries::claim(&op, due.endpoint_id, permits.len() as u64).await?;
        let parcels = webhook_deliveries::parcels(&op, claimed).await?;
        for (parcel, permit) in parcels.into_iter().zip(permits) {
            let place = Place::take(self, lane, permit);
            tokio::spawn(self.clone().carry(op.clone(), parcel, place));
        }
        Ok(())
    }

    async fn carry(self, op: Op, parcel: Parcel, place: Place) {
        let row = &parcel.claimed.row;
        let time = op.settings().webhooks.timeout;
        if (row.due_at - op.now()).to_std().is_ok_and(|left| left < time) || row.due_at <= op.now() {
            // It took too long to get here: by the time of an answer somebody else might have it.
            return;
        }
        let attempt = self.attempt(&op, &parcel).await;
        // Nothing is lost when this fails: the lease ends.
        match webhook_deliveries::settle(&op, row, attempt).await {
            Ok(()) => {}
            Err(Error::Unavailable(cause)) => {
                tracing::warn!(%cause, "a webhook cannot be noted down: the database is away")
            }
            Err(error) => tracing::error!(webhook_delivery.uuid = %row.uuid, ?error, "a webhook cannot be noted down"),
        }
        drop(place);
    }

    async fn attempt(&self, op: &Op, parcel: &Parcel) -> Attempt {
        let at = op.now();
        let began = Instant::now();
        let heard = match &parcel.letter {
            Err(reason) => Err(nothing_sent(*reason)),
            Ok(letter) => {
                let headers = request::headers(letter, at);
                let url = &parcel.claimed.endpoint.url;
                let heard = self.sender.post(url, headers, letter.body.clone()).await;
                heard.map_err(|error: SendError| failed(error.to_string()))
            }
        };
        let duration = began.elapsed();
        match heard {
            Ok(answer) => Attempt {
                at,
                duration,
                status: Some(answer.status),
                verdict: verdict(&answer, at),
                answer: Some(String::from_utf8_lossy(&answer.body).into_owned()),
            },
            Err(verdict) => Attempt {
                at,
                duration,
                status: None,
                answer: None,
                verdict,
            },
        }
    }

    fn busy(&self) -> MutexGuard<'_, HashMap<(i64, i64), usize>> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place that one delivery takes while it is on its way.
struct Place {
    courier: Courier,
    lane: (i64, i64),
    _permit: OwnedSemaphorePermit,
}

impl Place {
    fn take(courier: &Courier, lane: (i64, i64), permit: OwnedSemaphorePermit) -> Self {
        *courier.busy().entry(lane).or_default() += 1;
        Self {
            courier: courier.clone(),
            lane,
            _permit: permit,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        {
            let mut busy = self.courier.busy();
            if let Some(count) = busy.get_mut(&self.lane) {
                *count -= 1;
                if *count == 0 {
                    busy.remove(&self.lane);
                }
            }
        }
        self.courier.services.webhooks().notify_one();
    }
}

/// Without an answer.
fn failed(error: String) -> Verdict {
    Verdict::Failed {
        error,
        retry_after: None,
    }
}

fn nothing_sent(reason: Unsendable) -> Verdict {
    match reason {
        Unsendable::Sealed => failed(reason.to_string()),
        Unsendable::Forgotten => Verdict::Forgotten,
    }
}

/// What an answer means.
fn verdict(answer: &Answer, now: DateTime<Utc>) -> Verdict {
    let failed = |error| Verdict::Failed {
        error,
        retry_after: retry_after(&answer.headers, now),
    };
    match answer.status {
        200..=299 => Verdict::Delivered,
        300..=399 => failed(format!(
            "The receiver answered {}: redirects are not followed",
            answer.status
        )),
        410 => Verdict::Gone,
        status => failed(format!("The receiver answered {status}")),
    }
}

/// In seconds, or as a date.
fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = DateTime::parse_from_rfc2822(text).ok()?;
    (at.to_utc() - now).to_std().ok()
}
