//! GraphQL over HTTP: media types, statuses, credentials and limits, as clients of any make meet them.

use chrono::Duration;
use leadgraph::config::Introspection;
use leadgraph::domain::caller::Role;
use leadgraph::domain::tags::TagAssociation;
use leadgraph::domain::users::{self, Standing};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Backend, Case, Subject, TestApp, both, once};

pub fn cases() -> Vec<Case> {
    vec![
        once(a_request_that_is_no_request_is_refused_by_its_kind),
        once(answers_have_the_media_type_that_was_asked_for),
        once(get_asks_and_never_changes),
        once(a_document_that_costs_too_much_is_refused_before_it_runs),
        once(a_document_is_named_by_its_hash_once_it_was_sent),
        once(the_schema_is_told_to_whom_the_settings_say),
        once(a_remembered_document_is_judged_by_its_variables_each_time),
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
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        let answer = door.send(method, "").await.expect(405);
        assert_eq!(answer.header("allow"), Some("GET, POST"));
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

async fn get_asks_and_never_changes() {
    let app = TestApp::set_up(Backend::Sqlite).await;
    let key = app.home.key.clone();
    let get = async |pairs: &[(&str, &str)]| {
        let query: url::form_urlencoded::Serializer<'_, String> = url::form_urlencoded::Serializer::new(String::new());
        let query = pairs.iter().fold(query, |mut query, (name, value)| {
            query.append_pair(name, value);
            query
        });
        let path = format!("/graphql?{}", { query }.finish());
        app.route(&path)
            .without("content-type")
            .header("x-api-key", &key)
            .get()
            .await
    };
    let named = "query A($n: Int) { leads(first: $n) { totalCount } } query B { b: __typename }";
    let pairs = [
        ("query", named),
        ("operationName", "A"),
        ("variables", r#"{"n": 1}"#),
        ("extensions", "{}"),
    ];
    assert_eq!(get(&pairs).await.data(), json!({"leads": {"totalCount": 0}}));
    assert_eq!(
        get(&[("query", named), ("operationName", "B")]).await.data(),
        json!({"b": "Query"})
    );
    for pairs in [
        vec![],
        vec![("query", "")],
        vec![("query", "{ __typename }"), ("query", "{ __typename }")],
        vec![("query", "{ __typename }"), ("variables", "{")],
        vec![("query", "{ __typename }"), ("variables", "[]")],
    ] {
        let answer = get(&pairs).await.expect(400);
        assert_eq!(answer.code(), "BAD_REQUEST", "{pairs:?}");
    }
    let write = r#"mutation { createTag(input: { label: "x", association: LEAD }) { tag { id } } }"#;
    let answer = get(&[("query", write)]).await.expect(405);
    assert_eq!(answer.header("allow"), Some("POST"));
    // Whatever else stands in the document: it is the operation that counts.
    let both = format!(
        "query Q {{ __typename }} {}",
        write.replacen("mutation", "mutation M", 1)
    );
    get(&[("query", &both), ("operationName", "M")]).await.expect(405);
    assert_eq!(
        get(&[("query", &both), ("operationName", "Q")]).await.data(),
        json!({"__typename": "Query"})
    );
    assert_eq!(app.number("SELECT COUNT(*) FROM tags").await, 0);
    // A browser that brings cookies, and no header, is a stranger.
    let cookie = format!("key={key}; x-api-key={key}; authorization=Bearer {key}");
    let answer = app
        .route("/graphql?query={viewer{scopes}}")
        .header("cookie", &cookie)
        .get()
        .await;
    assert_eq!(answer.code(), "UNAUTHENTICATED");
}

async fn a_document_is_named_by_its_hash_once_it_was_sent() {
    let app = TestApp::set_up(Backend::Sqlite).await;
    let door = app.route("/graphql").header("x-api-key", &app.home.key);
    let named = |query: Option<&str>, hash: &str| {
        let persisted = json!({"persistedQuery": {"version": 1, "sha256Hash": hash}});
        json!({"query": query, "extensions": persisted})
    };
    // sha256 of the text, as any client computes it.
    let (text, hash) = (
        "{ __typename }",
        "7f56e67dd21ab3f30d1ff8b7bed08893f0a0db86449836189b361dd1e56ddb4b",
    );
    let unknown = door.post(&named(None, hash)).await.expect(200);
    assert_eq!(unknown.code(), "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(unknown.json()["errors"][0]["message"], "PersistedQueryNotFound");
    assert!(unknown.json().get("data").is_none());
    // A name that is not the text's is none, and nothing is remembered by it.
    let wrong = "0".repeat(64);
    assert_eq!(
        door.post(&named(Some(text), &wrong)).await.expect(400).code(),
        "BAD_REQUEST"
    );
    assert_eq!(
        door.post(&named(None, &wrong)).await.code(),
        "PERSISTED_QUERY_NOT_FOUND"
    );
    door.post(&named(Some(text), hash)).await.expect(200).data();
    assert_eq!(
        door.post(&named(None, hash)).await.data(),
        json!({"__typename": "Query"})
    );
    let extensions = named(None, hash)["extensions"].to_string().replace('"', "%22");
    let get = app.route(&format!("/graphql?extensions={extensions}")).get().await;
    assert_eq!(get.data(), json!({"__typename": "Query"}));
    // What the schema refuses is not remembered.
    let (text, hash) = (
        "{ nothing }",
        "919c0b7aa452b0b2fb42688461501bb8b0c3ef3b9d05ce7b9afd4f28bbe96ceb",
    );
    assert_ne!(door.post(&named(Some(text), hash)).await.status, 500);
    assert_eq!(door.post(&named(None, hash)).await.code(), "PERSISTED_QUERY_NOT_FOUND");
}

async fn the_schema_is_told_to_whom_the_settings_say() {
    for (setting, stranger, caller) in [
        (Introspection::Public, true, true),
        (Introspection::Authenticated, false, true),
        (Introspection::Off, false, false),
    ] {
        let app = TestApp::with(Backend::Sqlite, |config| config.introspection = setting).await;
        let questions = [
            "{ __schema { queryType { name } } }",
            "{ ...F } fragment F on Query { t: __type(name: \"Lead\") { name } }",
        ];
        for (asker, told) in [(app.anonymous(), stranger), (app.as_owner(), caller)] {
            for question in questions {
                let answer = asker.graphql(question, json!({})).await;
                assert_eq!(
                    answer.json().get("data").is_some(),
                    told,
                    "{setting:?}: {}",
                    answer.text
                );
            }
            // Asked again it is remembered for those who may, and refused to those who may not.
            let misspelt = "{ leed { id } tags(frist: 1) { totalCount } viewer @skip(iff: true) { scopes } }";
            let answer = asker.graphql(misspelt, json!({})).await;
            assert_eq!(answer.code(), "GRAPHQL_VALIDATION_FAILED");
            assert_eq!(
                answer.text.contains("Did you mean"),
                told,
                "{setting:?}: {}",
                answer.text
            );
            assert_eq!(
                asker.data("{ __typename }", json!({})).await,
                json!({"__typename": "Query"})
            );
        }
        let many: String = (0..100).map(|number| format!("nothing{number} ")).collect();
        let answer = app
            .as_owner()
            .graphql(&format!("{{ viewer {{ {many} }} }}"), json!({}))
            .await;
        assert_eq!(answer.json()["errors"].as_array().unwrap().len(), 20);
    }
}

async fn a_remembered_document_is_judged_by_its_variables_each_time() {
    let app = TestApp::set_up(Backend::Sqlite).await;
    app.home.tag("One", TagAssociation::Lead).await;
    let query = "query($n: Int, $s: Boolean!) { tags @skip(if: $s) { nodes { leads(first: $n) { totalCount } } } }";
    for _ in 0..2 {
        for (variables, good) in [
            (json!({"n": 1, "s": false}), true),
            (json!({"n": 1.5, "s": false}), false),
            (json!({"n": 1, "s": "no"}), false),
            (json!({"n": 1}), false),
        ] {
            let answer = app.as_owner().graphql(query, variables.clone()).await;
            match good {
                true => assert!(answer.data()["tags"].is_object(), "{variables}"),
                false => assert_eq!(
                    answer.code(),
                    "GRAPHQL_VALIDATION_FAILED",
                    "{variables}: {}",
                    answer.text
                ),
            }
        }
    }
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
        let answer = app.anonymous().graphql(&document, json!({})).await;
        assert!(answer.json()["errors"].is_array(), "{}", answer.text);
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
    let schema = app.as_owner().data(introspection, json!({})).await;
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
    // No credential at all may ask whether anybody is there and nothing else.
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
