//! Traces for a collector, over OTLP: one a request, with the operations in it and, as its events, the statements that
//! were sent. They hold what logs may hold, and no values of statements.
//!
//! Only plain HTTP: a collector stands beside the server, or something that speaks TLS for it does.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use http::HeaderMap;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{Status, TracerProvider};
use opentelemetry_http::hyper::HyperClient;
use opentelemetry_http::{Bytes, HeaderExtractor, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tokio::runtime::Handle;
use tracing::{Level, Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::registry::LookupSpan;

use crate::config::TracesConfig;

/// Of spans and events that are for traces and not for the log.
pub const TARGET: &str = "leadgraph::traces";

const SERVICE: &str = "leadgraph";
/// Below the collector's address.
const PATH: &str = "v1/traces";
/// How long a collector may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Keeps what was traced until it has been sent: [`Traces::finish`].
#[derive(Clone, Debug)]
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// To be called in a runtime, which sends.
    ///
    /// # Errors
    /// An address that no request can have.
    pub(super) fn new(config: &TracesConfig) -> Result<Self, opentelemetry_otlp::ExporterBuildError> {
        let TracesConfig { endpoint, share } = config;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Sender {
                runtime: Handle::current(),
                client: HyperClient::with_default_connector(PATIENCE, None),
            })
            .with_endpoint(format!("{}/{PATH}", endpoint.trim_end_matches('/')))
            .with_timeout(PATIENCE)
            .build()?;
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            // By the trace's id alone: the flag of a client's `traceparent` does not decide what is kept.
            .with_sampler(Sampler::TraceIdRatioBased(*share))
            .with_resource(Resource::builder().with_service_name(SERVICE).build());
        Ok(Self(provider.build()))
    }

    /// What collects spans and events.
    pub(super) fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        let tracer = self.0.tracer(SERVICE);
        let ours = Targets::new()
            .with_target("leadgraph", Level::INFO)
            .with_target(TARGET, Level::TRACE);
        tracing_opentelemetry::layer()
            .with_tracer(tracer)
            .with_location(false)
            .with_threads(false)
            .with_filter(ours)
    }

    /// Sends what was not sent yet.
    pub async fn finish(self) {
        // It waits for a thread of its own, which waits for this runtime.
        let done = tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(PATIENCE));
        if !matches!(done.await, Ok(Ok(()))) {
            tracing::warn!("the last traces could not be sent");
        }
    }
}

/// The exporter has a thread without a runtime.
#[derive(Debug)]
struct Sender {
    runtime: Handle,
    client: HyperClient,
}

type Answer<'a> = Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'a>>;

impl HttpClient for Sender {
    fn send_bytes<'s, 'a>(&'s self, request: Request<Bytes>) -> Answer<'a>
    where
        's: 'a,
        Self: 'a,
    {
        let client = self.client.clone();
        let sent = self.runtime.spawn(async move { client.send_bytes(request).await });
        Box::pin(async move { sent.await? })
    }
}

/// Says what a collector calls a request, and which trace of its client's it belongs to.
pub(super) fn begin(span: &Span, method: &str, route: &str, headers: &HeaderMap) {
    span.record("otel.kind", "server");
    span.record("otel.name", format!("{method} {route}").trim_end());
    if headers.contains_key("traceparent") {
        let parent = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
        // It fails without a collector.
        let _ = span.set_parent(parent);
    }
}

pub(super) fn end(span: &Span, status: u16) {
    span.set_attribute("http.response.status_code", i64::from(status));
    if status >= 500 {
        span.set_status(Status::error(""));
    }
}
