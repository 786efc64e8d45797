//! The leads: skewed as real ones are, with gaps, archived ones, and names that are not ASCII.

use chrono::{DateTime, Duration, NaiveDate, TimeZone, Utc};
use leadgraph::domain::leads::credit;
use leadgraph::domain::leads::keys::{Contact, Keys};
use leadgraph::domain::text;
use sea_orm::{DatabaseTransaction, DbErr, Value};
use serde_json::json;

use super::catalogue::{INTERESTS, PLANS, Place};
use super::dice::Dice;
use super::rows::Table;

const FIRST_NAMES: &[&str] = &[
    "Jane", "John", "Zoë", "Łukasz", "Ángel", "Søren", "İbrahim", "Anna", "Noah", "Mia", "Émile", "Олег", "明",
    "Sofia", "Jürgen", "Priya", "Ahmed", "Chloé", "Lars", "Ines",
];
const LAST_NAMES: &[&str] = &[
    "Müller",
    "Smith",
    "García",
    "Ødegaard",
    "Straße",
    "Nowak",
    "Yılmaz",
    "de Vries",
    "Иванов",
    "山田",
    "O'Brien",
    "Rossi",
    "Lindqvist",
    "Dupont",
    "Kowalska",
    "Singh",
    "Haddad",
    "Fernández",
    "Becker",
    "Jansen",
];
const KINDS: &[&str] = &[
    "Industries",
    "Bäckerei",
    "Software",
    "Logistics",
    "Études",
    "Consulting",
    "Foods",
    "Medical",
];
const WORDS: &[&str] = &[
    "needs", "a", "quote", "soon", "called", "zurück", "wants", "demo", "prix", "ASAP",
];
const STATUSES: &[(usize, &str)] = &[
    (45, "new"),
    (20, "contacted"),
    (12, "qualified"),
    (8, "converted"),
    (15, "lost"),
];
/// Days that the leads came in in.
const DAYS: i64 = 3 * 365;

/// The tables that are filled, parents first.
pub struct Tables(Vec<Table>);

const LEADS: usize = 0;
const TAGS: usize = 1;
const VALUES: usize = 2;
const CHOICES: usize = 3;
const ATTRIBUTIONS: usize = 4;
const CLICK_IDS: usize = 5;
const PARTNERSHIPS: usize = 6;
const ASSIGNEES: usize = 7;

/// Their names, in that order.
pub const NAMES: [&str; 8] = [
    "leads",
    "lead_tags",
    "lead_custom_field_values",
    "lead_custom_field_choices",
    "lead_attributions",
    "lead_click_ids",
    "partnership_leads",
    "lead_assignees",
];

const COLUMNS: [&[&str]; 8] = [
    &[
        "workspace_id",
        "id",
        "uuid",
        "project_id",
        "origin",
        "email",
        "email_normalized",
        "phone",
        "phone_normalized",
        "first_name",
        "last_name",
        "company_name",
        "first_name_key",
        "last_name_key",
        "name_key",
        "company_key",
        "search_text",
        "status",
        "processing_state",
        "source",
        "association_type",
        "campaign_id",
        "form_name",
        "unique_event_id",
        "user_data",
        "form_data",
        "deleted_at",
        "version",
        "created_at",
        "updated_at",
    ],
    &["workspace_id", "lead_id", "tag_id"],
    &[
        "workspace_id",
        "uuid",
        "lead_id",
        "custom_field_id",
        "text_value",
        "text_key",
        "number_value",
        "date_value",
        "boolean_value",
        "select_option",
    ],
    &["workspace_id", "lead_id", "custom_field_id", "option_no"],
    &[
        "workspace_id",
        "uuid",
        "lead_id",
        "source_id",
        "attributed_at",
        "series",
        "credit_first",
        "credit_last",
        "credit_linear",
        "credit_time_decay",
        "credit_position",
    ],
    &["workspace_id", "lead_id", "kind", "value"],
    &[
        "workspace_id",
        "uuid",
        "lead_id",
        "partnership_id",
        "company_partnership_id",
        "partner_company_id",
        "direction",
        "partner_type",
        "send_to_partner",
        "assigned_from_partner_lead",
        "form_submission_lead",
        "acceptance",
        "created_at",
    ],
    &["workspace_id", "lead_id", "user_id", "assigned_at"],
];

impl Tables {
    pub fn new() -> Self {
        Self(
            (0..NAMES.len())
                .map(|table| Table::new(NAMES[table], COLUMNS[table]))
                .collect(),
        )
    }

    pub async fn flush(&mut self, tx: &DatabaseTransaction) -> Result<(), DbErr> {
        for table in &mut self.0 {
            table.flush(tx).await?;
        }
        Ok(())
    }

    /// Adds lead number `id` of `count`.
    pub fn add(&mut self, place: &Place, id: i64, count: i64) {
        let mut dice = Dice::new(id.unsigned_abs());
        let dice = &mut dice;
        let lead = Lead {
            place,
            id,
            at: came_in(dice, id, count),
        };
        let is_form = self.add_lead(&lead, dice);
        self.add_tags(&lead, dice);
        self.add_values(&lead, dice);
        self.add_attributions(&lead, dice);
        if is_form && dice.percent(60) {
            self.add_click_ids(&lead, dice);
        }
        if !is_form && dice.percent(60) {
            self.add_partnership(&lead, dice);
        }
        if dice.percent(30) {
            let user = *dice.pick(&place.users);
            self.0[ASSIGNEES].push([place.workspace.into(), id.into(), user.into(), lead.at.into()]);
        }
    }

    /// Whether it came through a web form.
    fn add_lead(&mut self, lead: &Lead<'_>, dice: &mut Dice) -> bool {
        let place = lead.place;
        let contact = Person::new(lead.id, dice);
        let keys = Keys::of(contact.contact());
        let is_form = dice.percent(70);
        let uuid = lead.uuid(dice);
        let email = contact.email.clone();
        let (project, form, event) = match is_form {
            true => (
                Some(place.projects[dice.skewed(place.projects.len())]),
                Some(format!("Form {}", dice.skewed(12))),
                dice.percent(50).then(|| format!("evt-{}", lead.id)),
            ),
            false => (None, None, None),
        };
        let is_campaign = !is_form && dice.percent(40);
        let campaign = is_campaign.then(|| place.campaigns[dice.skewed(place.campaigns.len())]);
        let source = (!is_form).then(|| if is_campaign { "campaign" } else { "partnership" }.to_owned());
        let association = (!is_form).then(|| if is_campaign { "campaigns" } else { "referral" }.to_owned());
        let documents = is_form.then(|| (json!({"email": email}), json!({"formName": form, "page": "/contact"})));
        let (user_data, form_data) = documents.unzip();
        let archived = dice.percent(5).then_some(lead.at + Duration::days(1));
        let changed = lead.at + Duration::minutes(dice.skewed(100_000) as i64);
        self.0[LEADS].push([
            place.workspace.into(),
            lead.id.into(),
            uuid.into(),
            project.into(),
            if is_form { "leadtrackr_shim" } else { "journeybee_shim" }.into(),
            email.into(),
            keys.email.into(),
            contact.phone.into(),
            keys.phone.into(),
            contact.first_name.into(),
            contact.last_name.into(),
            contact.company_name.into(),
            keys.first_name.into(),
            keys.last_name.into(),
            keys.name.into(),
            keys.company.into(),
            keys.search.into(),
            dice.weighted(STATUSES).into(),
            "open".into(),
            source.into(),
            association.into(),
            campaign.into(),
            form.into(),
            event.into(),
            user_data.into(),
            form_data.into(),
            archived.into(),
            1_i64.into(),
            lead.at.into(),
            changed.into(),
        ]);
        is_form
    }

    fn add_tags(&mut self, lead: &Lead<'_>, dice: &mut Dice) {
        let place = lead.place;
        let wanted = dice.weighted(&[(35, 0), (35, 1), (20, 2), (10, 3)]);
        for tag in different(dice, wanted, place.tags.len()) {
            let tag = place.tags[tag];
            self.0[TAGS].push([place.workspace.into(), lead.id.into(), tag.into()]);
        }
    }

    fn add_values(&mut self, lead: &Lead<'_>, dice: &mut Dice) {
        let fields = &lead.place.fields;
        let none = FieldValue::default;
        if dice.percent(30) {
            let words: Vec<&str> = (0..4).map(|_| *dice.pick(WORDS)).collect();
            let text = Some(words.join(" "));
            self.add_value(lead, dice, fields.note, FieldValue { text, ..none() });
        }
        if dice.percent(50) {
            let number = Some((dice.skewed(10_000) * 50) as f64 + 0.5);
            self.add_value(lead, dice, fields.budget, FieldValue { number, ..none() });
        }
        if dice.percent(20) {
            let number = Some(dice.skewed(500) as f64);
            self.add_value(lead, dice, fields.seats, FieldValue { number, ..none() });
        }
        if dice.percent(20) {
            let date = Some(lead.at.date_naive() + Duration::days(dice.below(700) as i64));
            self.add_value(lead, dice, fields.renewal, FieldValue { date, ..none() });
        }
        if dice.percent(25) {
            let boolean = Some(dice.percent(70));
            self.add_value(lead, dice, fields.newsletter, FieldValue { boolean, ..none() });
        }
        if dice.percent(40) {
            let option = Some(dice.skewed(PLANS.len()) as i64 + 1);
            self.add_value(lead, dice, fields.plan, FieldValue { option, ..none() });
        }
        if dice.percent(15) {
            self.add_value(lead, dice, fields.interests, none());
            let wanted = 1 + dice.below(3);
            for option in different(dice, wanted, INTERESTS.len()) {
                let row = [lead.place.workspace, lead.id, fields.interests, option as i64 + 1];
                self.0[CHOICES].push(row.map(Value::from));
            }
        }
    }

    fn add_value(&mut self, lead: &Lead<'_>, dice: &mut Dice, field: i64, value: FieldValue) {
        let FieldValue {
            text,
            number,
            date,
            boolean,
            option,
        } = value;
        self.0[VALUES].push([
            lead.place.workspace.into(),
            lead.uuid(dice).into(),
            lead.id.into(),
            field.into(),
            text.clone().into(),
            text.as_deref().and_then(text::key).into(),
            number.into(),
            date.into(),
            boolean.into(),
            option.into(),
        ]);
    }

    fn add_attributions(&mut self, lead: &Lead<'_>, dice: &mut Dice) {
        let place = lead.place;
        let wanted = dice.weighted(&[(30, 0), (30, 1), (20, 2), (12, 3), (8, 4)]);
        let mut dated: Vec<_> = (0..wanted)
            .map(|touch| {
                let before = Duration::minutes((touch as i64 * 40_000) + dice.below(40_000) as i64);
                (place.sources[dice.skewed(place.sources.len())], lead.at - before)
            })
            .collect();
        dated.sort_by_key(|(_, at)| *at);
        let pure: Vec<_> = dated.iter().map(|((_, uuid), at)| (*uuid, *at)).collect();
        for (touch, (((source, _), at), credits)) in dated.into_iter().zip(credit::of(&pure)).enumerate() {
            self.0[ATTRIBUTIONS].push([
                place.workspace.into(),
                lead.uuid(dice).into(),
                lead.id.into(),
                source.into(),
                at.into(),
                (touch as i64 + 1).into(),
                credits.first.into(),
                credits.last.into(),
                credits.linear.into(),
                credits.time_decay.into(),
                credits.position.into(),
            ]);
        }
    }

    fn add_click_ids(&mut self, lead: &Lead<'_>, dice: &mut Dice) {
        let workspace = lead.place.workspace;
        for (chance, kind) in [(60, "gclid"), (40, "fbp"), (20, "fbc"), (5, "wbraid")] {
            if dice.percent(chance) {
                let value = format!("{kind}.{:016x}", dice.next());
                self.0[CLICK_IDS].push([workspace.into(), lead.id.into(), kind.into(), value.into()]);
            }
        }
    }

    fn add_partnership(&mut self, lead: &Lead<'_>, dice: &mut Dice) {
        let (side, shared, partner) = lead.place.partnerships[dice.skewed(lead.place.partnerships.len())];
        let direction = if dice.percent(70) { "sent" } else { "received" };
        self.0[PARTNERSHIPS].push([
            lead.place.workspace.into(),
            lead.uuid(dice).into(),
            lead.id.into(),
            shared.into(),
            side.into(),
            partner.into(),
            direction.into(),
            "referral".into(),
            false.into(),
            false.into(),
            false.into(),
            "pending".into(),
            lead.at.into(),
        ]);
    }
}

struct Lead<'a> {
    place: &'a Place,
    id: i64,
    at: DateTime<Utc>,
}

impl Lead<'_> {
    fn uuid(&self, dice: &mut Dice) -> uuid::Uuid {
        dice.uuid(self.at.timestamp_millis())
    }
}

#[derive(Default)]
struct FieldValue {
    text: Option<String>,
    number: Option<f64>,
    date: Option<NaiveDate>,
    boolean: Option<bool>,
    option: Option<i64>,
}

struct Person {
    email: Option<String>,
    phone: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    company_name: Option<String>,
}

impl Person {
    fn new(id: i64, dice: &mut Dice) -> Self {
        let company = dice.skewed(50_000);
        let company_name = format!("{} {} {company}", dice.pick(LAST_NAMES), KINDS[company % KINDS.len()]);
        let phone = format!("+31 6 {:04} {:04}", dice.below(10_000), dice.below(10_000));
        let first_name = (*dice.pick(FIRST_NAMES)).to_owned();
        let last_name = (*dice.pick(LAST_NAMES)).to_owned();
        Self {
            email: dice.percent(90).then(|| format!("Lead.{id}@company{company}.example")),
            phone: dice.percent(50).then_some(phone),
            first_name: dice.percent(85).then_some(first_name),
            last_name: dice.percent(80).then_some(last_name),
            company_name: dice.percent(60).then_some(company_name),
        }
    }

    fn contact(&self) -> Contact<'_> {
        Contact {
            email: self.email.as_deref(),
            phone: self.phone.as_deref(),
            first_name: self.first_name.as_deref(),
            last_name: self.last_name.as_deref(),
            company_name: self.company_name.as_deref(),
        }
    }
}

/// They came in in the order of their numbers, evenly.
fn came_in(dice: &mut Dice, id: i64, count: i64) -> DateTime<Utc> {
    let start = Utc.timestamp_opt(1_700_000_000, 0).single().unwrap_or_default();
    let span = DAYS * 24 * 60 * 60 * 1000;
    let place = i128::from(span) * i128::from(id) / i128::from(count);
    start + Duration::milliseconds(i64::try_from(place).unwrap_or(0) + dice.below(50) as i64)
}

/// So many different positions below `end`, the first the most frequent.
fn different(dice: &mut Dice, wanted: usize, end: usize) -> Vec<usize> {
    let mut found = Vec::with_capacity(wanted);
    while found.len() < wanted {
        let place = dice.skewed(end);
        if !found.contains(&place) {
            found.push(place);
        }
    }
    found
}
