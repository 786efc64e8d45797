//! Bodies of requests on their way in: those that are answered before their body was read, and clients that do not send
//! theirs.
//!
//! A connection with an unread body cannot serve another request, and its client must be told: one that keeps
//! connections would send the next request into a closing one. And a request that waits for its client is not worked on:
//! it steps aside until its body is there, or clients that send nothing would keep the turns of all others.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::response::Response;
use http::header::CONNECTION;
use http::{HeaderValue, Version};
use hyper::body::{Frame, SizeHint};

use crate::client_address::ClientAddress;
use crate::turns::Turn;

use super::crowd::{Crowd, Stander};

/// What became of one request's body so far.
#[derive(Clone)]
pub(super) struct Reading {
    progress: Arc<Progress>,
    version: Version,
}

struct Progress {
    ended: AtomicBool,
    /// The server asked for more of it, and the client has not sent it.
    awaited: AtomicBool,
    /// Too many others wait, or are worked on.
    lost_turn: AtomicBool,
    seat: OnceLock<Seat>,
}

/// What a request has while it is worked on, and where it waits meanwhile.
struct Seat {
    turn: Turn,
    crowd: Arc<Crowd>,
    address: Option<ClientAddress>,
}

/// Watches the body of `request`.
pub(super) fn watch(request: Request) -> (Request, Reading) {
    let progress = Arc::new(Progress {
        ended: AtomicBool::new(request.body().is_end_stream()),
        awaited: AtomicBool::new(false),
        lost_turn: AtomicBool::new(false),
        seat: OnceLock::new(),
    });
    let reading = Reading {
        progress: Arc::clone(&progress),
        version: request.version(),
    };
    let watched = |inner| Watched {
        inner,
        progress,
        aside: Aside::No,
    };
    (request.map(|inner| Body::new(watched(inner))), reading)
}

impl Reading {
    /// From now on whoever waits for the body gives the turn back meanwhile.
    pub(super) fn watch_turn(&self, turn: Turn, crowd: Arc<Crowd>, address: Option<ClientAddress>) {
        // A request gets one turn, and nobody sets it twice.
        let _ = self.progress.seat.set(Seat { turn, crowd, address });
    }

    /// Whether it is the client that is waited for.
    pub(super) fn waits(&self) -> bool {
        self.progress.awaited.load(Ordering::Relaxed)
    }

    /// Whether there was no place to wait in, or no turn after that.
    pub(super) fn lost_turn(&self) -> bool {
        self.progress.lost_turn.load(Ordering::Relaxed)
    }

    /// Says in the answer that the connection ends with it, if it must.
    pub(super) fn finish(self, response: &mut Response) {
        // HTTP/2 has streams instead, and knows no such header.
        if self.version <= Version::HTTP_11 && !self.progress.ended.load(Ordering::Relaxed) {
            response
                .headers_mut()
                .insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
}

type Read = Option<Result<Frame<Bytes>, axum::Error>>;

struct Watched {
    inner: Body,
    progress: Arc<Progress>,
    aside: Aside,
}

/// Whether the request has stepped aside.
enum Aside {
    No,
    Yes(#[expect(dead_code, reason = "it is kept, and given back with the rest")] Stander),
    /// All of the body is there: its last part waits for the turn.
    Returning(Pin<Box<dyn Future<Output = bool> + Send>>, Read),
}

/// Whoever reads the body hears this; the client hears of it from outside of the door.
const LOST_TURN: &str = "too many requests wait";

impl Watched {
    /// # Errors
    /// Too many others wait.
    fn step_aside(&mut self) -> Result<(), axum::Error> {
        let Some(seat) = self.progress.seat.get() else {
            return Ok(());
        };
        if let Aside::No = self.aside {
            let place = seat
                .crowd
                .stand(seat.address.map(|ClientAddress(address)| address))
                .ok_or_else(|| self.lose_turn())?;
            seat.turn.step_aside();
            self.aside = Aside::Yes(place);
        }
        Ok(())
    }

    fn lose_turn(&self) -> axum::Error {
        self.progress.lost_turn.store(true, Ordering::Relaxed);
        axum::Error::new(LOST_TURN)
    }
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = &mut *self;
        if let Aside::Returning(turn, last) = &mut this.aside {
            let came = ready!(turn.as_mut().poll(context));
            let last = last.take();
            this.aside = Aside::No;
            return Poll::Ready(if came { last } else { Some(Err(this.lose_turn())) });
        }
        let frame = Pin::new(&mut this.inner).poll_frame(context);
        this.progress.awaited.store(frame.is_pending(), Ordering::Relaxed);
        let Poll::Ready(frame) = frame else {
            return match this.step_aside() {
                Ok(()) => Poll::Pending,
                Err(error) => Poll::Ready(Some(Err(error))),
            };
        };
        if frame.is_none() || this.inner.is_end_stream() {
            this.progress.ended.store(true, Ordering::Relaxed);
        } else if !matches!(frame, Some(Err(_))) {
            return Poll::Ready(frame);
        }
        match (&this.aside, this.progress.seat.get()) {
            (Aside::Yes(_), Some(seat)) => {
                this.aside = Aside::Returning(Box::pin(seat.turn.clone().step_back()), frame);
                self.poll_frame(context)
            }
            (Aside::No | Aside::Yes(_) | Aside::Returning(..), _) => Poll::Ready(frame),
        }
    }

    fn is_end_stream(&self) -> bool {
        !matches!(self.aside, Aside::Returning(..)) && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        match &self.aside {
            Aside::Returning(_, Some(Ok(last))) => {
                let held = last.data_ref().map_or(0, Bytes::len);
                SizeHint::with_exact(u64::try_from(held).unwrap_or(u64::MAX))
            }
            Aside::No | Aside::Yes(_) | Aside::Returning(..) => self.inner.size_hint(),
        }
    }
}
