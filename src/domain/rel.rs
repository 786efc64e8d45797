//! [`Rel`]: a relation that was loaded, or was not asked for.

use super::error::{Error, Result};

/// A relation of a read record. Reading one that was never loaded is a fault of ours, not an empty list.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Rel<T> {
    #[default]
    NotLoaded,
    Loaded(T),
}

impl<T> Rel<T> {
    /// For readers who asked for it.
    ///
    /// # Errors
    /// A fault: it was not loaded.
    pub fn loaded(&self) -> Result<&T> {
        match self {
            Self::NotLoaded => Err(Error::broken("a part that was asked for was not loaded")),
            Self::Loaded(value) => Ok(value),
        }
    }

    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Rel<U> {
        match self {
            Self::NotLoaded => Rel::NotLoaded,
            Self::Loaded(value) => Rel::Loaded(convert(value)),
        }
    }

    /// What is there to be completed.
    pub fn loaded_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::NotLoaded => None,
            Self::Loaded(value) => Some(value),
        }
    }
}
