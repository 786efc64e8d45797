//! What may be set, and what is said about everything else.

use std::path::Path;

use super::*;

fn sources(pairs: &[(&str, &str)]) -> Sources {
    Sources::new(pairs.iter().map(|(name, value)| (name.into(), value.into())))
}

#[test]
fn defaults_are_good() {
    let config = Config::load(&sources(&[]), Needs::Everything).expect("defaults");
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.database.target, DatabaseTarget::Sqlite("leadgraph.db".into()));
    assert_eq!(config.limits, LimitsConfig::default());
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
        ("LEADGRAPH_GRAPHIQL", "maybe"),
        ("LEADGRAPH_LOG", "=="),
        ("LEADGRAPH_LOG_FORMAT", "xml"),
    ]);
    let ConfigError(lines) = Config::load(&given, Needs::Everything).expect_err("bad settings");
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
    let config = Config::load(&given, Needs::Everything).expect("good");
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:0");
    assert_eq!(config.limits.page_max, 100);
}

#[test]
fn postgres_needs_a_secret_unless_nothing_is_derived() {
    let given = sources(&[("DATABASE_URL", "postgres://h/d")]);
    assert!(Config::load(&given, Needs::Everything).is_err());
    assert!(Config::load(&given, Needs::Database).is_ok());
}

#[test]
fn misspelt_settings_are_noticed() {
    let config = Config::load(&sources(&[("LEADGRAPH_LISTN", "x")]), Needs::Everything).expect("good");
    assert_eq!(config.unknown, ["LEADGRAPH_LISTN"]);
}

#[test]
fn secrets_stay_out_of_debug() {
    let given = sources(&[
        ("DATABASE_URL", "postgres://u:hunter2@h/d"),
        ("LEADGRAPH_SECRET", "0123456789abcdef0123456789abcdef"),
    ]);
    let printed = format!("{:?}", Config::load(&given, Needs::Everything));
    assert!(
        !printed.contains("hunter2") && !printed.contains("0123456789abcdef"),
        "{printed}"
    );
}
