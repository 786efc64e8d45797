//! The share of a lead's credit that each of its attributions has, under each model, in millionths.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseBackend, QueryResult, Statement};

use crate::dialect;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::create(manager, SCHEMA).await?;
        fill(manager).await
    }
}

const SCHEMA: &str = r"
ALTER TABLE lead_attributions ADD COLUMN credit_first BIGINT NOT NULL DEFAULT 0;
ALTER TABLE lead_attributions ADD COLUMN credit_last BIGINT NOT NULL DEFAULT 0;
ALTER TABLE lead_attributions ADD COLUMN credit_linear BIGINT NOT NULL DEFAULT 0;
ALTER TABLE lead_attributions ADD COLUMN credit_time_decay BIGINT NOT NULL DEFAULT 0;
ALTER TABLE lead_attributions ADD COLUMN credit_position BIGINT NOT NULL DEFAULT 0;
";

/// Rows a statement reads: several times what one lead may have.
const BATCH: usize = 2000;

/// An attribution: its row, its lead and its time in seconds.
struct Row {
    workspace_id: i64,
    id: i64,
    lead_id: i64,
    at: i64,
}

async fn fill(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut after = (0, 0);
    loop {
        let mut rows = read(manager, after).await?;
        let Some(last) = rows.last().map(|row| (row.workspace_id, row.lead_id)) else {
            return Ok(());
        };
        if rows.len() == BATCH {
            // The batch may have cut this lead in two.
            rows.retain(|row| (row.workspace_id, row.lead_id) != last);
        }
        for lead in rows.chunk_by(|a, b| (a.workspace_id, a.lead_id) == (b.workspace_id, b.lead_id)) {
            write(manager, lead).await?;
            after = (lead[0].workspace_id, lead[0].lead_id);
        }
    }
}

/// The next attributions, lead by lead, each lead's by date.
async fn read(manager: &SchemaManager<'_>, after: (i64, i64)) -> Result<Vec<Row>, DbErr> {
    let backend = manager.get_database_backend();
    let seconds = match backend {
        DatabaseBackend::Postgres => "floor(extract(epoch FROM a.attributed_at))::bigint",
        _ => "unixepoch(a.attributed_at)",
    };
    let sql = format!(
        "SELECT a.workspace_id, a.id, a.lead_id, {seconds} AS seconds FROM lead_attributions a
         JOIN attribution_sources s ON s.workspace_id = a.workspace_id AND s.id = a.source_id
         WHERE (a.workspace_id, a.lead_id) > ($1, $2)
         ORDER BY a.workspace_id, a.lead_id, a.attributed_at, s.uuid LIMIT {BATCH}"
    );
    let statement = Statement::from_sql_and_values(backend, sql, [after.0.into(), after.1.into()]);
    let rows = manager.get_connection().query_all_raw(statement).await?;
    let row = |row: QueryResult| {
        Ok(Row {
            workspace_id: row.try_get("", "workspace_id")?,
            id: row.try_get("", "id")?,
            lead_id: row.try_get("", "lead_id")?,
            at: row.try_get("", "seconds")?,
        })
    };
    rows.into_iter().map(row).collect()
}

async fn write(manager: &SchemaManager<'_>, lead: &[Row]) -> Result<(), DbErr> {
    let count = lead.len();
    let newest = lead[count - 1].at;
    let first = share(&(0..count).map(|n| u64::from(n == 0)).collect::<Vec<_>>());
    let last = share(&(0..count).map(|n| u64::from(n + 1 == count)).collect::<Vec<_>>());
    let linear = share(&vec![1; count]);
    let time_decay = share(&lead.iter().map(|row| decayed(newest - row.at)).collect::<Vec<_>>());
    let position = share(&(0..count).map(|n| by_position(n, count)).collect::<Vec<_>>());
    for (n, row) in lead.iter().enumerate() {
        let statement = Statement::from_sql_and_values(
            manager.get_database_backend(),
            "UPDATE lead_attributions SET credit_first = $1, credit_last = $2, credit_linear = $3,
             credit_time_decay = $4, credit_position = $5 WHERE workspace_id = $6 AND id = $7",
            [
                first[n].into(),
                last[n].into(),
                linear[n].into(),
                time_decay[n].into(),
                position[n].into(),
                row.workspace_id.into(),
                row.id.into(),
            ],
        );
        manager.get_connection().execute_raw(statement).await?;
    }
    Ok(())
}

/// As the application weighed and shared when this migration was written: half as much for each seven days before the
/// last; two fifths for each end; largest remainders, of equal ones the first.
fn decayed(seconds: i64) -> u64 {
    let full = (1_u64 << 40) as f64;
    (full * (-(seconds as f64) / 604_800.0).exp2()).round() as u64
}

fn by_position(index: usize, count: usize) -> u64 {
    let between = count.saturating_sub(2) as u64;
    let is_end = index == 0 || index + 1 == count;
    if is_end && between > 0 { 2 * between } else { 1 }
}

fn share(weights: &[u64]) -> Vec<i64> {
    const WHOLE: u128 = 1_000_000;
    let total: u128 = weights.iter().map(|&weight| u128::from(weight)).sum();
    let exact = |weight: u64| u128::from(weight) * WHOLE;
    let mut shares: Vec<u128> = weights.iter().map(|&weight| exact(weight) / total).collect();
    let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
    by_remainder.sort_by_key(|&index| std::cmp::Reverse(exact(weights[index]) % total));
    let left = (WHOLE - shares.iter().sum::<u128>()) as usize;
    for index in by_remainder.into_iter().take(left) {
        shares[index] += 1;
    }
    shares.into_iter().map(|share| share as i64).collect()
}
