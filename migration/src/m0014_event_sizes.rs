//! How large each event is, so that whoever reads the log can stop before it is too much at a time.

use sea_orm_migration::prelude::*;

use crate::dialect;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::create(manager, SCHEMA).await
    }
}

const SCHEMA: &str = r"
ALTER TABLE events ADD COLUMN size BIGINT NOT NULL DEFAULT 0;
UPDATE events SET size = octet_length(CAST(changes AS TEXT));
";
