//! A lead as far as an edit touches it: its row, and what hangs on it of the kinds that the edit is about.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, JoinType, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::resolve::Resolved;
use crate::domain::Change;
use crate::domain::custom_fields::CustomFieldOption;
use crate::domain::error::{Error, Result};
use crate::domain::events::{AttributionFacts, LeadFacts};
use crate::domain::leads::attributions::Attributed;
use crate::domain::leads::facts;
use crate::domain::leads::field_values::{self, Assigned};
use crate::domain::leads::read::rows::{group, join, joined};
use crate::domain::op::Tx;
use crate::entity::{
    attribution_source, campaign, custom_field, custom_field_option, lead, lead_assignee, lead_attribution,
    lead_custom_field_choice, lead_custom_field_value, lead_tag, tag, user,
};

/// What is not loaded, because the edit does not touch it, is empty before and after.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub row: lead::Model,
    pub campaign: Option<Uuid>,
    pub assignees: BTreeMap<i64, Uuid>,
    pub tags: BTreeMap<i64, Uuid>,
    /// By the field's number.
    pub values: BTreeMap<i64, Assigned>,
    /// In their order.
    pub attributions: Vec<Attributed>,
}

impl State {
    pub(super) async fn load(tx: &Tx, row: lead::Model, edit: &Resolved) -> Result<Self> {
        let campaign = match edit.campaign {
            Change::Keep => None,
            Change::Clear | Change::Set(_) => campaign_of(tx, &row).await?,
        };
        let assignees = match edit.assignees {
            None => BTreeMap::new(),
            Some(_) => assignees(tx, row.id).await?,
        };
        let tags = match edit.tags {
            None => BTreeMap::new(),
            Some(_) => tags(tx, row.id).await?,
        };
        let attributions = match edit.added.is_empty() && edit.removed.is_empty() {
            true => Vec::new(),
            false => attributions(tx, row.id).await?,
        };
        Ok(Self {
            campaign,
            assignees,
            tags,
            values: values(tx, row.id, edit).await?,
            attributions,
            row,
        })
    }

    pub(super) fn facts(&self) -> LeadFacts {
        LeadFacts {
            campaign: self.campaign,
            assignees: self.assignees.values().copied().collect(),
            tags: self.tags.values().copied().collect(),
            custom_fields: self.values.values().map(field_values::facts).collect(),
            attributions: self
                .attributions
                .iter()
                .map(|attributed| AttributionFacts {
                    source: attributed.source,
                    attributed_at: attributed.at,
                })
                .collect(),
            ..facts::of_row(&self.row)
        }
    }
}

async fn campaign_of(tx: &Tx, row: &lead::Model) -> Result<Option<Uuid>> {
    let Some(id) = row.campaign_id else { return Ok(None) };
    let campaign = tx.find::<campaign::Entity>().filter(campaign::Column::Id.eq(id));
    Ok(campaign.one(tx.db()).await?.map(|campaign| campaign.uuid))
}

async fn tags(tx: &Tx, lead_id: i64) -> Result<BTreeMap<i64, Uuid>> {
    use {lead_tag::Column as From, tag::Column as To};
    let relation = join::<lead_tag::Entity, tag::Entity>((From::WorkspaceId, From::TagId), (To::WorkspaceId, To::Id));
    let rows = tx
        .find::<lead_tag::Entity>()
        .filter(From::LeadId.eq(lead_id))
        .join(JoinType::InnerJoin, relation)
        .select_only()
        .columns([To::Id, To::Uuid]);
    Ok(rows.into_tuple().all(tx.db()).await?.into_iter().collect())
}

async fn assignees(tx: &Tx, lead_id: i64) -> Result<BTreeMap<i64, Uuid>> {
    use {lead_assignee::Column as From, user::Column as To};
    let relation =
        join::<lead_assignee::Entity, user::Entity>((From::WorkspaceId, From::UserId), (To::WorkspaceId, To::Id));
    let rows = tx
        .find::<lead_assignee::Entity>()
        .filter(From::LeadId.eq(lead_id))
        .join(JoinType::InnerJoin, relation)
        .select_only()
        .columns([To::Id, To::Uuid]);
    Ok(rows.into_tuple().all(tx.db()).await?.into_iter().collect())
}

async fn attributions(tx: &Tx, lead_id: i64) -> Result<Vec<Attributed>> {
    use {attribution_source::Column as To, lead_attribution::Column as From};
    let relation = join::<lead_attribution::Entity, attribution_source::Entity>(
        (From::WorkspaceId, From::SourceId),
        (To::WorkspaceId, To::Id),
    );
    let rows = tx
        .find::<lead_attribution::Entity>()
        .filter(From::LeadId.eq(lead_id))
        .join(JoinType::InnerJoin, relation)
        .order_by_asc(From::Series)
        .order_by_asc(From::Id)
        .select_only()
        .columns([From::Uuid, From::SourceId, From::AttributedAt])
        .column(To::Uuid);
    let rows: Vec<(Uuid, i64, DateTime<Utc>, Uuid)> = rows.into_tuple().all(tx.db()).await?;
    let attributed = |(uuid, source_id, at, source)| Attributed {
        uuid,
        source_id,
        source,
        at,
    };
    Ok(rows.into_iter().map(attributed).collect())
}

/// All of them, for the event tells the whole list before and after.
async fn values(tx: &Tx, lead_id: i64, edit: &Resolved) -> Result<BTreeMap<i64, Assigned>> {
    use {custom_field::Column as To, lead_custom_field_value::Column as From};
    if edit.fields.is_empty() {
        return Ok(BTreeMap::new());
    }
    let relation = join::<lead_custom_field_value::Entity, custom_field::Entity>(
        (From::WorkspaceId, From::CustomFieldId),
        (To::WorkspaceId, To::Id),
    );
    let rows = tx
        .find::<lead_custom_field_value::Entity>()
        .filter(From::LeadId.eq(lead_id))
        .join(JoinType::InnerJoin, relation)
        .select_also(custom_field::Entity)
        .all(tx.db())
        .await?;
    let rows: Vec<_> = rows.into_iter().map(joined).collect::<Result<_>>()?;
    let mut options = options(tx, rows.iter().map(|(_, field)| field.id)).await?;
    let mut chosen = choices(tx, lead_id).await?;
    let mut values = BTreeMap::new();
    for (row, field) in rows {
        let chosen = chosen.remove(&field.id).unwrap_or_default();
        let value = field_values::stored(row, field.field_type, chosen);
        let value = value.ok_or_else(|| Error::broken("a custom field value has no value of its type"))?;
        let options = options.remove(&field.id).unwrap_or_default();
        values.insert(field.id, Assigned { field, options, value });
    }
    Ok(values)
}

/// Archived ones too: a value may have one.
async fn options(tx: &Tx, fields: impl Iterator<Item = i64>) -> Result<HashMap<i64, Vec<CustomFieldOption>>> {
    use custom_field_option::Column as C;
    let rows = tx
        .find::<custom_field_option::Entity>()
        .filter(C::CustomFieldId.is_in(fields));
    let rows = rows.all(tx.db()).await?;
    Ok(group(rows.into_iter().map(|option| (option.custom_field_id, option))))
}

/// The numbers of the chosen options, in order.
async fn choices(tx: &Tx, lead_id: i64) -> Result<HashMap<i64, Vec<i64>>> {
    use lead_custom_field_choice::Column as C;
    let rows = tx
        .find::<lead_custom_field_choice::Entity>()
        .filter(C::LeadId.eq(lead_id));
    let rows = rows.order_by_asc(C::OptionNo).all(tx.db()).await?;
    Ok(group(
        rows.into_iter()
            .map(|choice| (choice.custom_field_id, choice.option_no)),
    ))
}
