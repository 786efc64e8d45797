//! What may be set, and what is said about everything else.

use std::path::Path;

use super::*;

fn sources(pairs: &[(&str, &str)]) -> Sources {
    Sources::new(pairs.iter().map(|(name, value)| (name.into(), value.into())))
}

fn load(sources: &Sources, needs: Needs) -> Result<Config, ConfigError> {
    Config::load(sources, needs, |keys| match keys {
        ProviderKeys::Pem(text) | ProviderKeys::Jwks(text) if text == "a key" => Ok(()),
        ProviderKeys::Pem(_) | ProviderKeys::Jwks(_) => Err("this is no key".into()),
    })
}

#[test]
fn defaults_are_good() {
    let config = load(&sources(&[]), Needs::Everything).expect("defaults");
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.database.target, DatabaseTarget::Sqlite("leadgraph.db".into()));
    assert_eq!(config.limits, LimitsConfig::default());
    assert_eq!(config.sockets, SocketConfig::default());
    assert!(matches!(config.secret, SecretConfig::Beside(path) if path.as_path() == Path::new("leadgraph.db-secret")));
}

#[test]
fn every_bad_setting_is_named() {
    let given = sources(&[
        ("LEADGRAPH_LISTEN", "here"),
        ("DATABASE_URL", "postgres://u:hunter2@h"),
        ("LEADGRAPH_DATABASE_CONNECTIONS", "0"),
        ("LEADGRAPH_SECRET", "too short"),
        ("LEADGRAPH_AUTH_JWKS_FILE", "/nowhere/jwks.json"),
        ("LEADGRAPH_PAGE_MAX", "10"),
        ("LEADGRAPH_PAGE_DEFAULT", "11"),
        ("LEADGRAPH_TRUSTED_DOCUMENTS", "only"),
        ("LEADGRAPH_INTROSPECTION", "on"),
        ("LEADGRAPH_GRAPHIQL", "maybe"),
        ("LEADGRAPH_LOG", "=="),
        ("LEADGRAPH_LOG_FORMAT", "xml"),
    ]);
    let ConfigError(lines) = load(&given, Needs::Everything).expect_err("bad settings");
    let names: Vec<&str> = lines.iter().filter_map(|line| line.split(':').next()).collect();
    assert_eq!(
        names,
        [
            "LEADGRAPH_LISTEN",
            "DATABASE_URL",
            "LEADGRAPH_DATABASE_CONNECTIONS",
            "LEADGRAPH_SECRET",
            "LEADGRAPH_AUTH_ISSUER",
            "LEADGRAPH_AUTH_AUDIENCE",
            "LEADGRAPH_AUTH_JWKS_FILE",
            "LEADGRAPH_PAGE_DEFAULT",
            "LEADGRAPH_TRUSTED_DOCUMENTS_DIR",
            "LEADGRAPH_INTROSPECTION",
            "LEADGRAPH_GRAPHIQL",
            "LEADGRAPH_LOG_FORMAT",
            "LEADGRAPH_LOG",
        ]
    );
    assert!(!lines.concat().contains("hunter2") && !lines.concat().contains("too short"));
}

#[test]
fn flags_go_before_the_environment_and_blanks_are_nothing() {
    let given = sources(&[("LEADGRAPH_LISTEN", "nonsense"), ("LEADGRAPH_PAGE_MAX", " ")]);
    let given = given.with_flag(&table::LISTEN, Some("localhost:0".into()));
    let config = load(&given, Needs::Everything).expect("good");
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:0");
    assert_eq!(config.limits.page_max, 100);
}

#[test]
fn postgres_needs_a_secret_unless_nothing_is_derived() {
    let given = sources(&[("DATABASE_URL", "postgres://h/d")]);
    assert!(load(&given, Needs::Everything).is_err());
    assert!(load(&given, Needs::Database).is_ok());
}

#[test]
fn misspelt_settings_are_noticed() {
    let config = load(&sources(&[("LEADGRAPH_LISTN", "x")]), Needs::Everything).expect("good");
    assert_eq!(config.unknown, ["LEADGRAPH_LISTN"]);
}

#[test]
fn secrets_stay_out_of_debug() {
    let given = sources(&[
        ("DATABASE_URL", "postgres://u:hunter2@h/d"),
        ("LEADGRAPH_SECRET", "0123456789abcdef0123456789abcdef"),
    ]);
    let printed = format!("{:?}", load(&given, Needs::Everything));
    assert!(
        !printed.contains("hunter2") && !printed.contains("0123456789abcdef"),
        "{printed}"
    );
}

#[test]
fn a_page_is_never_longer_by_default_than_it_may_be() {
    let config = load(&sources(&[("LEADGRAPH_PAGE_MAX", "10")]), Needs::Everything).expect("good");
    assert_eq!((config.limits.page_default, config.limits.page_max), (10, 10));
    let given = sources(&[("LEADGRAPH_PAGE_MAX", "10"), ("LEADGRAPH_PAGE_DEFAULT", "11")]);
    assert!(load(&given, Needs::Everything).is_err());
}

#[test]
fn a_secret_that_is_there_already_is_checked_with_everything_else() {
    let directory = tempfile::tempdir().expect("a directory");
    let database = directory.path().join("leads.db");
    let secret = directory.path().join("leads.db-secret");
    std::fs::write(&secret, "short").expect("written");
    let given = sources(&[
        ("DATABASE_URL", database.to_str().expect("UTF-8")),
        ("LEADGRAPH_GRAPHIQL", "maybe"),
    ]);
    let ConfigError(lines) = load(&given, Needs::Everything).expect_err("bad settings");
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[0].contains("leads.db-secret") && lines[0].contains("32 bytes"),
        "{lines:?}"
    );
    let ConfigError(lines) = load(&given, Needs::Database).expect_err("a bad setting");
    assert_eq!(lines.len(), 1, "whoever needs no secret is not kept by it: {lines:?}");
}

#[test]
fn what_belongs_to_the_build_is_no_misspelling() {
    let config = load(&sources(&[("LEADGRAPH_BUILD_GRAPHIQL", "off")]), Needs::Everything).expect("good");
    assert!(config.unknown.is_empty());
}

#[test]
fn the_keys_of_an_identity_provider_are_looked_at() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("key.pem");
    let path = file.to_str().expect("UTF-8");
    let given = sources(&[
        ("LEADGRAPH_AUTH_PUBLIC_KEY_FILE", path),
        ("LEADGRAPH_AUTH_ISSUER", "https://id.example"),
        ("LEADGRAPH_AUTH_AUDIENCE", "leads"),
    ]);
    std::fs::write(&file, "a key").expect("written");
    assert!(load(&given, Needs::Everything).expect("good").provider.is_some());
    std::fs::write(&file, "junk").expect("written");
    let ConfigError(lines) = load(&given, Needs::Everything).expect_err("a bad key");
    assert_eq!(
        lines,
        [format!(
            "LEADGRAPH_AUTH_PUBLIC_KEY_FILE: {path} cannot be used: this is no key"
        )]
    );
}
