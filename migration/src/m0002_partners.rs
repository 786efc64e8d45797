//! Partner companies, the partnerships with them, their people; campaigns.

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
CREATE TABLE partnerships (
    {global_id},
    uuid {uuid} NOT NULL UNIQUE,
    workspace_a BIGINT NOT NULL REFERENCES workspaces (id),
    workspace_b BIGINT REFERENCES workspaces (id),
    partner_type TEXT NOT NULL,
    state TEXT NOT NULL,
    reseller_side TEXT,
    version BIGINT NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CHECK (workspace_b IS NULL OR workspace_b <> workspace_a)
);

CREATE TABLE partner_companies (
    {id},
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    uuid {uuid} NOT NULL,
    name TEXT NOT NULL,
    domain TEXT,
    website TEXT,
    country TEXT,
    version BIGINT NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    {tenant_key},
    UNIQUE (workspace_id, uuid)
);
CREATE INDEX partner_companies_newest ON partner_companies (workspace_id, created_at, id);

CREATE TABLE company_partnerships (
    {id},
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    uuid {uuid} NOT NULL,
    partnership_id BIGINT NOT NULL REFERENCES partnerships (id),
    partner_company_id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    {tenant_key},
    UNIQUE (workspace_id, uuid),
    UNIQUE (workspace_id, partnership_id),
    FOREIGN KEY (workspace_id, partner_company_id) REFERENCES partner_companies (workspace_id, id)
);
CREATE INDEX company_partnerships_newest ON company_partnerships (workspace_id, created_at, id);

CREATE TABLE partner_users (
    {id},
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    uuid {uuid} NOT NULL,
    partner_company_id BIGINT NOT NULL,
    user_uuid {uuid},
    email TEXT NOT NULL,
    email_folded {folded} NOT NULL,
    name TEXT,
    version BIGINT NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    {tenant_key},
    UNIQUE (workspace_id, uuid),
    UNIQUE (workspace_id, partner_company_id, email_folded),
    FOREIGN KEY (workspace_id, partner_company_id) REFERENCES partner_companies (workspace_id, id)
);
CREATE INDEX partner_users_newest ON partner_users (workspace_id, created_at, id);

CREATE TABLE campaigns (
    {id},
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    uuid {uuid} NOT NULL,
    title TEXT NOT NULL,
    starts_at {timestamp},
    ends_at {timestamp},
    version BIGINT NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    {tenant_key},
    UNIQUE (workspace_id, uuid)
);
CREATE INDEX campaigns_newest ON campaigns (workspace_id, created_at, id);
"#;
