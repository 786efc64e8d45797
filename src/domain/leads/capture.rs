//! LeadTrackr's way in: a web form's lead, upserted by the project's unique event id. A repeat only enriches.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::channel_flow::Touchpoint;
use super::merge::WebForm;
use super::{LeadOrigin, LeadStatus, ProcessingState, facts};
use crate::domain::caller::{Principal, Scope};
use crate::domain::error::{Error, Result};
use crate::domain::events::{Changes, Event, EventKind};
use crate::domain::new_uuid;
use crate::domain::op::{Op, Tx};
use crate::domain::projects::Project;
use crate::entity::{intake_payload, lead, lead_click_id, lead_consent, lead_touchpoint};

/// What a web form sends. The members of the objects have LeadTrackr's documented names; shapes that only its clients
/// know are put right before.
#[derive(Clone, Debug)]
pub struct NewCapture {
    pub origin: LeadOrigin,
    /// `None`: the client did not send it, which is refused. An empty one is fine beside attribution data.
    pub user_data: Option<Map<String, Value>>,
    pub attribution_data: Map<String, Value>,
    /// Holds `uniqueEventId`, `formName`, `formMessage` and whatever else the form had.
    pub form_data: Map<String, Value>,
    pub device_data: Map<String, Value>,
    pub channel_flow: Option<Value>,
    pub unique_identifier: Option<String>,
    /// The request as it came, kept for a limited time.
    pub body: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured {
    pub outcome: Outcome,
    pub id: i64,
    pub uuid: Uuid,
    /// The stored one, after the merge.
    pub unique_identifier: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Created,
    Updated,
}

/// How often a lead may vanish between being in the way and being looked up. Each time somebody else archived it.
const ATTEMPTS: usize = 5;

/// Bodies kept of one lead, the newest.
const MAX_BODIES: u64 = 20;

/// Creates a lead, or enriches the live lead of the project that has the same unique event id. `project` comes from
/// [`crate::domain::projects::open`]. Posting the same again changes nothing and answers `Updated`.
///
/// # Errors
/// [`Error::Invalid`] with LeadTrackr's sentences, the first broken rule first.
pub async fn capture(op: &Op, project: &Project, new: NewCapture) -> Result<Captured> {
    op.require(Scope::Write)?;
    let form = WebForm::try_new(&new)?;
    for _ in 0..ATTEMPTS {
        let mut tx = op.begin().await?;
        if let Some(captured) = store(&mut tx, project, &new, &form).await? {
            tx.commit().await?;
            return Ok(captured);
        }
    }
    Err(Error::broken("a lead with this unique event id kept vanishing"))
}

async fn store(tx: &mut Tx, project: &Project, new: &NewCapture, form: &WebForm) -> Result<Option<Captured>> {
    if let Some(lead) = insert(tx, project, new, form).await? {
        write_new_parts(tx, &lead, form).await?;
        keep_body(tx, lead.id, new.origin, &new.body).await?;
        tx.emit(Event {
            kind: EventKind::LeadCreated,
            subject: lead.uuid,
            lead_id: Some(lead.id),
            changes: Changes::created(&facts::of_web_form(&lead, project.uuid)),
        });
        return Ok(Some(captured(Outcome::Created, lead)));
    }
    let Some(stored) = lock(tx, project, form).await? else {
        return Ok(None);
    };
    enrich(tx, project, new, form, stored).await.map(Some)
}

fn captured(outcome: Outcome, lead: lead::Model) -> Captured {
    Captured {
        outcome,
        id: lead.id,
        uuid: lead.uuid,
        unique_identifier: lead.external_id,
    }
}

/// The new row, or nothing when the project has a live lead with this unique event id.
async fn insert(tx: &Tx, project: &Project, new: &NewCapture, form: &WebForm) -> Result<Option<lead::Model>> {
    let now = tx.now();
    let row = lead::ActiveModel {
        uuid: Set(new_uuid()),
        project_id: Set(Some(project.id)),
        origin: Set(new.origin),
        status: Set(LeadStatus::New),
        processing_state: Set(ProcessingState::Open),
        unique_event_id: Set(form.unique_event_id.clone()),
        created_by_user_id: Set(created_by_user(tx)),
        created_by_key_id: Set(created_by_key(tx)),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        ..columns(form)
    };
    if form.unique_event_id.is_none() {
        return tx.insert(row).await.map(Some);
    }
    let mut taken = OnConflict::columns([
        lead::Column::WorkspaceId,
        lead::Column::ProjectId,
        lead::Column::UniqueEventId,
    ]);
    taken
        .target_and_where(Expr::col(lead::Column::UniqueEventId).is_not_null())
        .target_and_where(Expr::col(lead::Column::DeletedAt).is_null())
        .do_nothing();
    tx.insert_new(row, taken).await
}

pub(super) fn created_by_user(tx: &Tx) -> Option<i64> {
    match tx.caller().principal {
        Principal::User { id, .. } => Some(id),
        Principal::ApiKey { user_id, .. } => user_id,
        Principal::System(_) => None,
    }
}

pub(super) fn created_by_key(tx: &Tx) -> Option<i64> {
    match tx.caller().principal {
        Principal::ApiKey { id, .. } => Some(id),
        Principal::User { .. } | Principal::System(_) => None,
    }
}

/// Every column that a web form decides.
fn columns(form: &WebForm) -> lead::ActiveModel {
    lead::ActiveModel {
        email: Set(form.email.clone()),
        email_normalized: Set(facts::email_key(form.email.as_deref())),
        phone: Set(form.phone.clone()),
        phone_normalized: Set(facts::phone_key(form.phone.as_deref())),
        first_name: Set(form.first_name.clone()),
        last_name: Set(form.last_name.clone()),
        company_name: Set(form.company_name.clone()),
        form_name: Set(form.form_name.clone()),
        form_message: Set(form.form_message.clone()),
        external_id: Set(form.unique_identifier.clone()),
        user_data: Set(document(&form.user_data)),
        form_data: Set(document(&form.form_data)),
        attribution_data: Set(document(&form.attribution_data)),
        device_data: Set(document(&form.device_data)),
        channel_flow: Set(form.channel_flow.clone()),
        ..Default::default()
    }
}

fn document(object: &Map<String, Value>) -> Option<Value> {
    (!object.is_empty()).then(|| Value::Object(object.clone()))
}

/// The live lead that has the unique event id, locked; or the one it was merged into.
async fn lock(tx: &Tx, project: &Project, form: &WebForm) -> Result<Option<lead::Model>> {
    let mut found = tx
        .find::<lead::Entity>()
        .filter(lead::Column::ProjectId.eq(project.id))
        .filter(lead::Column::UniqueEventId.eq(form.unique_event_id.clone()))
        .filter(lead::Column::DeletedAt.is_null())
        .lock_exclusive()
        .one(tx.db())
        .await?;
    while let Some(lead) = &found
        && let Some(survivor) = lead.merged_into_id
    {
        found = tx
            .find::<lead::Entity>()
            .filter(lead::Column::Id.eq(survivor))
            .filter(lead::Column::DeletedAt.is_null())
            .lock_exclusive()
            .one(tx.db())
            .await?;
    }
    Ok(found)
}

async fn enrich(
    tx: &mut Tx,
    project: &Project,
    new: &NewCapture,
    form: &WebForm,
    stored: lead::Model,
) -> Result<Captured> {
    let before = WebForm::stored(&stored);
    let after = before.merge(form);
    if after == before {
        return Ok(captured(Outcome::Updated, stored));
    }
    let (id, version) = (stored.id, stored.version + 1);
    let changed = lead::ActiveModel {
        version: Set(version),
        updated_at: Set(tx.now()),
        ..columns(&after)
    };
    let updated = tx
        .update::<lead::Entity>()
        .set(changed)
        .filter(lead::Column::Id.eq(id))
        .exec_with_returning(tx.db())
        .await?
        .pop()
        .ok_or_else(|| Error::broken("a locked lead could not be updated"))?;
    write_changed_parts(tx, id, &before, &after).await?;
    keep_body(tx, id, new.origin, &new.body).await?;
    drop_old_bodies(tx, id).await?;
    let changes = Changes::between(
        &facts::of_web_form(&stored, project.uuid),
        &facts::of_web_form(&updated, project.uuid),
    );
    tx.emit(Event {
        kind: EventKind::LeadUpdated,
        subject: updated.uuid,
        lead_id: Some(id),
        changes,
    });
    Ok(captured(Outcome::Updated, updated))
}

async fn write_new_parts(tx: &Tx, lead: &lead::Model, form: &WebForm) -> Result<()> {
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

async fn write_changed_parts(tx: &Tx, lead_id: i64, before: &WebForm, after: &WebForm) -> Result<()> {
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
    if before.consents != after.consents {
        tx.delete::<lead_consent::Entity>()
            .filter(lead_consent::Column::LeadId.eq(lead_id))
            .exec(tx.db())
            .await?;
        let rows = after
            .consents
            .iter()
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

/// Keeps the received body for as long as the settings say.
pub(super) async fn keep_body(tx: &Tx, lead_id: i64, origin: LeadOrigin, body: &str) -> Result<()> {
    let now: DateTime<Utc> = tx.now();
    let row = intake_payload::ActiveModel {
        lead_id: Set(lead_id),
        channel: Set(crate::domain::events::word(&origin)),
        body: Set(body.to_owned()),
        received_at: Set(now),
        expires_at: Set(now + tx.settings().intake_retention),
        ..Default::default()
    };
    tx.insert_all(vec![row]).await
}

/// A form that is posted again and again with other data must not pile up bodies without end.
async fn drop_old_bodies(tx: &Tx, lead_id: i64) -> Result<()> {
    use intake_payload::Column as C;
    let oldest_kept = tx
        .find::<intake_payload::Entity>()
        .filter(C::LeadId.eq(lead_id))
        .order_by_desc(C::Id)
        .offset(MAX_BODIES - 1)
        .limit(1)
        .select_only()
        .column(C::Id)
        .into_tuple::<i64>()
        .one(tx.db())
        .await?;
    let Some(oldest_kept) = oldest_kept else { return Ok(()) };
    let older = tx
        .delete::<intake_payload::Entity>()
        .filter(C::LeadId.eq(lead_id))
        .filter(C::Id.lt(oldest_kept));
    older.exec(tx.db()).await?;
    Ok(())
}
