//! The commands, through the real binary.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::crash::bootstrap;
use crate::harness::binary::{bare_command, command, json_of, output, scratch_file};
use crate::harness::{Answer, Backend, Binary, Case, Subject, TestDatabase, both, once, root};

pub fn cases() -> Vec<Case> {
    vec![
        once(every_bad_setting_gets_one_clear_line),
        once(the_schema_is_printed),
        once(a_sqlite_database_and_its_secret_are_private),
        once(a_backup_is_whole_and_private),
        both_empty(many_migrations_at_once_do_not_collide),
        both(what_bootstrap_makes_opens_every_door),
        both(keys_and_tokens_of_the_command_line_work_until_they_are_taken_back),
        both(the_doctor_finds_nothing_wrong_and_says_what_is),
        both(nothing_personal_is_logged),
    ]
}

fn both_empty<T: Future<Output = ()>>(test: impl Fn(Empty) -> T + Copy + Send + 'static) -> Case {
    both(test)
}

/// A database without tables.
struct Empty(TestDatabase);

impl Subject for Empty {
    async fn set_up(backend: Backend) -> Self {
        Self(TestDatabase::empty(backend).await)
    }
}

async fn every_bad_setting_gets_one_clear_line() {
    let mut command = bare_command(&["serve"]);
    for (name, value) in [
        ("DATABASE_URL", "mysql://user:hunter2@host/db"),
        ("LEADGRAPH_LISTEN", "nowhere"),
        ("LEADGRAPH_PAGE_MAX", "many"),
        ("LEADGRAPH_SECRET", "hunter2"),
        ("LEADGRAPH_GRAPHIQL", "perhaps"),
    ] {
        command.env(name, value);
    }
    let refused = output(&mut command);
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(said.lines().count(), 5, "{said}");
    for name in [
        "DATABASE_URL",
        "LEADGRAPH_LISTEN",
        "LEADGRAPH_PAGE_MAX",
        "LEADGRAPH_SECRET",
        "LEADGRAPH_GRAPHIQL",
    ] {
        assert!(said.contains(name), "{name}: {said}");
    }
    assert!(!said.contains("hunter2"), "{said}");
}

async fn the_schema_is_printed() {
    let printed = output(&mut bare_command(&["schema"]));
    let published = std::fs::read(root().join("schema.graphql")).unwrap();
    assert!(printed.status.success() && printed.stdout == published);
}

async fn a_sqlite_database_and_its_secret_are_private() {
    let file = scratch_file("fresh.db");
    let mut serve = bare_command(&["serve", "--database-url", file.to_str().unwrap()]);
    serve.current_dir(file.parent().unwrap());
    let server = Binary::start(serve).await;
    let mut files = 0;
    for entry in std::fs::read_dir(file.parent().unwrap()).unwrap() {
        let entry = entry.unwrap();
        files += 1;
        assert_eq!(
            entry.metadata().unwrap().permissions().mode() & 0o777,
            0o600,
            "{:?}",
            entry.path()
        );
    }
    assert!(files >= 2, "a database and a secret");
    drop(server);
}

async fn a_backup_is_whole_and_private() {
    let db = TestDatabase::set_up(Backend::Sqlite).await;
    let access = bootstrap(&db);
    let server = Binary::serve(&db).await;
    let body = json!({"projectId": access.project, "userData": {"email": "a@b.co"}});
    server
        .post("/api/leads/createServerSideLead", ("x-api-key", &access.key), &body)
        .await
        .expect(201);
    let copy = scratch_file("copy.db");
    let path = copy.to_str().unwrap();
    json_of(&mut command(&db, &["backup", path, "--json"]));
    assert_eq!(std::fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(
        !output(&mut command(&db, &["backup", path])).status.success(),
        "never over another file"
    );
    drop(server);
    let mut serve = command(&db, &["serve"]);
    serve.env("DATABASE_URL", path);
    let restored = Binary::start(serve).await;
    let query = json!({"query": "{ leads { nodes { email } } }"});
    let answer = restored.post("/graphql", ("x-api-key", &access.key), &query).await;
    assert_eq!(answer.data(), json!({"leads": {"nodes": [{"email": "a@b.co"}]}}));
}

async fn many_migrations_at_once_do_not_collide(Empty(db): Empty) {
    let run = |_| {
        let mut command = command(&db, &["migrate", "--json"]);
        std::thread::spawn(move || output(&mut command))
    };
    let running: Vec<_> = (0..5).map(run).collect();
    for command in running {
        let output = command.join().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(db.number("SELECT count(*) FROM leads").await, 0);
}

async fn what_bootstrap_makes_opens_every_door(db: TestDatabase) {
    let access = bootstrap(&db);
    let server = Binary::serve(&db).await;
    let body = json!({"projectId": access.project, "userData": {"email": "a@b.co"}});
    let route = "/api/leads/createServerSideLead";
    server.post(route, ("x-api-key", &access.key), &body).await.expect(201);
    server
        .post(route, ("x-api-key", &access.read_only_key), &body)
        .await
        .expect(403);
    let bearer = format!("Bearer {}", access.token);
    let query = json!({"query": "{ viewer { user { email } scopes workspace { name } } leads { nodes { email } } }"});
    let data = server.post("/graphql", ("authorization", &bearer), &query).await.data();
    assert_eq!(data["viewer"]["user"]["email"], "owner@acme.test");
    assert_eq!(data["viewer"]["workspace"]["name"], "Acme");
    assert_eq!(data["leads"]["nodes"][0]["email"], "a@b.co");
    let read = json!({"query": "{ leads { nodes { email } } }"});
    server
        .post("/graphql", ("x-api-key", &access.read_only_key), &read)
        .await
        .data();
}

async fn keys_and_tokens_of_the_command_line_work_until_they_are_taken_back(db: TestDatabase) {
    bootstrap(&db);
    let server = Binary::serve(&db).await;
    let within = ["--workspace", "Acme", "--json"];
    let run = |arguments: &[&str]| json_of(&mut command(&db, &[arguments, &within].concat()));
    let viewer = json!({"query": "{ viewer { workspace { name } } }"});
    let try_it = async |credential: &str| {
        let header = format!("Bearer {credential}");
        server.post("/graphql", ("authorization", &header), &viewer).await
    };
    let key = run(&["api-key", "create", "CRM"]);
    let (secret, uuid) = (find(&key, "key"), find(&key, "uuid"));
    try_it(&secret).await.data();
    run(&["api-key", "revoke", &uuid]);
    run(&["user", "create", "new@acme.test"]);
    let token = find(&run(&["token", "issue", "--user", "new@acme.test"]), "token");
    try_it(&token).await.data();
    run(&["user", "disable", "new@acme.test"]);
    // Five seconds is what a key may still be believed.
    tokio::time::sleep(std::time::Duration::from_millis(5_500)).await;
    for credential in [&secret, &token] {
        assert_eq!(try_it(credential).await.code(), "UNAUTHENTICATED");
    }
}

/// The text member of this name, wherever it is.
fn find(value: &Value, name: &str) -> String {
    fn search(value: &Value, name: &str) -> Option<String> {
        match value {
            Value::Object(members) => {
                let here = members.get(name).and_then(Value::as_str).map(str::to_owned);
                here.or_else(|| members.values().find_map(|member| search(member, name)))
            }
            Value::Array(items) => items.iter().find_map(|item| search(item, name)),
            _ => None,
        }
    }
    search(value, name).unwrap_or_else(|| panic!("no {name} in {value}"))
}

async fn the_doctor_finds_nothing_wrong_and_says_what_is(db: TestDatabase) {
    let healthy = output(&mut command(&db, &["doctor", "--json"]));
    let found = String::from_utf8(healthy.stdout).unwrap();
    assert!(healthy.status.success(), "{found}");
    let mut ill = command(&db, &["doctor", "--json"]);
    ill.env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none");
    let ill = output(&mut ill);
    assert_eq!(ill.status.code(), Some(1), "{}", String::from_utf8_lossy(&ill.stdout));
}

async fn nothing_personal_is_logged(db: TestDatabase) {
    let access = bootstrap(&db);
    let mut serve = command(&db, &["serve"]);
    serve.env("LEADGRAPH_LOG", "debug").env("LEADGRAPH_LOG_FORMAT", "json");
    let server = Binary::start(serve).await;
    let body = json!({"projectId": access.project, "userData": {"email": "secret-lead@b.co"}});
    let route = "/api/leads/createServerSideLead?email=secret-query@b.co";
    let answer = server.post(route, ("x-api-key", &access.key), &body).await.expect(201);
    let id = answer.header("x-request-id").unwrap().to_owned();
    let query = json!({"query": "query($x: String!) { lead(by: { uniqueIdentifier: $x }) { id } }", "variables": {"x": "secret-variable"}});
    server
        .post(
            "/graphql",
            ("authorization", &format!("Bearer {}", access.token)),
            &query,
        )
        .await
        .data();
    let request = server
        .client()
        .post(server.url("/api/v1/leads"))
        .bearer_auth(&access.key)
        .body("secret-body");
    Answer::of(request.send().await.unwrap()).await.expect(400);
    server.terminate();
    let (_, log) = server.wait();
    assert!(log.contains(&id), "the request is in the log by its id");
    assert!(log.contains("/api/leads/createServerSideLead"));
    for secret in ["secret-", &access.key, &access.token, "secret that is long"] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}
