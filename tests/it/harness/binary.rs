//! The real binary as a process: for what only a process can show, such as being killed.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::app::client;
use super::{Answer, TestDatabase, postgres};

pub const SECRET: &str = "a secret that is long enough for tests";

/// A running `leadgraph serve`. Killed when dropped.
pub struct Binary {
    process: Child,
    pub port: u16,
    client: reqwest::Client,
    /// All it has printed so far.
    log: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

/// `leadgraph` with arguments, its settings taken from nowhere but these.
pub fn command(database: &TestDatabase, arguments: &[&str]) -> Command {
    let mut command = bare_command(arguments);
    command
        .env("DATABASE_URL", database.url())
        .env("LEADGRAPH_SECRET", SECRET);
    command
}

/// [`command`] without a database.
pub fn bare_command(arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("LEADGRAPH_") {
            command.env_remove(name);
        }
    }
    command.env_remove("DATABASE_URL").args(arguments);
    // Many servers run side by side.
    command.env("LEADGRAPH_METRICS_LISTEN", "off");
    // What a killed process leaves behind goes with the run.
    command.env("TMPDIR", super::scratch());
    command
}

/// The binary under test: the one of this build, unless another is named.
fn program() -> OsString {
    std::env::var_os("LEADGRAPH_TEST_BINARY").unwrap_or_else(|| env!("CARGO_BIN_EXE_leadgraph").into())
}

pub fn output(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().expect("the binary runs")
}

/// The JSON that a command prints, which must succeed.
pub fn json_of(command: &mut Command) -> Value {
    let output = output(command);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let text = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

impl Binary {
    pub async fn serve(database: &TestDatabase) -> Self {
        Self::start(command(database, &["serve"])).await
    }

    /// Runs a command that serves, on a free port, and waits until it answers.
    pub async fn start(mut command: Command) -> Self {
        let port = postgres::free_port();
        command.args(["--listen", &format!("127.0.0.1:{port}")]);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut process = command.spawn().expect("the binary starts");
        let log = Arc::new(Mutex::new(String::new()));
        // Both are read to their end, so that the server never waits for us.
        let readers = vec![
            gather(process.stdout.take().unwrap(), &log),
            gather(process.stderr.take().unwrap(), &log),
        ];
        let mut binary = Self {
            process,
            port,
            client: client(),
            log,
            readers,
        };
        binary.wait_until_ready().await;
        binary
    }

    async fn wait_until_ready(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            if let Ok(answer) = self.client.get(self.url("/readyz")).send().await
                && answer.status().is_success()
            {
                return;
            }
            assert!(self.is_alive(), "the server ended before it was ready");
            assert!(Instant::now() < deadline, "the server is not ready in time");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub fn client(&self) -> &reqwest::Client {
        &self.client
    }

    pub async fn post(&self, path: &str, header: (&str, &str), body: &Value) -> Answer {
        let request = self.client.post(self.url(path)).header(header.0, header.1);
        Answer::of(request.json(body).send().await.unwrap()).await
    }

    pub fn is_alive(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Asks it to stop, as a service manager does.
    pub fn terminate(&self) {
        let signalled = Command::new("kill")
            .args(["-TERM", &self.process.id().to_string()])
            .status();
        assert!(signalled.unwrap().success());
    }

    /// How long it has been working so far, in hundredths of a second.
    pub fn work(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap();
        // Behind the name, which may hold anything, in parentheses.
        let (_, fields) = stat.rsplit_once(") ").unwrap();
        let fields: Vec<&str> = fields.split(' ').collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    }

    /// Bytes of memory that it has.
    pub fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
        kilobytes * 1024
    }

    /// Time that its threads have spent on a processor.
    pub fn cpu(&self) -> Duration {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.process.id())).unwrap();
        let spent = threads.filter_map(|thread| {
            // A thread may end while this is read.
            let text = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
            text.split_whitespace().next()?.parse::<u64>().ok()
        });
        Duration::from_nanos(spent.sum())
    }

    /// Files and connections that it has open.
    pub fn open_files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.process.id()))
            .unwrap()
            .count()
    }

    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// How it ended, and all that it said.
    pub fn wait(mut self) -> (ExitStatus, String) {
        let status = self.process.wait().unwrap();
        for reader in std::mem::take(&mut self.readers) {
            reader.join().unwrap();
        }
        (status, self.log())
    }

    /// Waits for its end, before which nothing had to be cut off.
    pub fn ends_by_itself(self) {
        let (status, log) = self.wait();
        assert!(status.success(), "{status}: {log}");
        assert!(log.contains("stopped") && !log.contains("cut off"), "{log}");
    }
}

impl Drop for Binary {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn gather(stream: impl Read + Send + 'static, into: &Arc<Mutex<String>>) -> JoinHandle<()> {
    let into = Arc::clone(into);
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let mut log = into.lock().unwrap();
            log.push_str(&line);
            log.push('\n');
        }
    })
}

/// A file in a directory of its own.
pub fn scratch_file(name: &str) -> PathBuf {
    let directory = tempfile::tempdir_in(super::scratch()).unwrap().keep();
    directory.join(name)
}
