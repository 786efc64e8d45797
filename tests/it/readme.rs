//! What the README says is so.

use leadgraph::config::table::SETTINGS;

use crate::harness::{Case, once, root};

pub fn cases() -> Vec<Case> {
    vec![
        once(the_table_of_settings_is_the_one_the_server_reads),
        once(the_two_commands_come_first),
        once(every_path_it_names_is_there),
    ]
}

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).unwrap()
}

async fn the_table_of_settings_is_the_one_the_server_reads() {
    let text = readme();
    let table = text.split("| variable | default | meaning |").nth(1).unwrap();
    let rows: Vec<&str> = table.lines().skip(2).take_while(|line| line.starts_with('|')).collect();
    let default = |text: &str| {
        if text.is_empty() {
            String::new()
        } else {
            format!("`{text}`")
        }
    };
    let known = SETTINGS.iter().map(|setting| {
        format!(
            "| `{}` | {} | {} |",
            setting.name,
            default(setting.default),
            setting.meaning
        )
    });
    assert_eq!(rows, known.collect::<Vec<_>>());
}

async fn the_two_commands_come_first() {
    let text = readme();
    let first = text.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let commands: Vec<&str> = first
        .lines()
        .map(|line| line.split('#').next().unwrap().trim())
        .collect();
    assert_eq!(commands, ["cargo run --release -- serve --demo", "cargo test"]);
}

async fn every_path_it_names_is_there() {
    let text = readme();
    let named = text.split('`').skip(1).step_by(2);
    let paths = named.filter(|name| {
        ["src/", "tests/", "migration/", ".ci/"]
            .iter()
            .any(|home| name.starts_with(home))
    });
    for path in paths {
        let path = path.split_whitespace().next().unwrap();
        assert!(root().join(path).exists(), "{path}");
    }
}
