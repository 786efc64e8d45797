//! The change feed over HTTP.

use std::time::{Duration, Instant};

use leadgraph::domain::caller::Role;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{Told, end, lead_id, log, text, told, web_lead};
use crate::harness::app::client;
use crate::harness::{Backend, Case, Subject, TestApp, both, heavy, once};

pub fn cases() -> Vec<Case> {
    vec![
        both(a_reader_sees_every_event_once_and_in_order_while_many_write),
        both(who_waits_asks_for_nothing_else),
        both(a_position_is_of_its_own_workspace),
        both(the_position_moves_on_where_nothing_is_found),
        both(who_waits_is_answered_when_something_happens),
        both(who_waits_is_answered_before_their_time_is_over),
        both(who_waits_and_is_locked_out_meanwhile_hears_nothing),
        once(so_many_may_wait),
        both(a_key_of_one_project_reads_of_that_project),
        both(a_page_of_events_costs_a_fixed_number_of_statements),
    ]
}

const FEED: &str = "query($after: String, $first: Int, $wait: Int! = 0) {
    events(after: $after, first: $first, waitSeconds: $wait) {
        position hasMore events { position event { type subjectUuid } } } }";

/// Writers of several kinds, each of whose transactions overlaps with the others'.
async fn a_reader_sees_every_event_once_and_in_order_while_many_write(app: TestApp) {
    let (writers, each) = if heavy() { (16, 200) } else { (8, 15) };
    let start = end(&app).await;
    let before = log(&app, app.home.id()).await.len();
    let mut writing = JoinSet::new();
    for writer in 0..writers {
        let url = app.url("/graphql");
        let token = app.home.token.clone();
        let project = app.home.project.public_id.clone();
        writing.spawn(async move {
            let client = client();
            let send = async |body: Value| {
                let request = client.post(&url).header("authorization", format!("Bearer {token}"));
                let answer: Value = request.json(&body).send().await.unwrap().json().await.unwrap();
                assert!(answer["errors"].is_null(), "{answer}");
                answer["data"].clone()
            };
            for number in 0..each {
                // Half of them fight for the same few leads.
                let id = if writer % 2 == 0 {
                    format!("{writer}-{number}")
                } else {
                    format!("shared-{}", number % 5)
                };
                let create = "mutation($input: CreateServerSideLeadInput!) {
                    createServerSideLead(input: $input) { lead { id } userErrors { message } } }";
                let input = json!({"projectId": project, "formData": {"uniqueEventId": id}, "userData": {"firstName": format!("{writer} {number}")}});
                let made = send(json!({"query": create, "variables": {"input": input}})).await;
                let lead = made["createServerSideLead"]["lead"]["id"].clone();
                let note = "mutation($lead: ID!) { addLeadNote(input: {leadId: $lead, text: \"n\"}) { note { id } } }";
                send(json!({"query": note, "variables": {"lead": lead}})).await;
            }
        });
    }
    let mut done = false;
    let mut read: Vec<Told> = Vec::new();
    let mut after = start;
    loop {
        let variables = json!({"after": after, "first": 7, "wait": if done { 0 } else { 1 }});
        let feed = app.as_owner().data(FEED, variables).await["events"].clone();
        let events = feed["events"].as_array().unwrap();
        read.extend(events.iter().map(|event| told(&event["event"])));
        after = text(&feed["position"]);
        if let Some(last) = events.last() {
            assert!(feed["hasMore"] == true || last["position"].is_string());
        }
        if done && events.is_empty() && feed["hasMore"] == false {
            break;
        }
        while let Some(ended) = writing.try_join_next() {
            ended.unwrap();
        }
        done |= writing.is_empty();
    }
    let all = log(&app, app.home.id()).await.split_off(before);
    assert!(all.len() >= writers * each, "{}", all.len());
    assert_eq!(read, all);
}

async fn who_waits_asks_for_nothing_else(app: TestApp) {
    for query in [
        "{ events(waitSeconds: 1) { position } tags { totalCount } }",
        "{ a: events(waitSeconds: 1) { position } b: events { position } }",
        "{ ...F } fragment F on Query { events(waitSeconds: 1) { position } }",
    ] {
        let refused = app.as_owner().graphql(query, json!({})).await;
        assert_eq!(refused.code(), "BAD_USER_INPUT", "{query}");
    }
    let many: Vec<&str> = std::iter::repeat_n("LEAD_CREATED", 35_000).collect();
    let query = "query($types: [EventType!]) { events(types: $types) { position } }";
    app.as_owner().data(query, json!({"types": many})).await;
}

async fn a_position_is_of_its_own_workspace(app: TestApp) {
    let other = app.workspace("Other").await;
    let theirs = app
        .with_token(&other.token)
        .data("{ events(first: 1) { end } }", json!({}))
        .await;
    let theirs = text(&theirs["events"]["end"]);
    let own = end(&app).await;
    let cut = &own[1..];
    for wrong in [theirs.as_str(), "", "42", cut] {
        let answer = app.as_owner().graphql(FEED, json!({"after": wrong})).await;
        assert_eq!(answer.code(), "BAD_USER_INPUT", "{wrong}: {}", answer.text);
    }
    // Of a log that has been set back.
    web_lead(&app, "Ada").await;
    let ahead = end(&app).await;
    app.db.execute("DELETE FROM events WHERE lead_id IS NOT NULL").await;
    app.db
        .execute("UPDATE workspace_counters SET position = position - 1")
        .await;
    let answer = app.as_owner().graphql(FEED, json!({"after": ahead})).await;
    assert_eq!(answer.code(), "BAD_USER_INPUT", "{}", answer.text);
    for wrong in [
        json!({"first": 0}),
        json!({"first": 101}),
        json!({"wait": 21}),
        json!({"wait": -1}),
    ] {
        let answer = app.as_owner().graphql(FEED, wrong).await;
        assert_eq!(answer.code(), "BAD_USER_INPUT", "{}", answer.text);
    }
}

async fn the_position_moves_on_where_nothing_is_found(app: TestApp) {
    let after = end(&app).await;
    for label in ["a", "b"] {
        app.home.lead_tag(label).await;
    }
    web_lead(&app, "Ada").await;
    let query = "query($after: String, $filter: LeadFilter) { events(after: $after, filter: $filter) {
        position hasMore end events { position } } }";
    let filter = json!({"firstName": {"in": ["Bob"]}});
    let feed = app
        .as_owner()
        .data(query, json!({"after": after, "filter": filter}))
        .await["events"]
        .clone();
    assert_eq!(feed["events"], json!([]));
    assert_eq!(feed["position"], feed["end"]);
    assert_ne!(feed["position"], after);
    assert_eq!(feed["hasMore"], false);
}

/// Also by another server, which PostgreSQL tells of it.
async fn who_waits_is_answered_when_something_happens(app: TestApp) {
    let other = app.beside().await;
    for port in [app.address.port(), other.address.port()] {
        let after = end(&app).await;
        let started = Instant::now();
        let wait = async {
            let body = json!({"query": FEED, "variables": {"after": after, "wait": 20}});
            let request = client()
                .post(format!("http://127.0.0.1:{port}/graphql"))
                .header("authorization", format!("Bearer {}", app.home.token));
            let answer: Value = request.json(&body).send().await.unwrap().json().await.unwrap();
            answer["data"]["events"].clone()
        };
        let write = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            web_lead(&app, "Ada").await;
        };
        let (feed, ()) = tokio::join!(wait, write);
        assert_eq!(feed["events"].as_array().unwrap().len(), 1, "{feed}");
        let took = started.elapsed();
        assert!(
            (Duration::from_millis(300)..Duration::from_secs(15)).contains(&took),
            "{took:?}"
        );
    }
    let after = end(&app).await;
    let started = Instant::now();
    let feed = app.as_owner().data(FEED, json!({"after": after, "wait": 1})).await["events"].clone();
    assert_eq!((&feed["events"], &feed["position"]), (&json!([]), &json!(after)));
    assert!(started.elapsed() >= Duration::from_secs(1));
}

async fn who_waits_and_is_locked_out_meanwhile_hears_nothing(app: TestApp) {
    let person = app.home.user("brief@acme.test", Role::Readonly).await;
    let hour = chrono::Duration::hours(1);
    let token = app.authenticator().issue_token(&person, &app.home.row, hour);
    let after = end(&app).await;
    let waiting = app.with_token(&token);
    let wait = waiting.graphql(FEED, json!({"after": after, "wait": 20}));
    let write = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let disabled = format!("UPDATE users SET disabled_at = created_at WHERE id = {}", person.id);
        app.db.execute(&disabled).await;
        web_lead(&app, "Ada").await;
    };
    let (answer, ()) = tokio::join!(wait, write);
    assert_eq!(answer.code(), "FORBIDDEN", "{}", answer.text);
}

/// As many as may keep a connection open.
async fn so_many_may_wait() {
    let app = TestApp::with(Backend::Sqlite, |config| config.sockets.per_caller = 2).await;
    let after = end(&app).await;
    let owner = app.as_owner();
    let wait = async || {
        let began = Instant::now();
        owner.data(FEED, json!({"after": after, "wait": 6})).await;
        began.elapsed() >= Duration::from_secs(5)
    };
    let (first, second, third) = tokio::join!(wait(), wait(), wait());
    let waited = [first, second, third].into_iter().filter(|waited| *waited).count();
    assert_eq!(waited, 2, "the third is answered at once");
}

async fn a_key_of_one_project_reads_of_that_project(app: TestApp) {
    let own = lead_id(&app, web_lead(&app, "Ada").await).await;
    let elsewhere = json!({"projectId": app.home.other_project.public_id, "userData": {"firstName": "Bob"}});
    let other = app.leadtrackr().post(&elsewhere).await.expect(201).json()["leadId"]
        .as_i64()
        .unwrap();
    for lead in [&own, &lead_id(&app, other).await] {
        let note = "mutation($lead: ID!) { addLeadNote(input: {leadId: $lead, text: \"n\"}) { note { id } } }";
        app.as_owner().data(note, json!({"lead": lead})).await;
    }
    let query = "{ events { events { event { type } lead { id } } } }";
    let of = async |feed: Value| -> Vec<(String, String)> {
        let events = feed["events"]["events"].as_array().unwrap();
        events
            .iter()
            .map(|event| (text(&event["event"]["type"]), text(&event["lead"]["id"])))
            .collect()
    };
    let all = of(app.as_owner().data(query, json!({})).await).await;
    assert_eq!(all.len(), 4);
    let bound = app.with_key(&app.home.bound_key);
    let seen = of(bound.data(query, json!({})).await).await;
    assert_eq!(
        seen,
        [
            ("LEAD_CREATED".to_owned(), own.clone()),
            ("NOTE_CREATED".to_owned(), own)
        ]
    );
    for (key, code) in [
        (&app.home.write_only_key, "FORBIDDEN"),
        (&app.home.bound_key, "FORBIDDEN"),
    ] {
        let query = if key == &app.home.bound_key {
            "{ auditLog { totalCount } }"
        } else {
            query
        };
        let answer = app.with_key(key).graphql(query, json!({})).await;
        assert_eq!(answer.code(), code, "{}", answer.text);
    }
    app.with_key(&app.home.read_only_key).data(query, json!({})).await;
}

async fn a_page_of_events_costs_a_fixed_number_of_statements(app: TestApp) {
    let query = "query($first: Int) { events(first: $first) { events { event { actor { label } changes { field } }
        lead { id tags { id } history(first: 3) { nodes { actor { label } } } } } } }";
    for number in 0..30 {
        web_lead(&app, &format!("Lead {number}")).await;
    }
    let mut costs = Vec::new();
    for first in [2, 30] {
        let before = app.statements();
        let feed = app.as_owner().data(query, json!({"first": first})).await;
        assert_eq!(feed["events"]["events"].as_array().unwrap().len(), first);
        costs.push(app.statements() - before);
    }
    assert_eq!(costs[0], costs[1], "{costs:?}");
}

/// A server on which a request may not take long.
struct Brief(TestApp);

impl Subject for Brief {
    async fn set_up(backend: Backend) -> Self {
        Self(TestApp::with(backend, |config| config.http.request_timeout = Duration::from_secs(4)).await)
    }
}

async fn who_waits_is_answered_before_their_time_is_over(Brief(app): Brief) {
    let after = end(&app).await;
    let feed = app.as_owner().data(FEED, json!({"after": after, "wait": 20})).await["events"].clone();
    assert_eq!((&feed["events"], &feed["position"]), (&json!([]), &json!(after)));
}
