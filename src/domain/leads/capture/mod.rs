//! LeadTrackr's way in: a web form's lead, upserted by the project's unique event id. A repeat only enriches.

pub(super) mod channel_flow;
mod click_ids;
mod form;
mod parts;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::keys::{Contact, Keys};
use super::{Attempts, LeadOrigin, LeadStatus, ProcessingState, facts};
use super::{author, intake};
use crate::domain::caller::Scope;
use crate::domain::error::{Error, Result};
use crate::domain::events::{Changes, Event, EventKind};
use crate::domain::new_uuid;
use crate::domain::op::{Op, Tx};
use crate::domain::projects::{self, Project};
use crate::domain::text;
use crate::entity::lead;
use form::WebForm;

/// What a web form sends. The members of the objects have LeadTrackr's documented names; shapes that only its clients
/// know are put right before.
#[derive(Clone, Debug, Serialize)]
pub struct NewCapture {
    /// The door's, as is the body: a command is the same through whichever it comes.
    #[serde(skip)]
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
    #[serde(skip)]
    pub body: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Captured {
    pub outcome: Outcome,
    pub id: i64,
    pub uuid: Uuid,
    /// The stored one, after the merge.
    pub unique_identifier: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    Created,
    Updated,
}

/// Creates a lead, or enriches the live lead of the project that has the same unique event id. `project` comes from
/// [`projects::destination`]. Posting the same again changes nothing and answers `Updated`.
///
/// # Errors
/// [`Error::ProjectInactive`]; [`Error::Invalid`] with LeadTrackr's sentences, the first broken rule first.
pub async fn capture(op: &Op, project: &Project, mut new: NewCapture) -> Result<Captured> {
    op.require(Scope::Write)?;
    let documents = [&mut new.attribution_data, &mut new.form_data, &mut new.device_data];
    let values = documents
        .into_iter()
        .chain(&mut new.user_data)
        .flat_map(|document| document.values_mut());
    values.chain(&mut new.channel_flow).for_each(text::settle_numbers);
    let work = async |op: Op, (_, new): (Uuid, NewCapture)| carry_out(&op, project, &new).await;
    op.once("leads.capture", (project.uuid, new), work).await
}

async fn carry_out(op: &Op, project: &Project, new: &NewCapture) -> Result<Captured> {
    projects::require_active(project)?;
    let form = WebForm::try_new(new)?;
    let mut attempts = Attempts::default();
    loop {
        match attempt(op, project, new, &form).await {
            Ok(Some(captured)) => return Ok(captured),
            outcome => attempts.again(outcome)?,
        }
    }
}

async fn attempt(op: &Op, project: &Project, new: &NewCapture, form: &WebForm) -> Result<Option<Captured>> {
    let mut tx = op.begin().await?;
    match store(&mut tx, project, new, form).await? {
        Some(captured) => tx.commit(captured).await.map(Some),
        None => Ok(None),
    }
}

async fn store(tx: &mut Tx, project: &Project, new: &NewCapture, form: &WebForm) -> Result<Option<Captured>> {
    if let Some(lead) = insert(tx, project, new, form).await? {
        parts::write_new(tx, &lead, form).await?;
        intake::keep_body(tx, lead.id, new.origin, &new.body).await?;
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
        created_by_user_id: Set(author::user_id(tx)),
        created_by_key_id: Set(author::key_id(tx)),
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

/// Every column that a web form decides.
fn columns(form: &WebForm) -> lead::ActiveModel {
    let contact = Contact {
        email: form.email.as_deref(),
        phone: form.phone.as_deref(),
        first_name: form.first_name.as_deref(),
        last_name: form.last_name.as_deref(),
        company_name: form.company_name.as_deref(),
    };
    Keys::of(contact).set(lead::ActiveModel {
        email: Set(form.email.clone()),
        phone: Set(form.phone.clone()),
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
    })
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
    parts::write_changed(tx, id, &before, &after).await?;
    intake::keep_body(tx, id, new.origin, &new.body).await?;
    intake::drop_old_bodies(tx, id).await?;
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
