//! What leads are searched and ordered by: folded texts, and an index for each list that a front end asks for.
//!
//! A substring is found by its trigrams: with `pg_trgm` on PostgreSQL, with FTS5 on SQLite. Both only narrow the rows
//! down; the text itself decides.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseBackend, QueryResult, Statement};
use unicode_normalization::UnicodeNormalization;

use crate::dialect;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::create(manager, COLUMNS).await?;
        let own = match manager.get_database_backend() {
            DatabaseBackend::Postgres => POSTGRES,
            _ => SQLITE,
        };
        dialect::create(manager, own).await?;
        fill_leads(manager).await?;
        fill_values(manager).await?;
        dialect::create(manager, INDEXES).await
    }
}

const COLUMNS: &str = r"
ALTER TABLE leads ADD COLUMN first_name_key {folded};
ALTER TABLE leads ADD COLUMN last_name_key {folded};
ALTER TABLE leads ADD COLUMN name_key {folded};
ALTER TABLE leads ADD COLUMN company_key {folded};
ALTER TABLE leads ADD COLUMN search_text {folded} NOT NULL DEFAULT '';
ALTER TABLE leads ADD COLUMN status_rank BIGINT GENERATED ALWAYS AS (CASE status WHEN 'new' THEN 1
    WHEN 'contacted' THEN 2 WHEN 'qualified' THEN 3 WHEN 'converted' THEN 4 ELSE 5 END) {generated};
ALTER TABLE lead_custom_field_values ADD COLUMN text_key {folded};
";

/// Both extensions are trusted: whoever may create in the database may install them.
const POSTGRES: &str = r"
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gin;
CREATE INDEX leads_search ON leads USING gin (workspace_id, search_text gin_trgm_ops)
    WHERE deleted_at IS NULL AND merged_into_id IS NULL;
";

const SQLITE: &str = r"
CREATE VIRTUAL TABLE lead_search USING fts5(search_text, content='leads', content_rowid='id',
    tokenize='trigram case_sensitive 1');
INSERT INTO lead_search(lead_search, rank) VALUES ('secure-delete', 1);
CREATE TRIGGER lead_search_added AFTER INSERT ON leads BEGIN
    INSERT INTO lead_search(rowid, search_text) VALUES (new.id, new.search_text); END;
CREATE TRIGGER lead_search_changed AFTER UPDATE OF search_text ON leads BEGIN
    INSERT INTO lead_search(lead_search, rowid, search_text) VALUES ('delete', old.id, old.search_text); INSERT INTO
    lead_search(rowid, search_text) VALUES (new.id, new.search_text); END;
CREATE TRIGGER lead_search_removed AFTER DELETE ON leads BEGIN
    INSERT INTO lead_search(lead_search, rowid, search_text) VALUES ('delete', old.id, old.search_text); END;
INSERT INTO lead_search(lead_search) VALUES ('rebuild');
";

const INDEXES: &str = r"
DROP INDEX leads_email;
DROP INDEX leads_phone;
CREATE INDEX leads_email ON leads (workspace_id, email_normalized, id)
    WHERE deleted_at IS NULL AND merged_into_id IS NULL;
CREATE INDEX leads_phone ON leads (workspace_id, phone_normalized, id)
    WHERE deleted_at IS NULL AND merged_into_id IS NULL;
CREATE INDEX leads_name ON leads (workspace_id, name_key, id)
    WHERE deleted_at IS NULL AND merged_into_id IS NULL;
CREATE INDEX leads_first_name ON leads (workspace_id, first_name_key, id)
    WHERE deleted_at IS NULL AND merged_into_id IS NULL;
CREATE INDEX leads_last_name ON leads (workspace_id, last_name_key, id)
    WHERE deleted_at IS NULL AND merged_into_id IS NULL;
CREATE INDEX leads_company ON leads (workspace_id, company_key, id)
    WHERE deleted_at IS NULL AND merged_into_id IS NULL;
CREATE INDEX leads_updated ON leads (workspace_id, updated_at, id)
    WHERE deleted_at IS NULL AND merged_into_id IS NULL;
CREATE INDEX leads_status ON leads (workspace_id, status, created_at, id)
    WHERE deleted_at IS NULL AND merged_into_id IS NULL;
CREATE INDEX leads_status_rank ON leads (workspace_id, status_rank, id)
    WHERE deleted_at IS NULL AND merged_into_id IS NULL;
CREATE INDEX leads_status_rank_newest ON leads (workspace_id, status_rank, created_at DESC, id DESC)
    WHERE deleted_at IS NULL AND merged_into_id IS NULL;
CREATE INDEX leads_source ON leads (workspace_id, source, created_at, id)
    WHERE deleted_at IS NULL AND merged_into_id IS NULL;
CREATE INDEX leads_origin ON leads (workspace_id, origin, created_at, id)
    WHERE deleted_at IS NULL AND merged_into_id IS NULL;
CREATE INDEX leads_association ON leads (workspace_id, association_type, created_at, id)
    WHERE deleted_at IS NULL AND merged_into_id IS NULL;
CREATE INDEX leads_of_campaign ON leads (workspace_id, campaign_id, created_at, id)
    WHERE deleted_at IS NULL AND merged_into_id IS NULL;
CREATE INDEX leads_archived ON leads (workspace_id, created_at, id)
    WHERE deleted_at IS NOT NULL;
CREATE INDEX lead_values_by_text ON lead_custom_field_values (workspace_id, custom_field_id, text_key, lead_id)
    WHERE text_key IS NOT NULL;
CREATE INDEX lead_values_by_number ON lead_custom_field_values (workspace_id, custom_field_id, number_value, lead_id)
    WHERE number_value IS NOT NULL;
CREATE INDEX lead_values_by_date ON lead_custom_field_values (workspace_id, custom_field_id, date_value, lead_id)
    WHERE date_value IS NOT NULL;
CREATE INDEX lead_values_by_boolean ON lead_custom_field_values (workspace_id, custom_field_id, boolean_value, lead_id)
    WHERE boolean_value IS NOT NULL;
CREATE INDEX lead_values_by_option ON lead_custom_field_values (workspace_id, custom_field_id, select_option, lead_id)
    WHERE select_option IS NOT NULL;
CREATE INDEX lead_choices_by_option ON lead_custom_field_choices (workspace_id, custom_field_id, option_no, lead_id);
CREATE INDEX lead_attributions_of_source ON lead_attributions (workspace_id, source_id, attributed_at, lead_id);
CREATE INDEX lead_attributions_by_date ON lead_attributions (workspace_id, attributed_at, lead_id);
CREATE INDEX lead_click_ids_of_kind ON lead_click_ids (workspace_id, kind, lead_id);
CREATE INDEX partnership_leads_of_side ON partnership_leads (workspace_id, company_partnership_id, lead_id);
CREATE INDEX partnership_leads_of_partner ON partnership_leads (workspace_id, partner_company_id, lead_id);
";

/// Rows a statement reads.
const BATCH: i64 = 1000;

async fn fill_leads(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut last = (0, 0);
    loop {
        let rows = batch(
            manager,
            "SELECT workspace_id, id, first_name, last_name, company_name, email, email_normalized, phone,
             phone_normalized
             FROM leads WHERE (workspace_id, id) > ($1, $2) ORDER BY workspace_id, id LIMIT $3",
            last,
        )
        .await?;
        for row in &rows {
            last = (row.try_get("", "workspace_id")?, row.try_get("", "id")?);
            let key = |column| Ok::<_, DbErr>(key(row.try_get::<Option<String>>("", column)?.as_deref()));
            let (first, last_name) = (key("first_name")?, key("last_name")?);
            let company = key("company_name")?;
            let names: Vec<&str> = [&first, &last_name].into_iter().flatten().map(String::as_str).collect();
            let full_name = names.join(" ");
            let name = key_of(&full_name);
            let stored = |column| row.try_get::<Option<String>>("", column);
            let (email, phone) = (stored("email_normalized")?, stored("phone_normalized")?);
            let lines = [
                Some(full_name),
                company.clone(),
                email.clone(),
                key("email")?.filter(|text| email.as_ref() != Some(text)),
                key("phone")?,
                phone.filter(|text| key("phone").is_ok_and(|given| given.as_ref() != Some(text))),
            ];
            let lines = lines.into_iter().flatten().filter(|line| !line.is_empty());
            let search: Vec<String> = lines.collect();
            run(
                manager,
                "UPDATE leads SET first_name_key = $1, last_name_key = $2, name_key = $3, company_key = $4,
                 search_text = $5 WHERE workspace_id = $6 AND id = $7",
                [
                    first.into(),
                    last_name.into(),
                    name.clone().into(),
                    company.clone().into(),
                    search.join("\n").into(),
                    last.0.into(),
                    last.1.into(),
                ],
            )
            .await?;
        }
        if rows.is_empty() {
            return Ok(());
        }
    }
}

async fn fill_values(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut last = (0, 0);
    loop {
        let rows = batch(
            manager,
            "SELECT workspace_id, id, text_value FROM lead_custom_field_values
             WHERE (workspace_id, id) > ($1, $2) AND text_value IS NOT NULL ORDER BY workspace_id, id LIMIT $3",
            last,
        )
        .await?;
        for row in &rows {
            last = (row.try_get("", "workspace_id")?, row.try_get("", "id")?);
            let text = key(row.try_get::<Option<String>>("", "text_value")?.as_deref());
            run(
                manager,
                "UPDATE lead_custom_field_values SET text_key = $1 WHERE workspace_id = $2 AND id = $3",
                [text.into(), last.0.into(), last.1.into()],
            )
            .await?;
        }
        if rows.is_empty() {
            return Ok(());
        }
    }
}

async fn batch(manager: &SchemaManager<'_>, sql: &str, after: (i64, i64)) -> Result<Vec<QueryResult>, DbErr> {
    let values = [after.0.into(), after.1.into(), BATCH.into()];
    let backend = manager.get_database_backend();
    let statement = Statement::from_sql_and_values(backend, sql, values);
    manager.get_connection().query_all_raw(statement).await
}

async fn run<const N: usize>(manager: &SchemaManager<'_>, sql: &str, values: [Value; N]) -> Result<(), DbErr> {
    let statement = Statement::from_sql_and_values(manager.get_database_backend(), sql, values);
    manager.get_connection().execute_raw(statement).await?;
    Ok(())
}

/// As the application folded texts when this migration was written: compatibility form, lower case, 255 characters.
fn key(text: Option<&str>) -> Option<String> {
    text.and_then(key_of)
}

fn key_of(text: &str) -> Option<String> {
    let folded: String = text.trim().nfkc().collect::<String>().to_lowercase().nfkc().collect();
    let cut: String = folded.chars().take(255).collect();
    (!cut.is_empty()).then_some(cut)
}
