//! What the sockets of these tests are about: something that ticks, and somebody at the door.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_graphql::{Object, Subscription};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, Stream, StreamExt};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::auth::AuthError;
use crate::domain::caller::{Caller, Principal, Scopes};
use crate::graphql::bearers::Knows;

#[derive(Clone, Default)]
pub struct Counts {
    /// Subscriptions that run.
    pub running: Arc<AtomicUsize>,
    pub changed: Arc<AtomicUsize>,
}

struct Running(Arc<AtomicUsize>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

pub struct Query;

#[Object]
impl Query {
    async fn echo(&self, text: String) -> String {
        text
    }

    async fn slow(&self) -> bool {
        sleep(Duration::from_millis(300)).await;
        true
    }

    async fn panics(&self, text: String) -> String {
        assert!(text.is_empty(), "a test's own panic");
        text
    }
}

pub struct Mutation(pub Counts);

#[Object]
impl Mutation {
    async fn change(&self) -> bool {
        sleep(Duration::from_millis(200)).await;
        self.0.changed.fetch_add(1, Ordering::SeqCst);
        true
    }
}

pub struct Ticks(pub Counts);

#[Subscription]
impl Ticks {
    /// Every so many milliseconds; each tick is so many bytes long.
    async fn ticks(&self, every: u64, bytes: Option<usize>, most: Option<usize>) -> impl Stream<Item = String> {
        self.0.running.fetch_add(1, Ordering::SeqCst);
        let running = Running(Arc::clone(&self.0.running));
        let ticks = futures_util::stream::unfold((running, 0), move |(running, number)| async move {
            sleep(Duration::from_millis(every)).await;
            let tick = format!("{number}{}", "x".repeat(bytes.unwrap_or_default()));
            Some((tick, (running, number + 1)))
        });
        ticks.take(most.unwrap_or(usize::MAX))
    }
}

/// Knows one key, until it is told to forget it.
#[derive(Clone)]
pub struct Doorman {
    pub good: watch::Sender<bool>,
}

impl Knows for Doorman {
    fn know<'a>(&'a self, headers: &'a HeaderMap) -> BoxFuture<'a, Result<Option<Caller>, AuthError>> {
        let known = match headers.get(AUTHORIZATION) {
            None => Ok(None),
            Some(value) if value == "Bearer good" && *self.good.borrow() => Ok(Some(Caller {
                workspace_id: 1,
                principal: Principal::System("test"),
                scopes: Scopes::ALL,
                project_id: None,
            })),
            Some(_) => Err(AuthError::Invalid),
        };
        async { known }.boxed()
    }

    fn trusts(&self, _: &HeaderMap) -> bool {
        false
    }
}
