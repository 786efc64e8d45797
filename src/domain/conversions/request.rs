//! Sending a lead on its way, or taking it back into work.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{JobState, NewConversion, Target};
use crate::domain::caller::Scope;
use crate::domain::error::{Conflict, Error, Problem, Result};
use crate::domain::leads::edit::{self, LeadEdit, StatusChange};
use crate::domain::leads::read::{Lead, locate};
use crate::domain::leads::{LeadStatus, Money, ProcessingState};
use crate::domain::op::{Op, Tx};
use crate::domain::projects::{self, Project};
use crate::domain::{Change, Ref};
use crate::entity::{conversion_job, conversion_label};

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requested {
    pub id: i64,
    pub uuid: Uuid,
    pub unique_identifier: Option<String>,
    /// Pending: a loop of the server settles it soon. Done: it is settled already.
    pub state: JobState,
}

/// The currency of a value that is told without one, for a lead that has none yet.
const CURRENCY: &str = "EUR";

/// Lets a lead that is to get a label, or to be lost, wait for its conversion; or opens it again at once.
///
/// # Errors
/// Without the scope `write`. Then, in this order: an inactive project; no such lead; a label that its project does not
/// have (path `conversionId`); a [`Conflict::Taken`] by a conversion of it that is not settled yet; a database fault.
pub async fn request(op: &Op, project: &Project, new: NewConversion) -> Result<Requested> {
    op.require(Scope::Write)?;
    let work = async |op, new| {
        projects::require_active(project)?;
        begin(op, new).await
    };
    op.once("conversions.request", new, work).await
}

async fn begin(op: Op, new: NewConversion) -> Result<Requested> {
    let NewConversion {
        lead,
        target,
        value_minor,
    } = new;
    let lead = locate(&op, &lead).await?.ok_or_else(edit::not_found)?;
    let label_id = match target {
        Target::Open | Target::Lost => None,
        Target::Label(label) => Some(label_of(&op, &lead, label).await?),
    };
    let (state, processing, status) = match target {
        Target::Open => (JobState::Done, ProcessingState::Open, reopened(lead.status)),
        Target::Lost | Target::Label(_) => (JobState::Pending, ProcessingState::Pending, None),
    };
    let change = LeadEdit {
        status,
        value: value_minor.map_or(Change::Keep, |minor| {
            let currency = lead.currency.clone().unwrap_or_else(|| CURRENCY.into());
            Change::Set(Money { minor, currency })
        }),
        ..LeadEdit::default()
    };
    let change = edit::prepare(&op, change).await?.processing(processing);

    let mut tx = op.begin().await?;
    let row = edit::lock(&tx, Ref::Id(lead.id)).await?;
    refuse_pending(&tx, row.id).await?;
    if state == JobState::Pending {
        let job = conversion_job::ActiveModel {
            lead_id: Set(row.id),
            label_id: Set(label_id),
            state: Set(state),
            created_at: Set(tx.now()),
            ..Default::default()
        };
        tx.insert(job).await?;
    }
    let row = edit::within(&mut tx, row, &change).await?;
    let requested = tx.commit(Requested {
        id: row.id,
        uuid: row.uuid,
        unique_identifier: row.external_id,
        state,
    });
    let requested = requested.await?;
    if state == JobState::Pending {
        op.services().conversions().notify_one();
    }
    Ok(requested)
}

/// What a lead is that is worked on again: a lost one begins anew, a won one was not won.
fn reopened(status: LeadStatus) -> Option<StatusChange> {
    match status {
        LeadStatus::Lost => Some(StatusChange::to(LeadStatus::New)),
        LeadStatus::Converted => Some(StatusChange::to(LeadStatus::Qualified)),
        LeadStatus::New | LeadStatus::Contacted | LeadStatus::Qualified => None,
    }
}

async fn label_of(op: &Op, lead: &Lead, label: Uuid) -> Result<i64> {
    use conversion_label::Column as C;
    let unknown = || Problem::not_found(["conversionId".into()], "Invalid field: conversionId");
    let Some(project) = lead.project_id else {
        return Err(unknown().into());
    };
    let labels = op.find::<conversion_label::Entity>().filter(C::Uuid.eq(label));
    let labels = labels.filter(C::ProjectId.eq(project)).filter(C::ArchivedAt.is_null());
    let label = labels.one(op.db()).await?;
    label.map(|label| label.id).ok_or_else(|| unknown().into())
}

/// With the lead locked, so that nobody else begins one meanwhile.
async fn refuse_pending(tx: &Tx, lead_id: i64) -> Result<()> {
    use conversion_job::Column as C;
    let pending = tx.find::<conversion_job::Entity>().filter(C::LeadId.eq(lead_id));
    let pending = pending.filter(C::State.eq(JobState::Pending)).one(tx.db()).await?;
    if pending.is_none() {
        return Ok(());
    }
    let problem = Problem::invalid(["lead".into()], "Lead already has a pending conversion");
    Err(Error::Conflict(Conflict::Taken(problem)))
}
