//! Settings as plain data, one struct per concern. Names nothing of ours, so that everything may name it.

use std::fmt;

/// Whose tokens are believed.
#[derive(Clone, Debug)]
pub struct AuthConfig {
    /// Signs and checks the server's own tokens: derived from the secret, at least 32 bytes.
    pub token_key: Secret,
    /// An identity provider whose tokens are believed as well.
    pub provider: Option<ProviderConfig>,
}

/// An identity provider. Issuer and audience are mandatory: without them any token it ever signed would do.
#[derive(Clone, Debug)]
pub struct ProviderConfig {
    pub keys: ProviderKeys,
    /// What the claim `iss` must be.
    pub issuer: String,
    /// What the claim `aud` must be or contain.
    pub audience: String,
    /// The claim that is matched with a user's external subject; usually `sub`.
    pub subject_claim: String,
    /// The claim that holds the uuid of the workspace.
    pub workspace_claim: String,
}

/// The text of a public key in PEM, or of a JSON Web Key Set.
#[derive(Clone, Debug)]
pub enum ProviderKeys {
    Pem(String),
    Jwks(String),
}

/// Bytes that no log and no error may show.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("<redacted>")
    }
}
