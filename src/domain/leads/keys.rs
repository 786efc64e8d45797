//! What leads are found, compared and ordered by: folded forms of how somebody can be reached. Pure.
//!
//! Every write of a contact's texts sets all of these columns, see [`Keys::set`].

use sea_orm::ActiveValue::Set;

use crate::domain::text;
use crate::entity::lead;

/// In bytes: PostgreSQL refuses longer entries in an index. Nobody's address is longer.
const MAX_ADDRESS: usize = 1000;

/// How a lead can be reached, as it was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contact<'a> {
    pub email: Option<&'a str>,
    pub phone: Option<&'a str>,
    pub first_name: Option<&'a str>,
    pub last_name: Option<&'a str>,
    pub company_name: Option<&'a str>,
}

/// The columns that follow from a [`Contact`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    pub email: Option<String>,
    pub phone: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    /// First and last name.
    pub name: Option<String>,
    pub company: Option<String>,
    /// Everything that a search looks into, a line each.
    pub search: String,
}

impl Keys {
    pub fn of(contact: Contact<'_>) -> Self {
        let Contact {
            email,
            phone,
            first_name,
            last_name,
            company_name,
        } = contact;
        let first_name = first_name.and_then(text::key);
        let last_name = last_name.and_then(text::key);
        let names = [first_name.as_deref(), last_name.as_deref()];
        let full_name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let company = company_name.and_then(text::key);
        let (email_key, phone_key) = (email_key(email), phone_key(phone));
        let [as_email, as_phone] = [email, phone].map(|text| text.and_then(text::key));
        // All of every key stands in it, so that a search narrows down what contains a part of a key.
        let lines = [
            Some(full_name.as_str()),
            company.as_deref(),
            email_key.as_deref(),
            as_email.as_deref().filter(|text| email_key.as_deref() != Some(*text)),
            as_phone.as_deref(),
            phone_key.as_deref().filter(|text| as_phone.as_deref() != Some(*text)),
        ];
        let lines = lines.into_iter().flatten().filter(|line| !line.is_empty());
        Self {
            search: lines.collect::<Vec<_>>().join("\n"),
            name: text::key(&full_name),
            email: email_key,
            phone: phone_key,
            first_name,
            last_name,
            company,
        }
    }

    /// The row with these keys.
    #[must_use]
    pub fn set(self, row: lead::ActiveModel) -> lead::ActiveModel {
        let Self {
            email,
            phone,
            first_name,
            last_name,
            name,
            company,
            search,
        } = self;
        lead::ActiveModel {
            email_normalized: Set(email),
            phone_normalized: Set(phone),
            first_name_key: Set(first_name),
            last_name_key: Set(last_name),
            name_key: Set(name),
            company_key: Set(company),
            search_text: Set(search),
            ..row
        }
    }
}

pub(super) fn email_key(email: Option<&str>) -> Option<String> {
    email.map(text::normalize_email).filter(|key| key.len() <= MAX_ADDRESS)
}

pub(super) fn phone_key(phone: Option<&str>) -> Option<String> {
    phone
        .and_then(text::normalize_phone)
        .filter(|key| key.len() <= MAX_ADDRESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_looks_into_names_company_and_addresses_as_given_and_normalized() {
        let keys = Keys::of(Contact {
            email: Some("Jo@Bücher.example"),
            phone: Some("0031 6-12"),
            first_name: Some(" Jo "),
            last_name: Some("ÄRGER"),
            company_name: Some("ACME"),
        });
        assert_eq!(
            keys.search,
            "jo ärger\nacme\njo@xn--bcher-kva.example\njo@bücher.example\n0031 6-12\n+31612"
        );
        assert_eq!(keys.name.as_deref(), Some("jo ärger"));
        assert_eq!(keys.email.as_deref(), Some("jo@xn--bcher-kva.example"));
        assert_eq!(Keys::of(Contact::default()), Keys::default());
    }
}
