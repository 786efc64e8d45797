//! People of a partner, as the workspace knows them: whom a lead that is sent there can be addressed to.

use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{ColumnTrait, QueryFilter};
use serde::Serialize;
use uuid::Uuid;

use super::PartnerUser;
use crate::domain::caller::Scope;
use crate::domain::catalogue::{Editable, Stamp, Target};
use crate::domain::change::Change;
use crate::domain::error::{Error, Problem, Result};
use crate::domain::events::{EventKind, PartnerUserFacts};
use crate::domain::form::Form;
use crate::domain::op::Op;
use crate::domain::page::{self, Page, PageRequest};
use crate::domain::{catalogue, new_uuid, text};
use crate::entity::{partner_company, partner_user};

/// What a caller supplies.
#[derive(Clone, Debug, Serialize)]
pub struct NewPartnerUser {
    pub partner_company: Uuid,
    pub email: String,
    pub name: Option<String>,
    /// The person's own id in the partner's workspace, when the partner is one here and has told it.
    pub user_uuid: Option<Uuid>,
}

/// What to change. Which company a person is at never changes.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PartnerUserPatch {
    pub email: Change<String>,
    pub name: Change<String>,
}

/// Whose people are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    AllPartners,
    /// One partner company, by its number; of an unknown one there are none.
    Partner(i64),
}

/// The people of the workspace's partners, newest first.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn list(op: &Op, of: Of, page: PageRequest) -> Result<Page<PartnerUser>> {
    op.require(Scope::Read)?;
    let order = (partner_user::Column::CreatedAt, partner_user::Column::Id);
    let people = op.find::<partner_user::Entity>();
    let people = match of {
        Of::AllPartners => people,
        Of::Partner(company) => people.filter(partner_user::Column::PartnerCompanyId.eq(company)),
    };
    page::read(op.db(), people, order, page).await
}

/// The people with these ids, in any order; unknown ones are absent.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn by_uuids(op: &Op, uuids: &[Uuid]) -> Result<Vec<PartnerUser>> {
    catalogue::by_uuids::<partner_user::Entity>(op, partner_user::Column::Uuid, uuids).await
}

/// # Errors
/// A broken rule, an unknown partner company, an address that the company already has, or a database fault.
pub async fn create(op: &Op, new: NewPartnerUser) -> Result<PartnerUser> {
    catalogue::require_unbound(op, Scope::Write)?;
    op.once("partner_users.create", new, make).await
}

async fn make(op: Op, new: NewPartnerUser) -> Result<PartnerUser> {
    let NewPartnerUser {
        partner_company,
        email,
        name,
        user_uuid,
    } = new;
    let mut form = Form::default();
    let email = form.email("email", &email);
    let name = form.optional("name", name.as_deref());
    form.check()?;

    let mut tx = op.begin().await?;
    let named = partner_company::Column::Uuid.eq(partner_company);
    let company = tx.find::<partner_company::Entity>().filter(named).one(tx.db()).await?;
    let unknown = || Problem::not_found(["partnerCompany".into()], "Partner company not found");
    let company = company.ok_or_else(unknown)?;
    let row = partner_user::ActiveModel {
        workspace_id: NotSet,
        id: NotSet,
        uuid: Set(new_uuid()),
        partner_company_id: Set(company.id),
        user_uuid: Set(user_uuid),
        email_folded: Set(text::normalize_email(&email)),
        email: Set(email),
        name: Set(name),
        version: Set(1),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    let user = tx.insert(row).await.map_err(or_taken)?;
    let facts = PartnerUserFacts {
        partner: Some(company.uuid),
        ..user.facts()
    };
    catalogue::emit_created(&mut tx, EventKind::PartnerUserCreated, user.uuid, &facts);
    tx.commit(user).await
}

/// # Errors
/// A broken rule, an unknown person (path `partnerUser`), another version than the expected one, an address that the
/// company already has, or a database fault.
pub async fn update(op: &Op, target: Target, patch: PartnerUserPatch) -> Result<PartnerUser> {
    catalogue::require_unbound(op, Scope::Write)?;
    op.once("partner_users.update", (target, patch), change).await
}

async fn change(op: Op, (target, patch): (Target, PartnerUserPatch)) -> Result<PartnerUser> {
    let PartnerUserPatch { email, name } = patch;
    let mut form = Form::default();
    let email = form.given("email", email).map(|email| form.email("email", &email));
    let name = form.optional_change("name", name);
    form.check()?;

    let mut tx = op.begin().await?;
    let unknown = Problem::not_found(["partnerUser".into()], "Partner user not found");
    let before: PartnerUser = catalogue::locked(&tx, target.uuid, unknown).await?;
    let mut after = PartnerUser {
        name: name.apply(before.name.clone()),
        ..before.clone()
    };
    if let Some(email) = email {
        after.email_folded = text::normalize_email(&email);
        after.email = email;
    }
    let kind = EventKind::PartnerUserUpdated;
    let saved = catalogue::save(&mut tx, target.expected_version, kind, before, after).await;
    let user = saved.map_err(or_taken)?;
    tx.commit(user).await
}

fn or_taken(error: Error) -> Error {
    let message = "The partner has a user with this e-mail address";
    error.or_taken(Problem::invalid(["email".into()], message))
}

impl Editable for PartnerUser {
    type Facts = PartnerUserFacts;

    const UUID: partner_user::Column = partner_user::Column::Uuid;

    /// Without the company, which the row does not name and no edit changes.
    fn facts(&self) -> PartnerUserFacts {
        PartnerUserFacts {
            partner: None,
            email: self.email.clone(),
            name: self.name.clone(),
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
