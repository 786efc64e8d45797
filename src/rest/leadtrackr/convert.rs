//! Between the wire and the domain's words. Pure. Puts right what only LeadTrackr's clients get wrong; the rules of
//! the lead are the domain's.

pub mod change;
pub mod listing;
pub mod lookup;
mod surrogates;
pub mod view;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::wire::Submission;
use crate::domain::error::Problem;
use crate::domain::leads::{LeadOrigin, NewCapture};
use crate::domain::projects::ProjectRef;
use crate::domain::text;

/// Reads a body, whatever its content type says; nothing if it is not a JSON object. Databases cannot keep U+0000, so
/// it is dropped: better a lead without it than none.
pub fn submission(body: &str) -> Option<Submission> {
    document(body)
}

fn document<T: DeserializeOwned>(body: &str) -> Option<T> {
    // PHP files that were saved with a byte order mark print it first.
    let json = body.strip_prefix('\u{feff}').unwrap_or(body);
    let mut value: Value = serde_json::from_str(json)
        .or_else(|_| serde_json::from_str(&surrogates::replace_lone(json)))
        .ok()?;
    if !value.is_object() {
        return None;
    }
    // JSON has no other way to write it.
    if body.contains("\\u0000") {
        drop_nul(&mut value);
    }
    serde_json::from_value(value).ok()
}

fn drop_nul(value: &mut Value) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
        Value::String(text) => text.retain(|c| c != '\0'),
        Value::Array(items) => items.iter_mut().for_each(drop_nul),
        Value::Object(members) => {
            for (mut key, mut member) in std::mem::take(members) {
                key.retain(|c| c != '\0');
                drop_nul(&mut member);
                members.insert(key, member);
            }
        }
    }
}

/// The project that a submission is for. Looked up before anything else of it is judged.
///
/// # Errors
/// LeadTrackr's sentence.
pub fn project(submission: &Submission) -> Result<ProjectRef, Problem> {
    named_project(submission.project_id.as_ref())?.ok_or_else(|| missing("projectId"))
}

/// The project that a body names, if any.
fn named_project(value: Option<&Value>) -> Result<Option<ProjectRef>, Problem> {
    match value {
        Some(Value::String(id)) if !id.trim().is_empty() => Ok(Some(ProjectRef::PublicId(id.trim().to_owned()))),
        Some(Value::Number(id)) if id.is_i64() || id.is_u64() => Ok(Some(ProjectRef::PublicId(id.to_string()))),
        None | Some(Value::Null | Value::String(_)) => Ok(None),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => Err(invalid("projectId")),
    }
}

/// Everything else. `body` is what the submission was read from.
///
/// # Errors
/// LeadTrackr's sentence for the first member of the wrong shape.
pub fn capture(submission: Submission, body: String) -> Result<NewCapture, Problem> {
    let Submission {
        project_id: _,
        user_data,
        attribution_data,
        form_data,
        device_data,
        channel_flow,
        lt_channelflow,
        unique_identifier,
        unique_identifier_alias,
    } = submission;
    let mut user_data = user_data_object(user_data)?;
    rename(&mut user_data, "company", "companyName");
    let attribution_data = object("attributionData", attribution_data)?;
    let form_data = object("formData", form_data)?;
    let mut device_data = object("deviceData", device_data)?;
    rename(&mut device_data, "ipAdress", "ipAddress");
    let unique_identifier = first_truthy(unique_identifier, unique_identifier_alias);
    Ok(NewCapture {
        origin: LeadOrigin::LeadtrackrShim,
        user_data: Some(user_data),
        attribution_data,
        form_data,
        device_data,
        channel_flow: first_truthy(channel_flow, lt_channelflow),
        unique_identifier: identifier(unique_identifier)?,
        body,
    })
}

/// The one object that must be there, though it may be empty. PHP writes an empty one as `[]`.
fn user_data_object(value: Option<Value>) -> Result<Map<String, Value>, Problem> {
    match value {
        Some(Value::Object(members)) => Ok(members),
        Some(Value::Array(items)) if items.is_empty() => Ok(Map::new()),
        None | Some(Value::Null) => Err(missing("userData")),
        Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => Err(invalid("userData")),
    }
}

fn object(name: &'static str, value: Option<Value>) -> Result<Map<String, Value>, Problem> {
    match value {
        Some(Value::Object(members)) => Ok(members),
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Array(items)) if items.is_empty() => Ok(Map::new()),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(Map::new()),
        Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => Err(invalid(name)),
    }
}

/// Gives a value its documented name, unless that name is in use: then both stay as they came.
fn rename(object: &mut Map<String, Value>, from: &'static str, to: &'static str) {
    if object.get(to).is_some_and(text::has_data) {
        return;
    }
    if let Some(value) = object.remove(from) {
        object.insert(to.to_owned(), value);
    }
}

/// JavaScript's `a || b`, with blank texts and empty lists as false as PHP has them.
fn first_truthy(documented: Option<Value>, alias: Option<Value>) -> Option<Value> {
    documented.filter(is_truthy).or(alias.filter(is_truthy))
}

fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Bool(true) | Value::Number(_) | Value::Object(_) => true,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(items) => !items.is_empty(),
    }
}

fn identifier(value: Option<Value>) -> Result<Option<String>, Problem> {
    match value {
        None => Ok(None),
        Some(value @ (Value::String(_) | Value::Number(_))) => Ok(text::scalar(&value)),
        Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) => Err(invalid("uniqueIdentifier")),
    }
}

fn missing(name: &'static str) -> Problem {
    Problem::missing([name.into()], format!("Missing required field: {name}"))
}

fn invalid(name: &'static str) -> Problem {
    Problem::invalid([name.into()], format!("Invalid field: {name}"))
}

#[cfg(test)]
mod tests;
