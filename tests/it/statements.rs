//! A query's shape costs a constant number of SQL statements, whatever the number of rows.

use serde_json::json;

use crate::harness::{Case, TestApp, both};
use crate::journeybee::{reference, referred};

pub fn cases() -> Vec<Case> {
    vec![
        both(the_list_of_leads_costs_the_same_for_one_and_for_a_hundred),
        both(what_is_not_selected_is_not_asked_for),
    ]
}

/// The busiest query of a front end: the newest leads with what hangs on them.
const NEWEST: &str = "query($first: Int!) { leads(first: $first) {
    nodes { id legacyId email companyName status createdAt
        tags { id label backgroundColor }
        customFieldValues { id text field { label type } ... on NumberValue { number } ... on SelectValue { option { label } } }
        attributions { attributedAt source { label } }
        partnershipLeads { direction partner { name } } }
    pageInfo { hasNextPage endCursor } } }";

const EVERYTHING: &str = "query($first: Int!) { leads(first: $first) { totalCount nodes {
    id project { name } campaign { title } userData formData attributionData deviceData channelFlow
    tags { label } customFieldValues { text field { label options { label } } } attributions { source { label } }
    clickIds { kind } touchpoints { source } consents { signal }
    partnershipLeads { partner { name } partnership { state partner { name } } partnerUsers { email } partnerCopy { uuid } }
    integrationValues { value } externalRefs { externalId } powerups { data } originalPayloads { body } } } }";

async fn the_list_of_leads_costs_the_same_for_one_and_for_a_hundred(app: TestApp) {
    let to = referred(&app).await;
    for nth in 0..100 {
        let mut body = reference(&to);
        body["email"] = json!(format!("n{nth}@b.co"));
        app.journeybee().post(&body).await.expect(201);
    }
    for query in [NEWEST, EVERYTHING] {
        // The first one also learns who the caller is.
        cost(&app, query, 1).await;
        let one = cost(&app, query, 1).await;
        let hundred = cost(&app, query, 100).await;
        assert_eq!(one, hundred, "{query}");
        assert!(one <= 30, "{one} statements: {query}");
    }
    assert!(cost(&app, NEWEST, 100).await <= 10);
}

async fn cost(app: &TestApp, query: &str, first: usize) -> u64 {
    let before = app.statements();
    let data = app.with_key(&app.home.key).data(query, json!({"first": first})).await;
    let after = app.statements();
    assert_eq!(data["leads"]["nodes"].as_array().unwrap().len(), first);
    after - before
}

async fn what_is_not_selected_is_not_asked_for(app: TestApp) {
    let to = referred(&app).await;
    app.journeybee().post(&reference(&to)).await.expect(201);
    let cost = async |query: &str| {
        app.with_key(&app.home.key).data(query, json!({})).await;
        let before = app.statements();
        app.with_key(&app.home.key).data(query, json!({})).await;
        app.statements() - before
    };
    let plain = cost("{ leads { nodes { id email } } }").await;
    assert_eq!(plain, 1);
    assert_eq!(cost("{ leads { nodes { id } totalCount } }").await, 2);
    assert_eq!(cost("{ leads { nodes { id tags { label } } } }").await, 2);
    assert_eq!(
        cost("{ leads { nodes { id tags @skip(if: true) { label } } } }").await,
        1
    );
    // The same relation, asked for twice and through a fragment, is loaded once.
    let twice = "{ leads { nodes { ...tagged tags { id } } edges { node { t: tags { label } } } } }
        fragment tagged on Lead { tags { label } }";
    assert_eq!(cost(twice).await, 2);
    assert_eq!(cost("{ __typename }").await, 0);
}
