//! The conditions of a filter on one thing each.

use async_graphql::{ID, InputObject, InputType, MaybeUndefined};

use super::{Read, Tree};
use crate::domain::Ref;
use crate::domain::leads::filter::{Bound, Choice, FieldMatch, Leaf, Links, Presence, Range, TextMatch};
use crate::domain::leads::register::OptionRef;
use crate::graphql::lead::enums::{AssociationType, LeadOrigin, LeadSource, LeadStatus};
use crate::graphql::node::{GlobalId, NodeKind};
use crate::graphql::paging::argument;
use crate::graphql::scalars::{Date, DateTime};

/// A condition on a text. Case and compatibility forms make no difference; the first 255 characters count.
#[derive(Clone, Debug, Default, InputObject)]
pub struct TextFilter {
    /// It is this.
    pub(super) eq: MaybeUndefined<String>,
    /// It is one of these.
    #[graphql(name = "in")]
    pub(super) one_of: MaybeUndefined<Vec<String>>,
    /// It has this in it.
    pub(super) contains: MaybeUndefined<String>,
    /// It begins with this.
    pub(super) starts_with: MaybeUndefined<String>,
    /// Whether there is any.
    pub(super) exists: MaybeUndefined<bool>,
}

/// A condition on a text that is compared as it is, case and all.
#[derive(Clone, Debug, Default, InputObject)]
pub struct ExactFilter {
    /// It is this.
    pub(super) eq: MaybeUndefined<String>,
    /// It is one of these.
    #[graphql(name = "in")]
    pub(super) one_of: MaybeUndefined<Vec<String>>,
    /// Whether there is any.
    pub(super) exists: MaybeUndefined<bool>,
}

/// A condition on one of a few words.
#[derive(Clone, Debug, InputObject)]
#[graphql(concrete(name = "LeadStatusFilter", params(LeadStatus)))]
#[graphql(concrete(name = "LeadSourceFilter", params(LeadSource)))]
#[graphql(concrete(name = "AssociationTypeFilter", params(AssociationType)))]
#[graphql(concrete(name = "LeadOriginFilter", params(LeadOrigin)))]
pub struct ChoiceFilter<T: InputType> {
    /// It is this.
    pub(super) eq: MaybeUndefined<T>,
    /// It is one of these.
    #[graphql(name = "in")]
    pub(super) one_of: MaybeUndefined<Vec<T>>,
    /// Whether there is any.
    pub(super) exists: MaybeUndefined<bool>,
}

pub type LeadStatusFilter = ChoiceFilter<LeadStatus>;
pub type LeadSourceFilter = ChoiceFilter<LeadSource>;
pub type AssociationTypeFilter = ChoiceFilter<AssociationType>;
pub type LeadOriginFilter = ChoiceFilter<LeadOrigin>;

/// A condition on the things that a lead is linked with, by their node ids. Ids that name nothing are linked with no
/// lead.
#[derive(Clone, Debug, Default, InputObject)]
pub struct LinkFilter {
    /// At least one of these.
    pub(super) any: MaybeUndefined<Vec<ID>>,
    /// All of these.
    pub(super) all: MaybeUndefined<Vec<ID>>,
    /// None of these.
    pub(super) none: MaybeUndefined<Vec<ID>>,
    /// Whether there is any.
    pub(super) exists: MaybeUndefined<bool>,
}

/// A condition on one attribution of a lead.
#[derive(Clone, Debug, Default, InputObject)]
pub struct AttributionFilter {
    /// It names one of these sources, by node id.
    pub(super) sources: MaybeUndefined<Vec<ID>>,
    /// Its date.
    pub(super) attributed_at: MaybeUndefined<DateTimeFilter>,
}

/// A condition on a lead's value of a custom field. What is asked must be of the field's type.
#[derive(Clone, Debug, InputObject)]
pub struct CustomFieldFilter {
    /// The field's node id.
    pub(super) field_id: ID,
    /// The value of a text or textarea field.
    pub(super) text: MaybeUndefined<TextFilter>,
    /// The value of a number field.
    pub(super) number: MaybeUndefined<NumberFilter>,
    /// The value of a date field.
    pub(super) date: MaybeUndefined<DateFilter>,
    /// The value of a boolean field.
    pub(super) boolean: MaybeUndefined<bool>,
    /// The chosen options of a select or multi-select field.
    pub(super) options: MaybeUndefined<OptionFilter>,
    /// Whether the lead has a value.
    pub(super) exists: MaybeUndefined<bool>,
}

/// A condition on a number.
#[derive(Clone, Debug, Default, InputObject)]
pub struct NumberFilter {
    /// It is this.
    pub(super) eq: MaybeUndefined<f64>,
    /// It is one of these.
    #[graphql(name = "in")]
    pub(super) one_of: MaybeUndefined<Vec<f64>>,
    /// It is greater.
    pub(super) gt: MaybeUndefined<f64>,
    /// It is greater or equal.
    pub(super) gte: MaybeUndefined<f64>,
    /// It is less.
    pub(super) lt: MaybeUndefined<f64>,
    /// It is less or equal.
    pub(super) lte: MaybeUndefined<f64>,
}

/// A condition on a date.
#[derive(Clone, Debug, Default, InputObject)]
pub struct DateFilter {
    /// It is this.
    pub(super) eq: MaybeUndefined<Date>,
    /// It is later.
    pub(super) gt: MaybeUndefined<Date>,
    /// It is later or the same.
    pub(super) gte: MaybeUndefined<Date>,
    /// It is earlier.
    pub(super) lt: MaybeUndefined<Date>,
    /// It is earlier or the same.
    pub(super) lte: MaybeUndefined<Date>,
}

/// A condition on a time.
#[derive(Clone, Debug, Default, InputObject)]
pub struct DateTimeFilter {
    /// It is later.
    pub(super) gt: MaybeUndefined<DateTime>,
    /// It is later or the same.
    pub(super) gte: MaybeUndefined<DateTime>,
    /// It is earlier.
    pub(super) lt: MaybeUndefined<DateTime>,
    /// It is earlier or the same.
    pub(super) lte: MaybeUndefined<DateTime>,
}

/// A condition on the chosen options, by their node ids.
#[derive(Clone, Debug, Default, InputObject)]
pub struct OptionFilter {
    /// At least one of these.
    pub(super) any: MaybeUndefined<Vec<ID>>,
    /// All of these.
    pub(super) all: MaybeUndefined<Vec<ID>>,
}

/// A condition on click ids.
#[derive(Clone, Debug, InputObject)]
pub struct ClickIdFilter {
    /// The kind, such as `gclid`.
    pub(super) kind: String,
    /// Whether there is one.
    #[graphql(default = true)]
    pub(super) exists: bool,
}

pub(super) fn given<T>(value: MaybeUndefined<T>, name: &str) -> Read<Option<T>> {
    match value {
        MaybeUndefined::Undefined => Ok(None),
        MaybeUndefined::Value(value) => Ok(Some(value)),
        MaybeUndefined::Null => Err(argument(format!(
            "{name} must not be null in a filter: leave it out, or ask with exists"
        ))),
    }
}

pub(super) fn presence(exists: bool) -> Presence {
    if exists { Presence::Present } else { Presence::Missing }
}

pub(super) fn texts(filter: TextFilter) -> Read<Vec<TextMatch>> {
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

pub(super) fn choices<T: InputType, D>(filter: ChoiceFilter<T>, convert: impl Fn(T) -> D) -> Read<Vec<Choice<D>>> {
    let ChoiceFilter { eq, one_of, exists } = filter;
    let all = [
        given(eq, "eq")?.map(|value| Choice::OneOf(vec![convert(value)])),
        given(one_of, "in")?.map(|values| Choice::OneOf(values.into_iter().map(&convert).collect())),
        given(exists, "exists")?.map(|exists| Choice::Is(presence(exists))),
    ];
    Ok(all.into_iter().flatten().collect())
}

pub(super) fn words<T: InputType + Into<D>, D>(
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
pub(super) fn refs(ids: &[ID], kind: NodeKind) -> Vec<Ref> {
    let uuid = |id: &ID| GlobalId::decode_as(kind, id).unwrap_or_default();
    ids.iter().map(|id| Ref::Uuid(uuid(id))).collect()
}

pub(super) fn links(filter: LinkFilter, kind: NodeKind) -> Read<Vec<Links>> {
    let LinkFilter { any, all, none, exists } = filter;
    let links = [
        given(any, "any")?.map(|ids| Links::AnyOf(refs(&ids, kind))),
        given(all, "all")?.map(|ids| Links::AllOf(refs(&ids, kind))),
        given(none, "none")?.map(|ids| Links::NoneOf(refs(&ids, kind))),
        given(exists, "exists")?.map(|exists| Links::Is(presence(exists))),
    ];
    Ok(links.into_iter().flatten().collect())
}

pub(super) fn custom_field(filter: CustomFieldFilter) -> Read<Vec<Tree>> {
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

pub(super) fn times(filter: DateTimeFilter) -> Read<Range<chrono::DateTime<chrono::Utc>>> {
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
