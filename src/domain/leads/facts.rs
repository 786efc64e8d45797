//! From rows to the facts that events hold, and to the keys that leads are compared by.

use uuid::Uuid;

use crate::domain::events::{LeadFacts, MoneyFacts, word};
use crate::domain::leads::ProcessingState;
use crate::entity::lead;

/// The facts of the row itself; what hangs on the lead is added by who wrote it.
pub(super) fn of_row(lead: &lead::Model) -> LeadFacts {
    LeadFacts {
        origin: word(&lead.origin),
        email: lead.email.clone(),
        phone: lead.phone.clone(),
        first_name: lead.first_name.clone(),
        last_name: lead.last_name.clone(),
        company_name: lead.company_name.clone(),
        status: word(&lead.status),
        processing_state: processing_state(lead),
        lost_reason: lead.lost_reason.clone(),
        value: value(lead),
        source: lead.source.as_ref().map(word),
        association_type: lead.association_type.as_ref().map(word),
        integration_name: lead.integration_name.as_ref().map(word),
        form_name: lead.form_name.clone(),
        form_message: lead.form_message.clone(),
        unique_event_id: lead.unique_event_id.clone(),
        unique_identifier: lead.external_id.clone(),
        user_data: lead.user_data.clone(),
        form_data: lead.form_data.clone(),
        attribution_data: lead.attribution_data.clone(),
        device_data: lead.device_data.clone(),
        channel_flow: lead.channel_flow.clone(),
        archived_at: lead.deleted_at,
        ..Default::default()
    }
}

/// Leads are open unless something is done about a conversion.
fn processing_state(lead: &lead::Model) -> Option<String> {
    match lead.processing_state {
        ProcessingState::Open => None,
        ProcessingState::Pending | ProcessingState::Done => Some(word(&lead.processing_state)),
    }
}

fn value(lead: &lead::Model) -> Option<MoneyFacts> {
    Some(MoneyFacts {
        minor: lead.value_minor?,
        currency: lead.currency.clone()?,
    })
}

pub(super) fn of_web_form(lead: &lead::Model, project: Uuid) -> LeadFacts {
    LeadFacts {
        project: Some(project),
        ..of_row(lead)
    }
}
