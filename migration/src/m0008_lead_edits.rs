//! What edits of leads and catalogues need: who works on a lead, notes, why it was lost, what it is worth, conversions.

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
ALTER TABLE leads ADD COLUMN lost_reason TEXT;
ALTER TABLE leads ADD COLUMN value_minor BIGINT;
ALTER TABLE leads ADD COLUMN currency TEXT;
ALTER TABLE tags ADD COLUMN archived_at {timestamp};
ALTER TABLE campaigns ADD COLUMN archived_at {timestamp};

CREATE TABLE lead_assignees (
    workspace_id BIGINT NOT NULL,
    lead_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    assigned_at {timestamp} NOT NULL,
    PRIMARY KEY (workspace_id, lead_id, user_id),
    FOREIGN KEY (workspace_id, lead_id) REFERENCES leads (workspace_id, id),
    FOREIGN KEY (workspace_id, user_id) REFERENCES users (workspace_id, id)
);
CREATE INDEX lead_assignees_of_user ON lead_assignees (workspace_id, user_id, lead_id);

CREATE TABLE lead_notes (
    {id},
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    uuid {uuid} NOT NULL,
    lead_id BIGINT NOT NULL,
    author_user_id BIGINT,
    author_key_id BIGINT,
    text TEXT NOT NULL,
    deleted_at {timestamp},
    version BIGINT NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    {tenant_key},
    UNIQUE (workspace_id, uuid),
    FOREIGN KEY (workspace_id, lead_id) REFERENCES leads (workspace_id, id),
    FOREIGN KEY (workspace_id, author_user_id) REFERENCES users (workspace_id, id),
    FOREIGN KEY (workspace_id, author_key_id) REFERENCES api_keys (workspace_id, id)
);
CREATE INDEX lead_notes_of_lead ON lead_notes (workspace_id, lead_id, created_at, id) WHERE deleted_at IS NULL;

CREATE TABLE conversion_labels (
    {id},
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    uuid {uuid} NOT NULL,
    project_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    name_folded {folded} NOT NULL,
    mark_as_done BOOLEAN NOT NULL,
    mapped_status TEXT,
    archived_at {timestamp},
    version BIGINT NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    {tenant_key},
    UNIQUE (workspace_id, uuid),
    UNIQUE (workspace_id, project_id, name_folded),
    FOREIGN KEY (workspace_id, project_id) REFERENCES projects (workspace_id, id)
);
CREATE INDEX conversion_labels_newest ON conversion_labels (workspace_id, created_at, id);

CREATE TABLE conversion_jobs (
    {id},
    workspace_id BIGINT NOT NULL,
    lead_id BIGINT NOT NULL,
    label_id BIGINT,
    state TEXT NOT NULL,
    created_at {timestamp} NOT NULL,
    settled_at {timestamp},
    {tenant_key},
    FOREIGN KEY (workspace_id, lead_id) REFERENCES leads (workspace_id, id),
    FOREIGN KEY (workspace_id, label_id) REFERENCES conversion_labels (workspace_id, id)
);
CREATE UNIQUE INDEX conversion_jobs_pending ON conversion_jobs (workspace_id, lead_id) WHERE state = 'pending';
CREATE INDEX conversion_jobs_of_lead ON conversion_jobs (workspace_id, lead_id, id);
";
