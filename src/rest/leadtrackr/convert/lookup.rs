//! Which lead, of which project: the identifiers in their documented order of priority. Those behind the first that is
//! there are not looked at.

use serde_json::Value;

use super::{invalid, named_project};
use crate::domain::error::Problem;
use crate::domain::leads::LeadKey;
use crate::domain::projects::ProjectRef;
use crate::domain::text;
use crate::rest::leadtrackr::wire::StatusChange;
use crate::rest::shared::query::{Query, number};

/// # Errors
/// LeadTrackr's sentence for the parameter that is malformed, or if there is none.
pub fn of_query(query: &Query) -> Result<LeadKey, Problem> {
    if let Some(id) = query.read("leadId", |text| number(text, 1))? {
        return Ok(LeadKey::LegacyId(id));
    }
    if let Some(identifier) = query.text("uniqueIdentifier")? {
        return Ok(LeadKey::UniqueIdentifier(identifier.trim().to_owned()));
    }
    if let Some(email) = query.text("email")? {
        return Ok(LeadKey::Email(email.to_owned()));
    }
    if let Some(number) = query.text("phone")? {
        return Ok(LeadKey::Phone(phone(number)));
    }
    Err(unnamed("parameter"))
}

/// # Errors
/// LeadTrackr's sentence for the member of the wrong type, or if there is none.
pub fn of_body(change: &StatusChange) -> Result<LeadKey, Problem> {
    if let Some(id) = &change.lead_id
        && let Some(id) = lead_id(id)?
    {
        return Ok(LeadKey::LegacyId(id));
    }
    let text = |name, value: &Option<Value>| match value {
        None => Ok(None),
        Some(value @ (Value::String(_) | Value::Number(_))) => Ok(text::scalar(value)),
        Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) => Err(invalid(name)),
    };
    if let Some(identifier) = text("uniqueIdentifier", &change.unique_identifier)? {
        return Ok(LeadKey::UniqueIdentifier(identifier));
    }
    if let Some(email) = text("email", &change.email)? {
        return Ok(LeadKey::Email(email));
    }
    if let Some(phone) = text("phone", &change.phone)? {
        return Ok(LeadKey::Phone(phone));
    }
    Err(unnamed("field"))
}

/// Forms send numbers as text. Nothing for a blank one.
fn lead_id(value: &Value) -> Result<Option<i64>, Problem> {
    let id = match value {
        Value::String(text) if text.trim().is_empty() => return Ok(None),
        Value::String(text) => number(text.trim(), 1),
        Value::Number(id) => id.as_i64().filter(|id| *id >= 1),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    id.map(Some).ok_or_else(|| invalid("leadId"))
}

/// The project that a query names, if any.
///
/// # Errors
/// LeadTrackr's sentence for one that is no text.
pub fn project(query: &Query) -> Result<Option<ProjectRef>, Problem> {
    let named = query.text("projectId")?;
    Ok(named.map(|id| ProjectRef::PublicId(id.trim().to_owned())))
}

/// The project that a body names, if any.
///
/// # Errors
/// LeadTrackr's sentence for one that is neither a text nor a number.
pub fn project_of_body(change: &StatusChange) -> Result<Option<ProjectRef>, Problem> {
    named_project(change.project_id.as_ref())
}

/// A plus that was not encoded arrives as a blank.
pub fn phone(text: &str) -> String {
    match text.strip_prefix(' ') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => format!("+{rest}"),
        _ => text.to_owned(),
    }
}

fn unnamed(kind: &str) -> Problem {
    let message = format!("Missing required {kind}: leadId, uniqueIdentifier, email or phone");
    Problem::missing(["leadId".into()], message)
}
