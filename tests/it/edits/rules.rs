//! Status, the duplicate rule, archiving, and forms that are posted again.

use leadgraph::domain::change::Change;
use leadgraph::domain::error::{PathSegment, ProblemCode};
use leadgraph::domain::leads::edit::LeadPatch;
use leadgraph::domain::leads::{self, LeadEdit, LeadStatus, edit::StatusChange};
use leadgraph::domain::workspaces::{self, DedupePolicy, WorkspacePatch};
use serde_json::{Value, json};

use super::{any_version, contact, duplicate, edit, email, events, problems, registered, row, status, web_lead};
use crate::harness::{Case, TestApp, both};
use crate::journeybee::{DUPLICATE, campaign, is_refused, reference, referred};

pub fn cases() -> Vec<Case> {
    vec![
        both(a_status_may_only_go_where_the_table_says),
        both(a_lost_lead_has_a_reason_and_no_other_has),
        both(the_duplicate_key_follows_the_email),
        both(an_archived_lead_frees_its_keys_and_comes_back_only_if_they_are_free),
        both(a_form_that_is_posted_again_does_not_undo_an_edit),
        both(the_partners_copy_is_the_partners),
    ]
}

fn one(code: ProblemCode, name: &'static str) -> Vec<(ProblemCode, Vec<PathSegment>)> {
    vec![(code, vec![name.into()])]
}

async fn a_status_may_only_go_where_the_table_says(app: TestApp) {
    use LeadStatus::{Contacted, Converted, New, Qualified};
    let lead = web_lead(&app, json!({"userData": {"email": "a@b.co"}})).await;
    for to in [Contacted, New, Qualified, Converted, Qualified] {
        edit(&app, lead, status(to, None)).await.unwrap();
    }
    let before = row(&app, lead).await;
    assert_eq!(
        (&before["status"], &before["version"]),
        (&json!("qualified"), &json!(6))
    );
    let refused = edit(&app, lead, status(New, None)).await;
    assert_eq!(problems(refused), one(ProblemCode::Invalid, "status"));
    assert_eq!(row(&app, lead).await, before);
    let last = events(&app, lead).await.pop().unwrap().1;
    assert_eq!(last, json!({"status": {"from": "converted", "to": "qualified"}}));
}

async fn a_lost_lead_has_a_reason_and_no_other_has(app: TestApp) {
    use LeadStatus::{Contacted, Lost};
    let lead = web_lead(&app, json!({"userData": {"email": "a@b.co"}})).await;
    let reason = async || row(&app, lead).await["lost_reason"].clone();
    for none in [None, Some("  ")] {
        let refused = edit(&app, lead, status(Lost, none)).await;
        assert_eq!(problems(refused), one(ProblemCode::Missing, "lostReason"));
    }
    let refused = edit(&app, lead, status(Lost, Some(&"x".repeat(501)))).await;
    assert_eq!(problems(refused), one(ProblemCode::TooLong, "lostReason"));
    let refused = edit(&app, lead, status(Contacted, Some("why"))).await;
    assert_eq!(problems(refused), one(ProblemCode::Invalid, "lostReason"));

    edit(&app, lead, status(Lost, Some(" Too dear "))).await.unwrap();
    assert_eq!(reason().await, "Too dear");
    // To lose it again says nothing new, unless there is a better reason.
    assert_eq!(edit(&app, lead, status(Lost, None)).await.unwrap().version, 2);
    let from_a_door_without_reasons = LeadEdit {
        status: Some(StatusChange {
            otherwise: Some("Lost elsewhere"),
            ..StatusChange::to(Lost)
        }),
        ..Default::default()
    };
    assert_eq!(
        edit(&app, lead, from_a_door_without_reasons.clone())
            .await
            .unwrap()
            .version,
        2
    );
    edit(&app, lead, status(Lost, Some("Too late"))).await.unwrap();
    assert_eq!(reason().await, "Too late");
    edit(&app, lead, status(Contacted, None)).await.unwrap();
    assert_eq!(reason().await, Value::Null);
    edit(&app, lead, from_a_door_without_reasons).await.unwrap();
    assert_eq!(reason().await, "Lost elsewhere");
}

async fn the_duplicate_key_follows_the_email(app: TestApp) {
    let first = registered(&app, "first@b.co").await;
    let second = registered(&app, "second@b.co").await;
    let before = row(&app, second).await;
    let refused = edit(&app, second, email("First@B.co")).await;
    assert_eq!(duplicate(refused), first);
    assert_eq!(row(&app, second).await, before);
    // The old address is free as soon as the lead has another one, and the new one is taken.
    edit(&app, first, email("third@b.co")).await.unwrap();
    edit(&app, second, email("First@B.co")).await.unwrap();
    let spring = app.home.campaign("Spring").await.id;
    let post = async |email: &str| app.journeybee().post(&campaign(spring, json!({"email": email}))).await;
    for taken in ["third@b.co", "first@b.co"] {
        is_refused(&post(taken).await, 409, DUPLICATE, taken);
    }
    let third = post("second@b.co").await.expect(201).json()["id"].as_i64();
    // Without an address there is no key; one that is given later takes it.
    let none = contact(LeadPatch {
        email: Change::Clear,
        ..Default::default()
    });
    edit(&app, first, none).await.unwrap();
    assert_eq!(row(&app, first).await["dedupe_key"], Value::Null);
    let refused = edit(&app, first, email("second@b.co")).await;
    assert_eq!(Some(duplicate(refused)), third);
    edit(&app, first, email("fourth@b.co")).await.unwrap();
    is_refused(&post("fourth@b.co").await, 409, DUPLICATE, "given later");
    // Web forms have no key, whatever their addresses become.
    let web = web_lead(&app, json!({"userData": {"email": "web@b.co"}})).await;
    edit(&app, web, email("fourth@b.co")).await.unwrap();
    assert_eq!(row(&app, web).await["dedupe_key"], Value::Null);
    // What was registered while duplicates were welcome stays without a key.
    let policy = async |policy| {
        let patch = WorkspacePatch {
            dedupe_policy: Some(policy).into(),
            ..Default::default()
        };
        workspaces::update(&app.home.op(), None, patch).await.unwrap();
    };
    policy(DedupePolicy::Off).await;
    let free = registered(&app, "fourth@b.co").await;
    policy(DedupePolicy::Email).await;
    edit(&app, free, email("first@b.co")).await.unwrap();
    assert_eq!(row(&app, free).await["dedupe_key"], Value::Null);
}

async fn an_archived_lead_frees_its_keys_and_comes_back_only_if_they_are_free(app: TestApp) {
    let op = app.home.op();
    let spring = app.home.campaign("Spring").await.id;
    let deal = json!({"pipedrive": {"deal_id": 7}});
    let post = async |email: &str, powerups: &Value| {
        let body = campaign(spring, json!({"email": email, "powerups": powerups}));
        app.journeybee().post(&body).await
    };
    let id = |answer: crate::harness::Answer| answer.expect(201).json()["id"].as_i64().unwrap();
    let lead = id(post("a@b.co", &deal).await);
    assert_eq!(leads::archive(&op, any_version(lead)).await.unwrap().version, 2);
    let data = app.as_owner().data("{ leads { totalCount } }", json!({})).await;
    assert_eq!(data["leads"]["totalCount"], 0);
    assert!(row(&app, lead).await["deleted_at"].is_string());

    let same_email = id(post("a@b.co", &json!({})).await);
    assert_eq!(duplicate(leads::restore(&op, any_version(lead)).await), same_email);
    leads::archive(&op, any_version(same_email)).await.unwrap();
    let same_deal = id(post("c@b.co", &deal).await);
    assert_eq!(duplicate(leads::restore(&op, any_version(lead)).await), same_deal);
    leads::archive(&op, any_version(same_deal)).await.unwrap();

    assert_eq!(leads::restore(&op, any_version(lead)).await.unwrap().version, 3);
    is_refused(
        &post("a@b.co", &json!({})).await,
        409,
        DUPLICATE,
        "the e-mail is taken again",
    );
    is_refused(&post("e@b.co", &deal).await, 409, DUPLICATE, "the deal is taken again");
    // A live lead is there already.
    assert_eq!(leads::restore(&op, any_version(lead)).await.unwrap().version, 3);
    let kinds: Vec<String> = events(&app, lead).await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["lead.created", "lead.archived", "lead.restored"]);

    // A form that is posted again makes a new lead while the first one is archived.
    let form = json!({"userData": {"email": "web@b.co"}, "formData": {"uniqueEventId": "e"}});
    let first = web_lead(&app, form.clone()).await;
    leads::archive(&op, any_version(first)).await.unwrap();
    let second = web_lead(&app, form).await;
    assert_ne!(first, second);
    assert_eq!(duplicate(leads::restore(&op, any_version(first)).await), second);
}

async fn a_form_that_is_posted_again_does_not_undo_an_edit(app: TestApp) {
    let form = |user: Value| json!({"userData": user, "uniqueIdentifier": "u1", "formData": {"uniqueEventId": "e"}});
    let sent = json!({"email": "typo@b.co", "phone": "1", "firstName": "Jo", "companyName": "Acme"});
    let lead = web_lead(&app, form(sent.clone())).await;
    let put_right = contact(LeadPatch {
        email: Change::Set("right@b.co".to_owned()),
        phone_number: Change::Clear,
        unique_identifier: Change::Set("mine".to_owned()),
        ..Default::default()
    });
    edit(&app, lead, put_right).await.unwrap();
    // The same again is nothing new, and other data enrich what nobody has edited.
    assert_eq!(web_lead(&app, form(sent)).await, lead);
    let later = json!({"email": "other@b.co", "phone": "2", "firstName": "Joanna", "lastName": "Öz"});
    assert_eq!(web_lead(&app, form(later)).await, lead);
    let stored = row(&app, lead).await;
    let texts = [
        "email",
        "phone",
        "external_id",
        "first_name",
        "last_name",
        "company_name",
    ]
    .map(|name| &stored[name]);
    assert_eq!(
        json!(texts),
        json!(["right@b.co", null, "mine", "Joanna", "Öz", "Acme"])
    );
    assert_eq!(stored["email_normalized"], "right@b.co");
    assert_eq!(stored["version"], 3);
    // What the form said is kept as it was sent.
    assert_eq!(stored["user_data"]["email"], "other@b.co");
}

async fn the_partners_copy_is_the_partners(app: TestApp) {
    let to = referred(&app).await;
    let lead = app.journeybee().post(&reference(&to)).await.expect(201).json()["id"]
        .as_i64()
        .unwrap();
    let copy = format!("SELECT * FROM leads WHERE workspace_id = {}", to.partner.id());
    let before = app.db.row(&copy).await;
    let wanted = LeadEdit {
        status: Some(StatusChange::to(LeadStatus::Contacted)),
        ..email("new@b.co")
    };
    edit(&app, lead, wanted).await.unwrap();
    leads::archive(&app.home.op(), any_version(lead)).await.unwrap();
    assert_eq!(app.db.row(&copy).await, before);
    // Theirs to edit; it never takes a key, even if the address is another lead's there.
    let theirs = before["id"].as_i64().unwrap();
    leads::edit(&to.partner.op(), any_version(theirs), email("theirs@b.co"))
        .await
        .unwrap();
    let without = contact(LeadPatch {
        email: Change::Clear,
        ..Default::default()
    });
    leads::edit(&to.partner.op(), any_version(theirs), without)
        .await
        .unwrap();
    leads::edit(&to.partner.op(), any_version(theirs), email("theirs@b.co"))
        .await
        .unwrap();
    let after = app.db.row(&copy).await;
    assert_eq!(
        (&after["email"], &after["dedupe_key"]),
        (&json!("theirs@b.co"), &Value::Null)
    );
    assert_eq!(row(&app, lead).await["email"], "new@b.co");
}
