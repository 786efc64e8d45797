//! Leads in a list, and one alone.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::{Visit, answer, enter};
use crate::auth::Gate;
use crate::domain::caller::Scope;
use crate::domain::error::{Problem, Result as DomainResult};
use crate::domain::leads::{self, LeadKey, Numbered, NumberedPage};
use crate::domain::{users, workspaces};
use crate::rest::journeybee::convert::leads as view;
use crate::rest::journeybee::convert::listing::{self, Listing, Paging};
use crate::rest::journeybee::error::Refusal;
use crate::rest::journeybee::wire;
use crate::rest::shared;
use crate::rest::shared::query::{Query, number};

pub async fn page(State(gate): State<Gate>, request: Request) -> Response {
    answer(shared::request_id(&request), async {
        let (head, _) = request.into_parts();
        let visit = enter(gate, &head, Scope::Read).await?;
        let listing = listing::of_query(&Query::of(head.uri.query()))?;
        rows(&visit, listing).await
    })
    .await
}

async fn rows(visit: &Visit, listing: Listing) -> Result<Response, Refusal> {
    let op = &visit.op;
    let told = |error| visit.refusal(error);
    if users::named(op, listing.user).await.map_err(told)?.is_none() {
        let problem = Problem::not_found(["userId".into()], "This names no user of this company");
        return Err(Refusal::invalid(vec![problem]));
    }
    let NumberedPage { leads, total } = listed(visit, listing).await.map_err(told)?;
    let company = workspaces::get(op).await.map_err(told)?;
    let row = |lead| {
        Ok(wire::Row {
            total,
            lead: view::lead(lead, &company)?,
        })
    };
    let rows: DomainResult<Vec<_>> = leads.iter().map(row).collect();
    Ok(shared::json(StatusCode::OK, &rows.map_err(told)?))
}

/// Rows that a moment can have at most beyond its page: leads of one moment are what somebody imported at once.
const MOST_OF_A_MOMENT: u64 = 1000;

/// The page; where the next one begins behind its last moment, with everything of that moment.
async fn listed(visit: &Visit, listing: Listing) -> DomainResult<NumberedPage> {
    let Listing {
        user: _,
        query,
        page,
        by,
    } = listing;
    let parts = view::parts_of_row();
    let mut found = leads::numbered(&visit.op, query.clone(), page, &parts).await?;
    let last = found.leads.last().map(|graph| (graph.lead.created_at, graph.lead.id));
    let is_full = found.leads.len() as u64 == page.size;
    if let Some((moment, id)) = last
        && by == Paging::Moments
        && is_full
        && found.total > page.size
    {
        let whole = Numbered {
            number: 1,
            size: MOST_OF_A_MOMENT,
        };
        let of_moment = listing::of_moment(&query, moment);
        let others = leads::numbered(&visit.op, of_moment, whole, &parts).await?;
        found
            .leads
            .extend(others.leads.into_iter().filter(|graph| graph.lead.id < id));
    }
    Ok(found)
}

/// A company and a lead, as they stand in the path.
type Named = Result<Path<(String, String)>, PathRejection>;

pub async fn one(State(gate): State<Gate>, path: Named, request: Request) -> Response {
    answer(shared::request_id(&request), async {
        let (head, _) = request.into_parts();
        let visit = enter(gate, &head, Scope::Read).await?;
        let told = |error| visit.refusal(error);
        let company = workspaces::get(&visit.op).await.map_err(told)?;
        let lead = lead_of(company.id, path).ok_or_else(Refusal::unknown_lead)?;
        let found = leads::find(&visit.op, &LeadKey::LegacyId(lead), &view::parts_of_whole()).await;
        let lead = found.map_err(told)?.ok_or_else(Refusal::unknown_lead)?;
        let whole = view::whole(&lead, &company).map_err(told)?;
        Ok(shared::json(StatusCode::OK, &whole))
    })
    .await
}

/// The lead, if it is said to be this company's.
fn lead_of(company: i64, path: Named) -> Option<i64> {
    let Path((of, lead)) = path.ok()?;
    let lead = number(&lead, 1)?;
    (number(&of, 1)? == company).then_some(lead)
}
