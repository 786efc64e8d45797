//! Reading JSON values as what they should be, and noting every one that is not.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::domain::error::{PathSegment, Problem};
use crate::domain::text;
use crate::rest::journeybee::error::{MOST_DETAILS, Refusal};

/// Where in the body a value stands, in the names of the wire. Lives on the stack: a good body costs no path.
#[derive(Clone, Copy, Debug)]
pub enum Place<'a> {
    Body,
    Member(&'a Place<'a>, &'static str),
    Item(&'a Place<'a>, usize),
}

impl Place<'_> {
    pub fn member<'a>(&'a self, name: &'static str) -> Place<'a> {
        Place::Member(self, name)
    }

    fn path(&self) -> Vec<PathSegment> {
        let (mut path, segment) = match self {
            Self::Body => return Vec::new(),
            Self::Member(parent, name) => (parent.path(), PathSegment::Name(name)),
            Self::Item(parent, index) => (parent.path(), PathSegment::Index(*index)),
        };
        path.push(segment);
        path
    }
}

/// What is wrong with a body's shape. A reader that notes something gives nothing, so that what is built of it is
/// never used.
#[derive(Debug, Default)]
pub struct Findings {
    problems: Vec<Problem>,
    incomplete: Incomplete,
}

/// Whether something required is missing, which another status tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Incomplete {
    #[default]
    No,
    Yes,
}

impl Findings {
    /// # Errors
    /// When there are any.
    pub fn check(self) -> Result<(), Refusal> {
        match (self.problems.is_empty(), self.incomplete) {
            (true, _) => Ok(()),
            (false, Incomplete::Yes) => Err(Refusal::incomplete(self.problems)),
            (false, Incomplete::No) => Err(Refusal::invalid(self.problems)),
        }
    }

    pub fn count(&self) -> usize {
        self.problems.len()
    }

    pub fn missing(&mut self, place: &Place<'_>, message: &str) {
        self.incomplete = Incomplete::Yes;
        let mut problem = Problem::missing([], message);
        problem.path = place.path();
        self.problems.push(problem);
    }

    pub fn invalid(&mut self, place: &Place<'_>, message: impl Into<String>) {
        let mut problem = Problem::invalid([], message);
        problem.path = place.path();
        self.problems.push(problem);
    }

    /// Something invalid that has the status of something missing.
    pub fn unacceptable(&mut self, place: &Place<'_>, message: &str) {
        self.invalid(place, message);
        self.incomplete = Incomplete::Yes;
    }

    /// A value that must be there, not null.
    pub fn required(&mut self, place: &Place<'_>, value: Option<Value>) -> Option<Value> {
        if value.is_none() {
            self.missing(place, "This is required");
        }
        value
    }

    /// A text; a blank one counts as absent.
    pub fn text(&mut self, place: &Place<'_>, value: Option<Value>) -> Option<String> {
        match value {
            None => None,
            Some(Value::String(given)) => text::present_owned(Some(given)),
            Some(_) => {
                self.invalid(place, "This must be a string");
                None
            }
        }
    }

    pub fn required_text(&mut self, place: &Place<'_>, value: Option<Value>) -> Option<String> {
        let before = self.count();
        let text = self.text(place, value);
        if text.is_none() && self.count() == before {
            self.missing(place, "This is required");
        }
        text
    }

    /// A row's number: an integer, not a text or a fraction that looks like one.
    pub fn id(&mut self, place: &Place<'_>, value: Option<Value>) -> Option<i64> {
        let value = value?;
        let id = value.as_i64().filter(|id| *id >= 1);
        if id.is_none() {
            self.invalid(place, "This must be an integer of at least 1");
        }
        id
    }

    pub fn required_id(&mut self, place: &Place<'_>, value: Option<Value>) -> Option<i64> {
        let value = self.required(place, value);
        self.id(place, value)
    }

    /// Absent is false.
    pub fn flag(&mut self, place: &Place<'_>, value: Option<Value>) -> bool {
        match value {
            None => false,
            Some(Value::Bool(flag)) => flag,
            Some(_) => {
                self.invalid(place, "This must be true or false");
                false
            }
        }
    }

    /// One of the words; `choices` pairs them with what they mean.
    pub fn choice<T: Copy>(
        &mut self,
        place: &Place<'_>,
        value: Option<Value>,
        choices: &[(&'static str, T)],
    ) -> Option<T> {
        let word = self.text(place, value)?;
        let chosen = choices.iter().find(|(choice, _)| *choice == word);
        if chosen.is_none() {
            self.invalid(place, one_of(choices));
        }
        chosen.map(|(_, meaning)| *meaning)
    }

    /// [`Self::choice`] for what must be there.
    pub fn required_choice<T: Copy>(
        &mut self,
        place: &Place<'_>,
        value: Option<Value>,
        choices: &[(&'static str, T)],
    ) -> Option<T> {
        let before = self.count();
        let chosen = self.choice(place, value, choices);
        if chosen.is_none() && self.count() == before {
            self.missing(place, "This is required");
        }
        chosen
    }

    /// The items of a list, each through `read`. Absent is empty.
    pub fn items<T>(
        &mut self,
        place: &Place<'_>,
        value: Option<Value>,
        mut read: impl FnMut(&mut Self, &Place<'_>, Value) -> Option<T>,
    ) -> Vec<T> {
        match value {
            None => Vec::new(),
            Some(Value::Array(items)) => {
                let mut taken = Vec::new();
                for (index, item) in items.into_iter().enumerate() {
                    // Nobody is told more: it would only take time and memory.
                    if self.count() >= MOST_DETAILS {
                        break;
                    }
                    taken.extend(read(self, &Place::Item(place, index), item));
                }
                taken
            }
            Some(_) => {
                self.invalid(place, "This must be an array");
                Vec::new()
            }
        }
    }

    /// A list of rows' numbers.
    pub fn ids(&mut self, place: &Place<'_>, value: Option<Value>) -> Vec<i64> {
        self.items(place, value, |found, place, item| found.id(place, Some(item)))
    }

    /// An object with the members of `T`.
    pub fn object<T: DeserializeOwned>(&mut self, place: &Place<'_>, value: Value) -> Option<T> {
        // A list would do for serde.
        let object = if value.is_object() {
            serde_json::from_value(value).ok()
        } else {
            None
        };
        if object.is_none() {
            self.invalid(place, "This must be an object");
        }
        object
    }
}

fn one_of<T>(choices: &[(&'static str, T)]) -> String {
    let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
    format!("This must be one of {}", words.join(", "))
}
