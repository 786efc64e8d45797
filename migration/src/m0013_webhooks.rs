//! Webhooks: where events are sent, what is to be sent there, and every attempt at it.
//!
//! What happened before there were webhooks is sent nowhere: their reader begins at the present end of each log.

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
INSERT INTO event_consumers (workspace_id, consumer, position)
    SELECT workspace_id, 'webhooks', position FROM workspace_counters;

CREATE TABLE webhook_endpoints (
    {id},
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    uuid {uuid} NOT NULL,
    label TEXT NOT NULL,
    url TEXT NOT NULL,
    event_types {json} NOT NULL,
    filter {json},
    style TEXT NOT NULL,
    api_key_claim TEXT NOT NULL,
    user_uuid {uuid},
    secret {bytes} NOT NULL,
    secret_key_id TEXT NOT NULL,
    secret_made_at {timestamp} NOT NULL,
    old_secret {bytes},
    old_secret_key_id TEXT,
    old_secret_until {timestamp},
    starts_after BIGINT NOT NULL,
    disabled_at {timestamp},
    disabled_reason TEXT,
    failing_since {timestamp},
    archived_at {timestamp},
    version BIGINT NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    {tenant_key},
    UNIQUE (workspace_id, uuid)
);
CREATE INDEX webhook_endpoints_newest ON webhook_endpoints (workspace_id, created_at, id);

CREATE TABLE webhook_deliveries (
    {id},
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    uuid {uuid} NOT NULL,
    endpoint_id BIGINT NOT NULL,
    message_uuid {uuid} NOT NULL,
    kind TEXT NOT NULL,
    position BIGINT,
    event_type TEXT NOT NULL,
    lead_id BIGINT,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    due_at {timestamp} NOT NULL,
    lease {uuid},
    settled_at {timestamp},
    created_at {timestamp} NOT NULL,
    {tenant_key},
    UNIQUE (workspace_id, uuid),
    FOREIGN KEY (workspace_id, endpoint_id) REFERENCES webhook_endpoints (workspace_id, id),
    FOREIGN KEY (workspace_id, lead_id) REFERENCES leads (workspace_id, id)
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (workspace_id, endpoint_id, due_at) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_lane ON webhook_deliveries (workspace_id, endpoint_id, lead_id, id)
    WHERE state IN ('pending', 'held');
CREATE INDEX webhook_deliveries_newest ON webhook_deliveries (workspace_id, endpoint_id, created_at, id);
CREATE INDEX webhook_deliveries_oldest ON webhook_deliveries (workspace_id, settled_at, id);

CREATE TABLE webhook_attempts (
    {id},
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    delivery_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    at {timestamp} NOT NULL,
    duration_ms BIGINT NOT NULL,
    status BIGINT,
    error TEXT,
    answer TEXT,
    {tenant_key},
    FOREIGN KEY (workspace_id, delivery_id) REFERENCES webhook_deliveries (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX webhook_attempts_delivery ON webhook_attempts (workspace_id, delivery_id, number);
";
