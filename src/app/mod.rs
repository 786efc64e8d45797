//! The composition root: from settings to a running server. Tests build the server here too.

pub mod access;
mod loops;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use futures_util::future::{AbortHandle, Abortable};
use sea_orm::DbErr;
use tokio::net::TcpListener;

use crate::auth::quota::{Quota, QuotaLimits, Rate};
use crate::auth::{Authenticator, Gate, KeyError};
use crate::config::{
    AuthConfig, Config, ConfigError, CorsConfig, DatabaseConfig, DatabaseTarget, HttpConfig, Introspection,
    LimitsConfig, Needs, OtherDocuments, RatesConfig, Sources, Switch, TrustedConfig, WebhookConfig,
};
use crate::delivery::{Allowed, Courier, Sender, SystemNames};
use crate::domain::database::{Database, DatabaseOptions};
use crate::domain::error::{Error, Fault};
use crate::domain::webhook_deliveries::{Schedule, WebhookSettings};
use crate::domain::webhook_endpoints::{PlainHttp, Vault};
use crate::domain::{Services, Settings};
use crate::http::Ended;
use crate::http::metrics::Metrics;
use crate::secrets::{Purpose, SecretError, Secrets};
use crate::turns::Turns;
use crate::{auth, graphiql, graphql, http, rest};

use loops::{Loops, Rounds};

/// A server that is ready to serve.
#[derive(Debug)]
pub struct App {
    http: HttpConfig,
    rounds: Rounds,
    services: Services,
    authenticator: Arc<Authenticator>,
    router: Router,
    metrics: Metrics,
    courier: Courier,
}

/// Why the server does not start. Said to whoever starts it, one sentence each.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error("the identity provider's key cannot be used: {0}")]
    Provider(#[from] KeyError),
    #[error(transparent)]
    Documents(#[from] graphql::TrustedError),
    #[error("the database {place} cannot be used: {cause}")]
    Database { place: String, cause: String },
    #[error("the database's schema could not be brought up to date: {0}")]
    Migration(DbErr),
    #[error("the database lacks {0} migration(s): run `leadgraph migrate` first")]
    SchemaBehind(usize),
    #[error("the database was written by a newer version of leadgraph (it knows {0}); start that version instead")]
    SchemaAhead(String),
}

/// The settings, checked as far as that is possible before anything is started.
///
/// # Errors
/// Every bad setting.
pub fn settings(sources: &Sources, needs: Needs) -> Result<Config, ConfigError> {
    Config::load(sources, needs, |keys| {
        auth::check_keys(keys).map_err(|error| error.to_string())
    })
}

impl App {
    /// Connects, migrates unless the settings forbid it, and puts everything together.
    ///
    /// # Errors
    /// A setting that cannot be used, or a database that cannot.
    pub async fn build(config: Config) -> Result<Self, StartError> {
        let services = connect(&config).await?;
        let secrets = Secrets::load(&config.secret)?;
        let services = services.with_vault(Vault::new(secrets.key(Purpose::Webhooks).expose()));
        match schema(&services, config.database.migrate).await {
            // Somebody else migrates: `/readyz` tells when it is done.
            Err(StartError::SchemaBehind(pending)) => tracing::warn!(pending, "waiting for migrations"),
            other => other?,
        }
        let authenticator = Arc::new(authenticator(&config, &services)?);
        let turns = Turns::new(config.http.max_requests);
        let gate = Gate {
            services: services.clone(),
            authenticator: Arc::clone(&authenticator),
            quota: Arc::new(Quota::new(quota_limits(config.rates))),
            turns: turns.clone(),
        };
        let doors = doors(gate, &config).await?;
        let metrics = Metrics::default();
        let router = http::router(doors, services.clone(), &config.http, turns, metrics.clone());
        Ok(Self {
            courier: courier(&config.webhooks, &services),
            metrics,
            http: config.http,
            rounds: Rounds {
                work: config.round,
                look: config.look,
            },
            services,
            authenticator,
            router,
        })
    }

    pub fn router(&self) -> Router {
        self.router.clone()
    }

    pub fn services(&self) -> &Services {
        &self.services
    }

    pub fn auth(&self) -> &Authenticator {
        &self.authenticator
    }

    /// Serves until `shutdown`, lets running requests finish, and closes the database.
    pub async fn serve(&self, listener: TcpListener, shutdown: impl Future<Output = ()>) -> Ended {
        let _loops = Loops::start(&self.services, &self.courier, self.rounds);
        let _metrics = self.publish_metrics().await;
        let ended = http::serve(listener, self.router(), &self.http, shutdown).await;
        // What was cut off may still be at a statement, which nobody waits for any more.
        let _elapsed = tokio::time::timeout(CLOSING, self.services.database().close()).await;
        ended
    }

    /// Serves `/metrics` on its own listener until the handle is dropped. A port that is taken, by another server on this
    /// machine most likely, is no reason not to serve.
    async fn publish_metrics(&self) -> Option<Published> {
        let address = self.http.metrics?;
        let listener = match TcpListener::bind(address).await {
            Ok(listener) => listener,
            Err(error) => {
                tracing::warn!(%address, %error, "no metrics: cannot listen there");
                return None;
            }
        };
        let router = http::metrics::router(self.metrics.clone(), self.services.clone());
        let (handle, registration) = AbortHandle::new_pair();
        let config = HttpConfig {
            max_connections: METRICS_CONNECTIONS,
            ..self.http.clone()
        };
        let serving = async move { http::serve(listener, router, &config, std::future::pending()).await };
        tokio::spawn(Abortable::new(serving, registration));
        Some(Published(handle))
    }
}

/// How long the database may take to close after the last request.
const CLOSING: Duration = Duration::from_secs(5);

/// Whoever scrapes needs few; nobody else should be there.
const METRICS_CONNECTIONS: usize = 16;

/// Ends with whatever it belongs to.
struct Published(AbortHandle);

impl Drop for Published {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The services alone, for commands that need no server.
///
/// # Errors
/// A database that cannot be reached.
pub async fn connect(config: &Config) -> Result<Services, StartError> {
    let DatabaseConfig {
        target,
        connections,
        acquire_timeout,
        migrate: _,
    } = config.database.clone();
    let options = DatabaseOptions {
        target,
        connections,
        acquire_timeout,
    };
    let database = Database::connect(&options)
        .await
        .map_err(|error| StartError::Database {
            place: place(&options.target),
            cause: match error {
                Error::Unavailable(cause) | Error::Internal(Fault::Database(cause)) => cause.to_string(),
                other => format!("{other:?}"),
            },
        })?;
    let settings = Settings {
        intake_retention: chrono::Duration::days(config.intake_retention_days.into()),
        event_retention: match config.event_retention_days {
            0 => None,
            days => Some(chrono::Duration::days(days.into())),
        },
        idempotency_wait: config.idempotency_wait,
        webhooks: webhook_settings(&config.webhooks),
    };
    Ok(Services::new(database, settings))
}

fn webhook_settings(config: &WebhookConfig) -> WebhookSettings {
    let WebhookConfig {
        allowed: _,
        plain_http,
        concurrency: _,
        timeout,
        retry,
        disable_after,
        log_days,
    } = config;
    WebhookSettings {
        plain_http: match plain_http {
            Switch::On => PlainHttp::Allowed,
            Switch::Off => PlainHttp::Refused,
        },
        // More than fit are refused when the settings are read.
        schedule: Schedule::try_new(retry).unwrap_or_default(),
        timeout: *timeout,
        disable_after: chrono::Duration::from_std(*disable_after).unwrap_or(chrono::Duration::MAX),
        kept: chrono::Duration::days((*log_days).into()),
    }
}

fn courier(config: &WebhookConfig, services: &Services) -> Courier {
    let allowed = Allowed(config.allowed.clone());
    let settings = &services.settings().webhooks;
    let sender = Sender::new(Arc::new(SystemNames), allowed, settings.plain_http, settings.timeout);
    let published = WebhookSettings::default().schedule;
    if settings.schedule != published {
        tracing::warn!("webhooks are not sent again as Standard Webhooks has it, but as LEADGRAPH_WEBHOOK_RETRY says");
    }
    Courier::new(services.aside(), sender, config.concurrency)
}

/// Where a database is, without the password to it.
fn place(target: &DatabaseTarget) -> String {
    match target {
        DatabaseTarget::Sqlite(path) => path.display().to_string(),
        DatabaseTarget::Postgres(url) => url::Url::parse(url).map_or_else(
            |_| "at the given URL".into(),
            |url| {
                format!(
                    "at {}:{}",
                    url.host_str().unwrap_or("localhost"),
                    url.port().unwrap_or(5432)
                )
            },
        ),
    }
}

/// Brings the schema up to date, or sees whether it is.
///
/// # Errors
/// A schema that is behind and may not be touched, or that is ahead.
pub async fn schema(services: &Services, migrate: Switch) -> Result<(), StartError> {
    let database = services.database().writer();
    if migrate == Switch::On {
        let applied = migration::apply(database).await.map_err(StartError::Migration)?;
        if applied > 0 {
            tracing::info!(applied, "brought the schema up to date");
        }
        return Ok(());
    }
    let state = migration::state(database).await.map_err(StartError::Migration)?;
    if !state.unknown.is_empty() {
        return Err(StartError::SchemaAhead(state.unknown.join(", ")));
    }
    if state.pending > 0 {
        return Err(StartError::SchemaBehind(state.pending));
    }
    Ok(())
}

/// # Errors
/// No secret, or a provider's key that cannot be used.
pub fn authenticator(config: &Config, services: &Services) -> Result<Authenticator, StartError> {
    let auth = AuthConfig {
        token_key: Secrets::load(&config.secret)?.key(Purpose::Tokens),
        provider: config.provider.clone(),
    };
    Ok(Authenticator::new(&auth, services.clone())?)
}

async fn doors(gate: Gate, config: &Config) -> Result<Router, StartError> {
    let explorer = config.graphiql;
    let limits = graphql_limits(config);
    let trusted = config.trusted_documents.clone().map(trusted_files);
    let origins = match &config.http.cors {
        CorsConfig::All => graphql::Origins::All,
        CorsConfig::Origins(origins) => graphql::Origins::These(origins.clone()),
    };
    let graphql = graphql::router(gate.clone(), limits, origins, trusted).await?;
    let doors = Router::new()
        .merge(http::cors::allow(graphql, &config.http.cors))
        .merge(rest::router(gate))
        .merge(graphiql::home(explorer == Switch::On));
    Ok(match explorer {
        Switch::On => doors.merge(graphiql::router()),
        Switch::Off => doors,
    })
}

fn trusted_files(trusted: TrustedConfig) -> graphql::TrustedFiles {
    let TrustedConfig { directory, others } = trusted;
    graphql::TrustedFiles {
        directory,
        trust: match others {
            OtherDocuments::Run => graphql::Trust::Allow,
            OtherDocuments::Refused => graphql::Trust::Only,
        },
    }
}

fn quota_limits(rates: RatesConfig) -> QuotaLimits {
    let RatesConfig {
        callers,
        strangers,
        failures,
    } = rates;
    let a_minute = |points: Option<u64>| {
        points.map(|points| Rate {
            points,
            per: Duration::from_secs(60),
        })
    };
    QuotaLimits {
        callers: a_minute(callers),
        strangers: a_minute(strangers),
        failures: a_minute(failures),
    }
}

fn graphql_limits(config: &Config) -> graphql::Limits {
    let LimitsConfig {
        graphql_body,
        graphql_values,
        document_bytes,
        document_tokens,
        document_nesting,
        document_cache,
        page_default,
        page_max,
        operation_cost,
    } = config.limits;
    let sockets = config.sockets;
    let defaults = graphql::Limits::default();
    graphql::Limits {
        body: graphql_body,
        values: graphql_values,
        body_time: defaults.body_time.min(config.http.request_timeout / 2),
        document: graphql::DocumentLimits {
            bytes: document_bytes,
            tokens: document_tokens,
            nesting: document_nesting,
            ..defaults.document
        },
        introspection: match config.introspection {
            Introspection::Public => graphql::Introspection::Public,
            Introspection::Authenticated => graphql::Introspection::Authenticated,
            Introspection::Off => graphql::Introspection::Off,
        },
        cache: graphql::DocumentCache {
            documents: document_cache,
            ..defaults.cache
        },
        places: graphql::PlaceLimits {
            per_caller: sockets.per_caller,
            per_address: sockets.per_address,
        },
        sockets: graphql::SocketLimits {
            operations: sockets.operations,
            init: sockets.init,
            ping: sockets.ping,
            check: sockets.check,
            time: config.http.request_timeout,
            ..defaults.sockets
        },
        keep_alive: defaults.keep_alive,
        cost: operation_cost,
        pages: graphql::PageLimits {
            default: page_default,
            most: page_max,
        },
    }
}
