//! Folding what is told of a lead, from nothing, gives the lead as its rows have it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use leadgraph::domain::caller::Role;
use leadgraph::domain::custom_fields::FieldType;
use serde_json::{Map, Value, json};

use super::text;
use crate::harness::{Case, TestApp, both, heavy};
use crate::journeybee::campaign;

pub fn cases() -> Vec<Case> {
    vec![both(the_history_of_every_lead_folds_to_the_lead)]
}

/// Numbers without a pattern: the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % sides as u64).unwrap()
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.roll(of.len())]
    }

    fn some<T: Clone>(&mut self, of: &[T]) -> Vec<T> {
        of.iter().filter(|_| self.roll(2) == 0).cloned().collect()
    }
}

/// What leads can be linked with, by node ids.
struct World {
    tags: Vec<String>,
    people: Vec<String>,
    sources: Vec<String>,
    number: String,
    text: String,
    campaign: i64,
}

async fn world(app: &TestApp) -> World {
    for label in ["a", "b", "c"] {
        app.home.lead_tag(label).await;
        app.home.source(&format!("Source {label}")).await;
        app.home.user(&format!("{label}@acme.test"), Role::Member).await;
    }
    let number = app.home.field("Number", FieldType::Number, &[]).await;
    app.home.field("Text", FieldType::Text, &[]).await;
    let campaign = app.home.campaign("Spring").await.id;
    let query = "{ tags { nodes { id } } users { nodes { id } } attributionSources { nodes { id } }
        customFields { nodes { id uuid } } }";
    let data = app.as_owner().data(query, json!({})).await;
    let ids = |list: &str| -> Vec<String> {
        let nodes = data[list]["nodes"].as_array().unwrap();
        nodes.iter().map(|node| text(&node["id"])).collect()
    };
    let fields = data["customFields"]["nodes"].as_array().unwrap();
    let (numbers, texts): (Vec<&Value>, Vec<&Value>) = fields
        .iter()
        .partition(|field| field["uuid"] == number.uuid.to_string());
    World {
        tags: ids("tags"),
        people: ids("users"),
        sources: ids("attributionSources"),
        number: text(&numbers[0]["id"]),
        text: text(&texts[0]["id"]),
        campaign,
    }
}

async fn the_history_of_every_lead_folds_to_the_lead(app: TestApp) {
    let (leads, operations) = if heavy() { (60, 4_000) } else { (8, 250) };
    let world = world(&app).await;
    let mut dice = Dice(42);
    for number in 0..leads {
        make(&app, &world, &mut dice, number).await;
    }
    let mut done = 0;
    for _ in 0..operations {
        done += usize::from(change(&app, &world, &mut dice, leads).await);
    }
    assert!(done > operations / 3, "only {done} of {operations} changed something");
    let mut seen = 0;
    for archived in [false, true] {
        for lead in all(&app, archived).await {
            seen += 1;
            let mut folded = fold(&app, &text(&lead["id"])).await;
            let notes = folded.remove("notes").unwrap();
            let present = present(&lead);
            assert_eq!(Value::Object(folded), present, "{lead}");
            assert_eq!(notes, noted(&lead), "{lead}");
        }
    }
    // An archived lead's unique event id is free for another one.
    assert!(seen >= leads, "{seen}");
}

/// Through every door in turn.
async fn make(app: &TestApp, world: &World, dice: &mut Dice, number: usize) {
    let form = json!({"projectId": app.home.project.public_id, 
        "uniqueIdentifier": format!("crm-{number}"),
        "userData": {"firstName": format!("Lead {number}"), "email": format!("lead{number}@x.test")},
        "formData": {"formMessage": "hello", "uniqueEventId": format!("e{number}")}});
    match number % 4 {
        0 => {
            app.leadtrackr().post(&form).await.expect(201);
        }
        1 => {
            let body = campaign(world.campaign, json!({"email": format!("lead{number}@x.test")}));
            app.journeybee().post(&body).await.expect(201);
        }
        2 => {
            let query = "mutation($input: CreateServerSideLeadInput!) { createServerSideLead(input: $input) {
                lead { id } userErrors { message } } }";
            let data = app.as_owner().data(query, json!({"input": form})).await;
            assert!(data["createServerSideLead"]["lead"].is_object(), "{data}");
        }
        _ => {
            let tags = dice.some(&world.tags);
            let campaigns = app.as_owner().data("{ campaigns { nodes { id } } }", json!({})).await;
            let input = json!({"associationType": "CAMPAIGNS", "email": format!("lead{number}@x.test"), "tags": tags,
                "companyCampaignId": campaigns["campaigns"]["nodes"][0]["id"],
                "attributions": [{"id": world.sources[0], "attributedDate": "2024-03-01T10:00:00Z"}],
                "customFields": [{"customFieldId": world.number, "value": {"number": 7.5}}]});
            let query = "mutation($input: CreateLeadInput!) { createLead(input: $input) { lead { id } userErrors { message path } } }";
            let data = app.as_owner().data(query, json!({"input": input})).await;
            assert!(data["createLead"]["lead"].is_object(), "{data}");
        }
    }
}

/// One random change of one random lead. Whether it was done: many are not allowed.
async fn change(app: &TestApp, world: &World, dice: &mut Dice, leads: usize) -> bool {
    let archived = dice.roll(6) == 0;
    let found = all(app, archived).await;
    if found.is_empty() {
        return false;
    }
    let lead = dice.one(&found);
    let number = dice.roll(50);
    let (mutation, more) = match dice.roll(14) {
        0 => {
            let post = json!({"projectId": app.home.project.public_id, "formData": {"n": number % 4, "uniqueEventId": format!("e{}", 2 * (number % leads.div_ceil(4)))},
                "userData": {"lastName": format!("Post {}", number % 3)}});
            return app.leadtrackr().post(&post).await.status < 300;
        }
        1 => (
            "updateLead",
            json!({"firstName": format!("F{number}"), "companyName": format!("C{number}")}),
        ),
        2 => (
            "updateLead",
            json!({"lastName": null, "phoneNumber": format!("+3161234{number:04}")}),
        ),
        3 => (
            "updateLead",
            json!({"value": {"minor": number, "currency": "EUR"}, "tags": dice.some(&world.tags)}),
        ),
        4 => (
            "setLeadStatus",
            json!({"status": dice.one(&["NEW", "CONTACTED", "QUALIFIED", "CONVERTED"])}),
        ),
        5 => (
            "setLeadStatus",
            json!({"status": "LOST", "lostReason": format!("Reason {number}")}),
        ),
        6 => ("tagLead", json!({"tagIds": dice.some(&world.tags)})),
        7 => ("untagLead", json!({"tagIds": dice.some(&world.tags)})),
        8 => ("assignLead", json!({"userIds": dice.some(&world.people)})),
        9 => ("unassignLead", json!({"userIds": dice.some(&world.people)})),
        10 => (
            "setLeadFieldValues",
            json!({"customFields": [{"customFieldId": world.number, "value": {"number": number}},
                {"customFieldId": world.text, "value": {"text": format!("T{number}")}}]}),
        ),
        11 => (
            "clearLeadFieldValues",
            json!({"customFieldIds": [dice.one(&[&world.number, &world.text])]}),
        ),
        12 if archived => ("restoreLead", json!({})),
        12 => (
            "addLeadAttributions",
            json!({"attributions": [{"id": dice.one(&world.sources), "attributedDate": format!("2024-01-{:02}T10:00:00Z", number % 28 + 1)}]}),
        ),
        _ => return note(app, dice, lead, number).await,
    };
    let mut input = more.as_object().unwrap().clone();
    input.insert("leadId".to_owned(), lead["id"].clone());
    input.insert("expectedVersion".to_owned(), lead["version"].clone());
    run(app, mutation, input.into()).await
}

async fn note(app: &TestApp, dice: &mut Dice, lead: &Value, number: usize) -> bool {
    let notes = lead["notes"]["nodes"].as_array().unwrap();
    if notes.is_empty() || dice.roll(2) == 0 {
        if dice.roll(4) == 0 {
            let input = json!({"leadId": lead["id"], "expectedVersion": lead["version"]});
            return run(app, "archiveLead", input).await;
        }
        return run(
            app,
            "addLeadNote",
            json!({"leadId": lead["id"], "text": format!("Note {number}")}),
        )
        .await;
    }
    let note = dice.one(notes);
    let mut input = json!({"noteId": note["id"], "expectedVersion": note["version"]});
    if dice.roll(3) == 0 {
        return run(app, "deleteLeadNote", input).await;
    }
    input["text"] = format!("Again {number}").into();
    run(app, "updateLeadNote", input).await
}

async fn run(app: &TestApp, mutation: &str, input: Value) -> bool {
    let ty = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
    let query = format!("mutation($input: {ty}!) {{ {mutation}(input: $input) {{ userErrors {{ code }} }} }}");
    let data = app.as_owner().data(&query, json!({"input": input})).await;
    data[mutation]["userErrors"] == json!([])
}

/// The leads as their rows have them.
async fn all(app: &TestApp, archived: bool) -> Vec<Value> {
    let query = "query($archived: Boolean!) { leads(first: 100, archived: $archived) { nodes {
        id version origin project { uuid } campaign { uuid } email phone firstName lastName companyName status lostReason
        value { minor currency } source associationType uniqueEventId uniqueIdentifier userData formData formName
        formMessage archivedAt assignees { user { uuid } } tags { uuid }
        customFieldValues { field { uuid type } ... on NumberValue { number } ... on TextValue { text } }
        attributions { source { uuid } attributedAt } notes { nodes { id uuid version text } } } } }";
    let data = app.as_owner().data(query, json!({"archived": archived})).await;
    data["leads"]["nodes"].as_array().unwrap().clone()
}

/// In the words of facts, without what is not set; lists in one order.
fn present(lead: &Value) -> Value {
    let word = |name: &str| lead[name].as_str().map(str::to_lowercase);
    let each = |name: &str, of: &dyn Fn(&Value) -> Value| {
        let items = lead[name].as_array().unwrap().iter().map(of).collect::<Vec<_>>();
        sorted(&Value::Array(items))
    };
    let value = |value: &Value| {
        let kind = text(&value["field"]["type"]).to_lowercase();
        let held = if kind == "number" {
            &value["number"]
        } else {
            &value["text"]
        };
        json!({"field": value["field"]["uuid"], "value": {kind: held}})
    };
    let facts = json!({
        "origin": word("origin"), "status": word("status"), "source": word("source"),
        "associationType": word("associationType"), "project": lead["project"]["uuid"],
        "campaign": lead["campaign"]["uuid"], "email": lead["email"], "phone": lead["phone"],
        "firstName": lead["firstName"], "lastName": lead["lastName"], "companyName": lead["companyName"],
        "lostReason": lead["lostReason"], "value": lead["value"], "uniqueEventId": lead["uniqueEventId"],
        "uniqueIdentifier": lead["uniqueIdentifier"], "userData": lead["userData"], "formData": lead["formData"],
        "formName": lead["formName"], "formMessage": lead["formMessage"], "archivedAt": moment(&lead["archivedAt"]),
        "assignees": each("assignees", &|assignee| assignee["user"]["uuid"].clone()),
        "tags": each("tags", &|tag| tag["uuid"].clone()),
        "customFields": each("customFieldValues", &value),
        "attributions": each("attributions", &|one| json!({"source": one["source"]["uuid"], "attributedAt": moment(&one["attributedAt"])})),
    });
    let is_set = |value: &Value| !value.is_null() && *value != json!([]);
    let facts = facts.as_object().unwrap().clone();
    facts
        .into_iter()
        .filter(|(_, value)| is_set(value))
        .collect::<Map<_, _>>()
        .into()
}

fn moment(value: &Value) -> Value {
    let Some(text) = value.as_str() else { return Value::Null };
    json!(text.parse::<DateTime<Utc>>().unwrap().timestamp_micros())
}

fn sorted(list: &Value) -> Value {
    let items: BTreeSet<String> = list.as_array().unwrap().iter().map(Value::to_string).collect();
    items
        .iter()
        .map(|item| serde_json::from_str::<Value>(item).unwrap())
        .collect()
}

fn noted(lead: &Value) -> Value {
    let notes = lead["notes"]["nodes"].as_array().unwrap();
    let notes: BTreeMap<String, String> = notes
        .iter()
        .map(|note| (text(&note["uuid"]), text(&note["text"])))
        .collect();
    json!(notes)
}

/// All that is told of a lead, from nothing: its facts, and the texts of its notes as `notes`.
async fn fold(app: &TestApp, lead: &str) -> Map<String, Value> {
    let (mut facts, mut notes) = (Map::new(), BTreeMap::new());
    for event in history(app, lead).await {
        let changes = event["changes"].as_array().unwrap();
        if text(&event["type"]).starts_with("NOTE_") {
            let Some(change) = changes.iter().find(|change| change["field"] == "text") else {
                continue;
            };
            match change["to"].as_str() {
                Some(is) => notes.insert(text(&event["subjectUuid"]), is.to_owned()),
                None => notes.remove(&text(&event["subjectUuid"])),
            };
            continue;
        }
        for change in changes {
            let (field, to) = (text(&change["field"]), &change["to"]);
            let was = facts.remove(&field).unwrap_or(Value::Null);
            assert_eq!(was, change["from"], "{lead}: {field} was something else");
            if !to.is_null() {
                facts.insert(field, to.clone());
            }
        }
    }
    for list in ["assignees", "tags", "customFields"] {
        if let Some(list) = facts.get_mut(list) {
            *list = sorted(list);
        }
    }
    if let Some(attributions) = facts.get_mut("attributions") {
        for one in attributions.as_array_mut().unwrap() {
            one["attributedAt"] = moment(&one["attributedAt"]);
        }
        *attributions = sorted(attributions);
    }
    if let Some(at) = facts.get_mut("archivedAt") {
        *at = moment(at);
    }
    facts.retain(|_, value| *value != json!([]));
    facts.insert("notes".to_owned(), json!(notes));
    facts
}

/// Oldest first, page by page. An archived lead is found in the list of those.
async fn history(app: &TestApp, lead: &str) -> Vec<Value> {
    let mut events = Vec::new();
    let mut before = Value::Null;
    loop {
        let query = "query($before: String) { live: leads(first: 100) { nodes { ...H } }
            gone: leads(first: 100, archived: true) { nodes { ...H } } }
            fragment H on Lead { id history(last: 40, before: $before) {
                pageInfo { hasPreviousPage startCursor } nodes { type subjectUuid changes { field from to } } } }";
        let data = app.as_owner().data(query, json!({"before": before})).await;
        let lists = ["live", "gone"].map(|list| data[list]["nodes"].as_array().unwrap().clone());
        let found = lists.into_iter().flatten().find(|found| found["id"] == lead).unwrap();
        let history = &found["history"];
        events.extend(history["nodes"].as_array().unwrap().iter().rev().cloned());
        if history["pageInfo"]["hasPreviousPage"] == false {
            return events;
        }
        before = history["pageInfo"]["startCursor"].clone();
    }
}
