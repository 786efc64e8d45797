//! Loads the parts of some leads: one or a few statements a part, whatever the number of leads, side by side.

use std::collections::HashMap;

use sea_orm::{JoinType, QueryFilter, QueryOrder, QuerySelect};
use tokio::try_join;

use super::partners::partnership_leads;
use super::rows::{ByLead, group, join, joined, take, when, when_some};
use super::values::custom_field_values;
use super::{
    Assignee, Attribution, ClickId, Consent, Documents, ExternalRef, IntegrationValue, Lead, LeadGraph, LeadParts,
    Payload, Powerup, Touchpoint,
};
use crate::domain::campaigns::Campaign;
use crate::domain::error::Result;
use crate::domain::leads::credit::Credits;
use crate::domain::op::Op;
use crate::domain::projects::Project;
use crate::domain::rel::Rel;
use crate::domain::tags::Tag;
use crate::domain::users::User;
use crate::entity::{
    attribution_source, campaign, external_ref, intake_payload, lead, lead_assignee, lead_attribution, lead_click_id,
    lead_consent, lead_integration_value, lead_powerup, lead_tag, lead_touchpoint, project, tag, user,
};

/// Joins the leads with the parts, in the order of the leads.
pub(super) async fn graphs(op: &Op, leads: Vec<Lead>, parts: &LeadParts) -> Result<Vec<LeadGraph>> {
    if leads.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<i64> = leads.iter().map(|lead| lead.id).collect();
    let ids = ids.as_slice();
    let ((projects, campaigns, mut documents, mut tags), (mut values, mut attributions, mut partnership_leads)) = try_join!(
        async {
            try_join!(
                when(parts.project, projects(op, &leads)),
                when(parts.campaign, campaigns(op, &leads)),
                when(parts.documents, documents(op, ids)),
                when(parts.tags, tags(op, ids)),
            )
        },
        async {
            try_join!(
                when_some(parts.custom_field_values, |parts| custom_field_values(op, ids, parts)),
                when(parts.attributions, attributions(op, ids)),
                when_some(parts.partnership_leads, |parts| partnership_leads(op, ids, parts)),
            )
        },
    )?;
    let ((mut click_ids, mut touchpoints, mut consents), (mut integration, mut refs, mut powerups, mut payloads)) = try_join!(
        async {
            try_join!(
                when(parts.click_ids, click_ids(op, ids)),
                when(parts.touchpoints, touchpoints(op, ids)),
                when(parts.consents, consents(op, ids)),
            )
        },
        async {
            try_join!(
                when(parts.integration_values, integration_values(op, ids)),
                when(parts.external_refs, external_refs(op, ids)),
                when(parts.powerups, powerups(op, ids)),
                when(parts.payloads, payloads(op, ids)),
            )
        },
    )?;
    let (created_by, mut assignees) = try_join!(
        when(parts.created_by, creators(op, &leads)),
        when(parts.assignees, assignees(op, ids)),
    )?;
    let graph = |lead: Lead| LeadGraph {
        created_by: one(&created_by, lead.created_by_user_id),
        assignees: take(&mut assignees, lead.id),
        project: one(&projects, lead.project_id),
        campaign: one(&campaigns, lead.campaign_id),
        documents: take_one(&mut documents, lead.id),
        tags: take(&mut tags, lead.id),
        custom_field_values: take(&mut values, lead.id),
        attributions: take(&mut attributions, lead.id),
        click_ids: take(&mut click_ids, lead.id),
        touchpoints: take(&mut touchpoints, lead.id),
        consents: take(&mut consents, lead.id),
        partnership_leads: take(&mut partnership_leads, lead.id),
        integration_values: take(&mut integration, lead.id),
        external_refs: take(&mut refs, lead.id),
        powerups: take(&mut powerups, lead.id),
        payloads: take(&mut payloads, lead.id),
        lead,
    };
    Ok(leads.into_iter().map(graph).collect())
}

fn one<T: Clone>(loaded: &Rel<HashMap<i64, T>>, id: Option<i64>) -> Rel<Option<T>> {
    match loaded {
        Rel::NotLoaded => Rel::NotLoaded,
        Rel::Loaded(rows) => Rel::Loaded(id.and_then(|id| rows.get(&id)).cloned()),
    }
}

fn take_one<T: Default>(loaded: &mut Rel<HashMap<i64, T>>, lead_id: i64) -> Rel<T> {
    match loaded {
        Rel::NotLoaded => Rel::NotLoaded,
        Rel::Loaded(rows) => Rel::Loaded(rows.remove(&lead_id).unwrap_or_default()),
    }
}

async fn projects(op: &Op, leads: &[Lead]) -> Result<HashMap<i64, Project>> {
    let ids: Vec<i64> = leads.iter().filter_map(|lead| lead.project_id).collect();
    let rows = op
        .find::<project::Entity>()
        .filter(op.any_of(project::Column::Id, &ids))
        .all(op.db())
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

async fn campaigns(op: &Op, leads: &[Lead]) -> Result<HashMap<i64, Campaign>> {
    let ids: Vec<i64> = leads.iter().filter_map(|lead| lead.campaign_id).collect();
    let rows = op
        .find::<campaign::Entity>()
        .filter(op.any_of(campaign::Column::Id, &ids))
        .all(op.db())
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

async fn documents(op: &Op, ids: &[i64]) -> Result<HashMap<i64, Documents>> {
    use lead::Column as C;
    type Row = [Option<serde_json::Value>; 5];
    let columns = [
        C::UserData,
        C::FormData,
        C::AttributionData,
        C::DeviceData,
        C::ChannelFlow,
    ];
    let rows = op
        .find::<lead::Entity>()
        .filter(op.any_of(C::Id, ids))
        .select_only()
        .column(C::Id)
        .columns(columns)
        .into_tuple::<(i64, Option<_>, Option<_>, Option<_>, Option<_>, Option<_>)>()
        .all(op.db())
        .await?;
    let document = |[user_data, form_data, attribution_data, device_data, channel_flow]: Row| Documents {
        user_data,
        form_data,
        attribution_data,
        device_data,
        channel_flow,
    };
    Ok(rows
        .into_iter()
        .map(|(id, a, b, c, d, e)| (id, document([a, b, c, d, e])))
        .collect())
}

async fn creators(op: &Op, leads: &[Lead]) -> Result<HashMap<i64, User>> {
    let ids: Vec<i64> = leads.iter().filter_map(|lead| lead.created_by_user_id).collect();
    let rows = op.find::<user::Entity>().filter(op.any_of(user::Column::Id, &ids));
    Ok(rows.all(op.db()).await?.into_iter().map(|row| (row.id, row)).collect())
}

/// In the order in which they were assigned.
async fn assignees(op: &Op, ids: &[i64]) -> Result<ByLead<Assignee>> {
    use {lead_assignee::Column as From, user::Column as To};
    let relation =
        join::<lead_assignee::Entity, user::Entity>((From::WorkspaceId, From::UserId), (To::WorkspaceId, To::Id));
    let rows = op
        .find::<lead_assignee::Entity>()
        .filter(op.any_of(From::LeadId, ids))
        .join(JoinType::InnerJoin, relation)
        .select_also(user::Entity)
        .order_by_asc(From::LeadId)
        .order_by_asc(From::AssignedAt)
        .order_by_asc(From::UserId)
        .all(op.db())
        .await?;
    let rows: Vec<_> = rows.into_iter().map(joined).collect::<Result<_>>()?;
    Ok(group(rows.into_iter().map(|(row, user)| {
        let assigned_at = row.assigned_at;
        (row.lead_id, Assignee { user, assigned_at })
    })))
}

async fn tags(op: &Op, ids: &[i64]) -> Result<ByLead<Tag>> {
    use {lead_tag::Column as From, tag::Column as To};
    let relation = join::<lead_tag::Entity, tag::Entity>((From::WorkspaceId, From::TagId), (To::WorkspaceId, To::Id));
    let rows = op
        .find::<lead_tag::Entity>()
        .filter(op.any_of(From::LeadId, ids))
        .join(JoinType::InnerJoin, relation)
        .select_also(tag::Entity)
        .order_by_asc(From::LeadId)
        .order_by_asc(To::LabelFolded)
        .order_by_asc(To::Id)
        .all(op.db())
        .await?;
    let rows: Vec<_> = rows.into_iter().map(joined).collect::<Result<_>>()?;
    Ok(group(rows.into_iter().map(|(link, tag)| (link.lead_id, tag))))
}

async fn attributions(op: &Op, ids: &[i64]) -> Result<ByLead<Attribution>> {
    use {attribution_source::Column as To, lead_attribution::Column as From};
    let relation = join::<lead_attribution::Entity, attribution_source::Entity>(
        (From::WorkspaceId, From::SourceId),
        (To::WorkspaceId, To::Id),
    );
    let rows = op
        .find::<lead_attribution::Entity>()
        .filter(op.any_of(From::LeadId, ids))
        .join(JoinType::InnerJoin, relation)
        .select_also(attribution_source::Entity)
        .order_by_asc(From::LeadId)
        .order_by_asc(From::Series)
        .all(op.db())
        .await?;
    let rows: Vec<_> = rows.into_iter().map(joined).collect::<Result<_>>()?;
    Ok(group(rows.into_iter().map(|(row, source)| {
        let lead_attribution::Model {
            uuid,
            lead_id,
            attributed_at,
            series,
            credit_first,
            credit_last,
            credit_linear,
            credit_time_decay,
            credit_position,
            workspace_id: _,
            id: _,
            source_id: _,
        } = row;
        let credits = Credits {
            first: credit_first,
            last: credit_last,
            linear: credit_linear,
            time_decay: credit_time_decay,
            position: credit_position,
        };
        (
            lead_id,
            Attribution {
                uuid,
                attributed_at,
                series,
                credits,
                source,
            },
        )
    })))
}

async fn click_ids(op: &Op, ids: &[i64]) -> Result<ByLead<ClickId>> {
    use lead_click_id::Column as C;
    let rows = op
        .find::<lead_click_id::Entity>()
        .filter(op.any_of(C::LeadId, ids))
        .order_by_asc(C::LeadId)
        .order_by_asc(C::Kind);
    let rows = rows.all(op.db()).await?;
    Ok(group(rows.into_iter().map(|row| {
        (
            row.lead_id,
            ClickId {
                kind: row.kind,
                value: row.value,
            },
        )
    })))
}

async fn touchpoints(op: &Op, ids: &[i64]) -> Result<ByLead<Touchpoint>> {
    use lead_touchpoint::Column as C;
    let rows = op
        .find::<lead_touchpoint::Entity>()
        .filter(op.any_of(C::LeadId, ids))
        .order_by_asc(C::LeadId)
        .order_by_asc(C::Seq);
    let rows = rows.all(op.db()).await?;
    Ok(group(rows.into_iter().map(|row| {
        let lead_touchpoint::Model {
            occurred_at,
            source,
            medium,
            campaign,
            content,
            term,
            landing_page,
            ..
        } = row;
        (
            row.lead_id,
            Touchpoint {
                occurred_at,
                source,
                medium,
                campaign,
                content,
                term,
                landing_page,
            },
        )
    })))
}

async fn consents(op: &Op, ids: &[i64]) -> Result<ByLead<Consent>> {
    use lead_consent::Column as C;
    let rows = op
        .find::<lead_consent::Entity>()
        .filter(op.any_of(C::LeadId, ids))
        .order_by_asc(C::LeadId)
        .order_by_asc(C::Signal);
    let rows = rows.all(op.db()).await?;
    Ok(group(rows.into_iter().map(|row| {
        (
            row.lead_id,
            Consent {
                signal: row.signal,
                state: row.state,
                captured_at: row.captured_at,
            },
        )
    })))
}

async fn integration_values(op: &Op, ids: &[i64]) -> Result<ByLead<IntegrationValue>> {
    use lead_integration_value::Column as C;
    let rows = op
        .find::<lead_integration_value::Entity>()
        .filter(op.any_of(C::LeadId, ids))
        .order_by_asc(C::LeadId)
        .order_by_asc(C::FieldUuid);
    let rows = rows.all(op.db()).await?;
    Ok(group(rows.into_iter().map(|row| {
        (
            row.lead_id,
            IntegrationValue {
                field_uuid: row.field_uuid,
                value: row.value,
            },
        )
    })))
}

async fn external_refs(op: &Op, ids: &[i64]) -> Result<ByLead<ExternalRef>> {
    use external_ref::Column as C;
    let rows = op.find::<external_ref::Entity>().filter(op.any_of(C::LeadId, ids));
    let rows = rows
        .order_by_asc(C::LeadId)
        .order_by_asc(C::Provider)
        .order_by_asc(C::ObjectType)
        .all(op.db())
        .await?;
    Ok(group(rows.into_iter().map(|row| {
        let external_ref::Model {
            lead_id,
            provider,
            object_type,
            external_id,
            workspace_id: _,
            reserved: _,
        } = row;
        (
            lead_id,
            ExternalRef {
                provider,
                object_type,
                external_id,
            },
        )
    })))
}

async fn powerups(op: &Op, ids: &[i64]) -> Result<ByLead<Powerup>> {
    use lead_powerup::Column as C;
    let rows = op
        .find::<lead_powerup::Entity>()
        .filter(op.any_of(C::LeadId, ids))
        .order_by_asc(C::LeadId)
        .order_by_asc(C::Provider);
    let rows = rows.all(op.db()).await?;
    Ok(group(rows.into_iter().map(|row| {
        (
            row.lead_id,
            Powerup {
                provider: row.provider,
                data: row.data,
            },
        )
    })))
}

async fn payloads(op: &Op, ids: &[i64]) -> Result<ByLead<Payload>> {
    use intake_payload::Column as C;
    let rows = op
        .find::<intake_payload::Entity>()
        .filter(op.any_of(C::LeadId, ids))
        .order_by_asc(C::LeadId)
        .order_by_asc(C::Id);
    let rows = rows.all(op.db()).await?;
    Ok(group(rows.into_iter().map(|row| {
        let intake_payload::Model {
            lead_id,
            channel,
            body,
            received_at,
            expires_at,
            workspace_id: _,
            id: _,
        } = row;
        (
            lead_id,
            Payload {
                channel,
                body,
                received_at,
                expires_at,
            },
        )
    })))
}
