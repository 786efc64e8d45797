//! The rules. Everything a door can do is a function here that takes an [`op::Op`] first.
//!
//! Knows sea_orm and the entities; knows nothing of HTTP or GraphQL. A slice re-exports its row as the domain record;
//! transports translate these records and nothing else.

pub mod activity;
pub mod api_keys;
pub mod attribution_sources;
pub mod caller;
pub mod campaigns;
mod catalogue;
pub mod change;
pub mod conversion_labels;
pub mod conversions;
pub mod custom_fields;
pub mod database;
pub mod error;
pub mod events;
mod form;
pub mod idempotency;
pub mod leads;
pub mod notifications;
pub mod op;
pub mod outbox;
pub mod page;
pub mod partnerships;
pub mod projects;
pub mod rel;
pub mod retention;
pub mod tags;
pub mod text;
pub mod users;
pub mod webhook_deliveries;
pub mod webhook_endpoints;
pub mod workspaces;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use uuid::Uuid;

use api_keys::KeyCache;
use database::Database;
use idempotency::Queues;
use outbox::Wakes;
use webhook_deliveries::WebhookSettings;
use webhook_endpoints::Vault;

pub use catalogue::{Archived, Shelf, Target};
pub use change::Change;

/// What every operation needs: the database, the time and fresh ids. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Services {
    database: Arc<Database>,
    clock: Clock,
    settings: Settings,
    keys: Arc<KeyCache>,
    conversions: Arc<Notify>,
    queues: Arc<Queues>,
    webhooks: Arc<Notify>,
    vault: Option<Arc<Vault>>,
    wakes: Arc<Wakes>,
    instance: Uuid,
}

/// The few numbers that the rules take from the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How long the body that a lead came with is kept.
    pub intake_retention: chrono::Duration,
    /// How long events are kept; nothing: for ever.
    pub event_retention: Option<chrono::Duration>,
    /// How long a request waits for another one with its idempotency key.
    pub idempotency_wait: Duration,
    pub webhooks: WebhookSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            intake_retention: chrono::Duration::days(90),
            event_retention: None,
            idempotency_wait: Duration::from_secs(5),
            webhooks: WebhookSettings::default(),
        }
    }
}

impl Services {
    pub fn new(database: Database, settings: Settings) -> Self {
        Self {
            database: Arc::new(database),
            clock: Clock::System,
            settings,
            keys: Arc::default(),
            conversions: Arc::default(),
            queues: Arc::default(),
            webhooks: Arc::default(),
            vault: None,
            wakes: Arc::default(),
            instance: new_uuid(),
        }
    }

    /// The same services under another clock: tests fix the time with it.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The same services with what encrypts the secrets of webhook endpoints. Without it there are no webhooks.
    #[must_use]
    pub fn with_vault(mut self, vault: Vault) -> Self {
        self.vault = Some(Arc::new(vault));
        self
    }

    /// The same services for the server's own loops.
    #[must_use]
    pub fn aside(&self) -> Self {
        Self {
            database: Arc::new(self.database.aside()),
            ..self.clone()
        }
    }

    pub fn database(&self) -> &Database {
        &self.database
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Rings when a conversion waits to be settled.
    pub fn conversions(&self) -> &Notify {
        &self.conversions
    }

    /// Rings when a webhook may have to be sent.
    pub fn webhooks(&self) -> &Notify {
        &self.webhooks
    }

    pub(in crate::domain) fn vault(&self) -> error::Result<&Vault> {
        let vault = self.vault.as_deref();
        vault.ok_or_else(|| error::Error::broken("the server was built without its secret"))
    }

    /// Who waits for a workspace's event log to move.
    pub fn wakes(&self) -> &Arc<Wakes> {
        &self.wakes
    }

    /// This server among those that share the database.
    pub(in crate::domain) fn instance(&self) -> Uuid {
        self.instance
    }

    /// The api keys that were good a moment ago.
    pub(in crate::domain) fn keys(&self) -> &KeyCache {
        &self.keys
    }

    /// The idempotency keys that are being used.
    pub(in crate::domain) fn queues(&self) -> &Queues {
        &self.queues
    }
}

/// Where the time comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    System,
    Fixed(DateTime<Utc>),
}

impl Clock {
    /// Cut to microseconds, which is what PostgreSQL keeps: a value reads back as it was written.
    fn now(self) -> DateTime<Utc> {
        match self {
            Self::System => Utc::now().trunc_subsecs(6),
            Self::Fixed(at) => at.trunc_subsecs(6),
        }
    }
}

/// A public id: version 7, so that rows written together lie together.
pub fn new_uuid() -> Uuid {
    Uuid::now_v7()
}

/// How an input names a row: by the number that the REST routes use, or by its public id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Ref {
    Id(i64),
    Uuid(Uuid),
}
