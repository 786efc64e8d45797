//! The groups of `leadStats`: what their leads have in common, one field a key.

use async_graphql::{Context, SimpleObject};

use super::enums::{LeadSource, LeadStatus};
use super::stats::{LeadMeasures, LeadStatsBucket};
use crate::domain::leads::stats::{self, Key};
use crate::domain::op::Op;
use crate::graphql::attribution::AttributionSource;
use crate::graphql::campaign::Campaign;
use crate::graphql::custom_field::{self, CustomField, CustomFieldOption};
use crate::graphql::error::Failure;
use crate::graphql::nested::{self, HasLeads};
use crate::graphql::partnership::Partnership;
use crate::graphql::project::Project;
use crate::graphql::tag::Tag;

/// Leads that have something in common. Of the fields for what that is, those that were not asked for are null; one that
/// was asked for is null in the group of leads that have none.
#[derive(Clone, Debug, SimpleObject)]
pub struct LeadStatsGroup {
    /// Their status.
    status: Option<LeadStatus>,
    /// What brought them in.
    source: Option<LeadSource>,
    /// Their project.
    project: Option<Project>,
    /// Their campaign.
    campaign: Option<Campaign>,
    /// A partnership they went through.
    partnership: Option<Partnership>,
    /// A tag they carry.
    tag: Option<Tag>,
    /// A source they are attributed to.
    attribution_source: Option<AttributionSource>,
    /// Options they have chosen, one for each custom field that was asked for.
    choices: Vec<LeadStatsChoice>,
    /// When they came in.
    bucket: Option<LeadStatsBucket>,
    /// What they come to.
    #[graphql(flatten)]
    measures: LeadMeasures,
}

/// The option of a custom field that leads have chosen.
#[derive(Clone, Debug, SimpleObject)]
pub struct LeadStatsChoice {
    /// The field.
    field: CustomField,
    /// The option; null when they have chosen none.
    option: Option<CustomFieldOption>,
}

/// The groups, with what is selected below their keys. `numbers`: the number fields, in the order of the measures.
///
/// # Errors
/// What loading the nested lists says.
pub async fn groups(
    ctx: &Context<'_>,
    op: &Op,
    found: Vec<stats::Group>,
    numbers: &[CustomField],
) -> Result<Vec<LeadStatsGroup>, Failure> {
    let fields = chosen_fields(ctx, op, &found).await?;
    let mut groups: Vec<_> = found.into_iter().map(|found| group(found, &fields, numbers)).collect();
    let all = groups.as_mut_slice();
    fill(ctx, op, "project", all, |group| &mut group.project).await?;
    fill(ctx, op, "campaign", all, |group| &mut group.campaign).await?;
    fill(ctx, op, "partnership", all, |group| &mut group.partnership).await?;
    fill(ctx, op, "tag", all, |group| &mut group.tag).await?;
    fill(ctx, op, "attributionSource", all, |group| &mut group.attribution_source).await?;
    Ok(groups)
}

/// The fields that leads are grouped by, with their options if those are selected.
async fn chosen_fields(ctx: &Context<'_>, op: &Op, found: &[stats::Group]) -> Result<Vec<CustomField>, Failure> {
    let keys = found.first().into_iter().flat_map(|group| &group.keys);
    let fields = keys.filter_map(|key| match key {
        Key::Option { field, option: _ } => Some(field.clone()),
        Key::Status(_)
        | Key::Source(_)
        | Key::Project(_)
        | Key::Campaign(_)
        | Key::Partnership(_)
        | Key::Tag(_)
        | Key::AttributionSource(_) => None,
    });
    custom_field::with_options(ctx, op, fields.collect()).await
}

fn group(found: stats::Group, fields: &[CustomField], numbers: &[CustomField]) -> LeadStatsGroup {
    let stats::Group { keys, bucket, measures } = found;
    let mut group = LeadStatsGroup {
        status: None,
        source: None,
        project: None,
        campaign: None,
        partnership: None,
        tag: None,
        attribution_source: None,
        choices: Vec::new(),
        bucket: bucket.map(LeadStatsBucket::from),
        measures: LeadMeasures::new(measures, numbers),
    };
    let mut fields = fields.iter();
    for key in keys {
        match key {
            Key::Status(status) => group.status = Some(status.into()),
            Key::Source(source) => group.source = source.map(LeadSource::from),
            Key::Project(project) => group.project = project.map(Project::from),
            Key::Campaign(campaign) => group.campaign = campaign.map(Campaign::from),
            Key::Partnership(partnership) => group.partnership = partnership.map(Partnership::from),
            Key::Tag(tag) => group.tag = tag.map(Tag::from),
            Key::AttributionSource(source) => group.attribution_source = source.map(AttributionSource::from),
            Key::Option { field: _, option } => {
                let choice = fields.next().map(|field| LeadStatsChoice {
                    field: field.clone(),
                    option: option.map(CustomFieldOption::from),
                });
                group.choices.extend(choice);
            }
        }
    }
    group
}

/// Loads the lists of leads that are selected below one key.
async fn fill<P: HasLeads>(
    ctx: &Context<'_>,
    op: &Op,
    name: &'static str,
    groups: &mut [LeadStatsGroup],
    slot: impl Fn(&mut LeadStatsGroup) -> &mut Option<P>,
) -> Result<(), Failure> {
    let taken = groups.iter_mut().enumerate();
    let taken = taken.filter_map(|(index, group)| slot(group).take().map(|object| (index, object)));
    let (places, mut objects): (Vec<usize>, Vec<P>) = taken.unzip();
    nested::fill(ctx, op, &[&["groups", name]], objects.iter_mut().collect()).await?;
    for (index, object) in places.into_iter().zip(objects) {
        *slot(&mut groups[index]) = Some(object);
    }
    Ok(())
}
