//! Edits of API keys.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};

use super::api_key::{ApiKey, with_project};
use super::context::{Answer, op};
use super::error::{Failure, UserError};
use super::input::{Named, change, renamed, target};
use super::node::NodeKind;
use super::payload::{Conflict, Edit, EditPayload, edit_payload, edited};
use super::scalars::SafeInt;
use crate::domain::api_keys;
use crate::domain::api_keys::Issued;
use crate::domain::caller::Scope;
use crate::domain::error::Error;
use crate::domain::op::Op;

#[derive(Debug, Default)]
pub struct ApiKeyEditMutations;

#[Object]
impl ApiKeyEditMutations {
    /// Changes what a key is called. What is left out stays as it is.
    async fn update_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A key and what changes of it.")] input: UpdateApiKeyInput,
    ) -> Answer<UpdateApiKeyPayload> {
        edited(ctx, Box::pin(update(ctx, input)).await, |uuid| current(ctx, uuid)).await
    }

    /// Gives a key another secret. The answer shows it for the only time; the old one stops working within seconds. The
    /// key of a person is rotated by that person alone.
    async fn rotate_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key.")] input: RotateApiKeyInput,
    ) -> Answer<RotateApiKeyPayload> {
        let (done, secret) = match Box::pin(rotate(ctx, input)).await {
            Ok((key, secret)) => (Ok(key), secret),
            Err(failure) => (Err(failure), None),
        };
        let payload = edited::<RotateApiKeyPayload, _>(ctx, done, |uuid| current(ctx, uuid)).await?;
        Some(payload.map(|payload| RotateApiKeyPayload { key: secret, ..payload }))
    }
}

async fn update(ctx: &Context<'_>, input: UpdateApiKeyInput) -> Result<Option<ApiKey>, Failure> {
    let UpdateApiKeyInput {
        api_key_id,
        expected_version,
        label,
    } = input;
    let op = op(ctx)?;
    // The scope that keys are read with, too.
    op.require(Scope::Admin)?;
    let patch = api_keys::ApiKeyPatch {
        label: change(label, |text| text),
    };
    let target = target(&op, Scope::Admin, named(&api_key_id), expected_version)?;
    let row = api_keys::update(&op, target, patch).await.map_err(refused)?;
    shown(ctx, &op, row).await
}

async fn rotate(ctx: &Context<'_>, input: RotateApiKeyInput) -> Result<(Option<ApiKey>, Option<String>), Failure> {
    let RotateApiKeyInput {
        api_key_id,
        expected_version,
    } = input;
    let op = op(ctx)?;
    op.require(Scope::Admin)?;
    let target = target(&op, Scope::Admin, named(&api_key_id), expected_version)?;
    let Issued { row, secret } = api_keys::rotate(&op, target).await.map_err(refused)?;
    Ok((shown(ctx, &op, row).await?, secret))
}

async fn shown(ctx: &Context<'_>, op: &Op, row: api_keys::ApiKey) -> Result<Option<ApiKey>, Failure> {
    Ok(Some(with_project(ctx, op, row).await?))
}

/// The key that an edit was too late for.
async fn current(ctx: &Context<'_>, uuid: uuid::Uuid) -> Result<Option<ApiKey>, Failure> {
    let op = op(ctx)?;
    match api_keys::by_uuids(&op, &[uuid]).await?.pop() {
        Some(row) => shown(ctx, &op, row).await,
        None => Ok(None),
    }
}

fn named(id: &ID) -> Named<'_> {
    Named {
        id,
        kind: NodeKind::ApiKey,
        path: "apiKeyId",
    }
}

fn refused(error: Error) -> Failure {
    renamed(error, "apiKey", "apiKeyId")
}

/// A key and what changes of it.
#[derive(Debug, InputObject)]
pub struct UpdateApiKeyInput {
    /// The key, by its node id.
    api_key_id: ID,
    /// The version that the change is made on. When the key has another one by now, nothing is changed.
    expected_version: SafeInt,
    /// What it is called.
    label: MaybeUndefined<String>,
}

edit_payload! {
    /// The answer to `updateApiKey`.
    UpdateApiKeyPayload {
        /// The key as it is now.
        api_key as "apiKey": ApiKey
    }
}

/// A key that gets another secret.
#[derive(Debug, InputObject)]
pub struct RotateApiKeyInput {
    /// The key, by its node id.
    api_key_id: ID,
    /// The version that is to be rotated. When the key has another one by now, nothing is changed.
    expected_version: SafeInt,
}

/// The answer to `rotateApiKey`.
#[derive(Debug, SimpleObject)]
pub struct RotateApiKeyPayload {
    /// The key's record as it is now.
    api_key: Option<ApiKey>,
    /// The key itself. It is shown here and never again: null when the request is a repetition, by its `Idempotency-Key`.
    key: Option<String>,
    /// What stood against it; empty when it was done.
    user_errors: Vec<UserError>,
    /// What somebody else did meanwhile, when the code is `CONFLICT`.
    conflict: Option<Conflict<ApiKey>>,
}

impl EditPayload for RotateApiKeyPayload {
    type Node = ApiKey;

    const FIELD: &'static str = "apiKey";

    fn new(edit: Edit<ApiKey>) -> Self {
        let Edit {
            node,
            user_errors,
            conflict,
        } = edit;
        Self {
            api_key: node,
            key: None,
            user_errors,
            conflict,
        }
    }
}
