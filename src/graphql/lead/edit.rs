//! Changing leads, as mutations. Each reads its input into the one edit that the domain knows, and answers alike.

use async_graphql::{Context, ID, MaybeUndefined, Object};

use super::edit_input::{
    AddLeadAttributionsInput, ArchiveLeadInput, AssignLeadInput, ClearLeadFieldValuesInput, MoneyInput,
    RemoveLeadAttributionsInput, RestoreLeadInput, SetLeadFieldValuesInput, SetLeadStatusInput, TagLeadInput,
    UnassignLeadInput, UntagLeadInput, UpdateLeadInput,
};
use super::edit_paths::{LISTS, Names, UPDATE, as_named};
use super::edit_payload::{
    AddLeadAttributionsPayload, ArchiveLeadPayload, AssignLeadPayload, ClearLeadFieldValuesPayload,
    RemoveLeadAttributionsPayload, RestoreLeadPayload, SetLeadFieldValuesPayload, SetLeadStatusPayload, TagLeadPayload,
    UnassignLeadPayload, UntagLeadPayload, UpdateLeadPayload,
};
use super::register::{read_attributions, read_fields};
use super::{Lead, made};
use crate::domain::Ref;
use crate::domain::caller::Scope;
use crate::domain::error::Result as DomainResult;
use crate::domain::leads::edit::{AttributionEdit, FieldEdit, LeadPatch, SetEdit, StatusChange};
use crate::domain::leads::{self, Edited, LeadEdit, LeadTarget, Money};
use crate::domain::op::Op;
use crate::graphql::context::{Answer, op};
use crate::graphql::error::Failure;
use crate::graphql::input::{Reader, change, repath};
use crate::graphql::node::NodeKind;
use crate::graphql::payload::{self, EditPayload, edited};
use crate::graphql::scalars::SafeInt;

#[derive(Debug, Default)]
pub struct LeadEditMutations;

#[Object]
impl LeadEditMutations {
    /// Changes a lead. What is left out stays as it is; null clears. All of it is done, or nothing.
    async fn update_lead(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The lead and what changes of it.")] input: UpdateLeadInput,
    ) -> Answer<UpdateLeadPayload> {
        let mut reader = Reader::default();
        let target = target(&mut reader, &input.lead_id, input.expected_version);
        let edit = read_update(input, &mut reader);
        Box::pin(answer(ctx, reader, target, Step::edit(edit, UPDATE))).await
    }

    /// Moves a lead in the sales process. Where it may go depends on where it stands.
    async fn set_lead_status(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The lead and its status.")] input: SetLeadStatusInput,
    ) -> Answer<SetLeadStatusPayload> {
        let mut reader = Reader::default();
        let target = target(&mut reader, &input.lead_id, input.expected_version);
        let edit = LeadEdit {
            status: Some(StatusChange {
                reason: input.lost_reason,
                ..StatusChange::to(input.status.into())
            }),
            ..LeadEdit::default()
        };
        Box::pin(answer(ctx, reader, target, Step::edit(edit, UPDATE))).await
    }

    /// Gives a lead to people, beside those who have it already.
    async fn assign_lead(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The lead and the people.")] input: AssignLeadInput,
    ) -> Answer<AssignLeadPayload> {
        let mut reader = Reader::default();
        let target = target(&mut reader, &input.lead_id, input.expected_version);
        let people = reader.references(&input.user_ids, NodeKind::User, &["userIds"]);
        let edit = LeadEdit {
            assignees: Some(added(people)),
            ..LeadEdit::default()
        };
        Box::pin(answer(ctx, reader, target, Step::edit(edit, LISTS))).await
    }

    /// Takes people off a lead. Who does not have it cannot be missed.
    async fn unassign_lead(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The lead and the people.")] input: UnassignLeadInput,
    ) -> Answer<UnassignLeadPayload> {
        let mut reader = Reader::default();
        let target = target(&mut reader, &input.lead_id, input.expected_version);
        let people = reader.references(&input.user_ids, NodeKind::User, &["userIds"]);
        let edit = LeadEdit {
            assignees: Some(removed(people)),
            ..LeadEdit::default()
        };
        Box::pin(answer(ctx, reader, target, Step::edit(edit, LISTS))).await
    }

    /// Puts tags on a lead, beside those it has already.
    async fn tag_lead(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The lead and the tags.")] input: TagLeadInput,
    ) -> Answer<TagLeadPayload> {
        let mut reader = Reader::default();
        let target = target(&mut reader, &input.lead_id, input.expected_version);
        let tags = reader.references(&input.tag_ids, NodeKind::Tag, &["tagIds"]);
        let edit = LeadEdit {
            tags: Some(added(tags)),
            ..LeadEdit::default()
        };
        Box::pin(answer(ctx, reader, target, Step::edit(edit, LISTS))).await
    }

    /// Takes tags off a lead. What it does not have cannot be missed.
    async fn untag_lead(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The lead and the tags.")] input: UntagLeadInput,
    ) -> Answer<UntagLeadPayload> {
        let mut reader = Reader::default();
        let target = target(&mut reader, &input.lead_id, input.expected_version);
        let tags = reader.references(&input.tag_ids, NodeKind::Tag, &["tagIds"]);
        let edit = LeadEdit {
            tags: Some(removed(tags)),
            ..LeadEdit::default()
        };
        Box::pin(answer(ctx, reader, target, Step::edit(edit, LISTS))).await
    }

    /// Gives a lead values for custom fields, in place of those it has for them.
    async fn set_lead_field_values(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The lead and the values.")] input: SetLeadFieldValuesInput,
    ) -> Answer<SetLeadFieldValuesPayload> {
        let mut reader = Reader::default();
        let target = target(&mut reader, &input.lead_id, input.expected_version);
        let values = read_fields(Some(input.custom_fields), "customFields", &mut reader);
        let edit = LeadEdit {
            fields: values.into_iter().map(FieldEdit::Set).collect(),
            ..LeadEdit::default()
        };
        Box::pin(answer(ctx, reader, target, Step::edit(edit, UPDATE))).await
    }

    /// Takes a lead's values for custom fields away. Those of required fields stay, where the workspace asks for them.
    async fn clear_lead_field_values(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The lead and the fields.")] input: ClearLeadFieldValuesInput,
    ) -> Answer<ClearLeadFieldValuesPayload> {
        let mut reader = Reader::default();
        let target = target(&mut reader, &input.lead_id, input.expected_version);
        let fields = reader.references(&input.custom_field_ids, NodeKind::CustomField, &["customFieldIds"]);
        let edit = LeadEdit {
            fields: fields.into_iter().map(FieldEdit::Clear).collect(),
            ..LeadEdit::default()
        };
        Box::pin(answer(ctx, reader, target, Step::edit(edit, LISTS))).await
    }

    /// Attributes a lead to sources. The same source at the same time counts once.
    async fn add_lead_attributions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The lead and the attributions.")] input: AddLeadAttributionsInput,
    ) -> Answer<AddLeadAttributionsPayload> {
        let mut reader = Reader::default();
        let target = target(&mut reader, &input.lead_id, input.expected_version);
        let edit = LeadEdit {
            attributions: Some(AttributionEdit {
                add: read_attributions(input.attributions, &mut reader),
                remove: Vec::new(),
            }),
            ..LeadEdit::default()
        };
        Box::pin(answer(ctx, reader, target, Step::edit(edit, LISTS))).await
    }

    /// Takes attributions off a lead.
    async fn remove_lead_attributions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The lead and its attributions.")] input: RemoveLeadAttributionsInput,
    ) -> Answer<RemoveLeadAttributionsPayload> {
        let mut reader = Reader::default();
        let target = target(&mut reader, &input.lead_id, input.expected_version);
        let ids = input.attribution_ids.iter().enumerate();
        let remove = ids.map(|(index, id)| {
            let path = ["attributionIds", &index.to_string()];
            reader.uuid(id, &[NodeKind::LeadAttribution], &path)
        });
        let edit = LeadEdit {
            attributions: Some(AttributionEdit {
                add: Vec::new(),
                remove: remove.collect(),
            }),
            ..LeadEdit::default()
        };
        Box::pin(answer(ctx, reader, target, Step::edit(edit, LISTS))).await
    }

    /// Takes a lead out of every list. Its e-mail address, its deal and its unique event id are free from then on.
    async fn archive_lead(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The lead.")] input: ArchiveLeadInput,
    ) -> Answer<ArchiveLeadPayload> {
        let mut reader = Reader::default();
        let target = target(&mut reader, &input.lead_id, input.expected_version);
        Box::pin(answer(ctx, reader, target, Step::Archive)).await
    }

    /// Brings an archived lead back, unless another lead has its e-mail address, its deal or its unique event id by now.
    async fn restore_lead(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The lead.")] input: RestoreLeadInput,
    ) -> Answer<RestoreLeadPayload> {
        let mut reader = Reader::default();
        let target = target(&mut reader, &input.lead_id, input.expected_version);
        Box::pin(answer(ctx, reader, target, Step::Restore)).await
    }
}

/// What a mutation asks of the domain.
enum Step {
    Edit(Box<LeadEdit>, Names),
    Archive,
    Restore,
}

impl Step {
    fn edit(edit: LeadEdit, names: Names) -> Self {
        Self::Edit(Box::new(edit), names)
    }

    async fn take(self, op: &Op, target: LeadTarget) -> DomainResult<Edited> {
        match self {
            Self::Edit(edit, _) => leads::edit(op, target, *edit).await,
            Self::Archive => leads::archive(op, target).await,
            Self::Restore => leads::restore(op, target).await,
        }
    }

    fn names(&self) -> Names {
        match self {
            Self::Edit(_, names) => names,
            Self::Archive | Self::Restore => UPDATE,
        }
    }
}

async fn answer<P: EditPayload<Node = Lead>>(
    ctx: &Context<'_>,
    reader: Reader,
    target: LeadTarget,
    step: Step,
) -> Answer<P> {
    let done = done::<P>(ctx, reader, target, step).await;
    edited(ctx, done, |uuid| made::current(ctx, uuid)).await
}

async fn done<P: EditPayload>(
    ctx: &Context<'_>,
    reader: Reader,
    target: LeadTarget,
    step: Step,
) -> Result<Option<Lead>, Failure> {
    let op = op(ctx)?;
    payload::require_for::<P>(ctx, &op, Scope::Write)?;
    reader.check()?;
    // Nothing is written for a payload that cannot be read.
    let plan = made::plan(ctx, &["lead"])?;
    made::plan(ctx, &["conflict", "current"])?;
    let names = step.names();
    let done = step.take(&op, target).await;
    let done = done.map_err(|error| repath(error.into(), |path| as_named(path, names)))?;
    made::load(ctx, &op, plan, done.uuid).await
}

fn target(reader: &mut Reader, id: &ID, expected: SafeInt) -> LeadTarget {
    LeadTarget {
        lead: reader.reference(id, NodeKind::Lead, &["leadId"]),
        expected_version: Some(expected.0),
    }
}

fn added(add: Vec<Ref>) -> SetEdit<Ref> {
    SetEdit::Change {
        add,
        remove: Vec::new(),
    }
}

fn removed(remove: Vec<Ref>) -> SetEdit<Ref> {
    SetEdit::Change {
        add: Vec::new(),
        remove,
    }
}

fn read_update(input: UpdateLeadInput, reader: &mut Reader) -> LeadEdit {
    let UpdateLeadInput {
        lead_id: _,
        expected_version: _,
        company_name,
        email,
        phone_number,
        first_name,
        last_name,
        unique_identifier,
        source,
        company_campaign_id,
        value,
        status,
        lost_reason,
        assigned_users,
        tags,
        custom_fields,
    } = input;
    if status.is_none() && lost_reason.is_some() {
        reader.invalid(&["lostReason"], "This goes with a status");
    }
    let text = |given| change(given, |text: String| text);
    let campaign = change(company_campaign_id, |id: ID| {
        reader.reference(&id, NodeKind::Campaign, &["companyCampaignId"])
    });
    let contact = LeadPatch {
        email: text(email),
        phone_number: text(phone_number),
        first_name: text(first_name),
        last_name: text(last_name),
        company_name: text(company_name),
        unique_identifier: text(unique_identifier),
        campaign,
        source: change(source, Into::into),
    };
    let values = read_fields(custom_fields, "customFields", reader);
    LeadEdit {
        contact,
        status: status.map(|status| StatusChange {
            reason: lost_reason,
            ..StatusChange::to(status.into())
        }),
        assignees: replaced(assigned_users, NodeKind::User, "assignedUsers", reader),
        tags: replaced(tags, NodeKind::Tag, "tags", reader),
        fields: values.into_iter().map(FieldEdit::Set).collect(),
        attributions: None,
        value: change(value, |MoneyInput { minor, currency }| Money {
            minor: minor.0,
            currency,
        }),
    }
}

fn replaced(given: MaybeUndefined<Vec<ID>>, kind: NodeKind, path: &str, reader: &mut Reader) -> Option<SetEdit<Ref>> {
    match given {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(SetEdit::Replace(Vec::new())),
        MaybeUndefined::Value(ids) => Some(SetEdit::Replace(reader.references(&ids, kind, &[path]))),
    }
}
