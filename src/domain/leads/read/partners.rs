//! What some leads have to do with partners.

use std::collections::HashMap;

use sea_orm::{EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationDef};
use tokio::try_join;

use super::rows::{ByLead, group, join, joined, take, when};
use super::{PartnershipLead, PartnershipLeadParts};
use crate::domain::error::{Error, Result};
use crate::domain::op::Op;
use crate::domain::partnerships::{PartnerUser, Partnership};
use crate::domain::rel::Rel;
use crate::entity::{
    company_partnership, partner_company, partner_user, partnership, partnership_lead, partnership_lead_user,
};

pub(super) async fn partnership_leads(
    op: &Op,
    ids: &[i64],
    parts: PartnershipLeadParts,
) -> Result<ByLead<PartnershipLead>> {
    use {partner_company::Column as To, partnership_lead::Column as From};
    let relation = join::<partnership_lead::Entity, partner_company::Entity>(
        (From::WorkspaceId, From::PartnerCompanyId),
        (To::WorkspaceId, To::Id),
    );
    let rows = op
        .find::<partnership_lead::Entity>()
        .filter(op.any_of(From::LeadId, ids))
        .join(JoinType::InnerJoin, relation)
        .select_also(partner_company::Entity)
        .order_by_asc(From::LeadId)
        .order_by_asc(From::Id)
        .all(op.db())
        .await?;
    let rows: Vec<_> = rows.into_iter().map(joined).collect::<Result<_>>()?;
    let row_ids: Vec<i64> = rows.iter().map(|(row, _)| row.id).collect();
    let side_ids: Vec<i64> = rows.iter().map(|(row, _)| row.company_partnership_id).collect();
    let (sides, mut users) = try_join!(
        when(parts.partnership, partnerships(op, &side_ids)),
        when(parts.partner_users, partner_users(op, &row_ids)),
    )?;
    let mut found = ByLead::new();
    for (row, partner) in rows {
        let partnership = match &sides {
            Rel::NotLoaded => Rel::NotLoaded,
            Rel::Loaded(sides) => {
                let side = sides.get(&row.company_partnership_id).cloned();
                let (side, shared) = side.ok_or_else(|| Error::broken("a partnership lead without its partnership"))?;
                Rel::Loaded(Partnership {
                    side,
                    shared,
                    partner: partner.clone(),
                })
            }
        };
        let partner_users = take(&mut users, row.id);
        found.entry(row.lead_id).or_default().push(PartnershipLead {
            row,
            partner,
            partnership,
            partner_users,
        });
    }
    Ok(found)
}

type Sides = HashMap<i64, (company_partnership::Model, partnership::Model)>;

async fn partnerships(op: &Op, side_ids: &[i64]) -> Result<Sides> {
    let shared: RelationDef = company_partnership::Entity::belongs_to(partnership::Entity)
        .from(company_partnership::Column::PartnershipId)
        .to(partnership::Column::Id)
        .into();
    let rows = op
        .find::<company_partnership::Entity>()
        .filter(op.any_of(company_partnership::Column::Id, side_ids))
        .join(JoinType::InnerJoin, shared)
        .select_also(partnership::Entity)
        .all(op.db())
        .await?;
    let rows: Vec<_> = rows.into_iter().map(joined).collect::<Result<_>>()?;
    Ok(rows
        .into_iter()
        .map(|(side, shared)| (side.id, (side, shared)))
        .collect())
}

async fn partner_users(op: &Op, row_ids: &[i64]) -> Result<ByLead<PartnerUser>> {
    use {partner_user::Column as To, partnership_lead_user::Column as From};
    let relation = join::<partnership_lead_user::Entity, partner_user::Entity>(
        (From::WorkspaceId, From::PartnerUserId),
        (To::WorkspaceId, To::Id),
    );
    let rows = op
        .find::<partnership_lead_user::Entity>()
        .filter(op.any_of(From::PartnershipLeadId, row_ids))
        .join(JoinType::InnerJoin, relation)
        .select_also(partner_user::Entity)
        .order_by_asc(From::PartnershipLeadId)
        .order_by_asc(From::PartnerUserId)
        .all(op.db())
        .await?;
    let rows: Vec<_> = rows.into_iter().map(joined).collect::<Result<_>>()?;
    Ok(group(
        rows.into_iter().map(|(link, user)| (link.partnership_lead_id, user)),
    ))
}
