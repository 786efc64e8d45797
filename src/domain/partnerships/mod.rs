//! Partnerships: the relation of two companies. What both share is one global row; each side that is a workspace here
//! has its own row and its own directory entry of the other.
//!
//! Clients know three numbers: of the shared row, of the caller's side, and of the partner in the caller's directory.

mod accept;
mod create;
mod deliver;
mod edit;
pub mod partner_companies;
pub mod partner_users;

use std::collections::HashMap;

use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QuerySelect, Select};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use crate::entity::company_partnership::Model as CompanyPartnership;
pub use crate::entity::partner_company::Model as PartnerCompany;
pub use crate::entity::partner_user::Model as PartnerUser;
pub use crate::entity::partnership::{Model as SharedPartnership, PartnerType, PartnershipState, ResellerSide};
use crate::entity::{company_partnership, partner_company, partnership};

use super::Ref;
use super::caller::{Caller, Scope};
use super::catalogue::Archived;
use super::error::{Error, Result};
use super::events::{PartnershipFacts, word};
use super::op::{self, Op};
use super::page::{self, Page, PageRequest};

pub use accept::accept;
pub use create::{Invitation, NewPartnership, Partner, create};
pub(in crate::domain) use deliver::{deliver_copy, find, is_archived};
pub use edit::{PartnershipPatch, archive, update};
pub use partner_companies::{NewPartnerCompany, PartnerCompanyPatch};
pub use partner_users::{NewPartnerUser, PartnerUserPatch};

/// Whether a caller may hand out invitations: those who may make them.
pub fn may_invite(caller: &Caller) -> bool {
    caller.scopes.allows(Scope::Write) && caller.project_id.is_none()
}

/// A partnership as the caller's workspace sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Partnership {
    /// The caller's side. Its uuid is the partnership's public id, its number the REST routes' company partnership id.
    pub side: CompanyPartnership,
    /// What both sides share. Its uuid is the invitation code, its number the REST routes' partnership id.
    pub shared: SharedPartnership,
    /// The other company, in the caller's directory.
    pub partner: PartnerCompany,
}

impl Partnership {
    /// The workspace of the other side, once it has accepted.
    pub fn partner_workspace(&self) -> Option<i64> {
        if self.is_inviter() {
            self.shared.workspace_b
        } else {
            Some(self.shared.workspace_a)
        }
    }

    /// Who resells, seen from the caller; the row has it as the inviter sees it.
    pub fn reseller_side(&self) -> Option<ResellerSide> {
        let side = self.shared.reseller_side?;
        if self.is_inviter() {
            return Some(side);
        }
        Some(match side {
            ResellerSide::Company => ResellerSide::Partner,
            ResellerSide::Partner => ResellerSide::Company,
        })
    }

    /// The code with which the partner accepts, while it can. Only the inviter knows it: show it to those who
    /// [`may_invite`].
    pub fn invitation(&self) -> Option<Uuid> {
        let open = self.is_inviter() && self.shared.state == PartnershipState::Invited;
        open.then_some(self.shared.uuid)
    }

    fn is_inviter(&self) -> bool {
        self.side.workspace_id == self.shared.workspace_a
    }

    fn facts(&self) -> PartnershipFacts {
        PartnershipFacts {
            partner: self.partner.uuid,
            partner_type: word(&self.shared.partner_type),
            state: word(&self.shared.state),
            reseller_side: self.reseller_side().as_ref().map(word),
            invitation_renewed: None,
        }
    }
}

/// How an input names a partnership: by any of its three ids; those that are given must agree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PartnershipRef {
    /// The number of the shared row, or the public id of the caller's side.
    pub partnership: Option<Ref>,
    pub partner_company: Option<Ref>,
    pub company_partnership: Option<Ref>,
}

/// The workspace's partnerships, newest first.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn list(op: &Op, archived: Archived, request: PageRequest) -> Result<Page<Partnership>> {
    op.require(Scope::Read)?;
    let sides = op.find::<company_partnership::Entity>();
    let sides = match archived {
        Archived::Hidden => sides.filter(company_partnership::Column::PartnershipId.in_subquery(not_over())),
        Archived::Shown => sides,
    };
    let order = (company_partnership::Column::CreatedAt, company_partnership::Column::Id);
    let count = PageRequest { rows: false, ..request };
    let counted = page::read(op.db(), sides.clone(), order, count).await?;
    if !request.rows {
        return Ok(counted.with_items(Vec::new()));
    }
    let rows = whole(op.db(), page::cut(sides, order, request), op.find()).await?;
    Ok(page::finish(rows, &request, counted.total))
}

/// The numbers of all partnerships that are not archived: what a side's own number is looked up in.
fn not_over() -> sea_orm::sea_query::SelectStatement {
    let mut numbers = Query::select();
    numbers
        .column(partnership::Column::Id)
        .from(partnership::Entity)
        .and_where(partnership::Column::State.ne(PartnershipState::Archived));
    numbers
}

/// The partnerships with these ids (of the caller's sides), in any order; unknown ones are absent.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn by_uuids(op: &Op, uuids: &[Uuid]) -> Result<Vec<Partnership>> {
    op.require(Scope::Read)?;
    if uuids.is_empty() {
        return Ok(Vec::new());
    }
    let wanted = op.any_uuid(company_partnership::Column::Uuid, uuids);
    let sides = op.find::<company_partnership::Entity>().filter(wanted);
    whole(op.db(), sides, op.find()).await
}

/// The partners of these partnerships, which are named by what both sides share.
pub(in crate::domain) async fn partners_of(op: &Op, shared: &[Uuid]) -> Result<HashMap<Uuid, PartnerCompany>> {
    let sides = op.find::<company_partnership::Entity>();
    let sides = sides.filter(op.any_uuid(partnership::Column::Uuid, shared));
    let found = whole(op.db(), sides, op.find()).await?;
    Ok(found
        .into_iter()
        .map(|found| (found.shared.uuid, found.partner))
        .collect())
}

/// Reads sides with the shared row of each, and their partners from the directory of the same workspace.
pub(in crate::domain) async fn whole<C: ConnectionTrait>(
    db: &C,
    sides: Select<company_partnership::Entity>,
    directory: Select<partner_company::Entity>,
) -> Result<Vec<Partnership>> {
    let relation = company_partnership::Entity::belongs_to(partnership::Entity)
        .from(company_partnership::Column::PartnershipId)
        .to(partnership::Column::Id);
    let sides = sides.join(JoinType::InnerJoin, relation.into());
    let sides = sides.select_two_required(partnership::Entity).all(db).await?;
    if sides.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<i64> = sides.iter().map(|(side, _)| side.partner_company_id).collect();
    let named = op::any_of(db.get_database_backend(), partner_company::Column::Id, &ids);
    let partners = directory.filter(named).all(db).await?;
    let partners: HashMap<i64, PartnerCompany> = partners.into_iter().map(|partner| (partner.id, partner)).collect();
    sides
        .into_iter()
        .map(|(side, shared)| {
            let partner = partners.get(&side.partner_company_id).cloned();
            let partner =
                partner.ok_or_else(|| Error::broken(format!("company partnership {} has no partner", side.id)))?;
            Ok(Partnership { side, shared, partner })
        })
        .collect()
}
