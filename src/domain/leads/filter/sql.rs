//! A resolved filter as an SQL condition on the table `leads`.
//!
//! What a lead is linked with is asked in two ways: as `id IN (…)` where every row must fulfil it, so that the database
//! can start from the few links; as `EXISTS` below `or` and `not`, where it has to look at the row anyhow.

use sea_orm::sea_query::{Expr, ExprTrait, Func, LikeExpr};
use sea_orm::{ActiveEnum, ColumnTrait, Condition, DatabaseBackend, QueryFilter, QuerySelect, QueryTrait, Value};

use super::{
    Bound, Choice, ExactField, FieldMatch, LeadFilter, Leaf, Links, MAX_WORDS, Presence, Range, Resolved, TextField,
    TextMatch,
};
use crate::domain::Ref;
use crate::domain::conversions::{self, Standing};
use crate::domain::custom_fields::FieldType;
use crate::domain::leads::keys;
use crate::domain::leads::register::OptionRef;
use crate::domain::op::Op;
use crate::domain::text::{self, MAX_KEY};
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

/// Where a condition stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Every row must fulfil it.
    Demanded,
    /// Below an `or`.
    Optional,
    /// It must not hold.
    Denied,
}

/// One condition before its place is known.
enum Test {
    Never,
    /// True, false, or NULL when the lead lacks it.
    Row(Expr),
    /// A row of another table that points to the lead.
    Link(Box<dyn Fn(Place) -> Expr>),
    All(Vec<Test>),
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

/// The test as it has to be put in its place.
fn place_of(test: Test, place: Place) -> Expr {
    match (test, place) {
        (Test::Never, Place::Demanded | Place::Optional) => never(),
        (Test::Never, Place::Denied) => always(),
        (Test::Row(row), Place::Demanded | Place::Optional) => row,
        (Test::Row(row), Place::Denied) => fails(row),
        (Test::Link(link), place) => link(place),
        (Test::All(tests), Place::Demanded | Place::Optional) => {
            let tests = tests.into_iter().map(|test| place_of(test, place));
            tests.fold(always(), ExprTrait::and)
        }
        (Test::All(tests), Place::Denied) => {
            let tests = tests.into_iter().map(|test| place_of(test, Place::Denied));
            tests.fold(never(), ExprTrait::or)
        }
    }
}

/// The opposite, wherever it stands.
fn denied(test: Test) -> Test {
    match test {
        Test::Never => Test::All(Vec::new()),
        Test::Row(row) => Test::Row(fails(row)),
        Test::Link(link) => Test::Link(Box::new(move |place| match place {
            Place::Demanded | Place::Optional => link(Place::Denied),
            Place::Denied => link(Place::Optional),
        })),
        Test::All(tests) => {
            let tests = tests.into_iter().map(|test| place_of(test, Place::Denied));
            Test::Row(tests.fold(never(), ExprTrait::or))
        }
    }
}

fn presence(test: Test, is: Presence) -> Test {
    match is {
        Presence::Present => test,
        Presence::Missing => denied(test),
    }
}

/// Whether a condition is false or NULL.
fn fails(row: Expr) -> Expr {
    Expr::from(Func::coalesce([row, Expr::val(false)])).not()
}

fn never() -> Expr {
    Expr::cust("1 = 0")
}

fn always() -> Expr {
    Expr::cust("1 = 1")
}

fn whole(condition: Condition) -> Expr {
    Expr::from(Condition::all().add(always()).add(condition))
}

fn missing<C: ColumnTrait>(column: C, is: Presence) -> Test {
    Test::Row(match is {
        Presence::Present => column.is_not_null(),
        Presence::Missing => column.is_null(),
    })
}

fn one_of<C: ColumnTrait, V: Into<Value>>(column: C, values: Vec<V>) -> Test {
    let values: Vec<Value> = values.into_iter().map(Into::into).filter(storable).collect();
    match values.is_empty() {
        true => Test::Never,
        false => Test::Row(Expr::col(column.as_column_ref()).is_in(values)),
    }
}

/// `PostgreSQL` cannot even be asked for U+0000.
fn storable(value: &Value) -> bool {
    !matches!(value, Value::String(Some(text)) if text.contains('\0'))
}

fn exact(field: ExactField, choice: &Choice<String>) -> Test {
    let column = match field {
        ExactField::FormName => lead::Column::FormName,
        ExactField::UniqueIdentifier => lead::Column::ExternalId,
    };
    match choice {
        Choice::OneOf(texts) => one_of(column, texts.clone()),
        Choice::Is(is) => missing(column, *is),
    }
}

fn stored<T: ActiveEnum<Value = String>>(column: lead::Column, choice: &Choice<T>) -> Test {
    match choice {
        Choice::OneOf(values) => one_of(column, values.iter().map(ActiveEnum::to_value).collect()),
        Choice::Is(is) => missing(column, *is),
    }
}

/// A link that is a column of the lead: it has one at most.
fn column_links(column: lead::Column, links: &Links, number: impl Fn(&Ref) -> Option<i64>) -> Test {
    let any = |refs: &[Ref]| one_of(column, refs.iter().filter_map(&number).collect::<Vec<i64>>());
    match links {
        Links::AnyOf(refs) => any(refs),
        Links::AllOf(refs) => Test::All(refs.iter().map(|it| any(std::slice::from_ref(it))).collect()),
        Links::NoneOf(refs) => denied(any(refs)),
        Links::Is(is) => missing(column, *is),
    }
}

fn contains<C: ColumnTrait>(column: C, part: &str) -> Test {
    match part {
        "" => missing(column, Presence::Present),
        part if part.contains('\0') || part.chars().count() > 4 * MAX_KEY => Test::Never,
        part => Test::Row(like(column, part)),
    }
}

fn like<C: ColumnTrait>(column: C, part: &str) -> Expr {
    let mut pattern = String::from("%");
    for character in part.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    Expr::col(column.as_column_ref()).like(LikeExpr::new(pattern).escape('\\'))
}

fn starts_with<C: ColumnTrait>(column: C, part: &str) -> Test {
    let expr = || Expr::col(column.as_column_ref());
    match part {
        "" => missing(column, Presence::Present),
        part if part.contains('\0') => Test::Never,
        part => Test::Row(match successor(part) {
            Some(next) => expr().gte(part).and(expr().lt(next)),
            None => expr().gte(part),
        }),
    }
}

/// The first text that comes after all that begin with this one, by code points.
fn successor(text: &str) -> Option<String> {
    let mut characters: Vec<char> = text.chars().collect();
    while let Some(last) = characters.pop() {
        // The step over the surrogates, which are no characters.
        let next = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32);
        if let Some(next) = next {
            characters.push(next);
            return Some(characters.into_iter().collect());
        }
    }
    None
}

fn range<C: ColumnTrait, T: Into<Value>>(column: C, range: Range<T>) -> Condition {
    let expr = || Expr::col(column.as_column_ref());
    let Range { from, to } = range;
    Condition::all()
        .add_option(from.map(|from| match from {
            Bound::Including(value) => expr().gte(value.into()),
            Bound::Excluding(value) => expr().gt(value.into()),
        }))
        .add_option(to.map(|to| match to {
            Bound::Including(value) => expr().lte(value.into()),
            Bound::Excluding(value) => expr().lt(value.into()),
        }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_successor_follows_all_texts_that_begin_so() {
        for (text, next) in [
            ("a", "b"),
            ("az", "a{"),
            ("a\u{d7ff}", "a\u{e000}"),
            ("a\u{10ffff}", "b"),
        ] {
            assert_eq!(successor(text).as_deref(), Some(next));
        }
        assert_eq!(successor("\u{10ffff}"), None);
    }
}
