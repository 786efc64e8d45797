//! Who is mentioned in a text: `@` and an e-mail address, such as `@ada@example.com`.

use std::collections::BTreeSet;

use crate::domain::text;

/// More of them in one text are not looked for.
const MOST: usize = 100;

/// The mentioned addresses, as they are compared.
pub fn mentions(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut before = None;
    for (at, sign) in text.char_indices() {
        // In the middle of a word it is an address's own sign.
        let begins = sign == '@' && before.is_none_or(|before: char| !is_of_address(before));
        before = Some(sign);
        if !begins || found.len() == MOST {
            continue;
        }
        let rest = &text[at + 1..];
        let end = rest.find(|c: char| !is_of_address(c)).unwrap_or(rest.len());
        // The end of a sentence is no part of an address.
        let address = rest[..end].trim_end_matches(['.', '-', '!', '?', '\'', '*', '_', '/']);
        if text::is_email(address) {
            found.insert(text::normalize_email(address));
        }
    }
    found
}

fn is_of_address(c: char) -> bool {
    c.is_alphanumeric() || "@.!#$%&'*+-/=?^_`{|}~".contains(c)
}

#[cfg(test)]
mod tests {
    use super::mentions;

    #[test]
    fn addresses_behind_an_at_sign_are_mentioned() {
        for (text, expected) in [
            ("@ada@example.com", vec!["ada@example.com"]),
            ("ask @Ada@Example.COM, please", vec!["ada@example.com"]),
            ("(@ada@example.com)", vec!["ada@example.com"]),
            ("Thanks @ada@example.com.", vec!["ada@example.com"]),
            (
                "Thanks @ada@example.com!\n@bob@example.com?",
                vec!["ada@example.com", "bob@example.com"],
            ),
            ("@ada+leads@example.com", vec!["ada+leads@example.com"]),
            ("@o'neill@example.com's lead", vec![]),
            ("@ada@example.com @ada@example.com", vec!["ada@example.com"]),
            ("@ada@bücher.example", vec!["ada@xn--bcher-kva.example"]),
            ("ä@ada@example.com", vec![]),
            ("ada@example.com", vec![]),
            ("mail ada@example.com or @ada", vec![]),
            ("@@ada@example.com", vec![]),
            ("@", vec![]),
            ("@ada@localhost", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(mentions(text).into_iter().collect::<Vec<_>>(), expected, "{text}");
        }
    }

    #[test]
    fn a_text_full_of_signs_is_read_in_no_time() {
        assert!(mentions(&"@".repeat(10_000)).is_empty());
        assert!(mentions(&"@a".repeat(5_000)).is_empty());
        assert_eq!(
            mentions(&(0..500).map(|n| format!("@u{n}@x.test ")).collect::<String>()).len(),
            super::MOST
        );
    }
}
