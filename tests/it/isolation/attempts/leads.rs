//! Mutations of leads.

use super::Needs::{Read, Write};
use super::Stranger::NotFound;
use super::{Attempt, attempt};

pub const MUTATIONS: &[Attempt] = &[
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
        "markNotificationsRead",
        Read,
        NotFound,
        r#"markNotificationsRead(input: { notificationIds: ["@notification"] })
           { unreadCount userErrors { code } }"#,
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
];
