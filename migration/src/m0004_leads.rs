//! Leads. The two partial unique indexes are what makes upserts and the duplicate rule safe under races.

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
CREATE TABLE leads (
    {id},
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    uuid {uuid} NOT NULL,
    project_id BIGINT,
    origin TEXT NOT NULL,
    email TEXT,
    email_normalized {folded},
    phone TEXT,
    phone_normalized {folded},
    first_name TEXT,
    last_name TEXT,
    company_name TEXT,
    status TEXT NOT NULL,
    processing_state TEXT NOT NULL,
    source TEXT,
    association_type TEXT,
    campaign_id BIGINT,
    integration_name TEXT,
    form_name TEXT,
    form_message TEXT,
    unique_event_id TEXT,
    external_id TEXT,
    dedupe_key TEXT,
    user_data {json},
    form_data {json},
    attribution_data {json},
    device_data {json},
    channel_flow {json},
    created_by_user_id BIGINT,
    created_by_key_id BIGINT,
    merged_into_id BIGINT,
    erased_at {timestamp},
    deleted_at {timestamp},
    version BIGINT NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    {tenant_key},
    UNIQUE (workspace_id, uuid),
    FOREIGN KEY (workspace_id, project_id) REFERENCES projects (workspace_id, id),
    FOREIGN KEY (workspace_id, campaign_id) REFERENCES campaigns (workspace_id, id),
    FOREIGN KEY (workspace_id, created_by_user_id) REFERENCES users (workspace_id, id),
    FOREIGN KEY (workspace_id, created_by_key_id) REFERENCES api_keys (workspace_id, id),
    FOREIGN KEY (workspace_id, merged_into_id) REFERENCES leads (workspace_id, id),
    CHECK (unique_event_id IS NULL OR project_id IS NOT NULL),
    CHECK (length(external_id) <= 255),
    CHECK (length(unique_event_id) <= 255)
);
CREATE UNIQUE INDEX leads_unique_event ON leads (workspace_id, project_id, unique_event_id)
    WHERE unique_event_id IS NOT NULL AND deleted_at IS NULL;
CREATE UNIQUE INDEX leads_dedupe ON leads (workspace_id, dedupe_key)
    WHERE dedupe_key IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX leads_newest ON leads (workspace_id, created_at, id)
    WHERE deleted_at IS NULL AND merged_into_id IS NULL;
CREATE INDEX leads_newest_of_project ON leads (workspace_id, project_id, created_at, id)
    WHERE deleted_at IS NULL AND merged_into_id IS NULL;
CREATE INDEX leads_email ON leads (workspace_id, email_normalized);
CREATE INDEX leads_phone ON leads (workspace_id, phone_normalized);
CREATE INDEX leads_external_id ON leads (workspace_id, external_id, created_at, id)
    WHERE external_id IS NOT NULL;
"#;
