//! No path leads to another workspace: every root field and every route is tried by nobody, by somebody who may not, and
//! by somebody of another workspace. A new one without such a case fails the test.

pub mod attempts;

use std::collections::{BTreeMap, BTreeSet};

use leadgraph::domain::Ref;
use leadgraph::domain::leads::notes::{self, NewNote};
use leadgraph::domain::partnerships::{Invitation, PartnerType};
use serde_json::{Value, json};

use crate::harness::{Case, TestApp, Workspace, both, once, root};
use attempts::Needs::{Admin, Nothing, Read, Write};
use attempts::Stranger::{self, NotFound, Own};
use attempts::attempts;

use crate::journeybee::{reference, referred};

pub fn cases() -> Vec<Case> {
    vec![
        both(every_root_field_is_closed_to_anonymous_callers),
        both(every_root_field_is_closed_without_its_scope),
        both(no_root_field_leads_into_another_workspace),
        both(no_id_of_another_workspace_is_a_node),
        both(a_key_of_one_project_sees_that_project),
        once(every_route_is_known_to_these_tests),
    ]
}

/// Home, full of things that nobody else may see, and what their ids are.
pub struct Ids(pub BTreeMap<&'static str, String>);

pub async fn fill(app: &TestApp) -> Ids {
    let to = referred(app).await;
    app.journeybee().post(&reference(&to)).await.expect(201);
    let form = crate::leadtrackr::reference(&app.home.project.public_id);
    app.leadtrackr().post(&form).await.expect(201);
    app.home.campaign("Home's campaign").await;
    let lead = app
        .number("SELECT id FROM leads WHERE origin = 'leadtrackr_shim'")
        .await;
    app.home.invite(PartnerType::Referral, Invitation::Inactive).await;
    let hook = undeliverable(app, lead).await;
    app.settled().await;
    let label = format!(
        r#"mutation {{ createConversionLabel(input: {{ projectId: "{}", name: "Home's label" }}) {{ conversionLabel {{ id }} }} }}"#,
        app.home.project.public_id
    );
    let label = app.as_owner().data(&label, json!({})).await;
    let query = "{ leads { edges { cursor node { id uuid legacyId uniqueIdentifier
            attributions { id } notes { nodes { id } } history(first: 1) { nodes { id } } } } } tags { nodes { id } }
        customFields { nodes { id type } } attributionSources { nodes { id } } campaigns { nodes { id } }
        partnerships { nodes { id uuid } } partnerCompanies { nodes { id } } partnerUsers { nodes { id } }
        projects { nodes { id publicId } } users { nodes { id } } apiKeys { nodes { id } }
        viewer { workspace { id } notifications { nodes { id } } } events(first: 1) { position } }";
    let data = app.as_owner().data(query, json!({})).await;
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let edge = &data["leads"]["edges"][0];
    let projects = data["projects"]["nodes"].as_array().unwrap();
    let project = projects
        .iter()
        .find(|project| project["publicId"] == app.home.project.public_id)
        .unwrap();
    let first = |list: &str| text(&data[list]["nodes"][0]["id"]);
    let fields = data["customFields"]["nodes"].as_array().unwrap();
    let number = fields.iter().find(|field| field["type"] == "NUMBER").unwrap();
    Ids(BTreeMap::from([
        ("lead", text(&edge["node"]["id"])),
        ("lead_uuid", text(&edge["node"]["uuid"])),
        ("lead_number", text(&edge["node"]["legacyId"])),
        ("note", text(&edge["node"]["notes"]["nodes"][0]["id"])),
        (
            "attribution",
            text(&data["leads"]["edges"][1]["node"]["attributions"][0]["id"]),
        ),
        ("event", text(&edge["node"]["history"]["nodes"][0]["id"])),
        ("lead_cursor", text(&edge["cursor"])),
        ("tag", first("tags")),
        ("field", text(&number["id"])),
        ("source", first("attributionSources")),
        ("campaign", first("campaigns")),
        ("partnership", first("partnerships")),
        ("partnership_uuid", text(&data["partnerships"]["nodes"][0]["uuid"])),
        ("company", first("partnerCompanies")),
        ("person", first("partnerUsers")),
        ("project", text(&project["id"])),
        ("public_id", app.home.project.public_id.clone()),
        ("user", first("users")),
        ("key", first("apiKeys")),
        ("label", text(&label["createConversionLabel"]["conversionLabel"]["id"])),
        ("workspace", text(&data["viewer"]["workspace"]["id"])),
        ("notification", text(&data["viewer"]["notifications"]["nodes"][0]["id"])),
        ("position", text(&data["events"]["position"])),
        ("hook", text(&hook["webhookEndpoints"]["nodes"][0]["id"])),
        ("delivery", text(&hook["webhookDeliveries"]["nodes"][0]["id"])),
    ]))
}

/// Writes a note on a lead while there is a webhook endpoint that nobody answers at; it is told of nothing else.
async fn undeliverable(app: &TestApp, lead: i64) -> Value {
    let create = r#"mutation { createWebhookEndpoint(input: { label: "Home's", url: "https://127.0.0.1:1/",
        eventTypes: [NOTE_CREATED] }) { webhookEndpoint { id } } }"#;
    let made = app.as_owner().data(create, json!({})).await;
    let note = NewNote {
        text: format!("Nobody else's business, @{}", app.home.owner.email),
    };
    notes::add_note(&app.home.op(), Ref::Id(lead), note).await.unwrap();
    let given_up = "SELECT count(*) FROM webhook_deliveries WHERE state = 'failed'";
    while app.number(given_up).await == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let id = made["createWebhookEndpoint"]["webhookEndpoint"]["id"].as_str().unwrap();
    let update = format!(
        r#"mutation {{ updateWebhookEndpoint(input: {{ webhookEndpointId: "{id}", expectedVersion: 1,
            filter: {{ search: "nobody at all" }} }}) {{ userErrors {{ code }} }} }}"#
    );
    app.as_owner().data(&update, json!({})).await;
    let query = format!(
        r#"{{ webhookEndpoints {{ nodes {{ id }} }}
            webhookDeliveries(webhookEndpointId: "{id}") {{ nodes {{ id }} }} }}"#
    );
    app.as_owner().data(&query, json!({})).await
}

impl Ids {
    /// The call with its ids in place; the longest names first, for one may begin another.
    pub fn put_into(&self, call: &str) -> String {
        let mut names: Vec<_> = self.0.iter().collect();
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        let filled = |call: String, (name, value): (&&str, &String)| call.replace(&format!("@{name}"), value);
        names.into_iter().fold(call.to_owned(), filled)
    }
}

/// The fields that the tables have no attempt for, and the other way round.
async fn uncovered(app: &TestApp) -> BTreeSet<String> {
    let roots = app
        .as_owner()
        .data(
            "{__schema{queryType{fields{name}} mutationType{fields{name}}}}",
            json!({}),
        )
        .await;
    let mut served = BTreeSet::new();
    for root in ["queryType", "mutationType"] {
        let fields = roots["__schema"][root]["fields"].as_array().unwrap();
        served.extend(fields.iter().map(|field| field["name"].as_str().unwrap().to_owned()));
    }
    let tried: BTreeSet<String> = attempts().map(|(attempt, _)| attempt.field.to_owned()).collect();
    served.symmetric_difference(&tried).cloned().collect()
}

async fn every_root_field_is_closed_to_anonymous_callers(app: TestApp) {
    assert_eq!(
        uncovered(&app).await,
        BTreeSet::new(),
        "root fields without an attempt, or gone"
    );
    let ids = fill(&app).await;
    let before = traces(&app, &app.home).await;
    for (attempt, operation) in attempts() {
        let answer = app.anonymous().graphql(&ids.put_into(&operation), json!({})).await;
        assert_eq!(answer.code(), "UNAUTHENTICATED", "{}: {}", attempt.field, answer.text);
        assert_eq!(answer.json()["data"][attempt.field], Value::Null, "{}", answer.text);
        for header in [
            ("x-api-key", "wrong"),
            ("authorization", "Bearer wrong"),
            ("authorization", "Basic x"),
        ] {
            let answer = app
                .graphql_with(header.0, header.1)
                .graphql(&ids.put_into(&operation), json!({}))
                .await;
            assert_eq!(
                answer.code(),
                "UNAUTHENTICATED",
                "{} {header:?}: {}",
                attempt.field,
                answer.text
            );
        }
    }
    assert_eq!(traces(&app, &app.home).await, before);
}

async fn every_root_field_is_closed_without_its_scope(app: TestApp) {
    let ids = fill(&app).await;
    let before = traces(&app, &app.home).await;
    for (attempt, operation) in attempts() {
        let key = match attempt.needs {
            Nothing => continue,
            Read => &app.home.write_only_key,
            Write => &app.home.read_only_key,
            Admin => &app.home.key,
        };
        let answer = app.with_key(key).graphql(&ids.put_into(&operation), json!({})).await;
        assert_eq!(answer.code(), "FORBIDDEN", "{}: {}", attempt.field, answer.text);
        assert_eq!(answer.json()["data"][attempt.field], Value::Null, "{}", answer.text);
    }
    assert_eq!(traces(&app, &app.home).await, before);
}

async fn no_root_field_leads_into_another_workspace(app: TestApp) {
    let mut ids = fill(&app).await;
    let stranger = app.workspace("Stranger").await;
    let campaign = stranger.campaign("Theirs").await;
    let own = "{ campaigns { nodes { id uuid } } }";
    let own = app.with_token(&stranger.token).data(own, json!({})).await;
    assert_eq!(own["campaigns"]["nodes"][0]["uuid"], campaign.uuid.to_string());
    ids.0.insert(
        "own_campaign",
        own["campaigns"]["nodes"][0]["id"].as_str().unwrap().to_owned(),
    );
    let before = traces(&app, &app.home).await;
    let secrets = secrets(&app).await;
    for (attempt, operation) in attempts() {
        let answer = app
            .with_token(&stranger.token)
            .graphql(&ids.put_into(&operation), json!({}))
            .await;
        let data = &answer.data()[attempt.field];
        match attempt.stranger {
            Stranger::Nothing => assert_eq!(*data, Value::Null, "{operation}"),
            Own => assert!(
                data["userErrors"].as_array().is_none_or(Vec::is_empty),
                "{operation}: {}",
                answer.text
            ),
            NotFound => assert_eq!(
                data["userErrors"][0]["code"], "NOT_FOUND",
                "{operation}: {}",
                answer.text
            ),
        }
        for secret in &secrets {
            assert!(
                !answer.text.contains(secret),
                "{operation} tells {secret}: {}",
                answer.text
            );
        }
    }
    assert_eq!(traces(&app, &app.home).await, before);
}

/// What of home must never appear in a stranger's answer: names, addresses and public ids.
async fn secrets(app: &TestApp) -> BTreeSet<String> {
    let home = app.home.id();
    let mut secrets = BTreeSet::new();
    for (table, columns) in [
        ("leads", "uuid, email, company_name"),
        ("lead_notes", "uuid, text"),
        ("tags", "uuid, label"),
        ("custom_fields", "uuid, label"),
        ("attribution_sources", "uuid, label"),
        ("campaigns", "uuid, title"),
        ("company_partnerships", "uuid"),
        ("partner_companies", "uuid, name"),
        ("partner_users", "uuid, email"),
        ("projects", "uuid, public_id"),
        ("users", "uuid, email"),
        ("api_keys", "uuid, key_prefix"),
        ("conversion_labels", "uuid, name"),
        ("notifications", "uuid"),
    ] {
        let rows = app
            .rows(&format!("SELECT {columns} FROM {table} WHERE workspace_id = {home}"))
            .await;
        assert!(!rows.is_empty(), "{table}");
        for row in rows {
            secrets.extend(
                row.as_object()
                    .unwrap()
                    .values()
                    .filter_map(Value::as_str)
                    .map(str::to_owned),
            );
        }
    }
    // The stranger's own word for their renamed workspace, and short words, prove nothing.
    secrets.retain(|secret| secret.len() > 4);
    secrets
}

/// What any write would leave in a workspace.
async fn traces(app: &TestApp, workspace: &Workspace) -> (i64, i64, i64) {
    let count = async |table: &str| {
        app.number(&format!(
            "SELECT count(*) FROM {table} WHERE workspace_id = {}",
            workspace.id()
        ))
        .await
    };
    (count("leads").await, count("events").await, count("api_keys").await)
}

async fn no_id_of_another_workspace_is_a_node(app: TestApp) {
    let ids = fill(&app).await;
    let stranger = app.workspace("Stranger").await;
    let nodes = [
        "lead",
        "note",
        "tag",
        "field",
        "source",
        "campaign",
        "partnership",
        "company",
        "person",
        "project",
        "user",
        "key",
        "label",
        "event",
        "notification",
        "workspace",
    ];
    let nodes: Vec<&String> = nodes.iter().map(|name| &ids.0[name]).collect();
    let query = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }";
    let seen = app.as_owner().data(query, json!({"ids": nodes})).await;
    for (id, node) in nodes.iter().zip(seen["nodes"].as_array().unwrap()) {
        assert_eq!(node["id"], **id);
    }
    let unseen = app.with_token(&stranger.token).data(query, json!({"ids": nodes})).await;
    assert!(
        unseen["nodes"].as_array().unwrap().iter().all(Value::is_null),
        "{unseen}"
    );
    // Unknown ids look exactly alike.
    let nonsense = app
        .as_owner()
        .data(query, json!({"ids": ["", "x", "bGVhZDox", nodes[0].to_lowercase()]}))
        .await;
    assert!(
        nonsense["nodes"].as_array().unwrap().iter().all(Value::is_null),
        "{nonsense}"
    );
}

async fn a_key_of_one_project_sees_that_project(app: TestApp) {
    fill(&app).await;
    let elsewhere = crate::leadtrackr::reference(&app.home.other_project.public_id);
    app.leadtrackr().post(&elsewhere).await.expect(201);
    let bound = app.with_key(&app.home.bound_key);
    let query =
        "{ leads { totalCount nodes { project { publicId } } } projects { nodes { publicId } } tags { totalCount } }";
    let data = bound.data(query, json!({})).await;
    let own = json!({"publicId": app.home.project.public_id});
    assert_eq!(data["leads"], json!({"totalCount": 1, "nodes": [{"project": own}]}));
    assert_eq!(data["projects"]["nodes"], json!([own]));
    assert_eq!(data["tags"]["totalCount"], 2);
    let other = "SELECT id FROM leads WHERE project_id IS NULL OR project_id <> ";
    for row in app.rows(&format!("{other}{}", app.home.project.id)).await {
        let by_number = format!("{{ lead(by: {{ legacyId: {} }}) {{ id }} }}", row["id"]);
        assert_eq!(bound.data(&by_number, json!({})).await["lead"], Value::Null);
    }
    let write =
        r#"mutation { createTag(input: { label: "T", association: LEAD }) { tag { id } userErrors { code } } }"#;
    let answer = bound.graphql(write, json!({})).await;
    assert_eq!(answer.code(), "FORBIDDEN", "{}", answer.text);
}

/// The paths that routers are put together of, and what is tried against each. One that is not here has no case yet.
pub const ROUTES: &[(&str, &str)] = &[
    (
        "/api/leads/createServerSideLead",
        "leadtrackr/: keys, projects of others",
    ),
    ("/api/leads/getLead", "leadtrackr/: keys, projects and leads of others"),
    ("/api/leads/getLeads", "the same"),
    ("/api/leads/updateLeadStatus", "the same"),
    ("/api/leads", "open: says that there is nothing"),
    ("/api/leads/", "open: says that there is nothing"),
    ("/api/leads/{*other}", "open: says that there is nothing"),
    ("/api/v1/leads", "journeybee/: keys, nothing of another workspace"),
    (
        "/api/v1/leads/{leadId}",
        "journeybee/: keys, nothing of another workspace",
    ),
    ("/api/v1/companies/{companyId}/leads/{leadId}", "the same"),
    ("/api/v1/tags", "the same"),
    ("/api/v1/custom-fields", "the same"),
    ("/api/v1/partnerships", "the same"),
    ("/openapi.json", "open: no data"),
    ("/api/v1", "open: says that there is nothing"),
    ("/api/v1/", "open: says that there is nothing"),
    ("/api/v1/{*other}", "open: says that there is nothing"),
    ("/graphql", "the attempts above"),
    ("/graphql/", "the same endpoint"),
    ("/graphql/ws", "the same engine, see sockets.rs"),
    ("/graphql/ws/", "the same endpoint"),
    ("/graphiql", "open: a page without data"),
    ("/healthz", "open: no data"),
    ("/metrics", "on a listener of its own: no data"),
    ("/readyz", "open: no data"),
    ("/", "open: a page without data"),
];

async fn every_route_is_known_to_these_tests() {
    let mut found = BTreeSet::new();
    for door in ["rest", "http", "graphql", "graphiql"] {
        for file in crate::boundaries::sources(&root().join("src").join(door)) {
            let text = std::fs::read_to_string(&file).unwrap();
            // Each router is put together in a file that calls `.route(`; its paths are literals or constants there.
            if !text.contains(".route(") || file.ends_with("tests.rs") {
                continue;
            }
            let product = text.split("#[cfg(test)]").next().unwrap();
            let code = product.lines().filter(|line| !line.trim_start().starts_with("//"));
            for literal in code.flat_map(|line| {
                line.split('"')
                    .skip(1)
                    .step_by(2)
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            }) {
                if literal.starts_with('/') {
                    found.insert(literal);
                }
            }
        }
    }
    let known = |path: &&String| {
        ROUTES
            .iter()
            .any(|(route, _)| path.as_str() == *route || is_page_file(path))
    };
    let unknown: Vec<&String> = found.iter().filter(|path| !known(path)).collect();
    assert!(unknown.is_empty(), "routes without a case: {unknown:?}");
    for (route, _) in ROUTES {
        assert!(found.contains(*route), "{route} is gone");
    }
}

/// A file of the page, or one that the compiler reads.
fn is_page_file(path: &str) -> bool {
    path.starts_with("/graphiql/") || path.ends_with(".rs")
}
