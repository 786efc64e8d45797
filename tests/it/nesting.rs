//! Hostile documents against the real binary: each is refused clearly, and the process lives.

use serde_json::{Value, json};

use crate::harness::binary::command;
use crate::harness::{Answer, Backend, Binary, Case, Subject, TestDatabase, once};

pub fn cases() -> Vec<Case> {
    vec![
        once(documents_nested_to_any_depth_are_refused_and_the_process_lives),
        once(bodies_nested_to_any_depth_are_refused_by_every_door),
    ]
}

const DEPTHS: &[usize] = &[500, 1_000, 1_600, 2_000, 3_000, 4_000, 6_000, 8_000, 100_000];

async fn serve() -> (TestDatabase, Binary) {
    let db = TestDatabase::set_up(Backend::Sqlite).await;
    let mut serve = command(&db, &["serve"]);
    // They would run out before the documents do.
    serve.env("LEADGRAPH_RATE_POINTS_ANONYMOUS", "off");
    let binary = Binary::start(serve).await;
    (db, binary)
}

async fn documents_nested_to_any_depth_are_refused_and_the_process_lives() {
    let (_db, mut server) = serve().await;
    for &depth in DEPTHS {
        for (open, close) in [("[", "]"), ("{k:", "}"), ("[{k:", "}]"), ("[\n#]\n", "]")] {
            let literal = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            let unfinished = open.repeat(depth);
            let selection = format!("{}a{}", "{a".repeat(depth), "}".repeat(depth));
            for query in [
                format!("{{a(x:{literal})}}"),
                format!("{{a(x:{unfinished}"),
                format!("query($x:X={literal}){{a(x:$x)}}"),
                format!("{{__typename @skip(if:{literal})}}"),
                format!("query($x:{}Int{}){{a(x:$x)}}", "[".repeat(depth), "]".repeat(depth)),
                selection,
            ] {
                let answer = server
                    .post("/graphql", ("accept", "*/*"), &json!({"query": query}))
                    .await;
                let first: String = query.chars().take(30).collect();
                is_refused(&answer, &format!("{depth} × {first}"));
            }
        }
    }
    let strings = format!("{{ __typename @skip(if: false) # {} \n}}", "[".repeat(8_000));
    let answer = server
        .post("/graphql", ("accept", "*/*"), &json!({"query": strings}))
        .await;
    assert_eq!(
        answer.data(),
        json!({"__typename": "Query"}),
        "brackets in a comment are no nesting"
    );
    assert!(server.is_alive());
}

fn is_refused(answer: &Answer, what: &str) {
    assert!(
        [200, 400, 413].contains(&answer.status),
        "{what}: {} {}",
        answer.status,
        answer.text
    );
    let message = &answer.json()["errors"][0]["message"];
    let message = message.as_str().unwrap_or_else(|| panic!("{what}: {}", answer.text));
    assert!(!message.contains('\n'), "{what}: {message}");
    assert!(
        answer.json()["errors"][0]["extensions"]["code"].is_string(),
        "{what}: {}",
        answer.text
    );
}

async fn bodies_nested_to_any_depth_are_refused_by_every_door() {
    let (_db, mut server) = serve().await;
    let key = crate::crash::bootstrap(&_db);
    for &depth in DEPTHS {
        let nested = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        let form = format!(
            r#"{{"projectId":"{}","userData":{{"email":"a@b.co","x":{nested}}}}}"#,
            key.project
        );
        let lead = format!(r#"{{"associationType":"campaigns","email":"a@b.co","powerups":{{"x":{nested}}}}}"#);
        let query = format!(r#"{{"query":"{{__typename}}","variables":{{"x":{nested}}}}}"#);
        for (path, header, body) in [
            ("/api/leads/createServerSideLead", ("x-api-key", key.key.clone()), form),
            ("/api/v1/leads", ("authorization", format!("Bearer {}", key.key)), lead),
            ("/graphql", ("x-api-key", key.key.clone()), query),
        ] {
            let request = server.client().post(server.url(path)).header(header.0, header.1);
            let request = request.header("content-type", "application/json").body(body);
            let answer = Answer::of(request.send().await.unwrap()).await;
            // One that is too deep, or holds too much.
            assert!(
                [400, 413].contains(&answer.status),
                "{path} {depth}: {} {}",
                answer.status,
                answer.text
            );
            assert!(answer.json() != Value::Null);
        }
    }
    assert!(server.is_alive());
}
