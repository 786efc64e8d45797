//! Logs: where they go, how they look, and what a request leaves in them.
//!
//! A request's line has its id, method, route, path, status and duration. Never the query string, a body, variables,
//! tokens, keys or e-mail addresses.

use std::io::IsTerminal;
use std::time::Duration;

use tracing::Span;
use tracing_subscriber::EnvFilter;

use crate::config::{LogConfig, LogFormat};

/// Longer paths are cut in the log.
const PATH_BYTES: usize = 256;

/// Starts logging to the standard error stream, and sends panics there too. A second call changes nothing.
pub fn start(config: &LogConfig) {
    // These two tell each of their steps as news; a filter that names them has the last word.
    let filter = format!("sea_orm_migration=warn,sqlx::postgres::notice=warn,{}", config.filter);
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let terminal = std::io::stderr().is_terminal();
    let text = match config.format {
        LogFormat::Auto => terminal,
        LogFormat::Text => true,
        LogFormat::Json => false,
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(terminal);
    // It fails when a subscriber is there already, as in tests that start several servers.
    let _ = if text {
        builder.try_init()
    } else {
        builder.json().flatten_event(true).with_span_list(false).try_init()
    };
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
}

/// The span that everything of a request is logged in.
pub fn request_span(facts: RequestFacts) -> Span {
    tracing::info_span!(
        "request",
        request.id = facts.id,
        http.method = facts.method,
        http.route = facts.route,
        url.path = cut(facts.path),
    )
}

/// The line that every answered request leaves.
pub fn answered(status: u16, took: Duration) {
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
