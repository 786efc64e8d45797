//! Filters of leads as clients write them. A null is a mistake here, not a wish for everything: what is not asked is left
//! out.

mod conditions;

use std::borrow::Cow;

use async_graphql::registry::Registry;
use async_graphql::{InputObject, InputType, InputValueError, InputValueResult, MaybeUndefined, Value};

use conditions::{
    AssociationTypeFilter, AttributionFilter, ChoiceFilter, ClickIdFilter, CustomFieldFilter, DateTimeFilter,
    ExactFilter, LeadOriginFilter, LeadSourceFilter, LeadStatusFilter, LinkFilter, TextFilter, choices, custom_field,
    given, links, presence, refs, texts, times, words,
};

use crate::domain::error::{Error, Problem};
use crate::domain::leads;
use crate::domain::leads::filter::{ExactField, Leaf, Links, TextField};
use crate::graphql::error::Failure;
use crate::graphql::node::NodeKind;

/// Which leads are wanted. Several conditions must all be true. A condition on something that a lead does not have is
/// false, and its negation true.
#[derive(Clone, Debug, Default, InputObject)]
pub struct LeadFilter {
    /// All of these are true.
    and: MaybeUndefined<Vec<LeadFilter>>,
    /// At least one of these is true.
    or: MaybeUndefined<Vec<LeadFilter>>,
    /// This is not true.
    not: MaybeUndefined<Box<LeadFilter>>,
    /// Every word stands somewhere in the names, the company, the e-mail address or the phone number, without case.
    search: MaybeUndefined<String>,
    /// The e-mail address.
    email: MaybeUndefined<TextFilter>,
    /// The phone number, by its digits and a leading plus.
    phone: MaybeUndefined<TextFilter>,
    /// The first name.
    first_name: MaybeUndefined<TextFilter>,
    /// The last name.
    last_name: MaybeUndefined<TextFilter>,
    /// First and last name with a blank between them.
    name: MaybeUndefined<TextFilter>,
    /// The company's name.
    company_name: MaybeUndefined<TextFilter>,
    /// The name of the form it was sent with.
    form_name: MaybeUndefined<ExactFilter>,
    /// The id that the client's own system has for it.
    unique_identifier: MaybeUndefined<ExactFilter>,
    /// Where it stands in the sales process.
    status: MaybeUndefined<LeadStatusFilter>,
    /// What brought it in.
    source: MaybeUndefined<LeadSourceFilter>,
    /// The kind of registration it is.
    association_type: MaybeUndefined<AssociationTypeFilter>,
    /// The door it came through.
    origin: MaybeUndefined<LeadOriginFilter>,
    /// The project it was captured for.
    project: MaybeUndefined<LinkFilter>,
    /// The campaign it is registered for.
    campaign: MaybeUndefined<LinkFilter>,
    /// The partnerships it was sent or received through.
    partnership: MaybeUndefined<LinkFilter>,
    /// The companies it was sent to or received from.
    partner: MaybeUndefined<LinkFilter>,
    /// Its tags.
    tags: MaybeUndefined<LinkFilter>,
    /// The users who work on it.
    assignees: MaybeUndefined<LinkFilter>,
    /// Its attributions: one of them fulfils everything that is asked.
    attribution: MaybeUndefined<AttributionFilter>,
    /// Its values of custom fields.
    custom_fields: MaybeUndefined<Vec<CustomFieldFilter>>,
    /// Whether it has a click id of a kind.
    click_id: MaybeUndefined<ClickIdFilter>,
    /// When it came in.
    created_at: MaybeUndefined<DateTimeFilter>,
    /// When it was last changed.
    updated_at: MaybeUndefined<DateTimeFilter>,
}

type Read<T> = Result<T, Failure>;
type Tree = leads::LeadFilter;

/// A filter as an argument: its size is known before anything is made of it.
#[derive(Clone, Debug)]
pub enum LeadFilterArgument {
    Filter(Box<LeadFilter>),
    TooLarge,
}

/// Values in one filter, counted at every depth. Far more than what the domain allows to ask can be written with.
const MAX_VALUES: usize = 10_000;

impl InputType for LeadFilterArgument {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        <LeadFilter as InputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <LeadFilter as InputType>::create_type_info(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        if value.as_ref().is_some_and(|value| values(value) > MAX_VALUES) {
            return Ok(Self::TooLarge);
        }
        let filter = LeadFilter::parse(value).map_err(InputValueError::propagate)?;
        Ok(Self::Filter(Box::new(filter)))
    }

    fn to_value(&self) -> Value {
        match self {
            Self::Filter(filter) => filter.to_value(),
            Self::TooLarge => Value::Null,
        }
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

fn values(value: &Value) -> usize {
    match value {
        Value::List(items) => 1 + items.iter().map(values).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(values).sum::<usize>(),
        Value::Null | Value::Number(_) | Value::String(_) | Value::Boolean(_) | Value::Binary(_) | Value::Enum(_) => 1,
    }
}

/// The filter of an argument; every lead without one.
///
/// # Errors
/// [`Failure::Argument`] where a null stands, or two bounds on one side; a filter of too many values.
pub fn read(filter: Option<LeadFilterArgument>) -> Read<Tree> {
    match filter {
        None => Ok(Tree::default()),
        Some(LeadFilterArgument::Filter(filter)) => tree(*filter),
        Some(LeadFilterArgument::TooLarge) => {
            let sentence = format!("The filter has more than {MAX_VALUES} values");
            Err(Error::from(Problem::limit(["filter".into()], sentence)).into())
        }
    }
}

/// The filter as it was written: what is left out is left out. Nulls stand nowhere else in one.
pub fn written(filter: &LeadFilterArgument) -> serde_json::Value {
    let value = filter.to_value().into_json().unwrap_or_default();
    without_nulls(value)
}

fn without_nulls(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value as Json;
    match value {
        Json::Object(members) => {
            let given = members.into_iter().filter(|(_, value)| !value.is_null());
            Json::Object(given.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        Json::Array(items) => Json::Array(items.into_iter().map(without_nulls).collect()),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => value,
    }
}

fn tree(filter: LeadFilter) -> Read<Tree> {
    let LeadFilter {
        and,
        or,
        not,
        search,
        email,
        phone,
        first_name,
        last_name,
        name,
        company_name,
        form_name,
        unique_identifier,
        status,
        source,
        association_type,
        origin,
        project,
        campaign,
        partnership,
        partner,
        tags,
        assignees,
        attribution,
        custom_fields,
        click_id,
        created_at,
        updated_at,
    } = filter;
    let mut all = Vec::new();
    if let Some(list) = given(and, "and")? {
        all.push(Tree::All(trees(list)?));
    }
    if let Some(list) = given(or, "or")? {
        all.push(Tree::Any(trees(list)?));
    }
    if let Some(inner) = given(not, "not")? {
        all.push(Tree::Not(Box::new(tree(*inner)?)));
    }
    if let Some(words) = given(search, "search")? {
        all.push(Tree::Is(Leaf::Search(words)));
    }
    for (name, field, given_filter) in [
        ("email", TextField::Email, email),
        ("phone", TextField::Phone, phone),
        ("firstName", TextField::FirstName, first_name),
        ("lastName", TextField::LastName, last_name),
        ("name", TextField::Name, name),
        ("companyName", TextField::Company, company_name),
    ] {
        if let Some(filter) = given(given_filter, name)? {
            all.extend(texts(filter)?.into_iter().map(|is| Tree::Is(Leaf::Text(field, is))));
        }
    }
    for (name, field, given_filter) in [
        ("formName", ExactField::FormName, form_name),
        ("uniqueIdentifier", ExactField::UniqueIdentifier, unique_identifier),
    ] {
        if let Some(ExactFilter { eq, one_of, exists }) = given(given_filter, name)? {
            let choices = choices(ChoiceFilter { eq, one_of, exists }, |text| text)?;
            all.extend(choices.into_iter().map(|choice| Tree::Is(Leaf::Exact(field, choice))));
        }
    }
    words(&mut all, "status", status, Leaf::Status)?;
    words(&mut all, "source", source, Leaf::Source)?;
    words(&mut all, "associationType", association_type, Leaf::Association)?;
    words(&mut all, "origin", origin, Leaf::Origin)?;
    for (name, kind, leaf, given_filter) in [
        (
            "project",
            NodeKind::Project,
            Leaf::Project as fn(Links) -> Leaf,
            project,
        ),
        ("campaign", NodeKind::Campaign, Leaf::Campaign, campaign),
        ("partnership", NodeKind::Partnership, Leaf::Partnership, partnership),
        ("partner", NodeKind::PartnerCompany, Leaf::Partner, partner),
        ("tags", NodeKind::Tag, Leaf::Tags, tags),
        ("assignees", NodeKind::User, Leaf::Assignees, assignees),
    ] {
        if let Some(filter) = given(given_filter, name)? {
            all.extend(links(filter, kind)?.into_iter().map(|links| Tree::Is(leaf(links))));
        }
    }
    if let Some(AttributionFilter { sources, attributed_at }) = given(attribution, "attribution")? {
        let sources = given(sources, "sources")?.map(|ids| refs(&ids, NodeKind::AttributionSource));
        let at = times(given(attributed_at, "attributedAt")?.unwrap_or_default())?;
        all.push(Tree::Is(Leaf::Attribution { sources, at }));
    }
    for filter in given(custom_fields, "customFields")?.unwrap_or_default() {
        all.push(Tree::All(custom_field(filter)?));
    }
    if let Some(ClickIdFilter { kind, exists }) = given(click_id, "clickId")? {
        let is = presence(exists);
        all.push(Tree::Is(Leaf::ClickId { kind, is }));
    }
    for (name, leaf, given_filter) in [
        ("createdAt", Leaf::Created as fn(_) -> Leaf, created_at),
        ("updatedAt", Leaf::Updated, updated_at),
    ] {
        if let Some(filter) = given(given_filter, name)? {
            all.push(Tree::Is(leaf(times(filter)?)));
        }
    }
    Ok(Tree::All(all))
}

fn trees(list: Vec<LeadFilter>) -> Read<Vec<Tree>> {
    list.into_iter().map(tree).collect()
}
