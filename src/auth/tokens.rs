//! JSON Web Tokens: our own, and those of an identity provider. Pure: the time is an argument.
//!
//! The library checks issuer and audience only in tokens that have them, and `nbf` not at all, unless told otherwise.
//! So everything is said here, and a key is only ever tried with its one algorithm.

use chrono::{DateTime, Duration, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::keys::{self, KeyError, PublicKey};
use crate::config::{AuthConfig, ProviderConfig};
use crate::domain::users::UserSubject;

/// Issuer and audience of our own tokens.
const OURS: &str = "leadgraph";

/// By how many seconds clocks may differ.
const LEEWAY: f64 = 10.0;

/// No honest token is longer. In bytes.
const MAX_LENGTH: usize = 16 * 1024;

pub(super) struct Tokens {
    signing: EncodingKey,
    own: DecodingKey,
    own_rules: Validation,
    provider: Option<Provider>,
}

#[derive(Debug)]
struct Provider {
    keys: Vec<(PublicKey, Validation)>,
    subject_claim: String,
    workspace_claim: String,
}

/// Whom a token names.
#[derive(Debug, PartialEq)]
pub(super) struct Identity {
    pub subject: UserSubject,
    pub workspace: Uuid,
}

/// Why a token is not believed: for the log, the client learns nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    Malformed,
    Algorithm,
    /// The signature, the issuer or the audience, or a required claim is absent.
    Untrusted,
    Expired,
    NotYetValid,
    Claims,
}

impl Refused {
    pub fn reason(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Algorithm => "no key for its algorithm",
            Self::Untrusted => "signature, issuer, audience or a required claim",
            Self::Expired => "expired",
            Self::NotYetValid => "not yet valid",
            Self::Claims => "subject or workspace claim",
        }
    }
}

#[derive(Serialize)]
struct Claims {
    sub: Uuid,
    workspace: Uuid,
    iss: &'static str,
    aud: &'static str,
    iat: i64,
    exp: i64,
}

impl Tokens {
    pub fn new(config: &AuthConfig) -> Result<Self, KeyError> {
        let secret = config.token_key.expose();
        Ok(Self {
            signing: EncodingKey::from_secret(secret),
            own: DecodingKey::from_secret(secret),
            own_rules: rules(Algorithm::HS256, OURS, OURS),
            provider: config.provider.as_ref().map(Provider::new).transpose()?,
        })
    }

    pub fn issue(&self, user: Uuid, workspace: Uuid, now: DateTime<Utc>, lifetime: Duration) -> String {
        let claims = Claims {
            sub: user,
            workspace,
            iss: OURS,
            aud: OURS,
            iat: now.timestamp(),
            exp: now.timestamp().saturating_add(lifetime.num_seconds()),
        };
        encode(&Header::new(Algorithm::HS256), &claims, &self.signing)
            .expect("plain claims serialise, and any secret signs HS256")
    }

    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Identity, Refused> {
        if token.len() > MAX_LENGTH {
            return Err(Refused::Malformed);
        }
        // `none` and other unknown algorithms do not parse.
        let header = decode_header(token).map_err(|_| Refused::Malformed)?;
        if header.crit.is_some() {
            // Extensions that must be understood; we understand none.
            return Err(Refused::Malformed);
        }
        if header.alg == Algorithm::HS256 {
            let claims = claims(token, &self.own, &self.own_rules)?;
            check_times(&claims, now)?;
            let subject = UserSubject::Uuid(uuid(&claims, "sub")?);
            let workspace = uuid(&claims, "workspace")?;
            return Ok(Identity { subject, workspace });
        }
        let provider = self.provider.as_ref().ok_or(Refused::Algorithm)?;
        provider.verify(token, &header, now)
    }
}

impl Provider {
    fn new(config: &ProviderConfig) -> Result<Self, KeyError> {
        let ProviderConfig {
            keys,
            issuer,
            audience,
            subject_claim,
            workspace_claim,
        } = config;
        for (name, value) in [
            ("the issuer", issuer),
            ("the audience", audience),
            ("the subject claim", subject_claim),
            ("the workspace claim", workspace_claim),
        ] {
            if value.trim().is_empty() {
                return Err(KeyError::Blank(name));
            }
        }
        let keys = keys::read(keys)?.into_iter().map(|key| {
            let rules = rules(key.algorithm, issuer, audience);
            (key, rules)
        });
        Ok(Self {
            keys: keys.collect(),
            subject_claim: subject_claim.clone(),
            workspace_claim: workspace_claim.clone(),
        })
    }

    fn verify(&self, token: &str, header: &Header, now: DateTime<Utc>) -> Result<Identity, Refused> {
        let mut refused = Refused::Algorithm;
        for (key, rules) in self.keys.iter().filter(|(key, _)| key.fits(header)) {
            match claims(token, &key.key, rules) {
                Ok(claims) => {
                    check_times(&claims, now)?;
                    let subject = text(&claims, &self.subject_claim)?.to_owned();
                    let workspace = uuid(&claims, &self.workspace_claim)?;
                    return Ok(Identity {
                        subject: UserSubject::External(subject),
                        workspace,
                    });
                }
                Err(reason) => refused = reason,
            }
        }
        Err(refused)
    }
}

impl PublicKey {
    /// The algorithm must be the key's own; a `kid` must be the same where both sides have one.
    fn fits(&self, header: &Header) -> bool {
        self.algorithm == header.alg
            && match (&self.id, &header.kid) {
                (Some(ours), Some(theirs)) => ours == theirs,
                (None, _) | (_, None) => true,
            }
    }
}

fn rules(algorithm: Algorithm, issuer: &str, audience: &str) -> Validation {
    let mut rules = Validation::new(algorithm);
    rules.algorithms = vec![algorithm];
    rules.set_required_spec_claims(&["exp", "sub", "iss", "aud"]);
    rules.set_issuer(&[issuer]);
    rules.set_audience(&[audience]);
    rules.validate_aud = true;
    // `check_times` does these with the server's clock, which tests can fix.
    rules.validate_exp = false;
    rules.validate_nbf = false;
    rules
}

fn claims(token: &str, key: &DecodingKey, rules: &Validation) -> Result<Map<String, Value>, Refused> {
    decode(token, key, rules)
        .map(|token| token.claims)
        .map_err(|_| Refused::Untrusted)
}

fn check_times(claims: &Map<String, Value>, now: DateTime<Utc>) -> Result<(), Refused> {
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit a double")]
    let now = now.timestamp() as f64;
    let expires = claims.get("exp").and_then(Value::as_f64).ok_or(Refused::Expired)?;
    if now >= expires + LEEWAY {
        return Err(Refused::Expired);
    }
    match claims.get("nbf") {
        None => Ok(()),
        Some(begins) if begins.as_f64().is_some_and(|begins| begins <= now + LEEWAY) => Ok(()),
        Some(_) => Err(Refused::NotYetValid),
    }
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Result<&'a str, Refused> {
    match claims.get(name).and_then(Value::as_str) {
        Some(text) if !text.trim().is_empty() => Ok(text),
        Some(_) | None => Err(Refused::Claims),
    }
}

fn uuid(claims: &Map<String, Value>, name: &str) -> Result<Uuid, Refused> {
    Uuid::try_parse(text(claims, name)?).map_err(|_| Refused::Claims)
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Tokens")
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
