//! The ledger of writes that clients may send again: what each key stood for, and what became of it.

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
CREATE TABLE idempotency_keys (
    {id},
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    caller_uuid {uuid} NOT NULL,
    key TEXT NOT NULL,
    operation TEXT NOT NULL,
    command_hash {bytes} NOT NULL,
    outcome TEXT,
    created_at {timestamp} NOT NULL,
    {tenant_key},
    UNIQUE (workspace_id, caller_uuid, key)
);
CREATE INDEX idempotency_keys_oldest ON idempotency_keys (workspace_id, created_at, id);
";
