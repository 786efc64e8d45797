//! The schema of the database, as migrations for SQLite and PostgreSQL.
//!
//! This crate never imports the application's entities: a migration describes the past and must not change with them.
//! [`apply`] is the only way to run them: one transaction, one instance at a time, and never against a schema that is
//! newer than this binary.

mod dialect;
mod m0001_tenancy;
mod m0002_partners;
mod m0003_catalogues;
mod m0004_leads;
mod m0005_lead_parts;
mod m0006_events;
mod m0007_lead_search;
mod m0008_lead_edits;
mod m0009_credits;
mod m0010_edited_texts;
mod m0011_idempotency;
mod m0012_event_readers;
mod m0013_webhooks;
mod m0014_event_sizes;
mod m0015_webhook_pauses;

use std::collections::HashSet;

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{
    ConnectionTrait, DatabaseBackend, DatabaseConnection, DatabaseTransaction, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};

/// Any number; it only has to be the same in every instance that shares a PostgreSQL database.
const LOCK: i64 = 0x1ead_9ea9;

#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_tenancy::Migration),
            Box::new(m0002_partners::Migration),
            Box::new(m0003_catalogues::Migration),
            Box::new(m0004_leads::Migration),
            Box::new(m0005_lead_parts::Migration),
            Box::new(m0006_events::Migration),
            Box::new(m0007_lead_search::Migration),
            Box::new(m0008_lead_edits::Migration),
            Box::new(m0009_credits::Migration),
            Box::new(m0010_edited_texts::Migration),
            Box::new(m0011_idempotency::Migration),
            Box::new(m0012_event_readers::Migration),
            Box::new(m0013_webhooks::Migration),
            Box::new(m0014_event_sizes::Migration),
            Box::new(m0015_webhook_pauses::Migration),
        ]
    }
}

/// Where a database stands against this binary's migrations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    pub applied: usize,
    pub pending: usize,
    /// Names in the database that this binary does not know: it belongs to a newer version.
    pub unknown: Vec<String>,
}

/// Brings the schema up to date and returns how many migrations ran. Instances that start together wait for each other.
///
/// # Errors
/// A database fault, or a schema that is newer than this binary.
pub async fn apply(db: &DatabaseConnection) -> Result<usize, DbErr> {
    let tx = begin(db).await?;
    if db.get_database_backend() == DatabaseBackend::Postgres {
        // An index of many rows takes its time.
        tx.execute_unprepared("SET LOCAL statement_timeout = 0").await?;
        tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({LOCK})"))
            .await?;
    }
    Migrator::install(&tx).await?;
    let state = compare(&tx).await?;
    if !state.unknown.is_empty() {
        return Err(DbErr::Migration(format!(
            "the database was written by a newer version of leadgraph (it knows {}); start that version instead",
            state.unknown.join(", ")
        )));
    }
    Migrator::up(&tx, None).await?;
    tx.commit().await?;
    Ok(state.pending)
}

/// Compares without changing anything.
///
/// # Errors
/// A database fault.
pub async fn state(db: &DatabaseConnection) -> Result<State, DbErr> {
    let installed = SchemaManager::new(db).has_table("seaql_migrations").await?;
    if !installed {
        return Ok(State {
            applied: 0,
            pending: Migrator::migrations().len(),
            unknown: Vec::new(),
        });
    }
    compare(db).await
}

async fn compare<C: ConnectionTrait>(db: &C) -> Result<State, DbErr> {
    let query = Query::select().column("version").from("seaql_migrations").to_owned();
    let mut applied = HashSet::new();
    for row in db.query_all(&query).await? {
        applied.insert(row.try_get::<String>("", "version")?);
    }
    let known: Vec<String> = Migrator::migrations().iter().map(|m| m.name().to_owned()).collect();
    let pending = known.iter().filter(|name| !applied.contains(*name)).count();
    let mut unknown: Vec<String> = applied.iter().filter(|name| !known.contains(name)).cloned().collect();
    unknown.sort();
    Ok(State {
        applied: known.len() - pending,
        pending,
        unknown,
    })
}

async fn begin(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..Default::default()
    };
    db.begin_with_options(options).await
}
