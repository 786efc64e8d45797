//! People, their roles, and keys.

use futures_util::future::join_all;
use leadgraph::domain::caller::{Role, Scopes};
use serde_json::{Value, json};

use super::{Editor, changes};
use crate::harness::app::Graphql;
use crate::harness::workspace::api_key;
use crate::harness::{Case, TestApp, both};

pub fn cases() -> Vec<Case> {
    vec![
        both(nobody_gives_more_than_they_have),
        both(of_two_owners_who_demote_each_other_one_stays),
        both(who_is_demoted_or_disabled_can_do_no_more_than_that),
        both(a_rotated_key_works_and_the_old_one_does_not),
        both(a_persons_key_is_rotated_by_that_person),
        both(a_key_that_administers_and_is_nobodys_is_rotated_by_owners_and_itself),
        both(nobody_locks_themself_out_by_their_key),
        both(a_key_lets_nobody_in_who_may_do_more_than_it),
        both(of_many_rotations_of_one_version_one_secret_works),
    ]
}

const USER: &str = "user { id version role disabledAt } userErrors { code path } conflict { fields current { role } }";

async fn invited(app: &TestApp, email: &str, role: &str) -> String {
    let payload = Editor::owner(app)
        .edit(
            "inviteUser",
            json!({"email": email, "role": role}),
            "user { id } userErrors { code path }",
        )
        .await;
    payload["user"]["id"]
        .as_str()
        .unwrap_or_else(|| panic!("{payload}"))
        .to_owned()
}

/// The token of a person of home whom the test knows by address.
async fn token(app: &TestApp, email: &str, role: Role) -> (String, String) {
    let user = app.home.user(email, role).await;
    let token = app
        .authenticator()
        .issue_token(&user, &app.home.row, chrono::Duration::hours(1));
    let query = "{ users { nodes { id uuid } } }";
    let users = app.as_owner().data(query, json!({})).await;
    let nodes = users["users"]["nodes"].as_array().unwrap();
    let node = nodes.iter().find(|node| node["uuid"] == user.uuid.to_string()).unwrap();
    (token, node["id"].as_str().unwrap().to_owned())
}

async fn nobody_gives_more_than_they_have(app: TestApp) {
    let (admin, admin_id) = token(&app, "admin@b.co", Role::Admin).await;
    let (owner2, owner2_id) = token(&app, "owner2@b.co", Role::Owner).await;
    let member = invited(&app, "member@b.co", "MEMBER").await;
    let refused = async |token: &str, call: &str, input: Value| {
        let name = format!("{}{}Input", call[..1].to_uppercase(), &call[1..]);
        let query = format!("mutation($input: {name}!) {{ {call}(input: $input) {{ {USER} }} }}");
        let answer = app.with_token(token).graphql(&query, json!({"input": input})).await;
        answer.code()
    };
    let role = |id: &str, role: &str| json!({"userId": id, "expectedVersion": 1, "role": role});
    let at_1 = |id: &str| json!({"userId": id, "expectedVersion": 1});
    for (call, input) in [
        ("setUserRole", role(&member, "OWNER")),
        ("setUserRole", role(&owner2_id, "MEMBER")),
        ("disableUser", at_1(&owner2_id)),
        (
            "updateUser",
            json!({"userId": owner2_id, "expectedVersion": 1, "firstName": "X"}),
        ),
    ] {
        assert_eq!(refused(&admin, call, input).await, "FORBIDDEN", "{call}");
    }
    let editor = Editor::with(&app, &admin);
    let own = editor.edit("setUserRole", role(&admin_id, "MEMBER"), USER).await;
    assert_eq!(own["userErrors"], json!([{"code": "INVALID", "path": ["userId"]}]));
    let own = Editor::with(&app, &owner2)
        .edit("disableUser", at_1(&owner2_id), USER)
        .await;
    assert_eq!(own["userErrors"], json!([{"code": "INVALID", "path": ["userId"]}]));
    let promoted = editor.edit("setUserRole", role(&member, "ADMIN"), USER).await;
    assert_eq!(promoted["user"]["role"], "ADMIN");
    let late = editor.edit("setUserRole", role(&member, "READONLY"), USER).await;
    assert_eq!(
        late["conflict"],
        json!({"fields": ["role"], "current": {"role": "ADMIN"}})
    );
    assert_eq!(changes(&app, "user.updated").await.len(), 1);
}

async fn of_two_owners_who_demote_each_other_one_stays(app: TestApp) {
    for round in 0..5 {
        let (one, one_id) = token(&app, &format!("one{round}@b.co"), Role::Owner).await;
        let (other, other_id) = token(&app, &format!("other{round}@b.co"), Role::Owner).await;
        let demote = async |token: &str, id: &str| {
            let input = json!({"input": {"userId": id, "expectedVersion": 1, "role": "MEMBER"}});
            let query = format!("mutation($input: SetUserRoleInput!) {{ setUserRole(input: $input) {{ {USER} }} }}");
            app.with_token(token).graphql(&query, input).await.json()
        };
        let answers = tokio::join!(demote(&one, &other_id), demote(&other, &one_id));
        let done = |answer: &Value| usize::from(answer["data"]["setUserRole"]["user"]["role"] == "MEMBER");
        assert_eq!(done(&answers.0) + done(&answers.1), 1, "{answers:?}");
    }
}

async fn who_is_demoted_or_disabled_can_do_no_more_than_that(app: TestApp) {
    let (admin, id) = token(&app, "admin@b.co", Role::Admin).await;
    let input = json!({"label": "Key", "scopes": ["READ", "WRITE"]});
    let key = Editor::with(&app, &admin).edit("createApiKey", input, "key").await;
    let key = key["key"].as_str().unwrap().to_owned();
    let write = async |caller: &crate::harness::app::Graphql<'_>, label: &str| {
        let query = format!(
            "mutation {{ createTag(input: {{ label: \"{label}\", association: LEAD }}) {{ userErrors {{ code }} }} }}"
        );
        caller.graphql(&query, json!({})).await
    };
    assert_eq!(write(&app.with_key(&key), "a").await.status, 200);
    let demoted = json!({"userId": id, "expectedVersion": 1, "role": "READONLY"});
    Editor::owner(&app).edit("setUserRole", demoted, USER).await;
    assert_eq!(write(&app.with_key(&key), "b").await.code(), "FORBIDDEN");
    assert_eq!(write(&app.with_token(&admin), "c").await.code(), "FORBIDDEN");
    let disabled = json!({"userId": id, "expectedVersion": 2});
    Editor::owner(&app).edit("disableUser", disabled, USER).await;
    assert_eq!(write(&app.with_key(&key), "d").await.code(), "UNAUTHENTICATED");
    assert_eq!(write(&app.with_token(&admin), "e").await.code(), "UNAUTHENTICATED");
    let enabled = json!({"userId": id, "expectedVersion": 3});
    let enabled = Editor::owner(&app).edit("enableUser", enabled, USER).await;
    assert_eq!(enabled["user"]["disabledAt"], Value::Null);
    assert_eq!(write(&app.with_token(&admin), "f").await.code(), "FORBIDDEN");
}

const KEY: &str =
    "apiKey { id version keyPrefix } key userErrors { code path } conflict { fields current { version } }";

async fn made_key(app: &TestApp, token: &str) -> (String, String) {
    let input = json!({"label": "Key", "scopes": ["READ"]});
    let made = Editor::with(app, token)
        .edit("createApiKey", input, "apiKey { id } key")
        .await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&made["apiKey"]["id"]), text(&made["key"]))
}

async fn reads(app: &TestApp, key: &str) -> bool {
    let answer = app.with_key(key).graphql("{ tags { totalCount } }", json!({})).await;
    answer.json()["data"]["tags"].is_object()
}

async fn a_rotated_key_works_and_the_old_one_does_not(app: TestApp) {
    let (id, old) = made_key(&app, &app.home.token).await;
    assert!(reads(&app, &old).await);
    let input = json!({"apiKeyId": id, "expectedVersion": 1});
    let editor = Editor::owner(&app);
    let rotated = editor.edit("rotateApiKey", input.clone(), KEY).await;
    let new = rotated["key"].as_str().unwrap();
    assert_eq!(
        rotated["apiKey"],
        json!({"id": id, "version": 2, "keyPrefix": &new[..8]})
    );
    assert!(reads(&app, new).await && !reads(&app, &old).await);
    let late = editor.edit("rotateApiKey", input, KEY).await;
    assert_eq!(
        (&late["key"], &late["conflict"]["current"]["version"]),
        (&Value::Null, &json!(2))
    );
    assert!(reads(&app, new).await);
    let told = changes(&app, "api_key.rotated").await;
    assert_eq!(told, [json!({"keyPrefix": {"from": &old[..8], "to": &new[..8]}})]);

    editor
        .edit("revokeApiKey", json!({"apiKeyId": id}), "userErrors { code }")
        .await;
    let dead = editor
        .edit("rotateApiKey", json!({"apiKeyId": id, "expectedVersion": 3}), KEY)
        .await;
    assert_eq!(dead["userErrors"], json!([{"code": "INVALID", "path": ["apiKeyId"]}]));
    assert!(!reads(&app, new).await);
}

async fn a_persons_key_is_rotated_by_that_person(app: TestApp) {
    let (admin, _) = token(&app, "admin@b.co", Role::Admin).await;
    let (id, key) = made_key(&app, &app.home.token).await;
    let input = json!({"apiKeyId": id, "expectedVersion": 1});
    let payload = Editor::with(&app, &admin).edit("rotateApiKey", input, KEY).await;
    assert_eq!(
        payload["userErrors"],
        json!([{"code": "INVALID", "path": ["apiKeyId"]}])
    );
    assert!(reads(&app, &key).await);
    // Its label gives nobody anything.
    let input = json!({"apiKeyId": id, "expectedVersion": 1, "label": "Renamed"});
    let payload = Editor::with(&app, &admin)
        .edit("updateApiKey", input, "apiKey { label version }")
        .await;
    assert_eq!(payload["apiKey"], json!({"label": "Renamed", "version": 2}));
}

async fn a_key_that_administers_and_is_nobodys_is_rotated_by_owners_and_itself(app: TestApp) {
    let (admin, _) = token(&app, "admin@b.co", Role::Admin).await;
    let (row, own) = app.home.key_with(api_key(Scopes::ALL, None)).await;
    let (_, other) = app.home.key_with(api_key(Scopes::ALL, None)).await;
    let keys = app
        .as_owner()
        .data("{ apiKeys { nodes { id uuid } } }", json!({}))
        .await;
    let nodes = keys["apiKeys"]["nodes"].as_array().unwrap();
    let id = &nodes.iter().find(|node| node["uuid"] == row.uuid.to_string()).unwrap()["id"];
    let rotate = async |caller: Graphql<'_>, version: i64| {
        let query = format!("mutation($input: RotateApiKeyInput!) {{ rotateApiKey(input: $input) {{ {KEY} }} }}");
        let input = json!({"input": {"apiKeyId": id, "expectedVersion": version}});
        caller.graphql(&query, input).await
    };
    // Either would keep the secret when they are no longer let in.
    for caller in [app.with_token(&admin), app.with_key(&other)] {
        assert_eq!(rotate(caller, 1).await.code(), "FORBIDDEN");
    }
    assert!(reads(&app, &own).await);
    let rotated = rotate(app.with_key(&own), 1).await.json();
    let new = rotated["data"]["rotateApiKey"]["key"].as_str().unwrap();
    assert!(reads(&app, new).await && !reads(&app, &own).await);
    let rotated = rotate(app.as_owner(), 2).await.json();
    assert!(rotated["data"]["rotateApiKey"]["key"].is_string(), "{rotated}");
}

async fn nobody_locks_themself_out_by_their_key(app: TestApp) {
    let (admin, id) = token(&app, "admin@b.co", Role::Admin).await;
    let input = json!({"label": "Key", "scopes": ["READ", "WRITE", "ADMIN"]});
    let made = Editor::with(&app, &admin).edit("createApiKey", input, "key").await;
    let editor = Editor(app.with_key(made["key"].as_str().unwrap()));
    for (call, part) in [("setUserRole", json!({"role": "MEMBER"})), ("disableUser", json!({}))] {
        let mut input = json!({"userId": id, "expectedVersion": 1});
        input.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        let payload = editor.edit(call, input, USER).await;
        assert_eq!(
            payload["userErrors"],
            json!([{"code": "INVALID", "path": ["userId"]}]),
            "{call}"
        );
    }
}

async fn a_key_lets_nobody_in_who_may_do_more_than_it(app: TestApp) {
    let admin_only = Scopes {
        admin: true,
        ..Scopes::default()
    };
    let (_, key) = app.home.key_with(api_key(admin_only, None)).await;
    let editor = Editor(app.with_key(&key));
    let member = invited(&app, "member@b.co", "MEMBER").await;
    let at = |version: i64| json!({"userId": member, "expectedVersion": version});
    // Keeping somebody out gives nobody anything.
    let disabled = editor.edit("disableUser", at(1), "userErrors { code }").await;
    assert_eq!(disabled["userErrors"], json!([]));
    let query = "mutation($input: EnableUserInput!) { enableUser(input: $input) { userErrors { code } } }";
    let refused = app.with_key(&key).graphql(query, json!({"input": at(2)})).await;
    assert_eq!(refused.code(), "FORBIDDEN");
    let enabled = Editor::owner(&app).edit("enableUser", at(2), USER).await;
    assert_eq!(enabled["user"]["disabledAt"], Value::Null);
}

async fn of_many_rotations_of_one_version_one_secret_works(app: TestApp) {
    let (id, _) = made_key(&app, &app.home.token).await;
    let rotate = async |_| {
        let input = json!({"apiKeyId": id, "expectedVersion": 1});
        Editor::owner(&app).edit("rotateApiKey", input, KEY).await
    };
    let payloads = join_all((0..10).map(rotate)).await;
    let keys: Vec<&str> = payloads.iter().filter_map(|payload| payload["key"].as_str()).collect();
    assert_eq!(keys.len(), 1);
    assert!(reads(&app, keys[0]).await);
    assert_eq!(
        app.number("SELECT count(*) FROM api_key_index WHERE api_key_id = (SELECT max(id) FROM api_keys)")
            .await,
        1
    );
}
