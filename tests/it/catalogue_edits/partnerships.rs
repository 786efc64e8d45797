//! Partnerships: terms before the other side agrees, and the end.

use std::time::Duration;

use futures_util::future::join_all;
use leadgraph::domain::partnerships::{Invitation, PartnerType};
use serde_json::{Value, json};

use super::{Editor, changes, changes_in};
use crate::harness::{Case, TestApp, both};

pub fn cases() -> Vec<Case> {
    vec![
        both(an_invitation_is_taken_back_and_made_again),
        both(inviting_again_replaces_a_code_that_leaked),
        both(what_both_have_agreed_to_stays),
        both(either_side_ends_it_for_both),
        both(no_lead_is_sent_through_a_partnership_that_ends_meanwhile),
    ]
}

const PARTNERSHIP: &str = "partnership { id version state resellerSide invitation } userErrors { code path }
    conflict { fields current { state } }";

/// The id of the only partnership that a token sees, over or not.
async fn only(app: &TestApp, token: &str) -> Value {
    let query = "{ partnerships(includeArchived: true) { nodes { id state version } } }";
    app.with_token(token).data(query, json!({})).await["partnerships"]["nodes"][0].clone()
}

async fn an_invitation_is_taken_back_and_made_again(app: TestApp) {
    let partner = app.workspace("Partner").await;
    let first = app
        .home
        .invite(PartnerType::Reseller, Invitation::Invited)
        .await
        .shared
        .uuid;
    let id = only(&app, &app.home.token).await["id"].clone();
    let update = async |version: i64, invitation: &str| {
        let input = json!({"partnershipId": id, "expectedVersion": version, "invitation": invitation});
        Editor::of(&app).edit("updatePartnership", input, PARTNERSHIP).await["partnership"].clone()
    };
    let accept = async |code: &str| {
        let input = json!({"invitation": code, "partner": {"name": "Acme"}});
        Editor::with(&app, &partner.token)
            .edit("acceptPartnership", input, "userErrors { code }")
            .await["userErrors"]
            .clone()
    };
    let back = update(1, "INACTIVE").await;
    assert_eq!(
        (&back["state"], &back["invitation"]),
        (&json!("INACTIVE"), &Value::Null)
    );
    assert_eq!(accept(&first.to_string()).await, json!([{"code": "NOT_FOUND"}]));
    let again = update(2, "INVITED").await;
    let code = again["invitation"].as_str().unwrap();
    assert_ne!(code, first.to_string());
    assert_eq!(accept(&first.to_string()).await, json!([{"code": "NOT_FOUND"}]));
    assert_eq!(accept(code).await, json!([]));
    assert_eq!(only(&app, &app.home.token).await["state"], "ACCEPTED");
    assert_eq!(changes(&app, "partnership.updated").await.len(), 2);
}

async fn inviting_again_replaces_a_code_that_leaked(app: TestApp) {
    let partner = app.workspace("Partner").await;
    app.home.invite(PartnerType::Reseller, Invitation::Invited).await;
    let query = "{ partnerships { nodes { id invitation } } }";
    let listed = app.with_token(&app.home.token).data(query, json!({})).await;
    let before = &listed["partnerships"]["nodes"][0];
    let again = json!({"partnershipId": before["id"], "expectedVersion": 1, "invitation": "INVITED"});
    let renewed = Editor::of(&app)
        .edit("updatePartnership", again.clone(), PARTNERSHIP)
        .await["partnership"]
        .clone();
    assert_ne!(renewed["invitation"], before["invitation"]);
    assert_eq!((&renewed["version"], &renewed["state"]), (&json!(2), &json!("INVITED")));
    let accept = async |code: &Value| {
        let input = json!({"invitation": code, "partner": {"name": "Acme"}});
        let editor = Editor::with(&app, &partner.token);
        editor.edit("acceptPartnership", input, "userErrors { code }").await["userErrors"].clone()
    };
    assert_eq!(accept(&before["invitation"]).await, json!([{"code": "NOT_FOUND"}]));
    // Sent twice, it does not replace the code that the first one gave.
    let late = Editor::of(&app).edit("updatePartnership", again, PARTNERSHIP).await;
    assert_eq!(
        late["conflict"],
        json!({"fields": ["invitationRenewed"], "current": {"state": "INVITED"}})
    );
    let told = json!({"invitationRenewed": {"from": null, "to": true}});
    assert_eq!(changes(&app, "partnership.updated").await, [told]);
    assert_eq!(accept(&renewed["invitation"]).await, json!([]));
}

async fn what_both_have_agreed_to_stays(app: TestApp) {
    let partner = app.workspace("Partner").await;
    app.home.partner_with(&partner, PartnerType::Reseller).await;
    for token in [&app.home.token, &partner.token] {
        let seen = only(&app, token).await;
        let editor = Editor::with(&app, token);
        for part in [json!({"resellerSide": null}), json!({"invitation": "INVITED"})] {
            let mut input = json!({"partnershipId": seen["id"], "expectedVersion": seen["version"]});
            input.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
            let payload = editor.edit("updatePartnership", input, PARTNERSHIP).await;
            assert_eq!(
                payload["userErrors"],
                json!([{"code": "INVALID", "path": ["partnershipId"]}])
            );
        }
        assert_eq!(only(&app, token).await, seen);
    }
    let referral = app.home.invite(PartnerType::Referral, Invitation::Inactive).await;
    let listed = app
        .as_owner()
        .data("{ partnerships { nodes { id uuid } } }", json!({}))
        .await;
    let nodes = listed["partnerships"]["nodes"].as_array().unwrap();
    let id = &nodes
        .iter()
        .find(|node| node["uuid"] == referral.side.uuid.to_string())
        .unwrap()["id"];
    let input = json!({"partnershipId": id, "expectedVersion": 1, "resellerSide": "COMPANY"});
    let payload = Editor::of(&app).edit("updatePartnership", input, PARTNERSHIP).await;
    assert_eq!(
        payload["userErrors"],
        json!([{"code": "INVALID", "path": ["resellerSide"]}])
    );
}

async fn either_side_ends_it_for_both(app: TestApp) {
    let partner = app.workspace("Partner").await;
    let partners = app.home.partner_with(&partner, PartnerType::Referral).await;
    let theirs = only(&app, &partner.token).await;
    let input = json!({"partnershipId": theirs["id"], "expectedVersion": theirs["version"]});
    let payload = Editor::with(&app, &partner.token)
        .edit("archivePartnership", input, PARTNERSHIP)
        .await;
    assert_eq!(payload["partnership"]["state"], "ARCHIVED");
    assert_eq!(only(&app, &app.home.token).await["state"], "ARCHIVED");
    let expected = [json!({"state": {"from": "accepted", "to": "archived"}})];
    assert_eq!(changes(&app, "partnership.archived").await, expected);
    assert_eq!(changes_in(&app, &partner, "partnership.archived").await, expected);
    // The other side comes late.
    let ours = only(&app, &app.home.token).await;
    let input = json!({"partnershipId": ours["id"], "expectedVersion": 2});
    let payload = Editor::of(&app).edit("archivePartnership", input, PARTNERSHIP).await;
    assert_eq!(
        payload["conflict"],
        json!({"fields": [], "current": {"state": "ARCHIVED"}})
    );
    let to = &partners.ours;
    let sent = json!({"associationType": "referral", "email": "a@b.co", "partnershipLead": {
        "partnership_id": to.shared.id, "partners_company_id": to.partner.id,
        "company_partnerships_id": to.side.id, "sendToPartner": true,
    }});
    assert_eq!(app.journeybee().post(&sent).await.status, 400);
}

async fn no_lead_is_sent_through_a_partnership_that_ends_meanwhile(app: TestApp) {
    let partner = app.workspace("Partner").await;
    let to = app.home.partner_with(&partner, PartnerType::Referral).await.ours;
    let ours = only(&app, &app.home.token).await;
    let send = async |nth: usize| {
        let body = json!({"associationType": "referral", "email": format!("{nth}@b.co"), "partnershipLead": {
            "partnership_id": to.shared.id, "partners_company_id": to.partner.id,
            "company_partnerships_id": to.side.id, "sendToPartner": true,
        }});
        app.journeybee().post(&body).await.status
    };
    let end = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let input = json!({"partnershipId": ours["id"], "expectedVersion": ours["version"]});
        Editor::of(&app).edit("archivePartnership", input, PARTNERSHIP).await
    };
    let (statuses, ended) = tokio::join!(join_all((0..60).map(send)), end);
    assert_eq!(ended["partnership"]["state"], "ARCHIVED");
    let count = |status: u16| statuses.iter().filter(|of| **of == status).count();
    assert_eq!(count(201) + count(400), 60, "{statuses:?}");
    let arrived = "SELECT count(*) FROM partnership_leads WHERE direction = 'sent' AND partner_lead_uuid IS NOT NULL";
    assert_eq!(usize::try_from(app.number(arrived).await).unwrap(), count(201));
}
