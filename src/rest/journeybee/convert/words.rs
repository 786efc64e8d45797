//! The words of the wire and what they mean.

use crate::domain::custom_fields::FieldType;
use crate::domain::leads::{AssociationType, FormDirection, IntegrationName, LeadSource};

pub const ASSOCIATION_TYPES: &[(&str, AssociationType)] = &[
    ("referral", AssociationType::Referral),
    ("reseller", AssociationType::Reseller),
    ("campaigns", AssociationType::Campaigns),
];

pub const SOURCES: &[(&str, LeadSource)] = &[
    ("manual", LeadSource::Manual),
    ("campaign", LeadSource::Campaign),
    ("partnership", LeadSource::Partnership),
    ("integration", LeadSource::Integration),
    ("lead_submission_form", LeadSource::LeadSubmissionForm),
];

pub const FORM_DIRECTIONS: &[(&str, FormDirection)] = &[("claim", FormDirection::Claim), ("send", FormDirection::Send)];

/// As documented; clients spell them in any case.
pub const INTEGRATIONS: &[(&str, IntegrationName)] = &[
    ("Salesforce", IntegrationName::Salesforce),
    ("Hubspot", IntegrationName::Hubspot),
    ("Pipedrive", IntegrationName::Pipedrive),
    ("Slack", IntegrationName::Slack),
];

pub const FIELD_TYPES: &[(&str, FieldType)] = &[
    ("text", FieldType::Text),
    ("textarea", FieldType::Textarea),
    ("number", FieldType::Number),
    ("date", FieldType::Date),
    ("boolean", FieldType::Boolean),
    ("select", FieldType::Select),
    ("multi_select", FieldType::MultiSelect),
];
