//! Reading leads.

use async_graphql::{Context, ID, InputObject, Object, OneofObject};

use super::{LIST, Lead};
use crate::domain::leads::{self, LeadGraph, LeadKey};
use crate::domain::page::Key;
use crate::graphql::context::{Answer, answer, answer_found, op};
use crate::graphql::error::Failure;
use crate::graphql::input::project_ref;
use crate::graphql::node::{GlobalId, NodeKind};
use crate::graphql::paging::{Connection, PageArgs, connection};
use crate::graphql::prefetch;
use crate::graphql::scalars::{SafeInt, Uuid};

#[derive(Debug, Default)]
pub struct LeadQueries;

#[Object]
impl LeadQueries {
    /// One lead; null when there is none.
    async fn lead(&self, ctx: &Context<'_>, #[graphql(desc = "What identifies it.")] by: LeadBy) -> Answer<Lead> {
        answer_found(ctx, find(ctx, by).await)
    }

    /// The workspace's leads, newest first. A key that is bound to a project sees that project's.
    async fn leads(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
    ) -> Answer<Connection<Lead>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        answer(ctx, list(ctx, args).await)
    }
}

/// What identifies a lead.
#[derive(Debug, OneofObject)]
pub enum LeadBy {
    /// Its node id.
    Id(ID),
    /// The number that the REST routes call id.
    LegacyId(SafeInt),
    /// Its public id in its plain form.
    Uuid(Uuid),
    /// The id that the client's own system has for it: the newest lead that has it.
    UniqueIdentifier(String),
    /// The id by which a repeated post finds it again.
    UniqueEventId(LeadByUniqueEventId),
}

/// A unique event id, which is unique within its project.
#[derive(Debug, InputObject)]
pub struct LeadByUniqueEventId {
    /// The project's node id or public id.
    project_id: ID,
    /// The unique event id.
    unique_event_id: String,
}

async fn find(ctx: &Context<'_>, by: LeadBy) -> Result<Option<Lead>, Failure> {
    let op = op(ctx)?;
    let key = match by {
        LeadBy::Id(id) => match GlobalId::decode_as(NodeKind::Lead, &id) {
            Some(uuid) => LeadKey::Uuid(uuid),
            None => {
                op.require(crate::domain::caller::Scope::Read)?;
                return Ok(None);
            }
        },
        LeadBy::LegacyId(id) => LeadKey::LegacyId(id.0),
        LeadBy::Uuid(uuid) => LeadKey::Uuid(uuid.0),
        LeadBy::UniqueIdentifier(identifier) => LeadKey::UniqueIdentifier(identifier),
        LeadBy::UniqueEventId(LeadByUniqueEventId {
            project_id,
            unique_event_id,
        }) => LeadKey::UniqueEventId {
            project: project_ref(&project_id),
            unique_event_id,
        },
    };
    let parts = prefetch::lead_parts(ctx, &[&[]]);
    Ok(leads::find(&op, &key, &parts).await?.map(Lead::from))
}

async fn list(ctx: &Context<'_>, args: PageArgs) -> Result<Connection<Lead>, Failure> {
    let request = args.request(ctx, LIST)?;
    let parts = prefetch::lead_parts(ctx, &[&["nodes"], &["edges", "node"]]);
    let page = leads::list(&op(ctx)?, request, &parts).await?;
    let key = |graph: &LeadGraph| Key {
        created_at: graph.lead.created_at,
        id: graph.lead.id,
    };
    Ok(connection(LIST, page, key, Lead::from))
}
