//! Leads: captured from web forms (LeadTrackr's way), registered by partners (JourneyBee's way), read by everyone.

pub mod capture;
mod channel_flow;
mod click_ids;
pub(in crate::domain) mod copy;
mod facts;
mod field_values;
mod load;
mod merge;
pub mod read;
mod references;
pub mod register;
mod registration;
mod store;

pub use crate::entity::lead::{AssociationType, IntegrationName, LeadOrigin, LeadSource, LeadStatus, ProcessingState};
pub use crate::entity::lead_consent::ConsentState;
pub use crate::entity::partnership_lead::{Acceptance, Direction, FormDirection};
pub use capture::{Captured, NewCapture, Outcome, capture};
pub use read::{LeadGraph, LeadKey, LeadParts, by_uuids, find, list};
pub use register::{NewRegistration, Registered, register};

/// What a lead may hold of each of its parts: tags, values, attributions and so on.
pub const MAX_PARTS: usize = 100;
