//! What both databases give back is what a client sent, and what they could not keep is refused before they are asked.

use futures_util::future::join_all;
use leadgraph::domain::custom_fields::{FieldCategory, FieldType, NewCustomField};
use leadgraph::domain::partnerships::PartnerType;
use serde_json::{Value, json};

use crate::harness::{Case, TestApp, both};
use crate::journeybee::campaign;

pub fn cases() -> Vec<Case> {
    vec![
        both(numbers_read_back_as_they_were_sent),
        both(the_same_numbers_again_change_nothing),
        both(a_form_without_an_event_id_is_a_lead_of_its_own),
        both(names_that_no_index_could_hold_are_refused),
        both(what_nests_too_deeply_for_the_log_is_refused),
        both(deliveries_that_make_the_same_fields_do_not_block_each_other),
        both(of_a_foreign_field_that_comes_twice_the_last_value_counts),
    ]
}

/// The ends of what a double can be, and some that a careless reader rounds.
const NUMBERS: &[f64] = &[
    f64::MAX,
    f64::MIN,
    f64::MIN_POSITIVE,
    5e-324,
    1e-301,
    0.1,
    1e19,
    -1e19,
    1e30,
    1.7e308,
    721.948_203_118_377_2,
    -0.0,
    100_000.0,
    9_007_199_254_740_993.0,
];

async fn numbers_read_back_as_they_were_sent(app: TestApp) {
    let sent = json!({ "numbers": NUMBERS });
    let body = json!({
        "projectId": app.home.project.public_id, "userData": sent, "attributionData": sent, "formData": sent,
        "deviceData": sent, "channelFlow": [sent],
    });
    let answer = app.leadtrackr().post(&body).await.expect(201);
    let query = "query($id: SafeInt!) { lead(by: {legacyId: $id}) {
        userData attributionData formData deviceData channelFlow } }";
    let lead = &app.as_owner().data(query, json!({"id": answer.json()["leadId"]})).await["lead"];
    for name in ["userData", "attributionData", "formData", "deviceData"] {
        equal(&lead[name]["numbers"], name);
    }
    equal(&lead["channelFlow"][0]["numbers"], "channelFlow");

    let spring = app.home.campaign("Spring").await.id;
    let field = app.home.field("Size", FieldType::Number, &[]).await;
    for (nth, number) in NUMBERS.iter().enumerate() {
        let body = campaign(
            spring,
            json!({
                "email": format!("{nth}@b.co"),
                "customFields": [{"customFieldId": field.id, "type": "number", "value": {"number": number}}],
                "integrationCustomFields": [{"uuid": "0190e0a0-0000-7000-8000-000000000001", "value": [number]}],
                "powerups": {"other": {"n": number}},
            }),
        );
        let made = app.journeybee().post(&body).await.expect(201).json();
        let query = "query($uuid: UUID!) { lead(by: {uuid: $uuid}) {
            customFieldValues { ... on NumberValue { number } } integrationValues { value } powerups { data } } }";
        let lead = &app.as_owner().data(query, json!({"uuid": made["uuid"]})).await["lead"];
        assert_eq!(lead["customFieldValues"][0]["number"].as_f64(), Some(*number));
        assert_eq!(lead["integrationValues"][0]["value"][0].as_f64(), Some(*number));
        assert_eq!(lead["powerups"][0]["data"]["n"].as_f64(), Some(*number));
    }
}

fn equal(read: &Value, place: &str) {
    let read: Vec<f64> = read
        .as_array()
        .unwrap()
        .iter()
        .map(|number| number.as_f64().unwrap())
        .collect();
    assert_eq!(read, NUMBERS, "{place}");
}

async fn the_same_numbers_again_change_nothing(app: TestApp) {
    let body = json!({
        "projectId": app.home.project.public_id, "userData": {"numbers": NUMBERS},
        "formData": {"uniqueEventId": "n"},
    });
    app.leadtrackr().post(&body).await.expect(201);
    app.leadtrackr().post(&body).await.expect(201);
    assert_eq!(app.number("SELECT version FROM leads").await, 1);
}

async fn a_form_without_an_event_id_is_a_lead_of_its_own(app: TestApp) {
    for none in [json!(false), json!(true), json!(""), json!(null), json!({}), json!([1])] {
        let body = json!({
            "projectId": app.home.project.public_id, "userData": {"email": "a@b.co"},
            "formData": {"uniqueEventId": none},
        });
        for _ in 0..2 {
            let answer = app.leadtrackr().post(&body).await.expect(201);
            assert_eq!(answer.json()["message"], "Lead created successfully", "{none}");
        }
    }
}

async fn names_that_no_index_could_hold_are_refused(app: TestApp) {
    let spring = app.home.campaign("Spring").await.id;
    // Nothing that a compressor makes short.
    let long: String = (0..4000_u32)
        .map(|n| char::from(b'!' + (n.wrapping_mul(2_654_435_761) >> 24) as u8 % 90))
        .collect();
    let post = async |members: Value| app.journeybee().post(&campaign(spring, members)).await;
    let powerups = Value::Object([(long.clone(), json!({}))].into_iter().collect());
    post(json!({"email": "a@b.co", "powerups": powerups})).await.expect(400);
    let ligatures = format!("{}@b.co", "\u{fdfa}".repeat(64));
    post(json!({ "email": ligatures })).await.expect(400);
    // A web form's lead is never lost for it.
    let form =
        json!({"projectId": app.home.project.public_id, "userData": {"email": long, "phone": long, "firstName": long}});
    app.leadtrackr().post(&form).await.expect(201);
}

async fn what_nests_too_deeply_for_the_log_is_refused(app: TestApp) {
    let nested = |levels: usize| (0..levels).fold(json!(1), |value, _| json!([value]));
    let form = |levels| json!({"projectId": app.home.project.public_id, "userData": {"a": nested(levels)}});
    let answer = app.leadtrackr().post(&form(101)).await.expect(400);
    assert_eq!(answer.json(), json!({"message": "userData is nested too deeply"}));
    app.leadtrackr().post(&form(100)).await.expect(201);
    // Whoever reads the log can.
    let event = app
        .db
        .row("SELECT changes FROM events WHERE event_type = 'lead.created'")
        .await;
    assert!(event["changes"]["fields"]["userData"]["to"]["a"].is_array());
}

/// Shared fields of a round, and leads that are sent with all of them at once.
const FIELDS: usize = 20;
const DELIVERIES: usize = 16;

/// Several rounds: only the first deliveries to a partner make the fields there.
async fn deliveries_that_make_the_same_fields_do_not_block_each_other(app: TestApp) {
    for round in 0..5 {
        let partner = app.workspace(&format!("Partner {round}")).await;
        let partners = app.home.partner_with(&partner, PartnerType::Referral).await;
        let mut fields = Vec::new();
        for nth in 0..FIELDS {
            let new = NewCustomField {
                label: format!("Shared {round} {nth}"),
                field_type: FieldType::Text,
                category: FieldCategory::Lead,
                partner_type: None,
                required: false,
                shared: true,
                options: Vec::new(),
            };
            fields.push(app.home.field_with(new).await.id);
        }
        let side = &partners.ours;
        let post = async |nth: usize| {
            let value = |id: &i64| json!({"customFieldId": id, "type": "text", "value": {"text": "x"}});
            let mut values: Vec<Value> = fields.iter().map(value).collect();
            if nth.is_multiple_of(2) {
                values.reverse();
            }
            let body = json!({
                "associationType": "referral", "email": format!("{round}-{nth}@b.co"), "partnerCustomFields": values,
                "partnershipLead": {
                    "partnership_id": side.shared.id, "partners_company_id": side.partner.id,
                    "company_partnerships_id": side.side.id, "sendToPartner": true,
                },
            });
            app.journeybee().post(&body).await.expect(201)
        };
        join_all((0..DELIVERIES).map(post)).await;
        let count = async |table: &str| {
            let query = format!("SELECT count(*) FROM {table} WHERE workspace_id = {}", partner.id());
            usize::try_from(app.number(&query).await).unwrap()
        };
        assert_eq!(count("custom_fields").await, FIELDS);
        assert_eq!(count("lead_custom_field_values").await, DELIVERIES * FIELDS);
    }
}

async fn of_a_foreign_field_that_comes_twice_the_last_value_counts(app: TestApp) {
    let spring = app.home.campaign("Spring").await.id;
    let field = app.home.field("Note", FieldType::Text, &[]).await;
    let value = |value: &str| json!({"uuid": field.uuid, "value": value});
    let body = campaign(
        spring,
        json!({"email": "a@b.co", "integrationCustomFields": [value("first"), value("last")]}),
    );
    app.journeybee().post(&body).await.expect(201);
    assert_eq!(
        app.db.row("SELECT text_value FROM lead_custom_field_values").await["text_value"],
        "last"
    );
    assert_eq!(
        app.db.row("SELECT value FROM lead_integration_values").await["value"],
        "last"
    );
    let blank = campaign(
        spring,
        json!({"email": "b@b.co", "integrationCustomFields": [value(" ")]}),
    );
    app.journeybee().post(&blank).await.expect(201);
}
