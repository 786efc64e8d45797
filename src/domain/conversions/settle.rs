//! Settling what waits. Whoever comes first locks the job; the job and what it does to its lead commit together, so that
//! a crash leaves it waiting and no second instance does it again.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{LockBehavior, LockType};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::JobState;
use crate::domain::error::{Error, Result};
use crate::domain::leads::edit::{self, LeadEdit, Prepared, StatusChange};
use crate::domain::leads::{LeadStatus, ProcessingState};
use crate::domain::op::{Op, System, Tx};
use crate::entity::{conversion_job, conversion_label, lead};

/// Why a lead is lost that somebody without a word for it gave up.
const NO_REASON: &str = "No reason was given";

/// Jobs that are looked up at a time.
const BATCH: u64 = 100;

/// How often a job is tried whose lead somebody moves at the same time.
const ATTEMPTS: usize = 5;

/// Settles every conversion that waits, of all workspaces. One that fails is logged and waits on.
///
/// # Errors
/// The database is away.
pub async fn settle_pending(system: &System) -> Result<()> {
    for workspace_id in waiting(system).await? {
        settle_all(&system.within(workspace_id)).await?;
    }
    Ok(())
}

/// The workspaces in which something waits: read from an index that holds nothing else.
#[expect(
    clippy::disallowed_methods,
    reason = "a loop has no workspace yet; only their numbers are read"
)]
async fn waiting(system: &System) -> Result<Vec<i64>> {
    use conversion_job::Column as C;
    let pending = conversion_job::Entity::find().filter(C::State.eq(JobState::Pending));
    let workspaces = pending.select_only().column(C::WorkspaceId).distinct();
    let workspaces = workspaces.order_by_asc(C::WorkspaceId);
    Ok(workspaces.into_tuple().all(system.db()).await?)
}

async fn settle_all(op: &Op) -> Result<()> {
    use conversion_job::Column as C;
    let mut behind = 0;
    loop {
        let pending = op
            .find::<conversion_job::Entity>()
            .filter(C::State.eq(JobState::Pending));
        let pending = pending.filter(C::Id.gt(behind)).order_by_asc(C::Id).limit(BATCH);
        let jobs: Vec<conversion_job::Model> = pending.all(op.db()).await?;
        let Some(last) = jobs.last() else { return Ok(()) };
        behind = last.id;
        for job in jobs {
            match settle(op, &job).await {
                Ok(()) => {}
                Err(error @ Error::Unavailable(_)) => return Err(error),
                Err(error) => tracing::error!(conversion_job.id = job.id, ?error, "a conversion could not be settled"),
            }
        }
    }
}

async fn settle(op: &Op, job: &conversion_job::Model) -> Result<()> {
    for _ in 0..ATTEMPTS {
        let plan = Plan::of(op, job).await?;
        let mut tx = op.begin().await?;
        match carry_out(&mut tx, job, &plan).await? {
            Outcome::Settled => return tx.commit(()).await,
            Outcome::NotOurs => return Ok(()),
            Outcome::Moved => {}
        }
    }
    Err(Error::broken("a lead kept moving while its conversion was settled"))
}

/// What settling means for a lead of this status, one edit after the other.
struct Plan {
    from: LeadStatus,
    edits: Vec<Prepared>,
}

enum Outcome {
    Settled,
    /// Another instance has it, or had it.
    NotOurs,
    /// The lead has got another status meanwhile.
    Moved,
}

impl Plan {
    async fn of(op: &Op, job: &conversion_job::Model) -> Result<Self> {
        let lead = op.find::<lead::Entity>().filter(lead::Column::Id.eq(job.lead_id));
        let lead = lead.one(op.db()).await?;
        let from = lead
            .ok_or_else(|| Error::broken("a conversion without its lead"))?
            .status;
        let (to, processing) = match job.label_id {
            None => (Some(LeadStatus::Lost), ProcessingState::Done),
            Some(label) => meaning(op, label).await?,
        };
        let steps = to.map(|to| edit::steps(from, to)).unwrap_or_default();
        let mut edits = Vec::new();
        for to in steps {
            edits.push(edit::prepare(op, step(to)).await?);
        }
        // With the last step, so that one event tells of both.
        let last = match edits.pop() {
            Some(last) => last,
            None => edit::prepare(op, LeadEdit::default()).await?,
        };
        edits.push(last.processing(processing));
        Ok(Self { from, edits })
    }
}

/// The status that a label stands for, if any, and whether its leads are done.
async fn meaning(op: &Op, label: i64) -> Result<(Option<LeadStatus>, ProcessingState)> {
    let label = op
        .find::<conversion_label::Entity>()
        .filter(conversion_label::Column::Id.eq(label));
    let label = label
        .one(op.db())
        .await?
        .ok_or_else(|| Error::broken("a conversion without its label"))?;
    let processing = match label.mark_as_done {
        true => ProcessingState::Done,
        false => ProcessingState::Open,
    };
    Ok((label.mapped_status, processing))
}

fn step(to: LeadStatus) -> LeadEdit {
    let otherwise = (to == LeadStatus::Lost).then_some(NO_REASON);
    LeadEdit {
        status: Some(StatusChange {
            otherwise,
            ..StatusChange::to(to)
        }),
        ..LeadEdit::default()
    }
}

async fn carry_out(tx: &mut Tx, job: &conversion_job::Model, plan: &Plan) -> Result<Outcome> {
    use conversion_job::Column as C;
    let this = C::Id.eq(job.id);
    let pending = tx.find::<conversion_job::Entity>().filter(this.clone());
    let pending = pending.filter(C::State.eq(JobState::Pending));
    let pending = pending.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    if pending.one(tx.db()).await?.is_none() {
        return Ok(Outcome::NotOurs);
    }
    // Archived or not: one that is restored must not wait for ever.
    let row = tx.find::<lead::Entity>().filter(lead::Column::Id.eq(job.lead_id));
    let row = row.lock_exclusive().one(tx.db()).await?;
    let mut row = row.ok_or_else(|| Error::broken("a conversion without its lead"))?;
    if row.status != plan.from {
        return Ok(Outcome::Moved);
    }
    for edit in &plan.edits {
        row = edit::within(tx, row, edit).await?;
    }
    let settled = conversion_job::ActiveModel {
        state: Set(JobState::Done),
        settled_at: Set(Some(tx.now())),
        ..Default::default()
    };
    tx.update::<conversion_job::Entity>()
        .filter(this)
        .set(settled)
        .exec(tx.db())
        .await?;
    Ok(Outcome::Settled)
}
