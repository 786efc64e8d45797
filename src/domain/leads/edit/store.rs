//! Writes what an edit changed, and its event.

use std::collections::BTreeMap;

use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{ColumnTrait, QueryFilter};
use uuid::Uuid;

use super::state::State;
use crate::domain::error::Result;
use crate::domain::events::{Changes, Event, EventKind};
use crate::domain::leads::field_values::{self, Assigned};
use crate::domain::leads::keys::{Contact, Keys};
use crate::domain::leads::{attributions, dedupe};
use crate::domain::op::Tx;
use crate::entity::{lead, lead_assignee, lead_custom_field_choice, lead_custom_field_value, lead_tag};

pub(super) async fn store(tx: &mut Tx, before: &State, after: &mut State, changes: Changes) -> Result<()> {
    after.row.version += 1;
    after.row.updated_at = tx.now();
    if let Some(key) = &after.row.dedupe_key
        && before.row.dedupe_key.as_ref() != Some(key)
    {
        let path = vec!["email".into()];
        dedupe::refuse_taken(tx, lead::Column::DedupeKey, key.clone(), path).await?;
    }
    write_row(tx, &before.row, &after.row).await?;
    let lead_id = after.row.id;
    write_tags(tx, lead_id, &before.tags, &after.tags).await?;
    write_assignees(tx, lead_id, &before.assignees, &after.assignees).await?;
    write_values(tx, lead_id, &before.values, &after.values).await?;
    attributions::write_changed(tx, lead_id, &before.attributions, &after.attributions).await?;
    tx.emit(Event {
        kind: EventKind::LeadUpdated,
        subject: after.row.uuid,
        lead_id: Some(lead_id),
        changes,
    });
    Ok(())
}

async fn write_row(tx: &Tx, before: &lead::Model, after: &lead::Model) -> Result<()> {
    let row = lead::ActiveModel {
        status: Set(after.status),
        processing_state: Set(after.processing_state),
        lost_reason: Set(after.lost_reason.clone()),
        value_minor: Set(after.value_minor),
        currency: Set(after.currency.clone()),
        source: Set(after.source),
        campaign_id: Set(after.campaign_id),
        external_id: Set(after.external_id.clone()),
        dedupe_key: Set(after.dedupe_key.clone()),
        edited_texts: Set(after.edited_texts.clone()),
        version: Set(after.version),
        updated_at: Set(after.updated_at),
        ..Default::default()
    };
    let row = match contact(before) == contact(after) {
        true => row,
        false => Keys::of(contact(after)).set(lead::ActiveModel {
            email: Set(after.email.clone()),
            phone: Set(after.phone.clone()),
            first_name: Set(after.first_name.clone()),
            last_name: Set(after.last_name.clone()),
            company_name: Set(after.company_name.clone()),
            ..row
        }),
    };
    let lead = tx.update::<lead::Entity>().set(row);
    lead.filter(lead::Column::Id.eq(after.id)).exec(tx.db()).await?;
    Ok(())
}

fn contact(row: &lead::Model) -> Contact<'_> {
    Contact {
        email: row.email.as_deref(),
        phone: row.phone.as_deref(),
        first_name: row.first_name.as_deref(),
        last_name: row.last_name.as_deref(),
        company_name: row.company_name.as_deref(),
    }
}

/// What is in the first and not in the second.
fn without(all: &BTreeMap<i64, Uuid>, these: &BTreeMap<i64, Uuid>) -> Vec<i64> {
    all.keys().copied().filter(|id| !these.contains_key(id)).collect()
}

async fn write_tags(tx: &Tx, lead_id: i64, before: &BTreeMap<i64, Uuid>, after: &BTreeMap<i64, Uuid>) -> Result<()> {
    use lead_tag::Column as C;
    let gone = without(before, after);
    if !gone.is_empty() {
        let rows = tx.delete::<lead_tag::Entity>().filter(C::LeadId.eq(lead_id));
        rows.filter(C::TagId.is_in(gone)).exec(tx.db()).await?;
    }
    let new = without(after, before).into_iter().map(|tag_id| lead_tag::ActiveModel {
        lead_id: Set(lead_id),
        tag_id: Set(tag_id),
        ..Default::default()
    });
    tx.insert_all(new.collect()).await
}

async fn write_assignees(
    tx: &Tx,
    lead_id: i64,
    before: &BTreeMap<i64, Uuid>,
    after: &BTreeMap<i64, Uuid>,
) -> Result<()> {
    use lead_assignee::Column as C;
    let gone = without(before, after);
    if !gone.is_empty() {
        let rows = tx.delete::<lead_assignee::Entity>().filter(C::LeadId.eq(lead_id));
        rows.filter(C::UserId.is_in(gone)).exec(tx.db()).await?;
    }
    let new = without(after, before)
        .into_iter()
        .map(|user_id| lead_assignee::ActiveModel {
            lead_id: Set(lead_id),
            user_id: Set(user_id),
            assigned_at: Set(tx.now()),
            ..Default::default()
        });
    tx.insert_all(new.collect()).await
}

/// A value that changes keeps its public id.
async fn write_values(
    tx: &Tx,
    lead_id: i64,
    before: &BTreeMap<i64, Assigned>,
    after: &BTreeMap<i64, Assigned>,
) -> Result<()> {
    use {lead_custom_field_choice::Column as Choice, lead_custom_field_value::Column as Value};
    let changed = |(field_id, old): (&i64, &Assigned)| match after.get(field_id) {
        Some(new) => new.value != old.value,
        None => true,
    };
    let stale: Vec<i64> = before
        .iter()
        .filter(|entry| changed(*entry))
        .map(|(id, _)| *id)
        .collect();
    if !stale.is_empty() {
        let choices = tx
            .delete::<lead_custom_field_choice::Entity>()
            .filter(Choice::LeadId.eq(lead_id));
        let choices = choices.filter(Choice::CustomFieldId.is_in(stale.iter().copied()));
        choices.exec(tx.db()).await?;
    }
    let cleared: Vec<i64> = stale.iter().copied().filter(|id| !after.contains_key(id)).collect();
    if !cleared.is_empty() {
        let values = tx
            .delete::<lead_custom_field_value::Entity>()
            .filter(Value::LeadId.eq(lead_id));
        values.filter(Value::CustomFieldId.is_in(cleared)).exec(tx.db()).await?;
    }
    let (mut new_values, mut new_choices) = (Vec::new(), Vec::new());
    for (field_id, assigned) in after {
        let had = before.get(field_id);
        if had.is_some_and(|old| old.value == assigned.value) {
            continue;
        }
        let (value, choices) = field_values::rows(lead_id, *field_id, &assigned.value);
        new_choices.extend(choices);
        if had.is_none() {
            new_values.push(value);
            continue;
        }
        let value = lead_custom_field_value::ActiveModel {
            uuid: NotSet,
            lead_id: NotSet,
            custom_field_id: NotSet,
            ..value
        };
        let rows = tx.update::<lead_custom_field_value::Entity>().set(value);
        let rows = rows
            .filter(Value::LeadId.eq(lead_id))
            .filter(Value::CustomFieldId.eq(*field_id));
        rows.exec(tx.db()).await?;
    }
    tx.insert_all(new_values).await?;
    tx.insert_all(new_choices).await
}
