//! `getLead` and `getLeads`: which leads, in which shape, and who may ask.

use serde_json::{Value, json};

use super::reference;
use crate::harness::{Answer, Case, TestApp, both};

pub fn cases() -> Vec<Case> {
    vec![
        both(a_lead_has_the_documented_members_in_their_order),
        both(what_was_edited_and_noted_is_shown_beside_what_was_sent),
        both(the_first_identifier_counts_and_the_newest_lead_wins),
        both(the_project_is_known_by_the_key),
        both(who_may_not_read_is_told_so),
        both(a_page_has_the_documented_envelope),
        both(leads_are_filtered),
        both(leads_are_sorted),
        both(leads_without_a_project_and_of_others_are_not_there),
    ]
}

pub fn message(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json()["message"].as_str().unwrap().to_owned())
}

/// A post of a form with these data to home's project; the lead's number.
async fn post(app: &TestApp, user: Value, more: Value) -> i64 {
    let mut body = json!({"projectId": app.home.project.public_id, "userData": user});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let posted = app.leadtrackr().post(&body).await.expect(201);
    posted.json()["leadId"].as_i64().unwrap()
}

/// With the key that is bound to home's project.
async fn get(app: &TestApp, path: &str) -> Answer {
    app.leadtrackr_at(path).key(&app.home.bound_key).get().await
}

async fn a_lead_has_the_documented_members_in_their_order(app: TestApp) {
    let mut body = reference(&app.home.project.public_id);
    body["channelFlow"] = json!("flow");
    let id = app.leadtrackr().post(&body).await.expect(201).json()["leadId"].clone();
    let answer = get(&app, &format!("getLead?leadId={id}")).await.expect(200);
    let lead = &answer.json()["lead"];
    let created = lead["createdAt"].as_str().unwrap();
    assert!(
        created.len() == 24 && created.ends_with('Z') && created.as_bytes()[19] == b'.',
        "{created}"
    );
    let expected = format!(
        r#"{{"message":"Lead retrieved","lead":{{"id":{id},"status":"open","formName":"Contact Form","firstName":"Jane","lastName":"Smith","phone":"+31687654321","email":"jane@example.com","companyName":"Acme Inc.","price":null,"note":null,"formData":{},"userData":{},"attributionData":{},"channelFlow":"flow","uniqueIdentifier":"crm-lead-789","createdAt":"{created}"}}}}"#,
        lead["formData"], lead["userData"], lead["attributionData"],
    );
    assert_eq!(answer.text, expected);
    for member in ["formData", "userData", "attributionData"] {
        assert_eq!(lead[member], body[member], "{member}");
    }
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    let bare = post(&app, json!({"email": "bare@b.co"}), json!({})).await;
    let bare = get(&app, &format!("getLead?leadId={bare}")).await.expect(200).json();
    for (member, value) in [
        ("formData", json!({})),
        ("attributionData", json!({})),
        ("channelFlow", Value::Null),
    ] {
        assert_eq!(bare["lead"][member], value, "{member}");
    }
}

async fn what_was_edited_and_noted_is_shown_beside_what_was_sent(app: TestApp) {
    use leadgraph::domain::leads::notes::{self, NewNote};
    use leadgraph::domain::leads::{LeadEdit, LeadTarget, Money, edit};
    use leadgraph::domain::{Change, Ref};
    let id = post(&app, json!({"email": "typo@b.co"}), json!({})).await;
    for text in ["first", "second"] {
        let new = NewNote { text: text.to_owned() };
        notes::add_note(&app.home.op(), Ref::Id(id), new).await.unwrap();
    }
    let mut change = LeadEdit::default();
    change.contact.email = Change::Set("right@b.co".to_owned());
    change.value = Change::Set(Money {
        minor: 12_50,
        currency: "EUR".to_owned(),
    });
    let target = LeadTarget {
        lead: Ref::Id(id),
        expected_version: None,
    };
    edit(&app.home.op(), target, change).await.unwrap();
    let lead = get(&app, &format!("getLead?leadId={id}")).await.expect(200).json()["lead"].clone();
    assert_eq!(
        (&lead["email"], &lead["userData"]["email"]),
        (&json!("right@b.co"), &json!("typo@b.co"))
    );
    assert_eq!((&lead["price"], &lead["note"]), (&json!(1250), &json!("second")));
}

async fn the_first_identifier_counts_and_the_newest_lead_wins(app: TestApp) {
    let old = post(
        &app,
        json!({"email": "a@b.co", "phone": "+31 6 12"}),
        json!({"uniqueIdentifier": "x"}),
    )
    .await;
    let new = post(
        &app,
        json!({"email": "A@B.co ", "phone": "0031612"}),
        json!({"uniqueIdentifier": "x"}),
    )
    .await;
    for (query, found) in [
        (format!("leadId={old}&uniqueIdentifier=nobody"), old),
        ("uniqueIdentifier=x".to_owned(), new),
        ("uniqueIdentifier=x&email=nobody@b.co&phone=%00".to_owned(), new),
        ("leadId=&uniqueIdentifier=%20&email=%20a@b.CO".to_owned(), new),
        ("phone=%2B31612".to_owned(), new),
        // The plus was not encoded.
        ("phone=+31-6-12".to_owned(), new),
        ("unheardOf=%FF&email=a@b.co".to_owned(), new),
    ] {
        let answer = get(&app, &format!("getLead?{query}")).await.expect(200);
        assert_eq!(answer.json()["lead"]["id"], found, "{query}");
    }
    let missing = "Missing required parameter: leadId, uniqueIdentifier, email or phone";
    for (query, refused) in [
        ("", (400, missing)),
        ("email=%20", (400, missing)),
        ("leadId=x", (400, "Invalid parameter: leadId")),
        ("leadId=0", (400, "Invalid parameter: leadId")),
        ("leadId=99999999999999999999", (400, "Invalid parameter: leadId")),
        ("uniqueIdentifier=%FF", (400, "Invalid parameter: uniqueIdentifier")),
        ("email=a%00", (400, "Invalid parameter: email")),
        ("leadId=9007199254740991", (404, "Lead not found")),
        ("uniqueIdentifier=X", (404, "Lead not found")),
        ("email=nobody", (404, "Lead not found")),
        ("phone=none", (404, "Lead not found")),
    ] {
        let answer = get(&app, &format!("getLead?{query}")).await;
        assert_eq!(message(&answer), (refused.0, refused.1.to_owned()), "{query}");
    }
}

async fn the_project_is_known_by_the_key(app: TestApp) {
    use leadgraph::domain::projects::{Activity, set_active};
    let id = post(&app, json!({"email": "a@b.co"}), json!({})).await;
    let ask = async |key: &str, more: &str| {
        let route = app.leadtrackr_at(&format!("getLead?leadId={id}{more}"));
        message(&route.key(key).get().await)
    };
    let (own, other) = (&app.home.project.public_id, &app.home.other_project.public_id);
    let found = (200, "Lead retrieved".to_owned());
    assert_eq!(ask(&app.home.bound_key, "").await, found);
    assert_eq!(ask(&app.home.bound_key, &format!("&projectId={own}")).await, found);
    assert_eq!(
        ask(&app.home.bound_key, &format!("&projectId={other}")).await,
        (401, "Invalid API key".into())
    );
    assert_eq!(
        ask(&app.home.bound_key, "&projectId=none").await,
        (404, "Project not found".into())
    );
    let (status, several) = ask(&app.home.key, "").await;
    assert!(
        status == 400 && several.starts_with("Missing required field: projectId"),
        "{several}"
    );
    assert_eq!(ask(&app.home.key, &format!("&projectId={own}")).await, found);
    assert_eq!(
        ask(&app.home.key, &format!("&projectId={other}")).await,
        (404, "Lead not found".into())
    );
    set_active(&app.home.op(), app.home.other_project.uuid, Activity::Inactive)
        .await
        .unwrap();
    assert_eq!(ask(&app.home.key, "").await, found, "the only one that is active");
    let inactive = (403, "Project is inactive".to_owned());
    assert_eq!(ask(&app.home.key, &format!("&projectId={other}")).await, inactive);
    app.home.deactivate().await;
    assert_eq!(ask(&app.home.key, "").await, inactive);
    assert_eq!(ask(&app.home.bound_key, "").await, inactive);
}

async fn who_may_not_read_is_told_so(app: TestApp) {
    for path in ["getLead?leadId=x", "getLeads?limit=0"] {
        let route = app.leadtrackr_at(path);
        let anonymous = route.clone().without("x-api-key").get().await;
        assert_eq!(message(&anonymous), (401, "Missing X-API-Key header".into()));
        assert_eq!(
            message(&route.clone().key("x").get().await),
            (401, "Invalid API key".into())
        );
        let write_only = route.clone().key(&app.home.write_only_key).get().await;
        assert_eq!(message(&write_only), (403, "Read access required".into()));
        let posted = route.post(&json!({})).await;
        assert_eq!(message(&posted), (405, "Method not allowed".into()));
        assert_eq!(posted.header("allow"), Some("GET, HEAD, OPTIONS"));
        let preflight = route.send(reqwest::Method::OPTIONS, "").await.expect(204);
        assert_eq!(
            preflight.header("access-control-allow-methods"),
            Some("GET, HEAD, OPTIONS")
        );
        assert_eq!(preflight.header("access-control-allow-origin"), Some("*"));
    }
}

async fn a_page_has_the_documented_envelope(app: TestApp) {
    let empty = get(&app, "getLeads").await.expect(200);
    let none =
        r#"{"message":"Leads retrieved","leads":[],"total":0,"page":1,"limit":50,"totalPages":0,"hasMore":false}"#;
    assert_eq!(empty.text, none);
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(post(&app, json!({"email": format!("{number}@b.co")}), json!({})).await);
    }
    ids.reverse();
    let page = async |query: &str| {
        let body = get(&app, &format!("getLeads?{query}")).await.expect(200).json();
        let leads: Vec<i64> = body["leads"]
            .as_array()
            .unwrap()
            .iter()
            .map(|lead| lead["id"].as_i64().unwrap())
            .collect();
        let rest = ["total", "page", "limit", "totalPages"].map(|name| body[name].as_u64().unwrap());
        (leads, rest, body["hasMore"] == true)
    };
    assert_eq!(page("").await, (ids.clone(), [5, 1, 50, 1], false));
    assert_eq!(page("limit=2").await, (ids[..2].to_vec(), [5, 1, 2, 3], true));
    assert_eq!(page("limit=2&page=3").await, (ids[4..].to_vec(), [5, 3, 2, 3], false));
    assert_eq!(page("limit=2&page=4").await, (vec![], [5, 4, 2, 3], false));
    assert_eq!(page("limit=100&page=9223372036854775807").await.0, Vec::<i64>::new());
    let one = get(&app, &format!("getLead?leadId={}", ids[0])).await.json()["lead"].clone();
    let listed = get(&app, "getLeads?limit=1").await.json()["leads"][0].clone();
    assert_eq!(one, listed, "of the same shape");
}

async fn leads_are_filtered(app: TestApp) {
    let ada = json!({"firstName": "Ada", "email": "ada@b.co", "phone": "+31612"});
    let ada = post(
        &app,
        ada,
        json!({"formData": {"formName": "Contact"}, "attributionData": {"gclid": "g"}}),
    )
    .await;
    let bob = json!({"firstName": "Bob", "lastName": "Ärger", "email": "bob@b.co", "companyName": "Ada Ltd"});
    let bob = post(&app, bob, json!({"uniqueIdentifier": "crm-1"})).await;
    app.db
        .execute(&format!("UPDATE leads SET status = 'lost' WHERE id = {bob}"))
        .await;
    app.db
        .execute(&format!(
            "UPDATE leads SET created_at = '2024-02-01T12:00:00+00:00' WHERE id = {ada}"
        ))
        .await;
    for (query, found) in [
        ("formName=Contact", vec![ada]),
        ("formName=contact", vec![]),
        ("uniqueIdentifier=crm-1", vec![bob]),
        ("email=%20ADA@b.co", vec![ada]),
        ("phone=0031%206%2012", vec![ada]),
        ("status=lost", vec![bob]),
        ("status=open,lost", vec![bob, ada]),
        ("status=pending", vec![]),
        ("status=0190e5a0-0000-7000-8000-000000000001", vec![]),
        (
            "createdAt[gte]=2024-02-01T12:00:00Z&createdAt[lte]=2024-02-01T12:00:00Z",
            vec![ada],
        ),
        ("createdAt%5Bgte%5D=2024-02-02", vec![bob]),
        ("createdAt[lte]=2024-02-01", vec![]),
        ("search=ada", vec![bob, ada]),
        ("search=%C3%84RG", vec![bob]),
        ("search=31612", vec![ada]),
        ("gclid[exists]=true", vec![ada]),
        ("gclid%5Bexists%5D=false", vec![bob]),
        ("fbp[exists]=true", vec![]),
        ("search=ada&gclid[exists]=true&status=open", vec![ada]),
        ("unheardOf=1&status=", vec![bob, ada]),
    ] {
        let body = get(&app, &format!("getLeads?{query}")).await.expect(200).json();
        let ids: Vec<i64> = body["leads"]
            .as_array()
            .unwrap()
            .iter()
            .map(|lead| lead["id"].as_i64().unwrap())
            .collect();
        assert_eq!(ids, found, "{query}");
        assert_eq!(body["total"], found.len(), "{query}");
    }
    for query in [
        "limit=101",
        "page=0",
        "status=won",
        "search=x",
        "sort=id",
        "createdAt[gte]=then",
        "fbc[exists]=2",
    ] {
        let name = query.split('=').next().unwrap();
        let refused = get(&app, &format!("getLeads?{query}")).await;
        assert_eq!(message(&refused), (400, format!("Invalid parameter: {name}")));
    }
}

async fn leads_are_sorted(app: TestApp) {
    let b = post(
        &app,
        json!({"firstName": "b", "lastName": "Z", "email": "c@b.co"}),
        json!({}),
    )
    .await;
    let a = post(
        &app,
        json!({"firstName": "Ä", "lastName": "y", "email": "B@b.co"}),
        json!({}),
    )
    .await;
    let c = post(&app, json!({"phone": "1"}), json!({})).await;
    app.db
        .execute(&format!(
            "UPDATE leads SET value_minor = 5, currency = 'EUR' WHERE id = {a}"
        ))
        .await;
    app.db
        .execute(&format!("UPDATE leads SET status = 'qualified' WHERE id = {b}"))
        .await;
    for (sort, order) in [
        ("createdAt:desc", [c, a, b]),
        ("createdAt:asc", [b, a, c]),
        ("firstName:asc", [b, a, c]),
        ("firstName:desc", [a, b, c]),
        ("lastName", [a, b, c]),
        ("email:asc", [a, b, c]),
        ("price:desc", [a, c, b]),
        ("price:asc", [a, b, c]),
        ("status:desc", [b, c, a]),
    ] {
        let body = get(&app, &format!("getLeads?sort={sort}")).await.expect(200).json();
        let ids: Vec<i64> = body["leads"]
            .as_array()
            .unwrap()
            .iter()
            .map(|lead| lead["id"].as_i64().unwrap())
            .collect();
        assert_eq!(ids, order, "{sort}");
    }
}

async fn leads_without_a_project_and_of_others_are_not_there(app: TestApp) {
    let campaign = app.home.campaign("Spring").await;
    let registered = json!({"associationType": "campaigns", "companyCampaignId": campaign.id, "email": "a@b.co"});
    let registered = app.journeybee().post(&registered).await.expect(201).json()["id"].clone();
    let elsewhere = reference(&app.home.other_project.public_id);
    let elsewhere = app.leadtrackr().post(&elsewhere).await.expect(201).json()["leadId"].clone();
    let stranger = app.workspace("Stranger").await;
    let foreign = reference(&stranger.project.public_id);
    let foreign = app
        .leadtrackr()
        .key(&stranger.key)
        .post(&foreign)
        .await
        .expect(201)
        .json()["leadId"]
        .clone();
    for id in [registered, elsewhere, foreign] {
        let answer = get(&app, &format!("getLead?leadId={id}")).await;
        assert_eq!(message(&answer), (404, "Lead not found".into()));
    }
    assert_eq!(get(&app, "getLead?email=jane@example.com").await.status, 404);
    assert_eq!(get(&app, "getLeads").await.json()["total"], 0);
    let archived = post(&app, json!({"email": "gone@b.co"}), json!({})).await;
    app.journeybee_at(&format!("leads/{archived}"))
        .send(reqwest::Method::DELETE, "")
        .await
        .expect(204);
    assert_eq!(get(&app, &format!("getLead?leadId={archived}")).await.status, 404);
    assert_eq!(get(&app, "getLeads").await.json()["total"], 0);
}
