//! GraphiQL in a real browser that reaches nothing but the server.

use crate::crash::bootstrap;
use crate::harness::binary::scratch_file;
use crate::harness::npm::Check;
use crate::harness::{Backend, Binary, Case, Subject, TestDatabase, once};

pub fn cases() -> Vec<Case> {
    vec![once(graphiql_works_in_a_browser_without_any_other_host).needs(&["node", "npm", "chromium"])]
}

async fn graphiql_works_in_a_browser_without_any_other_host() {
    let check = Check::new("graphiql");
    let db = TestDatabase::set_up(Backend::Sqlite).await;
    let access = bootstrap(&db);
    let server = Binary::serve(&db).await;
    let screenshot = scratch_file("graphiql.png");
    check.run("check", &[&server.url(""), &access.token, screenshot.to_str().unwrap()]);
    assert!(screenshot.metadata().unwrap().len() > 10_000);
}
