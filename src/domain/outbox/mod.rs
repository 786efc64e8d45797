//! The event log of each workspace: written in the transaction of every change, read by position.
//!
//! `append` writes. `feed` reads, for whoever keeps a position of their own. `cursor` is for the server's own readers: it
//! keeps how far each is, moves that in the reader's own transaction, and lets one instance at a time work on a
//! workspace. `wake` tells readers that there is something new, `relay` tells it to the other instances. Both only wake:
//! what is missed there is found in the log.

mod append;
pub(in crate::domain) mod cursor;
pub(in crate::domain) mod feed;
mod relay;
mod wake;

pub(in crate::domain) use append::append;
pub use cursor::{Lag, lags};
pub use feed::Record;
pub use relay::{listen, look, tell};
pub use wake::{Moved, Queue, Wakes};
