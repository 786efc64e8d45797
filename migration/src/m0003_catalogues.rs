//! What a workspace defines for its leads: tags, custom fields, attribution sources.

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
CREATE TABLE tags (
    {id},
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    uuid {uuid} NOT NULL,
    label TEXT NOT NULL,
    label_folded {folded} NOT NULL,
    association TEXT NOT NULL,
    partner_type TEXT,
    background_color TEXT NOT NULL,
    text_color TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    {tenant_key},
    UNIQUE (workspace_id, uuid)
);
CREATE UNIQUE INDEX tags_label ON tags (workspace_id, association, label_folded, coalesce(partner_type, ''));
CREATE INDEX tags_newest ON tags (workspace_id, created_at, id);

CREATE TABLE custom_fields (
    {id},
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    uuid {uuid} NOT NULL,
    label TEXT NOT NULL,
    field_type TEXT NOT NULL,
    category TEXT NOT NULL,
    partner_type TEXT,
    required BOOLEAN NOT NULL,
    shared BOOLEAN NOT NULL,
    shared_from_uuid {uuid},
    archived_at {timestamp},
    version BIGINT NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    {tenant_key},
    UNIQUE (workspace_id, uuid),
    UNIQUE (workspace_id, shared_from_uuid)
);
CREATE INDEX custom_fields_newest ON custom_fields (workspace_id, created_at, id);

CREATE TABLE custom_field_options (
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    custom_field_id BIGINT NOT NULL,
    option_no BIGINT NOT NULL,
    uuid {uuid} NOT NULL,
    label TEXT NOT NULL,
    position BIGINT NOT NULL,
    archived_at {timestamp},
    PRIMARY KEY (workspace_id, custom_field_id, option_no),
    UNIQUE (workspace_id, uuid),
    FOREIGN KEY (workspace_id, custom_field_id) REFERENCES custom_fields (workspace_id, id)
);

CREATE TABLE attribution_sources (
    {id},
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    uuid {uuid} NOT NULL,
    label TEXT NOT NULL,
    label_folded {folded} NOT NULL,
    archived_at {timestamp},
    version BIGINT NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    {tenant_key},
    UNIQUE (workspace_id, uuid),
    UNIQUE (workspace_id, label_folded)
);
CREATE INDEX attribution_sources_newest ON attribution_sources (workspace_id, created_at, id);
"#;
