//! A database that is away gets every caller a clear answer in the dialect of their door, and is used again when it is
//! back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use leadgraph::domain::database::DatabaseTarget;
use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use url::Url;

use crate::harness::{Answer, Backend, Case, TestApp, TestDatabase, on_postgres, once};
use crate::journeybee::campaign;

pub fn cases() -> Vec<Case> {
    vec![
        on_postgres(a_database_that_is_away_is_said_to_be_and_is_used_again),
        once(a_sqlite_file_that_somebody_else_holds_is_waited_for_and_then_said_to_be_away),
    ]
}

/// Stands between the server and PostgreSQL, and can be cut.
pub struct Wire {
    pub port: u16,
    up: watch::Sender<bool>,
    running: Arc<AtomicBool>,
}

impl Wire {
    pub async fn to(url: &Url) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let target = (url.host_str().unwrap().to_owned(), url.port().unwrap_or(5432));
        let (up, state) = watch::channel(true);
        let running = Arc::new(AtomicBool::new(true));
        let runs = Arc::clone(&running);
        tokio::spawn(async move {
            while runs.load(Ordering::Relaxed) {
                let Ok((client, _)) = listener.accept().await else {
                    return;
                };
                tokio::spawn(carry(client, target.clone(), state.clone()));
            }
        });
        Self { port, up, running }
    }

    pub fn cut(&self) {
        self.up.send_replace(false);
    }

    pub fn mend(&self) {
        self.up.send_replace(true);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.running.store(false, Ordering::Relaxed);
    }
}

async fn carry(mut client: TcpStream, target: (String, u16), mut up: watch::Receiver<bool>) {
    if !*up.borrow() {
        return;
    }
    let Ok(mut server) = TcpStream::connect(target).await else {
        return;
    };
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
        _ = up.wait_for(|up| !up) => {}
    }
}

async fn a_database_that_is_away_is_said_to_be_and_is_used_again(db: TestDatabase) {
    let mut url = Url::parse(&db.url()).unwrap();
    let wire = Wire::to(&url).await;
    url.set_host(Some("127.0.0.1")).unwrap();
    url.set_port(Some(wire.port)).unwrap();
    let app = TestApp::with(Backend::Postgres, |config| {
        config.database.acquire_timeout = Duration::from_secs(1);
        config.database.target = DatabaseTarget::Postgres(url.to_string());
    })
    .await;
    let spring = app.home.campaign("Spring").await.id;
    works(&app, spring).await;
    for _ in 0..2 {
        wire.cut();
        for _ in 0..2 {
            is_away(&app, spring).await;
        }
        assert_eq!(app.get("/healthz").await.status, 200);
        wire.mend();
        tokio::time::sleep(Duration::from_millis(200)).await;
        works(&app, spring).await;
    }
}

async fn works(app: &TestApp, campaign_id: i64) {
    app.leadtrackr().post(&form(app)).await.expect(201);
    app.journeybee()
        .post(&campaign(campaign_id, json!({})))
        .await
        .expect(201);
    app.as_owner().data("{ leads { nodes { id } } }", json!({})).await;
    app.get("/readyz").await.expect(200);
}

fn form(app: &TestApp) -> serde_json::Value {
    json!({"projectId": app.home.project.public_id, "userData": {"firstName": "Ada"}})
}

async fn is_away(app: &TestApp, campaign_id: i64) {
    let started = Instant::now();
    let answer = app.leadtrackr().post(&form(app)).await.expect(503);
    assert_eq!(answer.json()["message"], "Service unavailable");
    tells_nothing(&answer);
    let answer = app
        .journeybee()
        .post(&campaign(campaign_id, json!({})))
        .await
        .expect(503);
    assert_eq!(answer.json()["error"], "Service unavailable");
    tells_nothing(&answer);
    let answer = app.as_owner().graphql("{ leads { nodes { id } } }", json!({})).await;
    assert_eq!(answer.code(), "UNAVAILABLE", "{}", answer.text);
    tells_nothing(&answer);
    app.get("/readyz").await.expect(503);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

fn tells_nothing(answer: &Answer) {
    let text = answer.text.to_lowercase();
    for word in [
        "sql",
        "pool",
        "connection",
        "postgres",
        "timed out",
        "os error",
        "locked",
    ] {
        assert!(!text.contains(word), "{}", answer.text);
    }
}

async fn a_sqlite_file_that_somebody_else_holds_is_waited_for_and_then_said_to_be_away() {
    let app = TestApp::with(Backend::Sqlite, |_| {}).await;
    app.leadtrackr().post(&form(&app)).await.expect(201);
    let hold = app.db.connection().begin().await.unwrap();
    hold.execute_unprepared("UPDATE projects SET name = name")
        .await
        .unwrap();
    // Reading goes on; writing waits, and is told so in the end.
    app.as_owner().data("{ leads { nodes { id } } }", json!({})).await;
    let answer = app.leadtrackr().post(&form(&app)).await.expect(503);
    assert_eq!(answer.json()["message"], "Service unavailable");
    tells_nothing(&answer);
    hold.rollback().await.unwrap();
    app.leadtrackr().post(&form(&app)).await.expect(201);
    assert_eq!(app.number("SELECT count(*) FROM leads").await, 2);
}
