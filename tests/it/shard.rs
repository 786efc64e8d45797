//! Every tenant table can be split by workspace, and the database itself refuses a link across workspaces.

use crate::harness::{Backend, Case, TestDatabase, both, on_postgres};

/// The tables that all workspaces share. `api_key_index` has a workspace column: it says where a key's row is.
const GLOBAL: &[&str] = &["workspaces", "partnerships", "api_key_index", "seaql_migrations"];

pub fn cases() -> Vec<Case> {
    vec![
        on_postgres(every_tenant_table_can_be_hash_partitioned_by_workspace),
        both(every_link_between_tenant_tables_begins_with_the_workspace),
        both(every_unique_key_and_index_of_a_tenant_table_begins_with_the_workspace),
        both(a_link_across_workspaces_is_refused),
    ]
}

async fn every_tenant_table_can_be_hash_partitioned_by_workspace(db: TestDatabase) {
    db.execute("CREATE SCHEMA sharded").await;
    let tables = tenant_tables(&db).await;
    assert!(tables.len() >= 25, "{tables:?}");
    for table in &tables {
        db.execute(&format!(
            "CREATE TABLE sharded.{table} (LIKE public.{table} INCLUDING ALL) PARTITION BY HASH (workspace_id)"
        ))
        .await;
        for part in 0..2 {
            db.execute(&format!(
                "CREATE TABLE sharded.{table}_{part} PARTITION OF sharded.{table}
                 FOR VALUES WITH (MODULUS 2, REMAINDER {part})"
            ))
            .await;
        }
    }
    // LIKE does not bring foreign keys; they are told again, now between the partitioned tables.
    let links = db
        .rows(
            "SELECT source.relname AS source, target.relname AS target, pg_get_constraintdef(link.oid) AS definition
             FROM pg_constraint link JOIN pg_class source ON source.oid = link.conrelid
             JOIN pg_class target ON target.oid = link.confrelid
             WHERE link.contype = 'f' AND link.connamespace = 'public'::regnamespace",
        )
        .await;
    let mut restored = 0;
    for link in links {
        let (source, target) = (link["source"].as_str().unwrap(), link["target"].as_str().unwrap());
        if GLOBAL.contains(&source) {
            continue;
        }
        let schema = if GLOBAL.contains(&target) { "public" } else { "sharded" };
        let definition = link["definition"].as_str().unwrap();
        let definition = definition.replace(
            &format!("REFERENCES {target}"),
            &format!("REFERENCES {schema}.{target}"),
        );
        db.execute(&format!("ALTER TABLE sharded.{source} ADD {definition}"))
            .await;
        restored += 1;
    }
    assert!(restored >= 40, "{restored} foreign keys");

    two_workspaces(&db).await;
    for table in ["projects", "tags", "leads", "lead_tags"] {
        let columns = stored_columns(&db, table).await.join(", ");
        db.execute(&format!(
            "INSERT INTO sharded.{table} ({columns}) SELECT {columns} FROM public.{table}"
        ))
        .await;
    }
    assert_eq!(db.number("SELECT count(*) FROM sharded.leads").await, 2);
    db.refusal("INSERT INTO sharded.lead_tags (workspace_id, lead_id, tag_id) VALUES (1, 1, 2)")
        .await;
}

async fn every_link_between_tenant_tables_begins_with_the_workspace(db: TestDatabase) {
    let mut links = 0;
    for table in tenant_tables(&db).await {
        for (target, columns) in foreign_keys(&db, &table).await {
            if GLOBAL.contains(&target.as_str()) {
                continue;
            }
            links += 1;
            assert!(columns.starts_with("workspace_id,"), "{table} ({columns}) → {target}");
        }
    }
    assert!(links >= 30, "{links} links");
}

async fn every_unique_key_and_index_of_a_tenant_table_begins_with_the_workspace(db: TestDatabase) {
    let mut indexes = 0;
    for table in tenant_tables(&db).await {
        for (name, first) in first_columns_of_indexes(&db, &table).await {
            indexes += 1;
            assert_eq!(first, "workspace_id", "{table}: {name}");
        }
    }
    assert!(indexes >= 60, "{indexes} indexes");
}

async fn a_link_across_workspaces_is_refused(db: TestDatabase) {
    two_workspaces(&db).await;
    let crossing = [
        "INSERT INTO lead_tags (workspace_id, lead_id, tag_id) VALUES (1, 1, 2)",
        "INSERT INTO lead_tags (workspace_id, lead_id, tag_id) VALUES (2, 1, 2)",
        "UPDATE leads SET project_id = 2 WHERE workspace_id = 1",
        "UPDATE leads SET merged_into_id = 2 WHERE workspace_id = 1",
        "INSERT INTO lead_click_ids (workspace_id, lead_id, kind, value) VALUES (2, 1, 'gclid', 'x')",
    ];
    for sql in crossing {
        let refusal = db.refusal(sql).await.to_lowercase();
        assert!(refusal.contains("foreign key"), "{sql}: {refusal}");
    }
    db.execute("INSERT INTO lead_click_ids (workspace_id, lead_id, kind, value) VALUES (1, 1, 'gclid', 'x')")
        .await;
}

/// Those that the database does not compute itself.
async fn stored_columns(db: &TestDatabase, table: &str) -> Vec<String> {
    let sql = format!(
        "SELECT column_name::text AS name FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name = '{table}' AND is_generated = 'NEVER' ORDER BY ordinal_position"
    );
    names(db.rows(&sql).await)
}

/// Workspaces 1 and 2, each with a project, a tag and a tagged lead of the same number.
async fn two_workspaces(db: &TestDatabase) {
    for id in [1, 2] {
        let uuid = match db.backend {
            Backend::Sqlite => format!("x'{id:032x}'"),
            Backend::Postgres => format!("'{id:032x}'::uuid"),
        };
        let at = "'2026-01-02T03:04:05+00:00'";
        let statements = [
            format!("INSERT INTO workspaces VALUES ({id}, {uuid}, 'W{id}', 'email', true, 1, {at}, {at})"),
            format!("INSERT INTO projects VALUES ({id}, {id}, {uuid}, 'p{id}', 'P', true, 1, {at}, {at})"),
            format!(
                "INSERT INTO tags (id, workspace_id, uuid, label, label_folded, association, partner_type, background_color,
                 text_color, version, created_at, updated_at) VALUES ({id}, {id}, {uuid}, 'T', 't', 'lead', NULL, '#000000', '#FFFFFF', 1, {at}, {at})"
            ),
            format!(
                "INSERT INTO leads (id, workspace_id, uuid, project_id, origin, status, processing_state, version,
                 created_at, updated_at) VALUES ({id}, {id}, {uuid}, {id}, 'graphql', 'new', 'open', 1, {at}, {at})"
            ),
            format!("INSERT INTO lead_tags VALUES ({id}, {id}, {id})"),
        ];
        for statement in statements {
            db.execute(&statement).await;
        }
    }
}

pub async fn tables(db: &TestDatabase) -> Vec<String> {
    let sql = match db.backend {
        Backend::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
             AND name NOT LIKE 'lead_search%' ORDER BY name"
        }
        Backend::Postgres => {
            "SELECT relname::text AS name FROM pg_class
             WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname"
        }
    };
    names(db.rows(sql).await)
}

async fn tenant_tables(db: &TestDatabase) -> Vec<String> {
    let mut tables = tables(db).await;
    tables.retain(|table| !GLOBAL.contains(&table.as_str()));
    tables
}

/// What each foreign key points to, and its own columns in order.
async fn foreign_keys(db: &TestDatabase, table: &str) -> Vec<(String, String)> {
    let sql = match db.backend {
        Backend::Sqlite => format!(
            "SELECT \"table\" AS target, group_concat(\"from\", ',') AS columns
             FROM (SELECT * FROM pragma_foreign_key_list('{table}') ORDER BY id, seq) GROUP BY id, \"table\""
        ),
        Backend::Postgres => format!(
            "SELECT confrelid::regclass::text AS target,
                    (SELECT string_agg(a.attname, ',' ORDER BY place) FROM unnest(conkey) WITH ORDINALITY AS k(num, place)
                     JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = k.num) AS columns
             FROM pg_constraint WHERE contype = 'f' AND conrelid = '{table}'::regclass"
        ),
    };
    let rows = db.rows(&sql).await;
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    rows.iter()
        .map(|row| (text(&row["target"]), text(&row["columns"])))
        .collect()
}

async fn first_columns_of_indexes(db: &TestDatabase, table: &str) -> Vec<(String, String)> {
    let sql = match db.backend {
        Backend::Sqlite => format!(
            "SELECT list.name AS name, info.name AS first
             FROM pragma_index_list('{table}') AS list, pragma_index_info(list.name) AS info WHERE info.seqno = 0"
        ),
        Backend::Postgres => format!(
            "SELECT indexrelid::regclass::text AS name, a.attname::text AS first FROM pg_index
             JOIN pg_attribute a ON a.attrelid = indrelid AND a.attnum = indkey[0] WHERE indrelid = '{table}'::regclass"
        ),
    };
    let rows = db.rows(&sql).await;
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    rows.iter()
        .map(|row| (text(&row["name"]), text(&row["first"])))
        .collect()
}

fn names(rows: Vec<serde_json::Value>) -> Vec<String> {
    rows.iter()
        .map(|row| row["name"].as_str().unwrap().to_owned())
        .collect()
}
