//! GraphQL over HTTP: media types, statuses, credentials and limits, as clients of any make meet them.

use chrono::Duration;
use leadgraph::domain::caller::Role;
use leadgraph::domain::users::{self, Standing};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Backend, Case, Subject, TestApp, both, once};

pub fn cases() -> Vec<Case> {
    vec![
        once(a_request_that_is_no_request_is_refused_by_its_kind),
        once(answers_have_the_media_type_that_was_asked_for),
        once(a_document_that_costs_too_much_is_refused_before_it_runs),
        once(errors_say_nothing_of_the_inside),
        both(credentials_count_in_every_form_and_only_if_they_agree),
        both(a_token_is_believed_as_long_as_it_is_good),
        both(a_person_may_do_what_their_role_says_now),
    ]
}

const JSON: &str = "application/json";
const MEDIA: &str = "application/graphql-response+json";

async fn a_request_that_is_no_request_is_refused_by_its_kind() {
    let app = TestApp::set_up(Backend::Sqlite).await;
    let door = app.route("/graphql");
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH] {
        let answer = door.send(method, "").await.expect(405);
        assert_eq!(answer.header("allow"), Some("POST"));
    }
    let typename = json!({"query": "{ __typename }"});
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
    ] {
        door.clone()
            .header("content-type", content_type)
            .post(&typename)
            .await
            .expect(415);
    }
    door.clone().without("content-type").post(&typename).await.expect(415);
    door.clone()
        .header("content-type", "application/json;charset=utf-8")
        .post(&typename)
        .await
        .expect(200);
    for body in [
        json!({}),
        json!([{"query": "{ __typename }"}]),
        json!({"query": 5}),
        json!({"query": null}),
        json!({"query": "{ __typename }", "variables": "x"}),
        json!({"query": "{ __typename }", "variables": []}),
        json!({"query": "{ __typename }", "operationName": 5}),
        json!("x"),
    ] {
        let answer = door.post(&body).await.expect(400);
        assert_eq!(answer.code(), "BAD_REQUEST", "{body}");
        assert!(answer.json().get("data").is_none(), "{body}");
    }
    for body in ["", "{", "nonsense"] {
        assert_eq!(door.post_raw(body).await.expect(400).code(), "BAD_REQUEST");
    }
    door.post_raw(format!(r#"{{"query":"{}"}}"#, " ".repeat(1024 * 1024)))
        .await
        .expect(413);
}

async fn answers_have_the_media_type_that_was_asked_for() {
    let app = TestApp::set_up(Backend::Sqlite).await;
    let media = |text: &str| text.split(';').next().unwrap().to_owned();
    let good = json!({"query": "{ __typename }"});
    for (accept, expected) in [
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (MEDIA, MEDIA),
        ("application/graphql-response+json, application/json;q=0.9", MEDIA),
        ("application/json, application/graphql-response+json;q=0.5", JSON),
        ("text/html, application/json;q=0.1", JSON),
    ] {
        let answer = app
            .route("/graphql")
            .header("accept", accept)
            .post(&good)
            .await
            .expect(200);
        assert_eq!(media(answer.header("content-type").unwrap()), expected, "{accept}");
    }
    app.route("/graphql")
        .header("accept", "text/html")
        .post(&good)
        .await
        .expect(406);
    // Refused as a whole: 400 for those who understand it, 200 for older clients; never a `data` member.
    for (query, variables) in [
        ("{", json!({})),
        ("{ nothing }", json!({})),
        ("query($id: ID!) { node(id: $id) { id } }", json!({})),
        ("query($id: ID!) { node(id: $id) { id } }", json!({"id": null})),
        (
            "query($first: Int) { leads(first: $first) { totalCount } }",
            json!({"first": "x"}),
        ),
        ("query A { __typename } query B { __typename }", json!({})),
    ] {
        let body = json!({"query": query, "variables": variables});
        for (accept, status) in [(MEDIA, 400), (JSON, 200)] {
            let answer = app.route("/graphql").header("accept", accept).post(&body).await;
            assert_eq!(answer.status, status, "{query}: {}", answer.text);
            assert!(answer.json().get("data").is_none(), "{}", answer.text);
            let message = answer.json()["errors"][0]["message"].as_str().unwrap().to_owned();
            assert!(!message.contains('\n') && !answer.code().is_empty(), "{}", answer.text);
        }
    }
    let named = json!({"query": "query A { a: __typename } query B { b: __typename }", "operationName": "B"});
    assert_eq!(app.anonymous().post(named).await.data(), json!({"b": "Query"}));
}

async fn a_document_that_costs_too_much_is_refused_before_it_runs() {
    let app = TestApp::set_up(Backend::Sqlite).await;
    // Fragments that contain each other eight times on seven levels: 563 bytes, two million fields.
    let mut bomb = "query { ...f0 }".to_owned();
    for level in 0..7 {
        bomb += &format!(
            " fragment f{level} on Query {{ {} }}",
            format!("...f{} ", level + 1).repeat(8)
        );
    }
    bomb += " fragment f7 on Query { __typename }";
    let aliases: String = (0..3_000).map(|nth| format!("a{nth}: __typename ")).collect();
    let cycle = "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }".to_owned();
    let documents = [
        bomb,
        format!("{{ {aliases} }}"),
        cycle,
        format!("{{ __typename {} }}", "#".repeat(70_000)),
    ];
    for document in documents {
        let started = std::time::Instant::now();
        let answer = app.anonymous().graphql(&document, json!({})).await;
        assert!(answer.json()["errors"].is_array(), "{}", answer.text);
        assert!(
            started.elapsed() < std::time::Duration::from_secs(2),
            "{:?}",
            started.elapsed()
        );
    }
    // What tools ask first is within every limit.
    let introspection = "query IntrospectionQuery { __schema { description queryType { name kind } mutationType { name kind }
        subscriptionType { name kind } types { ...FullType } directives { name description isRepeatable locations
        args(includeDeprecated: true) { ...InputValue } } } }
        fragment FullType on __Type { kind name description specifiedByURL isOneOf
        fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue } type { ...TypeRef }
        isDeprecated deprecationReason } inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef }
        enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } }
        fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason }
        fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
        ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }";
    let schema = app.anonymous().data(introspection, json!({})).await;
    assert!(schema["__schema"]["types"].as_array().unwrap().len() > 50);
}

async fn errors_say_nothing_of_the_inside() {
    let app = TestApp::set_up(Backend::Sqlite).await;
    app.db.execute("ALTER TABLE tags RENAME TO lost").await;
    let answer = app
        .as_owner()
        .graphql("{ tags { nodes { id } } viewer { workspace { name } } }", json!({}))
        .await;
    assert_eq!(answer.code(), "INTERNAL", "{}", answer.text);
    let body = answer.json();
    assert_eq!(body["data"]["tags"], Value::Null);
    assert_eq!(
        body["data"]["viewer"]["workspace"]["name"], "Acme",
        "the other fields are answered"
    );
    let lower = answer.text.to_lowercase();
    assert!(
        !lower.contains("sql") && !lower.contains("no such table"),
        "{}",
        answer.text
    );
    assert!(
        answer.text.contains(answer.header("x-request-id").unwrap()),
        "{}",
        answer.text
    );
}

async fn credentials_count_in_every_form_and_only_if_they_agree(app: TestApp) {
    let viewer = json!({"query": "{ viewer { scopes } }"});
    let (key, other, token) = (&app.home.key, &app.home.read_only_key, &app.home.token);
    let bearer = |credential: &str| format!("Bearer {credential}");
    let door = app.route("/graphql");
    for route in [
        door.clone().header("x-api-key", key),
        door.clone().header("authorization", &bearer(key)),
        door.clone().header("authorization", &format!("Api-Key {key}")),
        door.clone().header("authorization", &format!("bearer {token}")),
        door.clone()
            .header("authorization", &bearer(key))
            .header("x-api-key", key),
    ] {
        assert!(route.post(&viewer).await.data()["viewer"]["scopes"].is_array());
    }
    for route in [
        door.clone()
            .header("authorization", &bearer(key))
            .header("x-api-key", other),
        door.clone()
            .header("authorization", &bearer(token))
            .header("x-api-key", key),
        door.clone()
            .header("authorization", &bearer(key))
            .header("x-api-key", "wrong"),
        door.clone().header("authorization", "Bearer wrong"),
        door.clone().header("authorization", "Basic eDp5"),
        door.clone().header("x-api-key", "wrong"),
    ] {
        let answer = route.post(&viewer).await.expect(401);
        assert_eq!(answer.code(), "UNAUTHENTICATED");
    }
    // No credential at all may look at the schema and nothing else.
    assert_eq!(
        door.post(&json!({"query": "{ __typename }"})).await.data(),
        json!({"__typename": "Query"})
    );
    assert_eq!(door.post(&viewer).await.code(), "UNAUTHENTICATED");
}

async fn a_token_is_believed_as_long_as_it_is_good(app: TestApp) {
    let works = async |token: &str| {
        app.with_token(token)
            .graphql("{ viewer { scopes } }", json!({}))
            .await
            .status
            == 200
    };
    let issue = |lifetime| {
        app.authenticator()
            .issue_token(&app.home.owner, &app.home.row, lifetime)
    };
    assert!(works(&issue(Duration::minutes(1))).await);
    assert!(!works(&issue(Duration::minutes(-1))).await, "expired");
    let good = issue(Duration::minutes(1));
    let (head, signature) = good.rsplit_once('.').unwrap();
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    assert!(!works(&format!("{head}.{flipped}{}", &signature[1..])).await, "forged");
    assert!(!works(&format!("{head}.")).await, "not signed");
    // {"alg":"none"}
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", good.split('.').nth(1).unwrap());
    assert!(!works(&unsigned).await, "signed by nobody");
    let stranger = app.workspace("Stranger").await;
    let crossed = app
        .authenticator()
        .issue_token(&app.home.owner, &stranger.row, Duration::minutes(1));
    assert!(!works(&crossed).await, "of a person who is not in that workspace");
}

async fn a_person_may_do_what_their_role_says_now(app: TestApp) {
    let attempt = async |token: &str, query: &str| app.with_token(token).graphql(query, json!({})).await;
    let write = r#"mutation { createTag(input: { label: "@", association: LEAD }) { tag { id } } }"#;
    let admin = "{ apiKeys { totalCount } }";
    for (role, writes, administers) in [
        (Role::Owner, true, true),
        (Role::Admin, true, true),
        (Role::Member, true, false),
        (Role::Readonly, false, false),
    ] {
        let user = app.home.user(&format!("{role:?}@acme.test"), role).await;
        let token = app
            .authenticator()
            .issue_token(&user, &app.home.row, Duration::minutes(1));
        assert!(attempt(&token, "{ leads { totalCount } }").await.data()["leads"].is_object());
        let write = write.replace('@', &format!("{role:?}"));
        let wrote = attempt(&token, &write).await;
        assert_eq!(wrote.json().get("errors").is_none(), writes, "{role:?}: {}", wrote.text);
        let administered = attempt(&token, admin).await;
        assert_eq!(
            administered.json().get("errors").is_none(),
            administers,
            "{role:?}: {}",
            administered.text
        );
        users::set_disabled(&app.home.op(), user.uuid, Standing::Disabled)
            .await
            .unwrap();
        attempt(&token, "{ leads { totalCount } }").await.expect(401);
    }
}
