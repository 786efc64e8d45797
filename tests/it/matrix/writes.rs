//! What can be changed, and what payloads show to those who changed it.

use serde_json::Value;

use super::callers::{Caller, callers};
use super::paths::{Ask, Path, Place, payloads};
use super::requests::{Got, ask};
use super::rules::{Expected, expected, may};
use super::schema::Schema;
use super::world::{traces, world};
use crate::harness::TestApp;
use crate::isolation::Ids;

/// What the owner cannot do with what the attempts name.
const CANNOT_BE_DONE: &[(&str, &str)] = &[("acceptPartnership", "the invitation is home's own")];

pub async fn every_mutation_and_its_payload_is_open_as_the_rules_say(app: TestApp) {
    let schema = Schema::of(&app).await;
    let callers = callers(&app).await;
    let ids = world(&app).await;
    let mutations = payloads(&schema);
    let before = traces(&app).await;
    let mut wrong = Vec::new();
    for caller in &callers {
        wrong.extend(refused(&app, &schema, caller, &ids, &mutations).await);
    }
    assert!(wrong.is_empty(), "{} cells: {wrong:#?}", wrong.len());
    assert_eq!(traces(&app).await, before, "all were refused, and yet");
    for places in &mutations {
        for caller in callers.iter().filter(|caller| can(caller, places)) {
            granted(&app, &schema, (caller, owner(&callers)), &ids, places).await;
        }
    }
}

fn owner(callers: &[Caller]) -> &Caller {
    callers.iter().find(|caller| caller.name == "owner").unwrap()
}

fn can(caller: &Caller, mutation: &[Place]) -> bool {
    caller.power.is_some_and(|power| may(power, mutation[0].path.attempt))
}

fn of(caller: &Caller, path: &Path) -> Expected {
    caller
        .power
        .map_or(Expected::Forbidden, |power| expected(power, path, path.attempt))
}

/// Who may not write is told so whatever they ask to see; who may not read what a payload shows is told before
/// anything is written.
async fn refused(app: &TestApp, schema: &Schema, caller: &Caller, ids: &Ids, mutations: &[Vec<Place>]) -> Vec<String> {
    let code = if caller.power.is_some() {
        "FORBIDDEN"
    } else {
        "UNAUTHENTICATED"
    };
    let asks = mutations.iter().flat_map(|places| match can(caller, places) {
        true => places.iter().flat_map(|place| place.asks(schema)).collect::<Vec<_>>(),
        false => places[0].asks(schema),
    });
    let asks: Vec<Ask> = asks
        .filter(|ask| of(caller, &ask.path) == Expected::Forbidden)
        .collect();
    let fields: Vec<String> = asks.iter().map(Ask::render).collect();
    let got = ask(app, caller, ids, "mutation", &fields).await;
    let wrong = asks
        .iter()
        .zip(got)
        .filter(|(asked, got)| !got.is_refused_as(code, &asked.path));
    wrong
        .map(|(asked, got)| format!("{} asks for {}: {got:?}", caller.name, asked.path.name()))
        .collect()
}

/// Who may write gets all of the payload that they may read: of an edit that comes too late, and of one in time.
async fn granted(app: &TestApp, schema: &Schema, (caller, owner): (&Caller, &Caller), ids: &Ids, places: &[Place]) {
    let root = &places[0];
    let name = root.path.attempt.field;
    let all = selection(schema, caller, places, &root.path);
    let mut call = root.path.render(&all);
    if call.contains("expectedVersion: 1") {
        let late = call.replace("expectedVersion: 1", "expectedVersion: 777777");
        let got = one(app, caller, ids, &late).await;
        assert_eq!(codes(&got.value), ["CONFLICT"], "{}: {late}: {got:?}", caller.name);
        let reads = caller.power.is_some_and(|power| power.scopes.read);
        assert_eq!(
            got.value["conflict"]["current"].is_object(),
            reads,
            "{}: {late}: {got:?}",
            caller.name
        );
        let version = root.path.render("conflict { current { version } }");
        let version = version.replace("expectedVersion: 1", "expectedVersion: 777777");
        let present = one(app, owner, ids, &version).await.value["conflict"]["current"]["version"].to_string();
        call = call.replace("expectedVersion: 1", &format!("expectedVersion: {present}"));
    }
    let before = position(app).await;
    let got = one(app, caller, ids, &call).await;
    let is_done = codes(&got.value).is_empty();
    if caller.name == owner.name && !CANNOT_BE_DONE.iter().any(|(field, _)| *field == name) {
        assert!(is_done, "{}: {call}: {got:?}", caller.name);
        assert!(position(app).await > before, "{call} left no event: {got:?}");
    }
    if !is_done {
        assert_eq!(position(app).await, before, "{}: {call}: {got:?}", caller.name);
    }
}

async fn one(app: &TestApp, caller: &Caller, ids: &Ids, call: &str) -> Got {
    let got = ask(app, caller, ids, "mutation", &[call.to_owned()]).await.remove(0);
    assert!(
        got.codes.is_empty() && got.value.is_object(),
        "{}: {call}: {got:?}",
        caller.name
    );
    got
}

fn codes(payload: &Value) -> Vec<&str> {
    let errors = payload["userErrors"].as_array().unwrap();
    errors.iter().map(|error| error["code"].as_str().unwrap()).collect()
}

/// All that a caller may see at and below a place.
fn selection(schema: &Schema, caller: &Caller, places: &[Place], at: &Path) -> String {
    let place = places.iter().find(|place| place.path.name() == at.name()).unwrap();
    let parts = place.asks(schema).into_iter().map(|ask| {
        let further = places.iter().any(|place| place.path.name() == ask.path.name());
        match (of(caller, &ask.path), further) {
            (Expected::Forbidden, _) => String::new(),
            (Expected::Value | Expected::Null, true) => {
                let below = selection(schema, caller, places, &ask.path);
                match below.trim() {
                    "" => String::new(),
                    below => format!("{} {{ {below} }}", ask.field()),
                }
            }
            (Expected::Value | Expected::Null, false) => ask.part(),
        }
    });
    parts.collect::<Vec<_>>().join(" ")
}

async fn position(app: &TestApp) -> i64 {
    app.number(&format!(
        "SELECT position FROM workspace_counters WHERE workspace_id = {}",
        app.home.id()
    ))
    .await
}
