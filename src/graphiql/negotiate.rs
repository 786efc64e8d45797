//! What a request says about the form it wants a file in, and about the form it has already.

use http::HeaderMap;
use http::header::{ACCEPT_ENCODING, HeaderName, IF_NONE_MATCH};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Brotli,
    Gzip,
    Identity,
}

impl Coding {
    /// As in `Accept-Encoding` and `Content-Encoding`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
            Self::Identity => "identity",
        }
    }
}

/// The codings that may be sent, best first.
///
/// A request without `Accept-Encoding` allows all of them (RFC 9110, 12.5.3). It comes from a simple
/// tool, or from a browser behind a proxy that strips the header: plain is best, gzip is understood.
pub(super) fn acceptable(request: &HeaderMap) -> Vec<Coding> {
    if !request.contains_key(ACCEPT_ENCODING) {
        return vec![Coding::Identity, Coding::Gzip];
    }
    let mut codings = vec![Coding::Brotli, Coding::Gzip, Coding::Identity];
    codings.retain(|coding| accepts(request, *coding));
    codings
}

fn accepts(request: &HeaderMap, coding: Coding) -> bool {
    let mut any = None;
    for item in items(request, ACCEPT_ENCODING) {
        let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
        let wanted = !is_zero(parameters);
        match name.trim() {
            "*" => any = Some(wanted),
            name if name.eq_ignore_ascii_case(coding.name()) => return wanted,
            _ => {}
        }
    }
    // Plain is refused only in so many words; the others must be asked for.
    any.unwrap_or(coding == Coding::Identity)
}

/// `q=0`, in any of its spellings.
fn is_zero(parameters: &str) -> bool {
    let Some((name, weight)) = parameters.split_once('=') else {
        return false;
    };
    name.trim().eq_ignore_ascii_case("q") && weight.trim().parse() == Ok(0.0_f32)
}

/// Whether the client holds the representation with this entity tag.
pub(super) fn is_known(request: &HeaderMap, tag: &str) -> bool {
    // A proxy that recompresses marks the tag as weak; the comparison is weak by definition.
    items(request, IF_NONE_MATCH).any(|item| item == "*" || item.trim_start_matches("W/") == tag)
}

/// The members of a comma-separated header, which may come in several lines.
fn items(request: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lines = request.get_all(name).into_iter().filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn request(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn accept_encoding_decides() {
        use Coding::{Brotli, Gzip, Identity};
        let cases: [(&str, &[Coding]); 9] = [
            ("gzip, deflate, br, zstd", &[Brotli, Gzip, Identity]),
            ("gzip, deflate", &[Gzip, Identity]),
            ("BR;q=1.0, gzip;q=0.8", &[Brotli, Gzip, Identity]),
            ("br;q=0, gzip", &[Gzip, Identity]),
            ("br; q=0.000, *", &[Gzip, Identity]),
            ("identity", &[Identity]),
            ("gzip, *;q=0", &[Gzip]),
            ("identity;q=0", &[]),
            ("", &[Identity]),
        ];
        for (header, expected) in cases {
            assert_eq!(acceptable(&request(ACCEPT_ENCODING, header)), expected, "{header}");
        }
        assert_eq!(acceptable(&HeaderMap::new()), [Identity, Gzip]);
    }

    #[test]
    fn a_known_tag_is_recognised() {
        for known in ["\"a-br\"", "W/\"a-br\"", "\"b\", \"a-br\"", "*"] {
            assert!(is_known(&request(IF_NONE_MATCH, known), "\"a-br\""), "{known}");
        }
        for other in ["\"a-gzip\"", "a-br", ""] {
            assert!(!is_known(&request(IF_NONE_MATCH, other), "\"a-br\""), "{other}");
        }
        assert!(!is_known(&HeaderMap::new(), "\"a-br\""));
    }
}
