//! The checks of `tests/clients`: other people's programs, installed by npm and run by Node.
//!
//! What npm installs is kept beside Cargo's products in a folder named after a hash of the lock file, so only the
//! first run downloads. A registry that cannot be reached makes a test ignored; `.ci/run` refuses that.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::{binary::scratch_file, ignore, root};

pub const PROGRAMS: &[&str] = &["node", "npm"];

/// A copy of one of the folders in `tests/clients`, with its packages and the published schema.
pub struct Check {
    home: PathBuf,
}

impl Check {
    pub fn new(name: &str) -> Self {
        let sources = root().join("tests/clients").join(name);
        let home = scratch_file("");
        copy(&sources, &home);
        fs::copy(root().join("schema.graphql"), home.join("schema.graphql")).unwrap();
        std::os::unix::fs::symlink(packages(&sources), home.join("node_modules")).unwrap();
        Self { home }
    }

    /// One of the package's scripts; it must succeed.
    pub fn run(&self, script: &str, arguments: &[&str]) {
        let mut npm = Command::new("npm");
        npm.args(["run", "--silent", script, "--"]).args(arguments);
        let output = npm.current_dir(&self.home).env("NO_COLOR", "1").output().unwrap();
        assert!(output.status.success(), "npm run {script}\n{}", said(&output));
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), target).unwrap();
        } else if entry.file_name() != "node_modules" {
            copy(&entry.path(), &target);
        }
    }
}

/// The `node_modules` of a lock file.
fn packages(sources: &Path) -> PathBuf {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients");
    fs::create_dir_all(&cache).unwrap();
    let mut hash = DefaultHasher::new();
    for file in ["package.json", "package-lock.json"] {
        fs::read(sources.join(file)).unwrap().hash(&mut hash);
    }
    let name = format!("{:016x}", hash.finish());
    let installed = cache.join(&name);

    // One installation at a time: whoever else wants the same packages waits here and then finds them.
    let lock = File::create(cache.join(format!("{name}.lock"))).unwrap();
    lock.lock().unwrap();
    if !installed.is_dir() {
        let work = cache.join(format!("{name}.work"));
        let _ = fs::remove_dir_all(&work);
        fs::create_dir(&work).unwrap();
        for file in ["package.json", "package-lock.json"] {
            fs::copy(sources.join(file), work.join(file)).unwrap();
        }
        install(&work);
        fs::rename(work, &installed).unwrap();
    }
    installed.join("node_modules")
}

fn install(directory: &Path) {
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
    // npm's defaults keep a machine without a network waiting for minutes.
    npm.args([
        "--fetch-retries=1",
        "--fetch-retry-mintimeout=1000",
        "--fetch-timeout=60000",
    ]);
    let output = npm.current_dir(directory).output().unwrap();
    let said = said(&output);
    if let Some(code) = UNREACHABLE.iter().find(|code| said.contains(**code)) {
        ignore(format!("npm's registry cannot be reached: {code}"));
    }
    assert!(output.status.success(), "npm ci\n{said}");
}

/// What npm says when there is no network, and not that a package is wrong.
const UNREACHABLE: [&str; 6] = [
    "code EAI_AGAIN",
    "code ECONNREFUSED",
    "code ECONNRESET",
    "code ENETUNREACH",
    "code ENOTFOUND",
    "code ETIMEDOUT",
];

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}
