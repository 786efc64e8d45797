//! Who the actors of events are, in words for people.

use std::collections::HashMap;

use sea_orm::QueryFilter;
use uuid::Uuid;

use super::Record;
use crate::domain::api_keys;
use crate::domain::caller::Scope;
use crate::domain::catalogue;
use crate::domain::error::Result;
use crate::domain::events::{Actor, ActorKind};
use crate::domain::op::Op;
use crate::domain::partnerships;
use crate::entity::user;

/// The names that were found.
#[derive(Clone, Debug, Default)]
pub struct Labels(HashMap<(ActorKind, Uuid), String>);

impl Labels {
    /// A person's name, a key's label, a partner's company, the name of a job. Nothing for someone whom the caller cannot
    /// see: keys are known to administrators only.
    pub fn of(&self, actor: &Actor) -> Option<String> {
        match (&actor.job, actor.uuid) {
            (Some(job), _) => Some(job.to_string()),
            (None, Some(uuid)) => self.0.get(&(actor.kind, uuid)).cloned(),
            (None, None) => None,
        }
    }
}

/// The names of everyone who did these things: one statement for each kind of actor.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn labels<'a>(op: &Op, records: impl IntoIterator<Item = &'a Record>) -> Result<Labels> {
    op.require(Scope::Read)?;
    let mut actors: HashMap<ActorKind, Vec<Uuid>> = HashMap::new();
    for Actor { kind, uuid, .. } in records.into_iter().map(|record| &record.actor) {
        actors.entry(*kind).or_default().extend(uuid);
    }
    let mut labels = HashMap::new();
    for (kind, mut uuids) in actors {
        uuids.sort_unstable();
        uuids.dedup();
        let found = of_kind(op, kind, &uuids).await?;
        labels.extend(found.into_iter().map(|(uuid, label)| ((kind, uuid), label)));
    }
    Ok(Labels(labels))
}

async fn of_kind(op: &Op, kind: ActorKind, uuids: &[Uuid]) -> Result<Vec<(Uuid, String)>> {
    Ok(match kind {
        ActorKind::User => {
            let users = op.find::<user::Entity>().filter(op.any_uuid(user::Column::Uuid, uuids));
            let users = users.all(op.db()).await?;
            users.into_iter().map(|user| (user.uuid, name(user))).collect()
        }
        ActorKind::ApiKey if catalogue::require_unbound(op, Scope::Admin).is_ok() => {
            let keys = api_keys::by_uuids(op, uuids).await?;
            keys.into_iter().map(|key| (key.uuid, key.label)).collect()
        }
        ActorKind::Partner => {
            let partners = partnerships::partners_of(op, uuids).await?;
            let named = partners.into_iter().map(|(shared, partner)| (shared, partner.name));
            named.collect()
        }
        ActorKind::ApiKey | ActorKind::System => Vec::new(),
    })
}

fn name(user: user::Model) -> String {
    match (user.first_name, user.last_name) {
        (Some(first), Some(last)) => format!("{first} {last}"),
        (Some(name), None) | (None, Some(name)) => name,
        (None, None) => user.email,
    }
}
