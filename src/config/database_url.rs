//! What `DATABASE_URL` may say. Refusals never repeat the value: it may hold a password.

use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use url::Url;

use super::DatabaseTarget;

const SSL_MODES: &[&str] = &["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

pub(super) fn parse(text: &str) -> Result<DatabaseTarget, String> {
    match text.split_once(':') {
        Some(("postgres" | "postgresql", _)) => postgres(text),
        Some(("sqlite", rest)) => sqlite(rest.strip_prefix("//").unwrap_or(rest)),
        Some((scheme, rest)) if rest.starts_with("//") => Err(format!(
            "{scheme} is no supported database; give postgres://…, sqlite://… or a path"
        )),
        _ => file(text.to_owned()),
    }
}

fn postgres(text: &str) -> Result<DatabaseTarget, String> {
    let url = Url::parse(text).map_err(|error| format!("not a valid PostgreSQL URL: {error}"))?;
    if url.path().trim_matches('/').is_empty() && !url.query_pairs().any(|(name, _)| name == "dbname") {
        return Err("the PostgreSQL URL names no database".into());
    }
    for (name, value) in url.query_pairs() {
        if (name == "sslmode" || name == "ssl-mode") && !SSL_MODES.contains(&&*value) {
            return Err(format!("sslmode must be one of {}", SSL_MODES.join(", ")));
        }
    }
    Ok(DatabaseTarget::Postgres(text.to_owned()))
}

fn sqlite(rest: &str) -> Result<DatabaseTarget, String> {
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    // The file is made when it is missing anyway, which is what other programs need `mode=rwc` for.
    if !matches!(query, "" | "mode=rwc") {
        return Err("a SQLite URL takes no parameters".into());
    }
    let path = percent_decode_str(path)
        .decode_utf8()
        .map_err(|_| "the path is not UTF-8")?;
    file(path.into_owned())
}

fn file(path: String) -> Result<DatabaseTarget, String> {
    if path.trim().is_empty() {
        return Err("names no file".into());
    }
    if path.contains(":memory:") {
        return Err("an in-memory database would lose every lead; give a file".into());
    }
    if path.ends_with('/') {
        return Err("names a directory; give a file".into());
    }
    Ok(DatabaseTarget::Sqlite(PathBuf::from(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepted_forms() {
        for (text, path) in [
            ("leads.db", "leads.db"),
            ("/data/leads.db", "/data/leads.db"),
            ("sqlite:leads.db", "leads.db"),
            ("sqlite://leads.db", "leads.db"),
            ("sqlite:///data/a%20b.db?mode=rwc", "/data/a b.db"),
        ] {
            assert_eq!(parse(text), Ok(DatabaseTarget::Sqlite(path.into())), "{text}");
        }
        for text in [
            "postgres://u:p@h/d",
            "postgresql://h/d?sslmode=verify-full&sslrootcert=/ca.pem",
        ] {
            assert_eq!(parse(text), Ok(DatabaseTarget::Postgres(text.into())));
        }
    }

    #[test]
    fn refusals_do_not_repeat_the_value() {
        for text in [
            "postgres://u:hunter2@h",
            "postgres://u:hunter2@h:port/d",
            "postgres://u:hunter2@h/d?sslmode=maybe",
            "mysql://u:hunter2@h/d",
            "sqlite://hunter2.db?cache=shared",
            "sqlite::memory:",
            "data/",
            " ",
        ] {
            let refusal = parse(text).expect_err(text);
            assert!(!refusal.contains("hunter2"), "{refusal}");
        }
    }
}
