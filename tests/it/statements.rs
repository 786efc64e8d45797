//! A query's shape costs a constant number of SQL statements, whatever the number of rows.

use futures_util::StreamExt;
use serde_json::json;

use crate::harness::{Backend, Case, Subject, TestApp, both};
use crate::journeybee::{reference, referred};

pub fn cases() -> Vec<Case> {
    vec![
        both(the_list_of_leads_costs_the_same_for_one_and_for_a_hundred),
        both(what_is_not_selected_is_not_asked_for),
        both(no_operation_costs_more_for_a_thousand_parents_than_for_one),
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
    // One more than a page: a page that holds the whole list tells its length, too.
    for nth in 0..=100 {
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
    // A page that holds the whole list tells its length; one that does not costs a count.
    assert_eq!(cost("{ leads { nodes { id } totalCount } }").await, 1);
    assert_eq!(cost("{ leads(first: 0) { nodes { id } totalCount } }").await, 2);
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

/// An application with large pages and a thousand leads, each with a thousand neighbours: tags, sources, people, notes.
struct Crowd(TestApp);

/// As many of each thing.
const CROWD: usize = 1000;

impl Subject for Crowd {
    async fn set_up(backend: Backend) -> Self {
        let app = TestApp::with(backend, |config| config.limits.page_max = CROWD as u64).await;
        let to = referred(&app).await;
        let posts = (0..=CROWD).map(|nth| {
            let mut body = reference(&to);
            body["email"] = json!(format!("n{nth}@b.co"));
            let app = &app;
            async move { app.journeybee().post(&body).await.expect(201) }
        });
        futures_util::stream::iter(posts).buffer_unordered(8).count().await;
        app.db.execute("DELETE FROM lead_tags").await;
        app.db.execute("DELETE FROM lead_attributions").await;
        app.home.lead_tag("Tag").await;
        app.home.source("Source").await;
        app.home.campaign("Campaign").await;
        let uuid = match backend {
            Backend::Sqlite => "randomblob(16)",
            Backend::Postgres => "gen_random_uuid()",
        };
        let numbers = format!(
            "(SELECT row_number() OVER (ORDER BY id) AS n FROM leads WHERE workspace_id = 1) numbers WHERE n < {CROWD}"
        );
        for (table, columns, copied) in [
            (
                "tags",
                "label, label_folded, association, background_color, text_color",
                "label || n, label_folded || n, association, background_color, text_color",
            ),
            (
                "attribution_sources",
                "label, label_folded",
                "label || n, label_folded || n",
            ),
            ("campaigns", "title", "title || n"),
        ] {
            let own = ["tag", "source", "campaign"];
            let name = if table == "campaigns" { "title" } else { "label" };
            app.db
                .execute(&format!(
                    "INSERT INTO {table} (workspace_id, uuid, version, created_at, updated_at, {columns})
                     SELECT workspace_id, {uuid}, version, created_at, updated_at, {copied}
                     FROM {table}, {numbers} AND workspace_id = 1 AND lower({name}) IN ('{}')",
                    own.join("', '")
                ))
                .await;
        }
        // Two leads of each: their lists do not fit on a page of one.
        let pairs = |table: &str| {
            format!(
                "FROM (SELECT *, row_number() OVER (ORDER BY id) AS nth FROM leads WHERE workspace_id = 1) l
                 JOIN (SELECT *, row_number() OVER (ORDER BY id DESC) AS nth FROM {table} WHERE workspace_id = 1) o
                 ON o.nth IN (l.nth, l.nth % {CROWD} + 1)"
            )
        };
        for sql in [
            format!(
                "INSERT INTO lead_tags (workspace_id, lead_id, tag_id) SELECT 1, l.id, o.id {}",
                pairs("tags")
            ),
            format!(
                "INSERT INTO lead_attributions (workspace_id, uuid, lead_id, source_id, attributed_at, series)
                 SELECT 1, {uuid}, l.id, o.id, l.created_at, 1 {}",
                pairs("attribution_sources")
            ),
            "UPDATE leads SET campaign_id = (SELECT o.id FROM (SELECT id, row_number() OVER (ORDER BY id DESC) AS nth
             FROM campaigns WHERE workspace_id = 1) o WHERE o.nth = leads.id / 2 % 100 + 1) WHERE workspace_id = 1"
                .to_owned(),
        ] {
            app.db.execute(&sql).await;
        }
        Self(app)
    }
}

/// What front ends ask, each with a list at its root.
const OPERATIONS: [(&str, &str); 10] = [
    ("leads", "leads(first: $n) { nodes { id email status } }"),
    ("leads", "leads(first: $n, filter: {search: \"john smith\"}, orderBy: [{by: {field: NAME}}, {by: {field: EMAIL}}]) {
        totalCount nodes { id firstName } pageInfo { hasNextPage endCursor } }"),
    ("leads", "leads(first: $n) { nodes { id tags { label } customFieldValues { text field { label options { label } } }
        attributions { source { label } } partnershipLeads { partner { name } partnership { state } partnerUsers { email } } } }"),
    ("leads", "leads(first: $n) { nodes { id tags { id leads(first: 1) { totalCount nodes { id tags { label } } } } } }"),
    ("leads", "leads(first: $n) { nodes { campaign { title leads(first: 1) { totalCount nodes { email } } } } }"),
    ("leads", "leads(first: $n) { nodes { attributions { source { leads(first: 1, orderBy: [{by: {field: COMPANY_NAME}}]) { nodes { id } } } }
        partnershipLeads { partner { leads(first: 1) { totalCount } } } } }"),
    ("tags", "tags(first: $n) { nodes { label leads(first: 1, filter: {status: {in: [NEW, LOST]}}) { totalCount nodes { id } } } }"),
    ("attributionSources", "attributionSources(first: $n) { nodes { label
        leads(last: 1, orderBy: [{by: {field: EMAIL}}]) { edges { cursor node { email clickIds { kind } } } } } }"),
    ("campaigns", "campaigns(first: $n) { nodes { title a: leads(first: 1) { nodes { id } } b: leads(first: 1, filter: {not: {email: {exists: true}}}) { nodes { id } } } }"),
    ("leads", "leads(first: $n) { nodes { userData originalPayloads { body } integrationValues { value } externalRefs { externalId } powerups { data }
        consents { signal } touchpoints { source } clickIds { value } } }"),
];

async fn no_operation_costs_more_for_a_thousand_parents_than_for_one(Crowd(app): Crowd) {
    for (list, operation) in OPERATIONS {
        let query = format!("query($n: Int!) {{ {operation} }}");
        let cost = async |parents: usize| {
            let before = app.statements();
            // A key would be learnt anew every few seconds.
            let data = app.as_owner().data(&query, json!({"n": parents})).await;
            let after = app.statements();
            assert_eq!(data[list]["nodes"].as_array().unwrap().len(), parents, "{operation}");
            after - before
        };
        let costs = [cost(1).await, cost(100).await, cost(CROWD).await];
        assert!(
            costs.iter().all(|cost| *cost == costs[0]),
            "{costs:?} statements: {operation}"
        );
        assert!(costs[0] <= 14, "{costs:?} statements: {operation}");
    }
}
