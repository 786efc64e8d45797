//! What the GraphQL door does with requests that no honest tool sends, and that tools which are honest pass.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use leadgraph::domain::caller::Scopes;
use leadgraph::domain::partnerships::{Invitation, PartnerType};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use uuid::Uuid;

use crate::harness::workspace::api_key;
use crate::harness::{Backend, Case, Subject, TestApp, both, once};

pub fn cases() -> Vec<Case> {
    vec![
        once(introspection_cannot_be_multiplied),
        once(the_introspection_of_tools_passes),
        once(a_variable_that_was_left_out_is_no_fault_of_ours),
        both(cursors_of_no_time_are_refused),
        both(an_id_that_cannot_be_used_gets_one_answer),
        both(projects_are_not_looked_up_for_those_who_may_not),
        once(a_body_that_never_ends_is_answered_in_graphql),
        once(the_endpoint_answers_with_a_slash_too),
        once(who_may_not_invite_does_not_see_the_invitation),
        both(a_key_names_the_project_that_it_is_bound_to),
        once(an_id_is_called_global_where_node_finds_it),
    ]
}

async fn introspection_cannot_be_multiplied() {
    let app = TestApp::set_up(Backend::Sqlite).await;
    let pair = |inner: &str| format!("possibleTypes{{interfaces{{{inner}}}}}");
    for query in [
        format!("{{__type(name:\"Node\"){{{}}}}}", pair(&pair("name"))),
        format!("{{__type(name:\"Node\"){{{}}}}}", pair("possibleTypes{name}")),
        "{__schema{types{fields{type{fields{type{fields{name}}}}}}}}".to_owned(),
        "{__schema{types{...A}}} fragment A on __Type{interfaces{...B}} fragment B on __Type{possibleTypes{...C}}
            fragment C on __Type{inputFields{name}}"
            .to_owned(),
        "{a:__typename b:__type(name:\"A\"){name} c:__type(name:\"A\"){name} d:__type(name:\"A\"){name}
            e:__schema{types{name}} ...F} fragment F on Query{f:__schema{types{name}}}"
            .to_owned(),
        format!("{{__schema{{types{{fields{{{}}}}}}}}}", "name ".repeat(1_000)),
    ] {
        let answer = app.as_owner().graphql(&query, json!({})).await;
        assert_eq!(answer.code(), "LIMIT_EXCEEDED", "{query:.80}: {:.200}", answer.text);
    }
}

/// What graphql-js asks with every option, which is what GraphiQL and the code generators send.
const INTROSPECTION: &str = "query IntrospectionQuery { __schema { description
    queryType { name kind } mutationType { name kind } subscriptionType { name kind }
    types { ...FullType }
    directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } } } }
    fragment FullType on __Type { kind name description specifiedByURL isOneOf
        fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue }
            type { ...TypeRef } isDeprecated deprecationReason }
        inputFields(includeDeprecated: true) { ...InputValue }
        interfaces { ...TypeRef }
        enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
        possibleTypes { ...TypeRef } }
    fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated
        deprecationReason }
    fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
        ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name }
        } } } } } } } } }";

async fn the_introspection_of_tools_passes() {
    let app = TestApp::set_up(Backend::Sqlite).await;
    let data = app.as_owner().data(INTROSPECTION, json!({})).await;
    assert!(data["__schema"]["types"].as_array().unwrap().len() > 50);
    // GraphiQL's own check, and a tool that looks at one type.
    let small = "{__schema{queryType{name}} __type(name:\"Lead\"){fields{name args{name} type{name fields{name}}}}}";
    app.as_owner().data(small, json!({})).await;
}

async fn a_variable_that_was_left_out_is_no_fault_of_ours() {
    let app = TestApp::set_up(Backend::Sqlite).await;
    for query in [
        "query($i: ID) { node(id: $i) { id } }",
        "query($i: LeadBy) { lead(by: $i) { id } }",
        "query($i: [ID!]) { nodes(ids: $i) { id } }",
    ] {
        let answer = app.as_owner().graphql(query, json!({})).await;
        assert_eq!(answer.code(), "GRAPHQL_VALIDATION_FAILED", "{query}: {}", answer.text);
    }
}

async fn cursors_of_no_time_are_refused(app: TestApp) {
    for micros in [
        i64::MAX,
        i64::MIN,
        253_402_300_800_000_000,
        -62_135_596_800_000_001,
        8_000_000_000_000_000_000,
    ] {
        let mut bytes = b"leads:newest:".to_vec();
        bytes.extend(micros.to_be_bytes());
        bytes.extend(7i64.to_be_bytes());
        let cursor = URL_SAFE_NO_PAD.encode(bytes);
        for argument in ["after", "before"] {
            let query = format!("query($c: String) {{ leads({argument}: $c) {{ nodes {{ id }} }} }}");
            let answer = app.as_owner().graphql(&query, json!({"c": cursor})).await;
            assert_eq!(answer.code(), "BAD_USER_INPUT", "{micros}: {}", answer.text);
        }
    }
}

/// Who may not make keys or change projects does not learn either which projects there are.
async fn projects_are_not_looked_up_for_those_who_may_not(app: TestApp) {
    let (_, key) = app.home.key_with(api_key(Scopes::READ_WRITE, None)).await;
    for id in [app.home.project.public_id.as_str(), "nobodys"] {
        for mutation in [
            "createApiKey(input: {label: \"x\", scopes: [READ], projectId: $i}) { userErrors { code } }",
            "updateProject(input: {projectId: $i, expectedVersion: 1, active: true}) { userErrors { code } }",
        ] {
            let query = format!("mutation($i: ID!) {{ {mutation} }}");
            let answer = app.with_key(&key).graphql(&query, json!({"i": id})).await;
            assert_eq!(answer.code(), "FORBIDDEN", "{id}: {}", answer.text);
        }
    }
}

/// Garbage, another kind's, unknown and another workspace's: nobody can tell them apart.
async fn an_id_that_cannot_be_used_gets_one_answer(app: TestApp) {
    let other = app.workspace("Other").await;
    let partnership = other.invite(PartnerType::Referral, Invitation::Inactive).await;
    let partner_company = partnership.partner.uuid;
    let (key, _) = other.key_with(api_key(Scopes::READ, None)).await;
    let (tag, source, campaign) = (
        other.lead_tag("Theirs").await.uuid,
        other.source("Theirs").await.uuid,
        other.campaign("Theirs").await.uuid,
    );
    let own = global(b'c', app.home.campaign("Ours").await.uuid);
    let own = format!("companyCampaignId: \"{own}\"");
    let lead = |association: &str, rest: &str| {
        format!(
            "createLead(input: {{associationType: {association}, email: \"a@b.co\", {rest}}}) {{ userErrors {{ code message path }} }}"
        )
    };
    for (letter, foreign, mutation, path) in [
        (b'k', key.uuid, "revokeApiKey(input: {apiKeyId: $i}) { userErrors { code message path } }".to_owned(), vec!["apiKeyId"]),
        (b'j', other.project.uuid, "updateProject(input: {projectId: $i, expectedVersion: 1, active: true}) { userErrors { code message path } }".to_owned(), vec!["projectId"]),
        (b'j', other.project.uuid, "createApiKey(input: {label: \"x\", scopes: [READ], projectId: $i}) { userErrors { code message path } }".to_owned(), vec!["projectId"]),
        (b'j', other.project.uuid, "createServerSideLead(input: {projectId: $i, userData: {email: \"a@b.co\"}}) { userErrors { code message path } }".to_owned(), vec!["projectId"]),
        (b'd', partner_company, "createPartnerUser(input: {partnerCompanyId: $i, email: \"a@b.co\"}) { userErrors { code message path } }".to_owned(), vec!["partnerCompanyId"]),
        (b'd', partner_company, "createPartnership(input: {partnerType: REFERRAL, partner: {existing: $i}}) { userErrors { code message path } }".to_owned(), vec!["partner", "existing"]),
        (b'c', campaign, lead("CAMPAIGNS", "companyCampaignId: $i"), vec!["companyCampaignId"]),
        (b't', tag, lead("CAMPAIGNS", &format!("{own}, tags: [$i]")), vec!["tags", "0"]),
        (b's', source, lead("CAMPAIGNS", &format!("{own}, attributions: [{{id: $i, attributedDate: \"2026-01-01T00:00:00Z\"}}]")), vec!["attributions", "0", "id"]),
        (b'p', partnership.side.uuid, lead("REFERRAL", "partnershipLead: {partnershipId: $i}"), vec!["partnershipLead", "partnershipId"]),
    ] {
        let expected = json!([{"code": "NOT_FOUND", "message": "There is no such object", "path": path}]);
        for id in [global(letter, foreign), global(letter, Uuid::now_v7()), "junk".to_owned(), global(b'w', foreign)] {
            let query = format!("mutation($i: ID!) {{ it: {mutation} }}");
            let answer = app.as_owner().graphql(&query, json!({"i": id})).await;
            assert_eq!(answer.data()["it"]["userErrors"], expected, "{mutation:.60} {id}");
        }
    }
}

fn global(letter: u8, uuid: Uuid) -> String {
    let mut bytes = vec![letter];
    bytes.extend(uuid.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

async fn a_body_that_never_ends_is_answered_in_graphql() {
    let app = TestApp::with(Backend::Sqlite, |config| {
        config.http.request_timeout = Duration::from_secs(4)
    })
    .await;
    let mut client = TcpStream::connect(app.address).await.unwrap();
    let head =
        "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"query\"";
    client.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    let body: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(body["errors"][0]["extensions"]["code"], "BAD_REQUEST", "{body}");
}

async fn the_endpoint_answers_with_a_slash_too() {
    let app = TestApp::set_up(Backend::Sqlite).await;
    let answer = app.route("/graphql/").post(&json!({"query": "{ __typename }"})).await;
    assert_eq!(answer.expect(200).data(), json!({"__typename": "Query"}));
}

async fn who_may_not_invite_does_not_see_the_invitation() {
    let app = TestApp::set_up(Backend::Sqlite).await;
    let made = app.home.invite(PartnerType::Referral, Invitation::Invited).await;
    let seen = async |key: &str| {
        let query = "{ partnerships { nodes { invitation } } }";
        app.with_key(key).data(query, json!({})).await["partnerships"]["nodes"][0]["invitation"].take()
    };
    assert_eq!(seen(&app.home.key).await, json!(made.shared.uuid));
    assert_eq!(seen(&app.home.read_only_key).await, Value::Null);
    assert_eq!(
        seen(&app.home.bound_key).await,
        Value::Null,
        "it invites nobody, whatever its scopes are"
    );
}

async fn a_key_names_the_project_that_it_is_bound_to(app: TestApp) {
    let project = json!({"id": global(b'j', app.home.project.uuid), "publicId": app.home.project.public_id});
    let data = app
        .as_owner()
        .data("{ apiKeys { nodes { project { id publicId } } } }", json!({}))
        .await;
    let keys = data["apiKeys"]["nodes"].as_array().unwrap();
    let bound: Vec<&Value> = keys
        .iter()
        .map(|key| &key["project"])
        .filter(|project| !project.is_null())
        .collect();
    assert_eq!(bound, [&project]);
    let own = "{ viewer { apiKey { project { id publicId } } } }";
    let seen = |answer: Value| answer["viewer"]["apiKey"]["project"].clone();
    assert_eq!(
        seen(app.with_key(&app.home.bound_key).data(own, json!({})).await),
        project
    );
    assert_eq!(
        seen(app.with_key(&app.home.key).data(own, json!({})).await),
        Value::Null
    );
}

async fn an_id_is_called_global_where_node_finds_it() {
    let app = TestApp::set_up(Backend::Sqlite).await;
    let query = "{__schema{types{name kind interfaces{name} fields{name description}}}}";
    let data = app.as_owner().data(query, json!({})).await;
    for described in data["__schema"]["types"].as_array().unwrap() {
        let fields = described["fields"].as_array().into_iter().flatten();
        let Some(id) = fields.clone().find(|field| field["name"] == "id") else {
            continue;
        };
        let is_node = described["name"] == "Node"
            || described["interfaces"]
                .as_array()
                .into_iter()
                .flatten()
                .any(|interface| interface["name"] == "Node");
        let global = id["description"].as_str().unwrap().starts_with("The global id.");
        assert_eq!(global, is_node, "{}", described["name"]);
    }
}
