//! Through GraphQL: every mutation, alone in its request.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use leadgraph::domain::partnerships::{Invitation, PartnerType};
use serde_json::{Value, json};

use super::{CLIENTS, KEY, count, form, is_replay};
use crate::harness::{Answer, Case, Socket, TestApp, both};
use crate::isolation::attempts::attempts;
use crate::matrix::world::world;

pub fn cases() -> Vec<Case> {
    vec![
        both(a_hundred_equal_mutations_make_one_lead),
        both(every_mutation_is_done_once_for_its_key),
        both(a_key_goes_with_one_field_of_a_mutation),
        both(a_key_may_stand_in_the_extensions),
        both(another_command_under_the_key_is_refused_as_a_whole),
        both(one_command_is_the_same_through_two_doors),
        both(nothing_said_null_and_a_value_are_three_commands),
    ]
}

fn capture(app: &TestApp, name: &str) -> String {
    format!(
        r#"mutation {{ createServerSideLead(input: {{ projectId: "{}", userData: {{ firstName: "{name}" }} }}) {{
            outcome lead {{ id legacyId firstName }} userErrors {{ code }} }} }}"#,
        app.home.project.public_id
    )
}

async fn ask(app: &TestApp, key: &str, call: &str) -> Answer {
    app.as_owner().header(KEY, key).graphql(call, json!({})).await
}

async fn a_hundred_equal_mutations_make_one_lead(app: TestApp) {
    let call = capture(&app, "Ada");
    let answers = join_all((0..CLIENTS).map(|_| ask(&app, "k", &call))).await;
    assert_eq!(answers.iter().filter(|answer| !is_replay(answer)).count(), 1);
    for answer in &answers {
        assert_eq!((answer.status, &answer.text), (200, &answers[0].text));
    }
    assert_eq!(answers[0].data()["createServerSideLead"]["outcome"], "CREATED");
    assert_eq!(
        (count(&app, "leads").await, count(&app, "idempotency_keys").await),
        (1, 1)
    );
    let events = "SELECT count(*) FROM events WHERE subject_kind = 'lead'";
    assert_eq!(app.number(events).await, 1);
}

/// How attempts name the version that they change, and one that nothing has.
const IN_TIME: &str = "expectedVersion: 1";
const LATE: &str = "expectedVersion: 777777";

async fn every_mutation_is_done_once_for_its_key(app: TestApp) {
    let ids = world(&app).await;
    let other = app.workspace("Inviter").await;
    let invitation = other
        .invite(PartnerType::Referral, Invitation::Invited)
        .await
        .shared
        .uuid;
    let mut left: BTreeSet<&str> = BTreeSet::new();
    // A key that is revoked is not rotated any more.
    let mut calls: Vec<_> = attempts().filter(|(_, call)| call.starts_with("mutation")).collect();
    calls.sort_by_key(|(attempt, _)| attempt.field != "rotateApiKey");
    let mut done = BTreeSet::new();
    for (nth, (attempt, call)) in calls.into_iter().enumerate() {
        let field = attempt.field;
        if done.contains(field) {
            continue;
        }
        left.insert(field);
        let call = call
            .replace("@own_campaign", "@campaign")
            .replace("@partnership_uuid", &invitation.to_string());
        let call = in_time(&app, &ids.put_into(&call)).await;
        let key = format!("{field} {nth}");
        let before = count(&app, "events").await;
        let first = ask(&app, &key, &call).await;
        if first.data()[field]["userErrors"] != json!([]) {
            assert_eq!(count(&app, "events").await, before, "{call}: {}", first.text);
            continue;
        }
        assert!(!is_replay(&first), "{field}");
        let noted = count(&app, "events").await;
        let again = ask(&app, &key, &call).await;
        assert!(is_replay(&again), "{field}: {}", again.text);
        assert_eq!(told(&again), told(&first), "{field}");
        for secret in SECRETS {
            let shown = again.data()[field].get(secret).is_some_and(Value::is_string);
            assert!(!shown, "{field} shows its secret again");
        }
        assert_eq!(count(&app, "events").await, noted, "{field}");
        // What somebody has read is nothing that happened to anybody else.
        let is_told = field != "markNotificationsRead";
        assert_eq!(noted > before, is_told, "{field} does nothing");
        left.remove(field);
        done.insert(field);
    }
    assert_eq!(left, BTreeSet::new(), "these were never done");
    let secrets =
        "SELECT count(*) FROM idempotency_keys WHERE outcome LIKE '%\"secret\":\"%' OR outcome LIKE '%\"secret\":[%'";
    assert_eq!(app.number(secrets).await, 0);
}

/// The call with the version that the object has now.
async fn in_time(app: &TestApp, call: &str) -> String {
    if !call.contains(IN_TIME) {
        return call.to_owned();
    }
    let (head, _) = call.rsplit_once(") {").or_else(|| call.rsplit_once(")\n")).unwrap();
    let head = head.split(" { lead { id }").next().unwrap();
    let probe = format!(
        "{}) {{ userErrors {{ code }} conflict {{ current {{ version }} }} }} }}",
        head.trim_end_matches(')')
    );
    let answer = app.as_owner().graphql(&probe.replace(IN_TIME, LATE), json!({})).await;
    let data = answer.data();
    let version = data.as_object().unwrap().values().next().unwrap()["conflict"]["current"]["version"].as_i64();
    let version = version.unwrap_or_else(|| panic!("{probe}: {}", answer.text));
    call.replace(IN_TIME, &format!("expectedVersion: {version}"))
}

/// The fields of payloads that are told once.
const SECRETS: [&str; 2] = ["key", "secret"];

/// All but a secret.
fn told(answer: &Answer) -> Value {
    let mut data = answer.data();
    let payload = data.as_object_mut().unwrap().values_mut().next().unwrap();
    for secret in SECRETS {
        payload.as_object_mut().unwrap().remove(secret);
    }
    data
}

async fn a_key_goes_with_one_field_of_a_mutation(app: TestApp) {
    let tag = |alias: &str| {
        format!(r#"{alias}: createTag(input: {{ label: "{alias}", association: LEAD }}) {{ userErrors {{ code }} }}"#)
    };
    let (a, b) = (tag("a"), tag("b"));
    for refused in [
        "{ viewer { user { email } } }".to_owned(),
        format!("mutation {{ {a} {b} }}"),
        format!("mutation {{ {a} ... @skip(if: true) {{ {b} }} }}"),
        format!("mutation {{ ...both }} fragment both on Mutation {{ {a} ... {{ {b} }} }}"),
        "mutation { __typename }".to_owned(),
    ] {
        let answer = ask(&app, "k", &refused).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "BAD_REQUEST"),
            "{refused}"
        );
        assert!(answer.json().get("data").is_none());
    }
    let bad = ask(&app, &"x".repeat(256), &format!("mutation {{ {a} }}")).await;
    assert_eq!((bad.status, bad.code().as_str()), (400, "BAD_REQUEST"));
    assert_eq!(count(&app, "tags").await, 0);
    let one = format!("mutation {{ __typename ...one }} fragment one on Mutation {{ {a} }}");
    assert!(!is_replay(&ask(&app, "k", &one).await.expect(200)));
    assert!(is_replay(&ask(&app, "k", &one).await.expect(200)));
    assert_eq!(count(&app, "tags").await, 1);
}

async fn a_key_may_stand_in_the_extensions(app: TestApp) {
    let body = json!({"query": capture(&app, "Ada"), "extensions": {"idempotencyKey": "k"}});
    let first = app.as_owner().post(body.clone()).await.expect(200);
    assert_eq!(first.json().get("extensions"), None);
    let again = app.as_owner().post(body.clone()).await.expect(200);
    assert_eq!(again.json()["extensions"], json!({"idempotency": {"replayed": true}}));
    assert_eq!(again.json()["data"], first.json()["data"]);
    // Over a socket there are no headers, and here it is the same key.
    let mut socket = Socket::enter(
        app.address.port(),
        json!({"authorization": format!("Bearer {}", app.home.token)}),
    )
    .await;
    assert_eq!(socket.ask(body.clone()).await, again.json());
    assert!(
        is_replay(&ask(&app, "k", &capture(&app, "Ada")).await),
        "the header's, too"
    );
    assert_eq!(count(&app, "leads").await, 1);
    let both = app.as_owner().header(KEY, "k").post(body.clone()).await;
    assert!(is_replay(&both.expect(200)));
    let differing = app.as_owner().header(KEY, "other").post(body).await;
    assert_eq!(differing.expect(400).code(), "BAD_REQUEST");
    for bad in [json!(""), json!("ü"), json!(1)] {
        let body = json!({"query": capture(&app, "Ada"), "extensions": {"idempotencyKey": bad}});
        assert_eq!(app.as_owner().post(body).await.expect(400).code(), "BAD_REQUEST");
    }
    let query = json!({"query": "{ __typename }", "extensions": {"idempotencyKey": "q"}});
    assert_eq!(socket.ask(query).await[0]["extensions"]["code"], "BAD_REQUEST");
}

async fn another_command_under_the_key_is_refused_as_a_whole(app: TestApp) {
    ask(&app, "k", &capture(&app, "Ada")).await.data();
    let refused = ask(&app, "k", &capture(&app, "Bob")).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (422, "IDEMPOTENCY_KEY_REUSED")
    );
    assert!(refused.json().get("data").is_none(), "{}", refused.text);
    assert_eq!(count(&app, "leads").await, 1);
    // A mutation that fails keeps nothing: the key is free for another one.
    let blank = r#"mutation { createTag(input: { label: " ", association: LEAD }) { userErrors { code } } }"#;
    let failed = ask(&app, "l", blank).await.data();
    assert_eq!(failed["createTag"]["userErrors"], json!([{"code": "MISSING"}]));
    let hot = blank.replace("\" \"", "\"Hot\"");
    assert!(!is_replay(&ask(&app, "l", &hot).await.expect(200)));
    assert_eq!(count(&app, "tags").await, 1);
}

async fn one_command_is_the_same_through_two_doors(app: TestApp) {
    let id = app
        .leadtrackr()
        .header(KEY, "k")
        .post(&form(&app, "Ada"))
        .await
        .expect(201)
        .json()["leadId"]
        .clone();
    let graphql = app.with_key(&app.home.key).header(KEY, "k");
    let answer = graphql.graphql(&capture(&app, "Ada"), json!({})).await;
    assert!(is_replay(&answer), "{}", answer.text);
    assert_eq!(answer.data()["createServerSideLead"]["lead"]["legacyId"], id);
    assert_eq!(count(&app, "leads").await, 1);
}

async fn nothing_said_null_and_a_value_are_three_commands(app: TestApp) {
    ask(&app, "new", &capture(&app, "Ada")).await.data();
    let data = app
        .as_owner()
        .data("{ leads { nodes { id version } } }", json!({}))
        .await;
    let lead = &data["leads"]["nodes"][0];
    let edit = |input: &str| {
        format!(
            r#"mutation {{ updateLead(input: {{ leadId: {}, expectedVersion: {}, {input} }}) {{ lead {{ version }} userErrors {{ code }} }} }}"#,
            lead["id"], lead["version"]
        )
    };
    ask(&app, "k", &edit("firstName: null")).await.data();
    for other in ["firstName: \"Ada\"", "lastName: null", "email: \"a@b.co\""] {
        let refused = ask(&app, "k", &edit(other)).await;
        assert_eq!(refused.status, 422, "{other}: {}", refused.text);
    }
    assert!(is_replay(&ask(&app, "k", &edit("firstName: null")).await));
}
