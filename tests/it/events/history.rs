//! Who did what, when and through which door.

use leadgraph::domain::caller::Role;
use leadgraph::domain::partnerships::PartnerType;
use serde_json::{Value, json};

use super::{lead_id, text, web_lead};
use crate::harness::{Case, TestApp, both};

pub fn cases() -> Vec<Case> {
    vec![
        both(a_history_tells_who_changed_what_through_which_door),
        both(what_a_partner_did_is_told_without_its_invitation),
        both(the_audit_log_has_everything_else),
        both(a_page_of_the_audit_log_has_a_size),
        both(histories_of_many_leads_cost_a_fixed_number_of_statements),
    ]
}

const HISTORY: &str =
    "query($id: ID!, $first: Int, $after: String) { lead(by: {id: $id}) { history(first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { type actor { kind door label nodeId } subjectId changes { field from to } } } } }";

async fn a_history_tells_who_changed_what_through_which_door(app: TestApp) {
    let lead = lead_id(&app, web_lead(&app, "Ada").await).await;
    let rename = "mutation($id: ID!) {
        updateLead(input: {leadId: $id, expectedVersion: 1, firstName: \"Grace\"}) { lead { id } }
        addLeadNote(input: {leadId: $id, text: \"Hello\"}) { note { id } } }";
    app.as_owner().data(rename, json!({"id": lead})).await;
    let of = async |variables: Value| {
        let data = app.as_owner().data(HISTORY, variables).await;
        data["lead"]["history"].clone()
    };
    let history = of(json!({"id": lead})).await;
    let nodes = history["nodes"].as_array().unwrap();
    let types: Vec<String> = nodes.iter().map(|node| text(&node["type"])).collect();
    assert_eq!(types, ["NOTE_CREATED", "LEAD_UPDATED", "LEAD_CREATED"]);
    assert_eq!(history["totalCount"], 3);
    assert_eq!(
        nodes[1]["changes"],
        json!([{"field": "firstName", "from": "Ada", "to": "Grace"}])
    );
    assert_eq!(nodes[1]["subjectId"], json!(lead));
    let by = |node: &Value| (text(&node["actor"]["kind"]), text(&node["actor"]["door"]));
    assert_eq!(by(&nodes[1]), ("USER".to_owned(), "GRAPHQL".to_owned()));
    assert_eq!(by(&nodes[2]), ("API_KEY".to_owned(), "LEADTRACKR".to_owned()));
    let owner = app
        .as_owner()
        .data("{ viewer { user { id email firstName } } }", json!({}))
        .await;
    assert_eq!(nodes[1]["actor"]["nodeId"], owner["viewer"]["user"]["id"]);
    assert!(nodes[1]["actor"]["label"].is_string() && nodes[2]["actor"]["label"].is_string());
    // What keys are called is for administrators.
    let member = app.home.user("member@acme.test", Role::Readonly).await;
    let token = app
        .authenticator()
        .issue_token(&member, &app.home.row, chrono::Duration::hours(1));
    let seen = app.with_token(&token).data(HISTORY, json!({"id": lead})).await;
    let seen = &seen["lead"]["history"]["nodes"];
    assert!(
        seen[1]["actor"]["label"].is_string() && seen[2]["actor"]["label"].is_null(),
        "{seen}"
    );
    // Page by page.
    let first = of(json!({"id": lead, "first": 2})).await;
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    let rest = of(json!({"id": lead, "first": 2, "after": first["pageInfo"]["endCursor"]})).await;
    assert_eq!(rest["nodes"], json!([nodes[2]]));
}

async fn what_a_partner_did_is_told_without_its_invitation(app: TestApp) {
    let partner = app.workspace("Partner").await;
    let partners = app.home.partner_with(&partner, PartnerType::Referral).await;
    let body = json!({"company_name": "C", "email": "c@x.test", "first_name": "A", "last_name": "B", "source": "partnership",
        "associationType": "referral", "partnershipLead": {"partnership_id": partners.ours.shared.id,
        "partners_company_id": partners.ours.partner.id, "company_partnerships_id": partners.ours.side.id,
        "sendToPartner": true}});
    app.journeybee().post(&body).await.expect(201);
    let query = "{ leads { nodes { history { nodes { type actor { kind door label nodeId } } } } } }";
    let answer = app.with_token(&partner.token).graphql(query, json!({})).await;
    let actor = answer.data()["leads"]["nodes"][0]["history"]["nodes"][0]["actor"].clone();
    assert_eq!(
        actor,
        json!({"kind": "PARTNER", "door": "JOURNEYBEE", "label": "Acme", "nodeId": null})
    );
    assert!(!answer.text.contains(&partners.ours.shared.uuid.to_string()));
}

async fn the_audit_log_has_everything_else(app: TestApp) {
    web_lead(&app, "Ada").await;
    app.home.lead_tag("Hot").await;
    let make = r#"mutation { createApiKey(input: {label: "Robot", scopes: [READ]}) { apiKey { id } key } }"#;
    let made = app.as_owner().data(make, json!({})).await["createApiKey"].clone();
    let query = "query($filter: AuditFilter, $first: Int, $after: String) { auditLog(filter: $filter, first: $first, after: $after) {
        totalCount pageInfo { hasNextPage endCursor } nodes { type subjectId actor { kind nodeId } changes { field to } } } }";
    let of = async |variables: Value| {
        let answer = app.as_owner().graphql(query, variables).await;
        assert!(!answer.text.contains(made["key"].as_str().unwrap()), "no key is told");
        answer.data()["auditLog"].clone()
    };
    let all = of(json!({})).await;
    let types: Vec<String> = all["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| text(&node["type"]))
        .collect();
    assert_eq!(types[..2], ["API_KEY_CREATED", "TAG_CREATED"]);
    assert!(types.iter().all(|kind| !kind.starts_with("LEAD_")), "{types:?}");
    assert!(types.contains(&"WORKSPACE_CREATED".to_owned()), "{types:?}");
    assert_eq!(all["totalCount"], types.len());
    let me = all["nodes"][0]["actor"]["nodeId"].clone();
    let count = async |filter: Value| of(json!({"filter": filter})).await["totalCount"].clone();
    assert_eq!(count(json!({"actorId": me})).await, 1);
    assert_eq!(count(json!({"subjectId": made["apiKey"]["id"]})).await, 1);
    assert_eq!(count(json!({"types": ["TAG_CREATED", "TAG_UPDATED"]})).await, 1);
    assert_eq!(count(json!({"until": "2020-01-01T00:00:00Z"})).await, 0);
    assert_eq!(count(json!({"from": "2020-01-01T00:00:00Z"})).await, types.len());
    let (mut walked, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = of(json!({"first": 2, "after": after})).await;
        walked.extend(page["nodes"].as_array().unwrap().iter().map(|node| text(&node["type"])));
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(walked, types);
    let member = app.home.user("member@acme.test", Role::Member).await;
    let token = app
        .authenticator()
        .issue_token(&member, &app.home.row, chrono::Duration::hours(1));
    let answer = app
        .with_token(&token)
        .graphql("{ auditLog { totalCount } }", json!({}))
        .await;
    assert_eq!(answer.code(), "FORBIDDEN", "{}", answer.text);
}

async fn a_page_of_the_audit_log_has_a_size(app: TestApp) {
    // As if there had been much to tell of each.
    app.db
        .execute("UPDATE events SET size = 3000000 WHERE lead_id IS NULL")
        .await;
    let query = "query($first: Int, $last: Int) { auditLog(first: $first, last: $last) { nodes { type } } }";
    for end in ["first", "last"] {
        let few = app.as_owner().data(query, json!({end: 1})).await;
        assert_eq!(few["auditLog"]["nodes"].as_array().unwrap().len(), 1);
        let refused = app.as_owner().graphql(query, json!({end: 3})).await;
        assert_eq!(refused.code(), "LIMIT_EXCEEDED", "{}", refused.text);
    }
}

async fn histories_of_many_leads_cost_a_fixed_number_of_statements(app: TestApp) {
    for number in 0..30 {
        let lead = lead_id(&app, web_lead(&app, &format!("Lead {number}")).await).await;
        let rename = "mutation($id: ID!) { updateLead(input: {leadId: $id, expectedVersion: 1, lastName: \"X\"}) { lead { id } } }";
        app.as_owner().data(rename, json!({"id": lead})).await;
    }
    let query = "query($first: Int) { leads(first: $first) { nodes { history(first: 1) { totalCount nodes { actor { label } } } } } }";
    let mut costs = Vec::new();
    for first in [1, 30] {
        let before = app.statements();
        let data = app.as_owner().data(query, json!({"first": first})).await;
        for lead in data["leads"]["nodes"].as_array().unwrap() {
            assert_eq!(lead["history"]["totalCount"], 2);
            assert_eq!(lead["history"]["nodes"].as_array().unwrap().len(), 1);
        }
        costs.push(app.statements() - before);
    }
    assert_eq!(costs[0], costs[1]);
}
