//! Every setting as data: name, default, meaning. The README's table is checked against this.

/// One environment variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    pub name: &'static str,
    /// As it would be written; empty: not set.
    pub default: &'static str,
    pub meaning: &'static str,
}

macro_rules! settings {
    ($($constant:ident = $name:literal, $default:literal, $meaning:literal;)*) => {
        $(pub const $constant: Setting = Setting { name: $name, default: $default, meaning: $meaning };)*
        /// All settings, in the order in which they are documented.
        pub const SETTINGS: &[Setting] = &[$($constant),*];
    };
}

settings! {
    LISTEN = "LEADGRAPH_LISTEN", "127.0.0.1:8080",
        "Address and port to listen on; port 0 takes a free one. Flag: `--listen`";
    DATABASE_URL = "DATABASE_URL", "leadgraph.db",
        "`postgres://user:password@host/database` (with `?sslmode=verify-full` and the like for TLS), or a SQLite file as a path or `sqlite://path`. Flag: `--database-url`";
    DATABASE_CONNECTIONS = "LEADGRAPH_DATABASE_CONNECTIONS", "10",
        "PostgreSQL: connections at most, besides the one that hears of other instances. SQLite: reading connections, besides the one writer";
    DATABASE_ACQUIRE_SECONDS = "LEADGRAPH_DATABASE_ACQUIRE_SECONDS", "10",
        "How long a request waits for a database connection before it is answered with 503";
    MIGRATE = "LEADGRAPH_MIGRATE", "on",
        "`off`: `serve` does not bring the schema up to date; run `leadgraph migrate`. Flag: `--no-migrate`";
    SECRET = "LEADGRAPH_SECRET", "",
        "The server's secret, at least 32 bytes; all keys are derived from it. Required with PostgreSQL; with SQLite it is generated beside the database";
    SECRET_FILE = "LEADGRAPH_SECRET_FILE", "",
        "A file that holds the secret, instead of `LEADGRAPH_SECRET`";
    AUTH_PUBLIC_KEY_FILE = "LEADGRAPH_AUTH_PUBLIC_KEY_FILE", "",
        "PEM file with the public key of an identity provider whose tokens are accepted";
    AUTH_JWKS_FILE = "LEADGRAPH_AUTH_JWKS_FILE", "",
        "JSON Web Key Set of the identity provider, instead of a PEM file";
    AUTH_ISSUER = "LEADGRAPH_AUTH_ISSUER", "",
        "The `iss` that the identity provider's tokens must have. Required with a public key or key set";
    AUTH_AUDIENCE = "LEADGRAPH_AUTH_AUDIENCE", "",
        "The `aud` that the identity provider's tokens must have. Required with a public key or key set";
    AUTH_SUBJECT_CLAIM = "LEADGRAPH_AUTH_SUBJECT_CLAIM", "sub",
        "The claim of the identity provider's tokens that is matched with a user's external subject";
    AUTH_WORKSPACE_CLAIM = "LEADGRAPH_AUTH_WORKSPACE_CLAIM", "workspace",
        "The claim of the identity provider's tokens that holds the workspace's uuid";
    GRAPHQL_BODY_BYTES = "LEADGRAPH_GRAPHQL_BODY_BYTES", "1048576",
        "Size of a GraphQL request at most";
    GRAPHQL_VALUES = "LEADGRAPH_GRAPHQL_VALUES", "50000",
        "JSON values in a GraphQL request at most, names of members among them";
    DOCUMENT_BYTES = "LEADGRAPH_DOCUMENT_BYTES", "65536",
        "Size of a GraphQL document at most, without its variables";
    DOCUMENT_TOKENS = "LEADGRAPH_DOCUMENT_TOKENS", "5000",
        "Tokens of a GraphQL document at most";
    DOCUMENT_NESTING = "LEADGRAPH_DOCUMENT_NESTING", "64",
        "Brackets inside each other in a GraphQL document at most";
    DOCUMENT_CACHE = "LEADGRAPH_DOCUMENT_CACHE", "1000",
        "How many GraphQL documents are kept as they were read, so that they are not read and checked again, and can be named by their hash; `0`: none";
    TRUSTED_DOCUMENTS = "LEADGRAPH_TRUSTED_DOCUMENTS", "off",
        "`allow`: GraphQL documents of a directory can be asked for by their names; `only`: and no others are run";
    TRUSTED_DOCUMENTS_DIR = "LEADGRAPH_TRUSTED_DOCUMENTS_DIR", "",
        "That directory: `NAME.graphql`, or `*.json` with an object of documents by their names, as build tools of front ends write it. Read and checked at the start";
    INTROSPECTION = "LEADGRAPH_INTROSPECTION", "authenticated",
        "Who may read the schema from the server, and is told what a misspelt name might mean: `public`, `authenticated` (whoever has a key or token) or `off` (nobody)";
    SOCKETS_PER_CALLER = "LEADGRAPH_SOCKETS_PER_CALLER", "100",
        "WebSockets and event streams that one user or key may have open at a time; as many of their requests may wait for events";
    SOCKETS_PER_ADDRESS = "LEADGRAPH_SOCKETS_PER_ADDRESS", "50",
        "WebSockets and event streams that one address may have open without credentials, or before it has shown them";
    SOCKET_OPERATIONS = "LEADGRAPH_SOCKET_OPERATIONS", "50",
        "Subscriptions and other operations that may run on one WebSocket at a time";
    SOCKET_PING_SECONDS = "LEADGRAPH_SOCKET_PING_SECONDS", "25",
        "After so long a silence a WebSocket's client is asked for a sign of life; after as long again the socket is closed";
    PAGE_DEFAULT = "LEADGRAPH_PAGE_DEFAULT", "50",
        "Rows of a page when the query says no number; never more than `LEADGRAPH_PAGE_MAX`";
    PAGE_MAX = "LEADGRAPH_PAGE_MAX", "100",
        "Rows of a page at most";
    OPERATION_COST = "LEADGRAPH_OPERATION_COST", "100000",
        "Points that one GraphQL operation may cost";
    GRAPHIQL = "LEADGRAPH_GRAPHIQL", "on",
        "`off`: no `/graphiql`";
    REQUEST_SECONDS = "LEADGRAPH_REQUEST_SECONDS", "30",
        "A request that takes longer is answered with 503";
    SHUTDOWN_SECONDS = "LEADGRAPH_SHUTDOWN_SECONDS", "30",
        "How long running requests may take after SIGTERM";
    MAX_CONNECTIONS = "LEADGRAPH_MAX_CONNECTIONS", "900",
        "Client connections served at a time; further ones wait. One public address has a quarter of them at most, others of its are closed. Keep it below the limit of open files";
    MAX_REQUESTS = "LEADGRAPH_MAX_REQUESTS", "512",
        "Requests worked on at a time; further ones wait a moment and are then answered with 503";
    TRUSTED_PROXIES = "LEADGRAPH_TRUSTED_PROXIES", "",
        "Addresses or networks of proxies whose `X-Forwarded-For` is believed, separated by commas, such as `10.0.0.0/8, ::1`";
    RATE_POINTS = "LEADGRAPH_RATE_POINTS", "600000",
        "Points that each key or user may spend in a minute; `off`: no limit";
    RATE_POINTS_ANONYMOUS = "LEADGRAPH_RATE_POINTS_ANONYMOUS", "6000",
        "Points that each address may spend in a minute without credentials; `off`: no limit";
    RATE_FAILURES = "LEADGRAPH_RATE_FAILURES", "120",
        "Bad credentials that each address may try in a minute; `off`: no limit";
    CORS_ORIGINS = "LEADGRAPH_CORS_ORIGINS", "",
        "Origins whose pages may use GraphQL from a browser, separated by commas, such as `https://app.example.com`; `*`: all";
    METRICS_LISTEN = "LEADGRAPH_METRICS_LISTEN", "127.0.0.1:9464",
        "Address and port of `/metrics`, for Prometheus; `off`: none";
    INTAKE_RETENTION_DAYS = "LEADGRAPH_INTAKE_RETENTION_DAYS", "90",
        "How long the body that a lead came with is kept";
    EVENT_RETENTION_DAYS = "LEADGRAPH_EVENT_RETENTION_DAYS", "0",
        "How long events are kept; 0: for ever. What is older is gone from histories, too";
    WEBHOOK_ALLOWED_NETWORKS = "LEADGRAPH_WEBHOOK_ALLOWED_NETWORKS", "",
        "Addresses or networks that webhooks may be sent to beside public ones, separated by commas, such as `127.0.0.0/8`: for development, or for receivers of one's own";
    WEBHOOK_HTTP = "LEADGRAPH_WEBHOOK_HTTP", "off",
        "`on`: webhook endpoints may have `http` URLs, which everybody on the way can read";
    WEBHOOK_CONCURRENCY = "LEADGRAPH_WEBHOOK_CONCURRENCY", "32",
        "Webhooks that are on their way at a time; at most half of them of one workspace, and a quarter to one endpoint";
    WEBHOOK_TIMEOUT_SECONDS = "LEADGRAPH_WEBHOOK_TIMEOUT_SECONDS", "15",
        "How long a webhook's receiver may take to answer";
    WEBHOOK_RETRY = "LEADGRAPH_WEBHOOK_RETRY", "5s, 5m, 30m, 2h, 5h, 10h, 14h, 20h, 24h",
        "Waits before a webhook that failed is sent again, at most 16; after the last one it is given up";
    WEBHOOK_DISABLE_DAYS = "LEADGRAPH_WEBHOOK_DISABLE_DAYS", "5",
        "A webhook endpoint that has failed for so long without a success is disabled";
    WEBHOOK_LOG_DAYS = "LEADGRAPH_WEBHOOK_LOG_DAYS", "30",
        "How long webhook deliveries and their attempts are kept";
    LOG = "LEADGRAPH_LOG", "info",
        "What is logged: a level, or levels by part such as `warn,leadgraph=debug`";
    LOG_FORMAT = "LEADGRAPH_LOG_FORMAT", "auto",
        "`text`, `json`, or `auto`: text on a terminal, JSON otherwise";
    OTLP_ENDPOINT = "LEADGRAPH_OTLP_ENDPOINT", "off",
        "Where traces go: an OpenTelemetry collector that takes OTLP over HTTP, such as `http://127.0.0.1:4318`; `off`: nowhere";
    OTLP_SHARE = "LEADGRAPH_OTLP_SHARE", "1",
        "Of all requests, the share that is traced, from 0 to 1";
}
