//! The rules of a registration that need no database: what is missing, malformed or contradictory. Pure.

use serde_json::{Map, Value};

use super::{NewPartnershipLead, NewRegistration};
use crate::domain::error::{PathSegment, Problem, ProblemCode, Problems, Result};
use crate::domain::form::MAX_NAME;
use crate::domain::leads::contact::{self, email, name, phone_number};
use crate::domain::leads::{AssociationType, LeadSource, references};
use crate::domain::text;

/// What a registration says about the lead itself, trimmed and checked.
#[derive(Debug)]
pub(super) struct Registration {
    pub association_type: Option<AssociationType>,
    pub source: LeadSource,
    pub email: Option<String>,
    pub company_name: Option<String>,
    pub phone_number: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub partners_company_name: Option<String>,
    pub sent_by_email: Option<String>,
    pub sent_by_company_name: Option<String>,
    /// `(object type, id)` in Pipedrive.
    pub pipedrive: Vec<(&'static str, String)>,
    /// What was found so far; the look-ups add to it, so that a client learns everything at once.
    pub problems: Problems,
}

impl Registration {
    /// # Errors
    /// When there are more parts than a lead may have: then nothing is looked up.
    pub(super) fn check(new: &NewRegistration) -> Result<Self> {
        too_many(new).check()?;
        let mut problems = Problems::default();
        type Rule = fn(&mut Problems, Vec<PathSegment>, &str) -> Option<String>;
        let mut field = |path: Vec<PathSegment>, value: Option<&String>, rule: Rule| rule(&mut problems, path, value?);
        let at = |name: &'static str| vec![name.into()];
        let of_partner = |name: &'static str| vec!["partnershipLead".into(), name.into()];
        let of_sender = |name: &'static str| vec!["partnershipLead".into(), "sentBy".into(), name.into()];
        let partner = new.partnership_lead.as_ref();
        let sent_by = partner.and_then(|partner| partner.sent_by.as_ref());
        let mut registration = Self {
            association_type: new.association_type,
            source: source(new),
            email: field(at("email"), new.email.as_ref(), email),
            company_name: field(at("companyName"), new.company_name.as_ref(), name),
            phone_number: field(at("phoneNumber"), new.phone_number.as_ref(), phone_number),
            first_name: field(at("firstName"), new.first_name.as_ref(), name),
            last_name: field(at("lastName"), new.last_name.as_ref(), name),
            partners_company_name: field(
                of_partner("partnersCompanyName"),
                partner.and_then(|partner| partner.partners_company_name.as_ref()),
                name,
            ),
            sent_by_email: field(of_sender("email"), sent_by.and_then(|by| by.email.as_ref()), email),
            sent_by_company_name: field(
                of_sender("companyName"),
                sent_by.and_then(|by| by.company_name.as_ref()),
                name,
            ),
            pipedrive: Vec::new(),
            problems: Problems::default(),
        };
        someone(new, &registration, &mut problems);
        associations(new, &mut problems);
        registration.pipedrive = pipedrive(&new.powerups, &mut problems);
        json_texts(new, &mut problems);
        registration.problems = problems;
        Ok(registration)
    }
}

/// What brought the lead in, when the client does not say.
fn source(new: &NewRegistration) -> LeadSource {
    let from_form = new
        .partnership_lead
        .as_ref()
        .is_some_and(|partner| partner.form_submission_lead);
    match (new.source, new.integration_name, new.association_type) {
        (Some(source), _, _) => source,
        (None, Some(_), _) => LeadSource::Integration,
        (None, None, _) if from_form => LeadSource::LeadSubmissionForm,
        (None, None, Some(AssociationType::Referral | AssociationType::Reseller)) => LeadSource::Partnership,
        (None, None, Some(AssociationType::Campaigns)) => LeadSource::Campaign,
        (None, None, None) => LeadSource::Manual,
    }
}

fn too_many(new: &NewRegistration) -> Problems {
    let partner_users = new
        .partnership_lead
        .as_ref()
        .map_or(0, |partner| partner.partner_users.len());
    let lists = [
        (vec!["tags".into()], new.tags.len()),
        (vec!["customFields".into()], new.custom_fields.len()),
        (vec!["partnerCustomFields".into()], new.partner_custom_fields.len()),
        (vec!["attributions".into()], new.attributions.len()),
        (
            vec!["integrationCustomFields".into()],
            new.integration_custom_fields.len(),
        ),
        (vec!["powerups".into()], new.powerups.len()),
        (vec!["partnershipLead".into(), "partnerUsers".into()], partner_users),
    ];
    references::too_many(lists)
}

/// A lead is somebody, and is registered in some way.
fn someone(new: &NewRegistration, registration: &Registration, problems: &mut Problems) {
    if new.association_type.is_none() {
        problems.add(Problem::missing(
            ["associationType".into()],
            "This is required: referral, reseller or campaigns",
        ));
    }
    let Registration {
        email,
        company_name,
        phone_number,
        first_name,
        last_name,
        ..
    } = registration;
    if [email, company_name, phone_number, first_name, last_name]
        .iter()
        .all(|field| field.is_none())
    {
        problems.add(Problem::missing(["email".into()], contact::SOMEONE));
    }
}

fn associations(new: &NewRegistration, problems: &mut Problems) {
    let partner = new.partnership_lead.as_ref();
    match new.association_type {
        Some(AssociationType::Referral | AssociationType::Reseller) if partner.is_none() => {
            let sentence = "This is required for referral and reseller leads";
            problems.add(Problem::invalid(["partnershipLead".into()], sentence));
        }
        Some(AssociationType::Campaigns) if new.campaign.is_none() => {
            problems.add(Problem::invalid(
                ["campaignId".into()],
                "This is required for campaign leads",
            ));
        }
        Some(AssociationType::Referral | AssociationType::Reseller | AssociationType::Campaigns) | None => {}
    }
    if partner.is_none() && !new.partner_custom_fields.is_empty() {
        let sentence = "These are for the partner's copy of a lead, but there is no partnershipLead";
        problems.add(Problem::invalid(["partnerCustomFields".into()], sentence));
    }
    if let Some(NewPartnershipLead {
        send_to_partner: true,
        assigned_from_partner_lead: true,
        ..
    }) = partner
    {
        let sentence = "A lead that came from the partner cannot be sent to it";
        problems.add(Problem::invalid(
            ["partnershipLead".into(), "sendToPartner".into()],
            sentence,
        ));
    }
}

/// The ids that tie a lead to Pipedrive. The object is kept as it is; these three must be whole numbers from 1.
fn pipedrive(powerups: &Map<String, Value>, problems: &mut Problems) -> Vec<(&'static str, String)> {
    let provider = match powerups.get("pipedrive") {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Object(provider)) => provider,
        Some(_) => {
            problems.add(Problem::invalid(
                ["powerups".into(), "pipedrive".into()],
                "This must be an object",
            ));
            return Vec::new();
        }
    };
    let mut refs = Vec::new();
    for (key, object_type) in [
        ("person_id", "person"),
        ("organization_id", "organization"),
        ("deal_id", "deal"),
    ] {
        match provider.get(key) {
            None | Some(Value::Null) => {}
            Some(id) => match id.as_u64() {
                Some(id) if id >= 1 => refs.push((object_type, id.to_string())),
                Some(_) | None => {
                    let path = ["powerups".into(), "pipedrive".into(), key.into()];
                    problems.add(Problem::invalid(path, "This must be a whole number from 1"));
                }
            },
        }
    }
    refs
}

/// What the database or the events could not take.
fn json_texts(new: &NewRegistration, problems: &mut Problems) {
    if new.powerups.keys().any(|provider| provider.chars().count() > MAX_NAME) {
        let sentence = format!("This must have names of at most {MAX_NAME} characters");
        problems.add(Problem::new(ProblemCode::TooLong, ["powerups".into()], sentence));
    }
    if !new
        .powerups
        .values()
        .all(|data| text::nests_at_most(data, text::MAX_NESTING))
    {
        problems.add(Problem::invalid(["powerups".into()], "This is nested too deeply"));
    }
    if new
        .powerups
        .iter()
        .any(|(key, value)| key.contains('\0') || text::has_nul(value))
    {
        problems.add(Problem::invalid(["powerups".into()], "This must not contain U+0000"));
    }
    for (index, entry) in new.integration_custom_fields.iter().enumerate() {
        if !text::nests_at_most(&entry.value, text::MAX_NESTING) {
            let path = ["integrationCustomFields".into(), index.into(), "value".into()];
            problems.add(Problem::invalid(path, "This is nested too deeply"));
        }
        if text::has_nul(&entry.value) {
            let path = ["integrationCustomFields".into(), index.into(), "value".into()];
            problems.add(Problem::invalid(path, "This must not contain U+0000"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Ref;
    use crate::domain::leads::{IntegrationName, LeadOrigin};
    use serde_json::json;

    fn referral() -> NewRegistration {
        NewRegistration {
            origin: LeadOrigin::Graphql,
            email: Some("a@b.co".to_owned()),
            company_name: None,
            phone_number: None,
            first_name: None,
            last_name: None,
            source: None,
            association_type: Some(AssociationType::Referral),
            campaign: None,
            partnership_lead: Some(NewPartnershipLead::default()),
            tags: Vec::new(),
            custom_fields: Vec::new(),
            partner_custom_fields: Vec::new(),
            attributions: Vec::new(),
            integration_name: None,
            integration_custom_fields: Vec::new(),
            powerups: Map::new(),
            body: String::new(),
        }
    }

    fn codes(new: &NewRegistration) -> Vec<(ProblemCode, Vec<PathSegment>)> {
        let problems = match Registration::check(new) {
            Ok(registration) => registration.problems,
            Err(error) => panic!("{error:?}"),
        };
        match problems.check() {
            Ok(()) => Vec::new(),
            Err(crate::domain::error::Error::Invalid(problems)) => problems
                .into_iter()
                .map(|problem| (problem.code, problem.path))
                .collect(),
            Err(error) => panic!("{error:?}"),
        }
    }

    fn one<const N: usize>(code: ProblemCode, path: [PathSegment; N]) -> Vec<(ProblemCode, Vec<PathSegment>)> {
        vec![(code, path.into())]
    }

    #[test]
    fn a_registration_says_who_and_how() {
        assert_eq!(codes(&referral()), []);
        let nobody = NewRegistration {
            email: Some("  ".to_owned()),
            ..referral()
        };
        assert_eq!(codes(&nobody), one(ProblemCode::Missing, ["email".into()]));
        let somehow = NewRegistration {
            association_type: None,
            ..referral()
        };
        assert_eq!(codes(&somehow), one(ProblemCode::Missing, ["associationType".into()]));
        let alone = NewRegistration {
            partnership_lead: None,
            ..referral()
        };
        assert_eq!(codes(&alone), one(ProblemCode::Invalid, ["partnershipLead".into()]));
        let campaign = NewRegistration {
            association_type: Some(AssociationType::Campaigns),
            ..referral()
        };
        assert_eq!(codes(&campaign), one(ProblemCode::Invalid, ["campaignId".into()]));
    }

    #[test]
    fn lengths_are_counted_in_characters_after_trimming() {
        let named = |name: String| NewRegistration {
            company_name: Some(name),
            ..referral()
        };
        assert_eq!(codes(&named(format!(" {} ", "ü".repeat(MAX_NAME)))), []);
        let expected = one(ProblemCode::TooLong, ["companyName".into()]);
        assert_eq!(codes(&named("ü".repeat(MAX_NAME + 1))), expected);
        let phone = NewRegistration {
            phone_number: Some("1".repeat(65)),
            ..referral()
        };
        assert_eq!(codes(&phone), one(ProblemCode::TooLong, ["phoneNumber".into()]));
    }

    #[test]
    fn pipedrive_ids_are_whole_numbers_from_one() {
        let with = |pipedrive: Value| {
            let powerups = [("pipedrive".to_owned(), pipedrive)].into_iter().collect();
            NewRegistration { powerups, ..referral() }
        };
        assert_eq!(codes(&with(json!({"deal_id": 1, "person_id": null, "other": "x"}))), []);
        for bad in [json!(0), json!(-1), json!(1.5), json!("1"), json!([1])] {
            let path = ["powerups".into(), "pipedrive".into(), "deal_id".into()];
            assert_eq!(
                codes(&with(json!({ "deal_id": bad }))),
                one(ProblemCode::Invalid, path),
                "{bad}"
            );
        }
        assert_eq!(
            codes(&with(json!([]))),
            one(ProblemCode::Invalid, ["powerups".into(), "pipedrive".into()])
        );
    }

    #[test]
    fn the_source_follows_from_the_rest_unless_it_is_given() {
        let form = NewPartnershipLead {
            form_submission_lead: true,
            ..Default::default()
        };
        let from_form = NewRegistration {
            partnership_lead: Some(form),
            ..referral()
        };
        let integrated = NewRegistration {
            integration_name: Some(IntegrationName::Slack),
            ..from_form.clone()
        };
        let given = NewRegistration {
            source: Some(LeadSource::Manual),
            ..integrated.clone()
        };
        let campaign = NewRegistration {
            association_type: Some(AssociationType::Campaigns),
            campaign: Some(Ref::Id(1)),
            ..referral()
        };
        assert_eq!(source(&referral()), LeadSource::Partnership);
        assert_eq!(source(&from_form), LeadSource::LeadSubmissionForm);
        assert_eq!(source(&integrated), LeadSource::Integration);
        assert_eq!(source(&given), LeadSource::Manual);
        assert_eq!(source(&campaign), LeadSource::Campaign);
    }

    #[test]
    fn more_parts_than_a_lead_may_have_are_refused_before_anything_is_looked_up() {
        let new = NewRegistration {
            tags: (1..=101).map(Ref::Id).collect(),
            ..referral()
        };
        assert!(Registration::check(&new).is_err());
    }
}
