//! Shared fields in a partner's workspace: made there when a value first arrives.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, Condition, QueryFilter, QueryOrder};

use super::{CustomField, CustomFieldOption, facts};
use uuid::Uuid;

use crate::domain::catalogue;
use crate::domain::error::{Error, Result};
use crate::domain::events::{CustomFieldOptionFacts, EventKind};
use crate::domain::new_uuid;
use crate::domain::op::Tx;
use crate::entity::{custom_field, custom_field_option};

/// The public id that a shared field has where it was first defined.
pub(in crate::domain) fn origin(shared: &CustomField) -> Uuid {
    shared.shared_from_uuid.unwrap_or(shared.uuid)
}

/// The definition in the workspace that `tx` is in of a field that a partner shares, with its options. A field that
/// came from that workspace in the first place is found again, not made twice.
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
                let option = |option: &CustomFieldOption| CustomFieldOptionFacts {
                    uuid: option.uuid,
                    number: option.option_no,
                    label: option.label.clone(),
                };
                let facts = facts(&field, options.iter().map(option).collect());
                catalogue::emit_created(tx, EventKind::CustomFieldCreated, field.uuid, &facts);
                return Ok((field, options));
            }
            // Another delivery made it meanwhile.
            None => find(tx, origin)
                .await?
                .ok_or_else(|| Error::broken("a mirrored field vanished"))?,
        },
    };
    let mut known = options_of(tx, field.id).await?;
    let missing: Vec<_> = options
        .iter()
        .filter(|option| known.iter().all(|k| k.option_no != option.option_no))
        .cloned()
        .collect();
    if !missing.is_empty() {
        copy_options(tx, field.id, &missing).await?;
        known = options_of(tx, field.id).await?;
    }
    Ok((field, known))
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

async fn options_of(tx: &Tx, field_id: i64) -> Result<Vec<CustomFieldOption>> {
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
