//! Where problems of edits are, in the words of their inputs. Pure.

/// The domain's names, and what the inputs call them.
pub type Names = &'static [(&'static [&'static str], &'static [&'static str])];

/// For inputs that name their parts as the lead does.
pub const UPDATE: Names = &[
    (&["lead"], &["leadId"]),
    (&["campaignId"], &["companyCampaignId"]),
    (&["assignees"], &["assignedUsers"]),
];

/// For inputs that are about one kind of part.
pub const LISTS: Names = &[
    (&["lead"], &["leadId"]),
    (&["assignees", "add"], &["userIds"]),
    (&["assignees", "remove"], &["userIds"]),
    (&["assignees"], &["userIds"]),
    (&["tags", "add"], &["tagIds"]),
    (&["tags", "remove"], &["tagIds"]),
    (&["tags"], &["tagIds"]),
    (&["customFields"], &["customFieldIds"]),
    (&["attributions", "add"], &["attributions"]),
    (&["attributions", "remove"], &["attributionIds"]),
];

/// The domain's path as the input has it.
pub fn as_named(path: Vec<String>, names: Names) -> Vec<String> {
    let begins =
        |(from, _): &&(&[&str], &[&str])| path.len() >= from.len() && path.iter().zip(*from).all(|(a, b)| a == b);
    let Some((from, to)) = names.iter().find(begins) else {
        return member(path);
    };
    let rest = path.iter().skip(from.len()).map(String::as_str);
    member(to.iter().copied().chain(rest).map(str::to_owned).collect())
}

/// The members of entries.
fn member(mut path: Vec<String>) -> Vec<String> {
    let list = path.first().cloned().unwrap_or_default();
    let Some(last) = path.pop() else { return path };
    match (list.as_str(), last.as_str()) {
        ("customFields", "fieldId") => path.push("customFieldId".to_owned()),
        // The type is the name that the value is given by.
        ("customFields", "type") => path.push("value".to_owned()),
        // Here the entry is the field.
        ("customFieldIds", "fieldId") => {}
        ("attributions", "sourceId") => path.push("id".to_owned()),
        (_, _) => path.push(last),
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_into_the_inputs() {
        for (names, domain, input) in [
            (UPDATE, "lead", "leadId"),
            (UPDATE, "email", "email"),
            (UPDATE, "assignees.3", "assignedUsers.3"),
            (UPDATE, "customFields.1.fieldId", "customFields.1.customFieldId"),
            (UPDATE, "customFields.1.type", "customFields.1.value"),
            (LISTS, "customFields.1.fieldId", "customFieldIds.1"),
            (LISTS, "customFields.1", "customFieldIds.1"),
            (LISTS, "tags.add.0", "tagIds.0"),
            (LISTS, "tags", "tagIds"),
            (LISTS, "attributions.add.2.sourceId", "attributions.2.id"),
            (LISTS, "attributions.remove.2", "attributionIds.2"),
        ] {
            let path = domain.split('.').map(str::to_owned).collect();
            assert_eq!(as_named(path, names).join("."), input, "{domain}");
        }
    }
}
