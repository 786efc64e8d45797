//! What hangs on a lead: attribution, tags, values, partners, foreign systems, the body it came with.

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
CREATE TABLE lead_click_ids (
    workspace_id BIGINT NOT NULL,
    lead_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (workspace_id, lead_id, kind),
    FOREIGN KEY (workspace_id, lead_id) REFERENCES leads (workspace_id, id),
    CHECK (length(value) <= 512)
);

CREATE TABLE lead_touchpoints (
    workspace_id BIGINT NOT NULL,
    lead_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    occurred_at {timestamp},
    source TEXT,
    medium TEXT,
    campaign TEXT,
    content TEXT,
    term TEXT,
    landing_page TEXT,
    PRIMARY KEY (workspace_id, lead_id, seq),
    FOREIGN KEY (workspace_id, lead_id) REFERENCES leads (workspace_id, id)
);

CREATE TABLE lead_consents (
    workspace_id BIGINT NOT NULL,
    lead_id BIGINT NOT NULL,
    signal TEXT NOT NULL,
    state TEXT NOT NULL,
    captured_at {timestamp} NOT NULL,
    PRIMARY KEY (workspace_id, lead_id, signal),
    FOREIGN KEY (workspace_id, lead_id) REFERENCES leads (workspace_id, id)
);

CREATE TABLE lead_tags (
    workspace_id BIGINT NOT NULL,
    lead_id BIGINT NOT NULL,
    tag_id BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, lead_id, tag_id),
    FOREIGN KEY (workspace_id, lead_id) REFERENCES leads (workspace_id, id),
    FOREIGN KEY (workspace_id, tag_id) REFERENCES tags (workspace_id, id)
);
CREATE INDEX lead_tags_of_tag ON lead_tags (workspace_id, tag_id, lead_id);

CREATE TABLE lead_custom_field_values (
    {id},
    workspace_id BIGINT NOT NULL,
    uuid {uuid} NOT NULL,
    lead_id BIGINT NOT NULL,
    custom_field_id BIGINT NOT NULL,
    text_value TEXT,
    number_value {double},
    date_value {date},
    boolean_value BOOLEAN,
    select_option BIGINT,
    {tenant_key},
    UNIQUE (workspace_id, uuid),
    UNIQUE (workspace_id, lead_id, custom_field_id),
    FOREIGN KEY (workspace_id, lead_id) REFERENCES leads (workspace_id, id),
    FOREIGN KEY (workspace_id, custom_field_id) REFERENCES custom_fields (workspace_id, id),
    FOREIGN KEY (workspace_id, custom_field_id, select_option)
        REFERENCES custom_field_options (workspace_id, custom_field_id, option_no)
);
CREATE INDEX lead_custom_field_values_of_field
    ON lead_custom_field_values (workspace_id, custom_field_id, lead_id);

CREATE TABLE lead_custom_field_choices (
    workspace_id BIGINT NOT NULL,
    lead_id BIGINT NOT NULL,
    custom_field_id BIGINT NOT NULL,
    option_no BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, lead_id, custom_field_id, option_no),
    FOREIGN KEY (workspace_id, lead_id, custom_field_id)
        REFERENCES lead_custom_field_values (workspace_id, lead_id, custom_field_id),
    FOREIGN KEY (workspace_id, custom_field_id, option_no)
        REFERENCES custom_field_options (workspace_id, custom_field_id, option_no)
);

CREATE TABLE lead_attributions (
    {id},
    workspace_id BIGINT NOT NULL,
    uuid {uuid} NOT NULL,
    lead_id BIGINT NOT NULL,
    source_id BIGINT NOT NULL,
    attributed_at {timestamp} NOT NULL,
    series BIGINT NOT NULL,
    {tenant_key},
    UNIQUE (workspace_id, uuid),
    UNIQUE (workspace_id, lead_id, source_id, attributed_at),
    FOREIGN KEY (workspace_id, lead_id) REFERENCES leads (workspace_id, id),
    FOREIGN KEY (workspace_id, source_id) REFERENCES attribution_sources (workspace_id, id)
);

CREATE TABLE partnership_leads (
    {id},
    workspace_id BIGINT NOT NULL,
    uuid {uuid} NOT NULL,
    lead_id BIGINT NOT NULL,
    partnership_id BIGINT NOT NULL REFERENCES partnerships (id),
    company_partnership_id BIGINT NOT NULL,
    partner_company_id BIGINT NOT NULL,
    partner_lead_uuid {uuid},
    direction TEXT NOT NULL,
    partner_type TEXT NOT NULL,
    send_to_partner BOOLEAN NOT NULL,
    assigned_from_partner_lead BOOLEAN NOT NULL,
    form_submission_lead BOOLEAN NOT NULL,
    form_direction TEXT,
    acceptance TEXT NOT NULL,
    partners_company_name TEXT,
    sent_by_user_id BIGINT,
    sent_by_partner_user_id BIGINT,
    sent_by_email TEXT,
    sent_by_company_name TEXT,
    partner_custom_fields {json},
    created_at {timestamp} NOT NULL,
    {tenant_key},
    UNIQUE (workspace_id, uuid),
    UNIQUE (workspace_id, lead_id, partnership_id, direction),
    FOREIGN KEY (workspace_id, lead_id) REFERENCES leads (workspace_id, id),
    FOREIGN KEY (workspace_id, company_partnership_id) REFERENCES company_partnerships (workspace_id, id),
    FOREIGN KEY (workspace_id, partner_company_id) REFERENCES partner_companies (workspace_id, id),
    FOREIGN KEY (workspace_id, sent_by_user_id) REFERENCES users (workspace_id, id),
    FOREIGN KEY (workspace_id, sent_by_partner_user_id) REFERENCES partner_users (workspace_id, id)
);

CREATE TABLE partnership_lead_users (
    workspace_id BIGINT NOT NULL,
    partnership_lead_id BIGINT NOT NULL,
    partner_user_id BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, partnership_lead_id, partner_user_id),
    FOREIGN KEY (workspace_id, partnership_lead_id) REFERENCES partnership_leads (workspace_id, id),
    FOREIGN KEY (workspace_id, partner_user_id) REFERENCES partner_users (workspace_id, id)
);

CREATE TABLE lead_integration_values (
    workspace_id BIGINT NOT NULL,
    lead_id BIGINT NOT NULL,
    field_uuid {uuid} NOT NULL,
    value {json} NOT NULL,
    PRIMARY KEY (workspace_id, lead_id, field_uuid),
    FOREIGN KEY (workspace_id, lead_id) REFERENCES leads (workspace_id, id)
);

CREATE TABLE lead_powerups (
    workspace_id BIGINT NOT NULL,
    lead_id BIGINT NOT NULL,
    provider TEXT NOT NULL,
    data {json} NOT NULL,
    PRIMARY KEY (workspace_id, lead_id, provider),
    FOREIGN KEY (workspace_id, lead_id) REFERENCES leads (workspace_id, id)
);

CREATE TABLE external_refs (
    workspace_id BIGINT NOT NULL,
    lead_id BIGINT NOT NULL,
    provider TEXT NOT NULL,
    object_type TEXT NOT NULL,
    external_id TEXT NOT NULL,
    reserved BOOLEAN NOT NULL,
    PRIMARY KEY (workspace_id, lead_id, provider, object_type),
    FOREIGN KEY (workspace_id, lead_id) REFERENCES leads (workspace_id, id)
);
CREATE UNIQUE INDEX external_refs_deal ON external_refs (workspace_id, provider, external_id)
    WHERE object_type = 'deal' AND reserved;

CREATE TABLE intake_payloads (
    {id},
    workspace_id BIGINT NOT NULL,
    lead_id BIGINT NOT NULL,
    channel TEXT NOT NULL,
    body TEXT NOT NULL,
    received_at {timestamp} NOT NULL,
    expires_at {timestamp} NOT NULL,
    {tenant_key},
    FOREIGN KEY (workspace_id, lead_id) REFERENCES leads (workspace_id, id)
);
CREATE INDEX intake_payloads_of_lead ON intake_payloads (workspace_id, lead_id, id);
CREATE INDEX intake_payloads_expiry ON intake_payloads (workspace_id, expires_at);
"#;
