//! [`Rel`]: a relation that was loaded, or was not asked for.

/// A relation of a read record. Reading one that was never loaded is a fault of ours, not an empty list.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Rel<T> {
    #[default]
    NotLoaded,
    Loaded(T),
}

impl<T> Rel<T> {
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
