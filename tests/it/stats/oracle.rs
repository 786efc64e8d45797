//! Random questions about random leads, answered by the database and by counting one lead after the other.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Days, TimeDelta, Utc};
use chrono_tz::Tz;
use leadgraph::domain::Ref;
use leadgraph::domain::custom_fields::FieldType;
use leadgraph::domain::leads::LeadFilter;
use leadgraph::domain::leads::LeadStatus;
use leadgraph::domain::leads::filter::{Bound, Choice, Leaf, Links, Range};
use leadgraph::domain::leads::stats::{self, BucketUnit, Bucketing, GroupBy, Key, Measures, StatsParts, StatsQuery};
use leadgraph::domain::partnerships::{Invitation, PartnerType};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use sea_orm::Value;
use uuid::Uuid;

use super::data::{insert, set, time};
use crate::harness::{Case, TestApp, both, heavy};

pub fn cases() -> Vec<Case> {
    vec![both(numbers_are_those_of_a_brute_force_count)]
}

const LEADS: usize = 40;
/// Sets of leads, and questions to each.
const CI: (usize, usize) = (4, 25);
const HEAVY: (usize, usize) = (50, 40);

/// Around these the clocks of some zone change.
const MOMENTS: [&str; 5] = [
    "2018-11-04T03:00:00Z",
    "2011-12-30T10:00:00Z",
    "2026-03-29T01:00:00Z",
    "2025-11-02T05:00:00Z",
    "2026-04-04T15:00:00Z",
];

const ZONES: [&str; 7] = [
    "UTC",
    "Europe/Amsterdam",
    "America/Sao_Paulo",
    "America/Havana",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Kathmandu",
];

const STATUSES: [&str; 5] = ["new", "contacted", "qualified", "converted", "lost"];
const SOURCES: [&str; 3] = ["manual", "campaign", "partnership"];

/// A lead as it is generated: things by their position in [`Things`].
#[derive(Clone, Debug)]
struct Plan {
    status: usize,
    source: Option<usize>,
    campaign: Option<usize>,
    project: Option<usize>,
    tags: Vec<usize>,
    attributions: Vec<(usize, usize)>,
    partnerships: Vec<(usize, bool)>,
    option: Option<usize>,
    options: Vec<usize>,
    numbers: [Option<f64>; 2],
    minutes: i64,
    hidden: bool,
}

fn some_of(count: usize) -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::btree_set(0..count, 0..=count).prop_map(|set| set.into_iter().collect())
}

fn plan() -> impl Strategy<Value = Plan> {
    let number = || proptest::option::of(prop_oneof![(-100..100).prop_map(f64::from), -1e12..1e12]);
    let row = (
        0..STATUSES.len(),
        proptest::option::of(0..SOURCES.len()),
        proptest::option::of(0..2_usize),
        proptest::option::of(0..2_usize),
        -4 * 24 * 60..4 * 24 * 60_i64,
        proptest::bool::weighted(0.15),
    );
    let linked = (
        some_of(3),
        proptest::collection::btree_set((0..3_usize, 0..3_usize), 0..4),
        proptest::collection::btree_set((0..2_usize, any::<bool>()), 0..3),
        proptest::option::of(0..3_usize),
        some_of(3),
        [number(), number()],
    );
    (row, linked).prop_map(|(row, linked)| {
        let (status, source, campaign, project, minutes, hidden) = row;
        let (tags, attributions, partnerships, option, options, numbers) = linked;
        Plan {
            status,
            source,
            campaign,
            project,
            tags,
            attributions: attributions.into_iter().collect(),
            partnerships: partnerships.into_iter().collect(),
            option,
            options,
            numbers,
            minutes,
            hidden,
        }
    })
}

/// What the leads are linked with: number and uuid of each.
struct Things {
    tags: Vec<(i64, Uuid)>,
    sources: Vec<(i64, Uuid)>,
    campaigns: Vec<(i64, Uuid)>,
    projects: Vec<(i64, Uuid)>,
    /// Side, shared row and partner.
    partnerships: Vec<(i64, i64, i64, Uuid)>,
    select: (i64, Uuid),
    multi_select: (i64, Uuid),
    numbers: Vec<(i64, Uuid)>,
}

impl Things {
    async fn make(app: &TestApp) -> Self {
        let home = &app.home;
        let field = async |label: &str, field_type, options: &[&str]| {
            let field = home.field(label, field_type, options).await;
            (field.id, field.uuid)
        };
        let mut things = Self {
            tags: Vec::new(),
            sources: Vec::new(),
            campaigns: Vec::new(),
            projects: [&home.project, &home.other_project]
                .map(|row| (row.id, row.uuid))
                .to_vec(),
            partnerships: Vec::new(),
            select: field("Plan", FieldType::Select, &["A", "B", "C"]).await,
            multi_select: field("Likes", FieldType::MultiSelect, &["A", "B", "C"]).await,
            numbers: vec![
                field("Size", FieldType::Number, &[]).await,
                field("Age", FieldType::Number, &[]).await,
            ],
        };
        for nth in 0..3 {
            let tag = home.lead_tag(&format!("Tag {nth}")).await;
            things.tags.push((tag.id, tag.uuid));
            let source = home.source(&format!("Source {nth}")).await;
            things.sources.push((source.id, source.uuid));
        }
        for nth in 0..2 {
            let campaign = home.campaign(&format!("Campaign {nth}")).await;
            things.campaigns.push((campaign.id, campaign.uuid));
            let row = home.invite(PartnerType::Referral, Invitation::Inactive).await;
            things
                .partnerships
                .push((row.side.id, row.shared.id, row.partner.id, row.side.uuid));
        }
        things
    }

    async fn write(&self, app: &TestApp, id: i64, plan: &Plan, base: DateTime<Utc>) {
        let created_at = base + TimeDelta::minutes(plan.minutes);
        let body =
            serde_json::json!({"projectId": app.home.project.public_id, "userData": {"firstName": format!("n{id}")}});
        let answer = app.leadtrackr().post(&body).await.expect(201).json();
        assert_eq!(answer["leadId"], id);
        let project: Option<i64> = plan.project.map(|nth| self.projects[nth].0);
        for (column, value) in [
            ("status", Value::from(STATUSES[plan.status])),
            ("source", plan.source.map(|nth| SOURCES[nth].to_owned()).into()),
            ("campaign_id", plan.campaign.map(|nth| self.campaigns[nth].0).into()),
            ("project_id", project.into()),
            ("created_at", created_at.into()),
            ("deleted_at", plan.hidden.then_some(created_at).into()),
        ] {
            set(app, id, column, value).await;
        }
        let lead = || ("lead_id", Value::from(id));
        let uuid = || ("uuid", Value::from(Uuid::now_v7()));
        for tag in &plan.tags {
            insert(app, "lead_tags", vec![lead(), ("tag_id", self.tags[*tag].0.into())]).await;
        }
        for (source, day) in &plan.attributions {
            let at = base + TimeDelta::days(*day as i64);
            let source = self.sources[*source].0;
            let row = vec![
                lead(),
                uuid(),
                ("source_id", source.into()),
                ("attributed_at", at.into()),
                ("series", 1_i64.into()),
            ];
            insert(app, "lead_attributions", row).await;
        }
        for (nth, sent) in &plan.partnerships {
            let (side, shared, partner, _) = self.partnerships[*nth];
            let row = vec![
                lead(),
                uuid(),
                ("partnership_id", shared.into()),
                ("company_partnership_id", side.into()),
                ("partner_company_id", partner.into()),
                ("direction", if *sent { "sent" } else { "received" }.into()),
                ("partner_type", "referral".into()),
                ("send_to_partner", false.into()),
                ("assigned_from_partner_lead", false.into()),
                ("form_submission_lead", false.into()),
                ("acceptance", "pending".into()),
                ("created_at", base.into()),
            ];
            insert(app, "partnership_leads", row).await;
        }
        let value = |field: (i64, Uuid)| vec![lead(), uuid(), ("custom_field_id", Value::from(field.0))];
        if let Some(option) = plan.option {
            let mut row = value(self.select);
            row.push(("select_option", (option as i64 + 1).into()));
            insert(app, "lead_custom_field_values", row).await;
        }
        if !plan.options.is_empty() {
            insert(app, "lead_custom_field_values", value(self.multi_select)).await;
        }
        for option in &plan.options {
            let field = ("custom_field_id", self.multi_select.0.into());
            let row = vec![lead(), field, ("option_no", (*option as i64 + 1).into())];
            insert(app, "lead_custom_field_choices", row).await;
        }
        for (field, number) in self.numbers.iter().zip(plan.numbers) {
            let Some(number) = number else { continue };
            let mut row = value(*field);
            row.push(("number_value", number.into()));
            insert(app, "lead_custom_field_values", row).await;
        }
    }
}

/// A question, still by position.
#[derive(Clone, Debug)]
struct Question {
    keys: Vec<usize>,
    bucket: Option<(usize, usize)>,
    numbers: Vec<usize>,
    filter: usize,
}

const KEYS: usize = 9;
const UNITS: [BucketUnit; 3] = [BucketUnit::Day, BucketUnit::Week, BucketUnit::Month];

fn question() -> impl Strategy<Value = Question> {
    let keys = proptest::sample::subsequence((0..KEYS).collect::<Vec<_>>(), 0..=3);
    let bucket = proptest::option::of((0..UNITS.len(), 0..ZONES.len()));
    (keys.prop_shuffle(), bucket, some_of(2), 0..4_usize).prop_map(|(keys, bucket, numbers, filter)| Question {
        keys,
        bucket,
        numbers,
        filter,
    })
}

impl Question {
    fn query(&self, things: &Things, base: DateTime<Utc>) -> StatsQuery {
        let key = |key: &usize| match key {
            0 => GroupBy::Status,
            1 => GroupBy::Source,
            2 => GroupBy::Project,
            3 => GroupBy::Campaign,
            4 => GroupBy::Partnership,
            5 => GroupBy::Tag,
            6 => GroupBy::AttributionSource,
            7 => GroupBy::Field(Ref::Uuid(things.select.1)),
            _ => GroupBy::Field(Ref::Uuid(things.multi_select.1)),
        };
        let filter = match self.filter {
            0 => LeadFilter::default(),
            1 => LeadFilter::Is(Leaf::Status(Choice::OneOf(vec![
                LeadStatus::New,
                LeadStatus::Converted,
            ]))),
            2 => LeadFilter::Is(Leaf::Tags(Links::AnyOf(vec![
                Ref::Uuid(things.tags[0].1),
                Ref::Uuid(things.tags[1].1),
            ]))),
            _ => LeadFilter::Is(Leaf::Created(Range {
                from: Some(Bound::Including(base)),
                to: None,
            })),
        };
        StatsQuery {
            filter,
            group_by: self.keys.iter().map(key).collect(),
            bucket: self.bucket.map(|(unit, zone)| Bucketing {
                unit: UNITS[unit],
                time_zone: ZONES[zone].to_owned(),
            }),
            numbers: self
                .numbers
                .iter()
                .map(|nth| Ref::Uuid(things.numbers[*nth].1))
                .collect(),
            parts: StatsParts {
                total: true,
                groups: true,
            },
        }
    }

    fn finds(&self, plan: &Plan) -> bool {
        !plan.hidden
            && match self.filter {
                0 => true,
                1 => plan.status == 0 || plan.status == 3,
                2 => plan.tags.contains(&0) || plan.tags.contains(&1),
                _ => plan.minutes >= 0,
            }
    }

    /// Every combination of keys that the lead counts under.
    fn keys_of(&self, plan: &Plan, things: &Things, base: DateTime<Utc>) -> Vec<Vec<String>> {
        let mut all = vec![Vec::new()];
        for key in &self.keys {
            let keys = keys_of(*key, plan, things);
            all = all
                .iter()
                .flat_map(|before: &Vec<String>| {
                    keys.iter()
                        .map(move |key| [before.as_slice(), std::slice::from_ref(key)].concat())
                })
                .collect();
        }
        if let Some((unit, zone)) = self.bucket {
            let zone: Tz = ZONES[zone].parse().unwrap();
            let date = (base + TimeDelta::minutes(plan.minutes))
                .with_timezone(&zone)
                .date_naive();
            let past = match UNITS[unit] {
                BucketUnit::Day => 0,
                BucketUnit::Week => date.weekday().num_days_from_monday(),
                BucketUnit::Month => date.day0(),
            };
            let date = (date - Days::new(past.into())).to_string();
            all.iter_mut().for_each(|keys| keys.push(date.clone()));
        }
        all
    }
}

fn keys_of(key: usize, plan: &Plan, things: &Things) -> Vec<String> {
    let named = |uuids: Vec<Uuid>| -> Vec<String> {
        let mut uuids = uuids;
        uuids.sort();
        uuids.dedup();
        match uuids.is_empty() {
            true => vec!["none".to_owned()],
            false => uuids.iter().map(Uuid::to_string).collect(),
        }
    };
    let options = |options: &[usize]| match options.is_empty() {
        true => vec!["none".to_owned()],
        false => options.iter().map(|option| (option + 1).to_string()).collect(),
    };
    match key {
        0 => vec![STATUSES[plan.status].to_owned()],
        1 => vec![plan.source.map_or("none", |nth| SOURCES[nth]).to_owned()],
        2 => named(plan.project.iter().map(|nth| things.projects[*nth].1).collect()),
        3 => named(plan.campaign.iter().map(|nth| things.campaigns[*nth].1).collect()),
        4 => named(
            plan.partnerships
                .iter()
                .map(|(nth, _)| things.partnerships[*nth].3)
                .collect(),
        ),
        5 => named(plan.tags.iter().map(|nth| things.tags[*nth].1).collect()),
        6 => named(
            plan.attributions
                .iter()
                .map(|(nth, _)| things.sources[*nth].1)
                .collect(),
        ),
        7 => options(plan.option.as_slice()),
        _ => options(&plan.options),
    }
}

fn name(key: &Key) -> String {
    let word = |value: serde_json::Value| value.as_str().unwrap_or("none").to_owned();
    let uuid = |uuid: Option<Uuid>| uuid.map_or("none".to_owned(), |uuid| uuid.to_string());
    match key {
        Key::Status(status) => word(serde_json::to_value(status).unwrap()),
        Key::Source(source) => word(serde_json::to_value(source).unwrap()),
        Key::Project(row) => uuid(row.as_ref().map(|row| row.uuid)),
        Key::Campaign(row) => uuid(row.as_ref().map(|row| row.uuid)),
        Key::Partnership(row) => uuid(row.as_ref().map(|row| row.side.uuid)),
        Key::Tag(row) => uuid(row.as_ref().map(|row| row.uuid)),
        Key::AttributionSource(row) => uuid(row.as_ref().map(|row| row.uuid)),
        Key::Option { option, .. } => option
            .as_ref()
            .map_or("none".to_owned(), |row| row.option_no.to_string()),
    }
}

fn measure<'a>(question: &Question, plans: impl IntoIterator<Item = &'a Plan>) -> Measures {
    let mut measures = Measures {
        numbers: vec![stats::NumberMeasure::default(); question.numbers.len()],
        ..Measures::default()
    };
    for plan in plans {
        measures.count += 1;
        measures.converted += i64::from(plan.status == 3);
        for (measure, nth) in measures.numbers.iter_mut().zip(&question.numbers) {
            let Some(number) = plan.numbers[*nth] else { continue };
            measure.count += 1;
            measure.sum = Some(measure.sum.unwrap_or(0.0) + number);
        }
    }
    for measure in &mut measures.numbers {
        let sum = measure.sum.unwrap_or(0.0);
        measure.sum = Some(sum);
        measure.average = (measure.count > 0).then(|| sum / measure.count as f64);
    }
    measures
}

/// Sums of doubles depend on their order, a little.
fn same(found: &Measures, expected: &Measures) -> bool {
    let near = |a: Option<f64>, b: Option<f64>| match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * 1e12_f64.max(a.abs()),
        (a, b) => a == b,
    };
    let numbers = || found.numbers.iter().zip(&expected.numbers);
    found.count == expected.count
        && found.converted == expected.converted
        && found.numbers.len() == expected.numbers.len()
        && numbers().all(|(a, b)| a.count == b.count && near(a.sum, b.sum) && near(a.average, b.average))
}

async fn numbers_are_those_of_a_brute_force_count(app: TestApp) {
    let mut runner = TestRunner::deterministic();
    let things = Things::make(&app).await;
    let (sets, questions) = if heavy() { HEAVY } else { CI };
    let mut written = 0;
    for turn in 0..sets {
        let base = time(MOMENTS[turn % MOMENTS.len()]);
        let plans = proptest::collection::vec(plan(), LEADS)
            .new_tree(&mut runner)
            .unwrap()
            .current();
        app.db.execute("UPDATE leads SET deleted_at = created_at").await;
        for plan in &plans {
            written += 1;
            things.write(&app, written, plan, base).await;
        }
        for _ in 0..questions {
            let question = question().new_tree(&mut runner).unwrap().current();
            let found = stats::stats(&app.home.op(), question.query(&things, base))
                .await
                .unwrap();
            let counted: Vec<&Plan> = plans.iter().filter(|plan| question.finds(plan)).collect();
            let total = measure(&question, counted.iter().copied());
            assert!(
                same(found.total.as_ref().unwrap(), &total),
                "{question:?}: {:?} {total:?}",
                found.total
            );

            let mut expected: BTreeMap<Vec<String>, Vec<&Plan>> = BTreeMap::new();
            for plan in counted {
                for keys in question.keys_of(plan, &things, base) {
                    expected.entry(keys).or_default().push(plan);
                }
            }
            // One group of all leads, which may be none, when nothing is asked to tell them apart.
            if question.keys.is_empty() && question.bucket.is_none() {
                expected.entry(Vec::new()).or_default();
            }
            assert_eq!(found.groups.len(), expected.len(), "{question:?}");
            for group in &found.groups {
                let mut keys: Vec<String> = group.keys.iter().map(name).collect();
                keys.extend(group.bucket.map(|bucket| bucket.date.to_string()));
                let leads = expected.get(&keys).unwrap_or_else(|| panic!("{question:?}: {keys:?}"));
                let measured = measure(&question, leads.iter().copied());
                assert!(
                    same(&group.measures, &measured),
                    "{question:?} {keys:?}: {:?} {measured:?}",
                    group.measures
                );
            }
        }
    }
}
