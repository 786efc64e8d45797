//! Leads of every kind: with blanks, ties, foreign letters, and something of each thing that can be asked for.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use leadgraph::domain::caller::Role;
use leadgraph::domain::custom_fields::FieldType;
use leadgraph::domain::partnerships::PartnerType;
use serde_json::{Map, Value, json};

use super::ask::Dice;
use crate::harness::TestApp;

/// One page holds them all.
pub const LEADS: usize = 90;

pub const NAMES: [&str; 9] = ["Änne", "änne", "ANNE", "Zoë", "Émile", "ß", "Ωmega", "a%b_c\\d", "李"];
pub const COMPANIES: [&str; 7] = ["Ärger AG", "ärger ag", "Acme", "acme ", "ﬁn", "Zürich & Söhne", "100%"];
pub const CLICKS: [&str; 3] = ["gclid", "fbc", "msclkid"];
pub const NUMBERS: [f64; 5] = [-1.5, 0.0, 0.1, 1e300, 7.0];
pub const STATUSES: [&str; 5] = ["NEW", "CONTACTED", "QUALIFIED", "CONVERTED", "LOST"];

/// A workspace full of leads, and what they refer to, by node ids.
pub struct World {
    /// As GraphQL shows them, newest first.
    pub leads: Vec<Value>,
    pub tags: Vec<String>,
    pub campaigns: Vec<String>,
    pub sources: Vec<String>,
    pub users: Vec<String>,
    pub projects: Vec<String>,
    pub partnerships: Vec<String>,
    pub partners: Vec<String>,
    pub text: String,
    pub number: String,
    pub date: String,
    pub boolean: String,
    pub select: String,
    pub multi: String,
    pub options: Vec<String>,
    pub choices: Vec<String>,
    pub moments: Vec<String>,
}

pub fn id(node: &Value) -> &str {
    node["id"].as_str().unwrap()
}

pub fn base64(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

const EVERYTHING: &str = "{ leads(first: 100) { nodes { id legacyId status source associationType origin email phone
    firstName lastName companyName formName uniqueIdentifier createdAt updatedAt project { id } campaign { id }
    tags { id } clickIds { kind } attributions { attributedAt source { id } }
    partnershipLeads { partnership { id } partner { id } }
    customFieldValues { field { id } text ... on NumberValue { number } ... on DateValue { date }
        ... on BooleanValue { boolean } ... on SelectValue { option { id } } ... on MultiSelectValue { options { id } } }
    } } }";

impl World {
    pub async fn create(app: &TestApp) -> Self {
        let dice = &mut Dice::new(7);
        let partner = app.workspace("Partner").await;
        let mut partnerships = Vec::new();
        for _ in 0..2 {
            partnerships.push(app.home.partner_with(&partner, PartnerType::Referral).await.ours);
        }
        let mut users = vec![app.home.owner.clone()];
        users.push(app.home.user("second@acme.test", Role::Member).await);
        for label in ["Hot", "Cold", "Ärger"] {
            app.home.lead_tag(label).await;
        }
        for label in ["Fair", "Web"] {
            app.home.source(label).await;
            app.home.campaign(label).await;
        }
        for (label, field_type) in [
            ("Text", FieldType::Text),
            ("Number", FieldType::Number),
            ("Date", FieldType::Date),
            ("Boolean", FieldType::Boolean),
        ] {
            app.home.field(label, field_type, &[]).await;
        }
        app.home
            .field("Select", FieldType::Select, &["One", "Two", "Three"])
            .await;
        app.home
            .field("Multi", FieldType::MultiSelect, &["Red", "Green", "Blue"])
            .await;
        let mut world = Self::refer(app).await;
        for nth in 0..LEADS {
            match nth % 3 {
                0 => world.post_form(app, dice, nth).await,
                _ => world.register(app, dice, nth).await,
            }
        }
        world
            .disturb(app, dice, &users.iter().map(|user| user.id).collect::<Vec<_>>())
            .await;
        let data = app.as_owner().data(EVERYTHING, json!({})).await;
        world.leads = data["leads"]["nodes"].as_array().unwrap().clone();
        assert_eq!(world.leads.len(), LEADS);
        world.add_assignees(app).await;
        world.moments = world
            .leads
            .iter()
            .map(|lead| lead["createdAt"].as_str().unwrap().to_owned())
            .collect();
        world
    }

    async fn refer(app: &TestApp) -> Self {
        let query = "{ tags { nodes { id } } campaigns { nodes { id } } attributionSources { nodes { id } }
            users { nodes { id } } projects { nodes { id } } partnerships { nodes { id } } partnerCompanies { nodes { id } }
            customFields { nodes { id label options { id } } } }";
        let data = app.as_owner().data(query, json!({})).await;
        let all = |list: &str| -> Vec<String> {
            data[list]["nodes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|node| id(node).to_owned())
                .collect()
        };
        let fields = data["customFields"]["nodes"].as_array().unwrap();
        let field = |label: &str| fields.iter().find(|field| field["label"] == label).unwrap();
        let options = |label: &str| -> Vec<String> {
            field(label)["options"]
                .as_array()
                .unwrap()
                .iter()
                .map(|option| id(option).to_owned())
                .collect()
        };
        Self {
            leads: Vec::new(),
            tags: all("tags"),
            campaigns: all("campaigns"),
            sources: all("attributionSources"),
            users: all("users"),
            projects: all("projects"),
            partnerships: all("partnerships"),
            partners: all("partnerCompanies"),
            text: id(field("Text")).to_owned(),
            number: id(field("Number")).to_owned(),
            date: id(field("Date")).to_owned(),
            boolean: id(field("Boolean")).to_owned(),
            select: id(field("Select")).to_owned(),
            multi: id(field("Multi")).to_owned(),
            options: options("Select"),
            choices: options("Multi"),
            moments: Vec::new(),
        }
    }

    async fn post_form(&self, app: &TestApp, dice: &mut Dice, nth: usize) {
        let mut user = Map::from_iter([("x".to_owned(), json!(nth))]);
        for (key, value) in [("firstName", dice.pick(&NAMES)), ("lastName", dice.pick(&NAMES))] {
            if dice.one_in(2) {
                user.insert(key.to_owned(), json!(value));
            }
        }
        if dice.one_in(2) {
            user.insert("companyName".to_owned(), json!(dice.pick(&COMPANIES)));
        }
        if dice.one_in(2) {
            user.insert("email".to_owned(), json!(format!("Form{}@Bücher.example", nth % 5)));
        }
        if dice.one_in(2) {
            user.insert("phone".to_owned(), json!(format!("+31 6 {}", nth % 4)));
        }
        let project = if dice.one_in(2) {
            &app.home.project
        } else {
            &app.home.other_project
        };
        let click = dice.pick(&CLICKS);
        let body = json!({
            "projectId": project.public_id, "userData": user, "attributionData": {click: "x"},
            "formData": {"formName": format!("Form {}", nth % 2)},
            "uniqueIdentifier": if dice.one_in(2) { json!(format!("ID {}", nth % 4)) } else { Value::Null },
        });
        app.leadtrackr().post(&body).await.expect(201);
    }

    async fn register(&self, app: &TestApp, dice: &mut Dice, nth: usize) {
        let mut input = Map::new();
        let mut set = |key: &str, value: Value| drop(input.insert(key.to_owned(), value));
        // Somebody, always.
        set("phoneNumber", json!(format!("06-{nth}")));
        if dice.one_in(2) {
            set("email", json!(format!("n{nth}@b.example")));
        }
        if dice.one_in(2) {
            set("firstName", json!(dice.pick(&NAMES)));
        }
        if dice.one_in(3) {
            set("lastName", json!(dice.pick(&NAMES)));
        }
        if dice.one_in(2) {
            set("companyName", json!(dice.pick(&COMPANIES)));
        }
        if dice.one_in(2) {
            set("associationType", json!("CAMPAIGNS"));
            set("companyCampaignId", json!(dice.pick(&self.campaigns)));
        } else {
            set("associationType", json!("REFERRAL"));
            set(
                "partnershipLead",
                json!({"partnershipId": dice.pick(&self.partnerships)}),
            );
        }
        set("tags", json!(dice.some(&self.tags)));
        let sources = dice.some(&self.sources);
        let dated =
            |source: &String| json!({"id": source, "attributedDate": format!("2026-01-0{}T00:00:00Z", 1 + nth % 5)});
        set("attributions", sources.iter().map(dated).collect());
        let mut values = Vec::new();
        if dice.one_in(2) {
            values.push(json!({"customFieldId": self.text, "value": {"text": dice.pick(&NAMES)}}));
        }
        if dice.one_in(2) {
            values.push(json!({"customFieldId": self.number, "value": {"number": NUMBERS[nth % 5]}}));
        }
        if dice.one_in(2) {
            values.push(json!({"customFieldId": self.date, "value": {"date": format!("202{}-02-28", nth % 4)}}));
        }
        if dice.one_in(2) {
            values.push(json!({"customFieldId": self.boolean, "value": {"boolean": nth.is_multiple_of(2)}}));
        }
        if dice.one_in(2) {
            values.push(json!({"customFieldId": self.select, "value": {"select": dice.pick(&self.options)}}));
        }
        let chosen = dice.some(&self.choices);
        if !chosen.is_empty() {
            values.push(json!({"customFieldId": self.multi, "value": {"multiSelect": chosen}}));
        }
        set("customFields", json!(values));
        let mutation = "mutation($input: CreateLeadInput!) { createLead(input: $input) { lead { id } userErrors { message path } } }";
        let data = app.as_owner().data(mutation, json!({"input": input})).await;
        assert_eq!(data["createLead"]["userErrors"], json!([]), "{data}");
    }

    /// Ties in time, every status, and people at work.
    async fn disturb(&self, app: &TestApp, dice: &mut Dice, users: &[i64]) {
        for id in app
            .rows("SELECT id FROM leads WHERE workspace_id = 1 ORDER BY id")
            .await
        {
            let id = id["id"].as_i64().unwrap();
            let status = dice.pick(&STATUSES).to_lowercase();
            let moment = 1 + dice.below(LEADS / 4);
            let same = format!("(SELECT at FROM events WHERE workspace_id = 1 AND position = {moment})");
            app.db
                .execute(&format!(
                    "UPDATE leads SET status = '{status}', created_at = {same} WHERE id = {id}"
                ))
                .await;
            for user in users.iter().filter(|_| dice.one_in(3)) {
                app.db
                    .execute(&format!(
                        "INSERT INTO lead_assignees (workspace_id, lead_id, user_id, assigned_at)
                         SELECT workspace_id, id, {user}, created_at FROM leads WHERE id = {id}"
                    ))
                    .await;
            }
        }
    }

    async fn add_assignees(&mut self, app: &TestApp) {
        let rows = app
            .rows("SELECT lead_id, user_id FROM lead_assignees ORDER BY lead_id, user_id")
            .await;
        let data = app
            .as_owner()
            .data("{ users { nodes { id legacyId } } }", json!({}))
            .await;
        for lead in &mut self.leads {
            let users = data["users"]["nodes"].as_array().unwrap().iter().filter(|user| {
                rows.iter()
                    .any(|row| row["lead_id"] == lead["legacyId"] && row["user_id"] == user["legacyId"])
            });
            let users: Vec<Value> = users.map(|user| json!({"id": id(user)})).collect();
            lead["assignees"] = json!(users);
        }
    }
}
