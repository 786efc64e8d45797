//! Ways through the schema: from a root field to an object, and on to what can be read of it.

use std::collections::{BTreeSet, VecDeque};

use serde_json::Value;

use super::schema::{Field, Schema, Type};
use crate::isolation::attempts::{self, Attempt};

/// Root fields, one below the other, that lead to an object.
#[derive(Clone)]
pub struct Path {
    pub attempt: &'static Attempt,
    /// Which of the calls of its root field it begins with.
    variant: usize,
    steps: Vec<Step>,
}

#[derive(Clone)]
struct Step {
    /// Its name with that of its type.
    coordinate: String,
    /// With its arguments.
    call: String,
    /// The one type of several that is meant.
    on: Option<String>,
}

/// An object that a path leads to.
pub struct Place {
    pub path: Path,
    pub of: String,
}

/// What one field of an object is asked for.
pub struct Ask {
    pub path: Path,
    pub selection: String,
}

/// What the `node` fields are asked for, by type.
const NODES: &[(&str, &str)] = &[
    ("ApiKey", "@key"),
    ("AttributionSource", "@source"),
    ("Campaign", "@campaign"),
    ("ConversionLabel", "@label"),
    ("CustomField", "@field"),
    ("Event", "@event"),
    ("Lead", "@lead"),
    ("LeadNote", "@note"),
    ("Notification", "@notification"),
    ("PartnerCompany", "@company"),
    ("PartnerUser", "@person"),
    ("Partnership", "@partnership"),
    ("Project", "@project"),
    ("Tag", "@tag"),
    ("User", "@user"),
    ("WebhookDelivery", "@delivery"),
    ("WebhookEndpoint", "@hook"),
    ("Workspace", "@workspace"),
];

/// Root fields that are asked for more than the first of their attempts does.
const CALLS: &[(&str, &[&str])] = &[(
    "leadStats",
    &[
        r#"leadStats(groupBy: [{property: TAG}, {property: CAMPAIGN}, {property: PARTNERSHIP}, {property: PROJECT}],
            bucket: {unit: MONTH}, numbers: ["@number"])"#,
        r#"leadStats(groupBy: [{property: STATUS}, {property: SOURCE}, {property: ATTRIBUTION_SOURCE}, {customField: "@select"}])"#,
    ],
)];

/// Fields that lead to objects which lists lead to as well: there all of them, not one.
const LATE: [&str; 3] = ["lead", "node", "nodes"];

impl Path {
    fn root(attempt: &'static Attempt, of: &str, call: String) -> Self {
        let step = Step {
            coordinate: format!("{of}.{}", attempt.field),
            call,
            on: None,
        };
        Self {
            attempt,
            variant: 0,
            steps: vec![step],
        }
    }

    fn with(&self, of: &str, field: &Field) -> Self {
        let coordinate = format!("{of}.{}", field.name);
        assert!(
            !field.needs_arguments,
            "{coordinate} needs arguments that nobody has thought of"
        );
        let mut path = self.clone();
        path.steps.push(Step {
            coordinate,
            call: field.name.clone(),
            on: None,
        });
        path
    }

    /// Without its last field.
    pub fn parent(&self) -> Self {
        let mut path = self.clone();
        path.steps.pop();
        path
    }

    pub fn name(&self) -> String {
        let names = self.steps.iter().map(|step| {
            let field = step.coordinate.split('.').next_back().unwrap();
            match &step.on {
                Some(on) => format!("{field}<{on}>"),
                None => field.to_owned(),
            }
        });
        names.collect::<Vec<_>>().join(".")
    }

    fn on(mut self, of: &str) -> Self {
        self.steps.last_mut().unwrap().on = Some(of.to_owned());
        self
    }

    /// The fields that it goes through, but for the first, which the attempt speaks for.
    pub fn coordinates(&self) -> impl Iterator<Item = &String> {
        self.steps.iter().skip(1).map(|step| &step.coordinate)
    }

    /// With this selected at its end.
    pub fn render(&self, selection: &str) -> String {
        self.steps
            .iter()
            .rev()
            .fold(selection.to_owned(), |below, step| match &step.on {
                Some(on) => format!("{} {{ ... on {on} {{ {below} }} }}", step.call),
                None if below.is_empty() => step.call.clone(),
                None => format!("{} {{ {below} }}", step.call),
            })
    }

    /// What is there of it in the value of its root field.
    pub fn values<'a>(&self, root: &'a Value) -> Vec<&'a Value> {
        let mut found = vec![root];
        for step in &self.steps[1..] {
            found = found
                .into_iter()
                .flat_map(flat)
                .map(|value| &value[&step.call])
                .collect();
        }
        found
            .into_iter()
            .flat_map(flat)
            .filter(|value| !value.is_null())
            .collect()
    }
}

fn flat(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().flat_map(flat).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => vec![value],
    }
}

/// The call without what it selects.
fn head(call: &str) -> String {
    let mut depth = 0;
    let end = call.char_indices().find(|(_, sign)| {
        depth += i32::from(*sign == '(') - i32::from(*sign == ')');
        depth == 0 && *sign == '{'
    });
    call[..end.map_or(call.len(), |(at, _)| at)].trim().to_owned()
}

fn sample(field: &str) -> (&'static Attempt, Vec<String>) {
    let (attempt, _) = attempts::attempts()
        .find(|(attempt, _)| attempt.field == field)
        .unwrap_or_else(|| panic!("{field} has no attempt"));
    let calls = CALLS.iter().find(|(name, _)| *name == field);
    let calls = calls.map_or_else(|| vec![attempt.call], |(_, calls)| calls.to_vec());
    (attempt, calls.into_iter().map(head).collect())
}

/// The ways to each object that can be read: one for each field that leads to it.
pub fn readable(schema: &Schema) -> Vec<Place> {
    let roots = &schema.get("Query").fields;
    let (late, early): (Vec<_>, Vec<_>) = roots.iter().partition(|field| LATE.contains(&field.name.as_str()));
    let mut places = Vec::new();
    let mut first = BTreeSet::new();
    for fields in [early, late] {
        let mut queue: VecDeque<Place> = fields.into_iter().flat_map(|field| entries(schema, field)).collect();
        while let Some(place) = queue.pop_front() {
            let of = schema.get(&place.of);
            // Another call of the same field shows more of its own objects, and nothing new of others.
            let is_anew = place.path.variant > 0 && place.of.starts_with("LeadStats");
            let variant = if is_anew { place.path.variant } else { 0 };
            if first.insert((place.of.clone(), variant)) && (is_anew || place.path.variant == 0) {
                queue.extend(below(schema, &place.path, of));
            }
            places.push(place);
        }
    }
    places
}

/// The places that a root field leads to.
fn entries(schema: &Schema, field: &Field) -> Vec<Place> {
    let (attempt, calls) = sample(&field.name);
    let Some(of) = schema.find(&field.target) else {
        panic!("{} has no fields: think of a case for it", field.name);
    };
    let place = |of: &str, call: String| Place {
        path: Path::root(attempt, "Query", call),
        of: of.to_owned(),
    };
    if !of.is_interface() {
        let each = calls.into_iter().enumerate().map(|(variant, call)| {
            let mut place = place(&of.name, call);
            place.path.variant = variant;
            place
        });
        return each.collect();
    }
    let named = |name: &String| {
        let id = NODES
            .iter()
            .find(|(of, _)| of == name)
            .unwrap_or_else(|| panic!("{name} has no sample id"))
            .1;
        match field.name.as_str() {
            "node" => format!(r#"node(id: "{id}")"#),
            "nodes" => format!(r#"nodes(ids: ["{id}"])"#),
            other => panic!("{other} gives an interface"),
        }
    };
    let each = of.possible.iter().map(|name| {
        let Place { path, of } = place(name, named(name));
        Place {
            path: path.on(name),
            of,
        }
    });
    each.chain(calls.into_iter().map(|call| place(&of.name, call)))
        .collect()
}

/// The places one field further.
fn below(schema: &Schema, path: &Path, of: &Type) -> Vec<Place> {
    if of.name == "Node" {
        return Vec::new();
    }
    let mut places = Vec::new();
    for name in &of.possible {
        places.push(Place {
            path: path.clone().on(name),
            of: name.clone(),
        });
    }
    for field in &of.fields {
        if schema.find(&field.target).is_some() {
            places.push(Place {
                path: path.with(&of.name, field),
                of: field.target.clone(),
            });
        }
    }
    places
}

/// The payload of each mutation, and what is in it, objects and their neighbours.
pub fn payloads(schema: &Schema) -> Vec<Vec<Place>> {
    let mutations = schema.get("Mutation").fields.iter();
    let places = mutations.map(|field| {
        let (attempt, mut calls) = sample(&field.name);
        let payload = Place {
            path: Path::root(attempt, "Mutation", calls.remove(0)),
            of: field.target.clone(),
        };
        let mut places = vec![payload];
        let mut index = 0;
        while let Some(place) = places.get(index) {
            if place.of.ends_with("Payload") || place.of.ends_with("Conflict") {
                let further = below(schema, &place.path, schema.get(&place.of));
                places.extend(further);
            }
            index += 1;
        }
        places
    });
    places.collect()
}

impl Place {
    /// What can be asked of the object: each of its values, and one value of each of its neighbours.
    pub fn asks(&self, schema: &Schema) -> Vec<Ask> {
        let of = schema.get(&self.of);
        let asks = of.fields.iter().map(|field| {
            let path = self.path.with(&of.name, field);
            match schema.find(&field.target) {
                None => Ask {
                    path,
                    selection: String::new(),
                },
                Some(target) => Ask {
                    path,
                    selection: probe(schema, target),
                },
            }
        });
        asks.collect()
    }
}

const LIST_OF_LEADS: &str = "totalCount nodes { id uuid email }";

/// Something to select of every object.
fn probe(schema: &Schema, of: &Type) -> String {
    let value = |field: &&Field| schema.find(&field.target).is_none() && !field.needs_arguments;
    match of.name.as_str() {
        "LeadConnection" => LIST_OF_LEADS.to_owned(),
        _ => of
            .fields
            .iter()
            .find(value)
            .map_or("__typename", |field| &field.name)
            .to_owned(),
    }
}

impl Ask {
    /// As part of a selection of the object.
    pub fn part(&self) -> String {
        match self.selection.as_str() {
            "" => self.field().to_owned(),
            selection => format!("{} {{ {selection} }}", self.field()),
        }
    }

    pub fn field(&self) -> &str {
        &self.path.steps.last().unwrap().call
    }

    /// The field's name with that of its type.
    pub fn coordinate(&self) -> &str {
        &self.path.steps.last().unwrap().coordinate
    }

    /// The type whose list of leads this is, if it is one.
    pub fn lists(&self) -> Option<&str> {
        let (of, _) = self.coordinate().split_once('.').unwrap();
        (self.selection == LIST_OF_LEADS).then_some(of)
    }

    pub fn render(&self) -> String {
        self.path.render(&self.selection)
    }
}
