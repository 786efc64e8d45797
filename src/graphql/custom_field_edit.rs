//! Edits of custom fields and their options.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};

use super::context::{Answer, op};
use super::custom_field::{self, CustomField};
use super::error::Failure;
use super::input::{Named, Reader, change, renamed, target};
use super::node::NodeKind;
use super::payload::{self, EditPayload, edit_payload, edited};
use super::scalars::SafeInt;
use crate::domain::caller::Scope;
use crate::domain::error::Error;
use crate::domain::op::Op;
use crate::domain::{Shelf, custom_fields};

#[derive(Debug, Default)]
pub struct CustomFieldEditMutations;

#[Object]
impl CustomFieldEditMutations {
    /// Changes a custom field and its options, all at once or not at all. What is left out stays as it is. Of a field that
    /// a partner shares, label and options are the partner's.
    async fn update_custom_field(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A custom field and what changes of it.")] input: UpdateCustomFieldInput,
    ) -> Answer<UpdateCustomFieldPayload> {
        edited(ctx, Box::pin(update(ctx, input)).await, |uuid| current(ctx, uuid)).await
    }

    /// Archives a custom field: its values stay on the leads that have them, and no lead gets new ones. Doing it again
    /// changes nothing.
    async fn archive_custom_field(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The field.")] input: ArchiveCustomFieldInput,
    ) -> Answer<ArchiveCustomFieldPayload> {
        let ArchiveCustomFieldInput {
            custom_field_id,
            expected_version,
        } = input;
        let done = Box::pin(shelve::<ArchiveCustomFieldPayload>(
            ctx,
            &custom_field_id,
            expected_version,
            Shelf::Archived,
        ))
        .await;
        edited(ctx, done, |uuid| current(ctx, uuid)).await
    }

    /// Takes a custom field back into use. Doing it again changes nothing.
    async fn restore_custom_field(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The field.")] input: RestoreCustomFieldInput,
    ) -> Answer<RestoreCustomFieldPayload> {
        let RestoreCustomFieldInput {
            custom_field_id,
            expected_version,
        } = input;
        let done = Box::pin(shelve::<RestoreCustomFieldPayload>(
            ctx,
            &custom_field_id,
            expected_version,
            Shelf::Offered,
        ))
        .await;
        edited(ctx, done, |uuid| current(ctx, uuid)).await
    }
}

async fn update(ctx: &Context<'_>, input: UpdateCustomFieldInput) -> Result<Option<CustomField>, Failure> {
    let UpdateCustomFieldInput {
        custom_field_id,
        expected_version,
        label,
        required,
        shared,
        add_options,
        rename_options,
        archive_options,
        restore_options,
    } = input;
    let op = op(ctx)?;
    payload::require_for::<UpdateCustomFieldPayload>(ctx, &op, Scope::Write)?;
    let mut reader = Reader::default();
    let mut options = |ids: Option<Vec<ID>>, path: &str| -> Vec<uuid::Uuid> {
        let ids = ids.unwrap_or_default().into_iter().enumerate();
        ids.map(|(index, id)| reader.uuid(&id, &[NodeKind::CustomFieldOption], &[path, &index.to_string()]))
            .collect()
    };
    let archived_options = options(archive_options, "archiveOptions");
    let restored_options = options(restore_options, "restoreOptions");
    let renamed_options = rename_options.unwrap_or_default().into_iter().enumerate();
    let renamed_options = renamed_options
        .map(|(index, RenameCustomFieldOptionInput { option_id, label })| {
            let path = ["renameOptions", &index.to_string(), "optionId"];
            (reader.uuid(&option_id, &[NodeKind::CustomFieldOption], &path), label)
        })
        .collect();
    reader.check_for(&op, Scope::Write)?;
    let patch = custom_fields::CustomFieldPatch {
        label: change(label, |text| text),
        required: change(required, |required| required),
        shared: change(shared, |shared| shared),
        add_options: add_options.unwrap_or_default(),
        rename_options: renamed_options,
        archive_options: archived_options,
        restore_options: restored_options,
    };
    let target = target(&op, Scope::Write, named(&custom_field_id), expected_version)?;
    let row = custom_fields::update(&op, target, patch).await.map_err(refused)?;
    shown(ctx, &op, row).await
}

async fn shelve<P: EditPayload>(
    ctx: &Context<'_>,
    id: &ID,
    expected: SafeInt,
    shelf: Shelf,
) -> Result<Option<CustomField>, Failure> {
    let op = op(ctx)?;
    payload::require_for::<P>(ctx, &op, Scope::Write)?;
    let target = target(&op, Scope::Write, named(id), expected)?;
    let row = custom_fields::shelve(&op, target, shelf).await.map_err(refused)?;
    shown(ctx, &op, row).await
}

async fn shown(ctx: &Context<'_>, op: &Op, row: custom_fields::CustomField) -> Result<Option<CustomField>, Failure> {
    Ok(custom_field::with_options(ctx, op, vec![row]).await?.pop())
}

/// The custom field that an edit was too late for.
async fn current(ctx: &Context<'_>, uuid: uuid::Uuid) -> Result<Option<CustomField>, Failure> {
    let op = op(ctx)?;
    match custom_fields::by_uuids(&op, &[uuid]).await?.pop() {
        Some(row) => shown(ctx, &op, row).await,
        None => Ok(None),
    }
}

fn named(id: &ID) -> Named<'_> {
    Named {
        id,
        kind: NodeKind::CustomField,
        path: "customFieldId",
    }
}

fn refused(error: Error) -> Failure {
    renamed(error, "customField", "customFieldId")
}

/// A custom field and what changes of it.
#[derive(Debug, InputObject)]
pub struct UpdateCustomFieldInput {
    /// The custom field, by its node id.
    custom_field_id: ID,
    /// The version that the change is made on. When the field has another one by now, nothing is changed.
    expected_version: SafeInt,
    /// What it is called.
    label: MaybeUndefined<String>,
    /// Whether a registration must have a value for it.
    required: MaybeUndefined<bool>,
    /// Whether partners get its values with the leads that are sent to them.
    shared: MaybeUndefined<bool>,
    /// The labels of new options, which go behind those that are there.
    add_options: Option<Vec<String>>,
    /// Options that get another label.
    rename_options: Option<Vec<RenameCustomFieldOptionInput>>,
    /// Options to archive, by their ids: they stay on the leads that have them, and no lead gets them any more.
    archive_options: Option<Vec<ID>>,
    /// Archived options to take back into use, by their ids.
    restore_options: Option<Vec<ID>>,
}

/// An option and its new label.
#[derive(Debug, InputObject)]
pub struct RenameCustomFieldOptionInput {
    /// The option, by its id.
    option_id: ID,
    /// What it says; unique among the options of the field, archived ones included.
    label: String,
}

edit_payload! {
    /// The answer to `updateCustomField`.
    UpdateCustomFieldPayload {
        /// The field as it is now.
        custom_field as "customField": CustomField
    }
}

/// A custom field to archive.
#[derive(Debug, InputObject)]
pub struct ArchiveCustomFieldInput {
    /// The custom field, by its node id.
    custom_field_id: ID,
    /// The version that is to be archived. When the field has another one by now, nothing is changed.
    expected_version: SafeInt,
}

edit_payload! {
    /// The answer to `archiveCustomField`.
    ArchiveCustomFieldPayload {
        /// The field as it is now.
        custom_field as "customField": CustomField
    }
}

/// A custom field to take back into use.
#[derive(Debug, InputObject)]
pub struct RestoreCustomFieldInput {
    /// The custom field, by its node id.
    custom_field_id: ID,
    /// The version that is to be restored. When the field has another one by now, nothing is changed.
    expected_version: SafeInt,
}

edit_payload! {
    /// The answer to `restoreCustomField`.
    RestoreCustomFieldPayload {
        /// The field as it is now.
        custom_field as "customField": CustomField
    }
}
