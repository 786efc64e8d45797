//! The rows that hang on a captured lead: click ids, consents, touchpoints.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, QueryFilter};

use super::channel_flow::Touchpoint;
use super::form::WebForm;
use crate::domain::error::Result;
use crate::domain::op::Tx;
use crate::entity::{lead, lead_click_id, lead_consent, lead_touchpoint};

pub(super) async fn write_new(tx: &Tx, lead: &lead::Model, form: &WebForm) -> Result<()> {
    tx.insert_all(
        form.click_ids
            .iter()
            .map(|(kind, value)| click_id(lead.id, kind, value))
            .collect(),
    )
    .await?;
    tx.insert_all(
        form.consents
            .iter()
            .map(|(signal, state)| consent(tx, lead.id, signal, *state))
            .collect(),
    )
    .await?;
    tx.insert_all(touchpoints(lead.id, &form.touchpoints)).await
}

pub(super) async fn write_changed(tx: &Tx, lead_id: i64, before: &WebForm, after: &WebForm) -> Result<()> {
    let kinds: Vec<&String> = after
        .click_ids
        .iter()
        .filter(|(kind, value)| before.click_ids.get(*kind) != Some(value))
        .map(|(k, _)| k)
        .collect();
    if !kinds.is_empty() {
        tx.delete::<lead_click_id::Entity>()
            .filter(lead_click_id::Column::LeadId.eq(lead_id))
            .filter(lead_click_id::Column::Kind.is_in(kinds.iter().map(|kind| kind.as_str())))
            .exec(tx.db())
            .await?;
        let rows = kinds
            .into_iter()
            .filter_map(|kind| Some(click_id(lead_id, kind, after.click_ids.get(kind)?)));
        tx.insert_all(rows.collect()).await?;
    }
    let answers: Vec<_> = after
        .consents
        .iter()
        .filter(|(signal, state)| before.consents.get(*signal) != Some(state))
        .collect();
    if !answers.is_empty() {
        tx.delete::<lead_consent::Entity>()
            .filter(lead_consent::Column::LeadId.eq(lead_id))
            .filter(lead_consent::Column::Signal.is_in(answers.iter().map(|(signal, _)| signal.as_str())))
            .exec(tx.db())
            .await?;
        let rows = answers
            .into_iter()
            .map(|(signal, state)| consent(tx, lead_id, signal, *state));
        tx.insert_all(rows.collect()).await?;
    }
    if before.touchpoints != after.touchpoints {
        tx.delete::<lead_touchpoint::Entity>()
            .filter(lead_touchpoint::Column::LeadId.eq(lead_id))
            .exec(tx.db())
            .await?;
        tx.insert_all(touchpoints(lead_id, &after.touchpoints)).await?;
    }
    Ok(())
}

fn click_id(lead_id: i64, kind: &str, value: &str) -> lead_click_id::ActiveModel {
    lead_click_id::ActiveModel {
        lead_id: Set(lead_id),
        kind: Set(kind.to_owned()),
        value: Set(value.to_owned()),
        ..Default::default()
    }
}

fn consent(tx: &Tx, lead_id: i64, signal: &str, state: lead_consent::ConsentState) -> lead_consent::ActiveModel {
    lead_consent::ActiveModel {
        lead_id: Set(lead_id),
        signal: Set(signal.to_owned()),
        state: Set(state),
        captured_at: Set(tx.now()),
        ..Default::default()
    }
}

fn touchpoints(lead_id: i64, touchpoints: &[Touchpoint]) -> Vec<lead_touchpoint::ActiveModel> {
    let row = |(seq, touchpoint): (i64, &Touchpoint)| {
        let Touchpoint {
            occurred_at,
            source,
            medium,
            campaign,
            content,
            term,
            landing_page,
        } = touchpoint.clone();
        lead_touchpoint::ActiveModel {
            lead_id: Set(lead_id),
            seq: Set(seq),
            occurred_at: Set(occurred_at),
            source: Set(source),
            medium: Set(medium),
            campaign: Set(campaign),
            content: Set(content),
            term: Set(term),
            landing_page: Set(landing_page),
            ..Default::default()
        }
    };
    (1..).zip(touchpoints).map(row).collect()
}
