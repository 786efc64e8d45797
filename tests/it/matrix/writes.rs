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
const CANNOT_BE_DONE: &[(&str, &str)] = &[
    ("acceptPartnership", "the invitation is home's own"),
    ("rotateApiKey", "the key is revoked before"),
];

/// What no event tells of: it is nobody's business but the caller's.
const LEAVES_NO_EVENT: &[&str] = &["markNotificationsRead"];

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
            wrong.extend(granted(&app, &schema, (caller, owner(&callers)), &ids, places).await);
        }
    }
    assert!(wrong.is_empty(), "{} edits: {wrong:#?}", wrong.len());
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

/// Who may write gets all of the payload that they may read: of an edit that comes too late, and of one in time. What
/// is not as it should be: the owner comes first and can do everything; those after may find it done or gone.
async fn granted(
    app: &TestApp,
    schema: &Schema,
    (caller, owner): (&Caller, &Caller),
    ids: &Ids,
    places: &[Place],
) -> Vec<String> {
    let root = &places[0];
    let name = root.path.attempt.field;
    let is_first = caller.name == owner.name && !CANNOT_BE_DONE.iter().any(|(field, _)| *field == name);
    let wrong = |what: &str, got: &Got| {
        format!(
            "{} {name} {what}: {:?} {:.300?}",
            caller.name,
            codes(&got.value),
            got.value
        )
    };
    let mut call = root.path.render(&selection(schema, caller, places, &root.path));
    let mut found = Vec::new();
    if call.contains(IN_TIME) {
        let got = one(app, caller, ids, &call.replace(IN_TIME, LATE)).await;
        let reads = caller
            .power
            .is_some_and(|power| power.scopes.read || name.ends_with("ApiKey") || name.contains("Webhook"));
        match codes(&got.value).as_slice() {
            ["CONFLICT"] if got.value["conflict"]["current"].is_object() != reads => found.push(wrong("shows", &got)),
            ["CONFLICT"] => {}
            [_, ..] if !is_first => {}
            _ => found.push(wrong("comes too late", &got)),
        }
        let version = root.path.render("userErrors { code } conflict { current { version } }");
        let got = one(app, owner, ids, &version.replace(IN_TIME, LATE)).await;
        if let Some(version) = got.value["conflict"]["current"]["version"].as_i64() {
            call = call.replace(IN_TIME, &format!("expectedVersion: {version}"));
        }
    }
    let before = position(app).await;
    let got = one(app, caller, ids, &call).await;
    let is_done = codes(&got.value).is_empty();
    let is_noted = position(app).await > before;
    if is_first && !(is_done && (is_noted || LEAVES_NO_EVENT.contains(&name))) {
        found.push(wrong("does not do it", &got));
    }
    if !is_done && is_noted {
        found.push(wrong("is refused, and yet", &got));
    }
    found
}

/// How attempts name the version that they change, and one that nothing has.
const IN_TIME: &str = "expectedVersion: 1";
const LATE: &str = "expectedVersion: 777777";

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
