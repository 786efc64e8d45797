//! What requests are signed with. It is kept encrypted: whoever reads the database alone can sign nothing.

use std::fmt;
use std::ops::RangeInclusive;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{digest, hmac, rand};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{WebhookEndpoint, WebhookStyle};
use crate::domain::error::{Error, Result};

const SECRET_BYTES: usize = 32;

/// How secrets begin, as Standard Webhooks has it.
const PREFIX: &str = "whsec_";

/// Lengths of a given secret in the form of Standard Webhooks, in bytes, as its specification has them.
const GIVEN_BYTES: RangeInclusive<usize> = 24..=64;

/// Lengths of a given secret that is a text of its own, in bytes: a uuid fits, and nothing that is soon guessed.
const GIVEN_TEXT: RangeInclusive<usize> = 16..=256;

/// What an endpoint's requests are signed with. `Debug` prints nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningSecret {
    form: Form,
    bytes: Box<[u8]>,
}

/// How a secret is printed.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Form {
    /// As Standard Webhooks has it.
    Standard,
    /// As it was given: a text.
    Text,
}

/// A secret that a receiver has already. `Debug` prints nothing of it.
#[derive(Clone)]
pub struct GivenSecret(pub String);

impl fmt::Debug for GivenSecret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("<redacted>")
    }
}

impl SigningSecret {
    pub(super) fn random() -> Result<Self> {
        let mut bytes = [0; SECRET_BYTES];
        rand::fill(&mut bytes).map_err(|_| Error::broken("the operating system gave no randomness"))?;
        Ok(Self {
            form: Form::Standard,
            bytes: bytes.into(),
        })
    }

    /// A secret that a receiver has already: in the form of Standard Webhooks, or, where tokens are signed with its text,
    /// any text that is long enough. The error says what is wrong with it.
    pub(super) fn given(given: &GivenSecret, style: WebhookStyle) -> std::result::Result<Self, &'static str> {
        let text = given.0.as_str();
        let decoded = text.strip_prefix(PREFIX).and_then(|text| STANDARD.decode(text).ok());
        if let Some(bytes) = decoded.filter(|bytes| GIVEN_BYTES.contains(&bytes.len())) {
            return Ok(Self {
                form: Form::Standard,
                bytes: bytes.into(),
            });
        }
        match style {
            WebhookStyle::Standard => Err("This must be whsec_ and the base64 of 24 to 64 bytes"),
            WebhookStyle::Journeybee if GIVEN_TEXT.contains(&text.len()) => Ok(Self {
                form: Form::Text,
                bytes: text.as_bytes().into(),
            }),
            WebhookStyle::Journeybee => Err("This must have from 16 to 256 bytes"),
        }
    }

    /// As it is shown, once.
    pub fn printed(&self) -> String {
        match self.form {
            Form::Standard => format!("{PREFIX}{}", STANDARD.encode(&self.bytes)),
            Form::Text => String::from_utf8_lossy(&self.bytes).into_owned(),
        }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
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
    marks: hmac::Key,
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
        let marks = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), b"marks of secrets");
        let key = UnboundKey::new(&AES_256_GCM, key).expect("a key of this cipher has 32 bytes");
        Self {
            key: LessSafeKey::new(key),
            marks: hmac::Key::new(hmac::HMAC_SHA256, marks.as_ref()),
            id,
        }
    }

    /// Tells secrets apart, for those who have the key alone.
    pub(super) fn mark(&self, given: &GivenSecret) -> Vec<u8> {
        hmac::sign(&self.marks, given.0.as_bytes()).as_ref().to_vec()
    }

    /// `endpoint` is sealed in, and the form: the bytes are of no use in another row.
    pub(super) fn seal(&self, endpoint: Uuid, secret: &SigningSecret) -> Result<Sealed> {
        let broken = |_| Error::broken("a secret could not be encrypted");
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce).map_err(broken)?;
        let mut text = secret.bytes.to_vec();
        self.key
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                whose(endpoint, secret.form),
                &mut text,
            )
            .map_err(broken)?;
        Ok(Sealed {
            bytes: [&nonce[..], &text].concat(),
            key_id: self.id.clone(),
        })
    }

    pub(super) fn open(&self, endpoint: Uuid, key_id: &str, sealed: &[u8]) -> Result<SigningSecret> {
        if key_id != self.id {
            return Err(Error::broken(format!(
                "the secret of webhook endpoint {endpoint} is encrypted with another key of the server: rotate it"
            )));
        }
        let broken = || Error::broken(format!("the secret of webhook endpoint {endpoint} cannot be decrypted"));
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN).ok_or_else(broken)?;
        let open = |form| {
            let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
            let mut text = text.to_vec();
            let bytes = self.key.open_in_place(nonce, whose(endpoint, form), &mut text).ok()?;
            let bytes = Box::from(&*bytes);
            Some(SigningSecret { form, bytes })
        };
        open(Form::Standard).or_else(|| open(Form::Text)).ok_or_else(broken)
    }
}

/// What is sealed in with a secret; it opens with the same only.
fn whose(endpoint: Uuid, form: Form) -> Aad<Vec<u8>> {
    let mark: &[u8] = match form {
        Form::Standard => b"",
        Form::Text => b"text",
    };
    Aad::from([endpoint.as_bytes(), mark].concat())
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

    fn given(text: &str, style: WebhookStyle) -> Option<SigningSecret> {
        SigningSecret::given(&GivenSecret(text.to_owned()), style).ok()
    }

    #[test]
    fn given_secrets_are_printed_and_opened_as_they_were_given() {
        use WebhookStyle::{Journeybee, Standard};
        let vault = Vault::new(&[1; 32]);
        let standard = |length| format!("whsec_{}", STANDARD.encode(vec![7; length]));
        let uuid = "6f9619ff-8b86-d011-b42d-00cf4fc964ff";
        for (text, style) in [
            (standard(24), Standard),
            (standard(64), Standard),
            (standard(32), Journeybee),
            (uuid.to_owned(), Journeybee),
            // Too short for the form, and a text like any other.
            (standard(12), Journeybee),
            ("x".repeat(16), Journeybee),
            ("ü".repeat(128), Journeybee),
        ] {
            let secret = given(&text, style).unwrap();
            let endpoint = Uuid::now_v7();
            let Sealed { bytes, key_id } = vault.seal(endpoint, &secret).unwrap();
            let opened = vault.open(endpoint, &key_id, &bytes).unwrap();
            assert_eq!((opened.printed(), opened.bytes()), (text, secret.bytes()));
        }
        assert_eq!(given(&standard(24), Journeybee).unwrap().bytes(), [7; 24]);
        assert_eq!(given(uuid, Journeybee).unwrap().bytes(), uuid.as_bytes());
        for text in [&standard(23), &standard(65), uuid, "", "whsec_", &standard(24)[6..]] {
            assert!(given(text, Standard).is_none(), "{text}");
        }
        for text in [&"x".repeat(15), &"x".repeat(257), ""] {
            assert!(given(text, Journeybee).is_none(), "{text}");
        }
    }

    #[test]
    fn nothing_prints_a_secret() {
        let secret = SigningSecret::random().unwrap();
        assert_eq!(format!("{:?}", GivenSecret("x".into())), "<redacted>");
        assert_eq!(
            format!("{secret:?} {:?}", Vault::new(&[1; 32])),
            "<redacted> <redacted>"
        );
        assert!(secret.printed().starts_with("whsec_"));
        assert_ne!(secret, SigningSecret::random().unwrap());
    }
}
