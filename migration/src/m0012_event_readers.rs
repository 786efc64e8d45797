//! Who reads the event log: how far each of the server's own readers is, and the notifications that one of them makes.
//!
//! What happened before there were notifications is news to nobody: that reader begins at the present end of each log.

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
CREATE TABLE event_consumers (
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    consumer TEXT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, consumer)
);
INSERT INTO event_consumers (workspace_id, consumer, position)
    SELECT workspace_id, 'notifications', position FROM workspace_counters;

CREATE INDEX events_of_no_lead ON events (workspace_id, position) WHERE lead_id IS NULL;

CREATE TABLE notifications (
    {id},
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    uuid {uuid} NOT NULL,
    user_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    position BIGINT NOT NULL,
    subject_uuid {uuid} NOT NULL,
    lead_id BIGINT,
    read_at {timestamp},
    created_at {timestamp} NOT NULL,
    {tenant_key},
    UNIQUE (workspace_id, uuid),
    UNIQUE (workspace_id, user_id, position),
    FOREIGN KEY (workspace_id, user_id) REFERENCES users (workspace_id, id),
    FOREIGN KEY (workspace_id, lead_id) REFERENCES leads (workspace_id, id)
);
CREATE INDEX notifications_of_user ON notifications (workspace_id, user_id, created_at, id);
CREATE INDEX notifications_unread ON notifications (workspace_id, user_id, position) WHERE read_at IS NULL;
";
