//! What callers may ask for: points, bad credentials, origins; and what the server tells of itself.

use serde_json::{Value, json};

use crate::harness::app::client;
use crate::harness::binary::command;
use crate::harness::{Backend, Binary, Case, Socket, Subject, TestApp, TestDatabase, once};

pub fn cases() -> Vec<Case> {
    vec![
        once(each_caller_has_points_of_their_own),
        once(what_an_answer_does_not_hold_is_given_back),
        once(reading_the_schema_costs_points),
        once(an_operation_that_may_cost_too_much_is_not_begun),
        once(strangers_share_the_points_of_their_address),
        once(bad_credentials_run_out_and_good_ones_go_on),
        once(signed_tokens_are_no_guesses),
        once(refused_documents_cost_those_who_send_them),
        once(what_is_no_request_costs_what_was_read),
        once(large_messages_are_paid_for),
        once(a_trusted_proxy_says_whose_request_it_is),
        once(pages_of_allowed_origins_use_graphql),
        once(metrics_count_on_a_listener_of_their_own),
    ]
}

async fn limited(change: impl FnOnce(&mut leadgraph::config::Config)) -> TestApp {
    TestApp::with(Backend::Sqlite, change).await
}

async fn each_caller_has_points_of_their_own() {
    let app = limited(|config| config.rates.callers = Some(25)).await;
    let tags = app.journeybee_at("tags");
    for left in ["15", "5"] {
        let answer = tags.get().await.expect(200);
        assert_eq!(answer.header("ratelimit-policy"), Some("\"points\";q=25;w=60"));
        let standing = answer.header("ratelimit").unwrap();
        assert!(standing.starts_with(&format!("\"points\";r={left};t=")), "{standing}");
    }
    let refused = tags.get().await.expect(429);
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    // Five points are missing; one comes back every 2.4 seconds.
    assert!((1..=13).contains(&wait), "{wait}");
    assert_eq!(refused.json()["error"], "Too many requests");
    let query = "{ viewer { workspace { name } } }";
    let key = app.home.key.clone();
    let refused = app
        .with_key(&key)
        .graphql("{ tags { totalCount } leads { nodes { id } } }", json!({}))
        .await;
    assert_eq!(refused.code(), "RATE_LIMITED", "one caller, whatever the door");
    assert_eq!(
        app.with_key(&app.home.bound_key).graphql(query, json!({})).await.data()["viewer"]["workspace"]["name"],
        "Acme"
    );
    let bound = app.leadtrackr().key(&app.home.bound_key);
    let mut last = Value::Null;
    for _ in 0..3 {
        last = bound.post(&json!({"projectId": "nothing"})).await.json();
    }
    assert_eq!(last, json!({"message": "Too many requests"}));
}

async fn what_an_answer_does_not_hold_is_given_back() {
    let app = limited(|config| config.rates.callers = Some(10_000)).await;
    let ask = json!({"query": "{ tags(first: 100) { nodes { id leads(first: 50) { nodes { id } } } } }",
        "extensions": {"cost": true}});
    let answer = app.as_owner().post(ask).await;
    let cost = &answer.json()["extensions"]["cost"];
    assert_eq!(cost["predicted"], 1 + 100 * (1 + 1 + 50));
    let used = cost["used"].as_u64().unwrap();
    assert!(used < 100, "{cost}");
    // Some may have come back since.
    assert!(cost["remaining"].as_u64().unwrap() >= 10_000 - used, "{cost}");
    let plain = app.as_owner().graphql("{ __typename }", json!({})).await;
    assert_eq!(plain.json().get("extensions"), None, "only for those who ask");
}

/// Little as tools do it, and much where every type comes a hundred times.
async fn reading_the_schema_costs_points() {
    let app = limited(|_| {}).await;
    let cost = async |query: &str| {
        let ask = json!({"query": query, "extensions": {"cost": true}});
        let answer = app.as_owner().post(ask).await;
        answer.json()["extensions"]["cost"]["predicted"].as_u64().unwrap()
    };
    let bare = cost("{ __typename }").await;
    let one = cost("{ __typename __schema { queryType { name } } }").await;
    assert!((bare + 7..bare + 12).contains(&one), "{bare} and {one}");
    let all = cost("{ __schema { types { fields { type { fields { name } } } } } }").await;
    assert!((1_500..1_510).contains(&all), "{all}");
}

async fn an_operation_that_may_cost_too_much_is_not_begun() {
    let app = limited(|config| config.limits.operation_cost = 1_000).await;
    let before = app.statements();
    let query = "{ tags(first: 100) { nodes { leads(first: 50) { nodes { id } } } } }";
    let refused = app.as_owner().graphql(query, json!({})).await.expect(400);
    assert_eq!(refused.code(), "LIMIT_EXCEEDED");
    let message = refused.json()["errors"][0]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("5201 points; at most 1000"), "{message}");
    // Whoever asks is looked up, and nothing else.
    assert!(app.statements() - before <= 2);
    // A variable is as large in each place where it stands.
    let many: Vec<String> = (0..9_000).map(|number| number.to_string()).collect();
    let places: String = (0..40)
        .map(|number| format!("a{number}: leads(first: 0, filter: $f) {{ totalCount }} "))
        .collect();
    let query = format!("query($f: LeadFilter) {{ {places} }}");
    let refused = app
        .as_owner()
        .graphql(&query, json!({"f": {"email": {"in": many}}}))
        .await;
    assert_eq!(refused.code(), "LIMIT_EXCEEDED");
}

async fn strangers_share_the_points_of_their_address() {
    let app = limited(|config| config.rates.strangers = Some(3)).await;
    for _ in 0..3 {
        app.anonymous().graphql("{ __typename }", json!({})).await.expect(200);
    }
    let refused = app.anonymous().graphql("{ __typename }", json!({})).await.expect(429);
    assert_eq!(refused.code(), "RATE_LIMITED");
    assert!(refused.header("retry-after").is_some());
    app.as_owner().graphql("{ __typename }", json!({})).await.expect(200);
}

async fn bad_credentials_run_out_and_good_ones_go_on() {
    let app = limited(|config| config.rates.failures = Some(3)).await;
    app.leadtrackr().post(&json!({})).await.expect(400);
    let bad = "00000000-0000-4000-8000-000000000000";
    let tags = app.journeybee_at("tags");
    tags.clone().key(bad).get().await.expect(401);
    app.leadtrackr().key(bad).post(&json!({})).await.expect(401);
    app.with_key(bad).graphql("{ __typename }", json!({})).await.expect(401);
    let before = app.statements();
    tags.clone().key(bad).get().await.expect(429);
    app.leadtrackr().key(bad).post(&json!({})).await.expect(429);
    let refused = app.with_key(bad).graphql("{ __typename }", json!({})).await.expect(429);
    assert_eq!(refused.code(), "RATE_LIMITED");
    assert_eq!(app.statements(), before, "nothing is looked up any more");
    app.with_key(&app.home.read_only_key)
        .graphql("{ __typename }", json!({}))
        .await
        .expect(429);
    app.leadtrackr().post(&json!({})).await.expect(400);
    app.anonymous().graphql("{ __typename }", json!({})).await.expect(200);
}

async fn signed_tokens_are_no_guesses() {
    let app = limited(|config| config.rates.failures = Some(3)).await;
    let status = async |token: &str| {
        let answer = app.with_token(token).graphql("{ __typename }", json!({})).await;
        answer.status
    };
    let token = |seconds| {
        let lifetime = chrono::Duration::seconds(seconds);
        app.authenticator()
            .issue_token(&app.home.owner, &app.home.row, lifetime)
    };
    let expired = token(-60);
    for _ in 0..10 {
        assert_eq!(status(&expired).await, 401, "a client that has slept guesses nothing");
    }
    let forged = expired[..expired.len() - 2].to_owned() + "xx";
    for _ in 0..3 {
        assert_eq!(status(&forged).await, 401);
    }
    assert_eq!(status(&forged).await, 429);
    let fresh = token(77);
    assert_eq!(status(&fresh).await, 200, "whoever shares the address comes in");
    assert_eq!(status(&expired).await, 401);
}

async fn refused_documents_cost_those_who_send_them() {
    // One comes back in a second.
    let app = limited(|config| config.rates.strangers = Some(60)).await;
    let mut spent = 0;
    let mut ask = async |query: &str, points: u64| {
        let answer = app.anonymous().graphql(query, json!({})).await;
        let standing = answer.header("ratelimit").unwrap();
        let left = standing.split(['=', ';']).nth(2).unwrap();
        let left: u64 = left.parse().unwrap();
        spent += points;
        let expected = 60_u64.saturating_sub(spent);
        assert!((expected..expected + 3).contains(&left), "{query:.40}: {standing}");
        answer.status
    };
    ask("{ __typename }", 1).await;
    ask("{ nothing }", 5).await;
    // The parser's work, too, and that of looking at variables.
    ask("{", 5).await;
    ask("query($a: Int!) { leads(first: $a) { totalCount } }", 5).await;
    let long = format!("{{ {} }}", "nothing ".repeat(500));
    ask(&long, 5 + 8).await;
    // The last points are taken as far as they are there.
    let huge = format!("{{ a(b: \"{}\") }}", "x".repeat(40_000));
    ask(&huge, 5 + 80).await;
    assert_eq!(ask("{ __typename }", 1).await, 429);
}

async fn what_is_no_request_costs_what_was_read() {
    let app = limited(|config| config.rates.strangers = Some(60)).await;
    let post = async |body: serde_json::Value| app.anonymous().post(body).await;
    let junk = post(json!({"junk": "x".repeat(10_000)})).await.expect(400);
    let standing = junk.header("ratelimit").unwrap().to_owned();
    // 5, and 1 for each 500 bytes.
    assert!(
        ["r=35", "r=36", "r=37"].iter().any(|left| standing.contains(left)),
        "{standing}"
    );
    post(json!([])).await.expect(400);
    post(json!({"junk": "x".repeat(20_000)})).await.expect(400);
    // Nobody reads any more of it.
    let large = json!({"junk": "x".repeat(900_000)});
    assert_eq!(post(large).await.expect(429).code(), "RATE_LIMITED");
}

async fn large_messages_are_paid_for() {
    let app = limited(|config| config.rates.strangers = Some(60)).await;
    let mut socket = Socket::open(app.address.port(), "/graphql").await;
    socket.say(json!({"type": "connection_init"})).await;
    assert_eq!(socket.hear().await["type"], "connection_ack");
    for _ in 0..100 {
        socket.say(json!({"type": "ping"})).await;
        assert_eq!(socket.hear().await["type"], "pong");
    }
    let large = json!({"type": "ping", "payload": {"x": "x".repeat(85_000)}});
    socket.say(large.clone()).await;
    assert_eq!(socket.hear().await["type"], "pong");
    socket.say(large).await;
    assert_eq!(socket.closed().await, 1013);
}

async fn a_trusted_proxy_says_whose_request_it_is() {
    for (trusted, status) in [("127.0.0.0/8", 200), ("10.0.0.0/8", 429)] {
        let app = limited(|config| {
            config.rates.strangers = Some(1);
            config.http.trusted_proxies = vec![trusted.parse().unwrap()];
        })
        .await;
        let from = |address: &str| app.anonymous().header("x-forwarded-for", address);
        from("198.51.100.1")
            .graphql("{ __typename }", json!({}))
            .await
            .expect(200);
        from("198.51.100.2")
            .graphql("{ __typename }", json!({}))
            .await
            .expect(status);
        from("198.51.100.1")
            .graphql("{ __typename }", json!({}))
            .await
            .expect(429);
    }
}

async fn pages_of_allowed_origins_use_graphql() {
    let app = limited(|config| {
        let origins = vec!["https://app.example.com".to_owned()];
        config.http.cors = leadgraph::config::CorsConfig::Origins(origins);
    })
    .await;
    let closed = limited(|_| {}).await;
    let asks = async |app: &TestApp, origin: &str| {
        let before = app
            .route("/graphql")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,idempotency-key")
            .send(reqwest::Method::OPTIONS, "")
            .await;
        let answer = app
            .as_owner()
            .header("origin", origin)
            .graphql("{ __typename }", json!({}))
            .await;
        let allowed = "access-control-allow-origin";
        (
            before.header(allowed).map(str::to_owned),
            answer.header(allowed).map(str::to_owned),
        )
    };
    let good = "https://app.example.com";
    let yes = Some(good.to_owned());
    assert_eq!(asks(&app, good).await, (yes.clone(), yes));
    assert_eq!(asks(&app, "https://evil.example.com").await, (None, None));
    assert_eq!(asks(&closed, good).await, (None, None), "none by default");
}

async fn metrics_count_on_a_listener_of_their_own() {
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let database = TestDatabase::set_up(Backend::Sqlite).await;
    let mut serve = command(&database, &["serve"]);
    serve.env("LEADGRAPH_METRICS_LISTEN", free.to_string());
    let server = Binary::start(serve).await;
    server
        .post("/api/leads/createServerSideLead", ("x-api-key", "bad"), &json!({}))
        .await
        .expect(401);
    let there = client().get(format!("http://{free}/metrics")).send().await.unwrap();
    let text = there.text().await.unwrap();
    let counted = "leadgraph_requests_total{door=\"leadtrackr\",status=\"401\"} 1";
    assert!(text.contains(counted), "{text}");
    for name in [
        "leadgraph_request_duration_seconds_bucket{le=\"0.001\",door=\"leadtrackr\"}",
        "leadgraph_points_total",
        "leadgraph_database_connections ",
    ] {
        assert!(text.contains(name), "{name}: {text}");
    }
    let here = client().get(server.url("/metrics")).send().await.unwrap();
    assert_eq!(here.status(), 404, "not where clients are");
}
