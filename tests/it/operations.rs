//! What operators rely on: mistakes are told before anything is touched, and commands refuse what would hurt later.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::crash::bootstrap;
use crate::demo::demo;
use crate::harness::binary::{bare_command, command, json_of, output, scratch_file};
use crate::harness::{Case, TestDatabase, both, once};

pub fn cases() -> Vec<Case> {
    vec![
        once(bad_keys_are_found_with_every_other_mistake_and_before_the_database),
        once(commands_do_not_make_the_database_that_they_were_to_look_at),
        once(the_demo_says_at_once_where_it_cannot_write),
        once(the_newest_leads_of_the_demo_show_what_leads_can_have),
        both(a_workspace_s_name_is_taken_once),
        both(nothing_is_left_of_a_refused_bootstrap),
        both(keys_are_listed_with_the_project_that_clients_name),
    ]
}

fn refusal(command: &mut Command) -> (Option<i32>, String) {
    let output = output(command);
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

async fn bad_keys_are_found_with_every_other_mistake_and_before_the_database() {
    let database = scratch_file("untouched.db");
    let junk = scratch_file("junk");
    fs::write(&junk, "no key at all").unwrap();
    for name in ["LEADGRAPH_AUTH_JWKS_FILE", "LEADGRAPH_AUTH_PUBLIC_KEY_FILE"] {
        let mut serve = bare_command(&["serve", "--listen", "127.0.0.1:0"]);
        serve
            .env("DATABASE_URL", &database)
            .env(name, &junk)
            .env("LEADGRAPH_SECRET_FILE", &junk)
            .env("LEADGRAPH_AUTH_ISSUER", "https://id.example")
            .env("LEADGRAPH_AUTH_AUDIENCE", "leads")
            .env("LEADGRAPH_LOG_FORMAT", "xml");
        let (code, said) = refusal(&mut serve);
        assert_eq!(code, Some(2), "{said}");
        assert_eq!(said.lines().count(), 3, "{said}");
        for setting in [name, "LEADGRAPH_SECRET_FILE", "LEADGRAPH_LOG_FORMAT"] {
            assert!(said.contains(setting), "{setting}: {said}");
        }
        let left: Vec<_> = fs::read_dir(database.parent().unwrap()).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

async fn commands_do_not_make_the_database_that_they_were_to_look_at() {
    let database = scratch_file("absent.db");
    for arguments in [
        &["workspace", "list"][..],
        &["workspace", "create", "Acme"],
        &["project", "list", "--workspace", "Acme"],
        &["token", "issue", "--workspace", "Acme", "--user", "a@b.co"],
        &["doctor"],
    ] {
        let mut run = bare_command(arguments);
        run.env("DATABASE_URL", &database);
        let output = output(&mut run);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        assert!(
            said.contains("absent.db") && said.contains("migrate"),
            "{arguments:?}: {said}"
        );
        assert!(!database.exists(), "{arguments:?}");
    }
}

async fn a_workspace_s_name_is_taken_once(db: TestDatabase) {
    bootstrap(&db);
    let all = json_of(&mut command(&db, &["workspace", "list", "--json"]));
    let uuid = all[0]["uuid"].as_str().unwrap();
    for arguments in [
        &["workspace", "create", "Acme"][..],
        &["workspace", "create", " Acme "],
        &["bootstrap", "--workspace", "Acme", "--email", "a@b.co"],
    ] {
        let (code, said) = refusal(&mut command(&db, arguments));
        assert!(code == Some(1) && said.contains(uuid), "{arguments:?}: {said}");
    }
    json_of(&mut command(&db, &["workspace", "create", "Beta", "--json"]));
    let rename = |to| {
        command(
            &db,
            &["workspace", "update", "--workspace", "Beta", "--name", to, "--json"],
        )
    };
    assert!(refusal(&mut rename("Acme")).1.contains(uuid));
    json_of(&mut rename("Beta"));
    for name in ["two\nlines", "\u{1b}[31mred"] {
        let (_, said) = refusal(&mut command(&db, &["workspace", "create", name]));
        assert!(said.contains("name"), "{said}");
    }
    let all = json_of(&mut command(&db, &["workspace", "list", "--json"]));
    assert_eq!(all.as_array().unwrap().len(), 2, "{all}");
}

async fn nothing_is_left_of_a_refused_bootstrap(db: TestDatabase) {
    for (email, project) in [("nobody", "Website"), ("a@b.co", " "), ("a@b.co", "two\nlines")] {
        let arguments = [
            "bootstrap",
            "--workspace",
            "Acme",
            "--email",
            email,
            "--project",
            project,
        ];
        let (code, said) = refusal(&mut command(&db, &arguments));
        assert_eq!(code, Some(1), "{said}");
        let all = json_of(&mut command(&db, &["workspace", "list", "--json"]));
        assert_eq!(all, json!([]), "{project:?}");
    }
}

async fn keys_are_listed_with_the_project_that_clients_name(db: TestDatabase) {
    let access = bootstrap(&db);
    let within = ["--workspace", "Acme", "--json"];
    let create = [
        "api-key",
        "create",
        "WordPress",
        "--scopes",
        "write",
        "--project",
        &access.project,
    ];
    let made = json_of(&mut command(&db, &[&create[..], &within].concat()));
    assert_eq!(made["project"], access.project.as_str());
    assert_eq!(made.get("projectId"), None);
    let all = json_of(&mut command(&db, &[&["api-key", "list"][..], &within].concat()));
    let projects: Vec<&Value> = all.as_array().unwrap().iter().map(|key| &key["project"]).collect();
    assert_eq!(projects, [&json!(access.project), &Value::Null, &Value::Null]);
    let revoked = json_of(&mut command(
        &db,
        &[&["api-key", "revoke", made["uuid"].as_str().unwrap()][..], &within].concat(),
    ));
    assert_eq!(revoked["project"], access.project.as_str());
}

async fn the_demo_says_at_once_where_it_cannot_write() {
    let directory = scratch_file("");
    let elsewhere = directory.join("absent").join("demo.json");
    for file in [&elsewhere, &directory] {
        let arguments = ["serve", "--demo", "--listen", "127.0.0.1:0", "--demo-info"];
        // Where nothing could be made, what is told is what was looked at first.
        let mut demo = bare_command(&arguments);
        let (code, said) = refusal(demo.arg(file).env("TMPDIR", directory.join("absent")));
        assert!(code == Some(1) && said.contains(file.to_str().unwrap()), "{said}");
    }
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 0, "and nothing is left");
}

/// GraphiQL's first query and the terminal's: a stranger sees what a lead can have, not ten of one kind.
async fn the_newest_leads_of_the_demo_show_what_leads_can_have() {
    let demo = demo().await;
    let query = "{ leads(first: 10) { nodes {
        origin tags { label } customFieldValues { text } attributions { attributedAt } partnershipLeads { direction }
        clickIds { kind } } } }";
    let data = demo.ask(query).await;
    let leads = data["leads"]["nodes"].as_array().unwrap();
    for origin in ["LEADTRACKR_SHIM", "JOURNEYBEE_SHIM"] {
        let of_it = leads.iter().filter(|lead| lead["origin"] == origin).count();
        assert!(of_it >= 3, "{origin}: {of_it} of {leads:#?}");
    }
    for part in [
        "tags",
        "customFieldValues",
        "attributions",
        "partnershipLeads",
        "clickIds",
    ] {
        let with_it = leads.iter().filter(|lead| lead[part] != json!([])).count();
        assert!(with_it >= 2, "{part}: {with_it} of {leads:#?}");
    }
}
