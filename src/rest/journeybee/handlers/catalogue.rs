//! What leads refer to: tags, custom fields and partnerships.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};

use super::{answer, enter, posted};
use crate::auth::Gate;
use crate::domain::caller::Scope;
use crate::domain::error::Result;
use crate::domain::page::{Key, Page, PageRequest};
use crate::domain::{Archived, custom_fields, partnerships, tags};
use crate::rest::journeybee::convert::{catalogue, rows};
use crate::rest::shared;

pub async fn tags(State(gate): State<Gate>, request: Request) -> Response {
    answer(shared::request_id(&request), async {
        let (head, _) = request.into_parts();
        let visit = enter(gate, &head, Scope::Read).await?;
        let op = &visit.op;
        let all = all(
            |page| tags::list(op, Archived::Hidden, page),
            |tag| (tag.created_at, tag.id),
        );
        let tags = all.await.map_err(|error| visit.refusal(error))?;
        let rows: Vec<_> = tags.iter().map(rows::tag).collect();
        Ok(shared::json(StatusCode::OK, &rows))
    })
    .await
}

pub async fn create_tag(State(gate): State<Gate>, request: Request) -> Response {
    answer(shared::request_id(&request), async {
        let (head, body) = request.into_parts();
        let visit = enter(gate, &head, Scope::Write).await?;
        let new = catalogue::tag(&posted(&head, body).await?)?;
        let tag = visit.write(async move |op| tags::create(&op, new).await).await?;
        Ok(shared::json(StatusCode::CREATED, &rows::tag(&tag)))
    })
    .await
}

pub async fn fields(State(gate): State<Gate>, request: Request) -> Response {
    answer(shared::request_id(&request), async {
        let (head, _) = request.into_parts();
        let visit = enter(gate, &head, Scope::Read).await?;
        let op = &visit.op;
        let found = async {
            let fields = all(
                |page| custom_fields::list(op, Archived::Hidden, page),
                |field| (field.created_at, field.id),
            )
            .await?;
            let ids: Vec<i64> = fields.iter().map(|field| field.id).collect();
            let options = custom_fields::options_of(op, &ids).await?;
            Ok((fields, options))
        };
        let (fields, options) = found.await.map_err(|error| visit.refusal(error))?;
        let rows: Vec<_> = fields.iter().map(|field| rows::field(field, &options)).collect();
        Ok(shared::json(StatusCode::OK, &rows))
    })
    .await
}

pub async fn create_field(State(gate): State<Gate>, request: Request) -> Response {
    answer(shared::request_id(&request), async {
        let (head, body) = request.into_parts();
        let visit = enter(gate, &head, Scope::Write).await?;
        let new = catalogue::field(&posted(&head, body).await?)?;
        let options = new.options.clone();
        let field = visit
            .write(async move |op| custom_fields::create(&op, new).await)
            .await?;
        Ok(shared::json(StatusCode::CREATED, &rows::new_field(&field, &options)))
    })
    .await
}

pub async fn partnerships(State(gate): State<Gate>, request: Request) -> Response {
    answer(shared::request_id(&request), async {
        let (head, _) = request.into_parts();
        let visit = enter(gate, &head, Scope::Read).await?;
        let op = &visit.op;
        let all = all(
            |page| partnerships::list(op, Archived::Hidden, page),
            |partnership| (partnership.side.created_at, partnership.side.id),
        );
        let partnerships = all.await.map_err(|error| visit.refusal(error))?;
        let rows: Vec<_> = partnerships.iter().map(rows::partnership).collect();
        Ok(shared::json(StatusCode::OK, &rows))
    })
    .await
}

/// The whole of a list, a page at a time.
async fn all<T, F: Future<Output = Result<Page<T>>>>(
    page: impl Fn(PageRequest) -> F,
    place: impl Fn(&T) -> (DateTime<Utc>, i64),
) -> Result<Vec<T>> {
    /// Rows a page.
    const PAGE: u64 = 500;
    let mut all = Vec::new();
    let mut request = PageRequest::first(PAGE);
    loop {
        let Page { items, has_next, .. } = page(request).await?;
        all.extend(items);
        let last = all.last().map(&place);
        match last {
            Some((created_at, id)) if has_next => request.after = Some(Key { created_at, id }),
            _ => return Ok(all),
        }
    }
}
