//! Campaigns that leads are registered for. An archived one keeps its leads and gets no new ones.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::{NotSet, Set};
use serde::Serialize;
use uuid::Uuid;

use crate::entity::campaign;
pub use crate::entity::campaign::Model as Campaign;

use super::caller::Scope;
use super::catalogue::{Archived, Editable, Shelf, Stamp, Target};
use super::change::Change;
use super::error::{Problem, ProblemCode, Result};
use super::events::{CampaignFacts, EventKind};
use super::form::Form;
use super::op::Op;
use super::page::{Page, PageRequest};
use super::{catalogue, new_uuid};

/// What a caller supplies. Both ends may be open.
#[derive(Clone, Debug, Serialize)]
pub struct NewCampaign {
    pub title: String,
    pub starts_at: Option<DateTime<Utc>>,
    pub ends_at: Option<DateTime<Utc>>,
}

/// What to change.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CampaignPatch {
    pub title: Change<String>,
    pub starts_at: Change<DateTime<Utc>>,
    pub ends_at: Change<DateTime<Utc>>,
}

/// The workspace's campaigns, newest first.
///
/// # Errors
/// Without the scope `read`, or a database fault.
pub async fn list(op: &Op, archived: Archived, page: PageRequest) -> Result<Page<Campaign>> {
    use campaign::Column as C;
    catalogue::list_offered::<campaign::Entity>(op, C::ArchivedAt, archived, (C::CreatedAt, C::Id), page).await
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
    op.once("campaigns.create", new, make).await
}

async fn make(op: Op, new: NewCampaign) -> Result<Campaign> {
    let NewCampaign {
        title,
        starts_at,
        ends_at,
    } = new;
    let mut form = Form::default();
    let title = form.required("title", &title);
    let starts_at = form.moment("startsAt", starts_at);
    let ends_at = form.moment("endsAt", ends_at);
    check_span(&mut form, starts_at, ends_at);
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
    catalogue::emit_created(&mut tx, EventKind::CampaignCreated, campaign.uuid, &campaign.facts());
    tx.commit(campaign).await
}

/// Edits a campaign, archived or not.
///
/// # Errors
/// A broken rule, an unknown campaign (path `campaign`), another version than the expected one, or a database fault.
pub async fn update(op: &Op, target: Target, patch: CampaignPatch) -> Result<Campaign> {
    catalogue::require_unbound(op, Scope::Write)?;
    op.once("campaigns.update", (target, patch), change).await
}

async fn change(op: Op, (target, patch): (Target, CampaignPatch)) -> Result<Campaign> {
    let CampaignPatch {
        title,
        starts_at,
        ends_at,
    } = patch;
    let mut form = Form::default();
    let title = form.renamed("title", title);
    let starts_at = form.moved("startsAt", starts_at);
    let ends_at = form.moved("endsAt", ends_at);
    form.check()?;

    let mut tx = op.begin().await?;
    let before: Campaign = catalogue::locked(&tx, target.uuid, unknown()).await?;
    let after = Campaign {
        title: title.unwrap_or_else(|| before.title.clone()),
        starts_at: starts_at.apply(before.starts_at),
        ends_at: ends_at.apply(before.ends_at),
        ..before.clone()
    };
    let span = (after.starts_at, after.ends_at);
    let campaign = catalogue::save(
        &mut tx,
        target.expected_version,
        EventKind::CampaignUpdated,
        before,
        after,
    );
    let campaign = campaign.await?;
    // After the version: who was late is told that, not what the two edits together come to.
    let mut form = Form::default();
    check_span(&mut form, span.0, span.1);
    form.check()?;
    tx.commit(campaign).await
}

fn check_span(form: &mut Form, starts_at: Option<DateTime<Utc>>, ends_at: Option<DateTime<Utc>>) {
    if starts_at.zip(ends_at).is_some_and(|(starts, ends)| ends < starts) {
        form.refuse(ProblemCode::Invalid, "endsAt", "A campaign cannot end before it starts");
    }
}

/// Archives a campaign, or offers it again. Doing what is done already changes nothing.
///
/// # Errors
/// An unknown one (path `campaign`), another version than the expected one, or a database fault.
pub async fn shelve(op: &Op, target: Target, shelf: Shelf) -> Result<Campaign> {
    catalogue::require_unbound(op, Scope::Write)?;
    op.once("campaigns.shelve", (target, shelf), put).await
}

async fn put(op: Op, (target, shelf): (Target, Shelf)) -> Result<Campaign> {
    let kind = match shelf {
        Shelf::Archived => EventKind::CampaignArchived,
        Shelf::Offered => EventKind::CampaignRestored,
    };
    let mut tx = op.begin().await?;
    let before: Campaign = catalogue::locked(&tx, target.uuid, unknown()).await?;
    let after = Campaign {
        archived_at: shelf.since(before.archived_at, tx.now()),
        ..before.clone()
    };
    let row = catalogue::save(&mut tx, target.expected_version, kind, before, after).await?;
    tx.commit(row).await
}

fn unknown() -> Problem {
    Problem::not_found(["campaign".into()], "Campaign not found")
}

impl Editable for Campaign {
    type Facts = CampaignFacts;

    const UUID: campaign::Column = campaign::Column::Uuid;

    fn facts(&self) -> CampaignFacts {
        CampaignFacts {
            title: self.title.clone(),
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            archived_at: self.archived_at,
        }
    }

    fn stamp(&mut self) -> Stamp<'_> {
        Stamp {
            uuid: self.uuid,
            version: &mut self.version,
            updated_at: &mut self.updated_at,
        }
    }
}
