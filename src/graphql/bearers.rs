//! Those who keep a connection open: known when they come, and looked at again every few seconds for as long as they stay.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use futures_util::future::BoxFuture;
use serde_json::{Map, Value as Json};

use super::engine::Refused;
use crate::auth::quota::{Payer, Quota, Shown};
use crate::auth::{AuthError, Authenticator};
use crate::domain::caller::Caller;
use crate::request_id::RequestId;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Whoever can tell from headers who a caller is.
pub trait Knows: Send + Sync {
    fn know<'a>(&'a self, headers: &'a HeaderMap) -> BoxFuture<'a, Result<Option<Caller>, AuthError>>;

    /// Whether the credentials are signed by whom this server trusts, and so nobody's guess. They may count no more.
    fn trusts(&self, headers: &HeaderMap) -> bool;
}

impl Knows for Authenticator {
    fn know<'a>(&'a self, headers: &'a HeaderMap) -> BoxFuture<'a, Result<Option<Caller>, AuthError>> {
        Box::pin(self.graphql(headers))
    }

    fn trusts(&self, headers: &HeaderMap) -> bool {
        self.are_signed(headers)
    }
}

/// What somebody showed, and whom it stood for then.
#[derive(Clone)]
pub struct Bearer {
    headers: HeaderMap,
    pub caller: Option<Caller>,
}

impl std::fmt::Debug for Bearer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Bearer")
            .field("caller", &self.caller)
            .finish_non_exhaustive()
    }
}

/// Of a request, the headers that hold credentials.
pub fn credentials(headers: &HeaderMap) -> HeaderMap {
    let mut found = HeaderMap::new();
    for name in [AUTHORIZATION, API_KEY] {
        for value in headers.get_all(&name) {
            found.append(name.clone(), value.clone());
        }
    }
    found
}

/// Adds the credentials in the payload of a socket's first message: named as the headers are, in any case.
///
/// # Errors
/// One that is no text.
pub fn add_credentials(headers: &mut HeaderMap, payload: &Map<String, Json>) -> Result<(), ()> {
    for (key, value) in payload {
        for name in [AUTHORIZATION, API_KEY] {
            if !key.eq_ignore_ascii_case(name.as_str()) || value.is_null() {
                continue;
            }
            let text = value.as_str().ok_or(())?;
            headers.append(name, HeaderValue::from_str(text.trim()).map_err(|_| ())?);
        }
    }
    Ok(())
}

/// For how long a second look is spared: connections with the same credentials share it.
const FRESH: Duration = Duration::from_secs(2);

/// More verdicts than this are forgotten.
const MOST: usize = 10_000;

pub struct Bearers {
    knows: Arc<dyn Knows>,
    quota: Arc<Quota>,
    recent: Mutex<HashMap<u64, Verdict>>,
}

struct Verdict {
    headers: HeaderMap,
    caller: Option<Caller>,
    at: Instant,
}

impl Bearers {
    pub fn new(knows: Arc<dyn Knows>, quota: Arc<Quota>) -> Self {
        Self {
            knows,
            quota,
            recent: Mutex::default(),
        }
    }

    /// # Errors
    /// Credentials that do not count, or cannot be looked up now.
    pub async fn know(&self, headers: HeaderMap, payer: &Payer, request_id: &RequestId) -> Result<Bearer, Refused> {
        if headers.is_empty() {
            return Ok(Bearer { headers, caller: None });
        }
        let (text, signed) = (shown(&headers), || self.knows.trusts(&headers));
        let shown = Shown::signed(&text, &signed);
        let known = self.quota.known(payer, shown, self.knows.know(&headers));
        let caller = match known.await {
            Ok(caller) => caller,
            Err(AuthError::Missing) => None,
            Err(AuthError::Invalid) => return Err(Refused::unauthenticated()),
            Err(AuthError::TooMany) => return Err(Refused::too_many()),
            Err(AuthError::Unavailable(cause)) => {
                tracing::warn!(request.id = request_id.as_str(), error = ?cause, "the database is away");
                return Err(Refused::unavailable());
            }
            Err(AuthError::Internal(cause)) => {
                tracing::error!(request.id = request_id.as_str(), error = ?cause, "a caller could not be known");
                return Err(Refused::fault(request_id.as_str()));
            }
        };
        Ok(Bearer { headers, caller })
    }

    /// Whom the same credentials stand for now.
    ///
    /// # Errors
    /// As [`Self::know`].
    pub async fn anew(&self, bearer: Bearer, payer: &Payer, request_id: &RequestId) -> Result<Bearer, Refused> {
        self.know(bearer.headers, payer, request_id).await
    }

    /// Whether the credentials still stand for the same caller, who may do the same. They do while nobody can tell.
    pub async fn stands(&self, bearer: &Bearer) -> bool {
        let Some(caller) = &bearer.caller else {
            return true;
        };
        let key = fingerprint(&bearer.headers);
        if let Some(verdict) = self.recent(key, &bearer.headers) {
            return verdict.as_ref() == Some(caller);
        }
        let now = match self.knows.know(&bearer.headers).await {
            Ok(now) => now,
            Err(AuthError::Missing | AuthError::Invalid) => None,
            Err(AuthError::TooMany | AuthError::Unavailable(_) | AuthError::Internal(_)) => return true,
        };
        let stands = now.as_ref() == Some(caller);
        self.remember(key, bearer.headers.clone(), now);
        stands
    }

    fn recent(&self, key: u64, headers: &HeaderMap) -> Option<Option<Caller>> {
        let recent = self.verdicts();
        let verdict = recent.get(&key).filter(|verdict| verdict.at.elapsed() < FRESH)?;
        (verdict.headers == *headers).then(|| verdict.caller.clone())
    }

    fn remember(&self, key: u64, headers: HeaderMap, caller: Option<Caller>) {
        let mut recent = self.verdicts();
        if recent.len() >= MOST {
            recent.clear();
        }
        let at = Instant::now();
        recent.insert(key, Verdict { headers, caller, at });
    }

    /// A panic elsewhere leaves the map whole: every change to it is one call.
    fn verdicts(&self) -> MutexGuard<'_, HashMap<u64, Verdict>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Bearers {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Bearers")
    }
}

/// All credentials as one text. What is no text is no credential that ever counted.
fn shown(headers: &HeaderMap) -> String {
    let texts = headers.values().map(|value| value.to_str().unwrap_or("?"));
    texts.collect::<Vec<_>>().join("\n")
}

/// Only finds a verdict: whose it is, the headers themselves say.
fn fingerprint(headers: &HeaderMap) -> u64 {
    let mut hasher = DefaultHasher::new();
    for name in [AUTHORIZATION, API_KEY] {
        for value in headers.get_all(name) {
            value.as_bytes().hash(&mut hasher);
        }
    }
    hasher.finish()
}
