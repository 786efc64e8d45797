use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, HeaderName};
use chrono::DateTime;
use uuid::Uuid;

use super::headers::{Credential, credentials};
use super::*;
use crate::domain::caller::Role;
use crate::domain::workspaces::DedupePolicy;

fn headers(given: &[(&'static str, &'static str)]) -> HeaderMap {
    let named = |(name, value): &(&'static str, &'static str)| (HeaderName::from_static(name), value.parse().unwrap());
    given.iter().map(named).collect()
}

#[test]
fn authorization_schemes_are_known_in_any_case() {
    let parsed = |value| Authorization::parse(value).map(|parsed| (parsed.scheme, parsed.credential));
    for (value, expected) in [
        ("Bearer k", Some((Scheme::Bearer, "k"))),
        ("bEARER   k ", Some((Scheme::Bearer, "k"))),
        ("Api-Key k", Some((Scheme::ApiKey, "k"))),
        ("API-KEY\tk", Some((Scheme::ApiKey, "k"))),
        ("Bearer", None),
        ("Bearer ", None),
        ("Basic k", None),
        ("k", None),
        ("", None),
    ] {
        assert_eq!(parsed(value), expected, "{value}");
    }
}

#[test]
fn graphql_reads_both_headers() {
    let read = |given: &[(&'static str, &'static str)]| {
        let headers = headers(given);
        let credentials = credentials(&headers).map_err(|_| ())?;
        Ok(credentials
            .iter()
            .map(|credential| format!("{credential:?}"))
            .collect::<Vec<_>>())
    };
    let key = |key| format!("{:?}", Credential::ApiKey(key));
    let token = |token| format!("{:?}", Credential::Token(token));
    assert_eq!(read(&[]), Ok(vec![]));
    assert_eq!(read(&[("authorization", " "), ("x-api-key", "")]), Ok(vec![]));
    assert_eq!(read(&[("x-api-key", "k")]), Ok(vec![key("k")]));
    assert_eq!(read(&[("authorization", "Bearer k")]), Ok(vec![key("k")]));
    assert_eq!(read(&[("authorization", "Bearer a.b.c")]), Ok(vec![token("a.b.c")]));
    assert_eq!(read(&[("authorization", "Api-Key a.b.c")]), Ok(vec![key("a.b.c")]));
    assert_eq!(
        read(&[("authorization", "Bearer k"), ("x-api-key", "k")]),
        Ok(vec![key("k")])
    );
    let two = read(&[("authorization", "Bearer a.b.c"), ("x-api-key", "k")]);
    assert_eq!(two, Ok(vec![token("a.b.c"), key("k")]));
    assert_eq!(
        read(&[("x-api-key", "1"), ("x-api-key", "2"), ("x-api-key", "3")]),
        Err(())
    );
    assert_eq!(read(&[("authorization", "Basic k")]), Err(()));
    assert_eq!(read(&[("authorization", "Bearer")]), Err(()));
}

#[test]
fn a_shim_reads_one_value_of_one_header() {
    let read = |given: &[(&'static str, &'static str)]| {
        let headers = headers(given);
        single(&headers, &AUTHORIZATION).map(str::to_owned)
    };
    assert!(matches!(read(&[]), Err(AuthError::Missing)));
    assert!(matches!(read(&[("authorization", "  ")]), Err(AuthError::Missing)));
    assert!(matches!(read(&[("x-api-key", "k")]), Err(AuthError::Missing)));
    assert_eq!(read(&[("authorization", " k ")]).unwrap(), "k");
    assert_eq!(read(&[("authorization", "k"), ("authorization", "k")]).unwrap(), "k");
    let different = read(&[("authorization", "k"), ("authorization", "l")]);
    assert!(matches!(different, Err(AuthError::Invalid)));
}

#[test]
fn a_person_may_what_the_role_allows_unless_disabled() {
    let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    let workspace = Workspace {
        id: 3,
        uuid: Uuid::from_u128(3),
        name: "w".into(),
        dedupe_policy: DedupePolicy::Email,
        enforce_required_fields: true,
        version: 1,
        created_at: at,
        updated_at: at,
    };
    let mut user = User {
        workspace_id: 3,
        id: 5,
        uuid: Uuid::from_u128(5),
        email: "a@b.co".into(),
        email_folded: "a@b.co".into(),
        first_name: None,
        last_name: None,
        role: Role::Readonly,
        external_subject: None,
        disabled_at: None,
        version: 1,
        created_at: at,
        updated_at: at,
    };
    let caller = person(&user, &workspace).unwrap();
    assert_eq!((caller.workspace_id, caller.scopes), (3, Scopes::READ));
    user.disabled_at = Some(at);
    assert!(matches!(person(&user, &workspace), Err(AuthError::Invalid)));
}
