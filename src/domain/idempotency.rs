//! Writes that a client may send again: done once for each key, and answered alike.
//!
//! Every write begins with `Op::once`. A door that was given a key hands it over with [`Op::with_key`]; without one
//! `once` does nothing. The ledger's row is the first thing that the write's [`Tx`] inserts and is given the outcome by
//! `Tx::commit`, so that effect and outcome commit together or not at all, and failures leave nothing behind. Whoever
//! comes with the same key meanwhile waits: for others of this process in `Queues`, for another instance at the row.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use aws_lc_rs::digest;
use chrono::TimeDelta;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseBackend, QueryFilter};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::OwnedMutexGuard;
use uuid::Uuid;

use super::caller::Principal;
use super::error::{Error, Result};
use super::op::{Op, Tx};
use crate::entity::idempotency_key;

/// How long a write is remembered.
pub(super) const KEPT: TimeDelta = TimeDelta::hours(24);

/// In characters.
const LONGEST: usize = 255;

/// What a client calls one write of its own. Clones are of one request: they all know whether it was a replay.
#[derive(Clone, Debug)]
pub struct IdempotencyKey(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    text: String,
    is_replay: AtomicBool,
}

impl IdempotencyKey {
    /// Nothing unless it is 1 to 255 printable ASCII characters.
    pub fn try_new(text: &str) -> Option<Self> {
        let is_key = (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        is_key.then(|| {
            Self(Arc::new(Inner {
                text: text.to_owned(),
                is_replay: AtomicBool::new(false),
            }))
        })
    }

    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Whether the request was answered with what an earlier one had come to.
    pub fn was_replayed(&self) -> bool {
        self.0.is_replay.load(Ordering::Relaxed)
    }
}

/// Why a write with a key is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The key stands for another command of this caller.
    Reused,
    /// The first request with the key is not done yet.
    InProgress,
}

impl Refusal {
    /// A sentence for the client.
    pub fn message(self) -> &'static str {
        match self {
            Self::Reused => "This Idempotency-Key was used for another request",
            Self::InProgress => "A request with this Idempotency-Key is still being processed",
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Idempotency(refusal)
    }
}

impl Op {
    /// Runs a write once for each key; whoever comes again gets the outcome that was committed the first time. To be
    /// called behind the permission and before anything else is judged: what has changed since must not matter. What
    /// `work` gives back is what it gave to [`Tx::commit`].
    ///
    /// # Errors
    /// What the work fails with; [`Error::Idempotency`].
    pub(super) async fn once<C, T, F>(
        &self,
        operation: &'static str,
        command: C,
        work: impl FnOnce(Self, C) -> F,
    ) -> Result<T>
    where
        C: Serialize,
        T: DeserializeOwned,
        F: Future<Output = Result<T>>,
    {
        let Some(claim) = Claim::new(self, operation, &command)? else {
            return work(self.clone(), command).await;
        };
        let turn = self
            .services()
            .queues()
            .take(claim.place(self), self.settings().idempotency_wait);
        let _turn = turn.await?;
        if let Some(done) = claim.recall(self).await? {
            return Ok(done);
        }
        match work(self.claiming(claim.clone()), command).await {
            Ok(done) => Ok(done),
            // Another instance may have done it meanwhile, and that be why.
            Err(error) => claim.recall(self).await?.ok_or(error),
        }
    }
}

/// That a key shall stand for a command.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    key: IdempotencyKey,
    caller: Uuid,
    operation: &'static str,
    command_hash: Vec<u8>,
}

impl Claim {
    fn new(op: &Op, operation: &'static str, command: &impl Serialize) -> Result<Option<Self>> {
        let Some(key) = op.key() else { return Ok(None) };
        let caller = match op.caller().principal {
            Principal::User { uuid, .. } | Principal::ApiKey { uuid, .. } => uuid,
            // Nobody sends the server's own work again.
            Principal::System(_) => return Ok(None),
        };
        // Structs print their members in one order, and JSON objects are sorted: equal commands are equal texts.
        // What a caller is bound to is part of what they say: an order number means another lead in another project.
        let canonical = serde_json::to_vec(&(operation, op.caller().project_id, command))
            .map_err(|error| Error::broken(format!("{operation}: a command cannot be printed: {error}")))?;
        Ok(Some(Self {
            key: key.clone(),
            caller,
            operation,
            command_hash: digest::digest(&digest::SHA256, &canonical).as_ref().to_vec(),
        }))
    }

    fn place(&self, op: &Op) -> Place {
        Place {
            workspace_id: op.caller().workspace_id,
            caller: self.caller,
            key: self.key.0.text.clone(),
        }
    }

    /// What the command came to, if it was done.
    async fn recall<T: DeserializeOwned>(&self, op: &Op) -> Result<Option<T>> {
        use idempotency_key::Column as C;
        let row = op
            .find::<idempotency_key::Entity>()
            .filter(C::CallerUuid.eq(self.caller))
            .filter(C::Key.eq(&self.key.0.text))
            .filter(C::CreatedAt.gt(op.now() - KEPT));
        let Some(row) = row.one(op.db()).await? else {
            return Ok(None);
        };
        if row.command_hash != self.command_hash {
            return Err(Refusal::Reused.into());
        }
        let outcome = serde_json::from_str(row.outcome.as_deref().unwrap_or("null"));
        let outcome = outcome
            .map_err(|error| Error::broken(format!("{}: an outcome cannot be read: {error}", self.operation)))?;
        self.key.0.is_replay.store(true, Ordering::Relaxed);
        Ok(Some(outcome))
    }

    /// Takes the key's row, in place of one that is too old to count. Waits while another transaction has it.
    ///
    /// # Errors
    /// [`Refusal::InProgress`] when the key is another one's, or does not become free in time.
    pub(super) async fn enter(&self, tx: &Tx) -> Result<()> {
        use idempotency_key::Column as C;
        let row = idempotency_key::ActiveModel {
            caller_uuid: Set(self.caller),
            key: Set(self.key.0.text.clone()),
            operation: Set(self.operation.to_owned()),
            command_hash: Set(self.command_hash.clone()),
            outcome: Set(None),
            created_at: Set(tx.now()),
            ..Default::default()
        };
        let mut taken = OnConflict::columns([C::WorkspaceId, C::CallerUuid, C::Key]);
        let created_at = Expr::col((idempotency_key::Entity, C::CreatedAt));
        taken
            .update_columns([C::Operation, C::CommandHash, C::Outcome, C::CreatedAt])
            .action_and_where(created_at.lte(tx.now() - KEPT));
        // Zero would be: without end.
        let wait = Ord::max(tx.settings().idempotency_wait.as_millis(), 1);
        wait_for_locks(tx, &wait.to_string()).await?;
        let inserted = tx.insert_new(row, taken).await.map_err(|error| match error {
            error if error.is_lock_timeout() => Refusal::InProgress.into(),
            error => error,
        });
        let Some(_) = inserted? else {
            return Err(Refusal::InProgress.into());
        };
        wait_for_locks(tx, "DEFAULT").await
    }

    /// Keeps what the command came to. Nothing may fail behind this but the commit itself.
    pub(super) async fn settle(&self, tx: &Tx, outcome: &impl Serialize) -> Result<()> {
        use idempotency_key::Column as C;
        let outcome = serde_json::to_string(outcome)
            .map_err(|error| Error::broken(format!("{}: an outcome cannot be printed: {error}", self.operation)))?;
        tx.update::<idempotency_key::Entity>()
            .filter(C::CallerUuid.eq(self.caller))
            .filter(C::Key.eq(&self.key.0.text))
            .set(idempotency_key::ActiveModel {
                outcome: Set(Some(outcome)),
                ..Default::default()
            })
            .exec(tx.db())
            .await?;
        Ok(())
    }
}

/// On PostgreSQL; SQLite has one writer at a time, and nothing to wait for within a transaction.
async fn wait_for_locks(tx: &Tx, milliseconds: &str) -> Result<()> {
    if tx.db().get_database_backend() == DatabaseBackend::Postgres {
        let sql = format!("SET LOCAL lock_timeout TO {milliseconds}");
        tx.db().execute_unprepared(&sql).await?;
    }
    Ok(())
}

/// The keys that requests of this process are at, so that those that wait hold no connection.
#[derive(Debug, Default)]
pub(super) struct Queues(Mutex<HashMap<Place, Weak<tokio::sync::Mutex<()>>>>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Place {
    workspace_id: i64,
    caller: Uuid,
    key: String,
}

impl Queues {
    async fn take(&self, place: Place, wait: Duration) -> Result<OwnedMutexGuard<()>> {
        let turn = {
            let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            places.retain(|_, turn| turn.strong_count() > 0);
            let known = places.get(&place).and_then(Weak::upgrade);
            known.unwrap_or_else(|| {
                let turn = Arc::default();
                places.insert(place, Arc::downgrade(&turn));
                turn
            })
        };
        let taken = tokio::time::timeout(wait, turn.lock_owned()).await;
        taken.map_err(|_elapsed| Refusal::InProgress.into())
    }
}
