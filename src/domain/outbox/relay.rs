//! Between instances: PostgreSQL carries word of what moved, and each instance looks for itself from time to time. All
//! of these run until they are dropped.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use sea_orm::sqlx::postgres::{PgListener, PgPoolOptions};
use sea_orm::{
    ConnectionTrait, DatabaseBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect, SqlxError, Statement,
};
use tokio::time::sleep;
use uuid::Uuid;

use crate::domain::Services;
use crate::domain::error::Result;
use crate::domain::op;
use crate::entity::{event_consumer, workspace_counter};

const CHANNEL: &str = "leadgraph_log";

/// For so long what moves is gathered into one message: a write has no statement of its own for it.
const GATHER: Duration = Duration::from_millis(10);

/// Workspaces in one message: PostgreSQL takes less than 8,000 bytes.
const AT_ONCE: usize = 300;

/// Until a connection is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// Tells the other instances what was committed here.
pub async fn tell(services: Services) {
    if services.database().backend() != DatabaseBackend::Postgres {
        return;
    }
    let db = services.database().writer();
    loop {
        let mut moved = services.wakes().told().take().await;
        sleep(GATHER).await;
        moved.append(&mut services.wakes().told().rest());
        let moved: Vec<i64> = moved.into_iter().collect();
        for some in moved.chunks(AT_ONCE) {
            let message = Message::print(services.instance(), some);
            let sql = "SELECT pg_notify($1, $2)";
            let notify =
                Statement::from_sql_and_values(DatabaseBackend::Postgres, sql, [CHANNEL.into(), message.into()]);
            if let Err(error) = db.execute_raw(notify).await {
                // They look for themselves, too.
                tracing::debug!(%error, "other instances could not be told of new events");
            }
        }
    }
}

/// Hears what other instances have committed. Connects anew when the connection is lost.
pub async fn listen(services: Services) {
    if services.database().backend() != DatabaseBackend::Postgres {
        return;
    }
    loop {
        if let Err(error) = hear(&services).await {
            tracing::debug!(%error, "cannot listen for new events of other instances; looking from time to time");
        }
        sleep(PAUSE).await;
    }
}

/// On a connection of its own: those of the pool are for requests. Ends when it is lost.
async fn hear(services: &Services) -> std::result::Result<(), SqlxError> {
    let pool = services.database().writer().get_postgres_connection_pool();
    let own = PgPoolOptions::new()
        .max_connections(1)
        .max_lifetime(None)
        .idle_timeout(None);
    let own = own.connect_with((*pool.connect_options()).clone()).await?;
    let mut listener = PgListener::connect_with(&own).await?;
    listener.listen(CHANNEL).await?;
    // What was said before is not heard any more.
    services
        .wakes()
        .heard(&services.wakes().awaited().into_iter().collect());
    while let Some(heard) = listener.try_recv().await? {
        if let Some(moved) = Message::parse(heard.payload(), services.instance()) {
            services.wakes().heard(&moved);
        }
    }
    Ok(())
}

/// Looks at the logs that somebody waits for, and at what was made of them, every `round`.
pub async fn look(services: Services, round: Duration) {
    let mut known = HashMap::new();
    loop {
        sleep(round).await;
        // It fails while the database is away; those who wait notice that themselves.
        if let Ok(found) = standing(&services).await {
            let moved = |(workspace, standing)| (known.get(workspace) != Some(standing)).then_some(*workspace);
            let moved: BTreeSet<i64> = found.iter().filter_map(moved).collect();
            services.wakes().heard(&moved);
            known = found;
        }
    }
}

/// Of the logs that somebody waits for, the last position, and those up to which the server's own readers have come.
#[expect(
    clippy::disallowed_methods,
    reason = "those who wait have each shown that the workspace is theirs; only numbers are read"
)]
async fn standing(services: &Services) -> Result<HashMap<i64, Vec<i64>>> {
    use {event_consumer::Column as Reader, workspace_counter::Column as Counter};
    let awaited = services.wakes().awaited();
    if awaited.is_empty() {
        return Ok(HashMap::new());
    }
    let (backend, db) = (services.database().backend(), services.database().reader());
    let counters = workspace_counter::Entity::find().filter(op::any_of(backend, Counter::WorkspaceId, &awaited));
    let counters = counters
        .select_only()
        .columns([Counter::WorkspaceId, Counter::Position]);
    let readers = event_consumer::Entity::find().filter(op::any_of(backend, Reader::WorkspaceId, &awaited));
    let readers = readers.order_by_asc(Reader::Consumer).select_only();
    let readers = readers.columns([Reader::WorkspaceId, Reader::Position]);
    let mut found: Vec<(i64, i64)> = counters.into_tuple().all(db).await?;
    found.extend(readers.into_tuple::<(i64, i64)>().all(db).await?);
    let mut standing: HashMap<i64, Vec<i64>> = HashMap::new();
    for (workspace, position) in found {
        standing.entry(workspace).or_default().push(position);
    }
    Ok(standing)
}

/// What one instance says: who it is, and what moved there.
struct Message;

impl Message {
    fn print(instance: Uuid, workspaces: &[i64]) -> String {
        let workspaces: Vec<String> = workspaces.iter().map(i64::to_string).collect();
        format!("{}:{}", instance.simple(), workspaces.join(","))
    }

    /// Nothing when it is this instance's own.
    fn parse(message: &str, this: Uuid) -> Option<BTreeSet<i64>> {
        let (from, workspaces) = message.split_once(':')?;
        let is_own = Uuid::parse_str(from).ok()? == this;
        (!is_own).then(|| workspaces.split(',').filter_map(|number| number.parse().ok()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_say_is_heard_and_what_we_said_is_not() {
        let (here, there) = (Uuid::now_v7(), Uuid::now_v7());
        let said = Message::print(there, &[3, 1, 7]);
        assert_eq!(Message::parse(&said, here), Some(BTreeSet::from([1, 3, 7])));
        assert_eq!(Message::parse(&said, there), None);
        assert_eq!(Message::parse("anything", here), None);
        let longest = Message::print(there, &[i64::MAX; AT_ONCE]);
        assert!(longest.len() < 8000, "{}", longest.len());
    }
}
