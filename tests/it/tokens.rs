//! Tokens of an identity provider over HTTP, and those that only look like it. Every rule of its own has a test beside
//! the code.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::KeyPair;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use leadgraph::config::{ProviderConfig, ProviderKeys};
use leadgraph::domain::caller::Role;
use leadgraph::domain::users::{self, NewUser};
use serde_json::{Value, json};

use crate::harness::{Backend, Case, TestApp, once};

pub fn cases() -> Vec<Case> {
    vec![once(only_honest_tokens_of_the_provider_open_the_door)]
}

const ISSUER: &str = "https://id.example";
const AUDIENCE: &str = "leads.example";

async fn only_honest_tokens_of_the_provider_open_the_door() {
    let (pair, stranger) = (rsa(), rsa());
    let public = pair.public.clone();
    let app = TestApp::with(Backend::Sqlite, |config| {
        config.provider = Some(ProviderConfig {
            keys: ProviderKeys::Pem(public),
            issuer: ISSUER.into(),
            audience: AUDIENCE.into(),
            subject_claim: "sub".into(),
            workspace_claim: "workspace".into(),
        });
    })
    .await;
    let new = NewUser {
        email: "them@acme.test".into(),
        first_name: None,
        last_name: None,
        role: Role::Member,
        external_subject: Some("auth0|7".into()),
    };
    users::create(&app.home.op(), new).await.unwrap();
    let now = chrono::Utc::now().timestamp();
    let claims = |changes: Value| {
        let mut claims = json!({
            "sub": "auth0|7", "workspace": app.home.row.uuid, "iss": ISSUER, "aud": AUDIENCE, "exp": now + 60,
        });
        for (name, value) in changes.as_object().unwrap() {
            match value {
                Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
                value => claims[name] = value.clone(),
            }
        }
        claims
    };
    let signed =
        |algorithm, key: &EncodingKey, changes| encode(&Header::new(algorithm), &claims(changes), key).unwrap();
    let status = async |token: String| {
        let answer = app.with_token(&token).graphql("{ viewer { scopes } }", json!({})).await;
        let opened = answer.status == 200 && answer.json().get("errors").is_none();
        assert!(opened || answer.code() == "UNAUTHENTICATED", "{}", answer.text);
        answer.status
    };
    assert_eq!(status(signed(Algorithm::RS256, &pair.private, json!({}))).await, 200);

    // The public key, which everybody has, as the secret of a token that is signed by a secret.
    let der = STANDARD.decode(
        pair.public
            .lines()
            .filter(|line| !line.starts_with('-'))
            .collect::<String>(),
    );
    for secret in [pair.public.as_bytes(), pair.public.trim().as_bytes(), &der.unwrap()] {
        for (issuer, audience) in [(ISSUER, AUDIENCE), ("leadgraph", "leadgraph")] {
            let changes = json!({"iss": issuer, "aud": audience});
            let forged = signed(Algorithm::HS256, &EncodingKey::from_secret(secret), changes);
            assert_eq!(status(forged).await, 401, "{issuer}");
        }
    }
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    for algorithm in ["none", "None", "NONE"] {
        let unsigned = format!(
            "{}.{}.",
            part(json!({"alg": algorithm, "typ": "JWT"})),
            part(claims(json!({})))
        );
        assert_eq!(status(unsigned).await, 401, "{algorithm}");
    }
    assert_eq!(
        status(signed(Algorithm::RS256, &stranger.private, json!({}))).await,
        401
    );
    assert_eq!(status(signed(Algorithm::RS512, &pair.private, json!({}))).await, 401);
    for changes in [
        json!({"exp": now - 11}),
        json!({"exp": null}),
        json!({"nbf": now + 60}),
        json!({"aud": "another application"}),
        json!({"aud": []}),
        json!({"aud": null}),
        json!({"iss": "https://evil.example"}),
        json!({"iss": null}),
        json!({"sub": "auth0|8"}),
        json!({"sub": null}),
        json!({"workspace": uuid::Uuid::now_v7()}),
    ] {
        let token = signed(Algorithm::RS256, &pair.private, changes.clone());
        assert_eq!(status(token).await, 401, "{changes}");
    }
}

struct Rsa {
    private: EncodingKey,
    /// In PEM.
    public: String,
}

fn rsa() -> Rsa {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let private: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    Rsa {
        private: EncodingKey::from_rsa_pem(pem("PRIVATE KEY", private.as_ref()).as_bytes()).unwrap(),
        public: pem("PUBLIC KEY", public.as_ref()),
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
