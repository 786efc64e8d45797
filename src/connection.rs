//! The connection that a request came by, in the extensions of every request that came over the network; and what work
//! keeps until it is done.

use std::any::Any;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use http::Extensions;
use tokio::sync::watch;

use crate::turns::Turn;

/// Whoever keeps it is waited for when the server stops, and takes one of its connections until then.
#[derive(Clone)]
pub struct Connection {
    peer: IpAddr,
    ending: watch::Receiver<()>,
    _slot: Arc<dyn Any + Send + Sync>,
}

impl Connection {
    /// `ending`: closed when the server begins to stop. `slot`: what it takes of the server's connections.
    pub fn new(peer: IpAddr, ending: watch::Receiver<()>, slot: Arc<dyn Any + Send + Sync>) -> Self {
        Self {
            peer,
            ending,
            _slot: slot,
        }
    }

    /// The address at the other end: the client's, or a proxy's.
    pub fn peer(&self) -> IpAddr {
        self.peer
    }

    /// Resolves when the server begins to stop.
    pub async fn ending(&self) {
        let mut ending = self.ending.clone();
        while ending.changed().await.is_ok() {}
    }
}

/// What work keeps until it is done, whether its client still waits for it or not: the connection, for which a server that
/// stops waits, and the turn.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    pub connection: Option<Connection>,
    pub turn: Option<Turn>,
}

impl Kept {
    /// What a request came with.
    pub fn of(request: &Extensions) -> Self {
        Self {
            connection: request.get().cloned(),
            turn: request.get().cloned(),
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Connection")
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}
