//! What a front end asks for.

use serde_json::{Value, json};

/// A question, and what its answer must have so that it counts.
pub struct Workload {
    pub name: &'static str,
    pub query: String,
    pub variables: Value,
}

const WHOLE_LEAD: &str = "id legacyId email companyName status createdAt
    tags { id label backgroundColor }
    customFieldValues { id text field { label type } ... on NumberValue { number } ... on SelectValue { option { label } } }
    attributions { attributedAt source { label } }
    partnershipLeads { direction partner { name } }";
const ROW: &str = "id legacyId email firstName lastName companyName status createdAt";

/// Ids and cursors of the database that is measured.
pub struct Known {
    pub tag: String,
    pub rare_tag: String,
    pub source: String,
    pub campaign: String,
    pub budget: String,
    pub plan: String,
    pub plan_option: String,
    pub lead: String,
    /// The cursor of row 50,000 of the newest leads, or of the last one.
    pub deep: String,
}

pub fn workloads(known: &Known) -> Vec<Workload> {
    let Known {
        tag,
        rare_tag,
        source,
        campaign,
        budget,
        plan,
        plan_option,
        lead,
        deep,
    } = known;
    let plain = |name, query: String| Workload {
        name,
        query,
        variables: json!({}),
    };
    let list = |name, arguments: String| {
        let query =
            format!("{{ leads(first: 50, {arguments}) {{ nodes {{ {ROW} }} pageInfo {{ hasNextPage endCursor }} }} }}");
        plain(name, query)
    };
    let counted = |name, arguments: String| {
        plain(
            name,
            format!("{{ leads(first: 20, {arguments}) {{ totalCount nodes {{ {ROW} }} }} }}"),
        )
    };
    let stats = |name, arguments: &str, fields: &str| plain(name, format!("{{ leadStats{arguments} {{ {fields} }} }}"));
    let range = r#"createdAt: {gte: "2025-06-01T00:00:00Z", lt: "2025-09-01T00:00:00Z"}"#;
    let month = r#"createdAt: {gte: "2026-10-01T00:00:00Z"}"#;
    vec![
        plain(
            "W1 list",
            format!("{{ leads(first: 50) {{ nodes {{ {WHOLE_LEAD} }} pageInfo {{ hasNextPage endCursor }} }} }}"),
        ),
        plain(
            "W2 by id",
            format!("{{ lead(by: {{id: \"{lead}\"}}) {{ {WHOLE_LEAD} }} }}"),
        ),
        counted(
            "W3 search",
            format!(r#"filter: {{tags: {{any: ["{tag}"]}}, {range}, companyName: {{contains: "industries 1"}}}}"#),
        ),
        plain(
            "W6 deep page",
            format!(
                "{{ leads(first: 50, after: \"{deep}\") {{ nodes {{ {WHOLE_LEAD} }} pageInfo {{ hasNextPage endCursor }} }} }}"
            ),
        ),
        list("status", "filter: {status: {in: [QUALIFIED]}}".to_owned()),
        list(
            "two statuses and a tag",
            format!(r#"filter: {{status: {{in: [NEW, LOST]}}, tags: {{any: ["{tag}"]}}}}"#),
        ),
        list("rare tag", format!(r#"filter: {{tags: {{any: ["{rare_tag}"]}}}}"#)),
        list("no tag at all", "filter: {tags: {exists: false}}".to_owned()),
        list("search, one hit", r#"filter: {search: "lead.777777@"}"#.to_owned()),
        list(
            "search, many hits",
            r#"filter: {search: "müller industries"}"#.to_owned(),
        ),
        list(
            "e-mail begins",
            r#"filter: {email: {startsWith: "lead.4242"}}"#.to_owned(),
        ),
        list(
            "attribution source",
            format!(r#"filter: {{attribution: {{sources: ["{source}"]}}}}"#),
        ),
        list("campaign", format!(r#"filter: {{campaign: {{any: ["{campaign}"]}}}}"#)),
        list(
            "select field",
            format!(r#"filter: {{customFields: [{{fieldId: "{plan}", options: {{any: ["{plan_option}"]}}}}]}}"#),
        ),
        list(
            "number field",
            format!(r#"filter: {{customFields: [{{fieldId: "{budget}", number: {{gte: 400000}}}}]}}"#),
        ),
        list("click id", r#"filter: {clickId: {kind: "wbraid"}}"#.to_owned()),
        list(
            "by company",
            "orderBy: [{by: {field: COMPANY_NAME}, direction: ASC}]".to_owned(),
        ),
        list(
            "by status and age",
            "orderBy: [{by: {field: STATUS}, direction: ASC}, {by: {field: CREATED_AT}, direction: DESC}]".to_owned(),
        ),
        list(
            "by number field",
            format!(r#"orderBy: [{{by: {{customField: "{budget}"}}, direction: DESC}}]"#),
        ),
        plain("count of all", "{ leads(first: 0) { totalCount } }".to_owned()),
        stats("stats: all", "", "total { count converted }"),
        stats(
            "stats: status",
            "(groupBy: [{property: STATUS}])",
            "groups { status count }",
        ),
        stats(
            "stats: a month by day",
            &format!("(filter: {{{month}}}, bucket: {{unit: DAY, timeZone: \"Europe/Amsterdam\"}})"),
            "groups { count bucket { date } }",
        ),
        stats(
            "stats: all by week",
            "(bucket: {unit: WEEK, timeZone: \"Europe/Amsterdam\"})",
            "groups { count converted bucket { date } }",
        ),
        stats(
            "stats: tags of a month",
            &format!("(filter: {{{month}}}, groupBy: [{{property: TAG}}])"),
            "groups { tag { label } count converted }",
        ),
        stats(
            "stats: all tags",
            "(groupBy: [{property: TAG}])",
            "groups { tag { label } count converted }",
        ),
        stats(
            "stats: budget of a campaign",
            &format!(
                r#"(filter: {{campaign: {{any: ["{campaign}"]}}}}, groupBy: [{{property: STATUS}}], numbers: ["{budget}"])"#
            ),
            "groups { status count numbers { sum average } }",
        ),
        stats(
            "stats: all budgets",
            &format!(r#"(groupBy: [{{property: STATUS}}], numbers: ["{budget}"])"#),
            "groups { status count numbers { sum average } }",
        ),
        plain(
            "credit of a month",
            format!(
                "{{ attributionCredits(model: LINEAR, filter: {{{month}}}) {{ source {{ label }} credit leads }} }}"
            ),
        ),
        plain(
            "credit of all",
            "{ attributionCredits(model: TIME_DECAY) { source { label } credit leads } }".to_owned(),
        ),
    ]
}
