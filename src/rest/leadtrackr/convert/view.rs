//! A lead as LeadTrackr shows it.

use std::borrow::Cow;
use std::collections::HashMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value};

use crate::domain::conversions::{self, Standing};
use crate::domain::error::Result;
use crate::domain::leads::notes::{self, LeadNote};
use crate::domain::leads::{LeadGraph, LeadParts};
use crate::domain::op::Op;
use crate::domain::page::{Page, PageRequest};
use crate::rest::leadtrackr::wire;

/// What is shown of a lead's parts.
pub fn parts() -> LeadParts {
    LeadParts {
        documents: true,
        ..LeadParts::default()
    }
}

/// What stands beside the leads.
pub struct Beside {
    standings: HashMap<i64, Standing>,
    notes: HashMap<i64, String>,
}

impl Beside {
    pub async fn of(op: &Op, leads: &[LeadGraph]) -> Result<Self> {
        let leads: Vec<_> = leads.iter().map(|graph| &graph.lead).collect();
        let ids: Vec<i64> = leads.iter().map(|lead| lead.id).collect();
        let newest = notes::pages(op, &ids, PageRequest::first(1)).await?;
        let text = |(id, page): (i64, Page<LeadNote>)| Some((id, page.items.into_iter().next()?.text));
        Ok(Self {
            standings: conversions::standings(op, &leads).await?,
            notes: newest.into_iter().filter_map(text).collect(),
        })
    }
}

/// # Errors
/// A part was not loaded.
pub fn lead<'a>(graph: &'a LeadGraph, beside: &'a Beside) -> Result<wire::Lead<'a>> {
    let lead = &graph.lead;
    let documents = graph.documents.loaded()?;
    Ok(wire::Lead {
        id: lead.id,
        status: beside.standings.get(&lead.id).map_or(Cow::Borrowed(OPEN), status),
        form_name: lead.form_name.as_deref(),
        first_name: lead.first_name.as_deref(),
        last_name: lead.last_name.as_deref(),
        phone: lead.phone.as_deref(),
        email: lead.email.as_deref(),
        company_name: lead.company_name.as_deref(),
        price: lead.value_minor,
        note: beside.notes.get(&lead.id).map(String::as_str),
        form_data: object(documents.form_data.as_ref()),
        user_data: object(documents.user_data.as_ref()),
        attribution_data: object(documents.attribution_data.as_ref()),
        channel_flow: documents.channel_flow.as_ref(),
        unique_identifier: lead.external_id.as_deref(),
        created_at: instant(lead.created_at),
    })
}

pub const OPEN: &str = "open";
pub const PENDING: &str = "pending";
pub const LOST: &str = "lost";

fn status(standing: &Standing) -> Cow<'static, str> {
    match standing {
        Standing::Open => OPEN.into(),
        Standing::Pending => PENDING.into(),
        Standing::Lost => LOST.into(),
        Standing::Labelled(label) => label.to_string().into(),
    }
}

/// Clients read members of it without asking whether it is there.
fn object(document: Option<&Value>) -> Cow<'_, Value> {
    document.map_or_else(|| Cow::Owned(Value::Object(Map::new())), Cow::Borrowed)
}

/// `2026-03-23T09:30:00.000Z`.
fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
