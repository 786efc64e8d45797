//! Mutations of everything else.

use super::Needs::{Admin, Write};
use super::Stranger::{NotFound, Own};
use super::{Attempt, attempt};

pub const MUTATIONS: &[Attempt] = &[
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
