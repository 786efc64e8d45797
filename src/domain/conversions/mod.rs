//! Conversions: what a lead became in the words of its project, reported to whoever is connected. A lead that is sent on
//! its way waits as a job until a loop of the server has settled it; nobody is connected yet, so that settling it means
//! giving the lead its label and status.

mod request;
mod settle;
mod standing;

use serde::Serialize;
use uuid::Uuid;

use super::leads::LeadKey;

pub use crate::entity::conversion_job::JobState;
pub use request::{Requested, request};
pub use settle::settle_pending;
pub(in crate::domain) use standing::condition;
pub use standing::{Standing, standings};

/// What a caller asks for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NewConversion {
    pub lead: LeadKey,
    pub target: Target,
    /// What the lead is worth, in hundredths; absent is kept.
    pub value_minor: Option<i64>,
}

/// What the lead shall become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Target {
    /// In work again, at once.
    Open,
    Lost,
    /// The label with this public id, of the lead's project.
    Label(Uuid),
}
