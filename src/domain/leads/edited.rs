//! Which texts of a lead somebody has edited. A form that is posted again enriches a lead, and must not undo what a
//! person put right, so it leaves these alone. Pure.

use crate::entity::lead;

type Text = fn(&lead::Model) -> &Option<String>;

/// Everything that both a web form and an edit decide.
const TEXTS: [(&str, Text); 6] = [
    ("email", |lead| &lead.email),
    ("phone", |lead| &lead.phone),
    ("first_name", |lead| &lead.first_name),
    ("last_name", |lead| &lead.last_name),
    ("company_name", |lead| &lead.company_name),
    ("external_id", |lead| &lead.external_id),
];

/// The names, as the row keeps them, of what has been edited by now.
pub(super) fn names(before: &lead::Model, after: &lead::Model) -> Option<String> {
    let is_edited =
        |(name, text): &&(&str, Text)| contains(before.edited_texts.as_deref(), name) || text(before) != text(after);
    let names: Vec<&str> = TEXTS.iter().filter(is_edited).map(|(name, _)| *name).collect();
    (!names.is_empty()).then(|| names.join(" "))
}

/// Whether the column of this name was edited.
pub(super) fn contains(names: Option<&str>, column: &str) -> bool {
    names.is_some_and(|names| names.split(' ').any(|name| name == column))
}
