//! Who may name whom. The table is the architecture: a module that is not in it has no place yet.
//!
//! Sources are read as tokens, without strings and comments; `crate::`, `self::` and `super::` paths are resolved, groups in
//! braces are spread out.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::{Case, once, root};

/// What a module may name, of our own modules and of the frameworks that carry a transport or a database. Any other
/// crate is free.
struct Rule {
    module: &'static str,
    may_name: &'static [&'static str],
}

const FRAMEWORKS: &[&str] = &[
    "async_graphql",
    "axum",
    "clap",
    "jsonwebtoken",
    "migration",
    "sea_orm",
    "sea_orm_migration",
    "sqlx",
    "tower",
    "tracing_subscriber",
];

const EVERYTHING: &[&str] = &["*"];

/// The longest module path that fits is a file's rule. A name stands for all that lies below it.
const RULES: &[Rule] = &[
    rule("lib", EVERYTHING),
    rule("main", EVERYTHING),
    rule("app", EVERYTHING),
    rule("cli", EVERYTHING),
    rule("demo", EVERYTHING),
    rule("http", EVERYTHING),
    rule("config", &["clap", "domain::database", "tracing_subscriber"]),
    rule("telemetry", &["config", "tracing_subscriber"]),
    rule("idempotency_header", &["domain"]),
    rule("json_values", &[]),
    rule("request_id", &[]),
    rule("connection", &["turns"]),
    rule("turns", &[]),
    rule("client_address", &[]),
    rule("secrets", &["config"]),
    rule(
        "auth",
        &["domain", "config", "client_address", "turns", "axum", "jsonwebtoken"],
    ),
    rule("delivery", &["domain"]),
    rule("graphiql", &["axum"]),
    rule(
        "graphql",
        &[
            "domain",
            "auth",
            "client_address",
            "connection",
            "idempotency_header",
            "json_values",
            "request_id",
            "telemetry",
            "turns",
            "async_graphql",
            "axum",
        ],
    ),
    rule(
        "rest",
        &[
            "domain",
            "auth",
            "connection",
            "idempotency_header",
            "json_values",
            "request_id",
            "axum",
        ],
    ),
    rule(
        "rest::shared",
        &[
            "domain",
            "auth",
            "connection",
            "idempotency_header",
            "json_values",
            "request_id",
            "axum",
        ],
    ),
    rule(
        "rest::leadtrackr",
        &[
            "domain",
            "auth",
            "connection",
            "idempotency_header",
            "json_values",
            "request_id",
            "rest::shared",
            "axum",
        ],
    ),
    rule(
        "rest::journeybee",
        &[
            "domain",
            "auth",
            "connection",
            "idempotency_header",
            "json_values",
            "request_id",
            "rest::shared",
            "axum",
        ],
    ),
    rule("domain", &["entity", "sea_orm"]),
    rule("entity", &["sea_orm"]),
];

const fn rule(module: &'static str, may_name: &'static [&'static str]) -> Rule {
    Rule { module, may_name }
}

pub fn cases() -> Vec<Case> {
    vec![
        once(every_module_names_only_what_the_table_allows),
        once(every_module_of_the_table_is_there),
        once(only_the_first_file_of_an_operation_starts_queries),
        once(the_migrations_do_not_know_the_application),
        once(paths_are_found_in_every_form),
        once(every_test_file_is_part_of_the_binary),
    ]
}

async fn every_module_names_only_what_the_table_allows() {
    let mut offences = Vec::new();
    for file in sources(&root().join("src")) {
        let module = module_of(&file);
        let Some(rule) = rule_for(&module) else {
            offences.push(format!("{}: no rule for this module", file.display()));
            continue;
        };
        for path in paths(&fs::read_to_string(&file).unwrap(), &module) {
            if !allows(rule, &path) {
                offences.push(format!("{}: {} may not name {path}", file.display(), rule.module));
            }
        }
    }
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

async fn every_module_of_the_table_is_there() {
    let modules: BTreeSet<String> = sources(&root().join("src"))
        .iter()
        .map(|file| module_of(file))
        .collect();
    let absent: Vec<&str> = RULES
        .iter()
        .map(|rule| rule.module)
        .filter(|rule| !modules.iter().any(|module| is_within(module, rule)))
        .collect();
    assert!(
        absent.is_empty(),
        "the table speaks of modules that are gone: {absent:?}"
    );
}

async fn only_the_first_file_of_an_operation_starts_queries() {
    let allowed_to_leave = ["src/domain/op.rs"];
    let offenders: Vec<String> = sources(&root().join("src"))
        .into_iter()
        .filter(|file| {
            fs::read_to_string(file)
                .unwrap()
                .contains("#![expect(clippy::disallowed_methods")
        })
        .map(|file| file.strip_prefix(root()).unwrap().display().to_string())
        .filter(|file| !allowed_to_leave.contains(&file.as_str()))
        .collect();
    assert!(
        offenders.is_empty(),
        "whole files that escape the tenant scope: {offenders:?}"
    );
}

async fn the_migrations_do_not_know_the_application() {
    for file in sources(&root().join("migration/src")) {
        let text = fs::read_to_string(&file).unwrap();
        let named = paths(&text, "migration");
        assert!(
            !named.iter().any(|path| path.starts_with("leadgraph")),
            "{}",
            file.display()
        );
    }
}

/// The check itself: a form it does not see would let everything through.
async fn paths_are_found_in_every_form() {
    let found = |text| paths(text, "graphql::lead").into_iter().collect::<Vec<_>>();
    assert_eq!(found("use crate::entity::lead;"), ["entity::lead"]);
    assert_eq!(found("fn f() { crate::rest::shared::x() }"), ["rest::shared::x"]);
    assert_eq!(
        found("use crate::{domain::op, entity::{tag, lead::Model as Row}};"),
        ["domain::op", "entity::lead::Model", "entity::tag"]
    );
    assert_eq!(found("use super::super::entity::tag;"), ["entity::tag"]);
    assert_eq!(found("use super::paging;"), ["graphql::paging"]);
    assert_eq!(found("use self::rows::X;"), ["graphql::lead::rows::X"]);
    assert_eq!(found("impl ::sea_orm::EntityTrait for X {}"), ["sea_orm::EntityTrait"]);
    assert_eq!(found("use sea_orm as s;"), ["sea_orm"]);
    assert_eq!(
        found("#[derive(sea_orm::FromQueryResult)]"),
        ["sea_orm::FromQueryResult"]
    );
    assert_eq!(found("pub(in crate::domain) fn f() {}"), Vec::<String>::new());
    assert_eq!(
        found("// use crate::entity\n/* crate::entity */ \"crate::entity\" r#\"crate::entity\"#"),
        Vec::<String>::new()
    );
    assert_eq!(found("let c = '\"'; use crate::rest; let d = '\"';"), ["rest"]);

    let graphql = rule_for("graphql::lead").unwrap();
    assert!(!allows(graphql, "entity::lead"));
    assert!(!allows(graphql, "sea_orm::EntityTrait"));
    assert!(allows(graphql, "domain::leads::find"));
    assert!(allows(graphql, "graphql::paging"));
    assert!(allows(graphql, "serde_json::Value"));
    let shim = rule_for("rest::leadtrackr::convert").unwrap();
    assert!(!allows(shim, "rest::journeybee::wire"));
    assert!(!allows(rule_for("rest::shared").unwrap(), "rest::leadtrackr::wire"));
    assert!(allows(shim, "rest::shared::body"));
}

async fn every_test_file_is_part_of_the_binary() {
    let main = fs::read_to_string(root().join("tests/it/main.rs")).unwrap();
    for entry in fs::read_dir(root().join("tests/it")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        if name != "main" && path.file_name().unwrap() != "snapshots" {
            assert!(main.contains(&format!("mod {name};")), "main.rs does not name {name}");
        }
    }
}

fn allows(rule: &Rule, path: &str) -> bool {
    let ours = path.split("::").next().is_some_and(is_ours);
    let watched = ours || FRAMEWORKS.iter().any(|framework| is_within(path, framework));
    !watched
        || rule.may_name == EVERYTHING
        || is_within(path, rule.module) && !is_another_shim(rule, path)
        || rule.may_name.iter().any(|allowed| is_within(path, allowed))
}

/// `rest` holds the shims, so that being within it is not enough for `rest::shared`.
fn is_another_shim(rule: &Rule, path: &str) -> bool {
    rule.module == "rest::shared" && !is_within(path, "rest::shared")
}

fn is_ours(module: &str) -> bool {
    RULES.iter().any(|rule| rule.module == module)
}

fn rule_for(module: &str) -> Option<&'static Rule> {
    RULES
        .iter()
        .filter(|rule| is_within(module, rule.module))
        .max_by_key(|rule| rule.module.len())
}

fn is_within(path: &str, ancestor: &str) -> bool {
    path.strip_prefix(ancestor)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

pub fn sources(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("node_modules") {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("graphiql/build.rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn module_of(file: &Path) -> String {
    let relative = file.strip_prefix(root().join("src")).unwrap().with_extension("");
    let mut names: Vec<&str> = relative.iter().map(|name| name.to_str().unwrap()).collect();
    if names.last() == Some(&"mod") {
        names.pop();
    }
    names.join("::")
}

/// Every path in `text` that could reach another module or crate, from the crate's root.
fn paths(text: &str, module: &str) -> BTreeSet<String> {
    let tokens = tokens(text);
    let mut found = BTreeSet::new();
    let mut at = 0;
    while at < tokens.len() {
        let begins = tokens[at] == "crate"
            || tokens[at] == "super"
            || tokens[at] == "self"
            || FRAMEWORKS.contains(&tokens[at].as_str())
            || tokens[at] == "leadgraph";
        let continues = at > 0 && tokens[at - 1] == "::" && at > 1 && is_name(&tokens[at - 2]);
        // `pub(in crate::domain)` names a reach, not a thing.
        let is_reach = at > 0 && tokens[at - 1] == "in";
        if begins && !continues && !is_reach {
            spread(&tokens, at, &[], module, &mut found);
        }
        at += 1;
    }
    found.remove("");
    found
}

/// Follows one path from `at` through its groups; returns where it ends.
fn spread(tokens: &[String], mut at: usize, before: &[String], module: &str, found: &mut BTreeSet<String>) -> usize {
    let mut path = before.to_vec();
    loop {
        let token = tokens.get(at).map_or("", String::as_str);
        if token == "{" {
            at += 1;
            while tokens.get(at).is_some_and(|token| token != "}") {
                at = spread(tokens, at, &path, module, found);
                if tokens.get(at).is_some_and(|token| token == ",") {
                    at += 1;
                }
            }
            return at + 1;
        }
        if !is_word(token) && token != "*" {
            break;
        }
        path.push(token.to_owned());
        at += 1;
        if tokens.get(at).is_none_or(|token| token != "::") {
            break;
        }
        at += 1;
    }
    found.insert(resolve(&path, module));
    if tokens.get(at).is_some_and(|token| token == "as") {
        at += 2;
    }
    // Whatever this was, go on: a token that is no part of a path must not be looked at for ever.
    if at < tokens.len() && !before.is_empty() && tokens[at] != "," && tokens[at] != "}" {
        at += 1;
    }
    at
}

fn resolve(path: &[String], module: &str) -> String {
    let mut here: Vec<&str> = module.split("::").collect();
    let mut rest = path;
    match path.first().map(String::as_str) {
        Some("crate") => {
            here.clear();
            rest = &path[1..];
        }
        Some("self") => rest = &path[1..],
        Some("super") => {}
        _ => here.clear(),
    }
    while rest.first().is_some_and(|name| name == "super") {
        here.pop();
        rest = &rest[1..];
    }
    // Test modules inside a file name all of it as `super::*`.
    if rest == ["*"] {
        return String::new();
    }
    here.extend(rest.iter().map(String::as_str).filter(|name| *name != "self"));
    if rest.is_empty() {
        String::new()
    } else {
        here.join("::")
    }
}

fn is_word(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// A word that can be part of a path; what begins with `::` after a keyword is a path of its own.
fn is_name(token: &str) -> bool {
    is_word(token) && !["as", "dyn", "for", "impl", "in", "mut", "return", "use", "where"].contains(&token)
}

/// Words, `::` and single signs; without comments, strings and character literals.
fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let rest = &chars[at..];
        at += match rest {
            ['/', '/', ..] => length_until(rest, &['\n']),
            ['/', '*', ..] => length_until(rest, &['*', '/']),
            ['r', '#', '"', ..] => length_until(rest, &['"', '#']),
            ['"', ..] => string_length(rest),
            ['\'', '\\', _, '\'', ..] => 4,
            ['\'', _, '\'', ..] => 3,
            [':', ':', ..] => {
                tokens.push("::".to_owned());
                2
            }
            [first, ..] if first.is_alphanumeric() || *first == '_' => {
                let word: String = rest.iter().take_while(|c| c.is_alphanumeric() || **c == '_').collect();
                let length = word.chars().count();
                tokens.push(word);
                length
            }
            [first, ..] => {
                if !first.is_whitespace() {
                    tokens.push(first.to_string());
                }
                1
            }
            [] => 1,
        };
    }
    tokens
}

fn length_until(rest: &[char], end: &[char]) -> usize {
    let found = rest.windows(end.len()).skip(2).position(|window| window == end);
    found.map_or(rest.len(), |at| at + 2 + end.len())
}

fn string_length(rest: &[char]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != '"' {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}
