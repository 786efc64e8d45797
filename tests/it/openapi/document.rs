//! The document, and whether an answer is as it says.

use reqwest::Method;
use serde_json::Value;

use crate::harness::Answer;

pub struct Document(Value);

#[derive(Debug)]
pub struct Operation {
    pub id: String,
    pub path: String,
    pub method: Method,
    pub spec: Value,
}

impl Operation {
    /// The responses, by their statuses.
    pub fn statuses(&self) -> Vec<u16> {
        let responses = self.spec["responses"].as_object().unwrap();
        responses.keys().map(|status| status.parse().unwrap()).collect()
    }
}

impl Document {
    pub fn of(answer: Answer) -> Self {
        let answer = answer.expect(200);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let document = answer.json();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
        Self(document)
    }

    pub fn paths(&self) -> Vec<String> {
        self.0["paths"].as_object().unwrap().keys().cloned().collect()
    }

    /// All but what browsers ask before they send.
    pub fn operations(&self) -> Vec<Operation> {
        let mut all = Vec::new();
        for (path, item) in self.0["paths"].as_object().unwrap() {
            for (method, spec) in item.as_object().unwrap() {
                if method == "options" {
                    continue;
                }
                all.push(Operation {
                    id: spec["operationId"].as_str().unwrap().to_owned(),
                    path: path.clone(),
                    method: method.to_uppercase().parse().unwrap(),
                    spec: spec.clone(),
                });
            }
        }
        all
    }

    /// What a reference points to, or the value itself.
    pub fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            None => value,
            Some(reference) => {
                let target = self.0.pointer(reference.trim_start_matches('#'));
                self.resolve(target.unwrap_or_else(|| panic!("{reference} is not there")))
            }
        }
    }

    pub fn check_references(&self, value: &Value) {
        match value {
            Value::Object(members) => {
                self.resolve(value);
                members.values().for_each(|member| self.check_references(member));
            }
            Value::Array(items) => items.iter().for_each(|item| self.check_references(item)),
            _ => {}
        }
    }

    pub fn check_answer(&self, operation: &Operation, answer: &Answer) {
        self.check_answer_of(operation, answer, || format!("{} {}", answer.status, answer.text));
    }

    pub fn check_answer_of(&self, operation: &Operation, answer: &Answer, what: impl Fn() -> String) {
        let responses = &operation.spec["responses"];
        let response = &responses[answer.status.to_string()];
        assert!(!response.is_null(), "{}: no such status: {}", operation.id, what());
        let content = &self.resolve(response)["content"];
        if content.is_null() {
            assert_eq!(answer.text, "", "{}: {}", operation.id, what());
            assert_eq!(answer.header("content-type"), None, "{}", operation.id);
            return;
        }
        let content_type = answer.header("content-type").unwrap_or_default();
        let schema = &content[content_type]["schema"];
        assert!(
            !schema.is_null(),
            "{}: content type {content_type}: {}",
            operation.id,
            what()
        );
        if let Err(problem) = self.check(schema, &answer.json(), "") {
            panic!("{}: {problem}: {}", operation.id, what());
        }
    }

    /// Whether a value is as a schema says.
    fn check(&self, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
        let schema = self.resolve(schema);
        let wrong = |what: &str| Err(format!("{at} is not {what} but {value}"));
        if !schema["const"].is_null() && schema["const"] != *value {
            return wrong(&schema["const"].to_string());
        }
        if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
            return wrong(&schema["enum"].to_string());
        }
        if let Some(any) = schema["anyOf"].as_array() {
            let fits = any.iter().any(|schema| self.check(schema, value, at).is_ok());
            return if fits {
                Ok(())
            } else {
                wrong(&schema["anyOf"].to_string())
            };
        }
        let types = types(schema);
        if !types.is_empty() && !types.iter().any(|name| is_a(value, name)) {
            return wrong(&types.join(" or "));
        }
        if let Some(number) = value.as_i64() {
            let (least, most) = (schema["minimum"].as_i64(), schema["maximum"].as_i64());
            if least.is_some_and(|least| number < least) || most.is_some_and(|most| number > most) {
                return wrong("in its range");
            }
        }
        if let Some(items) = value.as_array() {
            if schema["maxItems"]
                .as_u64()
                .is_some_and(|most| items.len() as u64 > most)
            {
                return wrong("short enough");
            }
            for (index, item) in items.iter().enumerate() {
                self.check(&schema["items"], item, &format!("{at}[{index}]"))?;
            }
        }
        if let Some(members) = value.as_object() {
            let known = &schema["properties"];
            for name in schema["required"].as_array().into_iter().flatten() {
                if !members.contains_key(name.as_str().unwrap()) {
                    return Err(format!("{at} lacks {name}"));
                }
            }
            for (name, member) in members {
                if known[name].is_null() && schema["additionalProperties"] == false {
                    return Err(format!("{at} has {name}"));
                }
                self.check(&known[name], member, &format!("{at}.{name}"))?;
            }
        }
        Ok(())
    }
}

/// The names of the types that a schema allows; none stands for all.
pub fn types(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().map(|name| name.as_str().unwrap()).collect(),
        _ => Vec::new(),
    }
}

fn is_a(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other} is no type"),
    }
}
