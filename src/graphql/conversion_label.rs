//! Conversion labels.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::context::{Answer, answer, op};
use super::error::{Failure, UserError};
use super::input::{archived, project_ref};
use super::lead::LeadStatus;
use super::node::{GlobalId, NodeKind};
use super::paging::{Connection, List, Listed, PageArgs, connection};
use super::payload::{self, Payload, reply};
use super::scalars::{DateTime, SafeInt, Uuid};
use crate::domain::caller::Scope;
use crate::domain::conversion_labels;
use crate::domain::page::Key;

const LIST: List = List("conversionLabels");

/// What a project calls a stage that its leads convert to.
#[derive(Clone, Debug, SimpleObject)]
pub struct ConversionLabel {
    /// The global id.
    pub id: ID,
    /// Its number.
    legacy_id: SafeInt,
    /// The public id in its plain form, which the LeadTrackr route takes as `conversionId`.
    uuid: Uuid,
    /// What it is called.
    name: String,
    /// Whether a lead that was given the label needs no more work.
    mark_as_done: bool,
    /// The status that a lead gets with the label; null when it keeps its own.
    mapped_status: Option<LeadStatus>,
    /// Since when it is archived: it stays where it is and is offered no more. Null while it is in use.
    archived_at: Option<DateTime>,
    /// Grows by one with each change.
    version: SafeInt,
    /// When it was created.
    created_at: DateTime,
    /// When it was last changed.
    updated_at: DateTime,
}

impl Listed for ConversionLabel {}

impl From<conversion_labels::ConversionLabel> for ConversionLabel {
    fn from(row: conversion_labels::ConversionLabel) -> Self {
        Self {
            id: GlobalId::new(NodeKind::ConversionLabel, row.uuid).into(),
            legacy_id: SafeInt(row.id),
            uuid: Uuid(row.uuid),
            name: row.name,
            mark_as_done: row.mark_as_done,
            mapped_status: row.mapped_status.map(LeadStatus::from),
            archived_at: row.archived_at.map(DateTime),
            version: SafeInt(row.version),
            created_at: DateTime(row.created_at),
            updated_at: DateTime(row.updated_at),
        }
    }
}

#[derive(Debug, Default)]
pub struct ConversionLabelQueries;

#[Object]
impl ConversionLabelQueries {
    /// A project's conversion labels, newest first.
    async fn conversion_labels(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The project's node id or public id.")] project_id: ID,
        #[graphql(desc = "How many from the start; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
        #[graphql(default, desc = "Whether archived ones are listed too.")] include_archived: bool,
    ) -> Answer<Connection<ConversionLabel>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        answer(ctx, Box::pin(list(ctx, &project_id, args, include_archived)).await)
    }
}

async fn list(
    ctx: &Context<'_>,
    project: &ID,
    args: PageArgs,
    include_archived: bool,
) -> Result<Connection<ConversionLabel>, Failure> {
    let request = args.request(ctx, LIST)?;
    let page = conversion_labels::list(&op(ctx)?, &project_ref(project), archived(include_archived), request).await?;
    let key = |row: &conversion_labels::ConversionLabel| Key {
        created_at: row.created_at,
        id: row.id,
    };
    Ok(connection(LIST, page, key, ConversionLabel::from))
}

#[derive(Debug, Default)]
pub struct ConversionLabelMutations;

#[Object]
impl ConversionLabelMutations {
    /// Makes a conversion label of a project.
    async fn create_conversion_label(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conversion label.")] input: CreateConversionLabelInput,
    ) -> Answer<CreateConversionLabelPayload> {
        reply(ctx, Box::pin(create(ctx, input)).await)
    }
}

async fn create(ctx: &Context<'_>, input: CreateConversionLabelInput) -> Result<ConversionLabel, Failure> {
    let CreateConversionLabelInput {
        project_id,
        name,
        mark_as_done,
        mapped_status,
    } = input;
    let op = op(ctx)?;
    payload::require(ctx, &op, Scope::Write, "conversionLabel")?;
    let new = conversion_labels::NewConversionLabel {
        project: project_ref(&project_id),
        name,
        mark_as_done: mark_as_done.unwrap_or(false),
        mapped_status: mapped_status.map(Into::into),
    };
    Ok(conversion_labels::create(&op, new).await?.into())
}

/// A new conversion label.
#[derive(Debug, InputObject)]
pub struct CreateConversionLabelInput {
    /// The project's node id or public id.
    project_id: ID,
    /// What it is called; unique among the labels of the project.
    name: String,
    /// Whether a lead that was given the label needs no more work; not by default.
    mark_as_done: Option<bool>,
    /// The status that a lead gets with the label; absent when it keeps its own.
    mapped_status: Option<LeadStatus>,
}

/// The answer to `createConversionLabel`.
#[derive(Debug, SimpleObject)]
pub struct CreateConversionLabelPayload {
    /// The new conversion label.
    conversion_label: Option<ConversionLabel>,
    /// What stood against it; empty when it was done.
    user_errors: Vec<UserError>,
}

impl Payload for CreateConversionLabelPayload {
    type Made = ConversionLabel;

    fn made(conversion_label: ConversionLabel) -> Self {
        Self {
            conversion_label: Some(conversion_label),
            user_errors: Vec::new(),
        }
    }

    fn refused(user_errors: Vec<UserError>) -> Self {
        Self {
            conversion_label: None,
            user_errors,
        }
    }
}
