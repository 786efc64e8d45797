//! Numbers for Prometheus, on a listener of their own: they tell more about a business than strangers should know.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::domain::Services;
use crate::domain::op::Op;
use crate::domain::outbox::{self, Lag};

/// The numbers of one server.
#[derive(Clone, Debug, Default)]
pub struct Metrics(Arc<Numbers>);

#[derive(Debug)]
struct Numbers {
    requests: Family<Outcome, Counter>,
    durations: Family<Door, Histogram>,
    shed: Family<Door, Counter>,
    points: Family<Door, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Door {
    door: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    door: &'static str,
    status: u16,
}

/// A reader of the event log.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reader {
    reader: String,
}

/// An answered request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Observation {
    pub door: &'static str,
    pub status: StatusCode,
    pub took: Duration,
    /// Of rate limits.
    pub points: u64,
}

/// In seconds: from what a look-up takes to the time limit of a request.
const BUCKETS: [f64; 13] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0,
];

impl Default for Numbers {
    fn default() -> Self {
        Self {
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            shed: Family::default(),
            points: Family::default(),
        }
    }
}

impl Metrics {
    pub(super) fn answered(&self, observation: Observation) {
        let Observation {
            door,
            status,
            took,
            points,
        } = observation;
        let status = status.as_u16();
        self.0.requests.get_or_create(&Outcome { door, status }).inc();
        let durations = self.0.durations.get_or_create(&Door { door });
        durations.observe(took.as_secs_f64());
        self.0.points.get_or_create(&Door { door }).inc_by(points);
    }

    pub(super) fn shed(&self, door: &'static str) {
        self.0.shed.get_or_create(&Door { door }).inc();
    }

    /// Prometheus' text. What is not counted but looked at is looked at now.
    fn text(&self, services: &Services, lags: Vec<Lag>) -> Result<String, std::fmt::Error> {
        let Numbers {
            requests,
            durations,
            shed,
            points,
        } = &*self.0;
        let mut registry = Registry::with_prefix("leadgraph");
        registry.register(
            "requests",
            "Answered requests, by door and HTTP status",
            requests.clone(),
        );
        registry.register_with_unit(
            "request_duration",
            "Time to the head of the answer",
            Unit::Seconds,
            durations.clone(),
        );
        registry.register("requests_shed", "Requests turned away for want of a turn", shed.clone());
        registry.register("points", "Points of rate limits that were spent", points.clone());
        let (connections, idle): (Gauge, Gauge) = Default::default();
        let pool = services.database().pool();
        connections.set(pool.connections.into());
        idle.set(pool.idle.into());
        registry.register("database_connections", "Open connections to the database", connections);
        registry.register("database_connections_idle", "Of these, those that do nothing", idle);
        let behind = Family::<Reader, Gauge>::default();
        for Lag { consumer, events } in lags {
            behind.get_or_create(&Reader { reader: consumer }).set(events);
        }
        registry.register(
            "events_behind",
            "Events that a reader of the log has still to deal with",
            behind,
        );
        let mut text = String::new();
        encode(&mut text, &registry)?;
        Ok(text)
    }
}

/// `/metrics` and nothing else.
pub fn router(metrics: Metrics, services: Services) -> Router {
    Router::new()
        .route("/metrics", get(scrape))
        .with_state((metrics, services))
}

/// How long a scrape waits for the database.
const PATIENCE: Duration = Duration::from_secs(1);

async fn scrape(State((metrics, services)): State<(Metrics, Services)>) -> Response {
    const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let system = Op::system(services.aside(), "metrics");
    // Without the database the other numbers are worth more than ever.
    let lags = tokio::time::timeout(PATIENCE, outbox::lags(&system)).await;
    let lags = lags.ok().and_then(Result::ok).unwrap_or_default();
    match metrics.text(&services, lags) {
        Ok(text) => ([(CONTENT_TYPE, TEXT)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "metrics could not be printed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
