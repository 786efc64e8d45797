//! The public keys of an identity provider, each good for one algorithm.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};

use crate::config::ProviderKeys;

/// The length of an uncompressed point on P-256, the one curve of ES256.
const P256_POINT: usize = 65;

/// Why the provider's keys cannot be used. Said to whoever starts the server.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("the public key must be the PEM of an RSA, P-256 or Ed25519 public key")]
    Pem,
    #[error("this is a private key: give the server the public one")]
    Private,
    #[error("the key set is not a JSON Web Key Set: {0}")]
    KeySet(String),
    #[error("the key set has no key for RS256, ES256 or EdDSA")]
    NoKey,
    #[error("{0} must not be blank: without it, any token of the provider would be believed")]
    Blank(&'static str),
}

#[derive(Debug)]
pub(super) struct PublicKey {
    /// The `kid` that tokens name it by.
    pub id: Option<String>,
    pub algorithm: Algorithm,
    pub key: DecodingKey,
}

pub(super) fn read(keys: &ProviderKeys) -> Result<Vec<PublicKey>, KeyError> {
    match keys {
        ProviderKeys::Pem(text) => Ok(vec![from_pem(text)?]),
        ProviderKeys::Jwks(text) => from_set(text),
    }
}

/// The key itself says for which algorithm it is.
fn from_pem(text: &str) -> Result<PublicKey, KeyError> {
    if text.contains("PRIVATE KEY") {
        return Err(KeyError::Private);
    }
    let pem = text.trim().as_bytes();
    let parsed = DecodingKey::from_ec_pem(pem)
        .or_else(|_| DecodingKey::from_ed_pem(pem))
        .or_else(|_| DecodingKey::from_rsa_pem(pem));
    let key = parsed.map_err(|_| KeyError::Pem)?;
    let algorithm = match key.family() {
        AlgorithmFamily::Rsa => Algorithm::RS256,
        AlgorithmFamily::Ed => Algorithm::EdDSA,
        AlgorithmFamily::Ec if is_p256(&key) => Algorithm::ES256,
        AlgorithmFamily::Ec | AlgorithmFamily::Hmac => return Err(KeyError::Pem),
    };
    Ok(PublicKey {
        id: None,
        algorithm,
        key,
    })
}

fn is_p256(key: &DecodingKey) -> bool {
    key.try_get_as_bytes().is_ok_and(|point| point.len() == P256_POINT)
}

/// Every signing key of the set that we can use; providers publish others beside them.
fn from_set(text: &str) -> Result<Vec<PublicKey>, KeyError> {
    let set: JwkSet = serde_json::from_str(text).map_err(|error| KeyError::KeySet(error.to_string()))?;
    let keys: Vec<PublicKey> = set.keys.into_iter().filter_map(from_jwk).collect();
    if keys.is_empty() {
        return Err(KeyError::NoKey);
    }
    Ok(keys)
}

fn from_jwk(jwk: Jwk) -> Option<PublicKey> {
    if !matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature)) {
        return None;
    }
    // A symmetric key must never get here: whoever can read the set could sign with it.
    let (algorithm, name) = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => (Algorithm::RS256, KeyAlgorithm::RS256),
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            (Algorithm::EdDSA, KeyAlgorithm::EdDSA)
        }
        _ => return None,
    };
    if jwk.common.key_algorithm.is_some_and(|declared| declared != name) {
        return None;
    }
    let key = DecodingKey::from_jwk(&jwk).ok()?;
    Some(PublicKey {
        id: jwk.common.key_id,
        algorithm,
        key,
    })
}
