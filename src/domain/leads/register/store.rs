//! Writes a registration: the lead, all that hangs on it, the partner's copy and the events, in one transaction.

use std::collections::BTreeMap;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use serde_json::json;
use uuid::Uuid;

use super::copy::Copy;
use super::references::References;
use super::{NewPartnershipLead, NewRegistration, Registered};
use crate::domain::error::{PathSegment, Result};
use crate::domain::events::{AttributionFacts, Changes, Event, EventKind, LeadFacts, PartnershipLeadFacts, word};
use crate::domain::leads::dedupe::{self, DEAL, PIPEDRIVE};
use crate::domain::leads::field_values::{self, Assigned};
use crate::domain::leads::keys::{Contact, Keys};
use crate::domain::leads::{Acceptance, Direction, LeadStatus, ProcessingState, attributions, author, facts, intake};
use crate::domain::new_uuid;
use crate::domain::op::Tx;
use crate::domain::partnerships::{self, Partnership};
use crate::entity::{
    external_ref, lead, lead_integration_value, lead_powerup, lead_tag, partnership_lead, partnership_lead_user,
};

/// `None`: a lead was in the way and has vanished since; try again.
pub(super) async fn store(tx: &mut Tx, new: &NewRegistration, refs: &References) -> Result<Option<Registered>> {
    let email = refs.registration.email.as_deref();
    let key = dedupe::key(refs.workspace.dedupe_policy, refs.association_type, email);
    let Some(lead) = insert(tx, new, refs, key.clone()).await? else {
        dedupe::refuse_taken(tx, lead::Column::DedupeKey, key, vec!["email".into()]).await?;
        return Ok(None);
    };
    if let Some(deal) = write_external_refs(tx, lead.id, refs).await? {
        let path = ["powerups", PIPEDRIVE, "deal_id"].map(PathSegment::from).to_vec();
        dedupe::refuse_taken_deal(tx, &deal, path).await?;
        return Ok(None);
    }
    let partnership_lead = match (&new.partnership_lead, &refs.partnership) {
        (Some(partner), Some(partnership)) => {
            Some(write_partnership_lead(tx, new, partner, partnership, &lead, refs).await?)
        }
        _ => None,
    };
    write_parts(tx, lead.id, new, refs).await?;
    intake::keep_body(tx, lead.id, new.origin, &new.body).await?;
    let facts = facts(&lead, new, refs, partnership_lead.as_ref());
    tx.emit(Event {
        kind: EventKind::LeadCreated,
        subject: lead.uuid,
        lead_id: Some(lead.id),
        changes: Changes::created(&facts),
    });
    let partnership_lead_id = partnership_lead.map(|row| row.id);
    Ok(Some(Registered {
        id: lead.id,
        uuid: lead.uuid,
        partnership_lead_id,
    }))
}

async fn insert(
    tx: &Tx,
    new: &NewRegistration,
    refs: &References,
    dedupe_key: Option<String>,
) -> Result<Option<lead::Model>> {
    let registration = &refs.registration;
    let contact = Contact {
        email: registration.email.as_deref(),
        phone: registration.phone_number.as_deref(),
        first_name: registration.first_name.as_deref(),
        last_name: registration.last_name.as_deref(),
        company_name: registration.company_name.as_deref(),
    };
    let row = Keys::of(contact).set(lead::ActiveModel {
        uuid: Set(new_uuid()),
        origin: Set(new.origin),
        email: Set(registration.email.clone()),
        phone: Set(registration.phone_number.clone()),
        first_name: Set(registration.first_name.clone()),
        last_name: Set(registration.last_name.clone()),
        company_name: Set(registration.company_name.clone()),
        status: Set(LeadStatus::New),
        processing_state: Set(ProcessingState::Open),
        source: Set(Some(registration.source)),
        association_type: Set(Some(refs.association_type)),
        campaign_id: Set(refs.campaign.as_ref().map(|campaign| campaign.id)),
        integration_name: Set(new.integration_name),
        dedupe_key: Set(dedupe_key),
        created_by_user_id: Set(author::user_id(tx)),
        created_by_key_id: Set(author::key_id(tx)),
        version: Set(1),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
        ..Default::default()
    });
    let mut taken = OnConflict::columns([lead::Column::WorkspaceId, lead::Column::DedupeKey]);
    taken
        .target_and_where(Expr::col(lead::Column::DedupeKey).is_not_null())
        .target_and_where(Expr::col(lead::Column::DeletedAt).is_null())
        .do_nothing();
    tx.insert_new(row, taken).await
}

/// The deal's number comes back when another live lead has it: only a deal is one lead's alone.
async fn write_external_refs(tx: &Tx, lead_id: i64, refs: &References) -> Result<Option<String>> {
    let row = |object_type: &str, external_id: &str| external_ref::ActiveModel {
        lead_id: Set(lead_id),
        provider: Set(PIPEDRIVE.to_owned()),
        object_type: Set(object_type.to_owned()),
        external_id: Set(external_id.to_owned()),
        reserved: Set(true),
        ..Default::default()
    };
    for (object_type, external_id) in &refs.registration.pipedrive {
        if *object_type != DEAL {
            tx.insert_all(vec![row(object_type, external_id)]).await?;
            continue;
        }
        let mut taken = OnConflict::columns([
            external_ref::Column::WorkspaceId,
            external_ref::Column::Provider,
            external_ref::Column::ExternalId,
        ]);
        taken
            .target_and_where(Expr::col(external_ref::Column::ObjectType).eq(Expr::cust("'deal'")))
            .target_and_where(Expr::cust("reserved"))
            .do_nothing();
        if tx.insert_new(row(object_type, external_id), taken).await?.is_none() {
            return Ok(Some(external_id.clone()));
        }
    }
    Ok(None)
}

async fn write_parts(tx: &Tx, lead_id: i64, new: &NewRegistration, refs: &References) -> Result<()> {
    let tag = |tag_id| lead_tag::ActiveModel {
        lead_id: Set(lead_id),
        tag_id: Set(tag_id),
        ..Default::default()
    };
    tx.insert_all(refs.tags.iter().map(|row| tag(row.id)).collect()).await?;
    write_values(tx, lead_id, &refs.values).await?;
    attributions::write_new(tx, lead_id, &refs.attributions).await?;
    let foreign = integration_values(new);
    let foreign = foreign
        .into_iter()
        .map(|(field_uuid, value)| lead_integration_value::ActiveModel {
            lead_id: Set(lead_id),
            field_uuid: Set(field_uuid),
            value: Set(value),
            ..Default::default()
        });
    tx.insert_all(foreign.collect()).await?;
    let powerups = new.powerups.iter().filter(|(_, data)| !data.is_null());
    let powerups = powerups.map(|(provider, data)| lead_powerup::ActiveModel {
        lead_id: Set(lead_id),
        provider: Set(provider.clone()),
        data: Set(data.clone()),
        ..Default::default()
    });
    tx.insert_all(powerups.collect()).await
}

/// The last value of a field counts.
fn integration_values(new: &NewRegistration) -> BTreeMap<Uuid, serde_json::Value> {
    new.integration_custom_fields
        .iter()
        .map(|entry| (entry.uuid, entry.value.clone()))
        .collect()
}

/// Custom-field values of a lead that has none yet.
pub(super) async fn write_values(tx: &Tx, lead_id: i64, values: &[Assigned]) -> Result<()> {
    let rows = values
        .iter()
        .map(|assigned| field_values::rows(lead_id, assigned.field.id, &assigned.value));
    let (values, choices): (Vec<_>, Vec<_>) = rows.unzip();
    tx.insert_all(values).await?;
    // One statement for the choices of all fields; each field has at most as many as it has options.
    tx.insert_all(choices.into_iter().flatten().collect()).await
}

async fn write_partnership_lead(
    tx: &mut Tx,
    new: &NewRegistration,
    partner: &NewPartnershipLead,
    partnership: &Partnership,
    lead: &lead::Model,
    refs: &References,
) -> Result<partnership_lead::Model> {
    let registration = &refs.registration;
    let copy = Copy {
        lead,
        values: &refs.partner_values,
        notify: refs.partner_users.iter().filter_map(|user| user.user_uuid).collect(),
        sent_by_email: registration.sent_by_email.clone(),
        sent_by_company_name: registration
            .sent_by_company_name
            .clone()
            .or_else(|| Some(refs.workspace.name.clone())),
    };
    let partner_lead_uuid = match partner.send_to_partner {
        true => partnerships::deliver_copy(tx, partnership, &copy).await?,
        false => None,
    };
    let kept_values: Vec<_> = refs.partner_values.iter().map(field_values::facts).collect();
    let row = partnership_lead::ActiveModel {
        uuid: Set(new_uuid()),
        lead_id: Set(lead.id),
        partnership_id: Set(partnership.shared.id),
        company_partnership_id: Set(partnership.side.id),
        partner_company_id: Set(partnership.partner.id),
        partner_lead_uuid: Set(partner_lead_uuid),
        direction: Set(if partner.send_to_partner {
            Direction::Sent
        } else {
            Direction::Received
        }),
        partner_type: Set(partnership.shared.partner_type),
        send_to_partner: Set(partner.send_to_partner),
        assigned_from_partner_lead: Set(partner.assigned_from_partner_lead),
        form_submission_lead: Set(partner.form_submission_lead),
        form_direction: Set(partner.form_direction),
        acceptance: Set(Acceptance::Pending),
        partners_company_name: Set(registration.partners_company_name.clone()),
        sent_by_user_id: Set(refs.sender.user_id()),
        sent_by_partner_user_id: Set(refs.sender.partner_user_id()),
        sent_by_email: Set(registration.sent_by_email.clone()),
        sent_by_company_name: Set(registration.sent_by_company_name.clone()),
        partner_custom_fields: Set((!new.partner_custom_fields.is_empty()).then(|| json!(kept_values))),
        created_at: Set(tx.now()),
        ..Default::default()
    };
    let row = tx.insert(row).await?;
    let users = refs
        .partner_users
        .iter()
        .map(|user| partnership_lead_user::ActiveModel {
            partnership_lead_id: Set(row.id),
            partner_user_id: Set(user.id),
            ..Default::default()
        });
    tx.insert_all(users.collect()).await?;
    Ok(row)
}

fn facts(
    lead: &lead::Model,
    new: &NewRegistration,
    refs: &References,
    partnership_lead: Option<&partnership_lead::Model>,
) -> LeadFacts {
    let partnership_lead = partnership_lead.zip(refs.partnership.as_ref());
    LeadFacts {
        campaign: refs.campaign.as_ref().map(|campaign| campaign.uuid),
        tags: refs.tags.iter().map(|tag| tag.uuid).collect(),
        custom_fields: refs.values.iter().map(field_values::facts).collect(),
        attributions: refs
            .attributions
            .iter()
            .map(|(source, at)| AttributionFacts {
                source: source.uuid,
                attributed_at: *at,
            })
            .collect(),
        partnership_leads: partnership_lead
            .map(|(row, partnership)| {
                let notify = refs.partner_users.iter().map(|user| user.uuid).collect();
                PartnershipLeadFacts {
                    notify,
                    sent_by: refs.sender.uuid(),
                    partner_custom_fields: refs.partner_values.iter().map(field_values::facts).collect(),
                    ..partnership_facts(row, partnership)
                }
            })
            .into_iter()
            .collect(),
        integration_values: integration_values(new),
        powerups: new
            .powerups
            .iter()
            .filter(|(_, data)| !data.is_null())
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect(),
        ..facts::of_row(lead)
    }
}

/// The facts of the row itself.
pub(super) fn partnership_facts(row: &partnership_lead::Model, partnership: &Partnership) -> PartnershipLeadFacts {
    PartnershipLeadFacts {
        partnership: partnership.side.uuid,
        partner: partnership.partner.uuid,
        acceptance: word(&row.acceptance),
        sent_by: None,
        partner_custom_fields: Vec::new(),
        notify: Vec::new(),
        direction: word(&row.direction),
        partner_type: word(&row.partner_type),
        send_to_partner: row.send_to_partner,
        assigned_from_partner_lead: row.assigned_from_partner_lead,
        form_submission_lead: row.form_submission_lead,
        form_direction: row.form_direction.as_ref().map(word),
        partner_lead: row.partner_lead_uuid,
        sent_by_email: row.sent_by_email.clone(),
        sent_by_company_name: row.sent_by_company_name.clone(),
        partners_company_name: row.partners_company_name.clone(),
    }
}
