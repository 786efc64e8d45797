//! The entities say what the migrations made, and values read back as they were written.

#![expect(
    clippy::disallowed_methods,
    reason = "the tables themselves are tested, below the tenant scope"
)]

use chrono::{NaiveDate, TimeZone, Utc};
use leadgraph::entity::*;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, IdenStatic, Iterable, NotSet};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Backend, Case, TestDatabase, both};
use crate::shard;

pub fn cases() -> Vec<Case> {
    vec![
        both(every_table_has_an_entity_with_the_same_columns),
        both(json_numbers_dates_and_times_read_back_as_written),
    ]
}

async fn every_table_has_an_entity_with_the_same_columns(db: TestDatabase) {
    let mut known = vec![
        mirrors::<api_key::Entity>(&db).await,
        mirrors::<api_key_index::Entity>(&db).await,
        mirrors::<attribution_source::Entity>(&db).await,
        mirrors::<campaign::Entity>(&db).await,
        mirrors::<company_partnership::Entity>(&db).await,
        mirrors::<conversion_job::Entity>(&db).await,
        mirrors::<conversion_label::Entity>(&db).await,
        mirrors::<custom_field::Entity>(&db).await,
        mirrors::<custom_field_option::Entity>(&db).await,
        mirrors::<event::Entity>(&db).await,
        mirrors::<event_consumer::Entity>(&db).await,
        mirrors::<external_ref::Entity>(&db).await,
        mirrors::<idempotency_key::Entity>(&db).await,
        mirrors::<intake_payload::Entity>(&db).await,
        mirrors::<lead::Entity>(&db).await,
        mirrors::<lead_assignee::Entity>(&db).await,
        mirrors::<lead_attribution::Entity>(&db).await,
        mirrors::<lead_click_id::Entity>(&db).await,
        mirrors::<lead_consent::Entity>(&db).await,
        mirrors::<lead_custom_field_choice::Entity>(&db).await,
        mirrors::<lead_custom_field_value::Entity>(&db).await,
        mirrors::<lead_integration_value::Entity>(&db).await,
        mirrors::<lead_note::Entity>(&db).await,
        mirrors::<lead_powerup::Entity>(&db).await,
        mirrors::<lead_tag::Entity>(&db).await,
        mirrors::<lead_touchpoint::Entity>(&db).await,
        mirrors::<notification::Entity>(&db).await,
        mirrors::<partner_company::Entity>(&db).await,
        mirrors::<partner_user::Entity>(&db).await,
        mirrors::<partnership::Entity>(&db).await,
        mirrors::<partnership_lead::Entity>(&db).await,
        mirrors::<partnership_lead_user::Entity>(&db).await,
        mirrors::<project::Entity>(&db).await,
        mirrors::<tag::Entity>(&db).await,
        mirrors::<user::Entity>(&db).await,
        mirrors::<webhook_attempt::Entity>(&db).await,
        mirrors::<webhook_delivery::Entity>(&db).await,
        mirrors::<webhook_endpoint::Entity>(&db).await,
        mirrors::<workspace::Entity>(&db).await,
        mirrors::<workspace_counter::Entity>(&db).await,
        "seaql_migrations".to_owned(),
    ];
    known.sort();
    assert_eq!(known, shard::tables(&db).await);
}

/// Compares the columns and whether each may be empty, and reads the table once. Returns its name.
async fn mirrors<E: EntityTrait>(db: &TestDatabase) -> String {
    let table = E::default().table_name().to_owned();
    let columns = E::Column::iter().map(|column| (column.as_str().to_owned(), column.def().is_null()));
    let mut declared: Vec<(String, bool)> = columns.collect();
    declared.sort();
    assert_eq!(declared, columns_of(db, &table).await, "{table}");
    E::find().all(db.connection()).await.unwrap();
    table
}

async fn columns_of(db: &TestDatabase, table: &str) -> Vec<(String, bool)> {
    let sql = match db.backend {
        // An autoincrement key is never empty, though SQLite does not say so.
        Backend::Sqlite => format!(
            "SELECT name, CASE WHEN \"notnull\" = 0 AND pk = 0 THEN 'YES' ELSE 'NO' END AS nullable
             FROM pragma_table_xinfo('{table}') ORDER BY name"
        ),
        Backend::Postgres => format!(
            "SELECT column_name::text AS name, is_nullable::text AS nullable
             FROM information_schema.columns WHERE table_name = '{table}' ORDER BY column_name::text COLLATE \"C\""
        ),
    };
    let rows = db.rows(&sql).await;
    let column = |row: &Value| (row["name"].as_str().unwrap().to_owned(), row["nullable"] == "YES");
    rows.iter().map(column).collect()
}

async fn json_numbers_dates_and_times_read_back_as_written(db: TestDatabase) {
    let connection = db.connection();
    // Beyond what f32, an i32 and milliseconds hold, before 1970, and a JSON null that is not an SQL NULL.
    let at = Utc.timestamp_opt(1_700_000_000, 123_456_000).unwrap();
    let long_ago = Utc.with_ymd_and_hms(1901, 12, 13, 20, 45, 52).unwrap();
    let document = json!({"a": null, "b": [1, -0.5, 1e300, 9_007_199_254_740_993_i64], "c": {"": "\u{1f600}\"\\"}});
    workspace(connection, at).await;
    let row = lead::ActiveModel {
        workspace_id: Set(1),
        id: NotSet,
        uuid: Set(Uuid::from_u128(7)),
        origin: Set(lead::LeadOrigin::Graphql),
        status: Set(lead::LeadStatus::New),
        processing_state: Set(lead::ProcessingState::Open),
        source: Set(Some(lead::LeadSource::LeadSubmissionForm)),
        user_data: Set(Some(document)),
        channel_flow: Set(Some(json!([]))),
        version: Set(1),
        created_at: Set(at),
        updated_at: Set(long_ago),
        ..Default::default()
    };
    let written = lead::Entity::insert(row).exec_with_returning(connection).await.unwrap();
    let read = lead::Entity::find_by_id((1, written.id))
        .one(connection)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(read, written);
    assert_eq!((read.created_at, read.updated_at), (at, long_ago));
    assert_eq!(read.user_data.unwrap()["b"][3], json!(9_007_199_254_740_993_i64));
    assert_eq!(read.form_data, None);

    let value = lead_integration_value::ActiveModel {
        workspace_id: Set(1),
        lead_id: Set(written.id),
        field_uuid: Set(Uuid::from_u128(8)),
        value: Set(Value::Null),
    };
    let value = lead_integration_value::Entity::insert(value)
        .exec_with_returning(connection)
        .await
        .unwrap();
    assert_eq!(value.value, Value::Null);
    let again = lead_integration_value::Entity::find()
        .one(connection)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(again.value, Value::Null);

    number_and_date(connection, written.id, at).await;
}

async fn workspace(connection: &sea_orm::DatabaseConnection, at: chrono::DateTime<Utc>) {
    let row = workspace::ActiveModel {
        id: Set(1),
        uuid: Set(Uuid::from_u128(1)),
        name: Set("W".to_owned()),
        dedupe_policy: Set(workspace::DedupePolicy::Email),
        enforce_required_fields: Set(true),
        version: Set(1),
        created_at: Set(at),
        updated_at: Set(at),
    };
    workspace::Entity::insert(row)
        .exec_with_returning(connection)
        .await
        .unwrap();
}

async fn number_and_date(connection: &sea_orm::DatabaseConnection, lead: i64, at: chrono::DateTime<Utc>) {
    let field = |uuid: u128, field_type| custom_field::ActiveModel {
        workspace_id: Set(1),
        id: NotSet,
        uuid: Set(Uuid::from_u128(uuid)),
        label: Set("F".to_owned()),
        field_type: Set(field_type),
        category: Set(custom_field::FieldCategory::Lead),
        required: Set(false),
        shared: Set(false),
        version: Set(1),
        created_at: Set(at),
        updated_at: Set(at),
        ..Default::default()
    };
    let date = NaiveDate::from_ymd_opt(1582, 10, 15).unwrap();
    for (nth, number, date) in [
        (1, Some(0.1 + 0.2), None),
        (2, Some(-1.797e308), None),
        (3, None, Some(date)),
    ] {
        let kind = if date.is_some() {
            custom_field::FieldType::Date
        } else {
            custom_field::FieldType::Number
        };
        let field = custom_field::Entity::insert(field(100 + nth, kind))
            .exec_with_returning(connection)
            .await
            .unwrap();
        let value = lead_custom_field_value::ActiveModel {
            workspace_id: Set(1),
            id: NotSet,
            uuid: Set(Uuid::from_u128(200 + nth)),
            lead_id: Set(lead),
            custom_field_id: Set(field.id),
            number_value: Set(number),
            date_value: Set(date),
            ..Default::default()
        };
        let written = lead_custom_field_value::Entity::insert(value)
            .exec_with_returning(connection)
            .await
            .unwrap();
        let key = (1, written.id);
        let read = lead_custom_field_value::Entity::find_by_id(key)
            .one(connection)
            .await
            .unwrap()
            .unwrap();
        assert_eq!((read.number_value, read.date_value), (number, date));
    }
}
