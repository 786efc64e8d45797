//! The PostgreSQL that tests use: the server that `TEST_DATABASE_URL` names, else one started from installed programs.
//!
//! A started server belongs to a small shell that waits on a pipe from this process: when the process ends, in whatever
//! way, the pipe closes, and the shell stops the server and removes its directory.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

use url::Url;

use super::{find_program, ignore};

static SERVER: LazyLock<Mutex<Server>> = LazyLock::new(|| Mutex::new(Server::Idle));

enum Server {
    Idle,
    Named(Url),
    Started { url: Url, keeper: Child },
}

/// Whether a test can have a PostgreSQL database. Starts nothing.
pub fn is_available() -> bool {
    named().is_some() || programs().is_some()
}

/// A server's URL, with a database from which others can be created.
pub fn server() -> Url {
    let mut server = SERVER.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if matches!(*server, Server::Idle) {
        *server = match named() {
            Some(url) => Server::Named(url),
            None => start(),
        };
    }
    match &*server {
        Server::Named(url) | Server::Started { url, .. } => url.clone(),
        Server::Idle => unreachable!("it was started above"),
    }
}

/// Stops a server that was started here and waits until it is gone.
pub fn stop() {
    let mut server = SERVER.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Server::Started { mut keeper, .. } = std::mem::replace(&mut *server, Server::Idle) {
        drop(keeper.stdin.take());
        keeper.wait().expect("the server's keeper ends");
    }
}

fn named() -> Option<Url> {
    let url = std::env::var("TEST_DATABASE_URL").ok().filter(|url| !url.is_empty())?;
    Some(Url::parse(&url).expect("TEST_DATABASE_URL is a URL"))
}

/// The directory with initdb and postgres; the newest where there are several.
fn programs() -> Option<PathBuf> {
    let packaged = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut packaged: Vec<PathBuf> = packaged.map(|entry| entry.path().join("bin")).collect();
    packaged.sort_by_key(|path| version(path));
    let on_path = find_program("initdb").and_then(|file| fs::canonicalize(file).ok());
    let on_path = on_path.and_then(|file| file.parent().map(Path::to_owned));
    let whole = |directory: &PathBuf| directory.join("initdb").is_file() && directory.join("postgres").is_file();
    packaged.into_iter().rev().chain(on_path).find(whole)
}

fn version(directory: &Path) -> u32 {
    let parent = directory.parent().and_then(Path::file_name);
    parent.and_then(|name| name.to_str()?.parse().ok()).unwrap_or(0)
}

fn start() -> Server {
    let cluster = Cluster::make();
    let keeper = cluster.keep();
    let url = cluster.url();
    Server::Started { url, keeper }
}

/// A server of a test's own, which can be stopped and started.
pub struct OwnServer {
    cluster: Cluster,
    /// One for each start.
    keepers: Vec<Child>,
}

impl OwnServer {
    pub fn start() -> Self {
        if programs().is_none() {
            ignore("no server binaries of PostgreSQL are installed".to_owned());
        }
        let cluster = Cluster::make();
        let keepers = vec![cluster.keep()];
        Self { cluster, keepers }
    }

    pub fn url(&self) -> Url {
        self.cluster.url()
    }

    /// `INT`: it ends its clients' connections and itself; `QUIT`: at once, without a checkpoint.
    pub fn stop(&self, signal: &str) {
        let file = self.cluster.home.join("data/postmaster.pid");
        let text = fs::read_to_string(&file).expect("the server runs");
        let process = text.lines().next().expect("its first line is the process");
        let killed = Command::new("kill").args([&format!("-{signal}"), process]).status();
        assert!(killed.expect("kill runs").success());
        while file.exists() && TcpStream::connect(("127.0.0.1", self.cluster.port)).is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn start_again(&mut self) {
        self.keepers.push(self.cluster.keep());
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        for mut keeper in self.keepers.drain(..).rev() {
            drop(keeper.stdin.take());
            // What it keeps ends either way.
            let _ = keeper.wait();
        }
    }
}

/// What a server is started with.
struct Cluster {
    programs: PathBuf,
    home: PathBuf,
    port: u16,
    user: Option<(u32, u32)>,
}

impl Cluster {
    fn make() -> Self {
        let programs = programs().expect("PostgreSQL is installed: is_available said so");
        let home = tempfile::Builder::new().prefix("leadgraph-postgres-").tempdir();
        // The keeper removes it, also when this process is killed.
        let home = home.expect("a temporary directory").keep();
        let user = unprivileged();
        if let Some((uid, gid)) = user {
            chown(&home, Some(uid), Some(gid)).expect("the server's user owns its directory");
        }
        fs::set_permissions(&home, fs::Permissions::from_mode(0o700)).expect("the directory is private");
        initialise(&programs, &home, user);
        Self {
            programs,
            home,
            port: free_port(),
            user,
        }
    }

    fn url(&self) -> Url {
        Url::parse(&format!("postgres://leadgraph@127.0.0.1:{}/postgres", self.port)).expect("a URL")
    }

    /// Starts the server, and returns when it listens.
    fn keep(&self) -> Child {
        let keeper = keep(&self.programs, &self.home, self.port, self.user);
        wait_until_it_listens(self.port, &self.home);
        keeper
    }
}

fn initialise(programs: &Path, home: &Path, user: Option<(u32, u32)>) {
    let mut initdb = command(&programs.join("initdb"), home, user);
    initdb.args([
        "--no-sync",
        "--auth=trust",
        "--username=leadgraph",
        "--encoding=UTF8",
        "--locale=C",
        "-D",
    ]);
    let output = initdb.arg(home.join("data")).output().expect("initdb runs");
    assert!(
        output.status.success(),
        "initdb: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn keep(programs: &Path, home: &Path, port: u16, user: Option<(u32, u32)>) -> Child {
    const KEEPER: &str = r#"
        "$1/postgres" -D "$2/data" -p "$3" -k "$2" -c listen_addresses=127.0.0.1 -c fsync=off \
            -c synchronous_commit=on -c full_page_writes=off -c max_connections=300 -c shared_buffers=64MB \
            -c autovacuum_naptime=10s -c timezone=Asia/Kathmandu >"$2/log" 2>&1 </dev/null &
        server=$!
        trap '' INT TERM HUP
        cat >/dev/null
        kill -QUIT "$server"
        wait "$server"
        rm -rf "$2"
    "#;
    let mut shell = command(Path::new("/bin/sh"), home, user);
    shell
        .args(["-c", KEEPER, "keeper"])
        .arg(programs)
        .arg(home)
        .arg(port.to_string());
    // A Ctrl-C for the tests must not reach the server before its keeper.
    shell
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    shell.spawn().expect("a shell runs")
}

fn command(program: &Path, home: &Path, user: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(home).env("LC_ALL", "C");
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command
}

/// PostgreSQL refuses to run as root. Whom to run it as, if that is who we are.
fn unprivileged() -> Option<(u32, u32)> {
    let we_are_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    if !we_are_root {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").expect("a list of users");
    let find = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut numbers = line.split(':').skip(2);
        Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
    };
    find("postgres").or_else(|| find("nobody"))
}

/// A port that nobody listens on now. It is below those that the system gives to connections, so that none takes it
/// before its server does.
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let first = std::process::id().wrapping_mul(97);
    for _ in 0..PORTS.len() {
        let nth = first.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = PORTS.start + u16::try_from(nth % PORTS.len() as u32).expect("it is one of them");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("all ports are taken");
}

const PORTS: std::ops::Range<u16> = 12_000..32_000;

fn wait_until_it_listens(port: u16, home: &Path) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        let log = || fs::read_to_string(home.join("log")).unwrap_or_default();
        assert!(Instant::now() < deadline, "PostgreSQL does not start: {}", log());
        std::thread::sleep(Duration::from_millis(50));
    }
}
