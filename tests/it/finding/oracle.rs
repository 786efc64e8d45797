//! What filters and orders mean, worked out by hand on leads as GraphQL shows them. Shares nothing with the server but
//! the words.

use std::cmp::Ordering;

use chrono::{DateTime, FixedOffset};
use serde_json::Value;

use super::ask::Key;
use super::data::STATUSES;

/// Case folding of the letters that the data have.
fn fold(text: &str) -> String {
    text.trim().replace('ﬁ', "fi").to_lowercase()
}

fn field<'a>(lead: &'a Value, name: &str) -> Option<&'a str> {
    lead[name].as_str().filter(|text| !text.trim().is_empty())
}

fn email(text: &str) -> String {
    fold(text).replace("bücher.example", "xn--bcher-kva.example")
}

fn phone(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() {
        return None;
    }
    Some(match (text.trim().starts_with('+'), digits.strip_prefix("00")) {
        (true, _) => format!("+{digits}"),
        (false, Some(rest)) => format!("+{rest}"),
        (false, None) => digits,
    })
}

fn name(lead: &Value) -> Option<String> {
    let names: Vec<String> = ["firstName", "lastName"]
        .iter()
        .filter_map(|key| field(lead, key))
        .map(fold)
        .collect();
    (!names.is_empty()).then(|| names.join(" "))
}

pub fn holds(lead: &Value, leaf: &Value) -> bool {
    let (member, asked) = leaf.as_object().unwrap().iter().next().unwrap();
    match member.as_str() {
        "search" => search(lead, asked.as_str().unwrap()),
        "firstName" | "lastName" | "companyName" => text(field(lead, member).map(fold), asked, |text| Some(fold(text))),
        "name" => text(name(lead), asked, |text| Some(fold(text))),
        "email" => {
            let own = field(lead, "email").map(email);
            // Parts of an address are folded and no more; whole ones are compared as addresses.
            match asked.get("eq").is_some() || asked.get("in").is_some() {
                true => text(own, asked, |text| Some(email(text))),
                false => text(own, asked, |text| Some(fold(text))),
            }
        }
        "phone" => text(field(lead, "phone").and_then(phone), asked, phone),
        "formName" | "uniqueIdentifier" => text(field(lead, member).map(str::to_owned), asked, |text| {
            Some(text.to_owned())
        }),
        "status" | "source" | "associationType" | "origin" => {
            text(field(lead, member).map(str::to_owned), asked, |text| {
                Some(text.to_owned())
            })
        }
        "project" | "campaign" | "partnership" | "partner" | "tags" | "assignees" => {
            links(&linked(lead, member), asked)
        }
        "attribution" => lead["attributions"].as_array().unwrap().iter().any(|attribution| {
            let source = asked
                .get("sources")
                .is_none_or(|ids| has(ids, attribution["source"]["id"].as_str().unwrap()));
            source
                && asked
                    .get("attributedAt")
                    .is_none_or(|range| within(moment(&attribution["attributedAt"]), range, moment))
        }),
        "clickId" => {
            let kinds = lead["clickIds"].as_array().unwrap();
            kinds.iter().any(|click| click["kind"] == asked["kind"]) == asked["exists"].as_bool().unwrap()
        }
        "createdAt" | "updatedAt" => within(moment(&lead[member]), asked, moment),
        "customFields" => asked.as_array().unwrap().iter().all(|asked| custom(lead, asked)),
        other => panic!("the oracle does not know {other}"),
    }
}

fn search(lead: &Value, words: &str) -> bool {
    let mut lines: Vec<String> = name(lead).into_iter().collect();
    lines.extend(field(lead, "companyName").map(fold));
    if let Some(own) = field(lead, "email") {
        lines.extend([email(own), fold(own)]);
    }
    if let Some(own) = field(lead, "phone") {
        lines.push(fold(own));
        lines.extend(phone(own));
    }
    fold(words)
        .split_whitespace()
        .all(|word| lines.iter().any(|line| line.contains(word)))
}

fn text(own: Option<String>, asked: &Value, read: impl Fn(&str) -> Option<String>) -> bool {
    asked
        .as_object()
        .unwrap()
        .iter()
        .all(|(comparison, value)| match (comparison.as_str(), &own) {
            ("exists", own) => own.is_some() == value.as_bool().unwrap(),
            (_, None) => false,
            ("eq", Some(own)) => read(value.as_str().unwrap()).as_ref() == Some(own),
            ("in", Some(own)) => value
                .as_array()
                .unwrap()
                .iter()
                .any(|value| read(value.as_str().unwrap()).as_ref() == Some(own)),
            ("contains", Some(own)) => read(value.as_str().unwrap()).is_some_and(|part| own.contains(&part)),
            ("startsWith", Some(own)) => read(value.as_str().unwrap()).is_some_and(|part| own.starts_with(&part)),
            (other, _) => panic!("the oracle does not know {other}"),
        })
}

/// The node ids that the lead is linked with.
pub fn linked<'a>(lead: &'a Value, link: &str) -> Vec<&'a str> {
    let each = |list: &'a Value, inner: &str| -> Vec<&'a str> {
        list.as_array()
            .unwrap()
            .iter()
            .map(|item| item[inner]["id"].as_str().unwrap())
            .collect()
    };
    match link {
        "tags" | "assignees" => lead[link].as_array().unwrap().iter().map(super::data::id).collect(),
        "partnership" | "partner" => each(&lead["partnershipLeads"], link),
        "attribution" => each(&lead["attributions"], "source"),
        _ => lead[link]["id"].as_str().into_iter().collect(),
    }
}

fn has(ids: &Value, id: &str) -> bool {
    ids.as_array().unwrap().iter().any(|one| one == id)
}

fn links(own: &[&str], asked: &Value) -> bool {
    asked
        .as_object()
        .unwrap()
        .iter()
        .all(|(comparison, ids)| match comparison.as_str() {
            "any" => own.iter().any(|id| has(ids, id)),
            "all" => ids
                .as_array()
                .unwrap()
                .iter()
                .all(|id| own.contains(&id.as_str().unwrap())),
            "none" => !own.iter().any(|id| has(ids, id)),
            _ => own.is_empty() != ids.as_bool().unwrap(),
        })
}

fn moment(value: &Value) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(value.as_str()?).ok()
}

fn within<T: PartialOrd>(own: Option<T>, range: &Value, read: impl Fn(&Value) -> Option<T>) -> bool {
    let Some(own) = own else { return false };
    range.as_object().unwrap().iter().all(|(comparison, value)| {
        let value = read(value).unwrap();
        match comparison.as_str() {
            "gt" => own > value,
            "gte" => own >= value,
            "lt" => own < value,
            "lte" => own <= value,
            _ => own == value,
        }
    })
}

fn value<'a>(lead: &'a Value, field: &Value) -> Option<&'a Value> {
    lead["customFieldValues"]
        .as_array()
        .unwrap()
        .iter()
        .find(|value| value["field"]["id"] == *field)
}

fn custom(lead: &Value, asked: &Value) -> bool {
    let own = value(lead, &asked["fieldId"]);
    asked
        .as_object()
        .unwrap()
        .iter()
        .all(|(comparison, what)| match comparison.as_str() {
            "fieldId" => true,
            "exists" => own.is_some() == what.as_bool().unwrap(),
            "text" => text(own.map(|own| fold(own["text"].as_str().unwrap())), what, |text| {
                Some(fold(text))
            }),
            "number" => within(own.and_then(|own| own["number"].as_f64()), what, Value::as_f64),
            "date" => within(own.and_then(|own| own["date"].as_str()), what, |value| {
                value.as_str().map(|text| text.to_owned().leak() as &str)
            }),
            "boolean" => own.is_some_and(|own| own["boolean"] == *what),
            _ => {
                let chosen = own.map_or_else(Vec::new, |own| match own["options"].as_array() {
                    Some(options) => options.iter().map(super::data::id).collect(),
                    None => own["option"]["id"].as_str().into_iter().collect(),
                });
                links(&chosen, what)
            }
        })
}

/// What stands before what.
pub fn compare(left: &Value, right: &Value, order: &[Key]) -> Ordering {
    let newest = [Key {
        by: serde_json::json!({"field": "CREATED_AT"}),
        is_descending: true,
        blanks_first: false,
    }];
    let order = if order.is_empty() { &newest } else { order };
    let turned = |ordering: Ordering, key: &Key| {
        if key.is_descending {
            ordering.reverse()
        } else {
            ordering
        }
    };
    for key in order {
        let ordering = match (sorted(left, &key.by), sorted(right, &key.by)) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) if key.blanks_first => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) if key.blanks_first => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(left), Some(right)) => turned(left.partial_cmp(&right).unwrap(), key),
        };
        if ordering != Ordering::Equal {
            return ordering;
        }
    }
    let number = |lead: &Value| lead["legacyId"].as_i64().unwrap();
    turned(number(left).cmp(&number(right)), &order[order.len() - 1])
}

#[derive(PartialEq, PartialOrd)]
enum Sorted {
    Text(String),
    Number(f64),
    Moment(DateTime<FixedOffset>),
}

fn sorted(lead: &Value, by: &Value) -> Option<Sorted> {
    if let Some(field) = by.get("customField") {
        let own = value(lead, field)?;
        return Some(match own {
            own if own["number"].is_number() => Sorted::Number(own["number"].as_f64().unwrap()),
            own if own["boolean"].is_boolean() => Sorted::Number(f64::from(u8::from(own["boolean"] == true))),
            // Options stand in the order of their labels' places: One, Two, Three.
            own if own["option"].is_object() => {
                let places = ["One", "Two", "Three"];
                let place = places.iter().position(|label| own["text"] == **label);
                Sorted::Number(f64::from(u32::try_from(place.unwrap()).unwrap()))
            }
            own => Sorted::Text(fold(own["text"].as_str().unwrap())),
        });
    }
    match by["field"].as_str().unwrap() {
        "CREATED_AT" => moment(&lead["createdAt"]).map(Sorted::Moment),
        "UPDATED_AT" => moment(&lead["updatedAt"]).map(Sorted::Moment),
        "NAME" => name(lead).map(Sorted::Text),
        "COMPANY_NAME" => field(lead, "companyName").map(fold).map(Sorted::Text),
        "EMAIL" => field(lead, "email").map(email).map(Sorted::Text),
        _ => {
            let place = STATUSES.iter().position(|status| lead["status"] == **status).unwrap();
            Some(Sorted::Number(f64::from(u32::try_from(place).unwrap())))
        }
    }
}
