//! Everybody who may come.

use leadgraph::domain::Ref;
use leadgraph::domain::api_keys::{self, NewApiKey};
use leadgraph::domain::caller::Role;
use leadgraph::domain::users::{self, Standing};
use serde_json::json;

pub use leadgraph::domain::caller::Scopes;

use super::rules::Power;
use crate::harness::app::Graphql;
use crate::harness::workspace::api_key;
use crate::harness::{TestApp, Workspace};

/// Somebody with a credential, or without.
pub struct Caller {
    pub name: &'static str,
    pub credential: Credential,
    /// Nothing for whom no door knows.
    pub power: Option<Power>,
}

pub enum Credential {
    None,
    Token(String),
    Key(String),
}

impl Caller {
    pub fn graphql<'a>(&self, app: &'a TestApp) -> Graphql<'a> {
        match &self.credential {
            Credential::None => app.anonymous(),
            Credential::Token(token) => app.with_token(token),
            Credential::Key(key) => app.with_key(key),
        }
    }
}

fn scopes(words: &str) -> Scopes {
    Scopes {
        read: words.contains('r'),
        write: words.contains('w'),
        admin: words.contains('a'),
    }
}

/// All of them, of home.
pub async fn callers(app: &TestApp) -> Vec<Caller> {
    let mut callers = vec![Caller {
        name: "nobody",
        credential: Credential::None,
        power: None,
    }];
    callers.extend(people(app).await);
    callers.extend(keys(&app.home).await);
    callers.extend(keys_of_people(app).await);
    callers
}

fn token(app: &TestApp, user: &users::User) -> Credential {
    let lifetime = chrono::Duration::hours(1);
    Credential::Token(app.authenticator().issue_token(user, &app.home.row, lifetime))
}

async fn people(app: &TestApp) -> Vec<Caller> {
    let mut callers = Vec::new();
    for (name, role, words) in [
        ("owner", Role::Owner, "rwa"),
        ("admin", Role::Admin, "rwa"),
        ("member", Role::Member, "rw"),
        ("readonly", Role::Readonly, "r"),
    ] {
        let user = app.home.user(&format!("{name}@matrix.test"), role).await;
        callers.push(Caller {
            name,
            credential: token(app, &user),
            power: Some(Power {
                scopes: scopes(words),
                is_bound: false,
                is_person: true,
            }),
        });
    }
    let disabled = app.home.user("disabled@matrix.test", Role::Admin).await;
    let credential = token(app, &disabled);
    users::set_disabled(&app.home.op(), disabled.uuid, Standing::Disabled)
        .await
        .unwrap();
    callers.push(Caller {
        name: "a disabled admin",
        credential,
        power: None,
    });
    callers
}

async fn keys(home: &Workspace) -> Vec<Caller> {
    let mut callers = Vec::new();
    for (name, words, is_bound) in [
        ("key r", "r", false),
        ("key w", "w", false),
        ("key a", "a", false),
        ("key rw", "rw", false),
        ("key ra", "ra", false),
        ("key wa", "wa", false),
        ("key rwa", "rwa", false),
        ("bound key r", "r", true),
        ("bound key w", "w", true),
        ("bound key rw", "rw", true),
    ] {
        let scopes = scopes(words);
        let new = NewApiKey {
            project: is_bound.then_some(Ref::Uuid(home.project.uuid)),
            ..api_key(scopes, None)
        };
        let (_, key) = home.key_with(new).await;
        callers.push(Caller {
            name,
            credential: Credential::Key(key),
            power: Some(Power {
                scopes,
                is_bound,
                is_person: false,
            }),
        });
    }
    let (revoked, key) = home.key_with(api_key(Scopes::ALL, None)).await;
    api_keys::revoke(&home.op(), revoked.uuid).await.unwrap();
    callers.push(dead("a revoked key", key));
    callers
}

fn dead(name: &'static str, key: String) -> Caller {
    Caller {
        name,
        credential: Credential::Key(key),
        power: None,
    }
}

/// Keys end with their time and their people, and can do no more than those can now.
async fn keys_of_people(app: &TestApp) -> Vec<Caller> {
    let mut callers = Vec::new();
    for (name, fate, words) in [
        (
            "the key of a disabled admin",
            "UPDATE users SET disabled_at = created_at WHERE email = 'a@fate.test'",
            None,
        ),
        (
            "the key of somebody demoted",
            "UPDATE users SET role = 'readonly' WHERE email = 'b@fate.test'",
            Some("r"),
        ),
        (
            "an expired key",
            "UPDATE api_keys SET expires_at = created_at WHERE label = 'c@fate.test'",
            None,
        ),
    ] {
        let email = fate.split('\'').rev().nth(1).unwrap();
        let user = app.home.user(email, Role::Admin).await;
        let Credential::Token(token) = token(app, &user) else {
            continue;
        };
        let make = "mutation($label: String!) { createApiKey(input: { label: $label, scopes: [READ, WRITE, ADMIN] }) { key } }";
        let made = app.with_token(&token).data(make, json!({ "label": email })).await;
        let key = made["createApiKey"]["key"].as_str().unwrap().to_owned();
        app.db.execute(fate).await;
        callers.push(Caller {
            power: words.map(|words| Power {
                scopes: scopes(words),
                is_bound: false,
                is_person: false,
            }),
            ..dead(name, key)
        });
    }
    callers
}
