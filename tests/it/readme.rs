//! What the README says is so.

use std::path::Path;
use std::process::Command;

use leadgraph::config::table::SETTINGS;

use crate::demo::demo;
use crate::harness::binary::{json_of, output, scratch_file};
use crate::harness::{Case, once, root};

pub fn cases() -> Vec<Case> {
    vec![
        once(the_table_of_settings_is_the_one_the_server_reads),
        once(the_two_commands_come_first),
        once(every_path_it_names_is_there),
        once(its_recipes_run_as_written),
        once(its_requests_work_against_the_demo).needs(&["curl"]),
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

async fn its_recipes_run_as_written() {
    let bootstrap = "leadgraph bootstrap --workspace \"Acme\" --email you@acme.example --json";
    let text = readme();
    assert!(text.contains(bootstrap));
    let home = scratch_file("");
    let made = json_of(&mut shell(bootstrap, &home));
    let recipes = blocks(text.split("## Recipes").nth(1).unwrap(), "sh").remove(0);
    assert!(recipes.lines().count() >= 8, "{recipes}");
    for line in recipes.lines() {
        let line = line.replace("PUBLIC_ID", made["project"]["publicId"].as_str().unwrap());
        let ran = output(&mut shell(&line, &home));
        assert!(ran.status.success(), "{line}: {}", String::from_utf8_lossy(&ran.stderr));
    }
}

async fn its_requests_work_against_the_demo() {
    let demo = demo().await;
    let text = readme();
    let posts = blocks(&text, "sh")
        .into_iter()
        .filter(|block| block.starts_with("curl "));
    let mut routes = 0;
    for post in posts {
        let post = post.replace("http://127.0.0.1:8080", &demo.server.url(""));
        let post = format!("{} -sS -o answer -w '%{{http_code}}'", post.trim_end());
        let mut post = shell(&post, &scratch_file(""));
        post.env("KEY", demo.text("/apiKey"))
            .env("PROJECT", demo.text("/project/publicId"));
        let ran = output(&mut post);
        assert_eq!(String::from_utf8_lossy(&ran.stdout), "201", "{post:?}");
        routes += 1;
    }
    assert_eq!(routes, 2);
    let queries = blocks(&text, "graphql");
    for query in &queries {
        demo.ask(query).await;
    }
    let data = demo.ask(&queries[0]).await;
    assert!(data["leads"]["totalCount"].as_i64() > Some(100), "{data}");
}

/// What stands between fences of this language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    let fenced = text.split(&fence).skip(1);
    fenced
        .map(|block| block.split("```").next().unwrap().to_owned())
        .collect()
}

/// A command line in a directory, with the binary on the path and no settings.
fn shell(line: &str, directory: &Path) -> Command {
    let mut shell = Command::new("sh");
    let binaries = Path::new(env!("CARGO_BIN_EXE_leadgraph")).parent().unwrap();
    let path = format!("{}:{}", binaries.display(), std::env::var("PATH").unwrap());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("LEADGRAPH_") {
            shell.env_remove(name);
        }
    }
    shell.current_dir(directory).env_remove("DATABASE_URL");
    shell.env("PATH", path).args(["-ec", line]);
    shell
}
