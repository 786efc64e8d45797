//! Reading leads.

use async_graphql::{Context, ID, InputObject, Object, OneofObject};

use super::{LIST, Lead, LeadFilterArgument, LeadList, LeadListArgs, LeadOrder};
use crate::domain::leads::{self, LeadKey};
use crate::graphql::context::{Answer, answer, answer_found, op};
use crate::graphql::error::Failure;
use crate::graphql::input::project_ref;
use crate::graphql::nested;
use crate::graphql::node::{GlobalId, NodeKind};
use crate::graphql::paging::{Connection, PageArgs};
use crate::graphql::prefetch;
use crate::graphql::scalars::{SafeInt, Uuid};

#[derive(Debug, Default)]
pub struct LeadQueries;

#[Object]
impl LeadQueries {
    /// One lead; null when there is none.
    async fn lead(&self, ctx: &Context<'_>, #[graphql(desc = "What identifies it.")] by: LeadBy) -> Answer<Lead> {
        answer_found(ctx, Box::pin(find(ctx, by)).await)
    }

    /// The workspace's leads. A key that is bound to a project sees that project's.
    async fn leads(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which leads; all without it.")] filter: Option<LeadFilterArgument>,
        #[graphql(desc = "In which order, at most three keys; the newest first without it.")] order_by: Option<
            Vec<LeadOrder>,
        >,
        #[graphql(desc = "The archived leads instead of the live ones.", default = false)] archived: bool,
        #[graphql(desc = "How many from the start; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
    ) -> Answer<Connection<Lead>> {
        let page = PageArgs {
            first,
            after,
            last,
            before,
        };
        let args = LeadListArgs {
            filter,
            order_by,
            archived: Some(archived),
            page,
        };
        answer(ctx, Box::pin(list(ctx, args)).await)
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
    let plan = prefetch::lead_plan(ctx, &[&[]])?;
    let found = leads::find(&op, &key, &plan.parts).await?;
    let mut found: Vec<Lead> = found.into_iter().map(Lead::from).collect();
    nested::below_leads(&op, &nested::budget(ctx), &plan, &mut found).await?;
    Ok(found.pop())
}

async fn list(ctx: &Context<'_>, args: LeadListArgs) -> Result<Connection<Lead>, Failure> {
    let list = LeadList::of_field(ctx, LIST, args)?;
    let plan = prefetch::lead_plan(ctx, prefetch::OBJECTS)?;
    let op = op(ctx)?;
    let page = leads::list(&op, list.query.clone(), list.request.clone(), &plan.parts).await?;
    let (places, mut found) = LeadList::take_apart(page);
    nested::below_leads(&op, &nested::budget(ctx), &plan, &mut found).await?;
    let items = places.items.iter().cloned().zip(found).collect();
    Ok(list.connection(places.with_items(items)))
}
