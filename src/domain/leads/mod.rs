//! Leads: captured from web forms (LeadTrackr's way), registered by partners (JourneyBee's way), read and changed by
//! everyone.

mod attributions;
mod author;
pub mod capture;
mod contact;
pub mod credit;
mod dedupe;
pub mod edit;
mod edited;
mod facts;
mod field_values;
mod fields;
pub mod filter;
mod intake;
pub mod keys;
mod money;
pub mod notes;
mod order;
pub mod read;
mod references;
pub mod register;
pub mod stats;

pub use crate::entity::lead::{AssociationType, IntegrationName, LeadOrigin, LeadSource, LeadStatus, ProcessingState};
pub use crate::entity::lead_consent::ConsentState;
pub use crate::entity::partnership_lead::{Acceptance, Direction, FormDirection};
pub(in crate::domain) use register::copy;

pub use capture::{Captured, NewCapture, Outcome, capture};
pub use edit::{Edited, LeadEdit, LeadTarget, archive, edit, restore};
pub use filter::LeadFilter;
pub use money::Money;
pub use order::{Blanks, Direction as OrderDirection, KeyValue, LeadOrder, OrderBy, Place};
pub use read::{
    LeadGraph, LeadKey, LeadParts, LeadQuery, Numbered, NumberedPage, Parent, Shelf, by_uuids, find, list, lists_of,
    numbered,
};
pub use register::{NewRegistration, Registered, register};

use super::error::{Error, Result};

/// How often a write is tried. It fails for good only if others keep archiving the lead it found, or keep winning.
const ATTEMPTS: usize = 5;

/// Counts the tries of one write.
#[derive(Debug, Default)]
struct Attempts(usize);

impl Attempts {
    /// Whether to try again after this outcome: nothing was found because a lead that was in the way has vanished, or
    /// the database gave the write up for another one.
    ///
    /// # Errors
    /// What the write failed with, when trying again would not help or was tried often enough.
    fn again<T>(&mut self, outcome: Result<Option<T>>) -> Result<()> {
        self.0 += 1;
        match outcome {
            Ok(_) if self.0 < ATTEMPTS => Ok(()),
            Ok(_) => Err(Error::broken("a lead that was in the way kept vanishing")),
            Err(error) if error.is_contention() && self.0 < ATTEMPTS => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// [`Self::again`] for a write that only fails. One that lost a key to another write at the same moment sees at the
    /// next try who has it.
    fn again_after(&mut self, error: Error) -> Result<()> {
        match error.is_unique_violation() {
            true => self.again::<()>(Ok(None)),
            false => self.again::<()>(Err(error)),
        }
    }
}

/// What a lead may hold of each of its parts: tags, values, attributions and so on.
pub const MAX_PARTS: usize = 100;
