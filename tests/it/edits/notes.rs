//! Notes of a lead, through GraphQL.

use serde_json::{Value, json};

use super::{any_version, row, web_lead};
use crate::harness::{Case, TestApp, both};
use leadgraph::domain::leads;

pub fn cases() -> Vec<Case> {
    vec![
        both(a_note_is_written_changed_and_deleted),
        both(notes_of_many_leads_are_cut_in_pages_by_a_fixed_number_of_statements),
        both(notes_that_cannot_be_are_refused),
    ]
}

const ADD: &str = "mutation($input: AddLeadNoteInput!) { addLeadNote(input: $input) {
    note { id text version author { email } } userErrors { code path } } }";
const UPDATE: &str = "mutation($input: UpdateLeadNoteInput!) { updateLeadNote(input: $input) {
    note { text version } userErrors { code path } conflict { fields current { text version } } } }";
const DELETE: &str = "mutation($input: DeleteLeadNoteInput!) { deleteLeadNote(input: $input) {
    note { text } userErrors { code path } conflict { fields current { text } } } }";

async fn call(app: &TestApp, mutation: &str, input: Value) -> Value {
    let data = app.as_owner().data(mutation, json!({ "input": input })).await;
    data.as_object().unwrap().values().next().unwrap().clone()
}

async fn lead_id(app: &TestApp) -> Value {
    let data = app.as_owner().data("{ leads { nodes { id } } }", json!({})).await;
    data["leads"]["nodes"][0]["id"].clone()
}

async fn a_note_is_written_changed_and_deleted(app: TestApp) {
    let lead = web_lead(&app, json!({"userData": {"email": "a@b.co"}})).await;
    let id = lead_id(&app).await;
    let made = call(&app, ADD, json!({"leadId": id, "text": " Called.\nNobody there. "})).await;
    let note = &made["note"];
    assert_eq!(
        (&note["text"], &note["version"]),
        (&json!("Called.\nNobody there."), &json!(1))
    );
    assert_eq!(note["author"]["email"], app.home.owner.email);
    // The same text is nothing new; another version is told what there is now.
    let same = json!({"noteId": note["id"], "expectedVersion": 1, "text": "Called.\nNobody there."});
    assert_eq!(call(&app, UPDATE, same).await["note"]["version"], 1);
    let change = json!({"noteId": note["id"], "expectedVersion": 1, "text": "Reached her"});
    assert_eq!(
        call(&app, UPDATE, change).await["note"],
        json!({"text": "Reached her", "version": 2})
    );
    let late = json!({"noteId": note["id"], "expectedVersion": 1, "text": "Reached him"});
    let refused = call(&app, UPDATE, late).await;
    let conflict = json!({"fields": ["text"], "current": {"text": "Reached her", "version": 2}});
    assert_eq!((&refused["note"], &refused["conflict"]), (&Value::Null, &conflict));
    let late = call(&app, DELETE, json!({"noteId": note["id"], "expectedVersion": 1})).await;
    assert_eq!(late["userErrors"][0]["code"], "CONFLICT");

    let node = "query($id: ID!) { node(id: $id) { ... on LeadNote { text author { email } } } }";
    let seen = app.as_owner().data(node, json!({"id": note["id"]})).await;
    assert_eq!(seen["node"]["text"], "Reached her");
    let gone = call(&app, DELETE, json!({"noteId": note["id"], "expectedVersion": 2})).await;
    assert_eq!(gone["note"]["text"], "Reached her");
    let again = call(&app, DELETE, json!({"noteId": note["id"], "expectedVersion": 3})).await;
    assert_eq!(again["userErrors"], json!([{"code": "NOT_FOUND", "path": ["noteId"]}]));
    assert_eq!(
        app.as_owner().data(node, json!({"id": note["id"]})).await["node"],
        Value::Null
    );
    let data = app
        .as_owner()
        .data(
            "{ leads { nodes { version notes { totalCount nodes { id } } } } }",
            json!({}),
        )
        .await;
    let expected = json!({"version": 1, "notes": {"totalCount": 0, "nodes": []}});
    assert_eq!(data["leads"]["nodes"][0], expected);

    let sql = format!("SELECT event_type, changes FROM events WHERE lead_id = {lead} ORDER BY position");
    let events = app.rows(&sql).await;
    let kinds: Vec<&str> = events
        .iter()
        .map(|event| event["event_type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["lead.created", "note.created", "note.updated", "note.deleted"]);
    let text = |nth: usize| events[nth]["changes"]["fields"]["text"].clone();
    assert_eq!(text(2), json!({"from": "Called.\nNobody there.", "to": "Reached her"}));
    assert_eq!(text(3), json!({"from": "Reached her", "to": null}));
    assert_eq!(row(&app, lead).await["version"], 1);
}

async fn notes_of_many_leads_are_cut_in_pages_by_a_fixed_number_of_statements(app: TestApp) {
    let query = "query($first: Int, $after: String, $last: Int) { leads(first: 100) { nodes { legacyId
        notes(first: $first, after: $after, last: $last) { totalCount nodes { text author { id } }
            pageInfo { hasNextPage endCursor } } } } }";
    let read = async |variables: Value| {
        let before = app.statements();
        let data = app.as_owner().data(query, variables).await;
        (
            app.statements() - before,
            data["leads"]["nodes"].as_array().unwrap().clone(),
        )
    };
    let write = async |lead: i64, text: String| {
        let note = leads::notes::NewNote { text };
        leads::notes::add_note(&app.home.op(), leadgraph::domain::Ref::Id(lead), note)
            .await
            .unwrap();
    };
    let first = web_lead(&app, json!({"userData": {"email": "a@b.co"}})).await;
    write(first, "only".to_owned()).await;
    read(json!({"first": 2})).await;
    let (for_one, _) = read(json!({"first": 2})).await;
    let mut all = vec![first];
    for nth in 1..8 {
        let lead = web_lead(&app, json!({"userData": {"email": "a@b.co"}})).await;
        for note in 0..nth {
            write(lead, format!("n{note}")).await;
        }
        all.push(lead);
    }
    let (for_all, found) = read(json!({"first": 2})).await;
    assert_eq!(for_one, for_all);
    let of = |lead: i64, found: &[Value]| found.iter().find(|row| row["legacyId"] == lead).unwrap()["notes"].clone();
    let texts = |notes: &Value| {
        let nodes = notes["nodes"].as_array().unwrap();
        nodes
            .iter()
            .map(|note| note["text"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let notes = of(all[5], &found);
    assert_eq!(
        (&notes["totalCount"], texts(&notes)),
        (&json!(5), vec!["n4".to_owned(), "n3".to_owned()])
    );
    assert_eq!(notes["pageInfo"]["hasNextPage"], true);
    assert_eq!(of(all[0], &found)["pageInfo"]["hasNextPage"], false);
    let (_, found) = read(json!({"first": 3, "after": notes["pageInfo"]["endCursor"]})).await;
    assert_eq!(texts(&of(all[5], &found)), ["n2", "n1", "n0"]);
    let (_, found) = read(json!({"last": 2})).await;
    assert_eq!(texts(&of(all[5], &found)), ["n1", "n0"]);
}

async fn notes_that_cannot_be_are_refused(app: TestApp) {
    let lead = web_lead(&app, json!({"userData": {"email": "a@b.co"}})).await;
    let id = lead_id(&app).await;
    for (text, code) in [
        ("  ", "MISSING"),
        ("a\0b", "INVALID"),
        (&"x".repeat(10_001), "TOO_LONG"),
    ] {
        let refused = call(&app, ADD, json!({"leadId": id, "text": text})).await;
        assert_eq!(refused["userErrors"], json!([{"code": code, "path": ["text"]}]));
    }
    // A key of another project does not see the lead, so it cannot write about it, nor change what stands there.
    let note = call(&app, ADD, json!({"leadId": id, "text": "mine"})).await["note"]["id"].clone();
    app.db
        .execute(&format!(
            "UPDATE leads SET project_id = {} WHERE id = {lead}",
            app.home.other_project.id
        ))
        .await;
    let bound = app.with_key(&app.home.bound_key);
    let answer = bound.data(ADD, json!({"input": {"leadId": id, "text": "t"}})).await;
    assert_eq!(
        answer["addLeadNote"]["userErrors"],
        json!([{"code": "NOT_FOUND", "path": ["leadId"]}])
    );
    let input = json!({"input": {"noteId": note, "expectedVersion": 1, "text": "t"}});
    let answer = bound.data(UPDATE, input).await;
    assert_eq!(
        answer["updateLeadNote"]["userErrors"],
        json!([{"code": "NOT_FOUND", "path": ["noteId"]}])
    );
    let seen = bound
        .data("query($id: ID!) { node(id: $id) { id } }", json!({"id": note}))
        .await;
    assert_eq!(seen["node"], Value::Null);
    leads::archive(&app.home.op(), any_version(lead)).await.unwrap();
    let refused = call(&app, ADD, json!({"leadId": id, "text": "t"})).await;
    assert_eq!(
        refused["userErrors"],
        json!([{"code": "NOT_FOUND", "path": ["leadId"]}])
    );
}
