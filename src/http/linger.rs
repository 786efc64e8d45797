//! A connection that closes gently.
//!
//! Some answers come before the client has sent all of its body: a refused key, a body that is too large. Closing right
//! then makes the system reset the connection, and the client may never see the answer. So the writing side is closed
//! first, and what still arrives is thrown away for a moment.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// How long and how much a client may go on sending.
const PATIENCE: Duration = Duration::from_secs(2);
const MOST_BYTES: usize = 16 * 1024 * 1024;

#[derive(Debug)]
pub(super) struct Lingering {
    stream: TcpStream,
    /// Set once the writing side is closed.
    ending: Option<Pin<Box<Sleep>>>,
    discarded: usize,
}

impl Lingering {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            ending: None,
            discarded: 0,
        }
    }

    /// Reads on until the client closes, sends too much or takes too long.
    fn poll_discard(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = &mut self.ending else {
            return Poll::Ready(());
        };
        if deadline.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        let mut space = [0; 8 * 1024];
        while self.discarded < MOST_BYTES {
            let mut buffer = ReadBuf::new(&mut space);
            let read = ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer));
            if read.is_err() || buffer.filled().is_empty() {
                break;
            }
            self.discarded += buffer.filled().len();
        }
        Poll::Ready(())
    }
}

impl AsyncRead for Lingering {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Lingering {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.ending.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
            self.ending = Some(Box::pin(tokio::time::sleep(PATIENCE)));
        }
        self.poll_discard(context).map(Ok)
    }
}
