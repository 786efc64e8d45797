//! What the server does without being asked, beside serving. Each loop works through all there is, and then sleeps until
//! it is woken, or looks again for what another instance or an earlier run has left.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::{AbortHandle, Abortable};
use tokio::time::{Instant, sleep, sleep_until};

use crate::delivery::Courier;
use crate::domain::error::{Error, Fault};
use crate::domain::op::Op;
use crate::domain::retention::{self, Swept};
use crate::domain::{Services, conversions, notifications, outbox, webhook_deliveries};

/// How often the loops look without being woken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rounds {
    /// For work that is left.
    pub(super) work: Duration,
    /// For events that somebody waits for.
    pub(super) look: Duration,
}

/// The loops of a server; dropping it ends them. What one of them is at may be left for the next start.
#[derive(Debug)]
pub(super) struct Loops([AbortHandle; 8]);

impl Loops {
    pub(super) fn start(services: &Services, courier: &Courier, rounds: Rounds) -> Self {
        let Rounds { work: round, look } = rounds;
        let services = services.aside();
        Self([
            spawn(settle_conversions(services.clone(), round)),
            spawn(drop_what_is_old(services.clone(), round)),
            spawn(spread_notifications(services.clone(), round)),
            spawn(fan_out_webhooks(services.clone(), round)),
            spawn(send_webhooks(courier.clone(), round)),
            spawn(outbox::tell(services.clone())),
            spawn(outbox::listen(services.clone())),
            spawn(outbox::look(services.clone(), look)),
        ])
    }
}

fn spawn(work: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
    let (handle, registration) = AbortHandle::new_pair();
    tokio::spawn(Abortable::new(work, registration));
    handle
}

impl Drop for Loops {
    fn drop(&mut self) {
        self.0.iter().for_each(AbortHandle::abort);
    }
}

async fn settle_conversions(services: Services, round: Duration) {
    let system = Op::system(services.clone(), "conversions");
    loop {
        let work = {
            let system = system.clone();
            async move { conversions::settle_pending(&system).await }
        };
        pass("settling conversions", work).await;
        tokio::select! {
            () = services.conversions().notified() => {}
            () = sleep(round) => {}
        }
    }
}

/// How long events gather, once there is one: many at once cost hardly more than one.
const GATHER: Duration = Duration::from_millis(50);

/// One of the server's own readers of the event logs. `step` deals with some events of each of these workspaces, or of all,
/// and gives back those where there may be more.
async fn read_logs<F>(
    name: &'static str,
    services: Services,
    round: Duration,
    step: impl Fn(Services, Option<BTreeSet<i64>>) -> F,
) where
    F: Future<Output = Result<BTreeSet<i64>, Error>> + Send + 'static,
{
    let queue = services.wakes().queue();
    // First of all what an earlier run has left.
    let mut workspaces = None;
    let mut all_again = Instant::now() + round;
    loop {
        let Some(mut more) = pass(name, step(services.clone(), workspaces.take())).await else {
            // What failed was taken out of the queue: it is found by looking everywhere.
            sleep(PAUSE).await;
            continue;
        };
        if more.is_empty() {
            tokio::select! {
                moved = queue.take() => more = moved,
                () = sleep_until(all_again) => {}
            }
            sleep(GATHER).await;
        }
        more.extend(queue.rest());
        if Instant::now() >= all_again {
            all_again = Instant::now() + round;
        } else {
            workspaces = Some(more);
        }
    }
}

async fn spread_notifications(services: Services, round: Duration) {
    let step = |services, workspaces| async move {
        let system = Op::system(services, "notifications");
        notifications::spread(&system, workspaces).await
    };
    read_logs("making notifications", services, round, step).await;
}

async fn fan_out_webhooks(services: Services, round: Duration) {
    let step = |services: Services, workspaces| async move {
        let system = Op::system(services.clone(), "webhooks");
        let more = webhook_deliveries::fan_out(&system, workspaces).await;
        // Whatever came of it: there may be something to send, of another instance's making too.
        services.webhooks().notify_one();
        more
    };
    read_logs("making webhooks", services, round, step).await;
}

/// How long nothing is tried after a pass that failed.
const PAUSE: Duration = Duration::from_secs(1);

async fn send_webhooks(courier: Courier, round: Duration) {
    loop {
        let work = {
            let courier = courier.clone();
            async move { courier.pass().await }
        };
        match pass("sending webhooks", work).await {
            Some(next) => courier.wait(next, round).await,
            None => sleep(PAUSE).await,
        }
    }
}

/// How often what has had its time is looked for.
const SWEEP: Duration = Duration::from_secs(3600);

async fn drop_what_is_old(services: Services, round: Duration) {
    let system = Op::system(services, "retention");
    // Not in the way of the start.
    sleep(round).await;
    loop {
        let work = {
            let system = system.clone();
            async move { retention::sweep(&system).await }
        };
        let Some(swept) = pass("dropping what is old", work).await else {
            sleep(round).await;
            continue;
        };
        let Swept {
            intake_payloads,
            idempotency_keys,
            events,
            webhook_deliveries,
        } = swept;
        tracing::debug!(
            intake_payloads,
            idempotency_keys,
            events,
            webhook_deliveries,
            "dropped what is old"
        );
        sleep(SWEEP).await;
    }
}

/// One pass of a loop, on a task of its own: a panic ends the pass and not the loop.
async fn pass<T: Send + 'static>(
    name: &'static str,
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Option<T> {
    match tokio::spawn(work).await {
        Ok(Ok(done)) => return Some(done),
        Ok(Err(Error::Unavailable(cause) | Error::Internal(Fault::Database(cause)))) => {
            tracing::warn!(%cause, "{name} waits: the database is away");
        }
        Ok(Err(error)) => tracing::error!(?error, "{name} failed"),
        Err(_panic) => tracing::error!("{name} panicked"),
    }
    None
}
