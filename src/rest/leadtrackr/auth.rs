//! This door's header: `X-API-Key`, and no other.

use axum::http::{HeaderMap, HeaderName};

use super::error::Refusal;
use crate::auth::{self, AuthError, Authenticator};
use crate::domain::caller::Caller;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

pub async fn caller(authenticator: &Authenticator, headers: &HeaderMap) -> Result<Caller, Refusal> {
    let identified = async { authenticator.api_key(auth::single(headers, &API_KEY)?).await };
    identified.await.map_err(|error| match error {
        AuthError::Missing => Refusal::MISSING_KEY,
        AuthError::Invalid => Refusal::INVALID_KEY,
        AuthError::Unavailable(error) | AuthError::Internal(error) => error.into(),
    })
}
