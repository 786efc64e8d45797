//! `updateLeadStatus`. Needs the scope `write` and no other: it tells of the lead what a post of it tells.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::{LARGEST_BODY, answer, enter};
use crate::auth::Gate;
use crate::connection::Kept;
use crate::domain::caller::Scope;
use crate::domain::conversions::{self, JobState, Requested};
use crate::domain::projects;
use crate::rest::leadtrackr::convert::{change, lookup, view};
use crate::rest::leadtrackr::error::Refusal;
use crate::rest::leadtrackr::wire;
use crate::rest::shared;

pub async fn update(State(gate): State<Gate>, request: Request) -> Response {
    answer(shared::request_id(&request), async {
        let requested = convert(gate, request).await?;
        Ok(changed(&requested))
    })
    .await
}

async fn convert(gate: Gate, request: Request) -> Result<Requested, Refusal> {
    let (head, body) = request.into_parts();
    let op = enter(gate, &head, Scope::Write).await?;
    let body = shared::read_body(body, LARGEST_BODY).await?;
    let posted = change::posted(&body).ok_or(Refusal::INVALID_JSON)?;
    let named = lookup::project_of_body(&posted)?;
    let project = projects::meant(&op, Scope::Write, named.as_ref()).await?;
    let new = change::conversion(&posted).or_else(|problem| {
        projects::require_active(&project)?;
        Err(Refusal::from(problem))
    })?;
    let op = op.bound_to(project.id);
    let kept = Kept::of(&head.extensions);
    let requested = shared::to_completion(kept, async move { conversions::request(&op, &project, new).await });
    Ok(requested.await?)
}

fn changed(requested: &Requested) -> Response {
    let Requested {
        id,
        uuid: _,
        unique_identifier,
        state,
    } = requested;
    let (message, status, queued) = match state {
        JobState::Done => ("Lead status updated to open", view::OPEN, false),
        JobState::Pending => ("Lead queued for processing", view::PENDING, true),
    };
    let body = wire::StatusChanged {
        message,
        lead_id: *id,
        unique_identifier: unique_identifier.as_deref(),
        status,
        queued,
        warnings: queued.then_some([]),
    };
    shared::json(StatusCode::CREATED, &body)
}
