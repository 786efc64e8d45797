//! What the auditor graphql-cop looks for, asked as it asks: without credentials, of a server as it comes. One of its
//! findings is meant to be there (queries by GET, which the specification allows: no cookie counts here, so that a page
//! cannot ask on anybody's behalf), and one goes with `LEADGRAPH_GRAPHIQL=off`.

use reqwest::RequestBuilder;
use reqwest::header::ACCEPT;
use serde_json::{Value, json};

use super::Siege;
use crate::harness::Answer;

/// As many as the auditor sends, and what it hopes to be answered.
fn checks() -> Vec<(&'static str, String)> {
    let aliases: String = (0..101).map(|at| format!("alias{at}:__typename \n")).collect();
    vec![
        ("alias overloading", format!("query {{ {aliases} }}")),
        ("field duplication", format!("query {{ {} }}", "__typename \n".repeat(500))),
        ("introspection", "query { __schema { types { name fields { name } } } }".into()),
        (
            "circular introspection",
            "query { __schema { types { fields { type { fields { type { fields { type { fields { type { name } } } } } } } } } } }"
                .into(),
        ),
        (
            "circular fragment",
            "query { __schema { ...A } } fragment A on __Schema { __typename ...B } fragment B on __Schema { ...A }".into(),
        ),
        ("an error that nobody expected", "qwerty cop { abc }".into()),
        ("field suggestions", "query { __schema { directive } }".into()),
        ("field suggestions", "query { lead { i } lads { id } }".into()),
    ]
}

/// What it sends by POST as JSON, as a stranger or with a key.
async fn overload(siege: &Siege, key: Option<&str>) {
    let post = async |body: Value| {
        let request = siege.server.client().post(siege.server.url("/graphql")).json(&body);
        sent(
            key.into_iter()
                .fold(request, |request, key| request.header("x-api-key", key)),
        )
        .await
    };
    for (check, query) in checks() {
        let answer = post(json!({"query": query})).await;
        let body = answer.json();
        assert!(
            body.get("data").is_none() && body["errors"].is_array(),
            "{check}: {body}"
        );
        tells_nothing(check, &answer);
    }
    let directives = post(json!({"query": "query { __typename @aa@aa@aa@aa@aa@aa@aa@aa@aa@aa }"})).await;
    let errors = directives.json()["errors"].as_array().map_or(0, Vec::len);
    assert!(errors < 10, "directive overloading: {}", directives.text);
    let batch = post(json!(vec![json!({"query": "query { __typename }"}); 11])).await;
    assert_eq!(batch.expect(400).code(), "BAD_REQUEST", "batches");
    let normal = post(json!({"query": "query { __typename }"})).await.expect(200);
    assert_eq!(normal.json(), json!({"data": {"__typename": "Query"}}), "no tracing");
}

/// A front end's key is no help to it, where the schema is not told to anybody.
pub async fn an_auditor_with_a_key_finds_nothing() {
    let siege = Siege::with(&[("LEADGRAPH_INTROSPECTION", "off"), ("LEADGRAPH_GRAPHIQL", "off")]).await;
    overload(&siege, Some(&siege.access.key)).await;
}

pub async fn an_auditor_finds_nothing() {
    let siege = Siege::begin().await;
    overload(&siege, None).await;

    let by_get = async |query: &str| {
        let url = url::Url::parse_with_params(&siege.server.url("/graphql"), [("query", query)]).unwrap();
        sent(
            siege
                .server
                .client()
                .get(url)
                .header("cookie", format!("token={}", siege.access.token)),
        )
        .await
    };
    assert_eq!(
        by_get("mutation {__typename}").await.expect(405).json().get("data"),
        None,
        "a mutation by GET"
    );
    assert_eq!(
        by_get("{ viewer { scopes } }").await.code(),
        "UNAUTHENTICATED",
        "on nobody's behalf"
    );

    // A form on a foreign page.
    let url = siege.server.url("/graphql");
    for content_type in [
        "application/x-www-form-urlencoded",
        "text/plain",
        "multipart/form-data; boundary=x",
        "",
    ] {
        let form = siege.server.client().post(&url).header("content-type", content_type);
        let answer = sent(form.body("query=query%20%7B__typename%7D")).await.expect(415);
        assert_eq!(answer.json().get("data"), None, "{content_type}");
    }
    let form = siege
        .server
        .client()
        .post(format!("{url}?query=query%20%7B__typename%7D"));
    sent(form).await.expect(415);
}

pub async fn an_auditor_finds_no_page_where_there_is_to_be_none() {
    let siege = Siege::with(&[("LEADGRAPH_GRAPHIQL", "off")]).await;
    for path in [
        "/graphiql",
        "/playground",
        "/console",
        "/graphql",
        "/altair",
        "/voyager",
        "/",
    ] {
        let page = siege.server.client().get(siege.server.url(path));
        let answer = sent(page.header(ACCEPT, "text/html,*/*")).await;
        let text = answer.text.to_lowercase();
        assert!(
            !text.contains("graphiql") && !text.contains("playground"),
            "{path}: {text}"
        );
        assert!(path == "/" || answer.status >= 400, "{path}: {}", answer.status);
    }
}

async fn sent(request: RequestBuilder) -> Answer {
    Answer::of(request.send().await.unwrap()).await
}

fn tells_nothing(check: &str, answer: &Answer) {
    let text = answer.text.to_lowercase();
    for word in [
        "did you mean",
        "exception",
        "stacktrace",
        "tracing",
        ".rs",
        "panicked",
        "sql",
    ] {
        assert!(!text.contains(word), "{check}: {text}");
    }
}
