use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;

use super::*;
use crate::config::{ProviderKeys, Secret};

const SECRET: &[u8; 32] = b"thirty-two bytes for tests only!";
const ISSUER: &str = "https://id.example";
const AUDIENCE: &str = "leads.example";

const USER: Uuid = Uuid::from_u128(0x11);
const WORKSPACE: Uuid = Uuid::from_u128(0x22);

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn own() -> Tokens {
    tokens(None).unwrap()
}

fn tokens(keys: Option<ProviderKeys>) -> Result<Tokens, KeyError> {
    Tokens::new(&AuthConfig {
        token_key: Secret::new(*SECRET),
        provider: keys.map(provider),
    })
}

fn provider(keys: ProviderKeys) -> ProviderConfig {
    ProviderConfig {
        keys,
        issuer: ISSUER.into(),
        audience: AUDIENCE.into(),
        subject_claim: "oid".into(),
        workspace_claim: "https://leads.example/workspace".into(),
    }
}

/// Claims of our own tokens, with some changed; null takes a claim away.
fn own_claims(changes: Value) -> Value {
    let claims = json!({
        "sub": USER, "workspace": WORKSPACE, "iss": OURS, "aud": OURS, "exp": now().timestamp() + 60,
    });
    changed(claims, changes)
}

fn provider_claims(changes: Value) -> Value {
    let claims = json!({
        "sub": "ignored", "oid": "auth0|7", "https://leads.example/workspace": WORKSPACE, "iss": ISSUER,
        "aud": ["other", AUDIENCE], "exp": now().timestamp() + 60,
    });
    changed(claims, changes)
}

fn changed(mut claims: Value, changes: Value) -> Value {
    let (Value::Object(claims_of), Value::Object(changes)) = (&mut claims, changes) else {
        unreachable!("claims are objects");
    };
    for (name, value) in changes {
        if value.is_null() {
            claims_of.remove(&name);
        } else {
            claims_of.insert(name, value);
        }
    }
    claims
}

fn signed(header: &Header, claims: &Value, key: &EncodingKey) -> String {
    encode(header, claims, key).unwrap()
}

fn hs256(claims: &Value) -> String {
    signed(
        &Header::new(Algorithm::HS256),
        claims,
        &EncodingKey::from_secret(SECRET),
    )
}

/// A token with any header and no honest signature.
fn forged(header: &Value, claims: &Value, signature: &[u8]) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!(
        "{}.{}.{}",
        part(header),
        part(claims),
        URL_SAFE_NO_PAD.encode(signature)
    )
}

struct Rsa {
    signing: EncodingKey,
    public_pem: String,
}

fn rsa() -> Rsa {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let private: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    Rsa {
        signing: EncodingKey::from_rsa_pem(pem("PRIVATE KEY", private.as_ref()).as_bytes()).unwrap(),
        public_pem: pem("PUBLIC KEY", public.as_ref()),
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

fn p256() -> (EncodingKey, Value) {
    let private = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, private.as_ref()).unwrap();
    let point = pair.public_key().as_ref();
    let (x, y) = (
        URL_SAFE_NO_PAD.encode(&point[1..33]),
        URL_SAFE_NO_PAD.encode(&point[33..]),
    );
    let jwk = json!({"kty": "EC", "crv": "P-256", "x": x, "y": y});
    (EncodingKey::from_ec_der(private.as_ref()), jwk)
}

fn ed25519() -> (EncodingKey, Value) {
    let private = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    let pair = Ed25519KeyPair::from_pkcs8(private.as_ref()).unwrap();
    let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": x});
    (EncodingKey::from_ed_der(private.as_ref()), jwk)
}

fn named(mut jwk: Value, kid: &str) -> Value {
    jwk["kid"] = kid.into();
    jwk
}

fn key_set(keys: &[Value]) -> Tokens {
    tokens(Some(ProviderKeys::Jwks(json!({ "keys": keys }).to_string()))).unwrap()
}

fn header(algorithm: Algorithm, kid: Option<&str>) -> Header {
    Header {
        kid: kid.map(str::to_owned),
        ..Header::new(algorithm)
    }
}

#[test]
fn an_own_token_names_its_person_until_it_expires() {
    let token = own().issue(USER, WORKSPACE, now(), Duration::hours(1));
    let identity = Identity {
        subject: UserSubject::Uuid(USER),
        workspace: WORKSPACE,
    };
    assert_eq!(own().verify(&token, now()), Ok(identity));
    let leeway = Duration::seconds(9);
    assert!(own().verify(&token, now() + Duration::hours(1) + leeway).is_ok());
    let expired = own().verify(&token, now() + Duration::hours(1) + Duration::seconds(10));
    assert_eq!(expired, Err(Refused::Expired));
}

#[test]
fn own_claims_are_all_checked() {
    let later = |seconds: i64| now().timestamp() + seconds;
    for (changes, verdict) in [
        (json!({}), Ok(())),
        (json!({"nbf": later(9)}), Ok(())),
        (json!({"nbf": later(11)}), Err(Refused::NotYetValid)),
        (json!({"nbf": "soon"}), Err(Refused::NotYetValid)),
        (json!({"exp": later(-9)}), Ok(())),
        (json!({"exp": later(-10)}), Err(Refused::Expired)),
        (json!({"exp": later(60).to_string()}), Err(Refused::Untrusted)),
        (json!({"exp": null}), Err(Refused::Untrusted)),
        (json!({"sub": null}), Err(Refused::Untrusted)),
        (json!({"iss": null}), Err(Refused::Untrusted)),
        (json!({"aud": null}), Err(Refused::Untrusted)),
        (json!({"iss": "somebody"}), Err(Refused::Untrusted)),
        (json!({"aud": "somebody"}), Err(Refused::Untrusted)),
        (json!({"aud": []}), Err(Refused::Untrusted)),
        (json!({"sub": "nobody"}), Err(Refused::Claims)),
        (json!({"workspace": null}), Err(Refused::Claims)),
        (json!({"workspace": 5}), Err(Refused::Claims)),
    ] {
        let told = own().verify(&hs256(&own_claims(changes.clone())), now());
        assert_eq!(told.map(|_| ()), verdict, "{changes}");
    }
}

#[test]
fn forgeries_are_refused() {
    let claims = own_claims(json!({}));
    let honest = hs256(&claims);
    let other_key = signed(
        &Header::new(Algorithm::HS256),
        &claims,
        &EncodingKey::from_secret(b"some other secret of good length"),
    );
    let (message, _) = honest.rsplit_once('.').unwrap();
    for (token, refused) in [
        (
            forged(&json!({"alg": "none", "typ": "JWT"}), &claims, b""),
            Refused::Malformed,
        ),
        (forged(&json!({"alg": "None"}), &claims, b""), Refused::Malformed),
        (forged(&json!({"typ": "JWT"}), &claims, b""), Refused::Malformed),
        (forged(&json!({"alg": "HS512"}), &claims, b"x"), Refused::Algorithm),
        (forged(&json!({"alg": "HS256"}), &claims, b""), Refused::Untrusted),
        (
            forged(&json!({"alg": "HS256", "crit": ["exp"]}), &claims, b"x"),
            Refused::Malformed,
        ),
        (other_key, Refused::Untrusted),
        (format!("{message}."), Refused::Untrusted),
        (message.to_owned(), Refused::Malformed),
        (format!("{honest}.x"), Refused::Malformed),
        (String::new(), Refused::Malformed),
        ("..".to_owned(), Refused::Malformed),
        ("x".repeat(MAX_LENGTH + 1), Refused::Malformed),
    ] {
        assert_eq!(own().verify(&token, now()), Err(refused), "{token}");
    }
}

#[test]
fn a_provider_is_believed_by_its_public_key() {
    let rsa = rsa();
    let tokens = tokens(Some(ProviderKeys::Pem(rsa.public_pem.clone()))).unwrap();
    let rs256 = |changes| signed(&header(Algorithm::RS256, None), &provider_claims(changes), &rsa.signing);
    let identity = Identity {
        subject: UserSubject::External("auth0|7".into()),
        workspace: WORKSPACE,
    };
    assert_eq!(tokens.verify(&rs256(json!({})), now()), Ok(identity));
    for (changes, refused) in [
        (json!({"iss": "https://evil.example"}), Refused::Untrusted),
        (json!({"iss": null}), Refused::Untrusted),
        (json!({"aud": "another application"}), Refused::Untrusted),
        (json!({"aud": null}), Refused::Untrusted),
        (json!({"sub": null}), Refused::Untrusted),
        (json!({"exp": now().timestamp() - 10}), Refused::Expired),
        (json!({"nbf": now().timestamp() + 60}), Refused::NotYetValid),
        (json!({"oid": null}), Refused::Claims),
        (json!({"oid": " "}), Refused::Claims),
        (json!({"https://leads.example/workspace": "mine"}), Refused::Claims),
    ] {
        assert_eq!(tokens.verify(&rs256(changes.clone()), now()), Err(refused), "{changes}");
    }
    // Our own tokens still count beside the provider's.
    let token = tokens.issue(USER, WORKSPACE, now(), Duration::hours(1));
    assert!(tokens.verify(&token, now()).is_ok());
}

/// The classic confusion: the public key, which everyone has, used as the secret of an HS256 token.
#[test]
fn a_public_key_is_no_secret() {
    let rsa = rsa();
    let tokens = tokens(Some(ProviderKeys::Pem(rsa.public_pem.clone()))).unwrap();
    let der = STANDARD
        .decode(
            rsa.public_pem
                .lines()
                .filter(|line| !line.starts_with('-'))
                .collect::<String>(),
        )
        .unwrap();
    for secret in [rsa.public_pem.as_bytes(), rsa.public_pem.trim().as_bytes(), &der] {
        let key = EncodingKey::from_secret(secret);
        for claims in [own_claims(json!({})), provider_claims(json!({}))] {
            let token = signed(&Header::new(Algorithm::HS256), &claims, &key);
            assert_eq!(tokens.verify(&token, now()), Err(Refused::Untrusted));
        }
    }
}

#[test]
fn a_provider_cannot_speak_as_the_server_nor_with_another_algorithm() {
    let rsa = rsa();
    let tokens = tokens(Some(ProviderKeys::Pem(rsa.public_pem.clone()))).unwrap();
    let as_server = signed(&header(Algorithm::RS256, None), &own_claims(json!({})), &rsa.signing);
    assert_eq!(tokens.verify(&as_server, now()), Err(Refused::Untrusted));
    for algorithm in [Algorithm::RS384, Algorithm::RS512, Algorithm::PS256] {
        let token = signed(&header(algorithm, None), &provider_claims(json!({})), &rsa.signing);
        assert_eq!(tokens.verify(&token, now()), Err(Refused::Algorithm), "{algorithm:?}");
    }
}

#[test]
fn a_key_set_gives_each_key_one_algorithm() {
    let ((ec, ec_jwk), (ed, ed_jwk), (stranger, _)) = (p256(), ed25519(), p256());
    let tokens = key_set(&[named(ec_jwk, "ec"), named(ed_jwk, "ed")]);
    let claims = provider_claims(json!({}));
    let verify = |header: &Header, key: &EncodingKey| tokens.verify(&signed(header, &claims, key), now()).map(|_| ());
    assert_eq!(verify(&header(Algorithm::ES256, Some("ec")), &ec), Ok(()));
    assert_eq!(verify(&header(Algorithm::EdDSA, Some("ed")), &ed), Ok(()));
    assert_eq!(verify(&header(Algorithm::ES256, None), &ec), Ok(()));
    assert_eq!(
        verify(&header(Algorithm::ES256, Some("ed")), &ec),
        Err(Refused::Algorithm)
    );
    assert_eq!(
        verify(&header(Algorithm::ES256, Some("other")), &ec),
        Err(Refused::Algorithm)
    );
    assert_eq!(
        verify(&header(Algorithm::ES256, Some("ec")), &stranger),
        Err(Refused::Untrusted)
    );
}

#[test]
fn keys_that_cannot_be_used_stop_the_start() {
    let (_, ec) = p256();
    let mut for_encryption = ec.clone();
    for_encryption["use"] = "enc".into();
    let mut for_another = ec.clone();
    for_another["alg"] = "ES384".into();
    let secret = json!({"kty": "oct", "k": URL_SAFE_NO_PAD.encode(SECRET)});
    for keys in [vec![], vec![for_encryption], vec![for_another], vec![secret]] {
        let set = json!({ "keys": keys }).to_string();
        assert!(matches!(tokens(Some(ProviderKeys::Jwks(set))), Err(KeyError::NoKey)));
    }
    assert!(matches!(
        tokens(Some(ProviderKeys::Jwks("{".into()))),
        Err(KeyError::KeySet(_))
    ));
    assert!(matches!(
        tokens(Some(ProviderKeys::Pem("PEM".into()))),
        Err(KeyError::Pem)
    ));
    let private = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let private: Pkcs8V1Der<'_> = private.as_der().unwrap();
    let private = pem("PRIVATE KEY", private.as_ref());
    assert!(matches!(
        tokens(Some(ProviderKeys::Pem(private))),
        Err(KeyError::Private)
    ));
}

#[test]
fn issuer_and_audience_are_mandatory() {
    let (_, jwk) = ed25519();
    let set = ProviderKeys::Jwks(json!({ "keys": [jwk] }).to_string());
    let blank_issuer = ProviderConfig {
        issuer: " ".into(),
        ..provider(set.clone())
    };
    let blank_audience = ProviderConfig {
        audience: String::new(),
        ..provider(set)
    };
    for provider in [blank_issuer, blank_audience] {
        let config = AuthConfig {
            token_key: Secret::new(*SECRET),
            provider: Some(provider),
        };
        assert!(matches!(Tokens::new(&config), Err(KeyError::Blank(_))));
    }
}

#[test]
fn debug_shows_no_secret() {
    let shown = format!("{:?}", own());
    assert!(!shown.contains("thirty"), "{shown}");
}
