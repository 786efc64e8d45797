//! Browsers cut texts between the two halves of an emoji, and JSON.stringify then writes half an escape. JavaScript
//! servers read that; Rust rightly does not. A lead is worth more than half an emoji.

use std::borrow::Cow;

/// The length of an escape such as `\u00e9`.
const ESCAPE: usize = 6;

/// JSON in which every escaped half of a surrogate pair without its other half is U+FFFD.
pub fn replace_lone(json: &str) -> Cow<'_, str> {
    if !json.contains("\\ud") && !json.contains("\\uD") {
        return Cow::Borrowed(json);
    }
    let mut repaired = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        repaired.push_str(before);
        let length = match (unit(escape), escape.get(ESCAPE..).and_then(unit)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 2 * ESCAPE,
            (Some(0xD800..=0xDFFF), _) => {
                repaired.push('\u{fffd}');
                rest = &escape[ESCAPE..];
                continue;
            }
            // The backslash and what it escapes, so that an escaped backslash begins nothing.
            (_, _) => escape.char_indices().nth(2).map_or(escape.len(), |(end, _)| end),
        };
        repaired.push_str(&escape[..length]);
        rest = &escape[length..];
    }
    repaired.push_str(rest);
    Cow::Owned(repaired)
}

/// The code unit that a text begins with, if it begins with such an escape.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lone_halves_are_replaced() {
        for (json, expected) in [
            (r#""\ud83d""#, "\"\u{fffd}\""),
            (r#""\ud83d\ude00""#, r#""\ud83d\ude00""#),
            (r#""\uDE00 \uD83D""#, "\"\u{fffd} \u{fffd}\""),
            (r#""\ud83d\ud83d\ude00""#, "\"\u{fffd}\\ud83d\\ude00\""),
            (r#""\\ud83d""#, r#""\\ud83d""#),
            (r#""\ud8""#, r#""\ud8""#),
            (r#""\é\ud83dé""#, "\"\\é\u{fffd}é\""),
            (r#""\ud83d\"#, "\"\u{fffd}\\"),
        ] {
            assert_eq!(replace_lone(json), expected, "{json}");
        }
    }
}
