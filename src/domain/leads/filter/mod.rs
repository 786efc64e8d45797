//! Filters of leads: what may be asked, and how much of it in one request.
//!
//! A filter has two values, never three: a condition on something that a lead does not have is false, and its negation
//! true. Texts compare by their folded form ([`text::key`]), of which 255 characters count.

mod predicate;
mod resolve;
mod sql;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::register::OptionRef;
use super::{AssociationType, Direction as Passed, LeadOrigin, LeadSource, LeadStatus};
use crate::domain::Ref;
use crate::domain::conversions::Standing;
use crate::domain::error::{Problem, Result};
use crate::domain::text;

pub(super) use resolve::fields;
pub use resolve::{Resolved, resolve};

/// Which leads are wanted. Its JSON is stored with webhook endpoints: a form that was written stays readable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeadFilter {
    /// Of none: every lead.
    All(Vec<LeadFilter>),
    /// Of none: no lead.
    Any(Vec<LeadFilter>),
    Not(Box<LeadFilter>),
    Is(Leaf),
}

impl Default for LeadFilter {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leaf {
    Text(TextField, TextMatch),
    /// Compared as it is stored, case and all.
    Exact(ExactField, Choice<String>),
    /// Every word of it stands somewhere in the names, the company, the e-mail address or the phone number.
    Search(String),
    Status(Choice<LeadStatus>),
    Source(Choice<LeadSource>),
    Association(Choice<AssociationType>),
    Origin(Choice<LeadOrigin>),
    Project(Links),
    Campaign(Links),
    /// By the caller's side of the partnership.
    Partnership(Links),
    /// By the company in the caller's directory.
    Partner(Links),
    Tags(Links),
    Assignees(Links),
    /// A single attribution that has one of the sources, if given, and lies in the range.
    Attribution {
        sources: Option<Vec<Ref>>,
        at: Range<DateTime<Utc>>,
    },
    Field {
        field: Ref,
        is: FieldMatch,
    },
    /// Sent to a partner, or received from one.
    Passed(Passed),
    /// Seen by those who only know conversions: in one of these ways.
    Standing(Vec<Standing>),
    /// Whether there is a click id of this kind, such as `gclid`.
    ClickId {
        kind: String,
        is: Presence,
    },
    Created(Range<DateTime<Utc>>),
    Updated(Range<DateTime<Utc>>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextField {
    Email,
    Phone,
    FirstName,
    LastName,
    /// First and last name, with a blank between them.
    Name,
    Company,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExactField {
    FormName,
    UniqueIdentifier,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextMatch {
    OneOf(Vec<String>),
    Contains(String),
    StartsWith(String),
    Is(Presence),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    Present,
    Missing,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice<T> {
    OneOf(Vec<T>),
    Is(Presence),
}

/// Things that a lead is linked with. Unknown ones are linked with no lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Links {
    AnyOf(Vec<Ref>),
    AllOf(Vec<Ref>),
    NoneOf(Vec<Ref>),
    Is(Presence),
}

/// A lead's value of a custom field. A match of another type than the field's is a broken rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldMatch {
    Text(TextMatch),
    Number(Range<f64>),
    NumberOneOf(Vec<f64>),
    Date(Range<NaiveDate>),
    Boolean(bool),
    /// The chosen option, or one of the chosen ones.
    AnyOption(Vec<OptionRef>),
    AllOptions(Vec<OptionRef>),
    Is(Presence),
}

/// From and to, each included or not.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub struct Range<T> {
    pub from: Option<Bound<T>>,
    pub to: Option<Bound<T>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound<T> {
    Including(T),
    Excluding(T),
}

impl<T> Default for Range<T> {
    fn default() -> Self {
        Self { from: None, to: None }
    }
}

/// `and`, `or` and `not` inside each other.
pub const MAX_DEPTH: usize = 10;
/// Conditions in one filter.
pub const MAX_LEAVES: usize = 60;
/// Entries in one list of a filter.
pub const MAX_LIST: usize = 100;
/// Words in one search.
pub const MAX_WORDS: usize = 10;
/// Characters of one text of a filter. Of those that are compared with a lead's, a quarter counts.
pub const MAX_TEXT: usize = 1000;

/// Counts what the filter asks, with all variables filled in.
fn check_budget(filter: &LeadFilter) -> Result<()> {
    let mut leaves = 0;
    count(filter, 1, &mut leaves)
}

fn count(filter: &LeadFilter, depth: usize, leaves: &mut usize) -> Result<()> {
    let over = |limit: String| Err(Problem::limit(["filter".into()], limit).into());
    if depth > MAX_DEPTH {
        return over(format!("The filter is nested deeper than {MAX_DEPTH} levels"));
    }
    match filter {
        LeadFilter::All(list) | LeadFilter::Any(list) => {
            if list.len() > MAX_LIST {
                return over(format!("A list of the filter has more than {MAX_LIST} entries"));
            }
            list.iter().try_for_each(|inner| count(inner, depth + 1, leaves))
        }
        LeadFilter::Not(inner) => count(inner, depth + 1, leaves),
        LeadFilter::Is(leaf) => {
            *leaves += 1;
            if *leaves > MAX_LEAVES {
                return over(format!("The filter has more than {MAX_LEAVES} conditions"));
            }
            if leaf.longest_list() > MAX_LIST {
                return over(format!("A list of the filter has more than {MAX_LIST} entries"));
            }
            if leaf.texts().iter().any(|text| text.chars().nth(MAX_TEXT).is_some()) {
                return over(format!("A text of the filter has more than {MAX_TEXT} characters"));
            }
            if matches!(leaf, Leaf::Search(text) if words(&text::fold(text)).count() > MAX_WORDS) {
                return over(format!("The search has more than {MAX_WORDS} words"));
            }
            Ok(())
        }
    }
}

/// The words of a folded search: folding can make several of one.
fn words(folded: &str) -> impl Iterator<Item = &str> {
    folded.split_whitespace()
}

impl TextMatch {
    fn texts(&self) -> &[String] {
        match self {
            Self::OneOf(list) => list,
            Self::Contains(text) | Self::StartsWith(text) => std::slice::from_ref(text),
            Self::Is(_) => &[],
        }
    }
}

impl Leaf {
    fn texts(&self) -> &[String] {
        match self {
            Self::Text(_, is)
            | Self::Field {
                is: FieldMatch::Text(is),
                ..
            } => is.texts(),
            Self::Exact(_, Choice::OneOf(list)) => list,
            Self::Search(text) | Self::ClickId { kind: text, .. } => std::slice::from_ref(text),
            Self::Exact(_, Choice::Is(_))
            | Self::Status(_)
            | Self::Source(_)
            | Self::Association(_)
            | Self::Origin(_)
            | Self::Project(_)
            | Self::Campaign(_)
            | Self::Partnership(_)
            | Self::Partner(_)
            | Self::Tags(_)
            | Self::Assignees(_)
            | Self::Attribution { .. }
            | Self::Field { .. }
            | Self::Passed(_)
            | Self::Standing(_)
            | Self::Created(_)
            | Self::Updated(_) => &[],
        }
    }

    fn longest_list(&self) -> usize {
        let links = |links: &Links| match links {
            Links::AnyOf(list) | Links::AllOf(list) | Links::NoneOf(list) => list.len(),
            Links::Is(_) => 0,
        };
        let text = |text: &TextMatch| match text {
            TextMatch::OneOf(list) => list.len(),
            TextMatch::Contains(_) | TextMatch::StartsWith(_) | TextMatch::Is(_) => 0,
        };
        match self {
            Self::Text(_, is) => text(is),
            Self::Exact(_, choice) => choice.len(),
            Self::Status(choice) => choice.len(),
            Self::Source(choice) => choice.len(),
            Self::Association(choice) => choice.len(),
            Self::Origin(choice) => choice.len(),
            Self::Project(ids) | Self::Campaign(ids) | Self::Partnership(ids) | Self::Partner(ids) => links(ids),
            Self::Tags(ids) | Self::Assignees(ids) => links(ids),
            Self::Attribution { sources, .. } => sources.as_ref().map_or(0, Vec::len),
            Self::Field { is, .. } => match is {
                FieldMatch::Text(is) => text(is),
                FieldMatch::NumberOneOf(list) => list.len(),
                FieldMatch::AnyOption(list) | FieldMatch::AllOptions(list) => list.len(),
                FieldMatch::Number(_) | FieldMatch::Date(_) | FieldMatch::Boolean(_) | FieldMatch::Is(_) => 0,
            },
            Self::Standing(list) => list.len(),
            Self::Passed(_) | Self::Search(_) | Self::ClickId { .. } | Self::Created(_) | Self::Updated(_) => 0,
        }
    }
}

impl<T> Choice<T> {
    fn len(&self) -> usize {
        match self {
            Self::OneOf(list) => list.len(),
            Self::Is(_) => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::error::{Error, ProblemCode};

    fn refused(filter: &LeadFilter) -> bool {
        match check_budget(filter) {
            Err(Error::Invalid(problems)) => problems[0].code == ProblemCode::LimitExceeded,
            _ => false,
        }
    }

    fn leaf() -> LeadFilter {
        LeadFilter::Is(Leaf::Search("a".into()))
    }

    fn nested(levels: usize) -> LeadFilter {
        (0..levels).fold(leaf(), |inner, _| LeadFilter::Not(Box::new(inner)))
    }

    #[test]
    fn depth_leaves_lists_and_words_are_bounded() {
        let words = |count| LeadFilter::Is(Leaf::Search("a ".repeat(count)));
        let texts = |texts| LeadFilter::Is(Leaf::Text(TextField::Name, TextMatch::OneOf(texts)));
        let tags = |count| LeadFilter::Is(Leaf::Tags(Links::AnyOf(vec![Ref::Id(1); count])));
        for (at, over) in [
            (nested(MAX_DEPTH - 1), nested(MAX_DEPTH)),
            (
                LeadFilter::All(vec![leaf(); MAX_LEAVES]),
                LeadFilter::Any(vec![
                    LeadFilter::All(vec![leaf(); 31]),
                    LeadFilter::All(vec![leaf(); 30]),
                ]),
            ),
            (tags(MAX_LIST), tags(MAX_LIST + 1)),
            (words(MAX_WORDS), words(MAX_WORDS + 1)),
            (
                LeadFilter::Is(Leaf::Search("é".repeat(MAX_TEXT))),
                LeadFilter::Is(Leaf::Search("é".repeat(MAX_TEXT + 1))),
            ),
            (
                texts(vec!["a".into(), "a".repeat(MAX_TEXT)]),
                texts(vec!["a".into(), "a".repeat(MAX_TEXT + 1)]),
            ),
            // One sign that folds to a blank and another, so that many words are written without a blank.
            (
                LeadFilter::Is(Leaf::Search("´".repeat(MAX_WORDS))),
                LeadFilter::Is(Leaf::Search("´".repeat(MAX_WORDS + 1))),
            ),
            (
                LeadFilter::All(vec![LeadFilter::default(); MAX_LIST]),
                LeadFilter::Any(vec![LeadFilter::default(); MAX_LIST + 1]),
            ),
        ] {
            assert!(!refused(&at), "{at:?}");
            assert!(refused(&over), "{over:?}");
        }
    }
}
