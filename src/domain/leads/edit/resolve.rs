//! What an edit says, checked as far as that goes without the lead, and everything it names looked up.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use tokio::try_join;
use uuid::Uuid;

use super::{FieldEdit, LeadEdit, LeadPatch, SetEdit, StatusChange};
use crate::domain::Change;
use crate::domain::Ref;
use crate::domain::attribution_sources::AttributionSource;
use crate::domain::campaigns::Campaign;
use crate::domain::custom_fields::{CustomField, CustomFieldOption};
use crate::domain::error::{PathSegment, Problem, Problems, Result};
use crate::domain::leads::field_values::Stored;
use crate::domain::leads::fields::{Fields, Flaw};
use crate::domain::leads::references::{self, NO_CAMPAIGN, NO_SOURCE, NO_TAG, matches};
use crate::domain::leads::{LeadSource, LeadStatus, Money, ProcessingState, contact, money};
use crate::domain::op::Op;
use crate::domain::workspaces::{self, Workspace};

/// An edit whose every reference is known to be good.
#[derive(Debug)]
pub(super) struct Resolved {
    pub texts: Texts,
    pub campaign: Change<Campaign>,
    pub source: Change<LeadSource>,
    pub status: Option<StatusChange>,
    pub value: Change<Money>,
    /// For conversions alone: no edit says it.
    pub processing: Option<ProcessingState>,
    pub assignees: Option<SetEdit<Pick>>,
    pub tags: Option<SetEdit<Pick>>,
    pub fields: Vec<FieldPick>,
    pub added: Vec<AddedAttribution>,
    /// With their paths.
    pub removed: Vec<(Uuid, Vec<PathSegment>)>,
    pub workspace: Workspace,
}

#[derive(Debug)]
pub(super) struct Texts {
    pub email: Change<String>,
    pub phone: Change<String>,
    pub first_name: Change<String>,
    pub last_name: Change<String>,
    pub company_name: Change<String>,
    pub unique_identifier: Change<String>,
}

/// Something that can hang on a lead.
#[derive(Clone, Debug)]
pub(super) struct Pick {
    pub id: i64,
    pub uuid: Uuid,
    /// Archived or disabled: it may stay and go, but not come.
    pub retired: bool,
    pub path: Vec<PathSegment>,
}

#[derive(Debug)]
pub(super) struct FieldPick {
    pub field: CustomField,
    /// Archived ones too: the present value may be one.
    pub options: Vec<CustomFieldOption>,
    /// None clears.
    pub value: Option<Stored>,
    pub path: Vec<PathSegment>,
}

#[derive(Debug)]
pub(super) struct AddedAttribution {
    pub source: AttributionSource,
    pub at: DateTime<Utc>,
    pub path: Vec<PathSegment>,
}

const NO_USER: &str = "This names no user of this workspace";

/// In characters.
const MAX_REASON: usize = 500;
const MAX_IDENTIFIER: usize = 255;

impl Resolved {
    /// # Errors
    /// [`crate::domain::error::Error::Invalid`] with everything that is wrong whatever the lead is like.
    pub(super) async fn resolve(op: &Op, edit: LeadEdit) -> Result<Self> {
        too_many(&edit).check()?;
        let LeadEdit {
            contact,
            status,
            assignees,
            tags,
            fields,
            attributions,
            value,
        } = edit;
        let attributions = attributions.unwrap_or_default();
        let field_refs: Vec<Ref> = fields.iter().map(FieldEdit::field).collect();
        let source_refs: Vec<Ref> = attributions.add.iter().map(|added| added.source).collect();
        let (tag_refs, user_refs) = (named(tags.as_ref()), named(assignees.as_ref()));
        let (workspace, campaign, found_tags, users, found_fields, sources) = try_join!(
            workspaces::rules(op),
            references::campaign(op, contact.campaign.value().copied()),
            references::tags(op, &tag_refs),
            references::users(op, &user_refs),
            Fields::named(op, &field_refs),
            references::sources(op, &source_refs),
        )?;
        let mut problems = Problems::default();
        let texts = texts(&contact, &mut problems);
        let tags = tags.map(|edit| {
            let known = found_tags
                .iter()
                .map(|tag| (tag.id, tag.uuid, tag.archived_at.is_some()));
            pick("tags", edit, &known.collect::<Vec<_>>(), NO_TAG, &mut problems)
        });
        let assignees = assignees.map(|edit| {
            let known = users
                .iter()
                .map(|user| (user.id, user.uuid, user.disabled_at.is_some()));
            pick("assignees", edit, &known.collect::<Vec<_>>(), NO_USER, &mut problems)
        });
        let resolved = Self {
            texts,
            campaign: change_campaign(&contact.campaign, campaign, &mut problems),
            source: contact.source,
            status: status.map(|status| check_status(status, &mut problems)),
            value: value.map(|value| money::check(&value, &mut problems)),
            processing: None,
            assignees,
            tags,
            fields: pick_fields(&fields, &found_fields, &mut problems),
            added: pick_sources(&attributions.add, &sources, &mut problems),
            removed: attributions
                .remove
                .into_iter()
                .enumerate()
                .map(|(index, uuid)| (uuid, vec!["attributions".into(), "remove".into(), index.into()]))
                .collect(),
            workspace,
        };
        problems.check()?;
        Ok(resolved)
    }
}

fn too_many(edit: &LeadEdit) -> Problems {
    let set = |list: &'static str, edit: Option<&SetEdit<Ref>>| match edit {
        None => Vec::new(),
        Some(SetEdit::Replace(all)) => vec![(vec![list.into()], all.len())],
        Some(SetEdit::Change { add, remove }) => vec![
            (vec![list.into(), "add".into()], add.len()),
            (vec![list.into(), "remove".into()], remove.len()),
        ],
    };
    let mut lists = set("assignees", edit.assignees.as_ref());
    lists.extend(set("tags", edit.tags.as_ref()));
    lists.push((vec!["customFields".into()], edit.fields.len()));
    if let Some(attributions) = &edit.attributions {
        lists.push((vec!["attributions".into(), "add".into()], attributions.add.len()));
        lists.push((vec!["attributions".into(), "remove".into()], attributions.remove.len()));
    }
    references::too_many(lists)
}

fn named(edit: Option<&SetEdit<Ref>>) -> Vec<Ref> {
    match edit {
        None => Vec::new(),
        Some(SetEdit::Replace(all)) => all.clone(),
        Some(SetEdit::Change { add, remove }) => add.iter().chain(remove).copied().collect(),
    }
}

fn texts(patch: &LeadPatch, problems: &mut Problems) -> Texts {
    type Rule = fn(&mut Problems, Vec<PathSegment>, &str) -> Option<String>;
    let mut change = |name: &'static str, change: &Change<String>, rule: Rule| match change {
        Change::Keep => Change::Keep,
        Change::Clear => Change::Clear,
        Change::Set(text) => rule(problems, vec![name.into()], text).map_or(Change::Clear, Change::Set),
    };
    Texts {
        email: change("email", &patch.email, contact::email),
        phone: change("phoneNumber", &patch.phone_number, contact::phone_number),
        first_name: change("firstName", &patch.first_name, contact::name),
        last_name: change("lastName", &patch.last_name, contact::name),
        company_name: change("companyName", &patch.company_name, contact::name),
        unique_identifier: change("uniqueIdentifier", &patch.unique_identifier, |problems, path, text| {
            contact::short(problems, path, text, MAX_IDENTIFIER)
        }),
    }
}

fn change_campaign(change: &Change<Ref>, found: Option<Campaign>, problems: &mut Problems) -> Change<Campaign> {
    match (change, found) {
        (Change::Keep, _) => Change::Keep,
        (Change::Clear, _) => Change::Clear,
        (Change::Set(_), Some(campaign)) => Change::Set(campaign),
        (Change::Set(_), None) => {
            problems.add(Problem::not_found(["campaignId".into()], NO_CAMPAIGN));
            Change::Keep
        }
    }
}

fn check_status(status: StatusChange, problems: &mut Problems) -> StatusChange {
    let reason = status.reason.as_deref();
    let reason = reason.and_then(|text| contact::short(problems, vec!["lostReason".into()], text, MAX_REASON));
    if reason.is_some() && status.to != LeadStatus::Lost {
        let sentence = "Only a lead that is lost has a reason";
        problems.add(Problem::invalid(["lostReason".into()], sentence));
    }
    StatusChange { reason, ..status }
}

/// `known`: number, public id, and whether it is retired.
fn pick(
    list: &'static str,
    edit: SetEdit<Ref>,
    known: &[(i64, Uuid, bool)],
    missing: &str,
    problems: &mut Problems,
) -> SetEdit<Pick> {
    let mut picks = |refs: Vec<Ref>, path: &dyn Fn(usize) -> Vec<PathSegment>| {
        let mut seen = HashSet::new();
        let mut picks = Vec::with_capacity(refs.len());
        for (index, reference) in refs.into_iter().enumerate() {
            match known.iter().find(|(id, uuid, _)| matches(reference, *id, *uuid)) {
                Some((id, uuid, retired)) if seen.insert(*id) => picks.push(Pick {
                    id: *id,
                    uuid: *uuid,
                    retired: *retired,
                    path: path(index),
                }),
                Some(_) => {}
                None => problems.add(references::not_found(path(index), missing)),
            }
        }
        picks
    };
    match edit {
        SetEdit::Replace(all) => SetEdit::Replace(picks(all, &|index| vec![list.into(), index.into()])),
        SetEdit::Change { add, remove } => SetEdit::Change {
            add: picks(add, &|index| vec![list.into(), "add".into(), index.into()]),
            remove: picks(remove, &|index| vec![list.into(), "remove".into(), index.into()]),
        },
    }
}

fn pick_fields(edits: &[FieldEdit], fields: &Fields, problems: &mut Problems) -> Vec<FieldPick> {
    let mut seen = HashSet::new();
    let mut picks = Vec::with_capacity(edits.len());
    for (index, edit) in edits.iter().enumerate() {
        let read = match edit {
            FieldEdit::Set(given) => fields.read(given),
            // An archived field's value may go.
            FieldEdit::Clear(field) => fields
                .find(*field)
                .map(|field| (field, None))
                .ok_or_else(Flaw::no_field),
        };
        let read = read.and_then(|(field, value)| match seen.insert(field.id) {
            true => Ok((field, value)),
            false => Err(Flaw::twice()),
        });
        let path = vec!["customFields".into(), index.into()];
        match read {
            Ok((field, value)) => picks.push(FieldPick {
                field: field.clone(),
                options: fields.all_options(field).to_vec(),
                value,
                path,
            }),
            Err(Flaw { code, member, sentence }) => {
                problems.add(Problem::new(
                    code,
                    ["customFields".into(), index.into(), member.into()],
                    sentence,
                ));
            }
        }
    }
    picks
}

fn pick_sources(
    added: &[super::NewAttribution],
    sources: &[AttributionSource],
    problems: &mut Problems,
) -> Vec<AddedAttribution> {
    let mut picks = Vec::with_capacity(added.len());
    for (index, attribution) in added.iter().enumerate() {
        let path = vec!["attributions".into(), "add".into(), index.into(), "sourceId".into()];
        match sources
            .iter()
            .find(|source| matches(attribution.source, source.id, source.uuid))
        {
            Some(source) => picks.push(AddedAttribution {
                source: source.clone(),
                at: attribution.attributed_at,
                path,
            }),
            None => problems.add(references::not_found(path, NO_SOURCE)),
        }
    }
    picks
}
