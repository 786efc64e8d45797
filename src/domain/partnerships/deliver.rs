//! Where a caller's rows reach another workspace: a lead sent to a partner.

use sea_orm::{ColumnTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::{Partnership, PartnershipRef, PartnershipState, whole};
use crate::domain::Ref;
use crate::domain::error::{Problem, Result};
use crate::domain::events::Actor;
use crate::domain::leads::copy::Copy;
use crate::domain::op::{self, Op, Tx};
use crate::entity::{company_partnership, partnership};

/// The partnership that `named` means, by its first given id. Whether the other ids agree is the caller's question.
pub(in crate::domain) async fn find(op: &Op, named: &PartnershipRef) -> Result<Option<Partnership>> {
    use company_partnership::Column as C;
    let sides = op.find::<company_partnership::Entity>();
    let sides = match (named.partnership, named.company_partnership, named.partner_company) {
        (Some(Ref::Id(id)), _, _) => sides.filter(C::PartnershipId.eq(id)),
        (Some(Ref::Uuid(uuid)), _, _) | (None, Some(Ref::Uuid(uuid)), _) => sides.filter(C::Uuid.eq(uuid)),
        (None, Some(Ref::Id(id)), _) => sides.filter(C::Id.eq(id)),
        (None, None, _) => return Ok(None),
    };
    Ok(whole(op.db(), sides, op.find()).await?.pop())
}

/// What a lead that is to be sent through an ended partnership is refused with.
pub(in crate::domain) fn is_archived() -> Problem {
    let path = ["partnershipLead".into(), "partnershipId".into()];
    Problem::invalid(path, "This is archived")
}

/// Writes the partner's copy of a lead and returns its public id. Nothing happens (`None`) unless the partnership is
/// accepted and the partner is a workspace of this server.
///
/// # Errors
/// A partnership that was archived since it was looked up (path `partnershipLead.partnershipId`), or a database fault.
pub(in crate::domain) async fn deliver_copy(
    tx: &mut Tx,
    partnership: &Partnership,
    copy: &Copy<'_>,
) -> Result<Option<Uuid>> {
    // Read again, and locked: what was accepted at the look-up may have been archived since.
    let shared = op::find_global::<partnership::Entity>()
        .filter(partnership::Column::Id.eq(partnership.shared.id))
        .lock_shared()
        .one(tx.db())
        .await?;
    let Some(shared) = shared else { return Ok(None) };
    match shared.state {
        PartnershipState::Accepted => {}
        PartnershipState::Invited | PartnershipState::Inactive => return Ok(None),
        PartnershipState::Archived => return Err(is_archived().into()),
    }
    let here = tx.workspace_id();
    let there = match shared.workspace_b {
        Some(other) if shared.workspace_a == here => other,
        Some(other) if other == here => shared.workspace_a,
        Some(_) | None => return Ok(None),
    };
    let home = tx.enter(there, Actor::partner(shared.uuid, tx.door()));
    let side = tx.find::<company_partnership::Entity>();
    let side = side.filter(company_partnership::Column::PartnershipId.eq(shared.id));
    let uuid = match whole(tx.db(), side, tx.find()).await?.pop() {
        Some(theirs) => Some(copy.write(tx, &theirs).await?),
        None => None,
    };
    tx.leave(home);
    Ok(uuid)
}
