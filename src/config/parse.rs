//! The forms that values have. What is wrong with one is said without its name, which the reader knows.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;

use super::{CorsConfig, Introspection, OtherDocuments, Switch};

pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    let numeric = text.replacen("localhost:", "127.0.0.1:", 1);
    numeric
        .parse()
        .map_err(|_| format!("must be an IP address and a port such as 127.0.0.1:8080, not {text:?}"))
}

pub(super) fn seconds(text: &str, most: u64) -> Result<Duration, String> {
    number(text, 1, most).map(Duration::from_secs)
}

/// A time with its unit, such as `5s`, `300ms`, `2h`; a day at most.
pub(super) fn wait(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "ms" => Some(1),
        "s" => Some(1000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        _ => None,
    };
    let milliseconds = factor.and_then(|factor: u64| digits.parse::<u64>().ok()?.checked_mul(factor));
    match milliseconds.map(Duration::from_millis) {
        Some(wait) if wait <= Duration::from_secs(86_400) => Ok(wait),
        Some(_) | None => Err(format!(
            "must be times up to a day such as 300ms, 5s, 5m, 2h, not {text:?}"
        )),
    }
}

pub(super) fn number<N>(text: &str, least: N, most: N) -> Result<N, String>
where
    N: std::str::FromStr + PartialOrd + std::fmt::Display,
{
    match text.trim().parse::<N>() {
        Ok(number) if number >= least && number <= most => Ok(number),
        _ => Err(format!("must be a whole number from {least} to {most}, not {text:?}")),
    }
}

pub(super) fn switch(text: &str) -> Result<Switch, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "on" | "true" | "1" | "yes" => Ok(Switch::On),
        "off" | "false" | "0" | "no" => Ok(Switch::Off),
        _ => Err(format!("must be on or off, not {text:?}")),
    }
}

pub(super) fn trust(text: &str) -> Result<Option<OtherDocuments>, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "off" => Ok(None),
        "allow" => Ok(Some(OtherDocuments::Run)),
        "only" => Ok(Some(OtherDocuments::Refused)),
        _ => Err(format!("must be off, allow or only, not {text:?}")),
    }
}

pub(super) fn introspection(text: &str) -> Result<Introspection, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "public" => Ok(Introspection::Public),
        "authenticated" => Ok(Introspection::Authenticated),
        "off" => Ok(Introspection::Off),
        _ => Err(format!("must be public, authenticated or off, not {text:?}")),
    }
}

/// `off` is no value.
pub(super) fn optional<T>(text: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<Option<T>, String> {
    match text.trim().eq_ignore_ascii_case("off") {
        true => Ok(None),
        false => parse(text).map(Some).map_err(|reason| format!("{reason} (or off)")),
    }
}

/// Parts between commas; none is fine.
pub(super) fn list<T>(text: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(parse).collect()
}

/// A network, or one address.
pub(super) fn network(text: &str) -> Result<IpNet, String> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse::<IpNet>()
        .or_else(|_| address())
        .map_err(|_| format!("must be addresses or networks such as 10.0.0.0/8, not {text:?}"))
}

pub(super) fn origins(text: &str) -> Result<CorsConfig, String> {
    if text.trim() == "*" {
        return Ok(CorsConfig::All);
    }
    list(text, origin).map(CorsConfig::Origins)
}

/// As browsers send it: scheme, host, and a port that is not the scheme's own.
fn origin(text: &str) -> Result<String, String> {
    let web = |url: &url::Url| matches!(url.scheme(), "http" | "https");
    match url::Url::parse(text)
        .ok()
        .filter(web)
        .map(|url| url.origin().ascii_serialization())
    {
        Some(origin) if origin == text.trim_end_matches('/') => Ok(origin),
        Some(_) | None => Err(format!("must be origins such as https://app.example.com, not {text:?}")),
    }
}

pub(super) fn text(text: &str) -> Result<String, String> {
    Ok(text.trim().to_owned())
}

/// The address of a collector.
pub(super) fn collector(text: &str) -> Result<String, String> {
    match url::Url::parse(text) {
        Ok(url) if url.scheme() == "http" && url.has_host() && url.query().is_none() => Ok(text.to_owned()),
        Ok(_) | Err(_) => Err(format!(
            "must be an address such as http://127.0.0.1:4318, not {text:?}"
        )),
    }
}

/// A number from 0 to 1.
pub(super) fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| format!("must be a number from 0 to 1, not {text:?}"))
}
