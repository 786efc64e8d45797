//! What holds for everything that has a version, whatever it is.

use serde_json::{Value, json};

use super::{Editor, changes, id_of};
use crate::harness::{Case, TestApp, both};

pub fn cases() -> Vec<Case> {
    vec![
        both(every_edit_is_one_step_and_tells_the_late_what_differs),
        both(what_is_archived_is_listed_on_demand),
        both(nothing_that_must_be_there_can_be_cleared),
    ]
}

/// Something that is edited: how, and what the event calls the part that changes.
struct Thing {
    node: &'static str,
    id: String,
    change: Value,
    other: Value,
    fact: &'static str,
    event: &'static str,
}

/// One of everything, at version 1, for an owner.
async fn things(app: &TestApp) -> Vec<Thing> {
    let editor = Editor::owner(app);
    let made = async |call: &str, node: &str, input: Value| {
        let payload = editor
            .edit(call, input, &format!("{node} {{ id }} userErrors {{ path message }}"))
            .await;
        payload[node]["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{call}: {payload}"))
            .to_owned()
    };
    let company = made("createPartnerCompany", "partnerCompany", json!({"name": "Partner"})).await;
    let person = json!({"partnerCompanyId": company, "email": "a@b.co"});
    let partnership = json!({"partner": {"existing": company}, "partnerType": "RESELLER"});
    let label = json!({"projectId": app.home.project.public_id, "name": "Won"});
    let key = json!({"label": "Key", "scopes": ["READ"]});
    let thing = |node, id, change, other, fact, event| Thing {
        node,
        id,
        change,
        other,
        fact,
        event,
    };
    let renamed = |name: &str| (json!({name: "New"}), json!({name: "Other"}));
    let mut things = Vec::new();
    for (node, call, input, part, event) in [
        (
            "tag",
            "createTag",
            json!({"label": "Tag", "association": "LEAD"}),
            "label",
            "tag",
        ),
        (
            "customField",
            "createCustomField",
            json!({"label": "Field", "type": "TEXT", "category": "LEAD"}),
            "label",
            "custom_field",
        ),
        (
            "attributionSource",
            "createAttributionSource",
            json!({"label": "Source"}),
            "label",
            "attribution_source",
        ),
        (
            "campaign",
            "createCampaign",
            json!({"title": "Spring"}),
            "title",
            "campaign",
        ),
        ("partnerUser", "createPartnerUser", person, "name", "partner_user"),
        ("project", "createProject", json!({"name": "Site"}), "name", "project"),
        (
            "conversionLabel",
            "createConversionLabel",
            label,
            "name",
            "conversion_label",
        ),
        (
            "user",
            "inviteUser",
            json!({"email": "jo@b.co", "role": "MEMBER"}),
            "firstName",
            "user",
        ),
        ("apiKey", "createApiKey", key, "label", "api_key"),
    ] {
        let (change, other) = renamed(part);
        things.push(thing(node, made(call, node, input).await, change, other, part, event));
    }
    let (change, other) = renamed("name");
    things.push(thing(
        "partnerCompany",
        company,
        change,
        other,
        "name",
        "partner_company",
    ));
    let partnership = made("createPartnership", "partnership", partnership).await;
    let (change, other) = (json!({"resellerSide": "COMPANY"}), json!({"resellerSide": "PARTNER"}));
    things.push(thing(
        "partnership",
        partnership,
        change,
        other,
        "resellerSide",
        "partnership",
    ));
    things
}

fn update_of(node: &str) -> String {
    format!("update{}{}", node[..1].to_uppercase(), &node[1..])
}

async fn every_edit_is_one_step_and_tells_the_late_what_differs(app: TestApp) {
    let editor = Editor::owner(&app);
    for Thing {
        node,
        id,
        change,
        other,
        fact,
        event,
    } in things(&app).await
    {
        let call = update_of(node);
        let selection = format!(
            "{node} {{ id version }} userErrors {{ code path }} conflict {{ fields current {{ id version }} }}"
        );
        let edit = async |version: i64, change: &Value| {
            let mut input = json!({format!("{node}Id"): id, "expectedVersion": version});
            input
                .as_object_mut()
                .unwrap()
                .extend(change.as_object().unwrap().clone());
            editor.edit(&call, input, &selection).await
        };
        let done = edit(1, &change).await;
        let now = json!({"id": id, "version": 2});
        assert_eq!(done, json!({node: now, "userErrors": [], "conflict": null}), "{node}");
        let told = changes(&app, &format!("{event}.updated")).await;
        assert_eq!(told.len(), 1, "{node}");
        let facts: Vec<&String> = told[0].as_object().unwrap().keys().collect();
        assert_eq!(facts, [fact], "{node}");

        let same = edit(2, &change).await;
        assert_eq!(same, json!({node: now, "userErrors": [], "conflict": null}), "{node}");
        let late = json!([{"code": "CONFLICT", "path": ["expectedVersion"]}]);
        let conflict = json!({"fields": [fact], "current": now});
        let expected = json!({node: null, "userErrors": late, "conflict": conflict});
        assert_eq!(edit(1, &other).await, expected, "{node}");
        assert_eq!(edit(3, &other).await, expected, "{node}");
        assert_eq!(changes(&app, &format!("{event}.updated")).await.len(), 1, "{node}");
    }
    let workspace = async |version: i64, name: &str| {
        let input = json!({"expectedVersion": version, "name": name});
        let selection = "workspace { version } userErrors { code } conflict { fields current { name version } }";
        editor.edit("updateWorkspace", input, selection).await
    };
    assert_eq!(workspace(1, "Renamed").await["workspace"], json!({"version": 2}));
    let expected = json!({"fields": ["name"], "current": {"name": "Renamed", "version": 2}});
    assert_eq!(workspace(1, "Other").await["conflict"], expected);
}

async fn what_is_archived_is_listed_on_demand(app: TestApp) {
    let editor = Editor::owner(&app);
    for Thing { node, id, event, .. } in things(&app).await {
        let list = match node {
            "tag" => "tags",
            "customField" => "customFields",
            "attributionSource" => "attributionSources",
            "campaign" => "campaigns",
            "partnership" => "partnerships",
            "conversionLabel" => "conversionLabels",
            _ => continue,
        };
        let of_project = match node {
            "conversionLabel" => format!("projectId: \"{}\", ", app.home.project.public_id),
            _ => String::new(),
        };
        let listed = async || {
            let query = format!(
                "{{ offered: {list}({of_project} first: 9) {{ totalCount nodes {{ id }} }}
                    all: {list}({of_project} includeArchived: true) {{ totalCount nodes {{ id }} }} }}"
            );
            app.as_owner().data(&query, json!({})).await
        };
        let (one, none) = (
            json!({"totalCount": 1, "nodes": [{"id": id}]}),
            json!({"totalCount": 0, "nodes": []}),
        );
        assert_eq!(listed().await, json!({"offered": one, "all": one}), "{node}");
        let name = update_of(node).replacen("update", "archive", 1);
        let input = |version: i64| json!({format!("{node}Id"): id, "expectedVersion": version});
        let selection = format!("{node} {{ version }} userErrors {{ code }}");
        let done = json!({node: {"version": 2}, "userErrors": []});
        assert_eq!(editor.edit(&name, input(1), &selection).await, done, "{node}");
        assert_eq!(editor.edit(&name, input(2), &selection).await, done, "{node}");
        assert_eq!(listed().await, json!({"offered": none, "all": one}), "{node}");
        assert_eq!(changes(&app, &format!("{event}.archived")).await.len(), 1, "{node}");
        if node == "partnership" {
            continue;
        }
        let name = update_of(node).replacen("update", "restore", 1);
        let done = json!({node: {"version": 3}, "userErrors": []});
        assert_eq!(editor.edit(&name, input(2), &selection).await, done, "{node}");
        assert_eq!(listed().await, json!({"offered": one, "all": one}), "{node}");
        assert_eq!(changes(&app, &format!("{event}.restored")).await.len(), 1, "{node}");
    }
}

async fn nothing_that_must_be_there_can_be_cleared(app: TestApp) {
    let editor = Editor::owner(&app);
    let parts: &[(&str, &[&str])] = &[
        ("customField", &["label", "required", "shared"]),
        ("attributionSource", &["label"]),
        ("campaign", &["title"]),
        ("partnerCompany", &["name"]),
        ("partnerUser", &["email"]),
        ("project", &["name", "active"]),
        ("conversionLabel", &["name", "markAsDone"]),
        ("user", &["email"]),
        ("apiKey", &["label"]),
        ("partnership", &["invitation"]),
    ];
    let things = things(&app).await;
    for (node, parts) in parts {
        let id = &id_of(things.iter().map(|thing| (thing.node, &thing.id)), node);
        for part in *parts {
            let input = json!({format!("{node}Id"): id, "expectedVersion": 1, *part: null});
            let payload = editor.edit(&update_of(node), input, "userErrors { code path }").await;
            let expected = json!({"userErrors": [{"code": "MISSING", "path": [part]}]});
            assert_eq!(payload, expected, "{node}.{part}");
        }
    }
}
