//! The id by which a request is found in the log: the client's own, if it is a sane one, else a fresh one.

use http::{HeaderMap, HeaderValue};
use uuid::Uuid;

pub const HEADER: &str = "x-request-id";

const LONGEST: usize = 128;

/// In the extensions of every request; answered as `x-request-id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub String);

impl RequestId {
    pub fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(HEADER).and_then(|value| value.to_str().ok());
        match given {
            Some(id) if is_sane(id) => Self(id.to_owned()),
            _ => Self(Uuid::now_v7().simple().to_string()),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).unwrap_or(HeaderValue::from_static("unprintable"))
    }
}

impl std::fmt::Display for RequestId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

/// Nothing that could forge a log line or carry somebody's data: no blanks, no `@`.
fn is_sane(id: &str) -> bool {
    (8..=LONGEST).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:/+=".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(id: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, HeaderValue::from_static(id));
        headers
    }

    #[test]
    fn a_sane_id_is_kept() {
        let id = "0af7651916cd43dd8448eb211c80319c";
        assert_eq!(RequestId::of(&headers(id)).as_str(), id);
    }

    #[test]
    fn anything_else_is_replaced() {
        for id in ["", "short", "jane@example.com", "has some blanks in it"] {
            let made = RequestId::of(&headers(id));
            assert_ne!(made.as_str(), id);
            assert_eq!(made.as_str().len(), 32);
        }
    }
}
