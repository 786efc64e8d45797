//! Subscriptions: whoever is cut off and comes back, to whichever server, gets everything once and in order.

use std::time::Duration;

use leadgraph::domain::caller::Role;
use leadgraph::domain::leads::{self, LeadOrigin, NewCapture};
use leadgraph::domain::users::User;
use serde_json::{Value, json};

use super::listener::{Listener, Way};
use super::{Told, end, lead_id, log, text, told, web_lead};
use crate::harness::{Backend, Case, Subject, TestApp, both, heavy};

pub fn cases() -> Vec<Case> {
    vec![
        both(who_is_cut_off_and_comes_back_misses_nothing),
        both(what_happens_arrives_at_once),
        both(a_filter_and_types_choose_what_comes),
        both(a_listener_who_may_not_read_any_more_hears_nothing),
        both(a_key_hears_no_more_than_its_person),
        both(a_slow_listener_gets_everything_in_the_end),
        both(a_place_that_is_gone_is_a_clear_error),
        both(a_subscription_is_to_one_thing),
        both(every_event_is_paid_for),
        both(every_subscription_is_closed_without_its_scope_and_to_other_workspaces),
    ]
}

const QUERY: &str =
    "subscription($after: String) { leadEvents(after: $after) { position event { type subjectUuid } } }";

/// Numbers without a pattern: the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

async fn who_is_cut_off_and_comes_back_misses_nothing(app: TestApp) {
    let other = app.beside().await;
    let cuts = if heavy() { 1_000 } else { 100 };
    let ports = [app.address.port(), other.address.port()];
    let mut after = end(&app).await;
    let before = log(&app, app.home.id()).await.len();
    let mut heard: Vec<Told> = Vec::new();
    let listen = async {
        let mut dice = Dice(7);
        for cut in 0..cuts {
            let way = if dice.roll(2) == 0 { Way::Socket } else { Way::Stream };
            let port = ports[usize::try_from(dice.roll(2)).unwrap()];
            let mut listener = Listener::open(way, port, &app.home.token, QUERY, json!({"after": after})).await;
            let most = dice.roll(6);
            for _ in 0..most {
                let patience = Duration::from_millis(20 + dice.roll(60));
                let Some(answer) = listener.next_within(patience).await else {
                    break;
                };
                let event = &answer["data"]["leadEvents"];
                assert!(event.is_object(), "cut {cut}: {answer}");
                heard.push(told(&event["event"]));
                after = text(&event["position"]);
            }
        }
    };
    let wait = Duration::from_millis(if app.db.backend == crate::harness::Backend::Sqlite {
        15
    } else {
        8
    });
    let write = async {
        for number in 0..cuts * 2 {
            web_lead(&app, &format!("Lead {number}")).await;
            tokio::time::sleep(wait).await;
        }
    };
    tokio::join!(listen, write);
    let all = log(&app, app.home.id()).await.split_off(before);
    // What came while nobody listened any more.
    let mut listener = Listener::open(Way::Socket, ports[1], &app.home.token, QUERY, json!({"after": after})).await;
    while heard.len() < all.len() {
        let answer = listener.next().await.unwrap();
        heard.push(told(&answer["data"]["leadEvents"]["event"]));
    }
    assert_eq!(heard, all);
    assert!(
        listener.next_within(Duration::from_millis(200)).await.is_none(),
        "and nothing else"
    );
}

/// On another instance, too: on PostgreSQL, which tells it, and not because it looks, which it does once an hour.
async fn what_happens_arrives_at_once(app: TestApp) {
    let other = app.beside().await;
    for way in [Way::Socket, Way::Stream] {
        for port in [app.address.port(), other.address.port()] {
            let mut listener = Listener::open(way, port, &app.home.token, QUERY, json!({})).await;
            let mut tries = 0;
            let lead = loop {
                tries += 1;
                assert!(tries < 5, "nothing arrives by {way:?} at {port}");
                let lead = web_lead(&app, "Ada").await;
                // What was written before the subscription stood is not for it.
                let Some(answer) = listener.next_within(Duration::from_secs(3)).await else {
                    continue;
                };
                let event = answer["data"]["leadEvents"]["event"].clone();
                assert_eq!(event["type"], "LEAD_CREATED", "{answer}");
                break (lead, event);
            };
            let (number, event) = lead;
            let uuid = format!("SELECT uuid FROM leads WHERE id = {number}");
            assert_eq!(event["subjectUuid"], app.db.row(&uuid).await["uuid"]);
        }
    }
}

async fn a_filter_and_types_choose_what_comes(app: TestApp) {
    let after = end(&app).await;
    let (ada, bob) = (web_lead(&app, "Ada").await, web_lead(&app, "Bob").await);
    let (ada, bob) = (lead_id(&app, ada).await, lead_id(&app, bob).await);
    for lead in [&bob, &ada] {
        let note = r#"mutation($lead: ID!) { addLeadNote(input: {leadId: $lead, text: "n"}) { note { id } } }"#;
        app.as_owner().data(note, json!({"lead": lead})).await;
    }
    let query = "subscription($after: String, $types: [EventType!], $filter: LeadFilter) {
        leadEvents(after: $after, types: $types, filter: $filter) { event { type } lead { id firstName tags { id } } } }";
    let heard = async |types: Value, filter: Value, count: usize| {
        let variables = json!({"after": after, "types": types, "filter": filter});
        let mut variables = variables.as_object().unwrap().clone();
        variables.retain(|_, value| !value.is_null());
        let mut listener = Listener::open(
            Way::Stream,
            app.address.port(),
            &app.home.token,
            query,
            variables.into(),
        )
        .await;
        let mut heard = Vec::new();
        for _ in 0..count {
            let event = listener.next().await.unwrap()["data"]["leadEvents"].clone();
            heard.push((text(&event["event"]["type"]), text(&event["lead"]["id"])));
        }
        assert!(listener.next_within(Duration::from_millis(150)).await.is_none());
        heard
    };
    let of = |kind: &str, lead: &str| (kind.to_owned(), lead.to_owned());
    assert_eq!(
        heard(Value::Null, json!({"firstName": {"in": ["Ada"]}}), 2).await,
        [of("LEAD_CREATED", &ada), of("NOTE_CREATED", &ada)]
    );
    assert_eq!(
        heard(json!(["NOTE_CREATED"]), Value::Null, 2).await,
        [of("NOTE_CREATED", &bob), of("NOTE_CREATED", &ada)]
    );
    let wrong = json!({"types": ["TAG_CREATED"]});
    let mut listener = Listener::open(Way::Socket, app.address.port(), &app.home.token, query, wrong).await;
    let answer = listener.next().await.unwrap();
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer}");
}

/// Whoever listens with this credential of a person hears of a lead, and of none once the person is disabled.
async fn is_told_until_disabled(app: &TestApp, person: &User, credential: &str) {
    let after = json!({"after": end(app).await});
    let mut listener = Listener::open(Way::Socket, app.address.port(), credential, QUERY, after).await;
    web_lead(app, "Ada").await;
    assert_eq!(
        listener.next().await.unwrap()["data"]["leadEvents"]["event"]["type"],
        "LEAD_CREATED"
    );
    let disabled = format!("UPDATE users SET disabled_at = created_at WHERE id = {}", person.id);
    app.db.execute(&disabled).await;
    web_lead(app, "Bob").await;
    let last = listener.next().await;
    let told = last.is_some_and(|last| last["data"]["leadEvents"].is_object());
    assert!(!told, "an event for somebody who is locked out");
}

async fn a_listener_who_may_not_read_any_more_hears_nothing(app: TestApp) {
    let person = app.home.user("brief@acme.test", Role::Readonly).await;
    let token = app
        .authenticator()
        .issue_token(&person, &app.home.row, chrono::Duration::hours(1));
    is_told_until_disabled(&app, &person, &token).await;
}

async fn a_key_hears_no_more_than_its_person(app: TestApp) {
    let person = app.home.user("brief@acme.test", Role::Admin).await;
    let token = app
        .authenticator()
        .issue_token(&person, &app.home.row, chrono::Duration::hours(1));
    let make = r#"mutation { createApiKey(input: {label: "Mine", scopes: [READ]}) { key } }"#;
    let key = text(&app.with_token(&token).data(make, json!({})).await["createApiKey"]["key"]);
    is_told_until_disabled(&app, &person, &key).await;
}

async fn a_slow_listener_gets_everything_in_the_end(app: TestApp) {
    let after = end(&app).await;
    let before = log(&app, app.home.id()).await.len();
    let mut listener = Listener::open(
        Way::Socket,
        app.address.port(),
        &app.home.token,
        QUERY,
        json!({"after": after}),
    )
    .await;
    let events: usize = if heavy() { 5_000 } else { 200 };
    for number in 0..events {
        web_lead(&app, &format!("Lead {number}")).await;
    }
    let all = log(&app, app.home.id()).await.split_off(before);
    let mut heard = Vec::new();
    for _ in 0..events {
        heard.push(told(&listener.next().await.unwrap()["data"]["leadEvents"]["event"]));
    }
    assert_eq!(heard, all);
}

async fn a_subscription_is_to_one_thing(app: TestApp) {
    for query in [
        "subscription { a: leadEvents { position } b: leadEvents { position } }",
        "subscription { ...F } fragment F on Subscription { leadEvents { position } }",
        "subscription { ... { leadEvents { position } } }",
    ] {
        for way in [Way::Stream, Way::Socket] {
            let mut listener = Listener::open(way, app.address.port(), &app.home.token, query, json!({})).await;
            let refused = listener.next().await.unwrap();
            assert_eq!(
                refused["errors"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED",
                "{query}: {refused}"
            );
        }
    }
}

/// A server where nobody may spend much.
struct Poor(TestApp);

impl Subject for Poor {
    async fn set_up(backend: Backend) -> Self {
        Self(TestApp::with(backend, |config| config.rates.callers = Some(20)).await)
    }
}

async fn every_event_is_paid_for(Poor(app): Poor) {
    let mut listener = Listener::open(Way::Socket, app.address.port(), &app.home.token, QUERY, json!({})).await;
    listener.next_within(Duration::from_millis(300)).await;
    for nth in 0..40 {
        let user = json!({"firstName": "Ada", "email": format!("lead{nth}@a.test")});
        let new = NewCapture {
            origin: LeadOrigin::LeadtrackrShim,
            user_data: user.as_object().cloned(),
            attribution_data: Default::default(),
            form_data: Default::default(),
            device_data: Default::default(),
            channel_flow: None,
            unique_identifier: None,
            body: "{}".into(),
        };
        leads::capture(&app.home.op(), &app.home.project, new).await.unwrap();
    }
    let mut heard = 0;
    let last = loop {
        let answer = listener.next().await.expect("it ends with a reason");
        if answer.get("errors").is_some() {
            break answer;
        }
        heard += 1;
    };
    assert_eq!(last["errors"][0]["extensions"]["code"], "RATE_LIMITED", "{last}");
    assert!((5..30).contains(&heard), "{heard}");
}

async fn every_subscription_is_closed_without_its_scope_and_to_other_workspaces(app: TestApp) {
    let fields = "{ __schema { subscriptionType { fields { name } } } }";
    let fields = app.as_owner().data(fields, json!({})).await["__schema"]["subscriptionType"]["fields"].clone();
    assert_eq!(
        fields,
        json!([{"name": "leadEvents"}, {"name": "notifications"}]),
        "one without a case"
    );
    let other = app.workspace("Other").await;
    let theirs = app
        .with_token(&other.token)
        .data("{ events(first: 1) { end } }", json!({}))
        .await;
    let theirs = theirs["events"]["end"].clone();
    for field in ["leadEvents", "notifications"] {
        let query = format!("subscription($after: String) {{ {field}(after: $after) {{ position }} }}");
        let refused = async |credential: &str, variables: Value| {
            let mut listener = Listener::open(Way::Stream, app.address.port(), credential, &query, variables).await;
            let answer = listener.next().await.unwrap();
            assert!(listener.next().await.is_none(), "{answer}");
            text(&answer["errors"][0]["extensions"]["code"])
        };
        assert_eq!(
            refused(&app.home.write_only_key, json!({})).await,
            "FORBIDDEN",
            "{field}"
        );
        assert_eq!(
            refused(&app.home.token, json!({"after": theirs})).await,
            "BAD_USER_INPUT",
            "{field}"
        );
    }
    let query = "subscription { notifications { position } }";
    let mut program = Listener::open(Way::Stream, app.address.port(), &app.home.key, query, json!({})).await;
    assert_eq!(
        program.next().await.unwrap()["errors"][0]["extensions"]["code"],
        "FORBIDDEN"
    );
    // What happens elsewhere is not heard here.
    let mut listener = Listener::open(Way::Socket, app.address.port(), &other.token, QUERY, json!({})).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    web_lead(&app, "Ada").await;
    assert!(listener.next_within(Duration::from_millis(400)).await.is_none());
}

async fn a_place_that_is_gone_is_a_clear_error(app: TestApp) {
    let query = "{ events(first: 1) { position } }";
    web_lead(&app, "Ada").await;
    let first = app.as_owner().data(query, json!({})).await["events"]["position"].clone();
    web_lead(&app, "Bob").await;
    web_lead(&app, "Eve").await;
    app.db
        .execute("DELETE FROM events WHERE position < (SELECT max(position) FROM events)")
        .await;
    let after = json!({"after": first});
    let mut listener = Listener::open(Way::Stream, app.address.port(), &app.home.token, QUERY, after.clone()).await;
    let answer = listener.next().await.unwrap();
    assert_eq!(
        answer["errors"][0]["extensions"]["code"], "POSITION_EXPIRED",
        "{answer}"
    );
    assert!(listener.next().await.is_none(), "a failure is the last");
    let query = "query($after: String) { events(after: $after) { position } }";
    let answer = app.as_owner().graphql(query, after).await;
    assert_eq!(answer.code(), "POSITION_EXPIRED", "{}", answer.text);
}
