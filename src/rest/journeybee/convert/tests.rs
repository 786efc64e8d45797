use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::domain::leads::LeadSource;
use crate::request_id::RequestId;

/// A registration, or the status and the `field: code` of each detail.
fn read(body: &Value) -> Result<NewRegistration, (u16, Vec<String>)> {
    registration(body.to_string()).map_err(told)
}

fn told(refusal: Refusal) -> (u16, Vec<String>) {
    let (status, details) = refusal.told();
    let line = |detail: &wire::Detail| format!("{}: {}", detail.field.as_deref().unwrap_or("body"), detail.code);
    (status.as_u16(), details.iter().map(line).collect())
}

/// A good body with some members changed.
fn with(changes: Value) -> Result<NewRegistration, (u16, Vec<String>)> {
    let mut body = json!({"associationType": "campaigns", "companyCampaignId": 1, "email": "a@b.co"});
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    read(&body)
}

#[test]
fn nothing_is_looked_at_behind_the_last_problem_that_is_told() {
    let mut found = Findings::default();
    let mut read = 0;
    let items = vec![Value::Null; 1_000].into();
    found.items(&Place::Body, Some(items), |found, place, _| {
        read += 1;
        found.invalid(place, "wrong");
        None::<()>
    });
    assert_eq!((read, found.check().map_err(told).unwrap_err().1.len()), (100, 100));
}

#[track_caller]
fn refused(changes: Value, status: u16, details: &[&str]) {
    let told = with(changes.clone()).map(|_| ()).unwrap_err();
    assert_eq!(
        told,
        (status, details.iter().map(|line| (*line).to_owned()).collect()),
        "{changes}"
    );
}

fn custom(field_type: &str, value: Value) -> Value {
    json!({"customFields": [{"customFieldId": 5, "type": field_type, "value": value}]})
}

#[test]
fn the_documented_example_is_understood_whole() {
    let new = read(&json!({
        "company_name": "TechCorp Solutions", "email": "contact@techcorp.com", "phone_number": "+1-555-123-4567",
        "first_name": "John", "last_name": "Smith", "source": "partnership", "associationType": "referral",
        "partnershipLead": {
            "partnership_id": 456, "partners_company_id": 234, "company_partnerships_id": 789,
            "sendToPartner": true, "partnerUsers": [567, 890]
        },
        "tags": [10, 11],
        "customFields": [
            {"customFieldId": 5, "type": "number", "value": {"number": 100_000}},
            {"customFieldId": 6, "type": "text", "value": {"text": "High-value prospect"}}
        ],
        "attributions": [{"id": 3, "attributedDate": "2024-01-15T10:30:00Z"}]
    }));
    let new = new.unwrap();
    assert_eq!(new.company_name.as_deref(), Some("TechCorp Solutions"));
    assert_eq!(new.source, Some(LeadSource::Partnership));
    assert_eq!(new.association_type, Some(AssociationType::Referral));
    assert_eq!(new.tags, [Ref::Id(10), Ref::Id(11)]);
    assert_eq!(
        new.attributions[0].attributed_at.to_rfc3339(),
        "2024-01-15T10:30:00+00:00"
    );
    let partner = new.partnership_lead.unwrap();
    assert_eq!(partner.partnership.partnership, Some(Ref::Id(456)));
    assert_eq!(partner.partnership.partner_company, Some(Ref::Id(234)));
    assert_eq!(partner.partnership.company_partnership, Some(Ref::Id(789)));
    assert_eq!(partner.partner_users, [Ref::Id(567), Ref::Id(890)]);
    assert!(partner.send_to_partner && !partner.assigned_from_partner_lead);
}

#[test]
fn b4_the_body_is_a_json_object() {
    for body in ["", "x", "[]", "null", "5", "{\"email\":", "{} {}"] {
        assert_eq!(
            told(registration(body.to_owned()).unwrap_err()),
            (400, vec!["body: invalid".into()]),
            "{body}"
        );
    }
    let deep = format!("{{\"powerups\":{}", "[".repeat(100_000));
    assert_eq!(told(registration(deep).unwrap_err()).0, 400);
}

#[test]
fn b3_what_is_missing_is_406() {
    let missing = |field: &'static str| move |value: Value| json!({ field: value });
    for absent in [json!(null), json!(""), json!("  ")] {
        refused(missing("associationType")(absent), 406, &["associationType: missing"]);
    }
    for unknown in [json!("friend"), json!("Referral"), json!(5), json!({})] {
        refused(missing("associationType")(unknown), 406, &["associationType: invalid"]);
    }
    refused(json!({"email": null}), 406, &["email: missing"]);
    refused(json!({"email": " ", "company_name": ""}), 406, &["email: missing"]);
    refused(
        json!({"partnershipLead": {"partnership_id": 1}}),
        406,
        &[
            "partnershipLead.partners_company_id: missing",
            "partnershipLead.company_partnerships_id: missing",
        ],
    );
    for list in ["customFields", "partnerCustomFields"] {
        let details = [
            format!("{list}[1].customFieldId: missing"),
            format!("{list}[1].type: missing"),
            format!("{list}[1].value: missing"),
        ];
        let good = json!({"customFieldId": 5, "type": "text", "value": {"text": "x"}});
        let bad = json!({"type": " ", "value": null});
        refused(
            json!({ list: [good, bad] }),
            406,
            &details.each_ref().map(String::as_str),
        );
    }
    refused(
        json!({"attributions": [{}]}),
        406,
        &["attributions[0].id: missing", "attributions[0].attributedDate: missing"],
    );
    refused(
        json!({"integrationCustomFields": [{}]}),
        406,
        &[
            "integrationCustomFields[0].uuid: missing",
            "integrationCustomFields[0].value: missing",
        ],
    );
    // The vendor's shortest sample.
    let told = read(&json!({"email": "lead@company.com", "company_name": "Lead Company"}));
    assert_eq!(told.unwrap_err().0, 406);
}

#[test]
fn b4_what_is_of_the_wrong_type_is_400() {
    for name in [
        "company_name",
        "email",
        "phone_number",
        "first_name",
        "last_name",
        "source",
        "integrationName",
    ] {
        let line = format!("{name}: invalid");
        for wrong in [json!(5), json!(true), json!([]), json!({})] {
            refused(json!({ name: wrong }), 400, &[&line]);
        }
    }
    for name in [
        "tags",
        "customFields",
        "partnerCustomFields",
        "attributions",
        "integrationCustomFields",
    ] {
        let (line, first) = (format!("{name}: invalid"), format!("{name}[0]: invalid"));
        refused(json!({ name: {} }), 400, &[&line]);
        refused(json!({ name: "1" }), 400, &[&line]);
        refused(json!({ name: [null] }), 400, &[&first]);
        refused(json!({ name: [[]] }), 400, &[&first]);
    }
    refused(json!({"partnershipLead": []}), 400, &["partnershipLead: invalid"]);
    refused(json!({"powerups": "x"}), 400, &["powerups: invalid"]);
    refused(json!({"source": "elsewhere"}), 400, &["source: invalid"]);
    refused(json!({"integrationName": "Zapier"}), 400, &["integrationName: invalid"]);
    let partner = |name: &str, value: Value| {
        let mut partner = json!({"partnership_id": 1, "partners_company_id": 2, "company_partnerships_id": 3});
        partner[name] = value;
        json!({ "partnershipLead": partner })
    };
    for (name, value, field) in [
        ("sendToPartner", json!("true"), "sendToPartner"),
        ("assignedFromPartnerLead", json!(1), "assignedFromPartnerLead"),
        ("formSubmissionLead", json!([]), "formSubmissionLead"),
        ("formDirection", json!("back"), "formDirection"),
        ("partners_company_name", json!(5), "partners_company_name"),
        ("partnerUsers", json!(5), "partnerUsers"),
        ("partnerUsers", json!([1, "2"]), "partnerUsers[1]"),
        ("sentBy", json!("me"), "sentBy"),
        ("sentBy", json!({"userId": "5"}), "sentBy.userId"),
        ("sentBy", json!({"email": 5}), "sentBy.email"),
        ("sentBy", json!({"companyName": 5}), "sentBy.companyName"),
    ] {
        refused(
            partner(name, value),
            400,
            &[&format!("partnershipLead.{field}: invalid")],
        );
    }
}

#[test]
fn b5_missing_outweighs_invalid_and_all_is_told() {
    refused(
        json!({"associationType": null, "email": 5, "tags": [0]}),
        406,
        &["email: invalid", "associationType: missing", "tags[0]: invalid"],
    );
}

#[test]
fn b18_ids_are_integers_from_one() {
    for wrong in [
        json!("5"),
        json!(5.0),
        json!(5.5),
        json!(0),
        json!(-1),
        json!(1e30),
        json!(true),
        json!(""),
    ] {
        refused(
            json!({"companyCampaignId": wrong}),
            400,
            &["companyCampaignId: invalid"],
        );
        refused(json!({"tags": [1, wrong]}), 400, &["tags[1]: invalid"]);
    }
    assert_eq!(
        with(json!({"companyCampaignId": 7})).unwrap().campaign,
        Some(Ref::Id(7))
    );
}

#[test]
fn b19_null_is_absent() {
    let names = [
        "company_name",
        "phone_number",
        "source",
        "companyCampaignId",
        "partnershipLead",
        "tags",
        "customFields",
        "partnerCustomFields",
        "attributions",
        "integrationName",
        "integrationCustomFields",
        "powerups",
    ];
    for name in names {
        assert!(with(json!({ name: null })).is_ok(), "{name}");
    }
    assert!(with(json!({"source": "", "integrationName": " "})).is_ok());
    let new = with(json!({"integrationCustomFields": [{"uuid": Uuid::nil(), "value": null}]}));
    assert_eq!(new.unwrap().integration_custom_fields[0].value, Value::Null);
    let partner = json!({
        "partnership_id": 1, "partners_company_id": 2, "company_partnerships_id": 3, "sendToPartner": null,
        "formDirection": "", "partnerUsers": null, "sentBy": null,
    });
    assert!(with(json!({ "partnershipLead": partner })).is_ok());
}

#[test]
fn b20_custom_values() {
    use crate::domain::leads::register::{NewValue, OptionRef};
    let options = |numbers: &[i64]| NewValue::MultiSelect(numbers.iter().map(|n| OptionRef::Number(*n)).collect());
    for (field_type, value, expected) in [
        ("text", json!({"text": "x"}), NewValue::Text("x".into())),
        ("textarea", json!({"text": "x"}), NewValue::Text("x".into())),
        ("textarea", json!({"textarea": "x"}), NewValue::Text("x".into())),
        ("number", json!({"number": 100_000}), NewValue::Number(100_000.0)),
        ("number", json!({"number": -1.5, "text": null}), NewValue::Number(-1.5)),
        (
            "date",
            json!({"date": "2024-01-15"}),
            NewValue::Date("2024-01-15".into()),
        ),
        ("boolean", json!({"boolean": false}), NewValue::Boolean(false)),
        ("select", json!({"select": 3}), NewValue::Select(OptionRef::Number(3))),
        ("multi_select", json!({"multi_select": [2, 1]}), options(&[2, 1])),
    ] {
        let new = with(custom(field_type, value)).unwrap();
        assert_eq!(new.custom_fields[0].value, expected);
    }
    for (field_type, value) in [
        ("text", json!({})),
        ("text", json!({"text": null})),
        ("text", json!({"text": 5})),
        ("text", json!({"textarea": "x"})),
        ("text", json!({"text": "x", "number": 5})),
        ("text", json!({"text": "x", "note": null})),
        ("text", json!("x")),
        ("textarea", json!({"text": "x", "textarea": "x"})),
        ("number", json!({"text": "5"})),
        ("number", json!({"number": "5"})),
        ("date", json!({"date": 5})),
        ("boolean", json!({"boolean": 1})),
        ("select", json!({"select": "3"})),
        ("select", json!({"select": 3.0})),
        ("select", json!({"select": 0})),
        ("select", json!({"select": [3]})),
        ("multi_select", json!({"multi_select": 3})),
        ("multi_select", json!({"multi_select": [1, 1]})),
        ("multi_select", json!({"multi_select": [1, "2"]})),
    ] {
        refused(custom(field_type, value), 400, &["customFields[0].value: invalid"]);
    }
    refused(
        custom("colour", json!({"text": "x"})),
        400,
        &["customFields[0].type: invalid"],
    );
}

#[test]
fn attributed_dates() {
    let at = |date: &str| with(json!({"attributions": [{"id": 3, "attributedDate": date}]}));
    for (date, expected) in [
        ("2024-01-15T10:30:00Z", "2024-01-15T10:30:00+00:00"),
        ("2024-01-15T10:30:00.250+02:00", "2024-01-15T08:30:00.250+00:00"),
        ("2024-01-15", "2024-01-15T00:00:00+00:00"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00+00:00"),
        ("2024-01-15T10:30:00.1234567Z", "2024-01-15T10:30:00.123456+00:00"),
    ] {
        assert_eq!(at(date).unwrap().attributions[0].attributed_at.to_rfc3339(), expected);
    }
    for date in [
        "yesterday",
        "2024-02-30",
        "0000-01-01",
        "15/01/2024",
        "2024-01-15T10:30:00",
        "1705314600",
    ] {
        assert_eq!(
            at(date).unwrap_err(),
            (400, vec!["attributions[0].attributedDate: invalid".into()]),
            "{date}"
        );
    }
    refused(
        json!({"attributions": [{"id": 3, "attributedDate": 1_705_314_600}]}),
        400,
        &["attributions[0].attributedDate: invalid"],
    );
}

#[test]
fn b23_integration_names_are_known_in_any_case() {
    for name in ["Hubspot", "HubSpot", " hubspot "] {
        let new = with(json!({ "integrationName": name })).unwrap();
        assert_eq!(new.integration_name, Some(IntegrationName::Hubspot));
    }
}

#[test]
fn b24_integration_fields_have_uuids() {
    refused(
        json!({"integrationCustomFields": [{"uuid": "nope", "value": 1}]}),
        400,
        &["integrationCustomFields[0].uuid: invalid"],
    );
    refused(
        json!({"integrationCustomFields": [{"uuid": 5, "value": 1}]}),
        400,
        &["integrationCustomFields[0].uuid: invalid"],
    );
}

#[test]
fn b32_unknown_members_are_ignored_and_kept_in_the_body() {
    let body = r#"{ "associationType":"campaigns","companyCampaignId":1,"email":"a@b.co","id":"x","status":7 }"#;
    let new = registration(body.to_owned()).unwrap();
    assert_eq!(new.body, body);
    assert_eq!(new.origin, LeadOrigin::JourneybeeShim);
}

#[test]
fn u_0000_is_refused_anywhere() {
    for changes in [
        json!({"email": "a\0@b.co"}),
        json!({"unknown": {"deep": ["\0"]}}),
        json!({"powerups": {"a\0": 1}}),
    ] {
        refused(changes, 400, &["body: invalid"]);
    }
}

#[tokio::test]
async fn a_refusal_begins_with_the_documented_sentence() {
    let refusal = registration(json!({"associationType": "campaigns", "email": "a@b.co", "tags": [0]}).to_string());
    let response = refusal.unwrap_err().response(&RequestId("an-id".into()));
    let body = axum::body::to_bytes(response.into_body(), 1 << 16).await.unwrap();
    let expected = concat!(
        r#"{"error":"Invalid field values or missing required association","#,
        r#""details":[{"field":"tags[0]","code":"invalid","message":"This must be an integer of at least 1"}],"#,
        r#""request_id":"an-id"}"#
    );
    assert_eq!(std::str::from_utf8(&body).unwrap(), expected);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-2_i64..9).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        prop::sample::select(vec!["text", "select", "referral", "2024-01-15", "claim"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        let names = vec![
            "customFieldId",
            "type",
            "value",
            "text",
            "select",
            "multi_select",
            "id",
            "attributedDate",
            "uuid",
            "partnership_id",
            "partnerUsers",
            "sentBy",
        ];
        let name = prop_oneof![prop::sample::select(names).prop_map(str::to_owned), ".{0,4}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..5).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

fn any_lead() -> impl Strategy<Value = Value> {
    let names = vec![
        "company_name",
        "email",
        "source",
        "associationType",
        "companyCampaignId",
        "partnershipLead",
        "tags",
        "customFields",
        "partnerCustomFields",
        "attributions",
        "integrationName",
        "integrationCustomFields",
        "powerups",
    ];
    let name = prop::sample::select(names).prop_map(str::to_owned);
    prop::collection::btree_map(name, any_json(), 0..8).prop_map(|members| members.into_iter().collect())
}

proptest! {
    #[test]
    fn any_body_gets_a_verdict(body in any_lead()) {
        if let Err((status, details)) = read(&body) {
            prop_assert!(status == 400 || status == 406);
            prop_assert!(!details.is_empty());
        }
    }

    #[test]
    fn any_text_gets_a_verdict(body in ".{0,64}") {
        let _ = registration(body);
    }
}
