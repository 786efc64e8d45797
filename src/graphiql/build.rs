//! Bundles the GraphiQL page and writes the table of its files that `src/graphiql/mod.rs` embeds.
//!
//! npm works on a copy below Cargo's target directory, in a folder named after a hash of the page's
//! sources: the checkout may be read-only, and another profile or other flags find it ready made.
//! `LEADGRAPH_BUILD_GRAPHIQL` = `off` leaves the page out, `on` makes its absence an error; unset, a
//! machine without npm gets a warning and a server without the page.

use std::env;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

const PAGE: &str = "src/graphiql/page";
const INDEX: &str = "index.html";
const SWITCH: &str = "LEADGRAPH_BUILD_GRAPHIQL";
/// Files up to this size are embedded uncompressed too, for clients that take nothing else.
const SMALL: u64 = 8 * 1024;

fn main() {
    let out_dir = PathBuf::from(env::var_os("OUT_DIR").expect("Cargo sets OUT_DIR"));
    println!("cargo::rerun-if-env-changed={SWITCH}");
    println!("cargo::rerun-if-changed=src/graphiql/build.rs");

    let bundle = match env::var(SWITCH).as_deref() {
        Ok("off") => None,
        Ok("on") => bundle(&out_dir)
            .map_err(|reason| refuse(&format!("GraphiQL could not be bundled: {reason}")))
            .ok(),
        Err(env::VarError::NotPresent) => bundle(&out_dir).map_err(warn).ok(),
        Ok(other) => {
            refuse(&format!("{SWITCH} must be on, off or not set, not {other:?}"));
            None
        }
        Err(env::VarError::NotUnicode(_)) => {
            refuse(&format!("{SWITCH} must be on, off or not set"));
            None
        }
    };

    let table = table(bundle.as_deref()).expect("the bundle is readable");
    fs::write(out_dir.join("graphiql.rs"), table).expect("OUT_DIR is writable");
}

/// Cargo shows the sentence and ends the build.
fn refuse(sentence: &str) {
    println!("cargo::error={}", sentence.replace('\n', " | "));
}

fn warn(reason: String) {
    println!("cargo::warning=built without GraphiQL: {}", reason.replace('\n', " | "));
    println!("cargo::warning=to include it, install Node.js with npm and build with {SWITCH}=on");
}

/// The folder with the built page; builds it unless it is there.
fn bundle(out_dir: &Path) -> Result<PathBuf, String> {
    let sources = sources().map_err(|error| {
        // As in a container that copies the manifests first and the sources later.
        println!("cargo::rerun-if-changed={PAGE}");
        format!("{PAGE}: {error}")
    })?;
    for path in &sources {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    build_once(&sources, &target_dir(out_dir).join("graphiql"))
}

fn build_once(sources: &[PathBuf], cache: &Path) -> Result<PathBuf, String> {
    let said = |error: io::Error| format!("{}: {error}", cache.display());

    fs::create_dir_all(cache).map_err(said)?;
    let bundle = cache.join(format!("{:016x}", hash_files(sources).map_err(said)?));
    // A deleted cache must be filled again even though no source has changed.
    println!("cargo::rerun-if-changed={}", bundle.join(INDEX).display());

    // One build at a time: a second profile waits here and then finds the work done.
    let lock = File::create(cache.join("lock")).map_err(said)?;
    lock.lock().map_err(said)?;
    if bundle.is_dir() {
        return Ok(bundle);
    }

    let work = cache.join("work");
    remove(&work).map_err(said)?;
    fs::create_dir(&work).map_err(said)?;
    for path in sources {
        let name = path.file_name().expect("a listed file has a name");
        // Read and write, not copy: a copy of a read-only file would be read-only too.
        fs::write(work.join(name), fs::read(path).map_err(said)?).map_err(said)?;
    }
    let built = npm(&work, &["ci", "--include=dev", "--ignore-scripts", "--engine-strict"])
        .and_then(|()| npm(&work, &["run", "build"]))
        .and_then(|()| date_back(&work.join("dist").join(INDEX), sources).map_err(said))
        .and_then(|()| fs::rename(work.join("dist"), &bundle).map_err(said));
    remove(&work).map_err(said)?;
    built.map(|()| bundle)
}

/// Cargo compares a watched file with the moment this script was started: one written by the script
/// itself would count as changed, and the next build would compile the server a second time.
fn date_back(file: &Path, sources: &[PathBuf]) -> io::Result<()> {
    let mut newest = SystemTime::UNIX_EPOCH;
    for source in sources {
        newest = newest.max(fs::metadata(source)?.modified()?);
    }
    File::options().write(true).open(file)?.set_modified(newest)
}

fn npm(directory: &Path, arguments: &[&str]) -> Result<(), String> {
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let output = Command::new(program)
        .args(arguments)
        .args(["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"])
        // npm's defaults keep an offline build waiting for minutes.
        .args(["--fetch-retries=1", "--fetch-timeout=60000"])
        .current_dir(directory)
        .env("NODE_ENV", "production")
        .env("NO_COLOR", "1")
        .output()
        .map_err(|error| format!("{program} cannot be started: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    let complaint: String = complaint.lines().take(4).collect::<Vec<_>>().join("\n");
    Err(format!(
        "`npm {}` failed, {}: {complaint}",
        arguments.join(" "),
        output.status
    ))
}

/// The page's own files: what lies flat in the folder, so not what npm may have put there.
fn sources() -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(PAGE)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

/// Where Cargo keeps all profiles' products: it marks that folder as a cache.
fn target_dir(out_dir: &Path) -> &Path {
    let mut ancestors = out_dir.ancestors();
    ancestors
        .find(|path| path.join("CACHEDIR.TAG").is_file())
        .unwrap_or(out_dir)
}

/// One `Asset` for each file of the bundle, sorted by path.
fn table(bundle: Option<&Path>) -> io::Result<String> {
    let mut files = Vec::new();
    if let Some(bundle) = bundle {
        list(bundle, &mut files)?;
    }
    files.retain(|path| !matches!(extension(path), "br" | "gz"));
    files.sort();

    let mut table = String::from("static ASSETS: &[Asset] = &[\n");
    for file in &files {
        let bundle = bundle.expect("files were listed in it");
        let path = file.strip_prefix(bundle).expect("files were listed in it");
        // Only what vite puts below assets/ has a hash of its content in its name.
        let immutable = path.starts_with("assets");
        let path = path.to_str().expect("vite writes ASCII names").replace('\\', "/");
        let raw = if fs::metadata(file)?.len() <= SMALL {
            format!("Some(include_bytes!({file:?}))")
        } else {
            "None".to_owned()
        };
        writeln!(
            table,
            "    Asset {{\n        path: {path:?},\n        content_type: {:?},\n        hash: \"{:016x}\",\n        \
             immutable: {immutable},\n        brotli: include_bytes!({:?}),\n        gzip: include_bytes!({:?}),\n        \
             raw: {raw},\n    }},",
            content_type(extension(file)),
            hash_files(std::slice::from_ref(file))?,
            with_suffix(file, ".br"),
            with_suffix(file, ".gz"),
        )
        .expect("a String takes any text");
    }
    table.push_str("];\n");
    Ok(table)
}

fn list(directory: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            list(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}

fn extension(path: &Path) -> &str {
    path.extension().and_then(OsStr::to_str).unwrap_or_default()
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(suffix);
    PathBuf::from(path)
}

fn content_type(extension: &str) -> &'static str {
    match extension {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "md" => "text/markdown; charset=utf-8",
        "svg" => "image/svg+xml",
        "ttf" => "font/ttf",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        other => panic!("the page has a new kind of file: .{other}"),
    }
}

/// FNV-1a over names and contents. std's hasher may change with the toolchain; this tells versions
/// of trusted files apart and needs no more.
fn hash_files(files: &[PathBuf]) -> io::Result<u64> {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    let mut add = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for file in files {
        let content = fs::read(file)?;
        add(file.file_name().unwrap_or_default().as_encoded_bytes());
        add(&content.len().to_le_bytes());
        add(&content);
    }
    Ok(hash)
}

fn remove(directory: &Path) -> io::Result<()> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
