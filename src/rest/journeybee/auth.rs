//! This door's header: `Authorization`, with the scheme of either generation, and no other.

use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::error::Refusal;
use crate::auth::quota::{Payer, REST_REQUEST, Shown};
use crate::auth::{self, AuthError, Authorization, Gate};
use crate::domain::caller::{Caller, Scopes};

/// A key that is bound to a project is for web forms: here it opens nothing.
/// Whoever comes in pays for the request.
pub async fn caller(gate: &Gate, head: &Parts) -> Result<Caller, Refusal> {
    let payer = Payer::of(&head.extensions);
    let identified = async {
        let value = auth::single(&head.headers, &AUTHORIZATION)?;
        let authorization = Authorization::parse(value).ok_or(AuthError::Invalid)?;
        let key = authorization.credential;
        let caller = gate
            .quota
            .known(&payer, Shown::secret(key), gate.authenticator.api_key(key))
            .await?;
        if caller.project_id.is_some() {
            return Err(AuthError::Invalid);
        }
        Ok(caller)
    };
    let caller = identified.await.map_err(|error| match error {
        AuthError::Missing | AuthError::Invalid => Refusal::unauthorized(),
        AuthError::TooMany => Refusal::too_many(),
        AuthError::Unavailable(error) | AuthError::Internal(error) => Refusal::of(error, Scopes::default()),
    })?;
    let paid = gate.quota.charge(Some(&caller), &payer, REST_REQUEST);
    paid.map_err(|_exhausted| Refusal::too_many())?.settle(REST_REQUEST);
    Ok(caller)
}
