//! What JourneyBee's route takes for the same lead.

use serde_json::json;

use super::{DUPLICATE, campaign, count, is_refused};
use crate::harness::{Case, TestApp, both};

pub fn cases() -> Vec<Case> {
    vec![
        both(one_email_makes_one_lead),
        both(one_pipedrive_deal_makes_one_lead_while_persons_repeat),
    ]
}

/// B8, B9.
async fn one_email_makes_one_lead(app: TestApp) {
    let other = app.workspace("Other").await;
    let spring = app.home.campaign("Spring").await.id;
    let post = async |email: &str| app.journeybee().post(&campaign(spring, json!({"email": email}))).await;
    let first = post("a@b.co").await.expect(201).json();
    for same in ["A@B.co ", "a@b.co", " A@b.CO"] {
        let answer = post(same).await;
        is_refused(&answer, 409, DUPLICATE, same);
        assert_eq!(answer.json()["details"][0]["code"], "duplicate_lead");
        assert_eq!(
            answer.json()["details"][0]["existing"],
            json!({"id": first["id"], "uuid": first["uuid"]})
        );
    }
    let unseen = app.journeybee().key(&app.home.write_only_key);
    let answer = unseen.post(&campaign(spring, json!({"email": "a@b.co"}))).await;
    is_refused(&answer, 409, DUPLICATE, "a key that may not read");
    assert!(
        !answer.text.contains(first["uuid"].as_str().unwrap()),
        "{}",
        answer.text
    );
    // Dots and pluses belong to the address; web forms and other workspaces do not count; nor do deleted leads.
    post("a+x@b.co").await.expect(201);
    post("x@bücher.example").await.expect(201);
    is_refused(
        &post("x@xn--bcher-kva.example").await,
        409,
        DUPLICATE,
        "the same domain",
    );
    let form = json!({"projectId": app.home.project.public_id, "userData": {"email": "form@b.co"}});
    app.leadtrackr().post(&form).await.expect(201);
    post("form@b.co").await.expect(201);
    app.leadtrackr()
        .post(&json!({"projectId": app.home.project.public_id, "userData": {"email": "a@b.co"}}))
        .await
        .expect(201);
    let theirs = campaign(other.campaign("Spring").await.id, json!({"email": "a@b.co"}));
    app.journeybee().key(&other.key).post(&theirs).await.expect(201);
    app.db
        .execute(&format!(
            "UPDATE leads SET deleted_at = created_at WHERE id = {}",
            first["id"]
        ))
        .await;
    post("a@b.co").await.expect(201);
    for _ in 0..2 {
        app.journeybee()
            .post(&campaign(spring, json!({"company_name": "No address"})))
            .await
            .expect(201);
    }
}

/// B8, B10, B25.
async fn one_pipedrive_deal_makes_one_lead_while_persons_repeat(app: TestApp) {
    let spring = app.home.campaign("Spring").await.id;
    let powerups = |person: i64, deal: i64| {
        json!({"powerups": {
            "pipedrive": {"person_id": person, "organization_id": 7, "deal_id": deal}, "unheardOf": {"kept": true}
        }})
    };
    app.journeybee()
        .post(&campaign(spring, powerups(1, 2)))
        .await
        .expect(201);
    app.journeybee()
        .post(&campaign(spring, powerups(1, 3)))
        .await
        .expect(201);
    is_refused(
        &app.journeybee().post(&campaign(spring, powerups(9, 2))).await,
        409,
        DUPLICATE,
        "the deal again",
    );
    assert_eq!(count(&app, "leads").await, 2);
    let refs = "SELECT object_type, external_id FROM external_refs ORDER BY lead_id, object_type";
    let refs = app.rows(refs).await;
    assert_eq!(refs.len(), 6);
    assert_eq!(refs[0], json!({"object_type": "deal", "external_id": "2"}));
    assert_eq!(count(&app, "lead_powerups WHERE provider = 'unheardOf'").await, 2);
}
