//! Leads from web forms, as LeadTrackr's clients post them.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{People, Person};
use crate::demo::dice::Dice;
use crate::demo::{Stage, words};
use crate::domain::caller::{Caller, Door};
use crate::domain::error::Result;
use crate::domain::leads::{self, LeadOrigin, NewCapture};
use crate::domain::projects::Project;

pub(super) async fn make(
    stage: &Stage,
    (caller, project): (&Caller, &Project),
    at: DateTime<Utc>,
    dice: &mut Dice,
    people: &mut People,
) -> Result<Uuid> {
    let body = submission(people.meet(dice), project, at, dice);
    let op = stage.visit(caller, Door::Leadtrackr, at);
    let lead = leads::capture(&op, project, capture(&body)).await?.uuid;
    // A browser and a server that report the same event: the second one only adds.
    if dice.chance(12) {
        let op = stage.visit(caller, Door::Leadtrackr, at + Duration::seconds(2));
        leads::capture(&op, project, capture(&second_report(&body, dice))).await?;
    }
    Ok(lead)
}

fn submission(person: Person, project: &Project, at: DateTime<Utc>, dice: &mut Dice) -> Value {
    let Person {
        first_name,
        last_name,
        email,
        phone,
        company,
    } = person;
    let mut user = json!({ "firstName": first_name, "lastName": last_name, "email": email });
    if dice.chance(70) {
        user["phone"] = phone.into();
    }
    if dice.chance(60) {
        user["companyName"] = company.into();
    }
    let mut form = json!({ "formName": dice.pick(words::FORMS), "uniqueEventId": format!("evt-{}", dice.token()) });
    if dice.chance(65) {
        form["formMessage"] = dice.pick(words::MESSAGES).into();
    }
    if dice.chance(30) {
        form["formFields"] = json!({ "Seats": (dice.below(20) + 1) * 5 });
    }
    let channels = journey(dice);
    let mut body = json!({
        "projectId": project.public_id,
        "userData": user,
        "attributionData": attribution(&channels, dice),
        "formData": form,
        "deviceData": {
            "ipAddress": format!("203.0.113.{}", dice.below(254) + 1),
            "userAgent": dice.pick(words::BROWSERS),
        },
        "channelFlow": flow(&channels, at, dice),
    });
    if dice.chance(40) {
        body["uniqueIdentifier"] = format!("crm-{}", 10_000 + dice.below(90_000)).into();
    }
    body
}

type Channel = (&'static str, &'static str, &'static str);

/// The visits before the form was sent, the last one last.
fn journey(dice: &mut Dice) -> Vec<Channel> {
    let visits = 1 + dice.below(3);
    let channels = words::CHANNELS;
    (0..visits)
        .map(|_| channels[dice.below(channels.len() as u64) as usize])
        .collect()
}

fn attribution(channels: &[Channel], dice: &mut Dice) -> Value {
    let mut data = json!({ "cid": format!("{}.{}", 1_000_000_000 + dice.below(999_999_999), 1_760_000_000) });
    for (source, medium, _) in channels {
        match (*source, *medium) {
            ("google", "cpc") => data["gclid"] = format!("Cj0K{}", dice.token()).into(),
            ("bing", "cpc") => data["msclkid"] = dice.token().into(),
            ("facebook", _) => data["fbc"] = format!("fb.1.1760000000.{}", dice.token()).into(),
            _ => {}
        }
    }
    data["conversionPage"] = format!("www.brightline.example{}", dice.pick(words::PAGES)).into();
    let state = if dice.chance(70) { "granted" } else { "denied" };
    data["consent"] = json!({ "ad_storage": state, "analytics_storage": "granted", "ad_user_data": state });
    data
}

fn flow(channels: &[Channel], at: DateTime<Utc>, dice: &mut Dice) -> Value {
    let visits = channels.len() as i64;
    let entry = |(n, (source, medium, campaign)): (usize, &Channel)| {
        let before = Duration::hours((visits - n as i64) * 20) - Duration::hours(19);
        let mut channel = json!({ "s": source, "m": medium });
        if !campaign.is_empty() {
            channel["cm"] = (*campaign).into();
        }
        json!({ "t": (at - before).timestamp_millis(), "ch": channel, "lp": dice.pick(words::PAGES) })
    };
    channels.iter().enumerate().map(entry).collect()
}

/// The same event, seen by the server: without the visitor's journey, with what only it knows.
fn second_report(body: &Value, dice: &mut Dice) -> Value {
    json!({
        "projectId": body["projectId"],
        "userData": { "email": body["userData"]["email"] },
        "attributionData": { "fbp": format!("fb.1.1760000000.{}", dice.below(9_999_999_999)) },
        "formData": { "uniqueEventId": body["formData"]["uniqueEventId"], "orderValue": 100 * dice.below(50) },
    })
}

fn capture(body: &Value) -> NewCapture {
    NewCapture {
        origin: LeadOrigin::LeadtrackrShim,
        user_data: Some(object(&body["userData"])),
        attribution_data: object(&body["attributionData"]),
        form_data: object(&body["formData"]),
        device_data: object(&body["deviceData"]),
        channel_flow: body.get("channelFlow").cloned(),
        unique_identifier: body["uniqueIdentifier"].as_str().map(str::to_owned),
        body: body.to_string(),
    }
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}
