//! Many clients at once: nothing is lost, nothing is there twice, and nobody gets an error that is not documented.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::{Value, json};

use crate::harness::{Case, TestApp, both, on_postgres};
use crate::journeybee::{DUPLICATE, campaign, is_refused};

/// As many as the issue asks for.
const CLIENTS: usize = 50;

pub fn cases() -> Vec<Case> {
    vec![
        both(posts_of_one_event_make_one_lead_that_has_all_they_said),
        both(posts_of_one_email_make_one_lead_and_documented_conflicts),
        both(leads_sent_to_each_other_by_two_partners_do_not_wait_for_each_other),
        both(positions_of_events_have_no_gaps),
        on_postgres(who_edits_a_workspace_keeps_no_writer_from_its_events),
    ]
}

/// A writer has the log's counter, for which the edit waits, and adds an event that points at the workspace.
async fn who_edits_a_workspace_keeps_no_writer_from_its_events(app: TestApp) {
    let home = app.home.id();
    let writer = app.db.connection().begin().await.unwrap();
    let counter = format!("SELECT 1 FROM workspace_counters WHERE workspace_id = {home} FOR UPDATE");
    writer.execute_unprepared(&counter).await.unwrap();
    let edit = "mutation { updateWorkspace(input: { expectedVersion: 1, name: \"New\" }) { userErrors { code } } }";
    let write = async {
        app.waiting_for_locks(1).await;
        let patience = "SET LOCAL lock_timeout = '300ms'";
        writer.execute_unprepared(patience).await.unwrap();
        let points = format!("SELECT 1 FROM workspaces WHERE id = {home} FOR KEY SHARE");
        writer.execute_unprepared(&points).await.expect("nobody is in the way");
        writer.commit().await.unwrap();
    };
    let owner = app.as_owner();
    let (edited, ()) = tokio::join!(owner.data(edit, json!({})), write);
    assert_eq!(edited["updateWorkspace"]["userErrors"], json!([]));
}

async fn posts_of_one_event_make_one_lead_that_has_all_they_said(app: TestApp) {
    let post = async |nth: usize| {
        let body = json!({
            "projectId": app.home.project.public_id,
            "userData": {format!("answer{nth}"): nth},
            "attributionData": {format!("click{nth}"): format!("c{nth}")},
            "formData": {"uniqueEventId": "one", "formFields": {format!("field{nth}"): "x"}},
            "deviceData": {format!("device{nth}"): "y"},
        });
        app.leadtrackr().post(&body).await
    };
    let answers = join_all((0..CLIENTS).map(post)).await;
    let mut ids = BTreeSet::new();
    let mut created = 0;
    for answer in answers {
        let body = answer.expect(201).json();
        created += usize::from(body["message"] == "Lead created successfully");
        ids.insert(body["leadId"].as_i64().unwrap());
    }
    assert_eq!((ids.len(), created), (1, 1));
    let lead = app.db.row("SELECT * FROM leads").await;
    for nth in 0..CLIENTS {
        assert_eq!(lead["user_data"][format!("answer{nth}")], nth);
        assert_eq!(lead["attribution_data"][format!("click{nth}")], format!("c{nth}"));
        assert_eq!(lead["form_data"]["formFields"][format!("field{nth}")], "x");
        assert_eq!(lead["device_data"][format!("device{nth}")], "y");
    }
    // One step of the version and one event for each post, for each of them said something new.
    assert_eq!(lead["version"], CLIENTS);
    assert_eq!(
        app.number("SELECT count(*) FROM events WHERE subject_kind = 'lead'")
            .await,
        50
    );
}

async fn posts_of_one_email_make_one_lead_and_documented_conflicts(app: TestApp) {
    let spring = app.home.campaign("Spring").await.id;
    let post = async |nth: usize| {
        let email = if nth.is_multiple_of(2) { "a@b.co" } else { "A@B.CO" };
        app.journeybee().post(&campaign(spring, json!({"email": email}))).await
    };
    let answers = join_all((0..CLIENTS).map(post)).await;
    let (made, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!(made.len(), 1);
    for answer in &refused {
        is_refused(answer, 409, DUPLICATE, "the same address");
        let existing: &Value = &answer.json()["details"][0]["existing"];
        assert_eq!(existing["uuid"], made[0].json()["uuid"]);
    }
    assert_eq!(app.number("SELECT count(*) FROM leads").await, 1);
    assert_eq!(
        app.number("SELECT count(*) FROM events WHERE subject_kind = 'lead'")
            .await,
        1
    );
}

async fn leads_sent_to_each_other_by_two_partners_do_not_wait_for_each_other(app: TestApp) {
    use leadgraph::domain::partnerships::PartnerType;
    let partner = app.workspace("Partner").await;
    let partners = app.home.partner_with(&partner, PartnerType::Referral).await;
    let sides = [(&app.home.key, &partners.ours), (&partner.key, &partners.theirs)];
    let post = async |nth: usize| {
        let (key, side) = sides[nth % 2];
        let body = json!({"associationType": "referral", "email": format!("a{nth}@b.co"), "partnershipLead": {
            "partnership_id": side.shared.id, "partners_company_id": side.partner.id,
            "company_partnerships_id": side.side.id, "sendToPartner": true,
        }});
        app.journeybee().key(key).post(&body).await.expect(201)
    };
    join_all((0..CLIENTS).map(post)).await;
    for workspace in [app.home.id(), partner.id()] {
        let here = format!("SELECT count(*) FROM leads WHERE workspace_id = {workspace}");
        assert_eq!(app.number(&here).await, 50);
    }
}

async fn positions_of_events_have_no_gaps(app: TestApp) {
    let spring = app.home.campaign("Spring").await.id;
    let post = async |nth: usize| {
        let form = json!({"projectId": app.home.project.public_id, "userData": {"email": format!("{nth}@b.co")}});
        app.leadtrackr().post(&form).await.expect(201);
        let lead = campaign(spring, json!({"email": format!("{nth}@b.co")}));
        app.journeybee().post(&lead).await.expect(201);
    };
    join_all((0..CLIENTS / 2).map(post)).await;
    let rows = app
        .rows(&format!(
            "SELECT position FROM events WHERE workspace_id = {} ORDER BY position",
            app.home.id()
        ))
        .await;
    for (nth, row) in rows.iter().enumerate() {
        assert_eq!(row["position"], nth + 1);
    }
    let counter = format!(
        "SELECT position FROM workspace_counters WHERE workspace_id = {}",
        app.home.id()
    );
    assert_eq!(app.db.row(&counter).await["position"], rows.len());
}
