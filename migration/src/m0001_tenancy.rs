//! Workspaces and who may act in them: projects, users, api keys.

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

const SCHEMA: &str = r#"
CREATE TABLE workspaces (
    {global_id},
    uuid {uuid} NOT NULL UNIQUE,
    name TEXT NOT NULL,
    dedupe_policy TEXT NOT NULL,
    enforce_required_fields BOOLEAN NOT NULL,
    version BIGINT NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL
);

CREATE TABLE projects (
    {id},
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    uuid {uuid} NOT NULL,
    public_id TEXT NOT NULL,
    name TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    version BIGINT NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    {tenant_key},
    UNIQUE (workspace_id, uuid),
    UNIQUE (workspace_id, public_id)
);
CREATE INDEX projects_newest ON projects (workspace_id, created_at, id);

CREATE TABLE users (
    {id},
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    uuid {uuid} NOT NULL,
    email TEXT NOT NULL,
    email_folded {folded} NOT NULL,
    first_name TEXT,
    last_name TEXT,
    role TEXT NOT NULL,
    external_subject TEXT,
    disabled_at {timestamp},
    version BIGINT NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    {tenant_key},
    UNIQUE (workspace_id, uuid),
    UNIQUE (workspace_id, email_folded),
    UNIQUE (workspace_id, external_subject)
);
CREATE INDEX users_newest ON users (workspace_id, created_at, id);

CREATE TABLE api_keys (
    {id},
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    uuid {uuid} NOT NULL,
    project_id BIGINT,
    user_id BIGINT,
    label TEXT NOT NULL,
    key_prefix TEXT NOT NULL,
    key_hash {bytes} NOT NULL,
    can_read BOOLEAN NOT NULL,
    can_write BOOLEAN NOT NULL,
    can_admin BOOLEAN NOT NULL,
    expires_at {timestamp},
    revoked_at {timestamp},
    last_used_at {timestamp},
    version BIGINT NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    {tenant_key},
    UNIQUE (workspace_id, uuid),
    UNIQUE (workspace_id, key_hash),
    FOREIGN KEY (workspace_id, project_id) REFERENCES projects (workspace_id, id),
    FOREIGN KEY (workspace_id, user_id) REFERENCES users (workspace_id, id)
);
CREATE INDEX api_keys_newest ON api_keys (workspace_id, created_at, id);

CREATE TABLE api_key_index (
    key_hash {bytes} NOT NULL PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    api_key_id BIGINT NOT NULL
);
"#;
