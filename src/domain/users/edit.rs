//! Edits of people. Owners are edited by owners alone, and nobody changes their own role or standing: whoever takes
//! the last other owner's place remains as one.

use serde::Serialize;
use uuid::Uuid;

use super::{Role, Standing, User, email_taken, require_owner};
use crate::domain::caller::{Principal, Scope, Scopes};
use crate::domain::catalogue::{self, Target};
use crate::domain::change::Change;
use crate::domain::error::{Error, Problem, Result};
use crate::domain::events::EventKind;
use crate::domain::form::Form;
use crate::domain::op::{Op, Tx};
use crate::domain::text;

/// What to change of who a person is.
#[derive(Clone, Debug, Default, Serialize)]
pub struct UserPatch {
    pub email: Change<String>,
    pub first_name: Change<String>,
    pub last_name: Change<String>,
}

/// # Errors
/// Without the scope `admin`, and for an owner without being one; a broken rule; an unknown user (path `user`); another
/// version than the expected one; an address that is taken; a database fault.
pub async fn update(op: &Op, target: Target, patch: UserPatch) -> Result<User> {
    catalogue::require_unbound(op, Scope::Admin)?;
    op.once("users.update", (target, patch), change).await
}

async fn change(op: Op, (target, patch): (Target, UserPatch)) -> Result<User> {
    let UserPatch {
        email,
        first_name,
        last_name,
    } = patch;
    let mut form = Form::default();
    let email = form.given("email", email).map(|email| form.email("email", &email));
    let first_name = form.optional_change("firstName", first_name);
    let last_name = form.optional_change("lastName", last_name);
    form.check()?;

    let mut tx = op.begin().await?;
    let before = editable(&tx, target.uuid).await?;
    let mut after = User {
        first_name: first_name.apply(before.first_name.clone()),
        last_name: last_name.apply(before.last_name.clone()),
        ..before.clone()
    };
    if let Some(email) = email {
        after.email_folded = text::normalize_email(&email);
        after.email = email;
    }
    let kind = EventKind::UserUpdated;
    let saved = catalogue::save(&mut tx, target.expected_version, kind, before, after).await;
    let user = saved.map_err(|error| error.or_taken(email_taken()))?;
    tx.commit(user).await
}

/// Gives a person another role. Their tokens and keys can do no more than it within seconds.
///
/// # Errors
/// Without the scope `admin`, for a role that the caller may not give, and from or to owner without being one; an
/// unknown user, or the caller's own (path `user`); another version than the expected one; a database fault.
pub async fn set_role(op: &Op, target: Target, role: Role) -> Result<User> {
    catalogue::require_unbound(op, Scope::Admin)?;
    op.once("users.set_role", (target, role), give_role).await
}

async fn give_role(op: Op, (target, role): (Target, Role)) -> Result<User> {
    if !op.caller().scopes.contain(Scopes::from(role)) {
        return Err(Error::Forbidden(Scope::Admin));
    }
    let tx = op.begin().await?;
    if role == Role::Owner {
        require_owner(&tx).await?;
    }
    let before = editable(&tx, target.uuid).await?;
    refuse_self(&tx, &before)?;
    let after = User { role, ..before.clone() };
    save(&op, tx, target.expected_version, before, after).await
}

/// Lets a person in, or keeps them out: their tokens and keys stop working within seconds. Setting what already is
/// changes nothing.
///
/// # Errors
/// Without the scope `admin`, for an owner without being one, and to let in somebody who may do more than the caller; an
/// unknown user, or the caller's own (path `user`); another version than the expected one; a database fault.
pub async fn set_standing(op: &Op, target: Target, standing: Standing) -> Result<User> {
    catalogue::require_unbound(op, Scope::Admin)?;
    op.once("users.set_standing", (target, standing), put).await
}

async fn put(op: Op, (target, standing): (Target, Standing)) -> Result<User> {
    let tx = op.begin().await?;
    let before = editable(&tx, target.uuid).await?;
    refuse_self(&tx, &before)?;
    // Whoever lets somebody in gives them what their role may do.
    if standing == Standing::Enabled && !op.caller().scopes.contain(Scopes::from(before.role)) {
        return Err(Error::Forbidden(Scope::Admin));
    }
    let after = User {
        disabled_at: match standing {
            Standing::Enabled => None,
            Standing::Disabled => Some(before.disabled_at.unwrap_or_else(|| tx.now())),
        },
        ..before.clone()
    };
    save(&op, tx, target.expected_version, before, after).await
}

/// [`set_standing`] whatever the version is: for the command line.
///
/// # Errors
/// As there.
pub async fn set_disabled(op: &Op, user: Uuid, standing: Standing) -> Result<User> {
    let target = Target {
        uuid: user,
        expected_version: None,
    };
    set_standing(op, target, standing).await
}

async fn save(op: &Op, mut tx: Tx, expected: Option<i64>, before: User, after: User) -> Result<User> {
    let user = catalogue::save(&mut tx, expected, EventKind::UserUpdated, before, after).await?;
    let user = tx.commit(user).await?;
    // What the person's keys may do has changed.
    op.services().keys().forget_all();
    Ok(user)
}

/// Nobody locks themself out, by a key of theirs neither, so whoever disables the other owners remains as one.
fn refuse_self(tx: &Tx, user: &User) -> Result<()> {
    let person = match tx.caller().principal {
        Principal::User { id, .. } => Some(id),
        Principal::ApiKey { user_id, .. } => user_id,
        Principal::System(_) => None,
    };
    if person == Some(user.id) {
        return Err(Problem::invalid(["user".into()], "You cannot do this to yourself").into());
    }
    Ok(())
}

/// A person that the caller may edit. Owners' rows are locked before anyone's own, always in one order: whoever is
/// demoted meanwhile is seen to be.
async fn editable(tx: &Tx, user: Uuid) -> Result<User> {
    let unknown = || Problem::not_found(["user".into()], "User not found");
    let seen = catalogue::find::<User>(tx, user).await?;
    let seen = seen.ok_or_else(|| Error::NotFound(unknown()))?;
    if seen.role == Role::Owner {
        require_owner(tx).await?;
    }
    let locked: User = catalogue::locked(tx, user, unknown()).await?;
    // Somebody made an owner of them between the two looks.
    if locked.role == Role::Owner && seen.role != Role::Owner {
        require_owner(tx).await?;
    }
    Ok(locked)
}
