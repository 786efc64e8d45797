//! The accept loop. axum's own has no time limit for a client that connects and then says nothing, or reads nothing.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;
use tower::{ServiceExt, service_fn};

use super::crowd::{Crowd, Stander};
use super::linger::{Lingering, STALL};
use super::unsent::{Activity, Standing};
use crate::client_address::{TrustedProxies, is_public, site};
use crate::config::HttpConfig;
use crate::connection;

/// What clients may take their time for.
#[derive(Clone, Copy, Debug)]
struct Times {
    /// Their first request's head.
    first_request: Duration,
    /// Being idle between requests; longer than load balancers keep their connections, so that they are the ones to
    /// close.
    idle: Duration,
    /// Reading an answer, beside what its size takes.
    answer: Duration,
    /// Taking the last of what was sent, once nothing is asked any more.
    farewell: Duration,
    /// How often it is looked whether a connection is used.
    look: Duration,
}

const TIMES: Times = Times {
    first_request: Duration::from_secs(30),
    idle: Duration::from_secs(75),
    answer: Duration::from_secs(60),
    farewell: STALL,
    look: Duration::from_secs(5),
};

/// When files run out, the loop waits for connections to end instead of spinning.
const PAUSE: Duration = Duration::from_millis(100);
const STREAMS: u32 = 100;
/// Of all connections, those that one address of the internet may have, as a divisor. Proxies may have all.
const SHARE: usize = 4;
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
    serve_within(TIMES, listener, router, config, shutdown).await
}

async fn serve_within(
    times: Times,
    listener: TcpListener,
    router: Router,
    config: &HttpConfig,
    shutdown: impl Future<Output = ()>,
) -> Ended {
    // Dropping the sender tells every connection; when the last of them is gone the slots are all back.
    let (running, ending) = watch::channel(());
    let slots = Arc::new(Semaphore::new(config.max_connections));
    let shares = Shares {
        crowd: Crowd::new(config.max_connections, SHARE),
        proxies: TrustedProxies(config.trusted_proxies.clone()),
        told: Mutex::default(),
    };
    let protocol = protocol(times.idle);
    let mut shutdown = pin!(shutdown);
    while let Some((stream, peer, slot)) = next(&listener, &slots, shutdown.as_mut()).await {
        let Some(share) = shares.of(peer.ip()) else {
            shares.tell(peer.ip());
            continue;
        };
        let connection = Connection {
            times,
            stream,
            peer,
            share,
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

/// How connections are shared out among addresses.
struct Shares {
    crowd: Arc<Crowd>,
    proxies: TrustedProxies,
    /// When it was last said that somebody has too many.
    told: Mutex<Option<Instant>>,
}

/// It is said so often at most: whoever opens too many connections opens more.
const TELL: Duration = Duration::from_secs(60);

impl Shares {
    /// `None`: this address has too many.
    fn of(&self, peer: IpAddr) -> Option<Stander> {
        let is_one_client = is_public(peer) && !self.proxies.trust(peer.to_canonical());
        self.crowd.stand(is_one_client.then_some(peer))
    }

    fn tell(&self, peer: IpAddr) {
        let now = Instant::now();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_none_or(|told| now - told >= TELL) {
            *told = Some(now);
            tracing::warn!(
                network = %site(peer),
                "closed a connection: its address has too many; is it a proxy that LEADGRAPH_TRUSTED_PROXIES should name?"
            );
        }
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

fn protocol(idle: Duration) -> Builder<TokioExecutor> {
    let mut protocol = Builder::new(TokioExecutor::new());
    protocol
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(idle)
        .max_headers(HEADERS)
        .max_buf_size(HEADER_BYTES as usize);
    protocol
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEADER_BYTES)
        .max_pending_accept_reset_streams(RESETS)
        .max_local_error_reset_streams(RESETS)
        .keep_alive_interval(idle)
        .keep_alive_timeout(idle);
    protocol
}

struct Connection {
    times: Times,
    stream: TcpStream,
    peer: SocketAddr,
    share: Stander,
    router: Router,
    protocol: Builder<TokioExecutor>,
    ending: watch::Receiver<()>,
}

impl Connection {
    /// Serves one client; `slot` is given back at the end, or at that of what its requests left behind: a socket, a write
    /// that nobody waits for any more.
    async fn run(self, slot: OwnedSemaphorePermit) {
        let Self {
            times,
            stream,
            peer,
            share,
            router,
            protocol,
            mut ending,
        } = self;
        // Answers are small: waiting to fill a packet would only delay them. It fails on a closed connection.
        let _ = stream.set_nodelay(true);
        let spoke = Arc::new(AtomicBool::new(false));
        let heard = Arc::clone(&spoke);
        let connection = connection::Connection::new(peer.ip(), ending.clone(), Arc::new((share, slot)));
        let activity = Activity::new(times.answer);
        let seen = Arc::clone(&activity);
        let service = service_fn(move |mut request: Request<Incoming>| {
            heard.store(true, Ordering::Relaxed);
            request.extensions_mut().insert(connection.clone());
            let (open, router) = (seen.begin(), router.clone());
            async move { router.oneshot(request).await.map(|answer| open.answer(answer)) }
        });
        let service = TowerToHyperService::new(service);
        let mut served = pin!(protocol.serve_connection_with_upgrades(TokioIo::new(Lingering::new(stream)), service));
        let mut patience = pin!(tokio::time::sleep(times.first_request));
        let mut awaited = true;
        let mut asked_to_end = false;
        let mut look = tokio::time::interval(times.look);
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
                _ = look.tick() => match activity.standing(Instant::now()) {
                    Standing::Stuck => return,
                    // It was asked to end, and does not: what it was sent last may still be on its way for a while.
                    Standing::Idle(time) if time >= times.idle + times.farewell => return,
                    standing => {
                        let is_over = match standing {
                            Standing::Idle(time) => time >= times.idle,
                            Standing::Late => true,
                            Standing::Busy | Standing::Stuck => false,
                        };
                        if is_over && !asked_to_end {
                            served.as_mut().graceful_shutdown();
                            asked_to_end = true;
                        }
                    }
                },
                _ = ending.changed(), if !asked_to_end => {
                    served.as_mut().graceful_shutdown();
                    asked_to_end = true;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
