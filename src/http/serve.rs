//! The accept loop. axum's own has no time limit for a client that connects and then says nothing.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::ServiceExt;

use super::linger::Lingering;
use crate::config::HttpConfig;
use crate::connection;

/// How long a client may take for its first request's head.
const FIRST_REQUEST: Duration = Duration::from_secs(30);
/// How long a connection may stay idle between requests; longer than load balancers keep theirs, so that they are the
/// ones to close.
const IDLE: Duration = Duration::from_secs(75);
/// When files run out, the loop waits for connections to end instead of spinning.
const PAUSE: Duration = Duration::from_millis(100);
const STREAMS: u32 = 200;
/// Headers of a request, and their bytes. No honest client comes near.
const HEADERS: usize = 100;
const HEADER_BYTES: u32 = 64 * 1024;
/// Streams that a client has opened and taken back before they were looked at; more of them close the connection.
const RESETS: usize = 50;

/// How serving came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Every running request was answered.
    Drained,
    /// Some were cut off after the time that the settings allow.
    CutOff,
}

/// Serves until `shutdown`, then lets the running requests finish.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    config: &HttpConfig,
    shutdown: impl Future<Output = ()>,
) -> Ended {
    // Dropping the sender tells every connection; when the last of them is gone the slots are all back.
    let (running, ending) = watch::channel(());
    let slots = Arc::new(Semaphore::new(config.max_connections));
    let protocol = protocol();
    let mut shutdown = pin!(shutdown);
    while let Some((stream, peer, slot)) = next(&listener, &slots, shutdown.as_mut()).await {
        let connection = Connection {
            stream,
            peer,
            router: router.clone(),
            protocol: protocol.clone(),
            ending: ending.clone(),
        };
        tokio::spawn(connection.run(slot));
    }
    drop(listener);
    drop(running);
    let all = u32::try_from(config.max_connections).unwrap_or(u32::MAX);
    match tokio::time::timeout(config.shutdown_timeout, slots.acquire_many(all)).await {
        Ok(_) => Ended::Drained,
        Err(_elapsed) => Ended::CutOff,
    }
}

/// The next client and a slot for it; `None` at the shutdown.
async fn next(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
    shutdown: impl Future<Output = ()>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let client = async {
        let slot = Arc::clone(slots).acquire_owned().await.ok()?;
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => return Some((stream, peer, slot)),
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    };
    tokio::select! {
        biased;
        () = shutdown => None,
        client = client => client,
    }
}

fn protocol() -> Builder<TokioExecutor> {
    let mut protocol = Builder::new(TokioExecutor::new());
    protocol
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .max_headers(HEADERS)
        .max_buf_size(HEADER_BYTES as usize);
    protocol
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEADER_BYTES)
        .max_pending_accept_reset_streams(RESETS)
        .max_local_error_reset_streams(RESETS)
        .keep_alive_interval(IDLE)
        .keep_alive_timeout(IDLE);
    protocol
}

struct Connection {
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    protocol: Builder<TokioExecutor>,
    ending: watch::Receiver<()>,
}

impl Connection {
    /// Serves one client; `slot` is given back at the end, or at that of what its requests left behind: a socket, a write
    /// that nobody waits for any more.
    async fn run(self, slot: OwnedSemaphorePermit) {
        let Self {
            stream,
            peer,
            router,
            protocol,
            mut ending,
        } = self;
        // Answers are small: waiting to fill a packet would only delay them. It fails on a closed connection.
        let _ = stream.set_nodelay(true);
        let spoke = Arc::new(AtomicBool::new(false));
        let heard = Arc::clone(&spoke);
        let connection = connection::Connection::new(peer.ip(), ending.clone(), Arc::new(slot));
        let service = router.map_request(move |mut request: Request<Incoming>| {
            heard.store(true, Ordering::Relaxed);
            request.extensions_mut().insert(connection.clone());
            request
        });
        let service = TowerToHyperService::new(service);
        let mut served = pin!(protocol.serve_connection_with_upgrades(TokioIo::new(Lingering::new(stream)), service));
        let mut patience = pin!(tokio::time::sleep(FIRST_REQUEST));
        let mut awaited = true;
        let mut asked_to_end = false;
        loop {
            tokio::select! {
                // An error here is a client that went away or spoke no HTTP: nothing to tell anyone.
                _ = &mut served => return,
                () = &mut patience, if awaited => {
                    if !spoke.load(Ordering::Relaxed) {
                        return;
                    }
                    awaited = false;
                }
                _ = ending.changed(), if !asked_to_end => {
                    served.as_mut().graceful_shutdown();
                    asked_to_end = true;
                }
            }
        }
    }
}
