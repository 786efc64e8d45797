//! The header by which a client says that it may send a write again, and the mark of an answer that it had before.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::domain::idempotency::IdempotencyKey;

/// As it is written in documents.
pub const NAME: &str = "Idempotency-Key";

const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// What [`Malformed`] means, for the client.
pub const RULE: &str = "The Idempotency-Key must be 1 to 255 printable ASCII characters, sent once";

/// The header is there, and no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// # Errors
/// [`Malformed`].
pub fn read(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Malformed> {
    let mut values = headers.get_all(NAME).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => {
            let key = value.to_str().ok().and_then(IdempotencyKey::try_new);
            key.map(Some).ok_or(Malformed)
        }
        (Some(_), Some(_)) => Err(Malformed),
    }
}

/// Marks the answer to a request with this key, if an earlier one had the same.
pub fn mark(headers: &mut HeaderMap, key: &IdempotencyKey) {
    if key.was_replayed() {
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(values: &[&[u8]]) -> Result<bool, Malformed> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(NAME, HeaderValue::from_bytes(value).unwrap());
        }
        read(&headers).map(|key| key.is_some())
    }

    #[test]
    fn a_key_is_printable_and_of_bounded_length() {
        assert_eq!(read_all(&[]), Ok(false));
        assert_eq!(read_all(&[b"a"]), Ok(true));
        assert_eq!(read_all(&[b"\"8e03978e-40d5-43dd-bc93-6894a57f9324\""]), Ok(true));
        assert_eq!(read_all(&[&[b'x'; 255]]), Ok(true));
        let bad: [&[&[u8]]; 5] = [
            &[b""],
            &[&[b'x'; 256]],
            &[b"a", b"a"],
            &["schlüssel".as_bytes()],
            &[b"a\tb"],
        ];
        for bad in bad {
            assert_eq!(read_all(bad), Err(Malformed), "{bad:?}");
        }
    }
}
