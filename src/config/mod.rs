//! Typed settings, one struct per concern, read from flags and environment by [`Config::load`].
//!
//! Names nothing of ours but the form of a database's address: `app` hands each part what it needs. Secrets redact themselves in `Debug`.

mod database_url;
mod parse;
mod read;
mod secret;
pub mod table;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

pub use crate::domain::database::DatabaseTarget;
pub use read::{ConfigError, KeyCheck, Needs, Sources};
pub use secret::Secret;

/// Everything that can be set.
#[derive(Clone, Debug)]
pub struct Config {
    pub http: HttpConfig,
    pub database: DatabaseConfig,
    pub secret: SecretConfig,
    pub provider: Option<ProviderConfig>,
    pub limits: LimitsConfig,
    pub sockets: SocketConfig,
    pub trusted_documents: Option<TrustedConfig>,
    pub rates: RatesConfig,
    pub introspection: Introspection,
    pub graphiql: Switch,
    pub log: LogConfig,
    pub traces: Option<TracesConfig>,
    pub webhooks: WebhookConfig,
    /// How long the body that a lead came with is kept.
    pub intake_retention_days: u32,
    /// How long events are kept; 0: for ever.
    pub event_retention_days: u32,
    /// How often the server's loops look for what nobody woke them for. Not a setting.
    pub round: Duration,
    /// How often those who wait for events are woken without having been told of any. Not a setting.
    pub look: Duration,
    /// How long a request waits for another one with its `Idempotency-Key`. Not a setting.
    pub idempotency_wait: Duration,
    /// Variables with our prefix that are no settings: a misspelling, most likely. Worth a warning and no more, because
    /// container platforms make such variables by themselves.
    pub unknown: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    On,
    Off,
}

/// Documents that are run by their names.
#[derive(Clone, Debug)]
pub struct TrustedConfig {
    pub directory: PathBuf,
    pub others: OtherDocuments,
}

/// What becomes of documents that are not trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherDocuments {
    Run,
    Refused,
}

/// Connections that stay open: WebSockets and event streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketConfig {
    /// Of one caller, at a time.
    pub per_caller: usize,
    /// Of one address, without a caller.
    pub per_address: usize,
    /// Operations running on one WebSocket at a time.
    pub operations: usize,
    /// After so long a silence a client is asked for a sign of life.
    pub ping: Duration,
    /// How long a client may take to say who it is. Not a setting.
    pub init: Duration,
    /// How often credentials are looked at again. Not a setting.
    pub check: Duration,
}

impl Default for SocketConfig {
    fn default() -> Self {
        Self {
            per_caller: 100,
            per_address: 50,
            operations: 50,
            ping: Duration::from_secs(25),
            init: Duration::from_secs(10),
            check: Duration::from_secs(4),
        }
    }
}

/// Outgoing webhooks.
#[derive(Clone, Debug)]
pub struct WebhookConfig {
    /// Networks that may be sent to beside the public ones.
    pub allowed: Vec<IpNet>,
    /// Whether URLs may begin with `http`.
    pub plain_http: Switch,
    /// On their way at a time.
    pub concurrency: usize,
    /// How long an attempt may take.
    pub timeout: Duration,
    /// Waits before further attempts.
    pub retry: Vec<Duration>,
    /// After so long a failure an endpoint is disabled.
    pub disable_after: Duration,
    pub log_days: u32,
}

/// Who may read the schema from the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Introspection {
    Public,
    Authenticated,
    Off,
}

#[derive(Clone, Debug)]
pub struct HttpConfig {
    pub listen: SocketAddr,
    /// A request that takes longer is answered with 503.
    pub request_timeout: Duration,
    /// How long running requests may take after SIGTERM.
    pub shutdown_timeout: Duration,
    /// Connections served at a time; more of them wait to be accepted.
    pub max_connections: usize,
    /// Requests worked on at a time; more of them wait a moment and are then refused with 503.
    pub max_requests: usize,
    /// Proxies whose word about the client's address is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Whose pages may use GraphQL.
    pub cors: CorsConfig,
    /// Where `/metrics` listens.
    pub metrics: Option<SocketAddr>,
}

/// Origins whose pages may use GraphQL from a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CorsConfig {
    /// These; none by default.
    Origins(Vec<String>),
    All,
}

/// What may be asked for in a minute. `None`: no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RatesConfig {
    /// Points of each key or user.
    pub callers: Option<u64>,
    /// Points of each address without credentials.
    pub strangers: Option<u64>,
    /// Bad credentials of each address.
    pub failures: Option<u64>,
}

#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    pub target: DatabaseTarget,
    /// PostgreSQL: connections in all. SQLite: reading connections, besides the one writer.
    pub connections: u32,
    /// How long a request waits for a connection.
    pub acquire_timeout: Duration,
    /// Whether `serve` brings the schema up to date.
    pub migrate: Switch,
}

/// Where the server's one secret comes from.
#[derive(Clone, Debug)]
pub enum SecretConfig {
    Given(Secret),
    /// In this file beside the SQLite database; made when it is not there.
    Beside(PathBuf),
    /// Not set, and the command can do without.
    Absent,
}

/// Whose tokens are believed.
#[derive(Clone, Debug)]
pub struct AuthConfig {
    /// Signs and checks the server's own tokens: derived from the secret, at least 32 bytes.
    pub token_key: Secret,
    /// An identity provider whose tokens are believed as well.
    pub provider: Option<ProviderConfig>,
}

/// An identity provider. Issuer and audience are mandatory: without them any token it ever signed would do.
#[derive(Clone, Debug)]
pub struct ProviderConfig {
    pub keys: ProviderKeys,
    /// What the claim `iss` must be.
    pub issuer: String,
    /// What the claim `aud` must be or contain.
    pub audience: String,
    /// The claim that is matched with a user's external subject; usually `sub`.
    pub subject_claim: String,
    /// The claim that holds the uuid of the workspace.
    pub workspace_claim: String,
}

/// The text of a public key in PEM, or of a JSON Web Key Set.
#[derive(Clone, Debug)]
pub enum ProviderKeys {
    Pem(String),
    Jwks(String),
}

/// What a request may cost before anything of it is executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitsConfig {
    /// Bytes of a GraphQL request body.
    pub graphql_body: usize,
    /// JSON values in a GraphQL request, names of members among them.
    pub graphql_values: usize,
    /// Bytes of a GraphQL document.
    pub document_bytes: usize,
    /// Lexical tokens of a GraphQL document.
    pub document_tokens: usize,
    /// Brackets of any kind inside each other in a GraphQL document.
    pub document_nesting: usize,
    /// GraphQL documents that are remembered.
    pub document_cache: usize,
    /// Rows of a page that says no number.
    pub page_default: u64,
    /// Rows of a page at most.
    pub page_max: u64,
    /// Points that one GraphQL operation may cost.
    pub operation_cost: u64,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            graphql_body: 1024 * 1024,
            graphql_values: 50_000,
            document_bytes: 64 * 1024,
            document_tokens: 5000,
            document_nesting: 64,
            document_cache: 1000,
            page_default: 50,
            page_max: 100,
            operation_cost: 100_000,
        }
    }
}

/// Where traces go.
#[derive(Clone, Debug, PartialEq)]
pub struct TracesConfig {
    /// The collector's `http://` address.
    pub endpoint: String,
    /// Of all requests, from 0 to 1.
    pub share: f64,
}

#[derive(Clone, Debug)]
pub struct LogConfig {
    pub format: LogFormat,
    /// Levels, such as `info` or `warn,leadgraph=debug`.
    pub filter: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON otherwise.
    Auto,
    Text,
    Json,
}

impl Config {
    /// A server of its own for one test: a free port, a fixed secret, GraphiQL on.
    pub fn for_tests(target: DatabaseTarget) -> Self {
        Self {
            http: HttpConfig {
                listen: SocketAddr::from(([127, 0, 0, 1], 0)),
                request_timeout: Duration::from_secs(30),
                shutdown_timeout: Duration::from_secs(10),
                max_connections: 1000,
                max_requests: 1000,
                trusted_proxies: Vec::new(),
                cors: CorsConfig::Origins(Vec::new()),
                metrics: None,
            },
            database: DatabaseConfig {
                target,
                connections: 5,
                acquire_timeout: Duration::from_secs(10),
                migrate: Switch::On,
            },
            secret: SecretConfig::Given(Secret::new(*b"a secret that only tests may use")),
            provider: None,
            limits: LimitsConfig {
                // Some tests ask everything that can be asked, many things at once.
                operation_cost: 100_000_000,
                ..LimitsConfig::default()
            },
            sockets: SocketConfig::default(),
            trusted_documents: None,
            rates: RatesConfig {
                callers: None,
                strangers: None,
                failures: None,
            },
            introspection: Introspection::Authenticated,
            graphiql: Switch::On,
            log: LogConfig {
                format: LogFormat::Text,
                filter: "warn".into(),
            },
            traces: None,
            webhooks: WebhookConfig {
                // Receivers of tests are on this machine.
                allowed: vec![IpNet::from(IpAddr::V4(Ipv4Addr::LOCALHOST))],
                plain_http: Switch::On,
                concurrency: 32,
                timeout: Duration::from_secs(5),
                // As many as are published, in no time.
                retry: vec![Duration::from_millis(20); 9],
                disable_after: Duration::from_secs(5 * 86_400),
                log_days: 30,
            },
            intake_retention_days: 90,
            event_retention_days: 0,
            // Longer than a test, for some count statements.
            round: Duration::from_secs(3600),
            look: Duration::from_secs(3600),
            idempotency_wait: Duration::from_secs(5),
            unknown: Vec::new(),
        }
    }
}
