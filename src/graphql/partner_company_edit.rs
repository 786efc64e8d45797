//! Edits of partner companies.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};

use super::context::{Answer, op};
use super::error::Failure;
use super::input::{Named, change, renamed, target};
use super::node::NodeKind;
use super::partner::PartnerCompany;
use super::payload::{self, edit_payload, edited};
use super::scalars::SafeInt;
use crate::domain::caller::Scope;
use crate::domain::error::Error;
use crate::domain::partnerships::{PartnerCompanyPatch, partner_companies};

#[derive(Debug, Default)]
pub struct PartnerCompanyEditMutations;

#[Object]
impl PartnerCompanyEditMutations {
    /// Changes a partner company. What is left out stays as it is.
    async fn update_partner_company(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A partner company and what changes of it.")] input: UpdatePartnerCompanyInput,
    ) -> Answer<UpdatePartnerCompanyPayload> {
        edited(ctx, Box::pin(update(ctx, input)).await, |uuid| current(ctx, uuid)).await
    }
}

async fn update(ctx: &Context<'_>, input: UpdatePartnerCompanyInput) -> Result<Option<PartnerCompany>, Failure> {
    let UpdatePartnerCompanyInput {
        partner_company_id,
        expected_version,
        name,
        domain,
        website,
        country,
    } = input;
    let op = op(ctx)?;
    payload::require_for::<UpdatePartnerCompanyPayload>(ctx, &op, Scope::Write)?;
    let patch = PartnerCompanyPatch {
        name: change(name, |text| text),
        domain: change(domain, |text| text),
        website: change(website, |text| text),
        country: change(country, |text| text),
    };
    let target = target(&op, Scope::Write, named(&partner_company_id), expected_version)?;
    let row = partner_companies::update(&op, target, patch).await.map_err(refused)?;
    Ok(Some(row.into()))
}

/// The partner company that an edit was too late for.
async fn current(ctx: &Context<'_>, uuid: uuid::Uuid) -> Result<Option<PartnerCompany>, Failure> {
    Ok(partner_companies::by_uuids(&op(ctx)?, &[uuid])
        .await?
        .pop()
        .map(PartnerCompany::from))
}

fn named(id: &ID) -> Named<'_> {
    Named {
        id,
        kind: NodeKind::PartnerCompany,
        path: "partnerCompanyId",
    }
}

fn refused(error: Error) -> Failure {
    renamed(error, "partnerCompany", "partnerCompanyId")
}

/// A partner company and what changes of it.
#[derive(Debug, InputObject)]
pub struct UpdatePartnerCompanyInput {
    /// The partner company, by its node id.
    partner_company_id: ID,
    /// The version that the change is made on. When the company has another one by now, nothing is changed.
    expected_version: SafeInt,
    /// What it is called.
    name: MaybeUndefined<String>,
    /// Its e-mail domain; null for none.
    domain: MaybeUndefined<String>,
    /// Its web site; null for none.
    website: MaybeUndefined<String>,
    /// Where it is; null for unknown.
    country: MaybeUndefined<String>,
}

edit_payload! {
    /// The answer to `updatePartnerCompany`.
    UpdatePartnerCompanyPayload {
        /// The company as it is now.
        partner_company as "partnerCompany": PartnerCompany
    }
}
