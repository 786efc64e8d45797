//! Leads in a list and one alone, through JourneyBee's routes.

use leadgraph::domain::caller::Role;
use leadgraph::domain::custom_fields::FieldType;
use serde_json::{Value, json};

use super::{INVALID, MISSING, campaign, is_refused, reference, referred};
use crate::harness::{Case, TestApp, both};

pub fn cases() -> Vec<Case> {
    vec![
        both(a_row_has_the_documented_members_in_their_order),
        both(one_lead_has_its_custom_fields),
        both(leads_are_filtered_and_sorted),
        both(every_lead_is_on_one_page_whichever_way_they_are_walked),
        both(leads_of_one_moment_are_not_torn_apart),
        both(what_is_wrong_with_a_query_is_told),
        both(leads_of_others_are_not_there),
    ]
}

const NOT_FOUND: &str = "Lead not found or not accessible";

async fn rows(app: &TestApp, query: &str) -> Vec<Value> {
    let path = format!("leads?userId={}&{query}", app.home.owner.id);
    let answer = app.journeybee_at(&path).get().await.expect(200);
    answer.json().as_array().unwrap().clone()
}

async fn ids(app: &TestApp, query: &str) -> Vec<i64> {
    rows(app, query)
        .await
        .iter()
        .map(|row| row["id"].as_i64().unwrap())
        .collect()
}

async fn post(app: &TestApp, body: &Value) -> i64 {
    app.journeybee().post(body).await.expect(201).json()["id"]
        .as_i64()
        .unwrap()
}

async fn a_row_has_the_documented_members_in_their_order(app: TestApp) {
    let to = referred(&app).await;
    let mut body = reference(&to);
    body["partnershipLead"]["partners_company_name"] = json!("As written");
    body["companyCampaignId"] = json!(app.home.campaign("Spring").await.id);
    let id = post(&app, &body).await;
    let patch = json!({"assignedUsers": [app.home.owner.id]});
    app.journeybee_at(&format!("leads/{id}"))
        .send(reqwest::Method::PATCH, patch.to_string())
        .await
        .expect(200);
    let answer = app
        .journeybee_at(&format!("leads?userId={}", app.home.owner.id))
        .get()
        .await
        .expect(200);
    let row = answer.json()[0].clone();
    let names = [
        "total",
        "id",
        "uuid",
        "created_at",
        "updated_at",
        "source",
        "company_name",
        "email",
        "phone_number",
        "first_name",
        "last_name",
        "status",
        "partner_type",
        "company_id",
        "created_by_user_id",
        "campaign_id",
        "campaign_title",
        "tags",
        "assigned_users",
        "partnership_leads",
        "campaign_partners",
        "lead_deals",
    ];
    let mut behind = 0;
    for name in names {
        let at = answer.text[behind..].find(&format!("\"{name}\":"));
        behind += at.unwrap_or_else(|| panic!("{name} is not behind {}", &answer.text[..behind]));
    }
    assert_eq!(row.as_object().unwrap().len(), names.len());
    for (name, value) in [
        ("total", json!(1)),
        ("source", json!("partnership")),
        ("company_name", json!("TechCorp Solutions")),
        ("phone_number", json!("+1-555-123-4567")),
        ("status", json!("new")),
        ("partner_type", json!("referral")),
        ("company_id", json!(app.home.id())),
        ("created_by_user_id", Value::Null),
        ("campaign_title", json!("Spring")),
        ("campaign_partners", json!([])),
        ("lead_deals", json!([])),
    ] {
        assert_eq!(row[name], value, "{name}");
    }
    let mut tags: Vec<&str> = row["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag["label"].as_str().unwrap())
        .collect();
    tags.sort_unstable();
    assert_eq!(tags, ["Enterprise", "Hot"]);
    assert_eq!(row["assigned_users"][0]["email"], app.home.owner.email);
    let link = &row["partnership_leads"][0];
    for (name, value) in [
        ("partnership_id", json!(to.partners.ours.shared.id)),
        ("sent_by_company_id", json!(app.home.id())),
        ("sent_by_company_name", json!("Acme")),
        ("received_by_company_id", json!(to.partners.ours.partner.id)),
        ("received_by_company_name", json!("The partner")),
        ("partner_type", json!("referral")),
        ("direction", json!("sent")),
        ("fallback_data", json!({"name": "As written"})),
    ] {
        assert_eq!(link[name], value, "{name}");
    }
    // On the other side it was received.
    let query = format!("leads?userId={}", to.partner.owner.id);
    let bearer = format!("Bearer {}", to.partner.key);
    let theirs = app
        .journeybee_at(&query)
        .header("authorization", &bearer)
        .get()
        .await
        .expect(200)
        .json();
    let link = &theirs[0]["partnership_leads"][0];
    assert_eq!(
        (&link["direction"], &link["received_by_company_id"]),
        (&json!("received"), &json!(to.partner.id()))
    );
}

async fn one_lead_has_its_custom_fields(app: TestApp) {
    let to = referred(&app).await;
    let size = app.home.field("Size", FieldType::Select, &["S", "M"]).await;
    let many = app
        .home
        .field("Colours", FieldType::MultiSelect, &["red", "green"])
        .await;
    let due = app.home.field("Due", FieldType::Date, &[]).await;
    let known = app.home.field("Known", FieldType::Boolean, &[]).await;
    let mut body = reference(&to);
    let more = [
        json!({"customFieldId": size.id, "type": "select", "value": {"select": 2}}),
        json!({"customFieldId": many.id, "type": "multi_select", "value": {"multi_select": [2, 1]}}),
        json!({"customFieldId": due.id, "type": "date", "value": {"date": "2024-02-29"}}),
        json!({"customFieldId": known.id, "type": "boolean", "value": {"boolean": false}}),
    ];
    body["customFields"].as_array_mut().unwrap().extend(more);
    let id = post(&app, &body).await;
    let lead = app
        .journeybee_at(&format!("companies/{}/leads/{id}", app.home.id()))
        .get()
        .await
        .expect(200);
    assert!(
        lead.text.starts_with(&format!(r#"{{"id":{id},"uuid":""#)),
        "{}",
        lead.text
    );
    let lead = lead.json();
    assert_eq!(
        (&lead["total"], &lead["email"]),
        (&Value::Null, &json!("contact@techcorp.com"))
    );
    let values: Vec<&Value> = lead["custom_fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| &field["value"])
        .collect();
    assert_eq!(
        values,
        [
            &json!({"number": 100_000}),
            &json!({"text": "High-value prospect from referral"}),
            &json!({"select": 2}),
            &json!({"multi_select": [1, 2]}),
            &json!({"date": "2024-02-29"}),
            &json!({"boolean": false}),
        ]
    );
    let first = &lead["custom_fields"][0];
    assert_eq!(
        (&first["id"], &first["label"], &first["type"]),
        (&json!(to.number.id), &json!("Budget"), &json!("number"))
    );
    let stored = app
        .number(&format!(
            "SELECT id FROM lead_custom_field_values WHERE lead_id = {id} AND custom_field_id = {}",
            to.number.id
        ))
        .await;
    assert_eq!(first["custom_field_value_id"], stored);
    // A number prints as it came: what was read can be posted again.
    assert_eq!(values[0].to_string(), r#"{"number":100000}"#);
}

async fn leads_are_filtered_and_sorted(app: TestApp) {
    let to = referred(&app).await;
    let colleague = app.home.user("colleague@acme.test", Role::Member).await;
    let spring = app.home.campaign("Spring").await.id;
    let sent = post(&app, &reference(&to)).await;
    let ada = post(
        &app,
        &campaign(
            spring,
            json!({"email": "ada@b.co", "company_name": "Zeta", "tags": [to.tags[0].id]}),
        ),
    )
    .await;
    let bob = post(
        &app,
        &campaign(spring, json!({"first_name": "Bob", "company_name": "Alpha"})),
    )
    .await;
    let patch = async |id: i64, body: Value| {
        app.journeybee_at(&format!("leads/{id}"))
            .send(reqwest::Method::PATCH, body.to_string())
            .await
            .expect(200);
    };
    patch(
        ada,
        json!({"assignedUsers": [app.home.owner.id], "status": "qualified"}),
    )
    .await;
    patch(bob, json!({"assignedUsers": [colleague.id]})).await;
    let (tag, number, text) = (to.tags[0].id, to.number.id, to.text.id);
    for (query, found) in [
        ("", vec![bob, ada, sent]),
        ("search=zet", vec![ada]),
        ("view=sent", vec![sent]),
        ("view=received", vec![]),
        ("view=campaigns", vec![bob, ada]),
        ("view=reseller", vec![]),
        ("assigned=1", vec![ada]),
        ("unassigned=1", vec![sent]),
        ("assigned=1&unassigned=1", vec![ada, sent]),
        ("assigned=0", vec![bob, ada, sent]),
        ("status=qualified,lost", vec![ada]),
        (&format!("tags={tag},999"), vec![ada, sent]),
        ("tags=999", vec![]),
        (&format!("users={}", colleague.id), vec![bob]),
        (
            &format!("customFields=[{{\"id\":{number},\"value\":{{\"number\":100000}}}}]"),
            vec![sent],
        ),
        (
            &format!("customFields=[{{\"id\":{text},\"value\":{{\"text\":\"PROSPECT\"}}}}]"),
            vec![sent],
        ),
        ("customFields=[{\"id\":999,\"value\":{\"text\":\"x\"}}]", vec![]),
        ("sort=[{\"type\":\"company_name\",\"asc\":true}]", vec![bob, sent, ada]),
        (
            "sort=[{\"type\":\"status\",\"asc\":false},{\"type\":\"created_at\",\"asc\":true}]",
            vec![ada, sent, bob],
        ),
        ("cursor=2020-01-01T00:00:00Z", vec![]),
        ("cursor=2999-01-01", vec![bob, ada, sent]),
    ] {
        let found_rows = rows(&app, query).await;
        let ids: Vec<i64> = found_rows.iter().map(|row| row["id"].as_i64().unwrap()).collect();
        assert_eq!(ids, found, "{query}");
        assert!(found_rows.iter().all(|row| row["total"] == found.len()), "{query}");
    }
    let mismatch = app.journeybee_at(&format!(
        "leads?userId={}&customFields=[{{\"id\":{number},\"value\":{{\"text\":\"x\"}}}}]",
        app.home.owner.id
    ));
    is_refused(&mismatch.get().await, 400, INVALID, "a value of another type");
}

async fn every_lead_is_on_one_page_whichever_way_they_are_walked(app: TestApp) {
    let spring = app.home.campaign("Spring").await.id;
    let mut all = Vec::new();
    for number in 0..23 {
        all.push(post(&app, &campaign(spring, json!({"company_name": format!("{number}")}))).await);
    }
    all.reverse();
    assert_eq!(ids(&app, "").await, all[..10], "ten a page");
    let mut walked = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = rows(&app, &format!("pageSize=7&cursor={cursor}")).await;
        let Some(last) = page.last() else { break };
        cursor = last["created_at"].as_str().unwrap().to_owned();
        walked.extend(page.iter().map(|row| row["id"].as_i64().unwrap()));
    }
    assert_eq!(walked, all);
    let mut walked = Vec::new();
    for number in 1..=5 {
        walked.extend(ids(&app, &format!("pageSize=7&page={number}")).await);
    }
    assert_eq!(walked, all);
}

async fn leads_of_one_moment_are_not_torn_apart(app: TestApp) {
    let spring = app.home.campaign("Spring").await.id;
    let mut all = Vec::new();
    for number in 0..9 {
        let id = post(&app, &campaign(spring, json!({"company_name": format!("{number}")}))).await;
        // Three by three.
        let at = format!(
            "UPDATE leads SET created_at = '2024-02-01T12:00:0{}+00:00' WHERE id = {id}",
            number / 3
        );
        app.db.execute(&at).await;
        all.push(id);
    }
    all.reverse();
    let page = rows(&app, "pageSize=4").await;
    assert_eq!(page.len(), 6);
    let cursor = page[5]["created_at"].as_str().unwrap();
    let rest = ids(&app, &format!("pageSize=4&cursor={cursor}")).await;
    let first: Vec<i64> = page.iter().map(|row| row["id"].as_i64().unwrap()).collect();
    assert_eq!([first, rest].concat(), all);
    assert_eq!(
        ids(&app, "pageSize=4&page=1").await,
        all[..4],
        "counted pages are what they say"
    );
}

async fn what_is_wrong_with_a_query_is_told(app: TestApp) {
    let missing = app.journeybee_at("leads").get().await;
    is_refused(&missing, 406, MISSING, "no user");
    assert_eq!(missing.json()["details"][0]["field"], "userId");
    let stranger = app.workspace("Stranger").await;
    for (query, field) in [
        ("userId=x", "userId"),
        (&format!("userId={}", stranger.owner.id), "userId"),
        (&format!("userId={}&pageSize=51", app.home.owner.id), "pageSize"),
        (&format!("userId={}&status=won", app.home.owner.id), "status"),
        (&format!("userId={}&search=%FF", app.home.owner.id), "search"),
    ] {
        let refused = app.journeybee_at(&format!("leads?{query}")).get().await;
        is_refused(&refused, 400, INVALID, query);
        assert_eq!(refused.json()["details"][0]["field"], field, "{query}");
    }
}

async fn leads_of_others_are_not_there(app: TestApp) {
    let stranger = app.workspace("Stranger").await;
    let spring = stranger.campaign("Theirs").await.id;
    let bearer = format!("Bearer {}", stranger.key);
    let theirs = app
        .journeybee()
        .header("authorization", &bearer)
        .post(&campaign(spring, json!({"email": "a@b.co"})))
        .await;
    let id = theirs.expect(201).json()["id"].clone();
    let (home, other) = (app.home.id(), stranger.id());
    for path in [
        format!("companies/{home}/leads/{id}"),
        format!("companies/{other}/leads/{id}"),
        format!("companies/{home}/leads/999999"),
        format!("companies/{home}/leads/x"),
        format!("companies/x/leads/{id}"),
        format!("companies/{home}/leads/%FF"),
        format!("companies/{home}/leads/99999999999999999999"),
    ] {
        is_refused(&app.journeybee_at(&path).get().await, 404, NOT_FOUND, &path);
    }
    assert_eq!(ids(&app, "").await, Vec::<i64>::new());
}
