//! Changing a lead and deleting it.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::{answer, enter, posted};
use crate::auth::Gate;
use crate::domain::Ref;
use crate::domain::caller::Scope;
use crate::domain::leads::edit::{self, Edited, LeadTarget};
use crate::rest::journeybee::convert;
use crate::rest::journeybee::convert::rows::instant;
use crate::rest::journeybee::error::Refusal;
use crate::rest::journeybee::wire;
use crate::rest::shared;
use crate::rest::shared::query::number;

pub async fn patch(State(gate): State<Gate>, lead: Named, request: Request) -> Response {
    answer(shared::request_id(&request), async {
        let (head, body) = request.into_parts();
        let visit = enter(gate, &head, Scope::Write).await?;
        let change = convert::patch::edit(&posted(&head, body).await?)?;
        let target = target(lead).ok_or_else(Refusal::unknown_lead)?;
        let work = async move |op| edit::edit(&op, target, change).await;
        let Edited {
            id,
            uuid,
            version: _,
            updated_at,
        } = visit.write_named(Refusal::unknown_lead(), work).await?;
        let patched = wire::Patched {
            id,
            uuid,
            updated_at: instant(updated_at),
        };
        Ok(shared::json(StatusCode::OK, &patched))
    })
    .await
}

pub async fn delete(State(gate): State<Gate>, lead: Named, request: Request) -> Response {
    answer(shared::request_id(&request), async {
        let (head, _) = request.into_parts();
        let visit = enter(gate, &head, Scope::Write).await?;
        let target = target(lead).ok_or_else(Refusal::deleted_lead)?;
        let work = async move |op| edit::archive(&op, target).await;
        visit.write_named(Refusal::deleted_lead(), work).await?;
        Ok(StatusCode::NO_CONTENT.into_response())
    })
    .await
}

/// What stands in the path for a lead.
type Named = Result<Path<String>, PathRejection>;

/// Clients of this API know no versions.
fn target(lead: Named) -> Option<LeadTarget> {
    let Path(lead) = lead.ok()?;
    Some(LeadTarget {
        lead: Ref::Id(number(&lead, 1)?),
        expected_version: None,
    })
}
