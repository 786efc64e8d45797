//! Filters of leads as clients write them. A null is a mistake here, not a wish for everything: what is not asked is left
//! out.

use std::borrow::Cow;

use async_graphql::registry::Registry;
use async_graphql::{ID, InputObject, InputType, InputValueError, InputValueResult, MaybeUndefined, Value};

use super::enums::{AssociationType, LeadOrigin, LeadSource, LeadStatus};
use crate::domain::Ref;
use crate::domain::error::{Error, Problem};
use crate::domain::leads::filter::{
    Bound, Choice, ExactField, FieldMatch, Leaf, Links, Presence, Range, TextField, TextMatch,
};
use crate::domain::leads::register::OptionRef;
use crate::domain::leads::{self};
use crate::graphql::error::Failure;
use crate::graphql::node::{GlobalId, NodeKind};
use crate::graphql::paging::argument;
use crate::graphql::scalars::{Date, DateTime};

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

/// A condition on a text. Case and compatibility forms make no difference; the first 255 characters count.
#[derive(Clone, Debug, Default, InputObject)]
pub struct TextFilter {
    /// It is this.
    eq: MaybeUndefined<String>,
    /// It is one of these.
    #[graphql(name = "in")]
    one_of: MaybeUndefined<Vec<String>>,
    /// It has this in it.
    contains: MaybeUndefined<String>,
    /// It begins with this.
    starts_with: MaybeUndefined<String>,
    /// Whether there is any.
    exists: MaybeUndefined<bool>,
}

/// A condition on a text that is compared as it is, case and all.
#[derive(Clone, Debug, Default, InputObject)]
pub struct ExactFilter {
    /// It is this.
    eq: MaybeUndefined<String>,
    /// It is one of these.
    #[graphql(name = "in")]
    one_of: MaybeUndefined<Vec<String>>,
    /// Whether there is any.
    exists: MaybeUndefined<bool>,
}

/// A condition on one of a few words.
#[derive(Clone, Debug, InputObject)]
#[graphql(concrete(name = "LeadStatusFilter", params(LeadStatus)))]
#[graphql(concrete(name = "LeadSourceFilter", params(LeadSource)))]
#[graphql(concrete(name = "AssociationTypeFilter", params(AssociationType)))]
#[graphql(concrete(name = "LeadOriginFilter", params(LeadOrigin)))]
pub struct ChoiceFilter<T: InputType> {
    /// It is this.
    eq: MaybeUndefined<T>,
    /// It is one of these.
    #[graphql(name = "in")]
    one_of: MaybeUndefined<Vec<T>>,
    /// Whether there is any.
    exists: MaybeUndefined<bool>,
}

type LeadStatusFilter = ChoiceFilter<LeadStatus>;
type LeadSourceFilter = ChoiceFilter<LeadSource>;
type AssociationTypeFilter = ChoiceFilter<AssociationType>;
type LeadOriginFilter = ChoiceFilter<LeadOrigin>;

/// A condition on the things that a lead is linked with, by their node ids. Ids that name nothing are linked with no
/// lead.
#[derive(Clone, Debug, Default, InputObject)]
pub struct LinkFilter {
    /// At least one of these.
    any: MaybeUndefined<Vec<ID>>,
    /// All of these.
    all: MaybeUndefined<Vec<ID>>,
    /// None of these.
    none: MaybeUndefined<Vec<ID>>,
    /// Whether there is any.
    exists: MaybeUndefined<bool>,
}

/// A condition on one attribution of a lead.
#[derive(Clone, Debug, Default, InputObject)]
pub struct AttributionFilter {
    /// It names one of these sources, by node id.
    sources: MaybeUndefined<Vec<ID>>,
    /// Its date.
    attributed_at: MaybeUndefined<DateTimeFilter>,
}

/// A condition on a lead's value of a custom field. What is asked must be of the field's type.
#[derive(Clone, Debug, InputObject)]
pub struct CustomFieldFilter {
    /// The field's node id.
    field_id: ID,
    /// The value of a text or textarea field.
    text: MaybeUndefined<TextFilter>,
    /// The value of a number field.
    number: MaybeUndefined<NumberFilter>,
    /// The value of a date field.
    date: MaybeUndefined<DateFilter>,
    /// The value of a boolean field.
    boolean: MaybeUndefined<bool>,
    /// The chosen options of a select or multi-select field.
    options: MaybeUndefined<OptionFilter>,
    /// Whether the lead has a value.
    exists: MaybeUndefined<bool>,
}

/// A condition on a number.
#[derive(Clone, Debug, Default, InputObject)]
pub struct NumberFilter {
    /// It is this.
    eq: MaybeUndefined<f64>,
    /// It is one of these.
    #[graphql(name = "in")]
    one_of: MaybeUndefined<Vec<f64>>,
    /// It is greater.
    gt: MaybeUndefined<f64>,
    /// It is greater or equal.
    gte: MaybeUndefined<f64>,
    /// It is less.
    lt: MaybeUndefined<f64>,
    /// It is less or equal.
    lte: MaybeUndefined<f64>,
}

/// A condition on a date.
#[derive(Clone, Debug, Default, InputObject)]
pub struct DateFilter {
    /// It is this.
    eq: MaybeUndefined<Date>,
    /// It is later.
    gt: MaybeUndefined<Date>,
    /// It is later or the same.
    gte: MaybeUndefined<Date>,
    /// It is earlier.
    lt: MaybeUndefined<Date>,
    /// It is earlier or the same.
    lte: MaybeUndefined<Date>,
}

/// A condition on a time.
#[derive(Clone, Debug, Default, InputObject)]
pub struct DateTimeFilter {
    /// It is later.
    gt: MaybeUndefined<DateTime>,
    /// It is later or the same.
    gte: MaybeUndefined<DateTime>,
    /// It is earlier.
    lt: MaybeUndefined<DateTime>,
    /// It is earlier or the same.
    lte: MaybeUndefined<DateTime>,
}

/// A condition on the chosen options, by their node ids.
#[derive(Clone, Debug, Default, InputObject)]
pub struct OptionFilter {
    /// At least one of these.
    any: MaybeUndefined<Vec<ID>>,
    /// All of these.
    all: MaybeUndefined<Vec<ID>>,
}

/// A condition on click ids.
#[derive(Clone, Debug, InputObject)]
pub struct ClickIdFilter {
    /// The kind, such as `gclid`.
    kind: String,
    /// Whether there is one.
    #[graphql(default = true)]
    exists: bool,
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

fn given<T>(value: MaybeUndefined<T>, name: &str) -> Read<Option<T>> {
    match value {
        MaybeUndefined::Undefined => Ok(None),
        MaybeUndefined::Value(value) => Ok(Some(value)),
        MaybeUndefined::Null => Err(argument(format!(
            "{name} must not be null in a filter: leave it out, or ask with exists"
        ))),
    }
}

fn presence(exists: bool) -> Presence {
    if exists { Presence::Present } else { Presence::Missing }
}

fn texts(filter: TextFilter) -> Read<Vec<TextMatch>> {
    let TextFilter {
        eq,
        one_of,
        contains,
        starts_with,
        exists,
    } = filter;
    let all = [
        given(eq, "eq")?.map(|text| TextMatch::OneOf(vec![text])),
        given(one_of, "in")?.map(TextMatch::OneOf),
        given(contains, "contains")?.map(TextMatch::Contains),
        given(starts_with, "startsWith")?.map(TextMatch::StartsWith),
        given(exists, "exists")?.map(|exists| TextMatch::Is(presence(exists))),
    ];
    Ok(all.into_iter().flatten().collect())
}

fn choices<T: InputType, D>(filter: ChoiceFilter<T>, convert: impl Fn(T) -> D) -> Read<Vec<Choice<D>>> {
    let ChoiceFilter { eq, one_of, exists } = filter;
    let all = [
        given(eq, "eq")?.map(|value| Choice::OneOf(vec![convert(value)])),
        given(one_of, "in")?.map(|values| Choice::OneOf(values.into_iter().map(&convert).collect())),
        given(exists, "exists")?.map(|exists| Choice::Is(presence(exists))),
    ];
    Ok(all.into_iter().flatten().collect())
}

fn words<T: InputType + Into<D>, D>(
    all: &mut Vec<Tree>,
    name: &str,
    filter: MaybeUndefined<ChoiceFilter<T>>,
    leaf: fn(Choice<D>) -> Leaf,
) -> Read<()> {
    if let Some(filter) = given(filter, name)? {
        let choices = choices(filter, Into::into)?;
        all.extend(choices.into_iter().map(|choice| Tree::Is(leaf(choice))));
    }
    Ok(())
}

/// What an id of another kind names is nothing that a lead could be linked with.
fn refs(ids: &[ID], kind: NodeKind) -> Vec<Ref> {
    let uuid = |id: &ID| GlobalId::decode_as(kind, id).unwrap_or_default();
    ids.iter().map(|id| Ref::Uuid(uuid(id))).collect()
}

fn links(filter: LinkFilter, kind: NodeKind) -> Read<Vec<Links>> {
    let LinkFilter { any, all, none, exists } = filter;
    let links = [
        given(any, "any")?.map(|ids| Links::AnyOf(refs(&ids, kind))),
        given(all, "all")?.map(|ids| Links::AllOf(refs(&ids, kind))),
        given(none, "none")?.map(|ids| Links::NoneOf(refs(&ids, kind))),
        given(exists, "exists")?.map(|exists| Links::Is(presence(exists))),
    ];
    Ok(links.into_iter().flatten().collect())
}

fn custom_field(filter: CustomFieldFilter) -> Read<Vec<Tree>> {
    let CustomFieldFilter {
        field_id,
        text,
        number,
        date,
        boolean,
        options,
        exists,
    } = filter;
    let field = Ref::Uuid(GlobalId::decode_as(NodeKind::CustomField, &field_id).unwrap_or_default());
    let mut all = Vec::new();
    if let Some(filter) = given(text, "text")? {
        all.extend(texts(filter)?.into_iter().map(FieldMatch::Text));
    }
    if let Some(NumberFilter {
        eq,
        one_of,
        gt,
        gte,
        lt,
        lte,
    }) = given(number, "number")?
    {
        let equal = given(eq, "eq")?.map(|number| FieldMatch::NumberOneOf(vec![number]));
        let one_of = given(one_of, "in")?.map(FieldMatch::NumberOneOf);
        all.extend([equal, one_of].into_iter().flatten());
        let range = range([gt, gte, lt, lte], |number| number)?;
        all.extend((range != Range::default()).then_some(FieldMatch::Number(range)));
    }
    if let Some(DateFilter { eq, gt, gte, lt, lte }) = given(date, "date")? {
        let day = |day: Date| Bound::Including(day.0);
        let equal = given(eq, "eq")?.map(|date| Range {
            from: Some(day(date)),
            to: Some(day(date)),
        });
        all.extend(equal.map(FieldMatch::Date));
        let range = range([gt, gte, lt, lte], |date| date.0)?;
        all.extend((range != Range::default()).then_some(FieldMatch::Date(range)));
    }
    all.extend(given(boolean, "boolean")?.map(FieldMatch::Boolean));
    if let Some(OptionFilter { any, all: every }) = given(options, "options")? {
        all.extend(given(any, "any")?.map(|ids| FieldMatch::AnyOption(option_refs(&ids))));
        all.extend(given(every, "all")?.map(|ids| FieldMatch::AllOptions(option_refs(&ids))));
    }
    all.extend(given(exists, "exists")?.map(|exists| FieldMatch::Is(presence(exists))));
    let leaf = |is| Tree::Is(Leaf::Field { field, is });
    Ok(all.into_iter().map(leaf).collect())
}

fn option_refs(ids: &[ID]) -> Vec<OptionRef> {
    let uuid = |id: &ID| GlobalId::decode_as(NodeKind::CustomFieldOption, id).unwrap_or_default();
    ids.iter().map(|id| OptionRef::Uuid(uuid(id))).collect()
}

fn times(filter: DateTimeFilter) -> Read<Range<chrono::DateTime<chrono::Utc>>> {
    let DateTimeFilter { gt, gte, lt, lte } = filter;
    range([gt, gte, lt, lte], |time| time.0)
}

fn range<T, D>(bounds: [MaybeUndefined<T>; 4], convert: impl Fn(T) -> D) -> Read<Range<D>> {
    let [gt, gte, lt, lte] = bounds;
    let bound = |open: Option<T>, closed: Option<T>, names: &str| match (open, closed) {
        (Some(_), Some(_)) => Err(argument(format!("Give either {names}, not both"))),
        (Some(value), None) => Ok(Some(Bound::Excluding(convert(value)))),
        (None, Some(value)) => Ok(Some(Bound::Including(convert(value)))),
        (None, None) => Ok(None),
    };
    Ok(Range {
        from: bound(given(gt, "gt")?, given(gte, "gte")?, "gt or gte")?,
        to: bound(given(lt, "lt")?, given(lte, "lte")?, "lt or lte")?,
    })
}
