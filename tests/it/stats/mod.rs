//! Numbers of leads: `leadStats` and `attributionCredits`, as front ends ask for them, and against a brute-force count.

mod credits;
mod data;
mod oracle;

use leadgraph::domain::custom_fields::FieldType;
use serde_json::{Value, json};

use crate::harness::{Case, TestApp, both};
use crate::journeybee::campaign;
use data::set;

pub fn cases() -> Vec<Case> {
    let own = vec![
        both(groups_say_what_their_leads_have_in_common),
        both(days_are_those_of_the_zone_and_gaps_are_told),
        both(hidden_leads_and_other_projects_are_not_counted),
        both(what_asks_for_too_much_is_told_the_limit),
        both(what_makes_no_sense_is_refused),
        both(sums_beyond_a_double_are_null_and_means_are_not),
        both(statements_do_not_grow_with_leads_and_groups),
    ];
    [own, credits::cases(), oracle::cases()].into_iter().flatten().collect()
}

async fn register(app: &TestApp, campaign_id: i64, members: Value) -> i64 {
    let answer = app.journeybee().post(&campaign(campaign_id, members)).await.expect(201);
    answer.json()["id"].as_i64().unwrap()
}

async fn groups_say_what_their_leads_have_in_common(app: TestApp) {
    let (hot, cold) = (app.home.lead_tag("Hot").await, app.home.lead_tag("Cold").await);
    let spring = app.home.campaign("Spring").await.id;
    let size = app.home.field("Size", FieldType::Number, &[]).await;
    let plan = app.home.field("Plan", FieldType::Select, &["Small", "Large"]).await;
    let size_of = |size_is: f64| json!({"customFieldId": size.id, "type": "number", "value": {"number": size_is}});
    let large = json!({"customFieldId": plan.id, "type": "select", "value": {"select": 2}});
    let both_tags = json!({"email": "a@b.co", "tags": [hot.id, cold.id], "customFields": [size_of(10.0), large]});
    let first = register(&app, spring, both_tags).await;
    register(
        &app,
        spring,
        json!({"email": "b@b.co", "tags": [hot.id], "customFields": [size_of(20.0)]}),
    )
    .await;
    register(&app, spring, json!({"email": "c@b.co"})).await;
    app.db
        .execute(&format!("UPDATE leads SET status = 'converted' WHERE id = {first}"))
        .await;

    let query = "query($size: ID!, $plan: ID!) {
        leadStats(numbers: [$size], groupBy: [{property: TAG}]) {
            total { count converted conversionRate numbers { field { label } count sum average } }
            groups { tag { label leads { totalCount } } campaign { title } count converted conversionRate
                numbers { count sum average } } }
        byPlan: leadStats(groupBy: [{customField: $plan}, {property: CAMPAIGN}]) {
            groups { choices { field { label options { label } } option { label } } campaign { title } count } } }";
    let data = app
        .as_owner()
        .data("{ customFields { nodes { id label } } }", json!({}))
        .await;
    let id = |label: &str| {
        let fields = data["customFields"]["nodes"].as_array().unwrap();
        fields.iter().find(|field| field["label"] == label).unwrap()["id"].clone()
    };
    let variables = json!({"size": id("Size"), "plan": id("Plan")});
    let data = app.as_owner().data(query, variables).await;
    let numbers = json!([{"field": {"label": "Size"}, "count": 2, "sum": 30.0, "average": 15.0}]);
    let total = json!({"count": 3, "converted": 1, "conversionRate": 1.0 / 3.0, "numbers": numbers});
    assert_eq!(data["leadStats"]["total"], total);
    let group = |label: &str, count: i64, converted: i64, numbers: Value| {
        json!({"tag": {"label": label, "leads": {"totalCount": count}}, "campaign": null, "count": count,
            "converted": converted, "conversionRate": converted as f64 / count as f64, "numbers": [numbers]})
    };
    let none = json!({"tag": null, "campaign": null, "count": 1, "converted": 0, "conversionRate": 0.0,
        "numbers": [{"count": 0, "sum": 0.0, "average": null}]});
    let groups = data["leadStats"]["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 3, "{groups:?}");
    assert_eq!(
        groups[0],
        group("Hot", 2, 1, json!({"count": 2, "sum": 30.0, "average": 15.0}))
    );
    for expected in [
        none,
        group("Cold", 1, 1, json!({"count": 1, "sum": 10.0, "average": 10.0})),
    ] {
        assert!(groups.contains(&expected), "{expected} in {groups:?}");
    }
    let field = json!({"label": "Plan", "options": [{"label": "Small"}, {"label": "Large"}]});
    let by_plan = |option: Value, count: i64| json!({"choices": [{"field": field, "option": option}], "campaign": {"title": "Spring"}, "count": count});
    let expected = json!([by_plan(Value::Null, 2), by_plan(json!({"label": "Large"}), 1)]);
    assert_eq!(data["byPlan"]["groups"], expected);
}

async fn days_are_those_of_the_zone_and_gaps_are_told(app: TestApp) {
    let spring = app.home.campaign("Spring").await.id;
    for (email, at) in [
        ("a@b.co", "2026-03-28T22:59:59Z"),
        ("b@b.co", "2026-03-28T23:00:00Z"),
        ("c@b.co", "2026-03-29T21:59:59Z"),
        ("d@b.co", "2026-03-30T22:00:00Z"),
    ] {
        let id = register(&app, spring, json!({"email": email})).await;
        set(&app, id, "created_at", data::time(at)).await;
    }
    let query = "query($unit: LeadStatsUnit!, $zone: String!) {
        leadStats(bucket: {unit: $unit, timeZone: $zone}) {
            groups { bucket { date startsAt endsAt } count } buckets { date } } }";
    let ask = async |unit: &str, zone: &str| {
        let data = app.as_owner().data(query, json!({"unit": unit, "zone": zone})).await;
        data["leadStats"].clone()
    };
    let days = ask("DAY", "Europe/Amsterdam").await;
    let dates = ["2026-03-28", "2026-03-29", "2026-03-30", "2026-03-31"];
    assert_eq!(days["buckets"], json!(dates.map(|date| json!({"date": date}))));
    let group = |date: &str, starts_at: &str, ends_at: &str, count: i64| json!({"bucket": {"date": date, "startsAt": starts_at, "endsAt": ends_at}, "count": count});
    let expected = json!([
        group("2026-03-28", "2026-03-27T23:00:00Z", "2026-03-28T23:00:00Z", 1),
        group("2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", 2),
        group("2026-03-31", "2026-03-30T22:00:00Z", "2026-03-31T22:00:00Z", 1),
    ]);
    assert_eq!(days["groups"], expected);
    let weeks = ask("WEEK", "Europe/Amsterdam").await;
    let expected = json!([
        group("2026-03-23", "2026-03-22T23:00:00Z", "2026-03-29T22:00:00Z", 3),
        group("2026-03-30", "2026-03-29T22:00:00Z", "2026-04-05T22:00:00Z", 1),
    ]);
    assert_eq!(weeks["groups"], expected);
    let months = ask("MONTH", "UTC").await;
    let expected = json!([group("2026-03-01", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z", 4)]);
    assert_eq!(months["groups"], expected);
    assert_eq!(months["buckets"], json!([{"date": "2026-03-01"}]));
}

const COUNT: &str = "{ leadStats(bucket: {unit: DAY}) { total { count } groups { count } } }";

async fn hidden_leads_and_other_projects_are_not_counted(app: TestApp) {
    let empty = app.as_owner().data(COUNT, json!({})).await;
    assert_eq!(empty["leadStats"], json!({"total": {"count": 0}, "groups": []}));
    for (nth, project) in [&app.home.project, &app.home.other_project]
        .into_iter()
        .cycle()
        .take(5)
        .enumerate()
    {
        let body = json!({"projectId": project.public_id, "userData": {"firstName": format!("n{nth}")}});
        app.leadtrackr().post(&body).await.expect(201);
    }
    app.db
        .execute("UPDATE leads SET deleted_at = created_at WHERE id = 2")
        .await;
    app.db.execute("UPDATE leads SET merged_into_id = 1 WHERE id = 3").await;
    let counted = async |key: &str| {
        let data = app.with_key(key).data(COUNT, json!({})).await;
        let groups = data["leadStats"]["groups"].as_array().unwrap();
        let sum: i64 = groups.iter().map(|group| group["count"].as_i64().unwrap()).sum();
        assert_eq!(data["leadStats"]["total"]["count"], sum);
        sum
    };
    assert_eq!(counted(&app.home.key).await, 3);
    assert_eq!(counted(&app.home.bound_key).await, 2);
}

async fn what_asks_for_too_much_is_told_the_limit(app: TestApp) {
    let spring = app.home.campaign("Spring").await.id;
    let first = register(&app, spring, json!({"email": "a@b.co"})).await;
    register(&app, spring, json!({"email": "b@b.co"})).await;
    set(&app, first, "created_at", data::time("2001-01-01T00:00:00Z")).await;
    data::add_tags(&app, first, 1001).await;
    let key = "{property: TAG}, {property: STATUS}, {property: SOURCE}, {property: PROJECT}, {property: CAMPAIGN}";
    for (arguments, limit) in [
        ("bucket: {unit: DAY}".to_owned(), "1000 buckets"),
        ("groupBy: [{property: TAG}]".to_owned(), "1000 groups"),
        (format!("groupBy: [{key}]"), "4 keys"),
        (
            format!("numbers: {}", json!(vec![field_id(&app).await; 6])),
            "5 number fields",
        ),
    ] {
        let query = format!("{{ leadStats({arguments}) {{ groups {{ count }} }} }}");
        let answer = app.as_owner().graphql(&query, json!({})).await;
        assert_eq!(answer.code(), "LIMIT_EXCEEDED", "{arguments}: {}", answer.text);
        assert!(answer.text.contains(limit), "{arguments}: {}", answer.text);
    }
    // Months are few, and what is not selected is not counted.
    let few = "{ leadStats(bucket: {unit: MONTH}) { groups { count } }
        unasked: leadStats(groupBy: [{property: TAG}]) { total { count } } }";
    let data = app.as_owner().data(few, json!({})).await;
    assert_eq!(data["unasked"]["total"]["count"], 2);
    assert_eq!(data["leadStats"]["groups"].as_array().unwrap().len(), 2);
}

async fn field_id(app: &TestApp) -> String {
    app.home.field("Size", FieldType::Number, &[]).await;
    let data = app
        .as_owner()
        .data("{ customFields { nodes { id } } }", json!({}))
        .await;
    data["customFields"]["nodes"][0]["id"].as_str().unwrap().to_owned()
}

async fn what_makes_no_sense_is_refused(app: TestApp) {
    let number = field_id(&app).await;
    let other = app.workspace("Other").await;
    other.field("Theirs", FieldType::Number, &[]).await;
    let theirs = app
        .with_token(&other.token)
        .data("{ customFields { nodes { id } } tags { nodes { id } } }", json!({}))
        .await;
    let theirs = &theirs["customFields"]["nodes"][0]["id"];
    app.home.lead_tag("Hot").await;
    let tag = app.as_owner().data("{ tags { nodes { id } } }", json!({})).await;
    let tag = &tag["tags"]["nodes"][0]["id"];
    app.home.field("Note", FieldType::Text, &[]).await;
    let note = app
        .as_owner()
        .data("{ customFields { nodes { id } } }", json!({}))
        .await;
    let note = &note["customFields"]["nodes"][0]["id"];
    for arguments in [
        r#"bucket: {unit: DAY, timeZone: "Europe/Atlantis"}"#.to_owned(),
        r#"bucket: {unit: DAY, timeZone: ""}"#.to_owned(),
        "groupBy: [{property: TAG}, {property: TAG}]".to_owned(),
        format!("groupBy: [{{customField: \"{number}\"}}]"),
        format!("groupBy: [{{customField: {note}}}]"),
        format!("groupBy: [{{customField: {theirs}}}]"),
        format!("groupBy: [{{customField: {tag}}}]"),
        format!("numbers: [{note}]"),
        format!("numbers: [{theirs}]"),
        r#"numbers: ["x"]"#.to_owned(),
    ] {
        let query = format!("{{ leadStats({arguments}) {{ groups {{ count }} }} }}");
        let answer = app.as_owner().graphql(&query, json!({})).await;
        assert_eq!(answer.code(), "BAD_USER_INPUT", "{arguments}: {}", answer.text);
    }
}

async fn sums_beyond_a_double_are_null_and_means_are_not(app: TestApp) {
    let spring = app.home.campaign("Spring").await.id;
    let field = field_id(&app).await;
    let number = app.number("SELECT id FROM custom_fields").await;
    for (email, size) in [("a@b.co", f64::MAX), ("b@b.co", f64::MAX)] {
        let value = json!({"customFieldId": number, "type": "number", "value": {"number": size}});
        register(&app, spring, json!({"email": email, "customFields": [value]})).await;
    }
    let query = "query($field: ID!) { leadStats(numbers: [$field]) { total { numbers { count sum average } } } }";
    let data = app.as_owner().data(query, json!({"field": field})).await;
    assert_eq!(
        data["leadStats"]["total"]["numbers"],
        json!([{"count": 2, "sum": null, "average": f64::MAX}])
    );
}

async fn statements_do_not_grow_with_leads_and_groups(app: TestApp) {
    let spring = app.home.campaign("Spring").await.id;
    let query =
        "{ leadStats(groupBy: [{property: TAG}, {property: CAMPAIGN}, {property: STATUS}], bucket: {unit: DAY}) {
        total { count } groups { tag { label leads(first: 1) { nodes { id } } } campaign { title } count } }
        attributionCredits(model: LINEAR) { source { label } credit } }";
    let cost = async || {
        app.with_key(&app.home.key).data(query, json!({})).await;
        let before = app.statements();
        app.with_key(&app.home.key).data(query, json!({})).await;
        app.statements() - before
    };
    let mut costs = Vec::new();
    for nth in 0..10 {
        let tag = app.home.lead_tag(&format!("T{nth}")).await;
        let source = app.home.source(&format!("S{nth}")).await;
        let body = json!({"email": format!("{nth}@b.co"), "tags": [tag.id],
            "attributions": [{"id": source.id, "attributedDate": "2024-01-15T10:30:00Z"}]});
        register(&app, spring, body).await;
        costs.push(cost().await);
    }
    assert!(costs.iter().all(|cost| *cost == costs[0]), "{costs:?}");
    assert!(costs[0] <= 9, "{costs:?}");
}
