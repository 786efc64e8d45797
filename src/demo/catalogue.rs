//! What the demo's vendor defines for its leads, with the numbers of JourneyBee's published example first.

use chrono::Duration;

use super::Stage;
use super::cast::Cast;
use crate::domain::attribution_sources::{self, NewAttributionSource};
use crate::domain::campaigns::{self, NewCampaign};
use crate::domain::custom_fields::{self, FieldCategory, FieldType, NewCustomField};
use crate::domain::error::Result;
use crate::domain::op::Op;
use crate::domain::tags::{self, NewTag, TagAssociation};

/// The numbers by which the demo's leads refer to what is defined here.
pub(super) struct Catalogue {
    pub tags: Vec<i64>,
    pub sources: Vec<i64>,
    pub campaigns: Vec<i64>,
    pub deal_size: i64,
    pub notes: i64,
    pub interest: i64,
    pub company_size: i64,
    pub decision_date: i64,
    pub budget_approved: i64,
}

pub(super) async fn make(stage: &Stage, cast: &Cast) -> Result<Catalogue> {
    let op = stage.setting_up(cast.vendor);
    let database = stage.services.database();
    database.next_id("tags", 10).await?;
    let tags = tags(&op).await?;
    database.next_id("custom_fields", 5).await?;
    let deal_size = field(&op, "Deal size", FieldType::Number).await?;
    let notes = field(&op, "Qualification notes", FieldType::Text).await?;
    database.next_id("attribution_sources", 3).await?;
    Ok(Catalogue {
        tags,
        sources: sources(&op).await?,
        campaigns: campaigns(stage, &op).await?,
        deal_size,
        notes,
        interest: choice(
            &op,
            "Product interest",
            FieldType::MultiSelect,
            &["Routing", "Scoring", "Reporting"],
        )
        .await?,
        company_size: choice(
            &op,
            "Company size",
            FieldType::Select,
            &["1-10", "11-50", "51-250", "Over 250"],
        )
        .await?,
        decision_date: field(&op, "Decision date", FieldType::Date).await?,
        budget_approved: field(&op, "Budget approved", FieldType::Boolean).await?,
    })
}

async fn tags(op: &Op) -> Result<Vec<i64>> {
    let mut ids = Vec::new();
    for (label, color) in [
        ("High value", "#B45309"),
        ("Partner referral", "#1D4ED8"),
        ("Needs follow-up", "#B91C1C"),
        ("Existing customer", "#047857"),
        ("Webinar", "#6D28D9"),
    ] {
        let new = NewTag {
            label: label.into(),
            association: TagAssociation::Lead,
            partner_type: None,
            background_color: Some(color.into()),
            text_color: None,
        };
        ids.push(tags::create(op, new).await?.id);
    }
    Ok(ids)
}

async fn sources(op: &Op) -> Result<Vec<i64>> {
    let mut ids = Vec::new();
    for label in ["Trade show", "Partner webinar", "Account manager", "Website"] {
        let new = NewAttributionSource { label: label.into() };
        ids.push(attribution_sources::create(op, new).await?.id);
    }
    Ok(ids)
}

async fn campaigns(stage: &Stage, op: &Op) -> Result<Vec<i64>> {
    let mut ids = Vec::new();
    for (title, from, days) in [
        ("Product launch", 85, 30),
        ("Partner summit", 50, 5),
        ("Year-end offer", 20, 60),
    ] {
        let starts_at = stage.now - Duration::days(from);
        let new = NewCampaign {
            title: title.into(),
            starts_at: Some(starts_at),
            ends_at: Some(starts_at + Duration::days(days)),
        };
        ids.push(campaigns::create(op, new).await?.id);
    }
    Ok(ids)
}

/// The vendor's own.
async fn field(op: &Op, label: &str, field_type: FieldType) -> Result<i64> {
    let new = NewCustomField {
        label: label.into(),
        field_type,
        category: FieldCategory::Lead,
        partner_type: None,
        required: false,
        shared: false,
        options: Vec::new(),
    };
    Ok(custom_fields::create(op, new).await?.id)
}

/// Shared: a partner that gets a lead sees the value.
async fn choice(op: &Op, label: &str, field_type: FieldType, options: &[&str]) -> Result<i64> {
    let new = NewCustomField {
        label: label.into(),
        field_type,
        category: FieldCategory::Lead,
        partner_type: None,
        required: false,
        shared: true,
        options: options.iter().map(|&option| option.to_owned()).collect(),
    };
    Ok(custom_fields::create(op, new).await?.id)
}
