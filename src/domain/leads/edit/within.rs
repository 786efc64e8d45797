//! Edits that are part of a larger write of the domain's.

use super::resolve::Resolved;
use super::state::State;
use super::{LeadEdit, apply, store};
use crate::domain::error::Result;
use crate::domain::events::Changes;
use crate::domain::leads::ProcessingState;
use crate::domain::op::{Op, Tx};
use crate::entity::lead;

/// An edit that is ready for a Tx, in which nothing may be looked up elsewhere.
#[derive(Debug)]
pub(in crate::domain) struct Prepared(Resolved);

/// # Errors
/// What is wrong with the edit whatever the lead is like.
pub(in crate::domain) async fn prepare(op: &Op, edit: LeadEdit) -> Result<Prepared> {
    Resolved::resolve(op, edit).await.map(Prepared)
}

impl Prepared {
    /// The edit that also says how far a conversion of the lead is.
    #[must_use]
    pub(in crate::domain) fn processing(mut self, state: ProcessingState) -> Self {
        self.0.processing = Some(state);
        self
    }
}

/// Changes a lead that `tx` has locked, and gives it back as it is then.
///
/// # Errors
/// What stands against the edit. The Tx is not to be committed then.
pub(in crate::domain) async fn within(tx: &mut Tx, lead: lead::Model, edit: &Prepared) -> Result<lead::Model> {
    let before = State::load(tx, lead, &edit.0).await?;
    let (mut after, problems) = apply::apply(&before, &edit.0);
    problems.check()?;
    let changes = Changes::between(&before.facts(), &after.facts());
    if changes.is_empty() {
        return Ok(before.row);
    }
    store::store(tx, &before, &mut after, changes).await?;
    Ok(after.row)
}
