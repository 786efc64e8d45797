//! The small slices of the domain, called as the doors call them: catalogues, access, partnerships.

mod access;
mod api_keys;
mod catalogues;
mod partnerships;

use std::time::Duration;

use chrono::Utc;
use leadgraph::domain::caller::{Caller, Door, Principal, Scope, Scopes};
use leadgraph::domain::database::{Database, DatabaseOptions};
use leadgraph::domain::error::{Conflict, Error, PathSegment, ProblemCode};
use leadgraph::domain::op::{Op, System};
use leadgraph::domain::users::{NewUser, Role, User};
use leadgraph::domain::workspaces::{DedupePolicy, NewWorkspace, Workspace};
use leadgraph::domain::{Clock, Services, Settings, users, workspaces};

use crate::harness::{Backend, Case, Subject, TestDatabase};

pub fn cases() -> Vec<Case> {
    [
        access::cases(),
        api_keys::cases(),
        catalogues::cases(),
        partnerships::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Two workspaces that know nothing of each other.
pub struct Ground {
    database: TestDatabase,
    services: Services,
    ours: Workspace,
    theirs: Workspace,
}

impl Subject for Ground {
    async fn set_up(backend: Backend) -> Self {
        let database = TestDatabase::set_up(backend).await;
        let options = DatabaseOptions {
            target: database.target(),
            connections: 4,
            acquire_timeout: Duration::from_secs(30),
        };
        let services = Services::new(Database::connect(&options).await.unwrap(), Settings::default());
        // PostgreSQL keeps microseconds, and a test compares what it wrote with what it reads.
        let services = services.with_clock(Clock::Fixed(Utc::now()));
        let system = Op::system(services.clone(), "test");
        Self {
            ours: workspace(&system, "Ours").await,
            theirs: workspace(&system, "Theirs").await,
            database,
            services,
        }
    }
}

async fn workspace(system: &System, name: &str) -> Workspace {
    let new = NewWorkspace {
        name: name.into(),
        dedupe_policy: DedupePolicy::Email,
        enforce_required_fields: true,
    };
    workspaces::create(system, new).await.unwrap()
}

impl Ground {
    fn system(&self) -> System {
        Op::system(self.services.clone(), "test")
    }

    /// The server's own operation in our workspace: may do everything.
    fn here(&self) -> Op {
        self.system().within(self.ours.id)
    }

    fn there(&self) -> Op {
        self.system().within(self.theirs.id)
    }

    /// A person of our workspace.
    async fn user(&self, email: &str, role: Role) -> User {
        users::create(&self.here(), new_user(email, role)).await.unwrap()
    }

    fn acting(&self, user: &User) -> Op {
        let caller = Caller {
            workspace_id: user.workspace_id,
            principal: Principal::User {
                id: user.id,
                uuid: user.uuid,
            },
            scopes: Scopes::from(user.role),
            project_id: None,
        };
        Op::new(self.services.clone(), caller, Door::Graphql)
    }

    /// Someone in our workspace with just these scopes.
    fn with_scopes(&self, scopes: Scopes, project_id: Option<i64>) -> Op {
        let caller = Caller {
            workspace_id: self.ours.id,
            principal: Principal::System("test"),
            scopes,
            project_id,
        };
        Op::new(self.services.clone(), caller, Door::Graphql)
    }

    /// How many events of one kind a workspace has.
    async fn events(&self, workspace: &Workspace, kind: &str) -> i64 {
        let sql = format!(
            "SELECT count(*) FROM events WHERE workspace_id = {} AND event_type = '{kind}'",
            workspace.id
        );
        self.database.number(&sql).await
    }
}

fn new_user(email: &str, role: Role) -> NewUser {
    NewUser {
        email: email.into(),
        first_name: None,
        last_name: None,
        role,
        external_subject: None,
    }
}

fn path(names: &[&'static str]) -> Vec<PathSegment> {
    names.iter().map(|&name| name.into()).collect()
}

fn forbidden<T: std::fmt::Debug>(result: Result<T, Error>) -> Scope {
    match result {
        Err(Error::Forbidden(scope)) => scope,
        other => panic!("{other:?}"),
    }
}

/// Where the value is that another row has.
fn taken<T: std::fmt::Debug>(result: Result<T, Error>) -> Vec<PathSegment> {
    match result {
        Err(Error::Conflict(Conflict::Taken(problem))) => problem.path,
        other => panic!("{other:?}"),
    }
}

fn not_found<T: std::fmt::Debug>(result: Result<T, Error>) -> Vec<PathSegment> {
    match result {
        Err(Error::NotFound(problem)) => problem.path,
        Err(Error::Invalid(problems)) if problems[0].code == ProblemCode::NotFound => problems[0].path.clone(),
        other => panic!("{other:?}"),
    }
}

fn problems<T: std::fmt::Debug>(result: Result<T, Error>) -> Vec<(ProblemCode, Vec<PathSegment>)> {
    match result {
        Err(Error::Invalid(problems)) => problems.into_iter().map(|p| (p.code, p.path)).collect(),
        other => panic!("{other:?}"),
    }
}

fn only<T: std::fmt::Debug>(mut rows: Vec<T>) -> T {
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows.remove(0)
}
