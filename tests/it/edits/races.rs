//! Many people and programs that change one lead at once.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use leadgraph::domain::Ref;
use leadgraph::domain::leads::edit::SetEdit;
use leadgraph::domain::leads::{self, LeadEdit};
use serde_json::{Value, json};

use super::{any_version, at, duplicate, edit, email, events, registered, row, web_lead};
use crate::harness::{Case, TestApp, both};

/// As many as the issue asks for.
const CLIENTS: usize = 50;

pub fn cases() -> Vec<Case> {
    vec![
        both(of_many_edits_of_one_version_one_wins_and_the_others_see_the_lead_as_it_is),
        both(tags_and_people_that_are_added_and_taken_off_at_once_are_all_counted),
        both(of_many_leads_that_want_one_address_one_gets_it),
        both(a_lead_that_is_archived_while_others_edit_it_is_not_half_edited),
        both(of_many_restored_leads_with_one_address_one_comes_back),
    ]
}

async fn of_many_edits_of_one_version_one_wins_and_the_others_see_the_lead_as_it_is(app: TestApp) {
    let lead = web_lead(&app, json!({"userData": {"email": "a@b.co"}})).await;
    let data = app
        .as_owner()
        .data("{ leads { nodes { id version } } }", json!({}))
        .await;
    let known = &data["leads"]["nodes"][0];
    let mutation = "mutation($input: UpdateLeadInput!) { updateLead(input: $input) {
        lead { version firstName } userErrors { code path }
        conflict { fields current { version firstName email } } } }";
    let change = async |nth: usize| {
        let input = json!({"leadId": known["id"], "expectedVersion": known["version"], "firstName": format!("F{nth}")});
        let mut data = app.as_owner().data(mutation, json!({ "input": input })).await;
        data["updateLead"].take()
    };
    let answers = join_all((0..CLIENTS).map(change)).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer["lead"].is_object());
    assert_eq!((won.len(), lost.len()), (1, CLIENTS - 1));
    let name = &won[0]["lead"]["firstName"];
    assert_eq!((&won[0]["userErrors"], &won[0]["conflict"]), (&json!([]), &Value::Null));
    for answer in &lost {
        let expected = json!({
            "lead": null,
            "userErrors": [{"code": "CONFLICT", "path": ["expectedVersion"]}],
            "conflict": {"fields": ["firstName"], "current": {"version": 2, "firstName": name, "email": "a@b.co"}},
        });
        assert_eq!(answer, &expected);
    }
    assert_eq!(row(&app, lead).await["first_name"], *name);
    assert_eq!(events(&app, lead).await.len(), 2);
}

async fn tags_and_people_that_are_added_and_taken_off_at_once_are_all_counted(app: TestApp) {
    let lead = web_lead(&app, json!({"userData": {"email": "a@b.co"}})).await;
    let mut tags = Vec::new();
    for nth in 0..CLIENTS {
        tags.push(app.home.lead_tag(&format!("T{nth}")).await.id);
    }
    let refs = |ids: &[i64]| ids.iter().map(|id| Ref::Id(*id)).collect::<Vec<_>>();
    let change = |add: &[i64], remove: &[i64]| LeadEdit {
        tags: Some(SetEdit::Change {
            add: refs(add),
            remove: refs(remove),
        }),
        ..Default::default()
    };
    let (old, new) = tags.split_at(CLIENTS / 2);
    edit(&app, lead, change(old, &[])).await.unwrap();
    let swap = async |nth: usize| {
        edit(&app, lead, change(&new[nth..=nth], &old[nth..=nth]))
            .await
            .unwrap()
            .version
    };
    let versions: BTreeSet<i64> = join_all((0..CLIENTS / 2).map(swap)).await.into_iter().collect();
    assert_eq!(versions.len(), CLIENTS / 2);
    let held = app.rows("SELECT tag_id FROM lead_tags ORDER BY tag_id").await;
    let held: Vec<i64> = held.iter().map(|row| row["tag_id"].as_i64().unwrap()).collect();
    assert_eq!(held, new);
    // The events tell it as it was: each begins where the one before it ended.
    let events = events(&app, lead).await;
    assert_eq!(events.len(), 2 + CLIENTS / 2);
    for pair in events[1..].windows(2) {
        assert_eq!(pair[0].1["tags"]["to"], pair[1].1["tags"]["from"]);
    }
}

async fn of_many_leads_that_want_one_address_one_gets_it(app: TestApp) {
    let mut all = Vec::new();
    for nth in 0..10 {
        all.push(registered(&app, &format!("a{nth}@b.co")).await);
    }
    let want = async |lead: &i64| (*lead, edit(&app, *lead, email("one@b.co")).await);
    let answers = join_all(all.iter().map(want)).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(_, answer)| answer.is_ok());
    assert_eq!(won.len(), 1);
    for (_, answer) in lost {
        assert_eq!(duplicate(answer), won[0].0);
    }
    let keys = "SELECT count(DISTINCT dedupe_key) FROM leads WHERE dedupe_key IS NOT NULL";
    assert_eq!(app.number(keys).await, 10);
}

async fn a_lead_that_is_archived_while_others_edit_it_is_not_half_edited(app: TestApp) {
    let lead = web_lead(&app, json!({"userData": {"email": "a@b.co"}})).await;
    let op = app.home.op();
    let change = async |nth: usize| match nth % 2 {
        0 => leads::edit(&op, any_version(lead), email(&format!("a{nth}@b.co")))
            .await
            .is_ok(),
        _ => leads::archive(&op, any_version(lead)).await.is_ok(),
    };
    let done = join_all((0..20).map(change)).await;
    assert_eq!(done.iter().skip(1).step_by(2).filter(|done| **done).count(), 1);
    let count = done.iter().filter(|done| **done).count();
    let after = row(&app, lead).await;
    assert_eq!(after["version"], 1 + count);
    let events = events(&app, lead).await;
    assert_eq!(
        (events.len(), events.last().unwrap().0.as_str()),
        (1 + count, "lead.archived")
    );
}

async fn of_many_restored_leads_with_one_address_one_comes_back(app: TestApp) {
    let op = app.home.op();
    let mut all = Vec::new();
    for _ in 0..10 {
        let lead = registered(&app, "a@b.co").await;
        leads::archive(&op, at(lead, 1)).await.unwrap();
        all.push(lead);
    }
    let back = async |lead: &i64| (*lead, leads::restore(&op, at(*lead, 2)).await);
    let answers = join_all(all.iter().map(back)).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(_, answer)| answer.is_ok());
    assert_eq!(won.len(), 1);
    for (_, answer) in lost {
        assert_eq!(duplicate(answer), won[0].0);
    }
}
