//! From events to the people who are to hear of them: those whom a partner names for a lead that it sends, those who get
//! a lead to work on, those who are mentioned in a note, and administrators of webhooks that stopped. Nobody is told of what they did themselves.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter};
use serde_json::Value;
use uuid::Uuid;

use super::NotificationKind;
use super::mentions::mentions;
use crate::domain::caller::Role;
use crate::domain::error::Result;
use crate::domain::events::{ActorKind, Change, EventKind};
use crate::domain::new_uuid;
use crate::domain::op::{self, Op, System, Tx};
use crate::domain::outbox::Record;
use crate::domain::outbox::cursor::{self, Consumer};
use crate::entity::{api_key, notification, user};

/// Events that are dealt with in one transaction.
const BATCH: u64 = 200;

/// Makes notifications of events that nobody has dealt with, of some in each of these workspaces, or in all. Gives back
/// those where there may be more. What fails in one workspace is logged and waits; the others go on.
///
/// # Errors
/// The database is away.
pub async fn spread(system: &System, workspaces: Option<BTreeSet<i64>>) -> Result<BTreeSet<i64>> {
    cursor::turns(system, Consumer::Notifications, workspaces, step).await
}

/// Whether there may be more.
async fn step(op: Op) -> Result<bool> {
    let mut tx = op.begin().await?;
    let Some(batch) = cursor::take(&tx, Consumer::Notifications, BATCH).await? else {
        return Ok(false);
    };
    tell(&mut tx, &batch.records).await?;
    tx.commit(()).await?;
    Ok(batch.more)
}

async fn tell(tx: &mut Tx, records: &[Record]) -> Result<()> {
    let news: Vec<(&Record, News)> = records.iter().map(|record| (record, News::of(record))).collect();
    let news: Vec<_> = news.into_iter().filter(|(_, news)| !news.is_empty()).collect();
    if news.is_empty() {
        return Ok(());
    }
    let people = People::of(tx, &news).await?;
    let mut rows = Vec::new();
    for (record, news) in news {
        // One notification a person and event: the weightiest reason.
        let mut reasons: BTreeMap<i64, NotificationKind> = BTreeMap::new();
        if news.is_for_administrators {
            let administrators = people.administrators();
            reasons.extend(administrators.map(|person| (person, NotificationKind::WebhookDisabled)));
        }
        let by_uuid = |uuid| people.by_uuid(uuid);
        let mentioned = news.mentioned.iter().filter_map(|address| people.by_address(address));
        reasons.extend(mentioned.map(|person| (person, NotificationKind::NoteMention)));
        let assigned = news.assigned.iter().filter_map(by_uuid);
        reasons.extend(assigned.map(|person| (person, NotificationKind::LeadAssigned)));
        let received = news.received.iter().filter_map(by_uuid);
        reasons.extend(received.map(|person| (person, NotificationKind::LeadReceived)));
        if let Some(person) = people.behind(record) {
            reasons.remove(&person);
        }
        rows.extend(reasons.into_iter().map(|(person, kind)| row(tx, record, person, kind)));
    }
    if rows.is_empty() {
        return Ok(());
    }
    tx.insert_all(rows).await?;
    // Who waits for notifications waits for the workspace.
    tx.announce();
    Ok(())
}

fn row(tx: &Tx, record: &Record, user_id: i64, kind: NotificationKind) -> notification::ActiveModel {
    notification::ActiveModel {
        uuid: Set(new_uuid()),
        user_id: Set(user_id),
        kind: Set(kind),
        position: Set(record.position),
        subject_uuid: Set(record.subject),
        lead_id: Set(record.lead_id),
        read_at: Set(None),
        created_at: Set(tx.now()),
        ..Default::default()
    }
}

/// Whom an event is news for.
#[derive(Debug, Default, PartialEq)]
struct News {
    received: BTreeSet<Uuid>,
    assigned: BTreeSet<Uuid>,
    mentioned: BTreeSet<String>,
    is_for_administrators: bool,
}

impl News {
    fn of(record: &Record) -> Self {
        match record.kind {
            EventKind::LeadCreated | EventKind::LeadUpdated => Self {
                received: gained(record.changes.get("partnershipLeads"), notified),
                assigned: gained(record.changes.get("assignees"), uuids),
                ..Self::default()
            },
            EventKind::NoteCreated | EventKind::NoteUpdated => Self {
                mentioned: gained(record.changes.get("text"), |text| {
                    mentions(text.as_str().unwrap_or_default())
                }),
                ..Self::default()
            },
            // What somebody switches off by hand is news to nobody who could not ask them.
            EventKind::WebhookEndpointDisabled => Self {
                is_for_administrators: record.actor.kind == ActorKind::System,
                ..Self::default()
            },
            EventKind::LeadArchived
            | EventKind::LeadRestored
            | EventKind::NoteDeleted
            | EventKind::TagCreated
            | EventKind::TagUpdated
            | EventKind::TagArchived
            | EventKind::TagRestored
            | EventKind::CustomFieldCreated
            | EventKind::CustomFieldUpdated
            | EventKind::CustomFieldArchived
            | EventKind::CustomFieldRestored
            | EventKind::AttributionSourceCreated
            | EventKind::AttributionSourceUpdated
            | EventKind::AttributionSourceArchived
            | EventKind::AttributionSourceRestored
            | EventKind::CampaignCreated
            | EventKind::CampaignUpdated
            | EventKind::CampaignArchived
            | EventKind::CampaignRestored
            | EventKind::PartnerCompanyCreated
            | EventKind::PartnerCompanyUpdated
            | EventKind::PartnerUserCreated
            | EventKind::PartnerUserUpdated
            | EventKind::PartnershipCreated
            | EventKind::PartnershipAccepted
            | EventKind::PartnershipUpdated
            | EventKind::PartnershipArchived
            | EventKind::WorkspaceCreated
            | EventKind::WorkspaceUpdated
            | EventKind::ProjectCreated
            | EventKind::ProjectUpdated
            | EventKind::UserCreated
            | EventKind::UserUpdated
            | EventKind::ApiKeyCreated
            | EventKind::ApiKeyUpdated
            | EventKind::ApiKeyRotated
            | EventKind::ApiKeyRevoked
            | EventKind::ConversionLabelCreated
            | EventKind::ConversionLabelUpdated
            | EventKind::ConversionLabelArchived
            | EventKind::ConversionLabelRestored
            | EventKind::WebhookEndpointCreated
            | EventKind::WebhookEndpointUpdated
            | EventKind::WebhookEndpointRotated
            | EventKind::WebhookEndpointEnabled
            | EventKind::WebhookEndpointArchived
            | EventKind::WebhookEndpointTested
            | EventKind::WebhookEndpointReplayed => Self::default(),
        }
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What a fact has now and had not before.
fn gained<T: Ord>(change: Option<&Change>, read: impl Fn(&Value) -> BTreeSet<T>) -> BTreeSet<T> {
    let Some(Change { from, to }) = change else {
        return BTreeSet::new();
    };
    let before = read(from);
    read(to).into_iter().filter(|item| !before.contains(item)).collect()
}

fn uuids(list: &Value) -> BTreeSet<Uuid> {
    let items = list.as_array().into_iter().flatten();
    items.filter_map(|item| item.as_str()?.parse().ok()).collect()
}

/// The workspace's own people whom partners have named. On the sender's side the names are the partner's people.
fn notified(partnership_leads: &Value) -> BTreeSet<Uuid> {
    let items = partnership_leads.as_array().into_iter().flatten();
    let received = items.filter(|item| item["direction"] == "received");
    received.flat_map(|item| uuids(&item["notify"])).collect()
}

/// The workspace's people who are named, and who stand behind the keys that did something.
struct People {
    users: Vec<user::Model>,
    keys: HashMap<Uuid, i64>,
}

impl People {
    async fn of(tx: &Tx, news: &[(&Record, News)]) -> Result<Self> {
        let addresses: BTreeSet<&String> = news.iter().flat_map(|(_, news)| &news.mentioned).collect();
        let actors = news.iter().map(|(record, _)| record.actor.clone());
        let keys: BTreeSet<Uuid> = actors
            .filter(|actor| actor.kind == ActorKind::ApiKey)
            .filter_map(|actor| actor.uuid)
            .collect();
        let mut named: BTreeSet<Uuid> = news
            .iter()
            .flat_map(|(_, news)| news.received.iter().chain(&news.assigned).copied())
            .collect();
        named.extend(news.iter().filter_map(|(record, _)| record.actor.uuid));
        let backend = tx.db().get_database_backend();
        let named: Vec<Uuid> = named.into_iter().collect();
        let named = op::any_uuid(backend, user::Column::Uuid, &named);
        let addressed = user::Column::EmailFolded.is_in(addresses.into_iter().map(String::as_str));
        let meant = match news.iter().any(|(_, news)| news.is_for_administrators) {
            true => named
                .or(addressed)
                .or(user::Column::Role.is_in([Role::Owner, Role::Admin])),
            false => named.or(addressed),
        };
        let users = tx.find::<user::Entity>().filter(meant);
        let keys: Vec<Uuid> = keys.into_iter().collect();
        let keys = tx
            .find::<api_key::Entity>()
            .filter(op::any_uuid(backend, api_key::Column::Uuid, &keys));
        let keys = keys.all(tx.db()).await?;
        Ok(Self {
            users: users.all(tx.db()).await?,
            keys: keys
                .into_iter()
                .filter_map(|key| Some((key.uuid, key.user_id?)))
                .collect(),
        })
    }

    fn by_uuid(&self, uuid: &Uuid) -> Option<i64> {
        self.enabled(|user| user.uuid == *uuid)
    }

    fn by_address(&self, address: &str) -> Option<i64> {
        self.enabled(|user| user.email_folded == address)
    }

    fn administrators(&self) -> impl Iterator<Item = i64> {
        let able = self.users.iter().filter(|user| user.disabled_at.is_none());
        let administer = able.filter(|user| matches!(user.role, Role::Owner | Role::Admin));
        administer.map(|user| user.id)
    }

    fn enabled(&self, is_meant: impl Fn(&user::Model) -> bool) -> Option<i64> {
        let meant = self
            .users
            .iter()
            .find(|user| is_meant(user) && user.disabled_at.is_none());
        meant.map(|user| user.id)
    }

    /// Whoever did it: a person, or the one whose key it was.
    fn behind(&self, record: &Record) -> Option<i64> {
        let uuid = record.actor.uuid?;
        match record.actor.kind {
            ActorKind::User => self.users.iter().find(|user| user.uuid == uuid).map(|user| user.id),
            ActorKind::ApiKey => self.keys.get(&uuid).copied(),
            ActorKind::System | ActorKind::Partner => None,
        }
    }
}
