//! The schema that is published is the schema that is served.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{Backend, Case, Subject, TestApp, once, root};

pub fn cases() -> Vec<Case> {
    vec![
        once(the_published_schema_is_the_one_that_is_served),
        once(no_two_root_fields_share_a_name),
        once(every_element_is_described),
    ]
}

async fn the_published_schema_is_the_one_that_is_served() {
    let published = std::fs::read_to_string(root().join("schema.graphql")).unwrap();
    let served = leadgraph::graphql::sdl();
    assert!(published == served, "run: cargo run -- schema > schema.graphql");
}

/// Of two root fields with one name, the library would serve the last and say nothing.
async fn no_two_root_fields_share_a_name() {
    let mut declared = 0;
    for file in crate::boundaries::sources(&root().join("src/graphql")) {
        let text = std::fs::read_to_string(file).unwrap();
        for block in text.split("\nimpl ").filter(|block| is_root(block)) {
            let body = block.split("\n}\n").next().unwrap();
            declared += body.matches("\n    async fn ").count() + body.matches("\n    pub async fn ").count();
        }
    }
    let app = TestApp::set_up(Backend::Sqlite).await;
    let roots = app
        .anonymous()
        .data(
            "{__schema{queryType{fields{name}} mutationType{fields{name}}}}",
            json!({}),
        )
        .await;
    let mut names = BTreeSet::new();
    for root in ["queryType", "mutationType"] {
        for field in roots["__schema"][root]["fields"].as_array().unwrap() {
            names.insert(field["name"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(names.len(), declared, "{names:?}");
}

fn is_root(block: &str) -> bool {
    let name = block.split_whitespace().next().unwrap_or_default();
    name.ends_with("Queries") || name.ends_with("Mutations")
}

async fn every_element_is_described() {
    let app = TestApp::set_up(Backend::Sqlite).await;
    let query = "{__schema{types{name description
        fields(includeDeprecated:true){name description args{name description}}
        inputFields{name description} enumValues(includeDeprecated:true){name description}}}}";
    let schema = app.anonymous().data(query, json!({})).await;
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
