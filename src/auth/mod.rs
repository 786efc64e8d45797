//! Credentials become a [`Caller`] here. The only module that knows tokens and the forms of the headers.
//!
//! How much a caller may ask for is counted in [`quota`].
//!
//! A token says who its bearer is, never what they may do: role and state come from the database with each request.
//! Each door reads its own header: the shims do so in their `auth.rs`, GraphQL through [`Authenticator::graphql`].

mod headers;
mod keys;
pub mod quota;
mod tokens;

use std::sync::Arc;

use axum::http::HeaderMap;
use chrono::Duration;

use crate::config::{AuthConfig, ProviderKeys};
use crate::domain::caller::{Caller, Principal, Scopes};
use crate::domain::error::Error;
use crate::domain::users::User;
use crate::domain::workspaces::Workspace;
use crate::domain::{Services, api_keys, users};
use crate::turns::Turns;

pub use headers::{Authorization, Scheme, single};
pub use keys::KeyError;

use headers::Credential;
use quota::Quota;
use tokens::{Refused, Tokens};

/// What an edge needs to let requests in: it is the state of every router.
#[derive(Clone, Debug)]
pub struct Gate {
    pub services: Services,
    pub authenticator: Arc<Authenticator>,
    pub quota: Arc<Quota>,
    /// For what is worked on without a request of its own.
    pub turns: Turns,
}

/// Why a request has no caller.
#[derive(Debug)]
pub enum AuthError {
    /// No credential where this door looks for one.
    Missing,
    /// Unknown, expired, revoked, forged, disabled, or two that disagree. Which of these is not the client's business.
    Invalid,
    /// So many were bad where this one comes from that no more are looked at for now.
    TooMany,
    /// The database is away: nobody can be known.
    Unavailable(Error),
    Internal(Error),
}

/// Whether an identity provider's keys can be used; for whoever reads the settings.
///
/// # Errors
/// They cannot; the text says why.
pub fn check_keys(keys: &ProviderKeys) -> Result<(), KeyError> {
    keys::read(keys).map(drop)
}

#[derive(Debug)]
pub struct Authenticator {
    services: Services,
    tokens: Tokens,
}

impl Authenticator {
    /// # Errors
    /// The provider's keys cannot be used; the text says why.
    pub fn new(config: &AuthConfig, services: Services) -> Result<Self, KeyError> {
        let tokens = Tokens::new(config)?;
        Ok(Self { services, tokens })
    }

    /// The caller whose api key this is.
    ///
    /// # Errors
    /// [`AuthError::Invalid`] for any key that does not open this server now.
    pub async fn api_key(&self, key: &str) -> Result<Caller, AuthError> {
        api_keys::identify(&self.services, key).await?.ok_or(AuthError::Invalid)
    }

    /// The person whom this token names.
    ///
    /// # Errors
    /// [`AuthError::Invalid`] for a token that is not believed, or whose person is unknown or disabled.
    pub async fn token(&self, token: &str) -> Result<Caller, AuthError> {
        let identity = self.tokens.verify(token, self.services.now()).map_err(|refused| {
            tracing::debug!(reason = refused.reason(), "a token was refused");
            AuthError::Invalid
        })?;
        let found = users::identify(&self.services, identity.subject, identity.workspace).await?;
        let (user, workspace) = found.ok_or(AuthError::Invalid)?;
        person(&user, &workspace)
    }

    /// Whether a GraphQL request shows tokens and nothing else, each signed by whom this server trusts. They may have
    /// expired, and their persons may be gone.
    pub fn are_signed(&self, headers: &HeaderMap) -> bool {
        let now = self.services.now();
        let signed = |credential: &Credential<'_>| match credential {
            Credential::ApiKey(_) => false,
            Credential::Token(token) => !matches!(
                self.tokens.verify(token, now),
                Err(Refused::Malformed | Refused::Algorithm | Refused::Untrusted | Refused::Claims)
            ),
        };
        headers::credentials(headers).is_ok_and(|shown| !shown.is_empty() && shown.iter().all(signed))
    }

    /// A token of our own for this person in this workspace.
    pub fn issue_token(&self, user: &User, workspace: &Workspace, lifetime: Duration) -> String {
        self.tokens
            .issue(user.uuid, workspace.uuid, self.services.now(), lifetime)
    }

    /// The caller of a GraphQL request, or nobody. Reads `Authorization` and `X-API-Key`.
    ///
    /// # Errors
    /// [`AuthError::Invalid`] for a credential that does not count, and for several that mean different callers.
    pub async fn graphql(&self, headers: &HeaderMap) -> Result<Option<Caller>, AuthError> {
        let mut caller = None;
        for credential in headers::credentials(headers)? {
            let found = match credential {
                Credential::ApiKey(key) => self.api_key(key).await?,
                Credential::Token(token) => self.token(token).await?,
            };
            match &caller {
                Some(first) if *first != found => return Err(AuthError::Invalid),
                Some(_) | None => caller = Some(found),
            }
        }
        Ok(caller)
    }
}

/// A person as a caller, with what their role allows now.
fn person(user: &User, workspace: &Workspace) -> Result<Caller, AuthError> {
    if user.disabled_at.is_some() {
        return Err(AuthError::Invalid);
    }
    Ok(Caller {
        workspace_id: workspace.id,
        principal: Principal::User {
            id: user.id,
            uuid: user.uuid,
        },
        scopes: Scopes::from(user.role),
        project_id: None,
    })
}

impl From<Error> for AuthError {
    fn from(error: Error) -> Self {
        match error {
            Error::Unavailable(_) => Self::Unavailable(error),
            Error::Forbidden(_)
            | Error::Invalid(_)
            | Error::NotFound(_)
            | Error::OtherProject
            | Error::ProjectInactive
            | Error::Conflict(_)
            | Error::Idempotency(_)
            | Error::Internal(_) => Self::Internal(error),
        }
    }
}

#[cfg(test)]
mod tests;
