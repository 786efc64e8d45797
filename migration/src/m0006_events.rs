//! The event log and the counter that gives each workspace its gap-free positions.

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
CREATE TABLE workspace_counters (
    workspace_id BIGINT NOT NULL PRIMARY KEY REFERENCES workspaces (id),
    position BIGINT NOT NULL
);

CREATE TABLE events (
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    position BIGINT NOT NULL,
    event_type TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_uuid {uuid} NOT NULL,
    lead_id BIGINT,
    actor {json} NOT NULL,
    changes {json} NOT NULL,
    at {timestamp} NOT NULL,
    PRIMARY KEY (workspace_id, position),
    FOREIGN KEY (workspace_id, lead_id) REFERENCES leads (workspace_id, id)
);
CREATE INDEX events_of_lead ON events (workspace_id, lead_id, position);
"#;
