//! [`Op`]: on whose behalf, with what. [`Tx`]: one write, whose rows and events commit together.
//!
//! The only file that starts a query on an entity: each one begins with the caller's workspace. Who leaves it says why.

#![expect(clippy::disallowed_methods, reason = "every query starts here, with its workspace")]

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{BinOper, Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ColumnTrait, DatabaseBackend, DatabaseConnection, DatabaseTransaction,
    DeleteMany, EntityTrait, IntoActiveModel, QueryFilter, Select, SqliteTransactionMode, TransactionOptions,
    TransactionTrait, TryInsertResult, UpdateMany,
};
use serde::Serialize;
use uuid::Uuid;

use super::caller::{Caller, Door, Principal, Scope, Scopes};
use super::error::{Error, Result};
use super::events::{Actor, Event};
use super::idempotency::{Claim, IdempotencyKey};
use super::outbox::Wakes;
use super::{Services, Settings, outbox};
use crate::entity::{Global, Tenant};

/// One operation: the caller, the door it came through, and the services it runs on.
#[derive(Clone, Debug)]
pub struct Op {
    services: Services,
    caller: Caller,
    door: Door,
    /// What the client calls the write.
    key: Option<IdempotencyKey>,
    /// What the key shall stand for, while that is being done.
    claim: Option<Claim>,
}

impl Op {
    pub fn new(services: Services, caller: Caller, door: Door) -> Self {
        Self {
            services,
            caller,
            door,
            key: None,
            claim: None,
        }
    }

    /// The same operation under a key: done once, however often it is asked for.
    #[must_use]
    pub fn with_key(mut self, key: Option<IdempotencyKey>) -> Self {
        self.key = key;
        self
    }

    /// The server's own work. It belongs to no workspace until it enters one.
    pub fn system(services: Services, job: &'static str) -> System {
        System { services, job }
    }

    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.services.now()
    }

    pub fn settings(&self) -> &Settings {
        self.services.settings()
    }

    /// The same operation for somebody whose key is bound to this project. Never leads out of one that it was bound to
    /// before.
    #[must_use]
    pub fn bound_to(mut self, project_id: i64) -> Self {
        self.caller.project_id.get_or_insert(project_id);
        self
    }

    /// The first line of every operation.
    ///
    /// # Errors
    /// [`Error::Forbidden`] when the caller lacks the scope.
    pub fn require(&self, scope: Scope) -> Result<()> {
        if self.caller.scopes.allows(scope) {
            Ok(())
        } else {
            Err(Error::Forbidden(scope))
        }
    }

    /// Where reads go. Statements on it may run side by side.
    pub(super) fn db(&self) -> &DatabaseConnection {
        self.services.database().reader()
    }

    pub(super) fn find<E: Tenant>(&self) -> Select<E> {
        E::find().filter(E::WORKSPACE.eq(self.caller.workspace_id))
    }

    /// Rows whose `column` is one of `ids`: one statement text for every number of ids, so that it stays prepared.
    pub(super) fn any_of<C: ColumnTrait>(&self, column: C, ids: &[i64]) -> Expr {
        any_of(self.services.database().backend(), column, ids)
    }

    /// [`Self::any_of`] for public ids.
    pub(super) fn any_uuid<C: ColumnTrait>(&self, column: C, uuids: &[Uuid]) -> Expr {
        any_uuid(self.services.database().backend(), column, uuids)
    }

    pub(super) fn services(&self) -> &Services {
        &self.services
    }

    pub(super) fn key(&self) -> Option<&IdempotencyKey> {
        self.key.as_ref()
    }

    pub(super) fn claiming(&self, claim: Claim) -> Self {
        Self {
            claim: Some(claim),
            ..self.clone()
        }
    }

    /// Begins a write. On SQLite it holds the only writing connection: nothing but this Tx may be asked inside.
    pub(super) async fn begin(&self) -> Result<Tx> {
        let tx = Tx::begin(self).await?;
        match (&self.claim, &self.key) {
            (Some(claim), _) => claim.enter(&tx).await?,
            (None, None) => {}
            (None, Some(_)) => return Err(Error::broken("a write does not know that it may be sent again")),
        }
        Ok(tx)
    }
}

/// The server acting for itself. Yields operations in a workspace, and reads the global tables.
#[derive(Clone, Debug)]
pub struct System {
    services: Services,
    job: &'static str,
}

impl System {
    /// An operation in one workspace, allowed everything there.
    pub fn within(&self, workspace_id: i64) -> Op {
        let caller = Caller {
            workspace_id,
            principal: Principal::System(self.job),
            scopes: Scopes::ALL,
            project_id: None,
        };
        Op::new(self.services.clone(), caller, Door::Server)
    }

    pub fn services(&self) -> &Services {
        &self.services
    }

    pub(super) fn db(&self) -> &DatabaseConnection {
        self.services.database().reader()
    }

    /// The writer, for the one write that has no workspace yet: making one.
    pub(super) async fn begin(&self, workspace_id: i64) -> Result<Tx> {
        self.within(workspace_id).begin().await
    }
}

/// Global tables have no workspace column; every use outside this file says why it may look.
pub(super) fn find_global<E: Global>() -> Select<E> {
    E::find()
}

/// One write: a transaction, and the events that commit with it.
#[derive(Debug)]
pub struct Tx {
    connection: DatabaseTransaction,
    caller: Caller,
    workspace_id: i64,
    actor: Actor,
    now: DateTime<Utc>,
    settings: Settings,
    events: Vec<(i64, Event, Actor)>,
    /// Workspaces with something new for who waits there.
    moved: BTreeSet<i64>,
    wakes: Arc<Wakes>,
    claim: Option<Claim>,
}

/// Where a Tx came from while it writes in another workspace.
#[derive(Debug)]
#[must_use = "the Tx stays in the other workspace until it leaves"]
pub(super) struct Home {
    workspace_id: i64,
    actor: Actor,
}

/// Rows of a statement: times their columns, its parameters stay below the 32,766 that SQLite takes.
const ROWS: usize = 1000;

impl Tx {
    async fn begin(op: &Op) -> Result<Self> {
        let Op {
            services, caller, door, ..
        } = op;
        let options = TransactionOptions {
            // A transaction that reads first and writes later would fail as soon as another one wrote meanwhile.
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        let connection = services.database().writer().begin_with_options(options).await?;
        Ok(Self {
            connection,
            workspace_id: caller.workspace_id,
            actor: Actor::new(caller, *door),
            caller: caller.clone(),
            now: services.now(),
            settings: *services.settings(),
            events: Vec::new(),
            moved: BTreeSet::new(),
            wakes: Arc::clone(services.wakes()),
            claim: op.claim.clone(),
        })
    }

    /// When this write happens: one time for all its rows and events.
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.now
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(super) fn caller(&self) -> &Caller {
        &self.caller
    }

    pub(super) fn workspace_id(&self) -> i64 {
        self.workspace_id
    }

    pub(super) fn db(&self) -> &DatabaseTransaction {
        &self.connection
    }

    pub(super) fn find<E: Tenant>(&self) -> Select<E> {
        E::find().filter(E::WORKSPACE.eq(self.workspace_id))
    }

    pub(super) fn update<E: Tenant>(&self) -> UpdateMany<E> {
        E::update_many().filter(E::WORKSPACE.eq(self.workspace_id))
    }

    pub(super) fn delete<E: Tenant>(&self) -> DeleteMany<E> {
        E::delete_many().filter(E::WORKSPACE.eq(self.workspace_id))
    }

    /// The door that the write came through.
    pub(super) fn door(&self) -> Door {
        self.actor.door
    }

    /// Inserts into the Tx's workspace, whatever the row says.
    pub(super) async fn insert<A>(&self, row: A) -> Result<<A::Entity as EntityTrait>::Model>
    where
        A: ActiveModelTrait + ActiveModelBehavior + Send,
        A::Entity: Tenant,
        <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
    {
        Ok(A::Entity::insert(self.own(row))
            .exec_with_returning(&self.connection)
            .await?)
    }

    /// Inserts unless the unique index of `conflict` has the row already; then nothing.
    pub(super) async fn insert_new<A>(
        &self,
        row: A,
        conflict: OnConflict,
    ) -> Result<Option<<A::Entity as EntityTrait>::Model>>
    where
        A: ActiveModelTrait + ActiveModelBehavior + Send,
        A::Entity: Tenant,
        <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
    {
        let insert = A::Entity::insert(self.own(row)).on_conflict(conflict).try_insert();
        // The form for many: the one for a single row takes a conflict for a fault.
        match insert.exec_with_returning_many(&self.connection).await? {
            TryInsertResult::Inserted(mut rows) => Ok(rows.pop()),
            TryInsertResult::Conflicted | TryInsertResult::Empty => Ok(None),
        }
    }

    /// Inserts any number of rows, [`ROWS`] with a statement.
    pub(super) async fn insert_all<A>(&self, mut rows: Vec<A>) -> Result<()>
    where
        A: ActiveModelTrait + ActiveModelBehavior + Send,
        A::Entity: Tenant,
    {
        while !rows.is_empty() {
            let rest = rows.split_off(rows.len().min(ROWS));
            let some = rows.into_iter().map(|row| self.own(row));
            A::Entity::insert_many(some)
                .exec_without_returning(&self.connection)
                .await?;
            rows = rest;
        }
        Ok(())
    }

    pub(super) async fn insert_global<A>(&self, row: A) -> Result<<A::Entity as EntityTrait>::Model>
    where
        A: ActiveModelTrait + ActiveModelBehavior + Send,
        A::Entity: Global,
        <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
    {
        Ok(A::Entity::insert(row).exec_with_returning(&self.connection).await?)
    }

    pub(super) fn update_global<E: Global>(&self) -> UpdateMany<E> {
        E::update_many()
    }

    /// Writes in another workspace until [`Self::leave`]. For `partnerships` alone (a copy for the partner, an
    /// acceptance for the inviter), which has read or written the partnership of both, and for a workspace that has just
    /// been made.
    pub(super) fn enter(&mut self, workspace_id: i64, actor: Actor) -> Home {
        Home {
            workspace_id: std::mem::replace(&mut self.workspace_id, workspace_id),
            actor: std::mem::replace(&mut self.actor, actor),
        }
    }

    pub(super) fn leave(&mut self, home: Home) {
        self.workspace_id = home.workspace_id;
        self.actor = home.actor;
    }

    /// Adds an event of the workspace the Tx is in. It gets its position at the commit.
    pub(super) fn emit(&mut self, event: Event) {
        self.announce();
        self.events.push((self.workspace_id, event, self.actor.clone()));
    }

    /// Wakes, after the commit, whoever waits for the workspace the Tx is in.
    pub(super) fn announce(&mut self) {
        self.moved.insert(self.workspace_id);
    }

    /// Numbers the events and commits; gives back the outcome, which is kept for those who ask again. Until this
    /// returns, nothing of the write is visible.
    ///
    /// # Errors
    /// A database fault; then nothing was written.
    pub(super) async fn commit<T: Serialize>(self, outcome: T) -> Result<T> {
        if let Some(claim) = &self.claim {
            claim.settle(&self, &outcome).await?;
        }
        let Self {
            connection,
            now,
            events,
            moved,
            wakes,
            ..
        } = self;
        outbox::append(&connection, now, events).await?;
        connection.commit().await?;
        wakes.committed(&moved);
        Ok(outcome)
    }

    fn own<A>(&self, mut row: A) -> A
    where
        A: ActiveModelTrait,
        A::Entity: Tenant,
    {
        row.set(<A::Entity as Tenant>::WORKSPACE, self.workspace_id.into());
        row
    }
}

pub(super) fn any_of<C: ColumnTrait>(backend: DatabaseBackend, column: C, ids: &[i64]) -> Expr {
    if backend == DatabaseBackend::Postgres {
        return column.eq_any(ids.iter().copied());
    }
    let list = serde_json::Value::from(ids).to_string();
    let ids = Expr::cust_with_values("(SELECT value FROM json_each(?))", [list]);
    Expr::col(column.as_column_ref()).binary(BinOper::In, ids)
}

pub(super) fn any_uuid<C: ColumnTrait>(backend: DatabaseBackend, column: C, uuids: &[Uuid]) -> Expr {
    if backend == DatabaseBackend::Postgres {
        return column.eq_any(uuids.iter().copied());
    }
    // SQLite keeps the sixteen bytes.
    let list: Vec<String> = uuids.iter().map(|uuid| uuid.simple().to_string()).collect();
    let list = serde_json::Value::from(list).to_string();
    let uuids = Expr::cust_with_values("(SELECT unhex(value) FROM json_each(?))", [list]);
    Expr::col(column.as_column_ref()).binary(BinOper::In, uuids)
}
