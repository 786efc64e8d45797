//! Reads the settings. Every bad one is reported, not only the first.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tracing_subscriber::EnvFilter;

use super::parse::{
    address, collector, introspection, list, network, number, optional, origins, seconds, share, switch, text, trust,
    wait,
};
use super::table::{self, SETTINGS, Setting};
use super::{
    Config, DatabaseConfig, DatabaseTarget, HttpConfig, LimitsConfig, LogConfig, LogFormat, ProviderConfig,
    ProviderKeys, RatesConfig, Secret, SecretConfig, SocketConfig, TracesConfig, TrustedConfig, WebhookConfig,
    database_url,
};

const PREFIX: &str = "LEADGRAPH_";
/// Of the variables with our prefix, those that speak to the build.
const BUILD_PREFIX: &str = "LEADGRAPH_BUILD_";
const SECRET_BYTES: usize = 32;
/// Waits of a webhook's schedule.
const MOST_WAITS: usize = 16;
/// See [`Config::round`].
const ROUND: Duration = Duration::from_secs(30);

/// See [`Config::look`].
const LOOK: Duration = Duration::from_secs(1);

/// See [`Config::idempotency_wait`].
const IDEMPOTENCY_WAIT: Duration = Duration::from_secs(5);

/// Where values come from: flags before environment.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    flags: BTreeMap<&'static str, String>,
    environment: BTreeMap<OsString, OsString>,
}

/// What the command is going to use, and thus which settings must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    Everything,
    /// The database and nothing that is derived from the secret.
    Database,
}

/// Whether an identity provider's keys can be used, or a sentence about why not. What a key is, `auth` knows.
pub type KeyCheck = fn(&ProviderKeys) -> Result<(), String>;

/// One line per bad setting.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigError(pub Vec<String>);

impl std::fmt::Display for ConfigError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for ConfigError {}

impl Sources {
    /// The process's own environment.
    pub fn process() -> Self {
        Self::new(std::env::vars_os())
    }

    pub fn new(environment: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        Self {
            flags: BTreeMap::new(),
            environment: environment.into_iter().collect(),
        }
    }

    /// A value that a flag gave: it goes before the environment.
    #[must_use]
    pub fn with_flag(mut self, setting: &Setting, value: Option<String>) -> Self {
        if let Some(value) = value {
            self.flags.insert(setting.name, value);
        }
        self
    }

    /// The environment's variables that only look like settings.
    fn unknown(&self) -> Vec<String> {
        let names = self.environment.keys().filter_map(|name| name.to_str());
        names
            .filter(|name| name.starts_with(PREFIX) && !name.starts_with(BUILD_PREFIX))
            .filter(|name| SETTINGS.iter().all(|setting| setting.name != *name))
            .map(str::to_owned)
            .collect()
    }
}

impl Config {
    /// Reads the settings and the files that they name. `usable` says what is wrong with an identity provider's keys.
    ///
    /// # Errors
    /// Every bad setting, each with its name; secrets and URLs are not repeated.
    pub fn load(sources: &Sources, needs: Needs, usable: KeyCheck) -> Result<Self, ConfigError> {
        let mut reader = Reader {
            sources,
            usable,
            problems: Vec::new(),
        };
        let config = reader.config(needs);
        match config {
            Some(config) if reader.problems.is_empty() => Ok(config),
            _ => Err(ConfigError(reader.problems)),
        }
    }
}

struct Reader<'a> {
    sources: &'a Sources,
    usable: KeyCheck,
    problems: Vec<String>,
}

impl Reader<'_> {
    /// `None` exactly when a problem was noted. Everything is read before anything is given up.
    fn config(&mut self, needs: Needs) -> Option<Config> {
        let http = self.http();
        let database = self.database();
        let secret = self.secret(database.as_ref().map(|database| &database.target), needs);
        let provider = self.provider();
        let limits = self.limits();
        let sockets = self.sockets();
        let trusted_documents = self.trusted_documents();
        let rates = self.rates();
        let introspection = self.value(&table::INTROSPECTION, introspection);
        let graphiql = self.value(&table::GRAPHIQL, switch);
        let log = self.log();
        let traces = self.traces();
        let webhooks = self.webhooks();
        let intake_retention_days = self.value(&table::INTAKE_RETENTION_DAYS, |text| number(text, 1, 36_500));
        let event_retention_days = self.value(&table::EVENT_RETENTION_DAYS, |text| number(text, 0, 36_500));
        Some(Config {
            http: http?,
            database: database?,
            secret: secret?,
            provider: provider?,
            limits: limits?,
            sockets: sockets?,
            trusted_documents: trusted_documents?,
            rates: rates?,
            introspection: introspection?,
            graphiql: graphiql?,
            log: log?,
            traces: traces?,
            webhooks: webhooks?,
            intake_retention_days: intake_retention_days?,
            event_retention_days: event_retention_days?,
            round: ROUND,
            look: LOOK,
            idempotency_wait: IDEMPOTENCY_WAIT,
            unknown: self.sources.unknown(),
        })
    }

    fn http(&mut self) -> Option<HttpConfig> {
        let listen = self.value(&table::LISTEN, address);
        let request_timeout = self.value(&table::REQUEST_SECONDS, |text| seconds(text, 3600));
        let shutdown_timeout = self.value(&table::SHUTDOWN_SECONDS, |text| seconds(text, 3600));
        let max_connections = self.value(&table::MAX_CONNECTIONS, |text| number(text, 1, 1_000_000));
        let max_requests = self.value(&table::MAX_REQUESTS, |text| number(text, 1, 1_000_000));
        let trusted_proxies = self.value(&table::TRUSTED_PROXIES, |text| list(text, network));
        let cors = self.value(&table::CORS_ORIGINS, origins);
        let metrics = self.value(&table::METRICS_LISTEN, |text| optional(text, address));
        Some(HttpConfig {
            listen: listen?,
            request_timeout: request_timeout?,
            shutdown_timeout: shutdown_timeout?,
            max_connections: max_connections?,
            max_requests: max_requests?,
            trusted_proxies: trusted_proxies?,
            cors: cors?,
            metrics: metrics?,
        })
    }

    fn database(&mut self) -> Option<DatabaseConfig> {
        let target = self.value(&table::DATABASE_URL, database_url::parse);
        let connections = self.value(&table::DATABASE_CONNECTIONS, |text| number(text, 1, 1000));
        let acquire_timeout = self.value(&table::DATABASE_ACQUIRE_SECONDS, |text| seconds(text, 300));
        let migrate = self.value(&table::MIGRATE, switch);
        Some(DatabaseConfig {
            target: target?,
            connections: connections?,
            acquire_timeout: acquire_timeout?,
            migrate: migrate?,
        })
    }

    fn secret(&mut self, target: Option<&DatabaseTarget>, needs: Needs) -> Option<SecretConfig> {
        let given = self.given(&table::SECRET);
        let file = self.given(&table::SECRET_FILE);
        let (name, bytes) = match (given, file) {
            (Some(_), Some(_)) => return self.refuse(&table::SECRET, "set it or LEADGRAPH_SECRET_FILE, not both"),
            (Some(text), None) => (&table::SECRET, text.into_bytes()),
            (None, Some(path)) => (&table::SECRET_FILE, self.file(&table::SECRET_FILE, &path)?.into_bytes()),
            (None, None) => return self.secret_by_default(target?, needs),
        };
        let bytes = bytes.trim_ascii_end();
        if bytes.len() < SECRET_BYTES {
            return self.refuse(name, &format!("must have at least {SECRET_BYTES} bytes"));
        }
        Some(SecretConfig::Given(Secret::new(bytes)))
    }

    fn secret_by_default(&mut self, target: &DatabaseTarget, needs: Needs) -> Option<SecretConfig> {
        match (target, needs) {
            (DatabaseTarget::Sqlite(path), _) => {
                let mut beside = path.clone().into_os_string();
                beside.push("-secret");
                let beside = PathBuf::from(beside);
                if needs == Needs::Everything {
                    self.check_secret_beside(&beside)?;
                }
                Some(SecretConfig::Beside(beside))
            }
            (DatabaseTarget::Postgres(_), Needs::Database) => Some(SecretConfig::Absent),
            (DatabaseTarget::Postgres(_), Needs::Everything) => self.refuse(
                &table::SECRET,
                "is required with PostgreSQL; make one with: openssl rand -base64 48",
            ),
        }
    }

    /// One that is not there is made at the first start; one that is there must do.
    fn check_secret_beside(&mut self, path: &Path) -> Option<()> {
        let shown = path.display();
        let reason = match std::fs::read(path) {
            Ok(bytes) if bytes.trim_ascii_end().len() >= SECRET_BYTES => return Some(()),
            Err(error) if error.kind() == ErrorKind::NotFound => return Some(()),
            Ok(_) => format!(
                "{shown} has fewer than {SECRET_BYTES} bytes; remove it, and a new secret is made (tokens issued so \
                 far become invalid)"
            ),
            Err(error) => format!("cannot read {shown}: {error}"),
        };
        self.refuse(&table::SECRET, &reason)
    }

    /// Outer `None`: a problem. Inner `None`: no identity provider is set up.
    fn provider(&mut self) -> Option<Option<ProviderConfig>> {
        let pem = self.given(&table::AUTH_PUBLIC_KEY_FILE);
        let jwks = self.given(&table::AUTH_JWKS_FILE);
        if pem.is_none() && jwks.is_none() {
            return self.no_provider();
        }
        let issuer = self.required(&table::AUTH_ISSUER);
        let audience = self.required(&table::AUTH_AUDIENCE);
        let subject_claim = self.value(&table::AUTH_SUBJECT_CLAIM, text);
        let workspace_claim = self.value(&table::AUTH_WORKSPACE_CLAIM, text);
        let keys = match (pem, jwks) {
            (Some(_), Some(_)) => self.refuse(
                &table::AUTH_JWKS_FILE,
                "set it or LEADGRAPH_AUTH_PUBLIC_KEY_FILE, not both",
            ),
            (Some(path), None) => self.keys(&table::AUTH_PUBLIC_KEY_FILE, &path, ProviderKeys::Pem),
            (None, path) => self.keys(&table::AUTH_JWKS_FILE, &path.unwrap_or_default(), ProviderKeys::Jwks),
        };
        Some(Some(ProviderConfig {
            keys: keys?,
            issuer: issuer?,
            audience: audience?,
            subject_claim: subject_claim?,
            workspace_claim: workspace_claim?,
        }))
    }

    fn keys(&mut self, setting: &Setting, path: &str, form: fn(String) -> ProviderKeys) -> Option<ProviderKeys> {
        let keys = form(self.file(setting, path)?);
        match (self.usable)(&keys) {
            Ok(()) => Some(keys),
            Err(reason) => self.refuse(setting, &format!("{path} cannot be used: {reason}")),
        }
    }

    /// Half an identity provider is a mistake: tokens would be refused and nobody would know why.
    fn no_provider(&mut self) -> Option<Option<ProviderConfig>> {
        let without_key = [
            table::AUTH_ISSUER,
            table::AUTH_AUDIENCE,
            table::AUTH_SUBJECT_CLAIM,
            table::AUTH_WORKSPACE_CLAIM,
        ];
        let mut fine = Some(None);
        for setting in without_key {
            if self.given(&setting).is_some() {
                let reason = "has no effect without LEADGRAPH_AUTH_PUBLIC_KEY_FILE or LEADGRAPH_AUTH_JWKS_FILE";
                fine = self.refuse(&setting, reason);
            }
        }
        fine
    }

    fn limits(&mut self) -> Option<LimitsConfig> {
        let graphql_body = self.value(&table::GRAPHQL_BODY_BYTES, |text| number(text, 1024, 64 << 20));
        let graphql_values = self.value(&table::GRAPHQL_VALUES, |text| number(text, 1000, 10_000_000));
        let document_bytes = self.value(&table::DOCUMENT_BYTES, |text| number(text, 256, 1 << 20));
        let document_tokens = self.value(&table::DOCUMENT_TOKENS, |text| number(text, 16, 100_000));
        // The parser's stack ends somewhere above a thousand levels.
        let document_nesting = self.value(&table::DOCUMENT_NESTING, |text| number(text, 4, 256));
        let document_cache = self.value(&table::DOCUMENT_CACHE, |text| number(text, 0, 100_000));
        let page_max = self.value(&table::PAGE_MAX, |text| number(text, 1, 10_000));
        let page_default = self.page_default(page_max);
        let operation_cost = self.value(&table::OPERATION_COST, |text| number(text, 100, 1_000_000_000));
        Some(LimitsConfig {
            graphql_body: graphql_body?,
            graphql_values: graphql_values?,
            document_bytes: document_bytes?,
            document_tokens: document_tokens?,
            document_nesting: document_nesting?,
            document_cache: document_cache?,
            page_default: page_default?,
            page_max: page_max?,
            operation_cost: operation_cost?,
        })
    }

    fn rates(&mut self) -> Option<RatesConfig> {
        let most = 1_000_000_000_000;
        let callers = self.value(&table::RATE_POINTS, |text| optional(text, |text| number(text, 1, most)));
        let strangers = self.value(&table::RATE_POINTS_ANONYMOUS, |text| {
            optional(text, |text| number(text, 1, most))
        });
        let failures = self.value(&table::RATE_FAILURES, |text| {
            optional(text, |text| number(text, 1, most))
        });
        Some(RatesConfig {
            callers: callers?,
            strangers: strangers?,
            failures: failures?,
        })
    }

    /// Outer `None`: a problem. Inner `None`: there are none.
    fn trusted_documents(&mut self) -> Option<Option<TrustedConfig>> {
        let others = self.value(&table::TRUSTED_DOCUMENTS, trust)?;
        let directory = self.given(&table::TRUSTED_DOCUMENTS_DIR).map(PathBuf::from);
        match (others, directory) {
            (Some(others), Some(directory)) => Some(Some(TrustedConfig { directory, others })),
            (None, None) => Some(None),
            (Some(_), None) => self.refuse(&table::TRUSTED_DOCUMENTS_DIR, "is required with trusted documents"),
            (None, Some(_)) => {
                let reason = "has no effect while LEADGRAPH_TRUSTED_DOCUMENTS is off";
                self.refuse(&table::TRUSTED_DOCUMENTS_DIR, reason)
            }
        }
    }

    fn sockets(&mut self) -> Option<SocketConfig> {
        let per_caller = self.value(&table::SOCKETS_PER_CALLER, |text| number(text, 1, 1_000_000));
        let per_address = self.value(&table::SOCKETS_PER_ADDRESS, |text| number(text, 1, 1_000_000));
        let operations = self.value(&table::SOCKET_OPERATIONS, |text| number(text, 1, 10_000));
        let ping = self.value(&table::SOCKET_PING_SECONDS, |text| seconds(text, 3600));
        Some(SocketConfig {
            per_caller: per_caller?,
            per_address: per_address?,
            operations: operations?,
            ping: ping?,
            ..SocketConfig::default()
        })
    }

    fn webhooks(&mut self) -> Option<WebhookConfig> {
        let allowed = self.value(&table::WEBHOOK_ALLOWED_NETWORKS, |text| list(text, network));
        let plain_http = self.value(&table::WEBHOOK_HTTP, switch);
        let concurrency = self.value(&table::WEBHOOK_CONCURRENCY, |text| number(text, 1, 10_000));
        let timeout = self.value(&table::WEBHOOK_TIMEOUT_SECONDS, |text| seconds(text, 60));
        let retry = self.value(&table::WEBHOOK_RETRY, |text| match list(text, wait) {
            Ok(waits) if waits.len() <= MOST_WAITS => Ok(waits),
            Ok(_) => Err(format!("must be at most {MOST_WAITS} times")),
            Err(reason) => Err(reason),
        });
        let disable_days: Option<u64> = self.value(&table::WEBHOOK_DISABLE_DAYS, |text| number(text, 1, 365));
        let log_days = self.value(&table::WEBHOOK_LOG_DAYS, |text| number(text, 4, 36_500));
        Some(WebhookConfig {
            allowed: allowed?,
            plain_http: plain_http?,
            concurrency: concurrency?,
            timeout: timeout?,
            retry: retry?,
            disable_after: Duration::from_secs(disable_days? * 86_400),
            log_days: log_days?,
        })
    }

    /// Only one that was given can be too great: the usual one makes way.
    fn page_default(&mut self, max: Option<u64>) -> Option<u64> {
        let default = self.value(&table::PAGE_DEFAULT, |text| number(text, 1, 10_000))?;
        match max {
            Some(max) if default > max && self.given(&table::PAGE_DEFAULT).is_some() => {
                self.refuse(&table::PAGE_DEFAULT, "is greater than LEADGRAPH_PAGE_MAX")
            }
            Some(max) => Some(default.min(max)),
            None => Some(default),
        }
    }

    fn traces(&mut self) -> Option<Option<TracesConfig>> {
        let endpoint = self.value(&table::OTLP_ENDPOINT, |text| optional(text, collector));
        let share = self.value(&table::OTLP_SHARE, share);
        let share = share?;
        Some(endpoint?.map(|endpoint| TracesConfig { endpoint, share }))
    }

    fn log(&mut self) -> Option<LogConfig> {
        let format = self.value(&table::LOG_FORMAT, |text| match text {
            "auto" => Ok(LogFormat::Auto),
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            _ => Err(format!("must be auto, text or json, not {text:?}")),
        });
        let filter = self.value(&table::LOG, |text| match EnvFilter::try_new(text) {
            Ok(_) => Ok(text.to_owned()),
            Err(_) => Err(format!(
                "{text:?} is no level (error, warn, info, debug, trace) or filter"
            )),
        });
        Some(LogConfig {
            format: format?,
            filter: filter?,
        })
    }

    /// The value given, or the default, through `parse`.
    fn value<T>(&mut self, setting: &Setting, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let given = self.given(setting);
        match parse(given.as_deref().unwrap_or(setting.default)) {
            Ok(value) => Some(value),
            Err(reason) => self.refuse(setting, &reason),
        }
    }

    fn required(&mut self, setting: &Setting) -> Option<String> {
        let given = self.given(setting);
        if given.is_none() {
            return self.refuse(setting, "is required with a public key or key set");
        }
        given
    }

    /// What was set. A blank value counts as not set: that is how container tools pass absent variables on.
    fn given(&mut self, setting: &Setting) -> Option<String> {
        if let Some(value) = self.sources.flags.get(setting.name) {
            return Some(value.clone());
        }
        let value = self.sources.environment.get(&OsString::from(setting.name))?;
        let Some(value) = value.to_str() else {
            return self.refuse(setting, "is not UTF-8");
        };
        (!value.trim().is_empty()).then(|| value.to_owned())
    }

    fn file(&mut self, setting: &Setting, path: &str) -> Option<String> {
        match std::fs::read_to_string(path) {
            Ok(content) => Some(content),
            Err(error) => self.refuse(setting, &format!("cannot read {path}: {error}")),
        }
    }

    fn refuse<T>(&mut self, setting: &Setting, reason: &str) -> Option<T> {
        let line = format!("{}: {reason}", setting.name);
        if !self.problems.contains(&line) {
            self.problems.push(line);
        }
        None
    }
}

#[cfg(test)]
mod tests;
