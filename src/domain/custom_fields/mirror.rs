//! Shared fields in a partner's workspace: made there when a value first arrives, and kept like the original whenever
//! another one does. What the original's workspace renames, adds or archives is so renamed, added or archived there.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, Condition, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::edit::{whole, write_options};
use super::{CustomField, CustomFieldOption};

use crate::domain::catalogue::{self, Shelf};
use crate::domain::error::{Error, Result};
use crate::domain::events::EventKind;
use crate::domain::new_uuid;
use crate::domain::op::Tx;
use crate::entity::{custom_field, custom_field_option};

/// The public id that a shared field has where it was first defined.
pub(in crate::domain) fn origin(shared: &CustomField) -> Uuid {
    shared.shared_from_uuid.unwrap_or(shared.uuid)
}

/// The definition in the workspace that `tx` is in of a field that a partner shares, with its options. A field that
/// came from that workspace in the first place is found again, not made twice. `options` are those that the partner
/// offers at present.
pub(in crate::domain) async fn mirror(
    tx: &mut Tx,
    shared: &CustomField,
    options: &[CustomFieldOption],
) -> Result<(CustomField, Vec<CustomFieldOption>)> {
    let origin = origin(shared);
    let field = match find(tx, origin).await? {
        Some(field) => field,
        None => match insert(tx, shared, origin).await? {
            Some(field) => {
                let options = copy_options(tx, field.id, options).await?;
                let facts = whole(&field, &options);
                catalogue::emit_created(tx, EventKind::CustomFieldCreated, field.uuid, &facts);
                return Ok((field, options));
            }
            // Another delivery made it meanwhile.
            None => find(tx, origin)
                .await?
                .ok_or_else(|| Error::broken("a mirrored field vanished"))?,
        },
    };
    follow(tx, field, shared, options).await
}

/// Brings a field up to what the partner has. Whoever only passes a field on may be behind its original: they add what
/// is missing and change nothing else.
async fn follow(
    tx: &mut Tx,
    field: CustomField,
    shared: &CustomField,
    offered: &[CustomFieldOption],
) -> Result<(CustomField, Vec<CustomFieldOption>)> {
    let known = options_of(tx, field.id).await?;
    if followed(tx, &field, &known, shared, offered) == (field.clone(), known.clone()) {
        return Ok((field, known));
    }
    // Something is new. Whoever else brings it waits here, and then finds it.
    let before: CustomField = catalogue::locked(tx, field.uuid, super::edit::unknown()).await?;
    let known = options_of(tx, before.id).await?;
    let (after, wanted) = followed(tx, &before, &known, shared, offered);
    let (was, is) = (whole(&before, &known), whole(&after, &wanted));
    if was == is {
        return Ok((before, known));
    }
    let field = catalogue::step(tx, &before, after).await?;
    write_options(tx, field.id, &known, &wanted).await?;
    catalogue::emit_updated(tx, EventKind::CustomFieldUpdated, field.uuid, &was, &is);
    Ok((field, wanted))
}

/// What a field and its options are after the partner's.
fn followed(
    tx: &Tx,
    field: &CustomField,
    known: &[CustomFieldOption],
    shared: &CustomField,
    offered: &[CustomFieldOption],
) -> (CustomField, Vec<CustomFieldOption>) {
    let mut after = field.clone();
    let mut wanted = known.to_vec();
    if field.shared_from_uuid == Some(shared.uuid) {
        after.label.clone_from(&shared.label);
        for option in &mut wanted {
            match offered.iter().find(|theirs| theirs.option_no == option.option_no) {
                Some(theirs) => {
                    option.label.clone_from(&theirs.label);
                    option.archived_at = None;
                }
                None => option.archived_at = Shelf::Archived.since(option.archived_at, tx.now()),
            }
        }
    }
    let missing = |theirs: &&CustomFieldOption| known.iter().all(|option| option.option_no != theirs.option_no);
    wanted.extend(offered.iter().filter(missing).map(|theirs| CustomFieldOption {
        workspace_id: field.workspace_id,
        custom_field_id: field.id,
        uuid: new_uuid(),
        archived_at: None,
        ..theirs.clone()
    }));
    (after, wanted)
}

async fn find(tx: &Tx, origin: Uuid) -> Result<Option<CustomField>> {
    use custom_field::Column as C;
    let of_origin = Condition::any()
        .add(C::Uuid.eq(origin))
        .add(C::SharedFromUuid.eq(origin));
    Ok(tx.find::<custom_field::Entity>().filter(of_origin).one(tx.db()).await?)
}

async fn insert(tx: &Tx, shared: &CustomField, origin: Uuid) -> Result<Option<CustomField>> {
    let row = custom_field::ActiveModel {
        uuid: Set(new_uuid()),
        label: Set(shared.label.clone()),
        field_type: Set(shared.field_type),
        category: Set(shared.category),
        partner_type: Set(shared.partner_type),
        // What one company requires binds nobody else.
        required: Set(false),
        shared: Set(false),
        shared_from_uuid: Set(Some(origin)),
        archived_at: Set(None),
        version: Set(1),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    let mut taken = OnConflict::columns([custom_field::Column::WorkspaceId, custom_field::Column::SharedFromUuid]);
    taken.do_nothing();
    tx.insert_new(row, taken).await
}

/// The same numbers and labels, under public ids of their own. Whoever comes second finds them there.
async fn copy_options(tx: &Tx, field_id: i64, options: &[CustomFieldOption]) -> Result<Vec<CustomFieldOption>> {
    use custom_field_option::Column as C;
    let mut copies = Vec::with_capacity(options.len());
    for option in options {
        let row = custom_field_option::ActiveModel {
            custom_field_id: Set(field_id),
            option_no: Set(option.option_no),
            uuid: Set(new_uuid()),
            label: Set(option.label.clone()),
            position: Set(option.position),
            archived_at: Set(None),
            ..Default::default()
        };
        let mut taken = OnConflict::columns([C::WorkspaceId, C::CustomFieldId, C::OptionNo]);
        taken.do_nothing();
        copies.extend(tx.insert_new(row, taken).await?);
    }
    Ok(copies)
}

pub(super) async fn options_of(tx: &Tx, field_id: i64) -> Result<Vec<CustomFieldOption>> {
    use custom_field_option::Column as C;
    let options = tx
        .find::<custom_field_option::Entity>()
        .filter(C::CustomFieldId.eq(field_id));
    Ok(options
        .order_by_asc(C::Position)
        .order_by_asc(C::OptionNo)
        .all(tx.db())
        .await?)
}
