//! Every root field of the schema, called in every way that names something of a workspace.

mod catalogues;
mod leads;
mod queries;
mod webhooks;

/// What a root field asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    Nothing,
    Read,
    Write,
    Admin,
}

/// One way to call a root field. `@name` stands for an id of the workspace called home.
pub struct Attempt {
    pub field: &'static str,
    pub needs: Needs,
    /// The call, of a query or a mutation.
    pub call: &'static str,
    /// What a stranger gets for home's ids.
    pub stranger: Stranger,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stranger {
    /// Null.
    Nothing,
    /// Only what is theirs.
    Own,
    /// A user error NOT_FOUND.
    NotFound,
}

const fn attempt(field: &'static str, needs: Needs, stranger: Stranger, call: &'static str) -> Attempt {
    Attempt {
        field,
        needs,
        call,
        stranger,
    }
}

pub fn attempts() -> impl Iterator<Item = (&'static Attempt, String)> {
    let queries = queries::QUERIES
        .iter()
        .map(|attempt| (attempt, format!("query {{ {} }}", attempt.call)));
    let mutations = leads::MUTATIONS
        .iter()
        .chain(catalogues::MUTATIONS)
        .chain(webhooks::MUTATIONS)
        .map(|attempt| (attempt, format!("mutation {{ {} }}", attempt.call)));
    queries.chain(mutations)
}
