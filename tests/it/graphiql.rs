//! GraphiQL in a real browser that reaches nothing but the server.

use std::process::Command;

use crate::crash::bootstrap;
use crate::harness::binary::scratch_file;
use crate::harness::{Backend, Binary, Case, Subject, TestDatabase, once, root};

pub fn cases() -> Vec<Case> {
    vec![once(graphiql_works_in_a_browser_without_any_other_host).needs(&["node", "npm", "chromium"])]
}

async fn graphiql_works_in_a_browser_without_any_other_host() {
    let db = TestDatabase::set_up(Backend::Sqlite).await;
    let access = bootstrap(&db);
    let server = Binary::serve(&db).await;
    let screenshot = scratch_file("graphiql.png");
    let home = screenshot.parent().unwrap();
    for file in ["check.mjs", "package.json", "package-lock.json"] {
        std::fs::copy(root().join("tests/clients/graphiql").join(file), home.join(file)).unwrap();
    }
    run(Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund"])
        .current_dir(home));
    let url = server.url("");
    run(Command::new("node")
        .arg("check.mjs")
        .args([&url, &access.token])
        .arg(&screenshot)
        .current_dir(home));
    assert!(screenshot.metadata().unwrap().len() > 10_000);
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{command:?}: {}{}",
        said(&output.stdout),
        said(&output.stderr)
    );
}
