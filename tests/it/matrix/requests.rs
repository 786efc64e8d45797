//! Many asks in one request, and what each of them got.

use serde_json::{Value, json};

use super::callers::Caller;
use super::paths::Path;
use crate::harness::TestApp;
use crate::isolation::Ids;

/// What one root field was answered.
#[derive(Debug)]
pub struct Got {
    pub value: Value,
    /// The codes of the errors at and below it.
    pub codes: Vec<String>,
}

impl Got {
    /// Nothing of what was asked is there, for this reason and no other.
    pub fn is_refused_as(&self, code: &str, path: &Path) -> bool {
        !self.codes.is_empty() && self.codes.iter().all(|found| found == code) && path.values(&self.value).is_empty()
    }
}

/// Below the limits of a document: 50 root fields, 5000 words and signs.
const MOST_FIELDS: usize = 40;
const MOST_WORDS: usize = 3500;

/// Asks for root fields side by side, or, of mutations, one after the other.
pub async fn ask(app: &TestApp, caller: &Caller, ids: &Ids, kind: &str, fields: &[String]) -> Vec<Got> {
    let mut got = Vec::with_capacity(fields.len());
    let mut rest = fields;
    while !rest.is_empty() {
        let mut words = 0;
        let fits = rest.iter().take(MOST_FIELDS).take_while(|field| {
            words += field.split(|sign: char| !sign.is_alphanumeric()).count() * 2;
            words < MOST_WORDS
        });
        let (batch, later) = rest.split_at(fits.count().max(1));
        got.extend(send(app, caller, ids, kind, batch).await);
        rest = later;
    }
    got
}

async fn send(app: &TestApp, caller: &Caller, ids: &Ids, kind: &str, batch: &[String]) -> Vec<Got> {
    let aliased = batch.iter().enumerate().map(|(at, field)| format!("c{at}: {field}\n"));
    let document = ids.put_into(&format!("{kind} {{ {} }}", aliased.collect::<String>()));
    let answer = caller.graphql(app).graphql(&document, json!({})).await;
    let body = answer.json();
    let errors = body["errors"].as_array().map_or(&[][..], Vec::as_slice);
    let got = (0..batch.len()).map(|at| {
        let alias = format!("c{at}");
        let its = errors
            .iter()
            .filter(|error| error["path"].is_null() || error["path"][0] == alias.as_str());
        let code = |error: &Value| error["extensions"]["code"].as_str().unwrap_or("NONE").to_owned();
        let codes: Vec<String> = its.map(code).collect();
        assert!(
            codes
                .iter()
                .all(|code| ["UNAUTHENTICATED", "FORBIDDEN"].contains(&code.as_str())),
            "{}: {document}: {}",
            caller.name,
            answer.text
        );
        Got {
            value: body["data"][&alias].clone(),
            codes,
        }
    });
    got.collect()
}
