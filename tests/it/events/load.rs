//! Much to read, and readers who are slow: memory stays bounded, and whoever writes is not slowed down.

use std::time::Duration;

use leadgraph::domain::database::DatabaseTarget;
use serde_json::{Value, json};
use url::Url;

use super::listener::{Listener, Way};
use super::{Told, end, log, text, told, web_lead};
use crate::crash::bootstrap;
use crate::harness::binary::command;
use crate::harness::{Backend, Binary, Case, TestApp, TestDatabase, both, heavy, on_postgres};
use crate::outage::Wire;

pub fn cases() -> Vec<Case> {
    vec![
        both(large_events_are_read_a_few_at_a_time),
        both(histories_have_bounds),
        both(what_is_hidden_takes_nothing_away),
        both(an_event_knows_its_size),
        both(listeners_who_do_not_read_cost_little),
        on_postgres(who_listens_misses_nothing_while_the_database_is_away),
    ]
}

/// A lead that takes so many bytes.
async fn large_lead(app: &TestApp, bytes: usize) {
    let form = json!({
        "projectId": app.home.project.public_id,
        "userData": {"firstName": "Ada"},
        "formData": {"message": "x".repeat(bytes)},
    });
    app.leadtrackr().post(&form).await.expect(201);
}

const LARGE: &str = "query($after: String) { events(after: $after, first: 100) { position hasMore
    events { event { type subjectUuid changes { to } } } } }";

async fn large_events_are_read_a_few_at_a_time(app: TestApp) {
    const BYTES: usize = 150_000;
    let start = end(&app).await;
    let before = log(&app, app.home.id()).await.len();
    for _ in 0..18 {
        large_lead(&app, BYTES).await;
        web_lead(&app, "Small").await;
    }
    let all = log(&app, app.home.id()).await.split_off(before);
    let (mut read, mut after, mut more): (Vec<Told>, _, _) = (Vec::new(), start.clone(), true);
    while more {
        let answer = app.as_owner().graphql(LARGE, json!({"after": after})).await;
        assert!(answer.text.len() < 10 * BYTES, "{} bytes", answer.text.len());
        let feed = answer.data()["events"].clone();
        let events = feed["events"].as_array().unwrap();
        assert!(!events.is_empty() || feed["hasMore"] == false, "no step ahead");
        read.extend(events.iter().map(|event| told(&event["event"])));
        after = text(&feed["position"]);
        more = feed["hasMore"] == true;
    }
    assert_eq!(read, all);
    let query = "subscription($after: String) { leadEvents(after: $after) { event { type subjectUuid } } }";
    let mut listener = Listener::open(
        Way::Stream,
        app.address.port(),
        &app.home.token,
        query,
        json!({"after": start}),
    )
    .await;
    for event in all {
        let heard = listener.next().await.unwrap();
        assert_eq!(told(&heard["data"]["leadEvents"]["event"]), event);
    }
    app.settled().await;
}

/// Of one lead, and of many.
async fn histories_have_bounds(app: TestApp) {
    const BYTES: usize = 120_000;
    let form = |text: &str| {
        json!({
            "projectId": app.home.project.public_id,
            "userData": {"firstName": "Ada"},
            "formData": {"uniqueEventId": "one", "message": text.repeat(BYTES)},
        })
    };
    // Each event holds what was and what became.
    for number in 0..40 {
        let text = if number % 2 == 0 { "x" } else { "y" };
        app.leadtrackr().post(&form(text)).await.expect(201);
    }
    let query = "query($first: Int!) { leads { nodes { history(first: $first) { nodes { id type } } } } }";
    let some = app.as_owner().data(query, json!({"first": 10})).await;
    let events = some["leads"]["nodes"][0]["history"]["nodes"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(events.len(), 10);
    let refused = app.as_owner().graphql(query, json!({"first": 40})).await;
    assert_eq!(refused.code(), "LIMIT_EXCEEDED", "{} bytes", refused.text.len());
    let ids: Vec<&str> = events.iter().map(|event| event["id"].as_str().unwrap()).collect();
    let nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Event { type } } }";
    let some = app.as_owner().data(nodes, json!({"ids": ids})).await;
    assert_eq!(some["nodes"].as_array().unwrap().len(), 10);
}

/// Events that somebody cannot see leave those that they can.
async fn what_is_hidden_takes_nothing_away(app: TestApp) {
    let post = async |project: &str, bytes: usize| {
        let form =
            json!({"projectId": project, "userData": {"firstName": "Ada"}, "formData": {"m": "x".repeat(bytes)}});
        app.leadtrackr().post(&form).await.expect(201);
    };
    for _ in 0..45 {
        post(&app.home.other_project.public_id, 200_000).await;
    }
    post(&app.home.project.public_id, 10).await;
    let feed =
        "query($after: String) { events(after: $after, first: 100) { position hasMore events { event { id } } } }";
    let (mut ids, mut after, mut more) = (Vec::new(), Value::Null, true);
    while more {
        let page = app.as_owner().data(feed, json!({"after": after})).await["events"].clone();
        ids.extend(
            page["events"]
                .as_array()
                .unwrap()
                .iter()
                .map(|event| event["event"]["id"].clone()),
        );
        (after, more) = (page["position"].clone(), page["hasMore"] == true);
    }
    let nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    let refused = app.as_owner().graphql(nodes, json!({"ids": ids})).await;
    assert_eq!(refused.code(), "LIMIT_EXCEEDED", "{} bytes", refused.text.len());
    let found = app.with_key(&app.home.bound_key).data(nodes, json!({"ids": ids})).await["nodes"].clone();
    let found: Vec<Value> = found
        .as_array()
        .unwrap()
        .iter()
        .filter(|node| !node.is_null())
        .cloned()
        .collect();
    assert_eq!(found, [json!({"id": ids.last()})]);
}

async fn an_event_knows_its_size(app: TestApp) {
    large_lead(&app, 10_000).await;
    web_lead(&app, "Zoë").await;
    // A database may print a space behind each comma and colon.
    let text = "octet_length(CAST(changes AS TEXT))";
    let wrong = format!("SELECT count(*) FROM events WHERE size < 10 OR size > {text} OR size < {text} / 2");
    assert_eq!(app.number(&wrong).await, 0);
    assert_eq!(app.number("SELECT count(*) FROM events WHERE size > 10000").await, 1);
}

async fn listeners_who_do_not_read_cost_little(db: TestDatabase) {
    let (leads, listeners) = if heavy() { (5_000, 100) } else { (200, 2) };
    let access = bootstrap(&db);
    let server = Binary::start(command(&db, &["serve"])).await;
    let create = |name| access.work_of_leads(&server, name, leads);
    create("warm").await;
    let without = create("without").await;
    let before = server.resident();
    let port = Url::parse(&server.url("/")).unwrap().port().unwrap();
    let query =
        "subscription { leadEvents { position event { changes { field from to } } lead { id email tags { id } } } }";
    let mut open = Vec::new();
    for nth in 0..listeners {
        let way = if nth % 2 == 0 { Way::Socket } else { Way::Stream };
        open.push(Listener::open(way, port, &access.token, query, json!({})).await);
    }
    let with = create("with").await;
    let grown = server.resident().saturating_sub(before);
    eprintln!(
        "{leads} leads: {without} hundredths of a second without, {with} with {listeners} listeners; {grown} bytes more"
    );
    // The events are put into words for each of them, until they are seen not to read.
    assert!(with <= 5 * listeners / 2 * without.max(20), "{with} against {without}");
    assert!(grown < 64 * 1024 * 1024, "{grown} bytes");
    drop(open);
}

/// What was committed while one server had no database comes when it has one again, although nothing happens then.
async fn who_listens_misses_nothing_while_the_database_is_away(db: TestDatabase) {
    let mut url = Url::parse(&db.url()).unwrap();
    let wire = Wire::to(&url).await;
    url.set_host(Some("127.0.0.1")).unwrap();
    url.set_port(Some(wire.port)).unwrap();
    let mut app = TestApp::with(Backend::Postgres, |config| {
        config.database.acquire_timeout = Duration::from_secs(1);
        config.database.target = DatabaseTarget::Postgres(url.to_string());
    })
    .await;
    app.db = db;
    let other = app.beside().await;
    let start = end(&app).await;
    let before = log(&app, app.home.id()).await.len();
    let write = async |number: usize| {
        let url = format!("http://{}/api/leads/createServerSideLead", other.address);
        let form =
            json!({"projectId": app.home.project.public_id, "userData": {"firstName": format!("Lead {number}")}});
        let request = crate::harness::app::client().post(url);
        let request = request.header("x-api-key", &app.home.key).json(&form);
        assert_eq!(request.send().await.unwrap().status(), 201);
    };
    const QUERY: &str = "subscription($after: String) { leadEvents(after: $after) { event { type subjectUuid } } }";
    for number in 0..400 {
        write(number).await;
    }
    let now = json!({"after": end(&app).await});
    let mut idle = Listener::open(Way::Socket, app.address.port(), &app.home.token, QUERY, now).await;
    write(400).await;
    idle.next().await.expect("it is there, and waits for more");
    let mut listeners = Vec::new();
    for way in [Way::Socket, Way::Stream] {
        let variables = json!({"after": start});
        listeners.push(Listener::open(way, app.address.port(), &app.home.token, QUERY, variables).await);
    }
    let mut heard: Vec<Vec<Value>> = Vec::new();
    for listener in &mut listeners {
        heard.push(vec![listener.next().await.unwrap()]);
    }
    wire.cut();
    for (listener, heard) in listeners.iter_mut().zip(&mut heard) {
        while let Some(event) = listener.next_within(Duration::from_millis(300)).await {
            heard.push(event);
        }
        assert!(heard.len() < 400, "it was read before the cut");
    }
    for number in 401..411 {
        write(number).await;
    }
    wire.mend();
    let all = log(&app, app.home.id()).await.split_off(before);
    for event in &all[401..] {
        let heard = idle.next().await.unwrap();
        assert_eq!(told(&heard["data"]["leadEvents"]["event"]), *event);
    }
    for (listener, mut heard) in listeners.into_iter().zip(heard) {
        let mut listener = listener;
        while heard.len() < all.len() {
            heard.push(listener.next().await.unwrap());
        }
        let heard: Vec<Told> = heard
            .iter()
            .map(|answer| told(&answer["data"]["leadEvents"]["event"]))
            .collect();
        assert_eq!(heard, all);
    }
}
