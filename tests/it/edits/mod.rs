//! Changing leads: what an edit changes, what it leaves alone, and what it refuses.

mod doors;
mod notes;
mod parts;
mod races;
mod rules;

use leadgraph::domain::change::Change;
use leadgraph::domain::error::{Conflict, Error, PathSegment, Problem, ProblemCode, Result, Stale};
use leadgraph::domain::leads::edit::{LeadPatch, StatusChange};
use leadgraph::domain::leads::{self, Edited, LeadEdit, LeadStatus, LeadTarget};
use leadgraph::domain::{Ref, leads::Money};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Case, TestApp, both};
use crate::journeybee::campaign;

pub fn cases() -> Vec<Case> {
    let own = vec![
        both(an_edit_changes_what_it_names_and_nothing_else),
        both(an_edit_that_changes_nothing_leaves_no_trace),
        both(an_edit_of_another_version_is_told_what_differs_and_changes_nothing),
        both(what_cannot_be_edited_is_not_found),
        both(texts_are_checked_as_in_a_registration),
    ];
    let parts = [
        own,
        doors::cases(),
        notes::cases(),
        parts::cases(),
        races::cases(),
        rules::cases(),
    ];
    parts.into_iter().flatten().collect()
}

/// A web form's lead, with its number.
async fn web_lead(app: &TestApp, form: Value) -> i64 {
    let mut body = json!({"projectId": app.home.project.public_id});
    body.as_object_mut().unwrap().extend(form.as_object().unwrap().clone());
    app.leadtrackr().post(&body).await.expect(201).json()["leadId"]
        .as_i64()
        .unwrap()
}

/// A lead that is registered for a campaign, with its number.
async fn registered(app: &TestApp, email: &str) -> i64 {
    let spring = app.home.campaign(&format!("For {email}")).await.id;
    let body = campaign(spring, json!({"email": email}));
    app.journeybee().post(&body).await.expect(201).json()["id"]
        .as_i64()
        .unwrap()
}

fn any_version(lead: i64) -> LeadTarget {
    LeadTarget {
        lead: Ref::Id(lead),
        expected_version: None,
    }
}

fn at(lead: i64, version: i64) -> LeadTarget {
    LeadTarget {
        expected_version: Some(version),
        ..any_version(lead)
    }
}

async fn edit(app: &TestApp, lead: i64, edit: LeadEdit) -> Result<Edited> {
    leads::edit(&app.home.op(), any_version(lead), edit).await
}

fn contact(contact: LeadPatch) -> LeadEdit {
    LeadEdit {
        contact,
        ..Default::default()
    }
}

fn email(email: &str) -> LeadEdit {
    contact(LeadPatch {
        email: Change::Set(email.to_owned()),
        ..Default::default()
    })
}

fn status(to: LeadStatus, reason: Option<&str>) -> LeadEdit {
    LeadEdit {
        status: Some(StatusChange {
            reason: reason.map(str::to_owned),
            ..StatusChange::to(to)
        }),
        ..Default::default()
    }
}

async fn row(app: &TestApp, lead: i64) -> Value {
    app.db.row(&format!("SELECT * FROM leads WHERE id = {lead}")).await
}

/// The events of a lead, oldest first: type and changes.
async fn events(app: &TestApp, lead: i64) -> Vec<(String, Value)> {
    let sql = format!("SELECT event_type, changes FROM events WHERE lead_id = {lead} ORDER BY position");
    let event = |row: Value| {
        (
            row["event_type"].as_str().unwrap().to_owned(),
            row["changes"]["fields"].clone(),
        )
    };
    app.rows(&sql).await.into_iter().map(event).collect()
}

fn problems<T: std::fmt::Debug>(result: Result<T>) -> Vec<(ProblemCode, Vec<PathSegment>)> {
    match result {
        Err(Error::Invalid(problems)) => problems
            .into_iter()
            .map(|Problem { code, path, .. }| (code, path))
            .collect(),
        other => panic!("{other:?}"),
    }
}

fn stale<T: std::fmt::Debug>(result: Result<T>) -> Stale {
    match result {
        Err(Error::Conflict(Conflict::Stale(stale))) => stale,
        other => panic!("{other:?}"),
    }
}

fn is_not_found<T: std::fmt::Debug>(result: Result<T>) {
    assert!(matches!(&result, Err(Error::NotFound(_))), "{result:?}");
}

/// The number of the lead that is in the way.
fn duplicate<T: std::fmt::Debug>(result: Result<T>) -> i64 {
    match result {
        Err(Error::Conflict(Conflict::DuplicateLead { existing, .. })) => existing.id,
        other => panic!("{other:?}"),
    }
}

async fn an_edit_changes_what_it_names_and_nothing_else(app: TestApp) {
    let form = json!({"userData": {"email": "Old@b.co", "phone": "1", "firstName": "Jo", "companyName": "Acme"}});
    let lead = web_lead(&app, form).await;
    let before = row(&app, lead).await;
    let patch = LeadPatch {
        email: Change::Set(" New@Bücher.example ".to_owned()),
        phone_number: Change::Clear,
        last_name: Change::Set("Öz".to_owned()),
        ..Default::default()
    };
    let wanted = LeadEdit {
        contact: patch,
        value: Change::Set(Money {
            minor: 12_50,
            currency: "eur".to_owned(),
        }),
        ..Default::default()
    };
    let edited = leads::edit(&app.home.op(), at(lead, 1), wanted).await.unwrap();
    let after = row(&app, lead).await;
    assert_eq!((edited.id, edited.version), (lead, 2));
    assert_eq!(Some(edited.uuid.to_string()), after["uuid"].as_str().map(str::to_owned));
    let changed = json!({
        "email": "New@Bücher.example", "email_normalized": "new@xn--bcher-kva.example", "phone": null,
        "phone_normalized": null, "last_name": "Öz", "last_name_key": "öz", "name_key": "jo öz",
        "search_text": "jo öz\nacme\nnew@xn--bcher-kva.example\nnew@bücher.example", "value_minor": 1250, "currency": "EUR", "version": 2,
        "edited_texts": "email phone last_name",
    });
    for (column, was) in before.as_object().unwrap() {
        let expected = changed.get(column).unwrap_or(was);
        assert!(
            &after[column] == expected || column == "updated_at",
            "{column}: {}",
            after[column]
        );
    }
    // One event, with what was and what is.
    let events = events(&app, lead).await;
    assert_eq!(events.len(), 2);
    let expected = json!({
        "email": {"from": "Old@b.co", "to": "New@Bücher.example"}, "phone": {"from": "1", "to": null},
        "lastName": {"from": null, "to": "Öz"}, "value": {"from": null, "to": {"minor": 1250, "currency": "EUR"}},
    });
    assert_eq!(events[1], ("lead.updated".to_owned(), expected));
}

async fn an_edit_that_changes_nothing_leaves_no_trace(app: TestApp) {
    let lead = web_lead(&app, json!({"userData": {"email": "a@b.co"}})).await;
    let before = row(&app, lead).await;
    let same = LeadEdit {
        contact: LeadPatch {
            email: Change::Set("a@b.co".to_owned()),
            phone_number: Change::Set("  ".to_owned()),
            first_name: Change::Clear,
            ..Default::default()
        },
        status: Some(StatusChange::to(LeadStatus::New)),
        ..Default::default()
    };
    for wanted in [LeadEdit::default(), same] {
        let edited = leads::edit(&app.home.op(), at(lead, 1), wanted).await.unwrap();
        assert_eq!(edited.version, 1);
    }
    assert_eq!(row(&app, lead).await, before);
    assert_eq!(events(&app, lead).await.len(), 1);
}

async fn an_edit_of_another_version_is_told_what_differs_and_changes_nothing(app: TestApp) {
    let lead = web_lead(&app, json!({"userData": {"email": "a@b.co"}})).await;
    edit(&app, lead, email("c@b.co")).await.unwrap();
    let before = row(&app, lead).await;
    let late = LeadEdit {
        status: Some(StatusChange::to(LeadStatus::Contacted)),
        ..email("d@b.co")
    };
    for expected in [1, 3, 0] {
        let conflict = stale(leads::edit(&app.home.op(), at(lead, expected), late.clone()).await);
        assert_eq!(
            (conflict.version, conflict.fields),
            (2, vec!["email".to_owned(), "status".to_owned()])
        );
        assert_eq!(Value::from(conflict.subject.to_string()), before["uuid"]);
        let conflict = stale(leads::archive(&app.home.op(), at(lead, expected)).await);
        assert_eq!(conflict.fields, ["archivedAt"]);
    }
    // Also when there is nothing to lose: the caller does not know the lead as it is.
    assert!(
        stale(leads::edit(&app.home.op(), at(lead, 1), email("c@b.co")).await)
            .fields
            .is_empty()
    );
    // And when the edit would not be allowed of what the lead has become.
    edit(&app, lead, status(LeadStatus::Converted, None)).await.unwrap();
    let conflict = leads::edit(&app.home.op(), at(lead, 2), status(LeadStatus::Contacted, None)).await;
    assert_eq!(stale(conflict).fields, ["status"]);
    let after = row(&app, lead).await;
    assert_eq!((&after["email"], &after["version"]), (&json!("c@b.co"), &json!(3)));
}

async fn what_cannot_be_edited_is_not_found(app: TestApp) {
    let lead = web_lead(&app, json!({"userData": {"email": "a@b.co"}})).await;
    let other = app.workspace("Other").await;
    is_not_found(edit(&app, lead + 1000, email("c@b.co")).await);
    is_not_found(leads::edit(&other.op(), any_version(lead), email("c@b.co")).await);
    let by_uuid = LeadTarget {
        lead: Ref::Uuid(Uuid::now_v7()),
        expected_version: None,
    };
    is_not_found(leads::edit(&app.home.op(), by_uuid, email("c@b.co")).await);
    is_not_found(leads::restore(&other.op(), any_version(lead)).await);
    leads::archive(&app.home.op(), any_version(lead)).await.unwrap();
    is_not_found(edit(&app, lead, email("c@b.co")).await);
    is_not_found(leads::archive(&app.home.op(), any_version(lead)).await);
    assert_eq!(row(&app, lead).await["email"], "a@b.co");
}

async fn texts_are_checked_as_in_a_registration(app: TestApp) {
    let lead = registered(&app, "a@b.co").await;
    let before = row(&app, lead).await;
    let set = |text: &str| Change::Set(text.to_owned());
    let refused = edit(
        &app,
        lead,
        LeadEdit {
            contact: LeadPatch {
                email: set("nobody"),
                phone_number: set(&"1".repeat(65)),
                first_name: set("a\0b"),
                last_name: set(&"ü".repeat(256)),
                unique_identifier: set(&"x".repeat(256)),
                campaign: Change::Set(Ref::Id(1_000_000)),
                ..Default::default()
            },
            value: Change::Set(Money {
                minor: -1,
                currency: "euro".to_owned(),
            }),
            ..Default::default()
        },
    )
    .await;
    use ProblemCode as P;
    let one = |code, name: &'static str| (code, vec![PathSegment::Name(name)]);
    let of_value = |name| (P::Invalid, vec!["value".into(), PathSegment::Name(name)]);
    assert_eq!(
        problems(refused),
        [
            one(P::Invalid, "email"),
            one(P::TooLong, "phoneNumber"),
            one(P::Invalid, "firstName"),
            one(P::TooLong, "lastName"),
            one(P::TooLong, "uniqueIdentifier"),
            one(P::NotFound, "campaignId"),
            of_value("minor"),
            of_value("currency"),
        ]
    );
    // A registered lead stays somebody, in a campaign.
    let nobody = contact(LeadPatch {
        email: Change::Clear,
        first_name: Change::Clear,
        campaign: Change::Clear,
        ..Default::default()
    });
    let refused = edit(&app, lead, nobody.clone()).await;
    assert_eq!(
        problems(refused),
        [one(P::Missing, "email"), one(P::Invalid, "campaignId")]
    );
    assert_eq!(row(&app, lead).await, before);
    let web = web_lead(&app, json!({"userData": {"email": "a@b.co"}})).await;
    edit(&app, web, nobody).await.unwrap();
}
