//! The shims' routes: each with the keys that open it.

use std::collections::BTreeSet;

use reqwest::Method;

use super::callers::{Caller, Credential, callers};
use super::world::{traces, world};
use crate::harness::TestApp;
use crate::isolation::attempts::Needs;
use crate::isolation::{Ids, ROUTES};

struct Call {
    method: Method,
    path: &'static str,
    path_with_ids: &'static str,
    needs: Needs,
    body: &'static str,
}

const fn call(
    method: Method,
    path: &'static str,
    path_with_ids: &'static str,
    needs: Needs,
    body: &'static str,
) -> Call {
    Call {
        method,
        path,
        path_with_ids,
        needs,
        body,
    }
}

/// LeadTrackr's routes serve keys that are bound to a project, JourneyBee's do not. A call is made as it is written,
/// what is deleted last.
const CALLS: &[Call] = &[
    call(
        Method::POST,
        "/api/leads/createServerSideLead",
        "/api/leads/createServerSideLead",
        Needs::Write,
        r#"{"projectId": "@public_id", "userData": {"email": "route@x.test"}}"#,
    ),
    call(
        Method::GET,
        "/api/leads/getLead",
        "/api/leads/getLead?projectId=@public_id&leadId=@lead_number",
        Needs::Read,
        "",
    ),
    call(
        Method::GET,
        "/api/leads/getLeads",
        "/api/leads/getLeads?projectId=@public_id",
        Needs::Read,
        "",
    ),
    call(
        Method::POST,
        "/api/leads/updateLeadStatus",
        "/api/leads/updateLeadStatus",
        Needs::Write,
        r#"{"projectId": "@public_id", "leadId": @lead_number, "conversionId": "open"}"#,
    ),
    call(
        Method::GET,
        "/api/v1/leads",
        "/api/v1/leads?userId=@newest_user",
        Needs::Read,
        "",
    ),
    call(
        Method::POST,
        "/api/v1/leads",
        "/api/v1/leads",
        Needs::Write,
        r#"{"associationType": "campaigns", "companyCampaignId": @newest_campaign, "email": "route@x.test"}"#,
    ),
    call(
        Method::GET,
        "/api/v1/companies/{companyId}/leads/{leadId}",
        "/api/v1/companies/@company_number/leads/@lead_number",
        Needs::Read,
        "",
    ),
    call(Method::GET, "/api/v1/tags", "/api/v1/tags", Needs::Read, ""),
    call(
        Method::POST,
        "/api/v1/tags",
        "/api/v1/tags",
        Needs::Write,
        r#"{"label": "Of a route", "association": "lead"}"#,
    ),
    call(
        Method::GET,
        "/api/v1/custom-fields",
        "/api/v1/custom-fields",
        Needs::Read,
        "",
    ),
    call(
        Method::POST,
        "/api/v1/custom-fields",
        "/api/v1/custom-fields",
        Needs::Write,
        r#"{"label": "Of a route", "type": "select", "options": [{"label": "S"}]}"#,
    ),
    call(
        Method::GET,
        "/api/v1/partnerships",
        "/api/v1/partnerships",
        Needs::Read,
        "",
    ),
    call(
        Method::PATCH,
        "/api/v1/leads/{leadId}",
        "/api/v1/leads/@lead_number",
        Needs::Write,
        r#"{"status": "qualified"}"#,
    ),
    call(
        Method::DELETE,
        "/api/v1/leads/{leadId}",
        "/api/v1/leads/@lead_number",
        Needs::Write,
        "",
    ),
];

/// What comes of a call.
#[derive(Debug, PartialEq, Eq)]
enum Answered {
    Unauthorized,
    Forbidden,
    Done,
}

pub async fn every_route_is_open_as_the_rules_say(app: TestApp) {
    every_operation_has_a_call(&app).await;
    let callers = callers(&app).await;
    let mut ids = world(&app).await;
    for (name, table) in [("newest_campaign", "campaigns"), ("newest_user", "users")] {
        let newest = format!("SELECT max(id) FROM {table} WHERE workspace_id = {}", app.home.id());
        ids.0.insert(name, app.number(&newest).await.to_string());
    }
    ids.0.insert("company_number", app.home.id().to_string());
    let before = traces(&app).await;
    let cells = || {
        CALLS
            .iter()
            .flat_map(|call| callers.iter().map(move |caller| (call, caller)))
    };
    for (call, caller) in cells().filter(|(call, caller)| expected(call, caller) != Answered::Done) {
        check(&app, call, caller, &ids).await;
    }
    assert_eq!(traces(&app).await, before);
    for call in CALLS {
        let mut is_done = false;
        for caller in callers.iter().filter(|caller| expected(call, caller) == Answered::Done) {
            is_done |= check(&app, call, caller, &ids).await < 300;
        }
        assert!(is_done, "{} {} never succeeds", call.method, call.path);
    }
}

/// Of the routes that another test finds in the sources, and of the operations that the server documents.
async fn every_operation_has_a_call(app: &TestApp) {
    let routes = ROUTES
        .iter()
        .filter(|(path, tried)| path.starts_with("/api/") && !tried.starts_with("open:"));
    let uncalled: Vec<_> = routes
        .filter(|(path, _)| CALLS.iter().all(|call| call.path != *path))
        .collect();
    assert!(uncalled.is_empty(), "routes without a call: {uncalled:?}");
    let document = app.get("/openapi.json").await.json();
    let paths = document["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, item)| {
        let methods = item
            .as_object()
            .unwrap()
            .iter()
            .filter(|(_, operation)| operation["operationId"].is_string());
        methods.map(move |(method, _)| (path.as_str(), method.to_uppercase()))
    });
    let operations: BTreeSet<_> = operations.collect();
    let called: BTreeSet<_> = CALLS.iter().map(|call| (call.path, call.method.to_string())).collect();
    assert_eq!(called, operations, "calls, and documented operations");
}

fn is_leadtrackr(call: &Call) -> bool {
    call.path.starts_with("/api/leads/")
}

fn expected(call: &Call, caller: &Caller) -> Answered {
    let (Credential::Key(_), Some(power)) = (&caller.credential, caller.power) else {
        return Answered::Unauthorized;
    };
    if power.is_bound && !is_leadtrackr(call) {
        return Answered::Unauthorized;
    }
    let may = match call.needs {
        Needs::Nothing => true,
        Needs::Read => power.scopes.read,
        Needs::Write => power.scopes.write,
        Needs::Admin => power.scopes.admin,
    };
    if may { Answered::Done } else { Answered::Forbidden }
}

/// The status. Who comes second may find it done already.
async fn check(app: &TestApp, call: &Call, caller: &Caller, ids: &Ids) -> u16 {
    let route = app.route(&ids.put_into(call.path_with_ids));
    let credential = match &caller.credential {
        Credential::None => None,
        Credential::Token(credential) | Credential::Key(credential) => Some(credential),
    };
    let route = match credential {
        None => route,
        Some(credential) if is_leadtrackr(call) => route.header("x-api-key", credential),
        Some(credential) => route.header("authorization", &format!("Bearer {credential}")),
    };
    let answer = route.send(call.method.clone(), ids.put_into(call.body)).await;
    let answered = match answer.status {
        401 => Answered::Unauthorized,
        403 => Answered::Forbidden,
        200 | 201 | 204 | 400 | 404 | 409 => Answered::Done,
        _ => panic!("{} sends {} {}: {}", caller.name, call.method, call.path, answer.text),
    };
    assert_eq!(
        answered,
        expected(call, caller),
        "{} sends {} {}: {}",
        caller.name,
        call.method,
        call.path,
        answer.text
    );
    answer.status
}
