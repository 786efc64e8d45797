//! Tags: the pattern that every catalogue follows.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{Editor, changes};
use crate::harness::{Case, TestApp, both};
use crate::journeybee::{campaign, is_refused};

/// As many as the issue asks for.
const EDITORS: usize = 50;

pub fn cases() -> Vec<Case> {
    vec![
        both(of_many_edits_of_one_version_one_wins),
        both(what_is_left_out_stays_and_null_clears),
        both(an_edit_that_changes_nothing_leaves_no_trace),
        both(the_loser_learns_what_differs),
        both(archived_tags_stay_where_they_are_and_go_nowhere_new),
        both(a_payload_that_is_read_needs_the_scope_to_read),
    ]
}

const TAG: &str = "tag { id label backgroundColor textColor version archivedAt } userErrors { code path }
    conflict { fields current { label version } }";

async fn made(app: &TestApp) -> String {
    let input = json!({"label": "Hot", "association": "LEAD", "backgroundColor": "#111111", "textColor": "#222222"});
    let made = Editor::of(app).edit("createTag", input, "tag { id }").await;
    made["tag"]["id"].as_str().unwrap().to_owned()
}

async fn of_many_edits_of_one_version_one_wins(app: TestApp) {
    let id = made(&app).await;
    let edit = async |nth: usize| {
        let input = json!({"tagId": id, "expectedVersion": 1, "label": format!("Label {nth}")});
        Editor::of(&app).edit("updateTag", input, TAG).await
    };
    let payloads = join_all((0..EDITORS).map(edit)).await;
    let (won, lost): (Vec<Value>, Vec<Value>) = payloads.into_iter().partition(|payload| !payload["tag"].is_null());
    assert_eq!((won.len(), lost.len()), (1, EDITORS - 1));
    let label = won[0]["tag"]["label"].as_str().unwrap();
    assert_eq!(won[0]["tag"]["version"], 2);
    for payload in lost {
        assert_eq!(
            payload["userErrors"],
            json!([{"code": "CONFLICT", "path": ["expectedVersion"]}])
        );
        let expected = json!({"fields": ["label"], "current": {"label": label, "version": 2}});
        assert_eq!(payload["conflict"], expected);
    }
    let expected = json!({"label": {"from": "Hot", "to": label}});
    assert_eq!(changes(&app, "tag.updated").await, [expected]);
}

async fn what_is_left_out_stays_and_null_clears(app: TestApp) {
    let id = made(&app).await;
    let editor = Editor::of(&app);
    let input = json!({"tagId": id, "expectedVersion": 1, "backgroundColor": null});
    let payload = editor.edit("updateTag", input, TAG).await;
    assert_eq!(payload["tag"]["label"], "Hot");
    assert_eq!(payload["tag"]["backgroundColor"], "#6B7280");
    assert_eq!(payload["tag"]["textColor"], "#222222");
    assert_eq!(payload["tag"]["version"], 2);
    for (label, code) in [
        (json!(null), "MISSING"),
        (json!(" "), "MISSING"),
        (json!("a\nb"), "INVALID"),
    ] {
        let input = json!({"tagId": id, "expectedVersion": 2, "label": label});
        let payload = editor.edit("updateTag", input, TAG).await;
        assert_eq!(payload["userErrors"], json!([{"code": code, "path": ["label"]}]));
        assert_eq!((&payload["tag"], &payload["conflict"]), (&Value::Null, &Value::Null));
    }
    app.home.lead_tag("Cold").await;
    let input = json!({"tagId": id, "expectedVersion": 2, "label": "COLD"});
    let payload = editor.edit("updateTag", input, TAG).await;
    assert_eq!(payload["userErrors"], json!([{"code": "TAKEN", "path": ["label"]}]));
    assert_eq!(changes(&app, "tag.updated").await.len(), 1);
}

async fn an_edit_that_changes_nothing_leaves_no_trace(app: TestApp) {
    let id = made(&app).await;
    for input in [
        json!({"tagId": id, "expectedVersion": 1}),
        json!({"tagId": id, "expectedVersion": 1, "label": "Hot"}),
    ] {
        let payload = Editor::of(&app).edit("updateTag", input, TAG).await;
        assert_eq!(payload["tag"]["version"], 1);
        assert_eq!(payload["userErrors"], json!([]));
    }
    let input = json!({"tagId": id, "expectedVersion": 1});
    let payload = Editor::of(&app).edit("restoreTag", input, TAG).await;
    assert_eq!(payload["tag"]["version"], 1);
    let events = "SELECT count(*) FROM events WHERE event_type LIKE 'tag.%'";
    assert_eq!(app.number(events).await, 1);
}

async fn the_loser_learns_what_differs(app: TestApp) {
    let id = made(&app).await;
    let editor = Editor::of(&app);
    let first = json!({"tagId": id, "expectedVersion": 1, "label": "Warm", "textColor": "#333333"});
    editor.edit("updateTag", first.clone(), TAG).await;
    let late = json!({"tagId": id, "expectedVersion": 1, "textColor": "#444444", "backgroundColor": "#555555"});
    let payload = editor.edit("updateTag", late, TAG).await;
    assert_eq!(payload["conflict"]["fields"], json!(["backgroundColor", "textColor"]));
    // Who wanted the same learns that it is done.
    let payload = editor.edit("updateTag", first, TAG).await;
    assert_eq!(payload["conflict"]["fields"], json!([]));
    assert_eq!(payload["conflict"]["current"], json!({"label": "Warm", "version": 2}));
    let input = json!({"tagId": id, "expectedVersion": 1});
    let payload = editor.edit("archiveTag", input, TAG).await;
    assert_eq!(payload["conflict"]["fields"], json!(["archivedAt"]));
}

async fn archived_tags_stay_where_they_are_and_go_nowhere_new(app: TestApp) {
    let spring = app.home.campaign("Spring").await.id;
    let id = made(&app).await;
    let editor = Editor::of(&app);
    let number = app.number("SELECT id FROM tags").await;
    let tagged = |email: &str| campaign(spring, json!({"email": email, "tags": [number]}));
    app.journeybee().post(&tagged("a@b.co")).await.expect(201);

    let input = json!({"tagId": id, "expectedVersion": 1});
    let payload = editor.edit("archiveTag", input, TAG).await;
    assert!(payload["tag"]["archivedAt"].is_string(), "{payload}");
    let lists = "{ tags { totalCount nodes { id } } all: tags(includeArchived: true) { totalCount nodes { id } }
        leads { nodes { tags { id } } } }";
    let data = app.as_owner().data(lists, json!({})).await;
    assert_eq!(data["tags"], json!({"totalCount": 0, "nodes": []}));
    assert_eq!(data["all"], json!({"totalCount": 1, "nodes": [{"id": id}]}));
    assert_eq!(data["leads"]["nodes"][0]["tags"], json!([{"id": id}]));
    let refused = app.journeybee().post(&tagged("c@d.co")).await;
    is_refused(
        &refused,
        400,
        "Invalid field values or missing required association",
        "an archived tag",
    );

    let input = json!({"tagId": id, "expectedVersion": 2});
    let payload = editor.edit("restoreTag", input, TAG).await;
    assert_eq!(payload["tag"]["archivedAt"], Value::Null);
    app.journeybee().post(&tagged("c@d.co")).await.expect(201);
    assert_eq!(changes(&app, "tag.archived").await.len(), 1);
    assert_eq!(changes(&app, "tag.restored").await.len(), 1);
}

async fn a_payload_that_is_read_needs_the_scope_to_read(app: TestApp) {
    let id = made(&app).await;
    let writer = app.with_key(&app.home.write_only_key);
    let input = json!({"input": {"tagId": id, "expectedVersion": 1, "label": "Warm"}});
    for selection in ["tag { label }", "conflict { current { label } }", "conflict { fields }"] {
        let operation = format!(
            "mutation($input: UpdateTagInput!) {{ updateTag(input: $input) {{ userErrors {{ code }} {selection} }} }}"
        );
        let answer = writer.graphql(&operation, input.clone()).await;
        assert_eq!(answer.code(), "FORBIDDEN", "{}", answer.text);
    }
    assert_eq!(changes(&app, "tag.updated").await.len(), 0);
    let blind = "mutation($input: UpdateTagInput!) { updateTag(input: $input) { userErrors { code } } }";
    let data = writer.data(blind, input.clone()).await;
    assert_eq!(data["updateTag"], json!({"userErrors": []}));
    let data = writer.data(blind, input).await;
    assert_eq!(data["updateTag"]["userErrors"][0]["code"], "CONFLICT");
}
