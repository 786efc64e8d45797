//! Which addresses an endpoint may have. Where a name leads to is seen when something is sent, each time.

use url::Url;

use crate::domain::error::ProblemCode;
use crate::domain::form::Form;

/// Longest address, in bytes.
const MAX_URL: usize = 2000;

/// Whether requests may go over connections that everybody on the way can read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlainHttp {
    #[default]
    Refused,
    Allowed,
}

/// The address as it is stored: numbers of hosts in their usual form, so that they can be recognised.
pub(super) fn checked(form: &mut Form, plain_http: PlainHttp, text: &str) -> String {
    let mut refuse = |message: &str| {
        form.refuse(ProblemCode::Invalid, "url", message);
        String::new()
    };
    let Ok(url) = Url::parse(text.trim()) else {
        return refuse("This is not an absolute URL");
    };
    match (url.scheme(), plain_http) {
        ("https", _) | ("http", PlainHttp::Allowed) => {}
        ("http", PlainHttp::Refused) => return refuse("The URL must begin with https"),
        _ => return refuse("The URL must begin with https"),
    }
    if url.host().is_none() {
        return refuse("The URL names no host");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("The URL must have no user name or password");
    }
    if url.fragment().is_some() {
        return refuse("The URL must have no fragment");
    }
    let text = String::from(url);
    if text.len() > MAX_URL {
        form.refuse(
            ProblemCode::TooLong,
            "url",
            format!("This must be at most {MAX_URL} characters"),
        );
        return String::new();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(plain_http: PlainHttp, text: &str) -> Option<String> {
        let mut form = Form::default();
        let url = checked(&mut form, plain_http, text);
        form.check().is_ok().then_some(url)
    }

    #[test]
    fn addresses_are_secure_and_tell_no_secrets() {
        let long = format!("https://a.test/{}", "x".repeat(MAX_URL));
        for bad in [
            "",
            "a.test/hook",
            "/hook",
            "http://a.test/",
            "ftp://a.test/",
            "file:///etc/passwd",
            "https://user@a.test/",
            "https://user:password@a.test/",
            "https://:password@a.test/",
            "https://a.test/#part",
            "https://",
            &long,
        ] {
            assert_eq!(stored(PlainHttp::Refused, bad), None, "{bad}");
        }
        for (given, kept) in [
            ("https://a.test", "https://a.test/"),
            (" https://Hooks.A.test:8443/x?y=1 ", "https://hooks.a.test:8443/x?y=1"),
            ("https://0x7f.1/", "https://127.0.0.1/"),
        ] {
            assert_eq!(stored(PlainHttp::Refused, given).as_deref(), Some(kept));
        }
        assert!(stored(PlainHttp::Allowed, "http://127.0.0.1:9000/hook").is_some());
    }
}
