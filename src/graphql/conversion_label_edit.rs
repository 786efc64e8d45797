//! Edits of conversion labels.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};

use super::context::{Answer, op};
use super::conversion_label::ConversionLabel;
use super::error::Failure;
use super::input::{Named, change, renamed, target};
use super::lead::LeadStatus;
use super::node::NodeKind;
use super::payload::{self, EditPayload, edit_payload, edited};
use super::scalars::SafeInt;
use crate::domain::caller::Scope;
use crate::domain::error::Error;
use crate::domain::{Shelf, conversion_labels};

#[derive(Debug, Default)]
pub struct ConversionLabelEditMutations;

#[Object]
impl ConversionLabelEditMutations {
    /// Changes a conversion label. What is left out stays as it is.
    async fn update_conversion_label(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A conversion label and what changes of it.")] input: UpdateConversionLabelInput,
    ) -> Answer<UpdateConversionLabelPayload> {
        edited(ctx, Box::pin(update(ctx, input)).await, |uuid| current(ctx, uuid)).await
    }

    /// Archives a conversion label: it stays on what has it and is offered no more. Doing it again changes nothing.
    async fn archive_conversion_label(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The label.")] input: ArchiveConversionLabelInput,
    ) -> Answer<ArchiveConversionLabelPayload> {
        let ArchiveConversionLabelInput {
            conversion_label_id,
            expected_version,
        } = input;
        let done =
            shelve::<ArchiveConversionLabelPayload>(ctx, &conversion_label_id, expected_version, Shelf::Archived).await;
        edited(ctx, done, |uuid| current(ctx, uuid)).await
    }

    /// Takes a conversion label back into use. Doing it again changes nothing.
    async fn restore_conversion_label(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The label.")] input: RestoreConversionLabelInput,
    ) -> Answer<RestoreConversionLabelPayload> {
        let RestoreConversionLabelInput {
            conversion_label_id,
            expected_version,
        } = input;
        let done =
            shelve::<RestoreConversionLabelPayload>(ctx, &conversion_label_id, expected_version, Shelf::Offered).await;
        edited(ctx, done, |uuid| current(ctx, uuid)).await
    }
}

async fn update(ctx: &Context<'_>, input: UpdateConversionLabelInput) -> Result<Option<ConversionLabel>, Failure> {
    let UpdateConversionLabelInput {
        conversion_label_id,
        expected_version,
        name,
        mark_as_done,
        mapped_status,
    } = input;
    let op = op(ctx)?;
    payload::require_for::<UpdateConversionLabelPayload>(ctx, &op, Scope::Write)?;
    let patch = conversion_labels::ConversionLabelPatch {
        name: change(name, |text| text),
        mark_as_done: change(mark_as_done, |done| done),
        mapped_status: change(mapped_status, Into::into),
    };
    let target = target(&op, Scope::Write, named(&conversion_label_id), expected_version)?;
    let row = conversion_labels::update(&op, target, patch).await.map_err(refused)?;
    Ok(Some(row.into()))
}

async fn shelve<P: EditPayload>(
    ctx: &Context<'_>,
    id: &ID,
    expected: SafeInt,
    shelf: Shelf,
) -> Result<Option<ConversionLabel>, Failure> {
    let op = op(ctx)?;
    payload::require_for::<P>(ctx, &op, Scope::Write)?;
    let target = target(&op, Scope::Write, named(id), expected)?;
    let row = conversion_labels::shelve(&op, target, shelf).await.map_err(refused)?;
    Ok(Some(row.into()))
}

/// The conversion label that an edit was too late for.
async fn current(ctx: &Context<'_>, uuid: uuid::Uuid) -> Result<Option<ConversionLabel>, Failure> {
    Ok(conversion_labels::by_uuids(&op(ctx)?, &[uuid])
        .await?
        .pop()
        .map(ConversionLabel::from))
}

fn named(id: &ID) -> Named<'_> {
    Named {
        id,
        kind: NodeKind::ConversionLabel,
        path: "conversionLabelId",
    }
}

fn refused(error: Error) -> Failure {
    renamed(error, "conversionLabel", "conversionLabelId")
}

/// A conversion label and what changes of it.
#[derive(Debug, InputObject)]
pub struct UpdateConversionLabelInput {
    /// The conversion label, by its node id.
    conversion_label_id: ID,
    /// The version that the change is made on. When the label has another one by now, nothing is changed.
    expected_version: SafeInt,
    /// What it is called; unique among the labels of the project.
    name: MaybeUndefined<String>,
    /// Whether a lead that was given the label needs no more work.
    mark_as_done: MaybeUndefined<bool>,
    /// The status that a lead gets with the label; null when it keeps its own.
    mapped_status: MaybeUndefined<LeadStatus>,
}

edit_payload! {
    /// The answer to `updateConversionLabel`.
    UpdateConversionLabelPayload {
        /// The label as it is now.
        conversion_label as "conversionLabel": ConversionLabel
    }
}

/// A conversion label to archive.
#[derive(Debug, InputObject)]
pub struct ArchiveConversionLabelInput {
    /// The conversion label, by its node id.
    conversion_label_id: ID,
    /// The version that is to be archived. When the label has another one by now, nothing is changed.
    expected_version: SafeInt,
}

edit_payload! {
    /// The answer to `archiveConversionLabel`.
    ArchiveConversionLabelPayload {
        /// The label as it is now.
        conversion_label as "conversionLabel": ConversionLabel
    }
}

/// A conversion label to take back into use.
#[derive(Debug, InputObject)]
pub struct RestoreConversionLabelInput {
    /// The conversion label, by its node id.
    conversion_label_id: ID,
    /// The version that is to be restored. When the label has another one by now, nothing is changed.
    expected_version: SafeInt,
}

edit_payload! {
    /// The answer to `restoreConversionLabel`.
    RestoreConversionLabelPayload {
        /// The label as it is now.
        conversion_label as "conversionLabel": ConversionLabel
    }
}
