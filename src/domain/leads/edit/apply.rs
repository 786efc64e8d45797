//! What an edit makes of a lead. Pure.

use std::collections::{BTreeMap, HashSet};

use uuid::Uuid;

use super::resolve::{FieldPick, Pick, Resolved};
use super::state::State;
use super::{SetEdit, StatusChange, status};
use crate::domain::Change;
use crate::domain::error::{PathSegment, Problem, ProblemCode, Problems};
use crate::domain::events::word;
use crate::domain::leads::attributions::Attributed;
use crate::domain::leads::field_values::Assigned;
use crate::domain::leads::fields::applies;
use crate::domain::leads::references::{self, NO_CAMPAIGN, NO_SOURCE};
use crate::domain::leads::{AssociationType, LeadOrigin, LeadStatus, MAX_PARTS, Money, contact, dedupe, edited};
use crate::domain::new_uuid;
use crate::entity::lead;

/// The lead as the edit wants it, and what stands against that.
pub(super) fn apply(before: &State, edit: &Resolved) -> (State, Problems) {
    let mut problems = Problems::default();
    let mut after = before.clone();
    set_texts(&mut after.row, edit);
    someone(&before.row, &after.row, &mut problems);
    set_source(&mut after, before, edit, &mut problems);
    set_status(&mut after.row, edit.status.as_ref(), &mut problems);
    after.row.processing_state = edit.processing.unwrap_or(before.row.processing_state);
    if let Some(assignees) = &edit.assignees {
        after.assignees = set(&before.assignees, assignees, "assignees", &mut problems);
    }
    if let Some(tags) = &edit.tags {
        after.tags = set(&before.tags, tags, "tags", &mut problems);
    }
    for pick in &edit.fields {
        set_field(&mut after, pick, edit, &mut problems);
    }
    set_attributions(&mut after, edit, &mut problems);
    after.row.dedupe_key = dedupe_key(&before.row, &after.row, edit);
    after.row.edited_texts = edited::names(&before.row, &after.row);
    (after, problems)
}

fn set_texts(row: &mut lead::Model, edit: &Resolved) {
    let texts = &edit.texts;
    let change = |column: &mut Option<String>, change: &Change<String>| *column = change.clone().apply(column.take());
    change(&mut row.email, &texts.email);
    change(&mut row.phone, &texts.phone);
    change(&mut row.first_name, &texts.first_name);
    change(&mut row.last_name, &texts.last_name);
    change(&mut row.company_name, &texts.company_name);
    change(&mut row.external_id, &texts.unique_identifier);
    let value = match (row.value_minor, row.currency.take()) {
        (Some(minor), Some(currency)) => Some(Money { minor, currency }),
        (_, _) => None,
    };
    let value = edit.value.clone().apply(value);
    row.value_minor = value.as_ref().map(|value| value.minor);
    row.currency = value.map(|value| value.currency);
}

/// A lead that was registered stays somebody. A web form may have told nothing but a click.
fn someone(before: &lead::Model, after: &lead::Model, problems: &mut Problems) {
    let is_someone = |row: &lead::Model| {
        let texts = [
            &row.email,
            &row.phone,
            &row.first_name,
            &row.last_name,
            &row.company_name,
        ];
        texts.iter().any(|text| text.is_some())
    };
    if before.association_type.is_some() && is_someone(before) && !is_someone(after) {
        problems.add(Problem::missing(["email".into()], contact::SOMEONE));
    }
}

fn set_source(after: &mut State, before: &State, edit: &Resolved, problems: &mut Problems) {
    after.row.source = edit.source.apply(before.row.source);
    match &edit.campaign {
        Change::Keep => {}
        Change::Clear => {
            after.row.campaign_id = None;
            after.campaign = None;
            if before.row.association_type == Some(AssociationType::Campaigns) {
                let sentence = "This is required for campaign leads";
                problems.add(Problem::invalid(["campaignId".into()], sentence));
            }
        }
        Change::Set(campaign) => {
            if campaign.archived_at.is_some() && before.row.campaign_id != Some(campaign.id) {
                problems.add(Problem::not_found(["campaignId".into()], NO_CAMPAIGN));
            }
            after.row.campaign_id = Some(campaign.id);
            after.campaign = Some(campaign.uuid);
        }
    }
}

fn set_status(row: &mut lead::Model, change: Option<&StatusChange>, problems: &mut Problems) {
    let Some(StatusChange { to, reason, otherwise }) = change else {
        return;
    };
    if !status::may_follow(row.status, *to) {
        let sentence = format!("A lead that is {} cannot become {}", word(&row.status), word(to));
        problems.add(Problem::invalid(["status".into()], sentence));
    }
    row.status = *to;
    // A lead that is not lost has no reason, so what is there is the reason of one that stays lost.
    let present = row.lost_reason.take();
    if *to == LeadStatus::Lost {
        row.lost_reason = reason.clone().or(present).or_else(|| otherwise.map(str::to_owned));
        if row.lost_reason.is_none() {
            let sentence = "Say why the lead is lost";
            problems.add(Problem::missing(["lostReason".into()], sentence));
        }
    }
}

fn set(
    held: &BTreeMap<i64, Uuid>,
    edit: &SetEdit<Pick>,
    list: &'static str,
    problems: &mut Problems,
) -> BTreeMap<i64, Uuid> {
    let (mut after, added) = match edit {
        SetEdit::Replace(all) => (BTreeMap::new(), all),
        SetEdit::Change { add, remove } => {
            let mut after = held.clone();
            after.retain(|id, _| remove.iter().all(|pick| pick.id != *id));
            (after, add)
        }
    };
    for Pick {
        id,
        uuid,
        retired,
        path,
    } in added
    {
        if *retired && !held.contains_key(id) {
            problems.add(references::not_found(path.clone(), "This is archived"));
        }
        after.insert(*id, *uuid);
    }
    too_many(after.len(), list, problems);
    after
}

fn too_many(length: usize, list: &'static str, problems: &mut Problems) {
    if length > MAX_PARTS {
        let sentence = format!("A lead may have at most {MAX_PARTS} of these");
        problems.add(Problem::new(ProblemCode::TooMany, [list.into()], sentence));
    }
}

fn set_field(after: &mut State, pick: &FieldPick, edit: &Resolved, problems: &mut Problems) {
    let FieldPick {
        field,
        options,
        value,
        path,
    } = pick;
    let Some(value) = value else {
        let had = after.values.remove(&field.id).is_some();
        let must = field.required && field.archived_at.is_none() && applies(field, after.row.association_type);
        if had && must && edit.workspace.enforce_required_fields {
            problems.add(Problem {
                code: ProblemCode::Missing,
                path: path.clone(),
                message: format!("This must have a value for the required field {}", field.label),
            });
        }
        return;
    };
    let assigned = Assigned {
        field: field.clone(),
        options: options.clone(),
        value: value.clone(),
    };
    after.values.insert(field.id, assigned);
}

fn set_attributions(after: &mut State, edit: &Resolved, problems: &mut Problems) {
    let known: HashSet<Uuid> = after.attributions.iter().map(|attributed| attributed.uuid).collect();
    for (uuid, path) in &edit.removed {
        if !known.contains(uuid) {
            problems.add(references::not_found(
                path.clone(),
                "This names no attribution of the lead",
            ));
        }
    }
    let removed: HashSet<Uuid> = edit.removed.iter().map(|(uuid, _)| *uuid).collect();
    after
        .attributions
        .retain(|attributed| !removed.contains(&attributed.uuid));
    for added in &edit.added {
        let same = |attributed: &Attributed| attributed.source_id == added.source.id && attributed.at == added.at;
        if after.attributions.iter().any(same) {
            continue;
        }
        if added.source.archived_at.is_some() {
            problems.add(references::not_found(added.path.clone(), NO_SOURCE));
        }
        after.attributions.push(Attributed {
            uuid: new_uuid(),
            source_id: added.source.id,
            source: added.source.uuid,
            at: added.at,
        });
    }
    after.attributions.sort_by_key(|attributed| attributed.at);
    let path: [PathSegment; 2] = ["attributions".into(), "add".into()];
    if after.attributions.len() > MAX_PARTS {
        let sentence = format!("A lead may have at most {MAX_PARTS} of these");
        problems.add(Problem::new(ProblemCode::TooMany, path, sentence));
    }
}

/// The key follows the e-mail. A lead that had an e-mail but no key stays without: it came in when none was asked for.
/// Web forms and partners' copies never have one.
fn dedupe_key(before: &lead::Model, after: &lead::Model, edit: &Resolved) -> Option<String> {
    let unchanged = before.email == after.email;
    let keyless = before.dedupe_key.is_none() && before.email.is_some();
    match before.association_type {
        Some(association) if !unchanged && !keyless && before.origin != LeadOrigin::Partner => {
            dedupe::key(edit.workspace.dedupe_policy, association, after.email.as_deref())
        }
        Some(_) | None => before.dedupe_key.clone(),
    }
}
