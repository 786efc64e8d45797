//! The schema as product text. That it is the published one, and its root fields unique, is shown beside its source.

use serde_json::{Value, json};

use crate::harness::{Backend, Case, Subject, TestApp, once};

pub fn cases() -> Vec<Case> {
    vec![once(every_element_is_described)]
}

async fn every_element_is_described() {
    let app = TestApp::set_up(Backend::Sqlite).await;
    let query = "{__schema{types{name description
        fields(includeDeprecated:true){name description args{name description}}
        inputFields{name description} enumValues(includeDeprecated:true){name description}}}}";
    let schema = app.as_owner().data(query, json!({})).await;
    let mut bare = Vec::new();
    for described in schema["__schema"]["types"].as_array().unwrap() {
        let name = described["name"].as_str().unwrap();
        // The language's own types need no words of ours.
        if !name.starts_with("__") && !["Boolean", "Float", "ID", "Int", "String"].contains(&name) {
            find_bare(described, name, &mut bare);
        }
    }
    assert!(bare.is_empty(), "without a description: {bare:?}");
}

fn find_bare(element: &Value, path: &str, bare: &mut Vec<String>) {
    if element["description"].as_str().is_none_or(str::is_empty) {
        bare.push(path.to_owned());
    }
    for members in ["fields", "args", "inputFields", "enumValues"] {
        for member in element[members].as_array().into_iter().flatten() {
            find_bare(member, &format!("{path}.{}", member["name"].as_str().unwrap()), bare);
        }
    }
}
