//! Custom fields and their options; shared ones in the partner's workspace.

use leadgraph::domain::custom_fields::{FieldCategory, FieldType, NewCustomField};
use leadgraph::domain::partnerships::PartnerType;
use serde_json::{Value, json};

use super::{Editor, changes, changes_in};
use crate::harness::{Case, TestApp, both};
use crate::journeybee::campaign;

pub fn cases() -> Vec<Case> {
    vec![
        both(options_are_added_renamed_and_archived_as_one),
        both(what_breaks_the_rules_of_options_changes_nothing),
        both(an_archived_option_stays_on_leads_and_is_given_to_none),
        both(a_shared_field_follows_its_original),
    ]
}

const FIELD: &str = "customField { id version label options { id legacyId label } archivedOptions { legacyId label } }
    userErrors { code path } conflict { fields current { options { label } } }";

async fn sizes(app: &TestApp) -> Value {
    let input = json!({"label": "Size", "type": "SELECT", "category": "LEAD", "options": ["S", "M", "L"]});
    let made = Editor::of(app)
        .edit("createCustomField", input, "customField { id options { id } }")
        .await;
    made["customField"].clone()
}

async fn options_are_added_renamed_and_archived_as_one(app: TestApp) {
    let field = sizes(&app).await;
    let editor = Editor::of(&app);
    let option = |index: usize| field["options"][index]["id"].clone();
    let input = json!({
        "customFieldId": field["id"], "expectedVersion": 1, "label": "Sizes", "addOptions": ["XL"],
        "renameOptions": [{"optionId": option(0), "label": "Small"}], "archiveOptions": [option(1)],
    });
    let payload = editor.edit("updateCustomField", input, FIELD).await;
    let after = &payload["customField"];
    assert_eq!((&after["version"], &after["label"]), (&json!(2), &json!("Sizes")));
    let labels: Vec<_> = after["options"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| (&o["legacyId"], &o["label"]))
        .collect();
    assert_eq!(
        labels,
        [
            (&json!(1), &json!("Small")),
            (&json!(3), &json!("L")),
            (&json!(4), &json!("XL"))
        ]
    );
    assert_eq!(after["archivedOptions"], json!([{"legacyId": 2, "label": "M"}]));
    let told = changes(&app, "custom_field.updated").await;
    assert_eq!(told.len(), 1);
    let facts: Vec<&String> = told[0].as_object().unwrap().keys().collect();
    assert_eq!(facts, ["label", "options"]);

    // Whoever renames and whoever adds do not undo each other.
    let late = json!({"customFieldId": field["id"], "expectedVersion": 1, "addOptions": ["XXL"]});
    let payload = editor.edit("updateCustomField", late, FIELD).await;
    assert_eq!(payload["conflict"]["fields"], json!(["options"]));
    assert_eq!(payload["conflict"]["current"]["options"][0]["label"], "Small");
    let back = json!({"customFieldId": field["id"], "expectedVersion": 2, "restoreOptions": [option(1)]});
    let payload = editor.edit("updateCustomField", back, FIELD).await;
    assert_eq!(payload["customField"]["options"].as_array().unwrap().len(), 4);
}

async fn what_breaks_the_rules_of_options_changes_nothing(app: TestApp) {
    let field = sizes(&app).await;
    let editor = Editor::of(&app);
    let all: Vec<&Value> = (0..3).map(|index| &field["options"][index]["id"]).collect();
    let many: Vec<String> = (0..98).map(|number| format!("Option {number}")).collect();
    let elsewhere = sizes(&app).await["options"][0]["id"].clone();
    for (part, code, path) in [
        (json!({"archiveOptions": all}), "MISSING", json!(["archiveOptions"])),
        (json!({"addOptions": ["s"]}), "INVALID", json!(["options"])),
        (json!({"addOptions": [" "]}), "MISSING", json!(["addOptions", "0"])),
        (json!({"addOptions": many}), "TOO_MANY", json!(["addOptions"])),
        (
            json!({"archiveOptions": [elsewhere]}),
            "NOT_FOUND",
            json!(["archiveOptions", "0"]),
        ),
        (
            json!({"restoreOptions": [field["id"]]}),
            "NOT_FOUND",
            json!(["restoreOptions", "0"]),
        ),
        (
            json!({"renameOptions": [{"optionId": elsewhere, "label": "X"}]}),
            "NOT_FOUND",
            json!(["renameOptions", "0", "optionId"]),
        ),
    ] {
        let mut input = json!({"customFieldId": field["id"], "expectedVersion": 1});
        input.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        let payload = editor.edit("updateCustomField", input, FIELD).await;
        assert_eq!(payload["userErrors"], json!([{"code": code, "path": path}]), "{part}");
    }
    assert_eq!(changes(&app, "custom_field.updated").await.len(), 0);
    let text = app.home.field("Text", FieldType::Text, &[]).await;
    let query = "{ customFields { nodes { id legacyId } } }";
    let listed = app.as_owner().data(query, json!({})).await;
    let nodes = listed["customFields"]["nodes"].as_array().unwrap();
    let id = &nodes.iter().find(|node| node["legacyId"] == text.id).unwrap()["id"];
    let input = json!({"customFieldId": id, "expectedVersion": 1, "addOptions": ["A"]});
    let payload = editor.edit("updateCustomField", input, FIELD).await;
    assert_eq!(
        payload["userErrors"],
        json!([{"code": "INVALID", "path": ["addOptions"]}])
    );
}

async fn an_archived_option_stays_on_leads_and_is_given_to_none(app: TestApp) {
    let spring = app.home.campaign("Spring").await.id;
    let field = sizes(&app).await;
    let number = app.number("SELECT id FROM custom_fields").await;
    let sized = |email: &str| {
        campaign(
            spring,
            json!({"email": email, "customFields": [{"customFieldId": number, "type": "select", "value": {"select": 2}}]}),
        )
    };
    app.journeybee().post(&sized("a@b.co")).await.expect(201);
    let input =
        json!({"customFieldId": field["id"], "expectedVersion": 1, "archiveOptions": [field["options"][1]["id"]]});
    Editor::of(&app).edit("updateCustomField", input, FIELD).await;
    let query = "{ leads { nodes { customFieldValues { text field { options { label } } } } } }";
    let value = app.as_owner().data(query, json!({})).await["leads"]["nodes"][0]["customFieldValues"][0].clone();
    assert_eq!(value["text"], "M");
    assert_eq!(value["field"]["options"], json!([{"label": "S"}, {"label": "L"}]));
    assert_eq!(app.journeybee().post(&sized("c@d.co")).await.status, 400);

    let input = json!({"customFieldId": field["id"], "expectedVersion": 2});
    Editor::of(&app).edit("archiveCustomField", input, FIELD).await;
    let value = app.as_owner().data(query, json!({})).await["leads"]["nodes"][0]["customFieldValues"][0].clone();
    assert_eq!(value["text"], "M");
    let large = campaign(
        spring,
        json!({"email": "e@f.co", "customFields": [{"customFieldId": number, "type": "select", "value": {"select": 1}}]}),
    );
    assert_eq!(app.journeybee().post(&large).await.status, 400);
}

async fn a_shared_field_follows_its_original(app: TestApp) {
    let partner = app.workspace("Partner").await;
    let to = app.home.partner_with(&partner, PartnerType::Referral).await.ours;
    let new = NewCustomField {
        label: "Size".into(),
        field_type: FieldType::Select,
        category: FieldCategory::Lead,
        partner_type: None,
        required: false,
        shared: true,
        options: ["S", "M", "L"].map(str::to_owned).into(),
    };
    let field = app.home.field_with(new).await;
    let send = async |email: &str, option: i64| {
        let body = json!({
            "associationType": "referral", "email": email,
            "partnerCustomFields": [{"customFieldId": field.id, "type": "select", "value": {"select": option}}],
            "partnershipLead": {
                "partnership_id": to.shared.id, "partners_company_id": to.partner.id,
                "company_partnerships_id": to.side.id, "sendToPartner": true,
            },
        });
        app.journeybee().post(&body).await.expect(201);
    };
    send("a@b.co", 2).await;
    let query = "{ customFields { nodes { id version label options { id label } archivedOptions { label } } } }";
    let theirs = async || {
        let data = app.with_token(&partner.token).data(query, json!({})).await;
        data["customFields"]["nodes"][0].clone()
    };
    assert_eq!(theirs().await["version"], 1);

    let ours = app.as_owner().data(query, json!({})).await["customFields"]["nodes"][0].clone();
    let option = |index: usize| ours["options"][index]["id"].clone();
    let input = json!({
        "customFieldId": ours["id"], "expectedVersion": 1, "label": "Sizes", "addOptions": ["XL"],
        "renameOptions": [{"optionId": option(0), "label": "Small"}], "archiveOptions": [option(1)],
    });
    Editor::of(&app).edit("updateCustomField", input, FIELD).await;
    send("c@d.co", 4).await;
    let mirror = theirs().await;
    let labels: Vec<&Value> = mirror["options"]
        .as_array()
        .unwrap()
        .iter()
        .map(|option| &option["label"])
        .collect();
    assert_eq!(labels, ["Small", "L", "XL"]);
    assert_eq!(mirror["archivedOptions"], json!([{"label": "M"}]));
    assert_eq!((&mirror["label"], &mirror["version"]), (&json!("Sizes"), &json!(2)));
    assert_eq!(changes_in(&app, &partner, "custom_field.updated").await.len(), 1);
    // What they have already is not told again.
    send("e@f.co", 4).await;
    assert_eq!(theirs().await["version"], 2);
    assert_eq!(changes_in(&app, &partner, "custom_field.updated").await.len(), 1);

    // The partner decides over what is its own there, and over nothing else.
    let theirs_id = &mirror["id"];
    let edit = async |part: Value| {
        let mut input = json!({"customFieldId": theirs_id, "expectedVersion": 2});
        input.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        Editor::with(&app, &partner.token)
            .edit("updateCustomField", input, FIELD)
            .await
    };
    for part in ["label", "addOptions"] {
        let value = if part == "label" {
            json!("Mine")
        } else {
            json!(["Mine"])
        };
        let payload = edit(json!({part: value})).await;
        assert_eq!(payload["userErrors"], json!([{"code": "INVALID", "path": [part]}]));
    }
    assert_eq!(edit(json!({"required": true})).await["customField"]["version"], 3);

    // Nor is what the options are held against them.
    let rename = "UPDATE custom_field_options SET label = 'One'";
    app.db.execute(rename).await;
    let input = json!({"customFieldId": theirs_id, "expectedVersion": 3, "required": false});
    let payload = Editor::with(&app, &partner.token)
        .edit("updateCustomField", input, FIELD)
        .await;
    assert_eq!(payload["customField"]["version"], 4, "{payload}");
}
