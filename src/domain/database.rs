//! The connections: one writer and some readers on SQLite, one pool on PostgreSQL.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, ConnectionTrait, DatabaseBackend, DatabaseConnection, DbErr, Statement};

use super::error::Result;

/// How to reach a database.
#[derive(Clone, Debug)]
pub struct DatabaseOptions {
    pub target: DatabaseTarget,
    /// PostgreSQL: connections in all. SQLite: reading connections, besides the one writer.
    pub connections: u32,
    /// How long a request waits for a connection.
    pub acquire_timeout: Duration,
}

#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseTarget {
    /// A file; made, with mode 0600, when it is not there.
    Sqlite(PathBuf),
    /// A `postgres://` URL, with its password.
    Postgres(String),
}

impl std::fmt::Debug for DatabaseTarget {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(out, "Sqlite({})", path.display()),
            Self::Postgres(_) => write!(out, "Postgres(<redacted>)"),
        }
    }
}

/// Connections to the database at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolState {
    pub connections: u32,
    /// Of these, those that do nothing.
    pub idle: u32,
}

#[derive(Debug)]
pub struct Database {
    writer: DatabaseConnection,
    reader: DatabaseConnection,
    /// The same two, without anybody who counts.
    uncounted: [DatabaseConnection; 2],
    statements: Arc<AtomicU64>,
    watch: Arc<OnceLock<Sender<Statement>>>,
}

impl Database {
    /// # Errors
    /// [`super::error::Error::Unavailable`] when the database cannot be opened or reached.
    pub async fn connect(options: &DatabaseOptions) -> Result<Self> {
        let (mut writer, mut reader) = match &options.target {
            DatabaseTarget::Sqlite(path) => {
                create_private(path)?;
                let writer = sea_orm::Database::connect(sqlite(path, options, Access::Write)).await?;
                let reader = sea_orm::Database::connect(sqlite(path, options, Access::Read)).await?;
                (writer, reader)
            }
            DatabaseTarget::Postgres(url) => {
                let pool = sea_orm::Database::connect(postgres(url, options)).await?;
                (pool.clone(), pool)
            }
        };
        let uncounted = [writer.clone(), reader.clone()];
        let statements = Arc::new(AtomicU64::new(0));
        let watch = Arc::new(OnceLock::<Sender<Statement>>::new());
        for connection in [&mut writer, &mut reader] {
            let (count, watch) = (Arc::clone(&statements), Arc::clone(&watch));
            connection.set_metric_callback(move |sent| {
                count.fetch_add(1, Ordering::Relaxed);
                trace(sent);
                if let Some(watch) = watch.get() {
                    // Whoever watched may have gone.
                    let _ = watch.send(sent.statement.clone());
                }
            });
        }
        Ok(Self {
            writer,
            reader,
            uncounted,
            statements,
            watch,
        })
    }

    /// The same connections for the server's own loops: what those send is not counted among what requests do.
    pub(super) fn aside(&self) -> Self {
        let [writer, reader] = self.uncounted.clone();
        Self {
            writer,
            reader,
            uncounted: self.uncounted.clone(),
            statements: Arc::default(),
            watch: Arc::default(),
        }
    }

    pub fn backend(&self) -> DatabaseBackend {
        self.writer.get_database_backend()
    }

    /// For migrations, backups and tests; operations go through [`super::op::Op`].
    pub fn writer(&self) -> &DatabaseConnection {
        &self.writer
    }

    pub(super) fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// SQL statements sent since the start, by all requests.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// The statements that are sent from now on, with their values: to look at their plans. The first call counts.
    pub fn watch(&self) -> Receiver<Statement> {
        let (watch, sent) = channel();
        self.watch.get_or_init(|| watch);
        sent
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`super::error::Error::Unavailable`] when it does not.
    pub async fn ping(&self) -> Result<()> {
        self.reader.execute_unprepared("SELECT 1").await?;
        Ok(())
    }

    /// Sets the number that the next row of `table` gets. For data whose numbers must be known ones, such as the demo's.
    ///
    /// # Errors
    /// A database fault.
    pub async fn next_id(&self, table: &'static str, id: i64) -> Result<()> {
        let last = id - 1;
        let statements = match self.backend() {
            DatabaseBackend::Postgres => {
                vec![format!(
                    "SELECT setval(pg_get_serial_sequence('{table}', 'id'), {id}, false)"
                )]
            }
            // SQLite's own table has no unique key that an upsert could name.
            _ => vec![
                format!("DELETE FROM sqlite_sequence WHERE name = '{table}'"),
                format!("INSERT INTO sqlite_sequence (name, seq) VALUES ('{table}', {last})"),
            ],
        };
        for statement in statements {
            self.writer.execute_unprepared(&statement).await?;
        }
        Ok(())
    }

    /// The connections that are open now.
    pub fn pool(&self) -> PoolState {
        let (size, idle) = match self.backend() {
            DatabaseBackend::Postgres => {
                let pool = self.writer.get_postgres_connection_pool();
                (pool.size(), pool.num_idle())
            }
            _ => {
                let (writer, reader) = (
                    self.writer.get_sqlite_connection_pool(),
                    self.reader.get_sqlite_connection_pool(),
                );
                (writer.size() + reader.size(), writer.num_idle() + reader.num_idle())
            }
        };
        PoolState {
            connections: size,
            idle: u32::try_from(idle).unwrap_or(u32::MAX),
        }
    }

    /// Waits for running statements and closes.
    pub async fn close(&self) {
        // Closing fails only when it was closed before.
        let _ = self.reader.clone().close().await;
        let _ = self.writer.clone().close().await;
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

/// The file holds personal data: nobody else on the machine may read it, nor its journals. Those that `SQLite` makes
/// inherit the file's mode; a file that was open to others, and what lies beside it, is closed to them.
fn create_private(path: &Path) -> Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let failed = |error| DbErr::Conn(sea_orm::RuntimeErr::Internal(format!("{}: {error}", path.display())));
    std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .map_err(failed)?;
    for suffix in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(suffix);
        close_to_others(Path::new(&file));
    }
    Ok(())
}

/// Only the owner can: the server of another user goes on with what it was given.
fn close_to_others(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let Ok(found) = std::fs::metadata(file) else {
        return;
    };
    if found.permissions().mode() & 0o077 == 0 {
        return;
    }
    let private = std::fs::Permissions::from_mode(0o600);
    match std::fs::set_permissions(file, private) {
        Ok(()) => tracing::info!(file = %file.display(), "closed the file to other users of this machine"),
        Err(error) => {
            tracing::warn!(file = %file.display(), %error, "other users of this machine can open this file");
        }
    }
}

fn sqlite(path: &Path, options: &DatabaseOptions, access: Access) -> ConnectOptions {
    let file = path.to_owned();
    let mut connect = ConnectOptions::new("sqlite://");
    connect
        .map_sqlx_sqlite_opts(move |sqlite| {
            sqlite
                .filename(&file)
                .journal_mode(SqliteJournalMode::Wal)
                // FULL: a commit is on the disk before the client hears of it.
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(Duration::from_secs(10))
                .foreign_keys(true)
                .pragma("secure_delete", "ON")
                .pragma("cache_size", "-32768")
                .pragma("query_only", if access == Access::Read { "ON" } else { "OFF" })
        })
        .min_connections(1)
        .max_connections(if access == Access::Read { options.connections } else { 1 })
        .idle_timeout(None)
        .max_lifetime(None);
    common(connect, options)
}

/// For PostgreSQL. Longer than a request may take by default; migrations lift it.
const STATEMENT_TIMEOUT: &str = "60s";

fn postgres(url: &str, options: &DatabaseOptions) -> ConnectOptions {
    let mut connect = ConnectOptions::new(url);
    connect
        .max_connections(options.connections.max(2))
        .test_before_acquire_if_idle_for(Duration::from_secs(5))
        // A request that is given up leaves its statement running: this ends it.
        .map_sqlx_postgres_opts(|postgres| postgres.options([("statement_timeout", STATEMENT_TIMEOUT)]));
    common(connect, options)
}

fn common(mut connect: ConnectOptions, options: &DatabaseOptions) -> ConnectOptions {
    connect
        .acquire_timeout(options.acquire_timeout)
        .connect_timeout(options.acquire_timeout)
        .sqlx_logging(false);
    if matches!(options.target, DatabaseTarget::Sqlite(_)) {
        connect.test_before_acquire(false);
    }
    connect
}

/// For traces, which leave the process: the statement with places for its values, and without them.
fn trace(sent: &sea_orm::metric::Info<'_>) {
    tracing::debug!(
        target: "leadgraph::traces",
        sql = sent.statement.sql.as_str(),
        failed = sent.failed,
        duration_ms = sent.elapsed.as_micros() as f64 / 1000.0,
        "statement"
    );
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[tokio::test]
    async fn a_database_that_others_could_read_is_closed_to_them() {
        let directory = tempfile::tempdir().expect("a directory");
        let options = DatabaseOptions {
            target: DatabaseTarget::Sqlite(directory.path().join("leads.db")),
            connections: 1,
            acquire_timeout: Duration::from_secs(10),
        };
        let database = Database::connect(&options).await.expect("a database");
        database
            .writer()
            .execute_unprepared("CREATE TABLE kept (id INTEGER)")
            .await
            .expect("a table");
        let files = || -> Vec<PathBuf> {
            let entries = fs::read_dir(directory.path()).expect("a listing");
            entries.map(|entry| entry.expect("an entry").path()).collect()
        };
        assert_eq!(files().len(), 3, "a database and its journals");
        for file in files() {
            fs::set_permissions(&file, Permissions::from_mode(0o644)).expect("changed");
        }
        let again = Database::connect(&options).await.expect("a database");
        for file in files() {
            let mode = fs::metadata(&file).expect("there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}", file.display());
        }
        again.close().await;
        database.close().await;
    }
}
