//! Edits of a partnership. Its terms are one row that both companies share: until the partner has accepted, the inviter
//! may change them; afterwards either side may only end it.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect};
use serde::Serialize;
use uuid::Uuid;

use super::{Invitation, PartnerType, Partnership, PartnershipState, ResellerSide, SharedPartnership, whole};
use crate::domain::caller::Scope;
use crate::domain::catalogue::{self, Target};
use crate::domain::change::Change;
use crate::domain::error::{Error, Problem, ProblemCode, Result};
use crate::domain::events::{Actor, EventKind};
use crate::domain::form::Form;
use crate::domain::op::{Op, Tx, find_global};
use crate::entity::{company_partnership, partnership};

/// What to change.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct PartnershipPatch {
    pub reseller_side: Change<ResellerSide>,
    /// Inviting gives a new code, also where an invitation is open; the old one opens nothing any more.
    pub invitation: Change<Invitation>,
}

/// Changes the terms of a partnership that nobody has accepted yet.
///
/// # Errors
/// A broken rule, an unknown partnership (path `partnership`), another version than the expected one, or a database
/// fault.
pub async fn update(op: &Op, target: Target, patch: PartnershipPatch) -> Result<Partnership> {
    catalogue::require_unbound(op, Scope::Write)?;
    op.once("partnerships.update", (target, patch), change).await
}

async fn change(op: Op, (target, patch): (Target, PartnershipPatch)) -> Result<Partnership> {
    let mut form = Form::default();
    let invitation = form.given("invitation", patch.invitation);
    form.check()?;

    let mut tx = op.begin().await?;
    let before = locked(&tx, target.uuid).await?;
    let mut after = before.clone();
    after.shared.reseller_side = patch.reseller_side.apply(before.shared.reseller_side);
    if let Some(invitation) = invitation {
        after.shared.state = match invitation {
            Invitation::Invited => {
                after.shared.uuid = Uuid::new_v4();
                PartnershipState::Invited
            }
            Invitation::Inactive => PartnershipState::Inactive,
        };
    }
    let done = save(
        &mut tx,
        target.expected_version,
        EventKind::PartnershipUpdated,
        &before,
        after,
    )
    .await?;
    // After the version: who was late is told that first.
    check(&before, &done)?;
    tx.commit(done).await
}

/// Ends a partnership, for both sides: nothing new is sent across, and what was sent stays. Ending it again changes
/// nothing.
///
/// # Errors
/// An unknown partnership (path `partnership`), another version than the expected one, or a database fault.
pub async fn archive(op: &Op, target: Target) -> Result<Partnership> {
    catalogue::require_unbound(op, Scope::Write)?;
    op.once("partnerships.archive", target, end).await
}

async fn end(op: Op, target: Target) -> Result<Partnership> {
    let mut tx = op.begin().await?;
    let before = locked(&tx, target.uuid).await?;
    let mut after = before.clone();
    after.shared.state = PartnershipState::Archived;
    let kind = EventKind::PartnershipArchived;
    let done = save(&mut tx, target.expected_version, kind, &before, after).await?;
    if done != before {
        tell_partner(&mut tx, &before, &done).await?;
    }
    tx.commit(done).await
}

/// The caller's partnership; its shared row is locked until the Tx ends.
async fn locked(tx: &Tx, uuid: Uuid) -> Result<Partnership> {
    let unknown = || Error::NotFound(Problem::not_found(["partnership".into()], "Partnership not found"));
    let side = tx.find::<company_partnership::Entity>();
    let side = side.filter(company_partnership::Column::Uuid.eq(uuid));
    let mut found = whole(tx.db(), side, tx.find()).await?.pop().ok_or_else(unknown)?;
    // Global, but only the row that the caller's own side names.
    let shared = find_global::<partnership::Entity>().filter(partnership::Column::Id.eq(found.shared.id));
    let shared = shared.lock_exclusive().one(tx.db()).await?;
    found.shared = shared.ok_or_else(|| Error::broken("a partnership without its shared row"))?;
    Ok(found)
}

fn check(before: &Partnership, after: &Partnership) -> Result<()> {
    let mut form = Form::default();
    if before.shared != after.shared {
        let message = match before.shared.state {
            PartnershipState::Invited | PartnershipState::Inactive => None,
            PartnershipState::Accepted => Some("Both companies have agreed to this partnership as it is"),
            PartnershipState::Archived => Some("This partnership is over"),
        };
        if let Some(message) = message {
            form.refuse(ProblemCode::Invalid, "partnership", message);
        }
    }
    let is_reseller = after.shared.partner_type == PartnerType::Reseller;
    if after.shared.reseller_side.is_some() && !is_reseller {
        let message = "Only a reseller partnership has a side that resells";
        form.refuse(ProblemCode::Invalid, "resellerSide", message);
    }
    form.check()
}

/// Writes the shared row as its next version, with the event of the caller's workspace.
async fn save(
    tx: &mut Tx,
    expected: Option<i64>,
    kind: EventKind,
    before: &Partnership,
    mut after: Partnership,
) -> Result<Partnership> {
    let (was, mut is) = (before.facts(), after.facts());
    // The code itself is told to nobody.
    is.invitation_renewed = (after.shared.uuid != before.shared.uuid).then_some(true);
    catalogue::check_version(expected, before.side.uuid, before.shared.version, &was, &is)?;
    if after.shared == before.shared {
        return Ok(after);
    }
    after.shared.version += 1;
    after.shared.updated_at = tx.now();
    let SharedPartnership {
        uuid,
        state,
        reseller_side,
        version,
        updated_at,
        id: _,
        workspace_a: _,
        workspace_b: _,
        partner_type: _,
        created_at: _,
    } = after.shared.clone();
    tx.update_global::<partnership::Entity>()
        .filter(partnership::Column::Id.eq(after.shared.id))
        .set(partnership::ActiveModel {
            uuid: Set(uuid),
            state: Set(state),
            reseller_side: Set(reseller_side),
            version: Set(version),
            updated_at: Set(updated_at),
            ..Default::default()
        })
        .exec(tx.db())
        .await?;
    catalogue::emit_updated(tx, kind, after.side.uuid, &was, &is);
    Ok(after)
}

/// The other side's view changed too, so its log says so. It may be entered: the row just written names both workspaces.
async fn tell_partner(tx: &mut Tx, before: &Partnership, after: &Partnership) -> Result<()> {
    let Some(there) = after.partner_workspace() else {
        return Ok(());
    };
    let actor = Actor::partner(after.shared.uuid, tx.door());
    let home = tx.enter(there, actor);
    let sides = tx.find::<company_partnership::Entity>();
    let sides = sides.filter(company_partnership::Column::PartnershipId.eq(after.shared.id));
    if let Some(theirs) = whole(tx.db(), sides, tx.find()).await?.pop() {
        let mut earlier = theirs.clone();
        earlier.shared.state = before.shared.state;
        let (was, is) = (earlier.facts(), theirs.facts());
        catalogue::emit_updated(tx, EventKind::PartnershipArchived, theirs.side.uuid, &was, &is);
    }
    tx.leave(home);
    Ok(())
}
