//! What the shims have in common: reading a query, reading a body within its limit, answering JSON, and containing what
//! goes wrong.

pub mod query;

use std::panic::AssertUnwindSafe;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::{FutureExt, StreamExt};
use serde::Serialize;
use tracing::Instrument;

use crate::connection::Kept;
use crate::domain::error::{Error, Fault, Result};
use crate::domain::idempotency::IdempotencyKey;
use crate::idempotency_header::{self, Malformed};
use crate::json_values;
use crate::request_id::RequestId;

/// JSON values in a body at most, names of members among them. No form has a tenth of it, and a body of nothing but
/// brackets would take a hundred times its size.
const MOST_VALUES: usize = 50_000;

/// Why there is no text of a body.
#[derive(Debug, PartialEq, Eq)]
pub enum BodyError {
    /// It is longer than the limit, or holds too much.
    TooLarge,
    /// It broke off, or is not UTF-8.
    Broken,
}

/// The body as text, never more than `limit` bytes of it in memory.
pub async fn read_body(body: Body, limit: usize) -> std::result::Result<String, BodyError> {
    let expected = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if expected > limit {
        return Err(BodyError::TooLarge);
    }
    let mut bytes = Vec::with_capacity(expected);
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| BodyError::Broken)?;
        if bytes.len() + chunk.len() > limit {
            return Err(BodyError::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    if json_values::count(&bytes) > MOST_VALUES {
        return Err(BodyError::TooLarge);
    }
    String::from_utf8(bytes).map_err(|_| BodyError::Broken)
}

/// Compact JSON.
pub fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let text = serde_json::to_vec(body).expect("the wire's structs have string keys and serialise without a condition");
    let content_type = (CONTENT_TYPE, HeaderValue::from_static("application/json"));
    (status, [content_type], text).into_response()
}

/// The request's id; a fresh one where no outer layer gave it one.
pub fn request_id(request: &Request) -> RequestId {
    match request.extensions().get() {
        Some(RequestId(id)) => RequestId(id.clone()),
        None => RequestId::of(request.headers()),
    }
}

/// The idempotency key that a request came with, or something else in its place.
#[derive(Clone)]
struct Given(std::result::Result<Option<IdempotencyKey>, Malformed>);

/// A layer of every shim: reads the idempotency key, and marks the answers that were given before.
pub async fn idempotent(mut request: Request, next: Next) -> Response {
    let given = idempotency_header::read(request.headers());
    request.extensions_mut().insert(Given(given.clone()));
    let mut response = next.run(request).await;
    if let Ok(Some(key)) = given {
        idempotency_header::mark(response.headers_mut(), &key);
    }
    response
}

/// The key of a write.
///
/// # Errors
/// A header that is no key.
pub fn idempotency_key(head: &Parts) -> std::result::Result<Option<IdempotencyKey>, Malformed> {
    let given = head.extensions.get::<Given>();
    given.map_or(Ok(None), |Given(key)| key.clone())
}

/// Runs a write to its end, though the client may be gone by then: it keeps what its request came with.
///
/// # Errors
/// What the work fails with, and a fault if it panics.
pub async fn to_completion<T: Send + 'static>(
    kept: Kept,
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    let whole = async move {
        let outcome = work.await;
        drop(kept);
        outcome
    };
    match tokio::spawn(whole.in_current_span()).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Error::broken("a write panicked")),
    }
}

/// Keeps a panic from reaching the client as a torn connection.
///
/// # Errors
/// A fault if the work panics.
pub async fn contain<T>(work: impl Future<Output = T>) -> Result<T> {
    AssertUnwindSafe(work)
        .catch_unwind()
        .await
        .map_err(|_| Error::broken("the handler panicked"))
}

/// Logs what a client is not told. Other errors are the client's and are not logged.
pub fn log_fault(shim: &'static str, request_id: &RequestId, error: &Error) {
    match error {
        Error::Unavailable(cause) => {
            tracing::warn!(shim, request.id = %request_id, %cause, "the database is away");
        }
        Error::Internal(Fault::Database(cause)) => {
            tracing::error!(shim, request.id = %request_id, %cause, "the database refused a statement");
        }
        Error::Internal(Fault::Broken(cause)) => {
            tracing::error!(shim, request.id = %request_id, %cause, "a request failed");
        }
        Error::Forbidden(_)
        | Error::Invalid(_)
        | Error::NotFound(_)
        | Error::OtherProject
        | Error::ProjectInactive
        | Error::Conflict(_)
        | Error::Idempotency(_) => {}
    }
}

#[cfg(test)]
mod tests;
