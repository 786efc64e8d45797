//! The rules for how somebody can be reached, whichever way a lead comes in or is changed. Pure.

use super::keys;
use crate::domain::error::{PathSegment, Problem, ProblemCode, Problems};
use crate::domain::form::{MAX_EMAIL, MAX_NAME};
use crate::domain::text;

/// In characters; JourneyBee documents no lengths, these are ours.
const MAX_PHONE: usize = 64;

/// A text trimmed and bounded; a blank one is none.
pub(super) fn short(problems: &mut Problems, path: Vec<PathSegment>, value: &str, limit: usize) -> Option<String> {
    let value = text::present(value)?;
    let problem = |code, message: String| Problem { code, path, message };
    if value.contains('\0') {
        problems.add(problem(ProblemCode::Invalid, "This must not contain U+0000".to_owned()));
    } else if value.chars().count() > limit {
        problems.add(problem(
            ProblemCode::TooLong,
            format!("This must be at most {limit} characters"),
        ));
    }
    Some(value.to_owned())
}

pub(super) fn name(problems: &mut Problems, path: Vec<PathSegment>, value: &str) -> Option<String> {
    short(problems, path, value, MAX_NAME)
}

pub(super) fn phone_number(problems: &mut Problems, path: Vec<PathSegment>, value: &str) -> Option<String> {
    short(problems, path, value, MAX_PHONE)
}

pub(super) fn email(problems: &mut Problems, path: Vec<PathSegment>, value: &str) -> Option<String> {
    let email = short(problems, path.clone(), value, MAX_EMAIL)?;
    if !text::is_email(&email) || keys::email_key(Some(&email)).is_none() {
        problems.add(Problem {
            code: ProblemCode::Invalid,
            path,
            message: "This must be an e-mail address".to_owned(),
        });
    }
    Some(email)
}

/// Who registers a lead says who it is.
pub(super) const SOMEONE: &str =
    "At least one of e-mail, company name, phone number, first name and last name is required";
