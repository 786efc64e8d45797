//! Home, with something at the end of every path, and leads of one project that have everything in common with leads
//! of another.

use std::collections::BTreeMap;

use leadgraph::domain::caller::{Role, Scopes};
use leadgraph::domain::custom_fields::FieldType;
use serde_json::{Value, json};

use crate::harness::workspace::api_key;
use crate::harness::{Backend, TestApp};
use crate::isolation::{Ids, fill};

/// What the attempts name. The person and the key among it are nobody's who asks: they are locked out and changed.
pub async fn world(app: &TestApp) -> Ids {
    app.home.user("victim@matrix.test", Role::Member).await;
    app.home.key_with(api_key(Scopes::READ, None)).await;
    let mut ids = fill(app).await;
    let mut form = crate::leadtrackr::reference(&app.home.project.public_id);
    form["channelFlow"] = json!([{"t": 1_700_000_000_000_i64, "ch": {"s": "google", "m": "cpc"}, "lp": "/a"}]);
    form["attributionData"]["consent"] = json!({"ad_storage": "granted"});
    app.leadtrackr().post(&form).await.expect(201);
    for email in [OWN, OTHERS] {
        app.journeybee().post(&registration(app, email).await).await.expect(201);
    }
    let attribution = attribution(app, &ids).await;
    ids.0.insert("attribution", attribution);
    let fields = app
        .as_owner()
        .data("{ customFields { nodes { id type } } }", json!({}))
        .await;
    for (name, kind) in [("number", "NUMBER"), ("select", "SELECT")] {
        let mut fields = fields["customFields"]["nodes"].as_array().unwrap().iter();
        let field = fields.find(|field| field["type"] == kind).unwrap();
        ids.0.insert(name, field["id"].as_str().unwrap().to_owned());
    }
    let home = app.home.id().to_string();
    let (project, other) = (app.home.project.id.to_string(), app.home.other_project.id.to_string());
    for sql in COMPLETE {
        let sql = sql
            .replace("@home", &home)
            .replace("@project", &project)
            .replace("@other", &other);
        app.db.execute(&sql).await;
    }
    // What the server makes of it by itself would count as somebody's doing later.
    app.settled().await;
    ids
}

/// Of the lead that the attempts name, which somebody has written a note on, too.
async fn attribution(app: &TestApp, ids: &Ids) -> String {
    let add = r#"mutation {
        addLeadNote(input: { leadId: "@lead", text: "Mine" }) { note { id } }
        addLeadAttributions(input: { leadId: "@lead", expectedVersion: @version,
            attributions: [{ id: "@source", attributedDate: "2023-01-15T10:30:00Z" }] }) { lead { attributions { id } } } }"#;
    let lead = ids.put_into(r#"{ lead(by: { id: "@lead" }) { version } }"#);
    let version = app.as_owner().data(&lead, json!({})).await["lead"]["version"].to_string();
    let added = ids.put_into(&add.replace("@version", &version));
    let added = app.as_owner().data(&added, json!({})).await;
    added["addLeadAttributions"]["lead"]["attributions"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Two leads that differ in their project alone.
const OWN: &str = "own@twins.test";
const OTHERS: &str = "others@twins.test";

/// What the doors that these leads come through do not make.
const COMPLETE: &[&str] = &[
    "UPDATE custom_field_options SET archived_at = (SELECT created_at FROM workspaces WHERE id = @home)
        WHERE workspace_id = @home AND label = 'M'",
    "UPDATE leads SET project_id = @project WHERE workspace_id = @home AND email = 'own@twins.test'",
    "UPDATE leads SET project_id = @other WHERE workspace_id = @home AND email = 'others@twins.test'",
    "UPDATE leads SET campaign_id = (SELECT max(id) FROM campaigns WHERE workspace_id = @home),
        created_by_user_id = (SELECT min(id) FROM users WHERE workspace_id = @home), value_minor = 100, currency = 'EUR'
        WHERE workspace_id = @home",
    "INSERT INTO lead_assignees (workspace_id, lead_id, user_id, assigned_at)
        SELECT workspace_id, id, created_by_user_id, created_at FROM leads WHERE workspace_id = @home",
    // Of the one among those who ask that may do everything: the matrix' own, or the workspace's first.
    "UPDATE notifications SET user_id = coalesce(
            (SELECT id FROM users WHERE workspace_id = @home AND email = 'owner@matrix.test'),
            (SELECT min(id) FROM users WHERE workspace_id = @home))
        WHERE workspace_id = @home",
];

/// Everything that JourneyBee's route takes, with a field of every type.
async fn registration(app: &TestApp, email: &str) -> Value {
    let home = app.home.id();
    let number = async |sql: &str| app.number(&sql.replace("@home", &home.to_string())).await;
    let (name, _) = email.split_once('@').unwrap();
    let field = async |kind: FieldType, word: &str, options: &[&str]| {
        app.home.field(&format!("{word} {name}"), kind, options).await.id
    };
    let accepted = "SELECT max(s.id) FROM company_partnerships s JOIN partnerships p ON p.id = s.partnership_id
        WHERE s.workspace_id = @home AND p.state = 'accepted'";
    let side = number(accepted).await;
    let of_side = async |column: &str| {
        number(&format!(
            "SELECT {column} FROM company_partnerships WHERE workspace_id = @home AND id = {side}"
        ))
        .await
    };
    json!({
        "company_name": "Twins", "email": email, "first_name": "Ada", "source": "partnership", "associationType": "referral",
        "partnershipLead": {
            "partnership_id": of_side("partnership_id").await, "partners_company_id": of_side("partner_company_id").await,
            "company_partnerships_id": side, "sendToPartner": true,
            "partnerUsers": [number("SELECT min(id) FROM partner_users WHERE workspace_id = @home").await],
            "sentBy": {"email": "s@partner.test", "companyName": "Partner"}, "partners_company_name": "As written"
        },
        "tags": [number("SELECT min(id) FROM tags WHERE workspace_id = @home").await],
        "customFields": [
            {"customFieldId": field(FieldType::Number, "number", &[]).await, "type": "number", "value": {"number": 1}},
            {"customFieldId": field(FieldType::Text, "text", &[]).await, "type": "text", "value": {"text": "t"}},
            {"customFieldId": field(FieldType::Select, "select", &["S", "M"]).await, "type": "select", "value": {"select": 1}},
            {"customFieldId": field(FieldType::MultiSelect, "multi", &["a", "b"]).await, "type": "multi_select",
                "value": {"multi_select": [1, 2]}},
            {"customFieldId": field(FieldType::Date, "date", &[]).await, "type": "date", "value": {"date": "2024-02-29"}},
            {"customFieldId": field(FieldType::Boolean, "boolean", &[]).await, "type": "boolean", "value": {"boolean": true}}
        ],
        "attributions": [{
            "id": number("SELECT min(id) FROM attribution_sources WHERE workspace_id = @home").await,
            "attributedDate": "2024-01-15T10:30:00Z"
        }],
        "integrationName": "pipedrive",
        "integrationCustomFields": [{"uuid": "0190e5a0-0000-7000-8000-000000000001", "value": {"a": 1}}],
        "powerups": {"pipedrive": {"person_id": 1, "organization_id": 2, "deal_id": email.len()}}
    })
}

/// The leads of home that a key of its project may not see: their ids in every form, and what only they have.
pub async fn secrets(app: &TestApp) -> Vec<String> {
    let query = "{ leads(first: 100) { nodes { id uuid email project { publicId } } } }";
    let data = app.as_owner().data(query, json!({})).await;
    let leads = data["leads"]["nodes"].as_array().unwrap().iter();
    let others: Vec<&Value> = leads
        .filter(|lead| lead["project"]["publicId"] != app.home.project.public_id)
        .collect();
    assert!(others.iter().any(|lead| lead["email"] == OTHERS), "{data}");
    let told = others
        .into_iter()
        .flat_map(|lead| [&lead["id"], &lead["uuid"], &lead["email"]]);
    told.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The attempts' ids, with the lead of another project in place of their lead.
pub async fn of_other_project(app: &TestApp, ids: &Ids) -> Ids {
    let query = "{ leads(first: 100) { nodes { id uuid legacyId email attributions { id } } } }";
    let data = app.as_owner().data(query, json!({})).await;
    let mut leads = data["leads"]["nodes"].as_array().unwrap().iter();
    let lead = leads.find(|lead| lead["email"] == OTHERS).unwrap();
    let mut ids = Ids(ids.0.clone());
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    for (name, value) in [
        ("lead", &lead["id"]),
        ("lead_uuid", &lead["uuid"]),
        ("lead_number", &lead["legacyId"]),
        ("attribution", &lead["attributions"][0]["id"]),
    ] {
        ids.0.insert(name, text(value));
    }
    let note = format!(
        r#"mutation {{ addLeadNote(input: {{ leadId: "{}", text: "N" }}) {{ note {{ id }} }} }}"#,
        ids.0["lead"]
    );
    let note = app.as_owner().data(&note, json!({})).await;
    ids.0.insert("note", text(&note["addLeadNote"]["note"]["id"]));
    ids.0.insert("public_id", app.home.other_project.public_id.clone());
    let projects = app
        .as_owner()
        .data("{ projects { nodes { id publicId } } }", json!({}))
        .await;
    let mut projects = projects["projects"]["nodes"].as_array().unwrap().iter();
    let other = projects
        .find(|project| project["publicId"] == app.home.other_project.public_id)
        .unwrap();
    ids.0.insert("project", text(&other["id"]));
    ids
}

/// How many rows each table has, and how far the workspaces' logs go: the same after what was refused.
pub async fn traces(app: &TestApp) -> BTreeMap<String, i64> {
    let tables = match app.db.backend {
        Backend::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'lead_search%' AND name NOT LIKE 'sqlite_%'"
        }
        Backend::Postgres => {
            "SELECT CAST(table_name AS text) AS name FROM information_schema.tables
                WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        }
    };
    let mut traces = BTreeMap::new();
    for row in app.rows(tables).await {
        let Value::String(table) = &row["name"] else {
            panic!("{row}")
        };
        // How far the server's own readers are is nobody's doing, and what was asked for before may still be tried.
        if table == "event_consumers" || table == "webhook_attempts" {
            continue;
        }
        let count = app.number(&format!("SELECT count(*) FROM {table}")).await;
        traces.insert(table.clone(), count);
    }
    let positions = "SELECT workspace_id, position FROM workspace_counters";
    for row in app.rows(positions).await {
        traces.insert(
            format!("log of {}", row["workspace_id"]),
            row["position"].as_i64().unwrap(),
        );
    }
    traces
}
