//! The demo's leads: when each one came, through which door, and what became of it. Made in the order of time, as they
//! would have been.

mod captured;
mod examples;
mod registered;
mod worked;

use std::collections::HashSet;

use chrono::{DateTime, Duration, Timelike, Utc};

use super::cast::Cast;
use super::catalogue::Catalogue;
use super::dice::Dice;
use super::{HISTORY, Stage, words};
use crate::domain::error::Result;

const CAPTURED: usize = 170;
const REGISTERED: usize = 110;
const CAPTURED_BY_PARTNERS: usize = 45;

/// Any number: it chooses the demo's data.
const SEED: u64 = 2026;

enum Arrival {
    Captured,
    Registered,
    /// At the partner with this index.
    CapturedByPartner(usize),
}

pub(super) async fn make(stage: &Stage, cast: &Cast, catalogue: &Catalogue) -> Result<()> {
    let mut dice = Dice::new(SEED);
    let mut people = People::default();
    let mut desk = worked::Desk::new();
    for (at, arrival) in plan(stage, cast, &mut dice) {
        match arrival {
            Arrival::Captured => {
                let project = if dice.chance(75) {
                    &cast.website
                } else {
                    &cast.landing_pages
                };
                desk.put(captured::make(stage, (&cast.client, project), at, &mut dice, &mut people).await?);
            }
            Arrival::CapturedByPartner(partner) => {
                let (caller, project) = &cast.partners[partner];
                captured::make(stage, (caller, project), at, &mut dice, &mut people).await?;
            }
            Arrival::Registered => {
                let scene = registered::Scene {
                    stage,
                    cast,
                    catalogue,
                    at,
                };
                desk.put(registered::make(&scene, &mut dice, &mut people).await?);
            }
        }
        desk.work(stage, cast, at).await?;
    }
    examples::make(stage, cast, catalogue, stage.now).await
}

fn plan(stage: &Stage, cast: &Cast, dice: &mut Dice) -> Vec<(DateTime<Utc>, Arrival)> {
    let arrivals = arrivals(cast.partners.len());
    let mut moments: Vec<_> = arrivals.iter().map(|_| moment(stage.now, dice)).collect();
    moments.sort_unstable();
    moments.into_iter().zip(arrivals).collect()
}

/// In the order of time. Each kind is spread evenly, so that every page of leads shows all kinds.
fn arrivals(partners: usize) -> Vec<Arrival> {
    let captured = spread(CAPTURED, |_| Arrival::Captured);
    let registered = spread(REGISTERED, |_| Arrival::Registered);
    let at_partners = spread(CAPTURED_BY_PARTNERS, |n| Arrival::CapturedByPartner(n % partners));
    let mut all: Vec<_> = captured.chain(registered).chain(at_partners).collect();
    all.sort_by_key(|(place, _)| *place);
    all.into_iter().map(|(_, arrival)| arrival).collect()
}

/// `count` arrivals with their places on a scale that all kinds share.
fn spread(count: usize, arrival: impl Fn(usize) -> Arrival) -> impl Iterator<Item = (usize, Arrival)> {
    const SCALE: usize = 1_000_000;
    (0..count).map(move |n| ((2 * n + 1) * SCALE / count, arrival(n)))
}

/// Within the demo's history, mostly in office hours, and in the past.
fn moment(now: DateTime<Utc>, dice: &mut Dice) -> DateTime<Utc> {
    let day = now - Duration::days(dice.below(HISTORY.num_days().unsigned_abs()) as i64);
    let hour = if dice.chance(80) {
        8 + dice.below(10)
    } else {
        dice.below(24)
    };
    let second = dice.below(3600) as i64;
    let at = day.with_hour(hour as u32).unwrap_or(day);
    let at = at + Duration::seconds(second - i64::from(at.minute() * 60 + at.second()));
    if at < now { at } else { at - Duration::days(1) }
}

/// Somebody who might become a customer.
struct Person {
    first_name: &'static str,
    last_name: &'static str,
    email: String,
    phone: String,
    company: String,
}

/// Everybody so far: no two have the same address.
#[derive(Default)]
struct People(HashSet<String>);

impl People {
    fn meet(&mut self, dice: &mut Dice) -> Person {
        let first_name = dice.pick(words::FIRST_NAMES);
        let last_name = dice.pick(words::LAST_NAMES);
        let (name, kind) = (dice.pick(words::COMPANY_NAMES), dice.pick(words::COMPANY_KINDS));
        let company = format!("{name} {kind}");
        let host = format!("{}-{}.example", slug(name), slug(kind));
        let local = format!("{}.{}", slug(first_name), slug(last_name));
        let mut email = format!("{local}@{host}");
        let mut again = 2;
        while !self.0.insert(email.clone()) {
            email = format!("{local}{again}@{host}");
            again += 1;
        }
        // 555-01xx belongs to nobody.
        let phone = format!("+1-{}-555-01{:02}", 201 + dice.below(700), dice.below(100));
        Person {
            first_name,
            last_name,
            email,
            phone,
            company,
        }
    }
}

/// What of a name an address can hold.
fn slug(name: &str) -> String {
    let lower = name.to_lowercase();
    let plain = lower.chars().map(|letter| match letter {
        'á' | 'à' | 'ä' => 'a',
        'é' | 'è' => 'e',
        'í' | 'ı' => 'i',
        'ø' | 'ö' => 'o',
        'ü' => 'u',
        other => other,
    });
    plain.filter(char::is_ascii_alphanumeric).collect()
}
