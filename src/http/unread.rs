//! Notices requests that are answered before their body was read, and clients that do not send theirs.
//!
//! A connection with an unread body cannot serve another request, and its client must be told: one that keeps
//! connections would send the next request into a closing one.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::response::Response;
use http::header::CONNECTION;
use http::{HeaderValue, Version};
use hyper::body::{Frame, SizeHint};

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
}

/// Watches the body of `request`.
pub(super) fn watch(request: Request) -> (Request, Reading) {
    let reading = Reading {
        progress: Arc::new(Progress {
            ended: AtomicBool::new(request.body().is_end_stream()),
            awaited: AtomicBool::new(false),
        }),
        version: request.version(),
    };
    let progress = Arc::clone(&reading.progress);
    let request = request.map(|inner| Body::new(Watched { inner, progress }));
    (request, reading)
}

impl Reading {
    /// Whether it is the client that is waited for.
    pub(super) fn waits(&self) -> bool {
        self.progress.awaited.load(Ordering::Relaxed)
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

struct Watched {
    inner: Body,
    progress: Arc<Progress>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let frame = Pin::new(&mut self.inner).poll_frame(context);
        self.progress.awaited.store(frame.is_pending(), Ordering::Relaxed);
        let frame = ready!(frame);
        if frame.is_none() || self.inner.is_end_stream() {
            self.progress.ended.store(true, Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
