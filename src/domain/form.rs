//! [`Form`]: an input being checked. It trims, bounds and gathers what is wrong, each with its path.

use chrono::{DateTime, Datelike, Utc};

use super::change::Change;
use super::error::{PathSegment, Problem, ProblemCode, Problems, Result};
use super::text;

/// Longest label, title or name, in characters.
pub(super) const MAX_NAME: usize = 255;
/// Longest e-mail address, in characters: what SMTP allows.
pub(super) const MAX_EMAIL: usize = 320;

/// Longest folded text, in bytes: PostgreSQL refuses longer entries in an index. Only texts of ligatures that unfold to
/// whole words come near it.
const MAX_FOLDED: usize = 2000;

/// Values that break a rule come back empty; [`Form::check`] then refuses the whole input.
#[derive(Debug, Default)]
pub(super) struct Form {
    problems: Problems,
    prefix: Vec<PathSegment>,
}

impl Form {
    /// # Errors
    /// [`super::error::Error::Invalid`] with everything that was found.
    pub(super) fn check(self) -> Result<()> {
        self.problems.check()
    }

    /// Checks a part of the input: its problems carry `prefix` before their own paths.
    pub(super) fn within<T>(&mut self, prefix: &[PathSegment], part: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.prefix.len();
        self.prefix.extend_from_slice(prefix);
        let value = part(self);
        self.prefix.truncate(outer);
        value
    }

    pub(super) fn refuse(&mut self, code: ProblemCode, path: impl Into<PathSegment>, message: impl Into<String>) {
        let mut full = self.prefix.clone();
        full.push(path.into());
        self.problems.add(Problem {
            code,
            path: full,
            message: message.into(),
        });
    }

    /// The new value of a field that cannot be without one; nothing when it stays.
    pub(super) fn given<T>(&mut self, path: impl Into<PathSegment>, change: Change<T>) -> Option<T> {
        match change {
            Change::Keep => None,
            Change::Set(value) => Some(value),
            Change::Clear => {
                self.refuse(ProblemCode::Missing, path, "This is required");
                None
            }
        }
    }

    /// The new value of a name that must be there; nothing when it stays.
    pub(super) fn renamed(&mut self, path: impl Into<PathSegment>, change: Change<String>) -> Option<String> {
        let path = path.into();
        let name = self.given(path.clone(), change)?;
        Some(self.required(path, &name))
    }

    /// An edit of a name that may be absent: setting it to a blank one clears it.
    pub(super) fn optional_change(&mut self, path: impl Into<PathSegment>, change: Change<String>) -> Change<String> {
        match change {
            Change::Keep => Change::Keep,
            Change::Clear => Change::Clear,
            Change::Set(text) => match self.optional(path, Some(&text)) {
                Some(text) => Change::Set(text),
                None => Change::Clear,
            },
        }
    }

    /// A name that must be there.
    pub(super) fn required(&mut self, path: impl Into<PathSegment>, text: &str) -> String {
        self.required_within(path.into(), text, MAX_NAME)
    }

    /// A name that may be absent or blank.
    pub(super) fn optional(&mut self, path: impl Into<PathSegment>, text: Option<&str>) -> Option<String> {
        let present = text.and_then(text::present)?;
        self.bounded(path.into(), present, MAX_NAME)
    }

    /// An e-mail address that must be there, as it was typed.
    pub(super) fn email(&mut self, path: impl Into<PathSegment>, text: &str) -> String {
        let path = path.into();
        let email = self.required_within(path.clone(), text, MAX_EMAIL);
        if !email.is_empty() && !text::is_email(&email) {
            self.refuse(ProblemCode::Invalid, path, "This is not an e-mail address");
        }
        email
    }

    /// A colour as `#RRGGBB`.
    pub(super) fn color(&mut self, path: impl Into<PathSegment>, text: Option<&str>, default: &str) -> String {
        let Some(color) = text.and_then(text::present) else {
            return default.to_owned();
        };
        let digits = color.strip_prefix('#').unwrap_or_default();
        if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            self.refuse(ProblemCode::Invalid, path, "A color must look like #RRGGBB");
        }
        color.to_owned()
    }

    /// An edit of a colour; clearing it gives it its default.
    pub(super) fn recolored(
        &mut self,
        path: impl Into<PathSegment>,
        change: Change<String>,
        default: &str,
    ) -> Option<String> {
        match change {
            Change::Keep => None,
            Change::Clear => Some(default.to_owned()),
            Change::Set(color) => Some(self.color(path, Some(&color), default)),
        }
    }

    /// A time that both databases can keep and order: cut to microseconds, in a year of four digits.
    pub(super) fn moment(&mut self, path: impl Into<PathSegment>, at: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
        // By way of the number, which has no leap seconds: databases know none.
        let at = DateTime::from_timestamp_micros(at?.timestamp_micros());
        let storable = at.filter(|at| (1..=9999).contains(&at.year()));
        if storable.is_none() {
            self.refuse(ProblemCode::Invalid, path, "The year must have four digits");
        }
        storable
    }

    /// An edit of a time that may be absent.
    pub(super) fn moved(
        &mut self,
        path: impl Into<PathSegment>,
        change: Change<DateTime<Utc>>,
    ) -> Change<DateTime<Utc>> {
        match change {
            Change::Keep => Change::Keep,
            Change::Clear => Change::Clear,
            Change::Set(at) => self.moment(path, Some(at)).map_or(Change::Clear, Change::Set),
        }
    }

    fn required_within(&mut self, path: PathSegment, text: &str, longest: usize) -> String {
        let Some(present) = text::present(text) else {
            self.refuse(ProblemCode::Missing, path, "This is required");
            return String::new();
        };
        self.bounded(path, present, longest).unwrap_or_default()
    }

    fn bounded(&mut self, path: PathSegment, text: &str, longest: usize) -> Option<String> {
        // A name is one line, and no terminal that shows it may be told anything by it.
        if text.chars().any(char::is_control) {
            self.refuse(ProblemCode::Invalid, path, "Control characters are not allowed");
            return None;
        }
        if text.chars().count() > longest || text::fold(text).len() > MAX_FOLDED {
            let message = format!("This must be at most {longest} characters");
            self.refuse(ProblemCode::TooLong, path, message);
            return None;
        }
        Some(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::error::Error;

    fn codes(form: Form) -> Vec<(ProblemCode, Vec<PathSegment>)> {
        match form.check() {
            Err(Error::Invalid(problems)) => problems.into_iter().map(|p| (p.code, p.path)).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn every_problem_is_told_with_its_path() {
        let mut form = Form::default();
        form.required("label", " \t");
        form.within(&["partner".into(), "new".into()], |form| {
            form.required("name", &"ä".repeat(256));
            form.optional("domain", Some("a\0b"));
        });
        form.email("email", "nobody");
        form.required("folded", &"\u{fdfa}".repeat(255));
        assert_eq!(
            codes(form),
            [
                (ProblemCode::Missing, vec!["label".into()]),
                (
                    ProblemCode::TooLong,
                    vec!["partner".into(), "new".into(), "name".into()]
                ),
                (
                    ProblemCode::Invalid,
                    vec!["partner".into(), "new".into(), "domain".into()]
                ),
                (ProblemCode::Invalid, vec!["email".into()]),
                (ProblemCode::TooLong, vec!["folded".into()]),
            ]
        );
    }

    #[test]
    fn names_have_no_control_characters() {
        for text in ["a\0b", "a\nb", "a\tb", "a\u{1b}[31mb", "a\u{7f}b", "a\u{85}b"] {
            let mut form = Form::default();
            form.required("name", text);
            assert_eq!(codes(form), [(ProblemCode::Invalid, vec!["name".into()])], "{text:?}");
        }
    }

    #[test]
    fn good_values_are_trimmed() {
        let mut form = Form::default();
        assert_eq!(
            form.required("label", &format!(" {} ", "ä".repeat(255))),
            "ä".repeat(255)
        );
        assert_eq!(form.optional("name", Some("  ")), None);
        assert_eq!(form.optional("name", None), None);
        assert_eq!(form.email("email", " Jo@Example.com "), "Jo@Example.com");
        assert!(form.check().is_ok());
    }

    #[test]
    fn colors() {
        for (given, good) in [
            ("#6b7280", true),
            ("#FFFFFF", true),
            (" #000000 ", true),
            ("FFFFFF", false),
            ("#FFF", false),
            ("#GGGGGG", false),
            ("#ÄÄÄ", false),
            ("red", false),
        ] {
            let mut form = Form::default();
            form.color("color", Some(given), "#123456");
            assert_eq!(form.check().is_ok(), good, "{given}");
        }
        assert_eq!(Form::default().color("color", Some(" "), "#123456"), "#123456");
    }

    #[test]
    fn times_keep_what_both_databases_keep() {
        let mut form = Form::default();
        let nanos = DateTime::from_timestamp(1_700_000_000, 123_456_789);
        let micros = DateTime::from_timestamp(1_700_000_000, 123_456_000);
        assert_eq!(form.moment("startsAt", nanos), micros);
        assert_eq!(form.moment("startsAt", Some(DateTime::<Utc>::MAX_UTC)), None);
        assert!(form.check().is_err());
    }
}
