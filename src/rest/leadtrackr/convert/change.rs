//! A change of a lead's status, as it is posted.

use serde_json::Value;
use uuid::Uuid;

use super::{document, invalid, lookup, missing};
use crate::domain::conversions::{NewConversion, Target};
use crate::domain::error::Problem;
use crate::rest::leadtrackr::wire::StatusChange;

/// Reads a body like [`super::submission`].
pub fn posted(body: &str) -> Option<StatusChange> {
    document(body)
}

/// # Errors
/// LeadTrackr's sentence for the first member that is missing or of the wrong kind.
pub fn conversion(change: &StatusChange) -> Result<NewConversion, Problem> {
    Ok(NewConversion {
        lead: lookup::of_body(change)?,
        target: target(change.conversion_id.as_ref())?,
        value_minor: change.price.as_ref().map(price).transpose()?.flatten(),
    })
}

fn target(value: Option<&Value>) -> Result<Target, Problem> {
    let given = match value {
        None | Some(Value::Null) => return Err(missing("conversionId")),
        Some(Value::String(text)) => text.trim(),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            return Err(invalid("conversionId"));
        }
    };
    match given {
        "" => Err(missing("conversionId")),
        "open" => Ok(Target::Open),
        "lost" => Ok(Target::Lost),
        label => {
            let label = Uuid::try_parse(label).map_err(|_| invalid("conversionId"))?;
            Ok(Target::Label(label))
        }
    }
}

/// Whole cents, not less than none. A blank one is none.
fn price(value: &Value) -> Result<Option<i64>, Problem> {
    /// What every reader of JSON understands as a whole number.
    const MOST: i64 = (1 << 53) - 1;
    let cents = match value {
        Value::Null => return Ok(None),
        Value::String(text) if text.trim().is_empty() => return Ok(None),
        Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => text.trim().parse().ok(),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let cents = cents.filter(|cents| (0..=MOST).contains(cents));
    cents.map(Some).ok_or_else(|| invalid("price"))
}

/// JavaScript has no integers: `1e3` and `1000.0` are whole.
fn whole(number: f64) -> Option<i64> {
    let text = number.to_string();
    text.parse().ok()
}
