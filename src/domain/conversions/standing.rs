//! Where a lead stands, seen by those who only know conversions.

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, Condition, QueryFilter, QuerySelect};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::error::Result;
use crate::domain::leads::read::Lead;
use crate::domain::leads::{LeadStatus, ProcessingState};
use crate::domain::op::Op;
use crate::entity::{conversion_label, lead};

/// The four of them leave no lead out and overlap nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// A conversion is being processed.
    Pending,
    Lost,
    /// Done, under the label with this public id.
    Labelled(Uuid),
    Open,
}

impl Standing {
    /// The public id of the label.
    pub fn label(&self) -> Option<Uuid> {
        match self {
            Self::Pending | Self::Lost | Self::Open => None,
            Self::Labelled(label) => Some(*label),
        }
    }
}

/// Where these leads stand, by their numbers.
///
/// # Errors
/// A database fault.
pub async fn standings(op: &Op, leads: &[&Lead]) -> Result<HashMap<i64, Standing>> {
    let done: Vec<i64> = leads.iter().filter(|lead| is_done(lead)).map(|lead| lead.id).collect();
    let labels = labels(op, &done).await?;
    let standing = |lead: &Lead| match (lead.processing_state, lead.status) {
        (ProcessingState::Pending, _) => Standing::Pending,
        (ProcessingState::Open | ProcessingState::Done, LeadStatus::Lost) => Standing::Lost,
        (ProcessingState::Open | ProcessingState::Done, _) => labels
            .get(&lead.id)
            .map_or(Standing::Open, |label| Standing::Labelled(*label)),
    };
    Ok(leads.iter().map(|lead| (lead.id, standing(lead))).collect())
}

fn is_done(lead: &Lead) -> bool {
    lead.processing_state == ProcessingState::Done && lead.status != LeadStatus::Lost
}

/// The labels under which these leads are done; a lead that was last reported lost has none.
async fn labels(op: &Op, leads: &[i64]) -> Result<HashMap<i64, Uuid>> {
    use {conversion_label::Column as Label, lead::Column as Lead};
    if leads.is_empty() {
        return Ok(HashMap::new());
    }
    let found = op.find::<lead::Entity>().filter(op.any_of(Lead::Id, leads));
    let found = found
        .select_only()
        .column(Lead::Id)
        .expr_as(Expr::cust(LAST_LABEL), "label");
    let found: Vec<(i64, Option<i64>)> = found.into_tuple().all(op.db()).await?;
    let found: Vec<_> = found
        .into_iter()
        .filter_map(|(lead, label)| Some((lead, label?)))
        .collect();
    let ids: Vec<i64> = found.iter().map(|(_, label)| *label).collect();
    let labels = op.find::<conversion_label::Entity>().filter(op.any_of(Label::Id, &ids));
    let labels = labels.all(op.db()).await?;
    let uuids: HashMap<i64, Uuid> = labels.into_iter().map(|label| (label.id, label.uuid)).collect();
    let uuid = |(lead, label): (i64, i64)| Some((lead, *uuids.get(&label)?));
    Ok(found.into_iter().filter_map(uuid).collect())
}

/// The label of the conversion of a lead that was settled last, in a query on `leads`.
const LAST_LABEL: &str = "(SELECT j.label_id FROM conversion_jobs j WHERE j.workspace_id = leads.workspace_id \
    AND j.lead_id = leads.id AND j.state = 'done' ORDER BY j.id DESC LIMIT 1)";

/// The leads that stand so, in a query on `leads`. `label` is the number of the label that is meant.
pub(in crate::domain) fn condition(standing: Standing, label: Option<i64>) -> Condition {
    use lead::Column as C;
    let settled = Condition::all().add(C::ProcessingState.ne(ProcessingState::Pending));
    let live = settled.clone().add(C::Status.ne(LeadStatus::Lost));
    let done = live.clone().add(C::ProcessingState.eq(ProcessingState::Done));
    match (standing, label) {
        (Standing::Pending, _) => Condition::all().add(C::ProcessingState.eq(ProcessingState::Pending)),
        (Standing::Lost, _) => settled.add(C::Status.eq(LeadStatus::Lost)),
        (Standing::Open, _) => Condition::any()
            .add(live.add(C::ProcessingState.eq(ProcessingState::Open)))
            .add(done.add(Expr::cust(LAST_LABEL).is_null())),
        (Standing::Labelled(_), Some(label)) => done.add(Expr::cust(LAST_LABEL).eq(label)),
        // Nobody's.
        (Standing::Labelled(_), None) => Condition::all().add(Expr::val(1).eq(0)),
    }
}
