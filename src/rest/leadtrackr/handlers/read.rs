//! `getLead` and `getLeads`.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::{answer, enter};
use crate::auth::Gate;
use crate::domain::caller::Scope;
use crate::domain::leads;
use crate::domain::op::Op;
use crate::domain::projects;
use crate::rest::leadtrackr::convert::listing::{self, Listing};
use crate::rest::leadtrackr::convert::{lookup, view};
use crate::rest::leadtrackr::error::Refusal;
use crate::rest::leadtrackr::wire;
use crate::rest::shared;
use crate::rest::shared::query::Query;

pub async fn one(State(gate): State<Gate>, request: Request) -> Response {
    answer(shared::request_id(&request), async {
        let (head, _) = request.into_parts();
        let op = enter(gate, &head, Scope::Read).await?;
        let query = Query::of(head.uri.query());
        let key = lookup::of_query(&query)?;
        let op = in_project(op, &query).await?;
        let found = leads::find(&op, &key, &view::parts()).await?;
        let lead = found.ok_or(Refusal::UNKNOWN_LEAD)?;
        let beside = view::Beside::of(&op, std::slice::from_ref(&lead)).await?;
        let found = wire::Found {
            message: "Lead retrieved",
            lead: view::lead(&lead, &beside)?,
        };
        Ok(shared::json(StatusCode::OK, &found))
    })
    .await
}

/// The reads of one project. Its leads are all that the caller sees from here on.
async fn in_project(op: Op, query: &Query) -> Result<Op, Refusal> {
    let named = lookup::project(query)?;
    let project = projects::implied(&op, Scope::Read, named.as_ref()).await?;
    Ok(op.bound_to(project.id))
}

pub async fn page(State(gate): State<Gate>, request: Request) -> Response {
    answer(shared::request_id(&request), async {
        let (head, _) = request.into_parts();
        let op = enter(gate, &head, Scope::Read).await?;
        let query = Query::of(head.uri.query());
        let Listing { query: wanted, page } = listing::of_query(&query)?;
        let op = in_project(op, &query).await?;
        let found = leads::numbered(&op, wanted, page, &view::parts()).await?;
        let beside = view::Beside::of(&op, &found.leads).await?;
        let leads = found.leads.iter().map(|lead| view::lead(lead, &beside));
        let pages = found.total.div_ceil(page.size);
        let listed = wire::Listed {
            message: "Leads retrieved",
            leads: leads.collect::<Result<_, _>>()?,
            total: found.total,
            page: page.number,
            limit: page.size,
            total_pages: pages,
            has_more: page.number < pages,
        };
        Ok(shared::json(StatusCode::OK, &listed))
    })
    .await
}
