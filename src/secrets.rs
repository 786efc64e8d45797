//! The server's one secret, and the keys derived from it: one per use, so that none tells anything of another.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use aws_lc_rs::{hkdf, rand};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::config::{Secret, SecretConfig};

const GENERATED_BYTES: usize = 48;
const LEAST_BYTES: usize = 32;

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Signs the server's own tokens.
    Tokens,
    /// Encrypts the secrets of webhook endpoints.
    Webhooks,
}

impl Purpose {
    /// Part of the derivation: changing it invalidates everything made with the key.
    fn label(self) -> &'static [u8] {
        match self {
            Self::Tokens => b"leadgraph tokens v1",
            Self::Webhooks => b"leadgraph webhooks v1",
        }
    }
}

/// The secret itself stays inside.
#[derive(Clone, Debug)]
pub struct Secrets(Secret);

/// Why there is no secret; a sentence for the operator that repeats nothing of it.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("LEADGRAPH_SECRET is required for this command")]
    Absent,
    #[error("{path}: {cause}")]
    File { path: String, cause: std::io::Error },
    #[error("{0} has fewer than 32 bytes; remove it, and a new secret is made (tokens issued so far become invalid)")]
    TooShort(String),
}

impl Secrets {
    /// Takes the secret that was given, or the one beside the SQLite database, which is made at the first start.
    ///
    /// # Errors
    /// No secret, or a file that cannot be read or made.
    pub fn load(config: &SecretConfig) -> Result<Self, SecretError> {
        match config {
            SecretConfig::Given(secret) => Ok(Self(secret.clone())),
            SecretConfig::Beside(path) => beside(path).map(Self),
            SecretConfig::Absent => Err(SecretError::Absent),
        }
    }

    /// 32 bytes for one use, by HKDF-SHA256.
    pub fn key(&self, purpose: Purpose) -> Secret {
        let mut key = [0; 32];
        hkdf::Salt::new(hkdf::HKDF_SHA256, b"leadgraph")
            .extract(self.0.expose())
            .expand(&[purpose.label()], hkdf::HKDF_SHA256)
            .and_then(|derived| derived.fill(&mut key))
            .expect("32 bytes are within HKDF's limit and the buffer has exactly that size");
        Secret::new(key)
    }
}

/// A fresh secret that dies with the process.
pub fn ephemeral() -> Secret {
    Secret::new(random_text())
}

fn beside(path: &Path) -> Result<Secret, SecretError> {
    let failed = |cause| SecretError::File {
        path: path.display().to_string(),
        cause,
    };
    if !path.exists() {
        make(path).map_err(failed)?;
    }
    let text = std::fs::read(path).map_err(failed)?;
    let text = text.trim_ascii_end();
    if text.len() < LEAST_BYTES {
        return Err(SecretError::TooShort(path.display().to_string()));
    }
    Ok(Secret::new(text))
}

/// Written whole beside its place and then linked there: of several processes that start at once, one wins and all read
/// the same, and a crash in between leaves nothing half-written.
fn make(path: &Path) -> std::io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}", uuid::Uuid::new_v4().simple()));
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)
        .and_then(|mut file| {
            file.write_all(random_text().as_bytes())?;
            file.sync_all()
        });
    let linked = written.and_then(|()| match std::fs::hard_link(&draft, path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    });
    // When nothing was written there is nothing to remove.
    let _ = std::fs::remove_file(&draft);
    linked
}

fn random_text() -> String {
    let mut bytes = [0; GENERATED_BYTES];
    rand::fill(&mut bytes).expect("the operating system's randomness is there before any program starts");
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn starters_at_once_agree_on_one_private_secret() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("leads.db-secret");
        let keys: Vec<Secret> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| Secrets::load(&SecretConfig::Beside(path.clone()))))
                .collect();
            starts
                .into_iter()
                .map(|start| start.join().expect("no panic").expect("a secret").key(Purpose::Tokens))
                .collect()
        });
        assert!(keys.windows(2).all(|pair| pair[0] == pair[1]));
        assert_eq!(std::fs::read_dir(dir.path()).expect("listing").count(), 1);
        let mode = std::fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_key_is_not_the_secret_and_depends_on_it() {
        let key = |byte: u8| Secrets(Secret::new([byte; 32])).key(Purpose::Tokens);
        assert_eq!(key(1), key(1));
        assert_ne!(key(1), key(2));
        assert_ne!(key(1), Secret::new([1; 32]));
    }

    #[test]
    fn a_truncated_file_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("secret");
        std::fs::write(&path, "short").expect("written");
        let refused = Secrets::load(&SecretConfig::Beside(path));
        assert!(matches!(refused, Err(SecretError::TooShort(_))));
    }
}
