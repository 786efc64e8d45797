//! Accepting an invitation: the second side of a partnership comes into being, and both workspaces hear of it.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, QueryFilter};
use uuid::Uuid;

use super::partner_companies::{self, NewPartnerCompany};
use super::{Partnership, PartnershipState, SharedPartnership, create, whole};
use crate::domain::caller::Scope;
use crate::domain::catalogue;
use crate::domain::error::{Problem, Result};
use crate::domain::events::{Actor, EventKind};
use crate::domain::form::Form;
use crate::domain::op::{Op, Tx};
use crate::entity::{company_partnership, partnership};

/// Joins the partnership that another workspace invited to. `inviter` is how it stands in the directory here.
///
/// # Errors
/// A broken rule of `inviter` (path `partner`); an invitation that is unknown, the caller's own, or no longer open
/// (path `invitation`); a database fault.
pub async fn accept(op: &Op, invitation: Uuid, inviter: NewPartnerCompany) -> Result<Partnership> {
    catalogue::require_unbound(op, Scope::Write)?;
    op.once("partnerships.accept", (invitation, inviter), join).await
}

async fn join(op: Op, (invitation, inviter): (Uuid, NewPartnerCompany)) -> Result<Partnership> {
    let mut form = Form::default();
    let inviter = form.within(&["partner".into()], |form| partner_companies::check(form, &inviter));
    form.check()?;

    let mut tx = op.begin().await?;
    let shared = take(&tx, invitation).await?;
    let partner = partner_companies::insert(&mut tx, inviter).await?;
    let side = create::insert_side(&tx, &shared, &partner).await?;
    let accepted = Partnership { side, shared, partner };
    let facts = accepted.facts();
    catalogue::emit_created(&mut tx, EventKind::PartnershipAccepted, accepted.side.uuid, &facts);
    tell_inviter(&mut tx, &accepted.shared).await?;
    tx.commit(accepted).await
}

/// Takes the open place. The condition is part of the update: of two who accept at once, one finds nothing.
async fn take(tx: &Tx, invitation: Uuid) -> Result<SharedPartnership> {
    let open = partnership::Column::Uuid
        .eq(invitation)
        .and(partnership::Column::State.eq(PartnershipState::Invited))
        .and(partnership::Column::WorkspaceB.is_null())
        .and(partnership::Column::WorkspaceA.ne(tx.workspace_id()));
    let taken = tx
        .update_global::<partnership::Entity>()
        .filter(open)
        .set(partnership::ActiveModel {
            workspace_b: Set(Some(tx.workspace_id())),
            state: Set(PartnershipState::Accepted),
            updated_at: Set(tx.now()),
            ..Default::default()
        })
        .col_expr(
            partnership::Column::Version,
            Expr::col(partnership::Column::Version).add(1),
        )
        .exec_with_returning(tx.db())
        .await?;
    let unknown = || Problem::not_found(["invitation".into()], "There is no such open invitation");
    taken.into_iter().next().ok_or_else(|| unknown().into())
}

/// The inviter's view changed too, so its log says so. It may be entered: the row just updated names both workspaces.
async fn tell_inviter(tx: &mut Tx, shared: &SharedPartnership) -> Result<()> {
    let actor = Actor::partner(shared.uuid, tx.door());
    let home = tx.enter(shared.workspace_a, actor);
    let sides = tx.find::<company_partnership::Entity>();
    let sides = sides.filter(company_partnership::Column::PartnershipId.eq(shared.id));
    if let Some(accepted) = whole(tx.db(), sides, tx.find()).await?.pop() {
        let mut invited = accepted.clone();
        invited.shared.state = PartnershipState::Invited;
        let (was, is) = (invited.facts(), accepted.facts());
        catalogue::emit_updated(tx, EventKind::PartnershipAccepted, accepted.side.uuid, &was, &is);
    }
    tx.leave(home);
    Ok(())
}
