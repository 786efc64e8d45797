//! Notes: what people write about a lead, newest first. Each has a version of its own; a note does not change its lead.

use std::collections::HashMap;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, SelectStatement};
use sea_orm::{ColumnTrait, Order, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select};
use serde::Serialize;
use uuid::Uuid;

use super::author;
use crate::domain::caller::Scope;
use crate::domain::catalogue::check_version;
use crate::domain::error::{Error, Problem, ProblemCode, Result};
use crate::domain::events::{Changes, Event, EventKind, NoteFacts};
use crate::domain::op::{Op, Tx};
use crate::domain::page::{self, Page, PageRequest};
use crate::domain::users::User;
use crate::domain::{Ref, new_uuid, text};
use crate::entity::{lead, lead_note, user};

pub use crate::entity::lead_note::Model as LeadNote;

/// What a caller supplies.
#[derive(Clone, Debug, Serialize)]
pub struct NewNote {
    pub text: String,
}

/// In characters.
const MAX_TEXT: usize = 10_000;

/// # Errors
/// [`Error::NotFound`] for a lead that is not the caller's or is archived; a blank or too long text.
pub async fn add_note(op: &Op, lead: Ref, new: NewNote) -> Result<LeadNote> {
    op.require(Scope::Write)?;
    op.once("notes.add_note", (lead, new), add).await
}

async fn add(op: Op, (lead, new): (Ref, NewNote)) -> Result<LeadNote> {
    let text = check(&new.text)?;
    let mut tx = op.begin().await?;
    // Shared: notes of one lead do not wait for each other, only for who archives it.
    let leads = leads_of(&tx).filter(match lead {
        Ref::Id(id) => lead::Column::Id.eq(id),
        Ref::Uuid(uuid) => lead::Column::Uuid.eq(uuid),
    });
    let lead = leads.lock_shared().one(tx.db()).await?.ok_or_else(no_lead)?;
    let row = lead_note::ActiveModel {
        uuid: Set(new_uuid()),
        lead_id: Set(lead.id),
        author_user_id: Set(author::user_id(&tx)),
        author_key_id: Set(author::key_id(&tx)),
        text: Set(text),
        version: Set(1),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    let note = tx.insert(row).await?;
    let facts = facts(&tx, &lead, &note).await?;
    emit(&mut tx, EventKind::NoteCreated, &note, Changes::created(&facts));
    tx.commit(note).await
}

/// # Errors
/// [`Error::NotFound`]; a blank or too long text; [`Conflict::Stale`](crate::domain::error::Conflict::Stale) when the note is not of the expected version.
pub async fn edit_note(op: &Op, note: Uuid, expected_version: Option<i64>, text: &str) -> Result<LeadNote> {
    op.require(Scope::Write)?;
    op.once("notes.edit_note", (note, expected_version, text), reword).await
}

async fn reword(op: Op, (note, expected_version, text): (Uuid, Option<i64>, &str)) -> Result<LeadNote> {
    let text = check(text)?;
    let mut tx = op.begin().await?;
    let (lead, before) = lock(&tx, note).await?;
    let mut after = LeadNote { text, ..before.clone() };
    let was = facts(&tx, &lead, &before).await?;
    let is = NoteFacts {
        text: Some(after.text.clone()),
        ..was.clone()
    };
    let changes = Changes::between(&was, &is);
    check_version(expected_version, before.uuid, before.version, &was, &is)?;
    if changes.is_empty() {
        return tx.commit(before).await;
    }
    write(&tx, &mut after).await?;
    emit(&mut tx, EventKind::NoteUpdated, &after, changes);
    tx.commit(after).await
}

/// The note as it was last.
///
/// # Errors
/// [`Error::NotFound`], also for a note that is deleted already; [`Conflict::Stale`](crate::domain::error::Conflict::Stale) when it is not of the expected
/// version.
pub async fn delete_note(op: &Op, note: Uuid, expected_version: Option<i64>) -> Result<LeadNote> {
    op.require(Scope::Write)?;
    op.once("notes.delete_note", (note, expected_version), take_away).await
}

async fn take_away(op: Op, (note, expected_version): (Uuid, Option<i64>)) -> Result<LeadNote> {
    let mut tx = op.begin().await?;
    let (lead, before) = lock(&tx, note).await?;
    let (was, is) = (facts(&tx, &lead, &before).await?, NoteFacts::default());
    check_version(expected_version, before.uuid, before.version, &was, &is)?;
    let mut after = LeadNote {
        deleted_at: Some(tx.now()),
        ..before.clone()
    };
    write(&tx, &mut after).await?;
    emit(&mut tx, EventKind::NoteDeleted, &after, Changes::between(&was, &is));
    tx.commit(after).await
}

/// The notes with these ids, in any order; unknown and deleted ones are absent, as are those of leads that the caller
/// cannot see.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn by_uuids(op: &Op, uuids: &[Uuid]) -> Result<Vec<LeadNote>> {
    op.require(Scope::Read)?;
    if uuids.is_empty() {
        return Ok(Vec::new());
    }
    let notes = live(op)
        .filter(op.any_uuid(lead_note::Column::Uuid, uuids))
        .all(op.db())
        .await?;
    let leads: Vec<i64> = notes.iter().map(|note| note.lead_id).collect();
    let visible = super::read::visible(op).filter(op.any_of(lead::Column::Id, &leads));
    let visible: Vec<i64> = visible
        .select_only()
        .column(lead::Column::Id)
        .into_tuple()
        .all(op.db())
        .await?;
    Ok(notes
        .into_iter()
        .filter(|note| visible.contains(&note.lead_id))
        .collect())
}

/// A page of notes for each of these leads, newest first, cut in the database by one statement. The leads are ones that
/// the caller has read.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn pages(op: &Op, lead_ids: &[i64], request: PageRequest) -> Result<HashMap<i64, Page<LeadNote>>> {
    op.require(Scope::Read)?;
    let totals = match request.count {
        true => totals(op, lead_ids).await?,
        false => HashMap::new(),
    };
    let mut notes: HashMap<i64, Vec<LeadNote>> = HashMap::new();
    if request.rows && !lead_ids.is_empty() {
        for note in cut(op, lead_ids, request).all(op.db()).await? {
            notes.entry(note.lead_id).or_default().push(note);
        }
    }
    let pages = lead_ids.iter().map(|id| {
        let total = request.count.then(|| totals.get(id).copied().unwrap_or(0));
        (*id, page::finish(notes.remove(id).unwrap_or_default(), &request, total))
    });
    Ok(pages.collect())
}

/// The first notes of each lead in the range that is asked for, one more than the page has.
fn cut(op: &Op, lead_ids: &[i64], request: PageRequest) -> Select<lead_note::Entity> {
    use lead_note::Column as C;
    let (order, place) = match request.backward {
        true => (
            Order::Asc,
            "ROW_NUMBER() OVER (PARTITION BY lead_id ORDER BY created_at, id)",
        ),
        false => (
            Order::Desc,
            "ROW_NUMBER() OVER (PARTITION BY lead_id ORDER BY created_at DESC, id DESC)",
        ),
    };
    let numbered = live(op)
        .filter(op.any_of(C::LeadId, lead_ids))
        .filter(page::range(C::CreatedAt, C::Id, request))
        .select_only()
        .column(C::Id)
        .expr_as(Expr::cust(place), "place")
        .into_query();
    let within = SelectStatement::new()
        .column("id")
        .from_subquery(numbered, "numbered")
        .and_where(Expr::col("place").lte(request.limit + 1))
        .take();
    let notes = op.find::<lead_note::Entity>().filter(C::Id.in_subquery(within));
    notes.order_by(C::CreatedAt, order.clone()).order_by(C::Id, order)
}

async fn totals(op: &Op, lead_ids: &[i64]) -> Result<HashMap<i64, u64>> {
    use lead_note::Column as C;
    let counted = live(op)
        .filter(op.any_of(C::LeadId, lead_ids))
        .select_only()
        .column(C::LeadId)
        .column_as(C::Id.count(), "total")
        .group_by(C::LeadId);
    let counted: Vec<(i64, i64)> = counted.into_tuple().all(op.db()).await?;
    let total = |(id, total)| (id, u64::try_from(total).unwrap_or(0));
    Ok(counted.into_iter().map(total).collect())
}

fn live(op: &Op) -> Select<lead_note::Entity> {
    op.find::<lead_note::Entity>()
        .filter(lead_note::Column::DeletedAt.is_null())
}

/// Who wrote these notes, by number.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn authors(op: &Op, notes: impl IntoIterator<Item = &LeadNote>) -> Result<HashMap<i64, User>> {
    op.require(Scope::Read)?;
    let ids: Vec<i64> = notes.into_iter().filter_map(|note| note.author_user_id).collect();
    let users = op.find::<user::Entity>().filter(op.any_of(user::Column::Id, &ids));
    let users = users.all(op.db()).await?;
    Ok(users.into_iter().map(|user| (user.id, user)).collect())
}

fn check(given: &str) -> Result<String> {
    let path = || ["text".into()];
    let Some(text) = text::present(given) else {
        return Err(Problem::missing(path(), "This is required").into());
    };
    if text.contains('\0') {
        return Err(Problem::invalid(path(), "This must not contain U+0000").into());
    }
    if text.chars().count() > MAX_TEXT {
        let sentence = format!("This must be at most {MAX_TEXT} characters");
        return Err(Problem::new(ProblemCode::TooLong, path(), sentence).into());
    }
    Ok(text.to_owned())
}

/// Live leads, of the caller's project if it is bound to one.
fn leads_of(tx: &Tx) -> Select<lead::Entity> {
    let leads = tx.find::<lead::Entity>().filter(lead::Column::DeletedAt.is_null());
    match tx.caller().project_id {
        Some(project) => leads.filter(lead::Column::ProjectId.eq(project)),
        None => leads,
    }
}

async fn lock(tx: &Tx, uuid: Uuid) -> Result<(lead::Model, LeadNote)> {
    let note = tx
        .find::<lead_note::Entity>()
        .filter(lead_note::Column::Uuid.eq(uuid))
        .filter(lead_note::Column::DeletedAt.is_null())
        .lock_exclusive()
        .one(tx.db())
        .await?
        .ok_or_else(no_note)?;
    let lead = leads_of(tx).filter(lead::Column::Id.eq(note.lead_id));
    let lead = lead.one(tx.db()).await?.ok_or_else(no_note)?;
    Ok((lead, note))
}

fn no_lead() -> Error {
    Error::NotFound(Problem::not_found(["lead".into()], "Lead not found"))
}

fn no_note() -> Error {
    Error::NotFound(Problem::not_found(["note".into()], "Note not found"))
}

async fn write(tx: &Tx, after: &mut LeadNote) -> Result<()> {
    after.version += 1;
    after.updated_at = tx.now();
    let row = lead_note::ActiveModel {
        text: Set(after.text.clone()),
        deleted_at: Set(after.deleted_at),
        version: Set(after.version),
        updated_at: Set(after.updated_at),
        ..Default::default()
    };
    let notes = tx.update::<lead_note::Entity>().set(row);
    notes.filter(lead_note::Column::Id.eq(after.id)).exec(tx.db()).await?;
    Ok(())
}

async fn facts(tx: &Tx, lead: &lead::Model, note: &LeadNote) -> Result<NoteFacts> {
    let author = match note.author_user_id {
        Some(id) => {
            tx.find::<user::Entity>()
                .filter(user::Column::Id.eq(id))
                .one(tx.db())
                .await?
        }
        None => None,
    };
    Ok(NoteFacts {
        lead: Some(lead.uuid),
        text: Some(note.text.clone()),
        author: author.map(|author| author.uuid),
    })
}

fn emit(tx: &mut Tx, kind: EventKind, note: &LeadNote, changes: Changes) {
    tx.emit(Event {
        kind,
        subject: note.uuid,
        lead_id: Some(note.lead_id),
        changes,
    });
}
