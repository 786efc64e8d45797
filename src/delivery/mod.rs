//! Outgoing webhooks: a loop that takes the deliveries that are due, and sends them. What is due when, and what becomes of
//! it, the domain says.
//!
//! `address` knows where nothing is sent, `places` whose turn it is, `request` signs, `sender` connects and reads the answer.

mod address;
mod places;
mod request;
mod sender;

use std::collections::HashSet;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use http::HeaderMap;
use http::header::RETRY_AFTER;
use tokio::time::sleep;

use crate::domain::Services;
use crate::domain::error::{Error, Result};
use crate::domain::op::{Op, System};
use crate::domain::webhook_deliveries::{self, Attempt, Due, Parcel, Unsendable, Verdict};

pub use address::Allowed;
pub use sender::{Names, Sender, SystemNames};

use places::{Places, Share};
use sender::{Answer, SendError};

/// Sends webhooks. Cheap to clone; clones share their places.
#[derive(Clone, Debug)]
pub struct Courier {
    services: Services,
    sender: Sender,
    places: Places,
}

/// How long it waits for more, once it is woken: many at once cost hardly more than one.
const GATHER: Duration = Duration::from_millis(20);

impl Courier {
    /// `places`: how many requests are on their way at a time.
    pub fn new(services: Services, sender: Sender, places: usize) -> Self {
        Self {
            services,
            sender,
            places: Places::new(places),
        }
    }

    /// One pass: as many deliveries as there are places for are sent on their way. Tells when there is something to do
    /// again, if nothing happens before that.
    ///
    /// # Errors
    /// A database fault.
    pub async fn pass(&self) -> Result<Option<DateTime<Utc>>> {
        self.dispatch(&Op::system(self.services.clone(), "webhooks")).await
    }

    /// Waits until there may be something to do: it was woken, or something is due by now. Never longer than `round`.
    pub async fn wait(&self, next: Option<DateTime<Utc>>, round: Duration) {
        let until = next.map(|next| (next - self.services.now()).to_std().unwrap_or_default());
        tokio::select! {
            () = self.services.webhooks().notified() => {}
            () = sleep(until.unwrap_or(round).min(round)) => {}
        }
        sleep(GATHER).await;
    }

    async fn dispatch(&self, system: &System) -> Result<Option<DateTime<Utc>>> {
        let now = self.services.now();
        let due = webhook_deliveries::due(system).await?;
        let next = due.iter().map(|due| due.at).filter(|at| *at > now).min();
        let mut waiting = due;
        waiting.retain(|due| due.at <= now);
        loop {
            let mut done = HashSet::new();
            // Where nobody gets a place, whoever is done first says so.
            for share in self.places.share_out(&waiting) {
                let due = share.due();
                match self.serve(system, share).await {
                    Ok(true) => {}
                    Ok(false) => {
                        done.insert(due);
                    }
                    Err(error @ Error::Unavailable(_)) => return Err(error),
                    Err(error) => {
                        let id = due.workspace_id;
                        tracing::error!(workspace.id = id, ?error, "webhooks of a workspace could not be taken");
                        done.insert(due);
                    }
                }
            }
            // What these had no use for is for the others.
            if done.is_empty() {
                return Ok(next);
            }
            waiting.retain(|due| !done.contains(due));
        }
    }

    /// Takes what is due for one endpoint, as far as it has places. Whether there may be more.
    async fn serve(&self, system: &System, mut share: Share) -> Result<bool> {
        let Due {
            workspace_id,
            endpoint_id,
            ..
        } = share.due();
        let op = system.within(workspace_id);
        let claimed = webhook_deliveries::claim(&op, endpoint_id, share.count() as u64).await?;
        let parcels = webhook_deliveries::parcels(&op, claimed).await?;
        for parcel in parcels {
            let Some(place) = share.split() else { break };
            let place = Place {
                share: Some(place),
                services: self.services.clone(),
            };
            tokio::spawn(self.clone().carry(op.clone(), parcel, place));
        }
        Ok(share.count() == 0)
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
}

/// A place that one delivery takes while it is on its way. Whoever waits for one hears when it is free.
struct Place {
    share: Option<Share>,
    services: Services,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.share = None;
        self.services.webhooks().notify_one();
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
        Unsendable::Sealed | Unsendable::Unreadable => failed(reason.to_string()),
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
