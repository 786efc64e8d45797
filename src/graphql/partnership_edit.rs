//! Edits of partnerships.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};

use super::context::{Answer, op};
use super::error::Failure;
use super::input::{Named, change, renamed, target};
use super::node::NodeKind;
use super::partnership::{Partnership, PartnershipInvitation, ResellerSide};
use super::payload::{self, edit_payload, edited};
use super::scalars::SafeInt;
use crate::domain::caller::Scope;
use crate::domain::error::Error;
use crate::domain::partnerships;

#[derive(Debug, Default)]
pub struct PartnershipEditMutations;

#[Object]
impl PartnershipEditMutations {
    /// Changes the terms of a partnership that the partner has not accepted. What is left out stays as it is.
    async fn update_partnership(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A partnership and what changes of it.")] input: UpdatePartnershipInput,
    ) -> Answer<UpdatePartnershipPayload> {
        edited(ctx, Box::pin(update(ctx, input)).await, |uuid| current(ctx, uuid)).await
    }

    /// Ends a partnership for both companies: nothing new is sent across, and what was sent stays. Doing it again changes
    /// nothing.
    async fn archive_partnership(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The partnership.")] input: ArchivePartnershipInput,
    ) -> Answer<ArchivePartnershipPayload> {
        edited(ctx, Box::pin(archive(ctx, input)).await, |uuid| current(ctx, uuid)).await
    }
}

async fn update(ctx: &Context<'_>, input: UpdatePartnershipInput) -> Result<Option<Partnership>, Failure> {
    let UpdatePartnershipInput {
        partnership_id,
        expected_version,
        reseller_side,
        invitation,
    } = input;
    let op = op(ctx)?;
    payload::require_for::<UpdatePartnershipPayload>(ctx, &op, Scope::Write)?;
    let patch = partnerships::PartnershipPatch {
        reseller_side: change(reseller_side, Into::into),
        invitation: change(invitation, Into::into),
    };
    let target = target(&op, Scope::Write, named(&partnership_id), expected_version)?;
    let row = partnerships::update(&op, target, patch).await.map_err(refused)?;
    Ok(Some(row.into()))
}

async fn archive(ctx: &Context<'_>, input: ArchivePartnershipInput) -> Result<Option<Partnership>, Failure> {
    let ArchivePartnershipInput {
        partnership_id,
        expected_version,
    } = input;
    let op = op(ctx)?;
    payload::require_for::<ArchivePartnershipPayload>(ctx, &op, Scope::Write)?;
    let target = target(&op, Scope::Write, named(&partnership_id), expected_version)?;
    let row = partnerships::archive(&op, target).await.map_err(refused)?;
    Ok(Some(row.into()))
}

/// The partnership that an edit was too late for.
async fn current(ctx: &Context<'_>, uuid: uuid::Uuid) -> Result<Option<Partnership>, Failure> {
    Ok(partnerships::by_uuids(&op(ctx)?, &[uuid])
        .await?
        .pop()
        .map(Partnership::from))
}

fn named(id: &ID) -> Named<'_> {
    Named {
        id,
        kind: NodeKind::Partnership,
        path: "partnershipId",
    }
}

fn refused(error: Error) -> Failure {
    renamed(error, "partnership", "partnershipId")
}

/// A partnership and what changes of it.
#[derive(Debug, InputObject)]
pub struct UpdatePartnershipInput {
    /// The partnership, by its node id.
    partnership_id: ID,
    /// The version that the change is made on. When the partnership has another one by now, nothing is changed.
    expected_version: SafeInt,
    /// Who resells; for reseller partnerships only.
    reseller_side: MaybeUndefined<ResellerSide>,
    /// `INACTIVE` takes an invitation back; `INVITED` makes one with a new code, in place of an open one.
    invitation: MaybeUndefined<PartnershipInvitation>,
}

edit_payload! {
    /// The answer to `updatePartnership`.
    UpdatePartnershipPayload {
        /// The partnership as it is now.
        partnership as "partnership": Partnership
    }
}

/// A partnership to end.
#[derive(Debug, InputObject)]
pub struct ArchivePartnershipInput {
    /// The partnership, by its node id.
    partnership_id: ID,
    /// The version that is to be archived. When the partnership has another one by now, nothing is changed.
    expected_version: SafeInt,
}

edit_payload! {
    /// The answer to `archivePartnership`.
    ArchivePartnershipPayload {
        /// The partnership as it is now.
        partnership as "partnership": Partnership
    }
}
