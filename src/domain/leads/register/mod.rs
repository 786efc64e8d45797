//! JourneyBee's way in: a lead registered by or with a partner, with everything it refers to, in one transaction.

pub(in crate::domain) mod copy;
mod fields;
mod references;
mod registration;
mod store;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

pub use super::attributions::NewAttribution;
pub use super::fields::{NewFieldValue, NewValue, OptionRef};
use super::{AssociationType, Attempts, FormDirection, IntegrationName, LeadOrigin, LeadSource};
use crate::domain::Ref;
use crate::domain::caller::Scope;
use crate::domain::error::{Error, Result};
use crate::domain::op::Op;
use crate::domain::partnerships::PartnershipRef;
use crate::domain::text;
use references::References;
use registration::Registration;

/// A registration as a client states it. Texts are trimmed here and blank ones count as absent.
#[derive(Clone, Debug, Serialize)]
pub struct NewRegistration {
    /// The door's, as is the body: a command is the same through whichever it comes.
    #[serde(skip)]
    pub origin: LeadOrigin,
    pub email: Option<String>,
    pub company_name: Option<String>,
    pub phone_number: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    /// Derived from the rest when absent.
    pub source: Option<LeadSource>,
    /// Required; optional here so that its absence is one of the problems found.
    pub association_type: Option<AssociationType>,
    pub campaign: Option<Ref>,
    pub partnership_lead: Option<NewPartnershipLead>,
    pub tags: Vec<Ref>,
    pub custom_fields: Vec<NewFieldValue>,
    /// Values for the partner's copy, of fields that this workspace shares.
    pub partner_custom_fields: Vec<NewFieldValue>,
    pub attributions: Vec<NewAttribution>,
    pub integration_name: Option<IntegrationName>,
    pub integration_custom_fields: Vec<NewIntegrationValue>,
    /// One member a provider.
    pub powerups: Map<String, Value>,
    /// The request as it came, kept for a limited time.
    #[serde(skip)]
    pub body: String,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct NewPartnershipLead {
    pub partnership: PartnershipRef,
    pub send_to_partner: bool,
    pub assigned_from_partner_lead: bool,
    pub form_submission_lead: bool,
    pub form_direction: Option<FormDirection>,
    pub partners_company_name: Option<String>,
    /// Partner users to notify.
    pub partner_users: Vec<Ref>,
    pub sent_by: Option<SentBy>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct SentBy {
    /// A user of this workspace, or one of the partner's.
    pub user: Option<Ref>,
    pub email: Option<String>,
    pub company_name: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct NewIntegrationValue {
    pub uuid: Uuid,
    pub value: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    pub id: i64,
    pub uuid: Uuid,
    pub partnership_lead_id: Option<i64>,
}

/// Creates a lead with everything it refers to, and the partner's copy if it is to be sent.
///
/// # Errors
/// [`Error::Invalid`] with all problems found; [`Error::Conflict`] when a live lead has the e-mail or the deal already.
pub async fn register(op: &Op, mut new: NewRegistration) -> Result<Registered> {
    op.require(Scope::Write)?;
    if op.caller().project_id.is_some() {
        return Err(Error::OtherProject);
    }
    let foreign = new.integration_custom_fields.iter_mut().map(|entry| &mut entry.value);
    foreign.chain(new.powerups.values_mut()).for_each(text::settle_numbers);
    op.once("leads.register", new, carry_out).await
}

async fn carry_out(op: Op, new: NewRegistration) -> Result<Registered> {
    let registration = Registration::check(&new)?;
    let references = References::resolve(&op, &new, registration).await?;
    let mut attempts = Attempts::default();
    loop {
        match attempt(&op, &new, &references).await {
            Ok(Some(registered)) => return Ok(registered),
            outcome => attempts.again(outcome)?,
        }
    }
}

async fn attempt(op: &Op, new: &NewRegistration, references: &References) -> Result<Option<Registered>> {
    let mut tx = op.begin().await?;
    match store::store(&mut tx, new, references).await? {
        Some(registered) => tx.commit(registered).await.map(Some),
        None => Ok(None),
    }
}
