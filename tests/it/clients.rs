//! The tools that a front-end team runs on `schema.graphql`: what they generate compiles, and they have no complaints. And
//! the clients and audits of the protocols that GraphQL is spoken in.

use std::time::Duration;

use crate::harness::npm::{Check, PROGRAMS};
use crate::harness::{Backend, Case, Subject, TestApp, once};

pub fn cases() -> Vec<Case> {
    let cases = [
        once(relay_compiles_a_front_ends_documents),
        once(typed_client_code_is_generated_and_compiles),
        once(the_linter_has_no_complaints),
        once(a_server_tells_of_itself_what_is_published),
        once(a_server_answers_every_operation_of_a_front_end),
        once(graphql_over_http_is_spoken_as_its_specification_says),
        once(a_websocket_is_spoken_as_its_client_does),
        once(an_event_stream_is_spoken_as_its_client_does),
    ];
    cases.into_iter().map(|case| case.needs(PROGRAMS)).collect()
}

async fn relay_compiles_a_front_ends_documents() {
    Check::new("schema").run("relay", &[]);
}

async fn typed_client_code_is_generated_and_compiles() {
    Check::new("schema").run("client", &[]);
}

async fn the_linter_has_no_complaints() {
    Check::new("schema").run("lint", &[]);
}

async fn a_server_tells_of_itself_what_is_published() {
    let app = TestApp::set_up(Backend::Sqlite).await;
    Check::new("schema").run("introspect", &[&app.url("/graphql"), &app.home.token]);
}

async fn a_server_answers_every_operation_of_a_front_end() {
    let app = TestApp::set_up(Backend::Sqlite).await;
    let [url, project] = [app.url("/graphql"), app.home.project.public_id.clone()];
    Check::new("schema").run("operations", &[&url, &app.home.token, &project]);
}

async fn graphql_over_http_is_spoken_as_its_specification_says() {
    let app = TestApp::set_up(Backend::Sqlite).await;
    Check::new("transport").run("audits", &[&app.url("/graphql"), &app.home.token]);
}

async fn a_websocket_is_spoken_as_its_client_does() {
    let app = TestApp::with(Backend::Sqlite, |config| config.sockets.init = Duration::from_secs(1)).await;
    let url = format!("ws://{}/graphql/ws", app.address);
    Check::new("transport").run("socket", &[&url, &app.home.token]);
}

async fn an_event_stream_is_spoken_as_its_client_does() {
    let app = TestApp::set_up(Backend::Sqlite).await;
    Check::new("transport").run("stream", &[&app.url("/graphql"), &app.home.token]);
}
