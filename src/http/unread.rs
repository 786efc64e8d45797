//! Notices requests that were answered before their body was read.
//!
//! Such a connection cannot serve another request, and its client must be told: one that keeps connections would send
//! the next request into a closing one.

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

/// What became of one request's body.
pub(super) struct Reading {
    ended: Arc<AtomicBool>,
    version: Version,
}

/// Watches the body of `request`.
pub(super) fn watch(request: Request) -> (Request, Reading) {
    let reading = Reading {
        ended: Arc::new(AtomicBool::new(request.body().is_end_stream())),
        version: request.version(),
    };
    let ended = Arc::clone(&reading.ended);
    let request = request.map(|inner| Body::new(Watched { inner, ended }));
    (request, reading)
}

impl Reading {
    /// Says in the answer that the connection ends with it, if it must.
    pub(super) fn finish(self, response: &mut Response) {
        // HTTP/2 has streams instead, and knows no such header.
        if self.version <= Version::HTTP_11 && !self.ended.load(Ordering::Relaxed) {
            response
                .headers_mut()
                .insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
}

struct Watched {
    inner: Body,
    ended: Arc<AtomicBool>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        if frame.is_none() || self.inner.is_end_stream() {
            self.ended.store(true, Ordering::Relaxed);
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
