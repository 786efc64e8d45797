//! Who is told of what, and who is not.

use std::time::Duration;

use leadgraph::config::Config;
use leadgraph::domain::caller::{Role, Scopes};
use leadgraph::domain::users::{self, Standing, User};
use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::{Value, json};

use super::listener::{Listener, Way};
use super::{end, lead_id, text, web_lead};
use crate::harness::workspace::api_key;
use crate::harness::{Backend, Case, Subject, TestApp, both};
use crate::journeybee::{reference, referred};

pub fn cases() -> Vec<Case> {
    vec![
        both(who_gets_a_lead_to_work_on_is_told),
        both(who_is_mentioned_is_told),
        both(whom_a_partner_names_is_told),
        both(everybody_reads_and_marks_their_own),
        both(they_arrive_while_somebody_listens),
        both(each_event_is_told_once_by_however_many_servers),
        both(however_many_are_told_of_however_much),
        both(a_place_behind_the_end_is_refused),
    ]
}

fn token(app: &TestApp, user: &User) -> String {
    app.authenticator()
        .issue_token(user, &app.home.row, chrono::Duration::hours(1))
}

const LIST: &str =
    "query($unread: Boolean! = false) { viewer { unreadNotificationCount notifications(unreadOnly: $unread) {
    totalCount nodes { id kind readAt lead { id } } } } }";

async fn told(app: &TestApp, token: &str) -> Vec<(String, String)> {
    app.settled().await;
    let data = app.with_token(token).data(LIST, json!({})).await;
    let nodes = data["viewer"]["notifications"]["nodes"].as_array().unwrap();
    nodes
        .iter()
        .map(|node| (text(&node["kind"]), text(&node["lead"]["id"])))
        .collect()
}

async fn assign(app: &TestApp, token: &str, lead: &str, users: &[&User]) {
    let query = "query($lead: ID!) { lead(by: {id: $lead}) { version } users { nodes { id uuid } } }";
    let data = app.as_owner().data(query, json!({"lead": lead})).await;
    let nodes = data["users"]["nodes"].as_array().unwrap();
    let id = |user: &&User| nodes.iter().find(|node| node["uuid"] == user.uuid.to_string()).unwrap()["id"].clone();
    let input = json!({"leadId": lead, "expectedVersion": data["lead"]["version"],
        "userIds": users.iter().map(id).collect::<Vec<_>>()});
    let assign = "mutation($input: AssignLeadInput!) { assignLead(input: $input) { userErrors { message } } }";
    let data = app.with_token(token).data(assign, json!({"input": input})).await;
    assert_eq!(data["assignLead"]["userErrors"], json!([]));
}

async fn note(app: &TestApp, token: &str, lead: &str, body: &str) -> Value {
    let query = "mutation($lead: ID!, $text: String!) { addLeadNote(input: {leadId: $lead, text: $text}) { note { id version } } }";
    let data = app
        .with_token(token)
        .data(query, json!({"lead": lead, "text": body}))
        .await;
    data["addLeadNote"]["note"].clone()
}

async fn who_gets_a_lead_to_work_on_is_told(app: TestApp) {
    let (ada, bob) = (
        app.home.user("ada@acme.test", Role::Member).await,
        app.home.user("bob@acme.test", Role::Member).await,
    );
    let (of_ada, of_bob) = (token(&app, &ada), token(&app, &bob));
    let lead = lead_id(&app, web_lead(&app, "Lead").await).await;
    // Ada takes it herself, and gives it to Bob, who has it already the second time.
    assign(&app, &of_ada, &lead, &[&ada, &bob]).await;
    assign(&app, &app.home.token, &lead, &[&ada, &bob]).await;
    assert_eq!(told(&app, &of_ada).await, []);
    assert_eq!(told(&app, &of_bob).await, [("LEAD_ASSIGNED".to_owned(), lead.clone())]);
    assert_eq!(told(&app, &app.home.token).await, []);
}

async fn who_is_mentioned_is_told(app: TestApp) {
    let (ada, bob) = (
        app.home.user("Ada@Acme.test", Role::Member).await,
        app.home.user("bob@acme.test", Role::Member).await,
    );
    let gone = app.home.user("gone@acme.test", Role::Member).await;
    users::set_disabled(&app.home.op(), gone.uuid, Standing::Disabled)
        .await
        .unwrap();
    let (of_ada, of_bob) = (token(&app, &ada), token(&app, &bob));
    let lead = lead_id(&app, web_lead(&app, "Lead").await).await;
    let note = note(
        &app,
        &of_ada,
        &lead,
        "Look, @bob@acme.test and @ada@acme.test, @gone@acme.test, @no@body.test!",
    )
    .await;
    assert_eq!(told(&app, &of_bob).await, [("NOTE_MENTION".to_owned(), lead.clone())]);
    assert_eq!(told(&app, &of_ada).await, [], "one's own words");
    // Bob is mentioned already; the owner is new, by Bob.
    let again = format!("Look, @bob@acme.test and @{}", app.home.owner.email);
    let query = "mutation($note: ID!, $version: SafeInt!, $text: String!) {
        updateLeadNote(input: {noteId: $note, expectedVersion: $version, text: $text}) { userErrors { code } } }";
    let variables = json!({"note": note["id"], "version": note["version"], "text": again});
    app.with_token(&of_bob).data(query, variables).await;
    assert_eq!(told(&app, &of_bob).await.len(), 1);
    assert_eq!(told(&app, &app.home.token).await, [("NOTE_MENTION".to_owned(), lead)]);
    let rows = app.number("SELECT count(*) FROM notifications").await;
    assert_eq!(rows, 2, "nobody who is locked out");
}

async fn whom_a_partner_names_is_told(app: TestApp) {
    let to = referred(&app).await;
    app.journeybee().post(&reference(&to)).await.expect(201);
    app.settled().await;
    let sql = "SELECT u.email, n.kind, n.workspace_id FROM notifications n JOIN users u ON u.workspace_id = n.workspace_id AND u.id = n.user_id";
    let rows = app.rows(sql).await;
    let expected =
        json!([{"email": "colleague@partner.test", "kind": "lead_received", "workspace_id": to.partner.id()}]);
    assert_eq!(json!(rows), expected);
}

async fn everybody_reads_and_marks_their_own(app: TestApp) {
    let (ada, bob) = (
        app.home.user("ada@acme.test", Role::Readonly).await,
        app.home.user("bob@acme.test", Role::Member).await,
    );
    let (of_ada, of_bob) = (token(&app, &ada), token(&app, &bob));
    for number in 0..3 {
        let lead = lead_id(&app, web_lead(&app, &format!("Lead {number}")).await).await;
        assign(&app, &app.home.token, &lead, &[&ada, &bob]).await;
    }
    app.settled().await;
    let list = async |token: &str, unread: bool| {
        let data = app.with_token(token).data(LIST, json!({"unread": unread})).await;
        data["viewer"].clone()
    };
    let ids = |viewer: &Value| -> Vec<String> {
        let nodes = viewer["notifications"]["nodes"].as_array().unwrap();
        nodes.iter().map(|node| text(&node["id"])).collect()
    };
    let all = list(&of_ada, false).await;
    assert_eq!((all["unreadNotificationCount"].clone(), ids(&all).len()), (json!(3), 3));
    let mark = "mutation($input: MarkNotificationsReadInput!) { markNotificationsRead(input: $input) {
        unreadCount userErrors { code path } } }";
    let marked = async |token: &str, input: Value| {
        let data = app.with_token(token).data(mark, json!({"input": input})).await;
        data["markNotificationsRead"].clone()
    };
    // Bob can neither see nor mark Ada's, nor mark his own along with them.
    let others = json!({"notificationIds": [ids(&list(&of_bob, false).await)[0], ids(&all)[0]]});
    let refused = marked(&of_bob, others).await;
    assert_eq!(
        refused["userErrors"],
        json!([{"code": "NOT_FOUND", "path": ["notificationIds", "1"]}])
    );
    assert_eq!(list(&of_bob, false).await["unreadNotificationCount"], 3);
    let node = "query($id: ID!) { node(id: $id) { id } }";
    let seen = app.with_token(&of_bob).data(node, json!({"id": ids(&all)[0]})).await;
    assert_eq!(seen["node"], Value::Null);
    let seen = app.with_token(&of_ada).data(node, json!({"id": ids(&all)[0]})).await;
    assert_eq!(seen["node"]["id"], ids(&all)[0]);

    let one = marked(&of_ada, json!({"notificationIds": [ids(&all)[1]]})).await;
    assert_eq!(one, json!({"unreadCount": 2, "userErrors": []}));
    assert_eq!(
        ids(&list(&of_ada, true).await),
        [ids(&all)[0].clone(), ids(&all)[2].clone()]
    );
    let rest = marked(&of_ada, json!({})).await;
    assert_eq!(rest["unreadCount"], 0);
    assert_eq!(ids(&list(&of_ada, true).await), Vec::<String>::new());
    assert_eq!(list(&of_bob, true).await["notifications"]["totalCount"], 3);
    // A program has none, whoever's it is.
    let (_, key) = app.home.key_with(api_key(Scopes::ALL, None)).await;
    let viewer = app.with_key(&key).data(LIST, json!({})).await["viewer"].clone();
    assert_eq!(viewer, json!({"unreadNotificationCount": 0, "notifications": null}));
    let answer = app.with_key(&key).graphql(mark, json!({"input": {}})).await;
    assert_eq!(answer.code(), "FORBIDDEN", "{}", answer.text);
}

/// One of several servers on a database, which on `SQLite` nobody tells what the others write.
struct OneOfSeveral(TestApp);

impl Subject for OneOfSeveral {
    async fn set_up(backend: Backend) -> Self {
        let often = |config: &mut Config| {
            config.round = Duration::from_millis(100);
            config.look = Duration::from_millis(100);
        };
        Self(match backend {
            Backend::Sqlite => TestApp::with(backend, often).await,
            Backend::Postgres => TestApp::set_up(backend).await,
        })
    }
}

async fn they_arrive_while_somebody_listens(OneOfSeveral(app): OneOfSeveral) {
    let other = app.beside().await;
    let ada = app.home.user("ada@acme.test", Role::Member).await;
    let of_ada = token(&app, &ada);
    let query = "subscription($after: String) { notifications(after: $after) { position kind lead { id } } }";
    let port = app.address.port();
    let now = json!({"after": end(&app).await});
    let mut here = Listener::open(Way::Socket, port, &of_ada, query, now.clone()).await;
    let mut there = Listener::open(Way::Stream, other.address.port(), &of_ada, query, now).await;
    let mut nobodys = Listener::open(Way::Socket, port, &app.home.token, query, json!({})).await;
    // They listen by then, or begin where they say.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let lead = lead_id(&app, web_lead(&app, "Lead").await).await;
    assign(&app, &app.home.token, &lead, &[&ada]).await;
    let mut last = String::new();
    for listener in [&mut here, &mut there] {
        let heard = listener.next().await.unwrap()["data"]["notifications"].clone();
        assert_eq!(
            (&heard["kind"], &heard["lead"]["id"]),
            (&json!("LEAD_ASSIGNED"), &json!(lead)),
            "{heard}"
        );
        last = text(&heard["position"]);
    }
    assert!(
        nobodys.next_within(Duration::from_millis(300)).await.is_none(),
        "somebody else's"
    );
    drop((here, there));
    note(&app, &app.home.token, &lead, "@ada@acme.test").await;
    app.settled().await;
    let mut again = Listener::open(Way::Socket, port, &of_ada, query, json!({"after": last})).await;
    assert_eq!(
        again.next().await.unwrap()["data"]["notifications"]["kind"],
        "NOTE_MENTION"
    );
    assert!(again.next_within(Duration::from_millis(150)).await.is_none());
}

async fn each_event_is_told_once_by_however_many_servers(app: TestApp) {
    let others = [app.beside().await, app.beside().await];
    let ada = app.home.user("ada@acme.test", Role::Member).await;
    for number in 0..20 {
        let lead = lead_id(&app, web_lead(&app, &format!("Lead {number}")).await).await;
        note(&app, &app.home.token, &lead, "@ada@acme.test").await;
    }
    app.settled().await;
    let told = format!("SELECT count(*) FROM notifications WHERE user_id = {}", ada.id);
    assert_eq!(app.number(&told).await, 20);
    drop(others);
}

/// More rows than a statement holds.
async fn however_many_are_told_of_however_much(app: TestApp) {
    const PEOPLE: usize = 60;
    const COPIES: usize = 199;
    let mut mentions = String::new();
    for number in 0..PEOPLE {
        let address = format!("p{number}@acme.test");
        app.home.user(&address, Role::Member).await;
        mentions.push_str(&format!("@{address} "));
    }
    let lead = lead_id(&app, web_lead(&app, "Lead").await).await;
    note(&app, &app.home.token, &lead, &mentions).await;
    app.settled().await;
    // Written in one transaction, so that they are found together.
    let home = app.home.id();
    let copied = format!(
        "WITH RECURSIVE copies (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM copies WHERE number < {COPIES})
         INSERT INTO events (workspace_id, position, event_type, subject_kind, subject_uuid, lead_id, actor, changes, at, size)
         SELECT workspace_id, position + number, event_type, subject_kind, subject_uuid, lead_id, actor, changes, at, size
         FROM events, copies WHERE workspace_id = {home} AND event_type = 'note.created'"
    );
    let counted = format!("UPDATE workspace_counters SET position = position + {COPIES} WHERE workspace_id = {home}");
    let both = app.db.connection().begin().await.unwrap();
    both.execute_unprepared(&counted).await.unwrap();
    both.execute_unprepared(&copied).await.unwrap();
    both.commit().await.unwrap();
    web_lead(&app, "Awake").await;
    app.settled().await;
    let told = app.number("SELECT count(*) FROM notifications").await;
    assert_eq!(told, i64::try_from(PEOPLE * (COPIES + 1)).unwrap());
}

async fn a_place_behind_the_end_is_refused(app: TestApp) {
    web_lead(&app, "Ada").await;
    let ahead = end(&app).await;
    app.settled().await;
    app.db.execute("DELETE FROM events WHERE lead_id IS NOT NULL").await;
    app.db
        .execute("UPDATE workspace_counters SET position = position - 1")
        .await;
    let query = "subscription($after: String) { notifications(after: $after) { kind } }";
    let port = app.address.port();
    let mut listener = Listener::open(Way::Stream, port, &app.home.token, query, json!({"after": ahead})).await;
    let refused = listener.next().await.unwrap();
    assert_eq!(
        refused["errors"][0]["extensions"]["code"], "BAD_USER_INPUT",
        "{refused}"
    );
}
