//! A key that is bound to a project sees and changes that project's leads, whichever way it comes to them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::callers::{Caller, callers};
use super::paths::{Ask, readable};
use super::reads::granted;
use super::rules::may;
use super::schema::Schema;
use super::world::{of_other_project, secrets, traces, world};
use crate::harness::TestApp;
use crate::isolation::attempts::attempts;

fn named<'a>(callers: &'a [Caller], name: &str) -> &'a Caller {
    callers.iter().find(|caller| caller.name == name).unwrap()
}

/// Objects that have lists of leads, which leads of several projects are in.
const SHARED: [&str; 6] = [
    "Tag",
    "Campaign",
    "AttributionSource",
    "PartnerCompany",
    "Partnership",
    "User",
];

/// Numbers of leads.
const COUNTS: [&str; 4] = [
    "LeadConnection.totalCount",
    "LeadMeasures.count",
    "LeadStatsGroup.count",
    "AttributionCredit.leads",
];

pub async fn no_path_leads_to_leads_of_other_projects(app: TestApp) {
    let schema = Schema::of(&app).await;
    let callers = callers(&app).await;
    let ids = world(&app).await;
    let secrets = secrets(&app).await;
    let own = "{ leads { totalCount } }";
    let own = named(&callers, "bound key rw").graphql(&app).data(own, json!({})).await;
    let own = own["leads"]["totalCount"].as_i64().unwrap();
    let places: Vec<Vec<Ask>> = readable(&schema).iter().map(|place| place.asks(&schema)).collect();
    let of_owner = granted(&app, named(&callers, "owner"), &ids, &places).await;
    let of_bound = granted(&app, named(&callers, "bound key rw"), &ids, &places).await;
    let mut shortened = BTreeSet::new();
    for (ask, value) in &of_bound {
        let name = ask.path.name();
        let text = value.to_string();
        let told: Vec<&String> = secrets.iter().filter(|secret| text.contains(*secret)).collect();
        assert!(told.is_empty(), "{name} tells {told:?}: {text}");
        if COUNTS.contains(&ask.coordinate()) {
            let counts = ask.path.values(value);
            assert!(
                counts.iter().all(|count| count.as_i64().unwrap() <= own),
                "{name} counts leads of others: {text}"
            );
        }
        let Some(list) = ask.lists() else { continue };
        let counts = |value: &Value| -> Vec<i64> {
            let lists = ask.path.values(value);
            lists.iter().map(|list| list["totalCount"].as_i64().unwrap()).collect()
        };
        assert!(
            counts(value).iter().all(|count| *count <= own),
            "{name} counts leads of others: {text}"
        );
        let all = of_owner.iter().find(|(ask, _)| ask.path.name() == name);
        if all.is_some_and(|(_, all)| counts(all).iter().sum::<i64>() > counts(value).iter().sum()) {
            shortened.insert(list.to_owned());
        }
    }
    for object in SHARED {
        assert!(
            shortened.contains(object),
            "no {object} has leads of several projects: nothing is tested"
        );
    }
}

pub async fn no_edit_reaches_leads_of_other_projects(app: TestApp) {
    let callers = callers(&app).await;
    let ids = world(&app).await;
    let ids = of_other_project(&app, &ids).await;
    let before = traces(&app).await;
    let caller = named(&callers, "bound key rw");
    let edits = attempts().filter(|(attempt, call)| {
        call.starts_with("mutation") && caller.power.is_some_and(|power| may(power, attempt))
    });
    for (attempt, call) in edits {
        let answer = caller.graphql(&app).graphql(&ids.put_into(&call), json!({})).await;
        let payload = &answer.data()[attempt.field];
        assert_eq!(payload["userErrors"][0]["code"], "NOT_FOUND", "{call}: {}", answer.text);
    }
    assert_eq!(traces(&app).await, before);
}
