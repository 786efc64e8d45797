//! The body of a request, of bounded size and in bounded time.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderMap, StatusCode};
use futures_util::StreamExt;

use super::answer::Rejection;
use crate::graphql::error::Code;
use crate::json_values;

/// What a body may take.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    pub bytes: usize,
    /// JSON values in it, names of members among them.
    pub values: usize,
    /// Until its end, from the moment it is waited for.
    pub time: Duration,
}

/// # Errors
/// A body that is too long or holds too much, that breaks off, or whose end does not come in time.
pub(super) async fn read(headers: &HeaderMap, body: Body, bounds: Bounds) -> Result<Vec<u8>, Rejection> {
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let announced = announced.and_then(|length| length.parse::<u64>().ok());
    if announced.is_some_and(|length| length > bounds.bytes as u64) {
        return Err(too_large(bounds.bytes));
    }
    let read = tokio::time::timeout(bounds.time, collect(body, bounds.bytes));
    let body = read.await.unwrap_or_else(|_elapsed| {
        let message = "The request was not complete in time";
        Err(Rejection::new(StatusCode::REQUEST_TIMEOUT, Code::BadRequest, message))
    })?;
    if json_values::count(&body) > bounds.values {
        let message = format!("The body has more than {} JSON values", bounds.values);
        return Err(Rejection::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            Code::LimitExceeded,
            message,
        ));
    }
    Ok(body)
}

async fn collect(body: Body, limit: usize) -> Result<Vec<u8>, Rejection> {
    let mut chunks = body.into_data_stream();
    let mut body = Vec::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Rejection::bad_request("The body could not be read"))?;
        if body.len() + chunk.len() > limit {
            return Err(too_large(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn too_large(limit: usize) -> Rejection {
    let message = format!("The body is longer than {limit} bytes");
    Rejection::new(StatusCode::PAYLOAD_TOO_LARGE, Code::LimitExceeded, message)
}
