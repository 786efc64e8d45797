//! A connection that closes gently.
//!
//! Some answers come before the client has sent all of its body: a refused key, a body that is too large. Closing right
//! then makes the system reset the connection, and the client may never see the answer. So the writing side is closed
//! first, and what still arrives is thrown away for a moment. And one whose client reads nothing is given up.

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

/// How long nothing may go out of what is there for a client. One that reads slowly empties the system's buffers first, which
/// hold megabytes.
pub(super) const STALL: Duration = Duration::from_secs(120);

#[derive(Debug)]
pub(super) struct Lingering {
    stream: TcpStream,
    /// Set once the writing side is closed.
    ending: Option<Pin<Box<Sleep>>>,
    discarded: usize,
    /// Set while the client reads nothing.
    stalled: Option<Pin<Box<Sleep>>>,
    /// How long it may read nothing.
    stall: Duration,
}

impl Lingering {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            ending: None,
            discarded: 0,
            stalled: None,
            stall: STALL,
        }
    }

    /// What came of writing, unless nothing has come of it for too long.
    fn written<T>(&mut self, context: &mut Context<'_>, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.stalled = None;
            return outcome;
        }
        let stall = self.stall;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(stall)));
        ready!(stalled.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
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
        let outcome = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(context, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.written(context, outcome)
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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_client_that_reads_nothing_is_given_up() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = Lingering {
            stall: Duration::from_millis(500),
            ..Lingering::new(stream)
        };
        let answer = vec![0; 128 * 1024 * 1024];
        let slow = async {
            // Slow, but not still.
            let mut some = vec![0; 8 * 1024 * 1024];
            for _ in 0..10 {
                tokio::time::sleep(Duration::from_millis(100)).await;
                client.read_exact(&mut some).await.unwrap();
            }
            tokio::time::sleep(Duration::from_secs(5)).await;
        };
        let began = std::time::Instant::now();
        let written = tokio::select! {
            written = stream.write_all(&answer) => written,
            () = slow => panic!("it is waited for"),
        };
        assert_eq!(written.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!(began.elapsed() >= Duration::from_millis(1_500), "too early");
    }
}
