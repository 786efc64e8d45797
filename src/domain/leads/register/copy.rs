//! The partner's copy of a lead, written in the partner's workspace. It is that workspace's lead from then on: it has
//! no duplicate key, so that it neither conflicts nor tells the sender what the partner already has.

use sea_orm::ActiveValue::Set;
use uuid::Uuid;

use super::store;
use crate::domain::custom_fields;
use crate::domain::error::Result;
use crate::domain::events::{Changes, Event, EventKind, LeadFacts, PartnershipLeadFacts};
use crate::domain::leads::field_values::{self, Assigned};
use crate::domain::leads::{Acceptance, Direction, LeadOrigin, LeadSource, LeadStatus, ProcessingState, facts};
use crate::domain::new_uuid;
use crate::domain::op::Tx;
use crate::domain::partnerships::Partnership;
use crate::entity::{lead, partnership_lead};

/// What the sender's side hands over.
#[derive(Debug)]
pub(in crate::domain) struct Copy<'a> {
    pub lead: &'a lead::Model,
    /// Of shared fields of the sender.
    pub values: &'a [Assigned],
    /// The partner's people to notify, by the public ids they have in their own workspace.
    pub notify: Vec<Uuid>,
    pub sent_by_email: Option<String>,
    pub sent_by_company_name: Option<String>,
}

impl Copy<'_> {
    /// Writes the copy into the workspace that `tx` has entered; `partnership` is how that workspace sees it.
    pub(in crate::domain) async fn write(&self, tx: &mut Tx, partnership: &Partnership) -> Result<Uuid> {
        let lead = tx.insert(self.lead_row(tx)).await?;
        let row = tx.insert(self.partnership_row(tx, lead.id, partnership)).await?;
        // Always in one order: two deliveries that make the same fields would otherwise wait for each other.
        let mut given: Vec<&Assigned> = self.values.iter().collect();
        given.sort_by_key(|value| custom_fields::origin(&value.field));
        let mut values = Vec::with_capacity(given.len());
        for value in given {
            values.push(mirrored(tx, value).await?);
        }
        store::write_values(tx, lead.id, &values).await?;
        values.sort_by_key(|value| value.field.id);
        let received = PartnershipLeadFacts {
            notify: self.notify.clone(),
            ..store::partnership_facts(&row, partnership)
        };
        let facts = LeadFacts {
            custom_fields: values.iter().map(field_values::facts).collect(),
            partnership_leads: vec![received],
            ..facts::of_row(&lead)
        };
        tx.emit(Event {
            kind: EventKind::LeadCreated,
            subject: lead.uuid,
            lead_id: Some(lead.id),
            changes: Changes::created(&facts),
        });
        Ok(lead.uuid)
    }

    fn lead_row(&self, tx: &Tx) -> lead::ActiveModel {
        let sent = self.lead;
        lead::ActiveModel {
            uuid: Set(new_uuid()),
            origin: Set(LeadOrigin::Partner),
            email: Set(sent.email.clone()),
            email_normalized: Set(sent.email_normalized.clone()),
            phone: Set(sent.phone.clone()),
            phone_normalized: Set(sent.phone_normalized.clone()),
            first_name: Set(sent.first_name.clone()),
            last_name: Set(sent.last_name.clone()),
            company_name: Set(sent.company_name.clone()),
            first_name_key: Set(sent.first_name_key.clone()),
            last_name_key: Set(sent.last_name_key.clone()),
            name_key: Set(sent.name_key.clone()),
            company_key: Set(sent.company_key.clone()),
            search_text: Set(sent.search_text.clone()),
            status: Set(LeadStatus::New),
            processing_state: Set(ProcessingState::Open),
            source: Set(Some(LeadSource::Partnership)),
            association_type: Set(sent.association_type),
            version: Set(1),
            created_at: Set(tx.now()),
            updated_at: Set(tx.now()),
            ..Default::default()
        }
    }

    fn partnership_row(&self, tx: &Tx, lead_id: i64, partnership: &Partnership) -> partnership_lead::ActiveModel {
        partnership_lead::ActiveModel {
            uuid: Set(new_uuid()),
            lead_id: Set(lead_id),
            partnership_id: Set(partnership.shared.id),
            company_partnership_id: Set(partnership.side.id),
            partner_company_id: Set(partnership.partner.id),
            partner_lead_uuid: Set(None),
            direction: Set(Direction::Received),
            partner_type: Set(partnership.shared.partner_type),
            send_to_partner: Set(false),
            assigned_from_partner_lead: Set(false),
            form_submission_lead: Set(false),
            form_direction: Set(None),
            acceptance: Set(Acceptance::Pending),
            partners_company_name: Set(None),
            sent_by_user_id: Set(None),
            sent_by_partner_user_id: Set(None),
            sent_by_email: Set(self.sent_by_email.clone()),
            sent_by_company_name: Set(self.sent_by_company_name.clone()),
            partner_custom_fields: Set(None),
            created_at: Set(tx.now()),
            ..Default::default()
        }
    }
}

/// The value for the workspace's own definition of the shared field. Option numbers are the same on both sides.
async fn mirrored(tx: &mut Tx, value: &Assigned) -> Result<Assigned> {
    let (field, options) = custom_fields::mirror(tx, &value.field, &value.options).await?;
    Ok(Assigned {
        field,
        options,
        value: value.value.clone(),
    })
}
