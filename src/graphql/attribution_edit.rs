//! Edits of attribution sources.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};

use super::attribution::AttributionSource;
use super::context::{Answer, op};
use super::error::Failure;
use super::input::{Named, change, renamed, target};
use super::node::NodeKind;
use super::payload::{self, EditPayload, edit_payload, edited};
use super::scalars::SafeInt;
use crate::domain::caller::Scope;
use crate::domain::error::Error;
use crate::domain::{Shelf, attribution_sources};

#[derive(Debug, Default)]
pub struct AttributionSourceEditMutations;

#[Object]
impl AttributionSourceEditMutations {
    /// Changes an attribution source. What is left out stays as it is.
    async fn update_attribution_source(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "An attribution source and what changes of it.")] input: UpdateAttributionSourceInput,
    ) -> Answer<UpdateAttributionSourcePayload> {
        edited(ctx, Box::pin(update(ctx, input)).await, |uuid| current(ctx, uuid)).await
    }

    /// Archives an attribution source: it stays on what is attributed to it, and nothing new is. Doing it again changes
    /// nothing.
    async fn archive_attribution_source(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The source.")] input: ArchiveAttributionSourceInput,
    ) -> Answer<ArchiveAttributionSourcePayload> {
        let ArchiveAttributionSourceInput {
            attribution_source_id,
            expected_version,
        } = input;
        let done =
            shelve::<ArchiveAttributionSourcePayload>(ctx, &attribution_source_id, expected_version, Shelf::Archived)
                .await;
        edited(ctx, done, |uuid| current(ctx, uuid)).await
    }

    /// Takes an attribution source back into use. Doing it again changes nothing.
    async fn restore_attribution_source(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The source.")] input: RestoreAttributionSourceInput,
    ) -> Answer<RestoreAttributionSourcePayload> {
        let RestoreAttributionSourceInput {
            attribution_source_id,
            expected_version,
        } = input;
        let done =
            shelve::<RestoreAttributionSourcePayload>(ctx, &attribution_source_id, expected_version, Shelf::Offered)
                .await;
        edited(ctx, done, |uuid| current(ctx, uuid)).await
    }
}

async fn update(ctx: &Context<'_>, input: UpdateAttributionSourceInput) -> Result<Option<AttributionSource>, Failure> {
    let UpdateAttributionSourceInput {
        attribution_source_id,
        expected_version,
        label,
    } = input;
    let op = op(ctx)?;
    payload::require_for::<UpdateAttributionSourcePayload>(ctx, &op, Scope::Write)?;
    let patch = attribution_sources::AttributionSourcePatch {
        label: change(label, |text| text),
    };
    let target = target(&op, Scope::Write, named(&attribution_source_id), expected_version)?;
    let row = attribution_sources::update(&op, target, patch).await.map_err(refused)?;
    Ok(Some(row.into()))
}

async fn shelve<P: EditPayload>(
    ctx: &Context<'_>,
    id: &ID,
    expected: SafeInt,
    shelf: Shelf,
) -> Result<Option<AttributionSource>, Failure> {
    let op = op(ctx)?;
    payload::require_for::<P>(ctx, &op, Scope::Write)?;
    let target = target(&op, Scope::Write, named(id), expected)?;
    let row = attribution_sources::shelve(&op, target, shelf).await.map_err(refused)?;
    Ok(Some(row.into()))
}

/// The attribution source that an edit was too late for.
async fn current(ctx: &Context<'_>, uuid: uuid::Uuid) -> Result<Option<AttributionSource>, Failure> {
    Ok(attribution_sources::by_uuids(&op(ctx)?, &[uuid])
        .await?
        .pop()
        .map(AttributionSource::from))
}

fn named(id: &ID) -> Named<'_> {
    Named {
        id,
        kind: NodeKind::AttributionSource,
        path: "attributionSourceId",
    }
}

fn refused(error: Error) -> Failure {
    renamed(error, "attributionSource", "attributionSourceId")
}

/// An attribution source and what changes of it.
#[derive(Debug, InputObject)]
pub struct UpdateAttributionSourceInput {
    /// The attribution source, by its node id.
    attribution_source_id: ID,
    /// The version that the change is made on. When the source has another one by now, nothing is changed.
    expected_version: SafeInt,
    /// What it is called; unique among the sources.
    label: MaybeUndefined<String>,
}

edit_payload! {
    /// The answer to `updateAttributionSource`.
    UpdateAttributionSourcePayload {
        /// The source as it is now.
        attribution_source as "attributionSource": AttributionSource
    }
}

/// An attribution source to archive.
#[derive(Debug, InputObject)]
pub struct ArchiveAttributionSourceInput {
    /// The attribution source, by its node id.
    attribution_source_id: ID,
    /// The version that is to be archived. When the source has another one by now, nothing is changed.
    expected_version: SafeInt,
}

edit_payload! {
    /// The answer to `archiveAttributionSource`.
    ArchiveAttributionSourcePayload {
        /// The source as it is now.
        attribution_source as "attributionSource": AttributionSource
    }
}

/// An attribution source to take back into use.
#[derive(Debug, InputObject)]
pub struct RestoreAttributionSourceInput {
    /// The attribution source, by its node id.
    attribution_source_id: ID,
    /// The version that is to be restored. When the source has another one by now, nothing is changed.
    expected_version: SafeInt,
}

edit_payload! {
    /// The answer to `restoreAttributionSource`.
    RestoreAttributionSourcePayload {
        /// The source as it is now.
        attribution_source as "attributionSource": AttributionSource
    }
}
