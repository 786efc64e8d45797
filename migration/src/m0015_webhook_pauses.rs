//! When each endpoint was switched off, in positions of the log: what happened while it was on is sent, also when nobody
//! has looked before it was off.

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
ALTER TABLE webhook_endpoints ADD COLUMN off_after BIGINT;
ALTER TABLE webhook_endpoints ADD COLUMN off_until BIGINT;
UPDATE webhook_endpoints SET off_after = starts_after WHERE disabled_at IS NOT NULL;
";
