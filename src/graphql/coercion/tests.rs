use async_graphql::parser::parse_query;
use serde_json::json;

use super::*;
use crate::graphql::{Mutation, Query, Subscription};

fn check(query: &str, variables: serde_json::Value) -> Result<(), String> {
    let document = parse_query(query).unwrap();
    let (_, operation) = document.operations.iter().next().unwrap();
    let variables = Variables::from_json(variables);
    let checked = Types::of::<Query, Mutation, Subscription>().check(&document, &operation.node, &variables);
    checked.map_err(|refusal| refusal.message)
}

#[test]
fn arguments_that_fit_pass() {
    for (query, variables) in [
        (
            "{ leads(first: 5, after: null) { nodes { id } } nope(x: 1) }",
            json!({}),
        ),
        ("query($n: Int) { leads(first: $n) { totalCount } }", json!({})),
        ("query($n: Int) { leads(first: $n) { totalCount } }", json!({"n": null})),
        ("query($id: ID) { lead(by: { id: $id }) { id } }", json!({"id": "x"})),
        (
            "query($id: ID, $u: UUID) { lead(by: { id: $id, uuid: $u }) { id } }",
            json!({"id": "x"}),
        ),
        (
            "{ nodes(ids: \"one\") { id } ...F } fragment F on Query { node(id: 5) { id } }",
            json!({}),
        ),
        (
            "mutation($i: CreateTagInput!) { createTag(input: $i) { userErrors { code } } }",
            json!({"i": {"label": "x", "association": "LEAD", "partnerType": null}}),
        ),
        (
            "mutation($p: PartnerType) { createTag(input: { label: \"x\", association: LEAD, partnerType: $p }) { userErrors { code } } }",
            json!({}),
        ),
    ] {
        assert_eq!(check(query, variables), Ok(()), "{query}");
    }
}

#[test]
fn misfits_are_found_before_anything_runs() {
    let create = "mutation($i: CreateServerSideLeadInput!) { createServerSideLead(input: $i) { outcome } }";
    for (query, variables, reason) in [
        (
            "{ leads(first: 3000000000) { totalCount } }",
            json!({}),
            "\"first\" is no \"Int\"",
        ),
        (
            "{ leads(first: 1.5) { totalCount } }",
            json!({}),
            "\"first\" is no \"Int\"",
        ),
        (
            "query($n: Int) { leads(first: $n) { totalCount } }",
            json!({"n": "1"}),
            "\"first\" is no",
        ),
        (
            "mutation { createTag(input: 5) { tag { id } } }",
            json!({}),
            "\"input\" is no",
        ),
        (
            "mutation { createTag(input: null) { tag { id } } }",
            json!({}),
            "is null",
        ),
        (
            "mutation { createTag(input: { label: \"x\" }) { tag { id } } }",
            json!({}),
            "association",
        ),
        (
            "mutation { createTag(input: { label: \"x\", association: RED }) { tag { id } } }",
            json!({}),
            "association",
        ),
        (
            "mutation($l: String) { createTag(input: { label: $l, association: LEAD }) { tag { id } } }",
            json!({}),
            "\"input.label\" of type \"String!\" is missing",
        ),
        (
            create,
            json!({"i": {"projectId": "p", "userData": 5}}),
            "\"input.userData\" is no",
        ),
        (
            create,
            json!({"i": {"projectId": "p", "userData": {"emial": "x"}}}),
            "has no field \"emial\"",
        ),
        (
            create,
            json!({"i": {"projectId": ["p"], "userData": {}}}),
            "\"input.projectId\" is no \"ID\"",
        ),
        (
            "query($id: ID) { lead(by: { id: $id }) { id } }",
            json!({}),
            "exactly one",
        ),
        (
            "query($id: ID) { lead(by: { id: $id }) { id } }",
            json!({"id": null}),
            "exactly one",
        ),
        ("{ nodes(ids: [\"a\", null]) { id } }", json!({}), "\"ids.1\""),
        (
            "query($id: ID) { node(id: $id) { id } }",
            json!({}),
            "\"id\" of type \"ID!\" is missing",
        ),
        (
            "query($ids: [ID!]) { ...F } fragment F on Query { nodes(ids: $ids) { id } }",
            json!({}),
            "\"ids\" of type \"[ID!]!\" is missing",
        ),
        (
            "query($n: Int) { tags { nodes { ...T } } } fragment T on Tag { leads(first: $n) { totalCount } }",
            json!({"n": 1.5}),
            "\"first\" is no \"Int\"",
        ),
        (
            "query($n: Int) { tags { nodes { ... on Tag { leads(first: 3000000000) { totalCount } } } } }",
            json!({}),
            "\"first\" is no \"Int\"",
        ),
        (
            "query($v: ID) { node(id: $v) { id } leads(first: $v) { totalCount } }",
            json!({"v": "x"}),
            "\"first\" is no \"Int\"",
        ),
        (
            "query($v: JSON) { a: leads(filter: {email: {in: [$v]}}) { totalCount } }",
            json!({"v": {"x": 1}}),
            "\"filter.email.in.0\" is no \"String\"",
        ),
        (
            "query($b: Boolean!) { tags @skip(if: $b) { totalCount } }",
            json!({"b": "yes"}),
            "\"if\" of \"@skip\"",
        ),
    ] {
        let refused = check(query, variables).expect_err(query);
        assert!(refused.contains(reason), "{query}: {refused}");
    }
}
