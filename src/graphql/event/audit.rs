//! The audit log.

use async_graphql::{Context, ID, InputObject, Object};

use super::kind::EventType;
use super::{Event, events, position};
use crate::domain::activity::{self, AuditFilter as Wanted};
use crate::graphql::context::{Answer, answer, op};
use crate::graphql::error::Failure;
use crate::graphql::node::GlobalId;
use crate::graphql::paging::{self, Connection, PageArgs, argument, limits};
use crate::graphql::scalars::DateTime;

#[derive(Debug, Default)]
pub struct AuditQueries;

#[Object]
impl AuditQueries {
    /// What happened to everything but leads: people, keys, settings, catalogues, partnerships. Newest first, for
    /// administrators. The settings of the server may let the oldest events go after a time.
    async fn audit_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which entries; all without it.")] filter: Option<AuditFilter>,
        #[graphql(desc = "How many from the start; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
    ) -> Answer<Connection<Event>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        answer(ctx, Box::pin(list(ctx, filter.unwrap_or_default(), args)).await)
    }
}

/// Which entries of the audit log. All that is given must be true.
#[derive(Debug, Default, InputObject)]
pub struct AuditFilter {
    /// What happened: one of these.
    types: Option<Vec<EventType>>,
    /// Who did it: the node id of a person or an API key.
    actor_id: Option<ID>,
    /// What it happened to, by its node id.
    subject_id: Option<ID>,
    /// When it happened: this moment or later.
    from: Option<DateTime>,
    /// When it happened: before this moment.
    until: Option<DateTime>,
}

async fn list(ctx: &Context<'_>, filter: AuditFilter, args: PageArgs) -> Result<Connection<Event>, Failure> {
    let op = op(ctx)?;
    let AuditFilter {
        types,
        actor_id,
        subject_id,
        from,
        until,
    } = filter;
    let wanted = Wanted {
        kinds: types.into_iter().flatten().map(Into::into).collect(),
        actor: actor_id.map(|id| uuid("actorId", &id)).transpose()?,
        subject: subject_id.map(|id| uuid("subjectId", &id)).transpose()?,
        from: from.map(|from| from.0),
        until: until.map(|until| until.0),
    };
    let selected = paging::Wanted::of(ctx.field().selection_set().map(|field| field.name()));
    let request = args.range(limits(ctx), selected, |name, cursor| {
        position::decode(&op, name, cursor)
    })?;
    let page = activity::audit(&op, wanted, request).await?;
    let positions = page.items.iter().map(|record| position::encode(&op, record.position));
    let positions: Vec<String> = positions.collect();
    let nodes = events(&op, page.items.clone()).await?;
    Ok(Connection::new(
        page.with_items(positions.into_iter().zip(nodes).collect()),
    ))
}

fn uuid(name: &str, id: &ID) -> Result<uuid::Uuid, Failure> {
    let id = GlobalId::decode(id).ok_or_else(|| argument(format!("{name} is not a node id")))?;
    Ok(id.uuid)
}
