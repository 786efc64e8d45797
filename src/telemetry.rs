//! Logs: where they go, how they look, and what a request leaves in them. [`traces`] tells a collector the same.
//!
//! A request's line has its id, method, route, path, status and duration. Never the query string, a body, variables,
//! tokens, keys or e-mail addresses.

pub mod traces;

use std::io::IsTerminal;
use std::time::Duration;

use http::HeaderMap;
use tracing::Span;
use tracing::field::Empty;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::config::{LogConfig, LogFormat, TracesConfig};

use traces::Traces;

/// Longer paths are cut in the log.
const PATH_BYTES: usize = 256;

/// Starts logging to the standard error stream, and sends panics there too.
pub fn start(config: &LogConfig) {
    start_with(config, None);
}

/// [`start`], and traces.
///
/// # Errors
/// The collector's address cannot be used.
pub fn start_traced(config: &LogConfig, traces: &TracesConfig) -> Result<Traces, String> {
    let traces = Traces::new(traces).map_err(|error| error.to_string())?;
    start_with(config, Some(&traces));
    Ok(traces)
}

/// A second call changes nothing.
fn start_with(config: &LogConfig, traces: Option<&Traces>) {
    // These tell each of their steps as news, or tell it to a collector; a filter that names them has the last word.
    let filter = format!(
        "sea_orm_migration=warn,sqlx::postgres::notice=warn,opentelemetry=warn,{}=off,{}",
        traces::TARGET,
        config.filter
    );
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let terminal = std::io::stderr().is_terminal();
    let text = match config.format {
        LogFormat::Auto => terminal,
        LogFormat::Text => true,
        LogFormat::Json => false,
    };
    let log = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(terminal);
    let log = if text {
        log.boxed()
    } else {
        log.json().flatten_event(true).with_span_list(false).boxed()
    };
    // It fails when a subscriber is there already, as in tests that start several servers.
    let _ = tracing_subscriber::registry()
        .with(log.with_filter(filter))
        .with(traces.map(Traces::layer))
        .try_init();
    log_panics();
}

/// One line a panic, inside the request's span. The handler that caught it answers and logs nothing more.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let payload = panic.payload();
        let text = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("no message");
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(panic.location = place, "panicked: {text}");
    }));
}

/// What is logged of a request before it is answered.
#[derive(Clone, Copy, Debug)]
pub struct RequestFacts<'a> {
    pub id: &'a str,
    pub method: &'a str,
    /// The pattern that the path fits; empty for an unknown path.
    pub route: &'a str,
    /// Without the query string.
    pub path: &'a str,
    /// Which may say whose trace it belongs to.
    pub headers: &'a HeaderMap,
}

/// The span that everything of a request is logged in.
pub fn request_span(facts: RequestFacts) -> Span {
    let RequestFacts {
        id,
        method,
        route,
        path,
        headers,
    } = facts;
    let span = tracing::info_span!(
        "request",
        request.id = id,
        http.method = method,
        http.route = route,
        url.path = cut(path),
        otel.kind = Empty,
        otel.name = Empty,
    );
    traces::begin(&span, method, route, headers);
    span
}

/// The line that every answered request leaves.
pub fn answered(status: u16, took: Duration) {
    traces::end(&Span::current(), status);
    let duration_ms = took.as_micros() as f64 / 1000.0;
    if status >= 500 {
        tracing::warn!(http.status = status, duration_ms, "answered {status}");
    } else {
        tracing::info!(http.status = status, duration_ms, "answered {status}");
    }
}

/// The line that every operation of a socket leaves, a subscription's when it ends.
pub fn operated(request_id: &str, outcome: &'static str, took: Duration) {
    let duration_ms = took.as_micros() as f64 / 1000.0;
    tracing::info!(request.id = request_id, outcome, duration_ms, "answered an operation");
}

fn cut(path: &str) -> &str {
    let mut end = path.len().min(PATH_BYTES);
    while !path.is_char_boundary(end) {
        end -= 1;
    }
    &path[..end]
}
