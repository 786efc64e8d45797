//! Writing: the events of one transaction, numbered as its last act.

use std::collections::BTreeMap;
use std::io;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use serde_json::{Value, json};

use crate::domain::error::{Error, Result};
use crate::domain::events::{Actor, Event, VERSION};
use crate::entity::{event, workspace_counter};

/// Numbers and stores the events of one write. Called last before its commit: the counter's row stays locked until
/// then, so the next writer of the workspace gets the next position only once this one is visible. Several workspaces
/// are taken in ascending order, so that two writers never wait for each other.
pub(in crate::domain) async fn append(
    connection: &DatabaseTransaction,
    now: DateTime<Utc>,
    events: Vec<(i64, Event, Actor)>,
) -> Result<()> {
    let mut by_workspace: BTreeMap<i64, Vec<(Event, Actor)>> = BTreeMap::new();
    for (workspace_id, event, actor) in events {
        by_workspace.entry(workspace_id).or_default().push((event, actor));
    }
    for (workspace_id, events) in by_workspace {
        let last = take(connection, workspace_id, events.len()).await?;
        let first = last - i64::try_from(events.len()).unwrap_or(i64::MAX) + 1;
        let mut insert = Query::insert();
        insert.into_table(event::Entity).columns([
            event::Column::WorkspaceId,
            event::Column::Position,
            event::Column::EventType,
            event::Column::SubjectKind,
            event::Column::SubjectUuid,
            event::Column::LeadId,
            event::Column::Actor,
            event::Column::Size,
            event::Column::Changes,
            event::Column::At,
        ]);
        for (position, (event, actor)) in (first..).zip(events) {
            let Event {
                kind,
                subject,
                lead_id,
                changes,
            } = event;
            let changes = json!({ "version": VERSION, "fields": changes });
            insert.values_panic([
                workspace_id.into(),
                position.into(),
                kind.as_str().into(),
                kind.subject_kind().into(),
                subject.into(),
                lead_id.into(),
                json!(actor).into(),
                size(&changes).into(),
                changes.into(),
                now.into(),
            ]);
        }
        connection.execute(&insert).await?;
    }
    Ok(())
}

/// Bytes of its text, which is printed to nowhere.
fn size(value: &Value) -> i64 {
    struct Count(i64);
    impl io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += i64::try_from(bytes.len()).unwrap_or(i64::MAX);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    match serde_json::to_writer(&mut count, value) {
        Ok(()) => count.0,
        // Neither a value nor the count can fail.
        Err(_) => i64::MAX,
    }
}

/// Moves the workspace's counter by `count` and returns where it stands now.
async fn take(connection: &DatabaseTransaction, workspace_id: i64, count: usize) -> Result<i64> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let mut update = Query::update();
    update
        .table(workspace_counter::Entity)
        .value(
            workspace_counter::Column::Position,
            Expr::col(workspace_counter::Column::Position).add(count),
        )
        .and_where(Expr::col(workspace_counter::Column::WorkspaceId).eq(workspace_id))
        .returning_col(workspace_counter::Column::Position);
    let row = connection.query_one(&update).await?;
    let row = row.ok_or_else(|| Error::broken(format!("workspace {workspace_id} has no event counter")))?;
    Ok(row.try_get("", "position")?)
}
