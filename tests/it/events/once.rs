//! One event for each change, and none for what changes nothing.

use serde_json::{Value, json};

use super::{lead_id, log, web_lead};
use crate::harness::{Case, TestApp, both};
use crate::journeybee::campaign;

pub fn cases() -> Vec<Case> {
    vec![both(a_change_is_one_event_and_no_change_is_none)]
}

/// The kinds of the events that `act` leaves.
async fn events_of<T>(app: &TestApp, act: impl Future<Output = T>) -> (T, Vec<String>) {
    let home = app.home.id();
    let before = log(app, home).await.len();
    let others = "SELECT count(*) FROM events WHERE lead_id IS NULL";
    let counted = app.number(others).await;
    let done = act.await;
    assert_eq!(app.number(others).await, counted, "and nothing of anything else");
    let after = log(app, home).await.split_off(before);
    (done, after.into_iter().map(|(kind, _)| kind).collect())
}

async fn a_change_is_one_event_and_no_change_is_none(app: TestApp) {
    let spring = app.home.campaign("Spring").await.id;
    let form = json!({"projectId": app.home.project.public_id, "formData": {"uniqueEventId": "e1"},
        "userData": {"firstName": "Ada", "email": "ada@x.test"}});
    let post = async |form: Value| app.leadtrackr().post(&form).await.status;
    assert_eq!(
        events_of(&app, post(form.clone())).await,
        (201, vec!["LEAD_CREATED".to_owned()])
    );
    let (status, kinds) = events_of(&app, post(form.clone())).await;
    assert!(status < 300 && kinds.is_empty(), "posted again: {status} {kinds:?}");
    let mut more = form.clone();
    more["userData"]["lastName"] = "L".into();
    let (status, kinds) = events_of(&app, post(more)).await;
    assert!(status < 300, "{status}");
    assert_eq!(kinds, ["LEAD_UPDATED"]);
    let mut wrong = form.clone();
    wrong["projectId"] = Value::Null;
    let (status, kinds) = events_of(&app, post(wrong)).await;
    assert!(status >= 400 && kinds.is_empty(), "{status} {kinds:?}");

    let register = async |body: Value| app.journeybee().post(&body).await.status;
    let body = campaign(spring, json!({"email": "grace@x.test"}));
    assert_eq!(
        events_of(&app, register(body.clone())).await,
        (201, vec!["LEAD_CREATED".to_owned()])
    );
    assert_eq!(events_of(&app, register(body)).await, (409, vec![]));
    let wrong = campaign(spring, json!({"email": "no address"}));
    let (status, kinds) = events_of(&app, register(wrong)).await;
    assert!((400..500).contains(&status) && kinds.is_empty(), "{status} {kinds:?}");

    let lead = lead_id(&app, web_lead(&app, "Bob").await).await;
    let run = async |mutation: &str, input: Value| {
        let ty = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
        let query = format!("mutation($input: {ty}!) {{ {mutation}(input: $input) {{ userErrors {{ code }} }} }}");
        let data = app.as_owner().data(&query, json!({"input": input})).await;
        data[mutation]["userErrors"][0]["code"].clone()
    };
    let at = |version: i64, more: Value| {
        let mut input = json!({"leadId": lead, "expectedVersion": version});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    for (mutation, input, code, kinds) in [
        (
            "updateLead",
            at(1, json!({"firstName": "B"})),
            Value::Null,
            vec!["LEAD_UPDATED"],
        ),
        ("updateLead", at(2, json!({"firstName": "B"})), Value::Null, vec![]),
        (
            "updateLead",
            at(1, json!({"firstName": "C"})),
            json!("CONFLICT"),
            vec![],
        ),
        (
            "updateLead",
            at(2, json!({"email": "nothing"})),
            json!("INVALID"),
            vec![],
        ),
        (
            "setLeadStatus",
            at(2, json!({"status": "LOST"})),
            json!("MISSING"),
            vec![],
        ),
        (
            "setLeadStatus",
            at(2, json!({"status": "QUALIFIED"})),
            Value::Null,
            vec!["LEAD_UPDATED"],
        ),
        (
            "addLeadNote",
            json!({"leadId": lead, "text": " "}),
            json!("MISSING"),
            vec![],
        ),
        (
            "addLeadNote",
            json!({"leadId": lead, "text": "n"}),
            Value::Null,
            vec!["NOTE_CREATED"],
        ),
        ("archiveLead", at(3, json!({})), Value::Null, vec!["LEAD_ARCHIVED"]),
        ("restoreLead", at(4, json!({})), Value::Null, vec!["LEAD_RESTORED"]),
    ] {
        let said = format!("{mutation} {input}");
        let (found, told) = events_of(&app, run(mutation, input)).await;
        assert_eq!(
            (found, told),
            (code, kinds.into_iter().map(str::to_owned).collect()),
            "{said}"
        );
    }
}
