//! Notes: what people write about a lead.

use async_graphql::{Context, ID, InputObject, Object, SelectionField, SimpleObject};

use crate::domain::caller::Scope;
use crate::domain::leads::notes::{self, NewNote};
use crate::domain::op::Op;
use crate::domain::rel::Rel;
use crate::graphql::context::{Answer, op};
use crate::graphql::error::{Failure, UserError};
use crate::graphql::input::{Reader, rename_paths};
use crate::graphql::nested::{self, Budget, Nests};
use crate::graphql::node::{GlobalId, NodeKind};
use crate::graphql::paging::Listed;
use crate::graphql::payload::{self, EditPayload, Payload, edit_payload, edited, reply};
use crate::graphql::prefetch;
use crate::graphql::scalars::{DateTime, SafeInt, Uuid};
use crate::graphql::user::User;

/// What somebody wrote about a lead.
#[derive(Clone, Debug, SimpleObject)]
pub struct LeadNote {
    /// The global id.
    pub id: ID,
    /// The public id in its plain form.
    pub uuid: Uuid,
    /// The text, as it was written.
    text: String,
    /// The person who wrote it, if one is known.
    author: Rel<Option<User>>,
    /// Grows by one with each change.
    version: SafeInt,
    /// When it was written.
    created_at: DateTime,
    /// When it was last changed.
    updated_at: DateTime,
}

impl Listed for LeadNote {}

impl LeadNote {
    pub fn new(row: notes::LeadNote, author: Rel<Option<User>>) -> Self {
        Self {
            id: GlobalId::new(NodeKind::LeadNote, row.uuid).into(),
            uuid: Uuid(row.uuid),
            text: row.text,
            author,
            version: SafeInt(row.version),
            created_at: DateTime(row.created_at),
            updated_at: DateTime(row.updated_at),
        }
    }
}

/// Whether the authors of notes are asked for, and the lists of leads below them.
#[derive(Clone, Debug, Default)]
pub struct Authors(Option<Nests>);

impl Authors {
    /// Of the notes that stand at these fields.
    ///
    /// # Errors
    /// Arguments of nested lists that break a rule.
    pub fn of(ctx: &Context<'_>, notes: &[SelectionField<'_>]) -> Result<Self, Failure> {
        let mut authors = Self::default();
        notes.iter().try_for_each(|note| authors.add(ctx, note))?;
        Ok(authors)
    }

    /// Of the notes that a connection selects.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn of_connection(ctx: &Context<'_>, connection: &SelectionField<'_>) -> Result<Self, Failure> {
        let mut authors = Self::default();
        authors.merge(ctx, connection)?;
        Ok(authors)
    }

    /// Adds what a connection selects.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn merge(&mut self, ctx: &Context<'_>, connection: &SelectionField<'_>) -> Result<(), Failure> {
        for field in connection.selection_set() {
            match field.name() {
                "nodes" => self.add(ctx, &field)?,
                "edges" => {
                    let nodes = field.selection_set().filter(|inner| inner.name() == "node");
                    nodes
                        .collect::<Vec<_>>()
                        .iter()
                        .try_for_each(|node| self.add(ctx, node))?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn add(&mut self, ctx: &Context<'_>, note: &SelectionField<'_>) -> Result<(), Failure> {
        for author in note.selection_set().filter(|inner| inner.name() == "author") {
            self.0.get_or_insert_default().add::<User>(ctx, &author)?;
        }
        Ok(())
    }
}

/// The notes, each with its author if those are asked for.
///
/// # Errors
/// What the domain says.
pub async fn with_authors(
    op: &Op,
    budget: &Budget,
    rows: Vec<notes::LeadNote>,
    authors: &Authors,
) -> Result<Vec<LeadNote>, Failure> {
    let Some(nests) = &authors.0 else {
        return Ok(rows.into_iter().map(|row| LeadNote::new(row, Rel::NotLoaded)).collect());
    };
    let people = notes::authors(op, &rows).await?;
    let whole = rows.into_iter().map(|row| {
        let author = row.author_user_id.and_then(|id| people.get(&id)).cloned();
        LeadNote::new(row, Rel::Loaded(author.map(User::from)))
    });
    let mut whole: Vec<LeadNote> = whole.collect();
    let below = whole.iter_mut().filter_map(|note| note.author.loaded_mut()?.as_mut());
    nested::load(op, budget, nests, below.collect()).await?;
    Ok(whole)
}

#[derive(Debug, Default)]
pub struct NoteMutations;

#[Object]
impl NoteMutations {
    /// Writes a note about a lead. The lead itself does not change.
    async fn add_lead_note(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The lead and the text.")] input: AddLeadNoteInput,
    ) -> Answer<AddLeadNotePayload> {
        reply(ctx, add(ctx, input).await)
    }

    /// Puts another text in place of a note's.
    async fn update_lead_note(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The note and its new text.")] input: UpdateLeadNoteInput,
    ) -> Answer<UpdateLeadNotePayload> {
        edited(ctx, update(ctx, input).await, |uuid| current(ctx, uuid)).await
    }

    /// Deletes a note.
    async fn delete_lead_note(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The note.")] input: DeleteLeadNoteInput,
    ) -> Answer<DeleteLeadNotePayload> {
        edited(ctx, delete(ctx, input).await, |uuid| current(ctx, uuid)).await
    }
}

async fn add(ctx: &Context<'_>, input: AddLeadNoteInput) -> Result<Option<LeadNote>, Failure> {
    let AddLeadNoteInput { lead_id, text } = input;
    let op = op(ctx)?;
    payload::require(ctx, &op, Scope::Write, "note")?;
    let mut reader = Reader::default();
    let lead = reader.reference(&lead_id, NodeKind::Lead, &["leadId"]);
    reader.check()?;
    check_arguments(ctx, &["note"])?;
    let note = notes::add_note(&op, lead, NewNote { text }).await;
    let note = note.map_err(|error| rename_paths(error.into(), rename))?;
    shown(ctx, &op, note, &["note"]).await
}

async fn update(ctx: &Context<'_>, input: UpdateLeadNoteInput) -> Result<Option<LeadNote>, Failure> {
    let UpdateLeadNoteInput {
        note_id,
        expected_version,
        text,
    } = input;
    let op = op(ctx)?;
    payload::require_for::<UpdateLeadNotePayload>(ctx, &op, Scope::Write)?;
    check_arguments(ctx, &["note"])?;
    let note = notes::edit_note(&op, note(&note_id)?, Some(expected_version.0), &text).await;
    let note = note.map_err(|error| rename_paths(error.into(), rename))?;
    shown(ctx, &op, note, &[UpdateLeadNotePayload::FIELD]).await
}

async fn delete(ctx: &Context<'_>, input: DeleteLeadNoteInput) -> Result<Option<LeadNote>, Failure> {
    let DeleteLeadNoteInput {
        note_id,
        expected_version,
    } = input;
    let op = op(ctx)?;
    payload::require_for::<DeleteLeadNotePayload>(ctx, &op, Scope::Write)?;
    check_arguments(ctx, &["note"])?;
    let note = notes::delete_note(&op, note(&note_id)?, Some(expected_version.0)).await;
    let note = note.map_err(|error| rename_paths(error.into(), rename))?;
    shown(ctx, &op, note, &[DeleteLeadNotePayload::FIELD]).await
}

fn note(id: &ID) -> Result<uuid::Uuid, Failure> {
    let mut reader = Reader::default();
    let uuid = reader.uuid(id, &[NodeKind::LeadNote], &["noteId"]);
    reader.check()?;
    Ok(uuid)
}

/// The note that an edit was too late for.
async fn current(ctx: &Context<'_>, uuid: uuid::Uuid) -> Result<Option<LeadNote>, Failure> {
    let op = op(ctx)?;
    match notes::by_uuids(&op, &[uuid]).await?.pop() {
        Some(note) => shown(ctx, &op, note, &["conflict", "current"]).await,
        None => Ok(None),
    }
}

/// Nothing when the payload is not asked for it at this place.
async fn shown(ctx: &Context<'_>, op: &Op, note: notes::LeadNote, place: &[&str]) -> Result<Option<LeadNote>, Failure> {
    let selected = prefetch::at(ctx, &[place]);
    if selected.is_empty() {
        return Ok(None);
    }
    let authors = Authors::of(ctx, &selected)?;
    Ok(with_authors(op, &nested::budget(ctx), vec![note], &authors)
        .await?
        .pop())
}

/// Nothing is written for a payload that cannot be read.
fn check_arguments(ctx: &Context<'_>, place: &[&str]) -> Result<(), Failure> {
    Authors::of(ctx, &prefetch::at(ctx, &[place])).map(|_| ())
}

fn rename(path: &mut [String]) {
    for segment in path {
        match segment.as_str() {
            "lead" => *segment = "leadId".to_owned(),
            "note" => *segment = "noteId".to_owned(),
            _ => {}
        }
    }
}

/// A lead and a note about it.
#[derive(Debug, InputObject)]
pub struct AddLeadNoteInput {
    /// The lead, by its node id.
    lead_id: ID,
    /// The text, at most 10,000 characters.
    text: String,
}

/// A note and its new text.
#[derive(Debug, InputObject)]
pub struct UpdateLeadNoteInput {
    /// The note, by its node id.
    note_id: ID,
    /// The version that the change is made on. When the note has another one by now, nothing is changed.
    expected_version: SafeInt,
    /// The text, at most 10,000 characters.
    text: String,
}

/// A note to delete.
#[derive(Debug, InputObject)]
pub struct DeleteLeadNoteInput {
    /// The note, by its node id.
    note_id: ID,
    /// The version that is to be deleted. When the note has another one by now, nothing is changed.
    expected_version: SafeInt,
}

/// The answer to `addLeadNote`.
#[derive(Debug, SimpleObject)]
pub struct AddLeadNotePayload {
    /// The new note. Selecting it needs the read scope.
    note: Option<LeadNote>,
    /// What stood against it; empty when it was done.
    user_errors: Vec<UserError>,
}

impl Payload for AddLeadNotePayload {
    type Made = Option<LeadNote>;

    fn made(note: Self::Made) -> Self {
        Self {
            note,
            user_errors: Vec::new(),
        }
    }

    fn refused(user_errors: Vec<UserError>) -> Self {
        Self {
            note: None,
            user_errors,
        }
    }
}

edit_payload! {
    /// The answer to `updateLeadNote`.
    UpdateLeadNotePayload {
        /// The note as it is now. Selecting it needs the read scope.
        note as "note": LeadNote
    }
}

edit_payload! {
    /// The answer to `deleteLeadNote`.
    DeleteLeadNotePayload {
        /// The note as it was last. Selecting it needs the read scope.
        note as "note": LeadNote
    }
}
