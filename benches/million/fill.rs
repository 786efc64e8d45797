//! Fills a database: indexes and triggers go while the rows come in, and are made again as the migrations made them.

use std::time::Instant;

use leadgraph::domain::Services;
use leadgraph::domain::Settings;
use leadgraph::domain::database::{Database, DatabaseOptions, DatabaseTarget};
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseBackend, DatabaseConnection, DbErr, Statement, TransactionTrait,
};

use super::catalogue::{self, Place};
use super::leads::{NAMES, Tables};

#[derive(clap::Args)]
pub struct Arguments {
    /// `postgres://…`, or the file of a SQLite database
    #[arg(long)]
    database: String,
    /// How many leads, nine tenths of them in the first of two workspaces
    #[arg(long, default_value_t = 1_000_000)]
    leads: i64,
}

/// Leads that are written in one transaction.
const CHUNK: i64 = 5_000;

pub async fn fill(arguments: Arguments) -> Result<(), String> {
    let Arguments { database, leads } = arguments;
    let target = match database.starts_with("postgres") {
        true => DatabaseTarget::Postgres(database),
        false => DatabaseTarget::Sqlite(database.trim_start_matches("sqlite://").into()),
    };
    let places = fill_target(target, leads, Progress::Shown).await?;
    println!(
        "{}",
        serde_json::json!({"leads": leads, "key": places[0].key, "smallKey": places[1].key})
    );
    Ok(())
}

/// Whether to say how far it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    Shown,
    #[allow(dead_code, reason = "tests fill quietly")]
    Hidden,
}

/// The two workspaces, the large one first.
pub async fn fill_target(target: DatabaseTarget, leads: i64, progress: Progress) -> Result<Vec<Place>, String> {
    let options = DatabaseOptions {
        target: target.clone(),
        connections: 2,
        acquire_timeout: std::time::Duration::from_secs(10),
    };
    let text = |error: DbErr| error.to_string();
    let database = Database::connect(&options)
        .await
        .map_err(|error| format!("{error:?}"))?;
    migration::apply(database.writer()).await.map_err(text)?;
    let services = Services::new(database, Settings::default());
    let mut places = Vec::new();
    for name in ["Large", "Small"] {
        let place = catalogue::make(&services, name).await;
        places.push(place.map_err(|error| format!("the catalogues cannot be made: {error:?}"))?);
    }
    services.database().close().await;
    write(&target, &places, leads, progress).await.map_err(text)?;
    Ok(places)
}

async fn write(target: &DatabaseTarget, places: &[Place], leads: i64, progress: Progress) -> Result<(), DbErr> {
    let started = Instant::now();
    let say = |what: &str| {
        if progress == Progress::Shown {
            eprintln!("{:6.1} s  {what}", started.elapsed().as_secs_f64());
        }
    };
    let db = connect(target).await?;
    let kept = take_away(&db).await?;
    let mut tables = Tables::new();
    for first in (1..=leads).step_by(usize::try_from(CHUNK).unwrap_or(1)) {
        for id in first..(first + CHUNK).min(leads + 1) {
            tables.add(&places[usize::from(id % 10 == 0)], id, leads);
        }
        let tx = db.begin().await?;
        tables.flush(&tx).await?;
        tx.commit().await?;
        if (first - 1) % (20 * CHUNK) == 0 {
            say(&format!("lead {first}"));
        }
    }
    for statement in kept {
        say(statement.split(" ON ").next().unwrap_or_default());
        db.execute_unprepared(&statement).await?;
    }
    say("done");
    db.close().await
}

/// One connection that checks no foreign keys and waits for no disk.
async fn connect(target: &DatabaseTarget) -> Result<DatabaseConnection, DbErr> {
    match target {
        DatabaseTarget::Postgres(url) => {
            let mut options = ConnectOptions::new(url);
            options.max_connections(1).sqlx_logging(false);
            let db = sea_orm::Database::connect(options).await?;
            db.execute_unprepared("SET synchronous_commit = off").await?;
            // Only superusers may; for others it takes longer.
            if db
                .execute_unprepared("SET session_replication_role = replica")
                .await
                .is_err()
            {
                eprintln!("foreign keys are checked, because this role is no superuser");
            }
            Ok(db)
        }
        DatabaseTarget::Sqlite(path) => {
            let path = path.clone();
            let mut options = ConnectOptions::new("sqlite://");
            options
                .max_connections(1)
                .sqlx_logging(false)
                .map_sqlx_sqlite_opts(move |sqlite| {
                    sqlite
                        .filename(&path)
                        .foreign_keys(false)
                        .pragma("synchronous", "OFF")
                        .pragma("cache_size", "-524288")
                });
            sea_orm::Database::connect(options).await
        }
    }
}

/// Drops what slows down and says how to make it again.
async fn take_away(db: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    let names = NAMES.map(|name| format!("'{name}'")).join(", ");
    let sql = match db.get_database_backend() {
        DatabaseBackend::Postgres => format!(
            "SELECT 'INDEX' AS kind, indexname AS name, indexdef AS sql FROM pg_indexes
             WHERE schemaname = 'public' AND tablename IN ({names})
             AND indexname NOT IN (SELECT conname FROM pg_constraint)"
        ),
        _ => format!(
            "SELECT upper(type) AS kind, name, sql FROM sqlite_master
             WHERE type IN ('index', 'trigger') AND sql IS NOT NULL AND tbl_name IN ({names}) ORDER BY type, name"
        ),
    };
    let rows = db
        .query_all_raw(Statement::from_string(db.get_database_backend(), sql))
        .await?;
    let mut kept = Vec::new();
    for row in rows {
        let (kind, name): (String, String) = (row.try_get("", "kind")?, row.try_get("", "name")?);
        db.execute_unprepared(&format!("DROP {kind} {name}")).await?;
        kept.push(row.try_get("", "sql")?);
    }
    if db.get_database_backend() == DatabaseBackend::Postgres {
        let numbered = ["leads"].map(|table| {
            format!("SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
        });
        kept.extend(numbered);
        kept.push("VACUUM ANALYZE".to_owned());
    } else {
        kept.push("INSERT INTO lead_search(lead_search) VALUES ('rebuild')".to_owned());
    }
    Ok(kept)
}
