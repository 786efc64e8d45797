//! Refusals in JourneyBee's dialect: a status, the documented sentence for it, and what is wrong in detail.

use std::fmt::Write as _;

use axum::http::StatusCode;
use axum::response::Response;

use super::wire::{Detail, Existing, Refused};
use crate::domain::caller::{Scope, Scopes};
use crate::domain::error::{Conflict, Error, PathSegment, Problem, ProblemCode};
use crate::domain::idempotency;
use crate::idempotency_header;
use crate::request_id::RequestId;
use crate::rest::shared::query::Malformed;
use crate::rest::shared::{self, BodyError};

/// Details told at most: a hostile body can be wrong in very many places.
pub const MOST_DETAILS: usize = 100;

#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    error: &'static str,
    details: Vec<Detail>,
    /// What the client is not told.
    fault: Option<Error>,
}

impl Refusal {
    fn new(status: StatusCode, error: &'static str) -> Self {
        Self {
            status,
            error,
            details: Vec::new(),
            fault: None,
        }
    }

    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Invalid API key or insufficient permissions")
    }

    pub fn too_many() -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "Too many requests")
    }

    pub fn unknown_path() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not found")
    }

    pub fn unknown_lead() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Lead not found or not accessible")
    }

    pub fn deleted_lead() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Lead not found or already deleted")
    }

    pub fn other_method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed")
    }

    /// The body as a whole is not what is expected.
    pub fn unreadable(message: &str) -> Self {
        Self::invalid(vec![Problem::invalid([], message)])
    }

    /// Something required is missing, or the association type is none.
    pub fn incomplete(problems: Vec<Problem>) -> Self {
        Self {
            details: details(problems),
            ..Self::new(
                StatusCode::NOT_ACCEPTABLE,
                "Missing required fields or invalid association type",
            )
        }
    }

    /// Something is there and wrong, or the association is missing.
    pub fn invalid(problems: Vec<Problem>) -> Self {
        Self {
            details: details(problems),
            ..Self::new(
                StatusCode::BAD_REQUEST,
                "Invalid field values or missing required association",
            )
        }
    }

    fn conflict(detail: Option<Detail>) -> Self {
        Self {
            details: detail.into_iter().collect(),
            ..Self::new(StatusCode::CONFLICT, "Duplicate lead or unique constraint violation")
        }
    }

    /// An error of the domain, for a caller with these scopes.
    pub fn of(error: Error, scopes: Scopes) -> Self {
        match error {
            Error::Forbidden(Scope::Read) => {
                Self::new(StatusCode::FORBIDDEN, "Read access required for this operation")
            }
            Error::Forbidden(Scope::Write | Scope::Admin) => {
                Self::new(StatusCode::FORBIDDEN, "Write access required for this operation")
            }
            Error::Invalid(problems) => Self::judge(problems),
            Error::NotFound(problem) => Self::invalid(vec![problem]),
            Error::OtherProject => Self::unauthorized(),
            Error::ProjectInactive => Self::new(StatusCode::FORBIDDEN, "Project is inactive"),
            Error::Conflict(Conflict::DuplicateLead { existing, path: _ }) => {
                // A key that may not read learns that there is a lead, but not which.
                let told = scopes.allows(Scope::Read).then_some(existing);
                Self::conflict(told.map(|lead| Detail {
                    field: None,
                    code: "duplicate_lead",
                    message: None,
                    existing: Some(Existing {
                        id: lead.id,
                        uuid: lead.uuid,
                    }),
                }))
            }
            Error::Conflict(Conflict::Taken(problem)) => Self::conflict(Some(detail(problem))),
            // No route of this door names a version.
            Error::Conflict(Conflict::Stale(_)) => Self::conflict(None),
            Error::Idempotency(refusal) => {
                let (status, code) = match refusal {
                    idempotency::Refusal::Reused => (StatusCode::UNPROCESSABLE_ENTITY, "reused"),
                    idempotency::Refusal::InProgress => (StatusCode::CONFLICT, "in_progress"),
                };
                Self {
                    details: vec![of_key(code)],
                    ..Self::new(status, refusal.message())
                }
            }
            Error::Unavailable(_) => Self {
                fault: Some(error),
                ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "Service unavailable")
            },
            Error::Internal(_) => Self {
                fault: Some(error),
                ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, "An unexpected error occurred")
            },
        }
    }

    /// What is missing outweighs what is invalid.
    fn judge(problems: Vec<Problem>) -> Self {
        if problems.iter().any(|problem| problem.code == ProblemCode::Missing) {
            Self::incomplete(problems)
        } else {
            Self::invalid(problems)
        }
    }

    pub fn fault(&self) -> Option<&Error> {
        self.fault.as_ref()
    }

    #[cfg(test)]
    pub fn told(&self) -> (StatusCode, &[Detail]) {
        (self.status, &self.details)
    }

    pub fn response(&self, request_id: &RequestId) -> Response {
        let body = Refused {
            error: self.error,
            details: &self.details,
            request_id: &request_id.0,
        };
        shared::json(self.status, &body)
    }
}

impl From<Malformed> for Refusal {
    fn from(malformed: Malformed) -> Self {
        Self::invalid(vec![malformed.into()])
    }
}

impl From<idempotency_header::Malformed> for Refusal {
    fn from(_: idempotency_header::Malformed) -> Self {
        Self {
            details: vec![of_key("invalid")],
            ..Self::new(StatusCode::BAD_REQUEST, idempotency_header::RULE)
        }
    }
}

impl From<BodyError> for Refusal {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "Payload too large"),
            BodyError::Broken => Self::unreadable("The body is not complete UTF-8 text"),
        }
    }
}

fn details(problems: Vec<Problem>) -> Vec<Detail> {
    problems.into_iter().take(MOST_DETAILS).map(detail).collect()
}

fn detail(problem: Problem) -> Detail {
    Detail {
        field: field(&problem.path),
        code: code(problem.code),
        message: Some(problem.message),
        existing: None,
    }
}

fn of_key(code: &'static str) -> Detail {
    Detail {
        field: Some(idempotency_header::NAME.to_owned()),
        code,
        message: None,
        existing: None,
    }
}

fn code(code: ProblemCode) -> &'static str {
    match code {
        ProblemCode::Missing => "missing",
        ProblemCode::Invalid => "invalid",
        ProblemCode::TooLong => "too_long",
        ProblemCode::TooMany => "too_many",
        ProblemCode::LimitExceeded => "limit_exceeded",
        ProblemCode::NotFound => "not_found",
    }
}

/// A path as the client wrote it; nothing for the body as a whole.
fn field(path: &[PathSegment]) -> Option<String> {
    let mut field = String::new();
    let mut parent = None;
    for segment in path {
        match segment {
            PathSegment::Name(name) => {
                if !field.is_empty() {
                    field.push('.');
                }
                field.push_str(wire_name(parent, name));
                parent = Some(*name);
            }
            PathSegment::Index(index) => write!(field, "[{index}]").expect("writing to a string cannot fail"),
        }
    }
    (!field.is_empty()).then_some(field)
}

/// The domain's names are JourneyBee's in camelCase; here are the ones that differ. The names that `convert` uses are
/// the wire's already and stay.
fn wire_name(parent: Option<&str>, name: &'static str) -> &'static str {
    match (parent, name) {
        (None, "companyName") => "company_name",
        (None, "phoneNumber") => "phone_number",
        (None, "firstName") => "first_name",
        (None, "lastName") => "last_name",
        (None, "assignees") => "assignedUsers",
        (None, "campaignId") => "companyCampaignId",
        (None, "backgroundColor") => "background_color",
        (None, "textColor") => "text_color",
        (None, "partnerType") => "partner_type",
        (Some("partnershipLead"), "partnershipId") => "partnership_id",
        (Some("partnershipLead"), "partnersCompanyId") => "partners_company_id",
        (Some("partnershipLead"), "companyPartnershipsId") => "company_partnerships_id",
        (Some("partnershipLead"), "partnersCompanyName") => "partners_company_name",
        (Some("customFields" | "partnerCustomFields"), "fieldId") => "customFieldId",
        (Some("attributions"), "sourceId") => "id",
        (Some("pipedrive"), "personId") => "person_id",
        (Some("pipedrive"), "organizationId") => "organization_id",
        (Some("pipedrive"), "dealId") => "deal_id",
        (_, name) => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::error::LeadRef;
    use uuid::Uuid;

    #[test]
    fn paths_are_told_in_the_words_of_the_wire() {
        let told = |path: &[PathSegment]| field(path);
        assert_eq!(told(&[]), None);
        assert_eq!(told(&["companyName".into()]).as_deref(), Some("company_name"));
        assert_eq!(told(&["campaignId".into()]).as_deref(), Some("companyCampaignId"));
        let path = ["partnershipLead".into(), "partnershipId".into()];
        assert_eq!(told(&path).as_deref(), Some("partnershipLead.partnership_id"));
        let path = ["partnershipLead".into(), "sentBy".into(), "companyName".into()];
        assert_eq!(told(&path).as_deref(), Some("partnershipLead.sentBy.companyName"));
        let path = ["customFields".into(), 0.into(), "fieldId".into()];
        assert_eq!(told(&path).as_deref(), Some("customFields[0].customFieldId"));
        let path = ["customFields".into(), 12.into(), "value".into()];
        assert_eq!(told(&path).as_deref(), Some("customFields[12].value"));
        let path = ["attributions".into(), 1.into(), "sourceId".into()];
        assert_eq!(told(&path).as_deref(), Some("attributions[1].id"));
        assert_eq!(told(&["tags".into(), 3.into()]).as_deref(), Some("tags[3]"));
    }

    #[test]
    fn who_may_not_read_is_not_told_which_lead_there_is() {
        let duplicate = || {
            Error::Conflict(Conflict::DuplicateLead {
                existing: LeadRef {
                    id: 7,
                    uuid: Uuid::nil(),
                },
                path: vec!["email".into()],
            })
        };
        let told = Refusal::of(duplicate(), Scopes::READ_WRITE);
        assert_eq!(told.status, StatusCode::CONFLICT);
        assert_eq!(
            serde_json::to_string(&told.details).unwrap(),
            r#"[{"code":"duplicate_lead","existing":{"id":7,"uuid":"00000000-0000-0000-0000-000000000000"}}]"#
        );
        let write_only = Scopes {
            write: true,
            ..Scopes::default()
        };
        assert_eq!(Refusal::of(duplicate(), write_only).details, []);
    }

    #[test]
    fn what_is_missing_outweighs_what_is_invalid() {
        let missing = || Problem::missing(["customFields".into()], "m");
        let unknown = || Problem::not_found(["tags".into(), 0.into()], "n");
        let status = |problems| Refusal::of(Error::Invalid(problems), Scopes::READ).status;
        assert_eq!(status(vec![unknown(), missing()]), StatusCode::NOT_ACCEPTABLE);
        assert_eq!(status(vec![unknown()]), StatusCode::BAD_REQUEST);
    }
}
