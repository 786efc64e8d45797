//! Walking a list gives each row exactly once, forward and backward, whatever the timestamps and the size of a page.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::harness::{Case, TestApp, both, heavy};

pub fn cases() -> Vec<Case> {
    vec![
        both(every_walk_through_leads_meets_each_once_and_in_order),
        both(a_cursor_of_another_list_or_none_at_all_is_a_clean_error),
        both(sizes_of_pages_are_bounded),
        both(hidden_leads_are_in_no_page),
    ]
}

const LEADS: usize = 30;

async fn fill(app: &TestApp, leads: usize) {
    for nth in 0..leads {
        let body = json!({"projectId": app.home.project.public_id, "userData": {"firstName": format!("n{nth}")}});
        app.leadtrackr().post(&body).await.expect(201);
    }
}

async fn every_walk_through_leads_meets_each_once_and_in_order(app: TestApp) {
    fill(&app, LEADS).await;
    let mut runner = TestRunner::deterministic();
    // Which of a few moments each lead was made at, and how many leads a page has.
    let moments = proptest::collection::vec(1..=4_usize, LEADS);
    let plans = (moments, 1..=LEADS + 1);
    for _ in 0..if heavy() { 100 } else { 8 } {
        let (moments, size) = plans.new_tree(&mut runner).unwrap().current();
        for (nth, moment) in moments.iter().enumerate() {
            // From the moments of the first four; those are set last to one another's.
            let id = nth + 1;
            let set = format!(
                "UPDATE leads SET created_at = (SELECT received_at FROM intake_payloads WHERE lead_id = {moment}) WHERE id = {id}"
            );
            app.db.execute(&set).await;
        }
        let expected = app.rows("SELECT id FROM leads ORDER BY created_at DESC, id DESC").await;
        let expected: Vec<i64> = expected.iter().map(|row| row["id"].as_i64().unwrap()).collect();
        assert_eq!(
            walk(&app, size, Direction::Forward).await,
            expected,
            "{moments:?} by {size}"
        );
        assert_eq!(
            walk(&app, size, Direction::Backward).await,
            expected,
            "{moments:?} by {size}, backward"
        );
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Forward,
    Backward,
}

/// All leads by their numbers, in the list's order, a page at a time.
async fn walk(app: &TestApp, size: usize, direction: Direction) -> Vec<i64> {
    let (arguments, more, edge) = match direction {
        Direction::Forward => ("first: $size, after: $cursor", "hasNextPage", "endCursor"),
        Direction::Backward => ("last: $size, before: $cursor", "hasPreviousPage", "startCursor"),
    };
    let query = format!(
        "query($size: Int, $cursor: String) {{ leads({arguments}) {{ totalCount edges {{ cursor node {{ legacyId }} }}
         nodes {{ legacyId }} pageInfo {{ {more} startCursor endCursor }} }} }}"
    );
    let mut met = Vec::new();
    let mut cursor = Value::Null;
    for _ in 0..=LEADS {
        let data = app
            .as_owner()
            .data(&query, json!({"size": size, "cursor": cursor}))
            .await;
        let page = &data["leads"];
        assert_eq!(page["totalCount"], LEADS);
        let edges = page["edges"].as_array().unwrap();
        assert!(edges.len() <= size);
        let nodes: Vec<Value> = edges.iter().map(|edge| edge["node"].clone()).collect();
        assert_eq!(page["nodes"], Value::Array(nodes.clone()));
        assert_eq!(page["pageInfo"]["startCursor"], edges[0]["cursor"]);
        assert_eq!(page["pageInfo"]["endCursor"], edges[edges.len() - 1]["cursor"]);
        let ids = nodes.iter().map(|node| node["legacyId"].as_i64().unwrap());
        match direction {
            Direction::Forward => met.extend(ids),
            Direction::Backward => met.splice(0..0, ids).for_each(drop),
        }
        if page["pageInfo"][more] == false {
            return met;
        }
        cursor = page["pageInfo"][edge].clone();
    }
    panic!("the walk does not end: {met:?}");
}

async fn a_cursor_of_another_list_or_none_at_all_is_a_clean_error(app: TestApp) {
    fill(&app, 1).await;
    app.home.lead_tag("Hot").await;
    let data = app
        .as_owner()
        .data(
            "{ tags { pageInfo { endCursor } } leads { pageInfo { endCursor } } }",
            json!({}),
        )
        .await;
    let tag = data["tags"]["pageInfo"]["endCursor"].as_str().unwrap();
    let lead = data["leads"]["pageInfo"]["endCursor"].as_str().unwrap();
    let long = "x".repeat(10_000);
    for cursor in [
        tag,
        "",
        "x",
        "bnVsbA==",
        "💥",
        &lead[..lead.len() - 2],
        &format!("{lead}A"),
        &long,
    ] {
        for argument in ["first: 1, after", "last: 1, before"] {
            let query = format!("query($cursor: String) {{ leads({argument}: $cursor) {{ nodes {{ id }} }} }}");
            let answer = app.as_owner().graphql(&query, json!({"cursor": cursor})).await;
            assert_eq!(answer.code(), "BAD_USER_INPUT", "{cursor}: {}", answer.text);
        }
    }
}

async fn sizes_of_pages_are_bounded(app: TestApp) {
    fill(&app, 3).await;
    for arguments in ["first: 101", "last: 101", "first: -1", "last: -1", "first: 1, last: 1"] {
        let query = format!("{{ leads({arguments}) {{ nodes {{ id }} }} }}");
        let answer = app.as_owner().graphql(&query, json!({})).await;
        assert_eq!(answer.code(), "BAD_USER_INPUT", "{arguments}: {}", answer.text);
    }
    let count = async |arguments: &str| {
        let query = format!("{{ leads{arguments} {{ nodes {{ id }} totalCount }} }}");
        let data = app.as_owner().data(&query, json!({})).await;
        assert_eq!(data["leads"]["totalCount"], 3);
        data["leads"]["nodes"].as_array().unwrap().len()
    };
    assert_eq!(count("").await, 3);
    assert_eq!(count("(first: 100)").await, 3);
    assert_eq!(count("(first: 0)").await, 0);
    assert_eq!(count("(last: 2)").await, 2);
    assert_eq!(count("(first: null, last: 1)").await, 1);
}

async fn hidden_leads_are_in_no_page(app: TestApp) {
    fill(&app, 4).await;
    app.db
        .execute("UPDATE leads SET deleted_at = created_at WHERE id = 2")
        .await;
    app.db.execute("UPDATE leads SET merged_into_id = 1 WHERE id = 3").await;
    let data = app
        .as_owner()
        .data("{ leads { totalCount nodes { legacyId } } }", json!({}))
        .await;
    assert_eq!(
        data["leads"],
        json!({"totalCount": 2, "nodes": [{"legacyId": 4}, {"legacyId": 1}]})
    );
}
