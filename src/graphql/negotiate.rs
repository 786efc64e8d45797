//! Which media type an answer has, and whether a body has one that is taken.

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, UPGRADE};

/// The media types of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaType {
    /// `application/json`: GraphQL's own errors are 200.
    Json,
    /// `application/graphql-response+json`: refused requests are 400.
    GraphqlResponse,
    /// `text/event-stream`: any number of answers.
    EventStream,
}

impl MediaType {
    /// In the order of preference.
    const ALL: [Self; 3] = [Self::Json, Self::GraphqlResponse, Self::EventStream];

    fn name(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::GraphqlResponse => "application/graphql-response+json",
            Self::EventStream => "text/event-stream",
        }
    }

    /// The range that takes everything of its kind.
    fn kind(self) -> &'static str {
        match self {
            Self::Json | Self::GraphqlResponse => "application/*",
            Self::EventStream => "text/*",
        }
    }

    pub fn header(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::EventStream => "text/event-stream",
        }
    }
}

/// The media type that the client likes best, or nothing when it takes none of ours.
pub fn answer_type(headers: &HeaderMap) -> Option<MediaType> {
    let values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let accept = values.collect::<Vec<_>>().join(",");
    if accept.trim().is_empty() {
        return Some(MediaType::Json);
    }
    let ranges: Vec<Range<'_>> = accept.split(',').filter_map(Range::parse).collect();
    let wanted = MediaType::ALL.into_iter().filter_map(|media| {
        let (quality, place) = quality(media, &ranges)?;
        (quality > 0).then_some((media, quality, place))
    });
    // The highest quality; of equals the one that is named first.
    let best = wanted.reduce(|best, next| {
        let better = next.1 > best.1 || (next.1 == best.1 && next.2 < best.2);
        if better { next } else { best }
    });
    best.map(|(media, _, _)| media)
}

/// A media range of an `Accept` header. Quality in thousandths.
struct Range<'a> {
    name: &'a str,
    quality: u32,
}

impl<'a> Range<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let name = parts.next().filter(|name| !name.is_empty())?;
        let quality = parts.find_map(|part| {
            let (key, value) = part.split_once('=')?;
            key.trim().eq_ignore_ascii_case("q").then(|| value.trim())
        });
        let quality = quality.map_or(1.0, |text| text.parse::<f32>().unwrap_or(0.0));
        let thousandths = (quality.clamp(0.0, 1.0) * 1000.0).round();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 1000"
        )]
        let quality = thousandths as u32;
        Some(Self { name, quality })
    }
}

/// The quality that the most specific range gives, and where that range stands.
fn quality(media: MediaType, ranges: &[Range<'_>]) -> Option<(u32, usize)> {
    let of = |name: &str| {
        let found = ranges.iter().position(|range| range.name.eq_ignore_ascii_case(name))?;
        Some((ranges[found].quality, found))
    };
    of(media.name()).or_else(|| of(media.kind())).or_else(|| of("*/*"))
}

/// Whether this is a request for a WebSocket.
pub fn wants_socket(headers: &HeaderMap) -> bool {
    let upgrade = headers.get(UPGRADE).and_then(|value| value.to_str().ok());
    upgrade.is_some_and(|upgrade| upgrade.eq_ignore_ascii_case("websocket"))
}

/// Whether a body is JSON by its headers: `application/json`, in UTF-8, not encoded. Anything else could be sent by a
/// form on a foreign page.
pub fn is_json(headers: &HeaderMap) -> bool {
    if headers
        .get(CONTENT_ENCODING)
        .is_some_and(|encoding| encoding != "identity")
    {
        return false;
    }
    let Some(content_type) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let mut parts = content_type.split(';').map(str::trim);
    let json = parts
        .next()
        .is_some_and(|name| name.eq_ignore_ascii_case(MediaType::Json.name()));
    let utf8 = parts
        .filter(|part| !part.is_empty())
        .all(|part| match part.split_once('=') {
            Some((key, value)) if key.trim().eq_ignore_ascii_case("charset") => {
                value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            Some(_) | None => true,
        });
    json && utf8
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn clients_get_the_media_type_they_ask_for() {
        use MediaType::{EventStream, GraphqlResponse, Json};
        for (accept, expected) in [
            ("", Some(Json)),
            ("*/*", Some(Json)),
            ("application/*", Some(Json)),
            ("application/json", Some(Json)),
            ("application/JSON; charset=utf-8", Some(Json)),
            ("application/graphql-response+json", Some(GraphqlResponse)),
            (
                "application/graphql-response+json, application/json;q=0.9",
                Some(GraphqlResponse),
            ),
            (
                "application/graphql-response+json;q=0.5, application/json;q=0.9",
                Some(Json),
            ),
            (
                "application/graphql-response+json, application/json",
                Some(GraphqlResponse),
            ),
            ("application/json, application/graphql-response+json", Some(Json)),
            ("application/json;q=0, */*", Some(GraphqlResponse)),
            ("text/event-stream", Some(EventStream)),
            ("text/event-stream, application/json", Some(EventStream)),
            ("application/json, text/event-stream", Some(Json)),
            ("text/*", Some(EventStream)),
            ("text/html, */*;q=0.1", Some(Json)),
            ("text/html", None),
            ("application/json;q=0", None),
            ("text/html, , ;q=1", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(answer_type(&headers), expected, "{accept}");
        }
        assert_eq!(answer_type(&HeaderMap::new()), Some(Json));
    }

    #[test]
    fn bodies_are_json_or_refused() {
        for (content_type, expected) in [
            ("application/json", true),
            ("Application/JSON; Charset=\"UTF-8\"", true),
            ("application/json; charset=utf-8; profile=x", true),
            ("application/json; charset=latin1", false),
            ("application/graphql", false),
            ("text/plain", false),
            ("application/x-www-form-urlencoded", false),
            ("multipart/form-data; boundary=x", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
            assert_eq!(is_json(&headers), expected, "{content_type}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
