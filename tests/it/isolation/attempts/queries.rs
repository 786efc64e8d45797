//! Queries.

use super::Needs::{Admin, Nothing, Read};
use super::Stranger::{self, Own};
use super::{Attempt, attempt};

pub const QUERIES: &[Attempt] = &[
    attempt("viewer", Nothing, Own, "viewer { user { email } workspace { name } }"),
    attempt("node", Read, Stranger::Nothing, r#"node(id: "@lead") { id }"#),
    attempt("nodes", Read, Own, r#"nodes(ids: ["@lead", "@tag"]) { id }"#),
    attempt(
        "lead",
        Read,
        Stranger::Nothing,
        r#"lead(by: { id: "@lead" }) { email }"#,
    ),
    attempt(
        "lead",
        Read,
        Stranger::Nothing,
        r#"lead(by: { legacyId: @lead_number }) { email }"#,
    ),
    attempt(
        "lead",
        Read,
        Stranger::Nothing,
        r#"lead(by: { uuid: "@lead_uuid" }) { email }"#,
    ),
    attempt(
        "lead",
        Read,
        Stranger::Nothing,
        r#"lead(by: { uniqueIdentifier: "crm-lead-789" }) { email }"#,
    ),
    attempt(
        "lead",
        Read,
        Stranger::Nothing,
        r#"lead(by: { uniqueEventId: { projectId: "@project", uniqueEventId: "evt_xyz789" } }) { email }"#,
    ),
    attempt(
        "lead",
        Read,
        Stranger::Nothing,
        r#"lead(by: { uniqueEventId: { projectId: "@public_id", uniqueEventId: "evt_xyz789" } }) { email }"#,
    ),
    attempt("leads", Read, Own, "leads { totalCount nodes { email companyName } }"),
    attempt(
        "leads",
        Read,
        Own,
        r#"leads(first: 5, after: "@lead_cursor") { nodes { email companyName } }"#,
    ),
    attempt(
        "leadStats",
        Read,
        Own,
        "leadStats(groupBy: [{property: TAG}, {property: CAMPAIGN}, {property: PARTNERSHIP}, {property: PROJECT}])
           { total { count } groups { count tag { label } campaign { title } partnership { uuid } project { publicId } } }",
    ),
    attempt(
        "attributionCredits",
        Read,
        Own,
        "attributionCredits(model: LINEAR) { credit leads source { label } }",
    ),
    attempt("tags", Read, Own, "tags { totalCount nodes { label } }"),
    attempt(
        "customFields",
        Read,
        Own,
        "customFields { totalCount nodes { label options { label } } }",
    ),
    attempt(
        "attributionSources",
        Read,
        Own,
        "attributionSources { totalCount nodes { label } }",
    ),
    attempt("campaigns", Read, Own, "campaigns { totalCount nodes { title } }"),
    attempt(
        "partnerships",
        Read,
        Own,
        "partnerships { totalCount nodes { partner { name } invitation } }",
    ),
    attempt(
        "partnerCompanies",
        Read,
        Own,
        "partnerCompanies { totalCount nodes { name } }",
    ),
    attempt("partnerUsers", Read, Own, "partnerUsers { totalCount nodes { email } }"),
    attempt("projects", Read, Own, "projects { totalCount nodes { publicId } }"),
    attempt("users", Read, Own, "users { totalCount nodes { email } }"),
    attempt(
        "conversionLabels",
        Read,
        Own,
        r#"conversionLabels(projectId: "@project") { totalCount nodes { id name } }"#,
    ),
    attempt(
        "events",
        Read,
        Own,
        "events { position events { position event { subjectUuid changes { field to } } lead { email } } }",
    ),
    attempt(
        "auditLog",
        Admin,
        Own,
        "auditLog { totalCount nodes { subjectUuid actor { nodeId label } changes { field to } } }",
    ),
    attempt(
        "viewer",
        Nothing,
        Own,
        "viewer { notifications { totalCount nodes { uuid lead { email } } } unreadNotificationCount }",
    ),
    attempt("apiKeys", Admin, Own, "apiKeys { totalCount nodes { keyPrefix uuid } }"),
    attempt(
        "webhookEndpoints",
        Admin,
        Own,
        "webhookEndpoints { nodes { id url version } }",
    ),
    attempt(
        "webhookDeliveries",
        Admin,
        Own,
        r#"webhookDeliveries(webhookEndpointId: "@hook") { nodes { id leadId attempts { error } } }"#,
    ),
    attempt(
        "webhookPreview",
        Admin,
        Stranger::Nothing,
        r#"webhookPreview(webhookEndpointId: "@hook", leadId: "@lead", eventType: LEAD_CREATED) { sent body }"#,
    ),
];
