//! A migrated database for one test: a copy of one that is migrated once a run.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use leadgraph::domain::database::DatabaseTarget;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, FromQueryResult, JsonValue, Statement};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use url::Url;

use super::postgres::OwnServer;
use super::{Backend, Subject, postgres, scratch};

/// Dropped with the test.
#[derive(Debug)]
pub struct TestDatabase {
    pub backend: Backend,
    place: Place,
    /// The test's own view of the rows, besides the server's connections.
    connection: DatabaseConnection,
}

#[derive(Debug)]
enum Place {
    File {
        directory: TempDir,
    },
    Server {
        url: Url,
    },
    /// Of a server that ends with the test.
    OwnServer {
        url: Url,
    },
}

static SERIAL: AtomicU32 = AtomicU32::new(0);
static SQLITE_TEMPLATE: OnceCell<PathBuf> = OnceCell::const_new();
static POSTGRES_TEMPLATE: OnceCell<String> = OnceCell::const_new();

impl Subject for TestDatabase {
    async fn set_up(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => Self::file(Contents::Migrated).await,
            Backend::Postgres => Self::on_server(Contents::Migrated).await,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Contents {
    Nothing,
    Migrated,
}

impl TestDatabase {
    /// Without any table, for tests of migrations and of the commands that run them.
    pub async fn empty(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => Self::file(Contents::Nothing).await,
            Backend::Postgres => Self::on_server(Contents::Nothing).await,
        }
    }

    async fn file(contents: Contents) -> Self {
        let directory = tempfile::tempdir_in(scratch()).unwrap();
        let file = directory.path().join("leadgraph.db");
        if contents == Contents::Migrated {
            let template = SQLITE_TEMPLATE.get_or_init(migrated_file).await;
            std::fs::copy(template, &file).unwrap();
        }
        let connection = connect_sqlite(&file).await;
        Self {
            backend: Backend::Sqlite,
            place: Place::File { directory },
            connection,
        }
    }

    async fn on_server(contents: Contents) -> Self {
        let template = match contents {
            Contents::Nothing => "template0",
            Contents::Migrated => POSTGRES_TEMPLATE.get_or_init(migrated_database).await,
        };
        let name = fresh_name();
        let url = create_database(&name, template).await;
        Self {
            backend: Backend::Postgres,
            connection: Database::connect(url.as_str()).await.unwrap(),
            place: Place::Server { url },
        }
    }

    pub fn target(&self) -> DatabaseTarget {
        match &self.place {
            Place::File { .. } => DatabaseTarget::Sqlite(self.file_path()),
            Place::Server { url } | Place::OwnServer { url } => DatabaseTarget::Postgres(url.to_string()),
        }
    }

    /// All of a server of the test's own, and empty.
    pub async fn of(server: &OwnServer) -> Self {
        let url = server.url();
        Self {
            backend: Backend::Postgres,
            connection: Database::connect(url.as_str()).await.unwrap(),
            place: Place::OwnServer { url },
        }
    }

    /// As the command line takes it.
    pub fn url(&self) -> String {
        match &self.place {
            Place::File { .. } => format!("sqlite://{}", self.file_path().display()),
            Place::Server { url } | Place::OwnServer { url } => url.to_string(),
        }
    }

    fn file_path(&self) -> PathBuf {
        match &self.place {
            Place::File { directory } => directory.path().join("leadgraph.db"),
            Place::Server { .. } | Place::OwnServer { .. } => panic!("a database on a server is no file"),
        }
    }

    pub fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }

    /// The rows of a query, each as a JSON object.
    pub async fn rows(&self, sql: &str) -> Vec<JsonValue> {
        let statement = Statement::from_string(self.connection.get_database_backend(), sql);
        let found = JsonValue::find_by_statement(statement).all(&self.connection).await;
        let mut rows = found.unwrap_or_else(|error| panic!("{sql}: {error}"));
        if self.backend == Backend::Sqlite {
            rows.iter_mut().for_each(parse_documents);
        }
        rows
    }

    /// The only row of a query.
    pub async fn row(&self, sql: &str) -> JsonValue {
        let mut rows = self.rows(sql).await;
        assert_eq!(rows.len(), 1, "{sql}: {rows:?}");
        rows.remove(0)
    }

    /// The number that a query gives.
    pub async fn number(&self, sql: &str) -> i64 {
        let statement = Statement::from_string(self.connection.get_database_backend(), sql);
        let row = self.connection.query_one_raw(statement).await.unwrap().expect("a row");
        row.try_get_by_index(0).unwrap()
    }

    pub async fn execute(&self, sql: &str) {
        let done = self.connection.execute_unprepared(sql).await;
        done.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// What the database says against a statement it must refuse.
    pub async fn refusal(&self, sql: &str) -> String {
        match self.connection.execute_unprepared(sql).await {
            Ok(_) => panic!("accepted: {sql}"),
            Err(error) => error.to_string(),
        }
    }
}

impl Drop for TestDatabase {
    /// Takes a server's database away, also from connections that a failed test left open.
    fn drop(&mut self) {
        let Place::Server { url } = &self.place else { return };
        let name = url.path().trim_start_matches('/').to_owned();
        drop_databases(vec![name]);
    }
}

/// Drops the template of this run.
pub fn finish() {
    if let Some(template) = POSTGRES_TEMPLATE.get() {
        drop_databases(vec![template.clone()]);
    }
}

/// On a thread of its own, because it is called where nothing can be awaited.
fn drop_databases(names: Vec<String>) {
    let work = async move {
        let connection = Database::connect(postgres::server().as_str()).await?;
        for name in names {
            let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            connection.execute_unprepared(&drop).await?;
        }
        connection.close().await
    };
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime starts").block_on(work)
    });
    if let Ok(Err(error)) = thread.join() {
        eprintln!("a test database was left behind: {error}");
    }
}

/// SQLite does not say that a column holds JSON.
fn parse_documents(row: &mut JsonValue) {
    const DOCUMENTS: &[&str] = &[
        "actor",
        "attribution_data",
        "changes",
        "channel_flow",
        "data",
        "device_data",
        "form_data",
        "partner_custom_fields",
        "user_data",
        "value",
    ];
    let Some(columns) = row.as_object_mut() else { return };
    for (name, value) in columns {
        if DOCUMENTS.contains(&name.as_str())
            && let Some(text) = value.as_str()
            && let Ok(document) = serde_json::from_str(text)
        {
            *value = document;
        }
    }
}

async fn connect_sqlite(file: &Path) -> DatabaseConnection {
    let url = format!("sqlite://{}?mode=rwc", file.display());
    let mut options = sea_orm::ConnectOptions::new(url);
    options.max_connections(1).map_sqlx_sqlite_opts(|sqlite| {
        sqlite
            .foreign_keys(true)
            .busy_timeout(std::time::Duration::from_secs(10))
    });
    Database::connect(options).await.unwrap()
}

async fn migrated_file() -> PathBuf {
    let file = scratch().join("template.db");
    let connection = connect_sqlite(&file).await;
    migration::apply(&connection).await.unwrap();
    connection.close().await.unwrap();
    file
}

async fn migrated_database() -> String {
    let name = fresh_name();
    let url = create_database(&name, "template0").await;
    let connection = Database::connect(url.as_str()).await.unwrap();
    migration::apply(&connection).await.unwrap();
    connection.close().await.unwrap();
    name
}

fn fresh_name() -> String {
    let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
    format!("leadgraph_test_{}_{serial}", std::process::id())
}

async fn create_database(name: &str, template: &str) -> Url {
    let mut url = postgres::server();
    let connection = Database::connect(url.as_str()).await.unwrap();
    // Two copies of one template at a time are refused; a copy takes some milliseconds.
    static ONE_AT_A_TIME: LazyLock<tokio::sync::Mutex<()>> = LazyLock::new(|| tokio::sync::Mutex::new(()));
    let turn = ONE_AT_A_TIME.lock().await;
    let create = format!("CREATE DATABASE {name} TEMPLATE {template}");
    connection.execute_unprepared(&create).await.unwrap();
    drop(turn);
    connection.close().await.unwrap();
    url.set_path(name);
    url
}
