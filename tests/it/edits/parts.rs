//! Tags, assignees, custom-field values and attributions of a lead.

use leadgraph::domain::Ref;
use leadgraph::domain::caller::Role;
use leadgraph::domain::custom_fields::{FieldCategory, FieldType, NewCustomField};
use leadgraph::domain::error::{PathSegment, ProblemCode};
use leadgraph::domain::leads::edit::{
    AttributionEdit, FieldEdit, NewAttribution, NewFieldValue, NewValue, OptionRef, SetEdit,
};
use leadgraph::domain::leads::{self, LeadEdit};
use serde_json::{Value, json};

use super::{any_version, edit, events, problems, row, web_lead};
use crate::harness::{Case, TestApp, both};
use crate::journeybee::{reference, referred};

pub fn cases() -> Vec<Case> {
    vec![
        both(tags_are_added_removed_and_replaced),
        both(people_are_assigned_and_taken_off),
        both(values_are_set_and_cleared_and_keep_their_ids),
        both(a_required_value_cannot_be_cleared_where_that_is_enforced),
        both(attributions_are_numbered_by_date_whatever_the_order_they_come_in),
        both(what_is_archived_stays_but_does_not_come),
        both(a_lead_has_at_most_a_hundred_of_each_part),
        both(the_events_of_a_lead_tell_its_facts_without_a_gap),
    ]
}

async fn lead(app: &TestApp) -> i64 {
    web_lead(app, json!({"userData": {"email": "a@b.co"}})).await
}

fn tags(edit: SetEdit<Ref>) -> LeadEdit {
    LeadEdit {
        tags: Some(edit),
        ..Default::default()
    }
}

fn change(add: &[i64], remove: &[i64]) -> SetEdit<Ref> {
    let refs = |ids: &[i64]| ids.iter().map(|id| Ref::Id(*id)).collect();
    SetEdit::Change {
        add: refs(add),
        remove: refs(remove),
    }
}

fn fields(fields: Vec<FieldEdit>) -> LeadEdit {
    LeadEdit {
        fields,
        ..Default::default()
    }
}

fn set(field: i64, value: NewValue) -> FieldEdit {
    FieldEdit::Set(NewFieldValue {
        field: Ref::Id(field),
        declared_type: None,
        value,
    })
}

async fn numbers(app: &TestApp, sql: &str) -> Vec<i64> {
    let number = |row: Value| row.as_object().unwrap().values().next().unwrap().as_i64().unwrap();
    app.rows(sql).await.into_iter().map(number).collect()
}

async fn last_changes(app: &TestApp, lead: i64) -> Value {
    events(app, lead).await.pop().unwrap().1
}

async fn tags_are_added_removed_and_replaced(app: TestApp) {
    let lead = lead(&app).await;
    let (a, b, c) = (
        app.home.lead_tag("A").await,
        app.home.lead_tag("B").await,
        app.home.lead_tag("C").await,
    );
    let held = async || {
        numbers(
            &app,
            &format!("SELECT tag_id FROM lead_tags WHERE lead_id = {lead} ORDER BY 1"),
        )
        .await
    };
    edit(&app, lead, tags(change(&[b.id, a.id, a.id], &[c.id])))
        .await
        .unwrap();
    assert_eq!(held().await, [a.id, b.id]);
    assert_eq!(
        last_changes(&app, lead).await,
        json!({"tags": {"from": null, "to": [a.uuid, b.uuid]}})
    );
    let edited = edit(&app, lead, tags(change(&[a.id], &[c.id]))).await.unwrap();
    assert_eq!(edited.version, 2, "nothing changed");
    edit(
        &app,
        lead,
        tags(SetEdit::Replace(vec![Ref::Uuid(c.uuid), Ref::Id(b.id)])),
    )
    .await
    .unwrap();
    assert_eq!(held().await, [b.id, c.id]);
    let changes = json!({"tags": {"from": [a.uuid, b.uuid], "to": [b.uuid, c.uuid]}});
    assert_eq!(last_changes(&app, lead).await, changes);
    edit(&app, lead, tags(SetEdit::Replace(Vec::new()))).await.unwrap();
    assert!(held().await.is_empty());
    // Another workspace's tag is not there.
    let foreign = app.workspace("Other").await.lead_tag("X").await.id;
    let refused = problems(edit(&app, lead, tags(change(&[a.id, foreign], &[foreign]))).await);
    let at = |list: &'static str, index: usize| {
        let path: Vec<PathSegment> = vec!["tags".into(), list.into(), index.into()];
        (ProblemCode::NotFound, path)
    };
    assert_eq!(refused, [at("add", 1), at("remove", 0)]);
    assert!(held().await.is_empty());
}

async fn people_are_assigned_and_taken_off(app: TestApp) {
    let lead = lead(&app).await;
    let ada = app.home.user("ada@b.co", Role::Member).await;
    let bob = app.home.user("bob@b.co", Role::Readonly).await;
    let assign = |edit| LeadEdit {
        assignees: Some(edit),
        ..Default::default()
    };
    edit(&app, lead, assign(change(&[ada.id, bob.id], &[]))).await.unwrap();
    let query = "{ leads { nodes { assignees { assignedAt user { email } } } } }";
    let data = app.as_owner().data(query, json!({})).await;
    let people = data["leads"]["nodes"][0]["assignees"].as_array().unwrap().clone();
    assert_eq!((&people[0]["user"]["email"], people.len()), (&json!("ada@b.co"), 2));
    assert!(people[0]["assignedAt"].is_string());
    let since = people[1]["assignedAt"].clone();
    edit(&app, lead, assign(SetEdit::Replace(vec![Ref::Uuid(bob.uuid)])))
        .await
        .unwrap();
    let data = app.as_owner().data(query, json!({})).await;
    // Who stays has been there since they came.
    let expected = json!([{"assignedAt": since, "user": {"email": "bob@b.co"}}]);
    assert_eq!(data["leads"]["nodes"][0]["assignees"], expected);
    let changes = json!({"assignees": {"from": [ada.uuid, bob.uuid], "to": [bob.uuid]}});
    assert_eq!(last_changes(&app, lead).await, changes);
    let foreign = app.workspace("Other").await.owner.id;
    let refused = problems(edit(&app, lead, assign(change(&[foreign], &[]))).await);
    assert_eq!(refused[0].0, ProblemCode::NotFound);
}

async fn values_are_set_and_cleared_and_keep_their_ids(app: TestApp) {
    let lead = lead(&app).await;
    let home = &app.home;
    let number = home.field("Budget", FieldType::Number, &[]).await;
    let text = home.field("Note", FieldType::Text, &[]).await;
    let several = home
        .field("Colours", FieldType::MultiSelect, &["Red", "Green", "Blue"])
        .await;
    let chosen = |options: &[i64]| NewValue::MultiSelect(options.iter().map(|no| OptionRef::Number(*no)).collect());
    let sql = format!(
        "SELECT v.uuid, number_value, text_value FROM lead_custom_field_values v WHERE lead_id = {lead} \
         ORDER BY custom_field_id"
    );
    let choices = "SELECT option_no FROM lead_custom_field_choices ORDER BY 1";
    let first = vec![
        set(number.id, NewValue::Number(1.5)),
        set(text.id, NewValue::Text("x".into())),
        set(several.id, chosen(&[3, 1])),
    ];
    edit(&app, lead, fields(first.clone())).await.unwrap();
    let before = app.rows(&sql).await;
    assert_eq!(numbers(&app, choices).await, [1, 3]);
    assert_eq!(
        edit(&app, lead, fields(first)).await.unwrap().version,
        2,
        "nothing changed"
    );
    let second = vec![
        set(several.id, chosen(&[2, 3])),
        set(text.id, NewValue::Text(" ".into())),
        set(number.id, NewValue::Number(2.0)),
    ];
    edit(&app, lead, fields(second)).await.unwrap();
    let after = app.rows(&sql).await;
    assert_eq!(after.len(), 2, "a blank text is no value");
    assert_eq!(
        (&after[0]["uuid"], &after[0]["number_value"]),
        (&before[0]["uuid"], &json!(2.0))
    );
    assert_eq!(after[1]["uuid"], before[2]["uuid"]);
    assert_eq!(numbers(&app, choices).await, [2, 3]);
    let changes = last_changes(&app, lead).await;
    let of = |side: &str| {
        let facts = changes["customFields"][side].as_array().unwrap().clone();
        facts.into_iter().map(|fact| fact["value"].clone()).collect::<Vec<_>>()
    };
    assert_eq!((of("from").len(), of("to").len()), (3, 2));
    assert_eq!(
        (&of("from")[0], &of("to")[0]),
        (&json!({"number": 1.5}), &json!({"number": 2.0}))
    );
    edit(&app, lead, fields(vec![FieldEdit::Clear(Ref::Uuid(several.uuid))]))
        .await
        .unwrap();
    assert!(numbers(&app, choices).await.is_empty());

    let refused = vec![
        set(number.id, NewValue::Text("many".into())),
        FieldEdit::Clear(Ref::Id(1_000_000)),
        set(text.id, NewValue::Text("x".into())),
        FieldEdit::Clear(Ref::Uuid(text.uuid)),
        set(several.id, chosen(&[9])),
    ];
    let at = |code, index: usize, member: &'static str| {
        let path: Vec<PathSegment> = vec!["customFields".into(), index.into(), member.into()];
        (code, path)
    };
    assert_eq!(
        problems(edit(&app, lead, fields(refused)).await),
        [
            at(ProblemCode::Invalid, 0, "value"),
            at(ProblemCode::NotFound, 1, "fieldId"),
            at(ProblemCode::Invalid, 3, "fieldId"),
            at(ProblemCode::NotFound, 4, "value"),
        ]
    );
}

async fn a_required_value_cannot_be_cleared_where_that_is_enforced(app: TestApp) {
    let lead = lead(&app).await;
    let required = NewCustomField {
        label: "Size".to_owned(),
        field_type: FieldType::Number,
        category: FieldCategory::Lead,
        partner_type: None,
        required: true,
        shared: false,
        options: Vec::new(),
    };
    let field = app.home.field_with(required).await;
    let clear = || fields(vec![FieldEdit::Clear(Ref::Id(field.id))]);
    // There is nothing to clear yet: the lead came before the field.
    assert_eq!(edit(&app, lead, clear()).await.unwrap().version, 1);
    edit(&app, lead, fields(vec![set(field.id, NewValue::Number(1.0))]))
        .await
        .unwrap();
    let expected = vec![(ProblemCode::Missing, vec!["customFields".into(), PathSegment::Index(0)])];
    assert_eq!(problems(edit(&app, lead, clear()).await), expected);
    let patch = leadgraph::domain::workspaces::WorkspacePatch {
        enforce_required_fields: Some(false).into(),
        ..Default::default()
    };
    leadgraph::domain::workspaces::update(&app.home.op(), None, patch)
        .await
        .unwrap();
    assert_eq!(edit(&app, lead, clear()).await.unwrap().version, 3);
}

async fn attributions_are_numbered_by_date_whatever_the_order_they_come_in(app: TestApp) {
    let lead = lead(&app).await;
    let (fair, mail) = (app.home.source("Fair").await, app.home.source("Mail").await);
    let add = |source: i64, day: &str| NewAttribution {
        source: Ref::Id(source),
        attributed_at: format!("2024-01-{day}T00:00:00Z").parse().unwrap(),
    };
    let change = |add, remove| LeadEdit {
        attributions: Some(AttributionEdit { add, remove }),
        ..Default::default()
    };
    let sql = format!("SELECT uuid, source_id, series FROM lead_attributions WHERE lead_id = {lead} ORDER BY series");
    edit(&app, lead, change(vec![add(fair.id, "20"), add(mail.id, "10")], vec![]))
        .await
        .unwrap();
    let before = app.rows(&sql).await;
    let two = vec![add(fair.id, "15"), add(fair.id, "20"), add(fair.id, "15")];
    edit(&app, lead, change(two, vec![])).await.unwrap();
    let after = app.rows(&sql).await;
    let series = |rows: &[Value]| {
        rows.iter()
            .map(|row| row["series"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(series(&after), [1, 2, 3]);
    let ids: Vec<&Value> = after.iter().map(|row| &row["uuid"]).collect();
    assert_eq!((ids[0], ids[2]), (&before[0]["uuid"], &before[1]["uuid"]));
    let again = edit(&app, lead, change(vec![add(mail.id, "10")], vec![]))
        .await
        .unwrap();
    assert_eq!(again.version, 3, "nothing changed");
    let first: uuid::Uuid = ids[0].as_str().unwrap().parse().unwrap();
    edit(&app, lead, change(vec![], vec![first, first])).await.unwrap();
    let left = app.rows(&sql).await;
    assert_eq!(series(&left), [1, 2]);
    assert_eq!((&left[0]["uuid"], &left[1]["uuid"]), (ids[1], ids[2]));
    let changes = last_changes(&app, lead).await;
    assert_eq!(changes["attributions"]["to"].as_array().unwrap().len(), 2);
    let refused = problems(edit(&app, lead, change(vec![add(9_999_999, "01")], vec![])).await);
    assert_eq!(refused[0].0, ProblemCode::NotFound);
    let path = |index: usize| -> Vec<PathSegment> { vec!["attributions".into(), "remove".into(), index.into()] };
    let refused = problems(edit(&app, lead, change(vec![], vec![first])).await);
    assert_eq!(refused, [(ProblemCode::NotFound, path(0))]);
    let refused = problems(edit(&app, lead, change(vec![], vec![first, first])).await);
    assert_eq!(
        refused,
        [(ProblemCode::NotFound, path(0)), (ProblemCode::NotFound, path(1))]
    );
}

async fn what_is_archived_stays_but_does_not_come(app: TestApp) {
    let (with, without) = (lead(&app).await, lead(&app).await);
    let (tag, other) = (app.home.lead_tag("Old").await.id, app.home.lead_tag("New").await.id);
    let field = app.home.field("Old", FieldType::Number, &[]).await.id;
    edit(&app, with, tags(change(&[tag], &[]))).await.unwrap();
    edit(&app, with, fields(vec![set(field, NewValue::Number(1.0))]))
        .await
        .unwrap();
    for table in ["tags", "custom_fields"] {
        let id = if table == "tags" { tag } else { field };
        app.db
            .execute(&format!(
                "UPDATE {table} SET archived_at = '2024-01-01 00:00:00+00:00' WHERE id = {id}"
            ))
            .await;
    }
    let kept = tags(SetEdit::Replace(vec![Ref::Id(tag), Ref::Id(other)]));
    edit(&app, with, kept.clone()).await.unwrap();
    let refused = problems(edit(&app, without, kept).await);
    assert_eq!(
        refused,
        [(ProblemCode::NotFound, vec!["tags".into(), PathSegment::Index(0)])]
    );
    let refused = problems(edit(&app, with, fields(vec![set(field, NewValue::Number(2.0))])).await);
    assert_eq!(refused[0].0, ProblemCode::NotFound);
    edit(&app, with, fields(vec![FieldEdit::Clear(Ref::Id(field))]))
        .await
        .unwrap();
    edit(&app, with, tags(change(&[], &[tag]))).await.unwrap();
    assert_eq!(numbers(&app, "SELECT tag_id FROM lead_tags").await, [other]);
}

async fn a_lead_has_at_most_a_hundred_of_each_part(app: TestApp) {
    let lead = lead(&app).await;
    let mut ids = Vec::new();
    for nth in 0..101 {
        ids.push(app.home.lead_tag(&format!("T{nth}")).await.id);
    }
    let too_many: Vec<PathSegment> = vec!["tags".into(), "add".into()];
    let refused = problems(edit(&app, lead, tags(change(&ids, &[]))).await);
    assert_eq!(refused, [(ProblemCode::TooMany, too_many)]);
    edit(&app, lead, tags(change(&ids[..100], &[]))).await.unwrap();
    let refused = problems(edit(&app, lead, tags(change(&ids[100..], &[]))).await);
    assert_eq!(refused, [(ProblemCode::TooMany, vec!["tags".into()])]);
    edit(&app, lead, tags(change(&ids[100..], &ids[..1]))).await.unwrap();
    assert_eq!(row(&app, lead).await["version"], 3);
    leads::archive(&app.home.op(), any_version(lead)).await.unwrap();
}

async fn the_events_of_a_lead_tell_its_facts_without_a_gap(app: TestApp) {
    let to = referred(&app).await;
    let mut body = reference(&to);
    body["customFields"].as_array_mut().unwrap().reverse();
    let lead = app.journeybee().post(&body).await.expect(201).json()["id"]
        .as_i64()
        .unwrap();
    let other = app.home.lead_tag("Other").await;
    let several = app.home.field("Colours", FieldType::Select, &["Red", "Green"]).await.id;
    let attributed = NewAttribution {
        source: Ref::Id(to.source),
        attributed_at: "2023-01-01T00:00:00Z".parse().unwrap(),
    };
    for wanted in [
        fields(vec![set(several, NewValue::Select(OptionRef::Number(2)))]),
        fields(vec![
            set(to.number.id, NewValue::Number(2.0)),
            FieldEdit::Clear(Ref::Id(to.text.id)),
        ]),
        tags(change(&[other.id], &[to.tags[0].id])),
        LeadEdit {
            attributions: Some(AttributionEdit {
                add: vec![attributed],
                remove: Vec::new(),
            }),
            ..Default::default()
        },
        fields(vec![FieldEdit::Clear(Ref::Id(several))]),
    ] {
        edit(&app, lead, wanted).await.unwrap();
    }
    let mut facts = serde_json::Map::new();
    for (kind, changes) in events(&app, lead).await {
        for (name, change) in changes.as_object().unwrap() {
            let known = facts.insert(name.clone(), change["to"].clone()).unwrap_or(Value::Null);
            assert_eq!(change["from"], known, "{name} in {kind}");
        }
    }
    assert_eq!(
        facts["customFields"],
        json!([{"field": to.number.uuid, "value": {"number": 2.0}}])
    );
    assert_eq!(facts["tags"], json!([to.tags[1].uuid, other.uuid]));
    assert_eq!(facts["attributions"].as_array().unwrap().len(), 2);
}
