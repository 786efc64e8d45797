//! How much a JSON text holds, counted before anything is made of it: a byte of text may become a hundred of memory.

/// Values and names of members in a text, or nearly so many: opening brackets, commas and colons outside of strings. One
/// pass, whether it is JSON or not.
pub fn count(text: &[u8]) -> usize {
    let (mut count, mut at) = (0, 0);
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => at = end_of_string(text, at),
            b'[' | b'{' | b',' | b':' => count += 1,
            _ => {}
        }
        at += 1;
    }
    count
}

/// Where the string that begins here ends, or the text.
fn end_of_string(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_names_are_counted_and_strings_are_one() {
        for (text, expected) in [
            ("", 0),
            ("0", 0),
            ("[0, 0, 0]", 3),
            (r#"{"a": 0, "b": [[], {}]}"#, 8),
            (r#"["[{,:\"[{,:", "\\", ","]"#, 3),
            (r#"["[[["#, 1),
            (r#"["\"#, 1),
        ] {
            assert_eq!(count(text.as_bytes()), expected, "{text}");
        }
    }
}
