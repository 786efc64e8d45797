//! From the event log to deliveries: one for each event and each endpoint that is to be told of it. The place in the log
//! moves in the same transaction, so that none is made twice and none forgotten.

use std::collections::{BTreeSet, HashMap, HashSet};

use sea_orm::sea_query::{ExprTrait, LockType};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use super::DeliveryKind;
use super::queue::{self, New};
use crate::domain::error::{Error, Result};
use crate::domain::leads::filter::{self, Resolved};
use crate::domain::new_uuid;
use crate::domain::op::{Op, System, Tx};
use crate::domain::outbox::Record;
use crate::domain::outbox::cursor::{self, Consumer};
use crate::domain::webhook_endpoints::WebhookEndpoint;
use crate::entity::{lead, webhook_endpoint};

/// Events of one transaction.
const BATCH: u64 = 200;

/// Makes deliveries of what has happened, some in each of these workspaces, or in all. Gives back those where there may be
/// more. What fails in one workspace is logged and waits; the others go on.
///
/// # Errors
/// The database is away.
pub async fn fan_out(system: &System, workspaces: Option<BTreeSet<i64>>) -> Result<BTreeSet<i64>> {
    cursor::turns(system, Consumer::Webhooks, workspaces, step).await
}

/// Whether there may be more.
async fn step(op: Op) -> Result<bool> {
    let op = &op;
    let place = cursor::place(op, Consumer::Webhooks).await?;
    let filters = Filters::of(op, place).await?;
    let tx = op.begin().await?;
    if filters.are_of_nobody() {
        let Some(()) = cursor::skip(&tx, Consumer::Webhooks).await? else {
            return Ok(false);
        };
        // Read behind the log's end: one that is made later starts later.
        if locked(&tx, place).await?.is_empty() {
            tx.commit(()).await?;
            return Ok(false);
        }
        return Ok(true);
    }
    let Some(batch) = cursor::take(&tx, Consumer::Webhooks, BATCH).await? else {
        return Ok(false);
    };
    let endpoints = locked(&tx, place).await?;
    if !filters.are_those_of(&endpoints) {
        return Ok(true);
    }
    let news = told(op, &tx, &filters, &endpoints, &batch.records).await?;
    queue::put(op, &tx, news).await?;
    tx.commit(()).await?;
    Ok(batch.more)
}

/// [`told_behind`], locked.
async fn locked(tx: &Tx, place: i64) -> Result<Vec<WebhookEndpoint>> {
    let endpoints = told_behind(tx.find(), place).lock(LockType::NoKeyUpdate);
    Ok(endpoints.all(tx.db()).await?)
}

/// The endpoints that may be told of what is behind this place of the log, in the order of their numbers: those that are
/// on, and those that were when something of it happened.
fn told_behind(endpoints: Select<webhook_endpoint::Entity>, place: i64) -> Select<webhook_endpoint::Entity> {
    use webhook_endpoint::Column as C;
    let on = C::DisabledAt.is_null().or(C::OffAfter.gt(place));
    endpoints.filter(C::ArchivedAt.is_null()).filter(on).order_by_asc(C::Id)
}

/// The filters of all endpoints with what they name, looked up before the transaction. Each stands for one version of its
/// endpoint.
struct Filters(HashMap<(Uuid, i64), Option<Filter>>);

enum Filter {
    Of(Box<Resolved>),
    /// It cannot be asked any more.
    Broken,
}

impl Filters {
    async fn of(op: &Op, place: i64) -> Result<Self> {
        let mut filters = HashMap::new();
        for row in told_behind(op.find(), place).all(op.db()).await? {
            let filter = match row.lead_filter() {
                Ok(None) => None,
                Ok(Some(tree)) => Some(match filter::resolve(op, tree).await {
                    Ok(resolved) => Filter::Of(Box::new(resolved)),
                    Err(Error::Invalid(_)) => Filter::Broken,
                    Err(error) => return Err(error),
                }),
                Err(_unreadable) => Some(Filter::Broken),
            };
            filters.insert((row.uuid, row.version), filter);
        }
        Ok(Self(filters))
    }

    fn are_of_nobody(&self) -> bool {
        self.0.is_empty()
    }

    fn are_those_of(&self, endpoints: &[WebhookEndpoint]) -> bool {
        endpoints
            .iter()
            .all(|row| self.0.contains_key(&(row.uuid, row.version)))
    }

    /// Those of these leads that the endpoint's filter lets through.
    async fn through(&self, op: &Op, tx: &Tx, row: &WebhookEndpoint, leads: &[i64]) -> Result<HashSet<i64>> {
        let resolved = match self.0.get(&(row.uuid, row.version)) {
            Some(Some(Filter::Of(resolved))) => resolved,
            Some(Some(Filter::Broken)) => {
                tracing::error!(webhook_endpoint.uuid = %row.uuid, "its filter cannot be asked any more: nothing is sent");
                return Ok(HashSet::new());
            }
            Some(None) | None => return Ok(leads.iter().copied().collect()),
        };
        let found = tx.find::<lead::Entity>().filter(op.any_of(lead::Column::Id, leads));
        let found = found.filter(resolved.condition(op));
        let found: Vec<i64> = found
            .select_only()
            .column(lead::Column::Id)
            .into_tuple()
            .all(tx.db())
            .await?;
        Ok(found.into_iter().collect())
    }
}

/// Who is told of what, in the order of the events.
async fn told(
    op: &Op,
    tx: &Tx,
    filters: &Filters,
    endpoints: &[WebhookEndpoint],
    records: &[Record],
) -> Result<Vec<New>> {
    let mut news = Vec::new();
    for row in endpoints {
        let wanted = |record: &&Record| row.is_told_at(record.position) && row.wants(record.kind);
        let wanted: Vec<&Record> = records.iter().filter(wanted).collect();
        let leads: HashSet<i64> = wanted.iter().filter_map(|record| record.lead_id).collect();
        if wanted.is_empty() {
            continue;
        }
        let through = filters.through(op, tx, row, &Vec::from_iter(leads)).await?;
        let wanted = wanted
            .into_iter()
            .filter(|record| record.lead_id.is_some_and(|lead| through.contains(&lead)));
        news.extend(wanted.map(|record| New {
            endpoint_id: row.id,
            message_uuid: new_uuid(),
            kind: DeliveryKind::Event,
            position: Some(record.position),
            event_type: record.kind.as_str().to_owned(),
            lead_id: record.lead_id,
        }));
    }
    Ok(news)
}
