//! Edits of campaigns.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};

use super::campaign::Campaign;
use super::context::{Answer, op};
use super::error::Failure;
use super::input::{Named, change, renamed, target};
use super::node::NodeKind;
use super::payload::{self, EditPayload, edit_payload, edited};
use super::scalars::{DateTime, SafeInt};
use crate::domain::caller::Scope;
use crate::domain::error::Error;
use crate::domain::{Shelf, campaigns};

#[derive(Debug, Default)]
pub struct CampaignEditMutations;

#[Object]
impl CampaignEditMutations {
    /// Changes a campaign. What is left out stays as it is.
    async fn update_campaign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A campaign and what changes of it.")] input: UpdateCampaignInput,
    ) -> Answer<UpdateCampaignPayload> {
        edited(ctx, Box::pin(update(ctx, input)).await, |uuid| current(ctx, uuid)).await
    }

    /// Archives a campaign: it keeps its leads and gets no new ones. Doing it again changes nothing.
    async fn archive_campaign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The campaign.")] input: ArchiveCampaignInput,
    ) -> Answer<ArchiveCampaignPayload> {
        let ArchiveCampaignInput {
            campaign_id,
            expected_version,
        } = input;
        let done = Box::pin(shelve::<ArchiveCampaignPayload>(
            ctx,
            &campaign_id,
            expected_version,
            Shelf::Archived,
        ))
        .await;
        edited(ctx, done, |uuid| current(ctx, uuid)).await
    }

    /// Takes a campaign back into use. Doing it again changes nothing.
    async fn restore_campaign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The campaign.")] input: RestoreCampaignInput,
    ) -> Answer<RestoreCampaignPayload> {
        let RestoreCampaignInput {
            campaign_id,
            expected_version,
        } = input;
        let done = Box::pin(shelve::<RestoreCampaignPayload>(
            ctx,
            &campaign_id,
            expected_version,
            Shelf::Offered,
        ))
        .await;
        edited(ctx, done, |uuid| current(ctx, uuid)).await
    }
}

async fn update(ctx: &Context<'_>, input: UpdateCampaignInput) -> Result<Option<Campaign>, Failure> {
    let UpdateCampaignInput {
        campaign_id,
        expected_version,
        title,
        starts_at,
        ends_at,
    } = input;
    let op = op(ctx)?;
    payload::require_for::<UpdateCampaignPayload>(ctx, &op, Scope::Write)?;
    let patch = campaigns::CampaignPatch {
        title: change(title, |text| text),
        starts_at: change(starts_at, |at| at.0),
        ends_at: change(ends_at, |at| at.0),
    };
    let target = target(&op, Scope::Write, named(&campaign_id), expected_version)?;
    let row = campaigns::update(&op, target, patch).await.map_err(refused)?;
    Ok(Some(row.into()))
}

async fn shelve<P: EditPayload>(
    ctx: &Context<'_>,
    id: &ID,
    expected: SafeInt,
    shelf: Shelf,
) -> Result<Option<Campaign>, Failure> {
    let op = op(ctx)?;
    payload::require_for::<P>(ctx, &op, Scope::Write)?;
    let target = target(&op, Scope::Write, named(id), expected)?;
    let row = campaigns::shelve(&op, target, shelf).await.map_err(refused)?;
    Ok(Some(row.into()))
}

/// The campaign that an edit was too late for.
async fn current(ctx: &Context<'_>, uuid: uuid::Uuid) -> Result<Option<Campaign>, Failure> {
    Ok(campaigns::by_uuids(&op(ctx)?, &[uuid]).await?.pop().map(Campaign::from))
}

fn named(id: &ID) -> Named<'_> {
    Named {
        id,
        kind: NodeKind::Campaign,
        path: "campaignId",
    }
}

fn refused(error: Error) -> Failure {
    renamed(error, "campaign", "campaignId")
}

/// A campaign and what changes of it.
#[derive(Debug, InputObject)]
pub struct UpdateCampaignInput {
    /// The campaign, by its node id.
    campaign_id: ID,
    /// The version that the change is made on. When the campaign has another one by now, nothing is changed.
    expected_version: SafeInt,
    /// What it is called.
    title: MaybeUndefined<String>,
    /// When it starts; null for an open start.
    starts_at: MaybeUndefined<DateTime>,
    /// When it ends, which is not before it starts; null for an open end.
    ends_at: MaybeUndefined<DateTime>,
}

edit_payload! {
    /// The answer to `updateCampaign`.
    UpdateCampaignPayload {
        /// The campaign as it is now.
        campaign as "campaign": Campaign
    }
}

/// A campaign to archive.
#[derive(Debug, InputObject)]
pub struct ArchiveCampaignInput {
    /// The campaign, by its node id.
    campaign_id: ID,
    /// The version that is to be archived. When the campaign has another one by now, nothing is changed.
    expected_version: SafeInt,
}

edit_payload! {
    /// The answer to `archiveCampaign`.
    ArchiveCampaignPayload {
        /// The campaign as it is now.
        campaign as "campaign": Campaign
    }
}

/// A campaign to take back into use.
#[derive(Debug, InputObject)]
pub struct RestoreCampaignInput {
    /// The campaign, by its node id.
    campaign_id: ID,
    /// The version that is to be restored. When the campaign has another one by now, nothing is changed.
    expected_version: SafeInt,
}

edit_payload! {
    /// The answer to `restoreCampaign`.
    RestoreCampaignPayload {
        /// The campaign as it is now.
        campaign as "campaign": Campaign
    }
}
