//! Changing leads. One engine for every door: it looks up what an edit names, locks the lead, sees whether it still is
//! the one that the caller knew, works out what the edit makes of it, and writes the difference with one event.
//!
//! An edit that changes nothing changes nothing: no version step, no event.

mod apply;
mod archive;
mod resolve;
mod state;
mod status;
mod store;
mod within;

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use super::attributions::NewAttribution;
pub use super::fields::{NewFieldValue, NewValue, OptionRef};
pub use super::money::Money;
pub use archive::{archive, restore};
pub(in crate::domain) use status::steps;
pub(in crate::domain) use within::{Prepared, prepare, within};

use super::{Attempts, LeadSource, LeadStatus};
use crate::domain::caller::Scope;
use crate::domain::catalogue::check_version;
use crate::domain::error::{Error, Problem, Result};
use crate::domain::events::Changes;
use crate::domain::op::{Op, Tx};
use crate::domain::{Change, Ref};
use crate::entity::lead;
use resolve::Resolved;
use state::State;

/// Which lead an edit is of. Unknown, foreign, archived, and another project's for a key that is bound to one: all the
/// same, not found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LeadTarget {
    pub lead: Ref,
    /// The version that the caller knows. Only doors whose clients cannot know one leave it out.
    pub expected_version: Option<i64>,
}

/// What to change. Whatever is not named stays.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LeadEdit {
    pub contact: LeadPatch,
    pub status: Option<StatusChange>,
    pub assignees: Option<SetEdit<Ref>>,
    pub tags: Option<SetEdit<Ref>>,
    /// Each field at most once.
    pub fields: Vec<FieldEdit>,
    pub attributions: Option<AttributionEdit>,
    pub value: Change<Money>,
}

/// The lead's own members. Texts are trimmed; a blank one clears.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LeadPatch {
    pub email: Change<String>,
    pub phone_number: Change<String>,
    pub first_name: Change<String>,
    pub last_name: Change<String>,
    pub company_name: Change<String>,
    /// LeadTrackr's name for an id of the client's own. Not unique.
    pub unique_identifier: Change<String>,
    pub campaign: Change<Ref>,
    pub source: Change<LeadSource>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatusChange {
    pub to: LeadStatus,
    /// Why the lead is lost: required for a lead that becomes so, refused with any other status. Of a lead that is lost
    /// already it replaces the reason.
    pub reason: Option<String>,
    /// What a door writes that cannot carry a reason. Never replaces one that somebody gave.
    pub otherwise: Option<&'static str>,
}

impl StatusChange {
    pub fn to(status: LeadStatus) -> Self {
        Self {
            to: status,
            reason: None,
            otherwise: None,
        }
    }
}

/// How a set of things that hang on a lead changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum SetEdit<T> {
    /// All of it, whoever put there what is there now.
    Replace(Vec<T>),
    /// Only these. What is there already is not added again, what is not there cannot be missed.
    Change { add: Vec<T>, remove: Vec<T> },
}

#[derive(Clone, Debug, Serialize)]
pub enum FieldEdit {
    /// A blank value clears.
    Set(NewFieldValue),
    Clear(Ref),
}

impl FieldEdit {
    pub(super) fn field(&self) -> Ref {
        match self {
            Self::Set(value) => value.field,
            Self::Clear(field) => *field,
        }
    }
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct AttributionEdit {
    /// The same source at the same time stands once.
    pub add: Vec<NewAttribution>,
    /// By their own public ids.
    pub remove: Vec<Uuid>,
}

/// The lead after the edit, changed or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edited {
    pub id: i64,
    pub uuid: Uuid,
    pub version: i64,
    pub updated_at: DateTime<Utc>,
}

impl From<&lead::Model> for Edited {
    fn from(lead: &lead::Model) -> Self {
        Self {
            id: lead.id,
            uuid: lead.uuid,
            version: lead.version,
            updated_at: lead.updated_at,
        }
    }
}

/// Changes a lead.
///
/// # Errors
/// [`Error::NotFound`] for the lead; [`Error::Invalid`] with all problems found; [`Conflict::Stale`](crate::domain::error::Conflict::Stale) when it is not of
/// the expected version; [`Conflict::DuplicateLead`](crate::domain::error::Conflict::DuplicateLead) when another live lead is registered with the new e-mail.
pub async fn edit(op: &Op, target: LeadTarget, edit: LeadEdit) -> Result<Edited> {
    op.require(Scope::Write)?;
    op.once("leads.edit", (target, edit), carry_out).await
}

async fn carry_out(op: Op, (target, edit): (LeadTarget, LeadEdit)) -> Result<Edited> {
    let resolved = Resolved::resolve(&op, edit).await?;
    let mut attempts = Attempts::default();
    loop {
        match attempt(&op, target, &resolved).await {
            Ok(edited) => return Ok(edited),
            Err(error) => attempts.again_after(error)?,
        }
    }
}

async fn attempt(op: &Op, target: LeadTarget, edit: &Resolved) -> Result<Edited> {
    let mut tx = op.begin().await?;
    let lead = lock(&tx, target.lead).await?;
    let before = State::load(&tx, lead, edit).await?;
    let (mut after, problems) = apply::apply(&before, edit);
    // Before what may be wrong with the edit now, for that may come from what somebody else has changed.
    let (was, wanted) = (before.facts(), after.facts());
    check_version(
        target.expected_version,
        before.row.uuid,
        before.row.version,
        &was,
        &wanted,
    )?;
    problems.check()?;
    let changes = Changes::between(&was, &wanted);
    if changes.is_empty() {
        return tx.commit(Edited::from(&before.row)).await;
    }
    store::store(&mut tx, &before, &mut after, changes).await?;
    tx.commit(Edited::from(&after.row)).await
}

/// The caller's live lead, locked.
pub(in crate::domain) async fn lock(tx: &Tx, reference: Ref) -> Result<lead::Model> {
    let found = lock_any(tx, reference).await?;
    found.filter(|lead| lead.deleted_at.is_none()).ok_or_else(not_found)
}

/// [`lock`], archived or not.
async fn lock_any(tx: &Tx, reference: Ref) -> Result<Option<lead::Model>> {
    use lead::Column as C;
    let leads = tx.find::<lead::Entity>().filter(match reference {
        Ref::Id(id) => C::Id.eq(id),
        Ref::Uuid(uuid) => C::Uuid.eq(uuid),
    });
    let leads = match tx.caller().project_id {
        Some(project) => leads.filter(C::ProjectId.eq(project)),
        None => leads,
    };
    Ok(leads.lock_exclusive().one(tx.db()).await?)
}

pub(in crate::domain) fn not_found() -> Error {
    Error::NotFound(Problem::not_found(["lead".into()], "Lead not found"))
}
