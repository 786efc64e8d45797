//! Making a partnership: the shared row, the caller's side, and the partner's directory entry if it is new.

use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{ColumnTrait, QueryFilter};
use serde::Serialize;
use uuid::Uuid;

use super::partner_companies::{self, NewPartnerCompany};
use super::{
    CompanyPartnership, PartnerCompany, PartnerType, Partnership, PartnershipState, ResellerSide, SharedPartnership,
};
use crate::domain::caller::Scope;
use crate::domain::error::{Problem, ProblemCode, Result};
use crate::domain::events::EventKind;
use crate::domain::form::Form;
use crate::domain::op::{Op, Tx};
use crate::domain::{catalogue, new_uuid};
use crate::entity::{company_partnership, partner_company, partnership};

/// What a caller supplies.
#[derive(Clone, Debug, Serialize)]
pub struct NewPartnership {
    pub partner: Partner,
    pub partner_type: PartnerType,
    /// Of a reseller partnership: which side resells.
    pub reseller_side: Option<ResellerSide>,
    pub invitation: Invitation,
}

/// The other company.
#[derive(Clone, Debug, Serialize)]
pub enum Partner {
    /// In the directory already.
    Existing(Uuid),
    New(NewPartnerCompany),
}

/// Whether the partner is asked to join.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Invitation {
    Invited,
    /// Kept for the books: the partner is not here and nobody can accept.
    Inactive,
}

/// Makes a partnership. An invited partner accepts it with [`Partnership::invitation`].
///
/// # Errors
/// A broken rule, an unknown partner (path `partner.existing`), or a database fault.
pub async fn create(op: &Op, new: NewPartnership) -> Result<Partnership> {
    catalogue::require_unbound(op, Scope::Write)?;
    op.once("partnerships.create", new, make).await
}

async fn make(op: Op, new: NewPartnership) -> Result<Partnership> {
    let NewPartnership {
        partner,
        partner_type,
        reseller_side,
        invitation,
    } = new;
    let mut form = Form::default();
    let partner = match partner {
        Partner::Existing(uuid) => Partner::Existing(uuid),
        Partner::New(company) => Partner::New(form.within(&["partner".into(), "new".into()], |form| {
            partner_companies::check(form, &company)
        })),
    };
    if reseller_side.is_some() && partner_type != PartnerType::Reseller {
        let message = "Only a reseller partnership has a side that resells";
        form.refuse(ProblemCode::Invalid, "resellerSide", message);
    }
    form.check()?;

    let mut tx = op.begin().await?;
    let partner = directory_entry(&mut tx, partner).await?;
    let shared = partnership::ActiveModel {
        id: NotSet,
        // The code that lets another company in: all of it random, unlike other public ids.
        uuid: Set(Uuid::new_v4()),
        workspace_a: Set(tx.workspace_id()),
        workspace_b: Set(None),
        partner_type: Set(partner_type),
        state: Set(match invitation {
            Invitation::Invited => PartnershipState::Invited,
            Invitation::Inactive => PartnershipState::Inactive,
        }),
        reseller_side: Set(reseller_side),
        version: Set(1),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    let shared = tx.insert_global(shared).await?;
    let side = insert_side(&tx, &shared, &partner).await?;
    let made = Partnership { side, shared, partner };
    catalogue::emit_created(&mut tx, EventKind::PartnershipCreated, made.side.uuid, &made.facts());
    tx.commit(made).await
}

async fn directory_entry(tx: &mut Tx, partner: Partner) -> Result<PartnerCompany> {
    match partner {
        Partner::New(company) => partner_companies::insert(tx, company).await,
        Partner::Existing(uuid) => {
            let named = partner_company::Column::Uuid.eq(uuid);
            let found = tx.find::<partner_company::Entity>().filter(named).one(tx.db()).await?;
            let path = ["partner".into(), "existing".into()];
            found.ok_or_else(|| Problem::not_found(path, "Partner company not found").into())
        }
    }
}

/// The Tx's workspace's side of the partnership.
pub(super) async fn insert_side(
    tx: &Tx,
    shared: &SharedPartnership,
    partner: &PartnerCompany,
) -> Result<CompanyPartnership> {
    let row = company_partnership::ActiveModel {
        workspace_id: NotSet,
        id: NotSet,
        uuid: Set(new_uuid()),
        partnership_id: Set(shared.id),
        partner_company_id: Set(partner.id),
        version: Set(1),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    tx.insert(row).await
}
