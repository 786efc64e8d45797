//! Filters and orders at random: what is sent, and what it means.

use serde_json::{Value, json};

use super::data::{CLICKS, COMPANIES, NAMES, STATUSES, World};
use super::oracle;

/// Random numbers from a seed, by splitmix64.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).unwrap()
    }

    pub fn one_in(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    pub fn pick<'a>(&mut self, from: &'a [impl AsRef<str>]) -> &'a str {
        from[self.below(from.len())].as_ref()
    }

    pub fn some(&mut self, from: &[String]) -> Vec<String> {
        from.iter().filter(|_| self.one_in(2)).cloned().collect()
    }
}

/// A filter, as GraphQL takes it.
#[derive(Clone, Debug)]
pub enum Asked {
    All(Vec<Asked>),
    Any(Vec<Asked>),
    Not(Box<Asked>),
    Leaf(Value),
}

impl Asked {
    pub fn everything() -> Self {
        Self::All(Vec::new())
    }

    pub fn filter(world: &World, dice: &mut Dice) -> Self {
        Self::tree(world, dice, 3)
    }

    fn tree(world: &World, dice: &mut Dice, depth: usize) -> Self {
        let inner = |dice: &mut Dice| {
            let count = dice.below(3) + usize::from(!dice.one_in(9));
            (0..count).map(|_| Self::tree(world, dice, depth - 1)).collect()
        };
        match dice.below(if depth == 0 { 1 } else { 6 }) {
            3 => Self::All(inner(dice)),
            4 => Self::Any(inner(dice)),
            5 => Self::Not(Box::new(Self::tree(world, dice, depth - 1))),
            _ => Self::Leaf(leaf(world, dice)),
        }
    }

    pub fn json(&self) -> Value {
        let all = |list: &[Self]| Value::Array(list.iter().map(Self::json).collect());
        match self {
            Self::All(list) => json!({"and": all(list)}),
            Self::Any(list) => json!({"or": all(list)}),
            Self::Not(inner) => json!({"not": inner.json()}),
            Self::Leaf(leaf) => leaf.clone(),
        }
    }

    pub fn holds(&self, lead: &Value) -> bool {
        match self {
            Self::All(list) => list.iter().all(|inner| inner.holds(lead)),
            Self::Any(list) => list.iter().any(|inner| inner.holds(lead)),
            Self::Not(inner) => !inner.holds(lead),
            Self::Leaf(leaf) => oracle::holds(lead, leaf),
        }
    }
}

/// One member of `LeadFilter`.
fn leaf(world: &World, dice: &mut Dice) -> Value {
    match dice.below(21) {
        0 => {
            let words = [
                "än",
                "ÄRGER",
                "a%b",
                "_",
                "anne acme",
                "form1@b",
                "31",
                "zür sö",
                "ss",
                "李",
                "fin",
                "\\",
                "\"x",
                "",
            ];
            json!({"search": dice.pick(&words)})
        }
        1 => json!({"firstName": text(dice, &NAMES)}),
        2 => json!({"lastName": text(dice, &NAMES)}),
        3 => json!({"name": text(dice, &["Änne ANNE", "zoë", "anne a%b_c\\d", "ß ß"])}),
        4 => json!({"companyName": text(dice, &COMPANIES)}),
        5 => json!({"email": text(dice, &["form1@bücher.example", "n4@B.example", "form", "example", "xn--"])}),
        6 => json!({"phone": text(dice, &["+31 6 1", "0031-6-2", "06-7", "316", "call"])}),
        7 => json!({"formName": exact(dice, &["Form 0", "form 0", "Form 1"])}),
        8 => json!({"uniqueIdentifier": exact(dice, &["ID 0", "id 1", "ID 3"])}),
        9 => json!({"status": {"in": words(dice, &STATUSES)}}),
        10 => match dice.below(2) {
            0 => json!({"source": {"exists": dice.one_in(2)}}),
            _ => json!({"source": {"in": words(dice, &["MANUAL", "CAMPAIGN", "PARTNERSHIP"])}}),
        },
        11 => json!({"associationType": {"eq": dice.pick(&["REFERRAL", "RESELLER", "CAMPAIGNS"])}}),
        12 => json!({"origin": {"in": words(dice, &["LEADTRACKR_SHIM", "GRAPHQL", "PARTNER"])}}),
        13 => json!({"project": links(dice, &world.projects)}),
        14 => json!({"campaign": links(dice, &world.campaigns)}),
        15 => match dice.below(2) {
            0 => json!({"partnership": links(dice, &world.partnerships)}),
            _ => json!({"partner": links(dice, &world.partners)}),
        },
        16 => json!({"tags": links(dice, &world.tags)}),
        17 => json!({"assignees": links(dice, &world.users)}),
        18 => {
            let mut filter = json!({});
            if dice.one_in(2) {
                filter["sources"] = json!(dice.some(&world.sources));
            }
            if !dice.one_in(3) {
                let days: Vec<String> = (1..=5).map(|day| format!("2026-01-0{day}T00:00:00Z")).collect();
                filter["attributedAt"] = range(dice, &days);
            }
            json!({"attribution": filter})
        }
        19 => json!({"clickId": {"kind": dice.pick(&CLICKS), "exists": dice.one_in(2)}}),
        _ => match dice.below(3) {
            0 => json!({dice.pick(&["createdAt", "updatedAt"]): range(dice, &world.moments)}),
            _ => json!({"customFields": [field(world, dice)]}),
        },
    }
}

fn words(dice: &mut Dice, from: &[&str]) -> Vec<String> {
    let all: Vec<String> = from.iter().map(|word| (*word).to_owned()).collect();
    dice.some(&all)
}

fn text(dice: &mut Dice, from: &[&str]) -> Value {
    let whole = dice.pick(from).to_owned();
    let part: String = whole.chars().skip(dice.below(2)).take(1 + dice.below(5)).collect();
    match dice.below(6) {
        0 => json!({"eq": whole}),
        1 => json!({"in": words(dice, from)}),
        2 => json!({"startsWith": whole.chars().take(1 + dice.below(3)).collect::<String>()}),
        3 => json!({"exists": dice.one_in(2)}),
        4 => json!({"contains": whole}),
        _ => json!({"contains": part}),
    }
}

fn exact(dice: &mut Dice, from: &[&str]) -> Value {
    match dice.below(3) {
        0 => json!({"eq": dice.pick(from)}),
        1 => json!({"in": words(dice, from)}),
        _ => json!({"exists": dice.one_in(2)}),
    }
}

fn links(dice: &mut Dice, ids: &[String]) -> Value {
    let mut ids = dice.some(ids);
    if dice.one_in(6) {
        ids.push("dGhpcyBpcyBubyBpZA".to_owned());
    }
    match dice.below(4) {
        0 => json!({"any": ids}),
        1 => json!({"all": ids}),
        2 => json!({"none": ids}),
        _ => json!({"exists": dice.one_in(2)}),
    }
}

fn range(dice: &mut Dice, values: &[String]) -> Value {
    let mut range = json!({});
    if !dice.one_in(3) {
        range[dice.pick(&["gt", "gte"])] = json!(dice.pick(values));
    }
    if !dice.one_in(3) {
        range[dice.pick(&["lt", "lte"])] = json!(dice.pick(values));
    }
    range
}

fn field(world: &World, dice: &mut Dice) -> Value {
    let numbers = [-1.5, 0.0, 0.1, 1e300, 7.0];
    let dates: Vec<String> = (0..4).map(|nth| format!("202{nth}-02-28")).collect();
    let choice = |dice: &mut Dice, ids: &[String]| match dice.below(2) {
        0 => json!({"any": dice.some(ids)}),
        _ => json!({"all": dice.some(ids)}),
    };
    match dice.below(8) {
        0 => json!({"fieldId": world.text, "text": text(dice, &NAMES)}),
        1 => json!({"fieldId": world.number, "number": {"eq": numbers[dice.below(5)]}}),
        2 => json!({"fieldId": world.number, "number": {"gte": numbers[dice.below(5)], "lt": numbers[dice.below(5)]}}),
        3 => json!({"fieldId": world.date, "date": range(dice, &dates)}),
        4 => json!({"fieldId": world.boolean, "boolean": dice.one_in(2)}),
        5 => json!({"fieldId": world.select, "options": choice(dice, &world.options)}),
        6 => json!({"fieldId": world.multi, "options": choice(dice, &world.choices)}),
        _ => {
            let fields = [&world.text, &world.number, &world.select, &world.multi];
            json!({"fieldId": fields[dice.below(4)], "exists": dice.one_in(2)})
        }
    }
}

/// One key of an order.
#[derive(Clone, Debug)]
pub struct Key {
    pub by: Value,
    pub is_descending: bool,
    pub blanks_first: bool,
}

pub fn order(world: &World, dice: &mut Dice) -> Vec<Key> {
    let mut keys: Vec<Value> = ["CREATED_AT", "UPDATED_AT", "NAME", "COMPANY_NAME", "EMAIL", "STATUS"]
        .map(|field| json!({"field": field}))
        .into();
    let fields = [&world.text, &world.number, &world.date, &world.boolean, &world.select];
    keys.extend(fields.map(|field| json!({"customField": field})));
    let count = dice.below(4);
    let mut order = Vec::new();
    for _ in 0..count {
        let by = keys.swap_remove(dice.below(keys.len()));
        order.push(Key {
            by,
            is_descending: dice.one_in(2),
            blanks_first: dice.one_in(2),
        });
    }
    order
}

pub fn order_json(order: &[Key]) -> Value {
    let key = |key: &Key| {
        json!({
            "by": key.by,
            "direction": if key.is_descending { "DESC" } else { "ASC" },
            "nulls": if key.blanks_first { "FIRST" } else { "LAST" },
        })
    };
    Value::Array(order.iter().map(key).collect())
}
