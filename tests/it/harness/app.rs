//! [`TestApp`]: the application on a real port, with one workspace in it, spoken to over HTTP.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use leadgraph::app::App;
use leadgraph::auth::Authenticator;
use leadgraph::config::Config;
use leadgraph::domain::op::Op;
use leadgraph::domain::{Services, outbox};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use sea_orm::JsonValue;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::{Answer, Backend, Subject, TestDatabase, Workspace};

pub struct TestApp {
    pub db: TestDatabase,
    /// The workspace that doors enter unless they are given another one's credentials.
    pub home: Workspace,
    pub address: SocketAddr,
    app: Arc<App>,
    client: reqwest::Client,
    /// Dropping it shuts the server down.
    _shutdown: oneshot::Sender<()>,
}

impl Subject for TestApp {
    async fn set_up(backend: Backend) -> Self {
        Self::with(backend, |_| {}).await
    }
}

impl TestApp {
    /// With settings of its own.
    pub async fn with(backend: Backend, change: impl FnOnce(&mut Config)) -> Self {
        let db = TestDatabase::set_up(backend).await;
        let mut config = Config::for_tests(db.target());
        change(&mut config);
        let app = App::build(config).await.expect("the application starts");
        let app = Arc::new(app);
        let Instance { address, shutdown } = serve(&app).await;
        let home = Workspace::create(app.services(), app.auth(), "Acme").await;
        Self {
            db,
            home,
            address,
            app,
            client: client(),
            _shutdown: shutdown,
        }
    }

    /// Another server on the same database. On `SQLite` nobody tells it what the first one writes: it looks often.
    pub async fn beside(&self) -> Instance {
        self.beside_with(|config| {
            if self.db.backend == Backend::Sqlite {
                config.round = Duration::from_millis(100);
                config.look = Duration::from_millis(100);
            }
        })
        .await
    }

    /// Another server on the same database, with settings of its own.
    pub async fn beside_with(&self, change: impl FnOnce(&mut Config)) -> Instance {
        let mut config = Config::for_tests(self.db.target());
        change(&mut config);
        let app = App::build(config).await.expect("another server starts");
        serve(&Arc::new(app)).await
    }

    /// Waits until the server's own readers of the event log have dealt with all of it.
    pub async fn settled(&self) {
        let system = Op::system(self.services().clone(), "test");
        for _ in 0..2400 {
            let behind = outbox::lags(&system).await.unwrap();
            if behind.iter().all(|reader| reader.events == 0) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the readers of the event log do not come to its end");
    }

    /// Another workspace beside [`Self::home`].
    pub async fn workspace(&self, name: &str) -> Workspace {
        Workspace::create(self.app.services(), self.app.auth(), name).await
    }

    pub fn services(&self) -> &Services {
        self.app.services()
    }

    pub fn authenticator(&self) -> &Authenticator {
        self.app.auth()
    }

    /// SQL statements sent so far, by everyone but the test itself.
    pub fn statements(&self) -> u64 {
        self.services().database().statements()
    }

    pub async fn rows(&self, sql: &str) -> Vec<JsonValue> {
        self.db.rows(sql).await
    }

    pub async fn number(&self, sql: &str) -> i64 {
        self.db.number(sql).await
    }

    /// Waits until so many of `PostgreSQL`'s sessions wait for what others have locked.
    pub async fn waiting_for_locks(&self, count: i64) {
        let waiting =
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while self.number(waiting).await < count {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// GraphQL with the owner's token.
    pub fn as_owner(&self) -> Graphql<'_> {
        self.with_token(&self.home.token)
    }

    pub fn with_token(&self, token: &str) -> Graphql<'_> {
        self.graphql_with("authorization", &format!("Bearer {token}"))
    }

    /// GraphQL with an api key.
    pub fn with_key(&self, key: &str) -> Graphql<'_> {
        self.graphql_with("x-api-key", key)
    }

    pub fn anonymous(&self) -> Graphql<'_> {
        Graphql {
            app: self,
            headers: HeaderMap::new(),
        }
    }

    pub fn graphql_with(&self, name: &str, value: &str) -> Graphql<'_> {
        let mut graphql = self.anonymous();
        graphql
            .headers
            .insert(header_name(name), HeaderValue::from_str(value).unwrap());
        graphql
    }

    /// LeadTrackr's route with home's read and write key.
    pub fn leadtrackr(&self) -> Route<'_> {
        self.route("/api/leads/createServerSideLead")
            .header("x-api-key", &self.home.key)
    }

    /// Another of LeadTrackr's routes with the same key; the path goes on behind `/api/leads/`.
    pub fn leadtrackr_at(&self, path: &str) -> Route<'_> {
        self.route(&format!("/api/leads/{path}"))
            .header("x-api-key", &self.home.key)
    }

    /// Another of JourneyBee's routes with the same key; the path goes on behind `/api/v1/`.
    pub fn journeybee_at(&self, path: &str) -> Route<'_> {
        let bearer = format!("Bearer {}", self.home.key);
        self.route(&format!("/api/v1/{path}")).header("authorization", &bearer)
    }

    /// JourneyBee's route with home's read and write key.
    pub fn journeybee(&self) -> Route<'_> {
        let bearer = format!("Bearer {}", self.home.key);
        self.route("/api/v1/leads").header("authorization", &bearer)
    }

    /// A path without credentials.
    pub fn route(&self, path: &str) -> Route<'_> {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        Route {
            app: self,
            path: path.to_owned(),
            headers,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.client.get(self.url(path)).send().await.unwrap()).await
    }
}

/// A server that runs; dropping it shuts it down.
pub struct Instance {
    pub address: SocketAddr,
    pub shutdown: oneshot::Sender<()>,
}

async fn serve(app: &Arc<App>) -> Instance {
    let served = Arc::clone(app);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (shutdown, stop) = oneshot::channel::<()>();
    tokio::spawn(async move {
        let until = async {
            // The sender is never used, only dropped.
            let _ = stop.await;
        };
        served.serve(listener, until).await
    });
    Instance { address, shutdown }
}

/// A client that talks to nobody but the server.
pub fn client() -> reqwest::Client {
    let builder = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none());
    builder.build().expect("a client is made")
}

pub struct Graphql<'a> {
    app: &'a TestApp,
    headers: HeaderMap,
}

impl Graphql<'_> {
    /// Sets a header, in place of one with that name.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers
            .insert(header_name(name), HeaderValue::from_bytes(value.as_bytes()).unwrap());
        self
    }

    pub async fn graphql(&self, query: &str, variables: Value) -> Answer {
        self.post(json!({"query": query, "variables": variables})).await
    }

    /// [`Self::graphql`] for what must succeed: the answer's `data`.
    pub async fn data(&self, query: &str, variables: Value) -> Value {
        self.graphql(query, variables).await.data()
    }

    pub async fn post(&self, body: Value) -> Answer {
        let request = self
            .app
            .client
            .post(self.app.url("/graphql"))
            .headers(self.headers.clone());
        Answer::of(request.json(&body).send().await.unwrap()).await
    }
}

/// One of the REST routes.
#[derive(Clone)]
pub struct Route<'a> {
    app: &'a TestApp,
    path: String,
    headers: HeaderMap,
}

impl Route<'_> {
    /// Sets a header, in place of one with that name.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers
            .insert(header_name(name), HeaderValue::from_bytes(value.as_bytes()).unwrap());
        self
    }

    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    #[must_use]
    pub fn key(self, key: &str) -> Self {
        if self.headers.contains_key("authorization") {
            self.header("authorization", &format!("Bearer {key}"))
        } else {
            self.header("x-api-key", key)
        }
    }

    pub async fn post(&self, body: &Value) -> Answer {
        self.post_raw(body.to_string()).await
    }

    pub async fn post_raw(&self, body: impl Into<reqwest::Body>) -> Answer {
        self.send(reqwest::Method::POST, body).await
    }

    pub async fn get(&self) -> Answer {
        self.send(reqwest::Method::GET, "").await
    }

    pub async fn send(&self, method: reqwest::Method, body: impl Into<reqwest::Body>) -> Answer {
        let request = self.app.client.request(method, self.app.url(&self.path));
        Answer::of(request.headers(self.headers.clone()).body(body).send().await.unwrap()).await
    }
}

fn header_name(name: &str) -> HeaderName {
    HeaderName::from_bytes(name.as_bytes()).unwrap()
}
