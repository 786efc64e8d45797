//! Credit: kept with the attributions, one whole a lead, and summed by source.

use std::collections::BTreeMap;

use leadgraph::domain::leads::credit::{self, AttributionModel, Credits};
use serde_json::{Value, json};
use uuid::Uuid;

use super::data::time;
use super::register;
use crate::harness::{Case, TestApp, both};

pub fn cases() -> Vec<Case> {
    vec![
        both(credit_does_not_depend_on_the_order_of_arrival),
        both(sources_have_what_their_leads_give_them),
        both(leads_from_before_have_their_credit_too),
    ]
}

const MOMENTS: [&str; 4] = [
    "2024-01-01T00:00:00Z",
    "2024-01-08T00:00:00.25Z",
    "2024-01-08T00:00:00.25Z",
    "2024-02-01T12:30:00Z",
];

async fn sources(app: &TestApp) -> Vec<(i64, Uuid)> {
    let mut sources = Vec::new();
    for nth in 0..MOMENTS.len() {
        let source = app.home.source(&format!("Source {nth}")).await;
        sources.push((source.id, source.uuid));
    }
    sources
}

async fn attributed(app: &TestApp, campaign: i64, nth: usize, of: &[(i64, &str)]) -> i64 {
    let entry = |(id, at): &(i64, &str)| json!({"id": id, "attributedDate": at});
    let attributions: Vec<Value> = of.iter().map(entry).collect();
    let members = json!({"email": format!("{nth}@b.co"), "attributions": attributions});
    register(app, campaign, members).await
}

/// The shares of a lead's attributions under each model, by source and date.
async fn shares(app: &TestApp, lead: i64) -> BTreeMap<String, Vec<i64>> {
    let query = "query($id: SafeInt!) { lead(by: {legacyId: $id}) { attributions { attributedAt source { label }
        credits { first last linear timeDecay position } } } }";
    let data = app.as_owner().data(query, json!({"id": lead})).await;
    let share = |entry: &Value| {
        let of = format!("{} {}", entry["source"]["label"], entry["attributedAt"]);
        let models = ["first", "last", "linear", "timeDecay", "position"];
        (
            of,
            models.map(|model| entry["credits"][model].as_i64().unwrap()).to_vec(),
        )
    };
    data["lead"]["attributions"]
        .as_array()
        .unwrap()
        .iter()
        .map(share)
        .collect()
}

async fn credit_does_not_depend_on_the_order_of_arrival(app: TestApp) {
    let spring = app.home.campaign("Spring").await.id;
    let sources = sources(&app).await;
    let dated: Vec<(i64, &str)> = sources.iter().map(|(id, _)| *id).zip(MOMENTS).collect();
    let ordered = attributed(&app, spring, 0, &dated).await;
    let reversed: Vec<_> = dated.iter().rev().copied().collect();
    let turned = attributed(&app, spring, 1, &reversed).await;
    let shares_of_first = shares(&app, ordered).await;
    assert_eq!(shares_of_first, shares(&app, turned).await);
    assert_eq!(shares_of_first.len(), 4);
    for model in 0..5 {
        let sum: i64 = shares_of_first.values().map(|shares| shares[model]).sum();
        assert_eq!(sum, credit::WHOLE, "model {model}");
    }
}

async fn sources_have_what_their_leads_give_them(app: TestApp) {
    let spring = app.home.campaign("Spring").await.id;
    let sources = sources(&app).await;
    let mut expected: BTreeMap<Uuid, (Vec<Credits>, i64)> = BTreeMap::new();
    // The same source twice is one lead of it.
    let plans: [&[(usize, usize)]; 5] = [
        &[(0, 0)],
        &[(0, 0), (0, 3), (1, 1)],
        &[(2, 2), (1, 1), (3, 3)],
        &[(1, 0)],
        &[],
    ];
    for (nth, plan) in plans.iter().enumerate() {
        let dated: Vec<_> = plan
            .iter()
            .map(|(source, at)| (sources[*source].0, MOMENTS[*at]))
            .collect();
        attributed(&app, spring, nth, &dated).await;
        let pure: Vec<_> = plan
            .iter()
            .map(|(source, at)| (sources[*source].1, time(MOMENTS[*at])))
            .collect();
        let mut seen = std::collections::BTreeSet::new();
        for ((source, _), credits) in pure.iter().zip(credit::of(&pure)) {
            let earned = expected.entry(*source).or_default();
            earned.0.push(credits);
            earned.1 += i64::from(seen.insert(*source));
        }
    }
    let hidden = attributed(&app, spring, 9, &[(sources[0].0, MOMENTS[0])]).await;
    app.db
        .execute(&format!("UPDATE leads SET deleted_at = created_at WHERE id = {hidden}"))
        .await;
    for (model, name) in AttributionModel::ALL
        .into_iter()
        .zip(["FIRST", "LAST", "LINEAR", "TIME_DECAY", "POSITION"])
    {
        let query = format!("{{ attributionCredits(model: {name}) {{ source {{ uuid }} credit leads }} }}");
        let data = app.as_owner().data(&query, json!({})).await;
        let entries = data["attributionCredits"].as_array().unwrap();
        let credit = |entry: &Value| {
            let source: Uuid = entry["source"]["uuid"].as_str().unwrap().parse().unwrap();
            (
                source,
                (entry["credit"].as_i64().unwrap(), entry["leads"].as_i64().unwrap()),
            )
        };
        let found: BTreeMap<Uuid, (i64, i64)> = entries.iter().map(credit).collect();
        let sum =
            |(credits, leads): &(Vec<Credits>, i64)| (credits.iter().map(|credits| credits.under(model)).sum(), *leads);
        let wanted: BTreeMap<Uuid, (i64, i64)> =
            expected.iter().map(|(source, earned)| (*source, sum(earned))).collect();
        assert_eq!(found, wanted, "{name}");
        let whole: i64 = found.values().map(|(credit, _)| credit).sum();
        assert_eq!(whole, 4 * credit::WHOLE, "{name}");
        assert!(
            entries.is_sorted_by_key(|entry| -entry["credit"].as_i64().unwrap()),
            "{name}"
        );
    }
}

/// Takes the columns away and lets the migration fill them again.
async fn leads_from_before_have_their_credit_too(app: TestApp) {
    let spring = app.home.campaign("Spring").await.id;
    let sources = sources(&app).await;
    let mut leads = Vec::new();
    for nth in 0..30 {
        let dated: Vec<_> = (0..=nth % 4)
            .map(|at| (sources[(nth + at) % 4].0, MOMENTS[at]))
            .collect();
        leads.push(attributed(&app, spring, nth, &dated).await);
    }
    let mut before = Vec::new();
    for lead in &leads {
        before.push(shares(&app, *lead).await);
    }
    for model in ["first", "last", "linear", "time_decay", "position"] {
        let drop = format!("ALTER TABLE lead_attributions DROP COLUMN credit_{model}");
        app.db.execute(&drop).await;
    }
    app.db
        .execute("DELETE FROM seaql_migrations WHERE version = 'm0009_credits'")
        .await;
    assert_eq!(migration::apply(app.db.connection()).await.unwrap(), 1);
    for (lead, before) in leads.iter().zip(before) {
        assert_eq!(shares(&app, *lead).await, before);
    }
}
