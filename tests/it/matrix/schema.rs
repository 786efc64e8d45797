//! What the server says of its schema, as far as paths through it need to know.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::TestApp;

pub struct Schema(BTreeMap<String, Type>);

/// A type whose fields can be selected.
pub struct Type {
    pub name: String,
    pub fields: Vec<Field>,
    /// The types that it stands for, if it is an interface.
    pub possible: Vec<String>,
}

pub struct Field {
    pub name: String,
    /// The type of its value, or of what its list has.
    pub target: String,
    pub needs_arguments: bool,
}

const QUERY: &str = "{ __schema { types { name kind possibleTypes { name }
    fields { name args { defaultValue type { kind } }
        type { name ofType { name ofType { name ofType { name } } } } } } } }";

impl Schema {
    pub async fn of(app: &TestApp) -> Self {
        let data = app.as_owner().data(QUERY, json!({})).await;
        let types = data["__schema"]["types"].as_array().unwrap().iter();
        let types = types.filter(|of| of["fields"].is_array() && !text(&of["name"]).starts_with("__"));
        Self(types.map(Type::of).map(|of| (of.name.clone(), of)).collect())
    }

    /// Nothing for a scalar.
    pub fn find(&self, name: &str) -> Option<&Type> {
        self.0.get(name)
    }

    pub fn get(&self, name: &str) -> &Type {
        self.find(name).unwrap_or_else(|| panic!("there is no type {name}"))
    }

    pub fn types(&self) -> impl Iterator<Item = &Type> {
        self.0.values()
    }
}

impl Type {
    fn of(json: &Value) -> Self {
        let possible = match text(&json["kind"]) {
            "INTERFACE" => json["possibleTypes"].as_array().unwrap().as_slice(),
            _ => &[],
        };
        Self {
            name: text(&json["name"]).to_owned(),
            fields: json["fields"].as_array().unwrap().iter().map(Field::of).collect(),
            possible: possible.iter().map(|of| text(&of["name"]).to_owned()).collect(),
        }
    }

    pub fn is_interface(&self) -> bool {
        !self.possible.is_empty()
    }
}

impl Field {
    fn of(json: &Value) -> Self {
        let mut target = &json["type"];
        while target["name"].is_null() {
            target = &target["ofType"];
        }
        let required = |argument: &&Value| argument["type"]["kind"] == "NON_NULL" && argument["defaultValue"].is_null();
        Self {
            name: text(&json["name"]).to_owned(),
            target: text(&target["name"]).to_owned(),
            needs_arguments: json["args"].as_array().unwrap().iter().find(required).is_some(),
        }
    }
}

fn text(json: &Value) -> &str {
    json.as_str().unwrap()
}
