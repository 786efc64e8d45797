//! This door's header: `Authorization`, with the scheme of either generation, and no other.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use super::error::Refusal;
use crate::auth::{self, AuthError, Authenticator, Authorization};
use crate::domain::caller::{Caller, Scopes};

/// A key that is bound to a project is for web forms: here it opens nothing.
pub async fn caller(authenticator: &Authenticator, headers: &HeaderMap) -> Result<Caller, Refusal> {
    let identified = async {
        let value = auth::single(headers, &AUTHORIZATION)?;
        let authorization = Authorization::parse(value).ok_or(AuthError::Invalid)?;
        let caller = authenticator.api_key(authorization.credential).await?;
        if caller.project_id.is_some() {
            return Err(AuthError::Invalid);
        }
        Ok(caller)
    };
    identified.await.map_err(|error| match error {
        AuthError::Missing | AuthError::Invalid => Refusal::unauthorized(),
        AuthError::Unavailable(error) | AuthError::Internal(error) => Refusal::of(error, Scopes::default()),
    })
}
