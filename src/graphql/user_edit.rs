//! Inviting people to the workspace, and edits of them.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};

use super::context::{Answer, op};
use super::error::{Failure, UserError};
use super::input::{Named, change, renamed, target};
use super::node::NodeKind;
use super::payload::{self, EditPayload, Payload, edit_payload, edited, reply};
use super::scalars::SafeInt;
use super::user::{Role, User};
use crate::domain::Target;
use crate::domain::caller::Scope;
use crate::domain::error::Error;
use crate::domain::op::Op;
use crate::domain::users::{self, Standing};

#[derive(Debug, Default)]
pub struct UserEditMutations;

#[Object]
impl UserEditMutations {
    /// Changes who a person is. What is left out stays as it is. Owners are changed by owners alone.
    async fn update_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A person and what changes of them.")] input: UpdateUserInput,
    ) -> Answer<UpdateUserPayload> {
        edited(ctx, Box::pin(update(ctx, input)).await, |uuid| current(ctx, uuid)).await
    }

    /// Adds a person to the workspace. They come in with a token for them; nobody gives a role that can do more than
    /// their own, and only owners make owners.
    async fn invite_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person.")] input: InviteUserInput,
    ) -> Answer<InviteUserPayload> {
        reply(ctx, Box::pin(invite(ctx, input)).await)
    }

    /// Gives a person another role. Nobody gives a role that can do more than their own, nor changes their own; only
    /// owners make owners of others, or end it.
    async fn set_user_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person and the role.")] input: SetUserRoleInput,
    ) -> Answer<SetUserRolePayload> {
        edited(ctx, Box::pin(set_role(ctx, input)).await, |uuid| current(ctx, uuid)).await
    }

    /// Keeps a person out: their tokens and keys stop working within seconds. Doing it again changes nothing.
    async fn disable_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person.")] input: DisableUserInput,
    ) -> Answer<DisableUserPayload> {
        let DisableUserInput {
            user_id,
            expected_version,
        } = input;
        let done = Box::pin(set_standing::<DisableUserPayload>(
            ctx,
            &user_id,
            expected_version,
            Standing::Disabled,
        ))
        .await;
        edited(ctx, done, |uuid| current(ctx, uuid)).await
    }

    /// Lets a person in again. Doing it again changes nothing.
    async fn enable_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person.")] input: EnableUserInput,
    ) -> Answer<EnableUserPayload> {
        let EnableUserInput {
            user_id,
            expected_version,
        } = input;
        let done = Box::pin(set_standing::<EnableUserPayload>(
            ctx,
            &user_id,
            expected_version,
            Standing::Enabled,
        ))
        .await;
        edited(ctx, done, |uuid| current(ctx, uuid)).await
    }
}

async fn update(ctx: &Context<'_>, input: UpdateUserInput) -> Result<Option<User>, Failure> {
    let UpdateUserInput {
        user_id,
        expected_version,
        email,
        first_name,
        last_name,
    } = input;
    let op = op(ctx)?;
    payload::require_for::<UpdateUserPayload>(ctx, &op, Scope::Admin)?;
    let patch = users::UserPatch {
        email: change(email, |text| text),
        first_name: change(first_name, |text| text),
        last_name: change(last_name, |text| text),
    };
    let target = target(&op, Scope::Admin, named(&user_id), expected_version)?;
    let row = users::update(&op, target, patch).await.map_err(refused)?;
    Ok(Some(row.into()))
}

async fn invite(ctx: &Context<'_>, input: InviteUserInput) -> Result<User, Failure> {
    let InviteUserInput {
        email,
        first_name,
        last_name,
        role,
        external_subject,
    } = input;
    let op = op(ctx)?;
    payload::require(ctx, &op, Scope::Admin, "user")?;
    let new = users::NewUser {
        email,
        first_name,
        last_name,
        role: role.into(),
        external_subject,
    };
    Ok(users::create(&op, new).await?.into())
}

async fn set_role(ctx: &Context<'_>, input: SetUserRoleInput) -> Result<Option<User>, Failure> {
    let SetUserRoleInput {
        user_id,
        expected_version,
        role,
    } = input;
    let op = op(ctx)?;
    let target = checked::<SetUserRolePayload>(ctx, &op, &user_id, expected_version)?;
    let row = users::set_role(&op, target, role.into()).await.map_err(refused)?;
    Ok(Some(row.into()))
}

async fn set_standing<P: EditPayload>(
    ctx: &Context<'_>,
    id: &ID,
    expected: SafeInt,
    standing: Standing,
) -> Result<Option<User>, Failure> {
    let op = op(ctx)?;
    let target = checked::<P>(ctx, &op, id, expected)?;
    let row = users::set_standing(&op, target, standing).await.map_err(refused)?;
    Ok(Some(row.into()))
}

fn checked<P: EditPayload>(ctx: &Context<'_>, op: &Op, id: &ID, expected: SafeInt) -> Result<Target, Failure> {
    payload::require_for::<P>(ctx, op, Scope::Admin)?;
    target(op, Scope::Admin, named(id), expected)
}

/// The user that an edit was too late for.
async fn current(ctx: &Context<'_>, uuid: uuid::Uuid) -> Result<Option<User>, Failure> {
    Ok(users::by_uuids(&op(ctx)?, &[uuid]).await?.pop().map(User::from))
}

fn named(id: &ID) -> Named<'_> {
    Named {
        id,
        kind: NodeKind::User,
        path: "userId",
    }
}

fn refused(error: Error) -> Failure {
    renamed(error, "user", "userId")
}

/// A person and what changes of them.
#[derive(Debug, InputObject)]
pub struct UpdateUserInput {
    /// The person, by their node id.
    user_id: ID,
    /// The version that the change is made on. When the person has another one by now, nothing is changed.
    expected_version: SafeInt,
    /// The e-mail address; unique among the people of the workspace.
    email: MaybeUndefined<String>,
    /// The first name; null for unknown.
    first_name: MaybeUndefined<String>,
    /// The last name; null for unknown.
    last_name: MaybeUndefined<String>,
}

edit_payload! {
    /// The answer to `updateUser`.
    UpdateUserPayload {
        /// The person as they are now.
        user as "user": User
    }
}

/// A new person.
#[derive(Debug, InputObject)]
pub struct InviteUserInput {
    /// The e-mail address; unique among the people of the workspace.
    email: String,
    /// The first name.
    first_name: Option<String>,
    /// The last name.
    last_name: Option<String>,
    /// What the person may do.
    role: Role,
    /// The `sub` by which the company's own identity provider knows the person.
    external_subject: Option<String>,
}

/// The answer to `inviteUser`.
#[derive(Debug, SimpleObject)]
pub struct InviteUserPayload {
    /// The new person.
    user: Option<User>,
    /// What stood against it; empty when it was done.
    user_errors: Vec<UserError>,
}

impl Payload for InviteUserPayload {
    type Made = User;

    fn made(user: User) -> Self {
        Self {
            user: Some(user),
            user_errors: Vec::new(),
        }
    }

    fn refused(user_errors: Vec<UserError>) -> Self {
        Self {
            user: None,
            user_errors,
        }
    }
}

/// A person and their new role.
#[derive(Debug, InputObject)]
pub struct SetUserRoleInput {
    /// The person, by their node id.
    user_id: ID,
    /// The version that the change is made on. When the person has another one by now, nothing is changed.
    expected_version: SafeInt,
    /// What the person may do from now on.
    role: Role,
}

edit_payload! {
    /// The answer to `setUserRole`.
    SetUserRolePayload {
        /// The person as they are now.
        user as "user": User
    }
}

/// A person to keep out.
#[derive(Debug, InputObject)]
pub struct DisableUserInput {
    /// The person, by their node id.
    user_id: ID,
    /// The version that is to be disabled. When the person has another one by now, nothing is changed.
    expected_version: SafeInt,
}

edit_payload! {
    /// The answer to `disableUser`.
    DisableUserPayload {
        /// The person as they are now.
        user as "user": User
    }
}

/// A person to let in again.
#[derive(Debug, InputObject)]
pub struct EnableUserInput {
    /// The person, by their node id.
    user_id: ID,
    /// The version that is to be enabled. When the person has another one by now, nothing is changed.
    expected_version: SafeInt,
}

edit_payload! {
    /// The answer to `enableUser`.
    EnableUserPayload {
        /// The person as they are now.
        user as "user": User
    }
}
