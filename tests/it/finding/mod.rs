//! Finding leads: every list that a filter, an order and a page size can ask for is what a brute-force search over all
//! leads finds. Both databases are held against the same oracle, so they agree with each other.

mod ask;
mod data;
mod oracle;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::harness::{Case, TestApp, both, heavy};
use ask::{Asked, Dice};
use data::World;

pub fn cases() -> Vec<Case> {
    vec![
        both(a_filter_finds_what_a_search_by_hand_finds),
        both(walking_the_pages_of_any_order_meets_each_lead_once_and_in_its_place),
        both(a_cursor_of_another_order_is_refused),
        both(what_a_filter_may_ask_is_bounded),
        both(nested_lists_are_what_the_filter_of_their_parent_finds),
        both(a_null_in_a_filter_is_a_mistake),
    ]
}

/// A seed for each case, the same ones on every database and every run.
fn seeds(cases: usize) -> Vec<u64> {
    let mut runner = TestRunner::deterministic();
    let seed = proptest::num::u64::ANY;
    (0..cases)
        .map(|_| seed.new_tree(&mut runner).unwrap().current())
        .collect()
}

async fn a_filter_finds_what_a_search_by_hand_finds(app: TestApp) {
    let world = World::create(&app).await;
    let mut found = 0;
    for seed in seeds(if heavy() { 5_000 } else { 500 }) {
        let asked = Asked::filter(&world, &mut Dice::new(seed));
        let query = "query($filter: LeadFilter) { leads(first: 100, filter: $filter) { totalCount nodes { id } } }";
        let data = app.as_owner().data(query, json!({"filter": asked.json()})).await;
        let expected: Vec<&str> = world
            .leads
            .iter()
            .filter(|lead| asked.holds(lead))
            .map(data::id)
            .collect();
        assert_eq!(ids(&data["leads"]["nodes"]), expected, "seed {seed}: {}", asked.json());
        assert_eq!(
            data["leads"]["totalCount"],
            expected.len(),
            "seed {seed}: {}",
            asked.json()
        );
        found += usize::from(!expected.is_empty() && expected.len() < world.leads.len());
    }
    // A generator whose filters find everything or nothing would prove little.
    assert!(found > 150, "only {found} filters told leads apart");
}

fn ids(nodes: &Value) -> Vec<&str> {
    nodes.as_array().unwrap().iter().map(data::id).collect()
}

async fn walking_the_pages_of_any_order_meets_each_lead_once_and_in_its_place(app: TestApp) {
    let world = World::create(&app).await;
    for seed in seeds(if heavy() { 10_000 } else { 500 }) {
        let dice = &mut Dice::new(seed);
        // Most walks are over everything: that is where blanks and ties are.
        let asked = if dice.one_in(3) {
            Asked::filter(&world, dice)
        } else {
            Asked::everything()
        };
        let order = ask::order(&world, dice);
        let size = if dice.one_in(8) {
            1 + dice.below(3)
        } else {
            4 + dice.below(97)
        };
        let is_backward = dice.one_in(2);
        let only_ids = dice.one_in(2);
        let mut expected: Vec<&Value> = world.leads.iter().filter(|lead| asked.holds(lead)).collect();
        expected.sort_by(|left, right| oracle::compare(left, right, &order));
        let expected: Vec<&str> = expected.into_iter().map(data::id).collect();
        let walk = Walk {
            filter: asked.json(),
            order: ask::order_json(&order),
            size,
            is_backward,
            only_ids,
        };
        assert_eq!(walk.ids(&app).await, expected, "seed {seed}: {walk:?}");
    }
}

#[derive(Debug)]
struct Walk {
    filter: Value,
    order: Value,
    size: usize,
    is_backward: bool,
    only_ids: bool,
}

impl Walk {
    async fn ids(&self, app: &TestApp) -> Vec<String> {
        let (arguments, more, edge) = match self.is_backward {
            false => ("first: $size, after: $cursor", "hasNextPage", "endCursor"),
            true => ("last: $size, before: $cursor", "hasPreviousPage", "startCursor"),
        };
        let nodes = if self.only_ids {
            "id"
        } else {
            "id email companyName tags { label }"
        };
        let query = format!(
            "query($size: Int, $cursor: String, $filter: LeadFilter, $order: [LeadOrder!]) {{
             leads({arguments}, filter: $filter, orderBy: $order) {{
             nodes {{ {nodes} }} pageInfo {{ {more} {edge} }} }} }}"
        );
        let mut met = Vec::new();
        let mut cursor = Value::Null;
        for _ in 0..=data::LEADS {
            let variables = json!({
                "size": self.size, "cursor": cursor, "filter": self.filter, "order": self.order
            });
            let data = app.as_owner().data(&query, variables).await;
            let page = &data["leads"];
            let ids = page["nodes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|node| data::id(node).to_owned());
            match self.is_backward {
                false => met.extend(ids),
                true => met.splice(0..0, ids).for_each(drop),
            }
            if page["pageInfo"][more] == false {
                return met;
            }
            cursor = page["pageInfo"][edge].clone();
        }
        panic!("the walk does not end: {self:?}");
    }
}

async fn a_cursor_of_another_order_is_refused(app: TestApp) {
    let world = World::create(&app).await;
    let query = "query($order: [LeadOrder!], $after: String) {
        leads(first: 1, orderBy: $order, after: $after) { pageInfo { endCursor } } }";
    let by = |field: &str, direction: &str| json!([{"by": {"field": field}, "direction": direction}]);
    let number = json!([{"by": {"customField": world.number}}]);
    let orders = [
        by("NAME", "ASC"),
        by("NAME", "DESC"),
        by("CREATED_AT", "DESC"),
        by("EMAIL", "ASC"),
        number,
        json!([]),
    ];
    for (index, order) in orders.iter().enumerate() {
        let data = app.as_owner().data(query, json!({"order": order})).await;
        let cursor = &data["leads"]["pageInfo"]["endCursor"];
        for (other, foreign) in orders.iter().enumerate() {
            let answer = app
                .as_owner()
                .graphql(query, json!({"order": foreign, "after": cursor}))
                .await;
            match index == other {
                true => assert!(answer.json()["errors"].is_null(), "{}", answer.text),
                false => assert_eq!(answer.code(), "BAD_USER_INPUT", "{order} {foreign}: {}", answer.text),
            }
        }
    }
    // A cursor of the right order, made up: whatever it says, it is no fault of ours.
    for values in [
        json!([null]),
        json!([{"Text": "a"}]),
        json!([{"Text": "a\u{0}"}]),
        json!([{"Number": 1.0}]),
        json!([{"Time": "+262142-12-31T23:59:59Z"}]),
        json!([{"Time": "2026-01-01T00:00:00Z"}, null]),
        json!([]),
    ] {
        for (name, order) in [("", json!([])), ("name asc last", by("NAME", "ASC"))] {
            let text = json!(["leads", name, {"values": values, "id": 1}]).to_string();
            let after = data::base64(&text);
            let answer = app
                .as_owner()
                .graphql(query, json!({"order": order, "after": after}))
                .await;
            if !answer.json()["errors"].is_null() {
                assert_eq!(answer.code(), "BAD_USER_INPUT", "{text}: {}", answer.text);
            }
        }
    }
}

async fn what_a_filter_may_ask_is_bounded(app: TestApp) {
    let query = "query($filter: LeadFilter, $order: [LeadOrder!]) {
        leads(filter: $filter, orderBy: $order) { totalCount } }";
    let nested = |levels: usize| (0..levels).fold(json!({"search": "a"}), |inner, _| json!({"not": inner}));
    let tags: Vec<String> = (0..101).map(|nth| format!("tag{nth}")).collect();
    let words = ["a"; 11].join(" ");
    let many: Vec<Value> = vec![json!({"search": "a"}); 61];
    for (filter, names) in [
        (nested(10), "10 levels"),
        (nested(30), "10 levels"),
        (json!({"and": many}), "60 conditions"),
        (json!({"tags": {"any": tags}}), "100 entries"),
        (json!({"search": words}), "10 words"),
    ] {
        let answer = app.as_owner().graphql(query, json!({"filter": filter})).await;
        assert_eq!(answer.code(), "LIMIT_EXCEEDED", "{}", answer.text);
        assert!(answer.text.contains(names), "{}", answer.text);
    }
    let key = |field: &str| json!({"by": {"field": field}});
    let four = json!([key("NAME"), key("EMAIL"), key("STATUS"), key("CREATED_AT")]);
    let answer = app.as_owner().graphql(query, json!({"order": four})).await;
    assert_eq!(answer.code(), "LIMIT_EXCEEDED", "{}", answer.text);
    let twice = json!([key("NAME"), key("NAME")]);
    let answer = app.as_owner().graphql(query, json!({"order": twice})).await;
    assert_eq!(answer.code(), "BAD_USER_INPUT", "{}", answer.text);
}

async fn nested_lists_are_what_the_filter_of_their_parent_finds(app: TestApp) {
    let world = World::create(&app).await;
    let query = "query($order: [LeadOrder!], $filter: LeadFilter) {
        tags { nodes { id leads(first: 3, orderBy: $order, filter: $filter) { ...page } } }
        projects { nodes { id leads(last: 2, orderBy: $order, filter: $filter) { ...page } } }
        campaigns { nodes { id leads(first: 100, orderBy: $order, filter: $filter) { ...page } } }
        attributionSources { nodes { id leads(first: 3, orderBy: $order, filter: $filter) { ...page } } }
        users { nodes { id leads: assignedLeads(first: 3, orderBy: $order, filter: $filter) { ...page } } }
        partnerships { nodes { id leads(first: 3, orderBy: $order, filter: $filter) { ...page } } }
        partnerCompanies { nodes { id leads(first: 3, orderBy: $order, filter: $filter) { ...page } } } }
        fragment page on LeadConnection { totalCount nodes { id tags { id } } }";
    let links = [
        ("tags", "tags", 3, false),
        ("projects", "project", 2, true),
        ("campaigns", "campaign", 100, false),
        ("attributionSources", "attribution", 3, false),
        ("users", "assignees", 3, false),
        ("partnerships", "partnership", 3, false),
        ("partnerCompanies", "partner", 3, false),
    ];
    for seed in seeds(if heavy() { 500 } else { 25 }) {
        let dice = &mut Dice::new(seed);
        let asked = if dice.one_in(2) {
            Asked::filter(&world, dice)
        } else {
            Asked::everything()
        };
        let order = ask::order(&world, dice);
        let variables = json!({"order": ask::order_json(&order), "filter": asked.json()});
        let data = app.as_owner().data(query, variables).await;
        for (list, link, size, is_last) in links {
            for parent in data[list]["nodes"].as_array().unwrap() {
                let mut expected: Vec<&Value> = world.leads.iter().filter(|lead| asked.holds(lead)).collect();
                expected.retain(|lead| oracle::linked(lead, link).contains(&data::id(parent)));
                expected.sort_by(|left, right| oracle::compare(left, right, &order));
                let expected: Vec<&str> = expected.into_iter().map(data::id).collect();
                assert_eq!(parent["leads"]["totalCount"], expected.len(), "seed {seed} {list}");
                let from = if is_last {
                    expected.len().saturating_sub(size)
                } else {
                    0
                };
                let cut: Vec<&str> = expected[from..].iter().copied().take(size).collect();
                assert_eq!(ids(&parent["leads"]["nodes"]), cut, "seed {seed} {list}");
            }
        }
    }
}

async fn a_null_in_a_filter_is_a_mistake(app: TestApp) {
    for filter in [
        json!({"email": null}),
        json!({"email": {"eq": null}}),
        json!({"not": null}),
        json!({"and": [{"or": null}]}),
        json!({"tags": {"any": null}}),
        json!({"createdAt": {"gt": null}}),
    ] {
        let query = "query($filter: LeadFilter) { leads(filter: $filter) { totalCount } }";
        let answer = app.as_owner().graphql(query, json!({"filter": filter})).await;
        assert_eq!(answer.code(), "BAD_USER_INPUT", "{}", answer.text);
    }
    let none = app
        .as_owner()
        .data("{ leads(filter: null) { totalCount } }", json!({}))
        .await;
    assert_eq!(none["leads"]["totalCount"], 0);
}
