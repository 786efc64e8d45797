//! `backup`: a consistent copy of a SQLite database in one file, taken while the server runs.

use std::path::{Path, PathBuf};

use clap::Args;
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::failure::Failure;
use super::output::Record;
use super::{Common, create_private};
use crate::app;
use crate::config::{DatabaseTarget, Needs};

#[derive(Debug, Args)]
pub(super) struct BackupArgs {
    /// The new file; it must not exist
    file: PathBuf,
    #[command(flatten)]
    common: Common,
}

pub(super) async fn run(args: BackupArgs) -> Result<(), Failure> {
    let BackupArgs { file, common } = args;
    let config = common.config(Needs::Database)?;
    let DatabaseTarget::Sqlite(source) = &config.database.target else {
        return Err(Failure::new("backup is for SQLite; use pg_dump for PostgreSQL"));
    };
    if !source.exists() {
        return Err(Failure::new(format!("{}: there is no such database", source.display())));
    }
    let services = app::connect(&config).await?;
    let failed = |cause: std::io::Error| Failure::new(format!("{}: {cause}", file.display()));
    // Made here, so that it never exists with another mode; the statement accepts an empty file.
    let target = create_private(&file).map_err(failed)?;
    let copied = services.database().writer().execute_unprepared(&vacuum(&file)?).await;
    services.database().close().await;
    if let Err(cause) = copied {
        // It was made by us a moment ago and holds nothing of use.
        let _ = std::fs::remove_file(&file);
        return Err(Failure::new(format!("the copy failed: {cause}")));
    }
    target.sync_all().map_err(failed)?;
    let bytes = target.metadata().map_err(failed)?.len();
    common
        .output()
        .print(&Record::new([("file", json!(file)), ("bytes", json!(bytes))]));
    Ok(())
}

fn vacuum(file: &Path) -> Result<String, Failure> {
    let path = file
        .to_str()
        .ok_or_else(|| Failure::new("the file's name is not UTF-8"))?;
    // A name that starts with `file:` would be read as a URI.
    let path = if file.is_absolute() {
        path.into()
    } else {
        format!("./{path}")
    };
    Ok(format!("VACUUM INTO '{}'", path.replace('\'', "''")))
}
