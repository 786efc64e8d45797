//! Api keys: made, recognised, ended.

use std::time::Duration;

use chrono::TimeDelta;
use leadgraph::domain::api_keys::{self, ApiKey, NewApiKey};
use leadgraph::domain::caller::{Caller, Door, Principal, Scope, Scopes};
use leadgraph::domain::error::ProblemCode;
use leadgraph::domain::op::Op;
use leadgraph::domain::page::PageRequest;
use leadgraph::domain::projects::{self, NewProject};
use leadgraph::domain::users::{self, Role, Standing};
use leadgraph::domain::{Clock, Ref};

use super::{Ground, forbidden, not_found, path, problems};
use crate::harness::{Case, both};

pub fn cases() -> Vec<Case> {
    vec![
        both(a_key_stands_for_its_caller),
        both(a_key_is_nowhere_to_be_read_again),
        both(a_busy_key_costs_no_statement),
        both(a_revoked_or_expired_key_is_unknown),
        both(a_persons_key_can_do_no_more_than_the_person),
        both(a_bound_key_administers_nothing),
        both(keys_are_made_with_what_the_maker_has),
    ]
}

fn key(scopes: Scopes) -> NewApiKey {
    NewApiKey {
        label: "Website".into(),
        scopes,
        project: None,
        expires_at: None,
    }
}

async fn identify(ground: &Ground, key: &str) -> Option<Caller> {
    api_keys::identify(&ground.services, key).await.unwrap()
}

async fn make(op: &Op, new: NewApiKey) -> (ApiKey, String) {
    let made = api_keys::create(op, new).await.unwrap();
    (made.row, made.secret.unwrap())
}

async fn a_key_stands_for_its_caller(ground: Ground) {
    let (row, secret) = make(&ground.here(), key(Scopes::READ_WRITE)).await;
    let caller = identify(&ground, &secret).await.unwrap();
    let expected = Caller {
        workspace_id: ground.ours.id,
        principal: Principal::ApiKey {
            id: row.id,
            uuid: row.uuid,
            user_id: None,
        },
        scopes: Scopes::READ_WRITE,
        project_id: None,
    };
    assert_eq!(caller, expected);
    for unknown in ["", "a\0b", &secret.to_uppercase(), &row.uuid.to_string()] {
        assert_eq!(identify(&ground, unknown).await, None, "{unknown}");
    }
    let all = api_keys::list(&ground.here(), PageRequest::first(9)).await.unwrap();
    assert_eq!(all.items.len(), 1);
    assert!(
        api_keys::by_uuids(&ground.there(), &[row.uuid])
            .await
            .unwrap()
            .is_empty()
    );
    let reader = ground.with_scopes(Scopes::READ, None);
    assert_eq!(
        forbidden(api_keys::list(&reader, PageRequest::first(9)).await),
        Scope::Admin
    );
}

async fn a_key_is_nowhere_to_be_read_again(ground: Ground) {
    let (row, secret) = make(&ground.here(), key(Scopes::READ)).await;
    assert_eq!(row.key_prefix, secret[..8]);
    assert!(!format!("{row:?}").contains(&secret));
    let rows = ground.database.rows("SELECT * FROM api_keys").await;
    let index = ground.database.rows("SELECT * FROM api_key_index").await;
    let events = ground.database.rows("SELECT * FROM events").await;
    let stored = format!("{rows:?} {index:?} {events:?}");
    assert!(
        stored.contains(&row.key_prefix) && !stored.contains(&secret[8..]),
        "{stored}"
    );
    assert!(!format!("{events:?}").contains("hash"));
}

async fn a_busy_key_costs_no_statement(ground: Ground) {
    let (row, secret) = make(&ground.here(), key(Scopes::READ)).await;
    identify(&ground, &secret).await.unwrap();
    let used = format!(
        "SELECT count(*) FROM api_keys WHERE id = {} AND last_used_at IS NOT NULL",
        row.id
    );
    let mut tries = 0;
    while ground.database.number(&used).await == 0 {
        tries += 1;
        assert!(tries < 500, "the use was never noted");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let before = ground.services.database().statements();
    for _ in 0..100 {
        identify(&ground, &secret).await.unwrap();
    }
    assert_eq!(ground.services.database().statements(), before);
    assert_eq!(ground.events(&ground.ours, "api_key.created").await, 1);
}

async fn a_revoked_or_expired_key_is_unknown(ground: Ground) {
    let op = ground.here();
    let (row, secret) = make(&op, key(Scopes::READ)).await;
    identify(&ground, &secret).await.unwrap();
    assert_eq!(
        not_found(api_keys::revoke(&ground.there(), row.uuid).await),
        path(&["apiKey"])
    );
    let revoked = api_keys::revoke(&op, row.uuid).await.unwrap();
    assert!(revoked.revoked_at.is_some());
    assert_eq!(identify(&ground, &secret).await, None);
    let again = api_keys::revoke(&op, row.uuid).await.unwrap();
    assert_eq!((again.revoked_at, again.version), (revoked.revoked_at, 2));
    assert_eq!(ground.events(&ground.ours, "api_key.revoked").await, 1);

    let soon = op.now() + TimeDelta::minutes(1);
    let lasting = NewApiKey {
        expires_at: Some(soon),
        ..key(Scopes::READ)
    };
    let (_, secret) = make(&op, lasting.clone()).await;
    identify(&ground, &secret).await.unwrap();
    let later = ground.services.clone().with_clock(Clock::Fixed(soon));
    assert_eq!(api_keys::identify(&later, &secret).await.unwrap(), None);
    let past = NewApiKey {
        expires_at: Some(op.now()),
        ..lasting
    };
    let expected = [(ProblemCode::Invalid, path(&["expiresAt"]))];
    assert_eq!(problems(api_keys::create(&op, past).await), expected);
}

async fn a_persons_key_can_do_no_more_than_the_person(ground: Ground) {
    let owner = ground.user("owner@example.com", Role::Owner).await;
    let (row, secret) = make(&ground.acting(&owner), key(Scopes::ALL)).await;
    assert_eq!(row.user_id, Some(owner.id));
    let caller = identify(&ground, &secret).await.unwrap();
    // A key that it makes is the same person's.
    let as_key = Op::new(ground.services.clone(), caller, Door::Graphql);
    let (other, _) = make(&as_key, key(Scopes::READ)).await;
    assert_eq!(other.user_id, Some(owner.id));
    let owners_by_key = users::create(&as_key, super::new_user("x@example.com", Role::Owner)).await;
    assert_eq!(forbidden(owners_by_key), Scope::Admin);

    let sql = format!("UPDATE users SET role = 'readonly' WHERE id = {}", owner.id);
    ground.database.execute(&sql).await;
    let remembered = identify(&ground, &secret).await.unwrap();
    assert_eq!(remembered.scopes, Scopes::ALL);
    tokio::time::sleep(Duration::from_millis(5_100)).await;
    let demoted = identify(&ground, &secret).await.unwrap();
    assert_eq!(demoted.scopes, Scopes::READ);
    users::set_disabled(&ground.here(), owner.uuid, Standing::Disabled)
        .await
        .unwrap();
    assert_eq!(identify(&ground, &secret).await, None);
}

async fn a_bound_key_administers_nothing(ground: Ground) {
    let op = ground.here();
    let new = NewProject {
        name: "Site".into(),
        public_id: None,
    };
    let site = projects::create(&op, new.clone()).await.unwrap();
    let bound = NewApiKey {
        project: Some(Ref::Uuid(site.uuid)),
        ..key(Scopes::READ_WRITE)
    };
    let (row, secret) = make(&op, bound.clone()).await;
    assert_eq!(row.project_id, Some(site.id));
    assert_eq!(identify(&ground, &secret).await.unwrap().project_id, Some(site.id));
    let admin = NewApiKey {
        scopes: Scopes::ALL,
        ..bound.clone()
    };
    let expected = [(ProblemCode::Invalid, path(&["scopes"]))];
    assert_eq!(problems(api_keys::create(&op, admin).await), expected);
    assert_eq!(
        not_found(api_keys::create(&ground.there(), bound).await),
        path(&["project"])
    );
    let inside = ground.with_scopes(Scopes::ALL, Some(site.id));
    assert_eq!(
        forbidden(api_keys::create(&inside, key(Scopes::READ)).await),
        Scope::Admin
    );
    assert_eq!(forbidden(api_keys::revoke(&inside, row.uuid).await), Scope::Admin);
    assert_eq!(forbidden(projects::create(&inside, new).await), Scope::Admin);
}

async fn keys_are_made_with_what_the_maker_has(ground: Ground) {
    let narrow = Scopes {
        admin: true,
        read: true,
        write: false,
    };
    let narrow = ground.with_scopes(narrow, None);
    assert_eq!(
        forbidden(api_keys::create(&narrow, key(Scopes::READ_WRITE)).await),
        Scope::Write
    );
    make(&narrow, key(Scopes::READ)).await;
    let member = ground.user("member@example.com", Role::Member).await;
    assert_eq!(
        forbidden(api_keys::create(&ground.acting(&member), key(Scopes::READ)).await),
        Scope::Admin
    );
    let useless = api_keys::create(&ground.here(), key(Scopes::default())).await;
    assert_eq!(problems(useless), [(ProblemCode::Missing, path(&["scopes"]))]);
}
