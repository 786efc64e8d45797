//! Learns the numbers of what a filter names: one statement for each kind of thing, none for kinds it does not name.

use std::collections::HashMap;

use sea_orm::{Condition, QueryFilter, QuerySelect};

use super::{FieldMatch, LeadFilter, Leaf, Links, check_budget};
use crate::domain::Ref;
use crate::domain::conversions::Standing;
use crate::domain::custom_fields::FieldType;
use crate::domain::error::{Problem, Result};
use crate::domain::events::word;
use crate::domain::leads::register::OptionRef;
use crate::domain::op::Op;
use crate::entity::{
    Tenant, attribution_source, campaign, company_partnership, conversion_label, custom_field, custom_field_option,
    partner_company, project, tag, user,
};

/// A filter whose references are known, ready to become SQL.
#[derive(Debug)]
pub struct Resolved {
    pub(super) filter: LeadFilter,
    pub(super) known: Known,
}

type Numbers = HashMap<Ref, i64>;

/// What the filter names and the workspace has.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub projects: Numbers,
    pub campaigns: Numbers,
    pub partnerships: Numbers,
    pub partners: Numbers,
    pub tags: Numbers,
    pub users: Numbers,
    pub sources: Numbers,
    pub labels: Numbers,
    pub fields: HashMap<Ref, (i64, FieldType)>,
    /// By the field's number.
    pub options: HashMap<(i64, OptionRef), i64>,
}

#[derive(Default)]
struct Named {
    projects: Vec<Ref>,
    campaigns: Vec<Ref>,
    partnerships: Vec<Ref>,
    partners: Vec<Ref>,
    tags: Vec<Ref>,
    users: Vec<Ref>,
    sources: Vec<Ref>,
    labels: Vec<Ref>,
    fields: Vec<Ref>,
    options: Vec<(Ref, OptionRef)>,
}

/// Checks the filter's budget and looks its references up. What is unknown or foreign stays unknown, silently.
///
/// # Errors
/// A filter over its budget, a match that does not fit its custom field's type, or a database fault.
pub async fn resolve(op: &Op, filter: LeadFilter) -> Result<Resolved> {
    check_budget(&filter)?;
    let mut named = Named::default();
    gather(&filter, &mut named);
    let mut known = Known {
        projects: numbers::<project::Entity>(op, (project::Column::Id, project::Column::Uuid), &named.projects).await?,
        campaigns: numbers::<campaign::Entity>(op, (campaign::Column::Id, campaign::Column::Uuid), &named.campaigns)
            .await?,
        partnerships: numbers::<company_partnership::Entity>(
            op,
            (company_partnership::Column::Id, company_partnership::Column::Uuid),
            &named.partnerships,
        )
        .await?,
        partners: numbers::<partner_company::Entity>(
            op,
            (partner_company::Column::Id, partner_company::Column::Uuid),
            &named.partners,
        )
        .await?,
        tags: numbers::<tag::Entity>(op, (tag::Column::Id, tag::Column::Uuid), &named.tags).await?,
        users: numbers::<user::Entity>(op, (user::Column::Id, user::Column::Uuid), &named.users).await?,
        sources: numbers::<attribution_source::Entity>(
            op,
            (attribution_source::Column::Id, attribution_source::Column::Uuid),
            &named.sources,
        )
        .await?,
        labels: numbers::<conversion_label::Entity>(
            op,
            (conversion_label::Column::Id, conversion_label::Column::Uuid),
            &named.labels,
        )
        .await?,
        fields: fields(op, &named.fields).await?,
        options: HashMap::new(),
    };
    known.options = options(op, &known, &named.options).await?;
    check_types(&filter, &known)?;
    Ok(Resolved { filter, known })
}

fn gather(filter: &LeadFilter, named: &mut Named) {
    match filter {
        LeadFilter::All(list) | LeadFilter::Any(list) => list.iter().for_each(|inner| gather(inner, named)),
        LeadFilter::Not(inner) => gather(inner, named),
        LeadFilter::Is(leaf) => match leaf {
            Leaf::Project(links) => named.projects.extend(refs(links)),
            Leaf::Campaign(links) => named.campaigns.extend(refs(links)),
            Leaf::Partnership(links) => named.partnerships.extend(refs(links)),
            Leaf::Partner(links) => named.partners.extend(refs(links)),
            Leaf::Tags(links) => named.tags.extend(refs(links)),
            Leaf::Assignees(links) => named.users.extend(refs(links)),
            Leaf::Attribution { sources, .. } => named.sources.extend(sources.iter().flatten()),
            Leaf::Standing(standings) => {
                let labels = standings.iter().filter_map(Standing::label);
                named.labels.extend(labels.map(Ref::Uuid));
            }
            Leaf::Field { field, is } => {
                named.fields.push(*field);
                if let FieldMatch::AnyOption(options) | FieldMatch::AllOptions(options) = is {
                    named.options.extend(options.iter().map(|option| (*field, *option)));
                }
            }
            Leaf::Text(..)
            | Leaf::Exact(..)
            | Leaf::Search(_)
            | Leaf::Status(_)
            | Leaf::Source(_)
            | Leaf::Association(_)
            | Leaf::Origin(_)
            | Leaf::Passed(_)
            | Leaf::ClickId { .. }
            | Leaf::Created(_)
            | Leaf::Updated(_) => {}
        },
    }
}

fn refs(links: &Links) -> &[Ref] {
    match links {
        Links::AnyOf(refs) | Links::AllOf(refs) | Links::NoneOf(refs) => refs,
        Links::Is(_) => &[],
    }
}

fn named_by<E: Tenant>(op: &Op, (id, uuid): (E::Column, E::Column), refs: &[Ref]) -> Condition {
    let (mut ids, mut uuids) = (Vec::new(), Vec::new());
    for reference in refs {
        match reference {
            Ref::Id(id) => ids.push(*id),
            Ref::Uuid(uuid) => uuids.push(*uuid),
        }
    }
    Condition::any()
        .add_option((!ids.is_empty()).then(|| op.any_of(id, &ids)))
        .add_option((!uuids.is_empty()).then(|| op.any_uuid(uuid, &uuids)))
}

async fn numbers<E: Tenant>(op: &Op, (id, uuid): (E::Column, E::Column), refs: &[Ref]) -> Result<Numbers> {
    if refs.is_empty() {
        return Ok(Numbers::new());
    }
    let rows = op.find::<E>().filter(named_by::<E>(op, (id, uuid), refs));
    let rows = rows.select_only().column(id).column(uuid);
    let rows = rows.into_tuple::<(i64, uuid::Uuid)>().all(op.db()).await?;
    let both = |(id, uuid)| [(Ref::Id(id), id), (Ref::Uuid(uuid), id)];
    Ok(rows.into_iter().flat_map(both).collect())
}

/// The numbers and types of custom fields.
pub(in crate::domain::leads) async fn fields(op: &Op, refs: &[Ref]) -> Result<HashMap<Ref, (i64, FieldType)>> {
    use custom_field::Column as C;
    if refs.is_empty() {
        return Ok(HashMap::new());
    }
    let named = named_by::<custom_field::Entity>(op, (C::Id, C::Uuid), refs);
    let rows = op.find::<custom_field::Entity>().filter(named).all(op.db()).await?;
    let both = |row: custom_field::Model| {
        let field = (row.id, row.field_type);
        [(Ref::Id(row.id), field), (Ref::Uuid(row.uuid), field)]
    };
    Ok(rows.into_iter().flat_map(both).collect())
}

async fn options(op: &Op, known: &Known, named: &[(Ref, OptionRef)]) -> Result<HashMap<(i64, OptionRef), i64>> {
    use custom_field_option::Column as C;
    if named.is_empty() {
        return Ok(HashMap::new());
    }
    let mut fields: Vec<i64> = named
        .iter()
        .filter_map(|(field, _)| known.fields.get(field))
        .map(|f| f.0)
        .collect();
    fields.sort_unstable();
    fields.dedup();
    let rows = op
        .find::<custom_field_option::Entity>()
        .filter(op.any_of(C::CustomFieldId, &fields));
    let rows = rows.all(op.db()).await?;
    let both = |row: custom_field_option::Model| {
        let key = |option| ((row.custom_field_id, option), row.option_no);
        [key(OptionRef::Number(row.option_no)), key(OptionRef::Uuid(row.uuid))]
    };
    Ok(rows.into_iter().flat_map(both).collect())
}

fn check_types(filter: &LeadFilter, known: &Known) -> Result<()> {
    match filter {
        LeadFilter::All(list) | LeadFilter::Any(list) => list.iter().try_for_each(|inner| check_types(inner, known)),
        LeadFilter::Not(inner) => check_types(inner, known),
        LeadFilter::Is(Leaf::Field { field, is }) => match known.fields.get(field) {
            Some((_, field_type)) if !fits(is, *field_type) => {
                let sentence = format!("The custom field is of type {}", word(field_type));
                Err(Problem::invalid(["filter".into(), "customFields".into()], sentence).into())
            }
            Some(_) | None => Ok(()),
        },
        LeadFilter::Is(_) => Ok(()),
    }
}

fn fits(is: &FieldMatch, field_type: FieldType) -> bool {
    match is {
        FieldMatch::Text(_) => matches!(field_type, FieldType::Text | FieldType::Textarea),
        FieldMatch::Number(_) | FieldMatch::NumberOneOf(_) => field_type == FieldType::Number,
        FieldMatch::Date(_) => field_type == FieldType::Date,
        FieldMatch::Boolean(_) => field_type == FieldType::Boolean,
        FieldMatch::AnyOption(_) | FieldMatch::AllOptions(_) => {
            matches!(field_type, FieldType::Select | FieldType::MultiSelect)
        }
        FieldMatch::Is(_) => true,
    }
}
