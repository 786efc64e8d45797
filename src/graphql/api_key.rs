//! API keys.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};

use super::context::{Answer, answer, broken, op};
use super::error::{Failure, UserError};
use super::input::{Reader, project_ref, rename_paths};
use super::node::{GlobalId, NodeKind};
use super::paging::{Connection, List, Listed, PageArgs};
use super::payload::{Payload, reply};
use super::prefetch;
use super::project::Project;
use super::scalars::{DateTime, SafeInt, Uuid};
use crate::domain::api_keys::Issued;
use crate::domain::caller::{self, Scopes};
use crate::domain::op::Op;
use crate::domain::page::{Key, Page};
use crate::domain::rel::Rel;
use crate::domain::{Ref, api_keys, projects};

const LIST: List = List("apiKeys");

/// A key that a program uses. The key itself is shown once, when it is made.
#[derive(Clone, Debug, SimpleObject)]
pub struct ApiKey {
    /// The global id.
    pub id: ID,
    /// Its number.
    legacy_id: SafeInt,
    /// The public id in its plain form.
    uuid: Uuid,
    /// What it is called.
    label: String,
    /// How the key begins, to recognise it by.
    key_prefix: String,
    /// What it may do.
    scopes: Vec<Scope>,
    /// The project that it is bound to; null when it is for the whole workspace.
    project: Rel<Option<Project>>,
    /// When it stops to work; null for never.
    expires_at: Option<DateTime>,
    /// When it was revoked; null while it works.
    revoked_at: Option<DateTime>,
    /// When it was last used, to the minute; null for never.
    last_used_at: Option<DateTime>,
    /// Grows by one with each change.
    version: SafeInt,
    /// When it was created.
    created_at: DateTime,
    /// When it was last changed.
    updated_at: DateTime,
}

impl Listed for ApiKey {}

impl ApiKey {
    fn new(row: api_keys::ApiKey, project: Rel<Option<projects::Project>>) -> Self {
        let has = Scopes {
            read: row.can_read,
            write: row.can_write,
            admin: row.can_admin,
        };
        Self {
            id: GlobalId::new(NodeKind::ApiKey, row.uuid).into(),
            legacy_id: SafeInt(row.id),
            uuid: Uuid(row.uuid),
            label: row.label,
            key_prefix: row.key_prefix,
            scopes: scopes(has),
            project: project.map(|project| project.map(Project::from)),
            expires_at: row.expires_at.map(DateTime),
            revoked_at: row.revoked_at.map(DateTime),
            last_used_at: row.last_used_at.map(DateTime),
            version: SafeInt(row.version),
            created_at: DateTime(row.created_at),
            updated_at: DateTime(row.updated_at),
        }
    }
}

/// Keys with their projects, if those are selected anywhere below this field.
pub async fn with_projects(ctx: &Context<'_>, op: &Op, rows: Vec<api_keys::ApiKey>) -> Result<Vec<ApiKey>, Failure> {
    if !prefetch::selects(ctx, "project") {
        let keys = rows.into_iter().map(|row| ApiKey::new(row, Rel::NotLoaded));
        return Ok(keys.collect());
    }
    let ids: Vec<i64> = rows.iter().filter_map(|row| row.project_id).collect();
    let projects = projects::of_keys(op, &ids).await?;
    let of = |id: Option<i64>| projects.iter().find(|project| Some(project.id) == id).cloned();
    let keys = rows.into_iter().map(|row| {
        let project = of(row.project_id);
        ApiKey::new(row, Rel::Loaded(project))
    });
    Ok(keys.collect())
}

/// [`with_projects`] for one key.
pub async fn with_project(ctx: &Context<'_>, op: &Op, row: api_keys::ApiKey) -> Result<ApiKey, Failure> {
    let key = with_projects(ctx, op, vec![row]).await?.pop();
    key.ok_or_else(|| broken("a key was lost"))
}

/// What a caller may do. Each scope stands for itself: writing does not include reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::caller::Scope")]
pub enum Scope {
    /// Reading leads and everything they refer to.
    Read,
    /// Creating and changing leads and what they refer to.
    Write,
    /// Projects, people, keys and settings.
    Admin,
}

pub fn scopes(has: Scopes) -> Vec<Scope> {
    let all = [caller::Scope::Read, caller::Scope::Write, caller::Scope::Admin];
    all.into_iter()
        .filter(|scope| has.allows(*scope))
        .map(Scope::from)
        .collect()
}

#[derive(Debug, Default)]
pub struct ApiKeyQueries;

#[Object]
impl ApiKeyQueries {
    /// The workspace's keys, newest first, revoked ones too.
    async fn api_keys(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
    ) -> Answer<Connection<ApiKey>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        answer(ctx, Box::pin(list(ctx, args)).await)
    }
}

async fn list(ctx: &Context<'_>, args: PageArgs) -> Result<Connection<ApiKey>, Failure> {
    let op = op(ctx)?;
    let page = api_keys::list(&op, args.request(ctx, LIST)?).await?;
    let key = |row: &api_keys::ApiKey| Key {
        created_at: row.created_at,
        id: row.id,
    };
    let keys = page.items.iter().map(key).collect::<Vec<_>>();
    let nodes = with_projects(ctx, &op, page.items).await?;
    let page = Page {
        items: keys.into_iter().zip(nodes).collect(),
        has_next: page.has_next,
        has_previous: page.has_previous,
        total: page.total,
    };
    Ok(Connection::new(page.map(|(key, node)| (LIST.encode(key), node))))
}

#[derive(Debug, Default)]
pub struct ApiKeyMutations;

#[Object]
impl ApiKeyMutations {
    /// Makes a key. The answer shows it for the only time.
    async fn create_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key.")] input: CreateApiKeyInput,
    ) -> Answer<CreateApiKeyPayload> {
        reply(ctx, Box::pin(create(ctx, input)).await)
    }

    /// Ends a key within seconds. Doing it again changes nothing.
    async fn revoke_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key.")] input: RevokeApiKeyInput,
    ) -> Answer<RevokeApiKeyPayload> {
        reply(ctx, Box::pin(revoke(ctx, input)).await)
    }
}

async fn create(ctx: &Context<'_>, input: CreateApiKeyInput) -> Result<(ApiKey, Option<String>), Failure> {
    let CreateApiKeyInput {
        label,
        scopes,
        project_id,
        expires_at,
    } = input;
    let op = op(ctx)?;
    let mut granted = Scopes::default();
    for scope in scopes {
        match scope {
            Scope::Read => granted.read = true,
            Scope::Write => granted.write = true,
            Scope::Admin => granted.admin = true,
        }
    }
    let new = api_keys::NewApiKey {
        label,
        scopes: granted,
        project: bound_project(&op, project_id).await?,
        expires_at: expires_at.map(|at| at.0),
    };
    let Issued { row, secret } = api_keys::create(&op, new).await?;
    Ok((with_project(ctx, &op, row).await?, secret))
}

async fn bound_project(op: &Op, id: Option<ID>) -> Result<Option<Ref>, Failure> {
    let Some(id) = id else { return Ok(None) };
    let project = projects::find(op, &project_ref(&id)).await?;
    let unknown = || Failure::Input(vec![UserError::not_found(vec!["projectId".into()])]);
    Ok(Some(Ref::Id(project.ok_or_else(unknown)?.id)))
}

async fn revoke(ctx: &Context<'_>, input: RevokeApiKeyInput) -> Result<ApiKey, Failure> {
    let RevokeApiKeyInput { api_key_id } = input;
    let op = op(ctx)?;
    let mut reader = Reader::default();
    let key = reader.uuid(&api_key_id, &[NodeKind::ApiKey], &["apiKeyId"]);
    reader.check_for(&op, caller::Scope::Admin)?;
    let revoked = api_keys::revoke(&op, key).await;
    let row = revoked.map_err(|error| rename_paths(error.into(), rename))?;
    with_project(ctx, &op, row).await
}

fn rename(path: &mut [String]) {
    for segment in path.iter_mut().filter(|segment| *segment == "apiKey") {
        *segment = "apiKeyId".to_owned();
    }
}

/// A new key.
#[derive(Debug, InputObject)]
pub struct CreateApiKeyInput {
    /// What it is called.
    label: String,
    /// What it may do: nothing that its maker may not.
    scopes: Vec<Scope>,
    /// The one project that it is for, by node id or public id; absent for the whole workspace.
    project_id: Option<ID>,
    /// When it stops to work; absent for never.
    expires_at: Option<DateTime>,
}

/// A key to revoke.
#[derive(Debug, InputObject)]
pub struct RevokeApiKeyInput {
    /// The key, by its node id.
    api_key_id: ID,
}

/// The answer to `createApiKey`.
#[derive(Debug, SimpleObject)]
pub struct CreateApiKeyPayload {
    /// The new key's record.
    api_key: Option<ApiKey>,
    /// The key itself. It is shown here and never again: null when the request is a repetition, by its `Idempotency-Key`.
    key: Option<String>,
    /// What stood against it; empty when it was done.
    user_errors: Vec<UserError>,
}

impl Payload for CreateApiKeyPayload {
    type Made = (ApiKey, Option<String>);

    fn made((api_key, key): (ApiKey, Option<String>)) -> Self {
        Self {
            api_key: Some(api_key),
            key,
            user_errors: Vec::new(),
        }
    }

    fn refused(user_errors: Vec<UserError>) -> Self {
        Self {
            api_key: None,
            key: None,
            user_errors,
        }
    }
}

/// The answer to `revokeApiKey`.
#[derive(Debug, SimpleObject)]
pub struct RevokeApiKeyPayload {
    /// The key as it is now.
    api_key: Option<ApiKey>,
    /// What stood against it; empty when it was done.
    user_errors: Vec<UserError>,
}

impl Payload for RevokeApiKeyPayload {
    type Made = ApiKey;

    fn made(api_key: ApiKey) -> Self {
        Self {
            api_key: Some(api_key),
            user_errors: Vec::new(),
        }
    }

    fn refused(user_errors: Vec<UserError>) -> Self {
        Self {
            api_key: None,
            user_errors,
        }
    }
}
