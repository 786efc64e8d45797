//! What can be read.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::callers::{Caller, callers};
use super::paths::{Ask, readable};
use super::requests::{Got, ask};
use super::rules::{self, Expected, expected};
use super::schema::Schema;
use super::world::{traces, world};
use crate::harness::{Backend, Subject, TestApp};
use crate::isolation::Ids;

/// A type that nobody has thought of may be anybody's: it has to be put into a rule first.
pub async fn every_type_is_in_the_rules() {
    let app = TestApp::set_up(Backend::Sqlite).await;
    let schema = Schema::of(&app).await;
    let of_the_language =
        |name: &str| ["Query", "Mutation", "Subscription"].contains(&name) || name.ends_with("Payload");
    let objects: BTreeSet<&str> = schema
        .types()
        .filter(|of| !of.is_interface())
        .map(|of| of.name.as_str())
        .collect();
    let unknown: Vec<_> = objects
        .iter()
        .filter(|name| !of_the_language(name) && !rules::is_known(name))
        .collect();
    assert!(unknown.is_empty(), "types in no rule: {unknown:?}");
    let gone: Vec<_> = rules::objects().filter(|name| !objects.contains(name)).collect();
    assert!(gone.is_empty(), "rules for types that are gone: {gone:?}");
}

pub async fn every_field_is_readable_as_the_rules_say(app: TestApp) {
    let schema = Schema::of(&app).await;
    let callers = callers(&app).await;
    let ids = world(&app).await;
    let before = traces(&app).await;
    let places: Vec<Vec<Ask>> = readable(&schema).iter().map(|place| place.asks(&schema)).collect();
    let mut seen = BTreeMap::new();
    let mut wrong = Vec::new();
    for caller in &callers {
        wrong.extend(refused(&app, caller, &ids, &places).await);
        for (ask, value) in granted(&app, caller, &ids, &places).await {
            *seen.entry(ask.path.parent().name()).or_insert(false) |= !ask.path.values(&value).is_empty();
        }
    }
    assert!(wrong.is_empty(), "{} cells: {wrong:#?}", wrong.len());
    let unseen: Vec<_> = seen.iter().filter(|(_, seen)| !**seen).map(|(name, _)| name).collect();
    assert!(
        unseen.is_empty(),
        "nothing is ever there, so that nothing is tested: {unseen:#?}"
    );
    assert_eq!(traces(&app).await, before);
}

fn of(caller: &Caller, ask: &Ask) -> Expected {
    caller.power.map_or(Expected::Forbidden, |power| {
        expected(power, &ask.path, ask.path.attempt)
    })
}

/// What is not as it should be of what is not for a caller. Each field alone, for one that is refused hides the others.
async fn refused(app: &TestApp, caller: &Caller, ids: &Ids, places: &[Vec<Ask>]) -> Vec<String> {
    let asks: Vec<&Ask> = places
        .iter()
        .flatten()
        .filter(|ask| of(caller, ask) != Expected::Value)
        .collect();
    let fields: Vec<String> = asks.iter().map(|ask| ask.render()).collect();
    let code = if caller.power.is_some() {
        "FORBIDDEN"
    } else {
        "UNAUTHENTICATED"
    };
    let got = ask(app, caller, ids, "query", &fields).await;
    let wrong = asks.iter().zip(got).filter(|(asked, got)| {
        let fine = match of(caller, asked) {
            Expected::Forbidden => got.is_refused_as(code, &asked.path),
            Expected::Null => got.codes.is_empty() && asked.path.values(&got.value).is_empty(),
            Expected::Value => true,
        };
        !fine
    });
    wrong
        .map(|(asked, got)| format!("{} asks for {}: {got:?}", caller.name, asked.path.name()))
        .collect()
}

/// All fields of an object at once, as clients do: what each was asked for first, and the value of its root field.
pub async fn granted<'a>(app: &TestApp, caller: &Caller, ids: &Ids, places: &'a [Vec<Ask>]) -> Vec<(&'a Ask, Value)> {
    let mut asked: Vec<Vec<&Ask>> = Vec::new();
    let mut fields = Vec::new();
    for asks in places {
        let granted: Vec<&Ask> = asks.iter().filter(|ask| of(caller, ask) == Expected::Value).collect();
        let Some(first) = granted.first() else { continue };
        let parts: Vec<String> = granted.iter().map(|ask| ask.part()).collect();
        fields.push(first.path.parent().render(&parts.join(" ")));
        asked.push(granted);
    }
    let got = ask(app, caller, ids, "query", &fields).await;
    let each = asked.into_iter().zip(got).flat_map(|(asks, Got { value, codes })| {
        let name = asks[0].path.parent().name();
        assert!(
            codes.is_empty(),
            "{} asks for the fields of {name}: {codes:?}",
            caller.name
        );
        asks.into_iter().map(move |ask| (ask, value.clone()))
    });
    each.collect()
}
