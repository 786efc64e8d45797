//! How much each caller may ask of this instance: a bucket of points each, which fills up again with time.
//!
//! A caller is a person or an api key; whoever shows no credential is known by their address, and so is whoever shows
//! bad ones. Nothing here is shared between instances.

mod buckets;
mod good;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::http::Extensions;
use uuid::Uuid;

use super::AuthError;
use crate::client_address::{ClientAddress, network};
use crate::domain::caller::{Caller, Principal};

use buckets::Buckets;
pub use buckets::{Rate, Standing};
use good::Good;

/// What one request to a REST door costs, in points: about what it reads and writes, counted like GraphQL's.
pub const REST_REQUEST: u64 = 10;

/// The limits of one instance. `None`: no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuotaLimits {
    /// Of each caller.
    pub callers: Option<Rate>,
    /// Of each address that shows no credentials.
    pub strangers: Option<Rate>,
    /// Credentials that do not count, of each address.
    pub failures: Option<Rate>,
}

#[derive(Debug)]
pub struct Quota {
    callers: Option<Buckets<(i64, Uuid)>>,
    strangers: Option<Buckets<IpAddr>>,
    failures: Option<Buckets<IpAddr>>,
    good: Good,
}

/// The caller, or the address, has no points left for this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhausted;

/// Points that were taken before it was known what is used of them.
#[derive(Debug)]
#[must_use = "what was not used goes back"]
pub struct Charge {
    quota: Arc<Quota>,
    subject: Subject,
    meter: Meter,
    points: u64,
}

#[derive(Clone, Copy, Debug)]
enum Subject {
    Caller(i64, Uuid),
    Stranger(IpAddr),
    /// The server itself.
    Unlimited,
}

/// What a request has cost, and how its caller stands now: in the extensions of every request, for its answer's headers
/// and for metrics.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<Mutex<Reading>>);

/// What a [`Meter`] shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Points that were spent in the end.
    pub spent: u64,
    /// `None`: there is no limit.
    pub standing: Option<Standing>,
}

/// Who is asked to pay for a request that has no caller, and where it is written down.
#[derive(Clone, Debug, Default)]
pub struct Payer {
    address: Option<IpAddr>,
    meter: Meter,
}

/// A credential as it came.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    text: &'a str,
    /// Whether somebody who may has signed it: then it was not guessed, whatever became of it since. Looked at only
    /// where it matters.
    signed: &'a (dyn Fn() -> bool + Send + Sync),
}

impl std::fmt::Debug for Shown<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Shown")
    }
}

impl<'a> Shown<'a> {
    /// One of which all that can be known is whether it is on file.
    pub fn secret(text: &'a str) -> Self {
        Self {
            text,
            signed: &|| false,
        }
    }

    pub fn signed(text: &'a str, signed: &'a (dyn Fn() -> bool + Send + Sync)) -> Self {
        Self { text, signed }
    }
}

impl Payer {
    /// Of a request, or of the one that opened a connection.
    pub fn of(request: &Extensions) -> Self {
        Self {
            address: request.get().map(|ClientAddress(address)| network(*address)),
            meter: request.get::<Meter>().cloned().unwrap_or_default(),
        }
    }
}

impl Meter {
    pub fn read(&self) -> Reading {
        *self.lock()
    }

    fn set(&self, standing: Standing) {
        self.lock().standing = Some(standing);
    }

    fn lock(&self) -> MutexGuard<'_, Reading> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Quota {
    pub fn new(limits: QuotaLimits) -> Self {
        let QuotaLimits {
            callers,
            strangers,
            failures,
        } = limits;
        Self {
            callers: callers.map(Buckets::new),
            strangers: strangers.map(Buckets::new),
            failures: failures.map(Buckets::new),
            good: Good::default(),
        }
    }

    /// Takes points for a request, from the caller or, without one, from the address that it came from.
    ///
    /// # Errors
    /// There are not enough. What costs more than all of a bucket costs all of it.
    pub fn charge(self: &Arc<Self>, caller: Option<&Caller>, payer: &Payer, points: u64) -> Result<Charge, Exhausted> {
        let subject = match caller.map(|caller| (caller.workspace_id, caller.principal)) {
            Some((workspace, Principal::User { uuid, .. } | Principal::ApiKey { uuid, .. })) => {
                Subject::Caller(workspace, uuid)
            }
            Some((_, Principal::System(_))) => Subject::Unlimited,
            None => payer.address.map_or(Subject::Unlimited, Subject::Stranger),
        };
        self.take(subject, payer.meter.clone(), points)
    }

    fn take(self: &Arc<Self>, subject: Subject, meter: Meter, points: u64) -> Result<Charge, Exhausted> {
        let taken = match (subject, &self.callers, &self.strangers) {
            (Subject::Caller(workspace, uuid), Some(callers), _) => {
                Some(callers.take((workspace, uuid), points, Instant::now()))
            }
            (Subject::Stranger(address), _, Some(strangers)) => Some(strangers.take(address, points, Instant::now())),
            (Subject::Caller(..), None, _) | (Subject::Stranger(_), _, None) | (Subject::Unlimited, _, _) => None,
        };
        if let Some(taken) = taken {
            meter.set(taken.unwrap_or_else(|standing| standing));
            taken.map_err(|_| Exhausted)?;
        }
        Ok(Charge {
            quota: Arc::clone(self),
            subject,
            meter,
            points,
        })
    }

    /// What `looking` finds for a credential, unless too many bad ones came from where the request comes from. One that
    /// was good a while ago is looked at all the same, and so is one that nobody can guess: its owner may share the
    /// address with whoever tries.
    ///
    /// # Errors
    /// As `looking`, and [`AuthError::TooMany`].
    pub async fn known<T>(
        &self,
        payer: &Payer,
        shown: Shown<'_>,
        looking: impl Future<Output = Result<T, AuthError>>,
    ) -> Result<T, AuthError> {
        self.may_try(payer, shown).map_err(|_exhausted| AuthError::TooMany)?;
        let outcome = looking.await;
        match &outcome {
            Ok(_) => self.succeeded(shown.text),
            // A token that has expired is a client that has slept, not one that guesses.
            Err(AuthError::Invalid) if (shown.signed)() => self.wasted(payer),
            Err(AuthError::Invalid) => self.failed(payer),
            Err(AuthError::Missing | AuthError::TooMany | AuthError::Unavailable(_) | AuthError::Internal(_)) => {}
        }
        outcome
    }

    /// Whether a credential may be tried from where this request came from.
    ///
    /// # Errors
    /// Too many were bad, and this one was not good lately.
    fn may_try(&self, payer: &Payer, shown: Shown<'_>) -> Result<(), Exhausted> {
        match (&self.failures, payer.address) {
            (Some(failures), Some(address)) if failures.is_empty(address, Instant::now()) => {
                let known = self.good.has(shown.text, Instant::now());
                if known || (shown.signed)() && self.may_look(address) {
                    return Ok(());
                }
                payer.meter.set(failures.look(address, Instant::now()));
                Err(Exhausted)
            }
            _ => Ok(()),
        }
    }

    /// Remembers a credential that was good.
    fn succeeded(&self, credential: &str) {
        if self.failures.is_some() {
            self.good.remember(credential, Instant::now());
        }
    }

    /// Lets an address pay for a look at what nobody guessed, and nobody is.
    fn wasted(&self, payer: &Payer) {
        if let (Some(strangers), Some(address)) = (&self.strangers, payer.address) {
            // Nothing to tell: the next one is refused if these were the last.
            let _ = strangers.take(address, 1, Instant::now());
        }
    }

    /// Whether something signed may be looked at, though it may stand for nobody.
    fn may_look(&self, address: IpAddr) -> bool {
        let strangers = self.strangers.as_ref();
        strangers.is_none_or(|strangers| !strangers.is_empty(address, Instant::now()))
    }

    /// Counts a credential that did not count.
    fn failed(&self, payer: &Payer) {
        if let (Some(failures), Some(address)) = (&self.failures, payer.address) {
            // Nothing to tell: the next one is refused if this was the last.
            let _ = failures.take(address, 1, Instant::now());
        }
    }
}

/// Whoever was charged once, and may be again.
#[derive(Clone, Debug)]
pub struct Repeated {
    quota: Arc<Quota>,
    subject: Subject,
    meter: Meter,
}

impl Repeated {
    /// Takes points as the first time.
    ///
    /// # Errors
    /// There are not enough.
    pub fn again(&self, points: u64) -> Result<Charge, Exhausted> {
        self.quota.take(self.subject, self.meter.clone(), points)
    }
}

impl Charge {
    pub fn repeated(&self) -> Repeated {
        Repeated {
            quota: Arc::clone(&self.quota),
            subject: self.subject,
            meter: self.meter.clone(),
        }
    }

    /// The request used this many points: the rest goes back, and what it used beyond them goes, too, as far as it is
    /// there. How many there are then, if there is a limit.
    pub fn settle(self, used: u64) -> Option<u64> {
        self.meter.lock().spent += used;
        let standing = match (self.subject, &self.quota.callers, &self.quota.strangers) {
            (Subject::Caller(workspace, uuid), Some(callers), _) => {
                Some(callers.settle((workspace, uuid), self.points, used, Instant::now()))
            }
            (Subject::Stranger(address), _, Some(strangers)) => {
                Some(strangers.settle(address, self.points, used, Instant::now()))
            }
            (Subject::Caller(..), None, _) | (Subject::Stranger(_), _, None) | (Subject::Unlimited, _, _) => None,
        };
        self.meter.set(standing?);
        standing.map(|standing| standing.remaining)
    }
}

/// Whole seconds, rounded up: who waits so long finds what they wait for.
pub fn seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}
