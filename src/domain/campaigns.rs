//! Campaigns that leads are registered for.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::{NotSet, Set};
use uuid::Uuid;

use crate::entity::campaign;
pub use crate::entity::campaign::Model as Campaign;

use super::caller::Scope;
use super::error::{ProblemCode, Result};
use super::events::{CampaignFacts, EventKind};
use super::form::Form;
use super::op::Op;
use super::page::{Page, PageRequest};
use super::{catalogue, new_uuid};

/// What a caller supplies. Both ends may be open.
#[derive(Clone, Debug)]
pub struct NewCampaign {
    pub title: String,
    pub starts_at: Option<DateTime<Utc>>,
    pub ends_at: Option<DateTime<Utc>>,
}

/// The workspace's campaigns, newest first.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn list(op: &Op, page: PageRequest) -> Result<Page<Campaign>> {
    catalogue::list::<campaign::Entity>(op, (campaign::Column::CreatedAt, campaign::Column::Id), page).await
}

/// The campaigns with these ids, in any order; unknown ones are absent.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn by_uuids(op: &Op, uuids: &[Uuid]) -> Result<Vec<Campaign>> {
    catalogue::by_uuids::<campaign::Entity>(op, campaign::Column::Uuid, uuids).await
}

/// # Errors
/// A broken rule, or a database fault. Titles may repeat.
pub async fn create(op: &Op, new: NewCampaign) -> Result<Campaign> {
    catalogue::require_unbound(op, Scope::Write)?;
    let NewCampaign {
        title,
        starts_at,
        ends_at,
    } = new;
    let mut form = Form::default();
    let title = form.required("title", &title);
    let starts_at = form.moment("startsAt", starts_at);
    let ends_at = form.moment("endsAt", ends_at);
    if starts_at.zip(ends_at).is_some_and(|(starts, ends)| ends < starts) {
        form.refuse(ProblemCode::Invalid, "endsAt", "A campaign cannot end before it starts");
    }
    form.check()?;

    let mut tx = op.begin().await?;
    let row = campaign::ActiveModel {
        workspace_id: NotSet,
        id: NotSet,
        uuid: Set(new_uuid()),
        title: Set(title),
        starts_at: Set(starts_at),
        ends_at: Set(ends_at),
        archived_at: Set(None),
        version: Set(1),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    let campaign = tx.insert(row).await?;
    let facts = CampaignFacts {
        title: campaign.title.clone(),
        starts_at: campaign.starts_at,
        ends_at: campaign.ends_at,
    };
    catalogue::emit_created(&mut tx, EventKind::CampaignCreated, campaign.uuid, &facts);
    tx.commit().await?;
    Ok(campaign)
}
