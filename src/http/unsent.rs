//! Answers on their way out, of one connection: a client that asks and does not read is not waited for without end, and
//! a connection by which nothing is asked is closed.
//!
//! HTTP/2 has a window of its own for each answer, which a client may keep shut: then nobody but this notices.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::response::Response;
use http::header::CONTENT_TYPE;
use hyper::body::{Frame, SizeHint};
use tokio::time::Instant;

/// An answer may be a second longer on its way for so many bytes of it.
const BYTES_A_SECOND: u64 = 16 * 1024;
/// An answer is handed over in pieces: what was handed over is not seen any more.
const PIECE: usize = 16 * 1024;
/// It may be silent for as long as it wants to; what it says must be read.
const STREAM: &str = "text/event-stream";

/// What goes on on one connection.
#[derive(Debug)]
pub(super) struct Activity {
    /// How long an answer may be on its way.
    time: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    next: u64,
    open: HashMap<u64, Sending>,
    /// Since when there are none.
    idle_since: Instant,
}

/// How far a request's answer is.
#[derive(Clone, Copy, Debug, Default)]
struct Sending {
    /// Of the whole answer.
    bytes: u64,
    /// When it must be gone; of one that is worked on, or has nothing to say, nobody knows.
    until: Option<Instant>,
}

/// What is to become of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Busy,
    /// For so long.
    Idle(Duration),
    /// Some answers were not read in time; others may still be.
    Late,
    /// None is any more, or it has been so for long.
    Stuck,
}

impl Activity {
    pub(super) fn new(time: Duration) -> Arc<Self> {
        let state = State {
            next: 0,
            open: HashMap::new(),
            idle_since: Instant::now(),
        };
        Arc::new(Self {
            time,
            state: Mutex::new(state),
        })
    }

    /// A request has come.
    pub(super) fn begin(self: &Arc<Self>) -> Open {
        let mut state = self.state();
        let id = state.next;
        state.next += 1;
        state.open.insert(id, Sending::default());
        Open {
            activity: Arc::clone(self),
            id,
        }
    }

    pub(super) fn standing(&self, now: Instant) -> Standing {
        let state = self.state();
        if state.open.is_empty() {
            return Standing::Idle(now.saturating_duration_since(state.idle_since));
        }
        let late = |sending: &Sending| sending.until.map(|until| now.saturating_duration_since(until));
        let late: Vec<Duration> = state
            .open
            .values()
            .filter_map(late)
            .filter(|late| !late.is_zero())
            .collect();
        if late.is_empty() {
            Standing::Busy
        } else if late.len() == state.open.len() || late.iter().any(|late| *late > self.time) {
            Standing::Stuck
        } else {
            Standing::Late
        }
    }

    /// From now on it is the client that is waited for, which has to read everything that it has asked for.
    fn awaits(&self, id: u64, bytes: u64) {
        let mut state = self.state();
        let all = state
            .open
            .values()
            .fold(bytes, |sum, other| sum.saturating_add(other.bytes));
        let until = Instant::now() + self.time + Duration::from_secs(all / BYTES_A_SECOND);
        state.open.insert(
            id,
            Sending {
                bytes,
                until: Some(until),
            },
        );
    }

    /// There is nothing to read.
    fn rests(&self, id: u64) {
        self.state().open.insert(id, Sending::default());
    }

    /// A panic elsewhere leaves it whole: every change is one step.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is worked on, or whose answer is on its way.
#[derive(Debug)]
pub(super) struct Open {
    activity: Arc<Activity>,
    id: u64,
}

impl Open {
    /// There is an answer.
    pub(super) fn answer(self, response: Response) -> Response {
        let kind = response.headers().get(CONTENT_TYPE);
        let kind = match kind.is_some_and(|kind| kind.as_bytes().starts_with(STREAM.as_bytes())) {
            true => Kind::Stream,
            false => Kind::Whole,
        };
        self.activity.awaits(self.id, response.body().size_hint().lower());
        response.map(|inner| {
            Body::new(Leaving {
                inner,
                rest: Bytes::new(),
                kind,
                open: self,
            })
        })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut state = self.activity.state();
        state.open.remove(&self.id);
        state.idle_since = Instant::now();
    }
}

struct Leaving {
    inner: Body,
    /// Of a frame that was larger than a piece.
    rest: Bytes,
    kind: Kind,
    open: Open,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// There from the beginning.
    Whole,
    /// Comes piece by piece: whoever asks for the next has got rid of the last.
    Stream,
}

impl HttpBody for Leaving {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if self.rest.is_empty() {
            let frame = Pin::new(&mut self.inner).poll_frame(context);
            if frame.is_pending() && self.kind == Kind::Stream {
                self.open.activity.rests(self.open.id);
            }
            match ready!(frame) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(frame) => return Poll::Ready(Some(Ok(frame))),
                },
                end => return Poll::Ready(end),
            }
        }
        let piece = self.rest.len().min(PIECE);
        let piece = self.rest.split_to(piece);
        if self.kind == Kind::Stream {
            self.open.activity.awaits(self.open.id, piece.len() as u64);
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (inner, rest) = (self.inner.size_hint(), self.rest.len() as u64);
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower() + rest);
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use axum::response::IntoResponse;
    use futures_util::{FutureExt, StreamExt};

    use super::*;

    #[tokio::test]
    async fn an_answer_arrives_whole_and_is_then_forgotten() {
        let activity = Activity::new(Duration::from_secs(60));
        let text: String = (0..100_000)
            .map(|number| (b'a' + (number % 23) as u8) as char)
            .collect();
        let answer = activity.begin().answer(text.clone().into_response());
        assert_eq!(answer.body().size_hint().exact(), Some(100_000));
        assert_eq!(activity.standing(Instant::now()), Standing::Busy);
        assert_eq!(to_bytes(answer.into_body(), usize::MAX).await.unwrap(), text);
        assert!(matches!(activity.standing(Instant::now()), Standing::Idle(_)));
    }

    #[test]
    fn what_is_not_read_in_its_time_is_stuck() {
        let activity = Activity::new(Duration::from_secs(60));
        let later = |seconds| Instant::now() + Duration::from_secs(seconds);
        let working = activity.begin();
        assert_eq!(activity.standing(later(1_000)), Standing::Busy, "it is worked on");
        let small = activity.begin().answer("small".into_response());
        assert_eq!(activity.standing(later(50)), Standing::Busy);
        assert_eq!(
            activity.standing(later(70)),
            Standing::Late,
            "the other may still be answered"
        );
        assert_eq!(activity.standing(later(130)), Standing::Stuck);
        drop(working);
        assert_eq!(activity.standing(later(70)), Standing::Stuck);
        drop(small);
        let large = |seconds: usize| activity.begin().answer(vec![0_u8; seconds * 16 * 1024].into_response());
        let first = large(1_000);
        assert_eq!(activity.standing(later(1_000)), Standing::Busy);
        assert_eq!(activity.standing(later(1_100)), Standing::Stuck);
        let second = large(10);
        assert_eq!(
            activity.standing(later(1_055)),
            Standing::Busy,
            "it comes behind the first"
        );
        drop((first, second));
        let Standing::Idle(time) = activity.standing(later(90)) else {
            panic!("nothing is open")
        };
        assert!(time > Duration::from_secs(80), "{time:?}");
    }

    #[tokio::test]
    async fn a_stream_may_be_silent_and_must_be_read() {
        let activity = Activity::new(Duration::from_secs(60));
        let later = Instant::now() + Duration::from_secs(10_000);
        let (sender, receiver) = tokio::sync::mpsc::channel::<Result<Bytes, std::io::Error>>(4);
        let events = futures_util::stream::unfold(receiver, async |mut receiver| {
            let event = receiver.recv().await?;
            Some((event, receiver))
        });
        let events = ([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(events)).into_response();
        let mut events = activity.begin().answer(events).into_body().into_data_stream();
        assert_eq!(activity.standing(later), Standing::Stuck, "nobody asks for it");
        assert!(events.next().now_or_never().is_none());
        assert_eq!(activity.standing(later), Standing::Busy, "it has said nothing");
        sender.send(Ok("data".into())).await.unwrap();
        events.next().await.unwrap().unwrap();
        assert_eq!(activity.standing(later), Standing::Stuck, "nobody asks for more");
        assert!(events.next().now_or_never().is_none());
        assert_eq!(activity.standing(later), Standing::Busy, "silent again");
    }
}
