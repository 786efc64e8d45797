//! The directory: the partners of a workspace as it knows them, whether they are workspaces here or not.

use sea_orm::ActiveValue::{NotSet, Set};
use uuid::Uuid;

use super::PartnerCompany;
use crate::domain::caller::Scope;
use crate::domain::error::Result;
use crate::domain::events::{EventKind, PartnerCompanyFacts};
use crate::domain::form::Form;
use crate::domain::op::{Op, Tx};
use crate::domain::page::{Page, PageRequest};
use crate::domain::{catalogue, new_uuid};
use crate::entity::partner_company;

/// What a caller supplies. Names may repeat.
#[derive(Clone, Debug)]
pub struct NewPartnerCompany {
    pub name: String,
    pub domain: Option<String>,
    pub website: Option<String>,
    pub country: Option<String>,
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
    let mut form = Form::default();
    let new = check(&mut form, &new);
    form.check()?;
    let mut tx = op.begin().await?;
    let company = insert(&mut tx, new).await?;
    tx.commit().await?;
    Ok(company)
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
    let facts = PartnerCompanyFacts {
        name: company.name.clone(),
        domain: company.domain.clone(),
        website: company.website.clone(),
        country: company.country.clone(),
    };
    catalogue::emit_created(tx, EventKind::PartnerCompanyCreated, company.uuid, &facts);
    Ok(company)
}
