//! Leads of the partner programme, as JourneyBee's clients post them.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{People, Person};
use crate::demo::cast::Cast;
use crate::demo::catalogue::Catalogue;
use crate::demo::dice::Dice;
use crate::demo::{Stage, words};
use crate::domain::Ref;
use crate::domain::caller::Door;
use crate::domain::error::Result;
use crate::domain::leads::register::{NewAttribution, NewFieldValue, NewPartnershipLead, NewValue, OptionRef, SentBy};
use crate::domain::leads::{self, AssociationType, IntegrationName, LeadOrigin, NewRegistration};
use crate::domain::partnerships::{Partnership, PartnershipRef};

/// Where and when a registration happens.
pub(super) struct Scene<'a> {
    pub stage: &'a Stage,
    pub cast: &'a Cast,
    pub catalogue: &'a Catalogue,
    pub at: DateTime<Utc>,
}

pub(super) async fn make(scene: &Scene<'_>, dice: &mut Dice, people: &mut People) -> Result<Uuid> {
    let new = registration(scene, people.meet(dice), dice);
    let op = scene.stage.visit(&scene.cast.client, Door::Journeybee, scene.at);
    Ok(leads::register(&op, new).await?.uuid)
}

fn registration(scene: &Scene, person: Person, dice: &mut Dice) -> NewRegistration {
    let Person {
        first_name,
        last_name,
        email,
        phone,
        company,
    } = person;
    let (association, partnership_lead) = association(scene.cast, dice);
    let is_sent = partnership_lead.as_ref().is_some_and(|lead| lead.send_to_partner);
    let campaign = (association == AssociationType::Campaigns).then(|| one(&scene.catalogue.campaigns, dice));
    let body = json!({
        "email": email,
        "company_name": company,
        "phone_number": phone,
        "first_name": first_name,
        "last_name": last_name,
        "associationType": association,
    });
    NewRegistration {
        origin: LeadOrigin::JourneybeeShim,
        email: Some(email),
        company_name: Some(company),
        phone_number: dice.chance(80).then_some(phone),
        first_name: Some(first_name.into()),
        last_name: Some(last_name.into()),
        source: None,
        association_type: Some(association),
        campaign,
        partnership_lead,
        tags: some(&scene.catalogue.tags, dice),
        custom_fields: values(scene, dice),
        partner_custom_fields: if is_sent {
            shared_values(scene.catalogue, dice)
        } else {
            Vec::new()
        },
        attributions: attributions(scene, dice),
        integration_name: dice.chance(15).then_some(IntegrationName::Hubspot),
        integration_custom_fields: Vec::new(),
        powerups: powerups(dice),
        body: body.to_string(),
    }
}

fn association(cast: &Cast, dice: &mut Dice) -> (AssociationType, Option<NewPartnershipLead>) {
    match dice.below(100) {
        0..45 => (
            AssociationType::Referral,
            Some(partnership_lead(&cast.referral, &[567, 890], dice)),
        ),
        45..75 => (
            AssociationType::Reseller,
            Some(partnership_lead(&cast.reseller, &[], dice)),
        ),
        _ => (AssociationType::Campaigns, None),
    }
}

fn partnership_lead(partnership: &Partnership, users: &[i64], dice: &mut Dice) -> NewPartnershipLead {
    let send_to_partner = dice.chance(35);
    NewPartnershipLead {
        partnership: PartnershipRef {
            partnership: Some(Ref::Id(partnership.shared.id)),
            partner_company: Some(Ref::Id(partnership.partner.id)),
            company_partnership: Some(Ref::Id(partnership.side.id)),
        },
        send_to_partner,
        partner_users: if send_to_partner { some(users, dice) } else { Vec::new() },
        partners_company_name: Some(partnership.partner.name.clone()),
        sent_by: (!send_to_partner).then(|| SentBy {
            user: None,
            email: partnership
                .partner
                .domain
                .as_ref()
                .map(|domain| format!("partners@{domain}")),
            company_name: Some(partnership.partner.name.clone()),
        }),
        ..NewPartnershipLead::default()
    }
}

fn values(scene: &Scene, dice: &mut Dice) -> Vec<NewFieldValue> {
    let Catalogue {
        deal_size,
        notes,
        interest,
        decision_date,
        budget_approved,
        ..
    } = *scene.catalogue;
    let decision = scene.at + Duration::days(10 + dice.below(80) as i64);
    let all = [
        (75, deal_size, NewValue::Number((1 + dice.below(200)) as f64 * 500.0)),
        (50, notes, NewValue::Text(dice.pick(words::NOTES).into())),
        (
            45,
            interest,
            NewValue::MultiSelect(vec![OptionRef::Number(1), OptionRef::Number(2 + dice.below(2) as i64)]),
        ),
        (35, decision_date, NewValue::Date(decision.date_naive().to_string())),
        (30, budget_approved, NewValue::Boolean(dice.chance(60))),
    ];
    let mut kept = Vec::new();
    for (percent, id, value) in all {
        if dice.chance(percent) {
            kept.push(field(id, value));
        }
    }
    kept
}

fn shared_values(catalogue: &Catalogue, dice: &mut Dice) -> Vec<NewFieldValue> {
    let size = OptionRef::Number(1 + dice.below(4) as i64);
    vec![field(catalogue.company_size, NewValue::Select(size))]
}

fn field(id: i64, value: NewValue) -> NewFieldValue {
    NewFieldValue {
        field: Ref::Id(id),
        declared_type: None,
        value,
    }
}

fn attributions(scene: &Scene, dice: &mut Dice) -> Vec<NewAttribution> {
    let touches = dice.below(3) as i64;
    let touch = |n| NewAttribution {
        source: one(&scene.catalogue.sources, dice),
        attributed_at: scene.at - Duration::days(3 * n + 1),
    };
    (0..touches).map(touch).collect()
}

fn powerups(dice: &mut Dice) -> Map<String, Value> {
    let mut powerups = Map::new();
    if dice.chance(20) {
        let person = json!({ "person_id": 1 + dice.below(5000), "organization_id": 1 + dice.below(900) });
        powerups.insert("pipedrive".into(), person);
    }
    powerups
}

/// `ids` must not be empty.
fn one(ids: &[i64], dice: &mut Dice) -> Ref {
    Ref::Id(ids[dice.below(ids.len() as u64) as usize])
}

fn some(ids: &[i64], dice: &mut Dice) -> Vec<Ref> {
    ids.iter().filter(|_| dice.chance(35)).map(|id| Ref::Id(*id)).collect()
}
