//! This door's header: `X-API-Key`, and no other.

use axum::http::HeaderName;
use axum::http::request::Parts;

use super::error::Refusal;
use crate::auth::quota::{Payer, REST_REQUEST, Shown};
use crate::auth::{self, AuthError, Gate};
use crate::domain::caller::Caller;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Whoever comes in pays for the request.
pub async fn caller(gate: &Gate, head: &Parts) -> Result<Caller, Refusal> {
    let payer = Payer::of(&head.extensions);
    let identified = async {
        let key = auth::single(&head.headers, &API_KEY)?;
        gate.quota
            .known(&payer, Shown::secret(key), gate.authenticator.api_key(key))
            .await
    };
    let caller = identified.await.map_err(|error| match error {
        AuthError::Missing => Refusal::MISSING_KEY,
        AuthError::Invalid => Refusal::INVALID_KEY,
        AuthError::TooMany => Refusal::TOO_MANY,
        AuthError::Unavailable(error) | AuthError::Internal(error) => error.into(),
    })?;
    let paid = gate.quota.charge(Some(&caller), &payer, REST_REQUEST);
    paid.map_err(|_exhausted| Refusal::TOO_MANY)?.settle(REST_REQUEST);
    Ok(caller)
}
