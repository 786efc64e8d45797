//! A request to one of the document's operations.

use reqwest::Method;
use serde_json::Value;

use super::document::{Document, Operation};
use super::generate::{Dice, good, odd_text, twist};
use crate::harness::Answer;

#[derive(Clone)]
pub struct Request {
    method: Method,
    /// With the query, as it goes over the wire.
    path: String,
    content_type: &'static str,
    /// Some of the document's parameters.
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
    key: Option<String>,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let body = String::from_utf8_lossy(self.body.as_deref().unwrap_or_default());
        let shown: String = body.chars().take(2000).collect();
        let Self {
            method,
            path,
            content_type,
            headers,
            ..
        } = self;
        write!(out, "{method} {path} ({content_type}) {headers:?}\n{shown}")
    }
}

impl Request {
    /// What the document itself tries.
    pub fn examples(document: &Document, operation: &Operation) -> Vec<Self> {
        let mut path = operation.path.clone();
        let mut query = Vec::new();
        for parameter in parameters(document, operation) {
            let (name, example) = (parameter["name"].as_str().unwrap(), &parameter["example"]);
            let text = example.as_str().map_or_else(|| example.to_string(), str::to_owned);
            match parameter["in"].as_str().unwrap() {
                _ if example.is_null() => {}
                "path" => path = path.replace(&format!("{{{name}}}"), &text),
                _ => query.push(format!("{}={}", encoded(name), encoded(&text))),
            }
        }
        let request = Self {
            method: operation.method.clone(),
            path: with_query(path, &query),
            content_type: "application/json",
            headers: Vec::new(),
            body: None,
            key: None,
        };
        let content = &operation.spec["requestBody"]["content"]["application/json"];
        match content["examples"].as_object() {
            None => vec![request],
            Some(examples) => examples
                .values()
                .map(|example| Self {
                    body: Some(example["value"].to_string().into_bytes()),
                    ..request.clone()
                })
                .collect(),
        }
    }

    /// What somebody might send, well or not.
    pub fn any(document: &Document, operation: &Operation, seeds: &[(&str, Value)], dice: &mut Dice) -> Self {
        let mut path = operation.path.clone();
        let (mut query, mut headers) = (Vec::new(), Vec::new());
        for parameter in parameters(document, operation) {
            let name = parameter["name"].as_str().unwrap();
            if parameter["in"] == "header" {
                // Few, so that one is there twice.
                let keys = ["a", "b", "c", "", "schl\u{fc}ssel"];
                if dice.chance(20) {
                    headers.push((name.to_owned(), (*dice.pick(&keys)).to_owned()));
                }
                continue;
            }
            let mut value = || match dice.chance(80) {
                true => {
                    let value = good(document, &parameter["schema"], dice);
                    encoded(&value.as_str().map_or_else(|| value.to_string(), str::to_owned))
                }
                false => odd_text(dice),
            };
            if parameter["in"] == "path" {
                path = path.replace(&format!("{{{name}}}"), &value());
                continue;
            }
            let value = value();
            if (parameter["required"] == true && dice.chance(95)) || dice.chance(25) {
                query.push(format!("{}={value}", encoded(name)));
            }
        }
        let schema = &operation.spec["requestBody"]["content"]["application/json"]["schema"];
        let body = (!schema.is_null()).then(|| body(document, operation, schema, seeds, dice));
        Self {
            method: operation.method.clone(),
            path: with_query(path, &query),
            content_type: match dice.below(30) {
                0 => "text/plain",
                1 => "application/json; charset=utf-8",
                _ => "application/json",
            },
            headers,
            body,
            key: None,
        }
    }

    /// The key in both doors' headers: each reads its own.
    pub fn with_key(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    pub async fn send(&self, client: &reqwest::Client, server: &str) -> Answer {
        let mut request = client.request(self.method.clone(), format!("{server}{}", self.path));
        if let Some(key) = &self.key {
            request = request
                .header("x-api-key", key)
                .header("authorization", format!("Bearer {key}"));
        }
        for (name, value) in &self.headers {
            request = request.header(name, value.as_bytes());
        }
        if let Some(body) = &self.body {
            request = request.header("content-type", self.content_type).body(body.clone());
        }
        let answer = request.send().await;
        Answer::of(answer.unwrap_or_else(|error| panic!("{error}: {self:?}"))).await
    }
}

fn body(
    document: &Document,
    operation: &Operation,
    schema: &Value,
    seeds: &[(&str, Value)],
    dice: &mut Dice,
) -> Vec<u8> {
    let own: Vec<&Value> = seeds
        .iter()
        .filter(|(id, _)| *id == operation.id)
        .map(|(_, body)| body)
        .collect();
    let mut body = match dice.chance(60) {
        true if !own.is_empty() => (*dice.pick(&own)).clone(),
        _ => good(document, schema, dice),
    };
    for _ in 0..dice.below(3) {
        twist(&mut body, dice);
    }
    let text = body.to_string().into_bytes();
    match dice.below(40) {
        0 => Vec::new(),
        1 => text[..text.len() / 2].to_vec(),
        2 => [&text[..], b"\xff\xfe"].concat(),
        3 => vec![b'['; 5000],
        4 => b"\"\\ud800\"".to_vec(),
        5 => vec![b' '; 1024 * 1024 + 1],
        _ => text,
    }
}

fn parameters<'a>(document: &'a Document, operation: &'a Operation) -> impl Iterator<Item = &'a Value> {
    let parameters = operation.spec["parameters"].as_array().into_iter().flatten();
    parameters.map(|parameter| document.resolve(parameter))
}

fn with_query(path: String, query: &[String]) -> String {
    match query.is_empty() {
        true => path,
        false => format!("{path}?{}", query.join("&")),
    }
}

fn encoded(text: &str) -> String {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let mut encoded = String::new();
    for byte in text.bytes() {
        match unreserved(byte) {
            true => encoded.push(char::from(byte)),
            false => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
