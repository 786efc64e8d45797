//! The directory: the partners of a workspace as it knows them, whether they are workspaces here or not.

use sea_orm::ActiveValue::{NotSet, Set};
use serde::Serialize;
use uuid::Uuid;

use super::PartnerCompany;
use crate::domain::caller::Scope;
use crate::domain::catalogue::{Editable, Stamp, Target};
use crate::domain::change::Change;
use crate::domain::error::{Problem, Result};
use crate::domain::events::{EventKind, PartnerCompanyFacts};
use crate::domain::form::Form;
use crate::domain::op::{Op, Tx};
use crate::domain::page::{Page, PageRequest};
use crate::domain::{catalogue, new_uuid};
use crate::entity::partner_company;

/// What a caller supplies. Names may repeat.
#[derive(Clone, Debug, Serialize)]
pub struct NewPartnerCompany {
    pub name: String,
    pub domain: Option<String>,
    pub website: Option<String>,
    pub country: Option<String>,
}

/// What to change.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PartnerCompanyPatch {
    pub name: Change<String>,
    pub domain: Change<String>,
    pub website: Change<String>,
    pub country: Change<String>,
}

/// The workspace's partner companies, newest first.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn list(op: &Op, page: PageRequest) -> Result<Page<PartnerCompany>> {
    let order = (partner_company::Column::CreatedAt, partner_company::Column::Id);
    catalogue::list::<partner_company::Entity>(op, order, page).await
}

/// The partner companies with these ids, in any order; unknown ones are absent.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn by_uuids(op: &Op, uuids: &[Uuid]) -> Result<Vec<PartnerCompany>> {
    catalogue::by_uuids::<partner_company::Entity>(op, partner_company::Column::Uuid, uuids).await
}

/// # Errors
/// A broken rule, or a database fault.
pub async fn create(op: &Op, new: NewPartnerCompany) -> Result<PartnerCompany> {
    catalogue::require_unbound(op, Scope::Write)?;
    op.once("partner_companies.create", new, make).await
}

async fn make(op: Op, new: NewPartnerCompany) -> Result<PartnerCompany> {
    let mut form = Form::default();
    let new = check(&mut form, &new);
    form.check()?;
    let mut tx = op.begin().await?;
    let company = insert(&mut tx, new).await?;
    tx.commit(company).await
}

/// # Errors
/// A broken rule, an unknown company (path `partnerCompany`), another version than the expected one, or a database
/// fault.
pub async fn update(op: &Op, target: Target, patch: PartnerCompanyPatch) -> Result<PartnerCompany> {
    catalogue::require_unbound(op, Scope::Write)?;
    op.once("partner_companies.update", (target, patch), change).await
}

async fn change(op: Op, (target, patch): (Target, PartnerCompanyPatch)) -> Result<PartnerCompany> {
    let PartnerCompanyPatch {
        name,
        domain,
        website,
        country,
    } = patch;
    let mut form = Form::default();
    let name = form.renamed("name", name);
    let domain = form.optional_change("domain", domain);
    let website = form.optional_change("website", website);
    let country = form.optional_change("country", country);
    form.check()?;

    let mut tx = op.begin().await?;
    let unknown = Problem::not_found(["partnerCompany".into()], "Partner company not found");
    let before: PartnerCompany = catalogue::locked(&tx, target.uuid, unknown).await?;
    let after = PartnerCompany {
        name: name.unwrap_or_else(|| before.name.clone()),
        domain: domain.apply(before.domain.clone()),
        website: website.apply(before.website.clone()),
        country: country.apply(before.country.clone()),
        ..before.clone()
    };
    let kind = EventKind::PartnerCompanyUpdated;
    let company = catalogue::save(&mut tx, target.expected_version, kind, before, after).await?;
    tx.commit(company).await
}

/// A checked entry: trimmed and within bounds, unless the form says otherwise.
pub(super) fn check(form: &mut Form, new: &NewPartnerCompany) -> NewPartnerCompany {
    let NewPartnerCompany {
        name,
        domain,
        website,
        country,
    } = new;
    NewPartnerCompany {
        name: form.required("name", name),
        domain: form.optional("domain", domain.as_deref()),
        website: form.optional("website", website.as_deref()),
        country: form.optional("country", country.as_deref()),
    }
}

pub(super) async fn insert(tx: &mut Tx, new: NewPartnerCompany) -> Result<PartnerCompany> {
    let NewPartnerCompany {
        name,
        domain,
        website,
        country,
    } = new;
    let row = partner_company::ActiveModel {
        workspace_id: NotSet,
        id: NotSet,
        uuid: Set(new_uuid()),
        name: Set(name),
        domain: Set(domain),
        website: Set(website),
        country: Set(country),
        version: Set(1),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    let company = tx.insert(row).await?;
    catalogue::emit_created(tx, EventKind::PartnerCompanyCreated, company.uuid, &company.facts());
    Ok(company)
}

impl Editable for PartnerCompany {
    type Facts = PartnerCompanyFacts;

    const UUID: partner_company::Column = partner_company::Column::Uuid;

    fn facts(&self) -> PartnerCompanyFacts {
        PartnerCompanyFacts {
            name: self.name.clone(),
            domain: self.domain.clone(),
            website: self.website.clone(),
            country: self.country.clone(),
        }
    }

    fn stamp(&mut self) -> Stamp<'_> {
        Stamp {
            uuid: self.uuid,
            version: &mut self.version,
            updated_at: &mut self.updated_at,
        }
    }
}
