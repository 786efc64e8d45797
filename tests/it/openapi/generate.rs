//! Values made of schemas, and values that no schema foresees. The same seed makes the same ones.

use serde_json::{Map, Value, json};

use super::document::{Document, types};

pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (limit as u64)).unwrap()
    }

    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

const TEXTS: &[&str] = &[
    "Jane",
    "jane@example.com",
    "+31687654321",
    "2024-01-15T10:30:00Z",
    "2024-02-29",
    "open",
    "lost",
    "#1D4ED8",
    "0190e5a0-0000-7000-8000-000000000001",
    "crm-lead-789",
    "lead",
    "1",
];

/// A value that the schema allows; now and then one of its edges.
pub fn good(document: &Document, schema: &Value, dice: &mut Dice) -> Value {
    let schema = document.resolve(schema);
    if !schema["const"].is_null() {
        return schema["const"].clone();
    }
    if let Some(words) = schema["enum"].as_array() {
        return dice.pick(words).clone();
    }
    if let Some(any) = schema["anyOf"].as_array() {
        return good(document, dice.pick(any), dice);
    }
    let types = types(schema);
    let name = if types.is_empty() { "string" } else { dice.pick(&types) };
    match name {
        "null" => Value::Null,
        "boolean" => json!(dice.chance(50)),
        "integer" | "number" => number(schema, dice),
        "array" => {
            let most = schema["maxItems"]
                .as_u64()
                .map_or(3, |most| usize::try_from(most).unwrap().min(3));
            let items = (0..dice.below(most + 1)).map(|_| good(document, &schema["items"], dice));
            Value::Array(items.collect())
        }
        "object" => object(document, schema, dice),
        _ => match schema["format"].as_str() {
            Some("date-time") => json!("2024-01-15T10:30:00Z"),
            Some("uuid") => json!("0190e5a0-0000-7000-8000-000000000001"),
            _ => json!(dice.pick(TEXTS)),
        },
    }
}

/// Small numbers are those of what there is.
fn number(schema: &Value, dice: &mut Dice) -> Value {
    let edges = [&schema["minimum"], &schema["maximum"]];
    let edges: Vec<&Value> = edges.into_iter().filter(|edge| !edge.is_null()).collect();
    if !edges.is_empty() && dice.chance(20) {
        return (*dice.pick(&edges)).clone();
    }
    json!(1 + dice.below(6))
}

fn object(document: &Document, schema: &Value, dice: &mut Dice) -> Value {
    let required: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut members = Map::new();
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        if required.contains(&name.as_str()) || dice.chance(40) {
            members.insert(name.clone(), good(document, member, dice));
        }
    }
    Value::Object(members)
}

/// What nobody sends who means well.
pub fn odd(dice: &mut Dice) -> Value {
    let deep = (0..150).fold(json!(0), |inner, _| json!([inner]));
    let choices = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(1e308),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(""),
        json!(" \t"),
        json!("\u{0}"),
        json!("a\u{0}b@example.com"),
        json!("\u{202e}\u{feff}🙂\u{10ffff}ﷺ"),
        json!("x".repeat(300)),
        json!("ä".repeat(70_000)),
        json!("'; DROP TABLE leads; --"),
        json!("%00%FF"),
        json!("9999-12-31T23:59:60Z"),
        json!("-0001-01-01"),
        json!([]),
        json!({}),
        json!([null, {}, [], ""]),
        json!(vec![1; 150]),
        json!({"": "", "\u{0}": 1, "constructor": {"__proto__": []}}),
        deep,
    ];
    dice.pick(&choices).clone()
}

/// Puts something odd into a value: in place of a part, beside one, or leaves one out.
pub fn twist(value: &mut Value, dice: &mut Dice) {
    match value {
        Value::Object(members) if !members.is_empty() && dice.chance(85) => {
            let names: Vec<String> = members.keys().cloned().collect();
            let name = dice.pick(&names).clone();
            match dice.below(10) {
                0 => drop(members.remove(&name)),
                1 => drop(members.insert("unheardOf".to_owned(), odd(dice))),
                _ => twist(members.get_mut(&name).unwrap(), dice),
            }
        }
        Value::Array(items) if !items.is_empty() && dice.chance(85) => {
            let index = dice.below(items.len());
            match dice.below(10) {
                0 => items.push(odd(dice)),
                1 => items.push(items[index].clone()),
                _ => twist(&mut items[index], dice),
            }
        }
        other => *other = odd(dice),
    }
}

/// For a place in a URL, as it stands there.
pub fn odd_text(dice: &mut Dice) -> String {
    let long = "9".repeat(400);
    let choices = [
        "",
        "%20",
        "0",
        "-1",
        "1.0",
        "1e3",
        "99999999999999999999",
        "9223372036854775807",
        "%00",
        "a%00b",
        "%FF",
        "%",
        "%zz",
        "null",
        "NaN",
        "true",
        "%C3%A4%F0%9F%99%82",
        "%E2%80%AE",
        "'%20OR%201=1--",
        "[]",
        "%7B%7D",
        "[%7B%22id%22:1%7D]",
        "1,2,,x",
        "2024-01-15T10:30:00%2B05:00",
        &long,
    ];
    (*dice.pick(&choices)).to_owned()
}
