//! What requests are signed with. It is kept encrypted: whoever reads the database alone can sign nothing.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{digest, rand};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::WebhookEndpoint;
use crate::domain::error::{Error, Result};

const SECRET_BYTES: usize = 32;

/// How secrets begin, as Standard Webhooks has it.
const PREFIX: &str = "whsec_";

/// What an endpoint's requests are signed with. `Debug` prints nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningSecret(Box<[u8]>);

impl SigningSecret {
    pub(super) fn random() -> Result<Self> {
        let mut bytes = [0; SECRET_BYTES];
        rand::fill(&mut bytes).map_err(|_| Error::broken("the operating system gave no randomness"))?;
        Ok(Self(bytes.into()))
    }

    /// As it is shown, once.
    pub fn printed(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("<redacted>")
    }
}

/// Encrypts secrets, with a key that is derived from the server's own.
pub struct Vault {
    key: LessSafeKey,
    id: String,
}

/// A secret as it is stored: the nonce, and behind it what was encrypted.
pub(super) struct Sealed {
    pub bytes: Vec<u8>,
    pub key_id: String,
}

impl Vault {
    /// `key`: 32 bytes for this use alone.
    ///
    /// # Panics
    /// On a key of another length.
    pub fn new(key: &[u8]) -> Self {
        let id = digest::digest(&digest::SHA256, &[b"id of ", key].concat());
        let id = id.as_ref()[..4].iter().map(|byte| format!("{byte:02x}")).collect();
        let key = UnboundKey::new(&AES_256_GCM, key).expect("a key of this cipher has 32 bytes");
        Self {
            key: LessSafeKey::new(key),
            id,
        }
    }

    /// `endpoint` is sealed in: the bytes are of no use in another row.
    pub(super) fn seal(&self, endpoint: Uuid, secret: &SigningSecret) -> Result<Sealed> {
        let broken = |_| Error::broken("a secret could not be encrypted");
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce).map_err(broken)?;
        let mut text = secret.0.to_vec();
        let whose = Aad::from(endpoint.into_bytes());
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), whose, &mut text)
            .map_err(broken)?;
        Ok(Sealed {
            bytes: [&nonce[..], &text].concat(),
            key_id: self.id.clone(),
        })
    }

    fn open(&self, endpoint: Uuid, key_id: &str, sealed: &[u8]) -> Result<SigningSecret> {
        if key_id != self.id {
            return Err(Error::broken(format!(
                "the secret of webhook endpoint {endpoint} is encrypted with another key of the server: rotate it"
            )));
        }
        let broken = || Error::broken(format!("the secret of webhook endpoint {endpoint} cannot be decrypted"));
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN).ok_or_else(broken)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| broken())?;
        let mut text = text.to_vec();
        let whose = Aad::from(endpoint.into_bytes());
        let secret = self.key.open_in_place(nonce, whose, &mut text).map_err(|_| broken())?;
        Ok(SigningSecret(Box::from(&*secret)))
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("<redacted>")
    }
}

/// What the endpoint's requests are signed with: the present secret, and the one before it while that is good.
///
/// # Errors
/// Secrets of another key of the server.
pub(in crate::domain) fn signing(
    vault: &Vault,
    row: &WebhookEndpoint,
    now: DateTime<Utc>,
) -> Result<Vec<SigningSecret>> {
    let mut secrets = vec![vault.open(row.uuid, &row.secret_key_id, &row.secret)?];
    if let (Some(old), Some(key_id), Some(until)) = (&row.old_secret, &row.old_secret_key_id, row.old_secret_until)
        && now < until
    {
        secrets.push(vault.open(row.uuid, key_id, old)?);
    }
    Ok(secrets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_with_its_key_for_its_endpoint_only() {
        let (vault, other) = (Vault::new(&[1; 32]), Vault::new(&[2; 32]));
        let (mine, yours) = (Uuid::now_v7(), Uuid::now_v7());
        let secret = SigningSecret::random().unwrap();
        let Sealed { bytes, key_id } = vault.seal(mine, &secret).unwrap();
        assert_eq!(vault.open(mine, &key_id, &bytes).unwrap(), secret);
        assert!(vault.open(yours, &key_id, &bytes).is_err());
        assert!(other.open(mine, &key_id, &bytes).is_err());
        assert!(other.open(mine, &other.id, &bytes).is_err());
        assert!(vault.open(mine, &key_id, &bytes[1..]).is_err());
        assert!(!bytes.windows(SECRET_BYTES).any(|part| part == secret.bytes()));
        assert_ne!(vault.seal(mine, &secret).unwrap().bytes, bytes);
    }

    #[test]
    fn nothing_prints_a_secret() {
        let secret = SigningSecret::random().unwrap();
        assert_eq!(
            format!("{secret:?} {:?}", Vault::new(&[1; 32])),
            "<redacted> <redacted>"
        );
        assert!(secret.printed().starts_with("whsec_"));
        assert_ne!(secret, SigningSecret::random().unwrap());
    }
}
