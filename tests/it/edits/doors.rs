//! Edits through GraphQL: what the inputs mean, what the payloads answer, who may do what.

use leadgraph::domain::caller::Role;
use leadgraph::domain::custom_fields::FieldType;
use serde_json::{Value, json};

use super::{events, registered, row, web_lead};
use crate::harness::{Case, TestApp, both};

pub fn cases() -> Vec<Case> {
    vec![
        both(what_is_left_out_stays_and_null_clears),
        both(every_mutation_does_what_its_name_says),
        both(problems_are_told_with_paths_into_the_input),
        both(a_payload_is_a_read_and_refused_before_anything_is_written),
        both(a_key_of_one_project_edits_that_projects_leads),
        both(an_archived_lead_is_shown_in_the_answer_and_restored_by_its_id),
    ]
}

const LEAD: &str =
    "lead { version email phone firstName uniqueIdentifier status lostReason source value { minor currency }
    tags { label } assignees { user { email } } campaign { title } archivedAt
    customFieldValues { text } attributions { id source { label } } }
    userErrors { code path existingLeadId } conflict { fields current { version status } }";

/// Calls a mutation by its name; what it answers.
async fn call(app: &TestApp, name: &str, input: &Value) -> Value {
    let type_name = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    let mutation = format!("mutation($input: {type_name}!) {{ {name}(input: $input) {{ {LEAD} }} }}");
    app.as_owner().data(&mutation, json!({ "input": input })).await[name].clone()
}

/// [`call`] for what must be done; the lead after it.
async fn done(app: &TestApp, name: &str, input: &Value) -> Value {
    let answer = call(app, name, input).await;
    assert_eq!(
        (&answer["userErrors"], &answer["conflict"]),
        (&json!([]), &Value::Null),
        "{name}: {answer}"
    );
    answer["lead"].clone()
}

async fn id_of(app: &TestApp, lead: i64) -> Value {
    let query = format!("{{ lead(by: {{ legacyId: {lead} }}) {{ id }} }}");
    app.as_owner().data(&query, json!({})).await["lead"]["id"].clone()
}

/// The node ids of what this list has, by label.
async fn ids(app: &TestApp, list: &str, label: &str) -> impl Fn(&str) -> Value {
    let data = app
        .as_owner()
        .data(&format!("{{ {list} {{ nodes {{ id {label} }} }} }}"), json!({}))
        .await;
    let nodes = data[list]["nodes"].as_array().unwrap().clone();
    let label = label.to_owned();
    move |name: &str| nodes.iter().find(|node| node[&label] == name).unwrap()["id"].clone()
}

fn with(base: &Value, members: Value) -> Value {
    let mut input = base.clone();
    input
        .as_object_mut()
        .unwrap()
        .extend(members.as_object().unwrap().clone());
    input
}

async fn what_is_left_out_stays_and_null_clears(app: TestApp) {
    let form = json!({"userData": {"email": "a@b.co", "phone": "1", "firstName": "Jo"}, "uniqueIdentifier": "u"});
    let lead = web_lead(&app, form).await;
    app.home.lead_tag("Hot").await;
    app.home.campaign("Spring").await;
    let (tag, campaign) = (
        ids(&app, "tags", "label").await("Hot"),
        ids(&app, "campaigns", "title").await("Spring"),
    );
    let user = ids(&app, "users", "email").await(&app.home.owner.email);
    let id = id_of(&app, lead).await;
    let at = |version: i64| json!({"leadId": id, "expectedVersion": version});
    let full = json!({"phoneNumber": null, "companyCampaignId": campaign, "source": "MANUAL", "tags": [tag],
        "assignedUsers": [user], "value": {"minor": 5, "currency": "EUR"}, "status": "LOST", "lostReason": "Why"});
    let after = done(&app, "updateLead", &with(&at(1), full)).await;
    let expected = json!({"version": 2, "email": "a@b.co", "phone": null, "firstName": "Jo", "uniqueIdentifier": "u",
        "status": "LOST", "lostReason": "Why", "source": "MANUAL", "value": {"minor": 5, "currency": "EUR"},
        "tags": [{"label": "Hot"}], "assignees": [{"user": {"email": app.home.owner.email}}],
        "campaign": {"title": "Spring"}, "archivedAt": null, "customFieldValues": [], "attributions": []});
    assert_eq!(after, expected);
    assert_eq!(events(&app, lead).await.len(), 2);
    assert_eq!(done(&app, "updateLead", &at(2)).await, expected, "nothing was named");
    let cleared = json!({"companyCampaignId": null, "source": null, "tags": null, "assignedUsers": null, "value": null,
        "uniqueIdentifier": null});
    let after = done(&app, "updateLead", &with(&at(2), cleared)).await;
    let expected = with(
        &expected,
        json!({"version": 3, "campaign": null, "source": null, "tags": [], "assignees": [],
        "value": null, "uniqueIdentifier": null}),
    );
    assert_eq!(after, expected);
}

async fn every_mutation_does_what_its_name_says(app: TestApp) {
    let lead = web_lead(&app, json!({"userData": {"email": "a@b.co"}})).await;
    app.home.lead_tag("Hot").await;
    app.home.source("Fair").await;
    app.home.field("Note", FieldType::Text, &[]).await;
    app.home.user("ada@b.co", Role::Member).await;
    let tag = ids(&app, "tags", "label").await("Hot");
    let user = ids(&app, "users", "email").await("ada@b.co");
    let field = ids(&app, "customFields", "label").await("Note");
    let source = ids(&app, "attributionSources", "label").await("Fair");
    let id = id_of(&app, lead).await;
    let mut version = 1;
    let mut step = async |name: &'static str, members: Value| {
        let at = json!({"leadId": id, "expectedVersion": version});
        let lead = done(&app, name, &with(&at, members)).await;
        version += 1;
        assert_eq!(lead["version"], version, "{name}");
        lead
    };
    assert_eq!(
        step("setLeadStatus", json!({"status": "QUALIFIED"})).await["status"],
        "QUALIFIED"
    );
    let people = json!({"userIds": [user]});
    assert_eq!(
        step("assignLead", people.clone()).await["assignees"][0]["user"]["email"],
        "ada@b.co"
    );
    assert_eq!(step("unassignLead", people).await["assignees"], json!([]));
    let tags = json!({"tagIds": [tag]});
    assert_eq!(step("tagLead", tags.clone()).await["tags"], json!([{"label": "Hot"}]));
    assert_eq!(step("untagLead", tags).await["tags"], json!([]));
    let values = json!({"customFields": [{"customFieldId": field, "value": {"text": "x"}}]});
    assert_eq!(
        step("setLeadFieldValues", values).await["customFieldValues"],
        json!([{"text": "x"}])
    );
    let fields = json!({"customFieldIds": [field]});
    assert_eq!(
        step("clearLeadFieldValues", fields).await["customFieldValues"],
        json!([])
    );
    let added = json!({"attributions": [{"id": source, "attributedDate": "2024-01-15T10:30:00Z"}]});
    let attribution = step("addLeadAttributions", added).await["attributions"][0].clone();
    assert_eq!(attribution["source"]["label"], "Fair");
    let removed = json!({"attributionIds": [attribution["id"]]});
    assert_eq!(step("removeLeadAttributions", removed).await["attributions"], json!([]));
    assert!(step("archiveLead", json!({})).await["archivedAt"].is_string());
    assert_eq!(step("restoreLead", json!({})).await["archivedAt"], Value::Null);
    let kinds: Vec<String> = events(&app, lead).await.into_iter().map(|(kind, _)| kind).collect();
    let mut expected = vec!["lead.created"];
    expected.extend(["lead.updated"; 9]);
    expected.extend(["lead.archived", "lead.restored"]);
    assert_eq!(kinds, expected);
}

async fn problems_are_told_with_paths_into_the_input(app: TestApp) {
    let lead = registered(&app, "a@b.co").await;
    registered(&app, "taken@b.co").await;
    let id = id_of(&app, lead).await;
    let before = row(&app, lead).await;
    let at = json!({"leadId": id, "expectedVersion": 1});
    let garbage = json!("junk");
    for (name, members, code, path) in [
        ("updateLead", json!({"leadId": garbage}), "NOT_FOUND", json!(["leadId"])),
        ("updateLead", json!({"email": "nobody"}), "INVALID", json!(["email"])),
        (
            "updateLead",
            json!({"email": "TAKEN@b.co"}),
            "DUPLICATE_LEAD",
            json!(["email"]),
        ),
        (
            "updateLead",
            json!({"companyCampaignId": null}),
            "INVALID",
            json!(["companyCampaignId"]),
        ),
        (
            "updateLead",
            json!({"companyCampaignId": id}),
            "NOT_FOUND",
            json!(["companyCampaignId"]),
        ),
        (
            "updateLead",
            json!({"lostReason": "x"}),
            "INVALID",
            json!(["lostReason"]),
        ),
        (
            "updateLead",
            json!({"value": {"minor": -1, "currency": "EUR"}}),
            "INVALID",
            json!(["value", "minor"]),
        ),
        (
            "updateLead",
            json!({"assignedUsers": [garbage]}),
            "NOT_FOUND",
            json!(["assignedUsers", "0"]),
        ),
        (
            "setLeadStatus",
            json!({"status": "LOST"}),
            "MISSING",
            json!(["lostReason"]),
        ),
        (
            "assignLead",
            json!({"userIds": [garbage]}),
            "NOT_FOUND",
            json!(["userIds", "0"]),
        ),
        ("tagLead", json!({"tagIds": [id]}), "NOT_FOUND", json!(["tagIds", "0"])),
        (
            "removeLeadAttributions",
            json!({"attributionIds": [id]}),
            "NOT_FOUND",
            json!(["attributionIds", "0"]),
        ),
        (
            "clearLeadFieldValues",
            json!({"customFieldIds": [id]}),
            "NOT_FOUND",
            json!(["customFieldIds", "0"]),
        ),
    ] {
        let answer = call(&app, name, &with(&at, members)).await;
        let error = &answer["userErrors"][0];
        assert_eq!(
            (&error["code"], &error["path"]),
            (&json!(code), &path),
            "{name}: {answer}"
        );
        assert_eq!(
            (&answer["lead"], &answer["conflict"]),
            (&Value::Null, &Value::Null),
            "{name}"
        );
        assert_eq!(error["existingLeadId"].is_string(), code == "DUPLICATE_LEAD");
    }
    // Ids that are well-formed and name nothing: a tag that another workspace has.
    let other = app.workspace("Other").await;
    other.lead_tag("Theirs").await;
    let data = app
        .with_token(&other.token)
        .data("{ tags { nodes { id } } }", json!({}))
        .await;
    let foreign = json!({"tagIds": [data["tags"]["nodes"][0]["id"]]});
    let answer = call(&app, "untagLead", &with(&at, foreign)).await;
    let expected = json!([{"code": "NOT_FOUND", "path": ["tagIds", "0"], "existingLeadId": null}]);
    assert_eq!(answer["userErrors"], expected);
    assert_eq!(row(&app, lead).await, before);
}

async fn a_payload_is_a_read_and_refused_before_anything_is_written(app: TestApp) {
    let lead = web_lead(&app, json!({"userData": {"email": "a@b.co"}})).await;
    let id = id_of(&app, lead).await;
    let before = row(&app, lead).await;
    let writer = app.with_key(&app.home.write_only_key);
    let edit = |selected: &str| {
        format!(
            "mutation($id: ID!, $at: SafeInt!) {{ updateLead(input: {{ leadId: $id, expectedVersion: $at, email: \
             \"new@b.co\" }}) {{ userErrors {{ code }} {selected} }} }}"
        )
    };
    for selected in ["lead { id }", "conflict { current { email } }", "conflict { fields }"] {
        for version in [1, 9] {
            let answer = writer.graphql(&edit(selected), json!({"id": id, "at": version})).await;
            assert_eq!(answer.code(), "FORBIDDEN", "{selected}: {}", answer.text);
            assert!(!answer.text.contains("a@b.co"));
        }
    }
    // Nor is anything written for a payload whose arguments are wrong.
    let wrong = edit("lead { notes(first: 1000) { totalCount } }");
    let answer = app.as_owner().graphql(&wrong, json!({"id": id, "at": 1})).await;
    assert_eq!(answer.code(), "BAD_USER_INPUT", "{}", answer.text);
    assert_eq!(row(&app, lead).await, before);
    let blind = edit("");
    let late = writer.data(&blind, json!({"id": id, "at": 9})).await;
    assert_eq!(late["updateLead"]["userErrors"][0]["code"], "CONFLICT");
    let done = writer.data(&blind, json!({"id": id, "at": 1})).await;
    assert_eq!(done["updateLead"], json!({"userErrors": []}));
    assert_eq!(row(&app, lead).await["email"], "new@b.co");
}

async fn a_key_of_one_project_edits_that_projects_leads(app: TestApp) {
    let own = web_lead(&app, json!({"userData": {"email": "own@b.co"}})).await;
    let foreign = json!({"projectId": app.home.other_project.public_id, "userData": {"email": "foreign@b.co"}});
    let foreign = app.leadtrackr().post(&foreign).await.expect(201).json()["leadId"]
        .as_i64()
        .unwrap();
    let bound = app.with_key(&app.home.bound_key);
    let edit = "mutation($id: ID!) { updateLead(input: { leadId: $id, expectedVersion: 1, firstName: \"Jo\" }) {
        lead { firstName } userErrors { code path } } }";
    let archive = "mutation($id: ID!) { archiveLead(input: { leadId: $id, expectedVersion: 1 }) {
        lead { id } userErrors { code path } } }";
    let refused = json!({"lead": null, "userErrors": [{"code": "NOT_FOUND", "path": ["leadId"]}]});
    let variables = json!({"id": id_of(&app, foreign).await});
    assert_eq!(bound.data(edit, variables.clone()).await["updateLead"], refused);
    assert_eq!(bound.data(archive, variables).await["archiveLead"], refused);
    let done = bound.data(edit, json!({"id": id_of(&app, own).await})).await;
    assert_eq!(done["updateLead"]["lead"]["firstName"], "Jo");
    assert_eq!(row(&app, foreign).await["version"], 1);
}

async fn an_archived_lead_is_shown_in_the_answer_and_restored_by_its_id(app: TestApp) {
    let lead = registered(&app, "a@b.co").await;
    let id = id_of(&app, lead).await;
    let at = |version: i64| json!({"leadId": id, "expectedVersion": version});
    let archived = done(&app, "archiveLead", &at(1)).await;
    assert_eq!(
        (&archived["version"], &archived["email"]),
        (&json!(2), &json!("a@b.co"))
    );
    let found = app
        .as_owner()
        .data("query($id: ID!) { node(id: $id) { id } }", json!({"id": id}))
        .await;
    assert_eq!(found["node"], Value::Null);
    let again = call(&app, "archiveLead", &at(2)).await;
    assert_eq!(again["userErrors"][0]["path"], json!(["leadId"]));
    let late = call(&app, "restoreLead", &at(1)).await;
    assert_eq!(late["conflict"]["fields"], json!(["archivedAt"]));
    assert_eq!(late["conflict"]["current"]["version"], 2);
    let other = registered(&app, "a@b.co").await;
    let taken = call(&app, "restoreLead", &at(2)).await;
    let expected = json!([{"code": "DUPLICATE_LEAD", "path": ["leadId"], "existingLeadId": id_of(&app, other).await}]);
    assert_eq!(taken["userErrors"], expected);
    done(
        &app,
        "archiveLead",
        &json!({"leadId": id_of(&app, other).await, "expectedVersion": 1}),
    )
    .await;
    assert_eq!(done(&app, "restoreLead", &at(2)).await["archivedAt"], Value::Null);
}
