//! A resolved filter as an SQL condition on the table `leads`.
//!
//! What a lead is linked with is asked in two ways: as `id IN (…)` where every row must fulfil it, so that the database
//! can start from the few links; as `EXISTS` below `or` and `not`, where it has to look at the row anyhow.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, Condition, DatabaseBackend, QueryFilter, QuerySelect, QueryTrait};

use super::predicate::{
    Place, Test, always, column_links, contains, denied, exact, like, missing, never, one_of, place_of, presence,
    range, starts_with, stored, whole,
};
use super::{FieldMatch, LeadFilter, Leaf, Links, MAX_WORDS, Resolved, TextField, TextMatch};
use crate::domain::Ref;
use crate::domain::conversions::{self, Standing};
use crate::domain::custom_fields::FieldType;
use crate::domain::leads::keys;
use crate::domain::leads::register::OptionRef;
use crate::domain::op::Op;
use crate::domain::text;
use crate::entity::{
    Tenant, lead, lead_assignee, lead_attribution, lead_click_id, lead_custom_field_choice, lead_custom_field_value,
    lead_tag, partnership_lead,
};

impl Resolved {
    /// The condition, for a query on `leads` that is limited to the workspace already.
    pub fn condition(&self, op: &Op) -> Condition {
        let backend = op.services().database().backend();
        Compiler {
            filter: self,
            op,
            backend,
        }
        .tree(&self.filter, Place::Demanded)
    }
}

struct Compiler<'a> {
    filter: &'a Resolved,
    op: &'a Op,
    backend: DatabaseBackend,
}

impl Compiler<'_> {
    fn tree(&self, filter: &LeadFilter, place: Place) -> Condition {
        match (filter, place) {
            (LeadFilter::All(list), Place::Demanded | Place::Optional) => self.all(list, place),
            (LeadFilter::All(list), Place::Denied) => self.any(list, Place::Denied),
            (LeadFilter::Any(list), Place::Demanded | Place::Optional) => self.any(list, Place::Optional),
            (LeadFilter::Any(list), Place::Denied) => self.all(list, Place::Denied),
            (LeadFilter::Not(inner), Place::Demanded | Place::Optional) => self.tree(inner, Place::Denied),
            (LeadFilter::Not(inner), Place::Denied) => self.tree(inner, Place::Optional),
            (LeadFilter::Is(leaf), _) => Condition::all().add(place_of(self.leaf(leaf), place)),
        }
    }

    fn all(&self, list: &[LeadFilter], place: Place) -> Condition {
        list.iter()
            .fold(Condition::all(), |all, inner| all.add(self.tree(inner, place)))
    }

    fn any(&self, list: &[LeadFilter], place: Place) -> Condition {
        // An empty disjunction would vanish; a part that is always true must not.
        let none = Condition::any().add(never());
        list.iter().fold(none, |any, inner| {
            any.add(Condition::all().add(always()).add(self.tree(inner, place)))
        })
    }

    fn leaf(&self, leaf: &Leaf) -> Test {
        use lead::Column as C;
        let known = &self.filter.known;
        match leaf {
            Leaf::Text(field, is) => self.text(*field, is),
            Leaf::Exact(field, choice) => exact(*field, choice),
            Leaf::Search(words) => self.search(words),
            Leaf::Status(choice) => stored(C::Status, choice),
            Leaf::Source(choice) => stored(C::Source, choice),
            Leaf::Association(choice) => stored(C::AssociationType, choice),
            Leaf::Origin(choice) => stored(C::Origin, choice),
            Leaf::Project(links) => column_links(C::ProjectId, links, |it| known.projects.get(it).copied()),
            Leaf::Campaign(links) => column_links(C::CampaignId, links, |it| known.campaigns.get(it).copied()),
            Leaf::Partnership(links) => {
                use partnership_lead::Column as L;
                let number = |it: &Ref| known.partnerships.get(it).copied();
                self.links::<partnership_lead::Entity>(L::LeadId, L::CompanyPartnershipId, links, number)
            }
            Leaf::Partner(links) => {
                use partnership_lead::Column as L;
                let number = |it: &Ref| known.partners.get(it).copied();
                self.links::<partnership_lead::Entity>(L::LeadId, L::PartnerCompanyId, links, number)
            }
            Leaf::Tags(links) => {
                use lead_tag::Column as L;
                self.links::<lead_tag::Entity>(L::LeadId, L::TagId, links, |it| known.tags.get(it).copied())
            }
            Leaf::Assignees(links) => {
                use lead_assignee::Column as L;
                self.links::<lead_assignee::Entity>(L::LeadId, L::UserId, links, |it| known.users.get(it).copied())
            }
            Leaf::Attribution { sources, at } => {
                use lead_attribution::Column as L;
                let mut wanted = Condition::all().add(range(L::AttributedAt, *at));
                if let Some(sources) = sources {
                    let ids: Vec<i64> = sources.iter().filter_map(|it| known.sources.get(it)).copied().collect();
                    if ids.is_empty() {
                        return Test::Never;
                    }
                    wanted = wanted.add(L::SourceId.is_in(ids));
                }
                self.link::<lead_attribution::Entity>(L::LeadId, wanted)
            }
            Leaf::Field { field, is } => match known.fields.get(field) {
                Some((id, field_type)) => self.field(*id, *field_type, is),
                None => Test::Never,
            },
            Leaf::Passed(direction) => {
                use partnership_lead::Column as L;
                let wanted = Condition::all().add(L::Direction.eq(*direction));
                self.link::<partnership_lead::Entity>(L::LeadId, wanted)
            }
            Leaf::Standing(standings) => {
                let number = |standing: &Standing| known.labels.get(&Ref::Uuid(standing.label()?)).copied();
                let any = standings.iter().fold(Condition::any().add(never()), |any, standing| {
                    any.add(conversions::condition(*standing, number(standing)))
                });
                Test::Row(whole(any))
            }
            Leaf::ClickId { kind, .. } if kind.contains('\0') => Test::Never,
            Leaf::ClickId { kind, is } => {
                use lead_click_id::Column as L;
                let link = self.link::<lead_click_id::Entity>(L::LeadId, Condition::all().add(L::Kind.eq(kind)));
                presence(link, *is)
            }
            Leaf::Created(at) => Test::Row(whole(range(C::CreatedAt, *at))),
            Leaf::Updated(at) => Test::Row(whole(range(C::UpdatedAt, *at))),
        }
    }

    fn text(&self, field: TextField, is: &TextMatch) -> Test {
        use lead::Column as C;
        let (column, normalize): (C, fn(&str) -> Option<String>) = match field {
            TextField::Email => (C::EmailNormalized, |given| keys::email_key(text::present(given))),
            TextField::Phone => (C::PhoneNormalized, text::normalize_phone),
            TextField::FirstName => (C::FirstNameKey, text::key),
            TextField::LastName => (C::LastNameKey, text::key),
            TextField::Name => (C::NameKey, text::key),
            TextField::Company => (C::CompanyKey, text::key),
        };
        let part: fn(&str) -> Option<String> = match field {
            TextField::Phone => text::normalize_phone,
            TextField::Email | TextField::FirstName | TextField::LastName | TextField::Name | TextField::Company => {
                |given| Some(text::fold(given.trim()))
            }
        };
        match is {
            TextMatch::OneOf(texts) => one_of(column, texts.iter().filter_map(|given| normalize(given)).collect()),
            TextMatch::Contains(given) => match part(given) {
                Some(part) => Test::All(vec![contains(column, &part), self.found(&part)]),
                None => Test::Never,
            },
            TextMatch::StartsWith(given) => part(given).map_or(Test::Never, |part| starts_with(column, &part)),
            TextMatch::Is(is) => missing(column, *is),
        }
    }

    fn search(&self, words: &str) -> Test {
        let folded = text::fold(words);
        let all = super::words(&folded)
            .take(MAX_WORDS)
            .flat_map(|word| [contains(lead::Column::SearchText, word), self.found(word)]);
        Test::All(all.collect())
    }

    /// Narrows down, by the index of trigrams, to the leads whose search text has this part. It decides nothing: what is
    /// asked exactly stands beside it.
    fn found(&self, part: &str) -> Test {
        if part.chars().count() < 3 || part.contains('\0') {
            return Test::All(Vec::new());
        }
        let (text, backend) = (part.to_owned(), self.backend);
        Test::Link(Box::new(move |place| match (place, backend) {
            // Only where every row must fulfil it is there anything to narrow down.
            (Place::Optional, _) => always(),
            (Place::Denied, _) => never(),
            (Place::Demanded, DatabaseBackend::Postgres) => like(lead::Column::SearchText, &text),
            (Place::Demanded, _) => Expr::cust_with_values(
                "leads.id IN (SELECT rowid FROM lead_search WHERE lead_search MATCH ?)",
                [format!("\"{}\"", text.replace('"', "\"\""))],
            ),
        }))
    }

    fn field(&self, id: i64, field_type: FieldType, is: &FieldMatch) -> Test {
        use lead_custom_field_value::Column as L;
        let of_field = || Condition::all().add(L::CustomFieldId.eq(id));
        let value = |wanted: Condition| self.link::<lead_custom_field_value::Entity>(L::LeadId, of_field().add(wanted));
        let test = |test: Test| match test {
            Test::Never => Test::Never,
            test => value(Condition::all().add(place_of(test, Place::Demanded))),
        };
        match is {
            FieldMatch::Text(TextMatch::OneOf(texts)) => test(one_of(
                L::TextKey,
                texts.iter().filter_map(|given| text::key(given)).collect(),
            )),
            FieldMatch::Text(TextMatch::Contains(part)) => test(contains(L::TextKey, &text::fold(part.trim()))),
            FieldMatch::Text(TextMatch::StartsWith(part)) => test(starts_with(L::TextKey, &text::fold(part.trim()))),
            FieldMatch::Text(TextMatch::Is(is)) | FieldMatch::Is(is) => presence(value(Condition::all()), *is),
            FieldMatch::Number(numbers) => value(range(L::NumberValue, *numbers).add(L::NumberValue.is_not_null())),
            FieldMatch::NumberOneOf(numbers) => test(one_of(L::NumberValue, numbers.clone())),
            FieldMatch::Date(dates) => value(range(L::DateValue, *dates).add(L::DateValue.is_not_null())),
            FieldMatch::Boolean(flag) => value(Condition::all().add(L::BooleanValue.eq(*flag))),
            FieldMatch::AnyOption(options) => self.options(id, field_type, &self.numbers(id, options)),
            FieldMatch::AllOptions(options) => {
                let numbers = self.numbers(id, options);
                if numbers.len() < options.len() {
                    return Test::Never;
                }
                let each = numbers
                    .iter()
                    .map(|no| self.options(id, field_type, std::slice::from_ref(no)));
                Test::All(each.collect())
            }
        }
    }

    fn numbers(&self, field: i64, options: &[OptionRef]) -> Vec<i64> {
        let known = &self.filter.known.options;
        options
            .iter()
            .filter_map(|option| known.get(&(field, *option)))
            .copied()
            .collect()
    }

    fn options(&self, id: i64, field_type: FieldType, numbers: &[i64]) -> Test {
        use {lead_custom_field_choice::Column as Many, lead_custom_field_value::Column as One};
        let numbers = numbers.to_vec();
        match field_type {
            _ if numbers.is_empty() => Test::Never,
            FieldType::MultiSelect => {
                let wanted = Condition::all()
                    .add(Many::CustomFieldId.eq(id))
                    .add(Many::OptionNo.is_in(numbers));
                self.link::<lead_custom_field_choice::Entity>(Many::LeadId, wanted)
            }
            FieldType::Select
            | FieldType::Text
            | FieldType::Textarea
            | FieldType::Number
            | FieldType::Date
            | FieldType::Boolean => {
                let wanted = Condition::all()
                    .add(One::CustomFieldId.eq(id))
                    .add(One::SelectOption.is_in(numbers));
                self.link::<lead_custom_field_value::Entity>(One::LeadId, wanted)
            }
        }
    }

    fn links<E: Tenant>(
        &self,
        lead: E::Column,
        other: E::Column,
        links: &Links,
        number: impl Fn(&Ref) -> Option<i64>,
    ) -> Test {
        let any = |refs: &[Ref]| {
            let ids: Vec<i64> = refs.iter().filter_map(&number).collect();
            match ids.is_empty() {
                true => Test::Never,
                false => self.link::<E>(lead, Condition::all().add(other.is_in(ids))),
            }
        };
        match links {
            Links::AnyOf(refs) => any(refs),
            Links::AllOf(refs) => Test::All(refs.iter().map(|it| any(std::slice::from_ref(it))).collect()),
            Links::NoneOf(refs) => denied(any(refs)),
            Links::Is(is) => presence(self.link::<E>(lead, Condition::all().add(other.is_not_null())), *is),
        }
    }

    /// A row of `E` in this workspace that points to the lead by `lead` and is as wanted.
    fn link<E: Tenant>(&self, lead: E::Column, wanted: Condition) -> Test {
        let rows = self.op.find::<E>().select_only().filter(wanted);
        Test::Link(Box::new(move |place| {
            let id = || Expr::col(lead::Column::Id.as_column_ref());
            let pointing = || {
                let row = rows.clone().expr(Expr::val(1));
                row.filter(Expr::col(lead.as_column_ref()).eq(id())).into_query()
            };
            match place {
                Place::Demanded => id().in_subquery(rows.clone().column(lead).into_query()),
                Place::Optional => Expr::exists(pointing()),
                Place::Denied => Expr::not_exists(pointing()),
            }
        }))
    }
}
