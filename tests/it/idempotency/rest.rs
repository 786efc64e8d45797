//! Through the routes of both shims.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::{CLIENTS, KEY, count, form, is_replay};
use crate::harness::app::Route;
use crate::harness::{Answer, Case, TestApp, both};
use crate::journeybee::campaign;

pub fn cases() -> Vec<Case> {
    vec![
        both(a_hundred_equal_posts_make_one_lead_and_one_answer),
        both(every_write_is_answered_from_the_ledger_byte_for_byte),
        both(a_key_stands_for_one_command),
        both(a_command_is_one_of_its_project),
        both(what_failed_may_be_sent_again_corrected),
        both(callers_and_workspaces_have_keys_of_their_own),
        both(what_is_no_key_is_refused_in_the_words_of_the_door),
        both(who_lost_the_scope_gets_no_replay),
        both(without_a_key_nothing_is_kept_and_nothing_costs_more),
        both(a_replay_is_what_was_answered_and_not_what_is_there_now),
        both(a_project_that_takes_no_leads_any_more_still_knows_its_answers),
    ]
}

async fn a_hundred_equal_posts_make_one_lead_and_one_answer(app: TestApp) {
    let spring = app.home.campaign("Spring").await.id;
    let posts = [
        (app.leadtrackr(), form(&app, "Ada")),
        (app.journeybee(), campaign(spring, json!({"email": "ada@b.co"}))),
    ];
    for (nth, (route, body)) in (1..).zip(posts) {
        // Two commands.
        let route = route.header(KEY, &format!("key {nth}"));
        let answers = join_all((0..CLIENTS).map(|_| route.post(&body))).await;
        let (replays, first): (Vec<_>, Vec<_>) = answers.into_iter().partition(is_replay);
        assert_eq!(first.len(), 1, "exactly one was not told that it is a replay");
        for answer in &replays {
            assert_eq!((answer.status, &answer.text), (201, &first[0].text));
        }
        assert_eq!(count(&app, "leads").await, nth);
        assert_eq!(
            app.number("SELECT count(*) FROM events WHERE subject_kind = 'lead'")
                .await,
            nth
        );
        assert_eq!(count(&app, "intake_payloads").await, nth);
    }
}

async fn every_write_is_answered_from_the_ledger_byte_for_byte(app: TestApp) {
    let spring = app.home.campaign("Spring").await.id;
    let lead = app.leadtrackr().post(&form(&app, "Ada")).await.expect(201).json()["leadId"].clone();
    let other = app.leadtrackr().post(&form(&app, "Bob")).await.expect(201).json()["leadId"].clone();
    let writes = [
        (app.leadtrackr(), Method::POST, form(&app, "Eve")),
        (
            app.leadtrackr_at("updateLeadStatus"),
            Method::POST,
            json!({"projectId": app.home.project.public_id, "leadId": lead, "conversionId": "lost"}),
        ),
        (
            app.journeybee(),
            Method::POST,
            campaign(spring, json!({"email": "a@b.co"})),
        ),
        (
            app.journeybee_at(&format!("leads/{lead}")),
            Method::PATCH,
            json!({"first_name": "Grace"}),
        ),
        (
            app.journeybee_at(&format!("leads/{other}")),
            Method::DELETE,
            json!(null),
        ),
        (
            app.journeybee_at("tags"),
            Method::POST,
            json!({"label": "Hot", "association": "lead"}),
        ),
        (
            app.journeybee_at("custom-fields"),
            Method::POST,
            json!({"label": "Size", "type": "select", "options": [{"label": "S"}, {"label": "M"}]}),
        ),
    ];
    for (nth, (route, method, body)) in writes.into_iter().enumerate() {
        let route = route.header(KEY, &format!("write {nth}"));
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let first = route.send(method.clone(), body.clone()).await;
        assert!(first.status < 300, "{method} {nth}: {}", first.text);
        assert!(!is_replay(&first), "{nth}");
        // The server settles it, with an event.
        while app
            .number("SELECT count(*) FROM conversion_jobs WHERE state = 'pending'")
            .await
            > 0
        {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let before = count(&app, "events").await;
        let again = route.send(method.clone(), body.clone()).await;
        assert!(is_replay(&again), "{nth}: {}", again.text);
        assert_eq!((again.status, &again.text), (first.status, &first.text), "{nth}");
        assert_eq!(again.header("content-type"), first.header("content-type"), "{nth}");
        assert_eq!(count(&app, "events").await, before, "{nth}");
    }
}

async fn a_key_stands_for_one_command(app: TestApp) {
    let route = app.leadtrackr().header(KEY, "k");
    route.post(&form(&app, "Ada")).await.expect(201);
    let other = route.post(&form(&app, "Bob")).await.expect(422);
    let sentence = "This Idempotency-Key was used for another request";
    assert_eq!(other.json(), json!({ "message": sentence }));
    assert!(!is_replay(&other));
    let elsewhere = app
        .journeybee_at("tags")
        .header(KEY, "k")
        .post(&json!({"label": "Hot", "association": "lead"}))
        .await
        .expect(422)
        .json();
    assert_eq!(elsewhere["error"], sentence);
    assert_eq!(
        elsewhere["details"],
        json!([{"field": "Idempotency-Key", "code": "reused"}])
    );
    // The same command, written in another way.
    let spaced = format!("\u{feff} {}", form(&app, "Ada"));
    assert!(is_replay(&route.post_raw(spaced).await.expect(201)));
    assert_eq!((count(&app, "leads").await, count(&app, "tags").await), (1, 0));
}

async fn a_command_is_one_of_its_project(app: TestApp) {
    let (one, other) = (&app.home.project.public_id, &app.home.other_project.public_id);
    for project in [one, other] {
        let body = json!({"projectId": project, "uniqueIdentifier": "order-17", "userData": {"email": "a@b.co"}});
        app.leadtrackr().post(&body).await.expect(201);
    }
    let lost = |project| json!({"projectId": project, "uniqueIdentifier": "order-17", "conversionId": "lost"});
    let route = app.leadtrackr_at("updateLeadStatus").header(KEY, "order-17-lost");
    route.post(&lost(one)).await.expect(201);
    route.post(&lost(other)).await.expect(422);
    let again = route.post(&lost(one)).await.expect(201);
    assert!(is_replay(&again));
}

async fn what_failed_may_be_sent_again_corrected(app: TestApp) {
    let spring = app.home.campaign("Spring").await.id;
    let route = app.journeybee().header(KEY, "k");
    // Refused by the door, by a rule, and by what is stored.
    route.post(&json!({})).await.expect(406);
    route
        .post(&campaign(spring, json!({"email": "no address"})))
        .await
        .expect(400);
    let taken = campaign(spring, json!({"email": "a@b.co"}));
    app.journeybee().post(&taken).await.expect(201);
    route.post(&taken).await.expect(409);
    assert_eq!(count(&app, "idempotency_keys").await, 0);
    let corrected = campaign(spring, json!({"email": "b@b.co"}));
    let done = route.post(&corrected).await.expect(201);
    assert!(!is_replay(&done));
    assert!(is_replay(&route.post(&corrected).await.expect(201)));
    // What was free and is taken by now does not matter to who asks again.
    assert_eq!(count(&app, "leads").await, 2);
}

async fn callers_and_workspaces_have_keys_of_their_own(app: TestApp) {
    let other = app.workspace("Other").await;
    let id = |answer: Answer| answer.json()["leadId"].as_i64().unwrap();
    let mut ids = Vec::new();
    for (workspace, key) in [
        (&app.home, &app.home.key),
        (&app.home, &app.home.bound_key),
        (&app.home, &app.home.write_only_key),
        (&other, &other.key),
    ] {
        let body = json!({"projectId": workspace.project.public_id, "userData": {"firstName": "Ada"}});
        let route = app.leadtrackr().key(key).header(KEY, "k");
        let first = route.post(&body).await.expect(201);
        assert!(!is_replay(&first));
        ids.push(id(first));
        let again = route.post(&body).await.expect(201);
        assert_eq!((is_replay(&again), id(again)), (true, *ids.last().unwrap()));
    }
    assert_eq!(count(&app, "leads").await, 4);
}

async fn what_is_no_key_is_refused_in_the_words_of_the_door(app: TestApp) {
    let sentence = "The Idempotency-Key must be 1 to 255 printable ASCII characters, sent once";
    for bad in ["", "schl\u{fc}ssel", &"x".repeat(256)] {
        let refused = app.leadtrackr().header(KEY, bad).post(&form(&app, "Ada")).await;
        assert_eq!(refused.expect(400).json(), json!({ "message": sentence }), "{bad}");
        let refused = app.journeybee().header(KEY, bad).post(&json!({})).await.expect(400);
        assert_eq!(refused.json()["error"], sentence, "{bad}");
        // Who reads needs none, and who may not come in is told that.
        app.journeybee_at("tags").header(KEY, bad).get().await.expect(200);
        let stranger = app.leadtrackr().key("no key").header(KEY, bad);
        stranger.post(&form(&app, "Ada")).await.expect(401);
    }
    let longest = app.leadtrackr().header(KEY, &"~".repeat(255));
    longest.post(&form(&app, "Ada")).await.expect(201);
}

async fn who_lost_the_scope_gets_no_replay(app: TestApp) {
    let route = app.leadtrackr().header(KEY, "k");
    route.post(&form(&app, "Ada")).await.expect(201);
    app.db.execute("UPDATE api_keys SET can_write = (1 = 0)").await;
    // Keys that were good a moment ago are known for five seconds.
    tokio::time::sleep(std::time::Duration::from_millis(5_200)).await;
    route.post(&form(&app, "Ada")).await.expect(403);
}

async fn without_a_key_nothing_is_kept_and_nothing_costs_more(app: TestApp) {
    let cost = async |route: &Route<'_>, name: &str| {
        let before = app.statements();
        route.post(&form(&app, name)).await.expect(201);
        app.statements() - before
    };
    let plain = app.leadtrackr();
    cost(&plain, "the key and the project are learnt").await;
    // Beside the request, once.
    while app
        .number("SELECT count(*) FROM api_keys WHERE last_used_at IS NOT NULL")
        .await
        == 0
    {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let first = cost(&plain, "Ada").await;
    assert_eq!(cost(&plain, "Ada").await, first);
    assert_eq!(count(&app, "idempotency_keys").await, 0);
    let keyed = plain.clone().header(KEY, "k");
    let done = cost(&keyed, "Bob").await;
    assert!((first + 3..=first + 6).contains(&done), "{first} {done}");
    // The project, and the ledger's row.
    assert!(cost(&keyed, "Bob").await <= 2);
}

async fn a_replay_is_what_was_answered_and_not_what_is_there_now(app: TestApp) {
    let route = app.journeybee_at("tags").header(KEY, "k");
    let body = json!({"label": "Hot", "association": "lead", "background_color": "#112233"});
    let first = route.post(&body).await.expect(201);
    app.db.execute("UPDATE tags SET label = 'Cold', version = 2").await;
    assert_eq!(route.post(&body).await.text, first.text);

    let spring = app.home.campaign("Spring").await.id;
    let tag = first.json()["id"].clone();
    let lead = campaign(spring, json!({"email": "a@b.co", "tags": [tag]}));
    let route = app.journeybee().header(KEY, "l");
    let first = route.post(&lead).await.expect(201);
    let id: Value = first.json()["id"].clone();
    let at = app.journeybee_at(&format!("leads/{id}"));
    at.send(Method::DELETE, "").await.expect(204);
    // What it referred to cannot be named any more.
    let archived = "UPDATE tags SET archived_at = created_at";
    app.db.execute(archived).await;
    let again = route.post(&lead).await.expect(201);
    assert_eq!((is_replay(&again), &again.text), (true, &first.text));
}

async fn a_project_that_takes_no_leads_any_more_still_knows_its_answers(app: TestApp) {
    let capture = format!(
        "mutation {{ createServerSideLead(input: {{ projectId: \"{}\", userData: {{ firstName: \"Ada\" }} }}) {{
            outcome userErrors {{ code }} }} }}",
        app.home.project.public_id
    );
    let route = app.leadtrackr().header(KEY, "k");
    let mutation = app.as_owner().header(KEY, "k");
    let first = route.post(&form(&app, "Ada")).await.expect(201);
    let told = mutation.graphql(&capture, json!({})).await;
    let status = app.leadtrackr_at("updateLeadStatus").header(KEY, "status");
    let lost =
        json!({"projectId": app.home.project.public_id, "leadId": first.json()["leadId"], "conversionId": "lost"});
    let changed = status.post(&lost).await.expect(201);
    app.home.deactivate().await;
    let again = status.post(&lost).await.expect(201);
    assert_eq!((is_replay(&again), &again.text), (true, &changed.text));
    let another = app.leadtrackr_at("updateLeadStatus");
    another.post(&lost).await.expect(403);
    let empty = json!({"projectId": app.home.project.public_id});
    another.post(&empty).await.expect(403);
    let again = route.post(&form(&app, "Ada")).await.expect(201);
    assert_eq!((is_replay(&again), &again.text), (true, &first.text));
    let again = mutation.graphql(&capture, json!({})).await;
    assert_eq!((is_replay(&again), &again.text), (true, &told.text));
    // It takes nothing new, and says so before it looks at what it is.
    route.post(&form(&app, "Bob")).await.expect(422);
    let another = app.leadtrackr().header(KEY, "l");
    another.post(&form(&app, "Ada")).await.expect(403);
    another
        .post(&json!({"projectId": app.home.project.public_id}))
        .await
        .expect(403);
    assert_eq!(count(&app, "leads").await, 2, "one by each door");
}
