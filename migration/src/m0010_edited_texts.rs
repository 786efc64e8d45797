//! Which texts of a lead somebody has edited, so that a form that is posted again leaves them alone.

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
ALTER TABLE leads ADD COLUMN edited_texts TEXT;
";
