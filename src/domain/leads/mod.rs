//! Leads: captured from web forms (LeadTrackr's way), registered by partners (JourneyBee's way), read by everyone.

mod author;
pub mod capture;
mod facts;
mod intake;
pub mod read;
pub mod register;

pub use crate::entity::lead::{AssociationType, IntegrationName, LeadOrigin, LeadSource, LeadStatus, ProcessingState};
pub use crate::entity::lead_consent::ConsentState;
pub use crate::entity::partnership_lead::{Acceptance, Direction, FormDirection};
pub(in crate::domain) use register::copy;

pub use capture::{Captured, NewCapture, Outcome, capture};
pub use read::{LeadGraph, LeadKey, LeadParts, by_uuids, find, list};
pub use register::{NewRegistration, Registered, register};

/// What a lead may hold of each of its parts: tags, values, attributions and so on.
pub const MAX_PARTS: usize = 100;
