//! `/healthz`: the process lives. `/readyz`: the database answers and has this version's schema.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde_json::json;

use crate::domain::Services;

/// Probes give up after a few seconds; an answer must come before that.
const PATIENCE: Duration = Duration::from_secs(2);

const HEALTH: &str = "/healthz";
const READY: &str = "/readyz";

#[derive(Clone)]
struct Readiness {
    services: Services,
    /// Migrations are never taken back: once they are known to be applied they are not asked for again.
    migrated: Arc<AtomicBool>,
}

pub(super) fn router(services: Services) -> Router {
    let readiness = Readiness {
        services,
        migrated: Arc::default(),
    };
    Router::new()
        .route(HEALTH, get(alive))
        .route(READY, get(ready))
        .with_state(readiness)
}

pub(super) fn is_probe(path: &str) -> bool {
    path == HEALTH || path == READY
}

async fn alive() -> Response {
    Json(json!({ "status": "ok" })).into_response()
}

async fn ready(State(readiness): State<Readiness>) -> Response {
    let (status, text) = match tokio::time::timeout(PATIENCE, readiness.check()).await {
        Ok(Ok(())) => (StatusCode::OK, "ok"),
        Ok(Err(NotReady::Schema)) => (StatusCode::SERVICE_UNAVAILABLE, "migrations pending"),
        Ok(Err(NotReady::Database)) | Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "database unavailable"),
    };
    (status, Json(json!({ "status": text }))).into_response()
}

enum NotReady {
    Database,
    Schema,
}

impl Readiness {
    async fn check(&self) -> Result<(), NotReady> {
        let database = self.services.database();
        database.ping().await.map_err(|_| NotReady::Database)?;
        if self.migrated.load(Ordering::Relaxed) {
            return Ok(());
        }
        let state = migration::state(database.writer()).await;
        if state.map_err(|_| NotReady::Database)?.pending > 0 {
            return Err(NotReady::Schema);
        }
        self.migrated.store(true, Ordering::Relaxed);
        Ok(())
    }
}
