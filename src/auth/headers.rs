//! The forms in which credentials come.

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderName};

use super::AuthError;

/// More than the two headers GraphQL reads is a client that does not know who it is.
const MOST_CREDENTIALS: usize = 2;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// One credential of a GraphQL request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Credential<'a> {
    ApiKey(&'a str),
    Token(&'a str),
}

/// The value of an `Authorization` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authorization<'a> {
    pub scheme: Scheme,
    pub credential: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    Bearer,
    ApiKey,
}

impl<'a> Authorization<'a> {
    /// Schemes are known in any case. Nothing for other schemes and for a scheme alone.
    pub fn parse(value: &'a str) -> Option<Self> {
        let (scheme, credential) = value.trim().split_once([' ', '\t'])?;
        let scheme = if scheme.eq_ignore_ascii_case("bearer") {
            Scheme::Bearer
        } else if scheme.eq_ignore_ascii_case("api-key") {
            Scheme::ApiKey
        } else {
            return None;
        };
        let credential = credential.trim();
        (!credential.is_empty()).then_some(Self { scheme, credential })
    }
}

/// The value of a header, trimmed. Repeated with the same value, it counts as one.
///
/// # Errors
/// [`AuthError::Missing`] when it is absent or blank; [`AuthError::Invalid`] when it is no text or there are different
/// ones.
pub fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<&'a str, AuthError> {
    match texts(headers, name)?.as_slice() {
        [] => Err(AuthError::Missing),
        [value] => Ok(value),
        _ => Err(AuthError::Invalid),
    }
}

/// What a GraphQL request shows, each credential once.
pub(super) fn credentials(headers: &HeaderMap) -> Result<Vec<Credential<'_>>, AuthError> {
    let mut found = Vec::new();
    for value in texts(headers, &AUTHORIZATION)? {
        let authorization = Authorization::parse(value).ok_or(AuthError::Invalid)?;
        found.push(match authorization.scheme {
            Scheme::Bearer if is_token(authorization.credential) => Credential::Token(authorization.credential),
            Scheme::Bearer | Scheme::ApiKey => Credential::ApiKey(authorization.credential),
        });
    }
    for key in texts(headers, &API_KEY)? {
        if !found.contains(&Credential::ApiKey(key)) {
            found.push(Credential::ApiKey(key));
        }
    }
    if found.len() > MOST_CREDENTIALS {
        return Err(AuthError::Invalid);
    }
    Ok(found)
}

/// A token has three parts; no api key has dots.
fn is_token(credential: &str) -> bool {
    credential.bytes().filter(|byte| *byte == b'.').count() == 2
}

/// The different non-blank values of a header.
fn texts<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Vec<&'a str>, AuthError> {
    let mut found = Vec::new();
    for value in headers.get_all(name) {
        let text = value.to_str().map_err(|_| AuthError::Invalid)?.trim();
        if !text.is_empty() && !found.contains(&text) {
            found.push(text);
        }
    }
    Ok(found)
}
