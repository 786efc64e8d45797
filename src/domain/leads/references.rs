//! Looks up what an input names, by number or by public id, in a fixed number of statements. What is not this
//! workspace's is not there. Archived rows are found too: they may be taken off a lead, but not put on one.

use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use crate::domain::Ref;
use crate::domain::attribution_sources::AttributionSource;
use crate::domain::campaigns::Campaign;
use crate::domain::error::{PathSegment, Problem, ProblemCode, Problems, Result};
use crate::domain::leads::AssociationType;
use crate::domain::op::Op;
use crate::domain::tags::{Tag, TagAssociation};
use crate::domain::users::User;
use crate::entity::partnership::PartnerType;
use crate::entity::{attribution_source, campaign, tag, user};

/// Rows named by any of `refs`, in one statement.
pub(super) fn named<C: ColumnTrait>(op: &Op, id: C, uuid: C, refs: &[Ref]) -> Condition {
    let ids: Vec<i64> = refs
        .iter()
        .filter_map(|r| if let Ref::Id(id) = r { Some(*id) } else { None })
        .collect();
    let uuids: Vec<Uuid> = refs
        .iter()
        .filter_map(|r| if let Ref::Uuid(uuid) = r { Some(*uuid) } else { None })
        .collect();
    let by_uuid = if uuids.is_empty() {
        Expr::val(false)
    } else {
        uuid.is_in(uuids)
    };
    Condition::any().add(op.any_of(id, &ids)).add(by_uuid)
}

pub(super) fn matches(reference: Ref, id: i64, uuid: Uuid) -> bool {
    match reference {
        Ref::Id(wanted) => wanted == id,
        Ref::Uuid(wanted) => wanted == uuid,
    }
}

pub(super) async fn campaign(op: &Op, reference: Option<Ref>) -> Result<Option<Campaign>> {
    use campaign::Column as C;
    let Some(reference) = reference else { return Ok(None) };
    let rows = op
        .find::<campaign::Entity>()
        .filter(named(op, C::Id, C::Uuid, &[reference]));
    Ok(rows.one(op.db()).await?)
}

/// Tags of leads.
pub(super) async fn tags(op: &Op, refs: &[Ref]) -> Result<Vec<Tag>> {
    use tag::Column as C;
    if refs.is_empty() {
        return Ok(Vec::new());
    }
    let rows = op.find::<tag::Entity>().filter(named(op, C::Id, C::Uuid, refs));
    let of_leads = rows.filter(C::Association.eq(TagAssociation::Lead));
    Ok(of_leads.order_by_asc(C::Id).all(op.db()).await?)
}

pub(super) async fn sources(op: &Op, refs: &[Ref]) -> Result<Vec<AttributionSource>> {
    use attribution_source::Column as C;
    if refs.is_empty() {
        return Ok(Vec::new());
    }
    let rows = op
        .find::<attribution_source::Entity>()
        .filter(named(op, C::Id, C::Uuid, refs));
    Ok(rows.all(op.db()).await?)
}

pub(super) async fn users(op: &Op, refs: &[Ref]) -> Result<Vec<User>> {
    use user::Column as C;
    if refs.is_empty() {
        return Ok(Vec::new());
    }
    let rows = op.find::<user::Entity>().filter(named(op, C::Id, C::Uuid, refs));
    Ok(rows.all(op.db()).await?)
}

pub(super) const NO_CAMPAIGN: &str = "This names no campaign of this workspace";
pub(super) const NO_TAG: &str = "This names no lead tag of this workspace";
pub(super) const NO_SOURCE: &str = "This names no attribution source of this workspace";

pub(super) fn not_found(path: Vec<PathSegment>, message: &str) -> Problem {
    Problem {
        code: ProblemCode::NotFound,
        path,
        message: message.to_owned(),
    }
}

/// Lists that are longer than a lead may have of their parts.
pub(super) fn too_many(lists: impl IntoIterator<Item = (Vec<PathSegment>, usize)>) -> Problems {
    let mut problems = Problems::default();
    for (path, length) in lists {
        if length > super::MAX_PARTS {
            problems.add(Problem {
                code: ProblemCode::TooMany,
                path,
                message: format!("At most {} entries are allowed", super::MAX_PARTS),
            });
        }
    }
    problems
}

/// Which partners fit which registrations. Campaigns are open to all of them.
pub(super) fn fits(partner_type: PartnerType, association: AssociationType) -> bool {
    match (partner_type, association) {
        (_, AssociationType::Campaigns)
        | (PartnerType::Referral, AssociationType::Referral)
        | (PartnerType::Reseller, AssociationType::Reseller) => true,
        (PartnerType::Referral | PartnerType::Reseller | PartnerType::Distributor, _) => false,
    }
}
