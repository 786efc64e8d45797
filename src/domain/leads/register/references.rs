//! Looks up everything a registration refers to, before its transaction. What is not this workspace's is not there.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};
use tokio::try_join;
use uuid::Uuid;

use super::fields::{assign, assign_foreign, only_shared, registered_fields, require};
use super::registration::Registration;
use super::{NewPartnershipLead, NewRegistration};
use crate::domain::attribution_sources::AttributionSource;
use crate::domain::campaigns::Campaign;
use crate::domain::error::{PathSegment, Problem, Problems, Result};
use crate::domain::leads::AssociationType;
use crate::domain::leads::field_values::Assigned;
use crate::domain::leads::references::{self, NO_CAMPAIGN, NO_SOURCE, NO_TAG, fits, matches, named};
use crate::domain::op::Op;
use crate::domain::partnerships::{self, PartnerUser, Partnership};
use crate::domain::tags::Tag;
use crate::domain::workspaces::{self, Workspace};
use crate::domain::{Ref, events};
use crate::entity::partnership::PartnershipState;
use crate::entity::{partner_user, user};

/// A registration whose every reference is known to be good.
#[derive(Debug)]
pub(super) struct References {
    pub registration: Registration,
    pub association_type: AssociationType,
    pub workspace: Workspace,
    pub campaign: Option<Campaign>,
    pub partnership: Option<Partnership>,
    pub partner_users: Vec<PartnerUser>,
    pub sender: Sender,
    pub tags: Vec<Tag>,
    pub values: Vec<Assigned>,
    pub partner_values: Vec<Assigned>,
    /// By date, then as given; each once.
    pub attributions: Vec<(AttributionSource, DateTime<Utc>)>,
}

/// Who sent a lead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sender {
    #[default]
    Unnamed,
    /// A user of this workspace.
    User { id: i64, uuid: Uuid },
    /// One of the partner's people.
    PartnerUser { id: i64, uuid: Uuid },
}

impl Sender {
    pub(super) fn user_id(self) -> Option<i64> {
        match self {
            Self::User { id, .. } => Some(id),
            Self::Unnamed | Self::PartnerUser { .. } => None,
        }
    }

    pub(super) fn partner_user_id(self) -> Option<i64> {
        match self {
            Self::PartnerUser { id, .. } => Some(id),
            Self::Unnamed | Self::User { .. } => None,
        }
    }

    pub(super) fn uuid(self) -> Option<Uuid> {
        match self {
            Self::Unnamed => None,
            Self::User { uuid, .. } | Self::PartnerUser { uuid, .. } => Some(uuid),
        }
    }
}

impl References {
    pub(super) async fn resolve(op: &Op, new: &NewRegistration, mut registration: Registration) -> Result<Self> {
        let partner = new.partnership_lead.as_ref();
        let sources: Vec<Ref> = new.attributions.iter().map(|attribution| attribution.source).collect();
        let (workspace, campaign, partnership, tags, fields, sources) = try_join!(
            workspaces::rules(op),
            references::campaign(op, new.campaign),
            async {
                match partner {
                    Some(partner) => partnerships::find(op, &partner.partnership).await,
                    None => Ok(None),
                }
            },
            references::tags(op, &new.tags),
            registered_fields(op, new),
            references::sources(op, &sources),
        )?;
        let problems = &mut registration.problems;
        let campaign = campaign.filter(|campaign| campaign.archived_at.is_none());
        if new.campaign.is_some() && campaign.is_none() {
            problems.add(Problem::not_found(["campaignId".into()], NO_CAMPAIGN));
        }
        if let Some(partner) = partner {
            check_partnership(partner, new.association_type, partnership.as_ref(), problems);
        }
        let tags = pick_tags(&new.tags, tags, problems);
        let mut values = assign(&fields, "customFields", &new.custom_fields, problems);
        assign_foreign(&fields, new, &mut values, problems);
        // Events list them in this order, whoever changes them.
        values.sort_by_key(|value| value.field.id);
        if workspace.enforce_required_fields {
            require(&fields, new.association_type, &values, problems);
        }
        let partner_values = assign(&fields, "partnerCustomFields", &new.partner_custom_fields, problems);
        let copied = partnership
            .as_ref()
            .is_some_and(|partnership| partnership.shared.state == PartnershipState::Accepted);
        if copied && partner.is_some_and(|partner| partner.send_to_partner) {
            only_shared(&new.partner_custom_fields, &fields, problems);
        }
        let attributions = attributions(new, &sources, problems);
        let (partner_users, sender) = people(op, partner, partnership.as_ref(), problems).await?;

        std::mem::take(problems).check()?;
        let Some(association_type) = registration.association_type else {
            unreachable!("a missing association type is one of the problems");
        };
        Ok(Self {
            registration,
            association_type,
            workspace,
            campaign,
            partnership,
            partner_users,
            sender,
            tags,
            values,
            partner_values,
            attributions,
        })
    }
}

/// The tags that are given, but archived ones.
fn pick_tags(refs: &[Ref], mut found: Vec<Tag>, problems: &mut Problems) -> Vec<Tag> {
    found.retain(|tag| tag.archived_at.is_none());
    for (index, reference) in refs.iter().enumerate() {
        if !found.iter().any(|tag| matches(*reference, tag.id, tag.uuid)) {
            problems.add(Problem::not_found(["tags".into(), index.into()], NO_TAG));
        }
    }
    found
}

fn check_partnership(
    partner: &NewPartnershipLead,
    association: Option<AssociationType>,
    found: Option<&Partnership>,
    problems: &mut Problems,
) {
    let path = || -> [PathSegment; 2] { ["partnershipLead".into(), "partnershipId".into()] };
    let Some(Partnership {
        side,
        shared,
        partner: company,
    }) = found
    else {
        problems.add(Problem::not_found(
            path(),
            "This names no partnership of this workspace",
        ));
        return;
    };
    let names = &partner.partnership;
    if names
        .partner_company
        .is_some_and(|reference| !matches(reference, company.id, company.uuid))
    {
        let path = ["partnershipLead".into(), "partnersCompanyId".into()];
        problems.add(Problem::not_found(
            path,
            "This is not the partner company of this partnership",
        ));
    }
    if names
        .company_partnership
        .is_some_and(|reference| !matches(reference, side.id, side.uuid))
    {
        let path = ["partnershipLead".into(), "companyPartnershipsId".into()];
        problems.add(Problem::not_found(
            path,
            "This is not this workspace's side of the partnership",
        ));
    }
    if association.is_some_and(|association| !fits(shared.partner_type, association)) {
        let sentence = format!(
            "This is a {} partnership, which does not fit",
            events::word(&shared.partner_type)
        );
        problems.add(Problem::invalid(path(), sentence));
    }
    if shared.state == PartnershipState::Archived {
        problems.add(partnerships::is_archived());
    }
}

fn attributions(
    new: &NewRegistration,
    sources: &[AttributionSource],
    problems: &mut Problems,
) -> Vec<(AttributionSource, DateTime<Utc>)> {
    let mut seen = HashSet::new();
    let mut found = Vec::with_capacity(new.attributions.len());
    for (index, attribution) in new.attributions.iter().enumerate() {
        let named = |source: &&AttributionSource| matches(attribution.source, source.id, source.uuid);
        let mut live = sources.iter().filter(|source| source.archived_at.is_none());
        match live.find(named) {
            Some(source) if seen.insert((source.id, attribution.attributed_at)) => {
                found.push((source.clone(), attribution.attributed_at));
            }
            Some(_) => {}
            None => {
                let path = ["attributions".into(), index.into(), "sourceId".into()];
                problems.add(Problem::not_found(path, NO_SOURCE));
            }
        }
    }
    found.sort_by_key(|(_, at)| *at);
    found
}

/// The partner users to notify and who sent the lead. Without a known partnership nobody is looked up.
async fn people(
    op: &Op,
    partner: Option<&NewPartnershipLead>,
    partnership: Option<&Partnership>,
    problems: &mut Problems,
) -> Result<(Vec<PartnerUser>, Sender)> {
    let (Some(partner), Some(partnership)) = (partner, partnership) else {
        return Ok(Default::default());
    };
    let sender = partner.sent_by.as_ref().and_then(|by| by.user);
    let refs: Vec<Ref> = partner.partner_users.iter().copied().chain(sender).collect();
    if refs.is_empty() {
        return Ok(Default::default());
    }
    use partner_user::Column as P;
    let users = op
        .find::<partner_user::Entity>()
        .filter(named(op, P::Id, P::Uuid, &refs))
        .filter(P::PartnerCompanyId.eq(partnership.partner.id))
        .order_by_asc(P::Id)
        .all(op.db())
        .await?;
    for (index, reference) in partner.partner_users.iter().enumerate() {
        if !users.iter().any(|user| matches(*reference, user.id, user.uuid)) {
            let path = ["partnershipLead".into(), "partnerUsers".into(), index.into()];
            problems.add(Problem::not_found(path, "This names no user of this partner"));
        }
    }
    let sent_by = match sender {
        Some(reference) => find_sender(op, reference, partner, &users, problems).await?,
        None => Sender::default(),
    };
    let notified = |user: &PartnerUser| partner.partner_users.iter().any(|r| matches(*r, user.id, user.uuid));
    Ok((users.into_iter().filter(notified).collect(), sent_by))
}

/// A number may name a user here and one of the partner's: the side the lead comes from decides.
async fn find_sender(
    op: &Op,
    reference: Ref,
    partner: &NewPartnershipLead,
    partner_users: &[PartnerUser],
    problems: &mut Problems,
) -> Result<Sender> {
    let own = op
        .find::<user::Entity>()
        .filter(named(op, user::Column::Id, user::Column::Uuid, &[reference]));
    let own = own.one(op.db()).await?.map(|user| Sender::User {
        id: user.id,
        uuid: user.uuid,
    });
    let theirs = partner_users.iter().find(|user| matches(reference, user.id, user.uuid));
    let theirs = theirs.map(|user| Sender::PartnerUser {
        id: user.id,
        uuid: user.uuid,
    });
    let found = if partner.send_to_partner {
        own.or(theirs)
    } else {
        theirs.or(own)
    };
    if found.is_none() {
        let path = ["partnershipLead".into(), "sentBy".into(), "userId".into()];
        problems.add(Problem::not_found(
            path,
            "This names no user of this workspace or of the partner",
        ));
    }
    Ok(found.unwrap_or_default())
}
