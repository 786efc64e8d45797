//! `migrate` and `schema`.

use serde_json::json;

use super::failure::Failure;
use super::output::Record;
use super::{Common, output};
use crate::config::{Needs, Switch};
use crate::{app, graphql};

pub(super) async fn migrate(common: &Common) -> Result<(), Failure> {
    let config = common.config(Needs::Database)?;
    let services = app::connect(&config).await?;
    app::schema(&services, Switch::On).await?;
    services.database().close().await;
    common.output().print(&Record::new([("schema", json!("up to date"))]));
    Ok(())
}

pub(super) fn print_schema() -> Result<(), Failure> {
    output::write(&graphql::sdl());
    Ok(())
}
