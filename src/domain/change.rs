//! [`Change`]: what an edit says of one field. Nothing said, cleared, and set are three different things.

use serde::Serialize;

/// One field of an edit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub enum Change<T> {
    /// The edit says nothing of it.
    #[default]
    Keep,
    /// It shall have no value.
    Clear,
    Set(T),
}

impl<T> Change<T> {
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Change<U> {
        match self {
            Self::Keep => Change::Keep,
            Self::Clear => Change::Clear,
            Self::Set(value) => Change::Set(convert(value)),
        }
    }

    /// What an optional field is after the edit.
    pub fn apply(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Keep => before,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }

    /// The value, where there is to be one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Keep | Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }

    pub fn is_keep(&self) -> bool {
        match self {
            Self::Keep => true,
            Self::Clear | Self::Set(_) => false,
        }
    }
}

/// A value that is given is set, an absent one is kept: for inputs that cannot say that something is cleared.
impl<T> From<Option<T>> for Change<T> {
    fn from(given: Option<T>) -> Self {
        given.map_or(Self::Keep, Self::Set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_stays() {
        assert_eq!(Change::Keep.apply(Some(1)), Some(1));
        assert_eq!(Change::Clear.apply(Some(1)), None);
        assert_eq!(Change::Set(2).apply(Some(1)), Some(2));
        assert_eq!(Change::Set(2).apply(None), Some(2));
        assert_eq!(Change::Set(2).map(|number| number + 1), Change::Set(3));
        assert_eq!(Change::from(None::<u8>), Change::Keep);
    }
}
