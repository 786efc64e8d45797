//! Where requests come in: one engine behind `/graphql` and `/graphql/ws`.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::any;

use super::bearers::Bearers;
use super::engine::{DocumentCache, Engine, EngineOptions, Introspection, Roots, TrustedError, TrustedFiles};
use super::guard::DocumentLimits;
use super::http::{self, StreamLimits};
use super::paging::PageLimits;
use super::places::{PlaceLimits, Places};
use super::socket::{Door, Origins, SocketLimits};
use super::{negotiate, served};
use crate::auth::Gate;
use crate::turns::Turns;

/// What a request may cost before anything of it is executed, how long pages are, and what connections may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a body, or of a message.
    pub body: usize,
    /// JSON values in it, names of members among them.
    pub values: usize,
    /// How long a body may take to arrive. Less than the request as a whole may take, whose end is no GraphQL answer.
    pub body_time: Duration,
    pub document: DocumentLimits,
    pub pages: PageLimits,
    pub introspection: Introspection,
    pub cache: DocumentCache,
    /// Points that one operation may cost.
    pub cost: u64,
    /// Connections that stay open: WebSockets and event streams.
    pub places: PlaceLimits,
    pub sockets: SocketLimits,
    /// After so long without an answer an event stream says that it lives.
    pub keep_alive: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 1024 * 1024,
            values: 50_000,
            body_time: Duration::from_secs(15),
            document: DocumentLimits::default(),
            pages: PageLimits::default(),
            introspection: Introspection::Authenticated,
            cache: DocumentCache::default(),
            cost: 100_000,
            places: PlaceLimits {
                per_caller: 100,
                per_address: 50,
            },
            sockets: SocketLimits::default(),
            keep_alive: Duration::from_secs(12),
        }
    }
}

/// `/graphql`, where sockets are opened too if that is what a request wants, and `/graphql/ws`; each also with a slash
/// behind it.
///
/// # Errors
/// A trusted document that cannot be run.
pub async fn router(
    gate: Gate,
    limits: Limits,
    origins: Origins,
    trusted: Option<TrustedFiles>,
) -> Result<Router, TrustedError> {
    // Who waits for events by one request after the other takes as much as who keeps a connection open.
    let waiting = Places::new(limits.places);
    let roots = Roots::new(|| served(gate.services.clone(), &limits, &waiting));
    let mut engine = Engine::new(
        roots,
        EngineOptions {
            document: limits.document,
            introspection: limits.introspection,
            cache: limits.cache,
            pages: limits.pages,
            cost: limits.cost,
            quota: Arc::clone(&gate.quota),
        },
    );
    if let Some(files) = trusted {
        engine.trust(&files).await?;
    }
    let bearers = Bearers::new(gate.authenticator, gate.quota);
    Ok(routes(engine, bearers, gate.turns, origins, limits))
}

pub(super) fn routes(engine: Engine, bearers: Bearers, turns: Turns, origins: Origins, limits: Limits) -> Router {
    let (engine, bearers) = (Arc::new(engine), Arc::new(bearers));
    let places = Places::new(limits.places);
    let sockets = SocketLimits {
        message: limits.body,
        values: limits.values,
        ..limits.sockets
    };
    let edge = Edge {
        http: http::Door {
            engine: Arc::clone(&engine),
            bearers: Arc::clone(&bearers),
            places: Arc::clone(&places),
            body: http::Bounds {
                bytes: limits.body,
                values: limits.values,
                time: limits.body_time,
            },
            streams: StreamLimits {
                check: sockets.check,
                patience: sockets.patience,
                time: sockets.time,
                keep_alive: limits.keep_alive,
            },
        },
        socket: Arc::new(Door {
            engine,
            bearers,
            places,
            turns,
            origins,
            limits: sockets,
        }),
    };
    Router::new()
        .route("/graphql", any(endpoint))
        .route("/graphql/", any(endpoint))
        .route("/graphql/ws", any(socket))
        .route("/graphql/ws/", any(socket))
        .with_state(Arc::new(edge))
}

struct Edge {
    http: http::Door,
    socket: Arc<Door>,
}

async fn endpoint(State(edge): State<Arc<Edge>>, request: Request) -> Response {
    if negotiate::wants_socket(request.headers()) {
        edge.socket.open(request).await
    } else {
        edge.http.answer(request).await
    }
}

async fn socket(State(edge): State<Arc<Edge>>, request: Request) -> Response {
    edge.socket.open(request).await
}
