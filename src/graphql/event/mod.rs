//! Events: what happened, told by the histories of leads, the audit log, the change feed and its subscription.

mod audit;
mod feed;
mod kind;
pub mod position;
mod stream;

use async_graphql::{Enum, ID, SimpleObject};

use super::node::{GlobalId, NodeKind};
use super::paging::Listed;
use super::scalars::{DateTime, Json, Uuid};
use crate::domain::activity::{self, Labels, Record};
use crate::domain::error::Result;
use crate::domain::events::{Actor, ActorKind, Change};
use crate::domain::op::Op;

pub use audit::AuditQueries;
pub use feed::{FeedQueries, LongestWait, Start, start};
pub use kind::EventType;
pub use stream::EventSubscriptions;

/// Something that happened, as it stands in the workspace's event log.
#[derive(Clone, Debug, SimpleObject)]
pub struct Event {
    /// The global id.
    pub id: ID,
    /// Its place in the workspace's event log: the feed goes on behind it with `after`.
    position: String,
    /// What happened.
    #[graphql(name = "type")]
    kind: EventType,
    /// When it happened.
    at: DateTime,
    /// Who did it.
    actor: EventActor,
    /// What it happened to: a node id, also of something that is gone. Null for what has no node id.
    subject_id: Option<ID>,
    /// The public id of what it happened to.
    subject_uuid: Uuid,
    /// What changed, by field. Folding the changes of a thing from its first event on gives it as it is now.
    changes: Vec<FieldChange>,
}

impl Listed for Event {}

/// Who did something, and through which door.
#[derive(Clone, Debug, SimpleObject)]
pub struct EventActor {
    /// What kind of actor it is.
    kind: EventActorKind,
    /// The door that the change came through.
    door: EventDoor,
    /// The node id of the person or the API key; null for a partner, who acts in another workspace, and for the server.
    node_id: Option<ID>,
    /// The person's name, the key's label (for administrators), the partner's company, or the name of the server's own
    /// job. Null where the caller cannot know it.
    label: Option<String>,
}

/// The kinds of actors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::events::ActorKind")]
pub enum EventActorKind {
    /// A person of the workspace.
    User,
    /// A program with an API key.
    ApiKey,
    /// The server itself.
    System,
    /// A partner's workspace. Who acted there is not told.
    Partner,
}

/// The doors that changes come through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::caller::Door")]
pub enum EventDoor {
    /// LeadTrackr's REST routes.
    Leadtrackr,
    /// JourneyBee's REST routes.
    Journeybee,
    /// GraphQL.
    Graphql,
    /// The command line, and what the server does by itself.
    Server,
}

/// How one field changed.
#[derive(Clone, Debug, SimpleObject)]
pub struct FieldChange {
    /// The name of the field.
    field: String,
    /// What it was; null for nothing.
    from: Option<Json>,
    /// What it became; null for nothing.
    to: Option<Json>,
}

impl Event {
    fn new(op: &Op, record: Record, labels: &Labels) -> Self {
        let Record {
            position,
            kind,
            subject,
            lead_id: _,
            actor,
            changes,
            at,
        } = record;
        let change = |(field, Change { from, to }): (&str, &Change)| FieldChange {
            field: field.to_owned(),
            from: present(from),
            to: present(to),
        };
        Self {
            id: GlobalId::new(NodeKind::Event, position::uuid(op, position)).into(),
            position: position::encode(op, position),
            kind: kind.into(),
            at: DateTime(at),
            actor: EventActor::new(&actor, labels),
            subject_id: kind::subject_kind(kind).map(|kind| GlobalId::new(kind, subject).into()),
            subject_uuid: Uuid(subject),
            changes: changes.iter().map(change).collect(),
        }
    }
}

fn present(value: &serde_json::Value) -> Option<Json> {
    (!value.is_null()).then(|| Json(value.clone()))
}

impl EventActor {
    fn new(actor: &Actor, labels: &Labels) -> Self {
        let node = match actor.kind {
            ActorKind::User => Some(NodeKind::User),
            ActorKind::ApiKey => Some(NodeKind::ApiKey),
            // A partnership's shared id is its invitation.
            ActorKind::System | ActorKind::Partner => None,
        };
        Self {
            kind: actor.kind.into(),
            door: actor.door.into(),
            node_id: node
                .zip(actor.uuid)
                .map(|(kind, uuid)| GlobalId::new(kind, uuid).into()),
            label: labels.of(actor),
        }
    }
}

/// Of `node` and `nodes`: events by what their global ids hold.
///
/// # Errors
/// What the domain says.
pub async fn by_ids(op: &Op, ids: &[uuid::Uuid]) -> Result<Vec<(uuid::Uuid, Event)>> {
    let positions: Vec<i64> = ids.iter().filter_map(|id| position::of_uuid(op, *id)).collect();
    let records = activity::by_positions(op, &positions).await?;
    let found: Vec<_> = records
        .iter()
        .map(|record| position::uuid(op, record.position))
        .collect();
    Ok(found.into_iter().zip(events(op, records).await?).collect())
}

/// Events with the names of their actors.
///
/// # Errors
/// What the domain says.
pub async fn events(op: &Op, records: Vec<Record>) -> Result<Vec<Event>> {
    let labels = activity::labels(op, &records).await?;
    Ok(records
        .into_iter()
        .map(|record| Event::new(op, record, &labels))
        .collect())
}
