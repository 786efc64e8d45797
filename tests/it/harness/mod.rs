//! What tests are written with: [`Case`] runs one on both databases; the rest is what it gets to work on.

mod answer;
pub mod app;
pub mod binary;
pub mod database;
pub mod npm;
pub mod postgres;
mod socket;
mod workload;
pub mod workspace;

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use libtest_mimic::{Completion, Failed, Trial};

pub use answer::Answer;
pub use app::TestApp;
pub use binary::Binary;
pub use database::TestDatabase;
pub use socket::Socket;
pub use workload::Workload;
pub use workspace::Workspace;

/// Longer than any test of a small size takes on a busy machine; a hang fails instead of stopping the run.
const LIMIT: Duration = Duration::from_secs(600);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

impl Backend {
    const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// What a test asks for as its argument.
pub trait Subject: Sized {
    fn set_up(backend: Backend) -> impl Future<Output = Self>;
}

/// A registered test.
pub struct Case {
    name: String,
    runs: Vec<Run>,
    /// Programs without which it is reported as ignored.
    needs: &'static [&'static str],
}

struct Run {
    backend: Option<Backend>,
    test: Box<dyn FnOnce() + Send>,
}

/// A test that runs on each database.
pub fn both<S, F, T>(test: F) -> Case
where
    S: Subject,
    F: Fn(S) -> T + Copy + Send + 'static,
    T: Future<Output = ()>,
{
    let run = |backend| Run {
        backend: Some(backend),
        test: Box::new(move || block_on(async { test(S::set_up(backend).await).await })),
    };
    Case {
        name: name_of::<F>(),
        runs: Backend::ALL.into_iter().map(run).collect(),
        needs: &[],
    }
}

/// [`both`], for what only PostgreSQL has.
pub fn on_postgres<S, F, T>(test: F) -> Case
where
    S: Subject,
    F: Fn(S) -> T + Copy + Send + 'static,
    T: Future<Output = ()>,
{
    let mut case = both(test);
    case.runs.retain(|run| run.backend == Some(Backend::Postgres));
    case
}

/// [`once`], for what starts a PostgreSQL of its own.
pub fn on_postgres_alone<F, T>(test: F) -> Case
where
    F: Fn() -> T + Copy + Send + 'static,
    T: Future<Output = ()>,
{
    let mut case = once(test);
    for run in &mut case.runs {
        run.backend = Some(Backend::Postgres);
    }
    case
}

/// A test that needs no database, or brings its own.
pub fn once<F, T>(test: F) -> Case
where
    F: Fn() -> T + Copy + Send + 'static,
    T: Future<Output = ()>,
{
    let run = Run {
        backend: None,
        test: Box::new(move || block_on(test())),
    };
    Case {
        name: name_of::<F>(),
        runs: vec![run],
        needs: &[],
    }
}

impl Case {
    #[must_use]
    pub fn needs(mut self, programs: &'static [&'static str]) -> Self {
        self.needs = programs;
        self
    }

    pub fn into_trials(self) -> Vec<Trial> {
        let Self { name, runs, needs } = self;
        let lacking = needs.iter().any(|program| find_program(program).is_none());
        let trial = |Run { backend, test }: Run| {
            let name = match backend {
                Some(backend) => format!("{}::{name}", backend.name()),
                None => name.clone(),
            };
            let ignored = lacking || (backend == Some(Backend::Postgres) && !postgres::is_available());
            Trial::ignorable_test(name, move || completion(test)).with_ignored_flag(ignored)
        };
        runs.into_iter().map(trial).collect()
    }
}

/// Why a running test can show nothing here.
struct Lacking(String);

/// Ends a running test as ignored: something outside of this machine that it needs is not there.
pub fn ignore(reason: String) -> ! {
    resume_unwind(Box::new(Lacking(reason)))
}

fn completion(test: Box<dyn FnOnce() + Send>) -> Result<Completion, Failed> {
    match catch_unwind(AssertUnwindSafe(test)) {
        Ok(()) => Ok(Completion::Completed),
        Err(payload) => match payload.downcast::<Lacking>() {
            Ok(lacking) => Ok(Completion::ignored_with(lacking.0)),
            Err(panic) => resume_unwind(panic),
        },
    }
}

/// `module::test`, of a function item.
fn name_of<F>() -> String {
    let path = std::any::type_name::<F>();
    path.split_once("::").map_or(path, |(_, rest)| rest).to_owned()
}

fn block_on<T: Future<Output = ()>>(test: T) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        // As the program's own, see main.rs.
        .thread_stack_size(16 * 1024 * 1024)
        .build()
        .expect("a runtime starts");
    let limit = if heavy() { 6 * LIMIT } else { LIMIT };
    let finished = runtime.block_on(async { tokio::time::timeout(limit, test).await });
    runtime.shutdown_timeout(Duration::from_secs(5));
    finished.expect("the test finishes in time");
}

/// Where a program is, if it is installed.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|directory| directory.join(name))
        .find(|file| file.is_file())
}

/// A directory for the files of this run.
pub fn scratch() -> &'static Path {
    static SCRATCH: LazyLock<PathBuf> = LazyLock::new(|| {
        let directory = tempfile::Builder::new().prefix("leadgraph-tests-").tempdir();
        directory.expect("a temporary directory").keep()
    });
    &SCRATCH
}

/// After the last test: leaves nothing behind.
pub fn finish() {
    database::finish();
    postgres::stop();
    if let Err(error) = std::fs::remove_dir_all(scratch()) {
        eprintln!("{} was left behind: {error}", scratch().display());
    }
}

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Whether the heavy sizes are asked for, as `.ci/run full` does.
pub fn heavy() -> bool {
    std::env::var_os("LEADGRAPH_TEST_HEAVY").is_some()
}
