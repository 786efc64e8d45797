//! Edits of the people at partners.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};

use super::context::{Answer, op};
use super::error::Failure;
use super::input::{Named, change, renamed, target};
use super::node::NodeKind;
use super::partner::PartnerUser;
use super::payload::{self, edit_payload, edited};
use super::scalars::SafeInt;
use crate::domain::caller::Scope;
use crate::domain::error::Error;
use crate::domain::partnerships::{PartnerUserPatch, partner_users};

#[derive(Debug, Default)]
pub struct PartnerUserEditMutations;

#[Object]
impl PartnerUserEditMutations {
    /// Changes a person at a partner. What is left out stays as it is.
    async fn update_partner_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A person at a partner and what changes of them.")] input: UpdatePartnerUserInput,
    ) -> Answer<UpdatePartnerUserPayload> {
        edited(ctx, Box::pin(update(ctx, input)).await, |uuid| current(ctx, uuid)).await
    }
}

async fn update(ctx: &Context<'_>, input: UpdatePartnerUserInput) -> Result<Option<PartnerUser>, Failure> {
    let UpdatePartnerUserInput {
        partner_user_id,
        expected_version,
        email,
        name,
    } = input;
    let op = op(ctx)?;
    payload::require_for::<UpdatePartnerUserPayload>(ctx, &op, Scope::Write)?;
    let patch = PartnerUserPatch {
        email: change(email, |text| text),
        name: change(name, |text| text),
    };
    let target = target(&op, Scope::Write, named(&partner_user_id), expected_version)?;
    let row = partner_users::update(&op, target, patch).await.map_err(refused)?;
    Ok(Some(row.into()))
}

/// The partner user that an edit was too late for.
async fn current(ctx: &Context<'_>, uuid: uuid::Uuid) -> Result<Option<PartnerUser>, Failure> {
    Ok(partner_users::by_uuids(&op(ctx)?, &[uuid])
        .await?
        .pop()
        .map(PartnerUser::from))
}

fn named(id: &ID) -> Named<'_> {
    Named {
        id,
        kind: NodeKind::PartnerUser,
        path: "partnerUserId",
    }
}

fn refused(error: Error) -> Failure {
    renamed(error, "partnerUser", "partnerUserId")
}

/// A person at a partner and what changes of them.
#[derive(Debug, InputObject)]
pub struct UpdatePartnerUserInput {
    /// The partner user, by its node id.
    partner_user_id: ID,
    /// The version that the change is made on. When the person has another one by now, nothing is changed.
    expected_version: SafeInt,
    /// The e-mail address; unique among the people of the company.
    email: MaybeUndefined<String>,
    /// The person's name; null for unknown.
    name: MaybeUndefined<String>,
}

edit_payload! {
    /// The answer to `updatePartnerUser`.
    UpdatePartnerUserPayload {
        /// The person as it is now.
        partner_user as "partnerUser": PartnerUser
    }
}
