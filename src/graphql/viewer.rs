//! Who is asking.

use async_graphql::{ComplexObject, Context, Object, SimpleObject};

use super::api_key::{ApiKey, Scope, scopes, with_project};
use super::context::{Answer, answer, op};
use super::error::Failure;
use super::notification::{self, Notification};
use super::paging::{Connection, PageArgs};
use super::user::User;
use super::workspace::Workspace;
use crate::domain::caller::Principal;
use crate::domain::rel::Rel;
use crate::domain::{api_keys, users, workspaces};

/// The caller: a person or a program, in one workspace.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Viewer {
    /// The person, when the request came with a token.
    user: Rel<Option<User>>,
    /// The key, when the request came with one.
    api_key: Rel<Option<ApiKey>>,
    /// What the caller may do.
    scopes: Vec<Scope>,
    /// The workspace that everything the caller sees belongs to.
    workspace: Rel<Workspace>,
}

#[ComplexObject]
impl Viewer {
    /// What the person is told of, newest first; null for a program.
    async fn notifications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that are not read yet.", default = false)] unread_only: bool,
        #[graphql(desc = "How many from the start; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
    ) -> Answer<Connection<Notification>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        notification::list(ctx, args, unread_only).await
    }

    /// How many notifications are unread; 0 for a program.
    async fn unread_notification_count(&self, ctx: &Context<'_>) -> Answer<i32> {
        notification::unread(ctx).await
    }
}

#[derive(Debug, Default)]
pub struct ViewerQueries;

#[Object]
impl ViewerQueries {
    /// Who is asking, and what they may do.
    async fn viewer(&self, ctx: &Context<'_>) -> Answer<Viewer> {
        answer(ctx, Box::pin(viewer(ctx)).await)
    }
}

async fn viewer(ctx: &Context<'_>) -> Result<Viewer, Failure> {
    let op = op(ctx)?;
    let selection = ctx.look_ahead();
    let selected = |name| selection.field(name).exists();
    let caller = op.caller();
    let user = match caller.principal {
        Principal::User { uuid, .. } if selected("user") => users::by_uuids(&op, &[uuid]).await?.pop(),
        Principal::User { .. } | Principal::ApiKey { .. } | Principal::System(_) => None,
    };
    let api_key = match caller.principal {
        Principal::ApiKey { .. } if selected("apiKey") => api_keys::own(&op).await?,
        Principal::ApiKey { .. } | Principal::User { .. } | Principal::System(_) => None,
    };
    let api_key = match api_key {
        Some(row) => Some(with_project(ctx, &op, row).await?),
        None => None,
    };
    let workspace = if selected("workspace") {
        Rel::Loaded(workspaces::get(&op).await?.into())
    } else {
        Rel::NotLoaded
    };
    Ok(Viewer {
        user: Rel::Loaded(user.map(User::from)),
        api_key: Rel::Loaded(api_key),
        scopes: scopes(caller.scopes),
        workspace,
    })
}
