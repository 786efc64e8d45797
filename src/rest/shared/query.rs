//! The query of a URL: the values behind the names that a route knows. Pure. Unknown names are nobody's business, and
//! so is how they are written.

use percent_encoding::percent_decode_str;

use crate::domain::error::Problem;
use crate::domain::text;

/// A URL's query, decoded like a form: `+` is a blank.
#[derive(Debug)]
pub struct Query {
    /// `None`: the value is no text that a database could be asked for.
    pairs: Vec<(String, Option<String>)>,
}

/// The value behind a known name is not what it should be.
#[derive(Debug, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

impl From<Malformed> for Problem {
    fn from(Malformed(name): Malformed) -> Self {
        Self::invalid([name.into()], format!("Invalid parameter: {name}"))
    }
}

impl Query {
    pub fn of(raw: Option<&str>) -> Self {
        let pairs = raw.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.filter_map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decoded(name)?, decoded(value)))
        });
        Self { pairs: pairs.collect() }
    }

    /// The value behind a name, as it was sent; nothing for a blank one. Of several the last counts.
    ///
    /// # Errors
    /// It is not UTF-8, or has a U+0000, which databases cannot keep.
    pub fn text(&self, name: &'static str) -> Result<Option<&str>, Malformed> {
        let Some((_, value)) = self.pairs.iter().rfind(|(given, _)| given == name) else {
            return Ok(None);
        };
        let value = value.as_deref().ok_or(Malformed(name))?;
        Ok(text::present(value).map(|_| value))
    }

    /// [`Self::text`], read.
    ///
    /// # Errors
    /// `read` makes nothing of it.
    pub fn read<T>(&self, name: &'static str, read: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, Malformed> {
        let Some(value) = self.text(name)? else {
            return Ok(None);
        };
        read(value.trim()).map(Some).ok_or(Malformed(name))
    }
}

fn decoded(text: &str) -> Option<String> {
    let blanks = text.replace('+', " ");
    let decoded = percent_decode_str(&blanks).decode_utf8().ok()?;
    (!decoded.contains('\0')).then(|| decoded.into_owned())
}

/// A number in decimal digits, not smaller than `least`.
pub fn number(text: &str, least: i64) -> Option<i64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = if digits { text.parse().ok()? } else { return None };
    (number >= least).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_and_the_last_one_counts() {
        for (raw, value) in [
            (None, Ok(None)),
            (Some(""), Ok(None)),
            (Some("name"), Ok(None)),
            (Some("name=%20+"), Ok(None)),
            (Some("name=a+b%2Bc"), Ok(Some("a b+c"))),
            (Some("name=%C3%A4&x=%FF"), Ok(Some("ä"))),
            (Some("name=a&name=b"), Ok(Some("b"))),
            (Some("n%61me=a=b"), Ok(Some("a=b"))),
            (Some("name=%zz"), Ok(Some("%zz"))),
            (Some("name=%FF"), Err(Malformed("name"))),
            (Some("name=a%00"), Err(Malformed("name"))),
            (Some("%FF=a&&=&name=b"), Ok(Some("b"))),
            (Some("Name=a"), Ok(None)),
        ] {
            assert_eq!(Query::of(raw).text("name"), value, "{raw:?}");
        }
    }

    #[test]
    fn numbers_are_digits() {
        for (text, expected) in [
            ("1", Some(1)),
            ("007", Some(7)),
            ("0", None),
            ("-1", None),
            ("+1", None),
            ("1.0", None),
            ("1e3", None),
            ("", None),
            ("9223372036854775807", Some(i64::MAX)),
            ("9223372036854775808", None),
            ("٣", None),
        ] {
            assert_eq!(number(text, 1), expected, "{text}");
        }
    }
}
