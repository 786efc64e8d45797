use async_graphql::Variables;
use async_graphql::parser::parse_query;
use async_graphql::parser::types::DocumentOperations;
use serde_json::json;

use super::*;
use crate::graphql::{Mutation, Query, Subscription};

fn cost(text: &str, variables: serde_json::Value) -> u64 {
    let types = Types::of::<Query, Mutation, Subscription>();
    let document = parse_query(text).expect("test documents parse");
    let DocumentOperations::Single(operation) = &document.operations else {
        panic!("one operation");
    };
    let variables = Variables::from_json(variables);
    let pages = PageLimits { default: 50, most: 100 };
    of(&types, pages, &document, &operation.node, &variables).predicted()
}

#[test]
fn pages_multiply_what_is_below_them() {
    for (text, points) in [
        ("{ __typename }", 1),
        ("{ leads(first: 10) { totalCount } }", 1 + COUNT),
        ("{ leads(first: 10) { nodes { email } } }", 1 + 10),
        ("{ leads { nodes { email } } }", 1 + 50),
        ("{ leads(first: 100000) { nodes { email } } }", 1 + 100),
        (
            "{ leads(first: 10) { edges { node { email } } pageInfo { hasNextPage } } }",
            1 + 10 * 2 + 1,
        ),
        (
            "{ leads(first: 10) { ...P } } fragment P on LeadConnection { nodes { id } }",
            1 + 10,
        ),
        (
            "{ events(first: 10) { position events { position event { position } } } }",
            1 + 10 * 2,
        ),
        (
            "subscription { leadEvents { position lead { id tags { id } } } }",
            1 + 1 + ENTRIES,
        ),
        (
            "{ leads(first: 10) { nodes { tags { label } } } }",
            1 + 10 * (1 + ENTRIES),
        ),
        (
            "{ tags(first: 10) { nodes { leads(first: 20) { nodes { id } totalCount } } } }",
            1 + 10 * (1 + 1 + 20 + COUNT),
        ),
        ("{ leadStats { total { count } } }", AGGREGATE + 2),
        (
            "mutation { a: archiveTag(input: {tagId: \"x\", expectedVersion: 1}) { tag { id } } }",
            WRITE + 2,
        ),
    ] {
        assert_eq!(cost(text, json!({})), points, "{text}");
    }
}

#[test]
fn what_no_index_answers_costs_more() {
    let text = "query($s: String, $f: LeadFilter) { a: leads(first: 1, filter: {search: $s}) { nodes { id } }
        b: leads(first: 1, filter: $f) { nodes { id } } }";
    let filter = json!({"or": [{"companyName": {"contains": "a"}}, {"email": {"equals": "a"}}]});
    assert_eq!(cost(text, json!({"s": "a", "f": filter})), 2 * (1 + 1 + FILTER + SCAN));
}

#[test]
fn what_is_named_is_counted() {
    let ids: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    let text = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Tag { leads(first: 100) { nodes { id } } } } }";
    let points = cost(text, json!({"ids": ids}));
    assert!(points >= 100 * (1 + 1 + 100), "{points}");
}

#[test]
fn the_values_of_variables_count_wherever_they_stand() {
    let text = "query($n: Int, $f: LeadFilter) { a: leads(first: $n, filter: $f) { nodes { id } }
        b: leads(first: $n, filter: $f) { nodes { id } } }";
    let many: Vec<String> = (0..1000).map(|number| number.to_string()).collect();
    let filter = json!({"email": {"in": many}});
    assert_eq!(
        cost(text, json!({"n": 7, "f": filter})),
        2 * (1 + 7 + FILTER + 1000 / VALUES)
    );
    let bomb = format!(
        "query($f: LeadFilter) {{ {} }}",
        "x: leads(filter: {or: [$f, $f]}) { totalCount } ".repeat(500)
    );
    assert!(cost(&bomb, json!({"f": filter})) > 100_000);
    let long = json!({"s": "a".repeat(1_000_000)});
    let points = cost("query($s: ID!) { a: node(id: $s) { id } b: node(id: $s) { id } }", long);
    assert_eq!(points, 2 * (1 + 1_000_000 / TEXT / VALUES));
}

#[test]
fn pages_of_no_size_are_taken_as_others() {
    let text = "query($n: Int) { leads(first: $n) { nodes { id } } }";
    assert_eq!(cost(text, json!({"n": ["a", "b"]})), 1 + 50);
    assert_eq!(cost(text, json!({})), 1 + 50);
}

#[test]
fn a_bomb_of_fragments_is_weighed_in_no_time() {
    let mut bomb = String::from("{ leads { nodes { ...f0 } } }");
    for level in 0..40 {
        let next = level + 1;
        bomb += &format!(" fragment f{level} on Lead {{ {} }}", format!("...f{next} ").repeat(20));
    }
    bomb += " fragment f40 on Lead { tags { id } }";
    assert!(cost(&bomb, json!({})) > 1_000_000_000);
}
