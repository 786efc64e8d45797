//! JourneyBee's route: values, partners, attributions and integrations, as they are stored.

use leadgraph::domain::Change;
use leadgraph::domain::caller::Role;
use leadgraph::domain::custom_fields::{FieldCategory, FieldType, NewCustomField};
use leadgraph::domain::partnerships::{Invitation, PartnerType, Partnership};
use leadgraph::domain::workspaces::{self, DedupePolicy, WorkspacePatch};
use serde_json::{Value, json};

use super::{DUPLICATE, INVALID, campaign, is_refused, reference, referred};
use crate::harness::{Case, TestApp, both};

pub fn cases() -> Vec<Case> {
    vec![
        both(every_type_of_value_is_stored_in_its_column),
        both(a_required_field_needs_a_value_unless_the_workspace_says_otherwise),
        both(tags_count_once_and_attributions_are_put_in_order),
        both(the_partner_gets_a_copy_only_of_an_accepted_partnership),
        both(the_partner_gets_the_values_of_shared_fields),
        both(a_copy_never_meets_the_partners_own_duplicates),
        both(what_the_client_says_of_the_partner_is_kept_verbatim),
        both(a_sender_belongs_to_the_partner_or_to_us),
        both(a_campaign_lead_may_have_a_partner_of_any_type),
        both(values_of_integrations_take_the_type_of_a_known_field),
        both(the_duplicate_rule_is_a_setting),
        both(a_refused_lead_leaves_nothing_behind),
    ]
}

fn link(to: &Partnership, members: Value) -> Value {
    let mut link = json!({
        "partnership_id": to.shared.id, "partners_company_id": to.partner.id, "company_partnerships_id": to.side.id
    });
    link.as_object_mut()
        .unwrap()
        .extend(members.as_object().unwrap().clone());
    link
}

fn referral(to: &Partnership, members: Value) -> Value {
    json!({"associationType": "referral", "first_name": "Ada", "partnershipLead": link(to, members)})
}

/// B20.
async fn every_type_of_value_is_stored_in_its_column(app: TestApp) {
    let spring = app.home.campaign("Spring").await.id;
    let mut fields = Vec::new();
    for (kind, options) in [
        (FieldType::Text, vec![]),
        (FieldType::Textarea, vec![]),
        (FieldType::Textarea, vec![]),
        (FieldType::Number, vec![]),
        (FieldType::Date, vec![]),
        (FieldType::Date, vec![]),
        (FieldType::Boolean, vec![]),
        (FieldType::Select, vec!["S", "M", "L"]),
        (FieldType::MultiSelect, vec!["red", "green", "blue"]),
    ] {
        fields.push(
            app.home
                .field(&format!("Field {}", fields.len()), kind, &options)
                .await
                .id,
        );
    }
    let value =
        |nth: usize, kind: &str, value: Value| json!({"customFieldId": fields[nth], "type": kind, "value": value});
    let body = campaign(
        spring,
        json!({"customFields": [
            value(0, "text", json!({"text": " spaced "})),
            value(1, "textarea", json!({"text": "line\nline"})),
            value(2, "textarea", json!({"textarea": "alias"})),
            value(3, "number", json!({"number": -0.1})),
            value(4, "date", json!({"date": "2024-02-29"})),
            value(5, "date", json!({"date": "2024-01-15T23:30:00-08:00"})),
            value(6, "boolean", json!({"boolean": false})),
            value(7, "select", json!({"select": 2})),
            value(8, "multi_select", json!({"multi_select": [3, 1]})),
        ]}),
    );
    app.journeybee().post(&body).await.expect(201);
    let rows = app
        .rows("SELECT * FROM lead_custom_field_values ORDER BY custom_field_id")
        .await;
    assert_eq!(rows.len(), 9);
    assert!(rows[0]["text_value"].as_str().unwrap().contains("spaced"));
    assert_eq!(
        (&rows[1]["text_value"], &rows[2]["text_value"]),
        (&json!("line\nline"), &json!("alias"))
    );
    assert_eq!(
        app.number("SELECT count(*) FROM lead_custom_field_values WHERE number_value = -0.1")
            .await,
        1
    );
    // The calendar date as written, wherever the client is.
    assert_eq!(
        (&rows[4]["date_value"], &rows[5]["date_value"]),
        (&json!("2024-02-29"), &json!("2024-01-15"))
    );
    assert!(rows[6]["boolean_value"] == json!(false), "{}", rows[6]);
    assert_eq!(rows[7]["select_option"], 2);
    let chosen = app
        .rows("SELECT option_no FROM lead_custom_field_choices ORDER BY option_no")
        .await;
    assert_eq!(chosen, [json!({"option_no": 1}), json!({"option_no": 3})]);
}

/// B3.
async fn a_required_field_needs_a_value_unless_the_workspace_says_otherwise(app: TestApp) {
    let spring = app.home.campaign("Spring").await.id;
    let field = app
        .home
        .field_with(NewCustomField {
            label: "Region".to_owned(),
            field_type: FieldType::Text,
            category: FieldCategory::Lead,
            partner_type: None,
            required: true,
            shared: false,
            options: Vec::new(),
        })
        .await;
    let with = |text: &str| {
        campaign(
            spring,
            json!({"customFields": [{"customFieldId": field.id, "type": "text", "value": {"text": text}}]}),
        )
    };
    assert_eq!(app.journeybee().post(&campaign(spring, json!({}))).await.status, 406);
    assert_eq!(app.journeybee().post(&with(" ")).await.status, 406);
    app.journeybee().post(&with("North")).await.expect(201);
    // Web forms do not know the fields.
    let form = json!({"projectId": app.home.project.public_id, "userData": {"email": "a@b.co"}});
    app.leadtrackr().post(&form).await.expect(201);
    let patch = WorkspacePatch {
        enforce_required_fields: Change::Set(false),
        ..WorkspacePatch::default()
    };
    workspaces::update(&app.home.op(), None, patch).await.unwrap();
    app.journeybee().post(&campaign(spring, json!({}))).await.expect(201);
}

/// B21, B22.
async fn tags_count_once_and_attributions_are_put_in_order(app: TestApp) {
    let spring = app.home.campaign("Spring").await.id;
    let (hot, cold) = (app.home.lead_tag("Hot").await.id, app.home.lead_tag("Cold").await.id);
    let (fair, web) = (app.home.source("Fair").await.id, app.home.source("Web").await.id);
    let at = |id: i64, date: &str| json!({"id": id, "attributedDate": date});
    let body = campaign(
        spring,
        json!({
            "tags": [hot, cold, hot],
            "attributions": [
                at(web, "2024-03-01"), at(fair, "2024-01-15T10:30:00Z"), at(web, "2024-02-01"),
                at(fair, "2024-01-15T11:30:00+01:00"), at(fair, "2024-02-01"),
            ],
        }),
    );
    app.journeybee().post(&body).await.expect(201);
    assert_eq!(app.number("SELECT count(*) FROM lead_tags").await, 2);
    let rows = app
        .rows("SELECT source_id, series FROM lead_attributions ORDER BY attributed_at, series")
        .await;
    let sources: Vec<i64> = rows.iter().map(|row| row["source_id"].as_i64().unwrap()).collect();
    assert_eq!(sources, [fair, web, fair, web]);
    let series: Vec<i64> = rows.iter().map(|row| row["series"].as_i64().unwrap()).collect();
    assert!(series.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{series:?}");
}

/// B14.
async fn the_partner_gets_a_copy_only_of_an_accepted_partnership(app: TestApp) {
    let partner = app.workspace("Partner").await;
    let accepted = app.home.partner_with(&partner, PartnerType::Referral).await.ours;
    let invited = app.home.invite(PartnerType::Referral, Invitation::Invited).await;
    let inactive = app.home.invite(PartnerType::Referral, Invitation::Inactive).await;
    let copies = async || {
        app.number(&format!(
            "SELECT count(*) FROM leads WHERE workspace_id = {}",
            partner.id()
        ))
        .await
    };
    for (to, send, expected) in [
        (&invited, true, 0),
        (&inactive, true, 0),
        (&accepted, false, 0),
        (&accepted, true, 1),
    ] {
        let answer = app
            .journeybee()
            .post(&referral(to, json!({"sendToPartner": send})))
            .await
            .expect(201);
        assert_eq!(copies().await, expected);
        let link = answer.json()["partnershipLeadId"].clone();
        let row = app
            .db
            .row(&format!(
                "SELECT * FROM partnership_leads WHERE workspace_id = {} AND id = {link}",
                app.home.id()
            ))
            .await;
        assert_eq!(row["direction"], if send { "sent" } else { "received" });
        assert_eq!(row["partner_lead_uuid"].is_null(), expected == 0);
    }
    app.db
        .execute(&format!(
            "UPDATE partnerships SET state = 'archived' WHERE id = {}",
            accepted.shared.id
        ))
        .await;
    is_refused(
        &app.journeybee().post(&referral(&accepted, json!({}))).await,
        400,
        INVALID,
        "archived",
    );
    let event = format!(
        "SELECT actor FROM events WHERE workspace_id = {} AND event_type = 'lead.created'",
        partner.id()
    );
    let actor = app.db.row(&event).await["actor"].clone();
    assert_eq!(actor["kind"], "partner");
    let text = actor.to_string();
    assert!(!text.contains(&app.home.owner.uuid.to_string()), "{text}");
}

async fn the_partner_gets_the_values_of_shared_fields(app: TestApp) {
    let partner = app.workspace("Partner").await;
    let to = app.home.partner_with(&partner, PartnerType::Referral).await.ours;
    let new = |label: &str, field_type, options: &[&str]| NewCustomField {
        label: label.to_owned(),
        field_type,
        category: FieldCategory::Lead,
        partner_type: None,
        required: false,
        shared: true,
        options: options.iter().map(|label| (*label).to_owned()).collect(),
    };
    let budget = app.home.field_with(new("Budget", FieldType::Number, &[])).await.id;
    let size = app
        .home
        .field_with(new("Size", FieldType::Select, &["S", "M"]))
        .await
        .id;
    let own = app.home.field("Own", FieldType::Text, &[]).await.id;
    let fields = json!([
        {"customFieldId": budget, "type": "number", "value": {"number": 7.5}},
        {"customFieldId": size, "type": "select", "value": {"select": 2}},
    ]);
    let mut body = referral(&to, json!({"sendToPartner": true}));
    body["partnerCustomFields"] = fields.clone();
    body["customFields"] = json!([{"customFieldId": own, "type": "text", "value": {"text": "ours"}}]);
    app.journeybee().post(&body).await.expect(201);
    let theirs = format!(
        "SELECT f.label AS label, v.number_value AS number, o.label AS chosen FROM lead_custom_field_values v
         JOIN custom_fields f ON f.workspace_id = v.workspace_id AND f.id = v.custom_field_id
         LEFT JOIN custom_field_options o ON o.workspace_id = v.workspace_id
             AND o.custom_field_id = v.custom_field_id AND o.option_no = v.select_option
         WHERE v.workspace_id = {} ORDER BY f.label",
        partner.id()
    );
    assert_eq!(
        app.rows(&theirs).await,
        [
            json!({"label": "Budget", "number": 7.5, "chosen": null}),
            json!({"label": "Size", "number": null, "chosen": "M"}),
        ]
    );
    // Until the partner has accepted, the values wait on our side.
    let invited = app.home.invite(PartnerType::Referral, Invitation::Invited).await;
    let mut body = referral(&invited, json!({"sendToPartner": true}));
    body["partnerCustomFields"] = fields;
    let id = app.journeybee().post(&body).await.expect(201).json()["partnershipLeadId"].clone();
    let kept = format!(
        "SELECT partner_custom_fields FROM partnership_leads WHERE workspace_id = {} AND id = {id}",
        app.home.id()
    );
    let kept = app.db.row(&kept).await["partner_custom_fields"].to_string();
    assert!(kept.contains("7.5"), "{kept}");
}

async fn a_copy_never_meets_the_partners_own_duplicates(app: TestApp) {
    let to = referred(&app).await;
    let campaign_id = to.partner.campaign("Theirs").await.id;
    let own = campaign(campaign_id, json!({"email": "contact@techcorp.com"}));
    app.journeybee().key(&to.partner.key).post(&own).await.expect(201);
    app.journeybee().post(&reference(&to)).await.expect(201);
    let here = format!("SELECT count(*) FROM leads WHERE workspace_id = {}", to.partner.id());
    assert_eq!(app.number(&here).await, 2);
    let again = app.journeybee().key(&to.partner.key).post(&own).await;
    is_refused(&again, 409, DUPLICATE, "their own");
}

/// B13, B17.
async fn what_the_client_says_of_the_partner_is_kept_verbatim(app: TestApp) {
    let to = referred(&app).await;
    let body = referral(
        &to.partners.ours,
        json!({
            "assignedFromPartnerLead": true, "formSubmissionLead": true, "formDirection": "claim",
            "partners_company_name": "As they write it", "sentBy": {"email": "Sender@partner.test", "companyName": "Partner"},
        }),
    );
    let id = app.journeybee().post(&body).await.expect(201).json()["partnershipLeadId"].clone();
    let row = app
        .db
        .row(&format!("SELECT * FROM partnership_leads WHERE id = {id}"))
        .await;
    assert_eq!(row["direction"], "received");
    assert_eq!(row["form_direction"], "claim");
    assert_eq!(row["partners_company_name"], "As they write it");
    assert_eq!(
        (&row["sent_by_email"], &row["sent_by_company_name"]),
        (&json!("Sender@partner.test"), &json!("Partner"))
    );
    for column in ["assigned_from_partner_lead", "form_submission_lead"] {
        assert_eq!(row[column], true, "{column}");
    }
}

async fn a_sender_belongs_to_the_partner_or_to_us(app: TestApp) {
    let to = referred(&app).await;
    let ours = app.home.user("seller@acme.test", Role::Member).await;
    let other = app.home.invite(PartnerType::Referral, Invitation::Inactive).await;
    let elsewhere = app.home.partner_user(&other, "x@x.test", None).await;
    for id in [ours.id, to.people[0]] {
        let body = referral(&to.partners.ours, json!({"sentBy": {"userId": id}}));
        app.journeybee().post(&body).await.expect(201);
    }
    // Numbers of the two tables may coincide; this one must be neither.
    if elsewhere.id != ours.id && elsewhere.id != app.home.owner.id {
        let body = referral(&to.partners.ours, json!({"sentBy": {"userId": elsewhere.id}}));
        is_refused(&app.journeybee().post(&body).await, 400, INVALID, "another partner's");
        let body = referral(&to.partners.ours, json!({"partnerUsers": [elsewhere.id]}));
        is_refused(&app.journeybee().post(&body).await, 400, INVALID, "another partner's");
    }
}

/// B11.
async fn a_campaign_lead_may_have_a_partner_of_any_type(app: TestApp) {
    let spring = app.home.campaign("Spring").await.id;
    for partner_type in [PartnerType::Referral, PartnerType::Reseller, PartnerType::Distributor] {
        let to = app.home.invite(partner_type, Invitation::Inactive).await;
        let body = campaign(spring, json!({"partnershipLead": link(&to, json!({}))}));
        assert!(app.journeybee().post(&body).await.expect(201).json()["partnershipLeadId"].is_i64());
        let mut body = body;
        for (association, fits) in [("referral", PartnerType::Referral), ("reseller", PartnerType::Reseller)] {
            body["associationType"] = json!(association);
            let status = if partner_type == fits { 201 } else { 400 };
            assert_eq!(
                app.journeybee().post(&body).await.status,
                status,
                "{partner_type:?} as {association}"
            );
        }
    }
    assert_eq!(
        app.number("SELECT count(*) FROM leads WHERE campaign_id IS NULL").await,
        0
    );
}

/// B24.
async fn values_of_integrations_take_the_type_of_a_known_field(app: TestApp) {
    let spring = app.home.campaign("Spring").await.id;
    let number = app.home.field("Budget", FieldType::Number, &[]).await.uuid;
    let unknown = "0190e5a0-0000-7000-8000-000000000001";
    let body = campaign(
        spring,
        json!({"integrationName": "Salesforce", "integrationCustomFields": [
            {"uuid": number, "value": "12.5"}, {"uuid": unknown, "value": {"any": ["thing", null]}},
        ]}),
    );
    app.journeybee().post(&body).await.expect(201);
    let rows = app.rows("SELECT value FROM lead_integration_values").await;
    assert!(
        rows.iter().any(|row| row["value"] == json!({"any": ["thing", null]})),
        "{rows:?}"
    );
    let everything = format!(
        "{rows:?}{:?}",
        app.rows("SELECT number_value FROM lead_custom_field_values").await
    );
    assert!(everything.contains("12.5"), "{everything}");
}

/// B8.
async fn the_duplicate_rule_is_a_setting(app: TestApp) {
    let to = referred(&app).await;
    let spring = app.home.campaign("Spring").await.id;
    let as_campaign = campaign(spring, json!({"email": "a@b.co"}));
    let mut as_referral = referral(&to.partners.ours, json!({}));
    as_referral["email"] = json!("A@b.co");
    let set = async |policy| {
        let patch = WorkspacePatch {
            dedupe_policy: Change::Set(policy),
            ..WorkspacePatch::default()
        };
        workspaces::update(&app.home.op(), None, patch).await.unwrap();
    };
    app.journeybee().post(&as_campaign).await.expect(201);
    app.journeybee().post(&as_referral).await.expect(409);
    set(DedupePolicy::Off).await;
    app.journeybee().post(&as_referral).await.expect(201);
    set(DedupePolicy::EmailAssociation).await;
    as_referral["email"] = json!("c@b.co");
    let as_campaign = campaign(spring, json!({"email": "c@b.co"}));
    app.journeybee().post(&as_campaign).await.expect(201);
    app.journeybee().post(&as_referral).await.expect(201);
    app.journeybee().post(&as_referral).await.expect(409);
}

/// B28.
async fn a_refused_lead_leaves_nothing_behind(app: TestApp) {
    let to = referred(&app).await;
    app.journeybee().post(&reference(&to)).await.expect(201);
    // Notifications of it are made a moment later.
    app.settled().await;
    let mut counts = Vec::new();
    for table in crate::shard::tables(&app.db).await {
        counts.push((
            table.clone(),
            app.number(&format!("SELECT count(*) FROM {table}")).await,
        ));
    }
    let position = "SELECT sum(position) FROM workspace_counters";
    let position_before = app.rows(position).await;
    app.journeybee().post(&reference(&to)).await.expect(409);
    let mut body = reference(&to);
    body["email"] = json!("other@techcorp.com");
    body["attributions"] = json!([{"id": 999_999, "attributedDate": "2024-01-15"}]);
    app.journeybee().post(&body).await.expect(400);
    for (table, count) in counts {
        assert_eq!(
            app.number(&format!("SELECT count(*) FROM {table}")).await,
            count,
            "{table}"
        );
    }
    assert_eq!(app.rows(position).await, position_before);
}
