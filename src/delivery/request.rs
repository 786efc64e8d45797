//! From what is to be said to the headers that go with it: Standard Webhooks' signature, and the token of JourneyBee's
//! style. Pure.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use serde::Serialize;

use crate::domain::webhook_deliveries::{Claims, Letter, message_id};
use crate::domain::webhook_endpoints::SigningSecret;

/// How long a token is good, in seconds: an attempt is over by then, and clocks differ a little.
const TOKEN_SECONDS: i64 = 300;

/// The headers of a request that is made now. Those of Standard Webhooks go with every style: JourneyBee's token does not
/// speak for the body.
pub fn headers(letter: &Letter, now: DateTime<Utc>) -> HeaderMap {
    let id = message_id(letter.message);
    let seconds = now.timestamp();
    let mut headers = HeaderMap::new();
    let mut set = |name: HeaderName, text: String| {
        let value = HeaderValue::try_from(text).expect("made of ids, numbers and base64 only");
        headers.insert(name, value);
    };
    set(CONTENT_TYPE, "application/json".into());
    set(USER_AGENT, concat!("leadgraph/", env!("CARGO_PKG_VERSION")).into());
    let signed = format!("{id}.{seconds}.{}", letter.body);
    set(HeaderName::from_static("webhook-id"), id);
    set(HeaderName::from_static("webhook-timestamp"), seconds.to_string());
    let signatures: Vec<String> = letter.secrets.iter().map(|secret| signature(secret, &signed)).collect();
    set(HeaderName::from_static("webhook-signature"), signatures.join(" "));
    if let (Some(claims), Some(secret)) = (&letter.claims, letter.secrets.first()) {
        set(AUTHORIZATION, format!("Bearer {}", token(secret, claims, seconds)));
    }
    headers
}

fn signature(secret: &SigningSecret, signed: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.bytes());
    format!("v1,{}", STANDARD.encode(hmac::sign(&key, signed.as_bytes())))
}

/// A token that a receiver checks with the secret as it is printed.
fn token(secret: &SigningSecret, claims: &Claims, now: i64) -> String {
    #[derive(Serialize)]
    struct Timed<'a> {
        #[serde(flatten)]
        claims: &'a Claims,
        iat: i64,
        exp: i64,
    }
    let timed = Timed {
        claims,
        iat: now,
        exp: now + TOKEN_SECONDS,
    };
    let claims = serde_json::to_vec(&timed).expect("ids and texts print as JSON");
    let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    let signed = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims));
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.printed().as_bytes());
    let tag = URL_SAFE_NO_PAD.encode(hmac::sign(&key, signed.as_bytes()));
    format!("{signed}.{tag}")
}
