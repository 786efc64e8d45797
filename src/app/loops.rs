//! What the server does without being asked, beside serving. Each loop works through all there is, and then sleeps until
//! it is woken, or looks again for what another instance or an earlier run has left.

use std::time::Duration;

use futures_util::future::{AbortHandle, Abortable};
use tokio::time::sleep;

use crate::domain::error::{Error, Fault};
use crate::domain::op::Op;
use crate::domain::{Services, conversions};

/// The loops of a server; dropping it ends them. What one of them is at may be left for the next start.
#[derive(Debug)]
pub(super) struct Loops(AbortHandle);

impl Loops {
    /// `round`: how often they look without being woken.
    pub(super) fn start(services: &Services, round: Duration) -> Self {
        let (handle, registration) = AbortHandle::new_pair();
        let settling = settle_conversions(services.clone(), round);
        tokio::spawn(Abortable::new(settling, registration));
        Self(handle)
    }
}

impl Drop for Loops {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn settle_conversions(services: Services, round: Duration) {
    let system = Op::system(services.clone(), "conversions");
    loop {
        let work = {
            let system = system.clone();
            // On a task of its own: a panic ends the pass and not the loop.
            tokio::spawn(async move { conversions::settle_pending(&system).await })
        };
        match work.await {
            Ok(Ok(())) => {}
            Ok(Err(Error::Unavailable(cause) | Error::Internal(Fault::Database(cause)))) => {
                tracing::warn!(%cause, "conversions wait: the database is away");
            }
            Ok(Err(error)) => tracing::error!(?error, "conversions could not be settled"),
            Err(_panic) => tracing::error!("settling conversions panicked"),
        }
        tokio::select! {
            () = services.conversions().notified() => {}
            () = sleep(round) => {}
        }
    }
}
