//! The words of the wire and what they mean.

use crate::domain::custom_fields::{FieldCategory, FieldType};
use crate::domain::leads::{AssociationType, Direction, FormDirection, IntegrationName, LeadSource, LeadStatus};
use crate::domain::partnerships::{PartnerType, PartnershipState, ResellerSide};
use crate::domain::tags::TagAssociation;

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

pub const FIELD_CATEGORIES: &[(&str, FieldCategory)] = &[
    ("lead", FieldCategory::Lead),
    ("lead_deal", FieldCategory::LeadDeal),
    ("partner", FieldCategory::Partner),
    ("contact", FieldCategory::Contact),
];

pub const TAG_ASSOCIATIONS: &[(&str, TagAssociation)] = &[
    ("lead", TagAssociation::Lead),
    ("lead_deal", TagAssociation::LeadDeal),
    ("partner", TagAssociation::Partner),
    ("card", TagAssociation::Card),
    ("contact", TagAssociation::Contact),
];

pub const PARTNER_TYPES: &[(&str, PartnerType)] = &[
    ("referral", PartnerType::Referral),
    ("reseller", PartnerType::Reseller),
    ("distributor", PartnerType::Distributor),
];

pub const STAGES: &[(&str, PartnershipState)] = &[
    ("invited", PartnershipState::Invited),
    ("accepted", PartnershipState::Accepted),
    ("inactive", PartnershipState::Inactive),
    ("archived", PartnershipState::Archived),
];

pub const RESELLER_SIDES: &[(&str, ResellerSide)] =
    &[("company", ResellerSide::Company), ("partner", ResellerSide::Partner)];

pub const STATUSES: &[(&str, LeadStatus)] = &[
    ("new", LeadStatus::New),
    ("contacted", LeadStatus::Contacted),
    ("qualified", LeadStatus::Qualified),
    ("converted", LeadStatus::Converted),
    ("lost", LeadStatus::Lost),
];

pub const DIRECTIONS: &[(&str, Direction)] = &[("sent", Direction::Sent), ("received", Direction::Received)];

/// The word for a meaning.
pub fn word<T: Copy + PartialEq>(words: &[(&'static str, T)], meaning: T) -> &'static str {
    let found = words.iter().find(|(_, known)| *known == meaning);
    found.map_or("", |(word, _)| word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::events;

    /// The domain calls these things what JourneyBee calls them, in facts and in the database.
    #[test]
    fn words_are_the_ones_that_facts_have() {
        let statuses = STATUSES.iter().map(|(word, meaning)| (*word, events::word(meaning)));
        let sources = SOURCES.iter().map(|(word, meaning)| (*word, events::word(meaning)));
        let types = FIELD_TYPES.iter().map(|(word, meaning)| (*word, events::word(meaning)));
        let categories = FIELD_CATEGORIES
            .iter()
            .map(|(word, meaning)| (*word, events::word(meaning)));
        let tags = TAG_ASSOCIATIONS
            .iter()
            .map(|(word, meaning)| (*word, events::word(meaning)));
        let partners = PARTNER_TYPES
            .iter()
            .map(|(word, meaning)| (*word, events::word(meaning)));
        let stages = STAGES.iter().map(|(word, meaning)| (*word, events::word(meaning)));
        let all = statuses
            .chain(sources)
            .chain(types)
            .chain(categories)
            .chain(tags)
            .chain(partners)
            .chain(stages);
        for (word, stored) in all {
            assert_eq!(word, stored);
        }
    }
}
