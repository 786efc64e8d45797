//! Tags, custom fields and partnerships through JourneyBee's routes.

use leadgraph::domain::custom_fields::FieldType;
use leadgraph::domain::partnerships::{Invitation, PartnerType};
use serde_json::{Value, json};

use super::{DUPLICATE, INVALID, MISSING, READ_ONLY, UNAUTHORIZED, is_refused};
use crate::harness::{Case, TestApp, both};

pub fn cases() -> Vec<Case> {
    vec![
        both(tags_are_listed_and_created),
        both(custom_fields_are_listed_and_created),
        both(partnerships_show_their_three_numbers),
        both(what_is_wrong_with_a_new_one_is_told),
        both(keys_are_checked_first),
    ]
}

async fn list(app: &TestApp, path: &str) -> Value {
    app.journeybee_at(path).get().await.expect(200).json()
}

async fn tags_are_listed_and_created(app: TestApp) {
    assert_eq!(app.journeybee_at("tags").get().await.expect(200).text, "[]");
    let body = json!({"label": " Hot ", "association": "lead", "text_color": "#000000", "partner_type": "reseller"});
    let created = app.journeybee_at("tags").post(&body).await.expect(201);
    let tag = created.json();
    assert_eq!(
        created.text,
        format!(
            r##"{{"id":{},"uuid":{},"label":"Hot","association":"lead","background_color":"#6B7280","text_color":"#000000","partner_type":"reseller"}}"##,
            tag["id"], tag["uuid"]
        )
    );
    app.home.lead_tag("Other").await;
    let all = list(&app, "tags?unheardOf=%FF").await;
    assert_eq!((all[0]["label"].as_str(), &all[1]), (Some("Other"), &tag));
    let again = app.journeybee_at("tags").post(&body).await;
    is_refused(&again, 409, DUPLICATE, "again");
    // Archived ones are not offered.
    app.db
        .execute(&format!(
            "UPDATE tags SET archived_at = created_at WHERE id = {}",
            tag["id"]
        ))
        .await;
    assert_eq!(list(&app, "tags").await.as_array().unwrap().len(), 1);
}

async fn custom_fields_are_listed_and_created(app: TestApp) {
    let body =
        json!({"label": "Size", "type": "select", "options": [{"label": "S"}, {"label": " M "}], "shared": true});
    let created = app.journeybee_at("custom-fields").post(&body).await.expect(201);
    let field = created.json();
    assert_eq!(
        created.text,
        format!(
            r#"{{"id":{},"uuid":{},"label":"Size","type":"select","category":"lead","partner_type":null,"required":false,"shared":true,"options":[{{"id":1,"label":"S"}},{{"id":2,"label":"M"}}]}}"#,
            field["id"], field["uuid"]
        )
    );
    app.home.field("Note", FieldType::Textarea, &[]).await;
    let all = list(&app, "custom-fields").await;
    assert_eq!(
        (&all[0]["type"], &all[0]["options"]),
        (&json!("textarea"), &Value::Null)
    );
    assert_eq!(all[1], field);
    let more =
        json!({"label": "Due", "type": "date", "category": "partner", "required": true, "partner_type": "referral"});
    let more = app.journeybee_at("custom-fields").post(&more).await.expect(201).json();
    assert_eq!(
        (&more["category"], &more["required"], &more["partner_type"]),
        (&json!("partner"), &json!(true), &json!("referral"))
    );
}

async fn partnerships_show_their_three_numbers(app: TestApp) {
    let partner = app.workspace("Partner").await;
    let ours = app.home.partner_with(&partner, PartnerType::Reseller).await.ours;
    let invited = app.home.invite(PartnerType::Referral, Invitation::Invited).await;
    let answer = app.journeybee_at("partnerships").get().await.expect(200);
    let all = answer.json();
    assert_eq!(all.as_array().unwrap().len(), 2);
    let row = &all[1];
    assert_eq!(row["id"], ours.side.id);
    assert_eq!(
        row["partnership"],
        json!({"id": ours.shared.id, "stage": "accepted", "partner_type": "reseller"})
    );
    assert_eq!(
        (&row["partner"]["id"], &row["partner"]["name"]),
        (&json!(ours.partner.id), &json!("The partner"))
    );
    assert_eq!(
        (&row["reseller"], &row["tags"], &row["stage"]),
        (&json!("partner"), &json!([]), &Value::Null)
    );
    assert_eq!(all[0]["partnership"]["stage"], "invited");
    // The invitation code is for those who invite, and not for a list.
    assert!(!answer.text.contains(&invited.shared.uuid.to_string()));
    let bearer = format!("Bearer {}", partner.key);
    let theirs = app
        .journeybee_at("partnerships")
        .header("authorization", &bearer)
        .get()
        .await
        .json();
    assert_eq!(
        (&theirs[0]["partnership"]["id"], &theirs[0]["reseller"]),
        (&json!(ours.shared.id), &json!("company"))
    );
    assert_eq!(theirs.as_array().unwrap().len(), 1);
}

async fn what_is_wrong_with_a_new_one_is_told(app: TestApp) {
    for (path, body, status, field) in [
        ("tags", json!({}), 406, "label"),
        ("tags", json!({"label": " ", "association": "lead"}), 406, "label"),
        ("tags", json!({"label": "a"}), 406, "association"),
        ("tags", json!({"label": "a", "association": "deal"}), 400, "association"),
        ("tags", json!({"label": 5, "association": "lead"}), 400, "label"),
        ("tags", json!({"label": "a\nb", "association": "lead"}), 400, "label"),
        (
            "tags",
            json!({"label": "x".repeat(256), "association": "lead"}),
            400,
            "label",
        ),
        (
            "tags",
            json!({"label": "a", "association": "lead", "background_color": "red"}),
            400,
            "background_color",
        ),
        (
            "tags",
            json!({"label": "a", "association": "lead", "text_color": "#12345"}),
            400,
            "text_color",
        ),
        (
            "tags",
            json!({"label": "a", "association": "lead", "partner_type": "x"}),
            400,
            "partner_type",
        ),
        ("custom-fields", json!({"label": "a"}), 406, "type"),
        ("custom-fields", json!({"type": "text"}), 406, "label"),
        ("custom-fields", json!({"label": "a", "type": "list"}), 400, "type"),
        ("custom-fields", json!({"label": "a", "type": "select"}), 406, "options"),
        (
            "custom-fields",
            json!({"label": "a", "type": "text", "options": [{"label": "b"}]}),
            400,
            "options",
        ),
        (
            "custom-fields",
            json!({"label": "a", "type": "select", "options": [{}]}),
            406,
            "options[0].label",
        ),
        (
            "custom-fields",
            json!({"label": "a", "type": "select", "options": ["b"]}),
            400,
            "options[0]",
        ),
        (
            "custom-fields",
            json!({"label": "a", "type": "text", "required": "yes"}),
            400,
            "required",
        ),
        (
            "custom-fields",
            json!({"label": "a", "type": "text", "category": "company"}),
            400,
            "category",
        ),
    ] {
        let answer = app.journeybee_at(path).post(&body).await;
        let sentence = if status == 406 { MISSING } else { INVALID };
        is_refused(&answer, status, sentence, &body.to_string());
        assert_eq!(answer.json()["details"][0]["field"], field, "{body}");
    }
    for path in ["tags", "custom-fields"] {
        for body in ["", "[]", "null", "{", "{\"label\":\"\\u0000\"}"] {
            let answer = app.journeybee_at(path).post_raw(body).await;
            assert!([400, 406].contains(&answer.status), "{body}: {}", answer.text);
        }
        let text = app
            .journeybee_at(path)
            .header("content-type", "text/plain")
            .post_raw("{}")
            .await;
        is_refused(&text, 400, INVALID, "content type");
    }
    assert_eq!(
        app.number("SELECT count(*) FROM tags").await + app.number("SELECT count(*) FROM custom_fields").await,
        0
    );
}

async fn keys_are_checked_first(app: TestApp) {
    for path in ["tags", "custom-fields", "partnerships", "leads", "companies/1/leads/1"] {
        let route = app.journeybee_at(path);
        is_refused(
            &route.clone().without("authorization").get().await,
            401,
            UNAUTHORIZED,
            path,
        );
        is_refused(
            &route.clone().key(&app.home.bound_key).get().await,
            401,
            UNAUTHORIZED,
            path,
        );
        let write_only = route.clone().key(&app.home.write_only_key).get().await;
        is_refused(&write_only, 403, "Read access required for this operation", path);
        is_refused(
            &route.send(reqwest::Method::PUT, "").await,
            405,
            "Method not allowed",
            path,
        );
    }
    for path in ["tags", "custom-fields"] {
        let route = app.journeybee_at(path);
        is_refused(
            &route.clone().without("authorization").post_raw("{").await,
            401,
            UNAUTHORIZED,
            path,
        );
        is_refused(
            &route.clone().key(&app.home.read_only_key).post_raw("{").await,
            403,
            READ_ONLY,
            path,
        );
        assert_eq!(route.post_raw("x".repeat(1100 * 1024)).await.status, 413);
    }
}
