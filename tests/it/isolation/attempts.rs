//! Every root field of the schema, called in every way that names something of a workspace.

/// What a root field asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    Nothing,
    Read,
    Write,
    Admin,
}

/// One way to call a root field. `@name` stands for an id of the workspace called home.
pub struct Attempt {
    pub field: &'static str,
    pub needs: Needs,
    /// The call, of a query or a mutation.
    pub call: &'static str,
    /// What a stranger gets for home's ids.
    pub stranger: Stranger,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stranger {
    /// Null.
    Nothing,
    /// Only what is theirs.
    Own,
    /// A user error NOT_FOUND.
    NotFound,
}

const fn attempt(field: &'static str, needs: Needs, stranger: Stranger, call: &'static str) -> Attempt {
    Attempt {
        field,
        needs,
        call,
        stranger,
    }
}

use Needs::{Admin, Nothing, Read, Write};
use Stranger::{NotFound, Own};

const QUERIES: &[Attempt] = &[
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
    attempt("apiKeys", Admin, Own, "apiKeys { totalCount nodes { keyPrefix uuid } }"),
];

const MUTATIONS: &[Attempt] = &[
    attempt(
        "createServerSideLead",
        Write,
        NotFound,
        r#"createServerSideLead(input: { projectId: "@project", userData: { email: "x@x.test" } })
           { lead { id } userErrors { code } }"#,
    ),
    attempt(
        "createServerSideLead",
        Write,
        NotFound,
        r#"createServerSideLead(input: { projectId: "@public_id", userData: { email: "x@x.test" } })
           { lead { id } userErrors { code } }"#,
    ),
    attempt(
        "createLead",
        Write,
        NotFound,
        r#"createLead(input: { associationType: CAMPAIGNS, email: "x@x.test", companyCampaignId: "@campaign" })
           { lead { id } userErrors { code } }"#,
    ),
    attempt(
        "createLead",
        Write,
        NotFound,
        r#"createLead(input: { associationType: REFERRAL, email: "x@x.test", partnershipLead: { partnershipId: "@partnership" } })
           { lead { id } userErrors { code } }"#,
    ),
    attempt(
        "createLead",
        Write,
        NotFound,
        r#"createLead(input: { associationType: CAMPAIGNS, email: "x@x.test", companyCampaignId: "@own_campaign", tags: ["@tag"] })
           { lead { id } userErrors { code } }"#,
    ),
    attempt(
        "createLead",
        Write,
        NotFound,
        r#"createLead(input: { associationType: CAMPAIGNS, email: "x@x.test", companyCampaignId: "@own_campaign",
             customFields: [{ customFieldId: "@field", value: { number: 1 } }] }) { lead { id } userErrors { code } }"#,
    ),
    attempt(
        "createLead",
        Write,
        NotFound,
        r#"createLead(input: { associationType: CAMPAIGNS, email: "x@x.test", companyCampaignId: "@own_campaign",
             attributions: [{ id: "@source", attributedDate: "2024-01-15T10:30:00Z" }] }) { lead { id } userErrors { code } }"#,
    ),
    attempt(
        "updateLead",
        Write,
        NotFound,
        r#"updateLead(input: { leadId: "@lead", expectedVersion: 1, email: "x@x.test" })
           { lead { id } userErrors { code } conflict { current { id email } fields } }"#,
    ),
    attempt(
        "updateLead",
        Write,
        NotFound,
        r#"updateLead(input: { leadId: "@lead", expectedVersion: 7, email: "x@x.test" })
           { lead { id } userErrors { code } conflict { current { id email } fields } }"#,
    ),
    attempt(
        "setLeadStatus",
        Write,
        NotFound,
        r#"setLeadStatus(input: { leadId: "@lead", expectedVersion: 1, status: CONTACTED })
           { lead { id } userErrors { code } conflict { current { id email } fields } }"#,
    ),
    attempt(
        "assignLead",
        Write,
        NotFound,
        r#"assignLead(input: { leadId: "@lead", expectedVersion: 1, userIds: ["@user"] })
           { lead { id } userErrors { code } conflict { current { id email } fields } }"#,
    ),
    attempt(
        "unassignLead",
        Write,
        NotFound,
        r#"unassignLead(input: { leadId: "@lead", expectedVersion: 1, userIds: ["@user"] })
           { lead { id } userErrors { code } conflict { current { id email } fields } }"#,
    ),
    attempt(
        "tagLead",
        Write,
        NotFound,
        r#"tagLead(input: { leadId: "@lead", expectedVersion: 1, tagIds: ["@tag"] })
           { lead { id } userErrors { code } conflict { current { id email } fields } }"#,
    ),
    attempt(
        "untagLead",
        Write,
        NotFound,
        r#"untagLead(input: { leadId: "@lead", expectedVersion: 1, tagIds: ["@tag"] })
           { lead { id } userErrors { code } conflict { current { id email } fields } }"#,
    ),
    attempt(
        "setLeadFieldValues",
        Write,
        NotFound,
        r#"setLeadFieldValues(input: { leadId: "@lead", expectedVersion: 1, customFields: [{ customFieldId: "@field", value: { number: 1 } }] })
           { lead { id } userErrors { code } conflict { current { id email } fields } }"#,
    ),
    attempt(
        "clearLeadFieldValues",
        Write,
        NotFound,
        r#"clearLeadFieldValues(input: { leadId: "@lead", expectedVersion: 1, customFieldIds: ["@field"] })
           { lead { id } userErrors { code } conflict { current { id email } fields } }"#,
    ),
    attempt(
        "addLeadAttributions",
        Write,
        NotFound,
        r#"addLeadAttributions(input: { leadId: "@lead", expectedVersion: 1, attributions: [{ id: "@source", attributedDate: "2024-01-15T10:30:00Z" }] })
           { lead { id } userErrors { code } conflict { current { id email } fields } }"#,
    ),
    attempt(
        "removeLeadAttributions",
        Write,
        NotFound,
        r#"removeLeadAttributions(input: { leadId: "@lead", expectedVersion: 1, attributionIds: ["@attribution"] })
           { lead { id } userErrors { code } conflict { current { id email } fields } }"#,
    ),
    attempt(
        "archiveLead",
        Write,
        NotFound,
        r#"archiveLead(input: { leadId: "@lead", expectedVersion: 1 })
           { lead { id } userErrors { code } conflict { current { id email } fields } }"#,
    ),
    attempt(
        "restoreLead",
        Write,
        NotFound,
        r#"restoreLead(input: { leadId: "@lead", expectedVersion: 1 })
           { lead { id } userErrors { code } conflict { current { id email } fields } }"#,
    ),
    attempt(
        "addLeadNote",
        Write,
        NotFound,
        r#"addLeadNote(input: { leadId: "@lead", text: "T" })
           { note { id text } userErrors { code } }"#,
    ),
    attempt(
        "updateLeadNote",
        Write,
        NotFound,
        r#"updateLeadNote(input: { noteId: "@note", expectedVersion: 1, text: "T" })
           { note { id text } userErrors { code } conflict { current { id text } fields } }"#,
    ),
    attempt(
        "updateLeadNote",
        Write,
        NotFound,
        r#"updateLeadNote(input: { noteId: "@note", expectedVersion: 7, text: "T" })
           { note { id text } userErrors { code } conflict { current { id text } fields } }"#,
    ),
    attempt(
        "deleteLeadNote",
        Write,
        NotFound,
        r#"deleteLeadNote(input: { noteId: "@note", expectedVersion: 1 })
           { note { id text } userErrors { code } conflict { current { id text } fields } }"#,
    ),
    attempt(
        "createTag",
        Write,
        Own,
        "createTag(input: { label: \"T\", association: LEAD }) { tag { id } userErrors { code } }",
    ),
    attempt(
        "updateTag",
        Write,
        NotFound,
        r#"updateTag(input: { tagId: "@tag", expectedVersion: 1, label: "T2" })
           { tag { id } userErrors { code } conflict { current { id } fields } }"#,
    ),
    attempt(
        "updateTag",
        Write,
        NotFound,
        r#"updateTag(input: { tagId: "@tag", expectedVersion: 7, label: "T" })
           { tag { id } userErrors { code } conflict { current { id } fields } }"#,
    ),
    attempt(
        "archiveTag",
        Write,
        NotFound,
        r#"archiveTag(input: { tagId: "@tag", expectedVersion: 1 }) { tag { id } userErrors { code } }"#,
    ),
    attempt(
        "restoreTag",
        Write,
        NotFound,
        r#"restoreTag(input: { tagId: "@tag", expectedVersion: 1 }) { tag { id } userErrors { code } }"#,
    ),
    attempt(
        "createCustomField",
        Write,
        Own,
        "createCustomField(input: { label: \"F\", type: TEXT, category: LEAD }) { customField { id } userErrors { code } }",
    ),
    attempt(
        "createAttributionSource",
        Write,
        Own,
        "createAttributionSource(input: { label: \"S\" }) { attributionSource { id } userErrors { code } }",
    ),
    attempt(
        "createCampaign",
        Write,
        Own,
        "createCampaign(input: { title: \"C\" }) { campaign { id } userErrors { code } }",
    ),
    attempt(
        "createPartnership",
        Write,
        NotFound,
        r#"createPartnership(input: { partner: { existing: "@company" }, partnerType: REFERRAL })
           { partnership { id } userErrors { code } }"#,
    ),
    attempt(
        "acceptPartnership",
        Write,
        NotFound,
        r#"acceptPartnership(input: { invitation: "@partnership_uuid", partner: { name: "P" } })
           { partnership { id } userErrors { code } }"#,
    ),
    attempt(
        "createPartnerCompany",
        Write,
        Own,
        "createPartnerCompany(input: { name: \"P\" }) { partnerCompany { id } userErrors { code } }",
    ),
    attempt(
        "createPartnerUser",
        Write,
        NotFound,
        r#"createPartnerUser(input: { partnerCompanyId: "@company", email: "x@x.test" })
           { partnerUser { id } userErrors { code } }"#,
    ),
    attempt(
        "createProject",
        Admin,
        Own,
        "createProject(input: { name: \"P\" }) { project { id } userErrors { code } }",
    ),
    attempt(
        "updateProject",
        Admin,
        NotFound,
        r#"updateProject(input: { projectId: "@project", expectedVersion: 1, active: false })
           { project { id } userErrors { code } conflict { current { id } } }"#,
    ),
    attempt(
        "createApiKey",
        Admin,
        NotFound,
        r#"createApiKey(input: { label: "K", scopes: [READ], projectId: "@project" })
           { apiKey { id } key userErrors { code } }"#,
    ),
    attempt(
        "revokeApiKey",
        Admin,
        NotFound,
        r#"revokeApiKey(input: { apiKeyId: "@key" }) { apiKey { id } userErrors { code } }"#,
    ),
    attempt(
        "updateWorkspace",
        Admin,
        Own,
        "updateWorkspace(input: { expectedVersion: 1, name: \"Renamed\" }) { workspace { id name } userErrors { code } }",
    ),
    attempt(
        "updateCustomField",
        Write,
        NotFound,
        r#"updateCustomField(input: { customFieldId: "@field", expectedVersion: 1, label: "F2" })
           { customField { id } userErrors { code } conflict { current { id } fields } }"#,
    ),
    attempt(
        "updateCustomField",
        Write,
        NotFound,
        r#"updateCustomField(input: { customFieldId: "@field", expectedVersion: 7, label: "F" })
           { customField { id } userErrors { code } conflict { current { id } fields } }"#,
    ),
    attempt(
        "archiveCustomField",
        Write,
        NotFound,
        r#"archiveCustomField(input: { customFieldId: "@field", expectedVersion: 1 })
           { customField { id } userErrors { code } conflict { current { id } } }"#,
    ),
    attempt(
        "restoreCustomField",
        Write,
        NotFound,
        r#"restoreCustomField(input: { customFieldId: "@field", expectedVersion: 1 })
           { customField { id } userErrors { code } conflict { current { id } } }"#,
    ),
    attempt(
        "updateAttributionSource",
        Write,
        NotFound,
        r#"updateAttributionSource(input: { attributionSourceId: "@source", expectedVersion: 1, label: "S2" })
           { attributionSource { id } userErrors { code } conflict { current { id } fields } }"#,
    ),
    attempt(
        "updateAttributionSource",
        Write,
        NotFound,
        r#"updateAttributionSource(input: { attributionSourceId: "@source", expectedVersion: 7, label: "S" })
           { attributionSource { id } userErrors { code } conflict { current { id } fields } }"#,
    ),
    attempt(
        "archiveAttributionSource",
        Write,
        NotFound,
        r#"archiveAttributionSource(input: { attributionSourceId: "@source", expectedVersion: 1 })
           { attributionSource { id } userErrors { code } conflict { current { id } } }"#,
    ),
    attempt(
        "restoreAttributionSource",
        Write,
        NotFound,
        r#"restoreAttributionSource(input: { attributionSourceId: "@source", expectedVersion: 1 })
           { attributionSource { id } userErrors { code } conflict { current { id } } }"#,
    ),
    attempt(
        "updateCampaign",
        Write,
        NotFound,
        r#"updateCampaign(input: { campaignId: "@campaign", expectedVersion: 1, title: "C" })
           { campaign { id } userErrors { code } conflict { current { id } fields } }"#,
    ),
    attempt(
        "updateCampaign",
        Write,
        NotFound,
        r#"updateCampaign(input: { campaignId: "@campaign", expectedVersion: 7, title: "C" })
           { campaign { id } userErrors { code } conflict { current { id } fields } }"#,
    ),
    attempt(
        "archiveCampaign",
        Write,
        NotFound,
        r#"archiveCampaign(input: { campaignId: "@campaign", expectedVersion: 1 })
           { campaign { id } userErrors { code } conflict { current { id } } }"#,
    ),
    attempt(
        "restoreCampaign",
        Write,
        NotFound,
        r#"restoreCampaign(input: { campaignId: "@campaign", expectedVersion: 1 })
           { campaign { id } userErrors { code } conflict { current { id } } }"#,
    ),
    attempt(
        "updatePartnership",
        Write,
        NotFound,
        r#"updatePartnership(input: { partnershipId: "@partnership", expectedVersion: 1, invitation: INVITED })
           { partnership { id } userErrors { code } conflict { current { id } fields } }"#,
    ),
    attempt(
        "updatePartnership",
        Write,
        NotFound,
        r#"updatePartnership(input: { partnershipId: "@partnership", expectedVersion: 7, invitation: INACTIVE })
           { partnership { id } userErrors { code } conflict { current { id } fields } }"#,
    ),
    attempt(
        "archivePartnership",
        Write,
        NotFound,
        r#"archivePartnership(input: { partnershipId: "@partnership", expectedVersion: 1 })
           { partnership { id } userErrors { code } conflict { current { id } } }"#,
    ),
    attempt(
        "updatePartnerCompany",
        Write,
        NotFound,
        r#"updatePartnerCompany(input: { partnerCompanyId: "@company", expectedVersion: 1, name: "P" })
           { partnerCompany { id } userErrors { code } conflict { current { id } fields } }"#,
    ),
    attempt(
        "updatePartnerCompany",
        Write,
        NotFound,
        r#"updatePartnerCompany(input: { partnerCompanyId: "@company", expectedVersion: 7, name: "P" })
           { partnerCompany { id } userErrors { code } conflict { current { id } fields } }"#,
    ),
    attempt(
        "updatePartnerUser",
        Write,
        NotFound,
        r#"updatePartnerUser(input: { partnerUserId: "@person", expectedVersion: 1, name: "P" })
           { partnerUser { id } userErrors { code } conflict { current { id } fields } }"#,
    ),
    attempt(
        "updatePartnerUser",
        Write,
        NotFound,
        r#"updatePartnerUser(input: { partnerUserId: "@person", expectedVersion: 7, name: "P" })
           { partnerUser { id } userErrors { code } conflict { current { id } fields } }"#,
    ),
    attempt(
        "inviteUser",
        Admin,
        Own,
        r#"inviteUser(input: { email: "new@x.test", role: READONLY }) { user { id } userErrors { code } }"#,
    ),
    attempt(
        "updateUser",
        Admin,
        NotFound,
        r#"updateUser(input: { userId: "@user", expectedVersion: 1, firstName: "P" })
           { user { id } userErrors { code } conflict { current { id } fields } }"#,
    ),
    attempt(
        "updateUser",
        Admin,
        NotFound,
        r#"updateUser(input: { userId: "@user", expectedVersion: 7, firstName: "P" })
           { user { id } userErrors { code } conflict { current { id } fields } }"#,
    ),
    attempt(
        "setUserRole",
        Admin,
        NotFound,
        r#"setUserRole(input: { userId: "@user", expectedVersion: 1, role: READONLY })
           { user { id } userErrors { code } conflict { current { id } } }"#,
    ),
    attempt(
        "disableUser",
        Admin,
        NotFound,
        r#"disableUser(input: { userId: "@user", expectedVersion: 1 })
           { user { id } userErrors { code } conflict { current { id } } }"#,
    ),
    attempt(
        "enableUser",
        Admin,
        NotFound,
        r#"enableUser(input: { userId: "@user", expectedVersion: 1 })
           { user { id } userErrors { code } conflict { current { id } } }"#,
    ),
    attempt(
        "updateApiKey",
        Admin,
        NotFound,
        r#"updateApiKey(input: { apiKeyId: "@key", expectedVersion: 1, label: "K" })
           { apiKey { id } userErrors { code } conflict { current { id } fields } }"#,
    ),
    attempt(
        "updateApiKey",
        Admin,
        NotFound,
        r#"updateApiKey(input: { apiKeyId: "@key", expectedVersion: 7, label: "K" })
           { apiKey { id } userErrors { code } conflict { current { id } fields } }"#,
    ),
    attempt(
        "rotateApiKey",
        Admin,
        NotFound,
        r#"rotateApiKey(input: { apiKeyId: "@key", expectedVersion: 1 })
           { apiKey { id } key userErrors { code } conflict { current { id } } }"#,
    ),
    attempt(
        "createConversionLabel",
        Write,
        NotFound,
        r#"createConversionLabel(input: { projectId: "@project", name: "L" })
           { conversionLabel { id } userErrors { code } }"#,
    ),
    attempt(
        "updateConversionLabel",
        Write,
        NotFound,
        r#"updateConversionLabel(input: { conversionLabelId: "@label", expectedVersion: 1, name: "L2" })
           { conversionLabel { id } userErrors { code } conflict { current { id } fields } }"#,
    ),
    attempt(
        "updateConversionLabel",
        Write,
        NotFound,
        r#"updateConversionLabel(input: { conversionLabelId: "@label", expectedVersion: 7, name: "L" })
           { conversionLabel { id } userErrors { code } conflict { current { id } fields } }"#,
    ),
    attempt(
        "archiveConversionLabel",
        Write,
        NotFound,
        r#"archiveConversionLabel(input: { conversionLabelId: "@label", expectedVersion: 1 })
           { conversionLabel { id } userErrors { code } conflict { current { id } } }"#,
    ),
    attempt(
        "restoreConversionLabel",
        Write,
        NotFound,
        r#"restoreConversionLabel(input: { conversionLabelId: "@label", expectedVersion: 1 })
           { conversionLabel { id } userErrors { code } conflict { current { id } } }"#,
    ),
];

pub fn attempts() -> impl Iterator<Item = (&'static Attempt, String)> {
    let queries = QUERIES
        .iter()
        .map(|attempt| (attempt, format!("query {{ {} }}", attempt.call)));
    let mutations = MUTATIONS
        .iter()
        .map(|attempt| (attempt, format!("mutation {{ {} }}", attempt.call)));
    queries.chain(mutations)
}
